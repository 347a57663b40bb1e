//! The standing job that has all journals of unsaved edits, and does everything about them that waits for a disk.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

use super::jobs::Report;
use super::{Event, TabId};
use crate::document::Snapshot;
use crate::save::journal::{Folder, Held, Journal, JournalError, Log, Paths, Subject};
use crate::save::{Claim, Claimable, Claims};
use crate::source::Identity;

/// So long nothing was written until it is brought to the disk,
const QUIET: Duration = Duration::from_millis(250);
/// and no longer than this after it was written.
const LATEST: Duration = Duration::from_secs(1);

/// How long until a journal that could not be written is tried again.
const RETRY: Duration = Duration::from_millis(if cfg!(test) { 50 } else { 3000 });

/// The same, where it is not for the disk: it takes an undo, say, or that a file is there again.
const RETRY_LATER: Duration = Duration::from_secs(60);

/// A journal that has got longer by this is begun anew, in bytes.
const LONG: u64 = 64 << 20;

/// Where journals are begun.
pub(super) trait Journals: Send + Sync {
    fn begin(&self, key: &str) -> io::Result<Box<dyn Log>>;
}

impl Journals for Folder {
    fn begin(&self, key: &str) -> io::Result<Box<dyn Log>> {
        Ok(Box::new(Self::begin(self, key)?))
    }
}

/// What the standing job is told.
pub(super) enum Order {
    Edited(Box<Edited>),
    /// These contents of a document are about to become its file. The sender is dropped when that is on the disk, or cannot
    /// be written now.
    Saving(TabId, Snapshot, Sender<()>),
    /// The edits of this document are saved, or given up.
    Forget(TabId),
    /// What this journal has, the document has now: it goes when the document's own is on the disk.
    Replaces(TabId, Held),
    /// Where the file in this state is.
    Known(Identity, PathBuf),
    /// The window is being closed: journals stay for the next start, or go.
    End {
        keep: bool,
    },
}

pub(super) struct Edited {
    pub tab: TabId,
    /// What its journal is called.
    pub key: String,
    pub subject: Subject,
    /// The file, of which others are to know that it is edited here.
    pub file: Option<Claimable>,
    pub snapshot: Snapshot,
    pub caret: u64,
}

/// What the standing job tells.
pub(super) enum Journaled {
    /// Why the edits of this document are not on disk, or that they are.
    Unprotected(TabId, Option<String>),
    /// Everything is as it was to be when the window closes.
    Ended,
}

/// The standing job.
pub(super) struct Keeper {
    journals: Arc<dyn Journals>,
    claims: Claims,
    kept: HashMap<TabId, Kept>,
    paths: HashMap<(u64, u64), (Identity, PathBuf)>,
}

/// The journal of one document.
struct Kept {
    key: String,
    subject: Subject,
    snapshot: Snapshot,
    caret: u64,
    /// That its file is edited here.
    claim: Option<Claim>,
    /// What was last about to become its file.
    saving: Option<Snapshot>,
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
    pub fn new(journals: Arc<dyn Journals>, claims: Claims) -> Self {
        Self { journals, claims, kept: HashMap::new(), paths: HashMap::new() }
    }

    /// Does what it is told until the editor is gone.
    pub fn run(mut self, orders: &Receiver<Order>, report: &Report<Event>) {
        self.claims.sweep();
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
            Order::Saving(tab, snapshot, done) => {
                self.write(tab, report, |journal, paths| journal.saving(&snapshot, paths));
                if let Some(kept) = self.kept.get_mut(&tab) {
                    kept.saving = Some(snapshot);
                }
                self.sync(tab, report);
                drop(done);
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
                self.kept.values_mut().for_each(|kept| kept.claim = None);
                report.tell(Event::Journaled(Journaled::Ended));
            }
        }
    }

    fn edited(&mut self, edited: Edited, report: &Report<Event>) {
        let Edited { tab, key, subject, file, snapshot, caret } = edited;
        let kept = self.kept.entry(tab).or_insert_with(|| Kept {
            key: key.clone(),
            subject: Subject::default(),
            snapshot: snapshot.clone(),
            caret,
            claim: None,
            saving: None,
            journal: None,
            retry: None,
            unsynced: None,
            replaces: Vec::new(),
        });
        let is_new = kept.key != key || kept.subject != subject;
        (kept.key, kept.subject) = (key, subject);
        (kept.snapshot, kept.caret) = (snapshot.clone(), caret);
        kept.claim(file.as_ref(), &self.claims);
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
            // A save that goes on, or broke off, may still make these contents the file.
            let saving =
                kept.saving.as_ref().filter(|saving| saving.base_store() == kept.snapshot.base_store());
            let first = saving.unwrap_or(&kept.snapshot);
            let mut journal = Journal::begin(log, &kept.subject, first.clone(), kept.caret, &paths)?;
            if let Some(saving) = saving {
                journal.saving(saving, &paths)?;
                journal.edited(&kept.snapshot, kept.caret, &paths)?;
            }
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
    /// Has others know that this file is edited here. Where that cannot be written down they are not told, that is all: it is
    /// tried again with the next edit.
    fn claim(&mut self, file: Option<&Claimable>, claims: &Claims) {
        if let Some(file) = file
            && !self.claim.as_ref().is_some_and(|claim| claim.is_of(file))
        {
            self.claim = claims.claim(file).ok();
        }
    }

    /// When something is to be done.
    fn due(&self) -> Option<Instant> {
        let sync = self.unsynced.map(|(first, last)| (last + QUIET).min(first + LATEST));
        self.retry.or(sync)
    }

    fn fail(&mut self, tab: TabId, error: &JournalError, report: &Report<Event>) {
        self.unsynced = None;
        let is_disk = matches!(error, JournalError::Disk(_));
        self.retry = Some(Instant::now() + if is_disk { RETRY } else { RETRY_LATER });
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
