//! The most memory that `phieu read` holds while it reads many pages.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

/// How often each file is given.
const TIMES: usize = 10;

/// Reads all files over and over by one `phieu read` on two threads, and prints
/// the peak of its memory.
pub fn measure(files: &[PathBuf]) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_phieu"))
        .args(["read", "--threads", "2"])
        .args((0..TIMES).flat_map(|_| files))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut peak = None;
    while child.try_wait().unwrap().is_none() {
        peak = high_water(child.id()).or(peak);
        std::thread::sleep(Duration::from_millis(2));
    }
    match peak {
        Some(kilobytes) => println!(
            "phieu read of {} pages, two threads: {} MB at most",
            files.len() * TIMES,
            kilobytes / 1024
        ),
        None => println!("phieu read: this system does not tell its memory"),
    }
}

/// `VmHWM` of Linux, kB.
fn high_water(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
