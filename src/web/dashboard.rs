//! How far the station is, live.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use maud::{Markup, html};

use super::app::App;
use super::auth::Person;
use super::error::Refused;
use super::page::document;
use super::plan;
use super::words::Words;
use crate::station::retention::Due;
use crate::station::{
    Campaign, Day, FormProgress, LocalTime, UnitProgress, form_progress, unit_progress,
};
use crate::store::{BallotCount, BoxLine, ItemFilter, Pace, PageTotals, Role, Store};

/// Over so many seconds the speed of scanning is taken.
const SPEED_OVER: u32 = 20;

/// Everything that the page shows.
#[derive(Debug)]
pub(super) struct Progress {
    campaign: Campaign,
    /// There is a plan at all.
    planned: bool,
    today: Day,
    pages: PageTotals,
    recent: u64,
    ballots: Vec<BallotCount>,
    titles: BTreeMap<String, String>,
    forms: Vec<FormProgress>,
    units: Vec<UnitProgress>,
    boxes: Vec<BoxLine>,
    open: u64,
    escalated: u64,
    pace: Pace,
}

impl Progress {
    pub fn of(app: &App, store: &Store) -> Result<Self, Refused> {
        let (open, escalated) = store.count_items(&ItemFilter::default())?;
        let row = store.campaign()?;
        let planned = row.is_some();
        let campaign = match row {
            Some(row) => Campaign::of_source(&row.source)?,
            None => Campaign::default(),
        };
        let today = LocalTime::of(store)?
            .today(store)?
            .ok_or_else(|| Refused::Trouble("the database tells no day".to_owned()))?;
        let known = app.forms(store)?;
        let ids: BTreeMap<i64, String> = known
            .iter()
            .map(|f| (f.key.number(), f.layout.form.clone()))
            .collect();
        let ballots = store.ballot_counts()?;
        Ok(Self {
            forms: form_progress(&campaign, &ids, &ballots, today),
            units: unit_progress(&campaign, &store.units()?, &ids, &ballots, today),
            titles: known
                .iter()
                .map(|f| (f.layout.form.clone(), f.title.clone()))
                .collect(),
            campaign,
            planned,
            today,
            pages: store.page_totals()?,
            recent: store.pages_since(SPEED_OVER)?,
            ballots,
            boxes: store.box_lines()?,
            open,
            escalated,
            pace: store.pace()?,
        })
    }
}

/// The day up to which images were to be kept, if it has passed and there are any.
fn images_overdue(store: &Store) -> Result<Option<Day>, Refused> {
    let due = Due::of(store)?;
    let there = due.is_due() && store.removable()?.images > 0;
    Ok(due.keep_until().filter(|_| there))
}

pub(super) async fn show(State(app): State<App>, person: Person) -> Result<Markup, Refused> {
    let here = app.clone();
    let (progress, overdue) = person
        .act(&app, Role::Viewer, move |store, _| {
            Ok((Progress::of(&here, store)?, images_overdue(store)?))
        })
        .await?;
    let w = person.words;
    let title = if progress.planned {
        progress.campaign.name.clone()
    } else {
        w.t("Tiến độ", "Progress").to_owned()
    };
    let body = html! {
        h1 { (title) }
        @if let Some(office) = &progress.campaign.reporting_office {
            p { (w.t("Cơ quan tổng hợp: ", "Reporting office: ")) (office)
                @if let (Some(from), Some(to)) = (progress.campaign.starts, progress.campaign.ends) {
                    " · " (w.t("khảo sát từ ", "from ")) (from.written()) (w.t(" đến ", " to ")) (to.written())
                }
            }
        }
        @if let Some(day) = overdue {
            p .soon role="status" {
                (w.t("Ảnh phiếu chỉ được giữ đến hết ngày ", "Images were to be kept up to ")) (day.written())
                (w.t(": đã quá hạn. Hủy trên máy của trạm bằng: ", ", which has passed. Remove them on the station's computer by: "))
                code { "phieu retention remove" }
            }
        }
        div #live data-every="3000" data-from="/api/progress" { (figures(&person, &progress)) }
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
    let here = app.clone();
    let progress: Arc<Progress> = person
        .act(&app, Role::Viewer, move |store, _| here.progress(store))
        .await?;
    Ok(figures(&person, &progress))
}

fn figures(person: &Person, p: &Progress) -> Markup {
    let w = person.words;
    let in_state = |state: &str| -> u64 {
        p.ballots
            .iter()
            .filter(|b| b.state == state)
            .map(|b| b.ballots)
            .sum()
    };
    let speed = p.recent as f64 / f64::from(SPEED_OVER);
    html! {
        @if p.pages.pages == 0 && p.ballots.is_empty() { (first_steps(person, p)) }
        div .tiles {
            (tile(w.t("Trang đã quét", "Pages scanned"), &w.lang().grouped(p.pages.pages)))
            (tile(w.t("Trang/giây lúc này", "Pages/s now"), &format!("{speed:.1}")))
            (tile(w.t("Phiếu được tính", "Ballots counted"), &w.lang().grouped(in_state("counted"))))
            (tile(w.t("Phiếu chờ người xem", "Ballots that wait"), &w.lang().grouped(in_state("pending"))))
            (tile(w.t("Phiếu bị loại", "Ballots rejected"), &w.lang().grouped(in_state("rejected"))))
            (tile(w.t("Câu chờ kiểm tra", "Questions to review"), &w.lang().grouped(p.open)))
            (tile(w.t("… chờ người giám sát", "… left to a supervisor"), &w.lang().grouped(p.escalated)))
            (tile(w.t("Kết luận trong giờ qua", "Decisions in the last hour"), &w.lang().grouped(p.pace.last_hour)))
            @if let Some(left) = time_left(w, p) {
                (tile(w.t("Xong sau, theo nhịp giờ qua", "Done in, at that pace"), &left))
            }
            @let (twice, agreed) = p.pace.twice;
            @if twice > 0 {
                (tile(&format!("{} ({agreed}/{twice})", w.t("Hai người xem, giống nhau", "Seen by two, agreed")),
                    &format!("{:.1} %", 100.0 * agreed as f64 / twice as f64)))
            }
        }
        @if p.pages.unreadable + p.pages.duplicates > 0 {
            p .note {
                (w.t("Trang không đọc được: ", "Pages not read: ")) (p.pages.unreadable)
                (w.t(" · nghi quét trùng: ", " · suspected duplicates: ")) (p.pages.duplicates)
            }
        }
        (plan::by_form(w, &p.forms, &p.titles))
        (plan::by_unit(w, &p.units, &p.titles))
        (plan::by_box(w, &p.boxes, &p.campaign, p.today))
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
        }
    }
}

/// How long the open questions take at the pace of the last hour; `None`: nothing
/// waits, or nobody reviews.
fn time_left(w: Words, p: &Progress) -> Option<String> {
    if p.open == 0 || p.pace.last_hour == 0 {
        return None;
    }
    let minutes = (p.open * 60).div_ceil(p.pace.last_hour);
    let (hours, rest) = (minutes / 60, minutes % 60);
    Some(if hours == 0 {
        format!("{rest} {}", w.t("phút", "min"))
    } else {
        format!("{hours} {} {rest:02}", w.t("giờ", "h"))
    })
}

pub(super) fn tile(label: &str, value: &str) -> Markup {
    html! { div .tile { span .value { (value) } span .label { (label) } } }
}

/// What to do first on a station into which nothing was scanned.
fn first_steps(person: &Person, p: &Progress) -> Markup {
    let w = person.words;
    let may = |role| person.account.role >= role;
    html! {
        section .first aria-label=(w.t("Bắt đầu", "How to begin")) {
            h2 { (w.t("Trạm chưa có trang nào. Việc cần làm:", "Nothing has been scanned yet. What to do:")) }
            ol {
                @if !p.planned {
                    li { (w.t("Nhập kế hoạch (mẫu phiếu, đơn vị, chỉ tiêu, hạn), trên máy của trạm: ", "Take in the plan (forms, units, quotas, deadlines), on the station's computer: "))
                        code { "phieu campaign update --station … --campaign campaign.toml --reason …" } }
                }
                @if may(Role::Supervisor) {
                    li { a href="/accounts" { (w.t("Tạo tài khoản", "Make accounts")) }
                        (w.t(" cho nhân viên quét và người kiểm tra.", " for those who scan and review.")) }
                }
                @if may(Role::Operator) {
                    li { a href="/boxes/open" { (w.t("Mở hòm phiếu, lập biên bản", "Open a ballot box, write its minutes")) }
                        (w.t("; in tờ bìa đặt trên chồng phiếu.", "; print the cover sheet for the pile.")) }
                    li { (w.t("Quét phiếu bằng máy quét, rồi ", "Scan the ballots with your scanner, then "))
                        a href="/batches" { (w.t("kéo thả thư mục ảnh vào trang Lô quét", "drop the folder of images into the page Batches")) }
                        (w.t(" (hoặc lệnh phieu scan, phieu watch).", " (or phieu scan, phieu watch).")) }
                } @else {
                    li { (w.t("Nhân viên quét đưa ảnh phiếu vào ở trang Lô quét.", "An operator brings the images of the ballots in the page Batches.")) }
                }
                @if may(Role::Reviewer) {
                    li { a href="/review" { (w.t("Kiểm tra", "Review")) } (w.t(" những câu máy chưa chắc.", " what the machine was not sure of.")) }
                }
            }
        }
    }
}
