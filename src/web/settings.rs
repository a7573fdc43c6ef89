//! How the station is set: second opinions, its clock. For supervisors, each change with a
//! reason in the log.

use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::app::App;
use super::auth::Person;
use super::error::Refused;
use super::given;
use super::page::document;
use crate::read::{Answer, AnswerState};
use crate::station::{LocalTime, UTC_OFFSET};
use crate::store::{ItemId, Role, SettingRow, Store, StoreError};

/// Name of the setting that says of how many of a hundred questions two people
/// must agree.
pub(crate) const SECOND_SHARE: &str = "second-opinion-share";

/// Name of the setting that says of which kinds of questions two people must agree
/// on all: their states, with spaces between.
pub(crate) const SECOND_STATES: &str = "second-opinion-states";

/// Why a question waits, as [`crate::store::Item`] has it; and pages whose answers are
/// keyed.
const STATES: [&str; 5] = ["overvote", "marginal", "corrected", "doubted", KEYED];

/// The kind of answers that a person keys from the picture of a whole page.
const KEYED: &str = "keyed";

fn share(store: &Store) -> Result<u64, StoreError> {
    let set = store.setting(SECOND_SHARE)?;
    Ok(set.and_then(|v| v.parse().ok()).unwrap_or(0).min(100))
}

fn states(store: &Store) -> Result<Vec<String>, StoreError> {
    let set = store.setting(SECOND_STATES)?.unwrap_or_default();
    Ok(set.split_whitespace().map(str::to_owned).collect())
}

/// Must two people agree on this question? By its kind, or drawn by hash, so that it
/// is the same whoever asks, and nobody can choose.
pub(super) fn asks_two(store: &Store, id: &ItemId) -> Result<bool, StoreError> {
    let kinds = states(store)?;
    if !kinds.is_empty()
        && let Some(state) = store.open_state(id)?
        && kinds.contains(&state)
    {
        return Ok(true);
    }
    drawn(store, &format!("{} {}", id.ballot.number(), id.question))
}

/// Must two people key this page alike? As [`asks_two`]: by its kind or the kind of an
/// answer on it, or drawn as a whole.
pub(super) fn asks_two_of_page<'a>(
    store: &Store,
    page: i64,
    answers: impl IntoIterator<Item = &'a Answer>,
) -> Result<bool, StoreError> {
    let kinds = states(store)?;
    let of = |kind: &str| kinds.iter().any(|k| k == kind);
    let overvote = |a: &Answer| a.state == AnswerState::Overvote;
    if of(KEYED) || (of("overvote") && answers.into_iter().any(overvote)) {
        return Ok(true);
    }
    drawn(store, &format!("page {page}"))
}

/// Is it among the share that two people must agree on?
fn drawn(store: &Store, what: &str) -> Result<bool, StoreError> {
    let share = share(store)?;
    let text = format!("{} {what}", store.station()?.id);
    let hash = blake3::hash(text.as_bytes());
    let drawn = hash
        .as_bytes()
        .iter()
        .take(7)
        .fold(0u64, |n, b| n << 8 | u64::from(*b));
    Ok(drawn % 100 < share)
}

pub(super) async fn show(State(app): State<App>, person: Person) -> Result<Markup, Refused> {
    page(&app, &person, None).await
}

async fn page(app: &App, person: &Person, problem: Option<String>) -> Result<Markup, Refused> {
    let (share, kinds, local, history) = person
        .act(app, Role::Supervisor, |store, _| {
            let local = LocalTime::of(store)?;
            Ok((
                share(store)?,
                states(store)?,
                local,
                store.settings_history()?,
            ))
        })
        .await?;
    let w = person.words;
    let body = html! {
        h1 { (w.t("Thiết lập", "Settings")) }
        @if let Some(problem) = problem { p .problem role="alert" { (problem) } }
        h2 { (w.t("Người thứ hai xem lại", "Second opinions")) }
        p { (w.t(
            "Những câu này do hai người xem riêng, không thấy câu trả lời của nhau; khác nhau thì người giám sát kết luận. Câu nào được chọn là do mã băm, không ai chọn được. Trang nhập tay theo ảnh: cùng tỷ lệ ấy do hai người nhập.",
            "Two people settle these questions without seeing each other's answer; where they differ, a supervisor decides. Which ones is drawn by a hash; nobody can choose. Of pages that are keyed from the picture the same share is keyed by two.",
        )) }
        form .grid method="post" action="/settings" {
            input type="hidden" name="csrf" value=(person.csrf);
            label for="share" { (w.t("Tỷ lệ câu cần hai người, % (0 đến 100)", "Share of the questions, % (0 to 100)")) }
            input id="share" name="share" type="number" min="0" max="100" step="1" required value=(share);
            span #kinds { (w.t("Luôn cần hai người", "Always two people")) }
            div role="group" aria-labelledby="kinds" {
                @for state in STATES {
                    label .check {
                        input type="checkbox" name=(state) value="1" checked[kinds.iter().any(|k| k == state)];
                        " " (w.state(state))
                    }
                }
            }
            label for="utc-offset" { (w.t("Giờ của trạm, so với UTC", "The station's clock, from UTC")) }
            span {
                input id="utc-offset" name="utc_offset" size="8" maxlength="10" required value=(local) aria-describedby="clock-hint";
                br;
                span #clock-hint .hint { (w.t(
                    "Việt Nam: +07:00, không đổi giờ mùa hè. Sổ nhật ký lưu giờ UTC, màn hình và giấy in theo giờ này.",
                    "Vietnam: +07:00, without daylight saving time. The log keeps UTC; screens and papers show this time.",
                )) }
            }
            label for="reason" { (w.t("Lý do thay đổi", "Why it is changed")) }
            input id="reason" name="reason" required maxlength=(given::LONGEST_REASON) autocomplete="off";
            button .primary type="submit" { (w.t("Ghi", "Save")) }
        }
        @if !history.is_empty() {
            h2 { (w.t("Đã thay đổi", "Changes")) }
            table .narrow {
                thead { tr {
                    th scope="col" { (w.when(w.t("Lúc", "When"))) }
                    th scope="col" { (w.t("Ai", "Who")) }
                    th scope="col" { (w.t("Thiết lập", "Setting")) }
                    th scope="col" { (w.t("Giá trị", "Value")) }
                    th scope="col" { (w.t("Lý do", "Reason")) }
                } }
                tbody { @for s in &history { (row(person, s)) } }
            }
        }
    };
    Ok(document(
        w,
        w.t("Thiết lập", "Settings"),
        Some(person),
        &body,
    ))
}

fn row(person: &Person, s: &SettingRow) -> Markup {
    let w = person.words;
    let name = match s.name.as_str() {
        SECOND_SHARE => w.t("tỷ lệ câu cần hai người, %", "share for two people, %"),
        SECOND_STATES => w.t("luôn cần hai người", "always two people"),
        UTC_OFFSET => w.t("giờ của trạm", "the station's clock"),
        other => other,
    };
    let value = if s.name == SECOND_STATES {
        let kinds: Vec<&str> = s.value.split_whitespace().map(|k| w.state(k)).collect();
        if kinds.is_empty() {
            "–".to_owned()
        } else {
            kinds.join(", ")
        }
    } else {
        s.value.clone()
    };
    html! { tr {
        td .time { (w.moment(&s.at)) }
        td { (s.person) }
        td { (name) }
        td { (value) }
        td { @if let Some(reason) = &s.reason { (reason) } }
    } }
}

#[derive(Debug, Deserialize)]
pub(super) struct ChangeForm {
    csrf: String,
    share: String,
    /// Empty: as it is.
    #[serde(default)]
    utc_offset: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    overvote: String,
    #[serde(default)]
    marginal: String,
    #[serde(default)]
    corrected: String,
    #[serde(default)]
    doubted: String,
    #[serde(default)]
    keyed: String,
}

pub(super) async fn change(
    State(app): State<App>,
    person: Person,
    Form(form): Form<ChangeForm>,
) -> Result<Response, Refused> {
    person.may(Role::Supervisor)?;
    person.check_csrf(&form.csrf)?;
    let done = person
        .act(&app, Role::Supervisor, move |store, _| {
            let share = form.share.trim().parse::<u8>().ok().filter(|s| *s <= 100);
            let share = share.ok_or_else(|| {
                Refused::Conflict("tỷ lệ là số nguyên từ 0 đến 100 (0 to 100)".to_owned())
            })?;
            let local = match form.utc_offset.trim() {
                "" => None,
                text => Some(LocalTime::parse(text).ok_or_else(|| {
                    Refused::Conflict(
                        "giờ của trạm viết như +07:00, từ -12:00 đến +14:00 (the clock: as +07:00)"
                            .to_owned(),
                    )
                })?),
            };
            let reason = given::reason(&form.reason);
            if reason.is_empty() {
                return Err(Refused::Conflict("cần ghi lý do (say why)".to_owned()));
            }
            let wanted = [
                &form.overvote,
                &form.marginal,
                &form.corrected,
                &form.doubted,
                &form.keyed,
            ];
            let kinds: Vec<&str> = STATES
                .into_iter()
                .zip(wanted)
                .filter(|(_, w)| !w.is_empty())
                .map(|(s, _)| s)
                .collect();
            store.set_because(SECOND_SHARE, &share.to_string(), Some(&reason))?;
            // Never set is the same as none.
            if store.setting(SECOND_STATES)?.is_some() || !kinds.is_empty() {
                store.set_because(SECOND_STATES, &kinds.join(" "), Some(&reason))?;
            }
            // Never set is the same as Vietnam's.
            let now = LocalTime::of(store)?;
            if let Some(local) = local.filter(|l| *l != now) {
                store.set_because(UTC_OFFSET, &local.to_string(), Some(&reason))?;
            }
            Ok(())
        })
        .await;
    match done {
        Ok(()) => Ok(Redirect::to("/settings").into_response()),
        Err(Refused::Conflict(why)) => Ok(page(&app, &person, Some(why)).await?.into_response()),
        Err(other) => Err(other),
    }
}
