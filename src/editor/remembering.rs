use super::{Editor, Event, Settings, Task, settings};

/// What changed since it was last written to its file.
#[derive(Debug, Default)]
pub(super) struct Unwritten {
    settings: bool,
    session: bool,
}

impl Editor {
    /// Changes settings, and writes them in the background.
    pub fn change_settings(&mut self, change: impl FnOnce(&mut Settings)) {
        change(&mut self.settings);
        self.unwritten.settings = true;
        self.write_what_changed();
    }

    pub(super) fn write_session(&mut self) {
        self.unwritten.session = true;
        self.write_what_changed();
    }

    /// One job at a time, each with the latest state: what is written last is what was set last.
    fn write_what_changed(&mut self) {
        if self.jobs.is_running(Task::Remember, None) {
            return;
        }
        let Unwritten { settings, session } = std::mem::take(&mut self.unwritten);
        let settings = settings.then(|| self.settings.file()).flatten();
        let session = session.then(|| self.session.file()).flatten();
        let files: Vec<_> = [settings, session].into_iter().flatten().collect();
        if files.is_empty() {
            return;
        }
        self.jobs.spawn(Task::Remember, None, 0, move |_, _| {
            let mut files = files.iter();
            Event::Remembered(files.try_for_each(|(path, text)| settings::write(path, text.as_bytes())))
        });
    }

    pub(super) fn remembered(&mut self, result: Result<(), String>) {
        if let Err(error) = result {
            self.error(error);
        }
        self.write_what_changed();
    }
}
