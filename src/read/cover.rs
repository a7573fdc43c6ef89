//! Cover sheets: pages that say which box the pages after them came out of.
//! They carry only large codes, which are found however the sheet lies.

use super::problem::{Problem, ProblemCode};
use super::reading::{PageReading, Status};
use crate::form::code::{CodeError, Cover, Keyring, Payload};

/// The reading of a page with these codes, if one of them is a cover sheet's.
///
/// A cover sheet that is not to be believed must reach a person, who else would
/// not learn that the pages after it belong to another box.
pub(super) fn seen(texts: &[String], keys: &Keyring) -> Option<PageReading> {
    let mut read: Vec<_> = texts
        .iter()
        .filter_map(|t| Cover::parse(t, keys).ok())
        .collect();
    read.dedup();
    let first = read.first()?.clone();
    let beside = texts
        .iter()
        .any(|t| !matches!(Payload::parse(t, keys), Err(CodeError::NotOurs)));
    let cover = &first.cover;
    let named = match &cover.unit {
        Some(unit) => format!("{unit}/{}", cover.ballot_box),
        None => cover.ballot_box.clone(),
    };
    let doubt = if read.iter().any(|r| r.cover != first.cover) {
        Some("two cover sheets in one image: scan them one by one".to_owned())
    } else if beside {
        Some(format!(
            "the cover sheet of box {named} lies on a ballot: scan them one by one"
        ))
    } else if !read.iter().all(|r| r.genuine) {
        Some(format!(
            "a cover sheet of box {named}, printed with a key that is not known here"
        ))
    } else {
        None
    };
    let (code, status, detail) = match doubt {
        Some(why) => (ProblemCode::CoverForeign, Status::Review, why),
        None => (
            ProblemCode::CoverSheet,
            Status::Clean,
            format!("the pages after it came out of box {named}"),
        ),
    };
    Some(PageReading {
        unit: cover.unit.clone(),
        ballot_box: Some(cover.ballot_box.clone()),
        station: Some(cover.station.clone()),
        status,
        ..PageReading::unreadable(Problem { code, detail })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::code::{Key, station_tag};

    fn cover(name: &str) -> Cover {
        Cover {
            station: station_tag("0123"),
            unit: Some("ngoc-ha".into()),
            ballot_box: name.into(),
        }
    }

    #[test]
    fn only_one_cover_sheet_of_a_known_key_is_believed() {
        let ours = |name| cover(name).encode(&Key::public()).unwrap();
        let theirs = cover("h1").encode(&Key::generate().unwrap()).unwrap();
        let ballot = Payload {
            form: "a".into(),
            version: 1,
            digest: "0123456789".into(),
            page: 1,
            serial: None,
            unit: None,
            ballot_box: None,
        };
        let ballot = ballot.encode(&Key::public()).unwrap();
        let status = |texts: &[&str]| {
            let texts: Vec<String> = texts.iter().map(|t| (*t).to_owned()).collect();
            seen(&texts, &Keyring::public()).map(|r| r.status)
        };
        assert_eq!(status(&[&ours("h1")]), Some(Status::Clean));
        assert_eq!(
            status(&["http://example.org", &ours("h1")]),
            Some(Status::Clean)
        );
        assert_eq!(status(&[&theirs]), Some(Status::Review));
        assert_eq!(status(&[&ours("h1"), &ours("h2")]), Some(Status::Review));
        assert_eq!(status(&[&ours("h1"), &theirs]), Some(Status::Review));
        assert_eq!(status(&[&ours("h1"), &ballot]), Some(Status::Review));
        assert_eq!(status(&[&ballot]), None);
        assert_eq!(status(&["PC1/"]), None);
    }
}
