//! The time that this thread has had on a processor.

/// What [`of`] measures.
pub const UNIT: &str = if cfg!(target_os = "linux") {
    "CPU time"
} else {
    "wall time"
};

/// Milliseconds that `run` takes.
pub fn of(run: impl FnOnce()) -> f64 {
    let wall = std::time::Instant::now();
    let before = on_processor();
    run();
    match (before, on_processor()) {
        (Some(before), Some(after)) => after - before,
        _ => wall.elapsed().as_secs_f64() * 1000.0,
    }
}

/// Linux tells it in nanoseconds.
fn on_processor() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds: f64 = text.split(' ').next()?.parse().ok()?;
    Some(nanoseconds / 1e6)
}
