use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use notify::event::{AccessKind, AccessMode};
use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use super::jobs::{Jobs, Report};
use super::{Event, TabId};
use crate::save::{Claimable, Claims};
use crate::source::{self, Identity};

/// The least time between two looks at a file: a burst of thousands of writes is looked at ten times a second.
const SPACING: Duration = Duration::from_millis(100);

/// The same for a followed one: what is appended is to be seen within 250 ms, of which the frames in which it is noticed,
/// looked at and drawn take some.
const FOLLOWED_SPACING: Duration = Duration::from_millis(60);

/// How often a followed file is looked at, whatever the system tells.
const FOLLOWED: Duration = Duration::from_millis(250);

/// How often the file on screen is looked at: the system does not tell of writes through a map, by another name in
/// another folder, or on another machine.
const SHOWN: Duration = Duration::from_secs(2);

/// The same, where the system tells nothing (it has only so many watches).
const UNTOLD: Duration = Duration::from_secs(1);

/// How closely a file is watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Pace {
    /// When the system tells of a change.
    Told,
    /// Now and then too.
    Shown,
    /// Several times a second.
    Followed,
    /// No more.
    Ended,
}

impl Pace {
    const ALL: [Self; 4] = [Self::Told, Self::Shown, Self::Followed, Self::Ended];

    /// The longest time between two looks; `None` for as long as nothing is told.
    fn interval(self, is_told: bool) -> Option<Duration> {
        match self {
            Self::Told | Self::Ended => None,
            Self::Shown if is_told => Some(SHOWN),
            Self::Shown => Some(UNTOLD),
            Self::Followed => Some(FOLLOWED),
        }
    }
}

/// A file being watched, until this is dropped.
#[derive(Debug)]
pub(super) struct Watch {
    pub path: PathBuf,
    pace: Arc<AtomicU8>,
    nudge: Sender<()>,
}

impl Watch {
    /// A closer watch begins with a look at once.
    pub fn set_pace(&self, pace: Pace) {
        if self.pace.swap(pace as u8, Ordering::Relaxed) != pace as u8 && pace != Pace::Told {
            // If there is a nudge on the way already, this one is that too.
            let _ = self.nudge.try_send(());
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.set_pace(Pace::Ended);
    }
}

/// Watches files, each on a thread of its own, so that one on a dead network drive keeps nobody else waiting, and so
/// that a look without news costs no frame.
#[derive(Debug, Default)]
pub(super) struct Watching {
    folders: Arc<Folders>,
}

impl Watching {
    /// Tells, by [`Event::Noticed`], when the file at `path` is no longer as it was last seen: at first, `seen`.
    /// So it does, by [`Event::Claimed`], with who else edits it.
    pub fn watch(
        &self,
        jobs: &Jobs<Event>,
        tab: TabId,
        path: &Path,
        seen: Option<Identity>,
        claims: Option<Claims>,
    ) -> Watch {
        let (nudge, nudged) = bounded(1);
        let pace = Arc::new(AtomicU8::new(Pace::Told as u8));
        let watched = Watched {
            tab,
            path: path.to_owned(),
            seen,
            claims,
            editors: Vec::new(),
            pace: Arc::clone(&pace),
            nudge: nudge.clone(),
            nudged,
            folders: Arc::clone(&self.folders),
        };
        jobs.stand_by("hextant-watch", move |report| watched.watch(report));
        Watch { path: path.to_owned(), pace, nudge }
    }
}

/// The thread's end of a [`Watch`].
struct Watched {
    tab: TabId,
    path: PathBuf,
    seen: Option<Identity>,
    claims: Option<Claims>,
    /// Who else edits it.
    editors: Vec<u32>,
    pace: Arc<AtomicU8>,
    nudge: Sender<()>,
    nudged: Receiver<()>,
    folders: Arc<Folders>,
}

impl Watched {
    fn watch(mut self, report: &Report<Event>) {
        let is_told = self.folders.add(&self.path, self.tab, &self.nudge);
        let mut is_told_of_claims = false;
        loop {
            // Their folder is made when somebody edits something for the first time.
            if let Some(claims) = self.claims.as_ref().filter(|_| !is_told_of_claims) {
                is_told_of_claims = self.folders.add_folder(claims.folder(), self.tab, &self.nudge);
            }
            // What cannot be asked just now is asked again.
            if let Ok(now) = source::identity_of(&self.path)
                && now != self.seen
            {
                self.seen = now;
                report.tell(Event::Noticed(self.tab));
            }
            self.look_for_editors(report);
            let looked = Instant::now();
            match self.pace().interval(is_told) {
                Some(interval) => match self.nudged.recv_timeout(interval) {
                    Ok(()) | Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => break,
                },
                None if self.nudged.recv().is_err() => break,
                None => {}
            }
            if self.pace() == Pace::Ended {
                break;
            }
            let spacing = if self.pace() == Pace::Followed { FOLLOWED_SPACING } else { SPACING };
            std::thread::sleep(spacing.saturating_sub(looked.elapsed()));
            let _ = self.nudged.try_recv();
        }
        self.folders.remove(&self.path, self.tab, self.path.parent().filter(|_| is_told));
        if let Some(claims) = self.claims.as_ref().filter(|_| is_told_of_claims) {
            self.folders.remove(claims.folder(), self.tab, Some(claims.folder()));
        }
    }

    /// Tells who else edits the file, if that changed.
    fn look_for_editors(&mut self, report: &Report<Event>) {
        let Some(claims) = &self.claims else { return };
        let editors = claims.others(&Claimable::new(&self.path, self.seen.as_ref()));
        if editors != self.editors {
            self.editors.clone_from(&editors);
            report.tell(Event::Claimed(self.tab, editors));
        }
    }

    fn pace(&self) -> Pace {
        Pace::ALL[usize::from(self.pace.load(Ordering::Relaxed))]
    }
}

/// Folders whose changes the system tells: those of the files, not the files themselves, since a file that is
/// replaced or rotated is another one under the same name.
#[derive(Debug, Default)]
struct Folders {
    /// Whom to nudge, by the path of the file, or of a folder. Never locked while the system is asked for something.
    wanted: Arc<Wanted>,
    told: Mutex<Told>,
}

#[derive(Debug, Default)]
struct Told {
    /// Made when the first file is watched.
    watcher: Option<RecommendedWatcher>,
    /// How often each folder is watched.
    counts: HashMap<PathBuf, usize>,
}

type Wanted = Mutex<HashMap<PathBuf, Vec<(TabId, Sender<()>)>>>;

impl Folders {
    /// Nudges whenever something happens to the file at `path`. False if the system cannot tell.
    fn add(&self, path: &Path, tab: TabId, nudge: &Sender<()>) -> bool {
        let Some(folder) = path.parent() else {
            return false;
        };
        self.want(path, tab, nudge);
        self.watch(folder)
    }

    /// Nudges whenever something happens in `folder`. False, and nothing is done, if the system cannot tell, or there is none.
    fn add_folder(&self, folder: &Path, tab: TabId, nudge: &Sender<()>) -> bool {
        let is_told = self.watch(folder);
        if is_told {
            self.want(folder, tab, nudge);
        }
        is_told
    }

    fn want(&self, path: &Path, tab: TabId, nudge: &Sender<()>) {
        hold(&self.wanted).entry(path.to_owned()).or_default().push((tab, nudge.clone()));
    }

    /// Has the system tell of what happens in `folder`, once more. False if it cannot.
    fn watch(&self, folder: &Path) -> bool {
        let mut told = hold(&self.told);
        let Told { watcher, counts } = &mut *told;
        if watcher.is_none() {
            let wanted = Arc::clone(&self.wanted);
            *watcher = notify::recommended_watcher(move |event| tell(&wanted, event)).ok();
        }
        let Some(watcher) = watcher else { return false };
        let is_told =
            counts.contains_key(folder) || watcher.watch(folder, RecursiveMode::NonRecursive).is_ok();
        if is_told {
            *counts.entry(folder.to_owned()).or_default() += 1;
        }
        is_told
    }

    /// Undoes what [`Folders::add`] or [`Folders::add_folder`] did for `path`; `watched` is the folder of which the system tells.
    fn remove(&self, path: &Path, tab: TabId, watched: Option<&Path>) {
        let mut wanted = hold(&self.wanted);
        if let Some(tabs) = wanted.get_mut(path) {
            tabs.retain(|(other, _)| *other != tab);
            if tabs.is_empty() {
                wanted.remove(path);
            }
        }
        drop(wanted);
        let mut told = hold(&self.told);
        let Told { watcher, counts } = &mut *told;
        let Some((folder, count)) = watched.and_then(|folder| Some((folder, counts.get_mut(folder)?))) else {
            return;
        };
        *count -= 1;
        if *count == 0 {
            counts.remove(folder);
            if let Some(watcher) = watcher {
                // The folder may be gone, and its watch with it.
                let _ = watcher.unwatch(folder);
            }
        }
    }
}

/// What one thread holds at a time, none of them panicking while it does.
fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Hands on what the system told. Many nudges are one.
fn tell(wanted: &Wanted, event: notify::Result<notify::Event>) {
    let wanted = hold(wanted);
    match event {
        Ok(event) if !event.need_rescan() => {
            let written = AccessKind::Close(AccessMode::Write);
            if matches!(event.kind, EventKind::Access(kind) if kind != written) {
                return;
            }
            let paths = event.paths.iter().flat_map(|path| path.ancestors().take(2));
            for (_, nudge) in paths.filter_map(|path| wanted.get(path)).flatten() {
                let _ = nudge.try_send(());
            }
        }
        // Some events were lost: any file may have changed.
        _ => wanted.values().flatten().for_each(|(_, nudge)| {
            let _ = nudge.try_send(());
        }),
    }
}
