//! Pictures of pages and of pieces of them, upright.

use std::io::Cursor;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, GrayImage, ImageEncoder, imageops};

use super::app::App;
use super::auth::Person;
use super::blur;
use super::error::Refused;
use super::removed::{Shape, or_words};
use crate::form::AreaKind;
use crate::geometry::MmRect;
use crate::station::clip;
use crate::station::place::{PaperInImage, box_surroundings, question_strip};
use crate::store::{Account, PageOfItem, Role, Store};

/// A picture wider than this only takes time on an office screen, px.
const WIDEST: u32 = 1300;
/// The same of a page that is zoomed into to point at its corners and read its
/// small print.
const WIDEST_SCANNED: u32 = 1800;
/// Side of a box's picture on the wall, px.
const BOX_SIDE: u32 = 96;
/// Handwriting runs over the edge of its area so far, mm.
const AROUND_MM: f64 = 2.0;
/// Nobody sees more of a scan at a higher one.
const QUALITY: u8 = 80;

/// The whole page, upright.
pub(super) async fn whole(
    State(app): State<App>,
    person: Person,
    Path(page): Path<i64>,
) -> Result<Response, Refused> {
    let here = app.clone();
    let w = person.words;
    let picture = person
        .act(&app, Role::Reviewer, move |store, account| {
            let place = store.page_place(page)?.ok_or(Refused::NotFound)?;
            let turn = store.reading_of_page(page)?.map_or(0, |r| r.rotation);
            let image = shown_to(&here, store, account, &place)?;
            let upright = match turn {
                90 => imageops::rotate90(&*image),
                180 => imageops::rotate180(&*image),
                270 => imageops::rotate270(&*image),
                _ => GrayImage::clone(&image),
            };
            encoded(&narrow(upright, WIDEST))
        })
        .await;
    or_words(picture, w, Shape::Wide)
}

/// The whole page as it was scanned: for a page of which nobody knows which side
/// is up.
pub(super) async fn scanned(
    State(app): State<App>,
    person: Person,
    Path(page): Path<i64>,
) -> Result<Response, Refused> {
    let here = app.clone();
    let w = person.words;
    let picture = person
        .act(&app, Role::Reviewer, move |store, account| {
            let place = store.page_place(page)?.ok_or(Refused::NotFound)?;
            let image = shown_to(&here, store, account, &place)?;
            encoded(&narrow(GrayImage::clone(&image), WIDEST_SCANNED))
        })
        .await;
    or_words(picture, w, Shape::Wide)
}

/// A writing area that is no personal data.
pub(super) async fn area(
    State(app): State<App>,
    person: Person,
    Path((page, area)): Path<(i64, String)>,
) -> Result<Response, Refused> {
    piece(app, person, page, WIDEST, move |layout| {
        let found = layout.areas.iter().find(|a| a.id == area)?;
        (found.kind != AreaKind::Personal).then(|| found.rect.inflate(AROUND_MM, AROUND_MM))
    })
    .await
}

/// The page's image as this person may see it: what people wrote about themselves is
/// blurred in the picture itself, for all but supervisors, who settle what is not
/// clear about a paper. Where nobody knows which page it is, or where its paper lies,
/// nothing can be blurred: it must be seen to be settled.
fn shown_to(
    app: &App,
    store: &Store,
    account: &Account,
    place: &PageOfItem,
) -> Result<Arc<GrayImage>, Refused> {
    let image = app.page_image(store, place)?;
    if account.role >= Role::Supervisor {
        return Ok(image);
    }
    let Some(reading) = store.reading_of_page(place.page_id)? else {
        return Ok(image);
    };
    let (Some(form), Some(version), Some(number)) = (&reading.form, reading.version, reading.page)
    else {
        return Ok(image);
    };
    // A page of a form that the station does not have is shown as it is, too.
    let Ok(form) = app.form(store, form, version) else {
        return Ok(image);
    };
    let Some(layout) = form.layout.page(number) else {
        return Ok(image);
    };
    let personal: Vec<MmRect> = layout
        .areas
        .iter()
        .filter(|a| a.kind == AreaKind::Personal)
        .map(|a| a.rect.inflate(AROUND_MM, AROUND_MM))
        .collect();
    let (false, Some(map)) = (personal.is_empty(), PaperInImage::of(&reading, layout)) else {
        return Ok(image);
    };
    let mut blurred = GrayImage::clone(&image);
    for rect in personal {
        blur::area(&mut blurred, &map.corners(rect), rect.width());
    }
    Ok(Arc::new(blurred))
}

/// The strip of the page that has a question.
pub(super) async fn question(
    State(app): State<App>,
    person: Person,
    Path((page, question)): Path<(i64, String)>,
) -> Result<Response, Refused> {
    piece(app, person, page, WIDEST, move |layout| {
        question_strip(layout, &question)
    })
    .await
}

/// One box and what is around it.
pub(super) async fn mark(
    State(app): State<App>,
    person: Person,
    Path((page, question, choice)): Path<(i64, String, String)>,
) -> Result<Response, Refused> {
    piece(app, person, page, BOX_SIDE, move |layout| {
        box_surroundings(layout, &question, &choice)
    })
    .await
}

async fn piece(
    app: App,
    person: Person,
    page: i64,
    widest: u32,
    of: impl FnOnce(&crate::form::PageLayout) -> Option<MmRect> + Send + 'static,
) -> Result<Response, Refused> {
    let here = app.clone();
    let w = person.words;
    let shape = if widest == BOX_SIDE {
        Shape::Box
    } else {
        Shape::Wide
    };
    let picture = person
        .act(&app, Role::Reviewer, move |store, account| {
            let place = store.page_place(page)?.ok_or(Refused::NotFound)?;
            let reading = store.reading_of_page(page)?.ok_or(Refused::NotFound)?;
            let (Some(form), Some(version), Some(number)) =
                (&reading.form, reading.version, reading.page)
            else {
                return Err(Refused::NotFound);
            };
            let form = here.form(store, form, version)?;
            let layout = form.layout.page(number).ok_or(Refused::NotFound)?;
            let wanted = of(layout).ok_or(Refused::NotFound)?;
            let map = PaperInImage::of(&reading, layout).ok_or(Refused::NotFound)?;
            let image = shown_to(&here, store, account, &place)?;
            encoded(&narrow(clip::cut(&image, &map.corners(wanted)), widest))
        })
        .await;
    or_words(picture, w, shape)
}

/// No wider than this.
fn narrow(image: GrayImage, widest: u32) -> GrayImage {
    let (w, h) = image.dimensions();
    if w <= widest {
        return image;
    }
    let height = (u64::from(h) * u64::from(widest) / u64::from(w)).max(1);
    imageops::thumbnail(&image, widest, u32::try_from(height).unwrap_or(1))
}

fn encoded(image: &GrayImage) -> Result<Response, Refused> {
    let mut out = Cursor::new(Vec::new());
    JpegEncoder::new_with_quality(&mut out, QUALITY)
        .write_image(
            image.as_raw(),
            image.width(),
            image.height(),
            ExtendedColorType::L8,
        )
        .map_err(|e| Refused::Trouble(e.to_string()))?;
    // A page never changes; but whoever logs out leaves nothing behind for long, and an
    // image that is removed stays in no browser for longer than that.
    Ok((
        [
            (CONTENT_TYPE, "image/jpeg"),
            (CACHE_CONTROL, "private, max-age=600"),
        ],
        out.into_inner(),
    )
        .into_response())
}
