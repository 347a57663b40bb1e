//! The edits of every document, written down as they are made.
//!
//! One standing job has all journals and does everything that waits for a disk. The editor compares revisions once a frame, and
//! sends a snapshot of what was edited, which takes constant time: what the edit was, and what of it is not on disk yet, the
//! job finds out. So nothing that changes a document can be forgotten, and no keystroke is delayed.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};

use super::jobs::Report;
use super::{Editor, Event, Tab, TabId};
use crate::document::Snapshot;
use crate::save::journal::{Folder, Held, Journal, JournalError, Log, Paths, Subject};
use crate::source::Identity;

/// So long nothing was written until it is brought to the disk,
const QUIET: Duration = Duration::from_millis(250);
/// and no longer than this after it was written.
const LATEST: Duration = Duration::from_secs(1);

/// How long until a journal that could not be written is tried again.
const RETRY: Duration = Duration::from_millis(if cfg!(test) { 50 } else { 3000 });

/// A journal that has got longer by this is begun anew, in bytes.
const LONG: u64 = 64 << 20;

/// How long a window that is being closed waits for the journals.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where journals are begun.
pub(super) trait Journals: Send + Sync {
    fn begin(&self, key: &str) -> io::Result<Box<dyn Log>>;

    /// The journals of this key that a running Hextant owns, this one or another.
    fn owned(&self, key: &str) -> Vec<PathBuf>;
}

impl Journals for Folder {
    fn begin(&self, key: &str) -> io::Result<Box<dyn Log>> {
        Ok(Box::new(Self::begin(self, key)?))
    }

    fn owned(&self, key: &str) -> Vec<PathBuf> {
        Self::owned(self, key)
    }
}

/// What the standing job is told.
enum Order {
    Edited(Box<Edited>),
    /// These contents of a document are about to become its file.
    Saving(TabId, Snapshot),
    /// The edits of this document are saved, or given up.
    Forget(TabId),
    /// What this journal has, the document has now: it goes when the document's own is on the disk.
    Replaces(TabId, Held),
    /// Where the file in this state is.
    Known(Identity, PathBuf),
    /// Has somebody else a journal of this key?
    Look(TabId, String),
    /// These journals wait for the person to decide.
    Held(Vec<PathBuf>),
    /// The window is being closed: journals stay for the next start, or go.
    End {
        keep: bool,
    },
}

struct Edited {
    tab: TabId,
    /// What its journal is called.
    key: String,
    subject: Subject,
    snapshot: Snapshot,
    caret: u64,
}

/// What the standing job tells.
pub(super) enum Journaled {
    /// Why the edits of this document are not on disk, or that they are.
    Unprotected(TabId, Option<String>),
    /// Another Hextant has unsaved edits of the file of this document too.
    Elsewhere(TabId),
    /// Everything is as it was to be when the window closes.
    Ended,
}

/// The editor's end.
#[derive(Default)]
pub(super) struct Journaling {
    orders: Option<Sender<Order>>,
    /// What of each document the job knows.
    sent: HashMap<TabId, Sent>,
    /// What tells journals of documents without a file from those of all other starts.
    run: u64,
    /// How many edits it was told of.
    told: u64,
    ending: Option<Ending>,
}

/// The window is being closed.
struct Ending {
    since: Duration,
    /// How many edits the job had been told of.
    told: u64,
    has_ended: bool,
}

struct Sent {
    revision: u64,
    base: Option<u32>,
}

impl Editor {
    /// Writes down the edits of documents in this folder. `run` is a number that no other start of the program has.
    pub fn set_journals(&mut self, folder: PathBuf, run: u64) {
        let folder = Folder::new(folder);
        self.start_journaling(Arc::new(folder.clone()), run);
        self.orphans.folder = Some(folder);
    }

    pub(super) fn start_journaling(&mut self, journals: Arc<dyn Journals>, run: u64) {
        let (orders, receiver) = unbounded();
        self.journaling.orders = Some(orders);
        self.journaling.run = run;
        self.jobs.stand_by("hextant-journal", move |report| {
            let keeper = Keeper { journals, kept: HashMap::new(), held: Vec::new(), paths: HashMap::new() };
            keeper.run(&receiver, report);
        });
    }

    /// Has edits written down that were made since the last time. Takes no time to speak of, whatever they are.
    pub fn keep_journals(&mut self) {
        if self.journaling.orders.is_none() {
            return;
        }
        for tab in &mut self.tabs {
            let snapshot = tab.document.snapshot();
            let now = Sent { revision: snapshot.revision(), base: snapshot.base_store() };
            let sent = self.journaling.sent.get(&tab.id);
            if !tab.document.is_modified() {
                tab.unprotected = None;
                continue;
            }
            if sent.is_some_and(|sent| sent.is(&now)) {
                continue;
            }
            if tab.without_trace {
                tab.unprotected
                    .get_or_insert_with(|| "it was opened read-only, to leave no trace".to_owned());
                continue;
            }
            let edited = Edited {
                tab: tab.id,
                key: tab.journal_key(self.journaling.run),
                subject: tab.journal_subject(),
                caret: tab.selection.head(),
                snapshot,
            };
            self.journaling.sent.insert(tab.id, now);
            self.journaling.told += 1;
            self.journaling.order(Order::Edited(Box::new(edited)));
        }
        // Last, so that what one document leaves to another is there before it goes.
        let is_edited =
            |id: &TabId| self.index_of(*id).is_some_and(|index| self.tabs[index].document.is_modified());
        let done: Vec<TabId> = self.journaling.sent.keys().filter(|id| !is_edited(id)).copied().collect();
        for id in done {
            self.journaling.sent.remove(&id);
            self.journaling.order(Order::Forget(id));
        }
    }

    /// The tab's document, as it is in `snapshot`, is about to be written over its file.
    pub(super) fn journal_saving(&mut self, id: TabId, snapshot: &Snapshot) {
        self.keep_journals();
        if self.journaling.sent.contains_key(&id) {
            self.journaling.order(Order::Saving(id, snapshot.clone()));
        }
    }

    /// Bytes of the file at `path`, in this state, may come into any document.
    pub(super) fn journal_file(&mut self, identity: Option<Identity>, path: &Path) {
        if let Some(identity) = identity {
            self.journaling.order(Order::Known(identity, path.to_owned()));
        }
    }

    /// The same of a tab's file.
    pub(super) fn journal_file_of(&mut self, index: usize) {
        let tab = &self.tabs[index];
        if let Some(path) = tab.path.clone() {
            self.journal_file(tab.identity, &path);
        }
    }

    /// Tells if another Hextant has unsaved edits of a tab's file.
    pub(super) fn look_for_other_owners(&mut self, id: TabId) {
        let path = self.index_of(id).and_then(|index| self.tabs[index].path.as_deref());
        if let Some(key) = path.map(Folder::key) {
            self.journaling.order(Order::Held(self.held_journals()));
            self.journaling.order(Order::Look(id, key));
        }
    }

    /// The journal `held` goes as soon as what it has is in the one of this tab.
    pub(super) fn journal_replaces(&mut self, id: TabId, held: Held) {
        self.keep_journals();
        self.journaling.order(Order::Replaces(id, held));
    }

    pub(super) fn journaled(&mut self, news: Journaled) {
        match news {
            Journaled::Unprotected(id, why) => {
                if let Some(index) = self.index_of(id).filter(|_| self.journaling.sent.contains_key(&id)) {
                    self.tabs[index].unprotected = why;
                    if self.tabs[index].unprotected.is_some() {
                        self.journaling.ending = None;
                        self.not_kept();
                    }
                }
            }
            Journaled::Elsewhere(id) => {
                if let Some(index) = self.index_of(id) {
                    self.tell_edited_elsewhere(&self.tabs[index].name.clone());
                }
            }
            Journaled::Ended => {
                if let Some(ending) = &mut self.journaling.ending {
                    ending.has_ended = true;
                }
            }
        }
    }

    pub(super) fn tell_edited_elsewhere(&mut self, name: &str) {
        self.error(format!(
            "Another Hextant window has unsaved edits of “{name}”. What is saved last there or here wins, after a question."
        ));
    }

    /// Ends the journals, before the window closes: with `keep` the edits come back at the next start. True when they have
    /// ended.
    pub(super) fn end_journals(&mut self, keep: bool) -> bool {
        if self.journaling.orders.is_none() {
            return true;
        }
        if keep {
            self.keep_journals();
        }
        let (now, told) = (self.now, self.journaling.told);
        let ending = self.journaling.ending.take();
        // What was edited meanwhile is to be kept too.
        let ending = ending.filter(|ending| !keep || ending.told == told).unwrap_or_else(|| {
            self.journaling.order(Order::End { keep });
            Ending { since: now, told, has_ended: false }
        });
        // A disk that does not answer keeps nobody from leaving.
        let has_ended = ending.has_ended || now.saturating_sub(ending.since) > PATIENCE;
        self.journaling.ending = Some(ending).filter(|_| !has_ended);
        has_ended
    }

    /// Does the window wait for the journals before it closes?
    pub(super) fn is_ending(&self) -> bool {
        self.journaling.ending.is_some()
    }

    /// Are all unsaved edits written down, so that nobody has to be asked for them?
    pub(super) fn is_protected(&self) -> bool {
        let is_protected = |tab: &Tab| tab.unprotected.is_none() && !tab.without_trace;
        self.journaling.orders.is_some()
            && self.tabs.iter().filter(|tab| tab.document.is_modified()).all(is_protected)
    }
}

impl Journaling {
    fn order(&self, order: Order) {
        if let Some(orders) = &self.orders {
            let _ = orders.send(order);
        }
    }
}

impl Sent {
    fn is(&self, other: &Self) -> bool {
        self.revision == other.revision && self.base == other.base
    }
}

impl Tab {
    fn journal_key(&self, run: u64) -> String {
        match self.path.as_deref() {
            Some(path) => Folder::key(path),
            None => format!("untitled_{run:x}_{}", self.id.0),
        }
    }

    fn journal_subject(&self) -> Subject {
        Subject {
            path: self.path.clone().filter(|_| self.stream.is_none()),
            name: self.name.clone(),
            part: self.part.clone(),
            encoding: self.reading().encoding.name().to_owned(),
        }
    }
}

/// The standing job.
struct Keeper {
    journals: Arc<dyn Journals>,
    kept: HashMap<TabId, Kept>,
    /// Journals of the same folder that the editor holds.
    held: Vec<PathBuf>,
    paths: HashMap<(u64, u64), (Identity, PathBuf)>,
}

/// The journal of one document.
struct Kept {
    key: String,
    subject: Subject,
    snapshot: Snapshot,
    caret: u64,
    /// With the key by which it was begun.
    journal: Option<(String, Journal)>,
    /// It cannot be written, and is begun anew then. What it has up to here stays where it is until that succeeds.
    retry: Option<Instant>,
    /// When the first and the last of what may not be on the disk yet was written.
    unsynced: Option<(Instant, Instant)>,
    /// Journals that go when this one is on the disk.
    replaces: Vec<Held>,
}

impl Keeper {
    fn run(mut self, orders: &Receiver<Order>, report: &Report<Event>) {
        loop {
            let due = self.kept.values().filter_map(Kept::due).min();
            let order = match due {
                Some(due) => orders.recv_timeout(due.saturating_duration_since(Instant::now())),
                None => orders.recv().map_err(RecvTimeoutError::from),
            };
            match order {
                Ok(order) => self.follow(order, report),
                Err(RecvTimeoutError::Timeout) => {}
                // The editor is gone, without a word: what it had stays for the next start.
                Err(RecvTimeoutError::Disconnected) => return,
            }
            // What came meanwhile goes to the disk together.
            while let Ok(order) = orders.try_recv() {
                self.follow(order, report);
            }
            self.do_what_is_due(report);
        }
    }

    fn follow(&mut self, order: Order, report: &Report<Event>) {
        match order {
            Order::Edited(edited) => self.edited(*edited, report),
            Order::Saving(tab, snapshot) => {
                self.write(tab, report, |journal, paths| journal.saving(&snapshot, paths))
            }
            Order::Forget(tab) => {
                if let Some(kept) = self.kept.remove(&tab) {
                    kept.remove();
                }
            }
            Order::Replaces(tab, held) => match self.kept.get_mut(&tab) {
                Some(kept) => {
                    kept.unsynced.get_or_insert_with(|| (Instant::now(), Instant::now()));
                    kept.replaces.push(held);
                }
                // It was saved, or given up, already.
                None => drop(held.remove()),
            },
            Order::Look(tab, key) => {
                if self.is_owned_elsewhere(&key) {
                    report.tell(Event::Journaled(Journaled::Elsewhere(tab)));
                }
            }
            Order::Held(held) => self.held = held,
            Order::Known(identity, path) => {
                self.paths.insert((identity.device, identity.inode), (identity, path));
            }
            Order::End { keep } => {
                let tabs: Vec<TabId> = self.kept.keys().copied().collect();
                if keep {
                    for tab in tabs {
                        self.begin_again(tab, report);
                        self.write(tab, report, |journal, _| journal.park());
                        self.sync(tab, report);
                    }
                } else {
                    self.kept.drain().for_each(|(_, kept)| kept.remove());
                }
                report.tell(Event::Journaled(Journaled::Ended));
            }
        }
    }

    fn edited(&mut self, edited: Edited, report: &Report<Event>) {
        let Edited { tab, key, subject, snapshot, caret } = edited;
        let kept = self.kept.entry(tab).or_insert_with(|| Kept {
            key: key.clone(),
            subject: Subject::default(),
            snapshot: snapshot.clone(),
            caret,
            journal: None,
            retry: None,
            unsynced: None,
            replaces: Vec::new(),
        });
        let is_new = kept.key != key || kept.subject != subject;
        (kept.key, kept.subject) = (key, subject);
        (kept.snapshot, kept.caret) = (snapshot.clone(), caret);
        let goes_on =
            |journal: &Journal| !is_new && journal.is_over(&snapshot) && !journal.is_longer_by(LONG);
        if kept.retry.is_none() && kept.journal.as_ref().is_some_and(|(_, journal)| goes_on(journal)) {
            self.write(tab, report, |journal, paths| journal.edited(&snapshot, caret, paths));
        } else if kept.retry.is_none() {
            self.begin(tab, report);
        }
    }

    /// Writes to a journal that can be written.
    fn write(
        &mut self,
        tab: TabId,
        report: &Report<Event>,
        write: impl FnOnce(&mut Journal, Paths) -> Result<(), JournalError>,
    ) {
        let paths = &self.paths;
        let Some(kept) = self.kept.get_mut(&tab) else {
            return;
        };
        let Some((_, journal)) = kept.journal.as_mut().filter(|_| kept.retry.is_none()) else {
            return;
        };
        match write(journal, &|identity| path_of(paths, identity)) {
            Ok(()) if journal.is_unsynced() => {
                let now = Instant::now();
                let first = kept.unsynced.map_or(now, |(first, _)| first);
                kept.unsynced = Some((first, now));
            }
            Ok(()) => {}
            Err(error) => kept.fail(tab, &error, report),
        }
    }

    /// Begins a document's journal, in place of the one that it has.
    fn begin(&mut self, tab: TabId, report: &Report<Event>) {
        let paths = &self.paths;
        let Some(kept) = self.kept.get_mut(&tab) else {
            return;
        };
        let was = kept.journal.as_ref().filter(|(key, _)| *key == kept.key);
        let was = was.and_then(|(_, journal)| journal.path().map(Path::to_owned));
        let begun = self.journals.begin(&kept.key).map_err(JournalError::from).and_then(|log| {
            let paths = |identity: &Identity| path_of(paths, identity);
            let mut journal = Journal::begin(log, &kept.subject, kept.snapshot.clone(), kept.caret, &paths)?;
            journal.publish(was.as_deref())?;
            Ok(journal)
        });
        let journal = match begun {
            Ok(journal) => journal,
            Err(error) => return kept.fail(tab, &error, report),
        };
        // It was saved under another name.
        if let Some((_, old)) = kept.journal.replace((kept.key.clone(), journal))
            && was.is_none()
        {
            let _ = old.remove();
        }
        kept.unsynced = None;
        if kept.retry.take().is_some() {
            report.tell(Event::Journaled(Journaled::Unprotected(tab, None)));
        }
        kept.replaces.drain(..).for_each(|held| drop(held.remove()));
        let key = kept.key.clone();
        if was.is_none() && self.is_owned_elsewhere(&key) {
            report.tell(Event::Journaled(Journaled::Elsewhere(tab)));
        }
    }

    /// Has a running Hextant other than this one a journal of this key?
    fn is_owned_elsewhere(&self, key: &str) -> bool {
        let ours = |path: &PathBuf| {
            let journals = self.kept.values().filter_map(|kept| kept.journal.as_ref());
            let replaces = self.kept.values().flat_map(|kept| &kept.replaces);
            self.held.contains(path)
                || journals.filter_map(|(_, journal)| journal.path()).any(|own| own == path)
                || replaces.map(Held::path).any(|own| own == path)
        };
        self.journals.owned(key).iter().any(|path| !ours(path))
    }

    /// Begins what could not be written, whenever that is to be tried again.
    fn begin_again(&mut self, tab: TabId, report: &Report<Event>) {
        if self.kept.get(&tab).is_some_and(|kept| kept.retry.is_some()) {
            self.begin(tab, report);
        }
    }

    fn sync(&mut self, tab: TabId, report: &Report<Event>) {
        let Some(kept) = self.kept.get_mut(&tab) else {
            return;
        };
        kept.unsynced = None;
        let journal = kept.journal.as_mut().filter(|_| kept.retry.is_none());
        match journal.map(|(_, journal)| journal.sync()) {
            // What a failed sync leaves on the disk is unknown, and the next one may wrongly succeed.
            Some(Err(error)) => kept.fail(tab, &error, report),
            Some(Ok(())) => kept.replaces.drain(..).for_each(|held| drop(held.remove())),
            None => {}
        }
    }

    fn do_what_is_due(&mut self, report: &Report<Event>) {
        let now = Instant::now();
        let is_due = |kept: &Kept| kept.due().is_some_and(|due| due <= now);
        let due: Vec<TabId> =
            self.kept.iter().filter(|(_, kept)| is_due(kept)).map(|(tab, _)| *tab).collect();
        for tab in due {
            self.begin_again(tab, report);
            self.sync(tab, report);
        }
    }
}

impl Kept {
    /// When something is to be done.
    fn due(&self) -> Option<Instant> {
        let sync = self.unsynced.map(|(first, last)| (last + QUIET).min(first + LATEST));
        self.retry.or(sync)
    }

    fn fail(&mut self, tab: TabId, error: &JournalError, report: &Report<Event>) {
        self.unsynced = None;
        self.retry = Some(Instant::now() + RETRY);
        report.tell(Event::Journaled(Journaled::Unprotected(tab, Some(error.to_string()))));
    }

    fn remove(self) {
        if let Some((_, journal)) = self.journal {
            let _ = journal.remove();
        }
        self.replaces.into_iter().for_each(|held| drop(held.remove()));
    }
}

/// Where the file in this state is.
fn path_of(paths: &HashMap<(u64, u64), (Identity, PathBuf)>, identity: &Identity) -> Option<PathBuf> {
    let (known, path) = paths.get(&(identity.device, identity.inode))?;
    (known == identity).then(|| path.clone())
}
