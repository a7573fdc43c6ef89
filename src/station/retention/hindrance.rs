//! What stands in the way of removing images: whatever a person may still want to
//! look at. Once the images are gone nobody can.

use std::collections::BTreeMap;

use crate::lang::Lang;
use crate::store::{NoteFilter, Store, StoreError};

/// Kinds of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Obstacle {
    /// Questions that the machine is not sure of, or a person doubts.
    Questions,
    /// Ballots that do not count because something about them as a whole waits.
    Ballots,
    /// Pages that belong to no ballot.
    Pages,
    /// Handwriting that nobody wrote down.
    Notes,
    /// Boxes that are not closed although they were opened or ballots came out of them.
    Boxes,
    /// Closed boxes whose figures have changed since.
    ChangedBoxes,
    /// Ballots of drawn samples of which nobody said what was found.
    Samples,
    /// Pages of recorded files that a scan that was cut off did not come to.
    Unread,
    /// Files that no record names.
    Loose,
    /// What the check of the station finds.
    Faults,
}

impl Obstacle {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Questions,
        Self::Ballots,
        Self::Pages,
        Self::Notes,
        Self::Boxes,
        Self::ChangedBoxes,
        Self::Samples,
        Self::Unread,
        Self::Loose,
        Self::Faults,
    ];

    /// The word by which a person accepts it.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Questions => "open-questions",
            Self::Ballots => "waiting-ballots",
            Self::Pages => "unplaced-pages",
            Self::Notes => "unwritten-notes",
            Self::Boxes => "open-boxes",
            Self::ChangedBoxes => "changed-boxes",
            Self::Samples => "unfinished-samples",
            Self::Unread => "unread-pages",
            Self::Loose => "unrecorded-files",
            Self::Faults => "not-whole",
        }
    }

    /// Of this word.
    #[must_use]
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|o| o.code() == code)
    }

    /// So many of it, in words.
    #[must_use]
    pub fn words(self, n: u64, lang: Lang) -> String {
        let (vi, en) = match self {
            Self::Questions => ("câu hỏi chờ người kết luận", "questions wait for a person"),
            Self::Ballots => (
                "phiếu chưa tính vì cả phiếu còn vướng",
                "ballots wait as a whole",
            ),
            Self::Pages => ("trang chưa biết là phiếu nào", "pages belong to no ballot"),
            Self::Notes => (
                "ý kiến viết tay chưa chép lại",
                "handwritten notes were not written down",
            ),
            Self::Boxes => ("hòm phiếu chưa đóng", "boxes are not closed"),
            Self::ChangedBoxes => (
                "hòm phiếu có số liệu thay đổi sau khi đóng",
                "closed boxes have other figures than when they were closed",
            ),
            Self::Samples => (
                "phiếu của mẫu kiểm tra lại chưa có kết quả",
                "drawn ballots were not checked again",
            ),
            Self::Unread => (
                "trang của lô quét bị ngắt chưa được đọc",
                "pages were not read because their scan was cut off",
            ),
            Self::Loose => (
                "tệp ảnh trong trạm chưa được ghi vào lô nào",
                "image files in the station that no batch recorded",
            ),
            Self::Faults => (
                "chỗ không nguyên vẹn (phieu audit verify)",
                "things are not as they were recorded (phieu audit verify)",
            ),
        };
        format!("{n} {}", lang.pick(vi, en))
    }
}

/// One that is there, and how often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hindrance {
    /// What.
    pub what: Obstacle,
    /// How many.
    pub number: u64,
}

/// All that the database knows of, and the loose files.
pub(super) fn all(store: &Store, loose: u64) -> Result<Vec<Hindrance>, StoreError> {
    let mut found: BTreeMap<Obstacle, u64> = BTreeMap::new();
    found.insert(Obstacle::Questions, store.open_questions()?.len() as u64);
    let waiting = store.waiting_ballots(&crate::store::BallotFilter::default())?;
    found.insert(Obstacle::Ballots, waiting.len() as u64);
    found.insert(Obstacle::Pages, store.unplaced_pages()?.len() as u64);
    let unwritten = NoteFilter {
        written: Some(false),
        ..NoteFilter::default()
    };
    found.insert(Obstacle::Notes, store.count_notes(&unwritten)?);
    for line in store.box_lines()? {
        let used = line.figures.counted.is_some() || line.figures.ballots > 0;
        if line.ballot_box.is_none() || !used {
            continue;
        }
        if line.changed_since_closing() {
            *found.entry(Obstacle::ChangedBoxes).or_default() += 1;
        } else if !line.is_closed() && line.figures.counted.is_some() {
            // A box that was never opened with minutes cannot be closed: an office that
            // does without minutes is not kept from removing its images.
            *found.entry(Obstacle::Boxes).or_default() += 1;
        }
    }
    found.insert(Obstacle::Samples, unchecked(store)?);
    found.insert(Obstacle::Unread, store.unread_pages()?);
    found.insert(Obstacle::Loose, loose);
    Ok(found
        .into_iter()
        .filter(|(_, number)| *number > 0)
        .map(|(what, number)| Hindrance { what, number })
        .collect())
}

/// Drawn ballots without a result, of the newest sample: drawing a larger one replaces
/// the one before.
fn unchecked(store: &Store) -> Result<u64, StoreError> {
    let Some(sample) = store.samples()?.pop() else {
        return Ok(0);
    };
    let done = store.sample_results(sample.number)?.len() as u64;
    Ok(sample.size.saturating_sub(done))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_known_by_a_word_of_its_own() {
        for what in Obstacle::ALL {
            assert_eq!(Obstacle::of_code(what.code()), Some(what));
            assert!(what.words(3, Lang::Vi).starts_with("3 "));
        }
        assert_eq!(Obstacle::of_code("all"), None);
    }
}
