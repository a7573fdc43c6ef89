//! The forms at hand: those that ship, and those in folders of the user.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::design::{nearest, parse};
use super::learned::LearnedForm;
use super::{Form, FormError, Layout};

/// The forms that ship: name of the file for messages, content.
const SHIPPED: &[(&str, &str)] = &[
    (
        "templates/ba-dinh-2022/form.toml",
        include_str!("../../templates/ba-dinh-2022/form.toml"),
    ),
    (
        "templates/tien-giang-2024/form.toml",
        include_str!("../../templates/tien-giang-2024/form.toml"),
    ),
];

/// Name of the file that makes a folder a form.
const FILE: &str = "form.toml";

/// Where a form comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// Written by a person; can be printed.
    Designed(Box<Form>),
    /// Found on a sheet that exists already.
    Learned {
        /// Title, for lists.
        title: String,
    },
}

/// A form with its layout.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadedForm {
    /// Where it comes from.
    pub source: Source,
    /// Content of its form.toml.
    pub text: String,
    /// Where everything is on its pages.
    pub layout: Layout,
    /// The form.toml as people know it.
    pub file: String,
    /// Its folder; a shipped form has none.
    pub dir: Option<PathBuf>,
}

impl LoadedForm {
    /// The form's title on one line.
    #[must_use]
    pub fn title(&self) -> String {
        let title = match &self.source {
            Source::Designed(form) => &form.title.first,
            Source::Learned { title } => title,
        };
        title.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The form as written.
    ///
    /// # Errors
    /// [`FormError::Learned`] if nobody wrote it.
    pub fn designed(&self) -> Result<&Form, FormError> {
        match &self.source {
            Source::Designed(form) => Ok(form),
            Source::Learned { .. } => Err(FormError::Learned(self.layout.form.clone())),
        }
    }

    /// Reads a form.toml and lays it out, or reads the layout beside it if the
    /// form was learned.
    ///
    /// # Errors
    /// If the file cannot be read or has a mistake.
    pub fn from_file(path: &Path) -> Result<Self, FormError> {
        let text = std::fs::read_to_string(path).map_err(|source| FormError::Io {
            path: path.to_owned(),
            source,
        })?;
        let file = path.display().to_string();
        let dir = path.parent().map(Path::to_owned);
        if LearnedForm::is_one(&text) {
            let folder = dir.as_deref().unwrap_or(Path::new(""));
            let (form, layout) = LearnedForm::load(folder)?;
            return Ok(Self {
                source: Source::Learned { title: form.title },
                text,
                layout,
                file,
                dir,
            });
        }
        let form = parse(&text, &file)?;
        let layout = Layout::from_form(&form)?;
        Ok(Self {
            source: Source::Designed(Box::new(form)),
            text,
            layout,
            file,
            dir,
        })
    }
}

/// All forms at hand.
#[derive(Debug, Clone)]
pub struct Library {
    forms: BTreeMap<(String, u32), LoadedForm>,
}

impl Library {
    /// The shipped forms and every form.toml below these folders.
    ///
    /// # Errors
    /// If a folder cannot be read, a form has a mistake, or two different
    /// forms have the same id and version.
    pub fn load(template_dirs: &[PathBuf]) -> Result<Self, FormError> {
        let mut library = Self {
            forms: BTreeMap::new(),
        };
        for (file, text) in SHIPPED {
            let form = parse(text, file)?;
            let layout = Layout::from_form(&form)?;
            library.add(LoadedForm {
                source: Source::Designed(Box::new(form)),
                text: (*text).to_owned(),
                layout,
                file: (*file).to_owned(),
                dir: None,
            })?;
        }
        for dir in template_dirs {
            for path in form_files(dir)? {
                library.add(LoadedForm::from_file(&path)?)?;
            }
        }
        Ok(library)
    }

    fn add(&mut self, form: LoadedForm) -> Result<(), FormError> {
        let key = (form.layout.form.clone(), form.layout.version);
        match self.forms.get(&key) {
            Some(known) if known.layout.digest != form.layout.digest => Err(FormError::Twice {
                id: key.0,
                version: key.1,
                first: known.file.clone(),
                second: form.file,
            }),
            _ => {
                self.forms.insert(key, form);
                Ok(())
            }
        }
    }

    /// All forms, by id and version.
    pub fn forms(&self) -> impl Iterator<Item = &LoadedForm> {
        self.forms.values()
    }

    /// All layouts, for [`crate::read::Reader`].
    #[must_use]
    pub fn layouts(&self) -> Vec<Layout> {
        self.forms.values().map(|f| f.layout.clone()).collect()
    }

    /// The newest version of a form.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&LoadedForm> {
        self.forms
            .range((id.to_owned(), 0)..=(id.to_owned(), u32::MAX))
            .next_back()
            .map(|(_, form)| form)
    }

    /// What a user calls a form: the id of one that is at hand, the path of a
    /// form.toml, or a folder with exactly one form somewhere below it.
    ///
    /// # Errors
    /// [`FormError::Unknown`], [`FormError::NotOneForm`], or what is wrong with
    /// the file.
    pub fn resolve(&self, name: &str) -> Result<LoadedForm, FormError> {
        if let Some(form) = self.get(name) {
            return Ok(form.clone());
        }
        let path = Path::new(name);
        if path.is_dir() {
            let files = form_files(path)?;
            return match &files[..] {
                [one] => LoadedForm::from_file(one),
                _ => Err(FormError::NotOneForm {
                    path: path.to_owned(),
                    count: files.len(),
                }),
            };
        }
        if path.is_file() {
            return LoadedForm::from_file(path);
        }
        let known: Vec<&str> = self.forms.keys().map(|(id, _)| id.as_str()).collect();
        Err(FormError::Unknown {
            name: name.to_owned(),
            hint: match nearest(name, &known) {
                Some(near) => format!("did you mean {near}?"),
                None => format!(
                    "give the path of a form.toml or one of: {}",
                    known.join(", ")
                ),
            },
        })
    }
}

/// Every form.toml at or below a folder, in a fixed order.
fn form_files(dir: &Path) -> Result<Vec<PathBuf>, FormError> {
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(dir).sort_by_file_name() {
        let entry = entry.map_err(|e| FormError::Io {
            path: e.path().unwrap_or(dir).to_owned(),
            source: e.into(),
        })?;
        if entry.file_type().is_file() && entry.file_name() == FILE {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_forms_are_found_by_id_and_by_path() {
        let library = Library::load(&[]).unwrap();
        assert_eq!(library.forms().count(), SHIPPED.len());
        let by_id = library.resolve("ba-dinh-2022").unwrap();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/ba-dinh-2022");
        let by_dir = library.resolve(&root.display().to_string()).unwrap();
        let file = root.join("form.toml");
        let by_file = library.resolve(&file.display().to_string()).unwrap();
        assert_eq!(by_id.layout, by_dir.layout);
        assert_eq!(by_dir, by_file);
    }

    #[test]
    fn an_unknown_name_gets_a_hint() {
        let library = Library::load(&[]).unwrap();
        let error = library.resolve("ba-dinh-2023").unwrap_err();
        assert!(error.to_string().contains("ba-dinh-2022"), "{error}");
    }

    #[test]
    fn a_changed_form_with_an_old_version_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("phiếu của tôi");
        std::fs::create_dir(&folder).unwrap();
        let changed = SHIPPED[0].1.replace("Có", "Có ạ");
        std::fs::write(folder.join(FILE), changed).unwrap();
        let error = Library::load(&[dir.path().to_owned()]).unwrap_err();
        assert!(matches!(error, FormError::Twice { .. }), "{error}");
        // The same form again is no harm.
        std::fs::write(folder.join(FILE), SHIPPED[0].1).unwrap();
        assert!(Library::load(&[dir.path().to_owned()]).is_ok());
    }

    #[test]
    fn a_folder_with_several_forms_must_be_narrowed() {
        let library = Library::load(&[]).unwrap();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
        let error = library.resolve(&root.display().to_string()).unwrap_err();
        let all = form_files(&root).unwrap().len();
        assert!(all > SHIPPED.len());
        assert!(matches!(error, FormError::NotOneForm { count, .. } if count == all));
    }
}
