//! An office proves on its own machine that its form is read without silent
//! errors.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::process::{Command, Output};

fn phieu(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_phieu"))
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn a_clean_form_is_read_without_error_and_the_numbers_are_for_scripts() {
    let run = |threads: &str| {
        let out = phieu(&[
            "selftest",
            "--form",
            "ba-dinh-2022",
            "--pages",
            "3",
            "--level",
            "clean",
            "--seed",
            "7",
            "--threads",
            threads,
            "--json",
        ]);
        assert_eq!(
            out.status.code(),
            Some(0),
            "{}",
            String::from_utf8_lossy(&out.stderr)
        );
        serde_json::from_slice::<serde_json::Value>(&out.stdout).unwrap()
    };
    let (one, two) = (run("1"), run("2"));
    for key in [
        "positions",
        "silent_errors",
        "flagged_questions",
        "questions",
        "unreadable_pages",
        "pages",
        "pages_per_second",
    ] {
        assert!(one[key].is_number(), "{key} in {one}");
        if key != "pages_per_second" {
            assert_eq!(one[key], two[key], "{key}");
        }
    }
    assert_eq!(one["pages"], 3);
    assert_eq!(one["questions"], 24);
    assert_eq!(one["silent_errors"], 0);
    assert_eq!(one["unreadable_pages"], 0);
}

#[test]
fn a_form_that_does_not_exist_is_named() {
    let out = phieu(&["selftest", "--form", "ba-dinh-2032"]);
    assert_eq!(out.status.code(), Some(2));
    let said = String::from_utf8(out.stderr).unwrap();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains("ba-dinh-2032"), "{said}");
}
