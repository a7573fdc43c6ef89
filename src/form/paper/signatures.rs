//! Where people sign.

use super::{Flow, bold, italic};
use crate::form::FormError;
use crate::form::text::{Align, Paragraph, Piece};

/// Size of names, pt.
const TEXT: f64 = 11.0;

/// Room to sign in, mm.
const SIGN_MM: f64 = 16.0;

/// Room below a row of signatures, mm.
const BELOW_MM: f64 = 5.0;

/// A place to sign for each person: name and office.
pub(crate) fn signatures(flow: &mut Flow, people: &[(&str, &str)]) -> Result<(), FormError> {
    // Two to a row have more room; three save a page.
    let across = if people.len() > 2 { 3 } else { 2 };
    let width = Flow::width() / across as f64;
    let inner = width - 4.0;
    let head = |role: &str| {
        vec![
            vec![bold(10.0, &role.to_uppercase())],
            vec![italic(9.0, "(Ký, ghi rõ họ tên)")],
        ]
    };
    let name = |name: &str| vec![vec![bold(TEXT, name)]];
    for row in people.chunks(across) {
        let (mut heads, mut names) = (0.0f64, 0.0f64);
        for (n, role) in row {
            heads = heads.max(height(&head(role), inner)?);
            names = names.max(height(&name(n), inner)?);
        }
        let all = heads + SIGN_MM + names + BELOW_MM;
        flow.keep(all);
        let top = flow.y();
        for (i, (n, role)) in row.iter().enumerate() {
            let x = Flow::left() + i as f64 * width + 2.0;
            flow.column(x, inner, top, &head(role))?;
            flow.column(x, inner, top + heads + SIGN_MM, &name(n))?;
        }
        flow.go_on_at(top + all);
    }
    Ok(())
}

/// Height of paragraphs one below the other, mm.
fn height(texts: &[Vec<Piece>], width: f64) -> Result<f64, FormError> {
    let mut all = 0.0;
    for pieces in texts {
        all += Paragraph::set(pieces, width, Align::Centre)?.height();
    }
    Ok(all)
}
