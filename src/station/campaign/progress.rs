//! How far each unit and form is against quota and deadline: derived from the
//! counts and the plan, each time.

use std::collections::{BTreeMap, BTreeSet};

use super::{BoxChannels, Campaign, CampaignUnit, Channel, Day, Quota};
use crate::store::{BallotCount, UnitRow};

/// A deadline that is no further away than this is called soon, days: a working
/// week in which something can still be done.
const SOON: i64 = 7;

/// Ballots by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// They count.
    pub counted: u64,
    /// They wait for a person.
    pub pending: u64,
    /// They were rejected.
    pub rejected: u64,
}

impl Counts {
    fn add(&mut self, state: &str, ballots: u64) {
        match state {
            "counted" => self.counted += ballots,
            "pending" => self.pending += ballots,
            "rejected" => self.rejected += ballots,
            _ => {}
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            counted: self.counted + other.counted,
            pending: self.pending + other.pending,
            rejected: self.rejected + other.rejected,
        }
    }
}

/// Where something is against its quota and its deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It has neither.
    Open,
    /// The quota is reached.
    Reached,
    /// Not reached; so many days are left, or nobody said by when.
    OnTheWay(Option<i64>),
    /// Not reached, and so few days are left.
    Soon(i64),
    /// Not reached, and due so many days ago.
    Late(i64),
}

/// Compares ballots that count with a quota; a deadline without a quota cannot
/// be missed.
#[must_use]
pub fn standing(counted: u64, quota: Option<u32>, deadline: Option<Day>, today: Day) -> Standing {
    let Some(quota) = quota.filter(|q| *q > 0) else {
        return Standing::Open;
    };
    if counted >= u64::from(quota) {
        return Standing::Reached;
    }
    match deadline.map(|d| today.days_until(d)) {
        None => Standing::OnTheWay(None),
        Some(left) if left < 0 => Standing::Late(-left),
        Some(left) if left <= SOON => Standing::Soon(left),
        Some(left) => Standing::OnTheWay(Some(left)),
    }
}

/// How far one form is, in a unit or in all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormProgress {
    /// Id of the form.
    pub form: String,
    /// In which way its ballots come in; `None`: in whatever way. What comes by one way
    /// does not fill another's quota.
    pub channel: Option<Channel>,
    /// Its ballots.
    pub counts: Counts,
    /// Ballots that should come.
    pub quota: Option<u32>,
    /// By when.
    pub deadline: Option<Day>,
    /// How that compares.
    pub standing: Standing,
}

/// How far one unit is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitProgress {
    /// Its id; `None`: ballots of which nobody knows the unit.
    pub unit: Option<String>,
    /// For people.
    pub name: Option<String>,
    /// How many units are above it.
    pub depth: usize,
    /// It is in the campaign, not only seen on paper.
    pub declared: bool,
    /// Its own ballots.
    pub counts: Counts,
    /// Ballots that it should collect itself.
    pub quota: Option<u32>,
    /// By when.
    pub deadline: Option<Day>,
    /// How that compares.
    pub standing: Standing,
    /// The same, or the worst of its forms: a unit that has its number but lacks some
    /// of one form is not done.
    pub worst: Standing,
    /// By form, where the plan says something of forms of this unit.
    pub forms: Vec<FormProgress>,
    /// With all units below it; `None`: there are none below.
    pub with_below: Option<WithBelow>,
}

/// A unit and all units below it. What one has too many does not fill what another
/// lacks: so units are counted beside ballots.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct WithBelow {
    /// Ballots of all.
    pub counts: Counts,
    /// Ballots that all should collect.
    pub quota: Option<u32>,
    /// Units among them that have a quota.
    pub planned: u64,
    /// Those of them that have reached it.
    pub reached: u64,
    /// Those of them that are late.
    pub late: u64,
    /// Those of them that are due soon.
    pub soon: u64,
}

impl WithBelow {
    fn add(&mut self, unit: &UnitProgress) {
        self.counts = self.counts.plus(unit.counts);
        self.quota = match (self.quota, unit.quota) {
            (Some(a), Some(b)) => Some(a.saturating_add(b)),
            (a, b) => a.or(b),
        };
        self.planned += u64::from(unit.worst != Standing::Open);
        self.reached += u64::from(unit.worst == Standing::Reached);
        self.late += u64::from(matches!(unit.worst, Standing::Late(_)));
        self.soon += u64::from(matches!(unit.worst, Standing::Soon(_)));
    }
}

/// Each unit, those below it after it, in the order of the plan; then units that
/// were only seen on paper, then ballots without a unit. `forms`: id by number of
/// the registered form.
#[must_use]
pub fn unit_progress(
    campaign: &Campaign,
    units: &[UnitRow],
    forms: &BTreeMap<i64, String>,
    ballots: &[BallotCount],
    today: Day,
) -> Vec<UnitProgress> {
    let mut own: BTreeMap<Option<&str>, Counts> = BTreeMap::new();
    let mut by_unit: BTreeMap<Option<&str>, Vec<&BallotCount>> = BTreeMap::new();
    let boxes = BoxChannels::of(campaign);
    for b in ballots {
        let unit = b.unit.as_deref();
        own.entry(unit).or_default().add(&b.state, b.ballots);
        by_unit.entry(unit).or_default().push(b);
    }
    let counts_of = |id: &str| own.get(&Some(id)).copied().unwrap_or_default();
    let line = |id: &str, name: Option<&str>, declared: bool, depth: usize| {
        let planned = campaign.unit(id);
        let counts = counts_of(id);
        let quota = planned.and_then(CampaignUnit::whole_quota);
        let deadline = campaign.deadline_of(Some(id), None);
        let of_unit = by_unit.get(&Some(id)).map_or(&[][..], Vec::as_slice);
        let of_forms: Vec<FormProgress> = planned
            .map_or(&[][..], |p| &p.quotas)
            .iter()
            .map(|q| {
                let deadline = campaign.deadline_of(Some(id), Some(&q.form));
                of_quota(q, deadline, of_unit.iter().copied(), (forms, &boxes), today)
            })
            .collect();
        let own = standing(counts.counted, quota, deadline, today);
        UnitProgress {
            unit: Some(id.to_owned()),
            name: name.map(str::to_owned),
            depth,
            declared,
            counts,
            quota,
            deadline,
            standing: own,
            worst: worst(own, &of_forms),
            forms: of_forms,
            with_below: None,
        }
    };
    let mut out: Vec<UnitProgress> = Vec::new();
    for (depth, unit) in campaign.units_with_depth() {
        out.push(line(&unit.id, unit.name.as_deref(), true, depth));
    }
    add_up(&mut out);
    for unit in units.iter().filter(|u| campaign.unit(&u.unit).is_none()) {
        out.push(line(&unit.unit, unit.name.as_deref(), false, 0));
    }
    if let Some(counts) = own.get(&None) {
        out.push(UnitProgress {
            unit: None,
            name: None,
            depth: 0,
            declared: false,
            counts: *counts,
            quota: None,
            deadline: None,
            standing: Standing::Open,
            worst: Standing::Open,
            forms: Vec::new(),
            with_below: None,
        });
    }
    out
}

/// How far what one quota asks for is.
fn of_quota<'a>(
    q: &Quota,
    deadline: Option<Day>,
    ballots: impl Iterator<Item = &'a BallotCount>,
    (forms, boxes): (&BTreeMap<i64, String>, &BoxChannels),
    today: Day,
) -> FormProgress {
    let mut counts = Counts::default();
    for b in ballots {
        let same_form = forms.get(&b.form.number()) == Some(&q.form);
        let channel = || {
            b.channel
                .unwrap_or_else(|| boxes.of_box(b.unit.as_deref(), b.ballot_box.as_deref()))
        };
        if same_form && q.channel.is_none_or(|c| c == channel()) {
            counts.add(&b.state, b.ballots);
        }
    }
    FormProgress {
        form: q.form.clone(),
        channel: q.channel,
        counts,
        quota: q.quota,
        deadline,
        standing: standing(counts.counted, q.quota, deadline, today),
    }
}

fn worst(of_all: Standing, forms: &[FormProgress]) -> Standing {
    let rank = |s: &Standing| match s {
        Standing::Open => 0,
        Standing::Reached => 1,
        Standing::OnTheWay(_) => 2,
        Standing::Soon(_) => 3,
        Standing::Late(_) => 4,
    };
    forms
        .iter()
        .map(|f| f.standing)
        .chain([of_all])
        .max_by_key(rank)
        .unwrap_or(of_all)
}

/// What comes with the units below: they follow a unit and are deeper.
fn add_up(lines: &mut [UnitProgress]) {
    for at in 0..lines.len() {
        let Some((unit, rest)) = lines.get_mut(at..).and_then(<[_]>::split_first_mut) else {
            continue;
        };
        let below = rest.iter().take_while(|l| l.depth > unit.depth);
        let mut all = WithBelow::default();
        all.add(unit);
        let mut any = false;
        for l in below {
            any = true;
            all.add(l);
        }
        unit.with_below = any.then_some(all);
    }
}

/// Each form of the campaign and each that came, in all units together; where the plan
/// says how many by which way, each way by itself.
#[must_use]
pub fn form_progress(
    campaign: &Campaign,
    forms: &BTreeMap<i64, String>,
    ballots: &[BallotCount],
    today: Day,
) -> Vec<FormProgress> {
    let came: BTreeSet<&str> = ballots
        .iter()
        .filter_map(|b| forms.get(&b.form.number()))
        .map(String::as_str)
        .collect();
    let mut ids: Vec<&str> = campaign.forms.iter().map(String::as_str).collect();
    ids.extend(
        came.into_iter()
            .filter(|f| !campaign.forms.iter().any(|c| c == *f)),
    );
    let mut out = Vec::new();
    let boxes = BoxChannels::of(campaign);
    for form in ids {
        let of_form = campaign.quotas.iter().filter(|q| q.form == form);
        let mut quotas: Vec<Quota> = of_form.filter(|q| q.channel.is_some()).cloned().collect();
        if quotas.is_empty() {
            quotas.push(Quota {
                form: form.to_owned(),
                channel: None,
                quota: campaign.quota_of_form(form),
                deadline: None,
            });
        }
        let deadline = campaign.deadline_of(None, Some(form));
        out.extend(
            quotas
                .iter()
                .map(|q| of_quota(q, deadline, ballots.iter(), (forms, &boxes), today)),
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        Day::parse(text).expect("a day")
    }

    #[test]
    fn a_deadline_is_late_soon_or_far() {
        let today = day("25/11/2023");
        let at = |quota, due: Option<&str>| standing(5, quota, due.map(day), today);
        assert_eq!(at(None, Some("1/11/2023")), Standing::Open);
        assert_eq!(at(Some(5), Some("1/11/2023")), Standing::Reached);
        assert_eq!(at(Some(6), None), Standing::OnTheWay(None));
        assert_eq!(at(Some(6), Some("24/11/2023")), Standing::Late(1));
        assert_eq!(at(Some(6), Some("25/11/2023")), Standing::Soon(0));
        assert_eq!(at(Some(6), Some("2/12/2023")), Standing::Soon(7));
        assert_eq!(at(Some(6), Some("3/12/2023")), Standing::OnTheWay(Some(8)));
    }

    #[test]
    fn units_come_as_a_tree_and_what_is_below_is_added_up() {
        let campaign = Campaign::of_source(
            r#"
            name = "a"
            deadline = 2023-12-02
            units = [
                { id = "xa-1", parent = "huyen", quota = 30 },
                { id = "huyen", parent = "tinh", quotas = [{ form = "m", quota = 10, deadline = 2023-11-20 }] },
                { id = "tinh" },
                { id = "huyen-2", parent = "tinh", quota = 5 },
            ]
            "#,
        )
        .unwrap();
        let form = crate::store::FormKey::of_number(1);
        let ballots = |unit: Option<&str>, state: &str, n| BallotCount {
            form,
            unit: unit.map(str::to_owned),
            channel: None,
            ballot_box: None,
            state: state.to_owned(),
            ballots: n,
        };
        let all = [
            ballots(Some("huyen"), "counted", 9),
            ballots(Some("xa-1"), "counted", 30),
            ballots(Some("xa-1"), "pending", 2),
            ballots(Some("la"), "counted", 1),
            ballots(None, "rejected", 4),
        ];
        let seen = UnitRow {
            unit: "la".to_owned(),
            name: None,
            parent: None,
            quota: None,
            declared: false,
        };
        let forms = BTreeMap::from([(1, "m".to_owned())]);
        let lines = unit_progress(&campaign, &[seen], &forms, &all, day("25/11/2023"));
        let ids: Vec<_> = lines
            .iter()
            .map(|l| (l.unit.as_deref().unwrap_or("?"), l.depth))
            .collect();
        assert_eq!(
            ids,
            [
                ("tinh", 0),
                ("huyen", 1),
                ("xa-1", 2),
                ("huyen-2", 1),
                ("la", 0),
                ("?", 0)
            ]
        );
        let whole = lines[0].with_below.unwrap();
        let all = (whole.counts.counted, whole.counts.pending, whole.quota);
        assert_eq!(all, (39, 2, Some(45)));
        let units = (whole.planned, whole.reached, whole.late, whole.soon);
        assert_eq!(units, (3, 1, 1, 1));
        assert_eq!(lines[1].standing, Standing::Soon(7));
        assert_eq!(lines[1].worst, Standing::Late(5));
        assert_eq!(lines[1].forms[0].counts.counted, 9);
        assert_eq!(lines[2].standing, Standing::Reached);
        assert_eq!(lines[2].with_below, None);
        assert_eq!(lines[3].standing, Standing::Soon(7));
        assert!(!lines[4].declared);
        assert_eq!(lines[5].counts.rejected, 4);
    }

    /// What came online was once counted into the quota of paper.
    #[test]
    fn what_comes_by_one_way_does_not_fill_anothers_quota() {
        let campaign = Campaign::of_source(
            r#"
            name = "a"
            forms = ["m"]
            channels = ["counter", "online", "post"]
            quotas = [
                { form = "m", channel = "counter", quota = 5 },
                { form = "m", channel = "online", quota = 5 },
                { form = "m", channel = "post", quota = 3 },
            ]
            units = [{ id = "xa", quotas = [
                { form = "m", channel = "counter", quota = 5 },
                { form = "m", channel = "online", quota = 5 },
                { form = "m", channel = "post", quota = 3 },
            ] }]
            boxes = [{ id = "h1", unit = "xa" }, { id = "thu", unit = "xa", channel = "post" }]
            "#,
        )
        .unwrap();
        let came = |channel, ballot_box: Option<&str>, ballots| BallotCount {
            form: crate::store::FormKey::of_number(1),
            unit: Some("xa".to_owned()),
            channel,
            ballot_box: ballot_box.map(str::to_owned),
            state: "counted".to_owned(),
            ballots,
        };
        let all = [
            came(None, Some("h1"), 1),
            came(None, None, 1),
            came(None, Some("thu"), 3),
            came(Some(Channel::Online), None, 8),
        ];
        let forms = BTreeMap::from([(1, "m".to_owned())]);
        let today = day("25/11/2023");
        let lines = unit_progress(&campaign, &[], &forms, &all, today);
        assert_eq!(lines[0].quota, Some(13));
        assert_eq!(lines[0].counts.counted, 13);
        assert_eq!(lines[0].worst, Standing::OnTheWay(None));
        for lines in [
            &lines[0].forms,
            &form_progress(&campaign, &forms, &all, today),
        ] {
            let found: Vec<_> = lines
                .iter()
                .map(|f| (f.channel, f.counts.counted, f.standing))
                .collect();
            assert_eq!(
                found,
                [
                    (Some(Channel::Counter), 2, Standing::OnTheWay(None)),
                    (Some(Channel::Online), 8, Standing::Reached),
                    (Some(Channel::Post), 3, Standing::Reached)
                ]
            );
        }
    }
}
