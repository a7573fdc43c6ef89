//! How far the station is, live.

use std::collections::BTreeMap;

use axum::extract::State;
use maud::{Markup, html};

use super::app::App;
use super::auth::Person;
use super::error::Refused;
use super::page::document;
use super::words::Words;
use crate::store::{BallotCount, ItemFilter, Pace, PageTotals, Role, Store, UnitRow};

/// Over so many seconds the speed of scanning is taken.
const SPEED_OVER: u32 = 20;

/// Everything that the page shows.
struct Progress {
    campaign: Option<String>,
    pages: PageTotals,
    recent: u64,
    ballots: Vec<BallotCount>,
    forms: BTreeMap<i64, String>,
    units: Vec<UnitRow>,
    open: u64,
    escalated: u64,
    pace: Pace,
}

impl Progress {
    fn of(app: &App, store: &Store) -> Result<Self, Refused> {
        let (open, escalated) = store.count_items(&ItemFilter::default())?;
        Ok(Self {
            campaign: store.campaign()?.map(|c| c.name),
            pages: store.page_totals()?,
            recent: store.pages_since(SPEED_OVER)?,
            ballots: store.ballot_counts()?,
            forms: app
                .forms(store)?
                .iter()
                .map(|f| (f.key.number(), f.title.clone()))
                .collect(),
            units: store.units()?,
            open,
            escalated,
            pace: store.pace()?,
        })
    }
}

async fn now(app: &App, person: &Person) -> Result<Progress, Refused> {
    let here = app.clone();
    person
        .act(app, Role::Viewer, move |store, _| {
            Progress::of(&here, store)
        })
        .await
}

pub(super) async fn show(State(app): State<App>, person: Person) -> Result<Markup, Refused> {
    let progress = now(&app, &person).await?;
    let w = person.words;
    let title = progress
        .campaign
        .clone()
        .unwrap_or_else(|| w.t("Tiến độ", "Progress").to_owned());
    let body = html! {
        h1 { (title) }
        div #live data-every="3000" data-from="/api/progress" { (figures(w, &progress)) }
        script src="/assets/live.js" defer {}
    };
    Ok(document(
        w,
        w.t("Tiến độ", "Progress"),
        Some(&person),
        &body,
    ))
}

pub(super) async fn progress(State(app): State<App>, person: Person) -> Result<Markup, Refused> {
    let progress = now(&app, &person).await?;
    Ok(figures(person.words, &progress))
}

fn figures(w: Words, p: &Progress) -> Markup {
    let in_state = |state: &str| -> u64 {
        p.ballots
            .iter()
            .filter(|b| b.state == state)
            .map(|b| b.ballots)
            .sum()
    };
    let speed = p.recent as f64 / f64::from(SPEED_OVER);
    html! {
        div .tiles {
            (tile(w.t("Trang đã quét", "Pages scanned"), &p.pages.pages.to_string()))
            (tile(w.t("Trang/giây lúc này", "Pages/s now"), &format!("{speed:.1}")))
            (tile(w.t("Phiếu được tính", "Ballots counted"), &in_state("counted").to_string()))
            (tile(w.t("Phiếu chờ người xem", "Ballots that wait"), &in_state("pending").to_string()))
            (tile(w.t("Phiếu bị loại", "Ballots rejected"), &in_state("rejected").to_string()))
            (tile(w.t("Câu chờ kiểm tra", "Questions to review"), &p.open.to_string()))
            (tile(w.t("… chờ người giám sát", "… left to a supervisor"), &p.escalated.to_string()))
            (tile(w.t("Kết luận trong giờ qua", "Decisions in the last hour"), &p.pace.last_hour.to_string()))
        }
        @if p.pages.unreadable + p.pages.duplicates > 0 {
            p .note {
                (w.t("Trang không đọc được: ", "Pages not read: ")) (p.pages.unreadable)
                (w.t(" · nghi quét trùng: ", " · suspected duplicates: ")) (p.pages.duplicates)
            }
        }
        (by_form(w, p))
        (by_unit(w, p))
        @if !p.pace.by_person.is_empty() {
            h2 { (w.t("Người kiểm tra", "Reviewers")) }
            table .narrow {
                thead { tr {
                    th scope="col" { (w.t("Người", "Person")) }
                    th scope="col" { (w.t("Kết luận", "Decisions")) }
                } }
                tbody { @for (person, n) in &p.pace.by_person {
                    tr { td { (person) } td .number { (n) } }
                } }
            }
            @let (twice, agreed) = p.pace.twice;
            @if twice > 0 {
                p { (w.t("Câu có hai người xem: ", "Questions seen by two: ")) (twice)
                    (w.t(", giống nhau: ", ", agreed: ")) (agreed)
                    " (" (format!("{:.1}", 100.0 * agreed as f64 / twice as f64)) " %)" }
            }
        }
    }
}

fn tile(label: &str, value: &str) -> Markup {
    html! { div .tile { span .value { (value) } span .label { (label) } } }
}

fn by_form(w: Words, p: &Progress) -> Markup {
    let mut rows: BTreeMap<i64, BTreeMap<&str, u64>> = BTreeMap::new();
    for b in &p.ballots {
        *rows
            .entry(b.form.number())
            .or_default()
            .entry(b.state.as_str())
            .or_default() += b.ballots;
    }
    html! {
        h2 { (w.t("Theo mẫu phiếu", "By form")) }
        table {
            thead { tr {
                th scope="col" { (w.t("Mẫu phiếu", "Form")) }
                (state_heads(w))
            } }
            tbody { @for (form, states) in &rows {
                tr {
                    td { (p.forms.get(form).map_or("?", String::as_str)) }
                    (state_cells(states))
                }
            } }
        }
    }
}

fn by_unit(w: Words, p: &Progress) -> Markup {
    let mut counts: BTreeMap<Option<&str>, BTreeMap<&str, u64>> = BTreeMap::new();
    for b in &p.ballots {
        *counts
            .entry(b.unit.as_deref())
            .or_default()
            .entry(b.state.as_str())
            .or_default() += b.ballots;
    }
    let empty = BTreeMap::new();
    let nowhere = counts.get(&None);
    html! {
        @if !p.units.is_empty() {
            h2 { (w.t("Theo đơn vị", "By unit")) }
            table {
                thead { tr {
                    th scope="col" { (w.t("Đơn vị", "Unit")) }
                    th scope="col" { (w.t("Chỉ tiêu", "Quota")) }
                    (state_heads(w))
                    th scope="col" { (w.t("Đạt", "Reached")) }
                } }
                tbody {
                    @for unit in &p.units {
                        @let states = counts.get(&Some(unit.unit.as_str())).unwrap_or(&empty);
                        @let counted = states.get("counted").copied().unwrap_or(0);
                        tr {
                            td {
                                (unit.name.as_deref().unwrap_or(&unit.unit))
                                @if !unit.declared { " " span .warn { (w.t("(không có trong kế hoạch)", "(not in the plan)")) } }
                            }
                            td .number { @if let Some(q) = unit.quota { (q) } }
                            (state_cells(states))
                            td {
                                @if let Some(q) = unit.quota.filter(|q| *q > 0) {
                                    progress max=(q) value=(counted.min(u64::from(q)))
                                        aria-label=(w.t("so với chỉ tiêu", "of the quota")) {}
                                    " " (format!("{:.0}", 100.0 * counted as f64 / f64::from(q))) " %"
                                }
                            }
                        }
                    }
                    @if let Some(states) = nowhere {
                        tr {
                            td { i { (w.t("không rõ đơn vị", "unit not known")) } }
                            td {}
                            (state_cells(states))
                            td {}
                        }
                    }
                }
            }
        }
    }
}

const STATES: [&str; 3] = ["counted", "pending", "rejected"];

fn state_heads(w: Words) -> Markup {
    html! { @for state in STATES { th scope="col" { (w.state(state)) } } }
}

fn state_cells(states: &BTreeMap<&str, u64>) -> Markup {
    html! { @for state in STATES { td .number { (states.get(state).copied().unwrap_or(0)) } } }
}
