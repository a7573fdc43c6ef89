//! JSON Schema (draft 4), as far as the schema of cast vote records uses it. A keyword
//! that is not known here is a failure, so that nothing is passed over in silence.
//! (A crate for it would have changed the features of most dependencies.)

use serde_json::{Map, Value};

/// What is wrong with `value`, each with its place; nothing if it keeps to the schema.
pub fn violations(schema: &Value, value: &Value) -> Vec<String> {
    let mut out = Vec::new();
    check(schema, schema, value, "", &mut out);
    out
}

fn check(root: &Value, schema: &Value, value: &Value, at: &str, out: &mut Vec<String>) {
    let rules = schema.as_object().expect("a schema is an object");
    for (keyword, rule) in rules {
        match keyword.as_str() {
            // `refTypes` is a hint of who made the schema; the rest is for people.
            "$schema" | "definitions" | "refTypes" => {}
            "$ref" => {
                let pointer = rule.as_str().unwrap().strip_prefix('#').unwrap();
                let target = root.pointer(pointer).expect("a definition");
                check(root, target, value, at, out);
            }
            "type" => {
                if !is_of(rule.as_str().unwrap(), value) {
                    out.push(format!("{at}: {value} is no {rule}"));
                }
            }
            "enum" => {
                if !rule.as_array().unwrap().contains(value) {
                    out.push(format!("{at}: {value} is not one of {rule}"));
                }
            }
            "required" => {
                for key in rule.as_array().unwrap() {
                    if value.is_object() && value.get(key.as_str().unwrap()).is_none() {
                        out.push(format!("{at}: {key} is missing"));
                    }
                }
            }
            "properties" | "additionalProperties" | "items" | "minItems" => {
                inside(root, rules, keyword, rule, value, at, out);
            }
            "oneOf" => {
                let fits = |s: &&Value| {
                    let mut wrong = Vec::new();
                    check(root, s, value, at, &mut wrong);
                    wrong.is_empty()
                };
                let n = rule.as_array().unwrap().iter().filter(fits).count();
                if n != 1 {
                    out.push(format!("{at}: {n} of the alternatives fit"));
                }
            }
            "format" => {
                let fits = value.as_str().is_none_or(|text| has_format(rule, text));
                if !fits {
                    out.push(format!("{at}: {value} is no {rule}"));
                }
            }
            // Only of fractions of votes, which a questionnaire has none of.
            "pattern" => out.push(format!("{at}: a pattern is not checked here")),
            _ => panic!("{at}: the keyword {keyword} is not known"),
        }
    }
}

fn inside(
    root: &Value,
    rules: &Map<String, Value>,
    keyword: &str,
    rule: &Value,
    value: &Value,
    at: &str,
    out: &mut Vec<String>,
) {
    match (keyword, value) {
        ("properties", Value::Object(map)) => {
            for (key, own) in map {
                if let Some(schema) = rule.get(key) {
                    check(root, schema, own, &format!("{at}/{key}"), out);
                }
            }
        }
        ("additionalProperties", Value::Object(map)) => {
            assert_eq!(rule, &Value::Bool(false));
            for key in map.keys() {
                if rules["properties"].get(key).is_none() {
                    out.push(format!("{at}: {key} is not known"));
                }
            }
        }
        ("items", Value::Array(all)) => {
            for (i, own) in all.iter().enumerate() {
                check(root, rule, own, &format!("{at}/{i}"), out);
            }
        }
        ("minItems", Value::Array(all)) if (all.len() as u64) < rule.as_u64().unwrap() => {
            out.push(format!("{at}: too few"));
        }
        _ => {}
    }
}

fn is_of(name: &str, value: &Value) -> bool {
    match name {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => panic!("the type {name} is not known"),
    }
}

fn has_format(name: &Value, text: &str) -> bool {
    match name.as_str().unwrap() {
        // RFC 3339, in UTC without fractions as it is written here.
        "date-time" => {
            let shape: String = text
                .chars()
                .map(|c| if c.is_ascii_digit() { '0' } else { c })
                .collect();
            shape == "0000-00-00T00:00:00Z"
        }
        _ => false,
    }
}
