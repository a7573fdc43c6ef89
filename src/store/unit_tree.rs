//! What lies below what among the units.

use std::collections::{BTreeMap, BTreeSet};

use super::{Store, StoreError, UnitRow};

/// The units as a tree of any depth.
#[derive(Debug, Clone)]
pub struct UnitTree {
    units: Vec<UnitRow>,
    parents: BTreeMap<String, Option<String>>,
}

impl UnitTree {
    /// Of these units, in their order.
    #[must_use]
    pub fn new(units: Vec<UnitRow>) -> Self {
        let parents = units
            .iter()
            .map(|u| (u.unit.clone(), u.parent.clone()))
            .collect();
        Self { units, parents }
    }

    /// Of the units of a station.
    ///
    /// # Errors
    /// The database refuses.
    pub fn of(store: &Store) -> Result<Self, StoreError> {
        Ok(Self::new(store.units()?))
    }

    /// All units, in the order in which they were given.
    #[must_use]
    pub fn units(&self) -> &[UnitRow] {
        &self.units
    }

    /// Is there a unit of this id?
    #[must_use]
    pub fn knows(&self, unit: &str) -> bool {
        self.parents.contains_key(unit)
    }

    /// Is `unit` this one, or below it? Everything is below `None`.
    #[must_use]
    pub fn is_within(&self, unit: Option<&str>, top: Option<&str>) -> bool {
        let Some(top) = top else { return true };
        let mut at = unit;
        // No longer than the tree has units: a loop cannot hold us.
        for _ in 0..=self.parents.len() {
            match at {
                Some(u) if u == top => return true,
                Some(u) => at = self.parents.get(u).and_then(Option::as_deref),
                None => return false,
            }
        }
        false
    }

    /// Have the two something in common?
    #[must_use]
    pub fn overlap(&self, a: Option<&str>, b: Option<&str>) -> bool {
        self.is_within(a, b) || self.is_within(b, a)
    }

    /// A unit and everything below it.
    #[must_use]
    pub fn with_below(&self, top: &str) -> BTreeSet<String> {
        self.parents
            .keys()
            .filter(|u| self.is_within(Some(u), Some(top)))
            .cloned()
            .collect()
    }

    /// Every unit of those wanted with its depth among them, each before those below it.
    #[must_use]
    pub fn in_order(&self, wanted: impl Fn(&str) -> bool) -> Vec<(&UnitRow, u32)> {
        let has_parent = |u: &UnitRow| {
            let parent = u.parent.as_deref();
            parent.is_some_and(|p| self.knows(p) && wanted(p))
        };
        let mut open: Vec<(&UnitRow, u32)> = self
            .units
            .iter()
            .rev()
            .filter(|u| wanted(&u.unit) && !has_parent(u))
            .map(|u| (u, 0))
            .collect();
        let mut out = Vec::new();
        let mut seen = BTreeSet::new();
        while let Some((unit, depth)) = open.pop() {
            if !seen.insert(&unit.unit) {
                continue;
            }
            out.push((unit, depth));
            let below = self.units.iter().rev();
            open.extend(
                below
                    .filter(|u| wanted(&u.unit) && u.parent.as_ref() == Some(&unit.unit))
                    .map(|u| (u, depth + 1)),
            );
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(of: &[(&str, Option<&str>)]) -> UnitTree {
        let unit = |(unit, parent): &(&str, Option<&str>)| UnitRow {
            unit: (*unit).to_owned(),
            name: None,
            parent: parent.map(str::to_owned),
            quota: None,
            declared: true,
        };
        UnitTree::new(of.iter().map(unit).collect())
    }

    #[test]
    fn below_a_unit_is_all_that_hangs_on_it() {
        let t = tree(&[
            ("xa", Some("huyen")),
            ("tinh", None),
            ("huyen", Some("tinh")),
            ("so", None),
        ]);
        let below = |top: &str| t.with_below(top).into_iter().collect::<Vec<_>>();
        assert_eq!(below("tinh"), ["huyen", "tinh", "xa"]);
        assert_eq!(below("xa"), ["xa"]);
        assert!(t.overlap(Some("xa"), Some("tinh")) && !t.overlap(Some("xa"), Some("so")));
        assert!(t.is_within(None, None) && !t.is_within(None, Some("tinh")));
        let order: Vec<(&str, u32)> = t
            .in_order(|_| true)
            .into_iter()
            .map(|(u, depth)| (u.unit.as_str(), depth))
            .collect();
        assert_eq!(order, [("tinh", 0), ("huyen", 1), ("xa", 2), ("so", 0)]);
        let some = t.in_order(|u| u != "tinh");
        assert_eq!((some[0].0.unit.as_str(), some[0].1), ("huyen", 0));
    }

    #[test]
    fn a_loop_holds_nobody() {
        let t = tree(&[("a", Some("b")), ("b", Some("a"))]);
        assert!(t.is_within(Some("a"), Some("b")) && !t.is_within(Some("a"), Some("c")));
        assert_eq!(t.in_order(|_| true).len(), 0);
    }
}
