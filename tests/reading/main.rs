//! What is on a page, and what is read from it: marks, and what is none.
#![allow(clippy::unwrap_used, clippy::panic)]

mod folded;
mod learned_forms;
mod never_silently_wrong;
mod off_centre;
mod plainly_marked;
mod read_to_lines;
mod real_ballots;
mod rings;
mod stretched;
mod struck_out;
mod unlike_the_others;
mod what_a_page_leaves;
mod written_beside;

#[path = "../paper/mod.rs"]
mod paper;
