//! A station from its batches to its reports, by the command line.
#![allow(clippy::unwrap_used, clippy::panic)]

mod audit;
mod batches;
mod boxes;
mod campaign;
mod online;
mod report;
mod report_ballots;
mod report_support;
mod scan_into_a_station;

#[path = "../paper/mod.rs"]
mod paper;
