//! Numbers in Vietnamese words, as they stand on minutes beside the digits.
//!
//! Read in groups of three digits: nghìn, triệu, tỷ. Within a group a zero before
//! the last digit is "linh"; after "mươi" one is "mốt", four "tư", five "lăm";
//! after "mười" five is "lăm"; a group below the first says its hundreds even
//! where they are none ("không trăm"), so that nothing can be put between.

const DIGITS: [&str; 10] = [
    "không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín",
];

const BILLION: u64 = 1_000_000_000;

/// The number in words, in small letters.
#[must_use]
pub fn words(n: u64) -> String {
    if n == 0 {
        return "không".to_owned();
    }
    let mut out = Vec::new();
    say(n, false, &mut out);
    out.join(" ")
}

/// `inner`: something stands before it, so the hundreds are said too.
fn say(n: u64, inner: bool, out: &mut Vec<&'static str>) {
    let above = n / BILLION;
    if above > 0 {
        say(above, inner, out);
        out.push("tỷ");
    }
    let mut before = inner || above > 0;
    let rest = n % BILLION;
    for (unit, name) in [(1_000_000, Some("triệu")), (1000, Some("nghìn")), (1, None)] {
        let group = rest / unit % 1000;
        if group == 0 {
            continue;
        }
        hundreds(group, before, out);
        out.extend(name);
        before = true;
    }
}

/// One group, 1 to 999.
fn hundreds(group: u64, inner: bool, out: &mut Vec<&'static str>) {
    let digit = |d: u64| {
        let at = usize::try_from(d % 10).unwrap_or(0);
        DIGITS.get(at).copied().unwrap_or("")
    };
    let (hundred, ten, one) = (group / 100, group / 10 % 10, group % 10);
    let said = hundred > 0 || inner;
    if said {
        out.extend([digit(hundred), "trăm"]);
    }
    match ten {
        0 if one > 0 && said => out.push("linh"),
        0 => {}
        1 => out.push("mười"),
        _ => out.extend([digit(ten), "mươi"]),
    }
    match (ten, one) {
        (_, 0) => {}
        (2.., 1) => out.push("mốt"),
        (2.., 4) => out.push("tư"),
        (1.., 5) => out.push("lăm"),
        _ => out.push(digit(one)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Understands the words as a person does: a digit waits until mươi, trăm or
    /// a larger word says what it counts.
    fn heard(text: &str) -> Option<u64> {
        let (mut billions, mut total, mut group, mut digit) = (0u64, 0u64, 0u64, None);
        for word in text.split(' ') {
            let value = match word {
                "mốt" => Some(1),
                "tư" => Some(4),
                "lăm" => Some(5),
                other => DIGITS.iter().position(|d| *d == other).map(|d| d as u64),
            };
            match (word, value) {
                (_, Some(value)) => digit = Some(value),
                ("linh", _) => {}
                ("mười", _) => group += 10,
                ("mươi", _) => group += 10 * digit.take()?,
                ("trăm", _) => group += 100 * digit.take()?,
                ("nghìn" | "triệu", _) => {
                    group += digit.take().unwrap_or(0);
                    total += group * if word == "nghìn" { 1000 } else { 1_000_000 };
                    group = 0;
                }
                ("tỷ", _) => {
                    group += digit.take().unwrap_or(0);
                    billions = (billions + total + group) * BILLION;
                    (total, group) = (0, 0);
                }
                _ => return None,
            }
        }
        Some(billions + total + group + digit.unwrap_or(0))
    }

    #[test]
    fn numbers_are_said_as_people_say_them() {
        for (n, said) in [
            (0, "không"),
            (1, "một"),
            (4, "bốn"),
            (5, "năm"),
            (10, "mười"),
            (11, "mười một"),
            (14, "mười bốn"),
            (15, "mười lăm"),
            (20, "hai mươi"),
            (21, "hai mươi mốt"),
            (24, "hai mươi tư"),
            (25, "hai mươi lăm"),
            (55, "năm mươi lăm"),
            (100, "một trăm"),
            (101, "một trăm linh một"),
            (105, "một trăm linh năm"),
            (110, "một trăm mười"),
            (111, "một trăm mười một"),
            (115, "một trăm mười lăm"),
            (121, "một trăm hai mươi mốt"),
            (300, "ba trăm"),
            (1000, "một nghìn"),
            (1005, "một nghìn không trăm linh năm"),
            (1015, "một nghìn không trăm mười lăm"),
            (4500, "bốn nghìn năm trăm"),
            (10_000, "mười nghìn"),
            (21_021, "hai mươi mốt nghìn không trăm hai mươi mốt"),
            (1_000_001, "một triệu không trăm linh một"),
            (1_000_000_000, "một tỷ"),
            (2_000_000_000_000, "hai nghìn tỷ"),
        ] {
            assert_eq!(words(n), said, "{n}");
            assert_eq!(heard(said), Some(n), "{said}");
        }
    }

    proptest! {
        #[test]
        fn what_is_said_is_the_number(n in prop_oneof![0u64..2000, 0u64..10_000_000, any::<u64>()]) {
            prop_assert_eq!(heard(&words(n)), Some(n));
        }

        #[test]
        fn no_form_is_said_that_nobody_says(n in prop_oneof![0u64..2000, 0u64..10_000_000, any::<u64>()]) {
            let said = format!(" {} ", words(n));
            for wrong in [
                " mươi một ", " mươi bốn ", " mươi năm ", " mười mốt ", " mười tư ", " mười năm ",
                " linh mốt ", " linh tư ", " linh lăm ", " trăm mốt ", " một mươi ", " không mươi ",
                " không nghìn ", "  ",
            ] {
                prop_assert!(!said.contains(wrong), "{n}: {said}");
            }
        }

        /// Two numbers never sound the same.
        #[test]
        fn different_numbers_sound_different(a in any::<u64>(), b in any::<u64>()) {
            prop_assume!(a != b);
            prop_assert_ne!(words(a), words(b));
        }
    }
}
