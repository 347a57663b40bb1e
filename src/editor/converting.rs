use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::encodings::EncodingChoice;
use super::recoding::{Recoded, Recoding, Stop};
use super::{Dialog, Editor, Event, OpenTarget, PathPurpose, SavePurpose, TabId, Task};
use crate::document::{Document, LineBreak, Slice, Snapshot};
use crate::hex::grouped;
use crate::save::{self, Expect};
use crate::source::{Cancel, Progress, Scanned, Size, Source, Space, Spool};
use crate::text::{Encoding, LineEnding, LineEndingCounter, LineEndings, Reading};
use crate::view::Selection;

/// A document of more bytes is converted only after the person was told what that takes.
const COSTS: u64 = 1 << 30;

/// What a document is converted to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversion {
    Encoding(EncodingChoice),
    LineEnding(LineEnding),
}

/// A converted document, not yet put in the place of what it was made of, nor into its copy.
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
    /// The file that it is to be written to; `None` if it is to take the place of what it was made of.
    copy: Option<PathBuf>,
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
        let gib = expected(tab.reading(), conversion, tab.document.len()).div_ceil(1 << 30);
        let text = format!(
            "“{}” in {} takes about {gib} GiB. Converted here, that is one step of undo, and kept in “{}” beside the present \
             contents until the tab is closed. A converted copy is written to a file that you name and opened from there; \
             this document stays as it is.",
            tab.name,
            conversion.name(),
            self.cache.display()
        );
        self.ask(Dialog::Convert { tab: id, text, conversion, in_place: true });
    }

    pub(super) fn start_converting(&mut self, id: TabId, conversion: Conversion) {
        let Some(index) = self.index_of(id) else {
            return;
        };
        if self.refuses_edits_of(index) {
            return;
        }
        let (recoding, cache) = (self.recoding(index, conversion), self.cache.clone());
        self.jobs.spawn(Task::Convert, Some(id), recoding.snapshot.len(), move |cancel, progress| {
            Event::Converted(Box::new(in_place(&recoding, &cache, cancel, progress)))
        });
    }

    /// Asks which file a converted copy is to be written to.
    pub(super) fn ask_for_copy(&mut self, id: TabId, conversion: Conversion) {
        if let Some(index) = self.index_of(id) {
            self.activate(index);
            self.ask_for_target(PathPurpose::Converted(conversion));
        }
    }

    /// Converts a document into another file, in the background. First it is seen what will come of it.
    pub(super) fn convert_into(&mut self, id: TabId, conversion: Conversion, path: PathBuf) {
        let Some(index) = self.index_of(id) else {
            return;
        };
        let recoding = self.recoding(index, conversion);
        self.jobs.spawn(Task::Convert, Some(id), recoding.snapshot.len(), move |cancel, progress| {
            Event::Converted(Box::new(into_copy(&recoding, path, cancel, progress)))
        });
    }

    fn recoding(&mut self, index: usize, conversion: Conversion) -> Recoding {
        let tab = &mut self.tabs[index];
        tab.document.end_step();
        let (snapshot, from) = (tab.document.snapshot(), tab.reading());
        Recoding { snapshot, has_bom: tab.has_bom, from, conversion }
    }

    pub(super) fn converted(&mut self, tab: Option<TabId>, converted: Result<Converted, Failure>) {
        let Some(index) = tab.and_then(|id| self.index_of(id)) else {
            return;
        };
        let id = self.tabs[index].id;
        match converted {
            Ok(converted) => match converted.loss.clone() {
                Some(text) => {
                    self.ask(Dialog::ConvertLoses { tab: id, text, converted: Box::new(converted) });
                }
                None => self.accept_converted(id, converted),
            },
            Err(Failure::Told(error)) => self.error(error),
            Err(Failure::Space { conversion, needed, free }) => {
                let text = format!(
                    "“{}” in {} takes about {}, and of “{}”, where Undo would need them, only {} are free. A \
                     converted copy can be written to a file that you name instead, and opened from there; this document \
                     stays as it is.",
                    self.tabs[index].name,
                    conversion.name(),
                    Size(needed),
                    self.cache.display(),
                    Size(free)
                );
                self.ask(Dialog::Convert { tab: id, text, conversion, in_place: false });
            }
        }
    }

    /// Goes on with a conversion of which everything is known.
    pub(super) fn accept_converted(&mut self, id: TabId, converted: Converted) {
        match converted.copy {
            None => self.put_converted(id, converted),
            Some(path) => {
                let snapshot = Document::open(converted.source).snapshot();
                let request = save::Request::new(snapshot, path, Expect::New);
                self.write(id, request, SavePurpose::Converted(converted.reading.encoding));
            }
        }
    }

    /// Opens a converted copy that was written.
    pub(super) fn open_converted(&mut self, path: PathBuf, encoding: Encoding) {
        self.open(OpenTarget { encoding: Some(encoding), raw: true, ..OpenTarget::new(path) });
    }

    /// Puts a converted document in the place of what it was made of.
    fn put_converted(&mut self, id: TabId, converted: Converted) {
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

/// Why nothing was converted.
#[derive(Debug)]
pub enum Failure {
    Told(String),
    /// Too little would be left where it is kept. In bytes.
    Space {
        conversion: Conversion,
        needed: u64,
        free: u64,
    },
}

/// Converts into a spool in `cache`, which can take the place of the document.
fn in_place(
    recoding: &Recoding,
    cache: &Path,
    cancel: &Cancel,
    progress: &Progress,
) -> Result<Converted, Failure> {
    let kept = |error: io::Error| {
        let text = format!(
            "What is converted cannot be kept in “{}” ({error}). Nothing was changed.",
            cache.display()
        );
        Failure::Told(text)
    };
    let mut spool = Spool::new(cache).map_err(kept)?;
    check_space(recoding, &spool)?;
    let reader = spool.reader();
    let mut failure = None;
    let ended = recoding.run(&mut |made, of| {
        failure = spool.write(made).err();
        progress.add(of);
        if cancel.is_cancelled() || failure.is_some() {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    });
    if let Some(error) = failure {
        return Err(kept(error));
    }
    let loss = finished(ended)?;
    drop(spool);
    let source = reader.source();
    Ok(Converted::new(recoding, source, loss, None))
}

/// Sees what converting into the file at `path` will make, of which nothing is kept.
fn into_copy(
    recoding: &Recoding,
    path: PathBuf,
    cancel: &Cancel,
    progress: &Progress,
) -> Result<Converted, Failure> {
    let mut len = 0;
    let ended = recoding.run(&mut |made, of| {
        len += made.len() as u64;
        progress.add(of);
        if cancel.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let loss = finished(ended)?;
    let source = Arc::new(Recoded::new(recoding.clone(), len));
    Ok(Converted::new(recoding, source, loss, Some(path)))
}

/// What is lost on the way, if it came to its end.
fn finished(ended: Result<Option<String>, Stop>) -> Result<Option<String>, Failure> {
    ended.map_err(|stop| match stop {
        Stop::Asked => Failure::Told("Converting was stopped. Nothing was changed.".to_owned()),
        Stop::Lost(range, lost) => Failure::Told(format!(
            "Bytes {} to {} cannot be read ({lost}), so nothing was converted.",
            grouped(range.start),
            grouped(range.end)
        )),
    })
}

fn check_space(recoding: &Recoding, spool: &Spool) -> Result<(), Failure> {
    let Recoding { snapshot, from, conversion, .. } = recoding;
    let needed = expected(*from, *conversion, snapshot.len());
    match spool.space() {
        Ok(Space { free, total }) if free.saturating_sub(needed) < total / 10 && needed > total / 1000 => {
            Err(Failure::Space { conversion: *conversion, needed, free })
        }
        _ => Ok(()),
    }
}

impl Converted {
    fn new(
        recoding: &Recoding,
        source: Arc<dyn Source>,
        loss: Option<String>,
        copy: Option<PathBuf>,
    ) -> Self {
        let Recoding { snapshot, from, conversion, .. } = recoding;
        Self {
            conversion: *conversion,
            source,
            reading: conversion.reading(*from),
            revision: snapshot.revision(),
            loss: loss.map(|loss| format!("{loss} Convert all the same?")),
            copy,
        }
    }
}
