//! Confidence intervals of an index.

/// Of the normal distribution: 95 % lie within so many standard deviations.
const Z: f64 = 1.959_963_984_540_054;

/// The 95 % confidence interval of a share by Wilson's score (JASA 22, 1927), with the
/// number of independent answers that `variance` amounts to (Kish's effective sample
/// size), and with the correction for a finite population of which `sampled` were
/// asked. Where all answered alike, `respondents` is that number: an interval of no
/// width would say more than is known.
#[must_use]
pub fn interval(
    share: f64,
    variance: Option<f64>,
    respondents: u64,
    population: Option<u64>,
) -> Option<(f64, f64)> {
    let n = respondents as f64;
    let left = match population {
        Some(all) if all <= respondents => return Some((share, share)),
        Some(all) => 1.0 - n / all as f64,
        None => 1.0,
    };
    let spread = share * (1.0 - share);
    let independent = match variance {
        Some(v) if v > 0.0 && spread > 0.0 => spread / v,
        _ if spread > 0.0 => return None,
        _ => n,
    } / left;
    if !(independent.is_finite() && independent > 0.0) {
        return None;
    }
    let z2 = Z * Z / independent;
    let middle = (share + z2 / 2.0) / (1.0 + z2);
    let half = (z2 * (spread + z2 / 4.0)).sqrt() / (1.0 + z2);
    Some(((middle - half).max(0.0), (middle + half).min(1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Wilson's interval of 81 of 263 as in Newcombe (Statistics in Medicine 17,
    /// 1998, table I): 0.2553 to 0.3662.
    #[test]
    fn a_known_interval() {
        let p = 81.0 / 263.0;
        // Simple random sampling: what Newcombe's has.
        let (low, high) = interval(p, Some(p * (1.0 - p) / 263.0), 263, None).unwrap();
        assert!((low - 0.2553).abs() < 5e-5, "{low}");
        assert!((high - 0.3662).abs() < 5e-5, "{high}");
    }

    #[test]
    fn whoever_asked_all_knows() {
        assert_eq!(interval(0.5, Some(0.01), 30, Some(30)), Some((0.5, 0.5)));
        let (low, high) = interval(1.0, Some(0.0), 30, None).unwrap();
        assert!(low < 0.9 && high > 0.999);
    }

    #[test]
    fn a_small_population_narrows_it() {
        let wide = interval(0.8, Some(0.002), 80, None).unwrap();
        let narrow = interval(0.8, Some(0.002), 80, Some(100)).unwrap();
        assert!(narrow.1 - narrow.0 < 0.6 * (wide.1 - wide.0));
    }
}
