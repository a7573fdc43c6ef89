//! Cuts a quadrilateral out of a page image and lays it upright.

use image::{GrayImage, Luma};

/// Longest side of a clip, px: an A4 page at 600 dpi is 7016 px high.
const MAX_SIDE: f32 = 8192.0;

/// The picture within these corners (top left, top right, bottom right, bottom
/// left, px), as large as it is in the page image. Outside of the image is
/// white.
#[must_use]
pub fn cut(image: &GrayImage, corners: &[[f32; 2]; 4]) -> GrayImage {
    let [tl, tr, br, bl] = *corners;
    let side = |a: [f32; 2], b: [f32; 2]| (a[0] - b[0]).hypot(a[1] - b[1]);
    let size = |a: f32, b: f32| {
        let longest = a.max(b);
        // NaN becomes 1 as well.
        if longest >= 1.0 {
            longest.min(MAX_SIDE).round() as u32
        } else {
            1
        }
    };
    let width = size(side(tl, tr), side(bl, br));
    let height = size(side(tl, bl), side(tr, br));
    GrayImage::from_fn(width, height, |x, y| {
        let u = (x as f32 + 0.5) / width as f32;
        let v = (y as f32 + 0.5) / height as f32;
        let along = |axis: usize| {
            let top = tl[axis] + (tr[axis] - tl[axis]) * u;
            let bottom = bl[axis] + (br[axis] - bl[axis]) * u;
            top + (bottom - top) * v
        };
        Luma([sample(image, along(0), along(1))])
    })
}

/// Gray value at a point, between pixels by their distance; the centre of the
/// first pixel is (0.5, 0.5).
fn sample(image: &GrayImage, x: f32, y: f32) -> u8 {
    let (x, y) = (x - 0.5, y - 0.5);
    let (fx, fy) = (x.floor(), y.floor());
    let at = |dx: f32, dy: f32| -> f32 {
        let (px, py) = (fx + dx, fy + dy);
        let (w, h) = image.dimensions();
        if px >= 0.0 && py >= 0.0 && px < w as f32 && py < h as f32 {
            f32::from(image.get_pixel(px as u32, py as u32).0[0])
        } else {
            255.0
        }
    };
    let (u, v) = (x - fx, y - fy);
    let top = at(0.0, 0.0) * (1.0 - u) + at(1.0, 0.0) * u;
    let bottom = at(0.0, 1.0) * (1.0 - u) + at(1.0, 1.0) * u;
    (top * (1.0 - v) + bottom * v).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_of_a_page_that_lies_upside_down_comes_upright() {
        let page = GrayImage::from_fn(20, 10, |x, y| Luma([(x * 10 + y) as u8]));
        let upright = cut(&page, &[[2.0, 3.0], [6.0, 3.0], [6.0, 5.0], [2.0, 5.0]]);
        assert_eq!(upright.dimensions(), (4, 2));
        assert_eq!(upright.get_pixel(0, 0).0, [23]);
        let turned = cut(&page, &[[6.0, 5.0], [2.0, 5.0], [2.0, 3.0], [6.0, 3.0]]);
        assert_eq!(turned.get_pixel(3, 1).0, [23]);
        assert_eq!(turned.get_pixel(0, 0).0, [54]);
    }

    #[test]
    fn corners_outside_of_the_image_or_of_no_size_do_no_harm() {
        let page = GrayImage::from_pixel(4, 4, Luma([0]));
        let outside = cut(
            &page,
            &[[-9.0, -9.0], [-5.0, -9.0], [-5.0, -5.0], [-9.0, -5.0]],
        );
        assert!(outside.pixels().all(|p| p.0 == [255]));
        assert_eq!(cut(&page, &[[f32::NAN; 2]; 4]).dimensions(), (1, 1));
        let huge = cut(&page, &[[0.0, 0.0], [1e30, 0.0], [1e30, 1.0], [0.0, 1.0]]);
        assert_eq!(huge.dimensions(), (8192, 1));
    }
}
