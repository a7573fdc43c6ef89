//! Packages that somebody altered, cut off, or made up.

use std::fs;
use std::io::{Cursor, Read, Write};

use crate::exchange_support::World;
use phieu::exchange::{ExchangeError, Package, check, import};
use phieu::station::Station;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use zip::write::SimpleFileOptions;

/// A commune's package, and the district that would take it.
struct Case {
    world: World,
    good: Vec<u8>,
    huyen: Station,
}

impl Case {
    fn new() -> Self {
        let world = World::new(&["xa1", "huyen"]);
        let yes: &[&str] = &["q1.co", "q2.nhanh", "q2.tot"];
        world.scan(
            "xa1",
            "xa-1/h1",
            &[(1, yes), (2, &["q1.khong"]), (3, &["q1.co"])],
        );
        world.export(0, "xa1", "xa1.phieu");
        let good = fs::read(world.path("xa1.phieu")).unwrap();
        let huyen = Station::open(&world.path("huyen")).unwrap();
        Self { world, good, huyen }
    }

    /// Everything in the database and beside it that a package could leave.
    fn state(&self) -> (String, usize, bool) {
        let store = self.huyen.store().unwrap();
        (
            store.log_head().unwrap().hash,
            store.sources().unwrap().len(),
            self.world.path("huyen/packages").exists(),
        )
    }

    fn refusal(&self, bytes: &[u8]) -> ExchangeError {
        let file = self.world.path("altered.phieu");
        fs::write(&file, bytes).unwrap();
        let before = self.state();
        let error = import(&self.huyen, &file).expect_err("it was taken in");
        assert_eq!(self.state(), before, "something was written: {error}");
        error
    }

    fn changes(&self, times: usize) {
        let mut dice = ChaCha8Rng::seed_from_u64(2026);
        for _ in 0..times {
            let at = dice.random_range(0..self.good.len());
            let mut bad = self.good.clone();
            bad[at] ^= dice.random_range(1..=255u8);
            self.refusal(&bad);
        }
    }
}

#[test]
fn a_byte_that_was_changed_is_refused_before_anything_is_written() {
    let case = Case::new();
    case.changes(150);
    // And it was nothing else that was refused.
    fs::write(case.world.path("good.phieu"), &case.good).unwrap();
    import(&case.huyen, &case.world.path("good.phieu")).unwrap();
}

/// Run with: cargo test --release --test exchange hostile:: -- --ignored
#[test]
#[ignore = "two thousand packages"]
fn two_thousand_changed_bytes_and_then_each_byte_once_are_refused() {
    let case = Case::new();
    case.changes(2000);
    // Without the station: each byte, each bit of it. What opens has the same key and
    // manifest; the rest must fail when it is unpacked, and nothing opens.
    for at in 0..case.good.len() {
        for bit in 0..8 {
            let mut bad = case.good.clone();
            bad[at] ^= 1 << bit;
            assert!(Package::open(&bad).is_err(), "byte {at}, bit {bit}");
        }
    }
}

#[test]
fn a_package_that_is_cut_off_or_has_something_more_is_refused() {
    let case = Case::new();
    let n = case.good.len();
    for to in [0, 1, 21, 22, 100, n / 3, n / 2, n - 23, n - 22, n - 1] {
        case.refusal(&case.good[..to]);
    }
    case.refusal(&[&case.good[..], &[0]].concat());
    case.refusal(&[&[0], &case.good[..]].concat());
    case.refusal(&[&case.good[..], &case.good[..]].concat());
    case.refusal(&[&case.good[..n - 1], &[1], b"x"].concat());
}

/// The same members in another zip program's file, with one more, or otherwise.
fn rezipped(good: &[u8], more: &[(&str, &[u8])], skip: &str) -> Vec<u8> {
    let mut old = zip::ZipArchive::new(Cursor::new(good)).unwrap();
    let mut new = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let plain = SimpleFileOptions::default();
    let names: Vec<String> = old.file_names().map(|n| n.unwrap().into_owned()).collect();
    for name in names.iter().filter(|n| *n != skip) {
        let mut content = Vec::new();
        old.by_name(name)
            .unwrap()
            .read_to_end(&mut content)
            .unwrap();
        new.start_file(name.as_str(), plain).unwrap();
        new.write_all(&content).unwrap();
    }
    for (name, content) in more {
        new.start_file(*name, plain).unwrap();
        new.write_all(content).unwrap();
    }
    new.finish().unwrap().into_inner()
}

/// A member as it lies in a package: name, method, CRC, size, packed bytes.
type Raw = (Vec<u8>, u16, u32, u32, Vec<u8>);

/// A zip as a package has it, by hand: names may be anything.
fn pack(members: &[Raw]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, method, crc, size, packed) in members {
        let at = out.len() as u32;
        let mut common = Vec::new();
        for word in [20u16, 0x0800, *method, 0, 0x21] {
            common.extend(word.to_le_bytes());
        }
        for long in [*crc, packed.len() as u32, *size] {
            common.extend(long.to_le_bytes());
        }
        common.extend((name.len() as u16).to_le_bytes());
        common.extend([0, 0]);
        out.extend(0x0403_4b50u32.to_le_bytes());
        out.extend(&common);
        out.extend(name);
        out.extend(packed);
        directory.extend(0x0201_4b50u32.to_le_bytes());
        directory.extend(20u16.to_le_bytes());
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(at.to_le_bytes());
        directory.extend(name);
    }
    let at = out.len() as u32;
    let size = directory.len() as u32;
    out.extend(directory);
    out.extend(0x0605_4b50u32.to_le_bytes());
    out.extend([0; 4]);
    for _ in 0..2 {
        out.extend((members.len() as u16).to_le_bytes());
    }
    out.extend(size.to_le_bytes());
    out.extend(at.to_le_bytes());
    out.extend([0; 2]);
    out
}

fn raw(good: &[u8]) -> Vec<Raw> {
    let mut zip = zip::ZipArchive::new(Cursor::new(good)).unwrap();
    (0..zip.len())
        .map(|i| {
            let entry = zip.by_index_raw(i).unwrap();
            let head = (
                entry.name_raw().to_vec(),
                u16::from(entry.compressed_size() != entry.size()) * 8,
                entry.crc32(),
                entry.size() as u32,
            );
            let from = entry.data_start().unwrap() as usize;
            let packed = good[from..from + entry.compressed_size() as usize].to_vec();
            (head.0, head.1, head.2, head.3, packed)
        })
        .collect()
}

#[test]
fn zips_that_are_not_as_a_package_has_it_are_refused() {
    let case = Case::new();
    let members = raw(&case.good);
    // The tool of this test makes the very package where nothing is changed.
    assert_eq!(pack(&members), case.good);
    let with = |change: &dyn Fn(&mut Vec<Raw>)| {
        let mut all = members.clone();
        change(&mut all);
        case.refusal(&pack(&all)).to_string()
    };
    let named = |name: &str| -> Raw { (name.into(), 8, 0, 0, vec![3, 0]) };
    let evil: [&str; 8] = [
        "../../x",
        "/etc/passwd",
        "C:\\x",
        "..\\x",
        "zz\0",
        "trong.phieu",
        "zz/",
        "ballots/../x.csv",
    ];
    for name in evil {
        let said = with(&|all| {
            all.push(named(name));
            all[2..].sort();
        });
        assert!(
            said.contains("a member that no package has"),
            "{name:?}: {said}"
        );
        assert!(!said.contains('\0'), "{said}");
    }
    // A package in a package is only a member that no package has.
    let inner = case.good.clone();
    let said = with(&|all| {
        all.push(("zz.phieu".into(), 0, 0, inner.len() as u32, inner.clone()));
    });
    assert!(said.contains("not as a package has it"), "{said}");
    with(&|all| all.push(all[2].clone()));
    with(&|all| all.insert(3, all[2].clone()));
    with(&|all| all.swap(2, 3));
    with(&|all| all.swap(0, 1));
    with(&|all| {
        all.remove(2);
    });
    with(&|all| {
        all.remove(0);
    });
    with(&|all| all.clear());
    with(&|all| all[3].0 = vec![0xff, 0xfe]);
    // Another program's zip of the same members; with one left out or one more.
    case.refusal(&rezipped(&case.good, &[], ""));
    case.refusal(&rezipped(&case.good, &[("zz", b"x")], ""));
    case.refusal(&rezipped(&case.good, &[], "counts.json"));
    case.refusal(b"PK\x05\x06");
    case.refusal(&pack(&[]));
}

#[test]
fn a_bomb_is_seen_before_it_is_unpacked() {
    let case = Case::new();
    let members = raw(&case.good);
    // It says how large it is.
    let mut all = members.clone();
    let at = all.iter().position(|m| m.0 == b"boxes.json").unwrap();
    all[at].3 = u32::MAX;
    assert!(matches!(
        case.refusal(&pack(&all)),
        ExchangeError::TooLarge { .. }
    ));
    // Or it does not: a gigabyte of zeros behind the size of the true member.
    let mut packed = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    let zeros = vec![0; 1 << 20];
    for _ in 0..64 {
        packed.write_all(&zeros).unwrap();
    }
    let mut all = members.clone();
    all[at].4 = packed.finish().unwrap();
    assert!(matches!(
        case.refusal(&pack(&all)),
        ExchangeError::MemberChanged(_)
    ));
    // A stored member that says more than a manifest may have.
    let mut all = members;
    all[0].4 = vec![b' '; 17 << 20];
    all[0].3 = 17 << 20;
    assert!(matches!(
        case.refusal(&pack(&all)),
        ExchangeError::TooLarge { .. }
    ));
}

/// Somebody whose key is believed signs what is not so.
#[test]
fn a_member_under_a_manifest_of_another_package_is_refused() {
    let case = Case::new();
    case.world.scan("xa1", "xa-1/h2", &[(9, &["q1.khong"])]);
    case.world.export(0, "xa1", "2.phieu");
    let other = raw(&fs::read(case.world.path("2.phieu")).unwrap());
    let members = raw(&case.good);
    assert_eq!(other.len(), members.len());
    for at in 0..members.len() {
        if members[at] == other[at] {
            continue;
        }
        let mut mixed = members.clone();
        mixed[at] = other[at].clone();
        case.refusal(&pack(&mixed));
    }
    // Manifest and signature of the one, members of the other.
    let mut mixed = members.clone();
    mixed[..2].clone_from_slice(&other[..2]);
    case.refusal(&pack(&mixed));
    // The signature of an unknown key over the very same manifest.
    case.world.station("lạ");
    let key = phieu::exchange::StationKey::of(&Station::open(&case.world.path("lạ")).unwrap());
    let known = String::from_utf8(members[1].4.clone()).unwrap();
    let good = Package::open(&case.good).unwrap().key.hex();
    let altered = known.replace(&good, &key.unwrap().public().hex());
    let mut mixed = members;
    mixed[1].4 = altered.clone().into_bytes();
    let mut crc = flate2::Crc::new();
    crc.update(altered.as_bytes());
    mixed[1].2 = crc.sum();
    assert!(matches!(
        case.refusal(&pack(&mixed)),
        ExchangeError::BadSignature
    ));
}

/// Any bytes, and packages with several bytes changed, end in an error, never in a
/// panic, and never in a file outside the station.
#[test]
fn garbage_is_refused() {
    let case = Case::new();
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[5; 32]);
    let config = Config {
        cases: 300,
        failure_persistence: None,
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(config, rng);
    let bytes = proptest::collection::vec(proptest::num::u8::ANY, 0..300);
    runner
        .run(&bytes, |bytes| {
            proptest::prop_assert!(Package::open(&bytes).is_err());
            let mut tail = case.good.clone();
            let at = bytes.len() * 7 % tail.len();
            for (to, from) in tail[at..].iter_mut().zip(&bytes) {
                *to = *from;
            }
            proptest::prop_assert!(bytes.is_empty() || Package::open(&tail).is_err());
            Ok(())
        })
        .unwrap();
    let file = case.world.path("x.phieu");
    fs::write(&file, [7; 40]).unwrap();
    assert!(check(&case.huyen, &file).is_err());
    assert!(check(&case.huyen, &case.world.path("nowhere.phieu")).is_err());
}
