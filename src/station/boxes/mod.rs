//! The ballot boxes of an office's day: what may stand in their minutes, and what
//! is printed of them. What became of a box's ballots is derived by
//! [`crate::store`].

mod draft;
mod moment;
mod paper;
pub mod printing;
mod words;

pub use draft::{Draft, MinutesError, reason};
pub use moment::Moment;
pub use words::words;
