//! The campaigns that ship: each is what its plan says, and an office can start
//! with it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::paper::command;
use phieu::form::code::{Key, Payload};
use phieu::form::{Library, LoadedForm, Meaning, violations};
use phieu::station::{Area, Campaign, Channel, Day};

/// A campaign and what its plan (or, where the plan says nothing, its file) says.
struct Plan {
    name: &'static str,
    forms: usize,
    units: usize,
    boxes: usize,
    /// Sheets on paper, of all forms.
    paper: u32,
    /// Answers that should come online.
    online: u32,
    /// First and last day of collecting, and by when the result is due.
    days: Option<[&'static str; 3]>,
}

const PLANS: [Plan; 5] = [
    Plan {
        name: "lai-chau-2023",
        forms: 4,
        // The province, two departments, seven districts.
        units: 10,
        boxes: 0,
        paper: 4 * 700,
        online: 0,
        days: Some(["15/06/2023", "30/11/2023", "15/12/2023"]),
    },
    Plan {
        name: "binh-dinh-2024",
        forms: 1,
        // The province, its office, two towns and eight districts.
        units: 12,
        boxes: 0,
        paper: 50 + 10 * 80,
        online: 0,
        days: Some(["05/08/2024", "30/09/2024", "05/10/2024"]),
    },
    Plan {
        name: "tien-giang-2024",
        forms: 6,
        units: 3,
        boxes: 0,
        paper: 6 * 400 / 2,
        online: 6 * 400 / 2,
        days: None,
    },
    Plan {
        name: "ba-dinh-2022",
        forms: 1,
        // The district and 14 wards, each with a box.
        units: 15,
        boxes: 15,
        paper: 4500,
        online: 0,
        days: Some(["20/10/2022", "30/11/2022", "05/12/2022"]),
    },
    Plan {
        name: "hoang-kim-2024",
        forms: 2,
        units: 0,
        boxes: 0,
        paper: 30 + 15,
        online: 0,
        days: Some(["01/09/2024", "31/10/2024", "30/11/2024"]),
    },
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/campaigns")
}

fn file(name: &str) -> PathBuf {
    root().join(name).join("campaign.toml")
}

fn load(name: &str) -> Campaign {
    Campaign::load(&file(name)).unwrap()
}

/// The forms of a campaign, in its order.
fn forms(campaign: &Campaign) -> Vec<LoadedForm> {
    let library = Library::load(&campaign.templates).unwrap();
    let found = |id: &String| library.get(id).unwrap().clone();
    campaign.forms.iter().map(found).collect()
}

fn meaning(form: &LoadedForm) -> Meaning {
    Meaning::of_source(&form.text, &form.file).unwrap()
}

/// What the quotas of a form add up to in the whole campaign and in its units, on
/// paper and online.
fn sums(campaign: &Campaign, form: &str) -> [[u32; 2]; 2] {
    let add = |sum: &mut [u32; 2], channel: Option<Channel>, quota: u32| {
        sum[usize::from(channel == Some(Channel::Online))] += quota;
    };
    let mut whole = [0; 2];
    for q in campaign.quotas.iter().filter(|q| q.form == form) {
        add(&mut whole, q.channel, q.quota.unwrap());
    }
    let mut parts = [0; 2];
    for unit in &campaign.units {
        for q in unit.quotas.iter().filter(|q| q.form == form) {
            add(&mut parts, q.channel, q.quota.unwrap());
        }
        // A plain quota of a campaign with one form is of that form.
        if campaign.forms.len() == 1 && unit.quotas.is_empty() {
            add(&mut parts, None, unit.quota.unwrap_or(0));
        }
    }
    [whole, parts]
}

#[test]
fn every_campaign_in_the_folder_is_one_of_the_five() {
    let there: BTreeSet<String> = std::fs::read_dir(root())
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(there, PLANS.map(|p| p.name.to_owned()).into());
}

#[test]
fn numbers_and_days_are_those_of_the_plans() {
    for plan in &PLANS {
        let campaign = load(plan.name);
        let counts = (
            campaign.forms.len(),
            campaign.units.len(),
            campaign.boxes.len(),
        );
        assert_eq!(
            counts,
            (plan.forms, plan.units, plan.boxes),
            "{}",
            plan.name
        );
        let mut all = [0; 2];
        for form in &campaign.forms {
            let [whole, parts] = sums(&campaign, form);
            if plan.units > 0 {
                assert_eq!(whole, parts, "{form}");
            }
            assert_eq!(
                campaign.quota_of_form(form),
                Some(whole[0] + whole[1]),
                "{form}"
            );
            all = [all[0] + whole[0], all[1] + whole[1]];
        }
        assert_eq!(all, [plan.paper, plan.online], "{}", plan.name);
        let days = [campaign.starts, campaign.ends, campaign.deadline];
        match plan.days {
            Some(said) => assert_eq!(
                days.map(|d| d.map(Day::written)),
                said.map(|d| Some(d.to_owned())),
                "{}",
                plan.name
            ),
            None => assert_eq!(days, [None; 3], "{}", plan.name),
        }
        assert!(campaign.reporting_office.is_some() && !campaign.legal_basis.is_empty());
    }
}

#[test]
fn what_is_special_in_a_plan_is_in_its_campaign() {
    // Different departments collect different forms, each by its own day.
    let lai_chau = load("lai-chau-2023");
    for form in &lai_chau.forms {
        assert_eq!(lai_chau.quota_of_form(form), Some(700));
    }
    let collects = |unit: &str| {
        let unit = lai_chau.unit(unit).unwrap();
        unit.quotas
            .iter()
            .map(|q| q.form.trim_start_matches("lai-chau-2023-"))
            .collect::<Vec<_>>()
    };
    assert_eq!(collects("van-phong"), ["01"]);
    assert_eq!(collects("truyen-thong"), ["02", "03", "04"]);
    assert_eq!(collects("muong-te"), ["01", "02", "03", "04"]);
    let due = |unit: &str| lai_chau.deadline_of(Some(unit), None).map(Day::written);
    assert_eq!(due("van-phong").as_deref(), Some("02/12/2023"));
    assert_eq!(due("muong-te").as_deref(), Some("02/12/2023"));
    assert_eq!(due("truyen-thong").as_deref(), Some("15/12/2023"));
    assert_eq!(due("lai-chau").as_deref(), Some("15/12/2023"));

    let binh_dinh = load("binh-dinh-2024");
    assert_eq!(binh_dinh.channels, Channel::ALL);
    let quotas = |c: &Campaign| {
        let all: Vec<u32> = c.units.iter().filter_map(|u| u.whole_quota()).collect();
        all
    };
    let mut expected = vec![80; 11];
    expected[0] = 50;
    assert_eq!(quotas(&binh_dinh), expected);

    // Each form: half on paper and half online, half in town and half outside.
    let tien_giang = load("tien-giang-2024");
    for area in [Area::Urban, Area::Rural] {
        let of_area = |u: &&phieu::station::CampaignUnit| u.area == Some(area);
        let units: Vec<_> = tien_giang.units.iter().filter(of_area).collect();
        for form in &tien_giang.forms {
            for channel in [Channel::Counter, Channel::Online] {
                let sum: u32 = units
                    .iter()
                    .flat_map(|u| &u.quotas)
                    .filter(|q| q.form == *form && q.channel == Some(channel))
                    .filter_map(|q| q.quota)
                    .sum();
                assert_eq!(sum, 100, "{form} {area:?} {channel:?}");
            }
        }
    }

    // 300 sheets and a box in each ward, and at the district itself.
    let ba_dinh = load("ba-dinh-2022");
    assert_eq!(quotas(&ba_dinh), vec![300; 15]);
    let with_box: BTreeSet<_> = ba_dinh.boxes.iter().map(|b| b.unit.as_deref()).collect();
    let units: BTreeSet<_> = ba_dinh.units.iter().map(|u| Some(u.id.as_str())).collect();
    assert_eq!(with_box, units);
}

#[test]
fn folders_and_campaigns_name_the_same_forms() {
    for plan in &PLANS {
        let campaign = load(plan.name);
        let of_folders = |f: &&LoadedForm| f.dir.is_some();
        let library = Library::load(&campaign.templates).unwrap();
        let in_folders: BTreeSet<String> = library
            .forms()
            .filter(of_folders)
            .map(|f| f.layout.form.clone())
            .collect();
        let named: BTreeSet<String> = campaign.forms.iter().cloned().collect();
        if plan.name == "ba-dinh-2022" {
            // Its form ships with the program.
            assert!(in_folders.is_empty() && library.get("ba-dinh-2022").is_some());
        } else {
            assert_eq!(in_folders, named, "{}", plan.name);
        }
        for form in forms(&campaign) {
            // A form's folder is called as the form, and nobody takes it for the
            // office's own: its head says where the questions come from.
            let Some(dir) = &form.dir else { continue };
            assert_eq!(dir.file_name().unwrap().to_str(), Some(&*form.layout.form));
            let head: Vec<&str> = form
                .text
                .lines()
                .map_while(|l| l.strip_prefix('#'))
                .flat_map(str::split_whitespace)
                .collect();
            let head = head.join(" ");
            let says_so = ["drafted by the authors of phieu", "NOT the province's own"];
            assert!(says_so.iter().any(|words| head.contains(words)), "{head}");
            assert!(head.contains("raise `version`"), "{head}");
        }
    }
}

/// One campaign's forms are recognisable in a list, and fit on one sheet.
#[test]
fn forms_have_titles_of_their_own_and_a_front_and_a_back() {
    for plan in &PLANS {
        let all = forms(&load(plan.name));
        let titles: BTreeSet<String> = all.iter().map(LoadedForm::title).collect();
        assert_eq!(titles.len(), all.len(), "{}", plan.name);
        for form in &all {
            assert!(form.layout.pages.len() <= 2, "{}", form.layout.form);
            let what = violations(&form.layout);
            assert!(what.is_empty(), "{}: {what:?}", form.layout.form);
        }
    }
}

/// Printed, marked, copied badly, filled in by simulated people, and read.
fn passes_the_check(name: &str) {
    for form in forms(&load(name)) {
        let what = form
            .dir
            .map_or(form.layout.form, |d| d.display().to_string());
        let out = command(Path::new("."), &["form", "check", &what])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&out.stdout);
        assert_eq!(out.status.code(), Some(0), "{what}\n{said}");
        assert_eq!(said.matches('✓').count(), 3, "{what}\n{said}");
    }
}

// One test a campaign: they run at the same time.
#[test]
fn forms_of_lai_chau_pass_the_check() {
    passes_the_check("lai-chau-2023");
}

#[test]
fn forms_of_binh_dinh_pass_the_check() {
    passes_the_check("binh-dinh-2024");
}

#[test]
fn forms_of_tien_giang_pass_the_check() {
    passes_the_check("tien-giang-2024");
}

#[test]
fn forms_of_ba_dinh_and_hoang_kim_pass_the_check() {
    passes_the_check("ba-dinh-2022");
    passes_the_check("hoang-kim-2024");
}

#[test]
fn every_question_that_counts_is_in_one_factor() {
    for plan in PLANS.iter().filter(|p| p.name != "ba-dinh-2022") {
        let mut factors: BTreeMap<String, String> = BTreeMap::new();
        for form in forms(&load(plan.name)) {
            let id = &form.layout.form;
            let meaning = meaning(&form);
            let counted: BTreeSet<&str> = meaning
                .questions
                .iter()
                .filter(|q| q.has_index())
                .map(|q| q.id.as_str())
                .collect();
            let mut placed = BTreeSet::new();
            for factor in meaning.contents.iter().flat_map(|c| &c.factors) {
                placed.extend(factor.questions.iter().map(String::as_str));
                // The forms of a campaign mean the same by the same factor.
                let text = factors
                    .entry(factor.id.clone())
                    .or_insert_with(|| factor.text.clone());
                assert_eq!(*text, factor.text, "{id}");
            }
            assert_eq!(counted, placed, "{id}");
            // "Không có ý kiến" is outside the denominator wherever it stands.
            for choice in meaning.questions.iter().flat_map(|q| &q.choices) {
                assert_eq!(choice.excluded, choice.id == "khong-y-kien", "{id}");
            }
        }
    }
}

/// Two contents of 4 and 5 factors, six kinds of transaction in five fields; and
/// criteria so many that the published figures fit together.
#[test]
fn tien_giang_weighs_its_contents_as_the_published_figures_do() {
    let mut fields = BTreeSet::new();
    for form in forms(&load("tien-giang-2024")) {
        let meaning = meaning(&form);
        let [first, second] = &meaning.contents[..] else {
            panic!("two contents");
        };
        assert_eq!((first.factors.len(), second.factors.len()), (4, 5));
        let count = |c: &phieu::form::Content| -> u32 {
            c.factors.iter().map(|f| f.questions.len() as u32).sum()
        };
        let (a, b) = (f64::from(count(first)), f64::from(count(second)));
        let index = (84.62 * a + 85.98 * b) / (a + b);
        assert_eq!(format!("{index:.2}"), "85.61", "{}", form.layout.form);
        fields.insert(meaning.rules.field.unwrap());
    }
    assert_eq!(fields.len(), 5);
}

#[test]
fn a_station_is_made_of_each_and_shows_it_again() {
    for plan in &PLANS {
        let dir = tempfile::tempdir().unwrap();
        let file = file(plan.name).display().to_string();
        let phieu = |args: &[&str]| {
            let out = command(dir.path(), args).output().unwrap();
            let errors = String::from_utf8_lossy(&out.stderr).into_owned();
            assert_eq!(out.status.code(), Some(0), "{args:?}\n{errors}");
            String::from_utf8(out.stdout).unwrap()
        };
        phieu(&["init", "trạm", "--campaign", &file]);
        let said = phieu(&["campaign", "show", "--station", "trạm", "--json"]);
        let shown: serde_json::Value = serde_json::from_str(&said).unwrap();
        let count = |key: &str| shown[key].as_array().map_or(0, Vec::len);
        assert_eq!(count("forms"), plan.forms, "{}", plan.name);
        assert_eq!(count("units"), plan.units, "{}", plan.name);
        assert_eq!(count("boxes"), plan.boxes, "{}", plan.name);
        let source = phieu(&["campaign", "show", "--station", "trạm", "--source"]);
        assert_eq!(source, std::fs::read_to_string(file).unwrap());
        // The station has its forms with it, wherever the folder goes.
        let kept = Library::load(&[dir.path().join("trạm/forms")]).unwrap();
        for form in forms(&load(plan.name)) {
            let same = kept.get(&form.layout.form).map(|f| &f.layout.digest);
            assert_eq!(same, Some(&form.layout.digest));
        }
    }
}

/// Ids are short enough to be printed into the codes of every form.
#[test]
fn units_and_boxes_can_be_printed_on_the_sheets() {
    for plan in &PLANS {
        let campaign = load(plan.name);
        for form in forms(&campaign) {
            for unit in &campaign.units {
                let ballot_box = campaign
                    .boxes
                    .iter()
                    .find(|b| b.unit.as_ref() == Some(&unit.id))
                    .map(|b| b.id.clone());
                let payload = Payload {
                    form: form.layout.form.clone(),
                    version: form.layout.version,
                    digest: form.layout.digest.clone(),
                    page: 1,
                    serial: None,
                    unit: Some(unit.id.clone()),
                    ballot_box,
                };
                assert!(payload.encode(&Key::public()).is_ok(), "{}", unit.id);
            }
        }
    }
}
