//! What figures leave out.

use std::collections::BTreeSet;

use super::TallyError;
use crate::store::UnitTree;

/// What to leave out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TallyFilter {
    /// Only this form.
    pub form: Option<String>,
    /// Only this unit, with those below it.
    pub unit: Option<String>,
}

impl TallyFilter {
    /// Is this form let through?
    pub(super) fn wants(&self, form: &str) -> bool {
        self.form.as_ref().is_none_or(|wanted| wanted == form)
    }

    /// Is the form that is wanted one of these?
    pub(super) fn check_form<'a>(
        &self,
        forms: impl Iterator<Item = &'a str> + Clone,
    ) -> Result<(), TallyError> {
        match &self.form {
            Some(wanted) if !forms.clone().any(|f| f == wanted) => Err(TallyError::NoSuchForm {
                wanted: wanted.clone(),
                known: list(forms),
            }),
            _ => Ok(()),
        }
    }

    /// The units that are let through.
    pub(super) fn within(&self, tree: &UnitTree) -> Result<Within, TallyError> {
        match &self.unit {
            None => Ok(Within(None)),
            Some(wanted) if tree.knows(wanted) => Ok(Within(Some(tree.with_below(wanted)))),
            Some(wanted) => Err(TallyError::NoSuchUnit {
                wanted: wanted.clone(),
                known: list(tree.units().iter().map(|u| u.unit.as_str())),
            }),
        }
    }
}

/// The units that a filter lets through.
#[derive(Debug, Clone)]
pub(super) struct Within(Option<BTreeSet<String>>);

impl Within {
    /// Is this unit let through? One that nobody knows only where all are.
    pub(super) fn has(&self, unit: Option<&str>) -> bool {
        match (&self.0, unit) {
            (None, _) => true,
            (Some(set), Some(unit)) => set.contains(unit),
            (Some(_), None) => false,
        }
    }
}

/// What there is, for people who named what is not.
pub(super) fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let unique: BTreeSet<&str> = names.collect();
    if unique.is_empty() {
        "-".to_owned()
    } else {
        unique.into_iter().collect::<Vec<_>>().join(", ")
    }
}
