//! Signed packages between offices. Uses `store`, and of `station` its folder, its
//! campaign and its days.
//!
//! A package is one file that holds what a station counted, without pictures and
//! names: `export` makes it, `import` takes it in after everything in it was
//! verified. The format is in `docs/exchange.md`.

mod audit;
mod ballots;
mod boxes;
mod check;
mod container;
mod counts;
mod error;
mod export;
mod import;
mod kept;
mod key;
mod manifest;
mod package;
mod sources;

pub use audit::faults;
pub use error::ExchangeError;
pub use export::{ExportOptions, Exported, export};
pub use import::{Came, Imported, check, import};
pub use key::{PublicKey, PublicKeyFile, StationKey};
pub use manifest::{
    BallotsOf, CampaignOf, FormOf, Manifest, MemberOf, Origin, OriginKind, Revision,
};
pub use package::Package;
pub use sources::{SourceLine, Sources, sources};
