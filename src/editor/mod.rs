//! THE APP WITHOUT A WINDOW: the one list of commands, and the one place that applies them.
//!
//! An [`Editor`] owns tabs, jobs, settings and what waits for an answer. The window draws it, sends it commands and
//! text, and fulfils its [`Request`]s. Time and environment come in as arguments. Nothing here waits for a disk:
//! jobs do, and send back what they found.

mod arguments;
mod keymap;

pub mod headless;

mod command;
mod run;

mod jobs;

mod settings;

mod salvage;

mod session;

mod cache;

mod remembering;

mod journal_keeper;
mod journaling;

mod recovered_edits;
mod recovering;

mod restoring;

mod landing;
mod tab;

mod lock;
mod marking;

mod watching;

mod disk;

mod live;

mod following;

mod replacing;

mod streaming;

mod encodings;

mod recoding;

mod converting;

mod compressing;

mod columns;

mod parts;

mod bar;

mod labels;

mod opening;

mod fetching;

mod counting;

mod saving;

mod closing;

mod paths;

mod editing;

mod hex_editing;

mod clipboard;

mod navigation;

mod go_to;

mod times;

mod errors;

mod less;

mod find;

mod find_in_files;

mod list_place;

mod filter;

mod review;

mod coloring;

mod dialog;

mod notices;

#[cfg(any(test, fuzzing))]
pub mod fuzzing;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

pub use arguments::{Arguments, OpenTarget, Part, Position};
pub use bar::{Bar, BarAction, BarKind};
pub use coloring::COLORS;
pub use command::{Command, Entry, FindSwitch, Fit, Menu, Theme};
pub use converting::{Conversion, Converted};
pub use counting::Uncounted;
pub use dialog::{Answer, Dialog, GoTo, PathPurpose};
pub use encodings::{EncodingBox, EncodingChoice, EncodingPurpose};
pub use filter::{
    FilterEntry, FilterSet, LineList, LinesDeed, ListedLine, ListedLines, MOST_CONTEXT, Role as FilterRole,
};
pub use find::{
    FindBar, FindField, FindHistory, FindTone, FindWords, ReplaceAll, ReplaceIntoCopy, ShownChange,
};
pub use find_in_files::{FileChoices, FindInFiles, FittedLine, FoundRow, FoundRows, SearchedPlace};
pub use go_to::percent;
pub use jobs::{Running, Task};
pub use keymap::{Chord, Key};
pub use landing::{Landing, Spot};
pub use less::LESS_KEYS;
pub use lock::Lock;
pub use notices::{Notice, Offer};
pub use recovered_edits::{Comparison, Fits, ShownEdit};
pub use review::{PatchDeed, ReviewList, ReviewedEdit, ReviewedEdits};
pub use saving::SavePurpose;
pub use session::{Session, WindowPlace};
pub use settings::Settings;
pub use streaming::{Origin, Stream};
pub use tab::{HexColumn, Mode, Pane, Tab, TabId};

use cache::{IndexCache, Kept};
use clipboard::Clip;
use closing::{Closing, Quitting};
use columns::Columns;
use compressing::Compressed;
use jobs::{Finished, Jobs};
use journal_keeper::Journaled;
use journaling::Journaling;
use live::Looked;
use opening::{Inserted, Opened, Opening};
use parts::Composed;
use recovered_edits::Export;
use recovering::{Orphans, Recovered};
use remembering::Unwritten;
use restoring::Restoring;
use saving::{LeftOut, Written};
use streaming::Flowed;
use watching::Watching;

use crate::save::{self, Claims, FileSystem};
use crate::source::Writer;
use crate::text::LineEndings;

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
    Inserted(Inserted),
    Written(Box<Written>),
    /// The clipboard's text, or why there is none.
    Copied(Result<String, String>),
    Remembered(Result<(), String>),
    /// Something happened to the file of this tab.
    Noticed(TabId),
    /// The processes of other Hextants in which the file of this tab is being edited.
    Claimed(TabId, Vec<u32>),
    Looked(Box<Looked>),
    Writers(Vec<Writer>),
    LeftOut(LeftOut),
    Flowed(Box<Flowed>),
    Composed(Box<Composed>),
    Columns(Box<Columns>),
    /// What became of saves that had been interrupted, in words.
    SavesCompleted(Vec<String>),
    Compressed(Box<Compressed>),
    Journaled(Journaled),
    JournalsFound(recovering::Found),
    Recovered(Box<Recovered>),
    Compared(Box<Comparison>),
    /// What is to be written to this path.
    Exported(PathBuf, Box<Export>),
    Converted(Box<Result<Converted, converting::Failure>>),
    CopyMeasured(Box<find::CopyToWrite>),
    /// Of the document at this revision.
    Endings(u64, Result<LineEndings, String>),
    FoundMatch(Box<find::Looked>),
    FoundTime(Box<times::FoundTime>),
    FoundError(Box<errors::FoundError>),
    Counted(find::Counted),
    Replaceable(Box<find::Replaceable>),
    LookedUp(Box<filter::LookedUp>),
    Gathered(Box<filter::Gathered>),
    LineDensity(filter::LineDensity),
    FoundMarks(Box<marking::FoundMarks>),
    Described(Box<review::Described>),
    Patched(Box<review::Patched>),
    SoughtEdit(Box<review::SoughtEdit>),
    /// The text of the lines that match, or why there is none.
    Lines(Result<String, String>),
    /// Of the file in this state; and whether they really are.
    IndexKept(Kept, bool),
    /// Nothing but that it is done.
    Done,
}

/// The application without a window.
pub struct Editor {
    /// In the order in which they were asked for.
    pub tabs: Vec<Tab>,
    active: usize,
    /// The latest file asked for that came to the front, or that was outrun by what the person did since: files asked
    /// for before it do not come to the front when they arrive.
    foremost: u64,
    pub settings: Settings,
    pub session: Session,
    unwritten: Unwritten,
    journaling: Journaling,
    /// Which files are being edited, here and elsewhere.
    claims: Option<Claims>,
    orphans: Orphans,
    /// What is being opened, in the order in which it was asked for.
    openings: Vec<Opening>,
    restoring: Restoring,
    pub dialog: Option<Dialog>,
    /// Questions that wait until the open dialog is answered.
    questions: VecDeque<Dialog>,
    /// What the system's file dialog was opened for, and by which tab. There is one at a time.
    picking: Option<(PathPurpose, Option<TabId>)>,
    pub notices: Vec<Notice>,
    pub find: FindBar,
    pub line_list: LineList,
    pub find_in_files: FindInFiles,
    pub review_list: ReviewList,
    jobs: Jobs<Event>,
    watching: Option<Watching>,
    /// The folder for what is kept on disk as long as Hextant runs, and for what it knows of files.
    cache: PathBuf,
    /// Where line counts are kept for the next time; `None` where they are not.
    indexes: Option<IndexCache>,
    /// Where the journals of saves in place are kept; without it nothing is saved in place.
    saves: Option<PathBuf>,
    /// Bytes that the last large save wrote in a second; 0 before the first.
    save_rate: Arc<AtomicU64>,
    /// What files are saved to.
    files: Arc<dyn FileSystem>,
    less: less::LessKeys,
    /// Do keys go to the buttons of the bar?
    bar_has_keys: bool,
    requests: Vec<Request>,
    closed: Vec<OpenTarget>,
    clip: Option<Clip>,
    closing: Option<Closing>,
    quitting: Quitting,
    /// Counting is put off until the first frame is on screen.
    waits_until_shown: bool,
    untitled: u32,
    ids: u64,
    /// Line counts that became known are still being looked up.
    settling: bool,
    now: Duration,
}

impl Editor {
    pub fn new(settings: Settings, session: Session) -> Self {
        Self {
            tabs: Vec::new(),
            active: 0,
            foremost: 0,
            settings,
            session,
            unwritten: Unwritten::default(),
            journaling: Journaling::default(),
            claims: None,
            orphans: Orphans::default(),
            openings: Vec::new(),
            restoring: Restoring::default(),
            dialog: None,
            questions: VecDeque::new(),
            picking: None,
            notices: Vec::new(),
            find: FindBar::default(),
            line_list: LineList::default(),
            find_in_files: FindInFiles::default(),
            review_list: ReviewList::default(),
            jobs: Jobs::new(),
            watching: None,
            cache: std::env::temp_dir().join("hextant"),
            indexes: None,
            saves: None,
            save_rate: Arc::default(),
            files: Arc::new(save::Disk),
            less: less::LessKeys::default(),
            bar_has_keys: false,
            requests: Vec::new(),
            closed: Vec::new(),
            clip: None,
            closing: None,
            quitting: Quitting::No,
            waits_until_shown: false,
            untitled: 0,
            ids: 0,
            settling: false,
            now: Duration::ZERO,
        }
    }

    /// Keeps streams and what is known of files in this folder, which is made when it is needed.
    pub fn set_cache(&mut self, folder: PathBuf) {
        self.indexes = Some(IndexCache::new(&folder));
        self.cache = folder;
    }

    /// Saves in place where that is better, with journals in this folder, which is made when it is needed; and completes
    /// those that were interrupted.
    pub fn set_saves(&mut self, folder: PathBuf) {
        self.saves = Some(folder);
    }

    /// What to call, from any thread, when a job has something to show.
    pub fn set_wake(&mut self, wake: Arc<dyn Fn() + Send + Sync>) {
        self.jobs.set_wake(wake);
    }

    /// Takes in what jobs have done. `now` is monotonic. True if there is something new to draw.
    pub fn tick(&mut self, now: Duration) -> bool {
        self.now = now;
        let finished = self.jobs.finished(now);
        let mut news = finished.iter().any(|job| job.result.is_none() || !job.task.is_silent());
        finished.into_iter().for_each(|job| self.take_in(job));
        for event in self.jobs.news() {
            match event {
                Event::Noticed(tab) => self.check(tab),
                Event::Journaled(journaled) => self.journaled(journaled),
                Event::Claimed(tab, editors) => self.claimed(tab, editors),
                _ => {}
            }
        }
        self.keep_watching();
        news |= self.take_streams();
        self.look_where_the_person_looks();
        self.look_up_columns();
        self.search_on();
        self.keep_filtering();
        self.keep_reviewing();
        self.settling = false;
        for index in 0..self.tabs.len() {
            self.settling |= self.tabs[index].document.settle(SETTLED);
            news |= self.land(index) | self.tell_lost(index);
        }
        self.ask_next();
        self.keep_journals();
        self.tell_harmless();
        self.quit_when_written();
        let notices = self.notices.len();
        self.notices.retain(|notice| notice.until.is_none_or(|until| until > now));
        news | self.settling | (notices != self.notices.len())
    }

    fn take_in(&mut self, job: Finished<Event>) {
        let failed = job.result.is_none();
        match job.result {
            Some(Event::Opened(opened)) => self.opened(*opened),
            Some(Event::Inserted(inserted)) => self.inserted(inserted),
            Some(Event::Written(written)) => self.written(job.tab, *written),
            Some(Event::Copied(text)) => self.copied(text),
            Some(Event::Remembered(result)) => self.remembered(result),
            Some(Event::Looked(looked)) => self.looked(job.tab, *looked),
            Some(Event::Writers(writers)) => self.found_writers(job.tab, writers),
            Some(Event::LeftOut(left_out)) => self.left_out(job.tab, left_out),
            Some(Event::Flowed(flowed)) => self.flowed(job.tab, *flowed),
            Some(Event::Columns(columns)) => self.columns_found(job.tab, *columns),
            Some(Event::Composed(composed)) => self.composed(job.tab, *composed),
            Some(Event::Compressed(compressed)) => self.compressed(job.tab, *compressed),
            Some(Event::Converted(converted)) => self.converted(job.tab, *converted),
            Some(Event::CopyMeasured(measured)) => self.copy_measured(job.tab, *measured),
            Some(Event::Endings(revision, endings)) => self.endings_counted(job.tab, revision, endings),
            Some(Event::FoundMatch(looked)) => self.looked_for_match(job.tab, *looked),
            Some(Event::FoundTime(found)) => self.found_time(job.tab, *found),
            Some(Event::FoundError(found)) => self.found_error(job.tab, *found),
            Some(Event::LookedUp(lines)) => self.lines_looked_up(job.tab, *lines),
            Some(Event::Gathered(lines)) => self.lines_gathered(job.tab, *lines),
            Some(Event::LineDensity(density)) => self.lines_marked(job.tab, density),
            Some(Event::FoundMarks(found)) => self.found_marks(job.tab, &found),
            Some(Event::Described(edits)) => self.edits_described(job.tab, *edits),
            Some(Event::Patched(patched)) => self.patch_made(job.tab, *patched),
            Some(Event::SoughtEdit(found)) => self.edit_sought(job.tab, *found),
            Some(Event::Lines(text)) => self.lines_copied(text),
            Some(Event::Replaceable(found)) => self.found_replaceable(job.tab, *found),
            Some(Event::Counted(counted)) => self.counted_matches(job.tab, counted),
            Some(Event::IndexKept(kept, is_kept)) => self.index_kept(job.tab, kept, is_kept),
            Some(Event::SavesCompleted(told)) => self.saves_completed(told),
            Some(Event::JournalsFound(found)) => self.journals_found(found),
            Some(Event::Recovered(recovered)) => self.recovered(*recovered),
            Some(Event::Compared(comparison)) => self.compared(*comparison),
            Some(Event::Exported(path, export)) => self.exported(path, *export),
            Some(Event::Noticed(_) | Event::Claimed(..) | Event::Journaled(_) | Event::Done) => {}
            None => self.job_failed(job.task, job.tab),
        }
        match job.task {
            Task::Fetch => self.fetched(job.tab, job.id),
            Task::Count => self.counted(job.tab, failed),
            _ => {}
        }
    }

    fn job_failed(&mut self, task: Task, tab: Option<TabId>) {
        self.error(format!("{} stopped by an error in Hextant itself. Nothing was lost.", task.doing()));
        if task == Task::Save {
            self.not_closed(tab);
        }
    }

    /// How long until [`Editor::tick`] has something to do by itself: while jobs show progress, and when a notice
    /// is about to go.
    pub fn next_tick(&self) -> Option<Duration> {
        let shown = |job: &Running| job.task.is_shown();
        let jobs = self.jobs.running().iter().any(shown).then_some(Duration::from_millis(100));
        let settling = self.settling.then_some(Duration::from_millis(10));
        let notice = self.notices.iter().filter_map(|notice| notice.until).min();
        let later = |then: Duration| then.saturating_sub(self.now) + Duration::from_millis(1);
        let (notice, search) = (notice.map(later), self.find.due().map(later));
        let ending = self.is_ending().then_some(Duration::from_millis(100));
        [jobs, settling, ending, notice, search, self.next_look_at_streams(), self.next_harmless()]
            .into_iter()
            .flatten()
            .min()
    }

    /// Is there something that only drawing another frame shows: a caret to be brought into sight, the find bar, or a
    /// loss that was met while drawing this one?
    pub fn wants_frame(&self) -> bool {
        self.find.wants_keys()
            || self.line_list.wants_keys()
            || self.find_in_files.wants_keys()
            // What is not drawn brings nothing into sight.
            || !self.line_list.is_full() && self.tab().is_some_and(|tab| tab.wants_reveal() || tab.met_loss())
    }

    /// Do keys go to something else than the document?
    pub fn keys_are_elsewhere(&self) -> bool {
        self.dialog.is_some() || self.bar_has_keys() || self.find.has_keys() || self.list_has_keys()
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

    /// Brings a tab to the front, as the person asks. Files still being opened stay in the back.
    pub fn activate(&mut self, index: usize) {
        if index < self.tabs.len() {
            self.foremost = self.ids;
            self.show(index);
        }
    }

    /// Brings a tab to the front.
    fn show(&mut self, index: usize) {
        if index != self.active {
            self.leave_go_to();
            self.active = index;
        }
        self.go_on(index);
    }

    fn index_of(&self, id: TabId) -> Option<usize> {
        self.tabs.iter().position(|tab| tab.id == id)
    }

    fn new_id(&mut self) -> u64 {
        self.ids += 1;
        self.ids
    }

    pub fn jobs(&self) -> &[Running] {
        self.jobs.running()
    }

    /// Cancels a tab's jobs of this kind.
    pub fn cancel(&mut self, task: Task, tab: TabId) {
        self.jobs.cancel(task, Some(tab));
        let Some(index) = self.index_of(tab) else {
            return;
        };
        match task {
            Task::Fetch => self.tabs[index].stop_waiting(),
            Task::Count => self.tabs[index].counting = None,
            Task::Stream => self.tabs[index].stream_cancelled(),
            _ => {}
        }
    }

    /// What the window has to do now.
    pub fn take_requests(&mut self) -> Vec<Request> {
        std::mem::take(&mut self.requests)
    }

    pub fn now(&self) -> Duration {
        self.now
    }

    /// Ticks until no job is under way, at most for `limit`: for tests and tools.
    pub fn settle(&mut self, limit: Duration) -> bool {
        let start = std::time::Instant::now();
        loop {
            self.tick(self.now);
            if self.jobs.running().is_empty() && !self.settling {
                return true;
            }
            if start.elapsed() > limit {
                return false;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Pieces whose line counts are looked up in a tick, at most.
const SETTLED: usize = 256;
