//! Signed packages from office to office.
#![allow(clippy::unwrap_used, clippy::panic)]

mod exchange_support;
mod hostile;
mod many;
mod packages;

#[path = "../paper/mod.rs"]
mod paper;
