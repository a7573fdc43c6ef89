//! The profiles that ship, for offices that have not measured their scanner.

use super::{CalibrateError, Profile};

/// Name and text of each.
const SHIPPED: [(&str, &str); 3] = [
    ("flatbed", include_str!("../../calibration/flatbed.toml")),
    (
        "office-feeder",
        include_str!("../../calibration/office-feeder.toml"),
    ),
    ("bilevel", include_str!("../../calibration/bilevel.toml")),
];

/// Names of the profiles that ship.
pub fn shipped_names() -> impl Iterator<Item = &'static str> {
    SHIPPED.iter().map(|(name, _)| *name)
}

/// A profile that ships.
///
/// # Errors
/// [`CalibrateError::Unknown`] for any other name.
pub fn shipped(name: &str) -> Result<Profile, CalibrateError> {
    let (name, text) =
        SHIPPED
            .iter()
            .find(|(n, _)| *n == name)
            .ok_or_else(|| CalibrateError::Unknown {
                name: name.to_owned(),
                known: shipped_names().collect::<Vec<_>>().join(", "),
            })?;
    Profile::parse(name, text)
}
