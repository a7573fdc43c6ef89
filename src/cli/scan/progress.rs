//! How far a scan is: a bar on a terminal, now and then a line elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::lang::Lang;
use crate::station::Progress;

/// A log that is looked at now and then needs no more than this.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Shows progress on standard error.
pub(crate) struct Bar {
    bar: Option<ProgressBar>,
    lang: Lang,
    /// Since when pages count, and how many there were then: a pause is not
    /// time at work.
    started: Instant,
    pages: u64,
    paused: bool,
    said: Instant,
}

impl Bar {
    pub(crate) fn new(files: usize, lang: Lang) -> Self {
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
            pages: 0,
            paused: false,
            said: now,
        }
    }

    pub(crate) fn show(&mut self, p: &Progress) {
        if self.paused && !p.paused {
            self.started = Instant::now();
            self.pages = p.pages;
        }
        let turned = self.paused != p.paused;
        self.paused = p.paused;
        match &self.bar {
            Some(bar) => {
                bar.set_length(p.files_total as u64);
                bar.set_position(p.files as u64);
                bar.set_message(self.words(p));
            }
            None if turned || self.said.elapsed() >= LINE_EVERY => {
                self.said = Instant::now();
                let files = self.lang.pick("tệp", "files");
                eprintln!("{}/{} {files} · {}", p.files, p.files_total, self.words(p));
            }
            None => {}
        }
    }

    fn words(&self, p: &Progress) -> String {
        let seconds = self.started.elapsed().as_secs_f64().max(0.001);
        let rate = p.pages.saturating_sub(self.pages) as f64 / seconds;
        match self.lang {
            Lang::Vi if p.paused => format!("TẠM DỪNG · {} cần xem", p.flagged),
            Lang::En if p.paused => format!("PAUSED · {} flagged", p.flagged),
            Lang::Vi => format!("{rate:.1} trang/giây · {} cần xem", p.flagged),
            Lang::En => format!("{rate:.1} pages/s · {} flagged", p.flagged),
        }
    }

    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
