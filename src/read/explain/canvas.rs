//! A page image to draw on: upright, reduced, in colour, with a strip of text
//! above and below.

use ab_glyph::{FontRef, PxScale};
use image::imageops::{self, FilterType};
use image::{GrayImage, Rgb, RgbImage};
use imageproc::drawing::{
    draw_filled_circle_mut, draw_filled_rect_mut, draw_line_segment_mut, draw_text_mut, text_size,
};
use imageproc::rect::Rect;

use crate::form::text::Face;

/// Width that pictures are brought near to, px: A4 at 150 dpi, which shows a
/// whole page on a screen and still a checkbox of 26 px.
const WIDTH: u32 = 1240;
/// Height of a line of text, px.
const LINE: i32 = 26;
/// Height of letters, px.
const LETTERS: f32 = 20.0;
/// Height of letters beside a box, px.
const SMALL: f32 = 14.0;

pub(crate) const GREEN: Rgb<u8> = Rgb([0, 130, 50]);
pub(crate) const BLUE: Rgb<u8> = Rgb([40, 90, 200]);
pub(crate) const ORANGE: Rgb<u8> = Rgb([225, 110, 0]);
pub(crate) const RED: Rgb<u8> = Rgb([205, 0, 40]);
pub(crate) const INK: Rgb<u8> = Rgb([30, 30, 30]);
const PAPER: Rgb<u8> = Rgb([255, 255, 255]);

pub(crate) struct Canvas {
    image: RgbImage,
    /// Size of the image as it came.
    full: (f32, f32),
    rotation: u32,
    scale: f32,
    top: i32,
    font: Option<FontRef<'static>>,
}

impl Canvas {
    /// The page turned upright, paler than it is, below lines of text and
    /// above others.
    pub fn new(page: &GrayImage, rotation: u32, above: &[String], below: &[String]) -> Self {
        let upright = match rotation {
            90 => imageops::rotate90(page),
            180 => imageops::rotate180(page),
            270 => imageops::rotate270(page),
            _ => page.clone(),
        };
        let scale = (WIDTH as f32 / upright.width().max(1) as f32).min(1.0);
        let size = |n: u32| ((n as f32 * scale).round() as u32).max(1);
        let (w, h) = (size(upright.width()), size(upright.height()));
        let small = imageops::resize(&upright, w, h, FilterType::Triangle);
        let strip = |lines: &[String]| LINE * lines.len() as i32 + 10;
        let top = strip(above);
        let height = top as u32 + h + strip(below) as u32;
        let mut image = RgbImage::from_pixel(w, height, PAPER);
        for (x, y, p) in small.enumerate_pixels() {
            // What is drawn must stand out from what is printed.
            let pale = 90 + (u16::from(p.0[0]) * 165 / 255) as u8;
            image.put_pixel(x, y + top as u32, Rgb([pale; 3]));
        }
        let mut canvas = Self {
            image,
            full: (page.width() as f32, page.height() as f32),
            rotation,
            scale,
            top,
            font: FontRef::try_from_slice(Face::Regular.data()).ok(),
        };
        for (i, line) in above.iter().enumerate() {
            canvas.write(6, 4 + LINE * i as i32, LETTERS, INK, line);
        }
        for (i, line) in below.iter().enumerate() {
            canvas.write(6, top + h as i32 + 4 + LINE * i as i32, LETTERS, INK, line);
        }
        canvas
    }

    /// A place in the image as it came, on the canvas.
    fn place(&self, [x, y]: [f32; 2]) -> (f32, f32) {
        let (w, h) = self.full;
        let (x, y) = match self.rotation {
            90 => (h - y, x),
            180 => (w - x, h - y),
            270 => (y, w - x),
            _ => (x, y),
        };
        (x * self.scale, y * self.scale + self.top as f32)
    }

    /// A line through places of the image, `thick` px wide.
    pub fn line(&mut self, places: &[[f32; 2]], color: Rgb<u8>, thick: u8) {
        for pair in places.windows(2) {
            let (a, b) = (self.place(pair[0]), self.place(pair[1]));
            for i in 0..thick {
                let d = f32::from(i);
                draw_line_segment_mut(&mut self.image, (a.0 + d, a.1), (b.0 + d, b.1), color);
                draw_line_segment_mut(&mut self.image, (a.0, a.1 + d), (b.0, b.1 + d), color);
            }
        }
    }

    /// The outline of a place with four corners.
    pub fn outline(&mut self, [a, b, c, d]: [[f32; 2]; 4], color: Rgb<u8>, thick: u8) {
        self.line(&[a, b, c, d, a], color, thick);
    }

    /// A dot.
    pub fn dot(&mut self, at: [f32; 2], radius: i32, color: Rgb<u8>) {
        let (x, y) = self.place(at);
        draw_filled_circle_mut(&mut self.image, (x as i32, y as i32), radius, color);
    }

    /// A word beside a place, on white, moved by `(dx, dy)` px of the canvas.
    pub fn label(&mut self, at: [f32; 2], (dx, dy): (i32, i32), color: Rgb<u8>, text: &str) {
        let (x, y) = self.place(at);
        let Some(font) = &self.font else { return };
        let (w, h) = text_size(PxScale::from(SMALL), font, text);
        let last = i32::try_from(self.image.width()).unwrap_or(i32::MAX);
        let x = (x as i32 + dx).clamp(0, (last - w as i32 - 3).max(0));
        let y = (y as i32 + dy).max(0);
        let ground = Rect::at(x - 1, y).of_size(w + 3, h + 5);
        draw_filled_rect_mut(&mut self.image, ground, PAPER);
        self.write(x, y, SMALL, color, text);
    }

    fn write(&mut self, x: i32, y: i32, size: f32, color: Rgb<u8>, text: &str) {
        if let Some(font) = &self.font {
            draw_text_mut(
                &mut self.image,
                color,
                x,
                y,
                PxScale::from(size),
                font,
                text,
            );
        }
    }

    pub fn finish(self) -> RgbImage {
        self.image
    }
}
