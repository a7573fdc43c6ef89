//! A reviewer before a real browser, by the keyboard alone. Needs Chromium and its
//! driver (`chromedriver`); without them the test says so and passes, unless
//! `PHIEU_NEED_BROWSER` is set.
#![allow(clippy::unwrap_used, clippy::panic)]

mod paper;
mod web_support;

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use paper::{ONE_PAGE, Office, SCAN, count};
use serde_json::{Value, json};
use web_support::{Served, accounts};

/// Enter, as WebDriver names it.
const ENTER: &str = "\u{E007}";

struct Chromium {
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
    fn start() -> Option<Self> {
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

    fn post(&self, path: &str, body: &Value) -> Value {
        let mut said = ureq::post(format!("{}{path}", self.session))
            .send_json(body)
            .unwrap();
        said.body_mut().read_json::<Value>().unwrap()["value"].take()
    }

    fn go(&self, url: &str) {
        self.post("/url", &json!({ "url": url }));
    }

    fn script(&self, text: &str) -> Value {
        self.post("/execute/sync", &json!({ "script": text, "args": [] }))
    }

    fn key(&self, key: &str) {
        let actions =
            json!([{ "type": "keyDown", "value": key }, { "type": "keyUp", "value": key }]);
        self.post(
            "/actions",
            &json!({ "actions": [{ "type": "key", "id": "keys", "actions": actions }] }),
        );
    }

    fn keys(&self, text: &str) {
        for key in text.chars() {
            self.key(&key.to_string());
        }
    }

    /// Lets go of files over an element, as the mouse does that drags them from the
    /// desk.
    fn drop_files(&self, selector: &str, paths: &[PathBuf]) {
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
    fn until(&self, text: &str) {
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
    fn picture(&self, name: &str) {
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
    fn complaints(&self) -> Vec<String> {
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

#[test]
fn a_reviewer_settles_the_queue_by_the_keyboard_alone() {
    let Some(chromium) = Chromium::start() else {
        return;
    };
    let office = Office::new(ONE_PAGE);
    for n in 0..6 {
        office.scan(
            &format!("ảnh quét/phiếu {n}.png"),
            1,
            Some(n),
            &["q1.co", "q1.khong"],
        );
    }
    office.says(0, &["init", "trạm"]);
    office.says(1, &SCAN);
    accounts(&office, &[("hoa", "reviewer"), ("lan", "supervisor")]);
    let served = Served::start(&office);

    chromium.go(&served.url);
    chromium.until("document.activeElement && document.activeElement.id === 'name'");
    chromium.picture("1-login-vi");
    chromium.keys("hoa\u{E004}mật khẩu của hoa");
    chromium.key(ENTER);
    chromium.until("document.querySelector('.tiles')");
    chromium.picture("2-progress-vi");

    chromium.go(&format!("{}/review", served.url));
    let ready = "document.querySelectorAll('#choices button').length === 2";
    chromium.until(ready);
    chromium.until("document.getElementById('strip-picture').naturalWidth > 300");
    chromium.until("document.getElementById('sheet-picture').naturalWidth > 300");
    chromium.picture("3-review-vi");
    let where_now = || chromium.script("return document.getElementById('where').textContent;");

    // Each of the keys once: the first choice, the second, blank, skip, undo.
    let first = where_now();
    chromium.key("1");
    chromium.key(ENTER);
    chromium.until(&format!(
        "document.getElementById('where').textContent !== {first}"
    ));
    chromium.until("document.getElementById('status').textContent === 'Đã ghi.'");
    let second = where_now();
    chromium.key("u");
    chromium.until(&format!(
        "document.getElementById('where').textContent !== {second}"
    ));
    chromium.until("document.getElementById('status').textContent === 'Đã hoàn tác.'");
    let answers = ["2", "1", "0", "1", "1"];
    for (n, answer) in answers.into_iter().enumerate() {
        chromium.until(ready);
        let before = where_now();
        if n == 3 {
            chromium.key("s");
            chromium.until(&format!(
                "document.getElementById('where').textContent !== {before}"
            ));
        }
        let before = where_now();
        if answer == "0" {
            // Enter with nothing chosen is no answer.
            chromium.keys("11");
            chromium.key("1");
            chromium.key("1");
            chromium.key(ENTER);
            chromium.until("document.getElementById('status').className === 'bad'");
            assert_eq!(where_now(), before);
        }
        chromium.key(answer);
        if answer != "0" {
            chromium.key(ENTER);
        }
        chromium.until(&format!(
            "document.getElementById('where').textContent !== {before}"
        ));
    }
    // The last one goes to the supervisor, with a reason.
    chromium.until(ready);
    chromium.key("e");
    chromium.until("document.activeElement.id === 'reason'");
    chromium.keys("mực lem");
    chromium.key(ENTER);
    chromium.until("document.getElementById('question').textContent === 'Không còn câu nào chờ.'");
    chromium.until("document.getElementById('status').textContent !== ''");

    let tally = office.tally("trạm");
    assert_eq!(count(&tally, "q1", "co"), 3);
    assert_eq!(count(&tally, "q1", "khong"), 1);
    let questions = &tally["forms"][0]["questions"][0];
    assert_eq!(
        (questions["blank"].as_u64(), questions["invalid"].as_u64()),
        (Some(1), Some(1))
    );

    for (path, name) in [
        ("/review/list", "4-queue"),
        ("/wall", "5-wall"),
        ("/log", "6-log"),
    ] {
        chromium.go(&format!("{}{path}", served.url));
        chromium.until("document.querySelector('h1')");
        chromium.picture(&format!("{name}-vi"));
    }
    // One click away: English.
    chromium.script("document.querySelector('form.language button').click();");
    chromium.until("document.documentElement.lang === 'en'");
    for (path, name) in [
        ("/", "2-progress"),
        ("/review/list", "4-queue"),
        ("/review", "3-review"),
    ] {
        chromium.go(&format!("{}{path}", served.url));
        chromium.until("document.documentElement.lang === 'en'");
        chromium.picture(&format!("{name}-en"));
    }
    assert_eq!(chromium.complaints(), Vec::<String>::new());
    office.says(0, &["audit", "verify", "--station", "trạm"]);
}

/// A folder with folders in it, and a file beside it, dragged from the desk.
#[test]
fn a_folder_dropped_into_the_page_is_scanned_while_one_looks() {
    let Some(chromium) = Chromium::start() else {
        return;
    };
    let office = Office::new(ONE_PAGE);
    let plan = r#"
name = "Khảo sát sự hài lòng xã Bình An 2020"
reporting_office = "Phòng Nội vụ"
starts = 2020-10-20
ends = "30/11/2099"
forms = ["mot-trang"]
templates = ["mẫu phiếu"]
[[units]]
id = "binh-an"
name = "UBND xã Bình An"
[[units]]
id = "thon-1"
name = "Thôn 1"
parent = "binh-an"
quota = 5
deadline = 2020-12-02
[[units]]
id = "thon-2"
name = "Thôn 2"
parent = "binh-an"
quota = 60
[[boxes]]
id = "h1"
unit = "thon-1"
[[boxes]]
id = "h1"
unit = "thon-2"
"#;
    std::fs::write(office.path("campaign.toml"), plan).unwrap();
    office.says(0, &["init", "trạm", "--campaign", "campaign.toml"]);
    // More than the hundred that a browser gives of a folder at a time.
    for n in 0..130 {
        let folder = if n < 5 { "hòm/sâu hơn" } else { "hòm" };
        office.scan(
            &format!("{folder}/phiếu {n:03}.png"),
            1,
            Some(n),
            &["q1.co"],
        );
    }
    std::fs::write(office.path("hòm/ghi chú.txt"), "không phải ảnh").unwrap();
    let alone = office.scan("riêng.png", 1, Some(500), &["q1.co", "q1.khong"]);
    accounts(&office, &[("lan", "supervisor")]);
    let served = Served::start(&office);
    chromium.go(&served.url);
    chromium.until("document.activeElement && document.activeElement.id === 'name'");
    chromium.keys("lan\u{E004}mật khẩu của lan");
    chromium.key(ENTER);
    chromium.until("document.querySelector('.first')");
    chromium.picture("7-empty-vi");
    chromium.go(&format!("{}/batches", served.url));
    chromium.until("document.getElementById('drop')");
    chromium.picture("8-batches-empty-vi");
    chromium.script("document.getElementById('box').value = 'thon-2/h1';");
    chromium.drop_files("#drop", &[office.path("hòm"), alone]);
    chromium.until("document.querySelector('.scan')");
    chromium.picture("8-batches-scanning-vi");
    chromium.until("document.getElementById('live').innerText.includes('Đã quét xong')");
    let said = chromium.script("return document.getElementById('drop-status').innerText;");
    assert_eq!(
        said,
        "Đã gửi 131 tệp và bắt đầu quét. Bỏ qua 1 tệp không phải ảnh."
    );
    let said = chromium.script("return document.getElementById('live').innerText;");
    let said = said.as_str().unwrap();
    assert!(said.contains("131 tệp, 131 trang mới"), "{said}");
    assert_eq!(count(&office.tally("trạm"), "q1", "co"), 130);
    // What is being written is not taken away by the next figures.
    chromium.go(&format!("{}/batches/1?flagged=1", served.url));
    chromium.until("document.body.innerText.includes('riêng.png')");
    chromium.picture("9-batch-vi");
    let pages = [
        ("/batches", "8-batches"),
        ("/", "10-plan"),
        ("/settings", "11-settings"),
        ("/batches/1", "9-batch"),
    ];
    for (path, name) in pages {
        chromium.go(&format!("{}{path}", served.url));
        chromium.until("document.querySelector('h1')");
        chromium.picture(&format!("{name}-vi"));
    }
    chromium.script("document.querySelector('form.language button').click();");
    chromium.until("document.documentElement.lang === 'en'");
    for (path, name) in pages {
        chromium.go(&format!("{}{path}", served.url));
        chromium.until("document.documentElement.lang === 'en'");
        chromium.picture(&format!("{name}-en"));
    }
    // A file that nobody takes is said so, and nothing is sent.
    chromium.go(&format!("{}/batches", served.url));
    chromium.until("document.getElementById('drop')");
    chromium.drop_files("#drop", &[office.path("hòm/ghi chú.txt")]);
    chromium.until("document.getElementById('drop-status').innerText.includes('no image files')");
    assert_eq!(chromium.complaints(), Vec::<String>::new());
    office.says(0, &["audit", "verify", "--station", "trạm"]);
}
