//! Random numbers that are the same everywhere: ChaCha8, seeded from a hash of
//! the simulator's seed and the place where the numbers are used, so that any
//! sheet can be made without making the ones before it.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A source of random numbers for one purpose.
#[derive(Debug, Clone)]
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// Numbers for `purpose` on the sheet or page that `path` names.
    pub(crate) fn new(seed: u64, purpose: &str, path: &[u64]) -> Self {
        let mut hash = blake3::Hasher::new_derive_key("phieu synth dice 1");
        hash.update(&seed.to_le_bytes());
        for p in path {
            hash.update(&p.to_le_bytes());
        }
        hash.update(purpose.as_bytes());
        Self(ChaCha8Rng::from_seed(*hash.finalize().as_bytes()))
    }

    /// 64 random bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// In [0, 1).
    pub(crate) fn unit(&mut self) -> f64 {
        // 53 bits: all that an f64 mantissa holds.
        (self.bits() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// In [lo, hi).
    pub(crate) fn range(&mut self, lo: f64, hi: f64) -> f64 {
        lo + (hi - lo) * self.unit()
    }

    /// In [-bound, bound).
    pub(crate) fn around(&mut self, bound: f64) -> f64 {
        self.range(-bound, bound)
    }

    /// True with this probability.
    pub(crate) fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }

    /// In 0..n; 0 if n is 0.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        ((self.unit() * n as f64) as usize).min(n.saturating_sub(1))
    }

    /// Mean 0, standard deviation 1, never beyond ±3.47: the sum of four
    /// uniform numbers, so that a documented spread is also a bound.
    pub(crate) fn normal(&mut self) -> f64 {
        let sum: f64 = (0..4).map(|_| self.unit()).sum();
        (sum - 2.0) * 3f64.sqrt()
    }

    /// One of the items, by weight. `first` is what a list without weight gives.
    pub(crate) fn pick<T: Copy>(&mut self, first: T, items: &[(T, f64)]) -> T {
        let total: f64 = items.iter().map(|(_, w)| w).sum();
        let mut at = self.unit() * total;
        for (item, w) in items {
            if at < *w {
                return *item;
            }
            at -= w;
        }
        items.last().map_or(first, |(item, _)| *item)
    }
}

/// A cheap hash of a pixel's place, for grain that needs no stored field.
pub(crate) fn grain(x: i32, y: i32, salt: u32) -> u32 {
    let mut h = (x as u32).wrapping_mul(0x9E37_79B1)
        ^ (y as u32).wrapping_mul(0x85EB_CA77)
        ^ salt.wrapping_mul(0xC2B2_AE3D);
    h ^= h >> 15;
    h = h.wrapping_mul(0x2C1B_3C6D);
    h ^= h >> 12;
    h = h.wrapping_mul(0x297A_2D39);
    h ^ (h >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_purpose_gives_other_numbers() {
        let mut a = Dice::new(1, "a", &[0]);
        let mut b = Dice::new(1, "b", &[0]);
        let mut c = Dice::new(1, "a", &[1]);
        let first = a.bits();
        assert_ne!(first, b.bits());
        assert_ne!(first, c.bits());
        assert_eq!(first, Dice::new(1, "a", &[0]).bits());
    }

    #[test]
    fn normal_has_unit_spread() {
        let mut d = Dice::new(7, "normal", &[]);
        let n = 20_000;
        let v: Vec<f64> = (0..n).map(|_| d.normal()).collect();
        let mean = v.iter().sum::<f64>() / f64::from(n);
        let var = v.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / f64::from(n);
        assert!(mean.abs() < 0.03, "{mean}");
        assert!((var - 1.0).abs() < 0.05, "{var}");
    }
}
