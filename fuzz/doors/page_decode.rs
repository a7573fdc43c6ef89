//! Any bytes as an image file: a page or an error, never a crash, and never
//! a page beyond the limits.

use phieu::page::{DecodeLimits, PageFile};

pub fn enter(data: &[u8]) {
    let limits = DecodeLimits {
        max_pixels: 1 << 18,
        max_pages: 64,
        ..DecodeLimits::default()
    };
    let Ok(file) = PageFile::from_bytes(data.to_vec(), &limits) else {
        return;
    };
    for index in 0..file.page_count().min(4) {
        if let Ok(scan) = file.page(index) {
            let (width, height) = scan.image.dimensions();
            // Rendering rounds each side.
            let bound = limits.max_pixels + u64::from(width) + u64::from(height);
            assert!(u64::from(width) * u64::from(height) <= bound);
        }
    }
}
