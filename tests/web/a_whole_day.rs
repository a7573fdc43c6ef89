//! A whole day of an office: two boxes are opened, 300 ballots go through the feeder
//! in one run under their cover sheets, two people settle the queue in their browsers
//! by the keyboard alone, the supervisor settles in hers what is no question (a torn
//! paper, a foreign one, papers without serials whose pages are out of order) and closes
//! the boxes, and the tally is what was meant.
//!
//! `cargo test` plays it with fewer ballots; the whole, with its figures:
//!
//! ```sh
//! cargo test --release --test web a_whole_day:: -- --ignored --nocapture
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use crate::paper::{ONE_PAGE, Office, TWO_PAGES, draw};
use crate::web_support::chromium::{Chromium, ENTER, ESCAPE};
use crate::web_support::{Served, accounts};
use image::{GrayImage, Luma};
use imageproc::geometric_transformations::{Border, Interpolation, rotate_about_center};
use phieu::form::{Layout, Library};
use phieu::page::{DecodeLimits, PageFile};
use phieu::synth::{Level, Outcome, Simulator};
use rayon::prelude::*;
use serde_json::{Value, json};

const FORM: &str = "tien-giang-2024";

const CAMPAIGN: &str = r#"
name = "Khảo sát sự hài lòng về BHXH, BHYT, BHTN năm 2024"
forms = ["tien-giang-2024", "hai-trang"]
templates = ["mẫu phiếu"]
units = [
    { id = "my-tho", name = "Thành phố Mỹ Tho", quota = 300 },
    { id = "phuong-1", name = "Phường 1", parent = "my-tho", quota = 150 },
    { id = "phuong-2", name = "Phường 2", parent = "my-tho", quota = 150 },
]
boxes = [{ id = "h1", unit = "phuong-1" }, { id = "h1", unit = "phuong-2" }]
"#;

/// What respondents meant, by serial and question.
type Meant = BTreeMap<(String, String), Vec<String>>;

/// Lays sheets of the simulation into the pile and returns what they say.
fn pile(office: &Office, name: &str, simulator: &Simulator, sheets: std::ops::Range<u64>) -> Meant {
    let all: Vec<Meant> = sheets
        .into_par_iter()
        .map(|n| {
            let sheet = simulator.sheet(n).unwrap();
            let serial = sheet.serial.clone().unwrap();
            let mut meant = Meant::new();
            for page in &sheet.pages {
                let mut image = page.scan.image.clone();
                if n % 50 == 7 {
                    tear(&mut image);
                }
                lay(
                    office,
                    &format!("{name}-{n:04}-{}", page.truth.page),
                    &image,
                );
                for question in &page.truth.questions {
                    let key = (serial.clone(), question.id.clone());
                    let choices = match question.outcome {
                        Outcome::Blank => Vec::new(),
                        _ => question.choices.clone(),
                    };
                    meant.insert(key, choices);
                }
                if n % 60 == 11 {
                    // The feeder took it twice.
                    let again = rotate_about_center(
                        &image,
                        0.012,
                        Interpolation::Bilinear,
                        Border::Constant(Luma([250])),
                    );
                    lay(
                        office,
                        &format!("{name}-{n:04}-{}-z", page.truth.page),
                        &again,
                    );
                }
            }
            meant
        })
        .collect();
    all.into_iter().flatten().collect()
}

/// The corner of the paper is gone.
fn tear(image: &mut GrayImage) {
    let side = image.width().min(image.height()) / 40;
    for y in 0..side {
        for x in 0..side - y {
            image.put_pixel(x, y, Luma([30]));
        }
    }
}

fn lay(office: &Office, name: &str, image: &GrayImage) {
    let path = office.path(&format!("chồng phiếu/{name}.jpg"));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    image.save(path).unwrap();
}

/// Somebody before a browser of their own, logged in.
fn before_a_browser(served: &Served, name: &str) -> Option<Chromium> {
    let chromium = Chromium::start()?;
    chromium.log_in(&served.url, name);
    Some(chromium)
}

/// The supervisor writes a box's minutes in the browser.
fn open_box(lan: &Chromium, served: &Served, unit: &str, counted: u64) {
    lan.go(&format!("{}/boxes/open", served.url));
    lan.until("document.getElementById('unit')");
    lan.script(&format!(
        "const set = (name, value) => {{ document.querySelector(`[name=${{name}}]`).value = value; }};
         set('unit', '{unit}'); set('box', 'h1'); set('opened', '25/11/2026 8:15');
         set('place', 'Bộ phận Một cửa'); set('counted', '{counted}');
         set('present', 'Lê Thị Cúc; trưởng bộ phận\\nTrần Văn An; công chức');
         for (const name of ['lock', 'seal']) {{
           const whole = document.querySelector(`[name=${{name}}][value=whole]`);
           if (whole) {{ whole.checked = true; }} else {{ set(name, 'whole'); }}
         }}
         document.querySelector('form.grid').requestSubmit();"
    ));
    lan.until("location.pathname === '/boxes'");
}

/// The cover sheet of a box as the printer gives it.
fn cover(office: &Office, unit: &str) -> GrayImage {
    let named = format!("{unit}/h1");
    let args = [
        "box",
        "cover",
        "--out",
        "bìa.pdf",
        "--box",
        &named,
        "--station",
        "trạm",
    ];
    office.says(0, &args);
    let file = PageFile::open(&office.path("bìa.pdf"), &DecodeLimits::default()).unwrap();
    file.page(0).unwrap().image
}

/// Settles the queue by the keyboard alone until nothing waits; returns how many.
fn settle_all(desk: &Chromium, served: &Served, form: &Layout, meant: &Meant) -> usize {
    desk.go(&format!("{}/review", served.url));
    let mut settled = 0;
    let now = "const strip = document.getElementById('strip-picture').getAttribute('src');
        return { strip, where: document.getElementById('where').textContent,
          question: document.getElementById('question').textContent,
          pressed: [...document.querySelectorAll('#choices button')]
            .map((b) => b.getAttribute('aria-pressed') === 'true') };";
    desk.until("document.getElementById('question').textContent !== ''");
    loop {
        let here = desk.script(now);
        if here["question"] == "Không còn câu nào chờ." {
            return settled;
        }
        let strip = here["strip"].as_str().unwrap().to_owned();
        let question = strip.rsplit('/').next().unwrap().split('?').next().unwrap();
        let text = here["where"].as_str().unwrap();
        let serial = text
            .split("phiếu ")
            .nth(1)
            .unwrap()
            .split(' ')
            .next()
            .unwrap();
        let meant = &meant[&(serial.to_owned(), question.to_owned())];
        let spec = form.questions.iter().find(|q| q.id == question).unwrap();
        let place = |choice: &String| spec.choices.iter().position(|c| c == choice).unwrap();
        let wanted: Vec<usize> = meant.iter().map(place).collect();
        let pressed: Vec<usize> = (0..spec.choices.len())
            .filter(|&i| here["pressed"][i] == true)
            .collect();
        match &wanted[..] {
            [] => desk.key("0"),
            same if same == pressed => desk.key(ENTER),
            [first, more @ ..] => {
                if pressed != [*first] {
                    desk.key(&(first + 1).to_string());
                }
                for next in more {
                    desk.key_with_shift(&(next + 1).to_string());
                }
                desk.key(ENTER);
            }
        }
        settled += 1;
        desk.until(&format!(
            "document.getElementById('strip-picture').getAttribute('src') !== {}",
            json!(strip)
        ));
    }
}

/// What the tally must say of each question: choice → count, and blank and invalid.
fn expected(meant: &Meant) -> BTreeMap<(String, String), u64> {
    let mut out = BTreeMap::new();
    for ((_, question), choices) in meant {
        let what = match &choices[..] {
            [] => "(blank)",
            [one] => one,
            _ => "(invalid)",
        };
        *out.entry((question.clone(), what.to_owned())).or_default() += 1;
    }
    out
}

fn counted(form: &Value) -> BTreeMap<(String, String), u64> {
    let mut out = BTreeMap::new();
    let mut add = |question: &str, what: &str, count: u64| {
        if count > 0 {
            out.insert((question.to_owned(), what.to_owned()), count);
        }
    };
    for question in form["questions"].as_array().unwrap() {
        let id = question["question"].as_str().unwrap();
        assert_eq!(question["pending"], 0, "{id}");
        add(id, "(blank)", question["blank"].as_u64().unwrap());
        add(id, "(invalid)", question["invalid"].as_u64().unwrap());
        for choice in question["choices"].as_array().unwrap() {
            let name = choice["choice"].as_str().unwrap();
            add(id, name, choice["count"].as_u64().unwrap());
        }
    }
    out
}

/// Papers of a form on A5 without serials: the feeder took two sheets at once, so the second
/// one's back comes last. The marks of front and back.
const WITHOUT_SERIALS: [(&str, u32, &str); 6] = [
    ("2-0004-k1-1", 1, "q1.co"),
    ("2-0004-k1-2", 2, "q2.co"),
    ("2-0004-k2-1", 1, "q1.khong"),
    ("2-0004-k3-1", 1, "q1.co"),
    ("2-0004-k3-2", 2, "q2.co"),
    ("2-0005-sót", 2, "q2.khong"),
];

/// Numbers that a list links to, as the supervisor sees it.
fn listed(lan: &Chromium, served: &Served, list: &str) -> Vec<i64> {
    lan.go(&format!("{}/{list}", served.url));
    lan.until("document.querySelector('h1')");
    // The first table is what waits; below are those that were settled.
    let found = lan.script(&format!(
        "if (document.getElementById('none')) {{ return []; }}
         return [...document.querySelector('table').tBodies[0].rows]
           .map((row) => row.cells[0].querySelector('a[href^=\"/{list}/\"]'))
           .filter(Boolean).map((a) => Number(a.getAttribute('href').split('/').pop()));"
    ));
    let numbers = found.as_array().unwrap();
    numbers.iter().map(|n| n.as_i64().unwrap()).collect()
}

/// Opens a ballot that waits; what its page says.
fn look_at(lan: &Chromium, served: &Served, ballot: i64) -> String {
    lan.go(&format!("{}/ballots/{ballot}", served.url));
    lan.until("document.getElementById('reason')");
    let text = lan.script("return document.body.innerText;");
    text.as_str().unwrap().to_owned()
}

/// Does something that leads to another page, and waits for that.
fn and_on(lan: &Chromium, act: impl FnOnce()) {
    lan.script("window.stale = true;");
    act();
    lan.until(
        "!window.stale && document.readyState === 'complete' && document.querySelector('h1')",
    );
}

fn type_into(lan: &Chromium, selector: &str, text: &str) {
    lan.script(&format!("document.querySelector('{selector}').focus();"));
    lan.keys(text);
}

/// Settles the papers that wait as a whole: the back that came last goes to its front,
/// the order beside them is believed, and the paper without its front is rejected.
fn settle_papers(lan: &Chromium, served: &Served) {
    let waiting = listed(lan, served, "ballots");
    let of = |file: &str| -> i64 {
        let mut has = waiting
            .iter()
            .filter(|b| look_at(lan, served, **b).contains(file));
        let found = *has.next().unwrap_or_else(|| panic!("{file} waits"));
        assert_eq!(has.next(), None, "{file} is there once");
        found
    };
    let (front, back) = (of("2-0004-k2-1"), of("2-0005-sót"));
    look_at(lan, served, back);
    lan.picture("day-3-stray-back-vi");
    type_into(lan, "#reason", "cùng nét bút");
    type_into(lan, "form.move input", &front.to_string());
    and_on(lan, || lan.key(ENTER));
    let mut rejected = 0;
    // Each is settled at one go or two.
    for _ in 0..2 * waiting.len() {
        let Some(next) = listed(lan, served, "ballots").first().copied() else {
            break;
        };
        if look_at(lan, served, next).contains("2-0002-lẻ") {
            type_into(lan, "#reason", "mất mặt trước");
            lan.key(ESCAPE);
            and_on(lan, || lan.key("l"));
            rejected += 1;
        } else {
            type_into(lan, "#reason", "đã so từng tờ");
            and_on(lan, || {
                lan.script("document.querySelector('button.settle').click();");
            });
        }
    }
    assert_eq!(listed(lan, served, "ballots"), [0; 0]);
    assert_eq!(rejected, 1, "the paper without its front");
}

/// Pictures of every page as an English-speaking supervisor sees it, for people to look
/// at; then Vietnamese again.
fn picture_all_in_english(lan: &Chromium, served: &Served) {
    let ballot = listed(lan, served, "ballots")[0];
    let page = listed(lan, served, "pages")[0];
    let switch = |to: &str| {
        and_on(lan, || {
            lan.script("document.querySelector('form.language button').click();");
        });
        lan.until(&format!("document.documentElement.lang === '{to}'"));
    };
    switch("en");
    for (path, name) in [
        ("/".to_owned(), "progress"),
        ("/review/list".to_owned(), "queue"),
        ("/pages".to_owned(), "pages"),
        (format!("/pages/{page}"), "page"),
        ("/ballots".to_owned(), "ballots"),
        (format!("/ballots/{ballot}"), "ballot"),
        ("/notes".to_owned(), "notes"),
        ("/notes/write".to_owned(), "note"),
        ("/wall".to_owned(), "wall"),
        ("/boxes".to_owned(), "boxes"),
        ("/boxes/open".to_owned(), "box-open"),
        ("/batches".to_owned(), "batches"),
        ("/batches/1?flagged=1".to_owned(), "batch"),
        ("/log".to_owned(), "log"),
        ("/accounts".to_owned(), "accounts"),
        ("/settings".to_owned(), "settings"),
    ] {
        lan.go(&format!("{}{path}", served.url));
        lan.until("document.readyState === 'complete' && document.querySelector('nav')");
        thread::sleep(Duration::from_millis(300));
        lan.picture(&format!("en-{name}"));
        let more = "return document.documentElement.scrollHeight > innerHeight + 40;";
        if lan.script(more) == true {
            lan.script("scrollTo(0, innerHeight - 60);");
            lan.picture(&format!("en-{name}-below"));
        }
        let wide = lan.script("return document.documentElement.scrollWidth - innerWidth;");
        assert!(
            wide.as_i64().unwrap() <= 0,
            "{path} is wider than the screen"
        );
    }
    switch("vi");
}

/// A form's part of the tally.
fn of_form<'a>(tally: &'a Value, form: &str) -> &'a Value {
    let forms = tally["forms"].as_array().unwrap();
    forms.iter().find(|f| f["form"] == form).unwrap()
}

fn day(ballots: u64) {
    let office = Office::new(TWO_PAGES);
    fs::write(office.path("campaign.toml"), CAMPAIGN).unwrap();
    office.says(0, &["init", "trạm", "--campaign", "campaign.toml"]);
    let people = [
        ("hoa", "reviewer"),
        ("mai", "reviewer"),
        ("vinh", "operator"),
        ("lan", "supervisor"),
    ];
    accounts(&office, &people);
    let served = Served::start(&office);
    let Some(lan) = before_a_browser(&served, "lan") else {
        return;
    };
    let [vinh, hoa, mai] =
        ["vinh", "hoa", "mai"].map(|name| before_a_browser(&served, name).unwrap());

    // Half of them in each box; in the second lie one more, without its front, and three
    // of a form without serials.
    let half = ballots / 2;
    open_box(&lan, &served, "phuong-1", half);
    open_box(&lan, &served, "phuong-2", half + 1 + 3);
    lan.picture("day-1-boxes-open-vi");
    let form = Library::load(&[]).unwrap().resolve(FORM).unwrap().clone();
    let simulator = Simulator::for_form(&form, Level::Office, 20_261_125).unwrap();
    lay(&office, "1-0000-0", &cover(&office, "phuong-1"));
    let mut meant = pile(&office, "1-0001", &simulator, 0..half);
    lay(&office, "2-0000-0", &cover(&office, "phuong-2"));
    meant.extend(pile(&office, "2-0001", &simulator, half..2 * half));
    let torn = simulator.sheet(2 * half).unwrap();
    lay(&office, "2-0002-lẻ", &torn.pages[1].scan.image);
    // Somebody's ballot of another survey.
    let foreign = Office::new(ONE_PAGE);
    let foreign = foreign.scan("lạ.png", 1, Some(1), &["q1.co"]);
    fs::copy(foreign, office.path("chồng phiếu/2-0003-lạ.png")).unwrap();
    for (n, (name, page, marked)) in (0u8..).zip(WITHOUT_SERIALS) {
        let mut image = draw(&office.layout, page, None, &[marked]);
        // Two papers with the same marks are not the same file.
        image.put_pixel(3, 3, Luma([100 + n]));
        let path = office.path(&format!("chồng phiếu/{name}.png"));
        image.save(path).unwrap();
    }

    let began = Instant::now();
    vinh.go(&format!("{}/batches", served.url));
    vinh.until("document.getElementById('drop')");
    vinh.drop_files("#drop", &[office.path("chồng phiếu")]);
    let done = "return document.getElementById('live').innerText.includes('Đã quét xong');";
    while vinh.script(done) != true {
        assert!(began.elapsed().as_secs() < 900, "the scan does not end");
        thread::sleep(Duration::from_millis(200));
    }
    vinh.picture("day-2-scanned-vi");
    let scanned = began.elapsed();
    picture_all_in_english(&lan, &served);

    let began = Instant::now();
    let by: Vec<usize> = thread::scope(|s| {
        let at_work = [&hoa, &mai].map(|desk| {
            let (served, form, meant) = (&served, &form.layout, &meant);
            s.spawn(move || settle_all(desk, served, form, meant))
        });
        at_work.into_iter().map(|p| p.join().unwrap()).collect()
    });
    let reviewed = began.elapsed();

    // What is no question: the paper without its front, and the foreign one.
    assert_eq!(
        listed(&lan, &served, "ballots").len(),
        4,
        "the torn one, the front and the back that lost each other, and the one between"
    );
    lan.picture("day-3-ballots-vi");
    settle_papers(&lan, &served);
    let waiting = listed(&lan, &served, "pages");
    assert_eq!(waiting.len(), 1, "the foreign one");
    lan.go(&format!("{}/pages/{}", served.url, waiting[0]));
    lan.until("document.getElementById('by-hand')");
    lan.key("l");
    lan.until("document.activeElement.id === 'reason'");
    lan.keys("phiếu của cuộc khảo sát khác");
    and_on(&lan, || lan.key(ENTER));
    assert_eq!(listed(&lan, &served, "pages"), [0; 0]);

    lan.go(&format!("{}/boxes", served.url));
    lan.until("document.querySelector('h1')");
    lan.picture("day-4-boxes-vi");
    let to_close = "document.querySelectorAll('button[name=action][value=close]')";
    for left in [2, 1] {
        let found = lan.script(&format!("return {to_close}.length;"));
        assert_eq!(found, left);
        // What agrees is closed without a reason.
        let asked = format!("return {to_close}[0].form.querySelector('[name=reason]') !== null;");
        assert_eq!(lan.script(&asked), false);
        and_on(&lan, || {
            lan.script(&format!("{to_close}[0].click();"));
        });
    }
    assert_eq!(lan.script(&format!("return {to_close}.length;")), 0);
    for (path, name) in [("/", "day-5-progress"), ("/boxes", "day-6-closed")] {
        lan.go(&format!("{}{path}", served.url));
        lan.until("document.querySelector('h1')");
        lan.picture(&format!("{name}-vi"));
    }
    for desk in [&lan, &vinh, &hoa, &mai] {
        assert_eq!(desk.complaints(), Vec::<String>::new());
    }
    let tally = office.tally("trạm");
    let serials = of_form(&tally, FORM);
    assert_eq!(serials["ballots"]["counted"], 2 * half);
    assert_eq!(serials["ballots"]["rejected"], 1);
    assert_eq!(counted(serials), expected(&meant));
    let without = of_form(&tally, "hai-trang");
    assert_eq!(without["ballots"]["counted"], 3);
    let mut marks: BTreeMap<(String, String), u64> = BTreeMap::new();
    for (_, _, mark) in WITHOUT_SERIALS {
        let (question, choice) = mark.split_once('.').unwrap();
        *marks
            .entry((question.to_owned(), choice.to_owned()))
            .or_default() += 1;
    }
    assert_eq!(counted(without), marks);
    let log = office.log("box-closed");
    assert_eq!(log.len(), 2, "{log:?}");
    office.verify();
    println!(
        "{} ballots, {} pages: scanned in {scanned:.1?}, {} questions settled by two in {reviewed:.1?}, \
         {} answers as they were meant",
        2 * half,
        tally["pages"]["total"],
        by.iter().sum::<usize>(),
        meant.len()
    );
}

#[test]
fn a_whole_day_ends_with_the_tally_that_was_meant() {
    day(30);
}

#[test]
#[ignore = "takes minutes; prints figures"]
fn a_whole_day_of_three_hundred_ballots() {
    day(300);
}
