//! Measurements for `--log`, printed to standard error.

use std::time::{Duration, Instant};

use crate::document::Count;
use crate::editor::{Dialog, Editor, Mode};

/// What to print, and what was printed last.
#[derive(Debug)]
pub struct Trace {
    startup: bool,
    frames: bool,
    state: bool,
    started: Instant,
    frame: u64,
    /// What [`Window::think`](super::window::Window::think) took since the last frame.
    thought: Duration,
    said: String,
}

impl Trace {
    /// `what` as given to `--log`; `started` is when the program began.
    pub fn new(what: &[String], started: Instant) -> Self {
        let asked = |name: &str| what.iter().any(|other| other == name);
        let (startup, frames, state) = (asked("startup"), asked("frames"), asked("state"));
        Self { startup, frames, state, started, frame: 0, thought: Duration::ZERO, said: String::new() }
    }

    /// A frame is about to be made: the one before is on screen.
    pub fn begin(&mut self, has_content: bool) {
        if self.startup && self.frame > 0 && has_content {
            self.startup = false;
            let elapsed = self.started.elapsed();
            eprintln!("startup first-frame-ms={:.1}", elapsed.as_secs_f64() * 1e3);
        }
    }

    /// Does it wait for the first frame with content?
    pub fn wants_frame(&self) -> bool {
        self.startup
    }

    /// The CPU time of this thread, to be given to [`Trace::thought`] or [`Trace::end`].
    pub fn clock(&self) -> Option<Duration> {
        self.frames.then(thread_time)
    }

    /// What comes before a frame, or in place of one, is done.
    pub fn thought(&mut self, began: Option<Duration>) {
        if let Some(began) = began {
            self.thought += thread_time().saturating_sub(began);
        }
    }

    /// A frame is made.
    pub fn end(&mut self, began: Option<Duration>, editor: &mut Editor) {
        self.frame += 1;
        if let Some(began) = began {
            let spent = thread_time().saturating_sub(began);
            let [spent, thought] =
                [spent, std::mem::take(&mut self.thought)].map(|time| time.as_secs_f64() * 1e3);
            eprintln!("frame n={} ui-ms={spent:.3} think-ms={thought:.3}", self.frame);
        }
        if self.state {
            let state = state(editor);
            if state != self.said {
                eprintln!("{state}");
                self.said = state;
            }
        }
    }
}

fn thread_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), time.tv_nsec as u32)
}

fn state(editor: &mut Editor) -> String {
    let dialog = match &editor.dialog {
        None => "none",
        Some(Dialog::GoTo(_)) => "goto",
        Some(Dialog::Path { .. } | Dialog::BytesPerRow { .. }) => "path",
        Some(Dialog::Keys | Dialog::About) => "keys",
        Some(Dialog::ReplaceAll(_)) => "replace",
        Some(Dialog::ReplaceIntoCopy(_)) => "replace-copy",
        Some(_) => "confirm",
    };
    let bar = editor.bar().is_some();
    let (toasts, tabs) = (editor.notices.len(), editor.tabs.len());
    let Some(tab) = editor.tab_mut() else {
        return format!("state tab= toasts={toasts} tabs={tabs} dialog={dialog}");
    };
    let count = |count: Count, more: u64| match count {
        Count::Exact(count) => (count + more).to_string(),
        Count::About(count) => format!("~{}", count + more),
    };
    let (line, column) = tab.position();
    let mode = match tab.mode {
        Mode::Text => "text",
        Mode::Hex => "hex",
        Mode::Both => "both",
    };
    let column = column.map_or("?".to_owned(), |(column, _)| (column + 1).to_string());
    format!(
        "state tab={} len={} modified={} mode={mode} line={} column={column} offset={} selection={} lines={} \
         follow={} bar={} toasts={toasts} tabs={tabs} dialog={dialog}",
        tab.name,
        tab.document.len(),
        u8::from(tab.document.is_modified()),
        count(line, 1),
        tab.selection.head(),
        tab.selection.selected(),
        count(tab.lines(), 0),
        u8::from(tab.follows()),
        u8::from(bar),
    )
}
