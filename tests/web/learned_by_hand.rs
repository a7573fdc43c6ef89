//! A sheet that was printed elsewhere lies crooked on the glass: too much so for the
//! reader, and there is no code on it. A person says which form it is and puts four marks
//! on the corners of the paper.

use crate::paper::{ONE_PAGE, Office, SCAN, count, cross_by, printed_elsewhere};
use crate::web_support::{Answer, Browser, FOUR, Served, accounts};
use image::{GrayImage, Luma, imageops};
use imageproc::geometric_transformations::{Border, Interpolation, rotate_about_center};
use phieu::form::{BoxSpec, Library};
use serde_json::{Value, json};

/// Turned by so much the reader does not look for a learned page by itself (it does up
/// to 9°), degrees.
const CROOKED: f32 = 17.0;

const CAMPAIGN: &str = r#"
name = "Phiếu in sẵn"
forms = ["in-san"]
templates = ["học"]
"#;

fn mark(image: &mut GrayImage, at: &BoxSpec) {
    cross_by(image, &at.rect.inflate(-0.4, -0.4), 0.5, 1.0);
}

/// The sheet on a glass that is larger, turned; and where its corners lie, px: top left,
/// top right, bottom right, bottom left.
fn on_the_glass(sheet: &GrayImage, degrees: f32) -> (GrayImage, [[f64; 2]; 4]) {
    let (w, h) = sheet.dimensions();
    let mut glass = GrayImage::from_pixel(w * 3 / 2, h * 3 / 2, Luma([225]));
    let (x, y) = (w / 4, h / 4);
    imageops::overlay(&mut glass, sheet, i64::from(x), i64::from(y));
    let turned = rotate_about_center(
        &glass,
        degrees.to_radians(),
        Interpolation::Bilinear,
        Border::Constant(Luma([225])),
    );
    let middle = |side: u32| f64::from(side) / 2.0;
    let (cx, cy) = (middle(glass.width()), middle(glass.height()));
    let (sin, cos) = f64::from(degrees).to_radians().sin_cos();
    let (x, y) = (f64::from(x), f64::from(y));
    let (right, bottom) = (x + f64::from(w), y + f64::from(h));
    let corners = [[x, y], [right, y], [right, bottom], [x, bottom]].map(|[x, y]| {
        let (dx, dy) = (x - cx, y - cy);
        [cx + cos * dx - sin * dy, cy + sin * dx + cos * dy]
    });
    (turned, corners)
}

fn outcome(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["outcome"].as_str().unwrap().to_owned()
}

/// The choice of the learned form at a box of the form that the sheet was printed from.
fn learned_as(office: &Office, at: &BoxSpec) -> (String, String) {
    let args = ["form", "geometry", "in-san", "--json", "--templates", "học"];
    let said: Value = serde_json::from_str(&office.says(0, &args)).unwrap();
    let middle = at.rect.center();
    let boxes = said["pages"][0]["boxes"].as_array().unwrap().clone();
    let near = |b: &&Value| {
        let mm = |i: usize| b["rect_mm"][i].as_f64().unwrap();
        let (x, y) = (mm(0) + mm(2) / 2.0, mm(1) + mm(3) / 2.0);
        (x - middle.x).hypot(y - middle.y) < 1.5
    };
    let found = boxes.iter().find(near).expect("the box was learned");
    let text = |key: &str| found[key].as_str().unwrap().to_owned();
    (text("question"), text("choice"))
}

#[test]
fn a_crooked_sheet_of_a_learned_form_is_read_through_the_corners_of_its_paper() {
    let office = Office::new(ONE_PAGE);
    let ours = Library::load(&[])
        .unwrap()
        .resolve("ba-dinh-2022")
        .unwrap()
        .clone();
    let empty = printed_elsewhere(&ours.layout, 1);
    empty.save(office.path("tờ trắng.png")).unwrap();
    let learn = [
        "form",
        "learn",
        "tờ trắng.png",
        "--id",
        "in-san",
        "--out",
        "học",
        "--paper",
        "A4",
    ];
    office.says(0, &learn);
    let boxes = &ours.layout.page(1).unwrap().boxes;
    let (first, last) = (&boxes[0], boxes.last().unwrap());

    std::fs::create_dir_all(office.path("ảnh quét")).unwrap();
    let save = |name: &str, image: &GrayImage| {
        image.save(office.path("ảnh quét").join(name)).unwrap();
    };
    // Two lie straight, marked and not: the form as such is read.
    save("a.png", &empty);
    let mut marked = empty.clone();
    mark(&mut marked, first);
    save("b.png", &marked);
    let mut other = empty.clone();
    mark(&mut other, last);
    let (crooked, corners) = on_the_glass(&other, CROOKED);
    save("c.png", &crooked);
    std::fs::write(office.path("campaign.toml"), CAMPAIGN).unwrap();
    office.says(0, &["init", "trạm", "--campaign", "campaign.toml"]);
    office.phieu(&SCAN);
    accounts(&office, &FOUR);
    let (q, c) = learned_as(&office, first);
    let (crooked_q, crooked_c) = learned_as(&office, last);
    let before = office.tally("trạm");
    let counted = |tally: &Value| tally["forms"][0]["ballots"]["counted"].as_u64().unwrap();
    assert_eq!(
        (counted(&before), count(&before, &q, &c)),
        (2, 1),
        "{before}"
    );
    assert_eq!(before["pages"]["unplaced"], 1, "the crooked one waits");

    let served = Served::start(&office);
    let hoa = Browser::log_in(&served.url, "hoa");
    let list = hoa.get("/pages").text;
    let id: i64 = list
        .split("href=\"/pages/")
        .nth(1)
        .and_then(|t| t.split('"').next()?.parse().ok())
        .unwrap();
    // There are no black squares of ours to put marks on, and the page says so.
    let view = hoa.get(&format!("/pages/{id}")).text;
    let option = view.split("value=\"in-san/1\"").nth(1).unwrap();
    assert!(
        option
            .split('>')
            .next()
            .unwrap()
            .contains("data-squares=\"0\"")
    );

    let read = |of: &str, px: Value| {
        let mut body = json!({ "page": id, "form": "in-san/1", "number": 1, "unnumbered": true });
        if !px.is_null() {
            body["corners"] = json!({ "of": of, "px": px });
        }
        hoa.post("/api/pages/read", &body)
    };
    // Without corners, on squares that the form does not have, upside down, mirrored, by
    // the edges of the image: nothing is read.
    let [tl, tr, br, bl] = corners;
    let (w, h) = (f64::from(crooked.width()), f64::from(crooked.height()));
    for (of, px) in [
        ("paper", Value::Null),
        ("anchors", json!(corners)),
        ("paper", json!([br, bl, tl, tr])),
        ("paper", json!([tr, tl, bl, br])),
        ("paper", json!([[0.0, 0.0], [w, 0.0], [w, h], [0.0, h]])),
        ("paper", json!([tl, tl, tl, tl])),
    ] {
        assert_eq!(outcome(&read(of, px.clone())), "unproven", "{of} {px}");
    }
    assert_eq!(office.tally("trạm"), before);

    // A hand that misses each corner by about half a millimetre.
    let near: Vec<[f64; 2]> = corners
        .iter()
        .zip([[2.0, -2.5], [-3.0, 1.0], [2.5, 2.0], [-1.5, 3.0]])
        .map(|(c, off)| [c[0] + off[0], c[1] + off[1]])
        .collect();
    assert_eq!(outcome(&read("paper", json!(near))), "placed");
    let tally = office.tally("trạm");
    assert_eq!(counted(&tally), 3, "{tally}");
    let more = u64::from((&q, &c) == (&crooked_q, &crooked_c));
    assert_eq!(count(&tally, &q, &c), 1 + more);
    assert_eq!(count(&tally, &crooked_q, &crooked_c), 1 + more);
    assert_eq!(office.log("page-by-hand").len(), 1);
    office.verify();
}
