//! From the coefficients of a block to its 8 by 8 pixels.
//!
//! Whole numbers only, and the very ones that zune-jpeg and stb_image use
//! (constants of 12 bits, two more bits of precision between columns and
//! rows): whichever decoder a page goes through, and on whatever machine, its
//! pixels are the same. Their factoring of the transform (Loeffler,
//! Ligtenberg, Moschytz, "Practical fast 1-D DCT algorithms with 11
//! multiplications", 1989) is multiplied out to sums of products of pairs,
//! for which processors have an instruction.

use fearless_simd::prelude::*;
use fearless_simd::{Simd, i8x16, i16x8, i32x4, u8x16};

/// Eight rows of pixels.
pub(super) type Pixels = [[u8; 8]; 8];

/// Half of what the shift after the columns takes away.
const COLUMN_ROUNDING: i32 = 512;
/// The same for the rows, and what rounding each column up to then has cost.
const ROW_ROUNDING: i32 = 65536 + 512;

/// Amounts of coefficients that add up to more could leave 16 bits on the way:
/// the largest constant is 5683, of which 10 bits are shifted out.
const TAME: i32 = (i16::MAX as i32) * 1024 / 5683 - 100;

/// Sum of products with `a` and `b` in turn.
#[inline(always)]
fn dot<S: Simd>(s: S, x: i16x8<S>, a: i16, b: i16) -> i32x4<S> {
    x.pairwise_dot_product(i16x8::load_array(s, [a, b, a, b, a, b, a, b]))
}

/// One direction of the transform for four columns; `pair` gives the inputs
/// of two frequencies in turn. With `N` = 4 the others are zero.
#[inline(always)]
fn four<S: Simd, const N: usize, const SHIFT: u32>(
    s: S,
    pair: impl Fn(usize, usize) -> i16x8<S>,
    rounding: i32,
) -> [i32x4<S>; 8] {
    let rounding = i32x4::splat(s, rounding);
    let (x0, x1, x2, x3);
    if N == 4 {
        let even = pair(0, 2);
        x0 = dot(s, even, 4096, 5352) + rounding;
        x1 = dot(s, even, 4096, 2217) + rounding;
        x2 = dot(s, even, 4096, -2217) + rounding;
        x3 = dot(s, even, 4096, -5352) + rounding;
    } else {
        let outer = pair(0, 4);
        let sum = dot(s, outer, 4096, 4096) + rounding;
        let difference = dot(s, outer, 4096, -4096) + rounding;
        let inner = pair(2, 6);
        let (t2, t3) = (dot(s, inner, 2217, -5350), dot(s, inner, 5352, 2217));
        x0 = sum + t3;
        x3 = sum - t3;
        x1 = difference + t2;
        x2 = difference - t2;
    }
    let odd = pair(1, 3);
    let mut t0 = dot(s, odd, 1131, -3218);
    let mut t1 = dot(s, odd, 3219, -5681);
    let mut t2 = dot(s, odd, 4816, -1129);
    let mut t3 = dot(s, odd, 5683, 4816);
    if N == 8 {
        let odd = pair(5, 7);
        t0 += dot(s, odd, 4816, -5680);
        t1 += dot(s, odd, 1132, 4816);
        t2 += dot(s, odd, -5681, -3218);
        t3 += dot(s, odd, 3219, 1131);
    }
    [
        (x0 + t3) >> SHIFT,
        (x1 + t2) >> SHIFT,
        (x2 + t1) >> SHIFT,
        (x3 + t0) >> SHIFT,
        (x3 - t0) >> SHIFT,
        (x2 - t1) >> SHIFT,
        (x1 - t2) >> SHIFT,
        (x0 - t3) >> SHIFT,
    ]
}

/// One direction of the transform for the left (`low`) and right four columns.
#[inline(always)]
fn joined<S: Simd>(low: [i32x4<S>; 8], high: [i32x4<S>; 8]) -> [i16x8<S>; 8] {
    // No closure: one that is called eight times would not be inlined.
    [
        low[0].saturating_narrow(high[0]),
        low[1].saturating_narrow(high[1]),
        low[2].saturating_narrow(high[2]),
        low[3].saturating_narrow(high[3]),
        low[4].saturating_narrow(high[4]),
        low[5].saturating_narrow(high[5]),
        low[6].saturating_narrow(high[6]),
        low[7].saturating_narrow(high[7]),
    ]
}

#[inline(always)]
fn eight<S: Simd, const N: usize, const SHIFT: u32>(
    s: S,
    x: &[i16x8<S>; 8],
    rounding: i32,
) -> [i16x8<S>; 8] {
    let low = four::<S, N, SHIFT>(s, |i, j| x[i].zip_low(x[j]), rounding);
    let high = four::<S, N, SHIFT>(s, |i, j| x[i].zip_high(x[j]), rounding);
    joined(low, high)
}

/// Turns the place of each of 64 numbers, six bits of row and column, by one
/// bit: done three times, rows are columns.
#[inline(always)]
fn turn<S: Simd>(x: [i16x8<S>; 8]) -> [i16x8<S>; 8] {
    [
        x[0].zip_low(x[4]),
        x[0].zip_high(x[4]),
        x[1].zip_low(x[5]),
        x[1].zip_high(x[5]),
        x[2].zip_low(x[6]),
        x[2].zip_high(x[6]),
        x[3].zip_low(x[7]),
        x[3].zip_high(x[7]),
    ]
}

/// The same of bytes.
#[inline(always)]
fn turn_bytes<S: Simd>(x: [i8x16<S>; 4]) -> [i8x16<S>; 4] {
    [
        x[0].zip_low(x[2]),
        x[0].zip_high(x[2]),
        x[1].zip_low(x[3]),
        x[1].zip_high(x[3]),
    ]
}

/// Columns of levels around 0 to rows of pixels around 128.
#[inline(always)]
fn pixels<S: Simd>(s: S, columns: [i16x8<S>; 8]) -> Pixels {
    let bytes = [
        columns[0].saturating_narrow(columns[1]),
        columns[2].saturating_narrow(columns[3]),
        columns[4].saturating_narrow(columns[5]),
        columns[6].saturating_narrow(columns[7]),
    ];
    let rows = turn_bytes(turn_bytes(turn_bytes(bytes)));
    let middle = i8x16::splat(s, i8::MIN);
    let mut out = Pixels::default();
    for (two, row) in out.as_chunks_mut::<2>().0.iter_mut().zip(rows) {
        let row: u8x16<S> = (row ^ middle).bitcast();
        two.as_flattened_mut().copy_from_slice(row.as_slice());
    }
    out
}

/// A row of coefficients; adds their amounts to `sum`.
#[inline(always)]
fn row<S: Simd>(
    s: S,
    i: usize,
    block: &[i16; 64],
    steps: &[i16; 64],
    sum: &mut i32x4<S>,
) -> i16x8<S> {
    let value = i16x8::load_array_ref(s, &block.as_chunks::<8>().0[i]);
    let step = i16x8::load_array_ref(s, &steps.as_chunks::<8>().0[i]);
    *sum += s.abs_i16x8(value).pairwise_dot_product(step);
    value * step
}

#[inline(always)]
fn is_tame<S: Simd>(sum: i32x4<S>) -> bool {
    // 64 values of 15 bits and steps of 8 bits fit.
    let [a, b, c, d] = sum.to_array();
    a + b + c + d <= TAME
}

/// The pixels of a block from its quantized coefficients and the steps of
/// quantization, 0 to 255, row by row; no coefficient is [`i16::MIN`]. `last`
/// is the number, in the order of [`super::huffman::ZIGZAG`], of the last
/// coefficient that is not zero.
#[inline(always)]
pub(super) fn transform<S: Simd>(
    s: S,
    block: &[i16; 64],
    steps: &[i16; 64],
    last: usize,
) -> Pixels {
    // The first ten are in the upper left quarter.
    match last {
        0 => flat(block[0], steps[0]),
        1..10 => corner(s, block, steps),
        _ => full(s, block, steps),
    }
}

fn flat(mean: i16, step: i16) -> Pixels {
    let level = (i32::from(mean) * i32::from(step) + 4) >> 3;
    [[(level + 128).clamp(0, 255) as u8; 8]; 8]
}

#[inline(always)]
fn corner<S: Simd>(s: S, block: &[i16; 64], steps: &[i16; 64]) -> Pixels {
    let mut sum = i32x4::splat(s, 0);
    let zero = i16x8::splat(s, 0);
    let x = [
        row(s, 0, block, steps, &mut sum),
        row(s, 1, block, steps, &mut sum),
        row(s, 2, block, steps, &mut sum),
        row(s, 3, block, steps, &mut sum),
        zero,
        zero,
        zero,
        zero,
    ];
    if !is_tame(sum) {
        return wide(block, steps);
    }
    // The right four columns are zero and are not asked for.
    let left = four::<S, 4, 10>(s, |i, j| x[i].zip_low(x[j]), COLUMN_ROUNDING);
    let x = turn(turn(turn(joined(left, left))));
    pixels(s, eight::<S, 4, 17>(s, &x, ROW_ROUNDING))
}

#[inline(always)]
fn full<S: Simd>(s: S, block: &[i16; 64], steps: &[i16; 64]) -> Pixels {
    let mut sum = i32x4::splat(s, 0);
    let x = [
        row(s, 0, block, steps, &mut sum),
        row(s, 1, block, steps, &mut sum),
        row(s, 2, block, steps, &mut sum),
        row(s, 3, block, steps, &mut sum),
        row(s, 4, block, steps, &mut sum),
        row(s, 5, block, steps, &mut sum),
        row(s, 6, block, steps, &mut sum),
        row(s, 7, block, steps, &mut sum),
    ];
    if !is_tame(sum) {
        return wide(block, steps);
    }
    let x = turn(turn(turn(eight::<S, 8, 10>(s, &x, COLUMN_ROUNDING))));
    pixels(s, eight::<S, 8, 17>(s, &x, ROW_ROUNDING))
}

/// The same with room for any coefficients: no encoder makes such blocks from
/// pixels.
#[cold]
#[inline(never)]
fn wide(block: &[i16; 64], steps: &[i16; 64]) -> Pixels {
    let mut c: [i32; 64] = std::array::from_fn(|i| i32::from(block[i]) * i32::from(steps[i]));
    for column in 0..8 {
        let out = line(
            std::array::from_fn(|i| c[8 * i + column]),
            COLUMN_ROUNDING,
            10,
        );
        for (i, v) in out.into_iter().enumerate() {
            c[8 * i + column] = v;
        }
    }
    std::array::from_fn(|row| {
        let x = std::array::from_fn(|i| c[8 * row + i]);
        line(x, ROW_ROUNDING + (128 << 17), 17).map(|v| v.clamp(0, 255) as u8)
    })
}

fn line(x: [i32; 8], rounding: i32, shift: u32) -> [i32; 8] {
    let sum = |factors: [(usize, i32); 4]| {
        factors
            .iter()
            .fold(0i32, |s, &(i, k)| s.wrapping_add(x[i].wrapping_mul(k)))
    };
    let even = [
        sum([(0, 4096), (2, 5352), (4, 4096), (6, 2217)]),
        sum([(0, 4096), (2, 2217), (4, -4096), (6, -5350)]),
        sum([(0, 4096), (2, -2217), (4, -4096), (6, 5350)]),
        sum([(0, 4096), (2, -5352), (4, 4096), (6, -2217)]),
    ];
    let odd = [
        sum([(1, 5683), (3, 4816), (5, 3219), (7, 1131)]),
        sum([(1, 4816), (3, -1129), (5, -5681), (7, -3218)]),
        sum([(1, 3219), (3, -5681), (5, 1132), (7, 4816)]),
        sum([(1, 1131), (3, -3218), (5, 4816), (7, -5680)]),
    ];
    std::array::from_fn(|i| {
        let k = i.min(7 - i);
        let odd = if i < 4 { odd[k] } else { odd[k].wrapping_neg() };
        even[k].wrapping_add(rounding).wrapping_add(odd) >> shift
    })
}
