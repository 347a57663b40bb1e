use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use arc_swap::ArcSwap;

use super::rewrite::{Kept, Place, Preserved, Step};
use super::tally;
use super::{Chunk, Identity, Lost, SLICE, Scanned, Source, TryRead, check_range};

/// A file as it was when it was opened, whatever we have saved into it in place since.
///
/// As long as nothing was, every call goes straight to the file. Afterwards each byte is looked for where it went: it
/// stands where it stood, or elsewhere in the file, or it was preserved before it was overwritten. While a save is
/// under way this changes from window to window; what is read is believed only if it did not change meanwhile.
#[derive(Debug)]
pub struct Rewritten {
    /// The file as it is now, read without regard to any of this.
    file: Arc<dyn Source>,
    /// Where in the file the source begins.
    start: u64,
    rewrites: Arc<Rewrites>,
    /// How many times the file had been rewritten when it was opened.
    since: usize,
}

/// Everything that was saved in place into one file while somebody had it open, in order.
#[derive(Debug, Default)]
pub struct Rewrites {
    steps: ArcSwap<Vec<Arc<Step>>>,
}

/// A save in place that is under way: tells all who have the file open where its old bytes are.
#[derive(Debug)]
pub struct Rewriting(Arc<Rewrites>);

/// Device and inode.
type File = (u64, u64);

/// The files that are open. One list for the whole process, like the system's own of inodes, because whoever writes into
/// a file has to reach all who read it: other documents under other names, clips, jobs. Locked to open a file and to
/// begin a save, never to read.
static OPEN: Mutex<BTreeMap<File, Weak<Rewrites>>> = Mutex::new(BTreeMap::new());

impl Rewrites {
    /// Those of the file that has this identity, if somebody has it open.
    pub fn of(identity: &Identity) -> Option<Arc<Self>> {
        let open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        open.get(&(identity.device, identity.inode))?.upgrade()
    }

    fn of_opened(identity: &Identity) -> Arc<Self> {
        let mut open = OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        open.retain(|_, rewrites| rewrites.strong_count() > 0);
        let file = (identity.device, identity.inode);
        if let Some(rewrites) = open.get(&file).and_then(Weak::upgrade) {
            return rewrites;
        }
        let rewrites = Arc::<Self>::default();
        open.insert(file, Arc::downgrade(&rewrites));
        rewrites
    }

    /// Bytes that are preserved of what was overwritten.
    pub fn preserved(&self) -> u64 {
        self.steps.load().iter().map(|step| step.preserved.len()).sum()
    }

    /// The bytes of the file in the state `before` that are not in `kept` are about to be overwritten; of them, those
    /// in `preserved` stay readable. `file` reads what is in the file at any moment.
    pub fn begin(
        self: Arc<Self>,
        before: Identity,
        kept: Arc<[Kept]>,
        preserved: Preserved,
        file: Arc<dyn Source>,
    ) -> Rewriting {
        self.steps.rcu(|steps| {
            let step = Step::new(before, Arc::clone(&kept), preserved.clone(), Arc::clone(&file));
            steps.iter().cloned().chain([Arc::new(step)]).collect::<Vec<_>>()
        });
        Rewriting(self)
    }

    /// The save that was begun and broke off, to go on with it.
    pub fn resume(self: Arc<Self>) -> Option<Rewriting> {
        let is_open = self.steps.load().last().is_some_and(|step| step.after.is_none());
        is_open.then(|| Rewriting(self))
    }

    /// The last save in place, ended or not: the state of the file before it, after it if it was ended, and what it keeps.
    pub fn last(&self) -> Option<(Identity, Option<Identity>, Arc<[Kept]>)> {
        self.steps.load().last().map(|step| (step.before, step.after, step.kept()))
    }

    /// The state that a save in place made of the file, if `before` was its state before that.
    pub fn after(&self, before: &Identity) -> Option<Identity> {
        let steps = self.steps.load();
        steps.last().filter(|step| step.before.change(Some(*before)) == super::Change::Same)?.after
    }
}

impl Rewriting {
    /// The bytes of these ranges of the old file, one behind the other in `bytes`, are about to be moved: until
    /// [`Rewriting::moved`] says that they are, they are in none of both places.
    pub fn moving(&self, ranges: Vec<Range<u64>>, bytes: impl Into<Arc<[u8]>>) {
        let flux = Preserved::new(ranges, bytes);
        self.change(|step| step.in_flux = flux.clone());
    }

    /// Of what moves to the right, everything from `right` on is in its new place; of what moves to the left, everything up
    /// to `left`.
    pub fn moved(&self, right: u64, left: u64) {
        self.change(|step| {
            step.in_flux = Preserved::default();
            (step.right, step.left) = (right, left);
        });
    }

    /// The file is rewritten, which made it `after`; `file` reads it.
    pub fn finish(self, after: Identity, file: Arc<dyn Source>) {
        self.change(|step| {
            step.in_flux = Preserved::default();
            (step.right, step.left) = (0, u64::MAX);
            step.after = Some(after);
            step.file = Arc::clone(&file);
        });
    }

    /// The state of the file before.
    pub fn before(&self) -> Option<Identity> {
        self.0.last().map(|(before, ..)| before)
    }

    /// Nothing was written: the file is what it was.
    pub fn forget(self) {
        self.0.steps.rcu(|steps| steps[..steps.len() - 1].to_vec());
    }

    fn change(&self, change: impl Fn(&mut Step)) {
        self.0.steps.rcu(|steps| {
            let mut steps = Vec::clone(steps);
            if let Some(last) = steps.last_mut() {
                let mut step = Step::clone(last);
                change(&mut step);
                *last = Arc::new(step);
            }
            steps
        });
    }
}

impl Rewritten {
    /// `file`, which begins at `start` of the file that it identifies; as it is where it identifies none.
    pub fn over(file: Arc<dyn Source>, start: u64) -> Arc<dyn Source> {
        let Some(identity) = file.identity() else {
            return file;
        };
        let rewrites = Rewrites::of_opened(&identity);
        let since = rewrites.steps.load().len();
        Arc::new(Self { file, start, rewrites, since })
    }

    /// What happened to the file since it was opened; `None` if nothing.
    fn steps(&self) -> Steps {
        Steps { all: self.rewrites.steps.load_full(), since: self.since }
    }

    /// Is what was read by `steps` what the file held?
    fn is_current(&self, steps: &Steps) -> bool {
        Arc::ptr_eq(&self.rewrites.steps.load(), &steps.all)
    }
}

/// All steps at one moment.
struct Steps {
    all: Arc<Vec<Arc<Step>>>,
    since: usize,
}

impl Steps {
    /// The file as the last of them left it; `None` if there was none since.
    fn file(&self) -> Option<&Arc<dyn Source>> {
        self.all[self.since..].last().map(|step| &step.file)
    }

    /// Where the byte at `at` of the file as it was is now, and how many bytes, up to `len`, follow it there.
    fn place(&self, at: u64, len: u64) -> (Place<'_>, u64) {
        let (mut at, mut len) = (at, len);
        for step in &self.all[self.since..] {
            match step.place(at, len) {
                (Place::File(place), run) => (at, len) = (place, run),
                other => return other,
            }
        }
        (Place::File(at), len)
    }
}

fn overwritten() -> Lost {
    Lost::Unreadable("it was overwritten when the file was saved in place".into())
}

type Publish<'a> = dyn FnMut(Range<u64>, Result<u64, Lost>) -> ControlFlow<()> + 'a;

impl Rewritten {
    /// Publishes what `tally` counts from `at` on in the file as it was opened, for as long as nobody rewrites it. Gives
    /// how far that came.
    fn while_current(
        &self,
        mut at: u64,
        tally: &mut dyn FnMut(&mut Publish<'_>) -> ControlFlow<()>,
        publish: &mut Publish<'_>,
    ) -> ControlFlow<(), u64> {
        let steps = self.steps();
        if steps.file().is_some() {
            return ControlFlow::Continue(at);
        }
        let mut broke = false;
        let _ = tally(&mut |chunks, counted| {
            if !self.is_current(&steps) {
                return ControlFlow::Break(());
            }
            at = chunks.end;
            let flow = publish(chunks, counted);
            broke = flow.is_break();
            flow
        });
        if broke { ControlFlow::Break(()) } else { ControlFlow::Continue(at) }
    }

    /// Reads by `steps`, through `read` where the bytes are in the file.
    fn fill(
        &self,
        steps: &Steps,
        offset: u64,
        buf: &mut [u8],
        read: impl Fn(&dyn Source, u64, &mut [u8]) -> TryRead,
    ) -> TryRead {
        let Some(file) = steps.file() else {
            return read(&*self.file, offset, buf);
        };
        let mut done = 0;
        while done < buf.len() {
            let at = self.start + offset + done as u64;
            let (place, run) = steps.place(at, (buf.len() - done) as u64);
            let part = &mut buf[done..done + run as usize];
            match place {
                Place::Bytes(bytes) => part.copy_from_slice(bytes),
                Place::Lost => return TryRead::Lost(overwritten()),
                Place::File(at) => match read(&**file, at, part) {
                    TryRead::Ready => {}
                    other => return other,
                },
            }
            done += run as usize;
        }
        TryRead::Ready
    }
}

impl Source for Rewritten {
    fn len(&self) -> u64 {
        self.file.len()
    }

    fn identity(&self) -> Option<Identity> {
        self.file.identity()
    }

    fn is_own(&self) -> bool {
        self.file.is_own()
    }

    fn try_read_at(&self, offset: u64, buf: &mut [u8]) -> TryRead {
        check_range(self, &(offset..offset + buf.len() as u64));
        let steps = self.steps();
        let answer = self.fill(&steps, offset, buf, |file, at, part| file.try_read_at(at, part));
        if self.is_current(&steps) { answer } else { TryRead::Pending }
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), Lost> {
        check_range(self, &(offset..offset + buf.len() as u64));
        loop {
            let steps = self.steps();
            let answer = self.fill(&steps, offset, buf, |file, at, part| match file.read_at(at, part) {
                Ok(()) => TryRead::Ready,
                Err(lost) => TryRead::Lost(lost),
            });
            if self.is_current(&steps) {
                return match answer {
                    TryRead::Lost(lost) => Err(lost),
                    TryRead::Ready | TryRead::Pending => Ok(()),
                };
            }
        }
    }

    fn scan(
        &self,
        range: Range<u64>,
        visit: &mut dyn FnMut(Scanned<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        check_range(self, &range);
        let mut at = range.start;
        while at < range.end {
            let steps = self.steps();
            let (file, place, run) = match steps.file() {
                None => (&self.file, Place::File(at), range.end - at),
                Some(file) => {
                    let (place, run) = steps.place(self.start + at, range.end - at);
                    (file, place, run)
                }
            };
            let from = match place {
                Place::Bytes(bytes) => {
                    for bytes in bytes.chunks(SLICE) {
                        visit(Scanned::Data { offset: at, bytes })?;
                        at += bytes.len() as u64;
                    }
                    continue;
                }
                Place::Lost => {
                    visit(Scanned::Lost(at..at + run, overwritten()))?;
                    at += run;
                    continue;
                }
                Place::File(from) => from,
            };
            let mut broke = false;
            let run_start = at;
            let here = |range: &Range<u64>| run_start + (range.start - from)..run_start + (range.end - from);
            let _ = file.scan(from..from + run, &mut |scanned| {
                if !self.is_current(&steps) {
                    return ControlFlow::Break(());
                }
                let scanned = match scanned {
                    Scanned::Data { offset, bytes } => {
                        Scanned::Data { offset: run_start + (offset - from), bytes }
                    }
                    Scanned::Hole(range) => Scanned::Hole(here(&range)),
                    Scanned::Lost(range, lost) => Scanned::Lost(here(&range), lost),
                };
                at = match &scanned {
                    Scanned::Data { offset, bytes } => offset + bytes.len() as u64,
                    Scanned::Hole(range) | Scanned::Lost(range, _) => range.end,
                };
                let flow = visit(scanned);
                broke = flow.is_break();
                flow
            });
            if broke {
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }

    fn tally(
        &self,
        range: Range<u64>,
        chunk: u64,
        count: &mut dyn FnMut(&[u8]) -> u64,
        publish: &mut dyn FnMut(Range<u64>, Result<u64, Lost>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut tally = |publish: &mut Publish<'_>| self.file.tally(range.clone(), chunk, count, publish);
        let at = self.while_current(range.start, &mut tally, publish)?;
        match at < range.end {
            true => tally::by_scan(self, at..range.end, chunk, count, publish),
            false => ControlFlow::Continue(()),
        }
    }

    fn tally_around(
        &self,
        range: Range<u64>,
        chunk: u64,
        around: u64,
        count: &mut dyn FnMut(Chunk<'_>) -> u64,
        publish: &mut dyn FnMut(Range<u64>, Result<u64, Lost>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut tally =
            |publish: &mut Publish<'_>| self.file.tally_around(range.clone(), chunk, around, count, publish);
        let at = self.while_current(range.start, &mut tally, publish)?;
        match at < range.end {
            true => tally::around_by_reading(self, at..range.end, chunk, around, count, publish),
            false => ControlFlow::Continue(()),
        }
    }

    fn stored(&self, range: Range<u64>) -> u64 {
        check_range(self, &range);
        let steps = self.steps();
        let Some(file) = steps.file() else {
            return self.file.stored(range);
        };
        let (mut at, mut stored) = (range.start, 0);
        while at < range.end {
            let (place, run) = steps.place(self.start + at, range.end - at);
            stored += match place {
                Place::File(from) => file.stored(from..from + run),
                Place::Bytes(_) | Place::Lost => run,
            };
            at += run;
        }
        stored
    }

    fn will_need(&self, range: Range<u64>) {
        self.file.will_need(range);
    }

    fn hole_at(&self, offset: u64) -> Option<Range<u64>> {
        check_range(self, &(offset..offset + 1));
        let steps = self.steps();
        let hole = steps.file().is_none().then(|| self.file.hole_at(offset)).flatten();
        hole.filter(|_| self.is_current(&steps))
    }

    fn in_file(&self, range: Range<u64>, now: &Identity, visit: &mut dyn FnMut(Range<u64>, Option<u64>)) {
        check_range(self, &range);
        let steps = self.steps();
        let mut state = self.identity();
        for step in &steps.all[self.since..] {
            state = state.filter(|state| holds_same(state, &step.before)).and(step.after);
        }
        if !state.is_some_and(|state| holds_same(&state, now)) {
            return visit(range, None);
        }
        let mut at = range.start;
        while at < range.end {
            let (place, run) = steps.place(self.start + at, range.end - at);
            let place = match place {
                Place::File(place) => Some(place),
                Place::Bytes(_) | Place::Lost => None,
            };
            visit(at..at + run, place);
            at += run;
        }
    }
}

/// Is it one file with the same contents? A change of mode, owner or links is none of the contents.
fn holds_same(one: &Identity, other: &Identity) -> bool {
    let state = |it: &Identity| (it.device, it.inode, it.len, it.modified_ns);
    state(one) == state(other)
}
