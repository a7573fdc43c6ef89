//! The QR symbol of a payload.

use qrcodegen::{QrCode, QrCodeEcc, QrSegment, Version};

use super::payload::CodeError;

/// Smallest version used. A symbol of version 4 has 33 modules, 0.6 mm each at
/// 20 mm, and holds 67 characters at level Q; using it even where a smaller
/// one would do keeps the grid the same for all short codes.
const SMALLEST: u8 = 4;
/// Largest version used: 45 modules, 0.44 mm each at 20 mm, 2.6 px at 150 dpi.
const LARGEST: u8 = 7;

/// The modules of a QR symbol, without its quiet zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QrMatrix {
    size: u32,
    dark: Vec<bool>,
}

impl QrMatrix {
    /// Modules along one side: 33 for version 4, four more for each version.
    #[must_use]
    pub fn size(&self) -> u32 {
        self.size
    }

    /// Is the module in this column and row dark? Outside the symbol nothing
    /// is.
    #[must_use]
    pub fn get(&self, x: u32, y: u32) -> bool {
        x < self.size
            && y < self.size
            && self
                .dark
                .get((y * self.size + x) as usize)
                .copied()
                .unwrap_or(false)
    }
}

/// The symbol of a payload's text: alphanumeric mode, error correction level Q
/// (a quarter of the symbol may be lost), version 4 where it fits.
///
/// # Errors
/// [`CodeError::TooLong`] if even version 7 does not hold the text, or if it
/// has characters beyond QR's alphanumeric set.
pub fn qr_modules(text: &str) -> Result<QrMatrix, CodeError> {
    let too_long = || CodeError::TooLong { chars: text.len() };
    if !QrSegment::is_alphanumeric(text) {
        return Err(too_long());
    }
    let segment = QrSegment::make_alphanumeric(text);
    let code = QrCode::encode_segments_advanced(
        &[segment],
        QrCodeEcc::Quartile,
        Version::new(SMALLEST),
        Version::new(LARGEST),
        None,
        false,
    )
    .map_err(|_| too_long())?;
    let side = code.size();
    let dark = (0..side)
        .flat_map(|y| (0..side).map(move |x| (x, y)))
        .map(|(x, y)| code.get_module(x, y))
        .collect();
    Ok(QrMatrix {
        size: side.unsigned_abs(),
        dark,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixty_seven_characters_fit_version_4() {
        assert_eq!(qr_modules(&"A".repeat(67)).unwrap().size(), 33);
        assert_eq!(qr_modules(&"A".repeat(68)).unwrap().size(), 37);
        assert_eq!(qr_modules("A").unwrap().size(), 33);
        assert!(qr_modules(&"A".repeat(200)).is_err());
        assert!(qr_modules("ạ").is_err());
    }

    #[test]
    fn another_decoder_reads_the_symbol() {
        let text = "PH1/BA-DINH-2022/1/0123456789/1/ABCDEFGHJK///012345ABCDEF";
        let modules = qr_modules(text).unwrap();
        let side = modules.size() as usize;
        let grid = rqrr::SimpleGrid::from_func(side, |x, y| modules.get(x as u32, y as u32));
        let (_, read) = rqrr::Grid::new(grid).decode().unwrap();
        assert_eq!(read, text);
    }
}
