use super::super::{Editor, Running, Task, percent};
use super::search::{Outcome, Search};
use crate::hex::grouped;

/// How what the find bar says is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindTone {
    Plain,
    /// Nothing is found, or the search is not complete.
    Warning,
    /// What was typed cannot be looked for.
    Error,
}

/// What the find bar says about the active document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FindWords {
    /// "12 of 3,456", or what is wrong.
    pub text: String,
    /// How far a search has come, or that it began again at the other end.
    pub detail: String,
    pub tone: FindTone,
}

impl FindWords {
    fn new(text: impl Into<String>, tone: FindTone) -> Self {
        Self { text: text.into(), detail: String::new(), tone }
    }
}

impl Editor {
    /// What the find bar says.
    pub fn find_in_words(&self) -> FindWords {
        let Some(search) = self.tab().and_then(|tab| tab.search.as_ref()) else {
            return FindWords::new("", FindTone::Plain);
        };
        if let Some(error) = search.error() {
            return FindWords::new(error.message.clone(), FindTone::Error);
        }
        let mut words = match (search.count(), self.searching(Task::Find)) {
            (Some((total, is_complete)), _) => {
                let so_far = if is_complete { "" } else { "+" };
                let total_in_words = format!("{}{so_far}", grouped(total));
                match search.number {
                    Some(number) => {
                        FindWords::new(format!("{} of {total_in_words}", grouped(number)), FindTone::Plain)
                    }
                    None if total == 0 && is_complete => FindWords::new("No match", FindTone::Warning),
                    None if total == 0 => FindWords::new("Searching…", FindTone::Plain),
                    None if total == 1 && is_complete => FindWords::new("1 match", FindTone::Plain),
                    None => FindWords::new(format!("{total_in_words} matches"), FindTone::Plain),
                }
            }
            (None, Some(_)) => FindWords::new("Searching…", FindTone::Plain),
            (None, None) => match search.outcome {
                Some(Outcome::Nowhere) => FindWords::new("No match", FindTone::Warning),
                Some(Outcome::NotNear) => FindWords::new("None near here", FindTone::Plain),
                _ => FindWords::new("", FindTone::Plain),
            },
        };
        let job = self.searching(Task::Tally).or_else(|| self.searching(Task::Find));
        words.detail = match (job, &search.outcome) {
            (Some(job), _) => self.progress_of(job),
            (None, _) if search.stopped => {
                words.tone = FindTone::Warning;
                "stopped".to_owned()
            }
            (None, Some(Outcome::Wrapped { forward: true })) => "from the start again".to_owned(),
            (None, Some(Outcome::Wrapped { forward: false })) => "from the end again".to_owned(),
            _ => search.limit_in_words().to_owned(),
        };
        words
    }

    fn searching(&self, task: Task) -> Option<&Running> {
        let id = self.tab().map(|tab| tab.id);
        self.jobs().iter().find(|job| job.task == task && job.tab == id)
    }

    /// "45.0% · 2.1 GiB/s · 3 s left", once there is something to tell.
    pub(in crate::editor) fn progress_of(&self, job: &Running) -> String {
        let elapsed = self.now.saturating_sub(job.started).as_secs_f64();
        let (done, total) = (job.progress.done(), job.progress.total());
        if elapsed < 0.3 || done == 0 || total == 0 {
            return String::new();
        }
        let rate = done as f64 / elapsed;
        let left = total.saturating_sub(done) as f64 / rate.max(1.0);
        let left = if left >= 90.0 { format!("{:.0} min", left / 60.0) } else { format!("{left:.0} s") };
        let rate = match rate {
            rate if rate >= 1e9 => format!("{:.1} GB/s", rate / 1e9),
            rate => format!("{:.0} MB/s", rate / 1e6),
        };
        format!("{} · {rate} · {left} left", percent(done.min(total), total))
    }
}

impl Search {
    /// What is not searched as the pattern says, because its matches have no longest.
    fn limit_in_words(&self) -> &'static str {
        match &self.pattern {
            Ok(pattern) if self.current.as_ref().is_some_and(|found| pattern.may_be_cut(found)) => {
                "cut behind 1 MiB: it may go on"
            }
            Ok(pattern) if pattern.longest().is_none() && pattern.crosses_lines() => "each up to 1 MiB",
            _ => "",
        }
    }
}
