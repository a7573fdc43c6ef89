#![no_main]

#[path = "../doors/form_toml.rs"]
mod door;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| door::enter(data));
