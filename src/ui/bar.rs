//! The bar over a document: what happened to its file, or why it is locked, and what can be done.

use egui::{Button, Event, Frame, Key, Margin, Modifiers, Panel, Rect, RichText, Ui, vec2};

use super::theme::Palette;
use crate::editor::{BarKind, Editor};

/// The bar of the active document, if it has one. Will one of its buttons have the keyboard in the next frame?
pub fn show(ui: &mut Ui, editor: &mut Editor) -> bool {
    let Some(bar) = editor.bar() else { return false };
    let palette = Palette::of(ui);
    let has_keys = editor.bar_has_keys();
    if has_keys && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
        editor.leave_bar();
    }
    let stripe = match bar.kind {
        BarKind::Info => palette.accent,
        BarKind::Warning => palette.warning,
    };
    let mut chosen = None;
    let frame =
        Frame::new().fill(palette.chrome).inner_margin(Margin { left: 15, right: 12, top: 6, bottom: 6 });
    let shown = Panel::top("bar").frame(frame).show(ui, |ui| {
        // The sentence wraps, and the buttons behind it do.
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new(&bar.text).color(palette.text));
            ui.add_space(4.0);
            let mut focused = false;
            let mut first = None;
            for (index, (name, action)) in bar.actions.iter().enumerate() {
                let button = if index == 0 {
                    Button::new(RichText::new(*name).color(palette.on_accent)).fill(palette.accent)
                } else {
                    Button::new(*name)
                };
                let response = ui.add(button);
                if response.clicked() {
                    chosen = Some(*action);
                }
                focused |= response.has_focus();
                first.get_or_insert(response);
            }
            if has_keys
                && !focused
                && let Some(first) = first
            {
                first.request_focus();
            }
        });
    });
    let rect = shown.response.rect;
    ui.painter().rect_filled(Rect::from_min_size(rect.min, vec2(3.0, rect.height())), 0.0, stripe);
    if let Some(action) = chosen {
        if has_keys {
            // The key that pressed the button is not for the document, which has the keys again.
            ui.input_mut(|input| {
                input.events.retain(|event| !matches!(event, Event::Key { .. } | Event::Text(_)))
            });
        }
        editor.take_bar_action(action);
    }
    editor.bar_has_keys()
}
