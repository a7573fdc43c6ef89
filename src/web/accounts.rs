//! The page of accounts, for supervisors.

use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::app::App;
use super::auth::Person;
use super::error::Refused;
use super::page::document;
use super::password::Password;
use crate::store::{Account, Role};

pub(super) async fn show(State(app): State<App>, person: Person) -> Result<Markup, Refused> {
    list(&app, &person, None).await
}

async fn list(app: &App, person: &Person, problem: Option<String>) -> Result<Markup, Refused> {
    let accounts = person
        .act(app, Role::Supervisor, |store, _| Ok(store.accounts()?))
        .await?;
    let w = person.words;
    let body = html! {
        h1 { (w.t("Tài khoản", "Accounts")) }
        @if let Some(problem) = problem { p .problem role="alert" { (problem) } }
        table {
            thead { tr {
                th scope="col" { (w.t("Tên đăng nhập", "User name")) }
                th scope="col" { (w.t("Họ và tên", "Full name")) }
                th scope="col" { (w.t("Vai trò", "Role")) }
                th scope="col" { (w.t("Trạng thái", "State")) }
                th scope="col" { (w.t("Thay đổi", "Change")) }
            } }
            tbody { @for a in &accounts { (row(person, a)) } }
        }
        h2 { (w.t("Thêm tài khoản", "Add an account")) }
        form .grid method="post" action="/accounts" {
            input type="hidden" name="csrf" value=(person.csrf);
            input type="hidden" name="action" value="add";
            label for="name" { (w.t("Tên đăng nhập", "User name")) }
            input id="name" name="name" required maxlength="64" autocomplete="off";
            label for="full_name" { (w.t("Họ và tên", "Full name")) }
            input id="full_name" name="full_name" required maxlength="128" autocomplete="off";
            label for="role" { (w.t("Vai trò", "Role")) }
            select id="role" name="role" {
                @for role in Role::ALL { option value=(role.word()) { (w.role(role)) } }
            }
            label for="password" { (w.t("Mật khẩu (ít nhất 8 ký tự)", "Password (8 characters or more)")) }
            input id="password" name="password" type="password" required autocomplete="new-password";
            button .primary type="submit" { (w.t("Thêm", "Add")) }
        }
    };
    Ok(document(
        w,
        w.t("Tài khoản", "Accounts"),
        Some(person),
        &body,
    ))
}

fn row(person: &Person, a: &Account) -> Markup {
    let w = person.words;
    let (action, label) = if a.active {
        ("close", w.t("Khóa", "Close"))
    } else {
        ("open", w.t("Mở lại", "Open again"))
    };
    html! {
        tr {
            td { (a.name) }
            td { (a.full_name) }
            td { (w.role(a.role)) }
            td { (if a.active { w.t("đang dùng", "in use") } else { w.t("đã khóa", "closed") }) }
            td {
                @if a.name != person.account.name {
                    form .inline method="post" action="/accounts" {
                        input type="hidden" name="csrf" value=(person.csrf);
                        input type="hidden" name="name" value=(a.name);
                        button name="action" value=(action) { (label) }
                    }
                }
            }
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct ChangeForm {
    csrf: String,
    action: String,
    name: String,
    #[serde(default)]
    full_name: String,
    #[serde(default)]
    role: String,
    #[serde(default)]
    password: String,
}

pub(super) async fn change(
    State(app): State<App>,
    person: Person,
    Form(form): Form<ChangeForm>,
) -> Result<Response, Refused> {
    person.may(Role::Supervisor)?;
    person.check_csrf(&form.csrf)?;
    let permit = app
        .hashing()
        .acquire()
        .await
        .map_err(|e| Refused::Trouble(e.to_string()))?;
    let done = person
        .act(&app, Role::Supervisor, move |store, account| {
            match form.action.as_str() {
                "add" => {
                    let role = Role::of(&form.role).ok_or(Refused::Bad("no such role"))?;
                    let name = form.name.trim();
                    if name.is_empty() || name.chars().any(char::is_control) {
                        return Err(Refused::Bad("a name is needed"));
                    }
                    let hash = Password::new(&form.password)
                        .and_then(|p| p.hash())
                        .map_err(|e| Refused::Conflict(e.to_string()))?;
                    store.add_account(name, form.full_name.trim(), role, &hash)?;
                }
                // Whoever closes their own account may lock everybody out.
                "close" if form.name == account.name => {
                    return Err(Refused::Bad("this is your own account"));
                }
                "close" => store.set_active(&form.name, false)?,
                "open" => store.set_active(&form.name, true)?,
                _ => return Err(Refused::Bad("no such action")),
            }
            Ok(())
        })
        .await;
    drop(permit);
    match done {
        Ok(()) => Ok(Redirect::to("/accounts").into_response()),
        Err(Refused::Conflict(why)) => Ok(list(&app, &person, Some(why)).await?.into_response()),
        Err(other) => Err(other),
    }
}
