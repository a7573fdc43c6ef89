//! Signed packages from office to office.

mod exchange_support;
mod hostile;
mod many;
mod packages;

#[path = "../paper/mod.rs"]
mod paper;
