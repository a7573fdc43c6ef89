//! Planning a survey: how many to ask ([`size`]), whom ([`draw`]), and who collects
//! how many ([`quota`]). Pure: no files, no clock, no database.
//!
//! Everything that decides a number is done in whole numbers, so that a plan comes out
//! the same on any machine. `docs/plan.md` has the formulas with their sources.
//!
//! Uses `sampler`, `sheet`, `lang`, of `station` the campaign, and of `form` how papers
//! are printed.

pub mod allocate;
pub mod draw;
mod error;
pub mod minutes;
mod number;
pub mod quota;
pub mod size;

pub use error::PlanError;
pub use number::{Margin, Rate, count, names_a_sum, ratio};
