mod damage;

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::document::{Content, Document, Replacement, Snapshot, StepKind};
use crate::source::{Identity, Memory, Source};

/// A log in memory, which a test reads while it is being written.
#[derive(Clone, Debug, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Log for Written {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn len(&self) -> u64 {
        self.bytes().len() as u64
    }

    fn publish(&mut self, _: Option<&Path>) -> io::Result<()> {
        Ok(())
    }

    fn path(&self) -> Option<&Path> {
        None
    }

    fn remove(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Written {
    fn bytes(&self) -> Vec<u8> {
        self.0.lock().unwrap().clone()
    }
}

fn file(bytes: &[u8], inode: u64) -> Arc<dyn Source> {
    let len = bytes.len() as u64;
    let identity = Identity { device: 1, inode, len, modified_ns: 2, changed_ns: 3 };
    Arc::new(Memory::of_file(bytes.to_vec(), identity))
}

fn subject() -> Subject {
    Subject {
        path: Some("/tmp/app.log".into()),
        name: "app.log".into(),
        encoding: "UTF-8".into(),
        ..Subject::default()
    }
}

fn begin(document: &Document) -> (Journal, Written) {
    let log = Written::default();
    let journal = Journal::begin(Box::new(log.clone()), &subject(), document.snapshot(), 0, &|_| None);
    (journal.unwrap(), log)
}

fn edit(document: &mut Document, range: std::ops::Range<u64>, content: Content) {
    let replacement = Replacement { range, content };
    document.edit(vec![replacement], StepKind::Whole("Edit"), &[], Duration::ZERO).unwrap();
}

fn contents(snapshot: &Snapshot) -> Vec<u8> {
    snapshot.read(0..snapshot.len()).unwrap()
}

/// The bytes of spans, over a base.
fn bytes_of(read: &Read, base: &[u8], spans: impl IntoIterator<Item = Span>) -> Vec<u8> {
    let part = |span: Span| {
        let of = match span.of {
            Origin::Base => base,
            Origin::Added => &read.added,
            Origin::Other(_) => panic!("no other file"),
        };
        of[span.start as usize..span.end() as usize].to_vec()
    };
    spans.into_iter().flat_map(part).collect()
}

/// The contents, both as spans and as replacements of the base.
fn recovered(read: &Read, base: &[u8]) -> Vec<u8> {
    let whole = bytes_of(read, base, read.contents());
    assert_eq!(put(read, base, read.replaced(), read.base_len()), whole);
    whole
}

fn put(read: &Read, base: &[u8], replaced: Vec<Replaced>, len: u64) -> Vec<u8> {
    let (mut put, mut end) = (Vec::new(), 0);
    for Replaced { range, spans } in replaced {
        put.extend_from_slice(&base[end as usize..range.start as usize]);
        put.extend(bytes_of(read, base, spans));
        end = range.end;
    }
    put.extend_from_slice(&base[end as usize..len as usize]);
    put
}

#[derive(Clone, Debug)]
enum Act {
    Text(u16, u16, String),
    Bytes(u16, u16, Vec<u8>),
    /// Several at once.
    Everywhere(Vec<u16>, Vec<u8>),
    /// A range of the document goes to a place in it.
    Copy(u16, u16, u16),
    Cut(u16, u16),
    Undo,
    Redo,
    Grow(Vec<u8>),
    Save,
}

fn act() -> impl Strategy<Value = Act> {
    let at = any::<u16>;
    prop_oneof![
        4 => (at(), 0..4_u16, "[a-z\n]{1,6}").prop_map(|(at, len, text)| Act::Text(at, len, text)),
        2 => (at(), 0..40_u16, prop::collection::vec(any::<u8>(), 0..40)).prop_map(|(at, len, bytes)| Act::Bytes(at, len, bytes)),
        1 => (prop::collection::vec(at(), 1..8), prop::collection::vec(any::<u8>(), 0..3)).prop_map(|(at, bytes)| Act::Everywhere(at, bytes)),
        2 => (at(), at(), at()).prop_map(|(from, to, at)| Act::Copy(from, to, at)),
        2 => (at(), 1..60_u16).prop_map(|(at, len)| Act::Cut(at, len)),
        2 => Just(Act::Undo),
        1 => Just(Act::Redo),
        1 => prop::collection::vec(any::<u8>(), 1..20).prop_map(Act::Grow),
        1 => Just(Act::Save),
    ]
}

/// A file, a document over it, and its journal.
struct Case {
    base: Vec<u8>,
    inode: u64,
    document: Document,
    journal: Journal,
    log: Written,
    /// How long the journal was, and what the document held then.
    states: Vec<(usize, Vec<u8>)>,
}

impl Case {
    fn new(base: &[u8]) -> Self {
        let document = Document::open(file(base, 1));
        let (journal, log) = begin(&document);
        let states = vec![(log.bytes().len(), base.to_vec())];
        Self { base: base.to_vec(), inode: 1, document, journal, log, states }
    }

    fn range(&self, at: u16, len: u16) -> std::ops::Range<u64> {
        let start = u64::from(at) % (self.document.len() + 1);
        start..(start + u64::from(len)).min(self.document.len())
    }

    fn put(&mut self, range: std::ops::Range<u64>, content: Content) {
        edit(&mut self.document, range, content);
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Text(at, len, text) => self.put(self.range(at, len), Content::Text(text)),
            Act::Bytes(at, len, bytes) => self.put(self.range(at, len), Content::Bytes(bytes)),
            Act::Everywhere(at, bytes) => {
                let mut places: Vec<_> = at.into_iter().map(|at| self.range(at, 1)).collect();
                places.sort_by_key(|range| range.start);
                places.dedup_by(|next, range| next.start < range.end || next.start == range.start);
                let content = Content::Bytes(bytes);
                let all = places.into_iter().map(|range| Replacement { range, content: content.clone() });
                let kind = StepKind::Whole("Everywhere");
                self.document.edit(all.collect(), kind, &[], Duration::ZERO).unwrap();
            }
            Act::Copy(from, to, at) => {
                let (from, to) = (self.range(from, 0).start, self.range(to, 0).start);
                let slice = self.document.snapshot().slice(from.min(to)..from.max(to));
                self.put(self.range(at, 0), Content::Slice(slice));
            }
            Act::Cut(at, len) => self.put(self.range(at, len), Content::Bytes(Vec::new())),
            Act::Undo => drop(self.document.undo()),
            Act::Redo => drop(self.document.redo()),
            Act::Grow(bytes) => {
                self.base.extend(bytes);
                self.document.grow(file(&self.base, self.inode));
            }
            Act::Save => {
                self.document.end_step();
                let saved = self.document.snapshot();
                self.journal.saving(&saved, &|_| None).unwrap();
                self.base = contents(&saved);
                self.inode += 1;
                self.document.rest_on(&saved, file(&self.base, self.inode), None);
            }
        }
        let now = self.document.snapshot();
        if self.journal.is_over(&now) {
            self.journal.edited(&now, 0, &|_| None).unwrap();
        } else {
            (self.journal, self.log) = begin(&self.document);
            self.states.clear();
        }
        self.states.push((self.log.bytes().len(), contents(&now)));
    }

    /// What the document held when the journal had `len` bytes or a few more.
    fn state(&self, len: usize) -> Option<&[u8]> {
        let state = self.states.iter().rev().find(|(end, _)| *end <= len)?;
        Some(&state.1)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// The program is killed after any edit, and the journal torn at any byte: everything before is there again.
    #[test]
    fn whatever_is_whole_comes_back(base in prop::collection::vec(any::<u8>(), 0..200), acts in prop::collection::vec(act(), 1..24)) {
        let mut case = Case::new(&base);
        for act in acts {
            case.act(act);
            let read = read(&case.log.bytes()).unwrap();
            prop_assert_eq!(recovered(&read, &case.base), contents(&case.document.snapshot()));
        }
        let whole = case.log.bytes();
        let first = case.states[0].0;
        for end in 0..whole.len() {
            match read(&whole[..end]) {
                Ok(read) if end >= first => prop_assert_eq!(recovered(&read, &case.base), case.state(end).unwrap()),
                Ok(_) => {}
                Err(why) => {
                    prop_assert!(end < first);
                    prop_assert_eq!(why, Unreadable::Headless);
                }
            }
        }
    }

    /// Any byte is another: what stands before it is there again, and nothing wrong.
    #[test]
    fn a_corrupt_record_ends_the_journal(
        acts in prop::collection::vec(act(), 1..12),
        flips in prop::collection::vec((any::<prop::sample::Index>(), 1..=255_u8), 1..20),
    ) {
        let mut case = Case::new(b"The quick brown fox jumps over the lazy dog, and over that again.");
        acts.into_iter().for_each(|act| case.act(act));
        let whole = case.log.bytes();
        for (at, flip) in flips {
            let at = at.index(whole.len());
            let mut corrupt = whole.clone();
            corrupt[at] ^= flip;
            if let (Ok(read), Some(state)) = (read(&corrupt), case.state(at)) {
                prop_assert_eq!(recovered(&read, &case.base), state);
            }
        }
    }

    /// Nothing that stands in such a file is believed, and nothing panics: records that are whole, and make no sense.
    #[test]
    fn any_whole_records_can_be_read(records in prop::collection::vec((1..12_u8, prop::collection::vec(prop_oneof![0..9_u8, any::<u8>()], 0..40)), 0..30)) {
        let mut bytes = Case::new(b"twenty bytes of base").log.bytes();
        let contents = |bytes: &[u8]| read(bytes).unwrap().contents().map(|span| span.len).sum::<u64>();
        prop_assert_eq!(contents(&bytes), 20);
        let mut rest = &bytes[record::MAGIC.len() + record::VERSION.len()..];
        let next = (0..).take_while(|number| record::take_record(&mut rest, *number).is_some()).count();
        let kinds = [record::Kind::Bytes, record::Kind::Other, record::Kind::Context, record::Kind::Edit,
            record::Kind::Contents, record::Kind::Grown, record::Kind::Saving, record::Kind::Parked, record::Kind::Header];
        for (number, (kind, payload)) in records.into_iter().enumerate() {
            let kind = kinds[usize::from(kind) % kinds.len()];
            record::push_record(&mut bytes, kind, (next + number) as u64, &payload);
            let read = read(&bytes).unwrap();
            prop_assert!(read.contents().all(|span| span.of != Origin::Added || span.end() <= read.added.len() as u64));
            drop((read.replaced(), read.remembered()));
        }
    }
}

#[test]
fn a_journal_of_another_version_is_told_from_what_is_none() {
    let (_, log) = begin(&Document::open(file(b"abc", 1)));
    let mut later = log.bytes();
    later[record::MAGIC.len()] = b'2';
    assert_eq!(read(&later).unwrap_err(), Unreadable::Version);
    for other in
        [&b""[..], b"hextant journal", b"hextant journal x\n", b"hextant journal 1\n", b"#!/bin/sh\n"]
    {
        assert_eq!(read(other).unwrap_err(), Unreadable::Headless, "{other:?}");
    }
}

/// VS Code's hot exit wrote the whole file (vscode#77919: backups of 4 to 10 GB).
#[test]
fn moving_most_of_a_file_takes_a_few_bytes() {
    let mut case = Case::new(&[b'x'; 100_000]);
    let before = case.log.bytes().len();
    let all = case.document.snapshot().slice(0..90_000);
    edit(&mut case.document, 0..90_000, Content::Bytes(Vec::new()));
    edit(&mut case.document, 10_000..10_000, Content::Slice(all));
    case.journal.edited(&case.document.snapshot(), 0, &|_| None).unwrap();
    case.document.undo();
    case.document.undo();
    case.journal.edited(&case.document.snapshot(), 0, &|_| None).unwrap();
    let written = case.log.bytes().len() - before;
    assert!(written < 6 << 10, "{written} bytes: more than the context of the edits");
    assert!(read(&case.log.bytes()).unwrap().replaced().is_empty());
}

#[test]
fn what_was_pasted_and_undone_and_redone_is_written_once() {
    let mut case = Case::new(b"base");
    edit(&mut case.document, 2..2, Content::Bytes(vec![7; 10_000]));
    case.journal.edited(&case.document.snapshot(), 0, &|_| None).unwrap();
    let once = case.log.bytes().len();
    for _ in 0..10 {
        case.document.undo();
        case.journal.edited(&case.document.snapshot(), 0, &|_| None).unwrap();
        case.document.redo();
        case.journal.edited(&case.document.snapshot(), 0, &|_| None).unwrap();
    }
    assert!(case.log.bytes().len() < once + 1000);
    assert_eq!(recovered(&read(&case.log.bytes()).unwrap(), b"base"), contents(&case.document.snapshot()));
}

/// The program was killed after the file was renamed into place, and before the journal was begun anew.
#[test]
fn a_save_that_was_not_heard_of_again_is_known_by_its_contents() {
    let mut case = Case::new(b"one two three");
    edit(&mut case.document, 4..7, Content::Text("2".into()));
    case.journal.saving(&case.document.snapshot(), &|_| None).unwrap();
    let saved = contents(&case.document.snapshot());
    edit(&mut case.document, 0..0, Content::Text("zero ".into()));
    case.journal.edited(&case.document.snapshot(), 0, &|_| None).unwrap();
    let read = read(&case.log.bytes()).unwrap();
    let since = read.replaced_since_save(&*file(&saved, 2)).expect("it was saved");
    assert_eq!(put(&read, &saved, since, saved.len() as u64), b"zero one 2 three");
    assert_eq!(read.replaced_since_save(&*file(b"one two three", 1)), None);
    assert_eq!(read.replaced_since_save(&*file(b"one 3 three", 2)), None);
}

/// The end of the file was removed, and the save failed: the file still begins with what was to be saved.
#[test]
fn a_save_that_failed_is_not_taken_for_one_that_was_done() {
    let mut case = Case::new(b"one two three");
    edit(&mut case.document, 3..13, Content::Bytes(Vec::new()));
    case.journal.saving(&case.document.snapshot(), &|_| None).unwrap();
    let read = read(&case.log.bytes()).unwrap();
    assert_eq!(read.replaced_since_save(&*file(b"one two three", 1)), None);
    assert_eq!(recovered(&read, b"one two three"), b"one");
}

#[test]
fn a_file_is_known_again_if_it_is_the_same_or_got_longer() {
    let base = Base::of(&*file(b"some text", 1)).unwrap();
    assert!(base.begins(&*file(b"some text", 1)));
    assert!(base.begins(&*file(b"some text and more", 1)));
    assert!(base.begins(&*file(b"some text", 9)), "copied back");
    assert!(!base.begins(&*file(b"some test", 1)));
    assert!(!base.begins(&*file(b"some text and more", 9)));
    assert!(!base.begins(&*file(b"some", 1)));
}

#[test]
fn what_stood_around_an_edit_is_remembered() {
    let text: Vec<u8> = (0..1000_u32).flat_map(|number| format!("{number:04}\n").into_bytes()).collect();
    let mut case = Case::new(&text);
    edit(&mut case.document, 2500..2505, Content::Text("x".into()));
    case.journal.edited(&case.document.snapshot(), 0, &|_| None).unwrap();
    let remembered = read(&case.log.bytes()).unwrap().remembered();
    let mut around = vec![0; 69];
    remembered.read_at(2468, &mut around).unwrap();
    assert_eq!(around, text[2468..2537]);
    assert!(remembered.read_at(2400, &mut around).is_err());
}

#[test]
fn a_journal_is_its_owners_until_they_are_gone() {
    let home = tempfile::tempdir().unwrap();
    let folder = Folder::new(home.path().join("journal"));
    let document = Document::open(file(b"abc", 1));
    let key = Folder::key(Path::new("/tmp/app.log"));
    let log = folder.begin(&key).unwrap();
    let mut journal = Journal::begin(Box::new(log), &subject(), document.snapshot(), 0, &|_| None).unwrap();
    journal.publish(None).unwrap();
    assert!(folder.left().unwrap().is_empty());

    let path = journal.path().unwrap().to_owned();
    let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&path).unwrap());
    assert_eq!(mode & 0o777, 0o600);

    // A second one of the same file gets a name of its own; one that takes its place keeps the name.
    let mut second = folder.begin(&key).unwrap();
    second.publish(None).unwrap();
    assert_ne!(second.path(), Some(&*path));
    let mut longer = folder.begin(&key).unwrap();
    longer.append(b"longer").unwrap();
    longer.publish(second.path()).unwrap();
    assert_eq!(std::fs::read(second.path().unwrap()).unwrap(), b"longer");
    assert_eq!(std::fs::read_dir(home.path().join("journal")).unwrap().count(), 2);

    drop((journal, second, longer));
    let left = folder.left().unwrap();
    assert_eq!(left.len(), 2);
    assert_eq!(left.iter().filter(|left| left.read.is_ok()).count(), 1);
    // They are ours now.
    assert!(folder.left().unwrap().is_empty());
    left.into_iter().for_each(|left| left.held.remove().unwrap());
    assert!(folder.left().unwrap().is_empty());
}

/// Killed while the first journal of a file was being begun: what it has by then is not thrown away. But one that was to take
/// the place of another is.
#[test]
fn a_journal_that_was_being_begun_counts_if_it_is_the_only_one() {
    let home = tempfile::tempdir().unwrap();
    let folder = Folder::new(home.path().to_owned());
    let document = Document::open(file(b"abc", 1));
    let begun = |name: &str| {
        let log = Written::default();
        drop(Journal::begin(Box::new(log.clone()), &subject(), document.snapshot(), 0, &|_| None));
        std::fs::write(home.path().join(name), log.bytes()).unwrap();
    };
    begun("00112233.77-0.begun");
    assert_eq!(folder.left().unwrap().len(), 1);
    begun("00112233.journal");
    let left = folder.left().unwrap();
    assert_eq!(left.len(), 1);
    assert!(left[0].held.path().ends_with("00112233.journal"));
    assert!(!home.path().join("00112233.77-0.begun").exists());
}
