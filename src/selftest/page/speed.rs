//! Speed, from what `cargo bench --bench read_pages` printed: a plot and a
//! table.

use super::figures::trimmed;
use super::plot::{Anchor, Axis, Fill, Frame, Svg, width_of};
use super::words::{cell, significant};

/// One line of the measurement.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    pub dpi: u32,
    /// Kind of file.
    pub file: String,
    pub kilobytes: f64,
    /// ms a page.
    pub decode: f64,
    /// ms a page, decoding included.
    pub read: f64,
    pub pages_per_second: f64,
}

/// What was measured, and what else was said.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Speed {
    pub rows: Vec<Row>,
    pub notes: Vec<String>,
}

/// Numbers that end a line: kB, decode, decode + read, their ratio, reading,
/// pages a second.
const NUMBERS: usize = 6;

impl Speed {
    /// From the bench's table, or from CSV with the same columns: dpi, file, kB,
    /// decode, decode + read, ratio, reading, pages/s. Lines of another shape are
    /// kept as notes.
    pub(super) fn parse(text: &str) -> Self {
        let mut out = Self::default();
        for line in text.lines().map(str::trim).filter(|l| !l.is_empty()) {
            match row(line) {
                Some(row) => out.rows.push(row),
                // The table's own head says nothing more.
                None if line.starts_with("dpi") => {}
                None => out.notes.push(line.to_owned()),
            }
        }
        out
    }

    pub(super) fn table(&self) -> String {
        let mut lines = vec![
            "| dpi | file | kB | decoding, ms | decoding and reading, ms | ratio | pages/s |"
                .to_owned(),
            "|---|---|---|---|---|---|---|".to_owned(),
        ];
        for r in &self.rows {
            lines.push(format!(
                "| {} | {} | {} | {:.2} | {:.2} | {:.2} | {} |",
                r.dpi,
                cell(&r.file),
                significant(r.kilobytes),
                r.decode,
                r.read,
                r.read / r.decode,
                significant(r.pages_per_second)
            ));
        }
        lines.join("\n")
    }

    pub(super) fn figure(&self) -> Option<String> {
        const ROW: f64 = 24.0;
        let label = |r: &Row| format!("{} dpi, {}", r.dpi, r.file);
        let most = self.rows.iter().map(|r| r.read).fold(0.0, f64::max);
        if most <= 0.0 {
            return None;
        }
        let widest = self
            .rows
            .iter()
            .map(|r| width_of(&label(r)))
            .fold(0.0, f64::max);
        let (left, top, height) = (widest + 30.0, 76.0, ROW * self.rows.len() as f64 + 8.0);
        let frame = Frame {
            x: Axis {
                from: 0.0,
                to: most * 1.03,
                px: (left, left + 440.0),
                logarithmic: false,
            },
            y: Axis {
                from: 0.0,
                to: 1.0,
                px: (top + height, top),
                logarithmic: false,
            },
        };
        let mut svg = Svg::new(left + 440.0 + 210.0, top + height + 62.0);
        svg.bold(
            (24.0, 24.0),
            Anchor::Start,
            "Time of one page on one thread",
        );
        let mut x = 24.0;
        for (text, fill) in [("decoding the file", Fill::Light), ("reading", Fill::Black)] {
            svg.rect((x, 39.0), (22.0, 12.0), fill);
            svg.text((x + 29.0, 50.0), Anchor::Start, text);
            x += 55.0 + width_of(text);
        }
        let ticks: Vec<(f64, String)> = frame
            .x
            .ticks()
            .into_iter()
            .map(|v| (v, trimmed(v)))
            .collect();
        frame.draw_x(&mut svg, &ticks, "ms a page");
        for (n, r) in self.rows.iter().enumerate() {
            let y = top + 4.0 + ROW * n as f64;
            svg.text((left - 10.0, y + 16.5), Anchor::End, &label(r));
            let (zero, decoded, read) = (
                frame.x.at(0.0),
                frame.x.at(r.decode.min(r.read)),
                frame.x.at(r.read),
            );
            svg.rect((zero, y + 4.0), (decoded - zero, ROW - 8.0), Fill::Light);
            svg.rect((decoded, y + 4.0), (read - decoded, ROW - 8.0), Fill::Black);
            svg.text(
                (frame.x.px.1 + 10.0, y + 16.5),
                Anchor::Start,
                &format!(
                    "{} ms, {} pages/s",
                    significant(r.read),
                    significant(r.pages_per_second)
                ),
            );
        }
        frame.border(&mut svg);
        Some(
            svg.finish("Milliseconds to decode and to read a page, by resolution and kind of file"),
        )
    }
}

fn row(line: &str) -> Option<Row> {
    let words: Vec<&str> = line
        .split([' ', '\t', ','])
        .filter(|w| !w.is_empty())
        .collect();
    let (dpi, rest) = words.split_first()?;
    let at = rest.len().checked_sub(NUMBERS)?;
    let (file, numbers) = rest.split_at(at);
    let numbers: Vec<f64> = numbers
        .iter()
        .map(|w| w.parse().ok().filter(|v: &f64| v.is_finite() && *v >= 0.0))
        .collect::<Option<_>>()?;
    let [kilobytes, decode, read, _, _, pages_per_second] = numbers[..] else {
        return None;
    };
    (!file.is_empty() && decode > 0.0 && read > 0.0).then_some(Row {
        dpi: dpi.parse().ok()?,
        file: file.join(" "),
        kilobytes,
        decode,
        read,
        pages_per_second,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table as the bench prints it, and the same as CSV.
    #[test]
    fn the_table_of_the_bench_is_read() {
        let printed = "12 pages of A4 in each row; ms a page of CPU time\n\
             dpi  file               kB   decode  decode + read  ratio    reading   pages/s, two threads\n\
             300  JPEG 85            810    12.40          19.30   1.56       6.90                     98\n\
             \n\
             phieu read of 600 pages, two threads: 50 MB at most\n";
        let speed = Speed::parse(printed);
        assert_eq!(
            speed.rows,
            [Row {
                dpi: 300,
                file: "JPEG 85".into(),
                kilobytes: 810.0,
                decode: 12.4,
                read: 19.3,
                pages_per_second: 98.0
            }]
        );
        assert_eq!(speed.notes.len(), 2);
        let csv = Speed::parse(
            "dpi,file,kb,decode,read,ratio,reading,pps\n300,JPEG 85,810,12.4,19.3,1.56,6.9,98\n",
        );
        assert_eq!(csv.rows, speed.rows);
        assert!(
            speed
                .table()
                .contains("| 300 | JPEG 85 | 810 | 12.40 | 19.30 | 1.56 | 98 |")
        );
        assert!(speed.figure().is_some());
    }

    #[test]
    fn a_file_without_measurements_has_no_plot() {
        for text in [
            "",
            "300 JPEG",
            "300 JPEG 1 2 3 4 5",
            "300 JPEG 1 0 3 4 5 6",
            "x,y\n1,2",
        ] {
            let speed = Speed::parse(text);
            assert_eq!(speed.rows, [], "{text}");
            assert_eq!(speed.figure(), None);
        }
    }
}
