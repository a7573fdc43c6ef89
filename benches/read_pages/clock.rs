//! The time that this thread has had on a processor.

use std::time::{Duration, Instant};

/// What [`of`] measures.
pub const UNIT: &str = if cfg!(target_os = "linux") {
    "CPU time"
} else {
    "wall time"
};

/// The time is brought up to date every 4 ms or so; over this much that is
/// one in fifty.
const LONG_ENOUGH: Duration = Duration::from_millis(200);

/// Milliseconds that `run` takes, which is run as often as it needs to be.
pub fn of(run: impl Fn()) -> f64 {
    run();
    let wall = Instant::now();
    let before = on_processor();
    let mut times = 0.0;
    while wall.elapsed() < LONG_ENOUGH {
        run();
        times += 1.0;
    }
    let taken = match (before, on_processor()) {
        (Some(before), Some(after)) => after - before,
        _ => wall.elapsed().as_secs_f64() * 1000.0,
    };
    taken / times
}

/// Linux tells it in nanoseconds.
fn on_processor() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds: f64 = text.split(' ').next()?.parse().ok()?;
    Some(nanoseconds / 1e6)
}
