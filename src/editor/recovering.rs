//! Edits that a crash left in a journal: found, shown, put back, or given up. Nothing of them is removed before a person says so.

use std::collections::HashSet;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::bar::{Bar, BarAction, BarKind};
use super::replacing::{self, Placed};
use super::{Dialog, Editor, Event, OpenTarget, Part, PathPurpose, Request, SavePurpose, Tab, TabId, Task};
use crate::document::{Content, Document, Replacement, Slice, StepKind};
use crate::hex::grouped;
use crate::save::journal::{Folder, Held, Left, Origin, Read, Replaced, Span};
use crate::save::{self, Expect};
use crate::source::{self, Lost, Memory, Source};
use crate::text::Encoding;
use crate::view::Selection;

/// Edits shown by Compare, and bytes of each side, at most.
const SHOWN: usize = 200;
const SHOWN_BYTES: u64 = 400;

/// A part of the file that was moved comes back from what is remembered of it up to this size, in bytes.
const MOST_REMEMBERED: u64 = 1 << 20;

/// Edits that crashes left, and nobody has decided about.
#[derive(Default)]
pub(super) struct Orphans {
    pub folder: Option<Folder>,
    list: Vec<Orphan>,
    /// Journals that cannot be used, of which the person was told.
    told: HashSet<PathBuf>,
    next: u64,
    is_looking: bool,
    /// Tabs opened since the folder was looked at.
    opened: Vec<TabId>,
}

/// A journal that a crash left.
struct Orphan {
    id: u64,
    held: Option<Held>,
    read: Arc<Read>,
    /// In how many places the contents differ from the file.
    edits: usize,
    /// Not now.
    is_put_off: bool,
    /// Its file is being opened, to put the edits in.
    is_wanted: bool,
    /// What had no place in the file as it is now, once the rest was put in.
    rejected: Option<usize>,
}

/// What a job found in the folder of journals: each with the number of edits that it has.
pub(super) struct Found(Vec<(Left, usize)>);

/// Edits of a journal, for the file as it is now.
pub(super) struct Recovered {
    orphan: u64,
    tab: TabId,
    /// Of the document that they are for.
    revision: u64,
    result: Result<Placeable, String>,
}

/// Edits, of which not all need have a place.
#[derive(Debug, Default)]
struct Placeable {
    replacements: Vec<Replacement>,
    rejected: Vec<ShownEdit>,
    /// Where the caret was, if the contents are what they were.
    caret: Option<u64>,
}

/// An edit, to be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownEdit {
    /// Where it was in the file, in bytes.
    pub at: u64,
    /// What stood there, as far as it is known, and what was to stand there: the beginning of each.
    pub old: Vec<u8>,
    pub new: Vec<u8>,
    /// The whole lengths, in bytes.
    pub lens: (u64, u64),
}

/// The edits of a journal, to be looked at.
#[derive(Clone, Debug)]
pub struct Comparison {
    pub orphan: u64,
    pub name: String,
    pub edits: Vec<ShownEdit>,
    /// How many there are.
    pub all: usize,
    /// Is the file another one now than it was when it was edited?
    pub has_changed: bool,
}

/// What is written where the person wants to have it.
pub(super) enum Export {
    /// The whole document, as it was.
    Document(Box<Document>),
    /// What was edited, where the document cannot be had.
    Listing(Vec<u8>),
}

impl Editor {
    /// Looks, in the background, for journals that nobody owns; and for one of the file of a tab that somebody else does.
    pub(super) fn look_for_journals(&mut self, opened: Option<TabId>) {
        let Some(folder) = self.orphans.folder.clone() else {
            return;
        };
        self.orphans.opened.extend(opened);
        // One at a time: what one holds, the other would take for another program's.
        if self.orphans.is_looking {
            return;
        }
        self.orphans.is_looking = true;
        self.jobs.spawn(Task::Journals, None, 0, move |_, _| {
            let mut seen = HashSet::new();
            let left = folder.left().unwrap_or_default().into_iter().filter_map(|left| {
                let edits = left.read.as_ref().map_or(1, count);
                let is_new = left.read.as_ref().map_or(true, |read| {
                    seen.insert((read.header.path.clone(), read.header.part.clone(), listing(read)))
                });
                if edits == 0 || !is_new {
                    // It has nothing that is not in the file, or in another: a crash while that took over from it.
                    let _ = left.held.remove();
                    return None;
                }
                Some((left, edits))
            });
            Event::JournalsFound(Found(left.collect()))
        });
    }

    /// The journals that wait for a decision.
    pub(super) fn held_journals(&self) -> Vec<PathBuf> {
        let held = self.orphans.list.iter().filter_map(|orphan| orphan.held.as_ref());
        held.map(|held| held.path().to_owned()).collect()
    }

    pub(super) fn journals_found(&mut self, Found(left): Found) {
        self.orphans.is_looking = false;
        for (Left { held, read }, edits) in left {
            match read {
                Ok(read) => {
                    self.orphans.next += 1;
                    let comes_back = read.is_parked && self.restoring.is_on;
                    self.orphans.list.push(Orphan {
                        id: self.orphans.next,
                        held: Some(held),
                        read: Arc::new(read),
                        edits,
                        is_put_off: false,
                        is_wanted: comes_back,
                        rejected: None,
                    });
                }
                Err(why) => {
                    let path = held.path().to_owned();
                    if self.orphans.told.insert(path.clone()) {
                        self.error(format!(
                            "Unsaved edits of an earlier time cannot be read: {why}. They are left in “{}”.",
                            path.display()
                        ));
                    }
                }
            }
        }
        for id in std::mem::take(&mut self.orphans.opened) {
            self.look_for_other_owners(id);
        }
        self.recover_untitled_ones();
        self.recover_what_is_wanted();
    }

    /// What is to be said of edits that a crash left: of the active document, or of one that is not open.
    pub(super) fn recovery_bar(&self) -> Option<Bar> {
        let is_of = |orphan: &&Orphan, tab: &Tab| orphan.is_of(tab) && orphan.is_to_be_decided();
        let here = self.tab().and_then(|tab| self.orphans.list.iter().find(|orphan| is_of(orphan, tab)));
        let is_open = |orphan: &Orphan| self.tabs.iter().any(|tab| orphan.is_of(tab));
        let elsewhere =
            || self.orphans.list.iter().find(|orphan| orphan.is_to_be_decided() && !is_open(orphan));
        let orphan = here.or_else(elsewhere)?;
        let (id, name) = (orphan.id, &orphan.read.header.name);
        if let Some(rejected) = &orphan.rejected {
            return Some(Bar {
                text: format!(
                    "{} of “{name}” {} no place in the file as it is now.",
                    edits(*rejected),
                    if *rejected == 1 { "has" } else { "have" },
                ),
                kind: BarKind::Warning,
                actions: vec![
                    ("Save elsewhere…", BarAction::SaveRecovered(id)),
                    ("Compare", BarAction::CompareRecovered(id)),
                    ("Discard", BarAction::DiscardRecovered(id)),
                    ("Not now", BarAction::PutOffRecovered(id)),
                ],
            });
        }
        let closed = if orphan.read.is_parked { "closed" } else { "closed by a crash" };
        let text = match &orphan.read.header.path {
            Some(_) => format!("Hextant was {closed} with {} to “{name}”.", unsaved(orphan.edits)),
            None => format!("Hextant was {closed} with “{name}” not saved."),
        };
        Some(Bar {
            text,
            kind: BarKind::Info,
            actions: vec![
                ("Recover", BarAction::Recover(id)),
                ("Compare", BarAction::CompareRecovered(id)),
                ("Save elsewhere…", BarAction::SaveRecovered(id)),
                ("Discard", BarAction::DiscardRecovered(id)),
                ("Not now", BarAction::PutOffRecovered(id)),
            ],
        })
    }

    /// Puts the edits of a journal back: into the document if it is open, or opens it first.
    pub(super) fn recover(&mut self, id: u64) {
        let Some(orphan) = self.orphan(id) else { return };
        orphan.is_wanted = true;
        let header = &orphan.read.header;
        let Some(path) = header.path.clone() else {
            let tab = Tab::new(TabId(0), header.name.clone(), Document::new());
            let encoding = Encoding::named(&header.encoding);
            return self.recover_untitled(id, tab, encoding);
        };
        let part = header.part.clone().map(|part| Part { start: part.start, end: Some(part.end) });
        let encoding = Encoding::named(&header.encoding);
        if self
            .tabs
            .iter()
            .any(|tab| self.orphans.list.iter().any(|orphan| orphan.id == id && orphan.is_of(tab)))
        {
            self.recover_what_is_wanted();
        } else {
            self.open(OpenTarget { part, encoding, raw: true, ..OpenTarget::new(path) });
        }
    }

    fn recover_untitled(&mut self, id: u64, mut tab: Tab, encoding: Option<Encoding>) {
        tab.id = TabId(self.new_id());
        tab.place = tab.id.0;
        if let Some(encoding) = encoding {
            let detected = crate::text::Detected { encoding, ..crate::text::detect(&[], 0) };
            tab.detected(&detected, None);
        }
        self.untitled += 1;
        let tab_id = tab.id;
        self.add(tab);
        self.start_recovering(id, tab_id);
    }

    /// Brings back documents without a file.
    fn recover_untitled_ones(&mut self) {
        let wanted = self.orphans.list.iter().filter(|orphan| orphan.is_wanted);
        let untitled = wanted.filter(|orphan| orphan.read.header.path.is_none());
        for id in untitled.map(|orphan| orphan.id).collect::<Vec<_>>() {
            self.recover(id);
        }
    }

    /// Puts edits into documents that are open by now.
    pub(super) fn recover_what_is_wanted(&mut self) {
        let wanted = self.orphans.list.iter().filter(|orphan| orphan.is_wanted);
        let of = |orphan: &Orphan| Some((orphan.id, self.tabs.iter().find(|tab| orphan.is_of(tab))?.id));
        let ready: Vec<(u64, TabId)> = wanted.filter_map(of).collect();
        for (id, tab) in ready {
            self.start_recovering(id, tab);
        }
    }

    fn start_recovering(&mut self, id: u64, tab_id: TabId) {
        let Some(index) = self.index_of(tab_id) else {
            return;
        };
        let Some(orphan) = self.orphan(id) else { return };
        orphan.is_wanted = false;
        let read = Arc::clone(&orphan.read);
        let tab = &self.tabs[index];
        if tab.document.is_modified() {
            let text = format!(
                "“{}” has been edited since. Save that, or undo it, to recover what was edited before the crash.",
                tab.name
            );
            return self.tell(text);
        }
        let snapshot = tab.document.snapshot();
        let revision = snapshot.revision();
        self.jobs.spawn(Task::Journals, Some(tab_id), 0, move |_, _| {
            let now = snapshot.base_store().and_then(|store| snapshot.source_of(store)).cloned();
            let result = place(&read, now.as_ref());
            Event::Recovered(Box::new(Recovered { orphan: id, tab: tab_id, revision, result }))
        });
    }

    pub(super) fn recovered(&mut self, recovered: Recovered) {
        let Recovered { orphan: id, tab, revision, result } = recovered;
        let Some(index) = self.index_of(tab) else {
            return;
        };
        let Placeable { replacements, rejected, caret } = match result {
            Ok(placeable) => placeable,
            Err(why) => return self.error(format!("Nothing was recovered, and nothing is lost: {why}.")),
        };
        if self.tabs[index].document.snapshot().revision() != revision {
            return self.tell("It was edited meanwhile, and is left as it is.");
        }
        self.tabs[index].locked = None;
        if !replacements.is_empty() && !self.edit(index, replacements, StepKind::Whole("Recover")) {
            return;
        }
        if let Some(caret) = caret {
            let tab = &mut self.tabs[index];
            let caret = caret.min(tab.document.len());
            tab.select(Selection::at(caret));
        }
        self.look_as_before(index);
        let Some(orphan) = self.orphan(id) else { return };
        if rejected.is_empty() {
            let held = orphan.held.take();
            self.orphans.list.retain(|orphan| orphan.id != id);
            if let Some(held) = held {
                self.journal_replaces(tab, held);
            }
        } else {
            orphan.rejected = Some(rejected.len());
            orphan.is_put_off = false;
        }
    }

    /// Shows the edits of a journal, old and new.
    pub(super) fn compare_recovered(&mut self, id: u64) {
        let Some(orphan) = self.orphan(id) else { return };
        let read = Arc::clone(&orphan.read);
        self.jobs.spawn(Task::Journals, None, 0, move |_, _| {
            let now = open_base(&read);
            Event::Compared(Box::new(compare(id, &read, now.as_ref())))
        });
    }

    pub(super) fn compared(&mut self, comparison: Comparison) {
        self.open_dialog(Dialog::Recovered(comparison));
    }

    /// Asks where to write what a journal has.
    pub(super) fn ask_where_to_save_recovered(&mut self, id: u64) {
        let Some(orphan) = self.orphan(id) else { return };
        let header = &orphan.read.header;
        let name = format!("{}.recovered", header.name);
        let folder = header.path.as_deref().and_then(Path::parent).map(Path::to_owned);
        let purpose = PathPurpose::SaveRecovered(id);
        if self.begin_picking(purpose) {
            self.requests.push(Request::PickTarget { purpose, folder, name });
        }
    }

    pub(super) fn save_recovered(&mut self, id: u64, path: PathBuf) {
        let Some(orphan) = self.orphan(id) else { return };
        let read = Arc::clone(&orphan.read);
        self.jobs.spawn(Task::Journals, None, 0, move |_, _| {
            let export = export(&read);
            Event::Exported(path, Box::new(export))
        });
    }

    pub(super) fn exported(&mut self, path: PathBuf, export: Export) {
        let document = match export {
            Export::Document(document) => *document,
            Export::Listing(text) => {
                self.tell("The file as it was cannot be had any more: what is saved is a list of the edits.");
                Document::open(Arc::new(Memory::new(text)))
            }
        };
        let id = self.tab().map_or(TabId(0), |tab| tab.id);
        let request = save::Request::new(document.snapshot(), path, Expect::New);
        self.write(id, request, SavePurpose::Selection);
    }

    /// Asks whether the edits of a journal are really to be thrown away.
    pub(super) fn ask_to_discard_recovered(&mut self, id: u64) {
        let Some(orphan) = self.orphan(id) else { return };
        let name = &orphan.read.header.name;
        let text = match &orphan.rejected {
            Some(rejected) => format!("{} of “{name}” will be thrown away.", edits(*rejected)),
            None => format!("{} to “{name}” will be thrown away.", unsaved(orphan.edits)),
        };
        self.ask(Dialog::DiscardRecovered { orphan: id, text });
    }

    pub(super) fn discard_recovered(&mut self, id: u64) {
        let Some(orphan) = self.orphan(id) else { return };
        let held = orphan.held.take();
        self.orphans.list.retain(|orphan| orphan.id != id);
        if let Some(held) = held {
            self.jobs.spawn(Task::Drop, None, 0, move |_, _| {
                let _ = held.remove();
                Event::Done
            });
        }
    }

    /// Says no more of the edits of a journal until the next start. They stay.
    pub(super) fn put_off_recovered(&mut self, id: u64) {
        if let Some(orphan) = self.orphan(id) {
            orphan.is_put_off = true;
        }
    }

    fn orphan(&mut self, id: u64) -> Option<&mut Orphan> {
        self.orphans.list.iter_mut().find(|orphan| orphan.id == id)
    }
}

impl Orphan {
    fn is_to_be_decided(&self) -> bool {
        !self.is_put_off && !self.is_wanted
    }

    fn is_of(&self, tab: &Tab) -> bool {
        let header = &self.read.header;
        header.path.is_some() && header.path == tab.path && header.part == tab.part
    }
}

/// In how many places what a journal has differs from the file.
fn count(read: &Read) -> usize {
    let all = read.replaced().len();
    // Was it saved, and only the word of it lost?
    let since = open_base(read).and_then(|now| read.replaced_since_save(&*now));
    since.map_or(all, |since| since.len())
}

/// The file that a journal is of, as it is now.
fn open_base(read: &Read) -> Option<Arc<dyn Source>> {
    let path = read.header.path.as_deref()?;
    let options = source::Options { range: read.header.part.clone(), ..source::Options::default() };
    Some(source::open_with(path, &options).ok()?.source)
}

/// How the edits of a journal get into the file as it is now.
enum Way {
    /// It is as it was, or longer.
    Exact(Vec<Replaced>),
    /// By what stands around them.
    Context(Vec<Replaced>),
}

fn way(read: &Read, now: Option<&Arc<dyn Source>>) -> Way {
    let replaced = read.replaced();
    let (Some(base), Some(now)) = (&read.header.base, now) else {
        return if read.header.base.is_none() { Way::Exact(replaced) } else { Way::Context(replaced) };
    };
    if let Some(since) = read.replaced_since_save(&**now) {
        return Way::Exact(since);
    }
    if base.begins(&**now) && read.base_len() <= now.len() {
        Way::Exact(replaced)
    } else {
        Way::Context(replaced)
    }
}

/// What spans refer to: the base, the journal's own bytes, and other files, as far as they are what they were.
struct Sources {
    all: Vec<Arc<dyn Source>>,
    /// Of the base is only had what the journal remembers.
    remembers: bool,
}

impl Sources {
    /// Over the file as it is.
    fn new(read: &Read, base: Arc<dyn Source>) -> Self {
        let added = Arc::new(Memory::new(read.added.clone()));
        let mut all: Vec<Arc<dyn Source>> = vec![base, added];
        for other in &read.others {
            let there = source::open(&other.path).ok().map(|opened| opened.source);
            let same = there.filter(|source| other.base.begins(&**source));
            all.push(same.unwrap_or_else(|| Arc::new(Gone(other.base.len))));
        }
        Self { all, remembers: false }
    }

    /// Over what the journal remembers of the file.
    fn remembered(read: &Read) -> Self {
        Self { remembers: true, ..Self::new(read, Arc::new(read.remembered())) }
    }

    fn part(span: &Span) -> (usize, Range<u64>) {
        let of = match span.of {
            Origin::Base => 0,
            Origin::Added => 1,
            Origin::Other(number) => 2 + number as usize,
        };
        (of, span.range())
    }

    fn slice(&self, spans: &[Span]) -> Slice {
        Slice::of_parts(&self.all, spans.iter().map(Self::part))
    }

    /// The first bytes of a range of a source; none where they cannot be had.
    fn head(&self, of: usize, range: &Range<u64>, most: u64) -> Vec<u8> {
        let mut bytes = vec![0; (range.end - range.start).min(most) as usize];
        match self.all[of].read_at(range.start, &mut bytes) {
            Ok(()) => bytes,
            Err(_) => Vec::new(),
        }
    }

    /// Can all spans be had?
    fn has(&self, spans: &[Span]) -> bool {
        spans.iter().map(Self::part).all(|(of, range)| {
            // A file is whole or gone; what is remembered of one has gaps.
            let most = if self.remembers && of == 0 { MOST_REMEMBERED } else { 1 };
            let len = range.end - range.start;
            let looked_at = self.head(of, &range, most).len() as u64;
            looked_at == len.min(most) && (len <= most || most == 1)
        })
    }

    fn replacements(&self, replaced: &[Replaced]) -> Vec<Replacement> {
        let replacement = |replaced: &Replaced| Replacement {
            range: replaced.range.clone(),
            content: Content::Slice(self.slice(&replaced.spans)),
        };
        replaced.iter().map(replacement).collect()
    }
}

/// A file that is not what it was.
#[derive(Debug)]
struct Gone(u64);

impl Source for Gone {
    fn len(&self) -> u64 {
        self.0
    }

    fn identity(&self) -> Option<source::Identity> {
        None
    }

    fn try_read_at(&self, _: u64, _: &mut [u8]) -> source::TryRead {
        source::TryRead::Lost(gone())
    }

    fn read_at(&self, _: u64, _: &mut [u8]) -> Result<(), Lost> {
        Err(gone())
    }

    fn scan(
        &self,
        range: Range<u64>,
        visit: &mut dyn FnMut(source::Scanned<'_>) -> std::ops::ControlFlow<()>,
    ) -> std::ops::ControlFlow<()> {
        visit(source::Scanned::Lost(range, gone()))
    }
}

fn gone() -> Lost {
    Lost::Unreadable("the file that it came from has changed".to_owned())
}

/// Places for the edits of a journal in the file as it is now.
fn place(read: &Read, now: Option<&Arc<dyn Source>>) -> Result<Placeable, String> {
    let now_or_empty = || now.cloned().unwrap_or_else(|| Arc::new(Memory::new(Vec::new())));
    let (replaced, sources, is_exact) = match way(read, now) {
        Way::Exact(replaced) => (replaced, Sources::new(read, now_or_empty()), true),
        Way::Context(replaced) => (replaced, Sources::remembered(read), false),
    };
    let (there, gone): (Vec<_>, Vec<_>) =
        replaced.into_iter().partition(|replaced| sources.has(&replaced.spans));
    let mut rejected: Vec<ShownEdit> = gone.iter().map(|replaced| shown(replaced, &sources)).collect();
    let replacements = sources.replacements(&there);
    if is_exact {
        let caret = rejected.is_empty().then_some(read.caret);
        return Ok(Placeable { replacements, rejected, caret });
    }
    let old = &sources.all[0];
    let mut document = Document::open(Arc::clone(old));
    let applied = document.edit(replacements, StepKind::Whole("Recover"), &[], Duration::ZERO);
    let applied = applied.map_err(|error| error.to_string())?;
    let placed = replacing::place(&document.snapshot(), &**old, &*now_or_empty());
    let Placed { replacements, homeless, .. } = placed.map_err(|lost| lost.to_string())?;
    let starts: Vec<u64> = applied.edits.ranges().map(|(_, new)| new.start).collect();
    let of = |at: &u64| starts.binary_search(at).ok().map(|index| shown(&there[index], &sources));
    rejected.extend(homeless.iter().filter_map(of));
    rejected.sort_by_key(|edit| edit.at);
    Ok(Placeable { replacements, rejected, caret: None })
}

/// The edits of a journal, old and new.
fn compare(orphan: u64, read: &Read, now: Option<&Arc<dyn Source>>) -> Comparison {
    let (replaced, sources, has_changed) = match (way(read, now), now) {
        (Way::Exact(replaced), Some(now)) => (replaced, Sources::new(read, Arc::clone(now)), false),
        (Way::Exact(replaced), None) => (replaced, Sources::remembered(read), false),
        (Way::Context(replaced), _) => (replaced, Sources::remembered(read), true),
    };
    let edits = replaced.iter().take(SHOWN).map(|replaced| shown(replaced, &sources)).collect();
    Comparison { orphan, name: read.header.name.clone(), edits, all: replaced.len(), has_changed }
}

fn shown(replaced: &Replaced, sources: &Sources) -> ShownEdit {
    let Replaced { range, spans } = replaced;
    let mut new = Vec::new();
    for (of, range) in spans.iter().map(Sources::part) {
        let most = SHOWN_BYTES - (new.len() as u64).min(SHOWN_BYTES);
        new.extend(sources.head(of, &range, most));
    }
    let lens = (range.end - range.start, spans.iter().map(|span| span.len).sum());
    ShownEdit { at: range.start, old: sources.head(0, range, SHOWN_BYTES), new, lens }
}

/// What is saved elsewhere: the whole document if it can be had, otherwise what was put into it.
fn export(read: &Read) -> Export {
    let now = open_base(read);
    if let Way::Exact(replaced) = way(read, now.as_ref()) {
        let base = now.unwrap_or_else(|| Arc::new(Memory::new(Vec::new())));
        let sources = Sources::new(read, Arc::clone(&base));
        let mut document = Document::open(base);
        let kind = StepKind::Whole("Recover");
        if replaced.iter().all(|replaced| sources.has(&replaced.spans))
            && document.edit(sources.replacements(&replaced), kind, &[], Duration::ZERO).is_ok()
        {
            return Export::Document(Box::new(document));
        }
    }
    Export::Listing(listing(read))
}

/// All edits as a text, with every byte that was put in, from which a person can take them.
fn listing(read: &Read) -> Vec<u8> {
    let sources = Sources::remembered(read);
    let mut text = format!("Unsaved edits of {}, recovered by Hextant.\n", read.header.name).into_bytes();
    for replaced in read.replaced() {
        let ShownEdit { at, old, lens, .. } = shown(&replaced, &sources);
        text.extend(format!("\n--- at byte {at}: {} bytes\n", lens.0).into_bytes());
        text.extend(old);
        text.extend(format!("\n+++ became {} bytes\n", lens.1).into_bytes());
        for span in &replaced.spans {
            let Span { start, len, .. } = *span;
            match span.of {
                Origin::Added => text.extend_from_slice(&read.added[start as usize..span.end() as usize]),
                Origin::Base => {
                    text.extend(format!("[{len} bytes of the file, from byte {start}]").into_bytes())
                }
                Origin::Other(number) => {
                    let path = read.others[number as usize].path.display();
                    text.extend(format!("[{len} bytes of {path}, from byte {start}]").into_bytes());
                }
            }
        }
        text.push(b'\n');
    }
    text
}

fn edits(count: usize) -> String {
    format!("{} {}", grouped(count as u64), if count == 1 { "edit" } else { "edits" })
}

fn unsaved(count: usize) -> String {
    format!("{} unsaved {}", grouped(count as u64), if count == 1 { "edit" } else { "edits" })
}
