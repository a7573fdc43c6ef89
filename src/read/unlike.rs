//! Marks that are unlike the sheet's others outside of their boxes, and no fuller inside:
//! something was drawn around them, or they are part of something larger. (What is
//! fuller is filled or scribbled over; only a circle is looked for around that as well.)

use super::boxes::BoxesRead;
use super::classify::{DOT_EXTENT_MM, OVERWHELMING, goes_on};
use super::compose::usual_fill;
use super::doubts::FULLER;
use super::ink::Ink;
use super::reason::Reason;

/// So many other marks say what is usual.
const OTHERS: usize = 3;

/// The sheet's marks leave their boxes in so small a share of the directions, in the
/// middle of them: a cross larger than its box does so in four to eight of sixteen.
const USUALLY_AROUND: f64 = 0.5;
/// A circle around it is in so large a share of the directions, though it is not quite
/// closed: the arms of a cross by a pen of 1.5 mm are in up to three quarters of them.
/// (One in fifty such crosses was once taken for circled.)
const ALL_AROUND: f64 = 0.8;

/// However much of its box a mark covers, a circle is looked for around it, and whether it
/// is a dot: on a sheet of slashes a cross is fuller than usual, and one in a circle was
/// once read as the answer; so was a dot among strokes that lay beside their boxes.
/// (Scribbles larger than their boxes are all around them too; on a sheet of open marks
/// such a one is worth a look.)
const HOWEVER_FULL: f64 = f64::INFINITY;

/// Of the ink of a pale pen so small a share is firm at most.
const PALE: f64 = 0.5;

/// A mark sprawls with so much firm ink within 2 mm around its box, mm²: three arms of
/// 2 mm by a felt pen of 1 mm, …
const SPRAWLS_MM2: f64 = 6.0;
/// … which is so many times that of the sheet's middle mark, …
const MIDDLE_TIMES: f64 = 2.0;
/// … and of its largest.
const LARGEST_TIMES: f64 = 1.3;

/// The firm ink of a dot reaches over so large a share of its box at most, …
const DOT_SPAN: f64 = 0.45;
/// … or of a larger one over so much, …
const LARGE_DOT_SPAN: f64 = 0.6;
/// … which covers so large a share of the rectangle that it reaches over: a disc covers
/// 0.79 of it, a slash or a cross so wide by a pen of 0.5 mm a third.
const SOLID: f64 = 0.5;
/// It reaches so many times as far as one of the sheet's strokes does: where a pen rested,
/// it left a dot of 1 mm beside slashes of 2 mm.
const SHORTER: f64 = 0.6;

/// A felt pen's marks usually cover so much of their boxes at least; dots of thinner pens
/// are told by their reach.
const THICK: f64 = 0.35;
/// So small a share of the least of the sheet's other marks, in their boxes and around, is
/// far less: one stroke of a cross is half of it, and a third where another one is drawn
/// twice.
const FAR_LESS: f64 = 0.35;

/// A dot is where the pen rested if it has so small a share of the ink of the least …
const LESS: f64 = 0.6;
/// … of so many others: the least of a few is soon so small.
const MANY: usize = 6;

/// The page's other marks.
struct Others<'a> {
    inks: Vec<&'a Ink>,
    /// Their usual fill, and that of the one in question.
    usual: f64,
}

impl<'a> Others<'a> {
    /// Those that are no fuller than usual: neither filled nor scribbled over.
    fn plain(&self) -> impl Iterator<Item = &'a Ink> {
        let inks = self.inks.iter().copied();
        inks.filter(|ink| ink.fill < FULLER * self.usual)
    }

    /// Has each of them far more ink than this one?
    fn have_far_more(&self, ink: &Ink) -> bool {
        let least = self.inks.iter().map(|ink| ink.whole_mm2());
        self.usual >= THICK && ink.whole_mm2() <= FAR_LESS * least.fold(f64::MAX, f64::min)
    }

    /// Are there many others, and this one a dot that has less ink than each of them?
    fn are_larger_dots(&self, ink: &Ink) -> bool {
        let least = self.inks.iter().map(|ink| ink.firm_mm2);
        self.inks.len() >= MANY
            && ink.extent_mm <= DOT_EXTENT_MM
            && ink.firm_mm2 <= LESS * least.fold(f64::MAX, f64::min)
    }

    /// Do half of them reach much farther than this dot? Then they are strokes, and dots that
    /// are no more than these do not vouch for each other. (Three strokes on any sheet of
    /// dots were tried: of 11,125 clear questions of hard sheets ten more were asked about.)
    fn are_strokes_beside(&self, dot: &Ink) -> bool {
        let longer = |ink: &&&Ink| reach(dot) <= SHORTER * reach(ink);
        let strokes = self.inks.iter().filter(longer).count();
        2 * strokes >= self.inks.len()
    }

    /// Has each of them far less ink left and right of its box than this one?
    fn have_less_aside(&self, ink: &Ink) -> bool {
        let (_, most) = middle_and_most(self.plain().map(Ink::aside_mm2));
        ink.aside_mm2() >= LEVEL_TIMES * most
    }

    /// Is there, around most of them, ink in half of the directions at most?
    fn are_open(&self, around: fn(&Ink) -> f64) -> bool {
        let shares = self.inks.iter().map(|ink| around(ink));
        middle_and_most(shares).0 <= USUALLY_AROUND
    }
}

/// Doubts dots where the sheet's other marks are strokes: the pen may have rested there.
/// Those of felt pens were once read as answers beside ticks of which most lay outside of
/// their boxes. (Of a dot with a streak through it the longest piece is as long as its
/// box; the streak is seldom firm.)
///
/// So was one of 1.3 mm among crosses that lay beside their boxes for the most part, because
/// it was fuller than they were.
///
/// So are marks with far less ink than each of the others: a felt pen's dot, beside which
/// the grain of the page was firm as well, was once read as an answer beside its crosses.
/// And so are dots that are smaller than each of many others: where a pen rested on a sheet
/// of dots was once read as the answer.
pub(crate) fn doubt_dots(out: &mut BoxesRead) {
    let unlike = |others: &Others, ink: &Ink| others.are_strokes_beside(ink);
    doubt(out, Reason::Small, HOWEVER_FULL, is_dot, unlike);
    let less =
        |others: &Others, ink: &Ink| others.have_far_more(ink) || others.are_larger_dots(ink);
    doubt(out, Reason::Small, 0.0, |_| true, less);
}

/// The larger share of its box's width or height over which firm ink reaches.
fn reach(ink: &Ink) -> f64 {
    ink.span.0.max(ink.span.1)
}

/// May this be where a pen rested?
fn is_dot(ink: &Ink) -> bool {
    let solid = ink.fill >= SOLID * ink.span.0 * ink.span.1;
    !goes_on(ink) && (reach(ink) <= DOT_SPAN || (reach(ink) <= LARGE_DOT_SPAN && solid))
}

/// Doubts marks with ink all around their boxes where the sheet's others have none: a
/// circle takes them back. A felt pen's cross that covered half of its box was once read
/// as an answer in spite of the circle, and a pale pencil's of whose circle less than half
/// was firm ink.
pub(crate) fn doubt_circled(out: &mut BoxesRead) {
    let firm = |ink: &Ink| ink.around >= ALL_AROUND;
    let open = |others: &Others, _: &Ink| others.are_open(|ink| ink.around);
    doubt(out, Reason::Circled, HOWEVER_FULL, firm, open);
    let open = |others: &Others, _: &Ink| others.are_open(|ink| ink.around_faint);
    doubt(out, Reason::Circled, 0.0, palely_circled, open);
}

/// Is there faint ink all around a mark of a pale pen?
fn palely_circled(ink: &Ink) -> bool {
    ink.around_faint >= ALL_AROUND && ink.firm_mm2 <= PALE * ink.faint_mm2
}

/// Doubts marks that leave their boxes at opposite sides and go on for 2 mm, where none
/// of the sheet's others does, with far more ink than these have there. A signature by a
/// felt pen through the box of a blank question was once read as its mark, where a
/// printed label hid how it went on; another time a word was, because a scribble in
/// another box left as much ink around that. What is fuller is not compared with.
pub(crate) fn doubt_sprawling(out: &mut BoxesRead) {
    let far_out = |ink: &Ink| ink.exits && ink.around_mm2() >= SPRAWLS_MM2;
    let sprawls = |others: &Others, ink: &Ink| {
        let (middle, most) = middle_and_most(others.plain().map(Ink::around_mm2));
        ink.around_mm2() >= (MIDDLE_TIMES * middle).max(LARGEST_TIMES * most)
            && others.inks.iter().all(|ink| !ink.exits)
    };
    doubt(out, Reason::Sprawls, 0.0, far_out, sprawls);
}

/// Left or right of its box a word has so much ink within 2 mm of it, mm²: two letters by
/// a pen of 0.6 mm, …
const ONE_SIDED_MM2: f64 = 2.8;
/// … which is so many times what any of the sheet's marks has there.
const ONE_SIDED_TIMES: f64 = 2.2;

/// Doubts marks with far more ink left or right of their box than any of the sheet's
/// others has there: the end of a word that runs into a blank question's box was once read
/// as its mark.
pub(crate) fn doubt_one_sided(out: &mut BoxesRead) {
    let side = |ink: &Ink| {
        let [_, right, _, left] = ink.ring_mm2;
        right.max(left)
    };
    let far_out = |ink: &Ink| ink.reaches_rim && side(ink) >= ONE_SIDED_MM2;
    let one_sided = |others: &Others, ink: &Ink| {
        let (_, most) = middle_and_most(others.plain().map(side));
        side(ink) >= ONE_SIDED_TIMES * most
    };
    doubt(out, Reason::Sprawls, OVERWHELMING, far_out, one_sided);
}

/// Left and right of its box together a word through it has so much ink within 2 mm, mm²:
/// more than a dash by a felt pen of 0.9 mm, …
const LEVEL_MM2: f64 = 4.0;
/// … which is so many times what any of the sheet's marks has there.
const LEVEL_TIMES: f64 = 2.0;

/// Doubts marks with far more ink left and right of their box than any of the sheet's
/// others has there, and hardly any above and below: a word through a blank question's box
/// was once read as its mark, for it was short, and none of its sides had twice the ink of
/// the longest arm of the sheet's crosses.
pub(crate) fn doubt_level(out: &mut BoxesRead) {
    let looks = |ink: &Ink| ink.aside_mm2() >= LEVEL_MM2 && ink.goes_crosswise();
    let level = |others: &Others, ink: &Ink| others.have_less_aside(ink);
    doubt(out, Reason::Sprawls, OVERWHELMING, looks, level);
}

/// Doubts the marks that look as if they were unlike the others of their page (of which
/// there are [`OTHERS`] at least), and are. Those that are fuller than usual, and cover
/// more than `full` of their box, are not asked about; nor are rings around empty boxes,
/// of which nothing of all this is known.
fn doubt(
    out: &mut BoxesRead,
    reason: Reason,
    full: f64,
    looks: impl Fn(&Ink) -> bool,
    is: impl Fn(&Others, &Ink) -> bool,
) {
    let usual = usual_fill(&out.verdicts);
    let marked = out.marked_inside();
    if marked.len() <= OTHERS {
        return;
    }
    let unlike = |i: &usize| {
        let ink = &out.inks[*i];
        if ink.fill >= (FULLER * usual).max(full) || !looks(ink) {
            return false;
        }
        let others = marked.iter().filter(|k| *k != i);
        let inks = others.map(|&k| &out.inks[k]).collect();
        is(&Others { inks, usual }, ink)
    };
    let found: Vec<usize> = marked.iter().copied().filter(unlike).collect();
    for i in found {
        out.doubt(i, reason);
    }
}

/// The upper middle and the largest of these.
pub(super) fn middle_and_most(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    let at = |i: usize| sorted.get(i).copied().unwrap_or(0.0);
    (at(sorted.len() / 2), at(sorted.len().saturating_sub(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn others(inks: &[Ink]) -> Others<'_> {
        Others {
            inks: inks.iter().collect(),
            usual: 0.5,
        }
    }

    /// The ink of a sheet of a felt pen's crosses, and of its dot in another question that
    /// was as wide as a stroke by the grain beside it, and once read as the answer.
    #[test]
    fn a_dot_has_far_less_ink_than_each_of_a_felt_pens_crosses() {
        let mark = |firm_mm2, ring| Ink {
            firm_mm2,
            ring_mm2: [ring, 0.0, 0.0, 0.0],
            ..Ink::default()
        };
        let crosses = [mark(5.25, 1.09), mark(5.31, 0.41), mark(6.66, 2.11)];
        assert!(others(&crosses).have_far_more(&mark(1.5, 0.39)));
        // One stroke of a cross.
        assert!(!others(&crosses).have_far_more(&mark(2.6, 0.2)));
        let with_a_small_one = [crosses[0], crosses[1], mark(2.4, 0.0)];
        assert!(!others(&with_a_small_one).have_far_more(&mark(1.5, 0.39)));
    }

    /// The ink of a sheet of dots, and where the pen rested in a blank question, which was
    /// once read as its answer.
    #[test]
    fn where_the_pen_rested_is_less_than_each_of_many_dots() {
        let dot = |firm_mm2| Ink {
            firm_mm2,
            extent_mm: 1.2,
            ..Ink::default()
        };
        let dots = [1.31, 1.39, 1.47, 2.14, 1.17, 1.5, 3.0].map(dot);
        assert!(others(&dots).are_larger_dots(&dot(0.67)));
        assert!(!others(&dots).are_larger_dots(&dot(0.75)));
        assert!(!others(&dots[2..]).are_larger_dots(&dot(0.67)));
    }

    /// The ink left and right of a gel pen's crosses, and of a short word through another
    /// box, once read as its mark.
    #[test]
    fn a_word_through_a_box_has_more_ink_aside_than_arms_of_crosses() {
        let mark = |[above, right, below, left]: [f64; 4]| Ink {
            ring_mm2: [above, right, below, left],
            ..Ink::default()
        };
        let word = mark([0.0, 3.56, 0.0, 1.67]);
        let arms = [[0.0, 0.96, 2.3, 0.98], [2.33, 0.0, 0.0, 2.13], [0.0; 4]].map(mark);
        assert!(others(&arms).have_less_aside(&word));
        let dashes = [mark([0.0, 1.8, 0.0, 1.7]), arms[0], arms[1]];
        assert!(!others(&dashes).have_less_aside(&word));
    }

    /// A pale pencil's circle was firm ink in half of the directions, and its cross once
    /// read as the answer; of faint ink it was in all of them.
    #[test]
    fn faint_ink_all_around_is_unlike_a_sheet_of_crosses_in_their_boxes() {
        let mark = |around_faint| Ink {
            around_faint,
            firm_mm2: 0.8,
            faint_mm2: 3.3,
            ..Ink::default()
        };
        let crosses = [mark(0.0), mark(0.06), mark(0.25)];
        assert!(palely_circled(&mark(1.0)) && !palely_circled(&crosses[2]));
        assert!(others(&crosses).are_open(|ink| ink.around_faint));
        // A page whose grain is faint ink around all of its boxes.
        let grainy = [mark(0.9), mark(1.0), mark(0.8)];
        assert!(!others(&grainy).are_open(|ink| ink.around_faint));
    }
}
