//! Makes a piece of a page illegible.

use image::{GrayImage, Luma};

/// Side of the squares of one gray each, mm: handwriting is 3 to 8 mm high, and of a
/// letter nothing is left in a square of 5 mm.
const CELL_MM: f64 = 5.0;

/// Blurs the quadrilateral within these corners (top left, top right, bottom right,
/// bottom left, px), which is so wide on the paper (mm): each square of 5 mm of its
/// upright surroundings becomes its mean. Outside of the image nothing is done.
pub(super) fn area(image: &mut GrayImage, corners: &[[f32; 2]; 4], width_mm: f64) {
    let (w, h) = image.dimensions();
    let bound = |axis: usize, limit: u32| {
        let (mut low, mut high) = (f32::MAX, f32::MIN);
        for c in corners {
            low = low.min(c[axis]);
            high = high.max(c[axis]);
        }
        // A float to integer cast saturates: places outside become empty.
        (
            (low.floor().max(0.0) as u32).min(limit),
            (high.ceil().max(0.0) as u32).min(limit),
        )
    };
    let ((x0, x1), (y0, y1)) = (bound(0, w), bound(1, h));
    let [tl, tr, ..] = *corners;
    let px_per_mm = f64::from((tr[0] - tl[0]).hypot(tr[1] - tl[1])) / width_mm.max(1.0);
    let cell = ((px_per_mm * CELL_MM).round() as u32).max(2);
    let mut top = y0;
    while top < y1 {
        let bottom = (top + cell).min(y1);
        let mut left = x0;
        while left < x1 {
            let right = (left + cell).min(x1);
            let (mut sum, mut n) = (0u64, 0u64);
            for y in top..bottom {
                for x in left..right {
                    sum += u64::from(image.get_pixel(x, y).0[0]);
                    n += 1;
                }
            }
            let mean = Luma([(sum / n.max(1)) as u8]);
            for y in top..bottom {
                for x in left..right {
                    image.put_pixel(x, y, mean);
                }
            }
            left = right;
        }
        top = bottom;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_in_the_area_is_gone_and_the_rest_is_as_it_was() {
        let page = GrayImage::from_fn(100, 60, |x, _| Luma([if x % 4 < 2 { 0 } else { 255 }]));
        let mut blurred = page.clone();
        let corners = [[20.0, 10.0], [80.0, 10.0], [80.0, 30.0], [20.0, 30.0]];
        area(&mut blurred, &corners, 15.0);
        for (x, y, p) in blurred.enumerate_pixels() {
            let inside = (20..80).contains(&x) && (10..30).contains(&y);
            if inside {
                assert!((100..156).contains(&p.0[0]), "{x} {y} {p:?}");
            } else {
                assert_eq!(p, page.get_pixel(x, y));
            }
        }
        // Outside of the image, or with corners that are none, nothing happens.
        let before = blurred.clone();
        area(
            &mut blurred,
            &[
                [-90.0, -90.0],
                [-50.0, -90.0],
                [-50.0, -50.0],
                [-90.0, -50.0],
            ],
            9.0,
        );
        area(&mut blurred, &[[f32::NAN; 2]; 4], 9.0);
        assert_eq!(before, blurred);
    }
}
