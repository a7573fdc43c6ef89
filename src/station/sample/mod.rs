//! Samples for checking again by people: which ballots to take out of the piles,
//! and what may be concluded from what people find.
//!
//! Drawn from the boxes' hand counts, not from the records: a ballot that was
//! never recorded is drawn as likely as any other.

mod bound;
mod draw;

pub use crate::sampler::Seed;
pub use bound::most_errors_95;
pub use draw::{Drawn, Stratum, draw, ticket};
