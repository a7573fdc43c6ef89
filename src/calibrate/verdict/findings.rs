//! What is beyond a limit in words: what it is, where, and what a clerk does
//! about it, in Vietnamese and in English.

use super::limits::{
    ERASES, ERASES_MM, GOOD_BLACK, GOOD_FALLOFF, GOOD_KEPT, GOOD_LINE_MM, GOOD_MARGIN,
    GOOD_SKEW_DEG, GOOD_STRETCH, GOOD_STROKE_PX, GOOD_TRAPEZOID, GOOD_UNEVEN_MM, GROWTH_MM,
    LEAST_DPI, LEAST_KEPT, LEAST_MARGIN, MARK_LIKE, MOST_BLACK, MOST_FALLOFF, MOST_GROWTH_MM,
    MOST_SKEW_DEG, MOST_STRETCH, MOST_TRAPEZOID, MOST_UNEVEN_MM, SKEW_SIGMAS, STROKE_MM, TAG_OFF,
    blur_mm, kept, light_margin, noise_of,
};
use super::{Finding, FindingCode, Severity};
use crate::calibrate::page::PageMeasure;
use crate::calibrate::profile::{Profile, ScanKind};
use crate::calibrate::sequence::SequenceMeasure;
use crate::calibrate::streaks::{Along, StreakMeasure};
use crate::geometry::px_per_mm;

#[derive(Default)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    /// All that is to be said, the worst first.
    pub(super) fn of(
        profile: &Profile,
        pages: &[PageMeasure],
        sequence: &SequenceMeasure,
    ) -> Vec<Finding> {
        let mut findings = Self::default();
        findings.sheets(pages, sequence);
        findings.streaks(&profile.streaks);
        findings.sharpness(profile);
        findings.tones(profile);
        findings.feed(profile, pages);
        findings.labels(profile, pages);
        let mut findings = findings.0;
        findings.sort_by_key(|f| (std::cmp::Reverse(f.severity), f.code));
        findings
    }

    fn add(&mut self, code: FindingCode, severity: Severity, vi: String, en: String) {
        self.0.push(Finding {
            code,
            severity,
            vi,
            en,
        });
    }

    /// Adds a finding whose severity follows from two limits.
    fn beyond(&mut self, code: FindingCode, value: f64, limits: [f64; 2], vi: String, en: String) {
        if value > limits[0] {
            let severity = if value > limits[1] {
                Severity::Repair
            } else {
                Severity::Usable
            };
            self.add(code, severity, vi, en);
        }
    }

    fn sheets(&mut self, pages: &[PageMeasure], s: &SequenceMeasure) {
        let list = |v: &[usize]| {
            let names: Vec<String> = v.iter().map(|i| (i + 1).to_string()).collect();
            names.join(", ")
        };
        let mend = (
            "lau con lăn kéo giấy và miếng tách giấy, xòe giấy trước khi nạp, quét lại cả lô",
            "clean the pick roller and the separation pad, fan the sheets before feeding, scan the whole batch again",
        );
        if !s.second_sheet.is_empty() {
            let at = list(&s.second_sheet);
            self.add(
                FindingCode::DoubleFeed,
                Severity::Repair,
                format!(
                    "ảnh {at}: thấy hai tờ trong một ảnh, máy kéo hai tờ một lúc; {}",
                    mend.0
                ),
                format!(
                    "image {at}: two sheets in one image, the feeder took both at once; {}",
                    mend.1
                ),
            );
        }
        if !s.too_long.is_empty() {
            let at = list(&s.too_long);
            self.add(
                FindingCode::DoubleFeed,
                Severity::Repair,
                format!("ảnh {at}: dài hơn hẳn một tờ, nghi hai tờ dính nhau hoặc trượt giấy; {}", mend.0),
                format!("image {at}: much longer than a sheet, two sheets may hang together or slip; {}", mend.1),
            );
        }
        if !s.missing.is_empty() {
            let missing: Vec<String> = s.missing.iter().map(u8::to_string).collect();
            let missing = missing.join(", ");
            self.add(
                FindingCode::DoubleFeed,
                Severity::Repair,
                format!("thiếu tờ mẫu số {missing}: có thể đã đi kèm dưới tờ khác; {}", mend.0),
                format!("target sheet {missing} is in no image: it may have gone through under another one; {}", mend.1),
            );
        }
        for (i, p) in pages.iter().enumerate() {
            let lost = p.squares_expected.saturating_sub(p.squares_found);
            // A speck on a square or two happens; more is a part of the page.
            if lost * 20 > p.squares_expected {
                self.add(
                    FindingCode::Cropped,
                    Severity::Usable,
                    format!(
                        "ảnh {}: chỉ thấy {} trong {} ô vuông, một phần trang bị che hoặc nằm ngoài ảnh; chọn đúng khổ giấy {}, đặt giấy sát mép",
                        i + 1, p.squares_found, p.squares_expected, p.paper
                    ),
                    format!(
                        "image {}: {} of {} squares seen, part of the page is covered or outside the image; set the scanner to {} and push the paper to the guide",
                        i + 1, p.squares_found, p.squares_expected, p.paper
                    ),
                );
            }
        }
        if pages.len() == 1 {
            self.add(
                FindingCode::OnePage,
                Severity::Note,
                "chỉ có một ảnh: quét ít nhất ba lượt để biết máy kéo giấy có đều không".to_owned(),
                "only one image: scan at least three times to see how evenly sheets are fed"
                    .to_owned(),
            );
        }
    }

    fn streaks(&mut self, streaks: &[StreakMeasure]) {
        for s in streaks {
            let bright = s.darkness < 0.0;
            let bad = if bright {
                -s.darkness >= ERASES && s.width_mm >= ERASES_MM
            } else {
                s.darkness >= MARK_LIKE
            };
            let severity = if bad {
                Severity::Repair
            } else {
                Severity::Usable
            };
            let (from_vi, from_en) = match s.along {
                Along::Down => ("mép trái", "left"),
                Along::Across => ("mép trên", "top"),
            };
            let (kind_vi, kind_en) = if bright {
                ("sáng", "bright")
            } else {
                ("tối", "dark")
            };
            let (hurt_vi, hurt_en) = match (bad, bright) {
                (true, true) => ("che mất dấu đánh", "it hides marks"),
                (true, false) => ("có thể bị đọc thành dấu đánh", "it may be read as a mark"),
                (false, _) => ("còn mờ", "still faint"),
            };
            self.add(
                FindingCode::Streak,
                severity,
                format!(
                    "lau kính cách {from_vi} ảnh {:.0} mm: vệt {kind_vi} rộng {:.1} mm, đậm {:.0} %, {hurt_vi}; lau cả dải kính hẹp của khay nạp, quét lại",
                    s.at_mm, s.width_mm, 100.0 * s.darkness.abs()
                ),
                format!(
                    "clean the glass {:.0} mm from the {from_en} of the image: {kind_en} streak, {:.1} mm wide, {:.0} % strong, {hurt_en}; clean the feeder's narrow glass too and scan again",
                    s.at_mm, s.width_mm, 100.0 * s.darkness.abs()
                ),
            );
        }
    }

    fn sharpness(&mut self, p: &Profile) {
        let dpi = p.resolution.dpi_x.min(p.resolution.dpi_y);
        let stroke = STROKE_MM * px_per_mm(dpi);
        if stroke < GOOD_STROKE_PX {
            let severity = if dpi < LEAST_DPI {
                Severity::Repair
            } else {
                Severity::Usable
            };
            self.add(
                FindingCode::Resolution,
                severity,
                format!("độ phân giải {dpi:.0} dpi: nét bút {STROKE_MM} mm chỉ rộng {stroke:.1} điểm ảnh; đặt máy quét 200 hoặc 300 dpi"),
                format!("{dpi:.0} dpi: a pen stroke of {STROKE_MM} mm has only {stroke:.1} pixels; set the scanner to 200 or 300 dpi"),
            );
        }
        if p.blur.is_some() {
            let sigma = blur_mm(p);
            let share = kept(sigma);
            let lost = 100.0 * (1.0 - share);
            self.beyond(
                FindingCode::Blur,
                1.0 - share,
                [1.0 - GOOD_KEPT, 1.0 - LEAST_KEPT],
                format!("ảnh nhòe: σ {sigma:.2} mm, nét bút mảnh mất {lost:.0} % độ đậm; lau kính và gương, tăng dpi, tắt chế độ quét nhanh"),
                format!("blurred: σ {sigma:.2} mm, a thin stroke loses {lost:.0} % of its contrast; clean glass and mirrors, raise the dpi, switch off fast mode"),
            );
        }
        let thinnest = p.lines.thinnest_mm.unwrap_or(f64::INFINITY);
        let came_vi = p
            .lines
            .thinnest_mm
            .map_or("không nét nào".to_owned(), |t| format!("{t:.2} mm"));
        let came_en = p
            .lines
            .thinnest_mm
            .map_or("none".to_owned(), |t| format!("{t:.2} mm"));
        self.beyond(
            FindingCode::ThinLines,
            thinnest,
            [GOOD_LINE_MM + 1e-9, STROKE_MM + 1e-9],
            format!("nét in mảnh nhất còn nguyên: {came_vi}, nét bút nhạt có thể mất; quét xám (grayscale) thay vì đen trắng, hoặc chỉnh đậm hơn, tăng dpi"),
            format!("thinnest printed line that is whole: {came_en}, light strokes may be lost; scan in gray rather than black and white, or darker, or at more dpi"),
        );
        let growth = p.lines.growth_mm;
        // In gray scans an edge's place says only how the print came out.
        if p.kind == ScanKind::Bilevel {
            let (way_vi, way_en) = if growth > 0.0 {
                (
                    "nở ra; chỉnh máy quét sáng hơn",
                    "grows; set the scanner lighter",
                )
            } else {
                (
                    "co lại; chỉnh máy quét đậm hơn",
                    "shrinks; set the scanner darker",
                )
            };
            self.beyond(
                FindingCode::Threshold,
                growth.abs(),
                [GROWTH_MM, MOST_GROWTH_MM],
                format!("ngưỡng đen trắng lệch: mực {:.2} mm mỗi bên {way_vi}, hoặc quét xám", growth.abs()),
                format!("the black-and-white threshold is off: ink {way_en} ({:.2} mm each side), or scan in gray", growth.abs()),
            );
        }
    }

    fn tones(&mut self, p: &Profile) {
        if p.kind == ScanKind::Bilevel {
            return;
        }
        let t = &p.tone;
        let black = t.black / t.paper.max(1.0);
        self.beyond(
            FindingCode::Contrast,
            black,
            [GOOD_BLACK, MOST_BLACK],
            format!("đen và trắng quá gần nhau (giấy {:.0}, đen {:.0}): in lại tờ mẫu cho đậm; nếu vẫn vậy, chỉnh độ sáng, độ tương phản, lau kính", t.paper, t.black),
            format!("black and paper are too near (paper {:.0}, black {:.0}): print the target darker; if it stays so, set brightness and contrast, clean the glass", t.paper, t.black),
        );
        let (noise, margin) = (noise_of(p), light_margin(p));
        self.beyond(
            FindingCode::Noise,
            1.0 / margin.max(1e-6),
            [1.0 / GOOD_MARGIN, 1.0 / LEAST_MARGIN],
            format!("ảnh nhiễu: độ lệch {noise:.1} mức xám, nét bút nhạt chỉ hơn nhiễu {margin:.1} lần; lau kính, thay đèn, không nén JPEG quá mạnh"),
            format!("noisy: {noise:.1} gray levels, a light stroke is only {margin:.1} times the noise; clean the glass, change the lamp, use a higher JPEG quality"),
        );
        self.beyond(
            FindingCode::Falloff,
            t.falloff,
            [GOOD_FALLOFF, MOST_FALLOFF],
            format!("sáng không đều: chỗ tối nhất kém {:.0} %; đậy nắp, ép phẳng giấy, kiểm tra đèn", 100.0 * t.falloff),
            format!("uneven light: the darkest part lacks {:.0} %; close the lid, press the paper flat, check the lamp", 100.0 * t.falloff),
        );
    }

    fn feed(&mut self, p: &Profile, pages: &[PageMeasure]) {
        let f = &p.feed;
        let worst = pages
            .iter()
            .map(|p| p.feed.skew_deg.abs())
            .fold(0.0, f64::max);
        let skew = worst.max(f.skew_deg.abs() + SKEW_SIGMAS * f.skew_spread_deg);
        self.beyond(
            FindingCode::Skew,
            skew,
            [GOOD_SKEW_DEG, MOST_SKEW_DEG],
            format!("giấy vào lệch {worst:.1}° (dao động {:.1}°); ép hai thanh chắn giấy sát mép, lau con lăn", f.skew_spread_deg),
            format!("sheets lie crooked, {worst:.1}° (spread {:.1}°); set the paper guides close, clean the rollers", f.skew_spread_deg),
        );
        self.beyond(
            FindingCode::Stretch,
            f.stretch_percent.abs(),
            [GOOD_STRETCH, MOST_STRETCH],
            format!("chiều dọc và chiều ngang lệch tỷ lệ {:+.1} %: lau con lăn; kiểm tra máy in có in đúng 100 % cả hai chiều không (đo thước A và B)", f.stretch_percent),
            format!("height against width is off by {:+.1} %: clean the rollers; check that the printer is true both ways (measure bars A and B)", f.stretch_percent),
        );
        self.beyond(
            FindingCode::Uneven,
            f.uneven_mm,
            [GOOD_UNEVEN_MM, MOST_UNEVEN_MM],
            format!(
                "máy kéo giấy không đều, lệch tới {:.1} mm: lau hoặc thay con lăn",
                f.uneven_mm
            ),
            format!(
                "uneven feed, up to {:.1} mm: clean or change the rollers",
                f.uneven_mm
            ),
        );
        self.beyond(
            FindingCode::Uneven,
            f.trapezoid_percent.abs(),
            [GOOD_TRAPEZOID, MOST_TRAPEZOID],
            format!("bề ngang đổi {:+.1} % từ trên xuống dưới: giấy cong hoặc xoay khi kéo; ép phẳng, lau con lăn hai bên", f.trapezoid_percent),
            format!("the width changes by {:+.1} % from top to bottom: the sheet bends or turns while it is fed; press it flat, clean the rollers on both sides", f.trapezoid_percent),
        );
    }

    fn labels(&mut self, p: &Profile, pages: &[PageMeasure]) {
        let r = &p.resolution;
        if let (Some(x), Some(y)) = (r.tag_x, r.tag_y)
            && ((x / r.dpi_x - 1.0).abs() > TAG_OFF || (y / r.dpi_y - 1.0).abs() > TAG_OFF)
        {
            self.add(
                FindingCode::DpiTag,
                Severity::Note,
                format!("tệp ghi {x:.0} × {y:.0} dpi, đúng ra là {:.0} × {:.0}; phieu không dựa vào số ghi này", r.dpi_x, r.dpi_y),
                format!("the file claims {x:.0} × {y:.0} dpi, true are {:.0} × {:.0}; phieu does not rely on the claim", r.dpi_x, r.dpi_y),
            );
        }
        if r.tag_x.is_none() && !pages.is_empty() {
            self.add(
                FindingCode::DpiTag,
                Severity::Note,
                format!("tệp không ghi dpi; đo được {:.0} × {:.0}", r.dpi_x, r.dpi_y),
                format!(
                    "the file claims no dpi; measured {:.0} × {:.0}",
                    r.dpi_x, r.dpi_y
                ),
            );
        }
        if !r.print_measured {
            self.add(
                FindingCode::PrintUnknown,
                Severity::Note,
                "dpi chỉ đúng nếu tờ mẫu in đúng 100 %: đo thước A trên tờ mẫu, thêm --bar-mm".to_owned(),
                "the dpi hold only if the target was printed at 100 %: measure bar A on the print and add --bar-mm".to_owned(),
            );
        }
    }
}
