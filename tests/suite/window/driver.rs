//! A window without a screen, and the hands and eyes to use it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::accesskit::Role;
use egui::epaint::Shape;
use egui::text::CCursor;
use egui::{
    Event, HoveredFile, Key as EguiKey, Modifiers, MouseWheelSource, MouseWheelUnit, OutputCommand,
    PointerButton, Pos2, Rect, TouchPhase, Vec2, ViewportCommand, ViewportEvent, ViewportId, vec2,
};
use egui_kittest::kittest::Queryable;
use egui_kittest::{Harness, Node};
use hextant::document::Document;
use hextant::editor::{Chord, Editor, Key, OpenTarget, Pane, Session, Settings, Tab, TabId};
use hextant::source::Source;
use hextant::ui::{Trace, Window};
use tempfile::TempDir;

/// Nothing that a test waits for takes so long, on the slowest machine.
const LIMIT: Duration = Duration::from_secs(20);

/// The [`Window`], a folder for its files, and what it asked of the system.
pub struct TestWindow {
    harness: Harness<'static, Option<Window>>,
    folder: TempDir,
    pointer: Pos2,
    modifiers: Modifiers,
    /// What was put on the clipboard, the latest last.
    pub copied: Vec<String>,
    /// What the window asked of the system's window.
    pub asked: Vec<ViewportCommand>,
}

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
    /// As a person meets it first.
    pub fn new() -> Self {
        Self::sized(900.0, 600.0, Settings::default())
    }

    pub fn sized(width: f32, height: f32, settings: Settings) -> Self {
        let show = move |ui: &mut egui::Ui, window: &mut Option<Window>| {
            let ctx = ui.ctx().clone();
            let window = window.get_or_insert_with(|| {
                let editor = Editor::new(settings.clone(), Session::default());
                Window::new(&ctx, editor, Trace::new(&[], Instant::now()), None)
            });
            window.think(&ctx);
            window.draw(ui);
        };
        // A glyph that no bundled font has is a panic: see `TestWindow::allow_any_glyph`.
        let builder = Harness::builder()
            .with_size(vec2(width, height))
            .with_step_dt(1.0 / 60.0);
        let mut this = Self {
            harness: builder.build_ui_state(show, None),
            folder: tempfile::tempdir().expect("a temporary folder"),
            pointer: Pos2::ZERO,
            modifiers: Modifiers::NONE,
            copied: Vec::new(),
            asked: Vec::new(),
        };
        this.settle();
        this
    }

    /// A window with one file open.
    pub fn showing(bytes: &[u8]) -> Self {
        let mut this = Self::new();
        this.open("file.txt", bytes);
        this
    }

    /// Documents may hold characters that only the system's fonts have, which tests do not load. What Hextant itself
    /// writes may not: without this call, such a character is a panic.
    pub fn allow_any_glyph(&mut self) {
        self.harness
            .ctx
            .set_missing_glyph_policy(egui::MissingGlyphPolicy::Tofu);
    }

    /// Writes a file into the folder.
    pub fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder().join(name);
        std::fs::write(&path, bytes).expect("a temporary file");
        path
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file and opens it.
    pub fn open(&mut self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.file(name, bytes);
        self.editor_mut().open(OpenTarget::new(&path));
        self.settle();
        path
    }

    /// Opens a document over any source. Its lines stay uncounted.
    pub fn open_source(&mut self, source: Arc<dyn Source>) {
        let editor = self.editor_mut();
        let id = TabId(1000 + editor.tabs.len() as u64);
        editor
            .tabs
            .push(Tab::new(id, "source".to_owned(), Document::open(source)));
        editor.activate(editor.tabs.len() - 1);
    }

    pub fn editor(&self) -> &Editor {
        &self
            .harness
            .state()
            .as_ref()
            .expect("a frame was drawn")
            .editor
    }

    pub fn editor_mut(&mut self) -> &mut Editor {
        &mut self
            .harness
            .state_mut()
            .as_mut()
            .expect("a frame was drawn")
            .editor
    }

    pub fn tab(&self) -> &Tab {
        self.editor().tab().expect("a tab is open")
    }

    /// The active document's contents.
    pub fn bytes(&self) -> Vec<u8> {
        let snapshot = self.tab().document.snapshot();
        snapshot
            .read(0..snapshot.len())
            .expect("the document can be read")
    }

    #[track_caller]
    pub fn assert_text(&self, text: &str) {
        assert_eq!(String::from_utf8_lossy(&self.bytes()), text);
    }

    /// The caret.
    pub fn head(&self) -> u64 {
        self.tab().selection.head()
    }

    /// What is selected.
    pub fn selected(&self) -> String {
        let bytes = self
            .tab()
            .document
            .snapshot()
            .read(self.tab().selection.span());
        String::from_utf8_lossy(&bytes.expect("the selection can be read")).into_owned()
    }

    // Frames.

    /// Draws one frame with these events.
    pub fn frame(&mut self, events: impl IntoIterator<Item = Event>) {
        self.harness.input_mut().events.extend(events);
        self.harness.step();
        let output = self.harness.output();
        for command in &output.platform_output.commands {
            if let OutputCommand::CopyText(text) = command {
                self.copied.push(text.clone());
            }
        }
        self.asked.extend(
            output.viewport_output[&ViewportId::ROOT]
                .commands
                .iter()
                .cloned(),
        );
    }

    /// How soon the window wants another frame.
    pub fn next_frame(&self) -> Duration {
        self.harness.output().viewport_output[&ViewportId::ROOT].repaint_delay
    }

    /// Has any thread asked for a frame since the last?
    pub fn has_requested_frame(&self) -> bool {
        self.harness
            .ctx
            .has_requested_repaint_for(&ViewportId::ROOT)
    }

    /// Draws frames until all jobs are done and nothing moves.
    #[track_caller]
    pub fn settle(&mut self) {
        let start = Instant::now();
        loop {
            self.frame([]);
            let busy = !self.editor().jobs().is_empty();
            if !busy && self.next_frame() > Duration::ZERO {
                self.harness.check_accessibility();
                return;
            }
            let causes = self.harness.ctx.repaint_causes();
            assert!(
                start.elapsed() < LIMIT,
                "it does not settle: busy {busy}, {causes:?}"
            );
            if busy {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }

    // Keys.

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
            if on {
                Modifiers::COMMAND | Modifiers::CTRL
            } else {
                Modifiers::NONE
            }
        };
        let shift = if chord.shift {
            Modifiers::SHIFT
        } else {
            Modifiers::NONE
        };
        let alt = if chord.alt {
            Modifiers::ALT
        } else {
            Modifiers::NONE
        };
        let modifiers = command(chord.ctrl) | shift | alt;
        let (before, key) = (self.modifiers, logical);
        self.hold(modifiers);
        let event = |pressed| Event::Key {
            key,
            physical_key: physical,
            pressed,
            repeat: false,
            modifiers,
        };
        let plain_ctrl = chord.ctrl && !chord.alt;
        let pressed = match chord.key {
            Key::Letter('X') if plain_ctrl => vec![Event::Cut],
            Key::Letter('C') if plain_ctrl => vec![Event::Copy],
            Key::Letter('V') if plain_ctrl => self
                .copied
                .last()
                .map(|text| Event::Paste(text.clone()))
                .into_iter()
                .collect(),
            // Alt leaves a letter's text as it is, and winit tells it.
            Key::Letter(letter) if !chord.ctrl => {
                let letter = if chord.shift {
                    letter
                } else {
                    letter.to_ascii_lowercase()
                };
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
                key.map(|key| Event::Key {
                    key,
                    physical_key: None,
                    pressed,
                    repeat: false,
                    modifiers,
                })
            };
            self.frame(
                event(true)
                    .into_iter()
                    .chain([Event::Text(character.to_string())]),
            );
            self.frame(event(false));
        }
        self.settle();
    }

    // The mouse.

    pub fn move_to(&mut self, at: Pos2) {
        self.pointer = at;
        self.frame([Event::PointerMoved(at)]);
    }

    /// Presses or releases a button where the pointer is.
    pub fn button(&mut self, button: PointerButton, pressed: bool) {
        let (pos, modifiers) = (self.pointer, self.modifiers);
        self.frame([Event::PointerButton {
            pos,
            button,
            pressed,
            modifiers,
        }]);
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

    // Files and the system.

    /// Holds files over the window.
    pub fn hover(&mut self, files: &[PathBuf]) {
        let hovered = |path: &PathBuf| HoveredFile {
            path: Some(path.clone()),
            mime: String::new(),
        };
        self.harness.input_mut().hovered_files = files.iter().map(hovered).collect();
        self.frame([]);
    }

    /// Drops files on the window.
    pub fn drop_files(&mut self, files: &[PathBuf]) {
        let input = self.harness.input_mut();
        input.hovered_files.clear();
        input.dropped_files.extend(
            files
                .iter()
                .map(|path| Arc::new(Dropped(path.clone())) as _),
        );
        self.settle();
    }

    /// The system's close button.
    pub fn close_window(&mut self) {
        let viewports = &mut self.harness.input_mut().viewports;
        viewports
            .entry(ViewportId::ROOT)
            .or_default()
            .events
            .push(ViewportEvent::Close);
        self.settle();
    }

    // What is seen.

    /// The one thing that assistive technology calls by this name.
    #[track_caller]
    pub fn node<'a>(&'a self, name: &'a str) -> Node<'a> {
        self.harness.get_by_label(name)
    }

    /// Is there a thing whose name contains `part`?
    pub fn has(&self, part: &str) -> bool {
        self.harness
            .query_all_by_label_contains(part)
            .next()
            .is_some()
    }

    /// The things of a role, from left to right and from top to bottom.
    pub fn names(&self, role: Role) -> Vec<String> {
        use egui_kittest::kittest::NodeT;
        let nodes = self.harness.query_all_by_role(role);
        nodes
            .filter_map(|node| node.accesskit_node().label())
            .collect()
    }

    /// Clicks the one thing of this name.
    #[track_caller]
    pub fn click(&mut self, name: &str) {
        let at = self.node(name).rect().center();
        self.click_at(at);
    }

    /// Clicks the button whose name begins so: behind it may stand its shortcut.
    #[track_caller]
    pub fn click_button(&mut self, name: &str) {
        let at = self
            .button_named(name)
            .unwrap_or_else(|| panic!("no button {name}"))
            .0
            .center();
        self.click_at(at);
    }

    /// The place of a button whose name begins so, and whether it can be pressed.
    pub fn button_named(&self, name: &str) -> Option<(Rect, bool)> {
        use egui_kittest::kittest::NodeT;
        let mut nodes = self.harness.query_all_by_role(Role::Button);
        let node = nodes.find(|node| {
            let label = node.accesskit_node().label().unwrap_or_default();
            let rest = label
                .strip_prefix("✓ ")
                .unwrap_or(&label)
                .strip_prefix(name);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\n', '⏵']))
        })?;
        Some((node.rect(), !node.accesskit_node().is_disabled()))
    }

    /// Where a pane's contents are.
    #[track_caller]
    pub fn pane(&self, pane: Pane) -> Rect {
        let name = if pane == Pane::Text { "Text" } else { "Hex" };
        self.harness
            .get_by_role_and_label(Role::MultilineTextInput, name)
            .rect()
    }

    /// Where `text` is painted, in painting order.
    pub fn places(&self, text: &str) -> Vec<Rect> {
        let mut places = Vec::new();
        for clipped in &self.harness.output().shapes {
            find(&clipped.shape, text, clipped.clip_rect, &mut places);
        }
        places
    }

    pub fn sees(&self, text: &str) -> bool {
        !self.places(text).is_empty()
    }

    /// Where `text` is painted first in a pane.
    #[track_caller]
    pub fn in_pane(&self, pane: Pane, text: &str) -> Rect {
        let pane = self.pane(pane);
        let mut places = self.places(text).into_iter();
        places
            .find(|place| pane.contains(place.center()))
            .unwrap_or_else(|| panic!("no {text:?} to be seen"))
    }

    /// Does the window have the dark look?
    pub fn is_dark(&self) -> bool {
        self.harness.ctx.theme() == egui::Theme::Dark
    }

    /// Which pane has egui's keyboard focus?
    pub fn focused_name(&self) -> Option<String> {
        use egui_kittest::kittest::NodeT;
        let mut nodes = self.harness.query_all_by(|node| node.is_focused());
        nodes.find_map(|node| node.accesskit_node().label())
    }
}

impl Drop for TestWindow {
    fn drop(&mut self) {
        // Threads that still count lines would take time from the other tests.
        if let Some(window) = self.harness.state_mut() {
            let ids: Vec<_> = window.editor.tabs.iter().map(|tab| tab.id).collect();
            for id in ids {
                window.editor.cancel(hextant::editor::Task::Count, id);
            }
        }
    }
}

fn find(shape: &Shape, text: &str, clip: Rect, places: &mut Vec<Rect>) {
    match shape {
        Shape::Vec(shapes) => shapes
            .iter()
            .for_each(|shape| find(shape, text, clip, places)),
        Shape::Text(shape) => {
            let whole = shape.galley.text();
            for (at, _) in whole.match_indices(text) {
                let place = |byte: usize| {
                    let cursor = CCursor::new(whole[..byte].chars().count());
                    shape
                        .galley
                        .pos_from_cursor(cursor)
                        .translate(shape.pos.to_vec2())
                };
                let (from, to) = (place(at), place(at + text.len()));
                let rect = Rect::from_min_max(from.min, to.max);
                if clip.contains(rect.center()) {
                    places.push(rect);
                }
            }
        }
        _ => {}
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
