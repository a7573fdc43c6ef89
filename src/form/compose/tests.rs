use proptest::prelude::*;

use super::{Sheet, violations};
use crate::form::{FormError, Layout, parse};
use crate::geometry::MmRect;

/// A form.toml of random items, with its number of boxes.
fn any_form() -> impl Strategy<Value = String> {
    let words = "[A-ZĂÂĐÊÔƠƯa-zạảấẫệỗợữ]{1,9}( [a-zạảấẫệỗợữ(),]{1,9}){0,14}";
    let choice = ("[A-ZĐa-zạấệ]{1,12}( [a-zộữ]{1,8}){0,3}", any::<bool>());
    let item = (
        0..8_u32,
        words,
        proptest::collection::vec(choice, 2..8),
        1..6_u32,
        any::<bool>(),
    );
    (
        proptest::collection::vec(item, 1..14),
        prop::sample::select(vec!["A4", "A5", "letter", "legal"]),
        any::<bool>(),
    )
        .prop_map(|(items, paper, english)| {
            let text = |t: &str| {
                if english {
                    format!("{{ vi = \"{t}\", en = \"{t}\" }}")
                } else {
                    format!("\"{t}\"")
                }
            };
            let mut toml = format!(
                "id = \"ngau-nhien\"\nversion = 1\ntitle = {}\npaper = \"{paper}\"\nlanguages = {}\n[office]\nname = \"ỦY BAN NHÂN DÂN\"\n",
                text("PHIẾU KHẢO SÁT Ý KIẾN"),
                if english { "[\"vi\", \"en\"]" } else { "[\"vi\"]" },
            );
            toml += "[[body]]\nkind = \"single\"\nid = \"first\"\ntext = \"?\"\nchoices = [{ id = \"a\", text = \"a\" }]\n";
            for (i, (kind, words, choices, n, flag)) in items.into_iter().enumerate() {
                let t = text(&words);
                let list: Vec<String> = choices
                    .iter()
                    .enumerate()
                    .map(|(c, (label, note))| {
                        let note = if *note && kind < 2 {
                            format!(", note = {{ id = \"n{i}-{c}\" }}")
                        } else {
                            String::new()
                        };
                        format!("{{ id = \"c{c}\", text = {}{note} }}", text(label))
                    })
                    .collect();
                let list = list.join(", ");
                toml += "[[body]]\n";
                toml += &match kind {
                    0 => format!("kind = \"single\"\nid = \"q{i}\"\ntext = {t}\nchoices = [{list}]\n"),
                    1 => format!(
                        "kind = \"multiple\"\nid = \"q{i}\"\ntext = {t}\nlayout = \"lines\"\nchoices = [{list}]\n"
                    ),
                    2 => format!(
                        "kind = \"single\"\nid = \"q{i}\"\ntext = {t}\nlayout = {}\nchoices = [{list}]\n",
                        n.min(3)
                    ),
                    3 => {
                        let rows: Vec<String> = (0..n)
                            .map(|r| format!("{{ id = \"r{i}-{r}\", text = {t} }}"))
                            .collect();
                        format!(
                            "kind = \"grid\"\nid = \"g{i}\"\ntext = {t}\nchoices = [{list}]\nrows = [{}]\n",
                            rows.join(", ")
                        )
                    }
                    4 => format!("kind = \"text\"\nid = \"t{i}\"\ntext = {t}\nlines = {n}\n"),
                    5 => format!(
                        "kind = \"personal\"\nid = \"t{i}\"\ntext = \"Họ tên:\"\ninline = true\n\
                         [[body]]\nkind = \"personal\"\nid = \"u{i}\"\ntext = \"Tuổi:\"\nbeside = {flag}\n"
                    ),
                    6 => format!("kind = \"digits\"\nid = \"d{i}\"\ntext = \"Mã:\"\ngroups = [{n}, 2]\n"),
                    _ => format!("kind = \"section\"\ntext = {t}\n"),
                };
            }
            toml
        })
}

fn overlap(a: &MmRect, b: &MmRect) -> bool {
    a.inflate(-0.01, -0.01).intersects(&b.inflate(-0.01, -0.01))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_written_the_layout_can_be_read(toml in any_form()) {
        let form = parse(&toml, "f").map_err(|e| TestCaseError::fail(format!("{e}\n{toml}")))?;
        let layout = match Layout::from_form(&form) {
            Ok(layout) => layout,
            // Too wide or too high for the paper is the author's to mend.
            Err(FormError::Mistake { .. }) => return Ok(()),
            Err(e) => return Err(TestCaseError::fail(format!("{e}\n{toml}"))),
        };
        prop_assert_eq!(violations(&layout), Vec::<String>::new());
        let boxes: usize = layout.pages.iter().map(|p| p.boxes.len()).sum();
        let choices: usize = layout.questions.iter().map(|q| q.choices.len()).sum();
        prop_assert_eq!(boxes, choices);
        for page in &layout.pages {
            // Nothing is printed on anything else.
            for (i, a) in page.boxes.iter().enumerate() {
                for b in &page.boxes[i + 1..] {
                    prop_assert!(!overlap(&a.rect, &b.rect));
                }
            }
            let content = crate::form::frame::content(page.size);
            for b in &page.boxes {
                prop_assert!(content.inflate(0.01, 0.01).contains_rect(&b.rect));
            }
            for ink in &page.ink {
                prop_assert!(ink.min_x() > 5.0 && ink.max_x() < page.size.width - 5.0);
                prop_assert!(ink.min_y() > 5.0 && ink.max_y() < page.size.height - 5.0);
            }
        }
        // The same again is the same.
        let again = Layout::from_form(&form).map_err(|e| TestCaseError::fail(e.to_string()))?;
        prop_assert_eq!(again, layout);
    }
}

/// On A5 the two narrow columns of "Rất hài lòng" and "Bình thường" once broke
/// the words themselves: "lòn-g", "thườn-g".
#[test]
fn no_word_of_a_column_head_is_broken() {
    let toml = include_str!("../../../templates/tien-giang-2024/form.toml");
    let form = parse(&toml.replace("paper = \"A4\"", "paper = \"A5\""), "f").unwrap();
    let sheet = Sheet::compose(&form).unwrap();
    let runs: Vec<&str> = sheet
        .draws
        .iter()
        .flatten()
        .filter_map(|d| match d {
            super::draw::Draw::Text { run, .. } => Some(run.text.as_str()),
            _ => None,
        })
        .collect();
    let words: Vec<&str> = runs.iter().flat_map(|r| r.split_whitespace()).collect();
    assert!(
        words.contains(&"lòng") && words.contains(&"thường"),
        "{words:?}"
    );
    assert!(
        !words.contains(&"g") && !words.contains(&"lòn"),
        "{words:?}"
    );
}

#[test]
fn another_layout_has_another_digest() {
    let toml = include_str!("../../../templates/ba-dinh-2022/form.toml");
    let digest = |text: &str| {
        Sheet::compose(&parse(text, "f").unwrap())
            .unwrap()
            .layout
            .digest
    };
    let first = digest(toml);
    assert_eq!(first.len(), 10);
    assert_eq!(digest(toml), first);
    for changed in [
        toml.replace("version = 1", "version = 2"),
        toml.replace("id = \"co\"", "id = \"ok\""),
        toml.replace("Trễ hẹn", "Trễ hẹn nhiều"),
        toml.replace("paper = \"A4\"", "paper = \"letter\""),
        toml.replace("fill-cancels", "circle-cancels"),
    ] {
        assert_ne!(digest(&changed), first);
    }
}

#[test]
fn the_head_of_a_grid_stands_on_every_page_of_it() {
    let rows: Vec<String> = (0..60)
        .map(|i| format!("{{ id = \"r{i}\", text = \"Tiêu chí\" }}"))
        .collect();
    let toml = format!(
        "id = \"g\"\nversion = 1\ntitle = \"T\"\n[[body]]\nkind = \"grid\"\nid = \"g\"\n\
         choices = [{{ id = \"a\", text = \"Xuất sắc\" }}, {{ id = \"b\", text = \"Kém\" }}]\nrows = [{}]",
        rows.join(", ")
    );
    let sheet = Sheet::compose(&parse(&toml, "f").unwrap()).unwrap();
    assert!(sheet.layout.pages.len() >= 3);
    for draws in &sheet.draws {
        let heads = draws
            .iter()
            .filter(|d| matches!(d, super::Draw::Text { run, .. } if run.text == "Kém"))
            .count();
        assert_eq!(heads, 1);
    }
}

#[test]
fn a_grid_that_is_too_wide_says_how_many_columns_fit() {
    let choices: Vec<String> = (0..20)
        .map(|i| format!("{{ id = \"c{i}\", text = \"x\" }}"))
        .collect();
    let toml = format!(
        "id = \"g\"\nversion = 1\ntitle = \"T\"\n[[body]]\nkind = \"grid\"\nid = \"g\"\n\
         choices = [{}]\nrows = [{{ id = \"r\", text = \"t\" }}]",
        choices.join(", ")
    );
    let error = Layout::from_form(&parse(&toml, "f").unwrap()).unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("f:5:") && text.contains("at most"),
        "{text}"
    );
}

#[test]
fn a_character_that_cannot_be_printed_is_said_with_its_line() {
    let toml = "id = \"g\"\nversion = 1\ntitle = \"T\"\n[[body]]\nkind = \"single\"\nid = \"q\"\n\
                text = \"thủ tục 漢\"\nchoices = [{ id = \"a\", text = \"a\" }]";
    let error = Layout::from_form(&parse(toml, "mẫu.toml").unwrap()).unwrap_err();
    let text = error.to_string();
    assert!(
        text.starts_with("mẫu.toml:5:") && text.contains('漢'),
        "{text}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 80, ..ProptestConfig::default() })]

    #[test]
    fn a_form_with_typing_errors_gives_a_layout_or_a_mistake(
        which in 0..2_usize,
        edits in proptest::collection::vec((any::<prop::sample::Index>(), "[\\[\\]{}\"=a-z0-9\n -]{0,3}"), 1..4),
    ) {
        let mut toml = [
            include_str!("../../../templates/ba-dinh-2022/form.toml"),
            include_str!("../../../templates/tien-giang-2024/form.toml"),
        ][which].to_owned();
        for (at, text) in edits {
            let starts: Vec<usize> = toml.char_indices().map(|(i, _)| i).collect();
            let at = starts[at.index(starts.len())];
            let end = at + toml[at..].chars().next().map_or(0, char::len_utf8);
            toml.replace_range(at..end, &text);
        }
        if let Ok(form) = parse(&toml, "f") {
            match Layout::from_form(&form) {
                Ok(layout) => prop_assert_eq!(violations(&layout), Vec::<String>::new()),
                Err(FormError::Mistake { .. }) => {}
                Err(other) => prop_assert!(false, "{other}"),
            }
        }
    }
}
