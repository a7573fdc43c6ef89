//! What is otherwise in a changed campaign, for people to look at before it holds.

use super::{Campaign, CampaignUnit, Day, Quota};

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// `+` added, `-` taken away, `~` otherwise than before.
    pub sign: char,
    /// In Vietnamese.
    pub vi: String,
    /// In English.
    pub en: String,
}

/// What a thing is called, in Vietnamese and in English.
type Names = (String, String);

fn names(vi: &str, en: &str) -> Names {
    (vi.to_owned(), en.to_owned())
}

/// Differences from `old` (nothing, where the station had no campaign) to `new`.
#[must_use]
pub fn changes(old: &Campaign, new: &Campaign) -> Vec<Change> {
    let mut out = Vec::new();
    let mut plain = |name: (&str, &str), was: Option<String>, is: Option<String>| {
        out.extend(differ(&names(name.0, name.1), was, is));
    };
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let day = |d: Option<Day>| d.map(Day::written);
    plain(
        ("tên đợt khảo sát", "name"),
        some(&old.name),
        some(&new.name),
    );
    plain(
        ("căn cứ", "legal basis"),
        some(&old.legal_basis.join("; ")),
        some(&new.legal_basis.join("; ")),
    );
    plain(
        ("cơ quan tổng hợp", "reporting office"),
        old.reporting_office.clone(),
        new.reporting_office.clone(),
    );
    plain(
        ("ngày bắt đầu", "first day"),
        day(old.starts),
        day(new.starts),
    );
    plain(("ngày kết thúc", "last day"), day(old.ends), day(new.ends));
    plain(
        ("hạn chung", "deadline of all"),
        day(old.deadline),
        day(new.deadline),
    );
    plain(
        ("giữ ảnh đến", "images kept up to"),
        day(old.keep_until),
        day(new.keep_until),
    );
    let channels = |c: &Campaign| {
        let words: Vec<&str> = c.channels.iter().map(|c| c.word()).collect();
        some(&words.join(", "))
    };
    plain(("hình thức", "channels"), channels(old), channels(new));
    set(("mẫu phiếu", "form"), &old.forms, &new.forms, &mut out);
    quotas(
        &names("toàn đợt", "all units"),
        &old.quotas,
        &new.quotas,
        &mut out,
    );
    units(old, new, &mut out);
    let boxes = |c: &Campaign| -> Vec<String> {
        let label = |b: &super::CampaignBox| {
            let channel = b
                .channel
                .map_or(String::new(), |c| format!(" ({})", c.word()));
            match &b.unit {
                Some(unit) => format!("{unit}/{}{channel}", b.id),
                None => format!("{}{channel}", b.id),
            }
        };
        c.boxes.iter().map(label).collect()
    };
    set(("hòm", "box"), &boxes(old), &boxes(new), &mut out);
    out
}

fn differ(name: &Names, was: Option<String>, is: Option<String>) -> Option<Change> {
    let (vi, en) = name;
    match (was, is) {
        (was, is) if was == is => None,
        (Some(was), Some(is)) => Some(Change {
            sign: '~',
            vi: format!("{vi}: {was} → {is}"),
            en: format!("{en}: {was} → {is}"),
        }),
        (Some(was), None) => Some(Change {
            sign: '-',
            vi: format!("{vi}: {was}"),
            en: format!("{en}: {was}"),
        }),
        (None, is) => {
            let is = is.unwrap_or_default();
            Some(Change {
                sign: '+',
                vi: format!("{vi}: {is}"),
                en: format!("{en}: {is}"),
            })
        }
    }
}

fn set(name: (&str, &str), was: &[String], is: &[String], out: &mut Vec<Change>) {
    let gone = was.iter().filter(|w| !is.contains(w)).map(|w| ('-', w));
    let new = is.iter().filter(|i| !was.contains(i)).map(|i| ('+', i));
    out.extend(gone.chain(new).map(|(sign, id)| Change {
        sign,
        vi: format!("{} {id}", name.0),
        en: format!("{} {id}", name.1),
    }));
}

fn units(old: &Campaign, new: &Campaign, out: &mut Vec<Change>) {
    let ids = |c: &Campaign| -> Vec<String> { c.units.iter().map(|u| u.id.clone()).collect() };
    set(("đơn vị", "unit"), &ids(old), &ids(new), out);
    let nothing = CampaignUnit::default();
    for unit in &new.units {
        let was = old.unit(&unit.id).unwrap_or(&nothing);
        let of = |vi: &str, en: &str| {
            let id = &unit.id;
            (format!("đơn vị {id}, {vi}"), format!("unit {id}, {en}"))
        };
        let count = |n: Option<u32>| n.map(|n| n.to_string());
        out.extend(
            [
                differ(&of("tên", "name"), was.name.clone(), unit.name.clone()),
                differ(
                    &of("thuộc", "under"),
                    was.parent.clone(),
                    unit.parent.clone(),
                ),
                differ(
                    &of("địa bàn", "area"),
                    was.area.map(|a| a.word().to_owned()),
                    unit.area.map(|a| a.word().to_owned()),
                ),
                differ(
                    &of("chỉ tiêu", "quota"),
                    count(was.quota),
                    count(unit.quota),
                ),
                differ(
                    &of("số người có giao dịch", "population"),
                    was.population.map(|n| n.to_string()),
                    unit.population.map(|n| n.to_string()),
                ),
                differ(
                    &of("hạn", "deadline"),
                    was.deadline.map(Day::written),
                    unit.deadline.map(Day::written),
                ),
            ]
            .into_iter()
            .flatten(),
        );
        let id = &unit.id;
        let name = (format!("đơn vị {id}"), format!("unit {id}"));
        quotas(&name, &was.quotas, &unit.quotas, out);
    }
}

fn quotas(of: &Names, was: &[Quota], is: &[Quota], out: &mut Vec<Change>) {
    let text = |q: &Quota| {
        let quota = q.quota.map_or_else(|| "–".to_owned(), |n| n.to_string());
        match q.deadline {
            Some(day) => format!("{quota} ({})", day.written()),
            None => quota,
        }
    };
    let same = |a: &Quota, b: &Quota| a.form == b.form && a.channel == b.channel;
    let gone = was.iter().filter(|w| !is.iter().any(|i| same(w, i)));
    for q in is.iter().chain(gone) {
        let channel = q
            .channel
            .map_or(String::new(), |c| format!(" ({})", c.word()));
        let name = (
            format!("{}, chỉ tiêu mẫu {}{channel}", of.0, q.form),
            format!("{}, quota of form {}{channel}", of.1, q.form),
        );
        let find = |all: &[Quota]| all.iter().find(|o| same(o, q)).map(text);
        out.extend(differ(&name, find(was), find(is)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(old: &str, new: &str) -> Vec<String> {
        let campaign = |text: &str| Campaign::of_source(text).expect("a campaign");
        changes(&campaign(old), &campaign(new))
            .into_iter()
            .map(|c| format!("{} {}", c.sign, c.en))
            .collect()
    }

    #[test]
    fn what_is_otherwise_is_named_and_what_is_not_is_not() {
        let old = r#"
            name = "a"
            forms = ["m1", "m2"]
            [[units]]
            id = "x"
            quota = 3
            [[units]]
            id = "y"
            quotas = [{ form = "m1", quota = 5 }]
            [[boxes]]
            id = "h"
            unit = "x"
            "#;
        assert!(shown(old, old).is_empty());
        let new = r#"
            name = "b"
            deadline = "5/12/2023"
            forms = ["m1", "m3"]
            [[units]]
            id = "y"
            name = "Y"
            quotas = [{ form = "m1", quota = 6, deadline = "2/12/2023" }]
            "#;
        assert_eq!(
            shown(old, new),
            [
                "~ name: a → b",
                "+ deadline of all: 05/12/2023",
                "- form m2",
                "+ form m3",
                "- unit x",
                "+ unit y, name: Y",
                "~ unit y, quota of form m1: 5 → 6 (02/12/2023)",
                "- box x/h",
            ]
        );
    }
}
