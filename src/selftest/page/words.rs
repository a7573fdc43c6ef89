//! Numbers as people read them.

use super::super::interval::Share;

/// 1234567 as 1,234,567.
pub(super) fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, d) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(d);
    }
    out
}

/// A share in percent with two digits that say something; near 100 % the
/// distance from it has them.
pub(super) fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    let rest = percent.min(100.0 - percent).max(0.0);
    if rest <= 0.0 {
        return format!("{percent:.0} %");
    }
    let digits = if rest >= 10.0 {
        1
    } else {
        (1.0 - libm::log10(rest).floor()).clamp(0.0, 9.0) as usize
    };
    format!("{percent:.digits$} %")
}

/// A share as a part of a whole, with its interval.
pub(super) fn share(s: &Share) -> String {
    if s.of == 0 {
        return "–".to_owned();
    }
    format!(
        "{} of {} = {} ({} to {})",
        thousands(s.counted),
        thousands(s.of),
        percent(s.share),
        percent(s.low_95),
        percent(s.high_95)
    )
}

/// From here a rate is said in percent.
const PLAIN: f64 = 0.001;

/// A small rate: 0.000003 as 3.0 in a million, and as one in so many.
pub(super) fn rate(r: f64) -> String {
    if r <= 0.0 {
        return "0".to_owned();
    }
    let one_in = thousands((1.0 / r).round() as u64);
    if r >= PLAIN {
        format!("{} (one in {one_in})", percent(r))
    } else {
        format!("{} in a million (one in {one_in})", significant(1e6 * r))
    }
}

/// Two digits that say something, without an exponent.
pub(super) fn significant(v: f64) -> String {
    if v <= 0.0 || !v.is_finite() {
        return format!("{v}");
    }
    if v >= 100.0 {
        return thousands(v.round() as u64);
    }
    let digits = (1.0 - libm::log10(v).floor()).clamp(0.0, 9.0) as usize;
    format!("{v:.digits$}")
}

/// A minus sign as it is printed.
pub(super) fn signed(v: f64) -> String {
    let text = format!("{v:.1}");
    match text.strip_prefix('-') {
        Some(rest) => format!("−{rest}"),
        None => format!("+{text}"),
    }
}

/// What must not end a cell of a Markdown table.
pub(super) fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1000), "1,000");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(percent(0.0), "0 %");
        assert_eq!(percent(0.004_512), "0.45 %");
        assert_eq!(percent(0.086), "8.6 %");
        assert_eq!(percent(0.123), "12.3 %");
        assert_eq!(percent(0.999_87), "99.987 %");
        assert_eq!(percent(1.0), "100 %");
        assert_eq!(percent(0.000_003), "0.00030 %");
        assert_eq!(rate(3.0 / 1_000_020.0), "3.0 in a million (one in 333,340)");
        assert_eq!(rate(0.025), "2.5 % (one in 40)");
        assert_eq!(significant(0.001_234), "0.0012");
        assert_eq!(significant(4321.0), "4,321");
        assert_eq!(signed(-4.0), "−4.0");
    }
}
