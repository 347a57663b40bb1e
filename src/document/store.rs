use std::ops::Range;
use std::sync::Arc;

use ropey::Rope;

use super::added::Added;
use super::breaks::Counted;
use super::line_break::LineBreak;
use super::line_index::LineIndex;
use super::piece::{Epoch, Piece, Pieces};
use super::raw::Raw;
use super::replaced::Replaced;
use crate::source::Source;

/// A source that pieces refer to, with its newline counts, which all documents that use it share.
#[derive(Debug)]
pub(super) struct Base {
    /// Equal for a base and what it grew to, of which it is a prefix.
    identity: Arc<()>,
    pub source: Arc<dyn Source>,
    pub index: LineIndex,
    /// Of other line breaks that the document had.
    others: Vec<LineIndex>,
    /// The source, if it is made of what the document held before.
    pub replaced: Option<Arc<Replaced>>,
}

impl Base {
    /// # Panics
    /// Where `index` is not that of a source of this length.
    pub fn new(source: Arc<dyn Source>, index: LineIndex) -> Arc<Self> {
        assert_eq!(index.len(), source.len(), "the index is that of the base");
        Arc::new(Self { identity: Arc::default(), source, index, others: Vec::new(), replaced: None })
    }

    /// What very many replacements make of a document's contents.
    pub fn replaced(source: Arc<Replaced>, index: LineIndex) -> Arc<Self> {
        let replaced = Some(Arc::clone(&source));
        Arc::new(Self { identity: Arc::default(), source, index, others: Vec::new(), replaced })
    }

    /// Has its source holes? May wait for the disk.
    pub fn is_sparse(&self) -> bool {
        match &self.replaced {
            Some(replaced) => replaced.is_sparse(),
            None => self.source.stored(0..self.source.len()) < self.source.len(),
        }
    }

    /// # Panics
    /// Where `source` is shorter.
    pub fn grown(&self, source: Arc<dyn Source>) -> Arc<Self> {
        let index = self.index.extended(source.len());
        let others = self.others.iter().map(|other| other.extended(source.len())).collect();
        Arc::new(Self { identity: Arc::clone(&self.identity), source, index, others, replaced: None })
    }

    /// The same base with `index`, the one that it has kept for other times.
    fn indexed(&self, index: LineIndex) -> Arc<Self> {
        let mut others = vec![self.index.clone()];
        others.extend_from_slice(&self.others);
        others.retain(|other| other.line_break() != index.line_break());
        Arc::new(Self {
            identity: Arc::clone(&self.identity),
            source: Arc::clone(&self.source),
            index,
            others,
            replaced: self.replaced.clone(),
        })
    }

    /// The same base, of which `line_break` is counted; what was counted of it before is still known.
    fn counted_by(&self, line_break: LineBreak) -> Arc<Self> {
        let before = self.others.iter().find(|other| other.line_break() == line_break);
        self.indexed(before.cloned().unwrap_or_else(|| self.index.of_other(line_break)))
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
    line_break: LineBreak,
    /// Goes up with each line break.
    epoch: Epoch,
    /// The store to which text is added, by number; one of text counts LFs only.
    text: u32,
    /// The store to which raw bytes are added, by number.
    raw: u32,
}

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
            line_break: LineBreak::Lf,
            epoch: 0,
            text: 0,
            raw: 1,
        }
    }

    pub fn line_break(&self) -> LineBreak {
        self.line_break
    }

    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// From now on `line_break` is counted, and nothing that was counted before is counted. Added bytes become bases, which
    /// are counted in the background. Time in proportion to the stores.
    pub fn set_line_break(&mut self, line_break: LineBreak) {
        self.line_break = line_break;
        self.epoch = self.epoch.checked_add(1).expect("fewer than 2^16 line breaks");
        for store in &mut self.list {
            match store {
                Store::Raw { raw, .. } if raw.len() == 0 => *raw = Raw::new(line_break),
                Store::Text { rope, .. } if rope.len_bytes() == 0 => {}
                store => *store = Store::Base(store.counted_by(line_break)),
            }
        }
        if self.base(self.text).is_some() {
            self.text = self.push(Store::Text { identity: Arc::default(), rope: Rope::new() });
        }
        if self.base(self.raw).is_some() {
            self.raw = self.push(Store::Raw { identity: Arc::default(), raw: Raw::new(line_break) });
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

    /// The base `store` is counted by `index`.
    pub fn index_base(&mut self, store: u32, index: LineIndex) {
        let base = self.base(store).expect("a base").indexed(index);
        self.list[store as usize] = Store::Base(base);
    }

    fn push(&mut self, store: Store) -> u32 {
        self.list.push(store);
        u32::try_from(self.list.len() - 1).expect("fewer than 2^32 stores")
    }

    pub fn add_text(&mut self, text: &str) -> Option<Piece> {
        if self.line_break != LineBreak::Lf {
            return self.add_bytes(text.as_bytes());
        }
        let Store::Text { rope, .. } = &mut self.list[self.text as usize] else {
            unreachable!("a store of text");
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
        let counted = Counted::of(text.as_bytes(), LineBreak::Lf, start);
        Some(Piece::new(self.text, start, text.len() as u64, self.epoch, Some(counted)))
    }

    pub fn add_bytes(&mut self, bytes: &[u8]) -> Option<Piece> {
        let Store::Raw { raw, .. } = &mut self.list[self.raw as usize] else {
            unreachable!("a store of raw bytes");
        };
        if bytes.is_empty() {
            return None;
        }
        let start = raw.len();
        raw.push(bytes);
        let counted = Counted::of(bytes, self.line_break, start);
        Some(Piece::new(self.raw, start, bytes.len() as u64, self.epoch, Some(counted)))
    }

    /// The pieces of a tree over `theirs`, as pieces over these stores.
    pub fn adopt(&mut self, pieces: &Pieces, theirs: &Self) -> Pieces {
        let is_same = self.is_same(theirs);
        let mut numbers: Vec<Option<u32>> = vec![None; theirs.list.len()];
        let counts_same = self.line_break == theirs.line_break;
        let mut adopted = |piece: &Piece| {
            if is_same {
                return piece.pasted(piece.store);
            }
            let number = *numbers[piece.store as usize].get_or_insert_with(|| {
                let store = &theirs.list[piece.store as usize];
                match store {
                    Store::Base(_) => self.adopt_store(store),
                    _ if counts_same => self.adopt_store(store),
                    _ => self.adopt_store(&Store::Base(store.counted_by(self.line_break))),
                }
            });
            let counted = piece.counted(theirs.epoch).filter(|_| counts_same);
            piece.part(piece.start, piece.len, self.epoch, counted).pasted(number)
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
            return self.push(match store {
                Store::Base(base) if base.index.line_break() != self.line_break => {
                    Store::Base(base.counted_by(self.line_break))
                }
                store => store.clone(),
            });
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
                *mine = mine.grown(Arc::clone(&base.source));
            }
            _ => {}
        }
        number as u32
    }

    /// A piece in two. Added bytes are counted at once; of a base nothing is read.
    pub fn cut(&self, piece: &Piece, at: u64) -> (Piece, Piece) {
        let middle = piece.start + at;
        let part = |range: Range<u64>| {
            let counted = piece.counted(self.epoch).and_then(|counted| match self.of(piece) {
                _ if self.line_break.width() == 1 && counted.breaks.is_none() => Some(counted),
                Store::Text { rope, .. } => Some(Counted::whole(rope_newlines(rope, range.clone()))),
                Store::Raw { raw, .. } => Some(raw.counted(range.clone())),
                Store::Base(_) => None,
            });
            piece.part(range.start, range.end - range.start, piece.epoch, counted)
        };
        (part(piece.start..middle), part(middle..piece.end()))
    }
}

impl Store {
    /// A base of the same bytes, of which `line_break` is counted.
    fn counted_by(&self, line_break: LineBreak) -> Arc<Base> {
        match self {
            Self::Base(base) => base.counted_by(line_break),
            store => {
                let source = Added { store: store.clone() };
                let index = LineIndex::new(source.len(), line_break);
                Base::new(Arc::new(source), index)
            }
        }
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
