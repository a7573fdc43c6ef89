#![no_main]

#[path = "../doors/code_payload.rs"]
mod door;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| door::enter(data));
