//! The entropy-coded bits of a baseline JPEG (ITU-T T.81, annex F): Huffman
//! codes, each followed by the bits of a value.
//!
//! Each look into a table waits for the one before it, which is what decoding
//! a JPEG spends its time on. So a table is asked with [`LOOK`] bits at once
//! and answers with a coefficient and its value, or with two of them.

/// The place of the k-th coded coefficient in a block, row by row (T.81,
/// figure A.6).
pub(super) const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59,
    52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// Bits that a table is asked with: 16 kB of answers, which leaves half of the
/// smallest first-level cache to the rest. With 10 it is slower, with 12 no
/// faster.
const LOOK: u32 = 11;

/// Looks between two refills: all of them together may take 55 of the 56 bits
/// that a refill guarantees.
const LOOKS: u32 = 5;

/// Advance of the code that ends a block, beyond any coefficient.
const END: usize = 128;

/// What a table answers: [`Entry::BITS`] are those of the code or codes and
/// their values together. Where only one symbol fits, the second is the first
/// once more: writing it again changes nothing.
#[derive(Clone, Copy)]
struct Entry(u64);

impl Entry {
    /// The code fits, its value does not: where values are is their size.
    const SPLIT: u64 = 1 << 6;
    /// Not even the code fits.
    const LONG: u64 = 1 << 7;

    fn of(look: u32, code_bits: u32, symbol: u8, dc: bool) -> Self {
        let (run, size) = match dc {
            true => (0, u32::from(symbol)),
            false => (symbol >> 4, u32::from(symbol & 15)),
        };
        let advance = match (run, size) {
            _ if dc => 1,
            (15, 0) => 16,
            (_, 0) => END as u64,
            (run, _) => u64::from(run) + 1,
        };
        if code_bits + size > LOOK {
            return Self::join(code_bits, advance, size as i16) | Self::SPLIT;
        }
        let bits = look >> (LOOK - code_bits - size) & ((1 << size) - 1);
        Self::join(code_bits + size, advance, extend(bits, size) as i16)
    }

    /// Twice the same symbol.
    fn join(bits: u32, advance: u64, value: i16) -> Self {
        let value = u64::from(value as u16);
        Self(
            u64::from(bits)
                | advance << 8
                | advance << 16
                | u64::from(bits) << 24
                | value << 32
                | value << 48,
        )
    }

    /// This symbol and the next one.
    fn and(self, next: Self) -> Self {
        let bits = self.bits() + next.bits();
        let advance = (self.first_advance() + next.first_advance()).min(255);
        Self(
            u64::from(bits)
                // Advance, bits and value of the first.
                | self.0 & 0x0000_FFFF_FF00_FF00
                | (advance as u64) << 16
                | (next.0 >> 48) << 48,
        )
    }

    fn is(self, kind: u64) -> bool {
        self.0 & kind != 0
    }

    fn bits(self) -> u32 {
        self.0 as u32 & 63
    }

    fn first_bits(self) -> u32 {
        (self.0 >> 24) as u32 & 63
    }

    fn first_advance(self) -> usize {
        (self.0 >> 8) as usize & 255
    }

    fn advance(self) -> usize {
        (self.0 >> 16) as usize & 255
    }

    fn first(self) -> i16 {
        (self.0 >> 32) as i16
    }

    fn second(self) -> i16 {
        (self.0 >> 48) as i16
    }
}

impl std::ops::BitOr<u64> for Entry {
    type Output = Self;

    fn bitor(self, flag: u64) -> Self {
        Self(self.0 | flag)
    }
}

/// A value by its bits (T.81, table F.1 and figure F.12).
fn extend(bits: u32, size: u32) -> i32 {
    let positive = size == 0 || bits >> (size - 1) != 0;
    bits as i32 - if positive { 0 } else { (1 << size) - 1 }
}

/// A Huffman table.
pub(super) struct Table {
    quick: [Entry; 1 << LOOK],
    /// One above the largest code of each length, its bits at the top of 16.
    limit: [u32; 17],
    /// From a code of each length to its symbol's place.
    offset: [i32; 17],
    symbols: [u8; 256],
}

impl Table {
    /// From how many codes there are of each length, 1 to 16, and their
    /// symbols (T.81, B.2.4.2 and annex C). `None` for what is no table.
    pub fn new(counts: &[u8; 16], symbols: &[u8], dc: bool) -> Option<Box<Self>> {
        let mut table = Box::new(Self {
            quick: [Entry(Entry::LONG); 1 << LOOK],
            limit: [0; 17],
            offset: [0; 17],
            symbols: [0; 256],
        });
        table
            .symbols
            .get_mut(..symbols.len())?
            .copy_from_slice(symbols);
        let (mut code, mut place) = (0u32, 0usize);
        for (bits, &count) in (1..=16u32).zip(counts) {
            table.offset[bits as usize] = place as i32 - code as i32;
            for symbol in symbols.get(place..place + usize::from(count))? {
                if bits <= LOOK {
                    let first = code << (LOOK - bits);
                    let all = first as usize..((code + 1) << (LOOK - bits)) as usize;
                    for (look, entry) in (first..).zip(table.quick.get_mut(all)?) {
                        *entry = Entry::of(look, bits, *symbol, dc);
                    }
                }
                code += 1;
            }
            place += usize::from(count);
            // A code of ones only is forbidden.
            if count > 0 && code >= 1 << bits {
                return None;
            }
            table.limit[bits as usize] = code << (16 - bits);
            code <<= 1;
        }
        if dc {
            return symbols.iter().all(|s| *s <= 15).then_some(table);
        }
        table.pair();
        Some(table)
    }

    /// Joins each answer with the one after it, where both fit.
    fn pair(&mut self) {
        let single = self.quick;
        for (look, entry) in self.quick.iter_mut().enumerate() {
            let more = Entry::SPLIT | Entry::LONG;
            if entry.is(more) || entry.first_advance() >= END {
                continue;
            }
            let next = single[(look << entry.bits()) & ((1 << LOOK) - 1)];
            if !next.is(more) && entry.bits() + next.bits() <= LOOK {
                *entry = entry.and(next);
            }
        }
    }
}

/// Reads bits. Beyond the end there are zeros; [`Bits::used`] tells.
#[derive(Clone, Copy)]
pub(super) struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    /// The next bits, the first at the top.
    top: u64,
    /// In its low six bits how many of `top` are valid. What is above them
    /// means nothing: it saves masking in the loop.
    count: u32,
}

impl<'a> Bits<'a> {
    /// Reads `data` from the byte at `at`.
    pub fn new(data: &'a [u8], at: usize) -> Self {
        Self {
            data,
            at,
            top: 0,
            count: 0,
        }
    }

    /// Bits from the beginning of the data to here.
    pub fn used(&self) -> usize {
        (self.at * 8).saturating_sub((self.count & 63) as usize)
    }

    /// Makes at least 56 bits valid.
    #[inline(always)]
    fn refill(&mut self) {
        let next = self.data.get(self.at..).and_then(|d| d.first_chunk::<8>());
        if let Some(next) = next {
            self.top |= u64::from_be_bytes(*next).wrapping_shr(self.count);
        }
        self.at += (!self.count >> 3 & 7) as usize;
        self.count |= 56;
    }

    /// Passes bits, as many as the low six bits of `n` say.
    #[inline(always)]
    fn pass(&mut self, n: u32) {
        self.top = self.top.wrapping_shl(n);
        self.count = self.count.wrapping_sub(n);
    }

    #[inline(always)]
    fn look(&self, table: &Table) -> Entry {
        table.quick[(self.top >> (64 - LOOK)) as usize]
    }

    /// A value of 1 to 15 bits.
    #[inline(always)]
    fn value(&mut self, size: u32) -> i16 {
        let bits = self.top.wrapping_shr(64 - size) as u32;
        self.pass(size);
        extend(bits, size) as i16
    }

    /// Reads a symbol whose code is longer than [`LOOK`], and its value. Takes
    /// and gives the reader by value: what a function holds a reference to is
    /// not kept in registers.
    #[cold]
    #[inline(never)]
    fn long(mut self, table: &Table, dc: bool) -> Option<(Self, u8, i16)> {
        self.refill();
        let look = (self.top >> 48) as u32;
        let bits = (LOOK + 1..=16).find(|&bits| look < table.limit[bits as usize])?;
        let place = (look >> (16 - bits)) as i32 + table.offset[bits as usize];
        let symbol = *table.symbols.get(usize::try_from(place).ok()?)?;
        self.pass(bits);
        let size = u32::from(if dc { symbol } else { symbol & 15 });
        let value = if size == 0 { 0 } else { self.value(size) };
        self.refill();
        Some((self, symbol, value))
    }

    /// Reads the difference of a block's mean to that of the block before it
    /// (T.81, F.2.2.1). `None` where the bits are no code.
    #[inline(always)]
    pub fn mean(&mut self, table: &Table) -> Option<i16> {
        self.refill();
        let entry = self.look(table);
        if entry.is(Entry::LONG) {
            let (after, _, value) = self.long(table, true)?;
            *self = after;
            return Some(value);
        }
        self.pass(entry.bits());
        Some(if entry.is(Entry::SPLIT) {
            self.value(u32::from(entry.first() as u16))
        } else {
            entry.first()
        })
    }

    /// Reads a block's other coefficients (T.81, F.2.2.2) and calls `put` with
    /// the number of each, 1 to 63, and its value; zeros may be among them.
    /// Returns the last one's number. `None` where the bits are no code or
    /// the block too long.
    #[inline(always)]
    pub fn rest(&mut self, table: &Table, put: impl FnMut(usize, i16)) -> Option<usize> {
        let mut bits = *self;
        let last = bits.rest_of(table, put);
        *self = bits;
        last
    }

    #[inline(always)]
    fn rest_of(&mut self, table: &Table, mut put: impl FnMut(usize, i16)) -> Option<usize> {
        let mut k = 0;
        loop {
            self.refill();
            for _ in 0..LOOKS {
                let entry = self.look(table);
                if !entry.is(Entry::SPLIT | Entry::LONG) {
                    let before = *self;
                    self.pass(entry.0 as u32);
                    let (first, second) = (k + entry.first_advance(), k + entry.advance());
                    if second < 63 {
                        put(first, entry.first());
                        put(second, entry.second());
                        k = second;
                        continue;
                    }
                    if first < 63 {
                        put(first, entry.first());
                        if second == 63 {
                            put(63, entry.second());
                            return Some(63);
                        }
                        return (second >= END).then_some(first);
                    }
                    // Full or ended: the second symbol is not this block's.
                    *self = before;
                    self.pass(entry.first_bits());
                    if first == 63 {
                        put(63, entry.first());
                        return Some(63);
                    }
                    return (first >= END).then_some(k);
                }
                let value;
                if entry.is(Entry::SPLIT) {
                    self.refill();
                    self.pass(entry.bits());
                    value = self.value(u32::from(entry.first() as u16));
                    k += entry.first_advance();
                } else {
                    let (after, symbol, long) = self.long(table, false)?;
                    *self = after;
                    if symbol & 15 == 0 && symbol != 0xF0 {
                        return Some(k);
                    }
                    value = long;
                    k += usize::from(symbol >> 4) + 1;
                }
                if k > 63 {
                    return None;
                }
                put(k, value);
                if k == 63 {
                    return Some(63);
                }
                break;
            }
        }
    }
}
