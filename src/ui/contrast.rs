//! Can one colour be read on another?

use egui::{Color32, Rgba};

/// The least contrast of text, that of WCAG 2's level AA.
const LEAST: f32 = 4.5;

/// Steps between a colour and black or white.
const STEPS: u16 = 32;

/// Contrast ratio of WCAG 2, 1 to 21.
pub fn contrast(left: Color32, right: Color32) -> f32 {
    let (left, right) = (luminance(left), luminance(right));
    (left.max(right) + 0.05) / (left.min(right) + 0.05)
}

/// `color`, or the nearest one on its way to white or black that can be read on `ground`.
pub fn readable(color: Color32, ground: Color32) -> Color32 {
    if contrast(color, ground) >= LEAST {
        return color;
    }
    // It stays lighter or darker than its ground, if that side has room.
    let lighter = luminance(color) >= luminance(ground);
    let ends = if lighter { [Color32::WHITE, Color32::BLACK] } else { [Color32::BLACK, Color32::WHITE] };
    let end = if contrast(ends[0], ground) >= LEAST { ends[0] } else { ends[1] };
    let steps = (1..=STEPS).map(|step| mix(color, end, f32::from(step) / f32::from(STEPS)));
    steps.into_iter().find(|&mixed| contrast(mixed, ground) >= LEAST).unwrap_or(end)
}

/// `share` of the way from one colour to another.
pub fn mix(from: Color32, to: Color32, share: f32) -> Color32 {
    from.lerp_to_gamma(to, share)
}

fn luminance(color: Color32) -> f32 {
    let linear = Rgba::from(color);
    0.2126 * linear.r() + 0.7152 * linear.g() + 0.0722 * linear.b()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn color() -> impl Strategy<Value = Color32> {
        any::<[u8; 3]>().prop_map(|[red, green, blue]| Color32::from_rgb(red, green, blue))
    }

    #[test]
    fn ratios_are_those_of_wcag() {
        assert!((contrast(Color32::WHITE, Color32::BLACK) - 21.0).abs() < 0.01);
        assert!((contrast(Color32::from_rgb(0x77, 0x77, 0x77), Color32::WHITE) - 4.48).abs() < 0.01);
    }

    proptest! {
        #[test]
        fn everything_can_be_made_readable(color in color(), ground in color()) {
            let shown = readable(color, ground);
            prop_assert!(contrast(shown, ground) >= LEAST, "{shown:?} on {ground:?}");
            prop_assert!(contrast(color, ground) < LEAST || shown == color);
        }
    }
}
