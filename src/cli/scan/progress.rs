//! How far a scan is: a bar on a terminal, now and then a line elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::lang::Lang;
use crate::station::Progress;

/// A log that is looked at now and then needs no more than this.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Shows progress on standard error.
pub(super) struct Bar {
    bar: Option<ProgressBar>,
    lang: Lang,
    started: Instant,
    said: Instant,
}

impl Bar {
    pub(super) fn new(files: usize, lang: Lang) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(files as u64);
            let template = match lang {
                Lang::Vi => "{bar:30} {pos}/{len} tệp · {msg} · còn {eta}",
                Lang::En => "{bar:30} {pos}/{len} files · {msg} · {eta} left",
            };
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar
        });
        let now = Instant::now();
        Self {
            bar,
            lang,
            started: now,
            said: now,
        }
    }

    pub(super) fn show(&mut self, p: &Progress) {
        match &self.bar {
            Some(bar) => {
                bar.set_position(p.files as u64);
                bar.set_message(self.words(p));
            }
            None if self.said.elapsed() >= LINE_EVERY => {
                self.said = Instant::now();
                let files = self.lang.pick("tệp", "files");
                eprintln!("{}/{} {files} · {}", p.files, p.files_total, self.words(p));
            }
            None => {}
        }
    }

    fn words(&self, p: &Progress) -> String {
        let seconds = self.started.elapsed().as_secs_f64().max(0.001);
        let rate = p.pages as f64 / seconds;
        match self.lang {
            Lang::Vi => format!("{rate:.1} trang/giây · {} cần xem", p.flagged),
            Lang::En => format!("{rate:.1} pages/s · {} flagged", p.flagged),
        }
    }

    pub(super) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
