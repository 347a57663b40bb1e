use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use super::super::encodings::line_break;
use super::super::opening::detect;
use super::super::{Mode, Tab, TabId};
use super::found::Found;
use crate::document::{Document, Snapshot};
use crate::search::Target;
use crate::source::{self, Choices, FilesUnder};
use crate::text::{Escapes, Reading};

/// What is searched, one after the other, by whichever thread comes next.
pub(super) struct Subjects(Mutex<State>);

struct State {
    next: u64,
    left: Left,
    /// What is open, by the paths of the files.
    open: HashMap<PathBuf, OpenDocument>,
}

enum Left {
    Documents(std::vec::IntoIter<OpenDocument>),
    /// It is looked at by the first thread: that takes a disk.
    Folder(PathBuf, Choices),
    Walk(Box<FilesUnder>),
}

/// An open document, as it is searched.
#[derive(Clone)]
pub(super) struct OpenDocument {
    tab: TabId,
    name: String,
    path: Option<PathBuf>,
    snapshot: Snapshot,
    reading: Reading,
    binary: bool,
}

/// What is searched next.
pub(super) enum Subject {
    Open(OpenDocument),
    File {
        path: PathBuf,
        name: String,
    },
    /// What could not be looked at, and why.
    Trouble(String),
}

/// Something to be searched.
pub(super) struct Searched {
    pub name: String,
    pub path: Option<PathBuf>,
    pub open: Option<(TabId, Snapshot)>,
    pub snapshot: Snapshot,
    pub reading: Reading,
    pub target: Target,
}

impl OpenDocument {
    pub fn of(tab: &Tab) -> Self {
        Self {
            tab: tab.id,
            name: tab.label.clone(),
            path: tab.path.clone().filter(|_| tab.part.is_none()),
            snapshot: tab.document.snapshot(),
            reading: tab.reading(),
            binary: tab.mode == Mode::Hex,
        }
    }
}

impl Subjects {
    /// The open documents.
    pub fn documents(open: Vec<OpenDocument>) -> Self {
        Self(Mutex::new(State { next: 0, left: Left::Documents(open.into_iter()), open: HashMap::new() }))
    }

    /// The files under a folder; those that are `open` as they are there.
    pub fn folder(folder: PathBuf, choices: Choices, open: Vec<OpenDocument>) -> Self {
        let by_path = |open: OpenDocument| Some((open.path.clone()?, open));
        let open = open.into_iter().filter_map(by_path).collect();
        Self(Mutex::new(State { next: 0, left: Left::Folder(folder, choices), open }))
    }

    /// The next one, with its place in the order of all.
    pub fn next(&self, found: &Found) -> Option<(u64, Subject)> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Left::Folder(folder, choices) = &state.left {
            state.left = match FilesUnder::new(folder, choices) {
                Ok(walk) => Left::Walk(Box::new(walk)),
                Err(error) => {
                    found.fail(error);
                    Left::Documents(Vec::new().into_iter())
                }
            };
        }
        let subject = match &mut state.left {
            Left::Documents(documents) => Subject::Open(documents.next()?),
            Left::Folder(..) => return None,
            Left::Walk(walk) => match walk.next()? {
                Err(why) => Subject::Trouble(why),
                Ok(path) => {
                    let below = path.strip_prefix(walk.root()).unwrap_or(&path);
                    let name = below.to_string_lossy().into_owned();
                    match state.open.remove(&path) {
                        Some(open) => Subject::Open(OpenDocument { name, ..open }),
                        None => Subject::File { path, name },
                    }
                }
            },
        };
        state.next += 1;
        Some((state.next, subject))
    }
}

impl Searched {
    pub fn open(open: OpenDocument) -> Self {
        let OpenDocument { tab, name, path, snapshot, reading, binary } = open;
        let Reading { encoding, line_break, .. } = reading;
        let target = Target { encoding, line_break, binary };
        Self { name, path, open: Some((tab, snapshot.clone())), snapshot, reading, target }
    }

    /// A file, read as it would be if it was opened; `None` where it is no text, and `only_text` is wanted.
    pub fn file(
        path: PathBuf,
        name: String,
        (tab, escapes): (u32, Escapes),
        only_text: bool,
    ) -> Result<Option<Self>, String> {
        let source = source::open(&path).map_err(|error| error.to_string())?.source;
        let (detected, binary) = detect(&*source);
        if binary && only_text {
            return Ok(None);
        }
        let encoding = detected.encoding;
        let line_break = line_break(encoding, detected.line_ending);
        let mut document = Document::open(source);
        document.set_line_break(line_break);
        let target = Target { encoding, line_break, binary };
        let reading = Reading { encoding, line_break, tab, escapes };
        Ok(Some(Self { name, path: Some(path), open: None, snapshot: document.snapshot(), reading, target }))
    }
}
