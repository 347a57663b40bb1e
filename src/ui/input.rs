//! From egui's events to commands and text.

use egui::{Event, ImeEvent, Key as EguiKey, Modifiers, Ui};

use crate::editor::{Chord, Command, Editor, Key};

/// What a frame's keys left behind.
#[derive(Default)]
pub struct Left {
    /// The text that an input method is composing, if that changed.
    pub composing: Option<String>,
    /// What came behind a key that opened a dialog or the find bar, or went to the bar: it is meant for that, which has the keys
    /// from the next frame on.
    pub held: Vec<Event>,
}

/// Hands the keys of this frame to the editor.
pub fn keys(ui: &Ui, editor: &mut Editor) -> Left {
    let events = ui.input(|input| input.events.clone());
    let mut left = Left::default();
    // winit tells the letter of Alt+letter as text too.
    let mut alt = ui.input(|input| input.modifiers.alt);
    for (index, event) in events.into_iter().enumerate() {
        match event {
            Event::Key { key, physical_key, pressed: true, modifiers, .. } => {
                alt = modifiers.alt;
                if let Some(command) = command(key, physical_key, modifiers) {
                    editor.run(command);
                }
            }
            Event::Text(text) if !alt => editor.type_text(&text),
            Event::Paste(text) => editor.paste(&text),
            Event::Copy => editor.run(Command::Copy),
            Event::Cut => editor.run(Command::Cut),
            Event::Ime(ImeEvent::Preedit { text, .. }) => left.composing = Some(text),
            Event::Ime(ImeEvent::Commit(text)) => {
                left.composing = Some(String::new());
                editor.type_text(&text);
            }
            _ => {}
        }
        if editor.dialog.is_some()
            || editor.bar_has_keys()
            || editor.find.has_keys()
            || editor.line_list.has_keys()
        {
            left.held = ui.input_mut(|input| input.events.split_off((index + 1).min(input.events.len())));
            break;
        }
    }
    left
}

/// The commands that work wherever the keys go, a dialog's field excepted. Returns what came behind a key that gave them to the
/// bar.
pub fn global_keys(ui: &Ui, editor: &mut Editor) -> Vec<Event> {
    if editor.bar_has_keys() {
        return Vec::new();
    }
    let events = ui.input(|input| input.events.clone());
    for (index, event) in events.into_iter().enumerate() {
        if let Event::Key { key, physical_key, pressed: true, modifiers, .. } = event
            && let Some(command) = command(key, physical_key, modifiers)
            && editor.can(command)
        {
            editor.run(command);
        }
        if editor.bar_has_keys() {
            return ui.input_mut(|input| input.events.split_off((index + 1).min(input.events.len())));
        }
    }
    Vec::new()
}

pub fn command(key: EguiKey, physical: Option<EguiKey>, modifiers: Modifiers) -> Option<Command> {
    let of =
        |key| Command::of(Chord { ctrl: modifiers.command, shift: modifiers.shift, alt: modifiers.alt, key });
    // The number row is meant by place: on many layouts its keys type something else. A minus there (AZERTY) is one.
    let digit = physical.filter(|_| modifiers.command).and_then(digit).map(Key::Digit);
    digit.and_then(of).or_else(|| named(key).and_then(of))
}

/// Does a field know what to do with the keys of this command?
pub fn is_for_field(command: Command) -> bool {
    matches!(
        command,
        Command::Undo
            | Command::Redo
            | Command::Cut
            | Command::Copy
            | Command::Paste
            | Command::SelectAll
            | Command::ToggleInsert
            | Command::NewLine
            | Command::Indent
            | Command::DeleteBackward
            | Command::DeleteForward
            | Command::DeleteWordBackward
            | Command::DeleteWordForward
            | Command::Move(..)
    )
}

fn digit(key: EguiKey) -> Option<u8> {
    let digits = [
        EguiKey::Num0,
        EguiKey::Num1,
        EguiKey::Num2,
        EguiKey::Num3,
        EguiKey::Num4,
        EguiKey::Num5,
        EguiKey::Num6,
        EguiKey::Num7,
        EguiKey::Num8,
        EguiKey::Num9,
    ];
    digits.iter().position(|&other| other == key).map(|digit| digit as u8)
}

fn named(key: EguiKey) -> Option<Key> {
    Some(match key {
        EguiKey::ArrowLeft => Key::Left,
        EguiKey::ArrowRight => Key::Right,
        EguiKey::ArrowUp => Key::Up,
        EguiKey::ArrowDown => Key::Down,
        EguiKey::Home => Key::Home,
        EguiKey::End => Key::End,
        EguiKey::PageUp => Key::PageUp,
        EguiKey::PageDown => Key::PageDown,
        EguiKey::Insert => Key::Insert,
        EguiKey::Delete => Key::Delete,
        EguiKey::Backspace => Key::Backspace,
        EguiKey::Enter => Key::Enter,
        EguiKey::Tab => Key::Tab,
        EguiKey::Escape => Key::Escape,
        EguiKey::Plus | EguiKey::Equals => Key::Plus,
        EguiKey::Minus => Key::Minus,
        _ => {
            let name = key.name();
            let mut chars = name.chars();
            match (chars.next()?, chars.as_str()) {
                (letter @ 'A'..='Z', "") => Key::Letter(letter),
                ('F', number) => Key::Function(number.parse().ok()?),
                _ => Key::Digit(digit(key)?),
            }
        }
    })
}
