//! The contents of a document in another encoding, or with other line endings, as they are made.

use std::fmt;
use std::ops::{ControlFlow, Range};

use super::converting::Conversion;
use crate::document::Snapshot;
use crate::source::{Identity, Lost, Scanned, Source, TryRead};
use crate::text::{Converter, LineEndingConverter, Reading};

/// Zeros of a hole are converted so many at a time.
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];

/// The most that [`Source::scan`] shows at a time.
const SLICE: usize = 1 << 20;

/// What is converted, and to what.
#[derive(Clone)]
pub(super) struct Recoding {
    pub snapshot: Snapshot,
    pub has_bom: bool,
    pub from: Reading,
    pub conversion: Conversion,
}

/// Makes contents of others, the same each time.
pub(super) trait Making: Send + Sync {
    /// From the start to the end. `put` gets what is made, and of how many bytes. Tells what is lost on the way, in words.
    fn make(&self, put: &mut dyn FnMut(&[u8], u64) -> ControlFlow<()>) -> Result<Option<String>, Stop>;
}

impl Making for Recoding {
    fn make(&self, put: &mut dyn FnMut(&[u8], u64) -> ControlFlow<()>) -> Result<Option<String>, Stop> {
        self.run(put)
    }
}

/// Why contents were not made to their end.
pub(super) enum Stop {
    /// Whoever took what it made wanted no more.
    Asked,
    /// These bytes of the document cannot be read.
    Lost(Range<u64>, Lost),
}

/// Of the two converters.
enum Step {
    Encoding(Box<Converter>),
    LineEnding(LineEndingConverter),
}

impl Recoding {
    /// Converts from the start to the end. `put` gets what comes of it, and of how many bytes. Tells what is lost on the
    /// way, in words.
    pub fn run(&self, put: &mut dyn FnMut(&[u8], u64) -> ControlFlow<()>) -> Result<Option<String>, Stop> {
        let (mut skip, mut out) = (0, Vec::new());
        let mut step = match self.conversion {
            Conversion::Encoding(choice) => {
                if self.has_bom {
                    skip = self.from.encoding.bom().len() as u64;
                }
                if choice.has_bom {
                    out.extend_from_slice(choice.encoding.bom());
                }
                Step::Encoding(Box::new(Converter::new(self.from.encoding, choice.encoding)))
            }
            Conversion::LineEnding(ending) => {
                Step::LineEnding(LineEndingConverter::new(self.from.encoding, self.from.line_break, ending))
            }
        };
        let mut lost = None;
        let mut flow = put(&out, skip);
        if flow.is_continue() {
            flow = self.snapshot.scan(skip..self.snapshot.len(), &mut |scanned| match scanned {
                Scanned::Data { bytes, .. } => step.convert(bytes, &mut out, put),
                Scanned::Hole(hole) => {
                    let mut left = hole.end - hole.start;
                    while left > 0 {
                        let now = left.min(ZEROS.len() as u64);
                        step.convert(&ZEROS[..now as usize], &mut out, put)?;
                        left -= now;
                    }
                    ControlFlow::Continue(())
                }
                Scanned::Lost(range, why) => {
                    lost = Some((range, why));
                    ControlFlow::Break(())
                }
            });
        }
        match (lost, flow) {
            (Some((range, why)), _) => Err(Stop::Lost(range, why)),
            (None, ControlFlow::Break(())) => Err(Stop::Asked),
            (None, ControlFlow::Continue(())) => {
                let loss = step.finish(&mut out);
                match put(&out, 0) {
                    ControlFlow::Continue(()) => Ok(loss),
                    ControlFlow::Break(()) => Err(Stop::Asked),
                }
            }
        }
    }
}

impl Step {
    fn convert(
        &mut self,
        bytes: &[u8],
        out: &mut Vec<u8>,
        put: &mut dyn FnMut(&[u8], u64) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        out.clear();
        match self {
            Self::Encoding(converter) => converter.convert(bytes, out),
            Self::LineEnding(converter) => converter.convert(bytes, out),
        }
        put(out, bytes.len() as u64)
    }

    /// The rest; tells what was lost.
    fn finish(self, out: &mut Vec<u8>) -> Option<String> {
        out.clear();
        match self {
            Self::Encoding(converter) => {
                let lost = converter.finish(out);
                (!lost.is_empty()).then(|| lost.to_string())
            }
            Self::LineEnding(converter) => {
                converter.finish(out);
                None
            }
        }
    }
}

/// What is made, which is kept nowhere: it is made again for whoever reads it. For reading it once, from its
/// start to its end, as saving does; to read at an offset takes as long as to make all that is before it.
pub(super) struct Recoded<M> {
    making: M,
    /// As [`Making::make`] made it once.
    len: u64,
}

impl<M: Making> Recoded<M> {
    pub fn new(making: M, len: u64) -> Self {
        Self { making, len }
    }
}

impl<M> fmt::Debug for Recoded<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes, made as they are read", self.len)
    }
}

impl<M: Making> Source for Recoded<M> {
    fn len(&self) -> u64 {
        self.len
    }

    fn identity(&self) -> Option<Identity> {
        None
    }

    fn try_read_at(&self, _offset: u64, buf: &mut [u8]) -> TryRead {
        if buf.is_empty() { TryRead::Ready } else { TryRead::Pending }
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), Lost> {
        let mut read = Ok(());
        let _ = self.scan(offset..offset + buf.len() as u64, &mut |scanned| match scanned {
            Scanned::Data { offset: at, bytes } => {
                let start = (at - offset) as usize;
                buf[start..start + bytes.len()].copy_from_slice(bytes);
                ControlFlow::Continue(())
            }
            Scanned::Hole(_) => ControlFlow::Continue(()),
            Scanned::Lost(_, why) => {
                read = Err(why);
                ControlFlow::Break(())
            }
        });
        read
    }

    fn scan(
        &self,
        range: Range<u64>,
        visit: &mut dyn FnMut(Scanned<'_>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        assert!(range.start <= range.end && range.end <= self.len, "{range:?} lies in {self:?}");
        let (mut at, mut flow) = (0, ControlFlow::Continue(()));
        let ended = self.making.make(&mut |made, _| {
            for bytes in made.chunks(SLICE) {
                let start = range.start.clamp(at, at + bytes.len() as u64);
                let end = range.end.clamp(start, at + bytes.len() as u64);
                if start < end {
                    let bytes = &bytes[(start - at) as usize..(end - at) as usize];
                    flow = visit(Scanned::Data { offset: start, bytes });
                }
                at += bytes.len() as u64;
                if flow.is_break() || at >= range.end {
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        });
        flow?;
        let from = at.max(range.start);
        if from < range.end {
            let why = match ended {
                Err(Stop::Lost(_, why)) => why,
                _ => Lost::Truncated { len: at },
            };
            return visit(Scanned::Lost(from..range.end, why));
        }
        ControlFlow::Continue(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::document::Document;
    use crate::editor::EncodingChoice;
    use crate::source::testing::Faulty;
    use crate::source::{Memory, Synthetic};
    use crate::text::{Encoding, LineEnding};

    fn recoded(bytes: &[u8], conversion: Conversion) -> (Vec<u8>, Recoded<Recoding>) {
        let document = Document::open(Arc::new(Memory::new(bytes.to_vec())));
        let from = Reading::utf8(4);
        let recoding = Recoding { snapshot: document.snapshot(), has_bom: false, from, conversion };
        let mut made = Vec::new();
        let ended = recoding.run(&mut |bytes, _| {
            made.extend_from_slice(bytes);
            ControlFlow::Continue(())
        });
        assert!(ended.is_ok());
        let len = made.len() as u64;
        (made, Recoded::new(recoding, len))
    }

    fn utf16() -> Conversion {
        Conversion::Encoding(EncodingChoice { encoding: Encoding::UTF_16LE, has_bom: true })
    }

    proptest! {
        #[test]
        fn any_part_of_what_is_made_is_read(text in "[a-zäß漢\n]{0,40}", from in 0.0..1.0, to in 0.0..1.0) {
            for conversion in [utf16(), Conversion::LineEnding(LineEnding::CrLf)] {
                let (made, source) = recoded(text.as_bytes(), conversion);
                let at = |part: f64| (made.len() as f64 * part) as usize;
                let (start, end) = (at(from).min(at(to)), at(from).max(at(to)));
                let mut bytes = vec![0; end - start];
                source.read_at(start as u64, &mut bytes).unwrap();
                prop_assert_eq!(bytes, &made[start..end]);
            }
        }
    }

    #[test]
    fn what_cannot_be_read_is_lost_from_there_on() {
        let faulty = Faulty::new(Arc::new(Synthetic::log(4 << 20)));
        faulty.lose(1 << 20..(1 << 20) + 10, Lost::Unreadable("broken".to_owned()));
        let snapshot = Document::open(Arc::new(faulty)).snapshot();
        let recoding = Recoding { snapshot, has_bom: false, from: Reading::utf8(4), conversion: utf16() };
        let source = Recoded::new(recoding, 2 + (8 << 20));
        let (mut at, mut lost) = (0, None);
        let _ = source.scan(0..source.len(), &mut |scanned| {
            match scanned {
                Scanned::Data { offset, bytes } => {
                    assert_eq!(offset, at);
                    at += bytes.len() as u64;
                }
                Scanned::Hole(_) => panic!("no holes"),
                Scanned::Lost(range, why) => lost = Some((range, why)),
            }
            ControlFlow::Continue(())
        });
        assert_eq!(lost, Some((at..source.len(), Lost::Unreadable("broken".to_owned()))));
        assert!(at <= 2 + (2 << 20) && at > 1 << 20, "{at}");
    }
}
