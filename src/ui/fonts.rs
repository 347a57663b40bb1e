//! The bundled fonts; egui looks up what they lack among the system's.

use std::sync::Arc;

use egui::{FontData, FontDefinitions, FontFamily};

const MONO: &[u8] = include_bytes!("../../assets/fonts/HextantMono-Regular.ttf");

/// Puts the bundled monospace font before egui's own, which stay for symbols; and behind its proportional one, which
/// has no marks such as ● and ✓.
pub fn install(ctx: &egui::Context) {
    let mut fonts = FontDefinitions::default();
    fonts.font_data.insert("Hextant Mono".to_owned(), Arc::new(FontData::from_static(MONO)));
    fonts.families.entry(FontFamily::Monospace).or_default().insert(0, "Hextant Mono".to_owned());
    fonts.families.entry(FontFamily::Proportional).or_default().push("Hextant Mono".to_owned());
    ctx.set_fonts(fonts);
}
