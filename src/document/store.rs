use std::ops::Range;
use std::sync::Arc;

use ropey::Rope;

use super::line_index::LineIndex;
use super::piece::{Piece, Pieces};
use super::raw::{self, Raw};
use crate::source::Source;

/// A source that pieces refer to, with its newline counts, which all documents that use it share.
#[derive(Debug)]
pub(super) struct Base {
    /// Equal for a base and what it grew to, of which it is a prefix.
    identity: Arc<()>,
    pub source: Arc<dyn Source>,
    pub index: LineIndex,
}

impl Base {
    /// # Panics
    /// Where `index` is not that of a source of this length.
    pub fn new(source: Arc<dyn Source>, index: LineIndex) -> Arc<Self> {
        assert_eq!(index.len(), source.len(), "the index is that of the base");
        Arc::new(Self { identity: Arc::default(), source, index })
    }

    /// # Panics
    /// Where `source` is shorter.
    pub fn grown(&self, source: Arc<dyn Source>) -> Arc<Self> {
        let index = self.index.extended(source.len());
        Arc::new(Self { identity: Arc::clone(&self.identity), source, index })
    }
}

/// Where bytes of a document live. A store only ever grows, so every clone is a prefix of every later one.
#[derive(Clone, Debug)]
pub(super) enum Store {
    Text { identity: Arc<()>, rope: Rope },
    Raw { identity: Arc<()>, raw: Raw },
    Base(Arc<Base>),
}

/// All stores of a document, by the numbers that its pieces hold. Numbers are never reused.
#[derive(Clone, Debug)]
pub(super) struct Stores {
    /// Equal for the stores of one document at all its times.
    identity: Arc<()>,
    list: Vec<Store>,
}

const TEXT: u32 = 0;
const RAW: u32 = 1;

/// The largest text that is inserted into the rope as it is, rather than as a rope of its own.
const SMALL: usize = 1 << 10;

impl Stores {
    pub fn new() -> Self {
        Self {
            identity: Arc::default(),
            list: vec![
                Store::Text { identity: Arc::default(), rope: Rope::new() },
                Store::Raw { identity: Arc::default(), raw: Raw::default() },
            ],
        }
    }

    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.identity, &other.identity)
    }

    pub fn of(&self, piece: &Piece) -> &Store {
        &self.list[piece.store as usize]
    }

    pub fn base(&self, store: u32) -> Option<&Arc<Base>> {
        match &self.list[store as usize] {
            Store::Base(base) => Some(base),
            _ => None,
        }
    }

    /// All bases, with their numbers.
    pub fn bases(&self) -> impl DoubleEndedIterator<Item = (u32, &Arc<Base>)> {
        let numbered = self.list.iter().enumerate();
        numbered.filter_map(|(number, store)| match store {
            Store::Base(base) => Some((number as u32, base)),
            _ => None,
        })
    }

    pub fn push_base(&mut self, base: Arc<Base>) -> u32 {
        self.push(Store::Base(base))
    }

    /// The base `store` has become longer.
    ///
    /// # Panics
    /// Where `source` is shorter.
    pub fn grow_base(&mut self, store: u32, source: Arc<dyn Source>) {
        let base = self.base(store).expect("a base").grown(source);
        self.list[store as usize] = Store::Base(base);
    }

    fn push(&mut self, store: Store) -> u32 {
        self.list.push(store);
        u32::try_from(self.list.len() - 1).expect("fewer than 2^32 stores")
    }

    pub fn add_text(&mut self, text: &str) -> Option<Piece> {
        let Store::Text { rope, .. } = &mut self.list[TEXT as usize] else {
            unreachable!("store 0 is text");
        };
        if text.is_empty() {
            return None;
        }
        let start = rope.len_bytes() as u64;
        if text.len() <= SMALL {
            rope.insert(rope.len_chars(), text);
        } else {
            rope.append(Rope::from_str(text));
        }
        let newlines = raw::count(text.as_bytes());
        Some(Piece::new(TEXT, start, text.len() as u64, Some(newlines)))
    }

    pub fn add_bytes(&mut self, bytes: &[u8]) -> Option<Piece> {
        let Store::Raw { raw, .. } = &mut self.list[RAW as usize] else {
            unreachable!("store 1 is raw bytes");
        };
        if bytes.is_empty() {
            return None;
        }
        let start = raw.len();
        raw.push(bytes);
        Some(Piece::new(RAW, start, bytes.len() as u64, Some(raw::count(bytes))))
    }

    /// The pieces of a tree over `theirs`, as pieces over these stores.
    pub fn adopt(&mut self, pieces: &Pieces, theirs: &Self) -> Pieces {
        let is_same = self.is_same(theirs);
        let mut numbers: Vec<Option<u32>> = vec![None; theirs.list.len()];
        let mut adopted = |piece: &Piece| {
            let number = if is_same {
                piece.store
            } else {
                *numbers[piece.store as usize]
                    .get_or_insert_with(|| self.adopt_store(&theirs.list[piece.store as usize]))
            };
            piece.pasted(number)
        };
        pieces.iter().map(&mut adopted).collect()
    }

    fn adopt_store(&mut self, store: &Store) -> u32 {
        let same = self.list.iter().position(|mine| match (mine, store) {
            (Store::Base(mine), Store::Base(base)) => {
                Arc::ptr_eq(&mine.identity, &base.identity) || is_same_source(&mine.source, &base.source)
            }
            (Store::Text { identity: mine, .. }, Store::Text { identity, .. })
            | (Store::Raw { identity: mine, .. }, Store::Raw { identity, .. }) => Arc::ptr_eq(mine, identity),
            _ => false,
        });
        let Some(number) = same else {
            return self.push(store.clone());
        };
        // The longer of two states of one store holds both.
        match (&mut self.list[number], store) {
            (Store::Text { rope: mine, .. }, Store::Text { rope, .. })
                if mine.len_bytes() < rope.len_bytes() =>
            {
                *mine = rope.clone();
            }
            (Store::Raw { raw: mine, .. }, Store::Raw { raw, .. }) if mine.len() < raw.len() => {
                *mine = raw.clone();
            }
            (Store::Base(mine), Store::Base(base)) if mine.source.len() < base.source.len() => {
                *mine = Arc::clone(base);
            }
            _ => {}
        }
        number as u32
    }

    /// A piece in two. Added bytes are counted at once; of a base nothing is read.
    pub fn cut(&self, piece: &Piece, at: u64) -> (Piece, Piece) {
        let middle = piece.start + at;
        let before = match (piece.newlines(), self.of(piece)) {
            (Some(0), _) => Some(0),
            (_, Store::Text { rope, .. }) => Some(rope_newlines(rope, piece.start..middle)),
            (_, Store::Raw { raw, .. }) => Some(raw.newlines(piece.start..middle)),
            (_, Store::Base(_)) => None,
        };
        let after = piece.newlines().zip(before).map(|(all, before)| all - before);
        (piece.part(piece.start, at, before), piece.part(middle, piece.len - at, after))
    }
}

fn is_same_source(one: &Arc<dyn Source>, other: &Arc<dyn Source>) -> bool {
    std::ptr::addr_eq(Arc::as_ptr(one), Arc::as_ptr(other))
}

pub(super) fn rope_newlines(rope: &Rope, range: Range<u64>) -> u64 {
    let line = |at: u64| rope.byte_to_line(at as usize);
    (line(range.end) - line(range.start)) as u64
}

/// The longest run of bytes in one chunk of `rope` that starts at `at`.
pub(super) fn rope_run_at(rope: &Rope, at: u64) -> &[u8] {
    let (chunk, start, _, _) = rope.chunk_at_byte(at as usize);
    &chunk.as_bytes()[at as usize - start..]
}
