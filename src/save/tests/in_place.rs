//! All ways of saving: any edits, with windows from one byte, against a naive twin, and undone through the save; at every
//! operation the power fails, and what is left is the old file or the new one, or is completed.

use std::path::PathBuf;
use std::time::Duration;

use rustix::io::Errno;

use super::super::layout::Layout;
use super::super::simulated::{Fault, Simulated};
use super::*;
use crate::document::{Content, Replacement, StepKind};
use crate::source::{Kept, Writer};

const TARGET: &str = "/d/disk.img";
const STATE: &str = "/state/saves";

/// A small generator: the same numbers for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F);
        (self.0 >> 33) % end.max(1)
    }

    fn bytes(&mut self, len: u64) -> Vec<u8> {
        (0..len).map(|_| self.below(256) as u8).collect()
    }

    fn range(&mut self, len: u64) -> Range<u64> {
        let ends = [self.below(len + 1), self.below(len + 1)];
        ends[0].min(ends[1])..ends[0].max(ends[1])
    }
}

/// What there is to be saved into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// A file with another name, so that it has to stay the file that it is.
    InPlace,
    /// A file system whose files can share blocks.
    Clone,
    Replace,
}

fn file_system(contents: &[u8], way: Way) -> Simulated {
    let fs = Simulated::new();
    fs.make_directory("/d");
    fs.make_directory("/state");
    fs.make_file(TARGET, contents);
    match way {
        Way::InPlace => fs.change_stat(TARGET, |stat| stat.links = 2),
        Way::Clone => fs.set_clones(),
        Way::Replace => {}
    }
    fs
}

/// A document and its naive twin, after each edit.
struct Twin {
    document: Document,
    states: Vec<Vec<u8>>,
}

impl Twin {
    fn open(fs: &Simulated) -> Self {
        let source = fs.open(Path::new(TARGET)).unwrap();
        let contents = bytes_of(&*source);
        Self { document: Document::open(source), states: vec![contents] }
    }

    fn now(&self) -> &[u8] {
        self.states.last().unwrap()
    }

    fn replace(&mut self, range: Range<u64>, content: Content, bytes: &[u8]) {
        let mut contents = self.now().to_vec();
        contents.splice(range.start as usize..range.end as usize, bytes.iter().copied());
        let replacement = Replacement { range, content };
        let kind = StepKind::Whole("Edit");
        let state = self.document.snapshot().state();
        self.document.edit(vec![replacement], kind, &[], Duration::ZERO).unwrap();
        if self.document.snapshot().state() != state {
            self.states.push(contents);
        }
    }

    fn edit(&mut self, random: &mut Random) {
        let len = self.document.len();
        let range = random.range(len);
        let fresh = random.below(6);
        let fresh = random.bytes(fresh);
        match random.below(7) {
            0 => self.replace(range, Content::Bytes(Vec::new()), &[]),
            1 => self.replace(range.start..range.start, Content::Bytes(fresh.clone()), &fresh),
            2 => {
                let end = (range.start + fresh.len() as u64).min(len);
                let fresh = &fresh[..(end - range.start) as usize];
                self.replace(range.start..end, Content::Bytes(fresh.to_vec()), fresh);
            }
            // A cut, and the same pasted elsewhere.
            3 | 4 => {
                let slice = self.document.snapshot().slice(range.clone());
                let bytes = self.now()[range.start as usize..range.end as usize].to_vec();
                self.replace(range.clone(), Content::Bytes(Vec::new()), &[]);
                let at = random.below(self.document.len() + 1);
                self.replace(at..at, Content::Slice(slice), &bytes);
            }
            // Doubled.
            5 => {
                let slice = self.document.snapshot().slice(range.clone());
                let bytes = self.now()[range.start as usize..range.end as usize].to_vec();
                let at = random.below(len + 1);
                self.replace(at..at, Content::Slice(slice), &bytes);
            }
            // Blocks in reverse.
            _ => {
                let block = 1 + random.below(9);
                for at in (0..len / block).map(|n| n * block) {
                    let slice = self.document.snapshot().slice(at..at + block);
                    let bytes = self.now()[at as usize..(at + block) as usize].to_vec();
                    self.replace(at..at + block, Content::Bytes(Vec::new()), &[]);
                    self.replace(0..0, Content::Slice(slice), &bytes);
                }
            }
        }
    }

    fn request(&self, fs: &Simulated, window: u64) -> Request {
        let found = fs.stat(Path::new(TARGET)).unwrap().unwrap();
        let expect = Expect::Unchanged(found.identity);
        let snapshot = self.document.snapshot();
        // Else whatever is small would be saved in place.
        let state = (found.links > 1).then(|| STATE.into());
        Request { state, window, ..Request::new(snapshot, TARGET, expect) }
    }
}

/// All journals but a blank one, which is there to be used again.
fn journals(fs: &Simulated) -> Vec<PathBuf> {
    let is_blank = |name: &PathBuf| fs.contents(name).unwrap().iter().all(|byte| *byte == 0);
    let mut names = fs.names_in(Path::new(STATE)).unwrap();
    names.retain(|name| !(name.ends_with("spare.redo") && is_blank(name)));
    names
}

/// A journal of an earlier save, to be used again.
fn make_spare(fs: &Simulated) {
    fs.make_directory(STATE);
    fs.make_file(Path::new(STATE).join("spare.redo"), &[0; 8192]);
}

#[test]
fn any_edits_are_saved_in_any_way_and_undone_through_the_save() {
    let (mut moved, mut stayed, mut cloned, mut replaced) = (0, 0, 0, 0);
    for seed in 0..900 {
        let way = [Way::InPlace, Way::InPlace, Way::Clone, Way::Replace][seed as usize % 4];
        let mut random = Random(seed);
        let len = random.below(80);
        let fs = file_system(&random.bytes(len), way);
        let mut twin = Twin::open(&fs);
        // Readers of every state, which have to see it whatever is saved since.
        let mut readers = vec![(twin.document.snapshot(), twin.now().to_vec())];
        for save in 0..3 {
            for _ in 0..1 + random.below(3) {
                twin.edit(&mut random);
            }
            readers.push((twin.document.snapshot(), twin.now().to_vec()));
            let request = twin.request(&fs, 1 + random.below(20));
            let context = format!("seed {seed}, save {save}, window {}", request.window);
            let looking = readers.clone();
            let observed = fs.observed({
                let context = context.clone();
                move || {
                    for (snapshot, contents) in &looking {
                        assert_eq!(snapshot.read(0..snapshot.len()).as_ref(), Ok(contents), "{context}");
                    }
                }
            });
            let (plan, _) = super::super::plan::plan_layout(&request, &fs, &Cancel::new()).unwrap();
            match plan.method {
                Method::Move => moved += 1,
                Method::InPlace => stayed += 1,
                Method::Clone => cloned += 1,
                Method::Replace => replaced += 1,
            }
            assert_eq!(
                way == Way::InPlace,
                matches!(plan.method, Method::Move | Method::InPlace),
                "{context}"
            );
            let inode = identity(TARGET, &fs).inode;
            let saved = save_to(&request, &observed).unwrap();
            assert_eq!(fs.contents(TARGET).unwrap(), twin.now(), "{context}");
            assert_eq!(identity(TARGET, &fs), saved.identity, "{context}");
            assert_eq!(saved.identity.inode == inode, way == Way::InPlace, "{context}: it is the same file");
            assert_eq!(fs.after_power_failure(TARGET).len(), 1, "{context}: it lasts");
            assert_eq!(journals(&fs), [""; 0].map(PathBuf::from), "{context}");
            twin.document.rest_on(&request.snapshot, saved.source, saved.index);
            observed_once(&readers, &context);
        }
        // Back to the start, and half of the way forth, each state compared; then that is saved.
        let context = format!("seed {seed}");
        for contents in twin.states.iter().rev().skip(1) {
            twin.document.undo().unwrap();
            let snapshot = twin.document.snapshot();
            assert_eq!(snapshot.read(0..snapshot.len()).as_ref(), Ok(contents), "{context}: undone");
        }
        assert!(twin.document.undo().is_none());
        let half = twin.states.len() / 2;
        (0..half).for_each(|_| drop(twin.document.redo().unwrap()));
        let request = twin.request(&fs, 1 + random.below(20));
        let saved = save_to(&request, &fs).unwrap();
        assert_eq!(fs.contents(TARGET).unwrap(), twin.states[half], "{context}: saved again");
        twin.document.rest_on(&request.snapshot, saved.source, saved.index);
        for contents in &twin.states[half + 1..] {
            twin.document.redo().unwrap();
            let snapshot = twin.document.snapshot();
            assert_eq!(snapshot.read(0..snapshot.len()).as_ref(), Ok(contents), "{context}: redone");
        }
    }
    let times = [moved, stayed, cloned, replaced];
    assert!(times.iter().all(|&times| times > 100), "each way occurs: {times:?}");
}

fn observed_once(readers: &[(Snapshot, Vec<u8>)], context: &str) {
    for (snapshot, contents) in readers {
        assert_eq!(snapshot.read(0..snapshot.len()).as_ref(), Ok(contents), "{context}");
    }
}

/// A case for the power failures: the file system before the save, and what the document holds.
fn case(seed: u64) -> (Simulated, Twin, u64) {
    let mut random = Random(seed);
    let len = 20 + random.below(40);
    let way = [Way::InPlace, Way::InPlace, Way::Clone, Way::Replace, Way::InPlace][seed as usize % 5];
    let fs = file_system(&random.bytes(len), way);
    if seed.is_multiple_of(2) {
        make_spare(&fs);
    }
    let mut twin = Twin::open(&fs);
    for _ in 0..1 + random.below(2) {
        twin.edit(&mut random);
    }
    let window = 1 + random.below(24);
    (fs, twin, window)
}

/// The operations of an undisturbed save.
fn operations(fs: &Simulated, twin: &Twin, window: u64) -> Vec<&'static str> {
    let request = twin.request(fs, window);
    fs.inject(usize::MAX, Fault::PowerFailure);
    save_to(&request, fs).unwrap();
    fs.operations()
}

/// What stands in the file after recovery, and that nothing else is left.
fn recovered(fs: &Simulated, context: &str) -> Vec<u8> {
    for outcome in recover(Path::new(STATE), fs) {
        assert!(matches!(outcome, Recovered::Completed { .. }), "{context}: {outcome:?}");
    }
    assert_eq!(journals(fs), [""; 0].map(PathBuf::from), "{context}");
    fs.contents(TARGET).expect(context)
}

// Hex Fiend moves bytes about in the file without a journal: a crash on the way leaves neither the old nor the new.
#[test]
fn hex_fiend_shuffles_in_place_but_a_power_failure_anywhere_leaves_old_or_new() {
    let (mut points, mut completed, mut old) = (0, 0, 0);
    for seed in 0..50 {
        let (fs, twin, window) = case(seed);
        let count = operations(&fs, &twin, window).len();
        for n in 0..count {
            for choice in 0..6 {
                let (fs, twin, window) = case(seed);
                let mut random = Random(seed << 32 | (n as u64) << 8 | choice);
                let request = twin.request(&fs, window);
                fs.inject(n, Fault::PowerFailure);
                // (That the name of the journal stays is no failure.)
                let _ = save_to(&request, &fs);
                let mut choose = |end| match choice {
                    // Nothing, and everything, of what was not synced.
                    0 => 0,
                    1 => end - 1,
                    _ => random.below(end),
                };
                let context = format!("seed {seed}, before operation {n}, choice {choice}");
                let crashed = fs.after_crash(&mut choose);
                // Recovery may be interrupted, too.
                let steps = random.below(40) as usize;
                let again = crashed.after_crash(&mut |_| 0);
                again.inject(steps, Fault::PowerFailure);
                let _ = recover(Path::new(STATE), &again);
                let again = again.after_crash(&mut |end| random.below(end));
                for (fs, times) in [(&crashed, "once"), (&again, "twice")] {
                    let contents = recovered(fs, &format!("{context}, {times}"));
                    let is_new = contents == twin.now();
                    assert!(is_new || contents == twin.states[0], "{context}, {times}: {contents:?}");
                    completed += u32::from(is_new);
                    old += u32::from(!is_new);
                    points += 1;
                }
            }
        }
    }
    assert!(points >= 10_000, "{points} points");
    println!("{points} crash points");
    assert!(completed > points / 5 && old > points / 5, "{completed} new, {old} old");
}

#[test]
fn who_else_writes_is_asked_only_where_it_makes_a_difference() {
    let fs = file_system(b"0123456789", Way::InPlace);
    fs.set_writers(vec![Writer { pid: 7, name: "logger".into() }]);
    let mut twin = Twin::open(&fs);
    let mut planned = |range: Range<u64>, text: &[u8]| {
        twin.replace(range, Content::Bytes(text.to_vec()), text);
        let plan = plan(&twin.request(&fs, 16), &fs, &Cancel::new()).unwrap();
        assert_eq!(plan.method, Method::InPlace);
        let warns = plan.warnings.iter().any(|warning| matches!(warning, Warning::Writer { pid: 7, .. }));
        (warns, fs.asked_for_writers())
    };
    assert_eq!(planned(2..5, b"abc"), (false, 0));
    assert_eq!(planned(10..10, b"more"), (true, 1), "what the other appends stands where this goes");
}

/// A power failure can undo that the spare journal got another name: then it says what is to be completed, and nobody takes it.
#[test]
fn a_spare_journal_that_says_something_is_not_used_for_another_file() {
    let fs = file_system(b"half of this is new", Way::InPlace);
    make_spare(&fs);
    let mut twin = Twin::open(&fs);
    twin.replace(0..4, Content::Bytes(b"HALF".to_vec()), b"HALF");
    let request = twin.request(&fs, 16);
    let committed = operations(&fs, &twin, 16).iter().position(|&it| it == "sync_data").unwrap();

    let fs = file_system(b"half of this is new", Way::InPlace);
    make_spare(&fs);
    let request = Request { expect: Expect::Unchanged(identity(TARGET, &fs)), ..request };
    fs.inject(committed + 1, Fault::PowerFailure);
    save_to(&request, &fs).unwrap_err();
    let fs = fs.after_crash(&mut |_| 0);
    assert_eq!(fs.names_in(Path::new(STATE)).unwrap(), [Path::new(STATE).join("spare.redo")]);
    assert!(!journals(&fs).is_empty(), "it says something");

    let other = "/d/other";
    fs.make_file(other, b"another file");
    fs.change_stat(other, |stat| stat.links = 2);
    let request = Request {
        state: Some(STATE.into()),
        ..Request::new(snapshot("another text"), other, Expect::Unchanged(identity(other, &fs)))
    };
    save_to(&request, &fs).unwrap();
    assert_eq!(fs.contents(other).unwrap(), b"another text");
    assert_eq!(recovered(&fs, "the first"), b"HALF of this is new");
}

#[test]
fn a_failure_before_the_first_write_leaves_the_file_and_after_it_saving_again_completes_it() {
    let mut interrupted = 0;
    for seed in 0..30 {
        let (fs, twin, window) = case(seed);
        let operations = operations(&fs, &twin, window);
        for (n, operation) in operations.iter().enumerate() {
            for errno in [Errno::NOSPC, Errno::IO] {
                let (fs, mut twin, window) = case(seed);
                let request = twin.request(&fs, window);
                fs.inject(n, Fault::Error(errno));
                let context = format!("seed {seed}, operation {n}, {operation}, {errno:?}");
                let before = twin.document.snapshot();
                let result = save_to(&request, &fs);
                assert_eq!(before.read(0..before.len()).unwrap(), twin.now(), "{context}");
                // Where the spare journal cannot be had, another is made; and it may go.
                let opened = |from: usize| {
                    let next = operations[from..].iter().position(|&it| it == "open_to_write");
                    next.map(|next| from + next)
                };
                let spare = opened(0).and_then(|target| opened(target + 1));
                let has_journal = |&it: &&str| ["create_new", "rename"].contains(&it);
                let takes =
                    spare.filter(|&spare| spare <= n && !operations[spare..n].iter().any(has_journal));
                match result {
                    Ok(_) => {
                        let harmless =
                            ["start_writeback", "remove", "set_mode", "rename"].contains(operation);
                        // A journal that cannot be made blank is not kept.
                        let blanks = *operation == "write_at" && !operations[n..].contains(&"open");
                        assert!(harmless || blanks || takes.is_some(), "{context}");
                        assert_eq!(fs.contents(TARGET).unwrap(), twin.now(), "{context}");
                    }
                    Err(SaveError::Interrupted { .. }) => {
                        interrupted += 1;
                        // The person goes on, and saves again.
                        twin.replace(0..0, Content::Bytes(b"!".to_vec()), b"!");
                        let snapshot = twin.document.snapshot();
                        let request = Request { snapshot, ..request };
                        fs.inject(usize::MAX, Fault::PowerFailure);
                        let saved = save_to(&request, &fs).expect(&context);
                        assert_eq!(fs.contents(TARGET).unwrap(), twin.now(), "{context}");
                        twin.document.rest_on(&request.snapshot, saved.source, saved.index);
                        while twin.document.undo().is_some() {}
                        let snapshot = twin.document.snapshot();
                        assert_eq!(snapshot.read(0..snapshot.len()).unwrap(), twin.states[0], "{context}");
                    }
                    Err(SaveError::Unconfirmed { .. }) => {
                        assert_eq!(fs.contents(TARGET).unwrap(), twin.now(), "{context}");
                    }
                    Err(error) => {
                        assert_eq!(fs.contents(TARGET).unwrap(), twin.states[0], "{context}: {error}");
                        fs.inject(usize::MAX, Fault::PowerFailure);
                        let contents = recovered(&fs, &context);
                        assert_eq!(contents, twin.states[0], "{context}: what failed is not completed");
                    }
                }
            }
        }
    }
    assert!(interrupted > 300, "{interrupted}");
}

#[test]
fn recovery_leaves_alone_what_became_another_file() {
    let begun = |change: &dyn Fn(&Simulated)| {
        let (fs, twin, window) = case(1);
        let operations = operations(&fs, &twin, window);
        let complete = operations.iter().rposition(|&it| it == "sync").unwrap();
        let (fs, twin, window) = case(1);
        let request = twin.request(&fs, window);
        fs.inject(complete, Fault::PowerFailure);
        save_to(&request, &fs).unwrap_err();
        let fs = fs.after_crash(&mut |end| end - 1);
        change(&fs);
        let before = fs.contents(TARGET);
        let outcomes = recover(Path::new(STATE), &fs);
        assert_eq!(fs.contents(TARGET), before);
        let [Recovered::Refused { journal, .. }] = &outcomes[..] else { panic!("{outcomes:?}") };
        assert!(fs.contents(journal).is_some(), "what was to be written is kept");
        assert!(recover(Path::new(STATE), &fs).is_empty(), "it is told once");
    };
    begun(&|fs| fs.make_file(TARGET, b"another file"));
    begun(&|fs| fs.make_file(TARGET, &[0; 50]));
    begun(&|fs| fs.remove(Path::new(TARGET)).unwrap());
    begun(&|fs| {
        let file = fs.open_to_write(Path::new(TARGET)).unwrap();
        file.write_at(0, &[0; 500]).unwrap();
    });
}

#[test]
fn what_another_program_wrote_before_the_first_write_is_not_overwritten() {
    let (fs, twin, window) = case(1);
    let operations = operations(&fs, &twin, window);
    let commit = operations.iter().position(|&it| it == "sync").unwrap();
    let last_look = operations[..commit].iter().rposition(|&it| it == "stat").unwrap();
    for n in 0..=last_look {
        let target = PathBuf::from(TARGET);
        for fault in [
            Fault::Rewrite(target.clone(), vec![b'!']),
            Fault::Rewrite(target.clone(), vec![b'!'; 200]),
            Fault::Replace(target.clone(), b"theirs".to_vec()),
        ] {
            let (fs, twin, window) = case(1);
            let request = twin.request(&fs, window);
            fs.inject(n, fault.clone());
            let error = save_to(&request, &fs).map(drop).expect_err("it changed");
            let context = format!("before operation {n}: {fault:?}: {error}");
            assert!(matches!(error, SaveError::Changed { .. }), "{context}");
            assert_ne!(fs.contents(TARGET).unwrap(), twin.now(), "{context}");
            assert_eq!(journals(&fs), [""; 0].map(PathBuf::from), "{context}");
        }
    }
}

#[test]
fn a_save_is_cancelled_only_before_it_is_begun() {
    let (fs, twin, window) = case(1);
    let request = twin.request(&fs, window);
    let cancel = Cancel::new();
    cancel.cancel();
    let result = save(&request, &fs, &cancel, &Progress::default());
    assert!(matches!(result, Err(SaveError::Cancelled { .. })), "{result:?}");
    assert_eq!(fs.contents(TARGET).unwrap(), twin.states[0]);
    assert_eq!(journals(&fs), [""; 0].map(PathBuf::from));

    let cancel = Cancel::new();
    let observed = fs.observed({
        let (cancel, fs, old) = (cancel.clone(), fs.clone(), twin.states[0].clone());
        move || {
            if fs.contents(TARGET).unwrap() != old {
                cancel.cancel();
            }
        }
    });
    save(&request, &observed, &cancel, &Progress::default()).expect("it was begun");
    assert!(cancel.is_cancelled());
    assert_eq!(fs.contents(TARGET).unwrap(), twin.now());
}

/// The files, as they were laid out by the naive way: every part read at once, and written in any order.
#[test]
fn no_window_is_written_over_what_a_later_one_reads() {
    for seed in 0..500 {
        let mut random = Random(seed);
        let mut kept = Vec::new();
        let (mut from, mut to) = (random.below(5), random.below(5));
        for _ in 0..random.below(12) {
            let len = 1 + random.below(20);
            kept.push(Kept { from, to, len });
            from += len + random.below(9);
            to += len + random.below(9);
        }
        let (old_len, new_len) = (from + random.below(5), to + random.below(5));
        let layout = Layout { kept: kept.clone().into(), old_len, new_len };
        let windows: Vec<_> = layout.windows(1 + random.below(30)).collect();
        for (n, window) in windows.iter().enumerate() {
            for later in windows[n + 1..].iter().flat_map(|window| &window.parts) {
                for part in &window.parts {
                    let common = intersection(&part.target(), &later.source());
                    assert!(common.is_empty(), "seed {seed}: {part:?} hits {later:?}");
                }
            }
        }
        let moved: u64 = windows.iter().map(|window| window.len()).sum();
        assert_eq!(moved, layout.moved(), "seed {seed}");
        // Sequential: what moves right goes down, what moves left goes up.
        let parts: Vec<Kept> = windows.into_iter().flat_map(|window| window.parts).collect();
        let (right, left): (Vec<Kept>, Vec<Kept>) = parts.iter().partition(|part| part.to > part.from);
        assert!(right.iter().rev().is_sorted_by_key(|part| part.from), "seed {seed}");
        assert!(left.iter().is_sorted_by_key(|part| part.from), "seed {seed}");
        assert!(parts.starts_with(&right), "seed {seed}");
    }
}

#[test]
fn the_heaviest_choice_stays_when_halves_are_swapped() {
    let fs = file_system(&(0..100).collect::<Vec<u8>>(), Way::InPlace);
    let mut twin = Twin::open(&fs);
    let slice = twin.document.snapshot().slice(0..40);
    twin.replace(0..40, Content::Bytes(Vec::new()), &[]);
    twin.replace(60..60, Content::Slice(slice), &(0..40).collect::<Vec<u8>>());
    let found = fs.stat(Path::new(TARGET)).unwrap().unwrap();
    let layout = Layout::of(&twin.document.snapshot(), &(0..100), &found);
    assert_eq!(layout.kept[..], [Kept { from: 40, to: 0, len: 60 }]);
    assert!(layout.fresh().eq(std::iter::once(60..100)));
}
