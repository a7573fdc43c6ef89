//! Batches as people see them: which one is at work just now.

use super::Station;
use crate::store::{BatchRow, BatchState, Store, StoreError};

/// Below that the clock of the database (milliseconds) is most of the time, seconds.
const LEAST_SECONDS: f64 = 0.05;

/// A batch, and where it is.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchLine {
    /// What the database knows.
    pub row: BatchRow,
    /// `running`, `paused`, `finished`, `interrupted` or `cancelled`.
    pub state: &'static str,
}

impl BatchLine {
    /// Pages in a second of work; `None` where too little was measured.
    #[must_use]
    pub fn pace(&self) -> Option<f64> {
        let seconds = self.row.seconds;
        (seconds >= LEAST_SECONDS).then(|| self.row.pages as f64 / seconds)
    }

    /// It is at work, or waits to go on.
    #[must_use]
    pub fn is_at_work(&self) -> bool {
        matches!(self.state, "running" | "paused")
    }
}

impl Station {
    /// All batches, in the order in which they began.
    ///
    /// # Errors
    /// The database refuses.
    pub fn batch_lines(&self, store: &Store) -> Result<Vec<BatchLine>, StoreError> {
        let scanning = self.is_scanning();
        let all = store.batches()?;
        // Only the last one that is open can be at work.
        let open = |b: &&BatchRow| matches!(b.state, BatchState::Open | BatchState::Paused);
        let running = all
            .iter()
            .rev()
            .find(open)
            .filter(|_| scanning)
            .map(|b| b.key);
        let line = |row: BatchRow| {
            let state = match row.state {
                BatchState::Cancelled => "cancelled",
                BatchState::Finished => "finished",
                BatchState::Paused if running == Some(row.key) => "paused",
                BatchState::Open if running == Some(row.key) => "running",
                _ => "interrupted",
            };
            BatchLine { row, state }
        };
        Ok(all.into_iter().map(line).collect())
    }
}
