use std::io::{self, Write};
use std::ops::ControlFlow;
use std::path::Path;

use super::{Editor, Event, Origin, Tab, TabId, Task};
use crate::document::{Document, Snapshot};
use crate::save::{self, Disk, Expect, SaveError, Saved};
use crate::source::{Cancel, Compression, Progress, Scanned, Spool};

/// How saving into a compressed file ended.
pub(super) struct Compressed {
    snapshot: Snapshot,
    result: Result<Saved, Failure>,
}

enum Failure {
    Cancelled,
    /// What the person is to be told.
    Told(String),
    Save(SaveError),
}

impl Tab {
    /// The compressed file that its contents came out of.
    pub(super) fn compressed(&self) -> Option<(&Path, Compression)> {
        match self.origin()? {
            Origin::Compressed { path, compression } => Some((path, *compression)),
            Origin::StandardInput | Origin::Pipe(_) => None,
        }
    }
}

impl Editor {
    /// Writes a tab's contents, compressed, over the file that they came out of.
    pub(super) fn save_compressed(&mut self, id: TabId) {
        let Some(index) = self.index_of(id) else {
            return;
        };
        if self.tabs[index].stream.as_ref().is_some_and(|stream| !stream.has_all()) {
            self.not_closed(Some(id));
            return self.error(format!(
                "Not all of “{}” was decompressed, so it cannot be written back. Save as writes what there is.",
                self.tabs[index].name
            ));
        }
        if self.jobs.is_running(Task::Save, Some(id)) {
            return self.tell("It is being saved already.");
        }
        let tab = &mut self.tabs[index];
        tab.document.end_step();
        let Some((path, compression)) = tab.compressed().map(|(path, how)| (path.to_owned(), how)) else {
            return;
        };
        let snapshot = tab.document.snapshot();
        let expect = tab.identity.map_or(Expect::Anything, Expect::Unchanged);
        let cache = self.cache.clone();
        self.jobs.spawn(Task::Save, Some(id), snapshot.len(), move |cancel, progress| {
            let compressed = compress(&snapshot, compression, &cache, cancel, progress);
            let result = compressed.and_then(|compressed| {
                let request = save::Request::new(compressed, path, expect);
                save::save(&request, &Disk, cancel, &Progress::default()).map_err(Failure::Save)
            });
            Event::Compressed(Box::new(Compressed { snapshot, result }))
        });
    }

    pub(super) fn compressed(&mut self, tab: Option<TabId>, Compressed { snapshot, result }: Compressed) {
        let error = match result {
            Ok(saved) => {
                if let Some(index) = tab.and_then(|id| self.index_of(id)) {
                    let tab = &mut self.tabs[index];
                    tab.document.mark_saved(&snapshot);
                    tab.identity = Some(saved.identity);
                }
                return self.saved_to_close(tab);
            }
            Err(Failure::Cancelled) => "Saving was stopped; the file is as it was.".to_owned(),
            Err(Failure::Told(error)) => error,
            Err(Failure::Save(error)) => error.to_string(),
        };
        self.stay();
        self.not_closed(tab);
        self.error(error);
    }
}

/// The contents, compressed into a spool.
fn compress(
    snapshot: &Snapshot,
    compression: Compression,
    cache: &Path,
    cancel: &Cancel,
    progress: &Progress,
) -> Result<Snapshot, Failure> {
    let kept = |error: io::Error| {
        Failure::Told(format!("The compressed file cannot be made in “{}” ({error}).", cache.display()))
    };
    let spool = Spool::new(cache).map_err(kept)?;
    let reader = spool.reader();
    let mut encoder = compression.encoder(Spooled(spool)).map_err(kept)?;
    let mut failure = None;
    let _ = snapshot.scan(0..snapshot.len(), &mut |step| {
        let (len, written) = match step {
            Scanned::Data { bytes, .. } => (bytes.len() as u64, encoder.write_all(bytes)),
            Scanned::Hole(hole) => {
                let len = hole.end - hole.start;
                (len, io::copy(&mut io::Read::take(io::repeat(0), len), &mut encoder).map(drop))
            }
            Scanned::Lost(range, lost) => {
                let text = format!(
                    "Bytes {} to {} cannot be read: {lost}. The file is as it was.",
                    range.start, range.end
                );
                failure = Some(Failure::Told(text));
                return ControlFlow::Break(());
            }
        };
        progress.add(len);
        failure = match written {
            Err(error) => Some(kept(error)),
            Ok(()) if cancel.is_cancelled() => Some(Failure::Cancelled),
            Ok(()) => return ControlFlow::Continue(()),
        };
        ControlFlow::Break(())
    });
    if let Some(failure) = failure {
        return Err(failure);
    }
    drop(encoder.finish().map_err(kept)?);
    Ok(Document::open(reader.source()).snapshot())
}

/// A spool to be written through [`Write`].
struct Spooled(Spool);

impl Write for Spooled {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
