//! phieu: a scanning station for paper ballots and questionnaire sheets.
//!
//! Data runs one way, and each room (module) only uses the rooms named in
//! its own documentation:
//!
//! ```text
//! form.toml -> layout -> printed PDF -> people -> ballot box -> scanner -> image files
//!                |                                                            |
//!                +--------> read(page image, layouts, scanner profile) <------+
//!                                  |  PageReading
//!                                  v
//!                   station -> store (SQLite) -> tally -> tables, reports
//!                                ^ |
//!  form tool -> sheet -> online -+ +-> exchange: signed package -> the next office
//! ```
//!
//! Before it all, and without a station: `plan`, how many to ask, whom, and who collects
//! how many.

pub mod calibrate;
pub mod cli;
pub mod exchange;
pub mod fit;
pub mod form;
pub mod geometry;
pub mod lang;
pub mod learn;
pub mod online;
pub mod page;
pub mod plan;
pub mod read;
pub mod sampler;
pub mod selftest;
pub mod sha256;
pub mod sheet;
pub mod station;
pub mod store;
pub mod synth;
pub mod tally;
pub mod web;
mod whole_file;
mod workbook;
