//! A drafted mapping can be read again, whatever stands in the table.

use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::form::Meaning;
use crate::sheet::{Row, Sheet};
use crate::station::LocalTime;
use crate::store::UnitTree;

const FORM: &str = r#"
id = "thu"
version = 1
title = "Phiếu"
body = [{ kind = "single", id = "q1", text = "Hài lòng?", choices = [
    { id = "co", text = "Có" }, { id = "khong", text = "Không" } ] }]
"#;

proptest! {
    #[test]
    fn any_text_of_a_table_survives_in_the_draft(
        name in "[ -~À-ỹ\n\"'\\\\\t]{1,12}",
        answers in prop::collection::btree_set("[ -~À-ỹ\n\"'\\\\\t]{1,12}", 1..5),
    ) {
        let answers: Vec<String> = answers.into_iter().map(|a| format!("x{}", a.trim())).collect();
        let sheet = Sheet {
            file: Path::new("bảng.csv").to_owned(),
            name: Some(name.clone()),
            digest: String::new(),
            header: vec!["Hài lòng?".to_owned()],
            rows: (2..)
                .zip(&answers)
                .map(|(number, a)| Row { number, cells: vec![a.clone()] })
                .collect(),
        };
        let meaning = Meaning::of_source(FORM, "form.toml").unwrap();
        let units = UnitTree::new(Vec::new());
        let draft = suggest(&sheet, "thu", &meaning, &units, LocalTime::VIETNAM);
        let mapping = Mapping::of_source(&draft.text, Path::new("ghép.toml")).unwrap();
        prop_assert_eq!(mapping.sheet, Some(name));
        let Cells::One { values, .. } = mapping.questions["q1"].cells() else {
            return Err(TestCaseError::fail("one column"));
        };
        let wanted: std::collections::BTreeSet<&String> = answers.iter().collect();
        prop_assert_eq!(values.keys().collect::<std::collections::BTreeSet<_>>(), wanted);
        // A draft with open places does not pass as a mapping.
        let refused = Mapping::of_source(&draft.text, Path::new("ghép.toml"))
            .unwrap()
            .check(Path::new("ghép.toml"), &meaning, &UnitTree::new(Vec::new()));
        prop_assert!(refused.is_err());
    }
}
