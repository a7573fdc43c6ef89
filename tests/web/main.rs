//! The station in a browser: what is served, and what people do with it.
#![allow(clippy::unwrap_used, clippy::panic)]

// Its one test takes longest: the first in the alphabet is the first that is run.
mod a_whole_day;
mod ballots_by_hand;
mod batches;
mod by_keyboard;
mod campaign_demo;
mod learned_by_hand;
mod local_time;
mod notes;
mod pages_by_hand;
mod pages_in_browser;
mod retention;
mod served;
mod tls;

#[path = "../paper/mod.rs"]
mod paper;
#[path = "../web_support/mod.rs"]
mod web_support;
