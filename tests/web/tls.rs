//! The station by HTTPS, with certificates made for the test.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::sync::Arc;

use crate::paper::{ONE_PAGE, Office, command};
use crate::web_support::accounts;
use rcgen::{CertifiedKey, KeyPair};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, crypto};

struct Station {
    child: Child,
    address: String,
}

impl Drop for Station {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

const FILES: [&str; 4] = ["--tls-cert", "cert.pem", "--tls-key", "key.pem"];

fn serve<'a>(listen: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let all = ["serve", "--station", "trạm", "--listen", listen];
    [all.as_slice(), more].concat()
}

fn start(office: &Office, listen: &str) -> Station {
    let mut child = command(office.dir.path(), &serve(listen, &FILES))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let url = line.split_whitespace().find(|w| w.starts_with("https://"));
    let address = url.unwrap_or_else(|| panic!("{line:?}"))[8..].to_owned();
    Station { child, address }
}

/// A station with an account, and a certificate for `localhost`.
fn office() -> (Office, CertificateDer<'static>) {
    let office = Office::new(ONE_PAGE);
    office.says(0, &["init", "trạm"]);
    accounts(&office, &[("hoa", "reviewer")]);
    let CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(office.path("cert.pem"), cert.pem()).unwrap();
    fs::write(office.path("key.pem"), signing_key.serialize_pem()).unwrap();
    (office, cert.der().clone())
}

/// Sends a request as a browser that trusts only this certificate.
fn ask(address: &str, trusted: &CertificateDer<'static>, request: &str) -> std::io::Result<String> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = StreamOwned::new(connection, TcpStream::connect(address)?);
    stream.write_all(request.as_bytes())?;
    let mut said = String::new();
    stream.read_to_string(&mut said)?;
    Ok(said)
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
}

#[test]
fn a_station_is_served_by_https_and_its_cookies_never_go_in_the_clear() {
    let (office, cert) = office();
    let station = start(&office, "127.0.0.1:0");
    let said = ask(&station.address, &cert, &get("/")).unwrap();
    assert!(
        said.starts_with("HTTP/1.1 303") && said.contains("location: /login"),
        "{said}"
    );
    assert!(said.contains("strict-transport-security"), "{said}");
    let form = "name=hoa&password=m%E1%BA%ADt+kh%E1%BA%A9u+c%E1%BB%A7a+hoa";
    let login = format!(
        "POST /login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    let said = ask(&station.address, &cert, &login).unwrap();
    let cookie = said
        .lines()
        .find(|l| l.starts_with("set-cookie"))
        .unwrap_or(&said);
    assert!(
        cookie.contains("; Secure") && cookie.contains("HttpOnly"),
        "{said}"
    );
    // Somebody who speaks plain HTTP, or says nothing, gets nothing and is in nobody's way.
    let _silent = TcpStream::connect(&station.address).unwrap();
    let mut plain = TcpStream::connect(&station.address).unwrap();
    plain.write_all(get("/").as_bytes()).unwrap();
    let mut answer = Vec::new();
    drop(plain.read_to_end(&mut answer));
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    assert!(
        ask(&station.address, &cert, &get("/login"))
            .unwrap()
            .starts_with("HTTP/1.1 200")
    );
    // A browser that trusts another certificate does not talk to it.
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    assert!(ask(&station.address, other.cert.der(), &get("/login")).is_err());
    assert!(office.log("login")[0].to_string().contains("127.0.0.1"));
}

#[test]
fn with_tls_other_computers_may_come() {
    let (office, cert) = office();
    let station = start(&office, "0.0.0.0:0");
    let port = station.address.rsplit(':').next().unwrap();
    let said = ask(&format!("127.0.0.1:{port}"), &cert, &get("/login")).unwrap();
    assert!(said.starts_with("HTTP/1.1 200"), "{said}");
}

#[test]
fn a_wrong_certificate_or_key_is_said_in_one_clear_line() {
    let (office, _) = office();
    let good = fs::read(office.path("key.pem")).unwrap();
    let refused = |word: &str| {
        let out = office.phieu(&serve("127.0.0.1:0", &FILES));
        let error = String::from_utf8(out.stderr).unwrap();
        assert_eq!(out.status.code(), Some(2), "{error}");
        assert_eq!(error.trim_end().lines().count(), 1, "{error}");
        assert!(
            error.contains(word) && error.contains(".pem"),
            "{word}: {error}"
        );
    };
    let other = KeyPair::generate().unwrap().serialize_pem();
    fs::write(office.path("key.pem"), other).unwrap();
    refused("do not go together");
    fs::write(
        office.path("key.pem"),
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
    )
    .unwrap();
    refused("has a password");
    fs::write(office.path("key.pem"), "khóa").unwrap();
    refused("no private key");
    fs::remove_file(office.path("key.pem")).unwrap();
    refused("key.pem");
    fs::write(office.path("key.pem"), &good).unwrap();
    fs::write(office.path("cert.pem"), &good).unwrap();
    refused("no certificate");
    fs::write(
        office.path("cert.pem"),
        "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n",
    )
    .unwrap();
    refused("certificate");
    let alone = office.phieu(&["serve", "--station", "trạm", "--tls-cert", "cert.pem"]);
    assert_eq!(alone.status.code(), Some(2));
}
