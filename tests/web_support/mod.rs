//! A served station and browsers without a screen: what tests of the web share.
#![allow(dead_code)]

pub mod chromium;

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::paper::{Office, command};

/// `phieu serve` on a free port; ends with the value.
pub struct Served {
    child: Child,
    pub url: String,
}

impl Served {
    pub fn start(office: &Office) -> Self {
        let mut child = command(
            office.dir.path(),
            &[
                "serve",
                "--station",
                "trạm",
                "--listen",
                "127.0.0.1:0",
                "--lang",
                "en",
            ],
        )
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let url = line
            .split_whitespace()
            .find(|w| w.starts_with("http://"))
            .unwrap_or_else(|| panic!("no address in {line:?}"))
            .to_owned();
        Self { child, url }
    }

    /// Ends it as a power cut does.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// An answer: status, headers that matter, text.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub cookie: Option<String>,
    pub location: Option<String>,
    pub policy: String,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e}: {}", self.text))
    }
}

fn agent() -> &'static ureq::Agent {
    static AGENT: OnceLock<ureq::Agent> = OnceLock::new();
    AGENT.get_or_init(|| {
        ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .build()
            .into()
    })
}

fn answer(
    response: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
) -> Result<Answer, String> {
    let mut response = response.map_err(|e| e.to_string())?;
    let header = |name: &str| {
        let value = response.headers().get(name)?;
        Some(value.to_str().ok()?.to_owned())
    };
    Ok(Answer {
        status: response.status().as_u16(),
        cookie: header("set-cookie").map(|c| c.split(';').next().unwrap_or("").to_owned()),
        location: header("location"),
        policy: header("content-security-policy").unwrap_or_default(),
        text: response.body_mut().read_to_string().unwrap_or_default(),
    })
}

/// Somebody before a browser.
#[derive(Debug, Clone)]
pub struct Browser {
    pub url: String,
    pub cookie: String,
    pub csrf: String,
}

impl Browser {
    pub fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            cookie: String::new(),
            csrf: String::new(),
        }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.try_get(path).unwrap()
    }

    pub fn try_get(&self, path: &str) -> Result<Answer, String> {
        let request = agent()
            .get(format!("{}{path}", self.url))
            .header("cookie", &self.cookie);
        answer(request.call())
    }

    pub fn get_with(&self, path: &str, header: (&str, &str)) -> Answer {
        let request = agent()
            .get(format!("{}{path}", self.url))
            .header("cookie", &self.cookie)
            .header(header.0, header.1);
        answer(request.call()).unwrap()
    }

    pub fn post_form(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let request = agent()
            .post(format!("{}{path}", self.url))
            .header("cookie", &self.cookie);
        answer(request.send_form(form.iter().copied())).unwrap()
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.try_post(path, body).unwrap()
    }

    pub fn try_post(&self, path: &str, body: &Value) -> Result<Answer, String> {
        let request = agent()
            .post(format!("{}{path}", self.url))
            .header("cookie", &self.cookie)
            .header("x-csrf", &self.csrf);
        answer(request.send_json(body))
    }

    /// Sends a file as a script does.
    pub fn put(&self, path: &str, bytes: &[u8]) -> Answer {
        let request = agent()
            .put(format!("{}{path}", self.url))
            .header("cookie", &self.cookie)
            .header("x-csrf", &self.csrf);
        answer(request.send(bytes)).unwrap()
    }

    /// Logs in; the account must exist.
    pub fn log_in(url: &str, name: &str) -> Self {
        let mut browser = Self::new(url);
        let form = [("name", name), ("password", &password(name)[..])];
        let said = browser.post_form("/login", &form);
        assert_eq!(said.status, 303, "{said:?}");
        browser.cookie = said.cookie.unwrap();
        let page = browser.get("/");
        assert_eq!(page.status, 200, "{page:?}");
        let mark = "name=\"csrf\" content=\"";
        let at = page.text.find(mark).unwrap() + mark.len();
        browser.csrf = page.text[at..].split('"').next().unwrap().to_owned();
        browser
    }

    /// The next question for this person.
    pub fn next(&self) -> Option<Value> {
        let desk = self.post("/api/review/next", &json!({ "wanted": {}, "after": null }));
        assert_eq!(desk.status, 200, "{desk:?}");
        let desk = desk.json();
        (!desk["item"].is_null()).then(|| desk["item"].clone())
    }

    pub fn settle(&self, item: &Value, choices: &[&str]) -> Answer {
        self.post("/api/review/answer", &answer_of(item, choices))
    }
}

pub fn answer_of(item: &Value, choices: &[&str]) -> Value {
    json!({ "ballot": item["ballot"], "question": item["question"], "choices": choices })
}

pub fn password(name: &str) -> String {
    format!("mật khẩu của {name}")
}

/// Two reviewers, a supervisor, and somebody who only looks.
pub const FOUR: [(&str, &str); 4] = [
    ("hoa", "reviewer"),
    ("mai", "reviewer"),
    ("lan", "supervisor"),
    ("xem", "viewer"),
];

/// Adds accounts by the command line.
pub fn accounts(office: &Office, people: &[(&str, &str)]) {
    use std::io::Write;
    for (name, role) in people {
        let mut child = command(
            office.dir.path(),
            &["account", "add", name, "--role", role, "--station", "trạm"],
        )
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
        let mut input = child.stdin.take().unwrap();
        writeln!(input, "{}", password(name)).unwrap();
        drop(input);
        assert!(child.wait().unwrap().success());
    }
}
