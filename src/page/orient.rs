//! Turning a page as its file's orientation tag says.

use image::{GrayImage, imageops};

use super::Scan;

/// Applies an orientation of TIFF 6.0 and EXIF (tag 274), 1 to 8; any other
/// value leaves the page as it is. Resolutions are swapped where the page is
/// laid on its side.
pub(crate) fn apply(scan: Scan, orientation: u16) -> Scan {
    let Scan {
        mut image,
        dpi,
        bilevel,
    } = scan;
    let turned: Option<GrayImage> = match orientation {
        2 => {
            imageops::flip_horizontal_in_place(&mut image);
            None
        }
        3 => {
            imageops::rotate180_in_place(&mut image);
            None
        }
        4 => {
            imageops::flip_vertical_in_place(&mut image);
            None
        }
        5 => {
            let mut turned = imageops::rotate90(&image);
            imageops::flip_horizontal_in_place(&mut turned);
            Some(turned)
        }
        6 => Some(imageops::rotate90(&image)),
        7 => {
            let mut turned = imageops::rotate270(&image);
            imageops::flip_horizontal_in_place(&mut turned);
            Some(turned)
        }
        8 => Some(imageops::rotate270(&image)),
        _ => None,
    };
    let swapped = turned.is_some();
    Scan {
        image: turned.unwrap_or(image),
        dpi: dpi.map(|(x, y)| if swapped { (y, x) } else { (x, y) }),
        bilevel,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The stored row and column of the visual top left corner, by the table
    /// of TIFF 6.0, page 36.
    #[test]
    fn each_orientation_puts_the_stored_corner_where_the_standard_says() {
        let stored = GrayImage::from_vec(3, 2, vec![1, 2, 3, 4, 5, 6]).unwrap();
        let expected: [(u16, &[u8], (u32, u32)); 8] = [
            (1, &[1, 2, 3, 4, 5, 6], (3, 2)),
            (2, &[3, 2, 1, 6, 5, 4], (3, 2)),
            (3, &[6, 5, 4, 3, 2, 1], (3, 2)),
            (4, &[4, 5, 6, 1, 2, 3], (3, 2)),
            (5, &[1, 4, 2, 5, 3, 6], (2, 3)),
            (6, &[4, 1, 5, 2, 6, 3], (2, 3)),
            (7, &[6, 3, 5, 2, 4, 1], (2, 3)),
            (8, &[3, 6, 2, 5, 1, 4], (2, 3)),
        ];
        for (orientation, pixels, size) in expected {
            let scan = apply(
                Scan {
                    image: stored.clone(),
                    dpi: Some((300.0, 200.0)),
                    bilevel: false,
                },
                orientation,
            );
            assert_eq!(scan.image.as_raw(), pixels, "orientation {orientation}");
            assert_eq!(scan.image.dimensions(), size);
            let dpi = if orientation > 4 {
                (200.0, 300.0)
            } else {
                (300.0, 200.0)
            };
            assert_eq!(scan.dpi, Some(dpi));
        }
    }
}
