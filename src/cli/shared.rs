//! Arguments and steps that several commands share.

use std::fs::File;
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use clap::Args;

use super::CliError;
use crate::calibrate::{Profile, Verdict};
use crate::form::FormError;
use crate::form::code::{Key, Keyring};
use crate::lang::Lang;
use crate::page::{Collected, collect};
use crate::station::KnownForm;
use crate::tally::TallyFilter;
use crate::whole_file::part_of;

/// Where forms come from.
#[derive(Debug, Clone, Args)]
pub(crate) struct TemplateArgs {
    /// Thư mục chứa mẫu phiếu, dùng thêm ngoài các mẫu có sẵn (folder of forms, beside those that ship; repeatable)
    #[arg(long = "templates", value_name = "DIR")]
    pub(crate) dirs: Vec<PathBuf>,
}

/// How many threads.
#[derive(Debug, Clone, Args)]
pub(crate) struct ThreadArgs {
    /// Số luồng xử lý; mặc định bằng số nhân máy (threads; default: one a processor core)
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
}

impl ThreadArgs {
    pub(crate) fn count(&self) -> NonZeroUsize {
        self.threads
            .or_else(|| std::thread::available_parallelism().ok())
            .unwrap_or(NonZeroUsize::MIN)
    }
}

/// Which scanner the images come from.
#[derive(Debug, Clone, Args)]
pub(crate) struct ProfileArgs {
    /// Hồ sơ máy quét: tên có sẵn (phieu calibrate list) hoặc tệp .toml; none: không dùng (the scanner's profile: a name or a file; none: without)
    #[arg(long = "profile", value_name = "FILE|NAME")]
    name: Option<String>,
}

/// What stands for no profile on the command line.
pub(crate) const NO_PROFILE: &str = "none";

impl ProfileArgs {
    /// The profile that was named; what `otherwise` says if nothing was.
    pub(crate) fn profile(
        &self,
        otherwise: impl FnOnce() -> Result<Option<Profile>, CliError>,
    ) -> Result<Option<Profile>, CliError> {
        match self.name.as_deref() {
            None => otherwise(),
            Some(NO_PROFILE) => Ok(None),
            Some(name) => Ok(Some(Profile::named_or_load(name)?)),
        }
    }
}

/// Says on standard error that the profile told not to scan.
pub(crate) fn warn_of_repair(profile: Option<&Profile>, lang: Lang) {
    if let Some(p) = profile.filter(|p| p.verdict == Verdict::Repair) {
        let name = &p.name;
        eprintln!(
            "{}",
            match lang {
                Lang::Vi => format!(
                    "CHÚ Ý: hồ sơ máy quét {name:?} xếp loại PHẢI SỬA; nên sửa máy và đo lại \
                     (phieu calibrate measure), nếu không nhiều phiếu hơn phải có người xem"
                ),
                Lang::En => format!(
                    "NOTE: the scanner profile {name:?} says REPAIR; mend the scanner and measure it again \
                     (phieu calibrate measure), else more ballots need a person"
                ),
            }
        );
    }
}

/// What figures leave out.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct FilterArgs {
    /// Chỉ mẫu phiếu này (only this form)
    #[arg(long, value_name = "ID")]
    pub(crate) form: Option<String>,
    /// Chỉ đơn vị này và các đơn vị trực thuộc (only this unit and those below it)
    #[arg(long, value_name = "ID")]
    pub(crate) unit: Option<String>,
}

impl FilterArgs {
    pub(crate) fn filter(&self) -> TallyFilter {
        TallyFilter {
            form: self.form.clone(),
            unit: self.unit.clone(),
        }
    }
}

/// Which language.
#[derive(Debug, Clone, Args)]
pub(crate) struct LangArgs {
    /// Ngôn ngữ: vi hoặc en (language: vi or en)
    #[arg(long, env = "PHIEU_LANG", value_name = "LANG", default_value = "vi", value_parser = Lang::parse)]
    pub(crate) lang: Lang,
}

/// Which keys the serials were printed with.
#[derive(Debug, Clone, Args)]
pub(crate) struct KeyArgs {
    /// Tệp khóa đã dùng khi in phiếu, có thể lặp lại (key file that the sheets were printed with; repeatable)
    #[arg(long = "key", value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl KeyArgs {
    /// The named keys; without any, the public one. A sheet printed with the
    /// public key is no valid sheet where a secret one is asked for: anyone
    /// could print it.
    pub(crate) fn keyring(&self) -> Result<Keyring, CliError> {
        if self.files.is_empty() {
            return Ok(Keyring::public());
        }
        let keys: Result<Vec<Key>, _> = self.files.iter().map(|f| Key::from_file(f)).collect();
        Ok(Keyring::new(keys?))
    }
}

/// The shipped forms and those in these folders.
pub(crate) fn load_forms(dirs: &[PathBuf]) -> Result<Vec<KnownForm>, CliError> {
    Ok(crate::station::load_forms(dirs)?)
}

/// Expands the paths that a person named; says what was left out.
pub(crate) fn collect_sources(paths: &[PathBuf], lang: Lang) -> Result<Collected, CliError> {
    let found = collect(paths)?;
    for skipped in &found.skipped {
        eprintln!(
            "{} {}: {}",
            lang.pick("bỏ qua", "skipped"),
            skipped.name,
            skipped.reason
        );
    }
    if found.sources.is_empty() {
        let names: Vec<String> = paths.iter().map(|p| p.display().to_string()).collect();
        return Err(format!(
            "{}: {}",
            names.join(", "),
            lang.pick(
                "không có tệp ảnh nào (JPEG, PNG, TIFF, PDF hay ZIP)",
                "no image files there (JPEG, PNG, TIFF, PDF or ZIP)"
            )
        )
        .into());
    }
    Ok(found)
}

/// Writes all or nothing: a half-written PDF must not reach the printer, nor half a
/// profile be used.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), FormError> {
    let part = part_of(path);
    let written = File::create(&part)
        .and_then(|mut file| file.write_all(bytes))
        .and_then(|()| std::fs::rename(&part, path));
    if written.is_err() {
        // The error that matters is the first one.
        drop(std::fs::remove_file(&part));
    }
    written.map_err(|source| FormError::Io {
        path: path.to_owned(),
        source,
    })
}

/// A name that somebody chose must not steer a terminal.
pub(crate) fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}
