//! Opening, saving and closing.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::{
    Arguments, Dialog, Editor, Event, Landing, Mode, OpenTarget, PathPurpose, Position, Request, Spot, Tab, TabId, Task,
};
use crate::document::{Content, Document, Slice, StepKind};
use crate::save::{self, Disk, Expect, SaveError, Saved};
use crate::source::{self, Identity, OpenError, Source, Synthetic};
use crate::text::{self, LineEnding};
use crate::view::Selection;

/// Bytes looked at from the start, the middle and the end of a file to see what it is.
const SAMPLE: u64 = 64 * 1024;

/// Documents smaller than this are counted by one thread.
const COUNT_TOGETHER: u64 = 32 << 20;

/// What a job found out about a file.
pub struct Opened {
    target: OpenTarget,
    purpose: OpenPurpose,
    result: Result<Found, OpenError>,
}

#[derive(Clone, Copy, Debug)]
enum OpenPurpose {
    /// A tab of its own.
    Tab,
    /// Its bytes go into this tab.
    Insert(TabId),
    /// It takes the place of what this tab shows.
    Reload(TabId),
}

/// An opened file, and what its first look tells.
struct Found {
    source: Arc<dyn Source>,
    path: PathBuf,
    writable: bool,
    binary: bool,
    line_ending: Option<LineEnding>,
    has_bom: bool,
}

/// What was saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SavePurpose {
    /// The document itself, to this path.
    Document(PathBuf),
    /// A part of it, which leaves the document where it was.
    Selection,
}

impl Editor {
    /// Opens what the command line names.
    pub fn open_arguments(&mut self, arguments: &Arguments) {
        let targets = arguments.targets(|path| path.symlink_metadata().is_ok());
        if arguments.demo {
            self.open_demo();
        }
        for target in targets {
            self.open(target);
        }
    }

    /// Opens a file in a tab, in the background.
    pub fn open(&mut self, target: OpenTarget) {
        self.look_at(target, OpenPurpose::Tab);
    }

    fn look_at(&mut self, target: OpenTarget, purpose: OpenPurpose) {
        self.jobs.spawn(Task::Open, None, 1, self.now, 0, move |_, _| {
            let result = source::open(&target.path).map(|opened| {
                let samples = samples(&*opened.source);
                let first = samples.first().map_or(&[][..], Vec::as_slice);
                let slices: Vec<&[u8]> = samples.iter().map(Vec::as_slice).collect();
                Found {
                    binary: text::looks_binary(&slices),
                    line_ending: text::line_ending(first),
                    has_bom: text::utf8_bom(first),
                    path: opened.path,
                    writable: opened.writable,
                    source: opened.source,
                }
            });
            Event::Opened(Box::new(Opened { target: target.clone(), purpose, result }))
        });
    }

    /// Opens the made-up log of 1 TiB.
    pub fn open_demo(&mut self) {
        let document = Document::open(Arc::new(Synthetic::log(1 << 40)));
        let mut tab = Tab::new(self.new_id(), "demo.log".to_owned(), document);
        tab.text_overwrites = false;
        self.add(tab);
    }

    pub(super) fn new_document(&mut self) {
        self.untitled += 1;
        let name = if self.untitled == 1 { "untitled".to_owned() } else { format!("untitled {}", self.untitled) };
        let tab = Tab::new(self.new_id(), name, Document::new());
        self.add(tab);
    }

    fn new_id(&mut self) -> TabId {
        self.ids += 1;
        TabId(self.ids)
    }

    fn add(&mut self, tab: Tab) {
        let id = tab.id;
        self.tabs.push(tab);
        self.activate(self.tabs.len() - 1);
        self.count_lines(id);
    }

    /// Puts off counting until [`Editor::shown`]: two cores that count would delay the first frame.
    pub fn wait_until_shown(&mut self) {
        self.waits_until_shown = true;
    }

    /// The window is there: what was put off may begin.
    pub fn shown(&mut self) {
        if std::mem::take(&mut self.waits_until_shown) {
            for id in self.tabs.iter().map(|tab| tab.id).collect::<Vec<_>>() {
                self.count_lines(id);
            }
        }
    }

    /// Counts a document's lines in the background.
    pub(super) fn count_lines(&mut self, id: TabId) {
        if self.waits_until_shown {
            return;
        }
        let Some(index) = self.index_of(id) else { return };
        let document = &self.tabs[index].document;
        let counting = document.counting();
        if counting.is_done() {
            return;
        }
        let threads = std::thread::available_parallelism().map_or(1, |threads| threads.get().min(4));
        let threads = if document.len() < COUNT_TOGETHER { 1 } else { threads };
        let len = document.len();
        self.jobs.spawn(Task::Count, Some(id), threads, self.now, len, move |cancel, progress| {
            counting.run(cancel, progress);
            Event::Counted
        });
    }

    /// Reads `range` of a tab in the background, because the screen waits for it.
    pub fn fetch(&mut self, id: TabId, range: Range<u64>) {
        let Some(index) = self.index_of(id) else { return };
        let tab = &mut self.tabs[index];
        if tab.fetching.iter().any(|other| other.start <= range.start && range.end <= other.end) {
            return;
        }
        tab.fetching.push(range.clone());
        let snapshot = tab.document.snapshot();
        self.jobs.spawn(Task::Fetch, Some(id), 1, self.now, 0, move |_, _| {
            // What cannot be read is told by the next look at it.
            let _ = snapshot.read(range.start..range.end.min(snapshot.len()));
            Event::Fetched
        });
    }

    pub(super) fn fetched(&mut self, id: Option<TabId>) {
        let Some(index) = id.and_then(|id| self.index_of(id)) else { return };
        let tab = &mut self.tabs[index];
        // Any that is still on its way is asked for again by whoever needs it.
        tab.fetching.clear();
        let waiting = std::mem::take(&mut tab.waiting);
        let active = std::mem::replace(&mut self.active, index);
        for command in waiting {
            self.run(command);
        }
        if self.active == index {
            self.active = active.min(self.tabs.len().saturating_sub(1));
        }
    }

    pub(super) fn opened(&mut self, opened: Opened) {
        let Opened { target, purpose, result } = opened;
        match (result, purpose) {
            (Err(error), _) => self.error(error.to_string()),
            (Ok(found), OpenPurpose::Tab) => self.show_file(&target, found),
            (Ok(found), OpenPurpose::Insert(id)) => self.insert_source(id, found),
            (Ok(found), OpenPurpose::Reload(id)) => self.reloaded(id, found),
        }
    }

    fn show_file(&mut self, target: &OpenTarget, found: Found) {
        let identity = found.source.identity();
        let same = |tab: &Tab| {
            tab.path.as_deref() == Some(&found.path)
                || identity.zip(tab.identity).is_some_and(|(new, old)| same_file(&new, &old))
        };
        if let Some(index) = self.tabs.iter().position(same) {
            self.activate(index);
            self.go_to_position(target.position);
            return;
        }
        let mut tab = Tab::new(self.new_id(), file_name(&found.path), Document::open(found.source.clone()));
        tab.identity = identity;
        tab.has_bom = found.has_bom;
        tab.line_ending = found.line_ending.unwrap_or_default();
        tab.locked = match (target.read_only, found.writable) {
            (true, _) => Some("opened read-only"),
            (_, false) => Some("not writable"),
            _ => None,
        };
        let chosen = self.session.mode(&found.path);
        tab.set_mode(match chosen {
            _ if target.hex => Mode::Hex,
            Some(mode) => mode,
            None if found.binary => Mode::Hex,
            None => Mode::Text,
        });
        tab.path = Some(found.path.clone());
        self.session.remember_open(&found.path);
        self.write_session();
        self.add(tab);
        self.go_to_position(target.position);
    }

    fn go_to_position(&mut self, position: Option<Position>) {
        let Some(tab) = self.tab_mut() else { return };
        match position {
            Some(Position::Line { line, column }) => {
                tab.landing = Some(Landing { anchor: None, head: Spot::Line { line, column } });
            }
            Some(Position::Offset(offset)) => tab.select(Selection::at(offset)),
            None => {}
        }
    }

    fn insert_source(&mut self, id: TabId, found: Found) {
        let Some(index) = self.index_of(id) else { return };
        self.activate(index);
        let len = found.source.len();
        self.replace_selection(Content::Slice(Slice::of(found.source, 0..len)), StepKind::Whole("Insert file"));
    }

    /// Reads the tab's file again and drops the edits.
    pub(super) fn reload(&mut self, id: TabId) {
        let Some(path) = self.index_of(id).and_then(|index| self.tabs[index].path.clone()) else { return };
        self.look_at(OpenTarget::new(path), OpenPurpose::Reload(id));
    }

    fn reloaded(&mut self, id: TabId, found: Found) {
        let Some(index) = self.index_of(id) else { return };
        self.jobs.cancel_tab(id);
        let tab = &mut self.tabs[index];
        tab.identity = found.source.identity();
        tab.document = Document::open(found.source);
        tab.fetching.clear();
        tab.landing = None;
        let selection = tab.selection.clone();
        tab.select(selection);
        self.count_lines(id);
    }

    /// The window's answer to [`Request::PickFiles`] and [`Request::PickTarget`]: the paths picked, none if the
    /// person changed their mind, or `None` if there is no dialog to be had.
    pub fn picked(&mut self, purpose: PathPurpose, paths: Option<Vec<PathBuf>>) {
        let Some(paths) = paths else {
            self.dialog = Some(Dialog::Path { purpose, input: self.suggested_path(purpose), error: None });
            return;
        };
        for path in paths {
            match purpose {
                PathPurpose::Open => self.open(OpenTarget::new(path)),
                PathPurpose::InsertFile => self.insert_file(path),
                PathPurpose::SaveAs | PathPurpose::SaveSelection => {
                    // Not every system's dialog asks before a file is replaced.
                    if path.exists() {
                        self.dialog = Some(Dialog::Replace { purpose, path });
                    } else {
                        self.save_to(purpose, path);
                    }
                }
            }
        }
    }

    /// A path was typed, where no dialog can be had.
    pub(super) fn path_typed(&mut self, purpose: PathPurpose, input: String) {
        let path = PathBuf::from(input.trim());
        let wrong = match purpose {
            PathPurpose::Open | PathPurpose::InsertFile if !path.exists() => Some("There is no such file."),
            _ if path.as_os_str().is_empty() => Some("Type the path of a file."),
            _ if path.is_dir() => Some("That is a folder."),
            _ => None,
        };
        match wrong {
            Some(error) => self.dialog = Some(Dialog::Path { purpose, input, error: Some(error.to_owned()) }),
            None => self.picked(purpose, Some(vec![path])),
        }
    }

    fn suggested_path(&self, purpose: PathPurpose) -> String {
        let folder = self.tab().and_then(Tab::folder).map(|folder| format!("{}/", folder.display()));
        let folder = folder.unwrap_or_default();
        match (purpose, self.tab()) {
            (PathPurpose::SaveAs, Some(tab)) => format!("{folder}{}", tab.name),
            _ => folder,
        }
    }

    pub(super) fn ask_for_files(&mut self) {
        let folder = self.tab().and_then(Tab::folder).map(Path::to_owned);
        self.requests.push(Request::PickFiles { purpose: PathPurpose::Open, folder });
    }

    pub(super) fn ask_for_insert(&mut self) {
        if self.refuses_edits() {
            return;
        }
        let folder = self.tab().and_then(Tab::folder).map(Path::to_owned);
        self.requests.push(Request::PickFiles { purpose: PathPurpose::InsertFile, folder });
    }

    fn insert_file(&mut self, path: PathBuf) {
        if let Some(tab) = self.tab() {
            let id = tab.id;
            self.look_at(OpenTarget::new(path), OpenPurpose::Insert(id));
        }
    }

    pub(super) fn ask_for_target(&mut self, purpose: PathPurpose) {
        let Some(tab) = self.tab() else { return };
        let name = match purpose {
            PathPurpose::SaveSelection => format!("{}.part", tab.name),
            _ => tab.name.clone(),
        };
        let folder = tab.folder().map(Path::to_owned);
        self.requests.push(Request::PickTarget { purpose, folder, name });
    }

    /// Saves the active document where it came from; does nothing when nothing changed.
    pub(super) fn save(&mut self) {
        let Some(tab) = self.tab() else { return };
        match &tab.path {
            None => self.ask_for_target(PathPurpose::SaveAs),
            Some(_) if !tab.document.is_modified() => {}
            Some(_) if tab.locked.is_some() => {
                let text = format!("“{}” is {}.", tab.name, tab.locked.unwrap_or_default());
                self.offer(text, "Save as…", super::Command::SaveAs);
            }
            Some(path) => {
                let path = path.clone();
                let expect = tab.identity.map_or(Expect::Anything, Expect::Unchanged);
                self.start_save(tab.id, path, expect);
            }
        }
    }

    /// Saves to a path that a person named.
    pub(super) fn save_to(&mut self, purpose: PathPurpose, path: PathBuf) {
        let Some(tab) = self.tab() else { return };
        let id = tab.id;
        match purpose {
            PathPurpose::SaveSelection => {
                let range = Some(tab.selection.span());
                let request = save::Request::new(tab.document.snapshot(), path, Expect::Anything);
                self.start_writing(id, save::Request { range, ..request }, SavePurpose::Selection);
            }
            _ => self.start_save(id, path, Expect::Anything),
        }
    }

    /// Saves over what changed on disk, as a person chose.
    pub(super) fn save_anyway(&mut self, id: TabId) {
        let Some(path) = self.index_of(id).and_then(|index| self.tabs[index].path.clone()) else { return };
        self.start_save(id, path, Expect::Anything);
    }

    fn start_save(&mut self, id: TabId, path: PathBuf, expect: Expect) {
        let Some(index) = self.index_of(id) else { return };
        if self.jobs.running().iter().any(|job| job.tab == Some(id) && job.task == Task::Save) {
            self.tell("It is being saved already.");
            return;
        }
        let tab = &mut self.tabs[index];
        tab.document.end_step();
        let request = save::Request::new(tab.document.snapshot(), path.clone(), expect);
        self.start_writing(id, request, SavePurpose::Document(path));
    }

    pub(super) fn start_writing(&mut self, id: TabId, request: save::Request, purpose: SavePurpose) {
        let range = request.range.clone().unwrap_or(0..request.snapshot.len());
        let total = range.end - range.start;
        self.jobs.spawn(Task::Save, Some(id), 1, self.now, total, move |cancel, progress| {
            let result = save::save(&request, &Disk, cancel, progress);
            Event::Saved { request: Box::new(request.clone()), purpose: purpose.clone(), result: Box::new(result) }
        });
    }

    pub(super) fn saved(
        &mut self,
        id: Option<TabId>,
        request: save::Request,
        purpose: SavePurpose,
        result: Result<Saved, SaveError>,
    ) {
        let Some(index) = id.and_then(|id| self.index_of(id)) else { return };
        let id = self.tabs[index].id;
        match (result, purpose) {
            (Ok(saved), SavePurpose::Selection) => self.tell(format!("Saved “{}”.", saved.path.display())),
            (Ok(saved), SavePurpose::Document(path)) => {
                self.rest_on(index, &request, saved, path);
                self.go_on_after_save(id);
            }
            (Err(error), purpose) => {
                self.stop_closing();
                let text = error.to_string();
                match (error, purpose) {
                    (SaveError::Cancelled { .. }, _) => self.tell(text),
                    (SaveError::Changed { .. }, SavePurpose::Document(_)) => {
                        self.dialog = Some(Dialog::ChangedOnDisk { tab: id, text });
                    }
                    (SaveError::Unaccepted { warnings, .. }, purpose) => {
                        let request = Box::new(save::Request { accepted: warnings, ..request });
                        self.dialog = Some(Dialog::SaveLoses { tab: id, text, request, purpose });
                    }
                    // The new file is in place, but perhaps not yet safe from a power failure.
                    (SaveError::Unconfirmed { saved: Some(saved), .. }, SavePurpose::Document(path)) => {
                        self.rest_on(index, &request, *saved, path);
                        self.error(text);
                    }
                    _ => self.error(text),
                }
            }
        }
    }

    /// The document's contents are on disk, under this path.
    fn rest_on(&mut self, index: usize, request: &save::Request, saved: Saved, path: PathBuf) {
        let tab = &mut self.tabs[index];
        let id = tab.id;
        tab.document.rest_on(&request.snapshot, saved.source, Some(saved.index));
        tab.identity = Some(saved.identity);
        if tab.path.as_deref() != Some(&path) {
            tab.name = file_name(&saved.path);
            tab.path = Some(saved.path.clone());
            tab.locked = None;
            self.session.remember_open(&saved.path);
            self.write_session();
        }
        self.count_lines(id);
    }

    fn stop_closing(&mut self) {
        self.quitting = false;
        self.tabs.iter_mut().for_each(|tab| tab.closing = false);
    }

    fn go_on_after_save(&mut self, id: TabId) {
        let Some(index) = self.index_of(id) else { return };
        if self.tabs[index].closing && !self.tabs[index].document.is_modified() {
            self.remove(index);
        }
        if self.quitting && !self.tabs.iter().any(|tab| tab.document.is_modified()) {
            self.requests.push(Request::Quit);
        }
    }

    /// Closes a tab, asking first if it has unsaved edits.
    pub fn close(&mut self, index: usize) {
        let Some(tab) = self.tabs.get(index) else { return };
        if tab.document.is_modified() {
            let tabs = vec![tab.id];
            self.activate(index);
            self.dialog = Some(Dialog::Unsaved { tabs, quit: false });
        } else {
            self.remove(index);
        }
    }

    /// Asks once for all documents with unsaved edits, then closes the window.
    pub fn quit(&mut self) {
        let unsaved: Vec<TabId> =
            self.tabs.iter().filter(|tab| tab.document.is_modified()).map(|tab| tab.id).collect();
        if unsaved.is_empty() {
            self.requests.push(Request::Quit);
        } else {
            self.dialog = Some(Dialog::Unsaved { tabs: unsaved, quit: true });
        }
    }

    pub(super) fn save_then_close(&mut self, tabs: &[TabId], quit: bool) {
        self.quitting = quit;
        for &id in tabs {
            let Some(index) = self.index_of(id) else { continue };
            self.tabs[index].closing = !quit;
            self.activate(index);
            self.save();
        }
    }

    pub(super) fn discard(&mut self, tabs: &[TabId], quit: bool) {
        if quit {
            self.requests.push(Request::Quit);
            return;
        }
        for &id in tabs {
            if let Some(index) = self.index_of(id) {
                self.remove(index);
            }
        }
    }

    fn remove(&mut self, index: usize) {
        let tab = self.tabs.remove(index);
        self.jobs.cancel_tab(tab.id);
        if let Some(path) = tab.path.clone() {
            let position = Some(Position::Offset(tab.selection.head()));
            self.closed.push(OpenTarget { path, position, ..OpenTarget::default() });
        }
        self.leave_go_to();
        if self.active > index || self.active >= self.tabs.len() {
            self.active = self.active.saturating_sub(1);
        }
        // A long history takes a while to let go.
        self.jobs.spawn(Task::Remember, None, 1, self.now, 0, {
            let tab = std::sync::Mutex::new(Some(tab.document));
            move |_, _| {
                drop(tab.lock().ok().and_then(|mut tab| tab.take()));
                Event::Remembered(Ok(()))
            }
        });
    }

    pub(super) fn reopen(&mut self) {
        if let Some(target) = self.closed.pop() {
            self.open(target);
        }
    }

    /// Ticks until no job but counting is under way, at most for `limit`: for tests and tools.
    pub fn settle(&mut self, limit: Duration) -> bool {
        let start = std::time::Instant::now();
        loop {
            self.tick(self.now);
            if self.jobs.running().is_empty() {
                return true;
            }
            if start.elapsed() > limit {
                return false;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

fn samples(source: &dyn Source) -> Vec<Vec<u8>> {
    let len = source.len();
    let size = SAMPLE.min(len);
    let mut starts = vec![0];
    if len > 4 * SAMPLE {
        starts.extend([len / 2, len - SAMPLE]);
    }
    let read = |start: u64| {
        let mut bytes = vec![0; size as usize];
        source.read_at(start, &mut bytes).is_ok().then_some(bytes)
    };
    starts.into_iter().filter_map(read).collect()
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn same_file(left: &Identity, right: &Identity) -> bool {
    (left.device, left.inode) == (right.device, right.inode)
}
