//! The order in which a person counts: scan-2 before scan-10.

use std::cmp::Ordering;

/// Compares names as a person would: numbers by their value, letters without
/// regard to case, folders part by part. Names that differ at all are never
/// equal, so that the order does not depend on the order of a folder.
#[must_use]
pub fn compare(a: &str, b: &str) -> Ordering {
    let mut parts_a = a.split(['/', '\\']);
    let mut parts_b = b.split(['/', '\\']);
    loop {
        match (parts_a.next(), parts_b.next()) {
            (Some(x), Some(y)) => match compare_part(x, y) {
                Ordering::Equal => {}
                other => return other,
            },
            (None, None) => return a.cmp(b),
            (x, y) => return x.is_some().cmp(&y.is_some()),
        }
    }
}

fn compare_part(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    while let (Some(x), Some(y)) = (a.chars().next(), b.chars().next()) {
        let order;
        if x.is_ascii_digit() && y.is_ascii_digit() {
            let (number_a, rest_a) = split_number(a);
            let (number_b, rest_b) = split_number(b);
            // Without leading zeros a longer number is a larger one.
            let (short_a, short_b) = (
                number_a.trim_start_matches('0'),
                number_b.trim_start_matches('0'),
            );
            order = (short_a.len(), short_a).cmp(&(short_b.len(), short_b));
            (a, b) = (rest_a, rest_b);
        } else {
            order = x.to_lowercase().cmp(y.to_lowercase());
            (a, b) = (&a[x.len_utf8()..], &b[y.len_utf8()..]);
        }
        if order != Ordering::Equal {
            return order;
        }
    }
    a.len().cmp(&b.len())
}

fn split_number(text: &str) -> (&str, &str) {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    text.split_at(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_as_a_person_counts() {
        let mut names = vec![
            "scan-10.jpg",
            "Scan-2.jpg",
            "hòm 1/trang 11.png",
            "hòm 1/trang 9.png",
            "hòm 10/trang 1.png",
            "hòm 2/trang 1.png",
            "scan-02.jpg",
            "scan.jpg",
        ];
        names.sort_by(|a, b| compare(a, b));
        assert_eq!(
            names,
            [
                "hòm 1/trang 9.png",
                "hòm 1/trang 11.png",
                "hòm 2/trang 1.png",
                "hòm 10/trang 1.png",
                "Scan-2.jpg",
                "scan-02.jpg",
                "scan-10.jpg",
                "scan.jpg",
            ]
        );
    }

    proptest::proptest! {
        #[test]
        fn it_is_an_order(a in "[a1/.é0]{0,6}", b in "[a1/.é0]{0,6}", c in "[a1/.é0]{0,6}") {
            proptest::prop_assert_eq!(compare(&a, &b), compare(&b, &a).reverse());
            proptest::prop_assert_eq!(compare(&a, &b) == Ordering::Equal, a == b);
            if compare(&a, &b).is_le() && compare(&b, &c).is_le() {
                proptest::prop_assert!(compare(&a, &c).is_le());
            }
        }
    }
}
