use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::cache::{IndexCache, Kept};
use super::counting::Uncounted;
use super::disk::{Disk, Shown};
use super::replacing::{self, Placed};
use super::saving::recover_before;
use super::streaming::Flow;
use super::{
    Arguments, Dialog, Editor, Event, Landing, Lock, Mode, OpenTarget, Origin, Part, PathPurpose, Position,
    Running, Spot, Stream, Tab, TabId, Task,
};
use crate::document::{Content, Document, LineIndex, Slice, Snapshot, StepKind};
use crate::source::{
    self, Compression, Identity, Lost, Medium, Memory, OpenError, Options, Source, Synthetic,
};
use crate::text::{self, Detected, Encoding, Sample};

/// Bytes looked at from the start, the middle and the end of a file to see what it is.
pub(super) const SAMPLE: u64 = 64 << 10;

/// Length of the demo, in bytes.
const DEMO: u64 = 1 << 40;

/// What a job found out about a file.
pub(super) struct Opened {
    target: OpenTarget,
    purpose: Purpose,
    result: Result<Found, String>,
    /// The tab's edits, in what was found.
    placed: Option<Result<Placed, Lost>>,
    /// What became of saves that had been interrupted.
    recovered: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
enum Purpose {
    /// A tab of its own, asked for under this number; `typed` if its path was typed into our own prompt.
    Tab { place: u64, typed: bool },
    /// It takes the place of what this tab shows, if that is still this state of the file.
    Reload { tab: TabId, shown: Option<Identity> },
}

/// A file that is being looked at, to be shown in a tab of its own.
#[derive(Debug)]
pub(super) struct Opening {
    job: u64,
    path: PathBuf,
    place: u64,
}

/// An opened file, and what its first look tells.
pub(super) struct Found {
    source: Arc<dyn Source>,
    path: PathBuf,
    identity: Option<Identity>,
    part: Option<Range<u64>>,
    /// What the document is to be filled with, if the file is no bytes at rest.
    flow: Option<(Origin, Flow)>,
    shown: Option<Shown>,
    mode: Option<u32>,
    /// Why it may not be changed.
    locked: Option<Lock>,
    medium: Medium,
    binary: bool,
    detected: Detected,
    /// Its line counts, kept from the last time.
    counted: Option<(LineIndex, Kept)>,
}

/// A file's bytes, and its path.
type Named = (PathBuf, Arc<dyn Source>);

/// Files opened to be put into a document, in that order.
pub(super) struct Inserted {
    tab: TabId,
    result: Result<Vec<Named>, OpenError>,
}

impl Editor {
    /// Opens what the command line names. To be called before there is a window: names such as `FILE:LINE` are looked
    /// up on disk.
    pub fn open_arguments(&mut self, arguments: &Arguments) {
        if arguments.no_cache {
            self.keep_no_indexes();
        }
        self.look_for_journals();
        if arguments.demo {
            self.open_demo();
        }
        let exists = |path: &Path| !matches!(source::identity_of(path), Ok(None));
        let targets = arguments.targets(exists);
        if targets.is_empty() {
            self.recover_saves();
        }
        if targets.is_empty() && !arguments.demo {
            self.restore_session();
        }
        for target in targets {
            self.open(target);
        }
    }

    /// Opens a file in a tab, in the background. Whichever file arrives first: tabs stand in the order in which they
    /// were asked for, and the last one comes to the front.
    pub fn open(&mut self, target: OpenTarget) {
        let place = self.new_id();
        self.open_at(target, place);
    }

    /// The same, with this place among the tabs.
    pub(super) fn open_at(&mut self, target: OpenTarget, place: u64) {
        if !target.read_only {
            self.begin_opening(&target.path);
        }
        self.look_at(target, Purpose::Tab { place, typed: false }, None);
    }

    /// Opens the path that was typed into our own prompt, to which it comes back if there is no such file.
    pub(super) fn open_typed(&mut self, path: PathBuf) {
        let place = self.new_id();
        self.look_at(OpenTarget::new(path), Purpose::Tab { place, typed: true }, None);
    }

    /// Opens a file, perhaps to put the edits of another state of it in.
    fn look_at(&mut self, target: OpenTarget, purpose: Purpose, edited: Option<(Snapshot, Arc<dyn Source>)>) {
        let cache = self.cache.clone();
        let indexes = self.indexes.clone().filter(|_| !target.read_only);
        let (saves, files) = (self.saves.clone(), Arc::clone(&self.files));
        let (tab, place) = match purpose {
            Purpose::Tab { place, .. } => (None, Some(place)),
            Purpose::Reload { tab, .. } => (Some(tab), None),
        };
        let path = target.path.clone();
        let job = self.jobs.spawn(Task::Open, tab, 0, move |cancel, progress| {
            let path = target.path.display().to_string();
            progress.describe(format!("Opening “{}”", file_name(&target.path)), path);
            let (mut recovered, mut unfinished) = match &saves {
                Some(saves) => recover_before(&target.path, saves, &*files, cancel),
                None => (Vec::new(), None),
            };
            if target.read_only {
                // To look at it does no harm.
                recovered.extend(unfinished.take());
            }
            let result = match unfinished {
                Some(why) => Err(why),
                None => Found::look_at(&target, &cache, indexes.as_ref()),
            };
            let placed = match (&result, edited) {
                (Ok(found), Some((edited, old))) => Some(replacing::place(&edited, &*old, &*found.source)),
                _ => None,
            };
            Event::Opened(Box::new(Opened { target, purpose, result, placed, recovered }))
        });
        self.openings.extend(place.map(|place| Opening { job, path, place }));
    }

    /// Files that are being opened in tabs of their own, with the jobs that do it.
    pub fn openings(&self) -> impl Iterator<Item = &Running> {
        self.jobs.running().iter().filter(|job| job.task == Task::Open && job.tab.is_none())
    }

    /// Gives up on opening a file, which a disk or a network may never bring.
    pub fn stop_opening(&mut self, job: u64) {
        let Some(index) = self.openings.iter().position(|opening| opening.job == job) else {
            return;
        };
        self.jobs.cancel_job(job);
        let Opening { path, place, .. } = self.openings.remove(index);
        self.not_opened(&path, place);
    }

    /// Opens the made-up log of 1 TiB.
    pub fn open_demo(&mut self) {
        let document = Document::open(Arc::new(Synthetic::log(DEMO)));
        let id = TabId(self.new_id());
        self.add(Tab::new(id, "demo.log".to_owned(), document));
    }

    pub(super) fn new_document(&mut self) {
        self.untitled += 1;
        let name = match self.untitled {
            1 => "untitled".to_owned(),
            number => format!("untitled {number}"),
        };
        let id = TabId(self.new_id());
        self.add(Tab::new(id, name, Document::new()));
    }

    /// Adds a tab at its place. It comes to the front unless a later one did.
    pub(super) fn add(&mut self, mut tab: Tab) -> usize {
        // A place may be asked for by its column, before anything is drawn.
        tab.set_shape(None, self.settings.tab, self.settings.ansi);
        let (id, place) = (tab.id, tab.place);
        let index = self.tabs.partition_point(|other| other.place < place);
        self.tabs.insert(index, tab);
        if self.active >= index && self.tabs.len() > 1 {
            self.active += 1;
        }
        self.name_tabs();
        self.count_lines(id);
        if self.comes_to_front(place) {
            self.show(index);
        }
        index
    }

    /// Is what was asked for under this number the latest that arrived?
    fn comes_to_front(&mut self, place: u64) -> bool {
        let latest = place > self.foremost;
        self.foremost = self.foremost.max(place);
        latest
    }

    pub(super) fn opened(&mut self, opened: Opened) {
        let Opened { target, purpose, result, placed, recovered } = opened;
        if let Purpose::Tab { place, .. } = purpose {
            self.openings.retain(|opening| opening.place != place);
        }
        self.saves_completed(recovered);
        match (result, purpose) {
            (Ok(found), Purpose::Tab { place, .. }) => self.show_file(&target, found, place),
            (Ok(found), Purpose::Reload { tab, shown }) => match placed {
                None => {
                    if let Some((_, old)) = self.reloaded(tab, shown, found) {
                        self.let_go(old);
                    }
                }
                Some(placed) => self.reloaded_with_edits(tab, shown, found, placed),
            },
            (Err(error), Purpose::Tab { place, typed: false }) => {
                if self.not_opened(&target.path, place) {
                    self.tell(error);
                } else {
                    self.error(error);
                }
            }
            (Err(error), Purpose::Tab { typed: true, .. }) => {
                let input = target.path.display().to_string();
                let error = Some(error);
                self.ask(Dialog::Path { purpose: PathPurpose::Open, tab: None, input, error });
            }
            (Err(error), _) => self.error(error),
        }
    }

    fn show_file(&mut self, target: &OpenTarget, mut found: Found, place: u64) {
        let identity = found.identity;
        let same = |tab: &Tab| {
            // Bytes that come once are never the same.
            let same_path = tab.part == found.part
                && tab.file() == Some(&found.path)
                && tab.path.is_some() != found.flow.is_some();
            // Another name (hard link) of it. The whole identity: numbers of inodes are given again.
            same_path || (identity.is_some() && tab.identity == identity && tab.part == found.part)
        };
        if let Some(index) = self.tabs.iter().position(same) {
            self.not_opened(&target.path, place);
            self.show_again(index, target, place);
            return;
        }
        let flow = found.flow.take();
        let mut tab = self.tab_of(found, target.encoding);
        if let Some((origin, flow)) = &flow {
            tab.arrive(Stream::new(origin.clone(), flow));
        }
        tab.set_follows(target.follow);
        if target.read_only {
            tab.locked = Some(Lock::ReadOnly);
            tab.without_trace = true;
        }
        tab.place = place;
        if target.hex {
            tab.set_mode(Mode::Hex);
        }
        if let Some(path) = tab.file().filter(|_| !tab.without_trace) {
            self.session.remember_open(path);
        }
        self.write_session();
        let id = tab.id;
        let index = self.add(tab);
        self.journal_file_of(index);
        self.look_for_journals();
        self.look_for_writers(id);
        self.was_opened(index, &target.path);
        if let Some(path) = &self.tabs[index].path {
            self.found_file_opened(path, id);
        }
        self.go_to_position(index, target.position);
        if let Some((_, flow)) = flow {
            self.start_flow(id, flow);
        }
    }

    /// A file that is open already was asked for again.
    fn show_again(&mut self, index: usize, target: &OpenTarget, place: u64) {
        if place < self.tabs[index].place {
            // The later request was the faster one.
            let mut tab = self.tabs.remove(index);
            tab.place = place;
            let before = self.tabs.partition_point(|other| other.place < place);
            self.tabs.insert(before, tab);
            if self.active == index {
                self.active = before;
            } else if (before..index).contains(&self.active) {
                self.active += 1;
            }
        } else if self.comes_to_front(place) {
            self.show(index);
            if target.hex {
                self.tabs[index].set_mode(Mode::Hex);
            }
            if target.position.is_some() {
                self.tabs[index].remember_jump();
                self.go_to_position(index, target.position);
            }
        }
    }

    /// A tab of a file, as the file asks to be looked at, and as it was last looked at.
    fn tab_of(&mut self, found: Found, encoding: Option<Encoding>) -> Tab {
        let id = TabId(self.new_id());
        let mut tab = Tab::new(id, file_name(&found.path), Document::open(Arc::clone(&found.source)));
        tab.identity = found.identity;
        tab.part = found.part;
        if let Some(part) = &tab.part {
            tab.name = part_name(&tab.name, part);
            tab.label = tab.name.clone();
        }
        tab.disk = Disk::of(found.shown, found.mode);
        tab.uncounted = match found.medium {
            // What is in memory has come over the network already.
            Medium::Network(kind) if !found.source.is_own() => Some(Uncounted::Network(kind)),
            _ => None,
        };
        tab.locked = found.locked;
        tab.detected(&found.detected, encoding.or_else(|| self.session.encoding(&found.path)));
        let kept = |(index, kept)| tab.document.import_index(index).then_some(kept);
        tab.kept = found.counted.and_then(kept);
        tab.is_binary = found.binary;
        let guess = if found.binary { Mode::Hex } else { Mode::Text };
        tab.set_mode(self.session.mode(&found.path).unwrap_or(guess));
        tab.path = Some(found.path);
        tab
    }

    fn go_to_position(&mut self, index: usize, position: Option<Position>) {
        let tab = &mut self.tabs[index];
        let (anchor, head) = match position {
            Some(Position::Line { line, column }) => (None, Spot::Line { line, column }),
            Some(Position::Offset(offset)) => (None, Spot::Byte(offset)),
            Some(Position::Range { start, end }) => (Some(Spot::Byte(start)), Spot::Byte(end)),
            None => return,
        };
        tab.landing = Some(Landing { anchor, head });
        self.land(index);
    }

    /// Goes to where a tab was asked to go, if that can be told by now. True once it did.
    pub(super) fn land(&mut self, index: usize) -> bool {
        match self.tabs[index].land() {
            Ok(landed) => landed,
            Err(crate::view::Pending(range)) => {
                self.fetch(self.tabs[index].id, range);
                false
            }
        }
    }

    /// Puts files into a tab's document, by reference, one behind the other.
    pub(super) fn insert_files(&mut self, tab: TabId, paths: Vec<PathBuf>) {
        self.jobs.spawn(Task::Open, Some(tab), 0, move |_, _| {
            let source = |path: &PathBuf| source::open(path).map(|opened| (opened.path, opened.source));
            Event::Inserted(Inserted { tab, result: paths.iter().map(source).collect() })
        });
    }

    pub(super) fn inserted(&mut self, Inserted { tab, result }: Inserted) {
        let Some(index) = self.index_of(tab) else {
            return;
        };
        match result {
            Ok(sources) => {
                for (path, source) in &sources {
                    self.journal_file(source.identity(), path);
                }
                let slice = |(_, source): Named| {
                    let all = 0..source.len();
                    Slice::of(source, all)
                };
                let slices: Vec<_> = sources.into_iter().map(slice).collect();
                if index == self.active {
                    self.leave_go_to();
                }
                let content = Content::Slice(super::clipboard::joined(&slices, &Content::Bytes(Vec::new())));
                self.replace_in(index, content, StepKind::Whole("Insert file"));
            }
            Err(error) => self.error(error.to_string()),
        }
    }

    /// Reads the tab's file again and drops the edits.
    pub(super) fn reload(&mut self, id: TabId) {
        self.read_again(id, false);
    }

    /// Reads the tab's file again and puts the edits where what stood around them stands now.
    pub(super) fn reload_keeping_edits(&mut self, id: TabId) {
        self.read_again(id, true);
    }

    fn read_again(&mut self, id: TabId, keeps_edits: bool) {
        let Some(index) = self.index_of(id) else {
            return;
        };
        if self.jobs.is_running(Task::Save, Some(id)) {
            return self.tell("It is being saved: it cannot be reloaded now.");
        }
        let tab = &self.tabs[index];
        if let Some(path) = tab.path.clone() {
            let shown = tab.identity;
            let old = tab.disk.shown.as_ref().filter(|_| keeps_edits).map(|shown| Arc::clone(&shown.source));
            let edited = old.map(|old| (tab.document.snapshot(), old));
            let part = tab.part.as_ref().map(|part| Part { start: part.start, end: Some(part.end) });
            // What was opened as it is stays so.
            let read_only = tab.without_trace;
            let target = OpenTarget { part, raw: true, read_only, ..OpenTarget::new(path) };
            self.look_at(target, Purpose::Reload { tab: id, shown }, edited);
        }
    }

    /// The tab gets another number: whatever was begun for the old document ends without effect on the new one.
    /// Where it stands among the tabs, if it was, and what stood there.
    pub(super) fn reloaded(
        &mut self,
        id: TabId,
        shown: Option<Identity>,
        found: Found,
    ) -> Option<(usize, Tab)> {
        let index = self.index_of(id)?;
        // It was saved meanwhile: what was read is older.
        if self.tabs[index].identity != shown || self.jobs.is_running(Task::Save, Some(id)) {
            return None;
        }
        if index == self.active {
            self.leave_go_to();
        }
        let encoding = self.tabs[index].chosen_encoding;
        let mut tab = self.tab_of(found, encoding);
        let old = &self.tabs[index];
        tab.look_like(old);
        tab.unlocked = old.unlocked;
        tab.without_trace = old.without_trace;
        tab.uncounted = old.uncounted;
        tab.locked = match &old.locked {
            Some(Lock::ReadOnly) => Some(Lock::ReadOnly),
            _ => tab.locked.filter(|_| !old.unlocked),
        };
        let id = tab.id;
        let old = std::mem::replace(&mut self.tabs[index], tab);
        self.name_tabs();
        self.count_lines(id);
        self.journal_file_of(index);
        self.look_for_writers(id);
        self.find_marks(index, &old);
        Some((index, old))
    }
}

impl Found {
    /// Looks at what is to be opened. Streams are kept in `cache`.
    fn look_at(target: &OpenTarget, cache: &Path, indexes: Option<&IndexCache>) -> Result<Self, String> {
        let path = &target.path;
        if path.as_os_str() == "-" {
            return Self::flowing(Origin::StandardInput, cache, None, target.raw);
        }
        let range = target.part.map(|Part { start, end }| start..end.unwrap_or(u64::MAX));
        let opened = match source::open_with(path, &Options { no_atime: target.read_only, range }) {
            Ok(opened) => opened,
            Err(OpenError::Pipe { path }) => {
                return Self::flowing(Origin::Pipe(path), cache, None, target.raw);
            }
            Err(error) => return Err(error.to_string()),
        };
        sampled(opened.source.len()).for_each(|sample| opened.source.will_need(sample));
        let mut head = vec![0; opened.source.len().min(Compression::SNIFFED as u64) as usize];
        let compression = match opened.source.read_at(0, &mut head) {
            Ok(()) if opened.regular && opened.part.is_none() && !target.raw => Compression::sniff(&head),
            _ => None,
        };
        if let Some(compression) = compression {
            let origin = Origin::Compressed { path: opened.path, compression };
            return Self::flowing(origin, cache, Some(opened.source), false);
        }
        let (detected, binary) = detect(&*opened.source);
        let shown = Shown::of(&opened.source, opened.part.clone());
        let indexes = indexes.filter(|_| opened.regular && opened.part.is_none() && shown.is_some());
        Ok(Self {
            counted: indexes.and_then(|indexes| indexes.find(&opened.path, &*opened.source)),
            binary,
            detected,
            locked: match (opened.regular, opened.writable) {
                (false, _) => Some(Lock::Device),
                (true, false) => Some(Lock::NotWritable),
                (true, true) => None,
            },
            medium: Medium::of(&opened.path).unwrap_or(Medium::Local),
            path: opened.path,
            identity: opened.source.identity(),
            flow: None,
            shown,
            mode: opened.regular.then_some(opened.mode),
            part: opened.part,
            source: opened.source,
        })
    }

    /// An empty document, which a stream is to fill.
    fn flowing(
        origin: Origin,
        cache: &Path,
        source: Option<Arc<dyn Source>>,
        raw: bool,
    ) -> Result<Self, String> {
        let identity = source.as_ref().and_then(|source| source.identity());
        let flow = Flow::begin(&origin, cache, source, raw)?;
        let empty = Arc::new(Memory::new(Vec::new()));
        let (detected, binary) = detect(&*empty);
        let path = origin.file().unwrap_or(Path::new("")).to_owned();
        Ok(Self {
            source: empty,
            path,
            identity,
            part: None,
            medium: Medium::Local,
            flow: Some((origin, flow)),
            shown: None,
            mode: None,
            locked: None,
            binary,
            detected,
            counted: None,
        })
    }
}

/// What a source is, by samples of it: its encoding, and whether it is a file for the hex view.
pub(super) fn detect(source: &dyn Source) -> (Detected, bool) {
    let samples = samples(source);
    let bytes: Vec<&[u8]> = samples.iter().map(|(_, bytes)| &**bytes).collect();
    let binary = text::looks_binary(&bytes);
    let told: Vec<_> = samples.iter().map(|(offset, bytes)| Sample { offset: *offset, bytes }).collect();
    (text::detect(&told, source.len()), binary)
}

/// Bytes from the start, the middle and the end, each with where it stands.
fn samples(source: &dyn Source) -> Vec<(u64, Vec<u8>)> {
    let read = |sample: Range<u64>| {
        let mut bytes = vec![0; (sample.end - sample.start) as usize];
        source.read_at(sample.start, &mut bytes).is_ok().then_some((sample.start, bytes))
    };
    sampled(source.len()).filter_map(read).collect()
}

/// Where the samples of so many bytes are.
fn sampled(len: u64) -> impl Iterator<Item = Range<u64>> {
    let size = SAMPLE.min(len);
    // Even, for encodings of two bytes a unit.
    let others = [len / 4 * 2, len.saturating_sub(SAMPLE) / 2 * 2];
    let others = others.into_iter().filter(move |_| len > 4 * SAMPLE);
    std::iter::once(0).chain(others).map(move |start| start..start + size)
}

pub(super) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// What a part of a file is called.
fn part_name(name: &str, part: &Range<u64>) -> String {
    format!("{name} [{:#X}..{:#X}]", part.start, part.end)
}
