//! Ballots that were not scanned here, without a copy of anything: a tally of a
//! million of them reads each once.

use std::collections::HashMap;

use rusqlite::types::ValueRef;

use super::{BallotState, Channel, FormKey, OutsideBallot, SourceKey, Store, StoreError};

/// A ballot that was not scanned here, as it lies in the database.
#[derive(Debug, Clone, Copy)]
pub struct PackedBallot<'a> {
    /// Which form.
    pub form: FormKey,
    /// Which unit.
    pub unit: Option<&'a str>,
    /// Which ballot box.
    pub ballot_box: Option<&'a str>,
    /// Printed on it, or its row's name.
    pub serial: Option<&'a str>,
    /// How it came in.
    pub channel: Channel,
    /// Day on which it came in.
    pub day: &'a str,
    /// Does it count?
    pub state: BallotState,
    /// Its answers, by [`super::Packing`].
    pub answers: &'a [u8],
}

impl From<PackedBallot<'_>> for OutsideBallot {
    fn from(b: PackedBallot<'_>) -> Self {
        Self {
            form: b.form,
            unit: b.unit.map(str::to_owned),
            ballot_box: b.ballot_box.map(str::to_owned),
            serial: b.serial.map(str::to_owned),
            channel: b.channel,
            day: b.day.to_owned(),
            state: b.state,
            answers: b.answers.to_vec(),
        }
    }
}

/// Two statements, so that one source is found by its index.
const OF_ALL: &str = "SELECT form_id, unit_id, box, serial, channel, day, state, answers
    FROM outside_ballots
    WHERE source_id NOT IN (SELECT source_id FROM source_ends) ORDER BY id";
const OF_ONE: &str = "SELECT form_id, unit_id, box, serial, channel, day, state, answers
    FROM outside_ballots WHERE source_id = ?1 ORDER BY id";

impl Store {
    /// Shows `visit` every ballot of the sources that hold, in their order, or of one
    /// source whether it holds or not.
    ///
    /// # Errors
    /// The database refuses or what is in it is no ballot, or `visit` does.
    pub fn each_packed<E>(
        &self,
        of: Option<SourceKey>,
        mut visit: impl FnMut(PackedBallot<'_>) -> Result<(), E>,
    ) -> Result<(), E>
    where
        E: From<StoreError>,
    {
        let failed = |e| E::from(self.failed("read the ballots that came in", e));
        let strange = |i: usize, name: &str, r: &ValueRef<'_>| {
            rusqlite::Error::InvalidColumnType(i, name.to_owned(), r.data_type())
        };
        let units: HashMap<i64, String> = self
            .unit_ids()?
            .into_iter()
            .map(|(unit, id)| (id, unit))
            .collect();
        let sql = if of.is_some() { OF_ONE } else { OF_ALL };
        let mut select = self.db.prepare_cached(sql).map_err(failed)?;
        let mut rows = select
            .query(rusqlite::params_from_iter(of.map(SourceKey::number)))
            .map_err(failed)?;
        while let Some(r) = rows.next().map_err(failed)? {
            let maybe = |i: usize, name: &str| {
                let value = r.get_ref(i)?;
                value.as_str_or_null().map_err(|_| strange(i, name, &value))
            };
            let text = |i: usize, name: &str| {
                let value = r.get_ref(i)?;
                value.as_str().map_err(|_| strange(i, name, &value))
            };
            let ballot = || {
                let (channel, state) = (text(4, "channel")?, text(6, "state")?);
                let answers = r.get_ref(7)?;
                Ok(PackedBallot {
                    form: FormKey(r.get(0)?),
                    unit: r
                        .get::<_, Option<i64>>(1)?
                        .and_then(|id| units.get(&id))
                        .map(String::as_str),
                    ballot_box: maybe(2, "box")?,
                    serial: maybe(3, "serial")?,
                    channel: Channel::of(channel)
                        .ok_or_else(|| strange(4, channel, &ValueRef::Null))?,
                    day: text(5, "day")?,
                    state: BallotState::of(state)
                        .ok_or_else(|| strange(6, state, &ValueRef::Null))?,
                    answers: answers
                        .as_blob()
                        .map_err(|_| strange(7, "answers", &answers))?,
                })
            };
            visit(ballot().map_err(failed)?)?;
        }
        Ok(())
    }

    /// The same with ballots that may be kept.
    ///
    /// # Errors
    /// As [`Self::each_packed`].
    pub fn each_outside<E>(
        &self,
        of: Option<SourceKey>,
        mut visit: impl FnMut(OutsideBallot) -> Result<(), E>,
    ) -> Result<(), E>
    where
        E: From<StoreError>,
    {
        self.each_packed(of, |ballot| visit(ballot.into()))
    }
}
