//! Who collects how many: quotas of a campaign as a table of units, forms and channels
//! with their sums, and what does not add up; and the way back, from a table or a total to
//! the lines of campaign.toml.

mod draft;
mod from_table;
mod from_total;
#[cfg(test)]
mod tests;

pub use draft::Draft;
pub use from_table::{TableRules, from_table, id_of};
pub use from_total::{TotalRules, UnitWeight, from_total};

use crate::station::{Campaign, CampaignUnit, Channel, Quota};

/// What quotas are counted by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Which form; `None`: of all forms together, where nobody said of which.
    pub form: Option<String>,
    /// In which way; `None`: in whatever way.
    pub channel: Option<Channel>,
}

impl Column {
    /// `FORM`, `FORM/CHANNEL`, or `quota` where it is of no form: the head in files.
    #[must_use]
    pub fn head(&self) -> String {
        let form = self.form.as_deref().unwrap_or("quota");
        match self.channel {
            Some(channel) => format!("{form}/{}", channel.word()),
            None => form.to_owned(),
        }
    }
}

/// A unit's quotas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotaRow {
    /// Its id.
    pub unit: String,
    /// For people.
    pub name: Option<String>,
    /// The unit above it.
    pub parent: Option<String>,
    /// How many units are above it.
    pub depth: usize,
    /// What it collects itself, by column; `None`: nothing is said.
    pub cells: Vec<Option<u64>>,
    /// The same with all units below it.
    pub with_below: Vec<Option<u64>>,
}

impl QuotaRow {
    /// What it collects itself, of all columns.
    #[must_use]
    pub fn own(&self) -> Option<u64> {
        add(self.cells.iter().copied())
    }

    /// What it and the units below it collect, of all columns.
    #[must_use]
    pub fn whole(&self) -> Option<u64> {
        add(self.with_below.iter().copied())
    }
}

/// The quotas of a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuotaTable {
    /// By form, then channel.
    pub columns: Vec<Column>,
    /// As a tree: each is followed by those below it.
    pub rows: Vec<QuotaRow>,
    /// What the campaign wants in all, by column.
    pub planned: Vec<Option<u64>>,
    /// What does not add up.
    pub deviations: Vec<Deviation>,
}

/// Something in a campaign's quotas that a person should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deviation {
    /// The campaign wants so many of a form, and its units add up to another number.
    FormTotal {
        /// The form and the channel (`None`: paper in whatever way).
        column: Column,
        /// What the campaign wants.
        planned: u64,
        /// What the units add up to.
        units: u64,
    },
    /// A unit has just what those below it have together: probably counted twice, since a
    /// unit's quota is what it collects itself.
    CountedTwice {
        /// The unit.
        unit: String,
        /// Its quota.
        quota: u64,
    },
    /// Where units above stand for those below: they have not what those add up to.
    Parent {
        /// The unit.
        unit: String,
        /// The column.
        column: Column,
        /// Its quota.
        quota: u64,
        /// What those below it add up to.
        below: u64,
    },
    /// A unit with nobody below it has no quota, and others have.
    NoQuota {
        /// The unit.
        unit: String,
    },
    /// A unit's quota is not said by form, and the campaign has several.
    Undivided {
        /// The unit.
        unit: String,
        /// Its quota.
        quota: u64,
    },
}

/// Sum of what is said; `None`: nothing is.
fn add(all: impl IntoIterator<Item = Option<u64>>) -> Option<u64> {
    all.into_iter().flatten().reduce(u64::saturating_add)
}

impl QuotaTable {
    /// The quotas of this campaign. `parents_are_totals`: the quota of a unit above others
    /// is what those below it should add up to, not what it collects itself besides.
    #[must_use]
    pub fn of(campaign: &Campaign, parents_are_totals: bool) -> Self {
        let columns = columns_of(campaign);
        let mut rows: Vec<QuotaRow> = Vec::new();
        for (depth, unit) in campaign.units_with_depth() {
            rows.push(QuotaRow {
                unit: unit.id.clone(),
                name: unit.name.clone(),
                parent: unit.parent.clone(),
                depth,
                cells: cells_of(unit, campaign, &columns),
                with_below: Vec::new(),
            });
        }
        let mut deviations = Vec::new();
        for i in 0..rows.len() {
            let below = rows[i + 1..].iter().take_while(|r| r.depth > rows[i].depth);
            let direct = below
                .clone()
                .filter(|r| r.depth == rows[i].depth + 1)
                .count();
            let sums: Vec<Option<u64>> = (0..columns.len())
                .map(|c| {
                    add(leaves(&rows[i + 1..], rows[i].depth, parents_are_totals)
                        .map(|r| r.cells[c]))
                })
                .collect();
            if parents_are_totals && direct > 0 {
                for (c, column) in columns.iter().enumerate() {
                    if let (Some(quota), Some(below)) = (rows[i].cells[c], sums[c])
                        && quota != below
                    {
                        deviations.push(Deviation::Parent {
                            unit: rows[i].unit.clone(),
                            column: column.clone(),
                            quota,
                            below,
                        });
                    }
                }
            } else if let (Some(own), Some(all)) = (rows[i].own(), add(sums.iter().copied()))
                && own == all
                && own > 0
                && direct > 1
            {
                deviations.push(Deviation::CountedTwice {
                    unit: rows[i].unit.clone(),
                    quota: own,
                });
            }
            let with_below = (0..columns.len())
                .map(|c| match (parents_are_totals, sums[c]) {
                    (true, Some(below)) => Some(below),
                    (_, below) => add([rows[i].cells[c], below]),
                })
                .collect();
            rows[i].with_below = with_below;
        }
        let planned = columns
            .iter()
            .map(|c| {
                let same = |q: &&Quota| Some(&q.form) == c.form.as_ref() && q.channel == c.channel;
                add(campaign
                    .quotas
                    .iter()
                    .filter(same)
                    .map(|q| q.quota.map(u64::from)))
            })
            .collect();
        let mut table = Self {
            columns,
            rows,
            planned,
            deviations,
        };
        table.check(campaign);
        table
    }

    /// What all units collect, by column.
    #[must_use]
    pub fn sums(&self) -> Vec<Option<u64>> {
        (0..self.columns.len())
            .map(|c| {
                add(self
                    .rows
                    .iter()
                    .filter(|r| r.depth == 0)
                    .map(|r| r.with_below[c]))
            })
            .collect()
    }

    fn check(&mut self, campaign: &Campaign) {
        let mut found = self.form_totals();
        let any = self.rows.iter().any(|r| r.own().is_some());
        for (i, row) in self.rows.iter().enumerate() {
            let leaf = self
                .rows
                .get(i + 1)
                .is_none_or(|next| next.depth <= row.depth);
            if any && leaf && row.own().is_none() {
                found.push(Deviation::NoQuota {
                    unit: row.unit.clone(),
                });
            }
            let undivided = self
                .columns
                .iter()
                .zip(&row.cells)
                .find(|(c, _)| c.form.is_none());
            if let (Some((_, Some(quota))), true) = (undivided, campaign.forms.len() > 1) {
                found.push(Deviation::Undivided {
                    unit: row.unit.clone(),
                    quota: *quota,
                });
            }
        }
        self.deviations.append(&mut found);
    }

    /// Where the campaign's own numbers and those of its units differ.
    fn form_totals(&self) -> Vec<Deviation> {
        let sums = self.sums();
        let mut forms: Vec<&String> = self
            .columns
            .iter()
            .filter_map(|c| c.form.as_ref())
            .collect();
        forms.dedup();
        let mut out = Vec::new();
        for form in forms {
            let of_form: Vec<usize> = (0..self.columns.len())
                .filter(|c| self.columns[*c].form.as_ref() == Some(form))
                .collect();
            let said = |numbers: &[Option<u64>], only: &dyn Fn(Option<Channel>) -> bool| {
                add(of_form
                    .iter()
                    .filter(|c| only(self.columns[**c].channel))
                    .map(|c| numbers[*c]))
            };
            // A form that the units have no quotas of is not divided yet.
            if said(&sums, &|_| true).is_none() {
                continue;
            }
            let mut compare = |channel: Option<Channel>, only: &dyn Fn(Option<Channel>) -> bool| {
                let units = said(&sums, only).unwrap_or(0);
                if let Some(planned) = said(&self.planned, only)
                    && planned != units
                {
                    out.push(Deviation::FormTotal {
                        column: Column {
                            form: Some(form.clone()),
                            channel,
                        },
                        planned,
                        units,
                    });
                }
            };
            let whatever = of_form.iter().any(|c| self.columns[*c].channel.is_none());
            if whatever {
                // What may come in whatever way is paper, and answers for all paper.
                compare(None, &|c| c != Some(Channel::Online));
                compare(Some(Channel::Online), &|c| c == Some(Channel::Online));
            } else {
                for channel in Channel::ALL {
                    compare(Some(channel), &|c| c == Some(channel));
                }
            }
        }
        out
    }
}

/// The rows below: all of them, or only those that nobody is below.
fn leaves(after: &[QuotaRow], depth: usize, only: bool) -> impl Iterator<Item = &QuotaRow> + Clone {
    let end = after
        .iter()
        .position(|r| r.depth <= depth)
        .unwrap_or(after.len());
    let below = &after[..end];
    below.iter().enumerate().filter_map(move |(i, row)| {
        let leaf = below.get(i + 1).is_none_or(|next| next.depth <= row.depth);
        (leaf || !only).then_some(row)
    })
}

fn columns_of(campaign: &Campaign) -> Vec<Column> {
    let quotas = || {
        campaign
            .units
            .iter()
            .flat_map(|u| &u.quotas)
            .chain(&campaign.quotas)
    };
    let mut forms: Vec<String> = campaign.forms.clone();
    for quota in quotas() {
        if !forms.contains(&quota.form) {
            forms.push(quota.form.clone());
        }
    }
    let plain = |u: &CampaignUnit| u.quota.is_some() && u.quotas.iter().all(|q| q.quota.is_none());
    let plain = campaign.units.iter().any(plain);
    let mut out = Vec::new();
    for form in &forms {
        let ways = [None].into_iter().chain(Channel::ALL.map(Some));
        for channel in ways {
            let here = |q: &Quota| q.form == *form && q.channel == channel && q.quota.is_some();
            // With a single form, every quota is of it.
            let only = channel.is_none() && plain && forms.len() == 1;
            if only || quotas().any(here) {
                out.push(Column {
                    form: Some(form.clone()),
                    channel,
                });
            }
        }
    }
    if plain && forms.len() != 1 {
        out.push(Column {
            form: None,
            channel: None,
        });
    }
    out
}

fn cells_of(unit: &CampaignUnit, campaign: &Campaign, columns: &[Column]) -> Vec<Option<u64>> {
    let by_form = unit.quotas.iter().any(|q| q.quota.is_some());
    columns
        .iter()
        .map(|c| {
            let same = |q: &&Quota| Some(&q.form) == c.form.as_ref() && q.channel == c.channel;
            let said = add(unit
                .quotas
                .iter()
                .filter(same)
                .map(|q| q.quota.map(u64::from)));
            let plain =
                !by_form && c.channel.is_none() && (c.form.is_none() || campaign.forms.len() <= 1);
            said.or_else(|| plain.then_some(unit.quota).flatten().map(u64::from))
        })
        .collect()
}
