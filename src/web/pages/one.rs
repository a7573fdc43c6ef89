//! One page with its picture, and a form in which to say what it is.

use axum::extract::{Path, State};
use maud::{Markup, html};
use serde_json::Value;

use super::{SHOWN_ACTS, acts_table, file_of, keyed_words};
use crate::station::Desk;
use crate::store::{Keying, PageFilter, Role, WaitingPage};
use crate::web::app::App;
use crate::web::auth::{Person, now};
use crate::web::error::Refused;
use crate::web::page::document;
use crate::web::words::Words;

/// A page that is looked at is kept from others for so long, seconds: keying a long
/// page takes some minutes.
const CLAIM: i64 = 600;

/// One page, for a person to settle.
pub(in crate::web) async fn show(
    State(app): State<App>,
    person: Person,
    Path(page): Path<i64>,
) -> Result<Markup, Refused> {
    let (here, words) = (app.clone(), person.words);
    let (place, waiting, acts, (size, removed), desk, held, given) = person
        .act(&app, Role::Reviewer, move |store, account| {
            let place = store.page_place(page)?.ok_or(Refused::NotFound)?;
            let filter = PageFilter {
                page: Some(page),
                ..PageFilter::default()
            };
            let now = now();
            let held = !store.claim_page(account, page, now, now + CLAIM)?;
            let waiting = store.waiting_pages(&filter, now)?.pop();
            // A file that cannot be decoded has no picture; it can still be rejected.
            let image = here.page_image(store, &place);
            let removed = match &image {
                Err(Refused::Removed(removed)) => Some(removed.words(words)),
                _ => None,
            };
            let size = image.ok().map(|i| i.dimensions());
            Ok((
                place,
                waiting,
                store.page_acts(Some(page), SHOWN_ACTS)?,
                (size, removed),
                here.desk(store)?,
                held,
                store.keyings(page)?,
            ))
        })
        .await?;
    let w = person.words;
    let body = html! {
        h1 .quiet { (place.file) }
        @match &waiting {
            None => {
                p { a href="/pages" { (w.t("← Danh sách", "← List")) } }
                p #settled { (w.t("Trang này không chờ xử lý nữa.", "This page does not wait any more.")) }
                (acts_table(w, &acts, false))
                p #status role="status" {}
            }
            Some(waiting) => {
                @if held {
                    p .problem role="alert" {
                        (waiting.claimed_by.as_deref().unwrap_or("?")) " "
                        (w.t("đang xem trang này.", "is looking at this page."))
                    }
                }
                @if !waiting.keyed_by.is_empty() {
                    p #keyed-by .problem[!waiting.is_for(&person.account)] { (keyed_words(w, waiting)) }
                }
                (view(w, waiting, size, removed.as_deref(), &desk))
                @if given.len() > 1 && person.account.role >= Role::Supervisor { (differences(w, &given)) }
                @if !acts.is_empty() {
                    h2 { (w.t("Trước đây", "Before")) }
                    (acts_table(w, &acts, false))
                }
            }
        }
        script src="/assets/pages.js" defer {}
    };
    Ok(document(w, &place.file, Some(&person), &body))
}

fn view(
    w: Words,
    page: &WaitingPage,
    size: Option<(u32, u32)>,
    removed: Option<&str>,
    desk: &Desk,
) -> Markup {
    let id = page.page.page_id;
    let chosen = |form: &str, version: u32| {
        page.form
            .as_ref()
            .is_some_and(|(f, v)| f == form && *v == version)
    };
    html! {
        div #by-hand data-page=(id) {
            section #ask {
                p #where { a href="/pages" { (w.t("← Danh sách", "← List")) } " · "
                    (file_of(w, page)) " · " (w.t("lô", "batch")) " " (page.batch)
                    @if let Some(name) = &page.ballot_box { " · " (w.t("hòm", "box")) " " (name) }
                }
                p #why { (w.problem(&page.code)) }
                form #who {
                    label for="form" { (w.t("Mẫu phiếu", "Form")) }
                    select #form name="form" {
                        option value="" { (w.t("– chọn –", "– choose –")) }
                        @for (form, _) in desk.forms() {
                            @let layout = &form.layout;
                            option value={ (layout.form) "/" (layout.version) } data-pages=(layout.pages.len())
                                data-squares=(u8::from(layout.pages.iter().all(|p| p.anchors.iter().any(|a| a.id == "tl"))))
                                selected[chosen(&layout.form, layout.version)] {
                                (form.title) " · " (layout.form) " v" (layout.version)
                            }
                        }
                    }
                    label for="number" { (w.t("Trang số", "Page number")) }
                    input #number type="number" min="1" max="31" value=(page.number.unwrap_or(1));
                    label for="serial" { (w.t("Số phiếu", "Serial")) }
                    input #serial maxlength="16" autocomplete="off" value=(page.serial.as_deref().unwrap_or(""))
                        placeholder=(w.t("10 ký tự; để trống nếu không in", "10 characters; empty if none is printed"));
                    span {}
                    label .tick { input #unnumbered type="checkbox"; " " (w.t("phiếu không in số", "no serial printed")) }
                    label for="into" { (w.t("Thuộc phiếu #", "Belongs to ballot #")) }
                    input #into type="number" min="1" placeholder=(w.t("nếu không có số", "if it has no serial"));
                }
                div .buttons {
                    button #read .primary type="button" { (w.t("Đọc", "Read")) " " kbd { "D" } }
                    button #corners type="button" aria-pressed="false" { (w.t("Kéo bốn góc", "Drag four corners")) " " kbd { "G" } }
                    button #key type="button" { (w.t("Nhập tay", "Key by hand")) " " kbd { "N" } }
                    button #reject type="button" { (w.t("Loại", "Reject")) " " kbd { "L" } }
                    button #next type="button" { (w.t("Để sau", "Later")) " " kbd { "S" } }
                }
                fieldset #corners-of hidden {
                    legend { (w.t("Bốn dấu 1–4 đặt vào", "Put the marks 1–4 on")) }
                    label { input type="radio" name="of" value="anchors" checked; " " (w.t("bốn ô vuông đen ở góc", "the four black corner squares")) }
                    label { input type="radio" name="of" value="paper"; " " (w.t("bốn góc giấy", "the four paper corners")) }
                    p .hint { (w.t(
                        "Xoay ảnh cho xuôi chữ trước; 1 là góc trên trái. Chuột kéo, hoặc Tab tới dấu rồi phím mũi tên (Shift: bước dài).",
                        "First turn the picture upright; 1 is top left. Drag, or Tab to a mark and use the arrow keys (Shift: far).",
                    )) }
                }
                form #keying hidden { div #questions {} button .primary type="submit" { (w.t("Ghi câu trả lời", "Record the answers")) } }
                form #reason-form hidden {
                    label for="reason" { (w.t("Lý do", "Reason")) }
                    input #reason maxlength="500" autocomplete="off" required;
                    button .primary type="submit" { (w.t("Gửi", "Send")) }
                    button #reason-cancel type="button" { (w.t("Thôi", "Cancel")) }
                }
                p #status role="status" {}
            }
            section #sheet aria-label=(w.t("Cả trang", "The whole page")) {
                div .buttons {
                    button #zoom-in type="button" { "+" }
                    button #zoom-out type="button" { "−" }
                    button #turn type="button" { (w.t("Xoay", "Turn")) " " kbd { "R" } }
                }
                div #sheet-frame tabindex="0" {
                    @if let Some((width, height)) = size {
                        svg #picture data-src={ "/picture/scanned/" (id) } data-width=(width) data-height=(height)
                            role="img" aria-label=(w.t("Ảnh trang phiếu", "Picture of the page")) {}
                    } @else if let Some(removed) = removed {
                        p #removed .problem { (removed) }
                    } @else {
                        p .problem { (w.t("Không mở được ảnh này; chỉ có thể loại trang.", "This image cannot be opened; the page can only be rejected.")) }
                    }
                }
            }
        }
    }
}

/// What two people keyed, side by side where they differ: for a supervisor.
fn differences(w: Words, given: &[Keying]) -> Markup {
    let text = |v: &Value| match v {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let of = |k: &Keying, what: &str, question: Option<&str>| match question {
        None => text(k.said.get(what).unwrap_or(&Value::Null)),
        Some(q) => {
            let choices = k
                .said
                .pointer("/answers")
                .and_then(|a| a.get(q)?.get("choices"));
            let choices = choices.and_then(Value::as_array).map(|all| {
                let all: Vec<String> = all.iter().map(text).collect();
                all.join(", ")
            });
            match choices.as_deref() {
                None => "–".to_owned(),
                Some("") => w.t("bỏ trống", "left blank").to_owned(),
                Some(choices) => choices.to_owned(),
            }
        }
    };
    let mut questions: Vec<&String> = given
        .iter()
        .filter_map(|k| k.said.get("answers")?.as_object())
        .flat_map(|answers| answers.keys())
        .collect();
    questions.sort();
    questions.dedup();
    let heads = [
        ("form", w.t("Mẫu phiếu", "Form")),
        ("page", w.t("Trang số", "Page number")),
        ("serial", w.t("Số phiếu", "Serial")),
        ("into", w.t("Thuộc phiếu #", "Belongs to ballot #")),
    ];
    let rows = heads
        .into_iter()
        .map(|(key, head)| (head.to_owned(), key, None))
        .chain(questions.into_iter().map(|q| {
            let head = format!("{} {q}", w.t("Câu", "Question"));
            (head, "", Some(q.as_str()))
        }))
        .map(|(head, key, q)| {
            (
                head,
                given.iter().map(|k| of(k, key, q)).collect::<Vec<_>>(),
            )
        })
        .filter(|(_, said)| said.windows(2).any(|pair| pair.first() != pair.last()));
    html! {
        h2 { (w.t("Hai người nhập khác nhau", "Two people keyed it otherwise")) }
        p { (w.t(
            "Xem ảnh, nhập lại cả trang: chữ của người giám sát là kết luận.",
            "Look at the picture and key the page: a supervisor's word decides.",
        )) }
        table #differences .narrow {
            thead { tr {
                th scope="col" { (w.t("Mục", "What")) }
                @for k in given { th scope="col" { (k.person) } }
            } }
            tbody { @for (head, said) in rows { tr {
                th scope="row" { (head) }
                @for text in said { td { (text) } }
            } } }
        }
    }
}
