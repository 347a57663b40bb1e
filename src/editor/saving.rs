use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::disk::{Shown, Unfinished};
use super::opening::file_name;
use super::{Command, Dialog, Editor, Event, Offer, PathPurpose, Stream, TabId, Task};
use crate::document::{Content, Replacement, Snapshot, StepKind};
use crate::hex::grouped;
use crate::save::{self, Expect, FileSystem, Reached, Recovered, SaveError, Saved};
use crate::source::{self, Cancel, Identity, Source};
use crate::text::Encoding;

/// So long a save waits until it stands in the journal of unsaved edits that it is one: a disk that does not answer keeps
/// nobody from saving to another.
const PATIENCE: Duration = Duration::from_secs(2);

/// A save of fewer bytes says little about how fast the disk is.
const TELLING: u64 = 64 << 20;

/// What is saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SavePurpose {
    /// The document itself, to this path.
    Document(PathBuf),
    /// The document, back into the part of this file that it shows.
    Part(PathBuf),
    /// A part of it, which leaves the document where it was.
    Selection,
    /// What was made of it, in this encoding, to be opened then.
    Converted(Encoding),
}

impl SavePurpose {
    /// The file that is the document's own.
    fn path(&self) -> Option<&Path> {
        match self {
            Self::Document(path) | Self::Part(path) => Some(path),
            Self::Selection | Self::Converted(_) => None,
        }
    }
}

/// How a save ended.
pub(super) struct Written {
    request: save::Request,
    purpose: SavePurpose,
    result: Result<Saved, SaveError>,
    /// The file as it was written.
    shown: Option<Shown>,
    /// The part of it that the document shows.
    part: Option<Arc<dyn Source>>,
}

impl Written {
    /// What comes of a save that ended with `result`; looks at the file, waiting for the disk. `part` is what was written
    /// into a part of it, and where that is.
    pub fn event(
        request: save::Request,
        purpose: SavePurpose,
        result: Result<Saved, SaveError>,
        part: Option<&(Snapshot, Range<u64>)>,
    ) -> Event {
        let saved = match &result {
            Ok(saved) => Some(saved),
            Err(SaveError::Unconfirmed { saved, .. }) => saved.as_deref(),
            Err(_) => None,
        };
        let part = part.filter(|_| matches!(purpose, SavePurpose::Part(_)));
        let part = saved.zip(part).and_then(|(saved, (_, range))| {
            let options = source::Options { range: Some(range.clone()), ..source::Options::default() };
            let part = source::open_with(&saved.path, &options);
            part.ok().map(|opened| (opened.source, range.clone()))
        });
        let shown = match (&part, &purpose) {
            (Some((part, range)), _) => Shown::of(part, Some(range.clone())),
            (None, SavePurpose::Part(_)) => None,
            // Somebody may have cut it, or written to it, before it was opened again: a look tells that.
            (None, _) => saved
                .filter(|saved| saved.source.len() == request.snapshot.len())
                .and_then(|saved| Shown::of(&saved.source, None)),
        };
        let part = part.map(|(part, _)| part);
        Event::Written(Box::new(Self { request, purpose, result, shown, part }))
    }
}

/// What a truncated file lost of a document that is to be saved to another.
pub(super) struct LeftOut {
    path: PathBuf,
    revision: u64,
    ranges: Vec<Range<u64>>,
}

impl Editor {
    /// Saves the active document where it came from; does nothing when nothing changed.
    pub(super) fn save(&mut self) {
        let Some(tab) = self.tab() else { return };
        let id = tab.id;
        let Some(path) = tab.path.clone() else {
            return match tab.compressed() {
                Some(_) if !tab.document.is_modified() => {}
                Some((path, compression)) => {
                    let path = path.to_owned();
                    self.ask(Dialog::Compress { tab: id, path, compression });
                }
                None => self.ask_for_target(PathPurpose::SaveAs),
            };
        };
        if let Some(len) = tab.disk.lost_from() {
            let text = format!(
                "“{}” was truncated to {len} bytes while it was open. Saving here is refused, because the rest is \
                 gone; Save as writes what is left.",
                tab.name
            );
            self.not_closed(Some(id));
            return self.error_with(text, Some(Offer { label: "Save as…", command: Command::SaveAs }));
        }
        if tab.is_removed() {
            self.save_document(id, path, Expect::New);
        } else if tab.is_edited() {
            let expect = tab.identity.map_or(Expect::Anything, Expect::Unchanged);
            self.save_document(id, path, expect);
        }
    }

    /// Saves over what changed on disk, as a person chose.
    pub(super) fn save_anyway(&mut self, id: TabId) {
        if let Some(path) = self.index_of(id).and_then(|index| self.tabs[index].path.clone()) {
            self.save_document(id, path, Expect::Anything);
        }
    }

    /// Saves a tab to a path that a person named. If something is there already, they are asked.
    pub(super) fn save_to(&mut self, id: TabId, purpose: PathPurpose, path: PathBuf) {
        match purpose {
            PathPurpose::SaveAs => self.save_left(id, path),
            PathPurpose::SaveSelection => self.save_selection(id, path),
            PathPurpose::Converted(conversion) => self.convert_into(id, conversion, path),
            PathPurpose::Replaced => self.replace_into(id, path),
            PathPurpose::SaveLines | PathPurpose::SavePatch => self.save_lines(id, path),
            PathPurpose::Open
            | PathPurpose::OpenPart
            | PathPurpose::InsertFile
            | PathPurpose::SearchedFolder
            | PathPurpose::SaveRecovered(_) => {}
        }
    }

    /// Saves to another file, without what a truncated one has lost.
    fn save_left(&mut self, id: TabId, path: PathBuf) {
        let Some(index) = self.index_of(id) else {
            return;
        };
        let tab = &self.tabs[index];
        let Some(from) = tab.disk.lost_from() else {
            return self.save_document(id, path, Expect::New);
        };
        let snapshot = tab.document.snapshot();
        self.jobs.spawn(Task::Save, Some(id), 0, move |_, _| {
            let (revision, ranges) = (snapshot.revision(), lost(&snapshot, from));
            Event::LeftOut(LeftOut { path, revision, ranges })
        });
    }

    pub(super) fn left_out(&mut self, tab: Option<TabId>, LeftOut { path, revision, ranges }: LeftOut) {
        let Some(index) = tab.and_then(|id| self.index_of(id)) else {
            return;
        };
        let tab = &mut self.tabs[index];
        let id = tab.id;
        if tab.document.snapshot().revision() != revision {
            return self.save_left(id, path);
        }
        let nothing = |range| Replacement { range, content: Content::Bytes(Vec::new()) };
        let replacements: Vec<_> = ranges.into_iter().map(nothing).collect();
        let carets = tab.selection.carets().to_vec();
        let kind = StepKind::Whole("Leave out what is lost");
        if let Ok(applied) = tab.document.edit(replacements, kind, &carets, self.now) {
            tab.follow_edit(&applied);
        }
        self.save_document(id, path, Expect::New);
    }

    fn save_document(&mut self, id: TabId, path: PathBuf, expect: Expect) {
        let Some(index) = self.index_of(id) else {
            return;
        };
        let tab = &mut self.tabs[index];
        if tab.path.is_none() && tab.stream.as_ref().is_some_and(Stream::may_go_on) {
            // The tab stays where more is to come.
            let request = save::Request::new(tab.document.snapshot(), path, expect);
            return self.write(id, request, SavePurpose::Selection);
        }
        let part = tab.part.clone().filter(|_| tab.path.as_ref() == Some(&path));
        let document = &mut tab.document;
        // Undo is to come back to exactly what is on disk.
        document.end_step();
        let snapshot = document.snapshot();
        match part {
            Some(part) => self.save_part(id, snapshot, path, part, expect),
            None => {
                let mut request = save::Request::new(snapshot, path.clone(), expect);
                let tab = &self.tabs[index];
                // Removed, and saved where it was.
                if expect == Expect::New && tab.path.as_ref() == Some(&path) {
                    request.mode = tab.disk.mode;
                }
                self.write(id, request, SavePurpose::Document(path));
            }
        }
    }

    fn save_selection(&mut self, id: TabId, path: PathBuf) {
        let Some(index) = self.index_of(id) else {
            return;
        };
        let snapshot = self.tabs[index].selected_contents();
        let request = save::Request::new(snapshot, path, Expect::New);
        self.write(id, request, SavePurpose::Selection);
    }

    /// Saves the lines that match, or a patch.
    fn save_lines(&mut self, id: TabId, path: PathBuf) {
        let Some(index) = self.index_of(id) else {
            return;
        };
        if let Some(snapshot) = self.tabs[index].lines_to_save.take() {
            let request = save::Request::new(snapshot, path, Expect::New);
            self.write(id, request, SavePurpose::Selection);
        }
    }

    /// Carries out a request in the background.
    pub(super) fn write(&mut self, id: TabId, request: save::Request, purpose: SavePurpose) {
        let rate = Some(self.save_rate.load(Ordering::Relaxed)).filter(|rate| *rate > 0);
        let is_its_own = matches!(purpose, SavePurpose::Document(_) | SavePurpose::Part(_));
        let request = save::Request {
            state: self.saves.clone(),
            verify: self.settings.verify_saves,
            backup: self.settings.backups && is_its_own,
            rate,
            ..request
        };
        let task = match purpose {
            SavePurpose::Document(_) | SavePurpose::Part(_) => Task::Save,
            SavePurpose::Selection | SavePurpose::Converted(_) => Task::Export,
        };
        if task == Task::Save && self.jobs.is_running(Task::Save, Some(id)) {
            return self.tell("It is being saved already.");
        }
        let part = match (&purpose, self.index_of(id)) {
            (SavePurpose::Part(_), Some(index)) => self.tabs[index].part_being_saved.clone(),
            _ => None,
        };
        let is_written = match &purpose {
            SavePurpose::Document(path)
                if self.index_of(id).is_some_and(|index| self.tabs[index].path.as_ref() == Some(path)) =>
            {
                self.journal_saving(id, &request.snapshot)
            }
            _ => None,
        };
        let (total, files) = (request.snapshot.len(), Arc::clone(&self.files));
        let save_rate = Arc::clone(&self.save_rate);
        self.jobs.spawn(task, Some(id), total, move |cancel, progress| {
            if let Some(is_written) = is_written {
                // It is dropped when that is done, or cannot be.
                let _ = is_written.recv_timeout(PATIENCE);
            }
            let start = Instant::now();
            let result = save::save(&request, &*files, cancel, progress);
            if let Some(rate) = rate_of(progress.done(), start.elapsed()).filter(|_| result.is_ok()) {
                save_rate.store(rate, Ordering::Relaxed);
            }
            Written::event(request, purpose, result, part.as_ref())
        });
    }

    pub(super) fn written(&mut self, tab: Option<TabId>, written: Written) {
        let Written { request, purpose, result, shown, part } = written;
        let is_part = matches!(purpose, SavePurpose::Part(_));
        let is_its_own = is_part || matches!(purpose, SavePurpose::Document(_));
        if (shown.is_some() || is_part && result.is_ok())
            && is_its_own
            && let Some(index) = tab.and_then(|id| self.index_of(id))
        {
            self.tabs[index].disk.rest_on(shown);
        }
        match (result, purpose) {
            (Ok(saved), SavePurpose::Selection) => {
                let stream =
                    tab.and_then(|id| self.index_of(id)).and_then(|index| self.tabs[index].stream.as_ref());
                let more = match stream.is_some_and(Stream::may_go_on) {
                    true => " What comes from now on is not in it.",
                    false => "",
                };
                self.tell(format!("Saved “{}”.{more}", saved.path.display()));
            }
            (Ok(saved), SavePurpose::Converted(encoding)) => self.open_converted(saved.path, encoding),
            (Ok(saved), SavePurpose::Part(_)) => {
                self.rest_on_part(tab, &saved, part);
                self.saved_to_close(tab);
            }
            (Ok(saved), SavePurpose::Document(path)) => {
                self.rest_on(tab, &request, saved, path);
                self.saved_to_close(tab);
            }
            (Err(error), purpose) => self.not_written(tab, error, request, purpose),
        }
        if let Some(id) = tab {
            // What happened to the file while it was being saved was not looked at.
            self.check(id);
        }
    }

    /// Tells why a save did not happen, or asks what to do about it.
    fn not_written(
        &mut self,
        tab: Option<TabId>,
        error: SaveError,
        request: save::Request,
        purpose: SavePurpose,
    ) {
        let text = error.to_string();
        let open = tab.filter(|id| self.index_of(*id).is_some());
        if !matches!(error, SaveError::Cancelled { .. }) {
            self.stay();
        }
        let question = match (error, purpose, open) {
            // Who closed the document meanwhile did so on purpose.
            (SaveError::Cancelled { .. }, _, None) => return,
            (SaveError::Cancelled { .. }, _, Some(_)) => {
                self.not_closed(tab);
                return self.tell(text);
            }
            (SaveError::Exists { path }, purpose, Some(tab)) => {
                let request = Box::new(save::Request { expect: Expect::Anything, ..request });
                Dialog::Replace { tab, path, request, purpose }
            }
            (SaveError::Changed { .. }, SavePurpose::Document(_) | SavePurpose::Part(_), Some(tab)) => {
                Dialog::ChangedOnDisk { tab, text }
            }
            (SaveError::Unaccepted { warnings, .. }, purpose, Some(tab)) => {
                let accepted = [request.accepted.clone(), warnings].concat();
                let request = Box::new(save::Request { accepted, ..request });
                Dialog::SaveLoses { tab, text, request, purpose }
            }
            (SaveError::Unconfirmed { saved: Some(saved), .. }, SavePurpose::Document(path), Some(_)) => {
                self.rest_on(tab, &request, *saved, path);
                self.not_closed(tab);
                return self.error(text);
            }
            (SaveError::Interrupted { reached, .. }, purpose, Some(id)) if purpose.path().is_some() => {
                let unfinished = Unfinished { request, purpose, reached, written: None };
                return self.broke_off(id, unfinished, text);
            }
            (SaveError::Unconfirmed { saved: None, written: Some(written), .. }, purpose, Some(id))
                if purpose.path().is_some() =>
            {
                let written = Some(*written);
                let unfinished = Unfinished { request, purpose, reached: Reached::All, written };
                return self.broke_off(id, unfinished, text);
            }
            (_, purpose, _) => {
                self.not_closed(tab);
                let here = self.tab().is_some_and(|active| Some(active.id) == tab);
                let is_document = matches!(purpose, SavePurpose::Document(_) | SavePurpose::Part(_));
                let offer = Offer { label: "Save as…", command: Command::SaveAs };
                return self.error_with(text, (here && is_document).then_some(offer));
            }
        };
        self.ask(question);
    }

    /// A save of a document broke off: what its file holds is told from what it is to hold, until somebody completes it.
    fn broke_off(&mut self, id: TabId, unfinished: Unfinished, text: String) {
        let own = self.index_of(id).filter(|at| self.tabs[*at].path.as_deref() == unfinished.purpose.path());
        let offer = match own {
            Some(_) => Offer { label: "Save again", command: Command::Save },
            None => Offer { label: "Save as…", command: Command::SaveAs },
        };
        if let Some(index) = own {
            if let Some(written) = unfinished.written {
                // What is saved next goes over what was written now.
                self.tabs[index].identity = Some(written);
            }
            self.tabs[index].disk.leave_unfinished(unfinished);
        }
        self.not_closed(Some(id));
        let here = self.tab().is_some_and(|active| active.id == id);
        self.error_with(text, here.then_some(offer));
    }

    /// The document's contents are on disk, under this path.
    fn rest_on(&mut self, tab: Option<TabId>, request: &save::Request, saved: Saved, path: PathBuf) {
        let Some(index) = tab.and_then(|id| self.index_of(id)) else {
            return;
        };
        let tab = &mut self.tabs[index];
        let id = tab.id;
        if saved.source.len() == request.snapshot.len() {
            tab.document.rest_on(&request.snapshot, saved.source, saved.index);
        } else {
            // It was changed since it was saved: it is looked at again.
            tab.document.mark_saved(&request.snapshot);
        }
        if saved.forgot {
            tab.document.forget_history();
        }
        // Of what was read into memory nothing is needed on the disk.
        let is_read = tab.disk.shown.as_ref().is_some_and(|shown| shown.source.is_own());
        tab.held += if is_read { 0 } else { saved.held };
        tab.identity = Some(saved.identity);
        tab.kept = None;
        if tab.path.as_deref() != Some(&path) {
            tab.name = file_name(&saved.path);
            // It is a whole file now, and another.
            (tab.part, tab.disk.mode) = (None, None);
            tab.path = Some(saved.path.clone());
            tab.locked = None;
            self.session.remember_open(&saved.path);
            self.write_session();
            self.name_tabs();
        }
        self.count_lines(id);
        self.journal_file_of(index);
        self.keep_index(id);
    }
}

impl Editor {
    /// Completes, in the background, saves that were interrupted.
    pub(super) fn recover_saves(&mut self) {
        if let Some(saves) = self.saves.clone() {
            let files = Arc::clone(&self.files);
            self.jobs.spawn(Task::Recover, None, 0, move |_, _| {
                let outcomes = save::recover(&saves, &*files).into_iter();
                // Who is at it tells: another job of ours, most likely.
                let outcomes = outcomes.filter(|outcome| !matches!(outcome, Recovered::Busy { .. }));
                Event::SavesCompleted(outcomes.map(|outcome| outcome.to_string()).collect())
            });
        }
    }

    /// Tells what became of saves that were interrupted.
    pub(super) fn saves_completed(&mut self, told: Vec<String>) {
        if told.is_empty() {
            return;
        }
        for text in told {
            self.error(text);
        }
        let waits = self.tabs.iter().filter(|tab| tab.disk.unfinished().is_some());
        for id in waits.map(|tab| tab.id).collect::<Vec<_>>() {
            self.check(id);
        }
    }
}

impl Editor {
    /// Asks whether what undo through saves holds on the disk is to be let go.
    pub(super) fn ask_to_forget_old_versions(&mut self) {
        let Some(tab) = self.tab() else { return };
        let text = format!(
            "To undo what was before the last saves of “{}”, old versions of it take {} bytes on the disk. They can be let \
             go: the file stays as it is, but nothing that was done up to now can be undone any more.",
            tab.name,
            grouped(tab.held)
        );
        let id = tab.id;
        self.ask(Dialog::ForgetOldVersions { tab: id, text });
    }

    /// Reads the file anew: with the document goes what it held.
    pub(super) fn forget_old_versions(&mut self, id: TabId) {
        let is_saved = |index: &usize| !self.tabs[*index].is_unsaved();
        match self.index_of(id).filter(is_saved) {
            Some(_) => self.reload(id),
            None => self.tell("It has been edited since. Save it first."),
        }
    }
}

/// Bytes per second, if so many say something.
fn rate_of(bytes: u64, time: Duration) -> Option<u64> {
    (bytes >= TELLING).then(|| (bytes as f64 / time.as_secs_f64().max(1e-3)) as u64)
}

/// Completes saves that were interrupted before what is in `path` is looked at: what became of them, and why the file cannot
/// be used, if its own is not complete. Waits a moment for who may be at it already.
pub(super) fn recover_before(
    path: &Path,
    saves: &Path,
    files: &dyn FileSystem,
    cancel: &Cancel,
) -> (Vec<String>, Option<String>) {
    const TRIES: u32 = 50;
    let mut told = Vec::new();
    for _ in 0..TRIES {
        let file = source::identity_of(path).ok().flatten();
        let own = file.map(|file| save::journal_of(saves, &file));
        let is_it = |other: &Path| {
            let same = |other: Identity| {
                file.is_some_and(|file| (file.device, file.inode) == (other.device, other.inode))
            };
            own.as_deref() == Some(other) || source::identity_of(other).ok().flatten().is_some_and(same)
        };
        let (mut is_busy, mut unfinished) = (false, None);
        for outcome in save::recover(saves, files) {
            match outcome {
                Recovered::Busy { journal } => is_busy |= own == Some(journal),
                Recovered::Failed { ref path, .. } if is_it(path) => unfinished = Some(outcome.to_string()),
                outcome => told.push(outcome.to_string()),
            }
        }
        if unfinished.is_some() || !is_busy || cancel.is_cancelled() {
            return (told, unfinished);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let why =
        format!("“{}” is being saved by another window just now. Open it when that is done.", path.display());
    (told, Some(why))
}

/// The ranges of a document that stood behind `from` in the file that it rests on.
fn lost(snapshot: &Snapshot, from: u64) -> Vec<Range<u64>> {
    let mut ranges: Vec<Range<u64>> = Vec::new();
    for span in snapshot.spans(0..snapshot.len()) {
        let Some(base) = span.base else { continue };
        let start = span.range.start + from.saturating_sub(base);
        match ranges.last_mut() {
            _ if start >= span.range.end => {}
            Some(last) if last.end == start => last.end = span.range.end,
            _ => ranges.push(start..span.range.end),
        }
    }
    ranges
}
