//! Paper through a feeder, by SANE's `scanimage --batch`.
//!
//! What comes out of the feeder is kept in the station until it is recorded:
//! the paper has left the feeder, and nobody should have to find it again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Station, StationError};

/// What to ask of the scanner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// SANE's name of the device; `None`: the one that SANE chooses.
    pub device: Option<String>,
    /// Options of the device, as `scanimage` takes them.
    pub options: Vec<String>,
}

/// What came out of the feeder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fed {
    /// The folder with the pages of this run, and of those before that were not
    /// recorded.
    pub dir: PathBuf,
    /// How `scanimage` ended, where it did not end because the feeder is empty.
    pub trouble: Option<String>,
}

/// What a form is made for (see `docs/measured.md`); colour tells nothing more.
const DEFAULTS: [(&str, &str); 2] = [("--resolution", "300"), ("--mode", "Gray")];

impl Station {
    fn feeder_dir(&self) -> PathBuf {
        self.dir().join("feeder")
    }

    /// Lets `scanimage` bring what lies in the feeder.
    ///
    /// Without an option that names the source, one page is taken from the glass:
    /// a flatbed never runs out of paper.
    ///
    /// # Errors
    /// There is no `scanimage`, or it brought nothing, or the disk refuses.
    pub fn feed(&self, feed: &Feed) -> Result<Fed, StationError> {
        let dir = self.feeder_dir();
        // A folder of its own: a run that was not recorded must not be written over.
        let run = dir.join(super::new_id());
        fs::create_dir_all(&run).map_err(StationError::io(&run, "make the folder"))?;
        let mut command = Command::new("scanimage");
        if let Some(device) = &feed.device {
            command.arg("--device-name").arg(device);
        }
        let named = |option: &str| feed.options.iter().any(|o| o.starts_with(option));
        for (option, value) in DEFAULTS.iter().filter(|(o, _)| !named(o)) {
            command.arg(format!("{option}={value}"));
        }
        command.args(&feed.options);
        if !named("--source") && !named("--batch-count") {
            command.arg("--batch-count=1");
        }
        let mut batch = std::ffi::OsString::from("--batch=");
        // In the pattern a percent sign begins a number.
        batch.push(run.to_string_lossy().replace('%', "%%"));
        batch.push("/%05d.png");
        command.arg("--format=png").arg(batch);
        let out = command.stdin(Stdio::null()).output().map_err(|e| {
            drop(fs::remove_dir(&run));
            if e.kind() == std::io::ErrorKind::NotFound {
                StationError::NoScanimage
            } else {
                StationError::io("scanimage", "run")(e)
            }
        })?;
        let said = String::from_utf8_lossy(&out.stderr);
        // Pages are reported one a line; what matters stands last.
        let last = said
            .lines()
            .rev()
            .find(|l| l.starts_with("scanimage:"))
            .or_else(|| said.lines().last())
            .unwrap_or("")
            .trim();
        if is_empty(&run) {
            drop(fs::remove_dir(&run));
            if is_empty(&dir) {
                return Err(StationError::NothingFed(last.to_owned()));
            }
        }
        let trouble = (!out.status.success()).then(|| last.to_owned());
        Ok(Fed { dir, trouble })
    }

    /// Everything is recorded: what came out of the feeder is kept among the
    /// originals.
    pub fn fed_is_recorded(&self) {
        // What cannot be removed is found as known the next time.
        drop(fs::remove_dir_all(self.feeder_dir()));
    }
}

fn is_empty(dir: &Path) -> bool {
    fs::read_dir(dir).map_or(true, |mut d| d.next().is_none())
}
