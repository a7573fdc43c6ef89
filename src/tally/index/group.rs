//! Groups of ballots and their indices.

use std::collections::BTreeMap;

use super::figures::figures;
use super::gather::{Gathered, gather};
use super::interval::interval;
use super::node::Node;
use super::sums::Sums;
use super::{By, FormFigures, Group, IndexOptions, IndexReport, Overall};
use crate::store::{Packed, Store, UnitTree};
use crate::tally::ballots::{Cell, FormBallots, load};
use crate::tally::{Ballots, TallyError, Within, list};

/// Computes the indices of everything in the store that the options let through.
///
/// # Errors
/// The database refuses, or the options name what is not there.
pub fn index(store: &Store, options: &IndexOptions) -> Result<IndexReport, TallyError> {
    index_of(store, &load(store)?, options)
}

/// The same of ballots that were loaded before.
///
/// # Errors
/// As [`index`].
pub fn index_of(
    store: &Store,
    ballots: &[FormBallots],
    options: &IndexOptions,
) -> Result<IndexReport, TallyError> {
    let filter = &options.filter;
    filter.check_form(ballots.iter().map(|f| f.form.as_str()))?;
    let forms: Vec<&FormBallots> = ballots.iter().filter(|f| filter.wants(&f.form)).collect();
    let tree = UnitTree::of(store)?;
    let only = filter.within(&tree)?;
    let inside = |cell: &Cell| only.has(cell.unit.as_deref());
    let all: Vec<FormSums> = forms
        .iter()
        .map(|f| FormSums::of(f, &|_| true, &inside))
        .collect();
    let maker = Maker {
        options,
        only: &only,
    };
    let everybody = maker.population(&|_| true);
    let mut groups = vec![maker.group("all", (None, None), everybody, &all, &|_, _| true)];
    for by in &options.by {
        let mut more = match by {
            By::Unit => tree
                .in_order(|unit| only.has(Some(unit)))
                .into_iter()
                .map(|(unit, depth)| {
                    let set = tree.with_below(&unit.unit);
                    let mut group = maker.group(
                        "unit",
                        (Some(unit.unit.clone()), unit.name.clone()),
                        maker.population(&|u| set.contains(u)),
                        &all,
                        &|cell, _| cell.unit.as_ref().is_some_and(|u| set.contains(u)),
                    );
                    group.depth = depth;
                    group
                })
                .chain(maker.unknown("unit", &all, &|cell, _| cell.unit.is_none()))
                .collect(),
            By::Area => maker.each("area", &all, &|cell, _| {
                let unit = cell.unit.as_ref()?;
                options.areas.get(unit).cloned()
            }),
            By::Channel => maker.each("channel", &all, &|cell, _| {
                let word = cell.channel.word().to_owned();
                Some((word.clone(), word))
            }),
            By::Field => maker.each("field", &all, &|_, form| {
                let field = form.meaning.rules.field.clone()?;
                Some((field.clone(), field))
            }),
            By::Month => maker.each("month", &all, &|cell, _| {
                Some((cell.month.clone(), cell.month.clone()))
            }),
            By::Question(id) => maker.by_answer(id, &forms, &inside)?,
        };
        rank(&mut more);
        groups.extend(more);
    }
    Ok(IndexReport {
        station: store.station()?.id,
        campaign: store.campaign()?.map(|c| c.name),
        groups,
    })
}

/// A form with the sums of its cells.
struct FormSums<'a> {
    form: &'a FormBallots,
    nodes: Vec<Node>,
    cells: Vec<Gathered>,
}

impl<'a> FormSums<'a> {
    fn of(
        form: &'a FormBallots,
        wanted: &(impl Fn(usize) -> bool + Sync),
        inside: &impl Fn(&Cell) -> bool,
    ) -> Self {
        let (nodes, mut cells) = gather(form, wanted);
        for (cell, sums) in form.cells.iter().zip(&mut cells) {
            if !inside(cell) {
                *sums = Gathered::none(nodes.len());
            }
        }
        Self { form, nodes, cells }
    }
}

type Belongs<'a> = &'a dyn Fn(&Cell, &FormBallots) -> bool;
type NameOf<'a> = &'a dyn Fn(&Cell, &FormBallots) -> Option<(String, String)>;

struct Maker<'a> {
    options: &'a IndexOptions,
    only: &'a Within,
}

impl Maker<'_> {
    /// People who could have been asked in the units that are wanted.
    fn population(&self, wanted: &dyn Fn(&str) -> bool) -> Option<u64> {
        self.options
            .populations
            .iter()
            .filter(|(unit, _)| self.only.has(Some(unit)) && wanted(unit))
            .map(|(_, n)| *n)
            .reduce(u64::saturating_add)
    }

    /// The group of the cells that belong to it.
    fn group(
        &self,
        by: &str,
        (id, name): (Option<String>, Option<String>),
        population: Option<u64>,
        all: &[FormSums<'_>],
        belongs: Belongs<'_>,
    ) -> Group {
        let mut ballots = Ballots::default();
        let mut pooled = Sums::default();
        let mut forms = Vec::new();
        // People may be asked with several forms: how many of them with each, the
        // campaign does not say.
        let of_form = population.filter(|_| all.len() == 1);
        for f in all {
            let mut sum = Gathered::none(f.nodes.len());
            for (cell, sums) in f.form.cells.iter().zip(&f.cells) {
                if belongs(cell, f.form) {
                    sum.merge(sums);
                }
            }
            if sum.ballots.total == 0 && by != "all" {
                continue;
            }
            ballots.merge(sum.ballots);
            pooled.merge(&sum.sums[0]);
            forms.push(FormFigures {
                form: f.form.form.clone(),
                version: f.form.version,
                title: f.form.title.clone(),
                field: f.form.meaning.rules.field.clone(),
                ballots: sum.ballots,
                figures: figures(&f.form.meaning, &f.nodes, &sum.sums, of_form),
            });
        }
        let overall = overall(&pooled, &forms, population);
        Group {
            by: by.to_owned(),
            id,
            name,
            depth: 0,
            ballots,
            population,
            overall,
            forms,
        }
    }

    /// The group of what belongs nowhere, if there is any.
    fn unknown(&self, by: &str, all: &[FormSums<'_>], belongs: Belongs<'_>) -> Option<Group> {
        let group = self.group(by, (None, None), None, all, belongs);
        (group.ballots.total > 0).then_some(group)
    }

    /// A group for each name, in their order, and one for what has none.
    fn each(&self, by: &str, all: &[FormSums<'_>], name: NameOf<'_>) -> Vec<Group> {
        let mut names: BTreeMap<String, String> = BTreeMap::new();
        for f in all {
            names.extend(f.form.cells.iter().filter_map(|c| name(c, f.form)));
        }
        names
            .into_iter()
            .map(|(id, text)| {
                let own = |cell: &Cell, form: &FormBallots| {
                    name(cell, form).is_some_and(|(other, _)| other == id)
                };
                let people = (by == "area")
                    .then(|| {
                        self.population(&|unit| {
                            self.options
                                .areas
                                .get(unit)
                                .is_some_and(|(area, _)| *area == id)
                        })
                    })
                    .flatten();
                self.group(by, (Some(id.clone()), Some(text)), people, all, &own)
            })
            .filter(|g| g.ballots.total > 0)
            .chain(self.unknown(by, all, &|cell, form| name(cell, form).is_none()))
            .collect()
    }

    /// A group for each answer to a question, of the forms that ask it.
    fn by_answer(
        &self,
        id: &str,
        forms: &[&FormBallots],
        inside: &impl Fn(&Cell) -> bool,
    ) -> Result<Vec<Group>, TallyError> {
        let asked: Vec<(&FormBallots, usize)> = forms
            .iter()
            .filter_map(|f| Some((*f, f.packing.questions.iter().position(|q| q.id == id)?)))
            .collect();
        if asked.is_empty() {
            return Err(TallyError::NoSuchQuestion {
                wanted: id.to_owned(),
                known: list(
                    forms
                        .iter()
                        .flat_map(|f| f.packing.questions.iter().map(|q| q.id.as_str())),
                ),
            });
        }
        let mut choices: Vec<(String, String)> = Vec::new();
        for (form, question) in &asked {
            for choice in &form.packing.questions[*question].choices {
                let words = form.meaning.question(id).and_then(|q| {
                    let choice = q.choices.iter().find(|c| c.id == *choice)?;
                    Some(choice.in_words().to_owned())
                });
                if !choices.iter().any(|(known, _)| known == choice) {
                    choices.push((choice.clone(), words.unwrap_or_else(|| choice.clone())));
                }
            }
        }
        let of = |choice: Option<&str>| -> Vec<FormSums<'_>> {
            let chosen = |form: &FormBallots, question: usize, row: usize| {
                let answer = form.packing.answer(question, form.answers(row));
                let own = &form.packing.questions[question].choices;
                match (answer, choice) {
                    (Some(Packed::Answered(given)), Some(choice)) => {
                        given.iter().any(|&i| own[i] == choice)
                    }
                    (Some(Packed::Answered(_)), None) => false,
                    (_, choice) => choice.is_none(),
                }
            };
            asked
                .iter()
                .map(|&(form, q)| FormSums::of(form, &|row| chosen(form, q, row), inside))
                .collect()
        };
        let mut groups = Vec::new();
        for (choice, words) in &choices {
            let sums = of(Some(choice));
            let name = (Some(choice.clone()), Some(words.clone()));
            let group = self.group("question", name, None, &sums, &|_, _| true);
            groups.push(group);
        }
        groups.extend(self.unknown("question", &of(None), &|_, _| true));
        groups.retain(|g| g.ballots.total > 0);
        Ok(groups)
    }
}

fn overall(pooled: &Sums, forms: &[FormFigures], population: Option<u64>) -> Overall {
    let (index, range) = match forms {
        [only] => {
            let of = only.figures.first();
            (of.and_then(|f| f.index), of.and_then(|f| f.low.zip(f.high)))
        }
        _ => {
            let index = pooled.by_answers();
            let variance = pooled.variance_by_answers();
            (
                index,
                index.and_then(|p| interval(p, variance, pooled.respondents, population)),
            )
        }
    };
    Overall {
        respondents: pooled.respondents,
        satisfied: pooled.satisfied,
        valid: pooled.valid,
        index,
        low: range.map(|r| r.0),
        high: range.map(|r| r.1),
        rank: None,
        difference: None,
    }
}

/// Places by index among the groups of one depth that have a name; equal ones share a
/// place, and one that is alone has none.
fn rank(groups: &mut [Group]) {
    let known: Vec<(u32, Option<f64>)> = groups
        .iter()
        .filter(|g| g.id.is_some())
        .map(|g| (g.depth, g.overall.index))
        .collect();
    for group in groups.iter_mut().filter(|g| g.id.is_some()) {
        let beside = || known.iter().filter(|(depth, _)| *depth == group.depth);
        if let Some(own) = group.overall.index.filter(|_| beside().count() > 1) {
            let better = beside().filter(|(_, index)| index.is_some_and(|i| i > own));
            let better = better.count();
            group.overall.rank = u32::try_from(better + 1).ok();
        }
    }
}
