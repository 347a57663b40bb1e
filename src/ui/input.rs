//! From egui's events to commands and text.

use egui::{Event, ImeEvent, Key as EguiKey, Modifiers, Ui};

use crate::editor::{Chord, Command, Editor, Key};

/// What a frame's keys left behind.
#[derive(Default)]
pub struct Left {
    /// The text that an input method is composing, if that changed.
    pub composing: Option<String>,
    /// What came behind a key that gave the keys to something else.
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
        if editor.keys_are_elsewhere() {
            left.held = ui.input_mut(|input| input.events.split_off((index + 1).min(input.events.len())));
            break;
        }
    }
    left
}

/// The commands that work wherever the keys go, a dialog's field excepted. Returns what came behind a key that gave them to
/// something else.
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
        if editor.keys_are_elsewhere() {
            return ui.input_mut(|input| input.events.split_off((index + 1).min(input.events.len())));
        }
    }
    Vec::new()
}

/// Is it something that goes to whoever has the keyboard?
pub fn is_key(event: &Event) -> bool {
    matches!(
        event,
        Event::Key { .. } | Event::Text(_) | Event::Paste(_) | Event::Copy | Event::Cut | Event::Ime(_)
    )
}

/// How many of the first `events` may come in one frame where widgets have the keys: a key that may give them to another one
/// comes by itself. egui moves the focus once a frame, before any widget sees a key; so text before Tab would be lost, and Enter
/// behind it would press the wrong button.
pub fn handed_over(events: &[Event]) -> usize {
    let moves = |key: &EguiKey| {
        matches!(
            key,
            EguiKey::Tab
                | EguiKey::Enter
                | EguiKey::Escape
                | EguiKey::Space
                | EguiKey::ArrowUp
                | EguiKey::ArrowDown
                | EguiKey::ArrowLeft
                | EguiKey::ArrowRight
        )
    };
    let (mut held_down, mut moved, mut typed) = (None, false, false);
    for (index, event) in events.iter().enumerate() {
        match event {
            Event::Key { key, pressed: false, .. } if held_down == Some(*key) => held_down = None,
            Event::Key { pressed: false, .. } => {}
            // It repeats itself, faster than frames come.
            Event::Key { key, .. } if held_down == Some(*key) => {}
            Event::Key { key, .. } if moves(key) => {
                if moved || typed {
                    return index;
                }
                (held_down, moved) = (Some(*key), true);
            }
            // Space, which presses buttons, is a text too.
            Event::Text(text) if held_down == Some(EguiKey::Space) && text == " " => {}
            event if is_key(event) => {
                if moved {
                    return index;
                }
                typed = true;
            }
            _ => {}
        }
    }
    events.len()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn key(key: EguiKey, pressed: bool) -> Event {
        Event::Key { key, physical_key: None, pressed, repeat: false, modifiers: Modifiers::NONE }
    }

    /// What comes in each frame.
    fn frames(mut events: Vec<Event>) -> Vec<Vec<Event>> {
        let mut frames = Vec::new();
        while !events.is_empty() {
            let behind = events.split_off(handed_over(&events));
            frames.push(std::mem::replace(&mut events, behind));
            assert!(!frames[frames.len() - 1].is_empty(), "it goes on");
        }
        frames
    }

    #[test]
    fn a_key_that_may_move_the_focus_has_a_frame_to_itself() {
        let stroke = |name| [key(name, true), key(name, false)].to_vec();
        let text = |text: &str| Event::Text(text.to_owned());
        let move_to = |x| Event::PointerMoved(egui::pos2(x, 0.0));
        let (tab, enter) = (stroke(EguiKey::Tab), stroke(EguiKey::Enter));
        let typed = vec![key(EguiKey::A, true), text("a"), move_to(1.0), key(EguiKey::A, false), text("b")];
        let space = vec![key(EguiKey::Space, true), text(" "), key(EguiKey::Space, false)];
        let parts = [typed.clone(), tab.clone(), tab, enter.clone(), typed, space, vec![text(" ")], enter];
        assert_eq!(frames(parts.concat()), parts);
        assert_eq!(frames(vec![move_to(1.0), move_to(2.0)]).len(), 1);
    }

    /// A list would scroll on long after the key was let go.
    #[test]
    fn a_key_that_repeats_itself_faster_than_frames_come_does_not_queue_up() {
        let mut down = vec![key(EguiKey::ArrowDown, true); 9];
        down.push(key(EguiKey::ArrowDown, false));
        assert_eq!(frames(down.clone()).len(), 1);
        assert_eq!(frames([down.clone(), down].concat()).len(), 2);
    }
}
