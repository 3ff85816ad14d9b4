//! A QR code as the outline of an SVG path: the page needs no picture from elsewhere and no script.

use std::fmt::Write;

use qrcode::{Color, EcLevel, QrCode};

/// Quiet zone around the code, in modules (ISO/IEC 18004 §6.3.8 asks for four).
const QUIET: usize = 4;

/// A QR code to be drawn in a square of `size` units.
pub(in crate::web) struct Plate {
    /// Width and height in modules, quiet zone included.
    pub(in crate::web) size: usize,
    /// One square per dark module, as SVG path data.
    pub(in crate::web) path: String,
}

impl Plate {
    /// The code of `text`; nothing when it is too long for one.
    pub(in crate::web) fn of(text: &str) -> Option<Self> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
        let width = code.width();
        let mut path = String::new();
        for (at, color) in code.to_colors().into_iter().enumerate() {
            if color == Color::Dark {
                let (x, y) = (at % width + QUIET, at / width + QUIET);
                let _ = write!(path, "M{x} {y}h1v1h-1z");
            }
        }
        Some(Self {
            size: width + 2 * QUIET,
            path,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_three_corners_and_a_quiet_zone() {
        let plate = Plate::of("otpauth://totp/Clavero:ana?secret=GEZDGNBVGY3TQOJQ").unwrap();
        for (x, y) in [(4, 4), (plate.size - 5, 4), (4, plate.size - 5)] {
            assert!(
                plate.path.contains(&format!("M{x} {y}h1")),
                "a finder pattern at {x} {y}"
            );
        }
        assert!(!plate.path.contains("M3 ") && !plate.path.contains(" 3h1"));
        assert!(Plate::of(&"x".repeat(5000)).is_none());
    }
}
