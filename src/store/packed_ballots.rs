//! Ballots that were not scanned here, without a copy of anything: a tally of a
//! million of them reads each once.

use rusqlite::types::ValueRef;

use super::{BallotState, CameBy, FormKey, Store, StoreError};

/// A ballot that was not scanned here, as it lies in the database.
#[derive(Debug, Clone, Copy)]
pub struct PackedBallot<'a> {
    /// Which form.
    pub form: FormKey,
    /// Which unit.
    pub unit: Option<&'a str>,
    /// How it came in.
    pub channel: CameBy,
    /// Day on which it came in.
    pub day: &'a str,
    /// Does it count?
    pub state: BallotState,
    /// Its answers, by [`super::Packing`].
    pub answers: &'a [u8],
}

impl Store {
    /// Shows `visit` every ballot of the sources that hold, in their order.
    ///
    /// # Errors
    /// The database refuses, or what is in it is no ballot.
    pub fn each_packed(&self, mut visit: impl FnMut(PackedBallot<'_>)) -> Result<(), StoreError> {
        let failed = |e| self.failed("read the ballots that came in", e);
        let strange = |i: usize, name: &str, r: &ValueRef<'_>| {
            rusqlite::Error::InvalidColumnType(i, name.to_owned(), r.data_type())
        };
        let mut units: std::collections::HashMap<i64, String> = std::collections::HashMap::new();
        let mut names = self
            .db
            .prepare_cached("SELECT id, unit FROM units")
            .map_err(failed)?;
        let mut rows = names.query([]).map_err(failed)?;
        while let Some(r) = rows.next().map_err(failed)? {
            units.insert(r.get(0).map_err(failed)?, r.get(1).map_err(failed)?);
        }
        let mut select = self
            .db
            .prepare_cached(
                "SELECT form_id, unit_id, channel, day, state, answers FROM outside_ballots
                 WHERE source_id NOT IN (SELECT source_id FROM source_ends) ORDER BY id",
            )
            .map_err(failed)?;
        let mut rows = select.query([]).map_err(failed)?;
        while let Some(r) = rows.next().map_err(failed)? {
            let text = |i: usize, name: &str| {
                let value = r.get_ref(i)?;
                value.as_str().map_err(|_| strange(i, name, &value))
            };
            let ballot = || {
                let (channel, state) = (text(2, "channel")?, text(4, "state")?);
                let answers = r.get_ref(5)?;
                Ok(PackedBallot {
                    form: FormKey(r.get(0)?),
                    unit: r
                        .get::<_, Option<i64>>(1)?
                        .and_then(|id| units.get(&id))
                        .map(String::as_str),
                    channel: CameBy::of(channel)
                        .ok_or_else(|| strange(2, channel, &ValueRef::Null))?,
                    day: text(3, "day")?,
                    state: BallotState::of(state)
                        .ok_or_else(|| strange(4, state, &ValueRef::Null))?,
                    answers: answers
                        .as_blob()
                        .map_err(|_| strange(5, "answers", &answers))?,
                })
            };
            visit(ballot().map_err(failed)?);
        }
        Ok(())
    }
}
