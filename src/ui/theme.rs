//! Colours, by role, one table a theme.

use egui::{Color32, CornerRadius, Margin, Shadow, Stroke, TextStyle, Visuals};

use crate::hex::ByteClass;

/// Every colour that the window uses, by its role.
#[derive(Clone, Copy, Debug)]
pub struct Palette {
    /// Behind the content.
    pub content: Color32,
    /// Behind menus, tabs, status bar.
    pub chrome: Color32,
    /// Between panels.
    pub hairline: Color32,
    pub text: Color32,
    pub dim: Color32,
    pub gutter: Color32,
    pub current_line: Color32,
    pub selection: Color32,
    /// The selection in the pane without the keys.
    pub selection_aside: Color32,
    /// Behind what is found.
    pub found: Color32,
    /// Behind the match that the person is at, and around it.
    pub found_here: Color32,
    pub found_edge: Color32,
    /// Behind text that is marked by a colour of its own.
    pub markers: [Color32; 9],
    /// Where matches are, in the scrollbar.
    pub found_mark: Color32,
    pub caret: Color32,
    pub accent: Color32,
    /// Text on the accent colour.
    pub on_accent: Color32,
    pub badge: Color32,
    pub badge_text: Color32,
    /// Changed and not saved.
    pub edited: Color32,
    /// Changed since opening, and saved.
    pub saved: Color32,
    pub error: Color32,
    pub warning: Color32,
    /// Marks in the place of blanks.
    pub blank: Color32,
    /// Behind what is not stored on disk.
    pub hole: Color32,
    /// The colours of terminals: black, red, green, yellow, blue, magenta, cyan, white, and the bright ones. Those that
    /// would be lost on the content are as grey as it takes.
    pub ansi: [Color32; 16],
    pub thumb: Color32,
    pub thumb_active: Color32,
    /// Byte classes of the hex view.
    pub zero: Color32,
    pub white_space: Color32,
    pub control: Color32,
    pub high: Color32,
    pub ff: Color32,
}

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

pub const DARK: Palette = Palette {
    content: rgb(0x16181D),
    chrome: rgb(0x1E2127),
    hairline: rgb(0x31363F),
    text: rgb(0xD8DCE3),
    dim: rgb(0x979EAA),
    gutter: rgb(0x7F8794),
    current_line: rgb(0x1D2027),
    selection: rgb(0x264F78),
    selection_aside: rgb(0x2B3B4D),
    found: rgb(0x4D4222),
    found_here: rgb(0x7A5200),
    found_edge: rgb(0xF2C46B),
    found_mark: rgb(0xD9A441),
    markers: [
        rgb(0x4D4222),
        rgb(0x1F484B),
        rgb(0x52304A),
        rgb(0x2B4C2B),
        rgb(0x3B3768),
        rgb(0x5C3626),
        rgb(0x294766),
        rgb(0x4A4B1C),
        rgb(0x5B2F3A),
    ],
    caret: rgb(0x8CC5FF),
    accent: rgb(0x5BA7F5),
    on_accent: rgb(0x0B1016),
    badge: rgb(0x333944),
    badge_text: rgb(0xE0AF68),
    edited: rgb(0xE5A93B),
    saved: rgb(0x5FA777),
    error: rgb(0xF2777A),
    warning: rgb(0xE5B567),
    blank: rgb(0x69707C),
    hole: rgb(0x1B1F28),
    ansi: [
        rgb(0x8A919D),
        rgb(0xF2777A),
        rgb(0x7EC98B),
        rgb(0xE2BC6C),
        rgb(0x6CB2F7),
        rgb(0xC792EA),
        rgb(0x56C2C9),
        rgb(0xC4C9D2),
        rgb(0xA0A7B3),
        rgb(0xFF9EA0),
        rgb(0xA8E4B2),
        rgb(0xFFDB8F),
        rgb(0xA3CFFF),
        rgb(0xE3BCF8),
        rgb(0x92E3E8),
        rgb(0xF7F8FA),
    ],
    thumb: rgb(0x69717E),
    thumb_active: rgb(0x98A2B1),
    zero: rgb(0x818894),
    white_space: rgb(0x6FB3D2),
    control: rgb(0xC792C9),
    high: rgb(0xD8A06A),
    ff: rgb(0xF07B80),
};

pub const LIGHT: Palette = Palette {
    content: rgb(0xFDFDFE),
    chrome: rgb(0xF1F2F5),
    hairline: rgb(0xD6DAE1),
    text: rgb(0x1F2430),
    dim: rgb(0x5B626F),
    gutter: rgb(0x6B7280),
    current_line: rgb(0xF3F6FA),
    selection: rgb(0xBFD9F7),
    selection_aside: rgb(0xDDE5EE),
    found: rgb(0xFFEFB8),
    found_here: rgb(0xFFCB57),
    found_edge: rgb(0x8A5A00),
    found_mark: rgb(0xB07A00),
    markers: [
        rgb(0xFFEFB8),
        rgb(0xC9EDEE),
        rgb(0xF6D3EA),
        rgb(0xCFEFCB),
        rgb(0xDEDBFB),
        rgb(0xFCDACB),
        rgb(0xCFE3FC),
        rgb(0xECEFAE),
        rgb(0xFAD1D9),
    ],
    caret: rgb(0x0B57C4),
    accent: rgb(0x1B66C2),
    on_accent: rgb(0xFFFFFF),
    badge: rgb(0xE4E7EC),
    badge_text: rgb(0x84500A),
    edited: rgb(0xB36B00),
    saved: rgb(0x2E8B57),
    error: rgb(0xBC262B),
    warning: rgb(0x8A5A00),
    blank: rgb(0x8C929E),
    hole: rgb(0xF0F3F8),
    ansi: [
        rgb(0x1F2430),
        rgb(0xB3261E),
        rgb(0x1B6B32),
        rgb(0x7A5400),
        rgb(0x1A56B8),
        rgb(0x8A2C92),
        rgb(0x0B6672),
        rgb(0x5B626F),
        rgb(0x666D7A),
        rgb(0xC62A30),
        rgb(0x24773A),
        rgb(0x865D00),
        rgb(0x2160CC),
        rgb(0xA0379F),
        rgb(0x0F707C),
        rgb(0x3B424E),
    ],
    thumb: rgb(0x8B929E),
    thumb_active: rgb(0x5B626F),
    zero: rgb(0x666C78),
    white_space: rgb(0x1A6F8F),
    control: rgb(0x8A3F92),
    high: rgb(0x935200),
    ff: rgb(0xBE2F37),
};

impl Palette {
    pub fn of(ui: &egui::Ui) -> &'static Self {
        if ui.visuals().dark_mode { &DARK } else { &LIGHT }
    }

    pub fn class(&self, class: ByteClass) -> Color32 {
        match class {
            ByteClass::Zero => self.zero,
            ByteClass::Printable => self.text,
            ByteClass::WhiteSpace => self.white_space,
            ByteClass::Control => self.control,
            ByteClass::High => self.high,
            ByteClass::Ff => self.ff,
        }
    }

    fn visuals(&self, dark: bool) -> Visuals {
        let mut visuals = if dark { Visuals::dark() } else { Visuals::light() };
        visuals.panel_fill = self.chrome;
        visuals.window_fill = self.chrome;
        visuals.extreme_bg_color = self.content;
        visuals.text_edit_bg_color = Some(self.content);
        visuals.faint_bg_color = self.current_line;
        visuals.override_text_color = None;
        visuals.weak_text_color = Some(self.dim);
        visuals.hyperlink_color = self.accent;
        visuals.warn_fg_color = self.warning;
        visuals.error_fg_color = self.error;
        visuals.window_stroke = Stroke::new(1.0, self.hairline);
        visuals.window_corner_radius = CornerRadius::same(8);
        visuals.menu_corner_radius = CornerRadius::same(6);
        let shade = if dark { 120 } else { 40 };
        visuals.window_shadow =
            Shadow { offset: [0, 6], blur: 20, spread: 0, color: Color32::from_black_alpha(shade) };
        visuals.popup_shadow =
            Shadow { offset: [0, 4], blur: 12, spread: 0, color: Color32::from_black_alpha(shade) };
        visuals.selection.bg_fill = self.selection;
        visuals.selection.stroke = Stroke::new(1.0, self.text);
        visuals.text_cursor.stroke = Stroke::new(2.0, self.caret);
        let widgets = &mut visuals.widgets;
        widgets.noninteractive.bg_stroke = Stroke::new(1.0, self.hairline);
        widgets.noninteractive.fg_stroke = Stroke::new(1.0, self.text);
        widgets.noninteractive.bg_fill = self.chrome;
        let hovered = if dark { rgb(0x2C313A) } else { rgb(0xE3E7ED) };
        let pressed = if dark { rgb(0x373D48) } else { rgb(0xD5DBE4) };
        let quiet = if dark { rgb(0x272B33) } else { rgb(0xE8EAEF) };
        for (state, fill) in [
            (&mut widgets.inactive, quiet),
            (&mut widgets.hovered, hovered),
            (&mut widgets.active, pressed),
            (&mut widgets.open, hovered),
        ] {
            state.bg_fill = fill;
            state.weak_bg_fill = fill;
            state.bg_stroke = Stroke::new(1.0, self.hairline);
            state.fg_stroke = Stroke::new(1.0, self.text);
            state.corner_radius = CornerRadius::same(4);
            state.expansion = 0.0;
        }
        visuals
    }
}

/// Sets both themes' looks, once.
pub fn install(ctx: &egui::Context) {
    for (theme, palette) in [(egui::Theme::Dark, DARK), (egui::Theme::Light, LIGHT)] {
        let dark = theme == egui::Theme::Dark;
        ctx.style_mut_of(theme, |style| {
            style.visuals = palette.visuals(dark);
            style.spacing.item_spacing = egui::vec2(8.0, 4.0);
            style.spacing.button_padding = egui::vec2(8.0, 3.0);
            style.spacing.menu_margin = Margin::same(6);
            style.spacing.interact_size.y = 22.0;
            style.interaction.tooltip_delay = 0.4;
            style.animation_time = 0.0;
            for (text_style, size) in [
                (TextStyle::Body, 13.5),
                (TextStyle::Button, 13.5),
                (TextStyle::Small, 11.5),
                (TextStyle::Heading, 20.0),
            ] {
                if let Some(font) = style.text_styles.get_mut(&text_style) {
                    font.size = size;
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::contrast::contrast;
    use super::*;

    #[test]
    fn text_and_marks_can_be_read() {
        for (name, p) in [("dark", DARK), ("light", LIGHT)] {
            let on_content =
                [p.text, p.dim, p.gutter, p.zero, p.white_space, p.control, p.high, p.ff, p.error, p.warning];
            for (index, color) in on_content.into_iter().enumerate() {
                let ratio = contrast(color, p.content);
                assert!(ratio >= 4.5, "{name}: text {index} on the content has {ratio:.2}");
            }
            for (index, color) in [p.text, p.dim, p.error, p.warning, p.accent].into_iter().enumerate() {
                let ratio = contrast(color, p.chrome);
                assert!(ratio >= 4.5, "{name}: text {index} on the chrome has {ratio:.2}");
            }
            for (index, color) in p.ansi.into_iter().enumerate() {
                for ground in [p.content, p.current_line] {
                    let ratio = contrast(color, ground);
                    assert!(ratio >= 4.5, "{name}: colour {index} of terminals has {ratio:.2}");
                }
            }
            let pairs = [
                (p.text, p.selection),
                (p.badge_text, p.badge),
                (p.on_accent, p.accent),
                (p.zero, p.hole),
                (p.dim, p.hole),
                (p.text, p.found),
                (p.text, p.found_here),
            ];
            let marked = p.markers.map(|marker| (p.text, marker));
            for (index, (color, behind)) in pairs.into_iter().chain(marked).enumerate() {
                let ratio = contrast(color, behind);
                assert!(ratio >= 4.5, "{name}: pair {index} has {ratio:.2}");
            }
            for (index, color) in [p.caret, p.edited, p.saved, p.thumb, p.blank, p.found_edge, p.found_mark]
                .into_iter()
                .enumerate()
            {
                let ratio = contrast(color, p.content);
                assert!(ratio >= 3.0, "{name}: mark {index} has {ratio:.2}");
            }
        }
    }
}
