//! The difference from the last period's file.

use super::IndexReport;

/// Writes into every figure of `report` how it differs from the same one of `last`:
/// the same group, form and part by their ids, whatever the form's version.
pub fn compare(report: &mut IndexReport, last: &IndexReport) {
    for group in &mut report.groups {
        let Some(then) = last
            .groups
            .iter()
            .find(|g| g.by == group.by && g.id == group.id)
        else {
            continue;
        };
        let less = |now: Option<f64>, then: Option<f64>| Some(now? - then?);
        group.overall.difference = less(group.overall.index, then.overall.index);
        for form in &mut group.forms {
            let Some(then) = then.forms.iter().rev().find(|f| f.form == form.form) else {
                continue;
            };
            for figure in &mut form.figures {
                let same = |f: &&super::Figure| f.part == figure.part && f.id == figure.id;
                if let Some(then) = then.figures.iter().find(same) {
                    figure.difference = less(figure.index, then.index);
                }
            }
        }
    }
}
