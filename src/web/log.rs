//! The page of the log.

use axum::extract::{Query, State};
use maud::{Markup, html};
use serde::Deserialize;

use super::app::App;
use super::auth::Person;
use super::error::Refused;
use super::page::document;
use crate::store::Role;

/// Entries on one page.
const ON_A_PAGE: u32 = 100;

#[derive(Debug, Deserialize)]
pub(super) struct LogQuery {
    /// Entries up to this number.
    to: Option<i64>,
}

pub(super) async fn show(
    State(app): State<App>,
    person: Person,
    Query(query): Query<LogQuery>,
) -> Result<Markup, Refused> {
    let (head, entries) = person
        .act(&app, Role::Viewer, move |store, _| {
            let head = store.log_head()?;
            let to = query.to.unwrap_or(head.number).min(head.number);
            let after = (to - i64::from(ON_A_PAGE)).max(0);
            let mut entries = store.log(after, ON_A_PAGE)?;
            entries.reverse();
            Ok((head, entries))
        })
        .await?;
    let w = person.words;
    let older = entries.last().map(|e| e.number - 1).filter(|n| *n > 0);
    let body = html! {
        h1 { (w.t("Nhật ký", "Log")) }
        p { (w.t("Mã cuối sổ, so với biên bản: ", "Head, to compare with the minutes: ")) code { (head.printed()) } }
        div .scroll tabindex="0" role="region" aria-label=(w.t("Nhật ký", "Log")) {
            table {
                thead { tr {
                    th scope="col" { "#" }
                    th scope="col" { (w.when(w.t("Lúc", "When"))) }
                    th scope="col" { (w.t("Ai", "Who")) }
                    th scope="col" { (w.t("Từ đâu", "From where")) }
                    th scope="col" { (w.t("Việc", "What")) }
                    th scope="col" { (w.t("Chi tiết", "Detail")) }
                } }
                tbody {
                    @for e in &entries {
                        tr {
                            td .number { (e.number) }
                            td .time { (w.moment(&e.at)) }
                            td { (e.person) }
                            td { (e.origin) }
                            td { (e.kind) }
                            td .detail { (e.detail) }
                        }
                    }
                }
            }
        }
        @if let Some(to) = older {
            p { a href={ "/log?to=" (to) } { (w.t("Cũ hơn", "Older")) } }
        }
    };
    Ok(document(w, w.t("Nhật ký", "Log"), Some(&person), &body))
}
