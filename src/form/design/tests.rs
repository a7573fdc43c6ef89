use super::{Form, ItemKind, parse};
use crate::form::{FormError, Position};

const HEAD: &str = "id = \"a\"\nversion = 1\ntitle = \"T\"\n";
const Q: &str = "[[body]]\nkind = \"single\"\nid = \"q1\"\ntext = \"?\"\nchoices = [{ id = \"co\", text = \"Có\" }]\n";

fn with(head: &str, body: &str) -> Result<Form, FormError> {
    parse(&format!("{head}{body}"), "mẫu/form.toml")
}

/// Line, column, what and fix of the mistake.
#[track_caller]
fn mistake(source: &str) -> (usize, usize, String, String) {
    match parse(source, "f") {
        Err(FormError::Mistake {
            at: Position { line, column },
            what,
            fix,
            ..
        }) => (line, column, what, fix),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_small_form_is_understood() {
    let form = with(HEAD, Q).unwrap();
    assert_eq!((form.id.as_str(), form.version), ("a", 1));
    let questions: Vec<_> = form.questions().collect();
    assert_eq!(questions.len(), 1);
    assert_eq!(questions[0].3[0].text.first, "Có");
    let ItemKind::Question(q) = &form.items[0].kind else {
        panic!("{:?}", form.items)
    };
    assert_eq!(q.label, "Câu 1.");
}

#[test]
fn the_message_has_file_line_and_remedy_on_one_line() {
    let error = with(HEAD, &Q.replace("kind", "kimd")).unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("mẫu/form.toml:5:1: "), "{text}");
    assert!(text.contains("did you mean `kind`?"), "{text}");
    assert!(!text.contains('\n'), "{text}");
}

#[test]
fn mistakes_are_found_where_they_are() {
    let cases: &[(&str, &str, usize, &str)] = &[
        // What is replaced, by what, the line of the complaint, words in it.
        ("id = \"q1\"", "id = \"Câu 1\"", 6, "not an id"),
        ("\"single\"", "\"singel\"", 5, "single"),
        ("text = \"?\"", "text = \"?", 7, ""),
        ("text = \"?\"", "text = 5", 7, "expected"),
        ("text = \"?\"", "text = { vi = \"a\", em = \"b\" }", 7, "em"),
        (
            "text = \"?\"",
            "text = { vi = \"a\", en = \"b\" }",
            7,
            "languages",
        ),
        ("text = \"?\"", "text = \"?\"\nlines = 3", 8, "no meaning"),
        (
            "text = \"?\"",
            "text = \"?\"\nlayout = \"row\"",
            8,
            "layout",
        ),
        ("text = \"?\"", "text = \"?\"\nlayout = 0", 8, "columns"),
        // A label of any length was taken, and broken into lines.
        (
            "text = \"?\"",
            "text = \"?\"\nlabel = \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"",
            8,
            "label is longer",
        ),
        (
            "choices = [{ id = \"co\", text = \"Có\" }]",
            "",
            5,
            "no choices",
        ),
        (
            "choices = [{ id = \"co\", text = \"Có\" }]",
            "choices = []",
            5,
            "at least 1",
        ),
        (
            "choices = [{ id = \"co\", text = \"Có\" }]",
            "scale = \"x\"",
            8,
            "scale",
        ),
        (
            "{ id = \"co\", text = \"Có\" }",
            "{ id = \"co\", text = \"Có\" }, { id = \"co\", text = \"b\" }",
            8,
            "twice",
        ),
        ("version = 1", "version = 0", 2, "1 to 9999"),
        ("version = 1", "version = -1", 2, "-1"),
        ("version = 1", "vresion = 1", 2, "version"),
        ("version = 1", "version = 1\npaper = \"B5\"", 3, "A4"),
        (
            "version = 1",
            "version = 1\ncorrection = \"x\"",
            3,
            "fill-cancels",
        ),
        ("version = 1", "version = 1\nlanguages = []", 3, "vi"),
        ("id = \"a\"", "id = \"a_b\"", 1, "not an id"),
        (
            "id = \"a\"",
            "id = \"mot-ma-rat-dai-ma-khong-in-duoc-vao-ma\"",
            1,
            "32",
        ),
    ];
    for (old, new, line, words) in cases {
        let source = format!("{HEAD}{Q}").replacen(old, new, 1);
        let (at, _, what, fix) = mistake(&source);
        assert_eq!(at, *line, "{new}: {what}; {fix}");
        assert!(
            format!("{what} {fix}").contains(words),
            "{new}: {what}; {fix}"
        );
        assert!(!fix.is_empty(), "{new}");
    }
}

#[test]
fn columns_count_characters_not_bytes() {
    let source = format!("{HEAD}{Q}").replace(
        "{ id = \"co\", text = \"Có\" }",
        "{ id = \"co\", text = \"Có\" }, { id = \"ĐỦ\", text = \"b\" }",
    );
    let (line, column, ..) = mistake(&source);
    let expected = source
        .lines()
        .nth(line - 1)
        .unwrap()
        .find("\"ĐỦ\"")
        .unwrap();
    // One two-byte letter stands before it: "ó".
    assert_eq!(column, expected);
}

#[test]
fn an_id_given_twice_names_both_places() {
    let (line, _, what, _) = mistake(&format!("{HEAD}{Q}{Q}"));
    assert_eq!(line, 10);
    assert!(what.contains("first in line 5"), "{what}");
}

#[test]
fn a_form_that_asks_nothing_is_refused() {
    let (_, _, what, _) = mistake(HEAD);
    assert!(what.contains("asks nothing"), "{what}");
}

#[test]
fn an_item_cannot_stand_beside_nothing() {
    let source = format!("{HEAD}{Q}").replace("text = \"?\"", "text = \"?\"\nbeside = true");
    let (line, ..) = mistake(&source);
    assert_eq!(line, 5);
}

#[test]
fn what_indices_need_is_kept() {
    let source = format!("{HEAD}{Q}").replace(
        "text = \"Có\"",
        "text = \"Có\", satisfied = true, score = 4.5, excluded = true",
    );
    let form = parse(&source, "f").unwrap();
    let (_, _, _, choices) = form.questions().next().unwrap();
    assert_eq!(choices[0].satisfied, Some(true));
    assert_eq!(choices[0].score, Some(4.5));
    assert!(choices[0].excluded);
}

mod any_text {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_give_a_form_or_a_mistake(text in "\\PC{0,200}", lines in "([a-z-]{1,8} = [\\[\\]{}\"a-z0-9, ]{0,20}\n){0,6}") {
            let _ = super::parse(&text, "f");
            let _ = super::parse(&format!("{}{lines}", super::HEAD), "f");
            let _ = super::parse(&format!("{}{}{lines}", super::HEAD, super::Q), "f");
        }
    }
}
