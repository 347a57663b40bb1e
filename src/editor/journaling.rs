//! The edits of every document, written down as they are made.
//!
//! One standing job has all journals and does everything that waits for a disk. The editor compares revisions once a frame, and
//! sends a snapshot of what was edited, which takes constant time: what the edit was, and what of it is not on disk yet, the
//! job finds out. So nothing that changes a document can be forgotten, and no keystroke is delayed.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

use super::journal_keeper::{Edited, Journaled, Journals, Keeper, Order};
use super::{Editor, Tab, TabId, Task};
use crate::document::Snapshot;
use crate::save::journal::{Folder, Held, Subject};
use crate::save::{Claimable, Claims};
use crate::source::Identity;

/// How long a window that is being closed waits for the journals.
const PATIENCE: Duration = Duration::from_secs(5);

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
    /// Writes down the edits of documents in this folder, and beside it of which files there are some. `run` is a number that no
    /// other start of the program has.
    pub fn set_journals(&mut self, folder: PathBuf, run: u64) {
        let claims = Claims::new(folder.with_file_name("claims"), run);
        let folder = Folder::new(folder);
        self.start_journaling(Arc::new(folder.clone()), claims, run);
        self.orphans.folder = Some(folder);
    }

    pub(super) fn start_journaling(&mut self, journals: Arc<dyn Journals>, claims: Claims, run: u64) {
        let (orders, receiver) = unbounded();
        self.claims = Some(claims.clone());
        self.journaling.orders = Some(orders);
        self.journaling.run = run;
        self.jobs.stand_by("hextant-journal", move |report| {
            Keeper::new(journals, claims).run(&receiver, report);
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
            // Undone while it is being saved, it is not what its file will be, should the save be completed after a crash.
            let is_being_saved = sent.is_some() && self.jobs.is_running(Task::Save, Some(tab.id));
            if !tab.is_edited() && !is_being_saved {
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
                file: tab.path.as_deref().map(|path| Claimable::new(path, tab.identity.as_ref())),
                caret: tab.selection.head(),
                snapshot,
            };
            self.journaling.sent.insert(tab.id, now);
            self.journaling.told += 1;
            self.journaling.order(Order::Edited(Box::new(edited)));
        }
        // Last, so that what one document leaves to another is there before it goes.
        let is_kept = |id: &TabId| {
            self.index_of(*id).is_some_and(|index| self.tabs[index].is_edited())
                || self.jobs.is_running(Task::Save, Some(*id))
        };
        let done: Vec<TabId> = self.journaling.sent.keys().filter(|id| !is_kept(id)).copied().collect();
        for id in done {
            self.journaling.sent.remove(&id);
            self.journaling.order(Order::Forget(id));
        }
    }

    /// The tab's document, as it is in `snapshot`, is about to be written over its file. The end of what it returns is dropped
    /// when the journal says so on the disk: otherwise, should the power fail, the edits would be put in once more.
    pub(super) fn journal_saving(&mut self, id: TabId, snapshot: &Snapshot) -> Option<Receiver<()>> {
        self.keep_journals();
        self.journaling.sent.contains_key(&id).then(|| {
            let (done, is_written) = bounded(0);
            self.journaling.order(Order::Saving(id, snapshot.clone(), done));
            is_written
        })
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
            Journaled::Ended => {
                if let Some(ending) = &mut self.journaling.ending {
                    ending.has_ended = true;
                }
            }
        }
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
        // What came through a pipe is in no journal.
        let is_protected = |tab: &Tab| tab.unprotected.is_none() && !tab.without_trace && !tab.is_only_copy();
        self.journaling.orders.is_some() && self.tabs.iter().filter(|tab| tab.is_unsaved()).all(is_protected)
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
