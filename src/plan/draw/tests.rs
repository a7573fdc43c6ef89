use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proptest::prelude::*;

use super::*;

fn seed() -> Seed {
    Seed::parse("31415 92653 58979 32384").unwrap()
}

fn sheet(csv: &str) -> Sheet {
    Sheet::of_bytes(Path::new("ds.csv"), csv.as_bytes(), None).unwrap()
}

fn keyed(strata: &[usize]) -> Columns {
    Columns {
        key: Some(0),
        strata: strata.to_vec(),
        once: false,
    }
}

/// A list of so many people, a third of them in town.
fn people(count: usize) -> Vec<[String; 2]> {
    let strata = ["Thành thị", "Nông thôn", "Nông thôn"];
    (0..count)
        .map(|i| [format!("BN-{i:04}"), strata[i % 3].to_owned()])
        .collect()
}

fn listed(rows: &[[String; 2]]) -> List {
    let mut csv = String::from("mã,vùng\n");
    for [key, stratum] in rows {
        csv.push_str(&format!("{key},{stratum}\n"));
    }
    List::of(&sheet(&csv), &keyed(&[1])).unwrap()
}

fn keys(draw: &Draw, reserve: bool) -> BTreeSet<String> {
    let of = draw.drawn.iter().filter(|d| d.reserve == reserve);
    of.map(|d| d.person.key.clone()).collect()
}

#[test]
fn rows_that_cannot_be_drawn_from_are_named() {
    let of = |csv: &str, columns: &Columns| List::of(&sheet(csv), columns);
    let error = of("mã,tên\na1,A\n,B\na3,C\n,D\n", &keyed(&[])).unwrap_err();
    assert!(error.to_string().contains("dòng 3, 5"), "{error}");
    let twice = "mã,tên\na1,A\na2,B\na1,C\n";
    let error = of(twice, &keyed(&[])).unwrap_err();
    assert!(error.to_string().contains("a1 (dòng/rows 2, 4)"), "{error}");
    let error = of("mã,vùng\na1,x\na2,\n", &keyed(&[1])).unwrap_err();
    assert!(
        matches!(error, PlanError::NoStratum { count: 1, .. }),
        "{error}"
    );
    // With leave to, a key counts once: the row that sorts first, in whatever order.
    let allowed = Columns {
        once: true,
        ..keyed(&[])
    };
    for csv in [twice, "mã,tên\na1,C\na1,A\na2,B\n"] {
        let list = of(csv, &allowed).unwrap();
        assert_eq!((list.people.len(), list.doubled), (2, 1));
        let kept = list.people.iter().find(|p| p.key == "a1").unwrap();
        assert_eq!(sheet(csv).rows[kept.at].cells[1], "A");
    }
    let allowed = Columns {
        once: true,
        ..keyed(&[1])
    };
    let error = of("mã,vùng\na1,x\na1,y\n", &allowed).unwrap_err();
    assert!(
        matches!(error, PlanError::KeyInTwoStrata { count: 1, .. }),
        "{error}"
    );
    let error = of("mã,vùng\n", &keyed(&[])).unwrap_err();
    assert!(matches!(error, PlanError::EmptyList));
}

/// The same person written in two ways has two chances: that is said.
#[test]
fn keys_that_look_alike_are_said() {
    let list = List::of(
        &sheet("mã\nBN-001\nbn001\nBN-002\n0012\n12\n-\n+\n"),
        &keyed(&[]),
    )
    .unwrap();
    assert_eq!(list.people.len(), 7);
    assert_eq!(
        list.alike,
        [
            "0012 (dòng/row 5), 12 (dòng/row 6)",
            "BN-001 (dòng/row 2), bn001 (dòng/row 3)"
        ]
    );
}

/// Lists come from Windows and from Macs, which write "ị" as one character or as two.
#[test]
fn letters_of_two_kinds_are_the_same_key_and_stratum() {
    let csv =
        "mã,vùng\nTh\u{1ecb}-1,Th\u{e0}nh th\u{1ecb}\nb,Tha\u{300}nh  thi\u{323}\nc,thành thị\n";
    let list = List::of(&sheet(csv), &keyed(&[1])).unwrap();
    assert_eq!(list.strata().len(), 1);
    let apart = csv.replace('\u{1ecb}', "i\u{323}");
    let other = List::of(&sheet(&apart), &keyed(&[1])).unwrap();
    assert_eq!(list.people[0].key, other.people[0].key);
}

#[test]
fn sizes_and_strata_must_fit() {
    let list = listed(&people(30));
    let named = |all: &[(&str, u64)]| {
        let sizes = all.iter().map(|(s, n)| ((*s).to_owned(), *n)).collect();
        draw(&seed(), &list, &Sizes::Named(sizes), 0)
    };
    assert_eq!(
        list.strata(),
        [("Nông thôn".to_owned(), 20), ("Thành thị".to_owned(), 10)]
    );
    let fits = named(&[("thành thị", 3), ("Nông thôn", 4), ("Miền núi", 0)]).unwrap();
    assert_eq!(fits.counts(), (7, 0));
    assert!(matches!(named(&[("Thành thị", 3)]), Err(PlanError::NoSize(s)) if s == "Nông thôn"));
    assert!(matches!(
        named(&[("Thành thị", 3), ("Nông thôn", 4), ("Biển", 1)]),
        Err(PlanError::UnknownStratum { .. })
    ));
    assert!(matches!(
        named(&[("Thành thị", 11), ("Nông thôn", 4)]),
        Err(PlanError::TooFew {
            rows: 10,
            size: 11,
            ..
        })
    ));
    let whole = draw(&seed(), &list, &Sizes::Whole(15), 0).unwrap();
    assert_eq!(
        whole.strata.iter().map(|s| s.size).collect::<Vec<_>>(),
        [10, 5]
    );
    // A reserve beyond the list is what is left.
    let most = draw(&seed(), &list, &Sizes::Each(8), 5).unwrap();
    assert_eq!(
        most.strata.iter().map(|s| s.reserve).collect::<Vec<_>>(),
        [5, 2]
    );
}

#[test]
fn a_changed_file_is_seen() {
    let list = listed(&people(40));
    let drawn = draw(&seed(), &list, &Sizes::Each(5), 2).unwrap();
    let file: Vec<Claimed> = drawn
        .drawn
        .iter()
        .enumerate()
        .map(|(i, d)| Claimed {
            row: i + 2,
            stratum: d.person.stratum.clone(),
            key: d.person.key.clone(),
            ticket: d.ticket.clone(),
            order: d.order.to_string(),
            reserve: Some(d.reserve),
        })
        .collect();
    assert_eq!(compare(&drawn, &file), []);
    let altered = |change: fn(&mut Vec<Claimed>)| {
        let mut file = file.clone();
        change(&mut file);
        compare(&drawn, &file)
    };
    assert_eq!(altered(|f| f.reverse()), []);
    assert!(matches!(
        altered(|f| drop(f.pop()))[..],
        [Difference::Missing(_)]
    ));
    assert!(matches!(
        altered(|f| f.push(f[0].clone()))[..],
        [Difference::Twice(_)]
    ));
    let exchanged = altered(|f| f[0].key = "BN-9999".into());
    assert!(matches!(
        exchanged[..],
        [Difference::Extra(_), Difference::Missing(_)]
    ));
    for change in [
        (|f: &mut Vec<Claimed>| f[0].reserve = Some(true)) as fn(&mut Vec<Claimed>),
        |f| f[0].ticket.replace_range(..1, "x"),
        |f| f[0].stratum = "Biển".into(),
        |f| f[1].order = "1".into(),
        |f| f[1].reserve = None,
    ] {
        assert!(matches!(altered(change)[..], [Difference::Otherwise(..)]));
    }
}

proptest! {
    /// Drawn are people of the list, so many of each stratum as was asked for, and the
    /// reserve is others.
    #[test]
    fn a_draw_is_a_part_of_the_list(count in 3usize..80, size in 0u64..20, reserve in 0u64..20) {
        let list = listed(&people(count));
        if let Ok(drawn) = draw(&seed(), &list, &Sizes::Each(size), reserve) {
            let (chosen, spare) = (keys(&drawn, false), keys(&drawn, true));
            prop_assert!(chosen.is_disjoint(&spare));
            prop_assert_eq!(chosen.len() + spare.len(), drawn.drawn.len());
            for s in &drawn.strata {
                let of = |reserve| drawn.drawn.iter().filter(|d| d.person.stratum == s.name && d.reserve == reserve).count();
                prop_assert_eq!((of(false), of(true)), (s.size, s.reserve));
                prop_assert_eq!(s.size as u64, size);
                prop_assert_eq!(s.reserve, (reserve as usize).min(s.rows - s.size));
            }
            for d in &drawn.drawn {
                prop_assert_eq!(&list.people[d.person.at], &d.person);
            }
        } else {
            prop_assert!(list.strata().iter().any(|(_, rows)| (*rows as u64) < size));
        }
    }

    /// The order of the list does not matter, and people who are added or taken away
    /// take no others with them.
    #[test]
    fn the_order_of_the_list_does_not_matter(count in 10usize..60, turn in 0usize..60, size in 1u64..15) {
        let mut rows = people(count);
        let before = draw(&seed(), &listed(&rows), &Sizes::Whole(size.min(count as u64)), 3).unwrap();
        let turned = turn % count;
        rows.rotate_left(turned);
        rows.reverse();
        let after = draw(&seed(), &listed(&rows), &Sizes::Whole(size.min(count as u64)), 3).unwrap();
        prop_assert_eq!(before.digest(false), after.digest(false));
        prop_assert_eq!(before.digest(true), after.digest(true));
        prop_assert_eq!(keys(&before, false), keys(&after, false));
        prop_assert_eq!(&before.strata, &after.strata);
    }

    /// A larger sample contains the smaller one, and begins with its reserve.
    #[test]
    fn a_larger_sample_contains_the_smaller_one(count in 20usize..80, size in 0u64..6, more in 0u64..6) {
        let list = listed(&people(count));
        let small = draw(&seed(), &list, &Sizes::Each(size), more);
        let large = draw(&seed(), &list, &Sizes::Each(size + more), 0);
        if let (Ok(small), Ok(large)) = (small, large) {
            prop_assert!(keys(&small, false).is_subset(&keys(&large, false)));
            let both: BTreeSet<String> = keys(&small, false).union(&keys(&small, true)).cloned().collect();
            prop_assert_eq!(both, keys(&large, false));
        }
    }
}

/// 4,000 draws of 12 out of 60 with as many seeds: chi-square of how often each was drawn,
/// against equal chances. Without replacement the sum of (n − m)² / (m · (1 − 12/60)) over
/// all, times 59/60, is about chi-square with 59 degrees of freedom: between 31.0 and
/// 98.4 but for one in a thousand at either side (Wilson and Hilferty's approximation).
/// The seeds are fixed: this passes always or never.
#[test]
fn everybody_is_as_likely_as_anybody() {
    let rows: Vec<[String; 2]> = people(60);
    let list = listed(&rows);
    let single = List {
        people: list
            .people
            .iter()
            .map(|p| Listed {
                stratum: String::new(),
                ..p.clone()
            })
            .collect(),
        ..list
    };
    const DRAWS: u32 = 4_000;
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    let mut pairs = 0u32;
    for n in 0..DRAWS {
        let seed = Seed::parse(&format!("{:020}", u64::from(n) * 7_919)).unwrap();
        let drawn = keys(&draw(&seed, &single, &Sizes::Whole(12), 0).unwrap(), false);
        pairs += u32::from(drawn.contains("BN-0000") && drawn.contains("BN-0001"));
        for key in drawn {
            *counts.entry(key).or_default() += 1;
        }
    }
    assert_eq!(counts.len(), 60);
    let mean = f64::from(DRAWS) * 12.0 / 60.0;
    let spread = mean * (1.0 - 12.0 / 60.0);
    let sum: f64 = counts
        .values()
        .map(|n| (f64::from(*n) - mean).powi(2) / spread)
        .sum();
    let chi_square = sum * 59.0 / 60.0;
    assert!((31.0..98.4).contains(&chi_square), "{chi_square}");
    // Two neighbours on the list come together as often as any two: 12·11 / (60·59).
    let together = f64::from(DRAWS) * 132.0 / 3_540.0;
    assert!(
        (f64::from(pairs) - together).abs() < 4.0 * together.sqrt(),
        "{pairs}"
    );
}
