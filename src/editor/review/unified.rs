//! Edits as a unified diff, which `patch` and `git apply` take.
//!
//! No lines are compared: what differs is known. Each difference is widened to whole lines, on both sides by the same kept
//! bytes; those that share a line become one block, and blocks at most six lines apart one hunk.

use std::ops::Range;

use super::patch::{Gone, Writing};
use crate::document::{Count, Difference, LineBreak};

/// Lines shown before and behind what changed.
const CONTEXT: usize = 3;

/// Line ends are looked for in steps of this.
const STEP: u64 = if cfg!(test) { 5 } else { 16 << 10 };

/// Whole lines that gave way to others.
#[derive(Debug)]
struct Block {
    /// Where the others stand.
    new: Range<u64>,
    removed: Vec<u8>,
    added: Vec<u8>,
}

/// Blocks near each other.
#[derive(Debug, Default)]
struct Hunk {
    /// Where it starts, in the new contents.
    new: u64,
    /// Up to where its body has come, in the new contents.
    end: u64,
    body: Vec<u8>,
    old_lines: u64,
    new_lines: u64,
}

pub(super) fn write(writing: &mut Writing) -> Result<(), Gone> {
    let snapshot = writing.snapshot.clone();
    // Some programs take what stands behind a blank for a date.
    let tab = if writing.name.contains(' ') { "\t" } else { "" };
    let name = writing.name.clone();
    writing.line(&format!("--- a/{name}{tab}"))?;
    writing.line(&format!("+++ b/{name}{tab}"))?;
    let mut lines = Lines::default();
    let mut hunk: Option<Hunk> = None;
    let mut differences = snapshot.differences(writing.since, 0..u64::MAX);
    let mut next = differences.next();
    // Where kept bytes begin that no block has.
    let mut kept = 0;
    while let Some(first) = next.take() {
        writing.reached(first.new.start)?;
        let start = line_start(writing, kept..first.new.start)?;
        let mut last = first.clone();
        let end = loop {
            next = differences.next();
            let run = last.new.end..next.as_ref().map_or(snapshot.len(), |next| next.new.start);
            if at_line_starts(writing, &last)? {
                break last.new.end;
            }
            match line_end(writing, run.clone())? {
                Some(end) => break end,
                None => match next.take() {
                    Some(joined) => last = joined,
                    None => break run.end,
                },
            }
        };
        let old = first.old.start - (first.new.start - start)..last.old.end + (end - last.new.end);
        kept = end;
        let Some(block) = Block::read(writing, old, start..end)? else { continue };
        let behind_last = match &hunk {
            Some(hunk) => context_behind(writing, hunk.end..block.new.start)?,
            None => 0,
        };
        let from = hunk.as_ref().map_or(0, |hunk| hunk.end);
        let before = context_before(writing, from..block.new.start)?;
        match &mut hunk {
            Some(hunk) if before <= behind_last => {}
            _ => {
                if let Some(mut hunk) = hunk.take() {
                    hunk.keep(writing, behind_last)?;
                    hunk.write(writing, &mut lines)?;
                }
                hunk = Some(Hunk { new: before, end: before, ..Hunk::default() });
            }
        }
        let hunk = hunk.as_mut().expect("one was begun");
        hunk.keep(writing, block.new.start)?;
        hunk.change(block);
        writing.has_room_for(hunk.body.len() as u64)?;
    }
    if let Some(mut hunk) = hunk {
        let end = context_behind(writing, hunk.end..snapshot.len())?;
        hunk.keep(writing, end)?;
        hunk.write(writing, &mut lines)?;
    }
    Ok(())
}

impl Block {
    /// Without the lines that are the same at both ends; `None` where all are.
    fn read(writing: &Writing, old: Range<u64>, new: Range<u64>) -> Result<Option<Self>, Gone> {
        writing.has_room_for((old.end - old.start).saturating_add(new.end - new.start))?;
        let removed = writing.snapshot.read_base(writing.since, old)?;
        let added = writing.snapshot.read(new.clone())?;
        let same = |pair: &(&[u8], &[u8])| pair.0 == pair.1;
        let pairs = split(&removed).zip(split(&added));
        let front: usize = pairs.take_while(same).map(|(line, _)| line.len()).sum();
        let (mut removed, mut added) = (removed[front..].to_vec(), added[front..].to_vec());
        let (olds, news): (Vec<&[u8]>, Vec<&[u8]>) = (split(&removed).collect(), split(&added).collect());
        let pairs = olds.iter().rev().copied().zip(news.iter().rev().copied());
        let back: usize = pairs.take_while(same).map(|(line, _)| line.len()).sum();
        removed.truncate(removed.len() - back);
        added.truncate(added.len() - back);
        let new = new.start + front as u64..new.end - back as u64;
        let is_same = removed.is_empty() && added.is_empty();
        Ok((!is_same).then(|| Self { new, removed, added }))
    }
}

impl Hunk {
    /// Goes on with the lines up to `end`, which are in both.
    fn keep(&mut self, writing: &Writing, end: u64) -> Result<(), Gone> {
        writing.has_room_for(end - self.end)?;
        let bytes = writing.snapshot.read(self.end..end)?;
        let lines = self.push(b' ', &bytes);
        self.old_lines += lines;
        self.new_lines += lines;
        self.end = end;
        Ok(())
    }

    fn change(&mut self, block: Block) {
        self.old_lines += self.push(b'-', &block.removed);
        self.new_lines += self.push(b'+', &block.added);
        self.end = block.new.end;
    }

    /// Says how many lines these are.
    fn push(&mut self, sign: u8, bytes: &[u8]) -> u64 {
        let mut lines = 0;
        for line in split(bytes) {
            self.body.push(sign);
            self.body.extend_from_slice(line);
            if !line.ends_with(b"\n") {
                self.body.extend_from_slice(b"\n\\ No newline at end of file\n");
            }
            lines += 1;
        }
        lines
    }

    fn write(self, writing: &mut Writing, lines: &mut Lines) -> Result<(), Gone> {
        lines.go_to(writing, self.new)?;
        // Of nothing, the line before is told.
        let first = |before: u64, many: u64| before + u64::from(many > 0);
        let (old, new) = (first(lines.old, self.old_lines), first(lines.new, self.new_lines));
        writing.line(&format!("@@ -{old},{} +{new},{} @@", self.old_lines, self.new_lines))?;
        writing.bytes(&self.body)?;
        lines.at = self.end;
        lines.old += self.old_lines;
        lines.new += self.new_lines;
        Ok(())
    }
}

/// How many lines were passed on both sides.
#[derive(Debug, Default)]
struct Lines {
    /// In the new contents.
    at: u64,
    old: u64,
    new: u64,
}

impl Lines {
    /// Passes what is kept between the last hunk and the next.
    fn go_to(&mut self, writing: &Writing, to: u64) -> Result<(), Gone> {
        let snapshot = &writing.snapshot;
        let known = |at| match snapshot.line_at(at) {
            Count::Exact(line) if snapshot.line_break() == LineBreak::Lf => Some(line),
            _ => None,
        };
        let passed = match known(self.at).zip(known(to)) {
            Some((before, behind)) => behind - before,
            None => {
                let mut passed = 0;
                let mut at = self.at;
                while at < to {
                    let end = to.min(at + (1 << 20));
                    passed += memchr::memchr_iter(b'\n', &snapshot.read(at..end)?).count() as u64;
                    writing.reached(end)?;
                    at = end;
                }
                passed
            }
        };
        self.old += passed;
        self.new += passed;
        self.at = to;
        Ok(())
    }
}

/// Lines with their ends.
fn split(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n')
}

/// Do both sides of a difference end where a line starts?
fn at_line_starts(writing: &Writing, difference: &Difference) -> Result<bool, Gone> {
    let Difference { old, new } = difference;
    let ends_line = |bytes: Vec<u8>| bytes.last().is_none_or(|byte| *byte == b'\n');
    Ok(ends_line(writing.snapshot.read(new.end.saturating_sub(1)..new.end)?)
        && ends_line(writing.snapshot.read_base(writing.since, old.end.saturating_sub(1)..old.end)?))
}

/// Where the last line starts that starts in `run`; where `run` starts, if none does.
fn line_start(writing: &Writing, run: Range<u64>) -> Result<u64, Gone> {
    lines_back(writing, run, 1)
}

/// Where the `lines`th line before the end of `run` starts; its start, if it has not so many.
fn lines_back(writing: &Writing, run: Range<u64>, lines: usize) -> Result<u64, Gone> {
    let mut left = lines;
    let mut end = run.end;
    while end > run.start {
        let start = run.start.max(end.saturating_sub(STEP));
        let bytes = writing.snapshot.read(start..end)?;
        for at in memchr::memrchr_iter(b'\n', &bytes) {
            left -= 1;
            if left == 0 {
                return Ok(start + at as u64 + 1);
            }
        }
        end = start;
        writing.has_room_for(run.end - end)?;
    }
    Ok(run.start)
}

/// Where the first line ends that ends in `run`.
fn line_end(writing: &Writing, run: Range<u64>) -> Result<Option<u64>, Gone> {
    let end = lines_on(writing, run.clone(), 1)?;
    let is_end = end > run.start && writing.snapshot.read(end - 1..end)? == b"\n";
    Ok(is_end.then_some(end))
}

/// Where the `lines`th line ends from the start of `run` on; its end, if it has not so many.
fn lines_on(writing: &Writing, run: Range<u64>, lines: usize) -> Result<u64, Gone> {
    let mut left = lines;
    let mut start = run.start;
    while start < run.end {
        let end = run.end.min(start + STEP);
        let bytes = writing.snapshot.read(start..end)?;
        for at in memchr::memchr_iter(b'\n', &bytes) {
            left -= 1;
            if left == 0 {
                return Ok(start + at as u64 + 1);
            }
        }
        start = end;
        writing.has_room_for(start - run.start)?;
    }
    Ok(run.end)
}

/// Where the context behind a block ends, which ends where `run` begins.
fn context_behind(writing: &Writing, run: Range<u64>) -> Result<u64, Gone> {
    lines_on(writing, run, CONTEXT)
}

/// Where the context before a block begins, which begins where `run` ends: at a line's start, so that its last line end is that
/// of the line before.
fn context_before(writing: &Writing, run: Range<u64>) -> Result<u64, Gone> {
    lines_back(writing, run, CONTEXT + 1)
}
