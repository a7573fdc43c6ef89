//! Somebody uses `phieu form` from a script.

use std::path::Path;
use std::process::{Command, Output};

fn phieu(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_phieu"))
        .args(arguments)
        .output()
        .unwrap()
}

fn json(output: &Output) -> serde_json::Value {
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The one line of an error, after checking that it is one.
#[track_caller]
fn error(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(output.stdout.is_empty());
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(text.trim_end().lines().count(), 1, "{text}");
    text
}

#[test]
fn the_forms_at_hand_are_listed() {
    let list = json(&phieu(&["form", "list", "--json"]));
    let entry = list
        .as_array()
        .unwrap()
        .iter()
        .find(|e| e["form"] == "tien-giang-2024")
        .unwrap();
    assert_eq!(entry["version"], 1);
    assert_eq!(entry["pages"], 2);
    assert!(
        entry["title"]
            .as_str()
            .unwrap()
            .starts_with("PHIẾU KHẢO SÁT")
    );
}

#[test]
fn the_geometry_has_every_key_of_the_contract() {
    let g = json(&phieu(&["form", "geometry", "ba-dinh-2022", "--json"]));
    assert_eq!(g["form"], "ba-dinh-2022");
    assert_eq!(g["questions"][5]["id"], "q6");
    assert_eq!(g["questions"][5]["kind"], "single");
    assert_eq!(
        g["questions"][5]["choices"],
        serde_json::json!(["dung-hen", "som-hon-hen", "tre-hen"])
    );
    let page = &g["pages"][0];
    assert_eq!(page["page"], 1);
    assert_eq!(page["width_mm"], 210.0);
    assert_eq!(page["height_mm"], 297.0);
    assert_eq!(page["boxes"].as_array().unwrap().len(), 17);
    assert_eq!(page["boxes"][0]["rect_mm"][2], 4.5);
    assert!(page["anchors"].as_array().unwrap().len() >= 8);
    let kinds: Vec<&str> = page["codes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["qr", "qr", "text"]);
    let areas: Vec<(&str, &str)> = page["areas"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| (a["id"].as_str().unwrap(), a["kind"].as_str().unwrap()))
        .collect();
    assert!(areas.contains(&("q3-note", "text")), "{areas:?}");
    assert!(areas.contains(&("ma-so", "digits")), "{areas:?}");
}

#[test]
fn a_form_of_ones_own_is_printed_from_a_folder_with_a_vietnamese_name() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("mẫu của phường");
    std::fs::create_dir(&folder).unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/ba-dinh-2022/form.toml");
    let text = std::fs::read_to_string(shipped).unwrap();
    let own = text.replace("id = \"ba-dinh-2022\"", "id = \"phuong-2026\"");
    std::fs::write(folder.join("form.toml"), own).unwrap();
    let out = folder.join("phiếu in.pdf");
    let printed = phieu(&[
        "form",
        "print",
        "phuong-2026",
        "--templates",
        dir.path().to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
        "--copies",
        "2",
        "--serial-from",
        "5",
    ]);
    assert!(printed.status.success(), "{printed:?}");
    assert!(String::from_utf8_lossy(&printed.stdout).contains("--serial-from 7"));
    assert!(std::fs::read(&out).unwrap().starts_with(b"%PDF"));
    // The folder itself names the form, too.
    let geometry = phieu(&["form", "geometry", folder.to_str().unwrap(), "--json"]);
    assert_eq!(json(&geometry)["form"], "phuong-2026");
}

#[test]
fn every_mistake_is_one_line_and_exit_code_2() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("form.toml");
    std::fs::write(&file, "id = \"a\"\nversion = 1\ntitel = \"T\"\n").unwrap();
    let path = file.to_str().unwrap();
    let text = error(&phieu(&["form", "check", path]));
    assert!(text.contains(&format!("{path}:3:1:")), "{text}");
    assert!(text.contains("title"), "{text}");
    let text = error(&phieu(&["form", "print", "ba-dinh-2021", "--out", "x.pdf"]));
    assert!(text.contains("ba-dinh-2022"), "{text}");
    error(&phieu(&["form", "print", "ba-dinh-2022"]));
    error(&phieu(&["form", "geometry", "no-such-form"]));
    let nowhere = dir.path().join("no/such/folder/x.pdf");
    let text = error(&phieu(&[
        "form",
        "print",
        "ba-dinh-2022",
        "--out",
        nowhere.to_str().unwrap(),
    ]));
    assert!(text.contains("x.pdf"), "{text}");
    let text = error(&phieu(&[
        "form",
        "print",
        "ba-dinh-2022",
        "--unit",
        "Phường 1",
        "--out",
        dir.path().join("x.pdf").to_str().unwrap(),
    ]));
    assert!(text.contains("unit"), "{text}");
}

#[test]
fn a_form_is_proved_to_be_readable() {
    let checked = phieu(&["form", "check", "ba-dinh-2022"]);
    assert_eq!(checked.status.code(), Some(0), "{checked:?}");
}
