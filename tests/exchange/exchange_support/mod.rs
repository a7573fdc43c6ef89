//! Stations of one campaign that send each other packages.

// Each test file uses a part of it.
#![allow(dead_code)]

use std::fs;
use std::path::PathBuf;

use crate::paper::{ONE_PAGE, Office, command};
use serde_json::Value;

pub const CAMPAIGN: &str = r#"
name = "Khảo sát sự hài lòng năm 2026"
templates = ["mẫu phiếu"]
forms = ["mot-trang"]
deadline = 2020-01-02
units = [
    { id = "tinh", name = "Tỉnh" },
    { id = "huyen-1", name = "Huyện Một", parent = "tinh" },
    { id = "xa-1", name = "Xã Một", parent = "huyen-1", quota = 2 },
    { id = "xa-2", name = "Xã Hai", parent = "huyen-1", quota = 9 },
    { id = "xa-3", name = "Xã Ba", parent = "huyen-1", quota = 9 },
    { id = "huyen-2", name = "Huyện Hai", parent = "tinh" },
]
boxes = [
    { id = "h1", unit = "xa-1" }, { id = "h2", unit = "xa-1" },
    { id = "h1", unit = "xa-2" }, { id = "h1", unit = "huyen-1" },
]
"#;

/// Stations in one folder.
pub struct World {
    pub office: Office,
}

impl World {
    /// With these stations, each with a key that the others believe.
    pub fn new(stations: &[&str]) -> Self {
        let office = Office::new(ONE_PAGE);
        fs::write(office.path("campaign.toml"), CAMPAIGN).expect("a campaign");
        let world = Self { office };
        for s in stations {
            world.station(s);
        }
        for a in stations {
            for b in stations.iter().filter(|b| *b != a) {
                world.pin(a, b);
            }
        }
        world
    }

    /// A new station with a key.
    pub fn station(&self, name: &str) {
        self.says(0, &["init", name, "--campaign", "campaign.toml"]);
        self.says(0, &["key", "make", "--station", name]);
        let out = format!("{name}.pub");
        self.says(0, &["key", "show", "--station", name, "--out", &out]);
    }

    /// What somebody reads over the telephone.
    pub fn fingerprint(&self, of: &str) -> String {
        let said = self.says(0, &["key", "show", "--station", of]);
        let line = said.lines().find(|l| l.starts_with("Mã")).expect("a line");
        line.split_once(": ").expect("digits").1.to_owned()
    }

    /// `at` believes the key of `of`.
    pub fn pin(&self, at: &str, of: &str) {
        let (file, print) = (format!("{of}.pub"), self.fingerprint(of));
        self.says(
            0,
            &[
                "key",
                "pin",
                &file,
                "--name",
                of,
                "--fingerprint",
                &print,
                "--station",
                at,
            ],
        );
    }

    /// Scans ballots into a station: number, marked boxes.
    pub fn scan(&self, station: &str, box_: &str, ballots: &[(u64, &[&str])]) {
        let folder = format!("ảnh {station} {} {}", box_.replace('/', "-"), ballots[0].0);
        for (n, marked) in ballots {
            self.office
                .scan(&format!("{folder}/{n}.png"), 1, Some(*n), marked);
        }
        let args = [
            "scan",
            &folder,
            "--station",
            station,
            "--box",
            box_,
            "--templates",
            "mẫu phiếu",
        ];
        let out = command(self.office.dir.path(), &args)
            .output()
            .expect("runs");
        assert!(matches!(out.status.code(), Some(0 | 1)), "{out:?}");
    }

    pub fn says(&self, code: i32, args: &[&str]) -> String {
        self.office.says(code, args)
    }

    pub fn export(&self, code: i32, station: &str, out: &str) -> String {
        self.says(code, &["export", "--station", station, "--out", out])
    }

    pub fn import(&self, code: i32, station: &str, file: &str) -> String {
        self.says(code, &["import", file, "--station", station])
    }

    /// The one line that a refused command says; it changed nothing.
    pub fn refused(&self, args: &[&str]) -> String {
        let out = command(self.office.dir.path(), args)
            .output()
            .expect("runs");
        let errors = String::from_utf8(out.stderr).expect("UTF-8");
        assert_eq!(out.status.code(), Some(2), "{args:?} {errors}");
        assert_eq!(errors.lines().count(), 1, "{errors}");
        errors
    }

    pub fn refuses(&self, station: &str, file: &str) -> String {
        let before = self.log_end(station);
        let said = self.refused(&["import", file, "--station", station]);
        assert_eq!(
            self.log_end(station),
            before,
            "a refused package was logged"
        );
        said
    }

    /// Number of entries of a station's log.
    pub fn log_end(&self, station: &str) -> i64 {
        let said = self.says(0, &["audit", "verify", "--station", station, "--json"]);
        let said: Value = serde_json::from_str(&said).expect("JSON");
        said["entries"].as_i64().expect("a number")
    }

    pub fn sources(&self, station: &str) -> Value {
        let args = ["sources", "--station", station, "--json"];
        let out = command(self.office.dir.path(), &args)
            .output()
            .expect("runs");
        serde_json::from_slice(&out.stdout).expect("JSON")
    }

    /// Counted ballots of a unit, here and in all that came in.
    pub fn counted(&self, station: &str, unit: &str) -> u64 {
        let all = self.sources(station);
        let units = all["units"].as_array().expect("units");
        let of = units.iter().find(|u| u["unit"] == unit).expect("the unit");
        of["counted"].as_u64().expect("a number")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.office.path(name)
    }

    /// A member of a package, as any zip program gives it.
    pub fn member(&self, package: &str, name: &str) -> String {
        use std::io::Read;
        let file = fs::File::open(self.path(package)).expect("the package");
        let mut zip = zip::ZipArchive::new(file).expect("a zip");
        let mut text = String::new();
        zip.by_name(name)
            .expect("the member")
            .read_to_string(&mut text)
            .expect("text");
        text
    }

    pub fn manifest(&self, package: &str) -> Value {
        serde_json::from_str(&self.member(package, "manifest.json")).expect("JSON")
    }
}
