use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::encodings::EncodingChoice;
use super::{Dialog, Editor, Event, TabId, Task};
use crate::document::{LineBreak, Slice, Snapshot};
use crate::hex::grouped;
use crate::source::{Cancel, Progress, Scanned, Source, Space, Spool};
use crate::text::{Converter, LineEnding, LineEndingConverter, LineEndingCounter, LineEndings, Reading};
use crate::view::Selection;

/// A document of more bytes is converted only after the person was told what that takes.
const COSTS: u64 = 1 << 30;

/// Zeros of a hole are converted so many at a time.
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];

/// What a document is converted to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversion {
    Encoding(EncodingChoice),
    LineEnding(LineEnding),
}

/// A converted document, not yet put in the place of what it was made of.
#[derive(Debug)]
pub struct Converted {
    conversion: Conversion,
    source: Arc<dyn Source>,
    /// How it is to be read.
    reading: Reading,
    /// The revision that it was made of.
    revision: u64,
    /// What it lost on the way, in words.
    loss: Option<String>,
}

impl Conversion {
    /// What it makes, in words.
    pub fn name(self) -> String {
        match self {
            Self::Encoding(choice) => choice.name(),
            Self::LineEnding(ending) => format!("{} line endings", ending.name()),
        }
    }

    /// What Undo calls it.
    fn step(self) -> &'static str {
        match self {
            Self::Encoding(_) => "Convert encoding",
            Self::LineEnding(_) => "Convert line endings",
        }
    }

    /// How a document that is read as `reading` is to be read afterwards.
    fn reading(self, reading: Reading) -> Reading {
        let encoding = match self {
            Self::Encoding(choice) => choice.encoding,
            Self::LineEnding(_) => reading.encoding,
        };
        let line_break = match (self, encoding.unit(), reading.line_break) {
            (Self::LineEnding(LineEnding::Cr), 1, _) => LineBreak::Cr,
            (Self::Encoding(_), 1, LineBreak::Cr) => LineBreak::Cr,
            _ => encoding.line_break(),
        };
        Reading { encoding, line_break, ..reading }
    }
}

impl Editor {
    pub(super) fn convert_line_endings(&mut self, ending: LineEnding) {
        if let Some(id) = self.tab().map(|tab| tab.id) {
            self.convert(id, Conversion::LineEnding(ending));
        }
    }

    /// Converts a document, in the background; first it tells what a large one takes.
    pub(super) fn convert(&mut self, id: TabId, conversion: Conversion) {
        let Some(index) = self.index_of(id) else {
            return;
        };
        let tab = &self.tabs[index];
        if tab.document.len() <= COSTS {
            return self.start_converting(id, conversion);
        }
        let text = format!(
            "Converting “{}” to {} writes a copy of about {} GiB into “{}”. It is kept there until the tab is closed, \
             and Undo brings back the present contents at once.",
            tab.name,
            conversion.name(),
            expected(tab.reading(), conversion, tab.document.len()).div_ceil(1 << 30),
            self.cache.display()
        );
        self.ask(Dialog::Convert { tab: id, text, conversion });
    }

    pub(super) fn start_converting(&mut self, id: TabId, conversion: Conversion) {
        let Some(index) = self.index_of(id) else {
            return;
        };
        if self.refuses_edits_of(index) {
            return;
        }
        let tab = &mut self.tabs[index];
        tab.document.end_step();
        let work = Work {
            snapshot: tab.document.snapshot(),
            has_bom: tab.has_bom,
            from: tab.reading(),
            conversion,
            cache: self.cache.clone(),
        };
        self.jobs.spawn(Task::Convert, Some(id), work.snapshot.len(), move |cancel, progress| {
            Event::Converted(Box::new(work.run(cancel, progress)))
        });
    }

    pub(super) fn converted(&mut self, tab: Option<TabId>, converted: Result<Converted, String>) {
        let Some(id) = tab.filter(|id| self.index_of(*id).is_some()) else {
            return;
        };
        match converted {
            Ok(converted) => match converted.loss.clone() {
                Some(text) => {
                    self.ask(Dialog::ConvertLoses { tab: id, text, converted: Box::new(converted) });
                }
                None => self.put_converted(id, converted),
            },
            Err(error) => self.error(error),
        }
    }

    /// Puts a converted document in the place of what it was made of.
    pub(super) fn put_converted(&mut self, id: TabId, converted: Converted) {
        let Some(index) = self.index_of(id) else {
            return;
        };
        let Converted { conversion, source, reading, revision, .. } = converted;
        let tab = &mut self.tabs[index];
        if tab.document.snapshot().revision() != revision {
            let text =
                format!("“{}” was changed while it was being converted, so it is left as it is.", tab.name);
            return self.error(text);
        }
        if index == self.active {
            self.leave_go_to();
        }
        let tab = &mut self.tabs[index];
        let all = 0..source.len();
        let was = tab.reading();
        let before = (tab.document.snapshot().state(), was, tab.has_bom);
        let carets = tab.selection.carets().to_vec();
        let head = tab.selection.head();
        let slice = Slice::of(source, all);
        let applied = tab.document.replace_all(slice, reading.line_break, conversion.step(), &carets);
        tab.follow_edit(&applied);
        tab.select(Selection::at(head.min(tab.document.len())));
        match conversion {
            Conversion::Encoding(choice) => {
                tab.has_bom = choice.has_bom;
                tab.chosen_encoding = Some(choice.encoding);
            }
            Conversion::LineEnding(ending) => tab.line_ending = ending,
        }
        let after = (tab.document.snapshot().state(), reading, tab.has_bom);
        tab.readings.extend([before, after]);
        self.jobs.cancel(Task::Count, Some(id));
        self.tabs[index].counting = None;
        self.read_as(index, reading);
        self.tell(format!("Converted to {}. Undo brings back what it was.", conversion.name()));
    }

    /// Counts the line ends of the active document, in the background.
    pub(super) fn count_endings(&mut self) {
        if let Some(id) = self.tab().map(|tab| tab.id) {
            self.start_counting_endings(id, true);
        }
    }

    /// The same for a tab, if its document is so short that nobody will notice.
    pub(super) fn count_endings_if_small(&mut self, id: TabId) {
        let Some(index) = self.index_of(id) else {
            return;
        };
        if self.tabs[index].counts_endings_at_once() {
            self.start_counting_endings(id, false);
        }
    }

    fn start_counting_endings(&mut self, id: TabId, was_asked_for: bool) {
        let Some(index) = self.index_of(id) else {
            return;
        };
        let tab = &self.tabs[index];
        let (snapshot, reading) = (tab.document.snapshot(), tab.reading());
        self.jobs.cancel(Task::Endings, Some(id));
        self.jobs.spawn(Task::Endings, Some(id), snapshot.len(), move |cancel, progress| {
            let counted = endings(&snapshot, reading, cancel, progress);
            // What cannot be read is told where it matters.
            if counted.is_err() && !was_asked_for {
                return Event::Done;
            }
            Event::Endings(snapshot.revision(), counted)
        });
    }

    pub(super) fn endings_counted(
        &mut self,
        tab: Option<TabId>,
        revision: u64,
        endings: Result<LineEndings, String>,
    ) {
        let Some(index) = tab.and_then(|id| self.index_of(id)) else {
            return;
        };
        match endings {
            Ok(endings) => {
                let tab = &mut self.tabs[index];
                tab.endings = Some((revision, endings));
                // A conversion may have been undone.
                if let (1, Some(only @ (LineEnding::Lf | LineEnding::CrLf))) =
                    (endings.kinds(), endings.majority())
                {
                    tab.line_ending = only;
                }
            }
            Err(error) => self.error(error),
        }
    }
}

/// Counts the line ends of a document.
fn endings(
    snapshot: &Snapshot,
    reading: Reading,
    cancel: &Cancel,
    progress: &Progress,
) -> Result<LineEndings, String> {
    let mut counter = LineEndingCounter::new(reading.encoding);
    let mut failure = None;
    let _ = snapshot.scan(0..snapshot.len(), &mut |scanned| {
        match scanned {
            Scanned::Data { bytes, .. } => {
                counter.add(bytes);
                progress.add(bytes.len() as u64);
            }
            Scanned::Hole(hole) => {
                counter.add_zeros(hole.end - hole.start);
                progress.add(hole.end - hole.start);
            }
            Scanned::Lost(_, lost) => failure = Some(format!("The line ends cannot be counted: {lost}.")),
        }
        if cancel.is_cancelled() || failure.is_some() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    failure.map_or_else(|| Ok(counter.finish()), Err)
}

/// About how many bytes a conversion of so many makes.
fn expected(from: Reading, conversion: Conversion, len: u64) -> u64 {
    match conversion {
        Conversion::Encoding(choice) if choice.encoding.unit() > from.encoding.unit() => {
            len.saturating_mul(2)
        }
        _ => len,
    }
}

/// All that a conversion needs.
struct Work {
    snapshot: Snapshot,
    has_bom: bool,
    from: Reading,
    conversion: Conversion,
    cache: PathBuf,
}

/// Of the two converters.
enum Step {
    Encoding(Box<Converter>),
    LineEnding(LineEndingConverter),
}

impl Work {
    fn run(self, cancel: &Cancel, progress: &Progress) -> Result<Converted, String> {
        let kept = |error| self.cannot_keep(&error);
        let mut spool = Spool::new(&self.cache).map_err(kept)?;
        let reader = spool.reader();
        self.check_space(&spool)?;
        let mut skip = 0;
        let mut step = match self.conversion {
            Conversion::Encoding(choice) => {
                if self.has_bom {
                    skip = self.from.encoding.bom().len() as u64;
                }
                if choice.has_bom {
                    spool.write(choice.encoding.bom()).map_err(kept)?;
                }
                let converter = Converter::new(self.from.encoding, choice.encoding);
                Step::Encoding(Box::new(converter))
            }
            Conversion::LineEnding(ending) => {
                Step::LineEnding(LineEndingConverter::new(self.from.encoding, self.from.line_break, ending))
            }
        };
        let mut out = Vec::new();
        let mut failure = None;
        let _ = self.snapshot.scan(skip..self.snapshot.len(), &mut |scanned| {
            let done = match scanned {
                Scanned::Data { bytes, .. } => {
                    step.put(bytes, &mut out, &mut spool).map(|()| bytes.len() as u64)
                }
                Scanned::Hole(hole) => {
                    let mut left = hole.end - hole.start;
                    let mut put = Ok(());
                    while left > 0 && put.is_ok() && !cancel.is_cancelled() {
                        let now = left.min(ZEROS.len() as u64);
                        put = step.put(&ZEROS[..now as usize], &mut out, &mut spool);
                        left -= now;
                    }
                    put.map(|()| hole.end - hole.start)
                }
                Scanned::Lost(range, lost) => {
                    failure = Some(format!(
                        "Bytes {} to {} cannot be read ({lost}), so nothing was converted.",
                        grouped(range.start),
                        grouped(range.end)
                    ));
                    return ControlFlow::Break(());
                }
            };
            match done {
                Ok(done) => progress.add(done),
                Err(error) => {
                    failure = Some(self.cannot_keep(&error));
                    return ControlFlow::Break(());
                }
            }
            if cancel.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        if let Some(failure) = failure {
            return Err(failure);
        }
        let loss = step.finish(&mut out, &mut spool).map_err(kept)?;
        let loss = loss.map(|loss| format!("{loss} Convert all the same?"));
        drop(spool);
        Ok(Converted {
            conversion: self.conversion,
            source: reader.source(),
            reading: self.conversion.reading(self.from),
            revision: self.snapshot.revision(),
            loss,
        })
    }

    fn check_space(&self, spool: &Spool) -> Result<(), String> {
        let needed = expected(self.from, self.conversion, self.snapshot.len());
        match spool.space() {
            Ok(Space { free, total })
                if free.saturating_sub(needed) < total / 10 && needed > total / 1000 =>
            {
                Err(format!(
                    "Converting needs about {} MiB in “{}”, of which {} MiB are free: too little would be left.",
                    grouped(needed.div_ceil(1 << 20)),
                    self.cache.display(),
                    grouped(free >> 20)
                ))
            }
            _ => Ok(()),
        }
    }

    fn cannot_keep(&self, error: &std::io::Error) -> String {
        cannot_keep(&self.cache, error)
    }
}

fn cannot_keep(cache: &Path, error: &std::io::Error) -> String {
    format!("What is converted cannot be kept in “{}” ({error}). Nothing was changed.", cache.display())
}

impl Step {
    fn put(&mut self, bytes: &[u8], out: &mut Vec<u8>, spool: &mut Spool) -> std::io::Result<()> {
        out.clear();
        match self {
            Self::Encoding(converter) => converter.convert(bytes, out),
            Self::LineEnding(converter) => converter.convert(bytes, out),
        }
        spool.write(out)
    }

    /// Writes the rest; tells what was lost.
    fn finish(self, out: &mut Vec<u8>, spool: &mut Spool) -> std::io::Result<Option<String>> {
        out.clear();
        let loss = match self {
            Self::Encoding(converter) => {
                let lost = converter.finish(out);
                (!lost.is_empty()).then(|| lost.to_string())
            }
            Self::LineEnding(converter) => {
                converter.finish(out);
                None
            }
        };
        spool.write(out)?;
        Ok(loss)
    }
}
