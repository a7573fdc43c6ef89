//! A reviewer before a real browser, by the keyboard alone. Needs Chromium and its
//! driver (`chromedriver`); without them the test says so and passes, unless
//! `PHIEU_NEED_BROWSER` is set.

use crate::paper::{ONE_PAGE, Office, SCAN, black_and_white, count};
use crate::web_support::chromium::{Chromium, ENTER};
use crate::web_support::{Served, accounts};

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
    office.verify();
}

/// On a blank black-and-white page all questions ask, for a light pen may be lost: the
/// desk once said "unclear mark" of them, and nobody knew what to look for.
#[test]
fn a_question_that_the_whole_page_leaves_in_doubt_says_why() {
    let Some(chromium) = Chromium::start() else {
        return;
    };
    let office = Office::new(ONE_PAGE);
    let path = office.scan("ảnh quét/phiếu trắng.png", 1, Some(0), &[]);
    black_and_white(&path);
    office.says(0, &["init", "trạm"]);
    office.says(1, &SCAN);
    accounts(&office, &[("hoa", "reviewer")]);
    let served = Served::start(&office);
    chromium.log_in(&served.url, "hoa");
    chromium.go(&format!("{}/review", served.url));
    chromium.until("document.querySelectorAll('#choices button').length === 2");
    chromium.until("document.getElementById('sheet-picture').naturalWidth > 300");
    chromium.picture("review-blank-black-and-white-vi");
    let why = chromium.script("return document.getElementById('why').textContent;");
    let why = why.as_str().unwrap();
    assert!(why.contains("thang xám"), "{why}");
    assert_eq!(chromium.complaints(), [""; 0]);
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
    chromium.log_in(&served.url, "lan");
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
    office.verify();
}
