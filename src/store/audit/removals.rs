//! What was removed by a recorded removal may be gone from the database, as much as
//! the record says, and must be.

use rusqlite::Connection;

use super::rows::WATCHED;
use super::verify::{Checked, Finding, StandsFor};
use crate::sha256;

/// The table whose rows a removal deletes.
pub(super) const SKETCHES: &str = "sketches";

/// Sketches of readings up to this one were removed; 0: of none.
pub(super) fn last_reading(db: &Connection) -> Result<i64, rusqlite::Error> {
    db.query_row(
        "SELECT coalesce(max(last_reading), 0) FROM removals",
        [],
        |r| r.get(0),
    )
}

/// A removal as it is checked.
struct Claimed {
    number: i64,
    images: (i64, i64),
    count: i64,
    digest: String,
    last_reading: i64,
    sketches: i64,
}

/// Does each removal say the images that it took, and as many sketches as were there,
/// and is none of these there again?
pub(super) fn check(
    db: &Connection,
    stands_for: &StandsFor,
    checked: &mut Checked,
) -> Result<(), rusqlite::Error> {
    let claimed: Vec<Claimed> = db
        .prepare(
            "SELECT id, first_image, last_image, images, digest, last_reading, sketches
             FROM removals ORDER BY id",
        )?
        .query_map([], |r| {
            Ok(Claimed {
                number: r.get(0)?,
                images: (r.get(1)?, r.get(2)?),
                count: r.get(3)?,
                digest: r.get(4)?,
                last_reading: r.get(5)?,
                sketches: r.get(6)?,
            })
        })?
        .collect::<Result<_, _>>()?;
    let sketches = WATCHED.iter().position(|w| w.name == SKETCHES);
    let mut before = 0;
    for removal in claimed {
        let hashes: Vec<String> = db
            .prepare_cached("SELECT hash FROM images WHERE id BETWEEN ?1 AND ?2")?
            .query_map(removal.images, |r| r.get(0))?
            .collect::<Result<_, _>>()?;
        let digest = sha256::of_sorted_lines(hashes.iter().map(String::as_str));
        let logged = stands_for
            .keys()
            .filter(|(table, row)| {
                Some(*table) == sketches && before < *row && *row <= removal.last_reading
            })
            .count();
        let fits = i64::try_from(hashes.len()) == Ok(removal.count)
            && digest == removal.digest
            && i64::try_from(logged) == Ok(removal.sketches);
        if !fits {
            checked.findings.push(Finding::Removal(removal.number));
        }
        let mut again = db.prepare_cached(
            "SELECT reading_id FROM sketches WHERE reading_id > ?1 AND reading_id <= ?2
             ORDER BY reading_id",
        )?;
        let mut rows = again.query((before, removal.last_reading))?;
        while let Some(row) = rows.next()? {
            checked.findings.push(Finding::Returned {
                row: format!("{SKETCHES} {}", row.get::<_, i64>(0)?),
                removal: removal.number,
            });
        }
        before = removal.last_reading;
    }
    Ok(())
}
