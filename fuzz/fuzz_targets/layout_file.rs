#![no_main]

#[path = "../doors/layout_file.rs"]
mod door;

use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

// A panic inside a library is caught and becomes an error of the file, which
// is what this target wants to see: without this, fuzzing would stop there.
fn forget_panics_that_are_caught() {
    std::panic::set_hook(Box::new(|_| {}));
}

fuzz_target!(init: forget_panics_that_are_caught(), |data: &[u8]| door::enter(data));

// Of texts with any bytes changed, one in thirty is still a form and its
// anchors. Most of the time numbers are exchanged instead, or marks are added:
// these reach the reader.
fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mut dice = Dice(seed | 1);
    if dice.roll(4) == 0 {
        return fuzzer_mutate(data, size, max_size);
    }
    let mut changed = data[..size].to_vec();
    for _ in 0..=dice.roll(3) {
        if dice.roll(4) == 0 {
            changed.extend([dice.roll(256), dice.roll(256), dice.roll(256)].map(|v| v as u8));
        } else {
            exchange_a_number(&mut changed, &mut dice);
        }
    }
    let size = changed.len().min(max_size);
    data[..size].copy_from_slice(&changed[..size]);
    size
});

fn exchange_a_number(text: &mut Vec<u8>, dice: &mut Dice) {
    let part_of_one = |b: u8| b.is_ascii_digit() || b == b'.';
    let starts: Vec<usize> = (1..text.len())
        .filter(|&i| text[i].is_ascii_digit() && !part_of_one(text[i - 1]))
        .collect();
    if starts.is_empty() {
        return;
    }
    let start = starts[dice.roll(starts.len() as u32) as usize];
    let end = (start..text.len())
        .find(|&i| !part_of_one(text[i]))
        .unwrap_or(text.len());
    let old = std::str::from_utf8(&text[start..end])
        .ok()
        .and_then(|t| t.parse::<f64>().ok())
        .unwrap_or(1.0);
    let share = f64::from(dice.roll(1000)) / 1000.0;
    let new = match dice.roll(6) {
        0 => format!("{}", dice.roll(4)),
        1 => format!("{:.3}", share * 700.0),
        2 => format!("{:.3}", share * 30.0),
        3 => format!("{:.4}", share * 1.5),
        4 => format!("{:.2}", old * (0.5 + share)),
        _ => format!("{:.2}", old + share - 0.5),
    };
    text.splice(start..end, new.into_bytes());
}

/// xorshift32 (Marsaglia, 2003).
struct Dice(u32);

impl Dice {
    fn roll(&mut self, sides: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        (self.0 >> 8) % sides
    }
}
