//! The tree of units: what lies below what.

use std::collections::BTreeMap;

use crate::store::{Store, StoreError};

/// Units with those above them.
#[derive(Debug)]
pub(super) struct Units(BTreeMap<String, Option<String>>);

impl Units {
    pub fn of(store: &Store) -> Result<Self, StoreError> {
        let units = store.units()?;
        Ok(Self(
            units.into_iter().map(|u| (u.unit, u.parent)).collect(),
        ))
    }

    pub fn knows(&self, unit: &str) -> bool {
        self.0.contains_key(unit)
    }

    /// Is `unit` this one, or below it? Everything is below `None`.
    pub fn is_within(&self, unit: Option<&str>, top: Option<&str>) -> bool {
        let Some(top) = top else { return true };
        let mut at = unit;
        // No longer than the tree has units: a loop cannot hold us.
        for _ in 0..=self.0.len() {
            match at {
                Some(u) if u == top => return true,
                Some(u) => at = self.0.get(u).and_then(Option::as_deref),
                None => return false,
            }
        }
        false
    }

    /// Have the two something in common?
    pub fn overlap(&self, a: Option<&str>, b: Option<&str>) -> bool {
        self.is_within(a, b) || self.is_within(b, a)
    }
}
