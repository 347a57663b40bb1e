//! Going to a time in a log.

use super::go_to::GoingTo;
use super::{Dialog, Editor, Event, Landing, Pane, Spot, Tab, TabId, Task};
use crate::document::{Bias, Snapshot};
use crate::search::{Times, TimesError};
use crate::source::Cancel;
use crate::text::{Encoding, WantedTime, time_in};
use crate::view::goto;

/// Bytes at the start of a document that tell whether its lines have times.
const SAMPLE: u64 = 16 << 10;

/// The line of a time, found by a job.
pub(super) struct FoundTime {
    input: String,
    /// Is the person to be taken there, and from where on is it to be selected? Otherwise it is only shown.
    going: Option<GoingTo>,
    snapshot: Snapshot,
    line: Result<u64, TimesError>,
}

impl Editor {
    /// Looks for the first line of a time, or later.
    pub(super) fn look_for_time(
        &mut self,
        index: usize,
        input: &str,
        wanted: WantedTime,
        going: Option<GoingTo>,
    ) {
        let tab = &self.tabs[index];
        let (id, snapshot, near) = (tab.id, tab.document.snapshot(), tab.selection.head());
        let (encoding, input) = (tab.shape.reading.encoding, input.to_owned());
        self.jobs.cancel(Task::Time, Some(id));
        self.jobs.spawn(Task::Time, Some(id), 0, move |cancel, _| {
            let line = line_of(&snapshot, encoding, wanted, near, cancel);
            Event::FoundTime(Box::new(FoundTime { input, going, snapshot, line }))
        });
    }

    pub(super) fn found_time(&mut self, tab: Option<TabId>, found: FoundTime) {
        let Some(index) = tab.and_then(|id| self.index_of(id)) else { return };
        let FoundTime { input, going, snapshot, line } = found;
        let error = match &line {
            Err(TimesError::Cancelled) => return,
            Err(error) => Some(sentence(&error.to_string())),
            Ok(line) if *line == snapshot.len() => Some("All lines are earlier.".to_owned()),
            Ok(_) => None,
        };
        let head = Spot::Byte(snapshot.edits_since().map(line.unwrap_or(0), Bias::After));
        match (going, error) {
            (Some(_), Some(error)) => self.tell(error),
            (Some(GoingTo { anchor }), None) => {
                self.tabs[index].remember_jump();
                self.go(index, Landing { anchor, head });
            }
            (None, error) => {
                let is_asked = |dialog: &mut Dialog| match dialog {
                    Dialog::GoTo(go_to) => Some(go_to.tab) == tab && go_to.input == input,
                    _ => false,
                };
                let Some(Dialog::GoTo(mut go_to)) = self.dialog.take_if(is_asked) else { return };
                match error {
                    Some(error) => (go_to.error, go_to.preview) = (Some(error), String::new()),
                    None => go_to.preview = self.go(index, Landing { anchor: None, head }),
                }
                self.dialog = Some(Dialog::GoTo(go_to));
            }
        }
    }
}

impl Tab {
    /// The time that the Go to box's input means here. Hours and minutes could be a line and a column too: they are a time
    /// where lines have some.
    pub(super) fn wanted_time(&self, input: &str) -> Option<WantedTime> {
        if self.focus == Pane::Hex {
            return None;
        }
        let wanted = WantedTime::parse(input)?;
        let is_place = goto::parse(input, goto::Unit::Lines).is_ok();
        (!is_place || (wanted.is_of_any_day() && self.has_times())).then_some(wanted)
    }

    /// Have its first lines times?
    fn has_times(&self) -> bool {
        let mut bytes = self.document.snapshot().try_read(0..SAMPLE).bytes;
        if self.shape.reading.encoding.unit() == 2 {
            bytes.retain(|byte| *byte != 0);
        }
        bytes.split(|byte| b"\r\n".contains(byte)).any(|line| time_in(line).is_some())
    }
}

fn line_of(
    snapshot: &Snapshot,
    encoding: Encoding,
    wanted: WantedTime,
    near: u64,
    cancel: &Cancel,
) -> Result<u64, TimesError> {
    let times = Times::new(snapshot, encoding, cancel)?;
    times.first_line_at(&times.meant(&wanted, near)?)
}

fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}
