//! Keys, mouse, files, the system's buttons.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::{
    Event, HoveredFile, Key as EguiKey, Modifiers, MouseWheelSource, MouseWheelUnit, PointerButton, Pos2,
    TouchPhase, Vec2, ViewportEvent, ViewportId,
};
use hextant::editor::{Chord, Key};

use super::TestWindow;

#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("nobody should read a dropped file whole".to_owned())
    }
}

impl TestWindow {
    /// Holds these modifier keys from now on.
    pub fn hold(&mut self, modifiers: Modifiers) {
        self.modifiers = modifiers;
        self.frame([Event::ModifiersChanged(modifiers)]);
    }

    /// Presses and releases a key with its modifiers, as winit tells it.
    pub fn press(&mut self, chord: Chord) {
        let logical = key_of(chord.key);
        self.press_where(logical, Some(logical), chord);
    }

    /// Presses a key that means `logical` on the layout in use, and stands where `physical` stands on a US keyboard.
    pub fn press_where(&mut self, logical: EguiKey, physical: Option<EguiKey>, chord: Chord) {
        let command = |on| {
            if on { Modifiers::COMMAND | Modifiers::CTRL } else { Modifiers::NONE }
        };
        let shift = if chord.shift { Modifiers::SHIFT } else { Modifiers::NONE };
        let alt = if chord.alt { Modifiers::ALT } else { Modifiers::NONE };
        let modifiers = command(chord.ctrl) | shift | alt;
        let (before, key) = (self.modifiers, logical);
        self.hold(modifiers);
        let event = |pressed| Event::Key { key, physical_key: physical, pressed, repeat: false, modifiers };
        let plain_ctrl = chord.ctrl && !chord.alt;
        let pressed = match chord.key {
            Key::Letter('X') if plain_ctrl => vec![Event::Cut],
            Key::Letter('C') if plain_ctrl => vec![Event::Copy],
            Key::Letter('V') if plain_ctrl => {
                self.copied.last().map(|text| Event::Paste(text.clone())).into_iter().collect()
            }
            // Alt leaves a letter's text as it is, and winit tells it.
            Key::Letter(letter) if !chord.ctrl => {
                let letter = if chord.shift { letter } else { letter.to_ascii_lowercase() };
                vec![event(true), Event::Text(letter.to_string())]
            }
            _ => vec![event(true)],
        };
        self.frame(pressed);
        self.frame([event(false)]);
        self.hold(before);
        self.settle();
    }

    /// Types, a character a frame.
    pub fn type_text(&mut self, text: &str) {
        for character in text.chars() {
            let key = EguiKey::from_name(&character.to_uppercase().to_string());
            let event = |pressed| {
                let modifiers = Modifiers::NONE;
                key.map(|key| Event::Key { key, physical_key: None, pressed, repeat: false, modifiers })
            };
            self.frame(event(true).into_iter().chain([Event::Text(character.to_string())]));
            self.frame(event(false));
        }
        self.settle();
    }

    pub fn move_to(&mut self, at: Pos2) {
        self.pointer = at;
        self.frame([Event::PointerMoved(at)]);
    }

    /// Presses or releases a button where the pointer is.
    pub fn button(&mut self, button: PointerButton, pressed: bool) {
        let (pos, modifiers) = (self.pointer, self.modifiers);
        self.frame([Event::PointerButton { pos, button, pressed, modifiers }]);
    }

    pub fn click_at(&mut self, at: Pos2) {
        self.click_with(PointerButton::Primary, at);
    }

    pub fn click_with(&mut self, button: PointerButton, at: Pos2) {
        self.click_times(button, at, 1);
    }

    pub fn click_times(&mut self, button: PointerButton, at: Pos2, times: usize) {
        self.move_to(at);
        for _ in 0..times {
            self.button(button, true);
            self.button(button, false);
        }
        self.settle();
    }

    /// Drags from one place to another and lets go there.
    pub fn drag(&mut self, from: Pos2, to: Pos2) {
        self.move_to(from);
        self.button(PointerButton::Primary, true);
        self.move_to(from + (to - from) / 2.0);
        self.move_to(to);
        self.button(PointerButton::Primary, false);
        self.settle();
    }

    /// Turns the wheel by points that the contents move.
    pub fn wheel(&mut self, at: Pos2, delta: Vec2) {
        self.move_to(at);
        self.frame([Event::MouseWheel {
            unit: MouseWheelUnit::Point,
            delta,
            phase: TouchPhase::Move,
            source: MouseWheelSource::Unknown,
            modifiers: self.modifiers,
        }]);
        self.settle();
    }

    /// Holds files over the window.
    pub fn hover(&mut self, files: &[PathBuf]) {
        let hovered = |path: &PathBuf| HoveredFile { path: Some(path.clone()), mime: String::new() };
        self.harness.input_mut().hovered_files = files.iter().map(hovered).collect();
        self.frame([]);
    }

    /// Drops files on the window.
    pub fn drop_files(&mut self, files: &[PathBuf]) {
        let input = self.harness.input_mut();
        input.hovered_files.clear();
        input.dropped_files.extend(files.iter().map(|path| Arc::new(Dropped(path.clone())) as _));
        self.settle();
    }

    /// The system's close button.
    pub fn close_window(&mut self) {
        let viewports = &mut self.harness.input_mut().viewports;
        viewports.entry(ViewportId::ROOT).or_default().events.push(ViewportEvent::Close);
        self.settle();
    }
}

fn key_of(key: Key) -> EguiKey {
    let named = |name: &str| EguiKey::from_name(name).unwrap_or_else(|| panic!("no key {name}"));
    match key {
        Key::Letter(letter) => named(&letter.to_string()),
        Key::Digit(digit) => named(&digit.to_string()),
        Key::Function(number) => named(&format!("F{number}")),
        Key::Plus => EguiKey::Plus,
        Key::Minus => EguiKey::Minus,
        Key::Left => EguiKey::ArrowLeft,
        Key::Right => EguiKey::ArrowRight,
        Key::Up => EguiKey::ArrowUp,
        Key::Down => EguiKey::ArrowDown,
        Key::Home => EguiKey::Home,
        Key::End => EguiKey::End,
        Key::PageUp => EguiKey::PageUp,
        Key::PageDown => EguiKey::PageDown,
        Key::Insert => EguiKey::Insert,
        Key::Delete => EguiKey::Delete,
        Key::Backspace => EguiKey::Backspace,
        Key::Enter => EguiKey::Enter,
        Key::Tab => EguiKey::Tab,
        Key::Escape => EguiKey::Escape,
    }
}

/// A key alone.
pub const fn key(key: Key) -> Chord {
    Chord::plain(key)
}

/// Ctrl and a letter.
pub const fn ctrl(letter: char) -> Chord {
    Chord::ctrl(Key::Letter(letter))
}
