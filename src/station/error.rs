//! What can go wrong in the station.

use std::path::PathBuf;

use crate::store::StoreError;

/// Why the station refused.
#[derive(Debug, thiserror::Error)]
pub enum StationError {
    /// The tally database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file or folder.
    #[error("{}: cannot {doing}: {source}", path.display())]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// What was tried.
        doing: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// Another scan runs.
    #[error(
        "another scan is running on the station {}; wait until it has ended",
        .0.display()
    )]
    Busy(PathBuf),
    /// SANE's program is not there.
    #[error(
        "there is no scanimage on this computer (không có scanimage): install SANE \
         (Debian, Ubuntu: apt install sane-utils), or scan into a folder: phieu watch"
    )]
    NoScanimage,
    /// The feeder gave nothing.
    #[error("the scanner gave no page; scanimage said: {0}")]
    NothingFed(String),
    /// The batch at hand was cancelled by somebody.
    #[error("batch {0} was cancelled while it was being scanned")]
    Cancelled(i64),
    /// The run was told to end.
    #[error("the scan was stopped")]
    Stopped,
    /// The folder of a new station is in use.
    #[error("{} is not empty; choose a new folder for the station", .0.display())]
    NotEmpty(PathBuf),
    /// A campaign file has a mistake.
    #[error("{}{}: {what}", path.display(), line.map(|l| format!(", line {l}")).unwrap_or_default())]
    Campaign {
        /// The file.
        path: PathBuf,
        /// Where, from 1.
        line: Option<usize>,
        /// What is wrong and what to do.
        what: String,
    },
    /// The campaign names a form that is not there.
    #[error(
        "the campaign names the form {form:?}, which is not among the templates; there are: {known}"
    )]
    CampaignForm {
        /// What it names.
        form: String,
        /// What there is.
        known: String,
    },
    /// No form to read by.
    #[error("there is no form to read by; name a folder with --templates DIR")]
    NoForms,
    /// A form cannot be loaded.
    #[error(transparent)]
    Form(#[from] crate::form::FormError),
    /// One form and version with two layouts.
    #[error(
        "form {form} version {version} is there twice with different layouts ({} and {}); \
         raise the version of the changed form",
        digests[0], digests[1]
    )]
    FormTwice {
        /// Id of the form.
        form: String,
        /// Its version.
        version: u32,
        /// Digests of both layouts.
        digests: [String; 2],
    },
    /// The scanner's profile.
    #[error(transparent)]
    Profile(#[from] crate::calibrate::CalibrateError),
    /// A path to scan.
    #[error(transparent)]
    Input(#[from] crate::page::SourceError),
}

impl StationError {
    pub(super) fn io(
        path: impl Into<PathBuf>,
        doing: &'static str,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io {
            path,
            doing,
            source,
        }
    }
}
