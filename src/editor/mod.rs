//! THE APP WITHOUT A WINDOW: the one list of commands, and the one place that applies them.
//!
//! An [`Editor`] owns tabs, jobs, settings and what waits for an answer. The window draws it, sends it commands and
//! text, and fulfils its [`Request`]s. Time and environment come in as arguments.

mod arguments;
mod command;
mod dialog;
mod editing;
mod files;
mod jobs;
mod keymap;
mod navigation;
mod notices;
mod session;
mod settings;
mod tab;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

pub use arguments::{Arguments, OpenTarget, Position};
pub use command::{Command, Entry, Fit, Menu, Theme};
pub use dialog::{Answer, Dialog, GoTo, PathPurpose};
pub use files::{Opened, SavePurpose};
pub use jobs::{Jobs, Running, Task};
pub use keymap::{Chord, Key};
pub use notices::{Notice, Offer};
pub use session::Session;
pub use settings::Settings;
pub use navigation::percent;
pub use tab::{HexColumn, Landing, Mode, Pane, Spot, Tab, TabId};

use crate::document::Slice;
use crate::save::{self, SaveError, Saved};

/// What only a window can do. It takes them with [`Editor::take_requests`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Ask for files to open with the system's dialog, then call [`Editor::picked`].
    PickFiles { purpose: PathPurpose, folder: Option<PathBuf> },
    /// Ask for a name to save to, then call [`Editor::picked`].
    PickTarget { purpose: PathPurpose, folder: Option<PathBuf>, name: String },
    /// Put this text on the clipboard.
    Copy(String),
    /// Fetch the clipboard's text, then call [`Editor::paste`].
    Paste,
    /// Close the window: everything is settled.
    Quit,
}

/// What jobs send back.
enum Event {
    Opened(Box<Opened>),
    Fetched,
    Counted,
    Saved { request: Box<save::Request>, purpose: SavePurpose, result: Box<Result<Saved, SaveError>> },
    Copied(Result<String, String>),
    Remembered(Result<(), String>),
}

/// What was copied last, with the text that was put on the system's clipboard for it: pasting that text inside
/// Hextant gives back the exact bytes.
struct Clip {
    slice: Slice,
    text: String,
}

/// The application without a window.
pub struct Editor {
    pub tabs: Vec<Tab>,
    active: usize,
    pub settings: Settings,
    pub session: Session,
    pub dialog: Option<Dialog>,
    pub notices: Vec<Notice>,
    jobs: Jobs<Event>,
    requests: Vec<Request>,
    closed: Vec<OpenTarget>,
    clip: Option<Clip>,
    /// Close the window as soon as all saves are done.
    quitting: bool,
    /// Counting is put off until the first frame is on screen.
    waits_until_shown: bool,
    untitled: u32,
    ids: u64,
    now: Duration,
}

impl Editor {
    pub fn new(settings: Settings, session: Session) -> Self {
        Self {
            tabs: Vec::new(),
            active: 0,
            settings,
            session,
            dialog: None,
            notices: Vec::new(),
            jobs: Jobs::new(),
            requests: Vec::new(),
            closed: Vec::new(),
            clip: None,
            quitting: false,
            waits_until_shown: false,
            untitled: 0,
            ids: 0,
            now: Duration::ZERO,
        }
    }

    /// What to call, from any thread, when a job has something to show.
    pub fn set_wake(&mut self, wake: Arc<dyn Fn() + Send + Sync>) {
        self.jobs.set_wake(wake);
    }

    /// Takes in what jobs have done. `now` is monotonic. True if there is something new to draw.
    pub fn tick(&mut self, now: Duration) -> bool {
        self.now = now;
        let mut news = false;
        for (task, tab, event) in self.jobs.finished() {
            news = true;
            match event {
                Some(Event::Opened(opened)) => self.opened(*opened),
                Some(Event::Fetched) => self.fetched(tab),
                Some(Event::Counted) => {}
                Some(Event::Saved { request, purpose, result }) => self.saved(tab, *request, purpose, *result),
                Some(Event::Copied(Ok(text))) => self.copied(text),
                Some(Event::Copied(Err(error)) | Event::Remembered(Err(error))) => self.error(error),
                Some(Event::Remembered(Ok(()))) => {}
                None => self.error(format!("{task:?} stopped by an error in Hextant itself. Nothing was lost.")),
            }
        }
        for index in 0..self.tabs.len() {
            news |= self.tabs[index].document.settle(256);
            match self.tabs[index].land() {
                Ok(landed) => news |= landed,
                Err(crate::view::Pending(range)) => {
                    let id = self.tabs[index].id;
                    self.fetch(id, range);
                }
            }
        }
        self.notices.retain(|notice| notice.until.is_none_or(|until| until > now));
        news
    }

    /// How long until [`Editor::tick`] has something to do by itself: while jobs show progress, and while a notice
    /// is about to go.
    pub fn next_tick(&self) -> Option<Duration> {
        let jobs = self.shows_progress().then_some(Duration::from_millis(100));
        let notice = self.notices.iter().filter_map(|notice| notice.until).min();
        let notice = notice.map(|until| until.saturating_sub(self.now) + Duration::from_millis(1));
        [jobs, notice].into_iter().flatten().min()
    }

    fn shows_progress(&self) -> bool {
        self.jobs.running().iter().any(|job| !matches!(job.task, Task::Remember))
    }

    /// The tab that is seen, if any.
    pub fn tab(&self) -> Option<&Tab> {
        self.tabs.get(self.active)
    }

    pub fn tab_mut(&mut self) -> Option<&mut Tab> {
        self.tabs.get_mut(self.active)
    }

    pub fn active(&self) -> usize {
        self.active
    }

    pub fn activate(&mut self, index: usize) {
        if index < self.tabs.len() && index != self.active {
            self.active = index;
            self.leave_go_to();
        }
    }

    fn index_of(&self, id: TabId) -> Option<usize> {
        self.tabs.iter().position(|tab| tab.id == id)
    }

    pub fn jobs(&self) -> &[Running] {
        self.jobs.running()
    }

    pub fn cancel(&mut self, task: Task, tab: TabId) {
        self.jobs.cancel(task, tab);
    }

    /// What the window has to do now.
    pub fn take_requests(&mut self) -> Vec<Request> {
        std::mem::take(&mut self.requests)
    }

    pub fn now(&self) -> Duration {
        self.now
    }

    /// Can `command` do anything now? (Menus show the others dim.)
    pub fn can(&self, command: Command) -> bool {
        let Some(tab) = self.tab() else {
            return matches!(
                command,
                Command::New
                    | Command::Open
                    | Command::ReopenTab
                    | Command::Quit
                    | Command::Keys
                    | Command::About
                    | Command::Theme(_)
                    | Command::ZoomIn
                    | Command::ZoomOut
                    | Command::ZoomReset
            ) && (command != Command::ReopenTab || !self.closed.is_empty());
        };
        match command {
            Command::ReopenTab => !self.closed.is_empty(),
            Command::NextTab | Command::PreviousTab => self.tabs.len() > 1,
            Command::Undo => tab.document.undo_name().is_some(),
            Command::Redo => tab.document.redo_name().is_some(),
            Command::Cut | Command::Copy | Command::SaveSelectionAs => !tab.selection.is_empty(),
            Command::InsertFile => tab.locked.is_none(),
            Command::Back => !tab.back.is_empty(),
            Command::Forward => !tab.forward.is_empty(),
            _ => true,
        }
    }

    /// Does what a person asked for. The one place where commands become deeds.
    pub fn run(&mut self, command: Command) {
        match command {
            Command::New => self.new_document(),
            Command::Open => self.ask_for_files(),
            Command::Save => self.save(),
            Command::SaveAs => self.ask_for_target(PathPurpose::SaveAs),
            Command::SaveSelectionAs => self.ask_for_target(PathPurpose::SaveSelection),
            Command::InsertFile => self.ask_for_insert(),
            Command::CloseTab => self.close(self.active),
            Command::ReopenTab => self.reopen(),
            Command::NextTab => self.cycle(1),
            Command::PreviousTab => self.cycle(-1),
            Command::Quit => self.quit(),

            Command::Undo => self.undo(),
            Command::Redo => self.redo(),
            Command::Cut => self.cut(),
            Command::Copy => self.copy(),
            Command::Paste => self.requests.push(Request::Paste),
            Command::SelectAll => self.select_all(),
            Command::ToggleInsert => self.toggle_insert(),
            Command::NewLine => self.new_line(),
            Command::Indent => self.indent(),
            Command::DeleteBackward
            | Command::DeleteForward
            | Command::DeleteWordBackward
            | Command::DeleteWordForward => self.delete(command),

            Command::ViewText => self.set_mode(Mode::Text),
            Command::ViewHex => self.set_mode(Mode::Hex),
            Command::ViewBoth => self.set_mode(Mode::Both),
            Command::ToggleWrap => self.change_settings(|settings| settings.wrap = !settings.wrap),
            Command::ToggleHexColumn => self.toggle_hex_column(),
            Command::DecimalOffsets => {
                self.change_settings(|settings| settings.decimal_offsets = !settings.decimal_offsets);
            }
            Command::BytesPerRow(Fit::Ask) => {
                let now = match self.settings.bytes_per_row {
                    Fit::Bytes(bytes) => bytes.to_string(),
                    _ => String::new(),
                };
                self.dialog = Some(Dialog::BytesPerRow { input: now, error: None });
            }
            Command::BytesPerRow(fit) => self.change_settings(|settings| settings.bytes_per_row = fit),
            Command::GroupBytes(bytes) => self.change_settings(|settings| settings.group = bytes),
            Command::ZoomIn => self.change_settings(|settings| settings.zoom(1.0)),
            Command::ZoomOut => self.change_settings(|settings| settings.zoom(-1.0)),
            Command::ZoomReset => self.change_settings(|settings| settings.font_size = Settings::default().font_size),
            Command::Theme(theme) => self.change_settings(|settings| settings.theme = theme),

            Command::GoTo => self.open_go_to(),
            Command::Back => self.jump_back(),
            Command::Forward => self.jump_forward(),
            Command::NextEdit => self.go_to_edit(true),
            Command::PreviousEdit => self.go_to_edit(false),
            Command::Move(motion, extend) => self.move_carets(motion, extend),

            Command::Keys => self.dialog = Some(Dialog::Keys),
            Command::About => self.dialog = Some(Dialog::About),
        }
    }

    fn set_mode(&mut self, mode: Mode) {
        let Some(tab) = self.tab_mut() else { return };
        tab.set_mode(mode);
        if let Some(path) = tab.path.clone() {
            self.session.remember_mode(&path, mode);
            self.write_session();
        }
    }

    fn cycle(&mut self, by: isize) {
        let tabs = self.tabs.len() as isize;
        if tabs > 0 {
            self.activate((self.active as isize + by).rem_euclid(tabs) as usize);
        }
    }

    /// Changes settings, and writes them in the background.
    pub fn change_settings(&mut self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.settings);
        let Some(write) = self.settings.writer() else { return };
        self.jobs.spawn(Task::Remember, None, 1, self.now, 0, move |_, _| Event::Remembered(write()));
    }

    fn write_session(&mut self) {
        let Some(write) = self.session.writer() else { return };
        self.jobs.spawn(Task::Remember, None, 1, self.now, 0, move |_, _| Event::Remembered(write()));
    }
}

#[cfg(test)]
mod tests;
