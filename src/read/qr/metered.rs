//! An image of which no more is looked at than its meter allows.

use std::cell::Cell;
use std::panic::resume_unwind;
use std::rc::Rc;

use image::{GenericImage, GenericImageView, GrayImage, Luma};

/// How many more pixels may be looked at.
#[derive(Debug, Clone)]
pub(super) struct Meter(Rc<Cell<u64>>);

/// What a search unwinds with whose meter has run down.
struct RunDown;

impl Meter {
    /// So many.
    pub fn new(pixels: u64) -> Self {
        Self(Rc::new(Cell::new(pixels)))
    }

    /// Was more wanted than there was?
    pub fn has_run_down(&self) -> bool {
        self.0.get() == 0
    }

    /// # Panics
    /// When the meter has run down: silently, for whoever searches catches it.
    fn take(&self, pixels: u64) {
        let left = self.0.get().saturating_sub(pixels);
        self.0.set(left);
        if left == 0 {
            resume_unwind(Box::new(RunDown));
        }
    }
}

/// The image that rqrr looks for codes in. It takes whatever has the runs of a finder pattern
/// for one, fills each from pixel to pixel, and copies the whole image for each three that
/// may belong together: a page of noise took 15 s, a black-and-white one more than a minute,
/// and a page full of finder patterns did not end.
#[derive(Debug)]
pub(super) struct Metered {
    image: GrayImage,
    meter: Meter,
}

/// So many pixels are copied in the time that it takes to look at one: those of a vector,
/// less what memory is slower by.
const COPIED: u64 = 8;

impl Metered {
    pub fn new(image: GrayImage, meter: &Meter) -> Self {
        let meter = meter.clone();
        Self { image, meter }
    }
}

impl Clone for Metered {
    fn clone(&self) -> Self {
        self.meter.take(self.image.as_raw().len() as u64 / COPIED);
        Self::new(self.image.clone(), &self.meter)
    }
}

impl GenericImageView for Metered {
    type Pixel = Luma<u8>;

    fn dimensions(&self) -> (u32, u32) {
        self.image.dimensions()
    }

    fn get_pixel(&self, x: u32, y: u32) -> Luma<u8> {
        self.meter.take(1);
        *self.image.get_pixel(x, y)
    }
}

impl GenericImage for Metered {
    fn get_pixel_mut(&mut self, x: u32, y: u32) -> &mut Luma<u8> {
        self.image.get_pixel_mut(x, y)
    }

    fn put_pixel(&mut self, x: u32, y: u32, pixel: Luma<u8>) {
        self.image.put_pixel(x, y, pixel);
    }

    fn blend_pixel(&mut self, x: u32, y: u32, pixel: Luma<u8>) {
        self.put_pixel(x, y, pixel);
    }
}
