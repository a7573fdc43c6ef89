use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::plan::PlanError;
use crate::plan::size::Division;
use crate::sheet::Sheet;

fn campaign(text: &str) -> Campaign {
    Campaign::of_source(&format!("name = \"a\"\n{text}")).unwrap()
}

fn table(text: &str) -> QuotaTable {
    QuotaTable::of(&campaign(text), false)
}

fn sheet(csv: &str) -> Sheet {
    Sheet::of_bytes(Path::new("bảng.csv"), csv.as_bytes(), None).unwrap()
}

fn read(csv: &str) -> Result<Draft, PlanError> {
    from_table(&sheet(csv), Draft::default(), &TableRules::default())
}

fn shipped(name: &str) -> Campaign {
    let path = format!("templates/campaigns/{name}/campaign.toml");
    Campaign::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[test]
fn units_have_their_own_and_that_of_those_below() {
    let table = table(
        r#"
        forms = ["m1", "m2"]
        channels = ["counter", "online"]
        quotas = [{ form = "m1", quota = 100 }, { form = "m1", channel = "online", quota = 10 }]
        units = [
            { id = "tinh" },
            { id = "huyen", parent = "tinh", quotas = [{ form = "m1", quota = 60 }] },
            { id = "xa", parent = "huyen", quotas = [{ form = "m1", quota = 30 }, { form = "m1", channel = "online", quota = 10 }] },
            { id = "huyen-2", parent = "tinh", quota = 7 },
        ]
        "#,
    );
    let heads: Vec<String> = table.columns.iter().map(Column::head).collect();
    assert_eq!(heads, ["m1", "m1/online", "quota"]);
    let whole: Vec<_> = table
        .rows
        .iter()
        .map(|r| (r.depth, r.own(), r.whole()))
        .collect();
    assert_eq!(
        whole,
        [
            (0, None, Some(107)),
            (1, Some(60), Some(100)),
            (2, Some(40), Some(40)),
            (1, Some(7), Some(7))
        ]
    );
    assert_eq!(table.sums(), [Some(90), Some(10), Some(7)]);
    let paper = Column {
        form: Some("m1".into()),
        channel: None,
    };
    assert_eq!(
        table.deviations,
        [
            Deviation::FormTotal {
                column: paper,
                planned: 100,
                units: 90
            },
            Deviation::Undivided {
                unit: "huyen-2".into(),
                quota: 7
            },
        ]
    );
}

/// A parent that repeats the sum of its children doubles the campaign: 700 became 1,400.
#[test]
fn a_parent_that_repeats_its_children_is_said() {
    let text = r#"
        forms = ["m1"]
        units = [
            { id = "tinh", quota = 700 },
            { id = "a", parent = "tinh", quota = 300 },
            { id = "b", parent = "tinh", quota = 400 },
            { id = "c", parent = "tinh" },
        ]
    "#;
    let table = table(text);
    assert_eq!(table.sums(), [Some(1400)]);
    assert_eq!(
        table.deviations,
        [
            Deviation::CountedTwice {
                unit: "tinh".into(),
                quota: 700
            },
            Deviation::NoQuota { unit: "c".into() },
        ]
    );
    // Where parents are said to be totals, it is just right, and another number is not.
    let totals = QuotaTable::of(&campaign(text), true);
    assert_eq!(totals.sums(), [Some(700)]);
    assert_eq!(totals.deviations, [Deviation::NoQuota { unit: "c".into() }]);
    let wrong = QuotaTable::of(&campaign(&text.replace("quota = 700", "quota = 720")), true);
    assert!(matches!(
        wrong.deviations[0],
        Deviation::Parent {
            quota: 720,
            below: 700,
            ..
        }
    ));
}

/// The five campaigns that ship add up.
#[test]
fn the_campaigns_that_ship_add_up() {
    for (name, sum) in [
        ("lai-chau-2023", 2800),
        ("binh-dinh-2024", 850),
        ("tien-giang-2024", 2400),
        ("ba-dinh-2022", 4500),
    ] {
        let table = QuotaTable::of(&shipped(name), false);
        assert_eq!(table.deviations, [], "{name}");
        assert_eq!(table.sums().iter().flatten().sum::<u64>(), sum, "{name}");
        assert_eq!(table.sums(), table.planned, "{name}");
    }
    // One office without units.
    let hoang_kim = QuotaTable::of(&shipped("hoang-kim-2024"), false);
    assert_eq!(hoang_kim.planned, [Some(30), Some(15)]);
    assert_eq!(
        (hoang_kim.sums(), hoang_kim.deviations),
        (vec![None, None], vec![])
    );
}

/// Lai Châu's plan: 700 of each form, 87 to each of seven districts, 91 to a department.
#[test]
fn seven_hundred_are_ninety_one_and_seven_times_eighty_seven() {
    let lai_chau = shipped("lai-chau-2023");
    let units = |first: &str| -> Vec<UnitWeight> {
        let leaf = |u: &&CampaignUnit| {
            u.parent.is_some() && !["van-phong", "truyen-thong"].contains(&u.id.as_str())
        };
        let unit = |id: &str| UnitWeight {
            unit: lai_chau.unit(id).unwrap().clone(),
            weight: 1,
        };
        let mut out = vec![unit(first)];
        out.extend(lai_chau.units.iter().filter(leaf).map(|u| unit(&u.id)));
        out
    };
    let mut draft = Draft::of(Some(&lai_chau));
    for (form, first) in ["van-phong", "truyen-thong", "truyen-thong", "truyen-thong"]
        .into_iter()
        .enumerate()
    {
        let rules = TotalRules {
            totals: vec![(Some(lai_chau.forms[form].clone()), 700)],
            division: Division::Equal,
            least: 0,
            rest_to: Some(first.into()),
            channels: vec![],
        };
        draft = from_total(draft, &units(first), &rules).unwrap();
    }
    let made = draft.campaign().unwrap();
    assert_eq!(made.quotas, lai_chau.quotas);
    assert_eq!(made.units, lai_chau.units);
}

#[test]
fn a_table_becomes_units() {
    let draft = read(
        "STT,Đơn vị,Khu vực,m-01,m-01 / trực tuyến,m-02,Tổng cộng\n\
         1,BHXH huyện Tam Đường,nông thôn,87,13,\"1.200\",1300\n\
         2,BHXH thị xã Mường Lay,thành thị,90,-,,90\n\
         ,Tổng cộng,,177,13,1200,1390\n",
    )
    .unwrap();
    let toml = draft.toml().unwrap();
    let made = draft.campaign().unwrap();
    assert_eq!(made.forms, ["m-01", "m-02"]);
    let ids: Vec<&str> = made.units.iter().map(|u| u.id.as_str()).collect();
    assert_eq!(ids, ["bhxh-huyen-tam-duong", "bhxh-thi-xa-muong-lay"]);
    assert_eq!(made.quota_of_form("m-02"), Some(1200));
    assert!(
        toml.contains("{ form = \"m-01\", channel = \"online\", quota = 13 }"),
        "{toml}"
    );
    assert!(toml.contains("area = \"urban\""), "{toml}");
    assert_eq!(QuotaTable::of(&made, false).deviations, []);
}

#[test]
fn a_table_that_is_wrong_is_told_where() {
    for (csv, word) in [
        ("unit,m1,tổng\na,3,4\n", "dòng 2, cột \"tổng\": ghi 4"),
        ("unit,m1\na,3\nb,4\ntổng,8\n", "dòng 4, cột \"m1\": ghi 8"),
        ("unit,m1\na,3\na,4\n", "có hai lần"),
        ("unit,m1\na,1.5\n", "dòng 2, cột \"m1\": \"1.5\""),
        ("unit,m1\n,3\n", "không ghi đơn vị"),
        ("unit,Mẫu số 1\na,3\n", "--column \"Mẫu số 1=FORM\""),
        ("m1,m2\n1,2\n", "đơn vị"),
        ("unit,area,m1\na,biển,3\n", "thành thị hay nông thôn"),
        ("unit,m1\na,5000000000\n", "quá nhiều"),
        ("name,m1\n???,5\n", "không đặt được mã"),
    ] {
        let error = read(csv).and_then(|d| d.toml()).unwrap_err().to_string();
        assert!(error.contains(word), "{csv}: {error}");
    }
    // A circle of parents, and a parent that is not there: the campaign's own errors.
    for csv in ["unit,parent,m1\na,b,1\nb,a,1\n", "unit,parent,m1\na,x,1\n"] {
        assert!(
            matches!(read(csv).unwrap().toml(), Err(PlanError::Campaign(_))),
            "{csv}"
        );
    }
    // A unit that the campaign has not is a slip, not a new unit.
    let known = campaign("forms = [\"m1\"]\nunits = [{ id = \"a\", name = \"Phường A\" }]");
    let into = |csv: &str| from_table(&sheet(csv), Draft::of(Some(&known)), &TableRules::default());
    let by_name = into("đơn vị,m1\nphường  A,5\n")
        .unwrap()
        .campaign()
        .unwrap();
    assert_eq!(by_name.units[0].whole_quota(), Some(5));
    let error = into("unit,m1\nA,5\n").unwrap_err().to_string();
    assert!(error.contains("không có đơn vị \"A\""), "{error}");
    let error = into("unit,m2\na,5\n").unwrap_err().to_string();
    assert!(error.contains("\"m2\""), "{error}");
}

#[test]
fn parents_that_are_sums_are_checked_and_left_out() {
    let rules = TableRules {
        parents_are_totals: true,
        ..TableRules::default()
    };
    let of = |top: u32| {
        let csv = format!("unit,parent,m1\ntinh,,{top}\na,tinh,3\nb,tinh,\nc,b,4\ntổng,,7\n");
        from_table(&sheet(&csv), Draft::default(), &rules)
    };
    let made = of(7).unwrap().campaign().unwrap();
    let quotas: Vec<_> = made.units.iter().map(CampaignUnit::whole_quota).collect();
    assert_eq!(quotas, [None, Some(3), None, Some(4)]);
    assert!(matches!(
        of(8),
        Err(PlanError::Sum {
            row: 2,
            written: 8,
            added: 7,
            ..
        })
    ));
}

/// Deadlines, areas and populations of a campaign stay; its old quotas do not.
#[test]
fn what_a_campaign_says_besides_stays() {
    let old = campaign(
        r#"
        forms = ["m1"]
        quotas = [{ form = "m1", quota = 9, deadline = 2024-12-10 }]
        units = [
            { id = "a", name = "Đơn vị \"A\"", area = "rural", population = 50, deadline = 2024-12-01,
              quotas = [{ form = "m1", quota = 9, deadline = 2024-12-05 }] },
            { id = "b", parent = "a", quota = 12 },
        ]
        "#,
    );
    let csv = "unit,m1\na,5\n";
    let made = from_table(&sheet(csv), Draft::of(Some(&old)), &TableRules::default()).unwrap();
    let made = made.campaign().unwrap();
    assert_eq!(made.quotas[0].quota, Some(5));
    assert_eq!(made.quotas[0].deadline, old.quotas[0].deadline);
    let expected = CampaignUnit {
        quotas: vec![Quota {
            quota: Some(5),
            ..old.units[0].quotas[0].clone()
        }],
        ..old.units[0].clone()
    };
    assert_eq!(made.units[0], expected);
    assert_eq!(made.units[1].whole_quota(), None);
}

proptest! {
    /// Whatever is divided: the campaign that comes out adds up to it, by form and channel.
    #[test]
    fn a_divided_total_is_the_total(
        weights in proptest::collection::vec(1u64..500, 1..12),
        totals in proptest::collection::vec(0u64..5000, 1..4),
        ways in proptest::collection::vec(1u64..9, 0..=3),
        is_equal: bool,
    ) {
        let units: Vec<UnitWeight> = weights.iter().enumerate().map(|(i, w)| UnitWeight {
            unit: CampaignUnit { id: format!("u{i}"), ..CampaignUnit::default() },
            weight: *w,
        }).collect();
        let rules = TotalRules {
            totals: totals.iter().enumerate().map(|(i, t)| (Some(format!("m{i}")), *t)).collect(),
            division: if is_equal { Division::Equal } else { Division::Proportional },
            least: 0,
            rest_to: None,
            channels: Channel::ALL.into_iter().zip(ways.iter().copied()).collect(),
        };
        let made = from_total(Draft::default(), &units, &rules).unwrap().campaign().unwrap();
        let table = QuotaTable::of(&made, false);
        prop_assert_eq!(&table.deviations, &[]);
        for (i, total) in totals.iter().enumerate() {
            let form = format!("m{i}");
            let of = table.columns.iter().zip(table.sums()).filter(|(c, _)| c.form.as_ref() == Some(&form));
            prop_assert_eq!(of.filter_map(|(_, n)| n).sum::<u64>(), *total);
        }
    }

    #[test]
    fn any_table_is_read_without_panic(text in "[a-c1-9,;\n.%/\"tổngđơnvị -]{0,80}") {
        let sheet = Sheet::of_bytes(Path::new("x.csv"), text.as_bytes(), None);
        let rules = TableRules::default();
        if let Ok(Ok(draft)) = sheet.map(|s| from_table(&s, Draft::default(), &rules)) {
            let _ = draft.toml();
        }
    }

    #[test]
    fn ids_are_letters_digits_and_lines(name in "\\PC{0,20}") {
        if let Ok(id) = id_of(&name) {
            prop_assert!(id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
            prop_assert_eq!(id_of(&id).unwrap(), id);
        }
    }
}
