//! What a clerk is told at the end of a scan.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::station::problem_words;

use super::{
    CliError, Lang, OTHER_VERSION, OpenQuestion, PageTotals, Profile, Reason, ScanSummary, Store,
    Suspect, TallyFilter, UnplacedPage, tally,
};

/// Pages that are named as examples before "and more".
const EXAMPLES: usize = 5;

/// Everything in a station that waits for a person.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) totals: PageTotals,
    pub(crate) pages: Vec<UnplacedPage>,
    pub(crate) ballots: Vec<Reason>,
    pub(crate) questions: Vec<OpenQuestion>,
    pub(crate) suspects: Vec<Suspect>,
}

impl Waiting {
    pub(crate) fn of(store: &Store) -> Result<Self, CliError> {
        Ok(Self {
            totals: store.page_totals()?,
            pages: store.unplaced_pages()?,
            ballots: store.ballot_reasons()?,
            questions: store.open_questions()?,
            suspects: store.suspects()?,
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.pages.is_empty() && self.ballots.is_empty() && self.questions.is_empty()
    }

    /// What waits and why, in lines for a person.
    pub(crate) fn describe(&self, lang: Lang) -> String {
        let mut out = String::new();
        // Writing to a string cannot fail.
        let mut line = |text: String| {
            let _ = writeln!(out, "{text}");
        };
        if !self.pages.is_empty() {
            let n = self.pages.len();
            line(match lang {
                Lang::Vi => format!("- {n} trang không đọc được hoặc chưa biết là phiếu nào:"),
                Lang::En => format!("- {n} pages could not be read or placed:"),
            });
            for p in self.pages.iter().take(EXAMPLES) {
                let other = p.code == "form-unknown" && p.detail.starts_with(OTHER_VERSION);
                let code = if other { "version-unknown" } else { &p.code };
                let why = problem_words(code, lang);
                line(format!(
                    "    {}{}: {why}",
                    p.file,
                    page_words(p.index, lang)
                ));
            }
            more(&mut line, n, lang);
        }
        for r in &self.ballots {
            let n = r.ballots;
            let why = problem_words(&r.code, lang);
            let kept = match (r.blocking, lang) {
                (true, Lang::Vi) => "; chưa tính",
                (true, Lang::En) => "; not counted yet",
                (false, _) => "",
            };
            line(match lang {
                Lang::Vi => format!("- {n} phiếu: {why}{kept}"),
                Lang::En => format!("- {n} ballots: {why}{kept}"),
            });
            if r.code == "same-paper" {
                for s in self.suspects.iter().take(EXAMPLES) {
                    let like = lang.pick("giống", "like");
                    line(format!("    {}: {like} {}", s.file, s.earlier_file));
                }
                more(&mut line, self.suspects.len(), lang);
            }
        }
        let mut by_state: BTreeMap<&str, Vec<&OpenQuestion>> = BTreeMap::new();
        for q in &self.questions {
            by_state.entry(&q.state).or_default().push(q);
        }
        for (state, questions) in by_state {
            let n = questions.len();
            let why = state_words(state, lang);
            line(match lang {
                Lang::Vi => format!("- {n} câu {why}:"),
                Lang::En => format!("- {n} questions {why}:"),
            });
            let mut pages: Vec<(&OpenQuestion, Vec<&str>)> = Vec::new();
            for q in questions {
                match pages.last_mut() {
                    Some((first, ids)) if first.file == q.file && first.index == q.index => {
                        ids.push(&q.question);
                    }
                    _ => pages.push((q, vec![&q.question])),
                }
            }
            for (q, ids) in pages.iter().take(EXAMPLES) {
                let ballot = lang.pick("phiếu", "ballot");
                let number = q
                    .serial
                    .clone()
                    .unwrap_or_else(|| q.ballot.number().to_string());
                let question = lang.pick("câu", "question");
                line(format!(
                    "    {}{}: {ballot} {number}, {question} {}",
                    q.file,
                    page_words(q.index, lang),
                    ids.join(", ")
                ));
            }
            more(&mut line, pages.len(), lang);
        }
        out
    }
}

fn more(line: &mut impl FnMut(String), all: usize, lang: Lang) {
    if let Some(rest) = all.checked_sub(EXAMPLES).filter(|r| *r > 0) {
        line(match lang {
            Lang::Vi => format!("    … và {rest} nữa"),
            Lang::En => format!("    … and {rest} more"),
        });
    }
}

/// Only files with many pages need the page's number.
fn page_words(index: u32, lang: Lang) -> String {
    if index == 0 {
        String::new()
    } else {
        format!(" ({} {})", lang.pick("trang", "page"), index + 1)
    }
}

/// The words for a problem's code.
fn state_words(state: &str, lang: Lang) -> &str {
    let (vi, en) = match state {
        "overvote" => ("chọn quá số phương án", "with too many choices"),
        "marginal" => ("có dấu không rõ", "with a mark that is not clear"),
        "corrected" => (
            "có vẻ đã sửa, cần xác nhận",
            "that look corrected, to be confirmed",
        ),
        other => (other, other),
    };
    lang.pick(vi, en)
}

/// Files that came again after their images were removed: what was made of them.
pub(crate) fn removed_words(done: &ScanSummary, lang: Lang) -> String {
    let n = done.removed.len();
    if n == 0 {
        return String::new();
    }
    let mut out = match lang {
        Lang::Vi => format!(
            "{n} tệp đã được đếm từ trước và ảnh đã hủy theo thời hạn lưu: không đọc lại, không giữ lại ảnh.\n"
        ),
        Lang::En => format!(
            "{n} files were recorded before and their images removed when their date had come: \
             neither read nor kept again.\n"
        ),
    };
    for file in done.removed.iter().filter(|f| f.lost > 0) {
        let (name, lost) = (&file.name, file.lost);
        // Writing to a string cannot fail.
        let _ = match lang {
            Lang::Vi => writeln!(
                out,
                "    {name}: {lost} trang KHÔNG được tính ở lô nào (lô đã hủy hoặc bị ngắt)"
            ),
            Lang::En => writeln!(
                out,
                "    {name}: {lost} pages count NOWHERE (their batch was cancelled or cut off)"
            ),
        };
    }
    out
}

pub(super) fn print(
    station: &Path,
    done: &ScanSummary,
    profile: Option<&Profile>,
    waiting: &Waiting,
    store: &Store,
    lang: Lang,
) -> Result<(), CliError> {
    let mut out = String::new();
    let p = &done.progress;
    let counts = tally(store, &TallyFilter::default())?;
    let (mut total, mut counted, mut pending) = (0, 0, 0);
    for form in &counts.forms {
        total += form.ballots.total;
        counted += form.ballots.counted;
        pending += form.ballots.pending;
    }
    if let (true, Some(n)) = (done.cancelled, done.batch) {
        match lang {
            Lang::Vi => writeln!(
                out,
                "Lô {n} ĐÃ BỊ HỦY trong lúc quét: không tính trang nào của lô."
            )?,
            Lang::En => writeln!(
                out,
                "Batch {n} WAS CANCELLED during the scan: nothing of it counts."
            )?,
        }
    }
    let t = &waiting.totals;
    match lang {
        Lang::Vi => {
            writeln!(
                out,
                "Đã quét xong {} tệp: {} trang mới, {} trang đã có từ trước.",
                p.files, p.pages, p.known
            )?;
            writeln!(
                out,
                "Trong trạm: {} trang ({} rõ, {} cần xem, {} không đọc được, {} trắng); \
                 {total} phiếu, tính {counted}, chờ xử lý {pending}.",
                t.pages, t.clean, t.review, t.unreadable, t.blank
            )?;
        }
        Lang::En => {
            writeln!(
                out,
                "Done: {} files, {} new pages, {} pages known before.",
                p.files, p.pages, p.known
            )?;
            writeln!(
                out,
                "In the station: {} pages ({} clean, {} to review, {} unreadable, {} blank); \
                 {total} ballots, {counted} counted, {pending} pending.",
                t.pages, t.clean, t.review, t.unreadable, t.blank
            )?;
        }
    }
    let (backs, sheets) = (done.blanks.backs, done.blanks.sheets);
    if backs + sheets > 0 {
        match lang {
            Lang::Vi => writeln!(
                out,
                "Trang trắng: {backs} mặt sau không in, {sheets} tờ trắng cả hai mặt."
            )?,
            Lang::En => writeln!(
                out,
                "Blank pages: {backs} unprinted backs, {sheets} sheets with nothing on either side."
            )?,
        }
    }
    if let Some(profile) = profile.filter(|_| p.pages > 0) {
        writeln!(
            out,
            "{}: {}.",
            lang.pick("Hồ sơ máy quét", "Scanner profile"),
            profile.label()
        )?;
    }
    if !done.failed.is_empty() {
        writeln!(
            out,
            "{}",
            lang.pick(
                "Không lấy được các tệp sau, chưa lưu vào trạm:",
                "These files could not be fetched and are not in the station:"
            )
        )?;
        for (name, why) in &done.failed {
            writeln!(out, "    {name}: {why}")?;
        }
    }
    out.push_str(&removed_words(done, lang));
    if waiting.is_empty() {
        writeln!(
            out,
            "{}",
            lang.pick("Không có gì cần người xem.", "Nothing needs a person.")
        )?;
    } else {
        writeln!(
            out,
            "{}",
            lang.pick("Cần người xem:", "For a person to see:")
        )?;
        out.push_str(&waiting.describe(lang));
    }
    if !waiting.questions.is_empty() {
        writeln!(
            out,
            "{}: phieu serve --station {}",
            lang.pick(
                "Kiểm tra các câu này trong trình duyệt",
                "Settle the questions in a browser"
            ),
            station.display()
        )?;
    }
    writeln!(
        out,
        "{}: phieu tally --station {}",
        lang.pick("Xem kết quả", "See the figures"),
        station.display()
    )?;
    use std::io::Write as _;
    std::io::stdout().lock().write_all(out.as_bytes())?;
    Ok(())
}
