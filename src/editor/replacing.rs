//! Edits of one state of a file, put into another state of it by what stands around them.

use std::ops::Range;

use memchr::memmem;

use super::disk::Disk;
use super::opening::Found;
use super::{Editor, Tab, TabId};
use crate::document::{Content, Replacement, Snapshot, StepKind};
use crate::hex::grouped;
use crate::source::{Identity, Lost, Source};
use crate::view::Selection;

/// Bytes before and behind an edit that have to be found again.
const CONTEXT: u64 = 32;

/// How far from where it was expected an edit is looked for, in bytes.
const FAR: u64 = 1 << 20;

/// Of what an edit replaced, as much has to be found again too, in bytes.
const REPLACED: u64 = 4 << 10;

/// Edits found their places in other contents, or not all of them did.
#[derive(Debug, Default)]
pub(super) struct Placed {
    /// Of the document that the edits were made in.
    pub revision: u64,
    /// For the new contents, of those edits that have a place there.
    pub replacements: Vec<Replacement>,
    /// Where the edits stand in the document that have no place, or more than one.
    pub homeless: Vec<u64>,
}

/// Where the contents of a document differ from those of the base that it rests on.
#[derive(Debug)]
struct Edit {
    /// In the base.
    old: Range<u64>,
    /// In the document.
    new: Range<u64>,
}

/// Finds places for the edits of `edited`, made over `old`, in `new`; reads in proportion to the number of edits.
pub(super) fn place(edited: &Snapshot, old: &dyn Source, new: &dyn Source) -> Result<Placed, Lost> {
    let mut placed = Placed { revision: edited.revision(), ..Placed::default() };
    // By how much the edit before was found further down, and where what it replaced ends.
    let (mut shift, mut from) = (0_i128, 0);
    for edit in edits(edited, old.len()) {
        match find(&edit, shift, from, old, new)? {
            Some(at) => {
                shift = i128::from(at) - i128::from(edit.old.start);
                from = at + (edit.old.end - edit.old.start);
                let content = Content::Slice(edited.slice(edit.new));
                placed.replacements.push(Replacement { range: at..from, content });
            }
            None => placed.homeless.push(edit.new.start),
        }
    }
    Ok(placed)
}

/// In order. What stands out of its order in the base was inserted there.
fn edits(edited: &Snapshot, len: u64) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut end = Edit { old: 0..0, new: 0..0 };
    let mut kept = |old: Range<u64>, new: Range<u64>| {
        let edit = Edit { old: end.old.end..old.start, new: end.new.end..new.start };
        if !edit.old.is_empty() || !edit.new.is_empty() {
            edits.push(edit);
        }
        end = Edit { old, new };
    };
    let mut last = 0;
    for span in edited.spans(0..edited.len()) {
        let Some(base) = span.base.filter(|base| *base >= last) else {
            continue;
        };
        last = base + (span.range.end - span.range.start);
        kept(base..last, span.range);
    }
    kept(len..len, edited.len()..edited.len());
    edits
}

/// Where in `new`, from `from` on, the edit belongs: the only place within reach that looks as its own did.
fn find(
    edit: &Edit,
    shift: i128,
    from: u64,
    old: &dyn Source,
    new: &dyn Source,
) -> Result<Option<u64>, Lost> {
    let replaced = edit.old.end - edit.old.start;
    let before = read(old, edit.old.start.saturating_sub(CONTEXT)..edit.old.start);
    let behind = read(old, edit.old.end..edit.old.end.saturating_add(CONTEXT).min(old.len()));
    let head = read(old, edit.old.start..edit.old.start + replaced.min(REPLACED));
    // What is known no more of the old contents, or was never, cannot be looked for.
    let (Ok(before), Ok(behind), Ok(head)) = (before, behind, head) else {
        return Ok(None);
    };
    let needle = [before.as_slice(), &head, if replaced <= REPLACED { &behind } else { &[] }].concat();
    if before.is_empty() && behind.is_empty() || needle.is_empty() {
        return Ok(None);
    }
    let before = before.len() as u64;
    let expected = (i128::from(edit.old.start) + shift).clamp(0, i128::from(new.len())) as u64;
    let start = expected.saturating_sub(FAR + before).max(from.saturating_sub(before));
    let end = expected.saturating_add(FAR + needle.len() as u64).min(new.len());
    if start >= end {
        return Ok(None);
    }
    let window = read(new, start..end)?;
    let mut found = None;
    for at in memmem::find_iter(&window, &needle) {
        let at = start + at as u64 + before;
        let rest = at.saturating_add(replaced);
        let fits = at >= from && rest <= new.len();
        // Of what is longer than the needle, the other end is looked at where it would be.
        if !fits || read(new, rest..rest.saturating_add(behind.len() as u64).min(new.len()))? != behind {
            continue;
        }
        if found.replace(at).is_some() {
            return Ok(None);
        }
    }
    Ok(found)
}

fn read(source: &dyn Source, range: Range<u64>) -> Result<Vec<u8>, Lost> {
    let mut bytes = vec![0; (range.end - range.start) as usize];
    source.read_at(range.start, &mut bytes)?;
    Ok(bytes)
}

impl Editor {
    /// The tab's file was read again, to put the edits in: those that have a place there. If any has none, the document
    /// that they were made in stays, in a tab of its own.
    pub(super) fn reloaded_with_edits(
        &mut self,
        id: TabId,
        shown: Option<Identity>,
        found: Found,
        placed: Result<Placed, Lost>,
    ) {
        let Some(index) = self.index_of(id) else {
            return;
        };
        let Placed { revision, replacements, homeless } = match placed {
            Ok(placed) => placed,
            Err(lost) => return self.error(format!("The edits were left where they are: {lost}.")),
        };
        let tab = &self.tabs[index];
        if tab.document.snapshot().revision() != revision {
            return self.tell("It was edited meanwhile, and is left as it is.");
        }
        let name = tab.name.clone();
        let all = homeless.len() + replacements.len();
        let lost = |so: &str| {
            let shown: Vec<String> = homeless.iter().take(5).map(|at| grouped(*at)).collect();
            let more = if homeless.len() > shown.len() { " and more" } else { "" };
            format!(
                "{} of {all} edits of “{name}” have no place in the file as it is now: what stood around them is gone, or \
                 stands there more than once. {so} at byte {}{more}.",
                homeless.len(),
                shown.join(", ")
            )
        };
        if replacements.is_empty() && all > 0 {
            return self.error(lost("Nothing was changed. They are"));
        }
        let Some((index, old)) = self.reloaded(id, shown, found) else {
            return;
        };
        self.tabs[index].locked = None;
        self.edit(index, replacements, StepKind::Whole("Reload with edits"));
        match homeless.first() {
            None => self.let_go(old),
            Some(first) => {
                let kept = format!("{name} (before it was reloaded)");
                let text = lost(&format!("They are left in “{kept}”,"));
                self.set_aside(index, old, kept, *first);
                self.error(text);
            }
        }
    }

    /// Puts a document that is no longer that of its file behind the one that is, as one that was never saved.
    fn set_aside(&mut self, index: usize, mut tab: Tab, name: String, head: u64) {
        tab.name.clone_from(&name);
        tab.label = name;
        (tab.path, tab.identity, tab.part, tab.disk) = (None, None, None, Disk::default());
        tab.kept = None;
        tab.set_follows(false);
        tab.select(Selection::at(head));
        self.tabs.insert(index + 1, tab);
        if self.active > index {
            self.active += 1;
        }
        self.name_tabs();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::document::Document;
    use crate::source::Memory;

    fn contents(document: &Document) -> Vec<u8> {
        document.snapshot().read(0..document.len()).unwrap()
    }

    fn edit(document: &mut Document, replacements: Vec<Replacement>) {
        document.edit(replacements, StepKind::Whole("Edit"), &[], Duration::ZERO).unwrap();
    }

    /// `old` edited by putting `text` in place of each range, placed in `new`.
    fn replace(old: &str, changes: &[(Range<u64>, &str)], new: &str) -> Result<String, usize> {
        let base = Arc::new(Memory::new(old.as_bytes().to_vec()));
        let mut document = Document::open(Arc::clone(&base) as Arc<dyn Source>);
        let replacement = |(range, text): &(Range<u64>, &str)| Replacement {
            range: range.clone(),
            content: Content::Text((*text).to_owned()),
        };
        edit(&mut document, changes.iter().map(replacement).collect());
        let new = Arc::new(Memory::new(new.as_bytes().to_vec()));
        let placed = place(&document.snapshot(), &*base, &*new).unwrap();
        if !placed.homeless.is_empty() {
            return Err(placed.homeless.len());
        }
        let mut document = Document::open(new);
        edit(&mut document, placed.replacements);
        Ok(String::from_utf8(contents(&document)).unwrap())
    }

    #[test]
    fn edits_move_with_what_stands_around_them() {
        let old = "alpha\nbeta\ngamma\ndelta\n";
        let new = "a new first line\nalpha\nbeta\ngamma\ndelta\n";
        let done = replace(old, &[(6..10, "BETA"), (17..17, "more ")], new);
        assert_eq!(done.as_deref(), Ok("a new first line\nalpha\nBETA\ngamma\nmore delta\n"));
    }

    #[test]
    fn an_edit_whose_place_is_gone_or_not_the_only_one_is_homeless() {
        assert_eq!(replace("alpha\nbeta\n", &[(6..10, "BETA")], "alpha\nBeta\n"), Err(1));
        let twice = format!("{0}{0}", "the same line over and over and over again\n");
        assert_eq!(replace(&twice[..43], &[(20..24, "X")], &twice), Err(1));
        assert_eq!(replace("alpha", &[(0..5, "all of it")], "alpha"), Err(1));
    }

    /// A line for each number, each its own.
    fn lines(numbers: impl Iterator<Item = u32>) -> String {
        numbers.map(|number| format!("{} is line {number} of them\n", number * 7919)).collect()
    }

    proptest! {
        /// Whatever lines others add, as long as those around an edit are left alone, every edit finds its place; and
        /// nothing but the edits changes.
        #[test]
        fn edits_find_their_lines(
            edited in proptest::collection::btree_set(0_u32..60, 1..8),
            added in proptest::collection::vec(0_u32..60, 0..8),
        ) {
            let old = lines(0..60);
            let start = |line: u32| old.lines().take(line as usize).map(|text| text.len() as u64 + 1).sum::<u64>();
            // The fifth byte of a line becomes an X: everything within the context is the line itself and its neighbours.
            let changes: Vec<_> = edited.iter().map(|line| (start(*line) + 4..start(*line) + 5, "X")).collect();
            // Others write lines far from any edit.
            let near = |line: u32| edited.iter().any(|other| line.abs_diff(*other) < 4);
            let mut numbers: Vec<u32> = (0..60).collect();
            for line in added.into_iter().filter(|line| !near(*line)) {
                let at = numbers.iter().position(|number| *number == line).unwrap();
                numbers.insert(at, 1000 + numbers.len() as u32);
            }
            let new = lines(numbers.iter().copied());
            let expected: String = numbers
                .iter()
                .map(|number| {
                    let mut line = lines(std::iter::once(*number));
                    if edited.contains(number) {
                        line.replace_range(4..5, "X");
                    }
                    line
                })
                .collect();
            prop_assert_eq!(replace(&old, &changes, &new), Ok(expected));
        }
    }
}
