//! Whom to ask: a random draw from a list, which anybody can repeat.
//!
//! Each row of the list has a key (a record number, an insurance number); its ticket is
//! the SHA-256 of the text `SEED,KEY` ([`crate::sampler`]). In each stratum those with
//! the smallest tickets are drawn, and those with the next ones are the reserve. So the
//! order of the list does not matter, nor which columns or strata it has, and a larger
//! sample by the same seed contains the smaller one.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;

use super::PlanError;
use super::allocate::{Share, proportional};
use crate::sampler::{Seed, smallest, ticket};
use crate::sha256;
use crate::sheet::{Row, Sheet, folded};

/// So many rows or keys are named in an error.
const NAMED: usize = 10;

/// What stands between the columns of a stratum that is made of several.
pub const BETWEEN: &str = " / ";

/// A person (or whatever else) on a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its place in the sheet's rows.
    pub at: usize,
    /// Its row in the file, from 1.
    pub row: usize,
    /// What its ticket is made of.
    pub key: String,
    /// Its stratum; empty where there are none.
    pub stratum: String,
}

/// A list to draw from, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// In the order of the file.
    pub people: Vec<Listed>,
    /// Rows that were left out because their key was there before.
    pub doubled: usize,
    /// Keys that differ, but only in what people write one way or the other: perhaps the
    /// same person twice. With their rows.
    pub alike: Vec<String>,
    /// Is the key a column? Else the row number is, and the order of the list matters.
    pub keyed: bool,
}

/// How a list is read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    /// The column of keys.
    pub key: Option<usize>,
    /// The columns that make up strata.
    pub strata: Vec<usize>,
    /// A key that is there several times (one person with several dealings) counts once.
    pub once: bool,
}

impl List {
    /// Checks a list.
    ///
    /// # Errors
    /// It is empty; rows have no key or no stratum; keys are there twice.
    pub fn of(sheet: &Sheet, columns: &Columns) -> Result<Self, PlanError> {
        if sheet.rows.is_empty() {
            return Err(PlanError::EmptyList);
        }
        let spelling = spellings(sheet, columns);
        let mut people = Vec::with_capacity(sheet.rows.len());
        let (mut without_key, mut without_stratum) = (Vec::new(), Vec::new());
        for (at, row) in sheet.rows.iter().enumerate() {
            let key = match columns.key {
                // Composed letters: the same key from Windows and from a Mac has the
                // same bytes.
                Some(i) => row.cell(i).nfc().collect(),
                None => row.number.to_string(),
            };
            if key.is_empty() {
                without_key.push(row.number);
            }
            if columns.strata.iter().any(|i| row.cell(*i).is_empty()) {
                without_stratum.push(row.number);
            }
            let stratum = stratum_of(row, &columns.strata);
            let stratum = spelling.get(&folded(&stratum)).cloned().unwrap_or(stratum);
            people.push(Listed {
                at,
                row: row.number,
                key,
                stratum,
            });
        }
        if !without_key.is_empty() {
            return Err(PlanError::NoKey {
                count: without_key.len(),
                rows: few(without_key.iter()),
            });
        }
        if !without_stratum.is_empty() {
            return Err(PlanError::NoStratum {
                count: without_stratum.len(),
                rows: few(without_stratum.iter()),
            });
        }
        let all = people.len();
        let people = once(people, sheet, columns.once)?;
        Ok(Self {
            doubled: all - people.len(),
            alike: if columns.key.is_some() {
                alike(&people)
            } else {
                Vec::new()
            },
            keyed: columns.key.is_some(),
            people,
        })
    }

    /// Strata and how many are in each, by name; one without a name where there are
    /// none.
    #[must_use]
    pub fn strata(&self) -> Vec<(String, usize)> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for p in &self.people {
            *counts.entry(&p.stratum).or_default() += 1;
        }
        counts.into_iter().map(|(s, n)| (s.to_owned(), n)).collect()
    }
}

/// The stratum of a row: what these columns say, together.
#[must_use]
pub fn stratum_of(row: &Row, columns: &[usize]) -> String {
    let parts: Vec<&str> = columns.iter().map(|i| row.cell(*i)).collect();
    parts.join(BETWEEN)
}

/// Of names that look alike the least, whatever the order of the rows.
fn spellings(sheet: &Sheet, columns: &Columns) -> BTreeMap<String, String> {
    let mut out: BTreeMap<String, String> = BTreeMap::new();
    for row in &sheet.rows {
        let written: String = stratum_of(row, &columns.strata).nfc().collect();
        let least = out
            .entry(folded(&written))
            .or_insert_with(|| written.clone());
        if written < *least {
            *least = written;
        }
    }
    out
}

/// Each key once, or an error.
fn once(people: Vec<Listed>, sheet: &Sheet, allowed: bool) -> Result<Vec<Listed>, PlanError> {
    let mut by_key: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (i, p) in people.iter().enumerate() {
        by_key.entry(&p.key).or_default().push(i);
    }
    let several: Vec<(&str, &Vec<usize>)> = by_key
        .iter()
        .filter(|(_, at)| at.len() > 1)
        .map(|(key, at)| (*key, at))
        .collect();
    if several.is_empty() {
        return Ok(people);
    }
    let named = |of: &[(&str, &Vec<usize>)]| {
        few(of.iter().map(|(key, at)| {
            let rows = few(at.iter().map(|i| people[*i].row));
            format!("{key} (dòng/rows {rows})")
        }))
    };
    if !allowed {
        return Err(PlanError::KeyTwice {
            count: several.len(),
            keys: named(&several),
        });
    }
    let split: Vec<(&str, &Vec<usize>)> = several
        .iter()
        .copied()
        .filter(|(_, at)| {
            at.iter()
                .any(|i| people[*i].stratum != people[at[0]].stratum)
        })
        .collect();
    if !split.is_empty() {
        return Err(PlanError::KeyInTwoStrata {
            count: split.len(),
            keys: named(&split),
        });
    }
    // Of several rows the one whose cells sort first: that does not hang on their order.
    let cells = |i: usize| sheet.rows.get(people[i].at).map(|r| &r.cells);
    let mut kept: Vec<usize> = by_key
        .values()
        .filter_map(|at| at.iter().copied().min_by(|a, b| cells(*a).cmp(&cells(*b))))
        .collect();
    kept.sort_unstable();
    Ok(kept.into_iter().map(|i| people[i].clone()).collect())
}

/// Keys that are the same but for letters' case, blanks, signs and leading zeros (which
/// spreadsheet programs take away).
fn alike(people: &[Listed]) -> Vec<String> {
    let mut by_look: BTreeMap<String, Vec<&Listed>> = BTreeMap::new();
    for p in people {
        let plain: String = folded(&p.key)
            .chars()
            .filter(|c| c.is_alphanumeric())
            .collect();
        let look = match plain.bytes().all(|b| b.is_ascii_digit()) {
            true => plain.trim_start_matches('0').to_owned(),
            false => plain,
        };
        // Keys of nothing but signs look like nothing, not like each other.
        if !look.is_empty() {
            by_look.entry(look).or_default().push(p);
        }
    }
    by_look
        .into_values()
        .filter(|all| all.len() > 1)
        .map(|all| {
            few(all
                .iter()
                .map(|p| format!("{} (dòng/row {})", p.key, p.row)))
        })
        .collect()
}

/// The first few, and how many more there are.
fn few<T: ToString>(all: impl ExactSizeIterator<Item = T>) -> String {
    let count = all.len();
    let mut text: Vec<String> = all.take(NAMED).map(|t| t.to_string()).collect();
    if count > NAMED {
        text.push(format!("… (+{})", count - NAMED));
    }
    text.join(", ")
}

/// How many to draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sizes {
    /// So many of all; of strata in proportion to how many there are, by largest
    /// remainder.
    Whole(u64),
    /// So many of each stratum.
    Each(u64),
    /// By name of the stratum.
    Named(Vec<(String, u64)>),
}

/// Somebody who was drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drawn {
    /// Who.
    pub person: Listed,
    /// The ticket, 64 hex digits.
    pub ticket: String,
    /// Place in the stratum, from 1; the reserve counts on.
    pub order: usize,
    /// Only asked where somebody else cannot be.
    pub reserve: bool,
}

/// What was drawn of a stratum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StratumDraw {
    /// Its name; empty where there are none.
    pub name: String,
    /// People in it.
    pub rows: usize,
    /// How many were drawn.
    pub size: usize,
    /// How many are in reserve.
    pub reserve: usize,
}

/// A draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draw {
    /// By name.
    pub strata: Vec<StratumDraw>,
    /// By stratum, smallest tickets first.
    pub drawn: Vec<Drawn>,
}

/// Draws `sizes` and so many more of each stratum in reserve.
///
/// # Errors
/// More is to be drawn than there are, or strata of sizes and list differ.
pub fn draw(seed: &Seed, list: &List, sizes: &Sizes, reserve: u64) -> Result<Draw, PlanError> {
    let strata = list.strata();
    let wanted = wanted(&strata, sizes)?;
    let mut groups: BTreeMap<&str, Vec<&Listed>> = BTreeMap::new();
    for p in &list.people {
        groups.entry(&p.stratum).or_default().push(p);
    }
    let mut out = Draw {
        strata: Vec::new(),
        drawn: Vec::new(),
    };
    for ((name, rows), size) in strata.into_iter().zip(wanted) {
        let number = usize::try_from(size).unwrap_or(usize::MAX);
        if number > rows {
            return Err(PlanError::TooFew {
                stratum: name,
                rows,
                size,
            });
        }
        let more = usize::try_from(reserve).unwrap_or(usize::MAX);
        let people = groups.remove(name.as_str()).unwrap_or_default();
        let tickets = people
            .iter()
            .enumerate()
            .map(|(i, p)| (ticket(seed, &p.key), i));
        let kept = smallest(tickets, number.saturating_add(more).min(rows));
        out.strata.push(StratumDraw {
            name,
            rows,
            size: number,
            reserve: kept.len() - number,
        });
        let drawn = kept
            .into_iter()
            .enumerate()
            .map(|(order, (ticket, i))| Drawn {
                person: people[i].clone(),
                ticket,
                order: order + 1,
                reserve: order >= number,
            });
        out.drawn.extend(drawn);
    }
    Ok(out)
}

fn wanted(strata: &[(String, usize)], sizes: &Sizes) -> Result<Vec<u64>, PlanError> {
    match sizes {
        Sizes::Each(n) => Ok(vec![*n; strata.len()]),
        Sizes::Whole(n) => {
            let shares: Vec<Share> = strata
                .iter()
                .map(|(_, rows)| Share {
                    weight: *rows as u64,
                    least: 0,
                    most: *rows as u64,
                })
                .collect();
            proportional(*n, &shares)
        }
        Sizes::Named(named) => {
            let mut by_name = BTreeMap::new();
            for (name, n) in named {
                if by_name.insert(folded(name), *n).is_some() {
                    return Err(PlanError::StratumTwice(name.clone()));
                }
            }
            let mut out = Vec::new();
            for (name, _) in strata {
                match by_name.remove(&folded(name)) {
                    Some(n) => out.push(n),
                    None => return Err(PlanError::NoSize(name.clone())),
                }
            }
            let left = |name: &String| by_name.contains_key(&folded(name));
            match named.iter().find(|(name, n)| left(name) && *n > 0) {
                None => Ok(out),
                Some((wanted, _)) => Err(PlanError::UnknownStratum {
                    wanted: wanted.clone(),
                    known: few(strata.iter().map(|s| s.0.clone())),
                }),
            }
        }
    }
}

impl Draw {
    /// SHA-256 of the tickets of those drawn (or of the reserve): what
    /// `sort | sha256sum` says of the column of tickets.
    #[must_use]
    pub fn digest(&self, reserve: bool) -> String {
        let of = self.drawn.iter().filter(|d| d.reserve == reserve);
        sha256::of_sorted_lines(of.map(|d| d.ticket.as_str()))
    }

    /// How many were drawn, and how many are in reserve.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        let reserve = self.drawn.iter().filter(|d| d.reserve).count();
        (self.drawn.len() - reserve, reserve)
    }
}

/// A row of a file that says who was drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// Its row in that file, from 1.
    pub row: usize,
    /// Stratum, key and ticket as they stand there.
    pub stratum: String,
    /// See `stratum`.
    pub key: String,
    /// See `stratum`.
    pub ticket: String,
    /// Place in the stratum as it stands there.
    pub order: String,
    /// Whether it is said to be of the reserve; `None`: neither word stands there.
    pub reserve: Option<bool>,
}

/// A difference between a file and the draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// Drawn, and not in the file.
    Missing(Drawn),
    /// In the file, and not drawn.
    Extra(Claimed),
    /// In the file twice.
    Twice(Claimed),
    /// In the file with another stratum, ticket, place or status.
    Otherwise(Claimed, Drawn),
}

/// Compares a file with the draw; empty: it is the draw.
#[must_use]
pub fn compare(draw: &Draw, file: &[Claimed]) -> Vec<Difference> {
    let mut open: BTreeMap<&str, &Drawn> = draw
        .drawn
        .iter()
        .map(|d| (d.person.key.as_str(), d))
        .collect();
    let mut seen = std::collections::BTreeSet::new();
    let mut out = Vec::new();
    for claimed in file {
        let key: String = claimed.key.nfc().collect();
        if !seen.insert(key.clone()) {
            out.push(Difference::Twice(claimed.clone()));
            continue;
        }
        match open.remove(key.as_str()) {
            None => out.push(Difference::Extra(claimed.clone())),
            Some(d) => {
                let same = claimed.ticket == d.ticket
                    && claimed.reserve == Some(d.reserve)
                    && claimed.order == d.order.to_string()
                    && folded(&claimed.stratum) == folded(&d.person.stratum);
                if !same {
                    out.push(Difference::Otherwise(claimed.clone(), d.clone()));
                }
            }
        }
    }
    out.extend(open.into_values().cloned().map(Difference::Missing));
    out
}

#[cfg(test)]
mod tests;
