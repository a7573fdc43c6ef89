//! Forms, plans and scanners: what an office sets up before it scans.
#![allow(clippy::unwrap_used, clippy::panic)]

mod calibrate;
mod campaign_templates;
mod form_commands;
mod plan;
mod print_a_form;
mod scanner_profiles;

#[path = "../paper/mod.rs"]
mod paper;
