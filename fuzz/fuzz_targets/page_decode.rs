#![no_main]

#[path = "../doors/page_decode.rs"]
mod door;

use libfuzzer_sys::fuzz_target;

// A panic inside a library is caught and becomes an error of the file, which
// is what this target wants to see: without this, fuzzing would stop there.
fn forget_panics_that_are_caught() {
    std::panic::set_hook(Box::new(|_| {}));
}

fuzz_target!(init: forget_panics_that_are_caught(), |data: &[u8]| door::enter(data));
