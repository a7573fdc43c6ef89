//! Opinions, who receives the report and who signs it, and how it was made.

use super::{ReportPaper, TEXT, paragraph};
use crate::form::Weights;
use crate::form::paper::table::{Row, Set, table};
use crate::form::paper::{Flow, bold, grouped, italic, plain};
use crate::form::text::Align;
use crate::tally::TallyError;

/// Opinions that are printed; the others are counted.
const MOST_OPINIONS: usize = 60;

pub(super) fn opinions(flow: &mut Flow, opinions: &[(String, u64)]) -> Result<(), TallyError> {
    let rows: Vec<Row> = opinions
        .iter()
        .take(MOST_OPINIONS)
        .map(|(text, n)| Row::new(vec![text.clone(), grouped(*n)]))
        .collect();
    let columns = [("Ý kiến", 7.0, Set::Left), ("Số phiếu", 1.0, Set::Right)];
    table(flow, &columns, &rows)?;
    if opinions.len() > MOST_OPINIONS {
        let rest: u64 = opinions[MOST_OPINIONS..].iter().map(|o| o.1).sum();
        paragraph(flow, &format!("Và {} ý kiến khác.", grouped(rest)))?;
    }
    Ok(())
}

pub(super) fn signature(flow: &mut Flow, paper: &ReportPaper<'_>) -> Result<(), TallyError> {
    flow.keep(55.0);
    flow.gap(6.0);
    let (top, half) = (flow.y(), Flow::width() / 2.0);
    let mut left = vec![vec![bold(10.0, "Nơi nhận:")]];
    for to in paper.recipients {
        left.push(vec![plain(9.5, &format!("- {to};"))]);
    }
    left.push(vec![plain(9.5, "- Lưu: VT.")]);
    let mut y = top;
    for pieces in &left {
        let set = crate::form::text::Paragraph::set(pieces, half - 5.0, Align::Left)?;
        flow.draw(crate::form::paragraph(&set, Flow::left(), y));
        y += set.height();
    }
    let right = flow.column(
        Flow::left() + half,
        half,
        top,
        &[
            vec![bold(TEXT, "THỦ TRƯỞNG ĐƠN VỊ")],
            vec![italic(9.5, "(Ký, ghi rõ họ tên, đóng dấu)")],
        ],
    )?;
    flow.go_on_at(y.max(right + 30.0));
    Ok(())
}

pub(super) fn method(flow: &mut Flow, paper: &ReportPaper<'_>) -> Result<(), TallyError> {
    flow.new_page();
    flow.text(&[bold(12.0, "PHỤ LỤC")], Align::Centre, 0.0, 0.0)?;
    flow.text(
        &[bold(TEXT, "Phương pháp và giới hạn sai số")],
        Align::Centre,
        0.0,
        4.0,
    )?;
    for (form, version, meaning) in paper.meanings {
        let title = paper
            .tally
            .forms
            .iter()
            .find(|f| f.form == *form && f.version == *version)
            .map_or(form.as_str(), |f| f.title.as_str());
        let made = match meaning.rules.weights {
            Weights::Answers => "mỗi câu trả lời có giá trị như nhau",
            Weights::Respondents => {
                "mỗi người trả lời có giá trị như nhau (trung bình tỷ lệ của từng người)"
            }
            Weights::Equal => "trung bình cộng của các phần hợp thành",
            Weights::Given => "trung bình của các phần hợp thành theo trọng số đã định",
        };
        let blank = match meaning.rules.blank {
            crate::form::Blank::LeaveOut => "câu bỏ trống không được tính",
            crate::form::Blank::Unsatisfied => "câu bỏ trống tính là không hài lòng",
        };
        paragraph(
            flow,
            &format!("{title} ({form}, phiên bản {version}): {made}; {blank}."),
        )?;
    }
    paragraph(
        flow,
        "Chỉ số là tỷ lệ câu trả lời hài lòng trên số câu trả lời hợp lệ; phương án được loại \
         trừ (ví dụ “không có ý kiến”) và câu không hợp lệ hoặc đang chờ xử lý không có trong \
         mẫu số. Tử số và mẫu số được nêu cạnh mỗi chỉ số.",
    )?;
    paragraph(
        flow,
        "Khoảng tin cậy 95 % theo phương pháp Wilson, với phương sai của tỷ số tính theo từng \
         phiếu (các câu trả lời của một người không độc lập) và hệ số hiệu chỉnh tổng thể hữu \
         hạn ở nơi biết số người có giao dịch. Nó chỉ nói về sai số chọn mẫu ngẫu nhiên, không \
         nói về phiếu không thu được hay người không trả lời.",
    )?;
    for text in paper.method {
        paragraph(flow, text)?;
    }
    Ok(())
}
