//! Random choices that are the same on every machine and thread count.

use std::sync::OnceLock;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What a stream of choices is for: each has its own, so that one more choice
/// in one of them leaves the others as they were.
#[derive(Debug, Clone, Copy)]
pub enum Purpose {
    Sheet,
    Person,
    Answers,
    Paper,
    Scanner,
}

/// A stream of random choices.
#[derive(Debug, Clone)]
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// `page` is 0 for what all pages of a sheet share.
    pub fn new(seed: u64, level: u64, sheet: u64, page: u64, purpose: Purpose) -> Self {
        let mut key = [0_u8; 32];
        for (i, part) in [seed, level, sheet, page].iter().enumerate() {
            key[i * 8..][..8].copy_from_slice(&part.to_le_bytes());
        }
        let mut rng = ChaCha8Rng::from_seed(key);
        rng.set_stream(purpose as u64);
        Self(rng)
    }

    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in 0..1.
    pub fn unit(&mut self) -> f32 {
        (self.0.next_u32() >> 8) as f32 / (1 << 24) as f32
    }

    pub fn chance(&mut self, p: f32) -> bool {
        self.unit() < p
    }

    pub fn range(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// Near enough to normal for hands and machines, and never beyond 3.5 sigma,
    /// so that one image in a million is not absurd.
    pub fn normal(&mut self, sigma: f32) -> f32 {
        let sum: f32 = (0..4).map(|_| self.unit()).sum();
        (sum - 2.0) * 1.732 * sigma
    }

    pub fn below(&mut self, n: usize) -> usize {
        ((self.unit() * n as f32) as usize).min(n.saturating_sub(1))
    }

    /// One of these, by weight.
    pub fn pick<T: Copy>(&mut self, from: &[(f32, T)]) -> T {
        let total: f32 = from.iter().map(|f| f.0).sum();
        let mut at = self.unit() * total;
        for (weight, value) in from {
            if at < *weight {
                return *value;
            }
            at -= weight;
        }
        from[from.len() - 1].1
    }
}

/// A hash of a place: noise that does not depend on the order of drawing.
#[inline]
pub fn hash(seed: u64, x: u32, y: u32) -> u64 {
    let mut h = seed ^ (u64::from(y) << 32 | u64::from(x)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    h ^= h >> 29;
    h = h.wrapping_mul(0xBF58_476D_1CE4_E5B9);
    h ^= h >> 32;
    h
}

/// Uniform in 0..1.
#[inline]
pub fn hash_unit(seed: u64, x: u32, y: u32) -> f32 {
    (hash(seed, x, y) >> 40) as f32 / (1 << 24) as f32
}

/// Normal numbers to read rows of noise from.
const GRAINS: usize = 1 << 16;

/// Noise with sigma 1 for the pixels of an image, by their place.
pub struct Noise {
    grains: &'static [f32],
    starts: Vec<usize>,
}

impl Noise {
    pub fn new(seed: u64, rows: usize) -> Self {
        static TABLE: OnceLock<Vec<f32>> = OnceLock::new();
        let grain = |i: usize| {
            let h = hash(0x51ED, i as u32, 0);
            let sum = (h & 0xFFFF) + (h >> 16 & 0xFFFF) + (h >> 32 & 0xFFFF) + (h >> 48);
            (sum as f32 - 131_070.0) / 37_837.0
        };
        Self {
            grains: TABLE.get_or_init(|| (0..GRAINS).map(grain).collect()),
            starts: (0..rows)
                .map(|y| hash(seed, y as u32, 1) as usize % GRAINS)
                .collect(),
        }
    }

    #[inline]
    pub fn at(&self, x: usize, y: usize) -> f32 {
        self.grains[(self.starts[y] + x) % GRAINS]
    }
}

/// Smooth noise in -1..1 with features of the size 1.
pub fn smooth_noise(seed: u64, x: f32, y: f32) -> f32 {
    let (fx, fy) = (x.floor(), y.floor());
    let (ix, iy) = (fx as i32 as u32, fy as i32 as u32);
    let ease = |t: f32| t * t * (3.0 - 2.0 * t);
    let (tx, ty) = (ease(x - fx), ease(y - fy));
    let at = |dx: u32, dy: u32| hash_unit(seed, ix.wrapping_add(dx), iy.wrapping_add(dy));
    let top = at(0, 0) + (at(1, 0) - at(0, 0)) * tx;
    let bottom = at(0, 1) + (at(1, 1) - at(0, 1)) * tx;
    (top + (bottom - top) * ty) * 2.0 - 1.0
}
