//! A browser without a screen. Needs Chromium and its driver (`chromedriver`); without
//! them tests say so and pass, unless `PHIEU_NEED_BROWSER` is set.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::password;

/// Enter, as WebDriver names it.
pub const ENTER: &str = "\u{E007}";

/// Escape.
pub const ESCAPE: &str = "\u{E00C}";

pub struct Chromium {
    driver: Child,
    session: String,
}

impl Drop for Chromium {
    fn drop(&mut self) {
        drop(ureq::delete(&self.session).call());
        drop(self.driver.kill());
        drop(self.driver.wait());
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

impl Chromium {
    /// `None` where there is none.
    pub fn start() -> Option<Self> {
        let port = free_port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let Ok(driver) = driver else {
            assert!(
                std::env::var_os("PHIEU_NEED_BROWSER").is_none(),
                "chromedriver is needed and not there"
            );
            println!("SKIPPED: chromedriver is not installed (apt-get install chromium-driver)");
            return None;
        };
        let base = format!("http://127.0.0.1:{port}");
        let wanted = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:loggingPrefs": { "browser": "ALL" },
            "goog:chromeOptions": { "args": [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1366,768"
            ] },
        } } });
        let mut chromium = Self {
            driver,
            session: String::new(),
        };
        let begin = Instant::now();
        let session = loop {
            match ureq::post(format!("{base}/session")).send_json(&wanted) {
                Ok(mut said) => break said.body_mut().read_json::<Value>().unwrap(),
                Err(e) => assert!(begin.elapsed() < Duration::from_secs(60), "{e}"),
            }
            std::thread::sleep(Duration::from_millis(200));
        };
        let id = session["value"]["sessionId"].as_str().unwrap();
        chromium.session = format!("{base}/session/{id}");
        Some(chromium)
    }

    pub fn post(&self, path: &str, body: &Value) -> Value {
        let mut said = ureq::post(format!("{}{path}", self.session))
            .send_json(body)
            .unwrap();
        said.body_mut().read_json::<Value>().unwrap()["value"].take()
    }

    /// Logs in on the page that asks for it.
    pub fn log_in(&self, url: &str, name: &str) {
        self.go(url);
        self.until("document.activeElement && document.activeElement.id === 'name'");
        self.keys(&format!("{name}\u{E004}{}", password(name)));
        self.key(ENTER);
        self.until("document.querySelector('nav')");
    }

    pub fn go(&self, url: &str) {
        self.post("/url", &json!({ "url": url }));
    }

    pub fn script(&self, text: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": text, "args": [] }))
    }

    pub fn key(&self, key: &str) {
        let actions =
            json!([{ "type": "keyDown", "value": key }, { "type": "keyUp", "value": key }]);
        self.post(
            "/actions",
            &json!({ "actions": [{ "type": "key", "id": "keys", "actions": actions }] }),
        );
    }

    pub fn key_with_shift(&self, key: &str) {
        let shift = "\u{E008}";
        let actions = json!([
            { "type": "keyDown", "value": shift }, { "type": "keyDown", "value": key },
            { "type": "keyUp", "value": key }, { "type": "keyUp", "value": shift },
        ]);
        self.post(
            "/actions",
            &json!({ "actions": [{ "type": "key", "id": "keys", "actions": actions }] }),
        );
    }

    pub fn keys(&self, text: &str) {
        for key in text.chars() {
            self.key(&key.to_string());
        }
    }

    /// Lets go of files over an element, as the mouse does that drags them from the
    /// desk.
    pub fn drop_files(&self, selector: &str, paths: &[PathBuf]) {
        let at = self.script(&format!(
            "const r = document.querySelector('{selector}').getBoundingClientRect();
             return [r.x + r.width / 2, r.y + r.height / 3];"
        ));
        let files: Vec<_> = paths.iter().map(|p| p.to_str().unwrap()).collect();
        for kind in ["dragEnter", "dragOver", "drop"] {
            let params = json!({ "type": kind, "x": at[0], "y": at[1],
                "data": { "items": [], "files": files, "dragOperationsMask": 1 } });
            self.post(
                "/goog/cdp/execute",
                &json!({ "cmd": "Input.dispatchDragEvent", "params": params }),
            );
        }
    }

    /// Waits until a script says true.
    pub fn until(&self, text: &str) {
        let begin = Instant::now();
        while self.script(&format!("return Boolean({text});")) != true {
            assert!(
                begin.elapsed() < Duration::from_secs(20),
                "never: {text}; the page says: {}",
                self.script("return document.body.innerText;")
            );
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// Saves what is seen, for people to look at.
    pub fn picture(&self, name: &str) {
        let mut said = ureq::get(format!("{}/screenshot", self.session))
            .call()
            .unwrap();
        let text = said.body_mut().read_json::<Value>().unwrap();
        let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("screenshots");
        std::fs::create_dir_all(&dir).unwrap();
        let png = base64(text["value"].as_str().unwrap());
        std::fs::write(dir.join(format!("{name}.png")), png).unwrap();
    }

    /// What went wrong in the page: script errors, refused loads.
    pub fn complaints(&self) -> Vec<String> {
        let said = self.post("/se/log", &json!({ "type": "browser" }));
        let all = said.as_array().unwrap();
        all.iter().map(|l| l["message"].to_string()).collect()
    }
}

/// RFC 4648, as WebDriver gives pictures.
fn base64(text: &str) -> Vec<u8> {
    let value = |c: u8| match c {
        b'A'..=b'Z' => u32::from(c - b'A'),
        b'a'..=b'z' => u32::from(c - b'a') + 26,
        b'0'..=b'9' => u32::from(c - b'0') + 52,
        b'+' => 62,
        _ => 63,
    };
    let letters: Vec<u8> = text.bytes().filter(|c| *c != b'=').collect();
    letters
        .chunks(4)
        .flat_map(|four| {
            let bits = four.iter().fold(0, |n, c| n << 6 | value(*c)) << (6 * (4 - four.len()));
            let bytes = [(bits >> 16) as u8, (bits >> 8) as u8, bits as u8];
            bytes.into_iter().take(four.len() - 1)
        })
        .collect()
}
