//! Tables of the progress page: units, forms and boxes against quota and deadline.
//! What is late is said in words; colour only helps.

use std::collections::BTreeMap;

use maud::{Markup, html};

use super::boxes;
use super::words::Words;
use crate::station::{
    Campaign, Channel, Counts, Day, FormProgress, Standing, UnitProgress, WithBelow, standing,
};
use crate::store::BoxLine;

/// Deeper units are not moved in further: the page has an edge.
const DEEPEST: usize = 4;

/// Where something is against its deadline, in words.
pub(super) fn standing_words(w: Words, s: Standing) -> Markup {
    html! { @match s {
        Standing::Open => {}
        Standing::Reached => span .reached { (w.t("đủ chỉ tiêu", "reached")) },
        Standing::OnTheWay(None) => (w.t("chưa đủ", "not yet")),
        Standing::OnTheWay(Some(n)) => { (w.t("còn ", "")) (n) (w.t(" ngày", " days left")) }
        Standing::Soon(0) => span .soon { (w.t("HẠN HÔM NAY", "DUE TODAY")) },
        Standing::Soon(n) => span .soon { (w.t("SẮP ĐẾN HẠN, còn ", "DUE SOON, ")) (n) (w.t(" ngày", " days left")) },
        Standing::Late(n) => span .late { (w.t("TRỄ HẠN ", "LATE by ")) (n) (w.t(" ngày", " days")) },
    } }
}

fn reached(w: Words, counted: u64, quota: Option<u32>) -> Markup {
    html! { @if let Some(q) = quota.filter(|q| *q > 0) {
        progress max=(q) value=(counted.min(u64::from(q))) aria-label=(w.t("so với chỉ tiêu", "of the quota")) {}
        // Cut off, not rounded: 299 of 300 is not all.
        " " (100 * counted / u64::from(q)) " %"
    } }
}

fn heads(w: Words, first: &str) -> Markup {
    html! { tr {
        th scope="col" { (first) }
        th scope="col" { (w.t("Chỉ tiêu", "Quota")) }
        th scope="col" { (w.state("counted")) }
        th scope="col" { (w.state("pending")) }
        th scope="col" { (w.state("rejected")) }
        th scope="col" { (w.t("Đạt", "Reached")) }
        th scope="col" { (w.t("Hạn", "Deadline")) }
        th scope="col" { (w.t("Tình trạng", "State")) }
    } }
}

fn cells(w: Words, c: Counts, quota: Option<u32>, due: Option<Day>, s: Standing) -> Markup {
    html! {
        td .number { @if let Some(q) = quota { (w.lang().grouped(q)) } }
        td .number { (w.lang().grouped(c.counted)) }
        td .number { (w.lang().grouped(c.pending)) }
        td .number { (w.lang().grouped(c.rejected)) }
        td { (reached(w, c.counted, quota)) }
        td { @if let Some(day) = due { (day.written()) } }
        td { (standing_words(w, s)) }
    }
}

/// A form, and the way in which its ballots come in where the plan says one.
fn form_name(w: Words, f: &FormProgress, titles: &BTreeMap<String, String>) -> Markup {
    html! {
        (titles.get(&f.form).unwrap_or(&f.form))
        @if let Some((vi, en)) = f.channel.map(Channel::names) { " (" (w.t(vi, en)) ")" }
    }
}

/// By form. `titles`: by id.
pub(super) fn by_form(
    w: Words,
    forms: &[FormProgress],
    titles: &BTreeMap<String, String>,
) -> Markup {
    html! { @if !forms.is_empty() {
        h2 { (w.t("Theo mẫu phiếu", "By form")) }
        table {
            thead { (heads(w, w.t("Mẫu phiếu", "Form"))) }
            tbody { @for f in forms { tr {
                td { (form_name(w, f, titles)) }
                (cells(w, f.counts, f.quota, f.deadline, f.standing))
            } } }
        }
    } }
}

/// By unit, as a tree.
pub(super) fn by_unit(
    w: Words,
    units: &[UnitProgress],
    titles: &BTreeMap<String, String>,
) -> Markup {
    html! { @if !units.is_empty() {
        h2 { (w.t("Theo đơn vị", "By unit")) }
        table {
            thead { (heads(w, w.t("Đơn vị", "Unit"))) }
            tbody { @for u in units { (unit(w, u, titles)) } }
        }
    } }
}

/// How many of the units have what they should.
fn units_words(w: Words, all: &WithBelow) -> Markup {
    html! { @if all.planned > 0 {
        @if all.reached == all.planned { span .reached { (w.t("mọi đơn vị đủ", "all units have theirs")) } }
        @else { (all.reached) "/" (all.planned) (w.t(" đơn vị đủ", " units have theirs")) }
        @if all.late > 0 { ", " span .late { (all.late) (w.t(" TRỄ HẠN", " LATE")) } }
        @if all.soon > 0 { ", " span .soon { (all.soon) (w.t(" SẮP ĐẾN HẠN", " DUE SOON")) } }
    } }
}

fn unit(w: Words, u: &UnitProgress, titles: &BTreeMap<String, String>) -> Markup {
    let deep = format!("deep{}", u.depth.min(DEEPEST));
    let below = format!("deep{}", (u.depth + 1).min(DEEPEST));
    let nothing_of_its_own = u.quota.is_none() && u.counts == Counts::default();
    let total = u.with_below.map(|all| {
        html! {
            td .number { @if let Some(q) = all.quota { (w.lang().grouped(q)) } }
            td .number { (w.lang().grouped(all.counts.counted)) }
            td .number { (w.lang().grouped(all.counts.pending)) }
            td .number { (w.lang().grouped(all.counts.rejected)) }
            td { (reached(w, all.counts.counted, all.quota)) }
            td { @if let Some(day) = u.deadline { (day.written()) } }
            td { (units_words(w, &all)) }
        }
    });
    let name = html! {
        @match (&u.name, &u.unit) {
            (Some(name), _) => (name),
            (None, Some(id)) => (id),
            (None, None) => i { (w.t("không rõ đơn vị", "unit not known")) },
        }
        @if !u.declared && u.unit.is_some() {
            " " span .warn { (w.t("(không có trong kế hoạch)", "(not in the plan)")) }
        }
    };
    html! {
        @match total {
            Some(total) if nothing_of_its_own => tr {
                td class=(deep) { (name) " " i { (w.t("(cộng các đơn vị dưới)", "(those below added up)")) } }
                (total)
            },
            total => {
                tr { td class=(deep) { (name) } (cells(w, u.counts, u.quota, u.deadline, u.standing))
                }
                @if let Some(total) = total {
                    tr .below { td class=(below) { i { (w.t("cộng cả các đơn vị dưới", "with those below")) } } (total) }
                }
            }
        }
        // With one form, and nothing said of it alone, the line above says it all.
        @if u.forms.len() > 1 || u.forms.iter().any(|f| f.deadline != u.deadline || f.quota != u.quota) {
            @for f in &u.forms { tr .below {
                td class=(below) { (form_name(w, f, titles)) }
                (cells(w, f.counts, f.quota, f.deadline, f.standing))
            } }
        }
    }
}

/// By box: against the hand count, and the deadline of its unit.
pub(super) fn by_box(w: Words, lines: &[BoxLine], campaign: &Campaign, today: Day) -> Markup {
    html! { @if !lines.is_empty() {
        h2 { a href="/boxes" { (w.t("Theo hòm phiếu", "By ballot box")) } }
        table {
            thead { tr {
                th scope="col" { (w.t("Hòm", "Box")) }
                th scope="col" { (w.t("Đếm tay", "By hand")) }
                th scope="col" { (w.t("Đã quét", "Scanned")) }
                th scope="col" { (w.t("Chờ xem", "In review")) }
                th scope="col" { (w.t("Tình trạng", "State")) }
                th scope="col" { (w.t("Hạn", "Deadline")) }
            } }
            tbody { @for line in lines { tr {
                td { @match &line.ballot_box {
                    Some(b) => { (b.label()) @if let Some(name) = &b.unit_name { " (" (name) ")" } }
                    None => i { (w.t("không rõ hòm", "no box known")) }
                } }
                td .number { @if let Some(n) = line.figures.counted { (w.lang().grouped(n)) } }
                td .number { (w.lang().grouped(line.figures.ballots)) }
                td .number { (w.lang().grouped(line.figures.in_review)) }
                td { (boxes::state(w, line)) }
                td {
                    @let unit = line.ballot_box.as_ref().and_then(|b| b.unit.as_deref());
                    @if let Some(day) = campaign.deadline_of(unit, None).filter(|_| !line.is_closed() && line.ballot_box.is_some()) {
                        // A box is done when it is closed: one of one, by that day.
                        (day.written()) " " (standing_words(w, standing(0, Some(1), Some(day), today)))
                    }
                }
            } } }
        }
    } }
}
