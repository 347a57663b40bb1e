//! A window without a screen, and the hands and eyes to use it.

mod eyes;
mod hands;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::{Event, Modifiers, OutputCommand, Pos2, ViewportCommand, ViewportId, vec2};
use egui_kittest::Harness;
use hextant::document::Document;
use hextant::editor::{Editor, OpenTarget, Session, Settings, Tab, TabId};
use hextant::source::Source;
use hextant::ui::{Trace, Window};
use tempfile::TempDir;

pub use hands::{ctrl, key};

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
        let builder = Harness::builder().with_size(vec2(width, height)).with_step_dt(1.0 / 60.0);
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

    /// Sets how many pixels a point has.
    pub fn scale(&mut self, scale: f32) {
        self.harness.set_pixels_per_point(scale);
        self.settle();
    }

    /// Documents may hold characters that only the system's fonts have, which tests do not load. What Hextant itself
    /// writes may not: without this call, such a character is a panic.
    pub fn allow_any_glyph(&mut self) {
        self.harness.ctx.set_missing_glyph_policy(egui::MissingGlyphPolicy::Tofu);
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
        editor.tabs.push(Tab::new(id, "source".to_owned(), Document::open(source)));
        editor.activate(editor.tabs.len() - 1);
    }

    pub fn editor(&self) -> &Editor {
        &self.harness.state().as_ref().expect("a frame was drawn").editor
    }

    pub fn editor_mut(&mut self) -> &mut Editor {
        &mut self.harness.state_mut().as_mut().expect("a frame was drawn").editor
    }

    pub fn tab(&self) -> &Tab {
        self.editor().tab().expect("a tab is open")
    }

    /// The active document's contents.
    pub fn bytes(&self) -> Vec<u8> {
        let snapshot = self.tab().document.snapshot();
        snapshot.read(0..snapshot.len()).expect("the document can be read")
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
        let bytes = self.tab().document.snapshot().read(self.tab().selection.span());
        String::from_utf8_lossy(&bytes.expect("the selection can be read")).into_owned()
    }

    // Frames.

    /// Draws one frame with these events.
    pub fn frame(&mut self, events: impl IntoIterator<Item = Event>) {
        let ctx = self.harness.ctx.clone();
        let mut input = std::mem::take(self.harness.input_mut());
        input.events.extend(events);
        if let Some(window) = self.harness.state_mut() {
            window.receive(&ctx, &mut input);
        }
        *self.harness.input_mut() = input;
        self.harness.step();
        let output = self.harness.output();
        for command in &output.platform_output.commands {
            if let OutputCommand::CopyText(text) = command {
                self.copied.push(text.clone());
            }
        }
        self.asked.extend(output.viewport_output[&ViewportId::ROOT].commands.iter().cloned());
    }

    /// How soon the window wants another frame.
    pub fn next_frame(&self) -> Duration {
        self.harness.output().viewport_output[&ViewportId::ROOT].repaint_delay
    }

    /// Has any thread asked for a frame since the last?
    pub fn has_requested_frame(&self) -> bool {
        self.harness.ctx.has_requested_repaint_for(&ViewportId::ROOT)
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
            assert!(start.elapsed() < LIMIT, "it does not settle: busy {busy}, {causes:?}");
            if busy {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
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
