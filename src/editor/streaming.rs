use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::opening::detect;
use super::{Editor, Event, Lock, Mode, Tab, TabId, Task};
use crate::source::{self, Compression, Input, Limits, Source, Spool, SpoolReader, StreamError};

/// How long a stream is looked at ten times a second after something came.
const LIVELY: Duration = Duration::from_millis(300);

/// Where the bytes of a stream come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    StandardInput,
    Pipe(PathBuf),
    Compressed { path: PathBuf, compression: Compression },
}

const STOPPED: &str = "Reading was stopped: this is what came before.";

impl Origin {
    /// The file, if there is one that keeps the bytes.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Compressed { path, .. } => Some(path),
            Self::StandardInput | Self::Pipe(_) => None,
        }
    }
}

/// What flows, and where to: goes with the job, and comes back with it.
pub(super) struct Flow {
    pub input: Input,
    pub spool: Spool,
    pub limits: Limits,
    /// Bytes of the compressed file; 0 where nobody knows how much will come.
    pub total: u64,
}

/// How a stream ended, or was stopped.
pub(super) struct Flowed {
    flow: Flow,
    result: Result<u64, StreamError>,
}

/// A document that arrives bit by bit, and is kept in a spool.
pub struct Stream {
    pub origin: Origin,
    reader: SpoolReader,
    /// How much of it has been looked at to tell what it is.
    detected: u64,
    /// When something came last.
    came: Duration,
    is_whole: bool,
    state: State,
}

enum State {
    Flowing,
    /// It waits for the person's answer; with what it was.
    Stopped(Box<(Flow, StreamError)>),
    /// With what was wrong, if anything.
    Ended(Option<String>),
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}: {} bytes", self.origin, self.reader.len())
    }
}

impl Stream {
    pub(super) fn new(origin: Origin, flow: &Flow) -> Self {
        let reader = flow.spool.reader();
        Self { origin, reader, detected: 0, came: Duration::ZERO, is_whole: false, state: State::Flowing }
    }

    /// Is more to come?
    pub fn flows(&self) -> bool {
        matches!(self.state, State::Flowing)
    }

    /// Could more come, now or when the person says so?
    pub(super) fn may_go_on(&self) -> bool {
        !matches!(self.state, State::Ended(_))
    }

    /// Why it waits for an answer.
    pub fn stopped(&self) -> Option<&StreamError> {
        match &self.state {
            State::Stopped(stopped) => Some(&stopped.1),
            State::Flowing | State::Ended(_) => None,
        }
    }

    /// What ended it before its end.
    pub fn failure(&self) -> Option<&str> {
        match &self.state {
            State::Ended(failure) => failure.as_deref(),
            State::Flowing | State::Stopped(_) => None,
        }
    }

    /// Did all of it arrive?
    pub fn has_all(&self) -> bool {
        self.is_whole
    }

    /// Forgets what was wrong: the person has read it.
    pub(super) fn dismiss(&mut self) {
        if let State::Ended(failure) = &mut self.state {
            *failure = None;
        }
    }

    pub(super) fn lock(&self) -> Option<Lock> {
        match &self.origin {
            Origin::Compressed { compression, .. } => Some(Lock::Decompressed(*compression)),
            Origin::StandardInput | Origin::Pipe(_) => None,
        }
    }

    /// What its tab is called.
    pub(super) fn name(&self) -> String {
        match &self.origin {
            Origin::StandardInput => "standard input".to_owned(),
            Origin::Pipe(path) | Origin::Compressed { path, .. } => super::opening::file_name(path),
        }
    }

    /// What it is to be called as a file of its own.
    pub(super) fn plain_name(&self) -> String {
        let name = match &self.origin {
            Origin::StandardInput => "input.txt".to_owned(),
            _ => self.name(),
        };
        match &self.origin {
            Origin::Compressed { compression, .. } => {
                let ending = format!(".{}", compression.extension());
                let plain = name.strip_suffix(&ending).filter(|plain| !plain.is_empty());
                plain.unwrap_or(&name).to_owned()
            }
            _ => name,
        }
    }
}

impl Editor {
    /// Lets a stream flow into its tab, in the background.
    pub(super) fn start_flow(&mut self, id: TabId, mut flow: Flow) {
        let Some(stream) = self.index_of(id).and_then(|index| self.tabs[index].stream.as_mut()) else {
            return;
        };
        stream.state = State::Flowing;
        let total = flow.total;
        self.jobs.spawn(Task::Stream, Some(id), total, move |cancel, progress| {
            let result = source::fill(&mut flow.input, &mut flow.spool, &flow.limits, cancel, progress);
            Event::Flowed(Box::new(Flowed { flow, result }))
        });
    }

    /// Takes in what has come. True if there is something new to draw.
    pub(super) fn take_streams(&mut self) -> bool {
        let now = self.now;
        let mut news = false;
        for job in self.jobs.running().iter().filter(|job| job.task == Task::Stream) {
            if job.progress.seen()
                && let Some(tab) = self.tabs.iter_mut().find(|tab| Some(tab.id) == job.tab)
                && let Some(stream) = &mut tab.stream
            {
                stream.came = now;
            }
        }
        for index in 0..self.tabs.len() {
            news |= self.take_stream(index);
        }
        news
    }

    fn take_stream(&mut self, index: usize) -> bool {
        let tab = &mut self.tabs[index];
        // Saved, it is a file like others, which does not go on.
        let Some(stream) = tab.stream.as_mut().filter(|_| tab.path.is_none()) else {
            return false;
        };
        if stream.reader.len() == tab.streamed {
            return false;
        }
        let source = stream.reader.source();
        tab.streamed = source.len();
        let is_first = stream.detected == 0;
        // The first bytes that came may have been few.
        if stream.detected < super::opening::SAMPLE {
            stream.detected = source.len();
            let (detected, binary) = detect(&*source);
            tab.detected(&detected, None);
            tab.is_binary = binary;
            if is_first && binary {
                tab.set_mode(Mode::Hex);
            }
        }
        self.grow(index, source);
        true
    }

    /// How long until a stream is to be looked at again: what came may not have been written yet.
    pub(super) fn next_look_at_streams(&self) -> Option<Duration> {
        let lively = |stream: &&Stream| stream.flows() && self.now < stream.came + LIVELY;
        let mut streams = self.tabs.iter().filter_map(|tab| tab.stream.as_ref());
        streams.find(lively).map(|_| Duration::from_millis(100))
    }

    pub(super) fn flowed(&mut self, tab: Option<TabId>, Flowed { flow, result }: Flowed) {
        let Some(index) = tab.and_then(|id| self.index_of(id)) else {
            return;
        };
        self.take_stream(index);
        let tab = &mut self.tabs[index];
        let Some(stream) = &mut tab.stream else { return };
        stream.is_whole = result.is_ok();
        stream.state = match result {
            Ok(_) => State::Ended(None),
            Err(
                stop @ (StreamError::LowSpace { .. } | StreamError::Ratio { .. } | StreamError::Spool(_)),
            ) => State::Stopped(Box::new((flow, stop))),
            Err(StreamError::Cancelled) => State::Ended(Some(STOPPED.to_owned())),
            Err(error) => State::Ended(Some(error.to_string())),
        };
        let source = stream.reader.source();
        // All that will ever tell what it is has come.
        if tab.document.len() < super::opening::SAMPLE {
            let (detected, binary) = detect(&*source);
            tab.is_binary = binary;
            tab.detected(&detected, None);
        }
    }

    /// Goes on with a stream that stopped to ask.
    pub(super) fn go_on_streaming(&mut self) {
        let Some(tab) = self.tab_mut() else { return };
        let id = tab.id;
        let Some(stream) = &mut tab.stream else { return };
        match std::mem::replace(&mut stream.state, State::Ended(None)) {
            State::Stopped(stopped) => {
                let (mut flow, stop) = *stopped;
                flow.limits = flow.limits.accepting(&stop);
                self.start_flow(id, flow);
            }
            other => stream.state = other,
        }
    }

    /// Leaves a stream that stopped to ask as it is.
    pub(super) fn end_streaming(&mut self) {
        if let Some(stream) = self.tab_mut().and_then(|tab| tab.stream.as_mut()) {
            match &stream.state {
                State::Stopped(_) => stream.state = State::Ended(None),
                _ => stream.dismiss(),
            }
        }
    }
}

impl Tab {
    /// Has it filled by a stream.
    pub(super) fn arrive(&mut self, stream: Stream) {
        self.name = stream.name();
        self.label = self.name.clone();
        self.locked = stream.lock();
        self.path = None;
        self.stream = Some(stream);
    }

    /// The file that it shows, saved or decompressed.
    pub(super) fn file(&self) -> Option<&Path> {
        self.path.as_deref().or_else(|| self.origin().and_then(Origin::file))
    }

    /// Is what it shows nowhere else, because it came through a pipe and was not saved?
    pub(super) fn is_only_copy(&self) -> bool {
        let is_piped = matches!(self.origin(), Some(Origin::StandardInput | Origin::Pipe(_)));
        is_piped && self.path.is_none() && !self.document.is_empty()
    }

    /// The person stopped what flowed into it.
    pub(super) fn stream_cancelled(&mut self) {
        if let Some(stream) = &mut self.stream {
            stream.state = State::Ended(Some(STOPPED.to_owned()));
        }
    }

    /// Where its bytes came from, if they were no file at rest.
    pub fn origin(&self) -> Option<&Origin> {
        self.stream.as_ref().map(|stream| &stream.origin)
    }
}

impl Flow {
    /// Begins to read `origin`, of which `source` holds the bytes if it is a compressed file; what is compressed in a pipe
    /// comes so if that is to be `raw`. What a pipe holds already is in the spool then.
    pub fn begin(
        origin: &Origin,
        cache: &Path,
        source: Option<Arc<dyn Source>>,
        raw: bool,
    ) -> Result<Self, String> {
        let total = source.as_ref().map_or(0, |source| source.len());
        let input = match (origin, source) {
            (Origin::Compressed { compression, .. }, Some(source)) => Input::compressed(*compression, source),
            (Origin::Pipe(path) | Origin::Compressed { path, .. }, _) => Input::fifo(path),
            (Origin::StandardInput, _) => Input::stdin(),
        };
        let input = input.map_err(|error| match origin {
            Origin::StandardInput => error.to_string(),
            Origin::Pipe(path) | Origin::Compressed { path, .. } => format!("“{}”: {error}", path.display()),
        })?;
        let kept = |error| format!("What is read cannot be kept in “{}” ({error}).", cache.display());
        let mut input = if raw { input.raw() } else { input };
        let (mut spool, limits) = (Spool::new(cache).map_err(kept)?, Limits::default());
        source::fill_first(&mut input, &mut spool, &limits);
        Ok(Self { input, spool, limits, total })
    }
}
