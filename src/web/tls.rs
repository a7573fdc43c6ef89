//! HTTPS without a proxy: rustls with the ring provider, which builds with the C
//! compiler that SQLite needs anyway, on all systems.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::server::TlsStream;

use super::WebError;

/// Who proves to browsers that this is the station.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// Certificates in PEM, the station's own first.
    pub certificate: PathBuf,
    /// Its private key in PEM, without a password.
    pub key: PathBuf,
}

/// A browser that has not said hello by then is none.
const HELLO_WITHIN: Duration = Duration::from_secs(10);

/// Connections that may say hello at once: an office of twenty opens some six
/// each.
const AT_ONCE: usize = 256;

impl TlsFiles {
    fn acceptor(&self) -> Result<TlsAcceptor, WebError> {
        let wrong = |path: &Path, what: &str| WebError::Tls {
            path: path.to_owned(),
            what: what.to_owned(),
        };
        let read = |path: &Path| std::fs::read(path).map_err(|e| wrong(path, &e.to_string()));
        let (cert, key) = (self.certificate.as_path(), self.key.as_path());
        let chain = CertificateDer::pem_slice_iter(&read(cert)?)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|e| wrong(cert, &format!("this is no certificate in PEM: {e}")))?;
        if chain.is_empty() {
            let what = "there is no certificate in it (-----BEGIN CERTIFICATE-----)";
            return Err(wrong(cert, what));
        }
        let text = read(key)?;
        let private = PrivateKeyDer::from_pem_slice(&text).map_err(|_| {
            let mark = b"ENCRYPTED";
            let what = if text.windows(mark.len()).any(|w| w == mark) {
                "the key has a password; take it off first: openssl pkey -in KEY -out NEW"
            } else {
                "there is no private key in it (-----BEGIN PRIVATE KEY-----)"
            };
            wrong(key, what)
        })?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|e| wrong(cert, &e.to_string()))?
            .with_no_client_auth()
            .with_single_cert(chain, private)
            .map_err(|e| wrong(key, &format!("key and certificate do not go together: {e}")))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

/// Hands out connections whose handshake is done; a slow one keeps no other
/// waiting.
pub(super) struct TlsListener {
    ready: mpsc::Receiver<(TlsStream<TcpStream>, SocketAddr)>,
    address: SocketAddr,
}

impl TlsListener {
    pub fn start(listener: TcpListener, files: &TlsFiles) -> Result<Self, WebError> {
        let acceptor = files.acceptor()?;
        let address = listener.local_addr().map_err(|e| WebError::Tls {
            path: files.certificate.clone(),
            what: e.to_string(),
        })?;
        let (send, ready) = mpsc::channel(AT_ONCE);
        tokio::spawn(accept(listener, acceptor, send));
        Ok(Self { ready, address })
    }
}

async fn accept(
    mut listener: TcpListener,
    acceptor: TlsAcceptor,
    send: mpsc::Sender<(TlsStream<TcpStream>, SocketAddr)>,
) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        // Never closed.
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        // As axum does it: what is wrong with one connection ends nothing.
        let (stream, peer) = Listener::accept(&mut listener).await;
        let (acceptor, send) = (acceptor.clone(), send.clone());
        tokio::spawn(async move {
            let hello = tokio::time::timeout(HELLO_WITHIN, acceptor.accept(stream)).await;
            // Who does not speak TLS, or not in time, is let go.
            if let Ok(Ok(stream)) = hello {
                drop(send.send((stream, peer)).await);
            }
            drop(place);
        });
    }
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        match self.ready.recv().await {
            Some(connection) => connection,
            // The task that accepts ends with the program only.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

/// The address that a request comes from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub SocketAddr);

impl Connected<IncomingStream<'_, TcpListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TcpListener>) -> Self {
        Self(*stream.remote_addr())
    }
}

impl Connected<IncomingStream<'_, TlsListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, TlsListener>) -> Self {
        Self(*stream.remote_addr())
    }
}
