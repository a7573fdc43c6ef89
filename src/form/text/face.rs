//! The faces that ship with the build.

use std::sync::OnceLock;

use crate::form::FormError;

/// A face of the built-in fonts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Face {
    Regular,
    Bold,
    Italic,
    BoldItalic,
    /// OCR-B, for the code line.
    Code,
}

impl Face {
    pub(crate) const ALL: [Self; 5] = [
        Self::Regular,
        Self::Bold,
        Self::Italic,
        Self::BoldItalic,
        Self::Code,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Regular => "NotoSans-Regular",
            Self::Bold => "NotoSans-Bold",
            Self::Italic => "NotoSans-Italic",
            Self::BoldItalic => "NotoSans-BoldItalic",
            Self::Code => "OCRB",
        }
    }

    /// The font file.
    pub(crate) fn data(self) -> &'static [u8] {
        match self {
            Self::Regular => include_bytes!("../../../assets/fonts/NotoSans-Regular.ttf"),
            Self::Bold => include_bytes!("../../../assets/fonts/NotoSans-Bold.ttf"),
            Self::Italic => include_bytes!("../../../assets/fonts/NotoSans-Italic.ttf"),
            Self::BoldItalic => include_bytes!("../../../assets/fonts/NotoSans-BoldItalic.ttf"),
            Self::Code => include_bytes!("../../../assets/fonts/OCRB.otf"),
        }
    }

    /// The parsed face, parsed once.
    pub(crate) fn parsed(self) -> Result<&'static rustybuzz::Face<'static>, FormError> {
        static FACES: [OnceLock<Option<rustybuzz::Face<'static>>>; 5] =
            [const { OnceLock::new() }; 5];
        FACES[self as usize]
            .get_or_init(|| rustybuzz::Face::from_slice(self.data(), 0))
            .as_ref()
            .ok_or(FormError::Font(self.name()))
    }
}
