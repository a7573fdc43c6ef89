//! Pages that the reader could not place by itself: a person says which page it
//! is, and about where its paper lies. What is read then proves itself as any
//! other page does, by its printed boxes.

use super::{
    Frame, LEAST_CONTRAST, PALE, PageImage, PagePlan, Reader, assemble, finish, is_blank, name,
    unproven,
};
use crate::form::frame::ANCHOR_MM;
use crate::form::{AnchorKind, CodeKind, Layout, PageLayout};
use crate::geometry::{MmPoint, MmRect, MmVector, PxPoint};
use crate::page::Scan;
use crate::read::boxes::{self, BoxesRead};
use crate::read::constellation;
use crate::read::identify::{self, Identity};
use crate::read::ink::Tone;
use crate::read::model::MarkModel;
use crate::read::problem::{Problem, ProblemCode};
use crate::read::reading::PageReading;
use crate::read::registration::{Pair, Registration};
use crate::read::sample;
use crate::read::squares::{INK_LEVELS, dark_regions, find_squares};
use crate::read::thumbnail::{PaperMap, Thumbnail};

/// What the four places are that a person pointed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PointedAt {
    /// The corners of the paper.
    Paper,
    /// The middles of the black squares in the corners.
    Anchors,
}

/// Four places in the image: the paper's top left, top right, bottom right and
/// bottom left, as its text is read.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Corners {
    /// What they are.
    pub of: PointedAt,
    /// x and y of each in the image as it was scanned, px; they may lie outside of
    /// it, where a corner is torn off.
    pub px: [[f64; 2]; 4],
}

/// What a person says of a page.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ByHand {
    /// Form id.
    pub form: String,
    /// Form version.
    pub version: u32,
    /// Number of the page in the form, from 1.
    pub page: u32,
    /// Serial of the ballot, if the paper has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// Where the paper lies; without them the reader looks for itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corners: Option<Corners>,
}

/// From where the four corners put an anchor it is looked for so far, mm: a hand
/// misses by a millimetre or two on a screen, and uneven feed adds one.
const NEAR_MM: f64 = 6.0;
/// The same once those that were found are fitted: uneven feed and a fold.
const NEARER_MM: f64 = 2.5;
/// Around a box its outline is looked for so far, mm: a hand misses so much.
const AROUND_MM: f64 = 2.0;
/// … at this distance of samples, mm: an outline is 0.3 mm wide.
const OUTLINE_STEP_MM: f64 = 0.15;
/// Of what is seen there the outline covers 5 to 10 %: half of that is surely it.
const OUTLINE_SHARE: f64 = 0.03;
/// An anchor that the others predict worse than this is something else, mm (as in
/// `constellation`).
const OUTLIER_MM: f64 = 1.2;

/// Where the paper may lie.
struct Placed {
    map: Registration,
    tone: Tone,
    /// It rests on as many anchors (or patches) as the reader itself asks for. A
    /// hand alone may be a row of boxes off.
    sure: bool,
}

/// So far a hand's corners are moved to look for the boxes, mm: with the reach of a
/// box's own search (1.2 mm) this covers a hand that misses by 3 mm.
const SHIFTS_MM: [f64; 3] = [0.0, -2.0, 2.0];
/// Boxes that were found place the others better: after so many rounds nothing more
/// is gained.
const ROUNDS: usize = 4;
/// Neighbouring boxes lie at least so far from each other, and another place for all
/// of them that is further than this away is not looked for, mm.
const PITCH_MM: std::ops::Range<f64> = 2.5..45.0;
/// Places nearer to each other than this are one, mm.
const SAME_MM: f64 = 0.8;
/// By so many boxes the best place must be better than any other: one may be a
/// scribble or a stain.
const AHEAD: usize = 2;

/// The boxes, placed by a hand alone. On a form of regular rows the boxes also fit a
/// row further, all but the last one's: `None` where no place is clearly the best.
fn settled(
    about: &Registration,
    layout: &PageLayout,
    look: &dyn Fn(Registration) -> BoxesRead,
) -> (BoxesRead, bool) {
    let enough = layout.boxes.len();
    let followed = |map: Registration| {
        let mut best = look(map);
        for _ in 1..ROUNDS {
            if best.found == 0 || best.found == enough {
                break;
            }
            let next = look(best.registration.clone());
            if next.found <= best.found {
                break;
            }
            best = next;
        }
        best
    };
    let mut best = followed(about.clone());
    for (x, y) in SHIFTS_MM.iter().flat_map(|y| SHIFTS_MM.map(|x| (x, *y))) {
        if best.found == enough {
            break;
        }
        let tried = followed(about.shifted(MmVector::new(x, y)));
        if tried.found > best.found {
            best = tried;
        }
    }
    let others = pitches(layout);
    // Each round is a row better, or the last.
    for _ in 0..=enough {
        let rival = others
            .iter()
            .map(|by| look(best.registration.shifted(*by)))
            .reduce(|a, b| if b.found > a.found { b } else { a });
        match rival {
            Some(rival) if rival.found > best.found => best = followed(rival.registration),
            Some(rival) if rival.found + AHEAD > best.found => return (best, false),
            _ => return (best, true),
        }
    }
    (best, false)
}

/// By how much the boxes of a page lie beside each other, each way once.
fn pitches(layout: &PageLayout) -> Vec<MmVector> {
    let mut out: Vec<MmVector> = Vec::new();
    let centers: Vec<MmPoint> = layout.boxes.iter().map(|b| b.rect.center()).collect();
    for (i, a) in centers.iter().enumerate() {
        for b in centers.iter().skip(i + 1) {
            for by in [*b - *a, *a - *b] {
                let new = PITCH_MM.contains(&by.length())
                    && out.iter().all(|o| (*o - by).length() > SAME_MM);
                if new {
                    out.push(by);
                }
            }
        }
    }
    out
}

impl Reader {
    /// Reads one page image as the page that a person says it is. As pure as
    /// [`Reader::read`], and as strict: where the printed boxes do not prove the
    /// place, or a code on the page names another one, nothing is read.
    #[must_use]
    pub fn read_as(&self, scan: &Scan, said: &ByHand) -> PageReading {
        let failed = |code, detail: String| {
            let mut r = PageReading::unreadable(Problem { code, detail });
            r.form = Some(said.form.clone());
            r.version = Some(said.version);
            r.page = Some(said.page);
            r.serial.clone_from(&said.serial);
            r
        };
        let found = self
            .forms
            .iter()
            .find(|f| f.layout.form == said.form && f.layout.version == said.version)
            .and_then(|f| {
                let at = f.layout.pages.iter().position(|p| p.page == said.page)?;
                Some((&f.layout, f.layout.pages.get(at)?, f.pages.get(at)?))
            });
        let Some((form, layout, plan)) = found else {
            return failed(
                ProblemCode::FormUnknown,
                format!(
                    "form {} version {} page {} is not among the templates",
                    said.form, said.version, said.page
                ),
            );
        };
        let thumb = Thumbnail::of(&scan.image);
        let paper = PaperMap::of(&thumb.image);
        if is_blank(&thumb, &paper, PALE) {
            return failed(
                ProblemCode::BlankPage,
                "nothing is printed or written on this page".to_owned(),
            );
        }
        let page = PageImage { scan, thumb, paper };
        let candidates = self.placed_by_hand(&page, layout, plan, said.corners.as_ref());
        if candidates.is_empty() || layout.boxes.is_empty() {
            return failed(
                ProblemCode::AnchorsMissing,
                "neither anchors nor corners say where the paper lies".to_owned(),
            );
        }
        let mut found: Option<(BoxesRead, Tone, bool)> = None;
        for placed in candidates {
            let look = |map: Registration| {
                boxes::read(
                    page.scan,
                    layout,
                    &plan.templates,
                    map,
                    placed.tone,
                    MarkModel::shipped(),
                )
            };
            let (boxes, sure) = if placed.sure {
                (look(placed.map), true)
            } else {
                settled(&placed.map, layout, &look)
            };
            if found.as_ref().is_none_or(|f| boxes.found > f.0.found) {
                found = Some((boxes, placed.tone, sure));
            }
            // What the anchors prove needs no other try.
            if found.as_ref().is_some_and(|f| placed.sure && f.0.proven()) {
                break;
            }
        }
        let Some((boxes, tone, sure)) = found else {
            return failed(ProblemCode::AnchorsMissing, String::new());
        };
        if tone.paper - tone.black < LEAST_CONTRAST || !boxes.proven() {
            return failed(ProblemCode::AlignmentUnproven, unproven(&boxes, 0));
        }
        let identity = self.identity_at(&page, &boxes, layout);
        if let Some(other) = contradiction(&identity, form, said) {
            return failed(ProblemCode::FormMismatch, other);
        }
        // A code that is read where it must be proves the place as anchors do.
        if !sure && !identity.in_place {
            return failed(
                ProblemCode::AlignmentUnproven,
                "the printed boxes fit in more than one place".to_owned(),
            );
        }
        let rotation = boxes
            .registration
            .local(MmRect::new(MmPoint::origin(), layout.size).center())
            .rotation();
        let mut reading = assemble(
            &page,
            form,
            layout,
            boxes,
            &plan.templates,
            tone,
            self.scanner(),
        );
        if let Some(payload) = &identity.payload {
            name(&mut reading, payload);
        }
        reading.form = Some(said.form.clone());
        reading.version = Some(said.version);
        reading.page = Some(said.page);
        if reading.serial.is_none() {
            reading.serial.clone_from(&said.serial);
        }
        // That the code could not be read is why a person was asked.
        let problems = identity
            .problems
            .into_iter()
            .filter(|p| p.code != ProblemCode::FormUnknown)
            .collect();
        finish(reading, rotation, problems)
    }

    /// Where the paper may lie, the likeliest first.
    fn placed_by_hand(
        &self,
        page: &PageImage,
        layout: &PageLayout,
        plan: &PagePlan,
        corners: Option<&Corners>,
    ) -> Vec<Placed> {
        let about = corners.and_then(|c| through(layout, c));
        let paper_tone = f64::from(page.paper.median());
        if let Some(patches) = &plan.patches {
            let fit = match &about {
                Some(about) => {
                    patches.register_near(page.scan, &page.thumb, &page.paper, layout, about)
                }
                None => {
                    let (scan, thumb, paper) = (page.scan, &page.thumb, &page.paper);
                    let poses = patches.poses(scan, thumb, paper, layout, true);
                    patches.register(scan, thumb, paper, layout, poses)
                }
            };
            let placed = fit.map(|f| Placed {
                map: f.registration,
                tone: f.tone,
                sure: true,
            });
            return placed.into_iter().collect();
        }
        let Some(frame) = Frame::of(layout) else {
            return Vec::new();
        };
        let mut maps: Vec<(Registration, bool)> = Vec::new();
        match about {
            None => maps.extend(
                self.find_anchors(page, None)
                    .filter(|(seen, _)| **seen == frame)
                    .map(|(_, found)| (found.registration, true)),
            ),
            Some(about) => {
                maps.extend(
                    INK_LEVELS
                        .into_iter()
                        .filter_map(|level| refined(page, layout, &about, level)),
                );
                // Those that rest on enough anchors first.
                maps.sort_by_key(|(_, sure)| !sure);
                maps.push((about, false));
            }
        }
        maps.into_iter()
            .map(|(map, sure)| {
                let tone = Tone {
                    paper: paper_tone,
                    black: black_at(page, &map, layout),
                };
                Placed { map, tone, sure }
            })
            .collect()
    }

    fn identity_at(&self, page: &PageImage, boxes: &BoxesRead, layout: &PageLayout) -> Identity {
        let places: Vec<MmRect> = layout
            .codes
            .iter()
            .filter(|c| c.kind == CodeKind::Qr)
            .map(|c| c.rect)
            .collect();
        if places.is_empty() {
            return Identity::default();
        }
        identify::identify(
            &page.scan.image,
            &boxes.registration,
            &places,
            layout.size,
            &self.layouts().collect::<Vec<_>>(),
            &self.options.keys,
        )
    }
}

fn through(layout: &PageLayout, corners: &Corners) -> Option<Registration> {
    let (w, h) = (layout.size.width, layout.size.height);
    let paper = MmRect::new(MmPoint::origin(), layout.size);
    let places = match corners.of {
        PointedAt::Paper => {
            [(0.0, 0.0), (w, 0.0), (w, h), (0.0, h)].map(|(x, y)| MmPoint::new(x, y))
        }
        PointedAt::Anchors => {
            let mut at = [MmPoint::origin(); 4];
            for (place, id) in at.iter_mut().zip(["tl", "tr", "br", "bl"]) {
                *place = layout.anchors.iter().find(|a| a.id == id)?.rect.center();
            }
            at
        }
    };
    if corners.px.iter().flatten().any(|v| !v.is_finite()) {
        return None;
    }
    let mut pairs = [Pair {
        paper: MmPoint::origin(),
        image: PxPoint::origin(),
    }; 4];
    for ((pair, paper), [x, y]) in pairs.iter_mut().zip(places).zip(corners.px) {
        *pair = Pair {
            paper,
            image: PxPoint::new(x, y),
        };
    }
    Registration::through(&pairs, paper)
}

/// The anchors near where the corners put them, and the map that fits them; where a
/// part of the paper has none, its corner stands for them.
fn refined(
    page: &PageImage,
    layout: &PageLayout,
    about: &Registration,
    level: f64,
) -> Option<(Registration, bool)> {
    let paper = MmRect::new(MmPoint::origin(), layout.size);
    let side = ANCHOR_MM * about.scale();
    let regions = dark_regions(&page.thumb, &page.paper, level);
    let squares = find_squares(&regions, &page.thumb, &page.paper, side);
    let near = |map: &Registration, within_mm: f64| -> Vec<Pair> {
        layout
            .anchors
            .iter()
            .filter(|a| a.kind == AnchorKind::Square)
            .filter_map(|a| {
                let paper = a.rect.center();
                let at = map.at(paper);
                let distance = |s: &PxPoint| (*s - at).length();
                squares
                    .iter()
                    .map(|s| s.center)
                    .min_by(|a, b| distance(a).total_cmp(&distance(b)))
                    .filter(|s| distance(s) <= within_mm * about.scale())
                    .map(|image| Pair { paper, image })
            })
            .collect()
    };
    let with_corners = |mut pairs: Vec<Pair>| {
        let middle = paper.center();
        let quarter = |p: MmPoint| (p.x > middle.x, p.y > middle.y);
        for corner in [
            MmPoint::new(0.0, 0.0),
            MmPoint::new(paper.max_x(), 0.0),
            MmPoint::new(paper.max_x(), paper.max_y()),
            MmPoint::new(0.0, paper.max_y()),
        ] {
            if !pairs.iter().any(|p| quarter(p.paper) == quarter(corner)) {
                pairs.push(Pair {
                    paper: corner,
                    image: about.at(corner),
                });
            }
        }
        pairs
    };
    let first = with_corners(near(about, NEAR_MM));
    let map = Registration::fit(&first, paper)?;
    let mut pairs = near(&map, NEARER_MM);
    if pairs.len() < 3 {
        return None;
    }
    while pairs.len() > constellation::FEWEST {
        let off = Registration::fit(&pairs, paper)?.leave_one_out_mm();
        let worst = off.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
        match worst {
            Some((i, mm)) if *mm > OUTLIER_MM => {
                pairs.remove(i);
            }
            _ => break,
        }
    }
    let sure = pairs.len() >= constellation::FEWEST
        && Registration::fit(&pairs, paper)
            .is_some_and(|r| r.leave_one_out_mm().iter().all(|mm| *mm <= OUTLIER_MM));
    Some((Registration::fit(&with_corners(pairs), paper)?, sure))
}

/// Gray level of the darkest printed place that is left: others may be torn off.
/// Where none is, that of the boxes' outlines.
fn black_at(page: &PageImage, registration: &Registration, layout: &PageLayout) -> f64 {
    let places = layout
        .anchors
        .iter()
        .filter(|a| a.kind == AnchorKind::Square)
        .map(|a| a.rect.center());
    let paper = f64::from(page.paper.median());
    let darkest = places
        .filter_map(|place| {
            let map = registration.local(place);
            let mut levels: Vec<f32> = Vec::new();
            for dy in [-0.5, 0.0, 0.5] {
                for dx in [-0.5, 0.0, 0.5] {
                    let p = place + euclid::vec2(dx, dy);
                    levels.extend(sample::sample(&page.scan.image, &map, p));
                }
            }
            levels.sort_by(f32::total_cmp);
            levels.get(levels.len() / 2).map(|v| f64::from(*v))
        })
        .fold(paper, f64::min);
    if paper - darkest >= LEAST_CONTRAST {
        return darkest;
    }
    // Without any: the darkest of what lies around each box is its outline.
    let mut outlines: Vec<f32> = layout
        .boxes
        .iter()
        .filter_map(|b| {
            let around = b.rect.inflate(AROUND_MM, AROUND_MM);
            let map = registration.local(around.center());
            let (columns, rows) = (steps(around.width()), steps(around.height()));
            let mut levels: Vec<f32> = (0..rows)
                .flat_map(|y| (0..columns).map(move |x| (f64::from(x), f64::from(y))))
                .filter_map(|(x, y)| {
                    let p = around.origin + euclid::vec2(x * OUTLINE_STEP_MM, y * OUTLINE_STEP_MM);
                    sample::sample(&page.scan.image, &map, p)
                })
                .collect();
            levels.sort_by(f32::total_cmp);
            levels
                .get((levels.len() as f64 * OUTLINE_SHARE) as usize)
                .copied()
        })
        .collect();
    outlines.sort_by(f32::total_cmp);
    outlines
        .get(outlines.len() / 2)
        .map_or(paper, |v| f64::from(*v))
}

fn steps(mm: f64) -> u32 {
    (mm / OUTLINE_STEP_MM).max(0.0) as u32
}

/// What a code on the page says otherwise than the person.
fn contradiction(identity: &Identity, form: &Layout, said: &ByHand) -> Option<String> {
    let code = identity.payload.as_ref()?;
    let other_serial = match (&code.serial, &said.serial) {
        (Some(printed), Some(given)) => printed != given,
        _ => false,
    };
    (code.digest != form.digest || code.page != said.page || other_serial).then(|| {
        format!(
            "the code on the page says form {} version {}, page {}, serial {}",
            code.form,
            code.version,
            code.page,
            code.serial.as_deref().unwrap_or("-")
        )
    })
}
