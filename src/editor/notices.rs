use std::time::Duration;

use super::{Command, Editor};

/// Something to tell, in a corner of the window.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    pub text: String,
    /// Errors stay until they are dismissed.
    pub is_error: bool,
    /// When it goes by itself, on the clock of [`Editor::now`].
    pub until: Option<Duration>,
    /// A button that does something about it.
    pub offer: Option<Offer>,
}

/// The button of a [`Notice`].
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    pub label: &'static str,
    pub command: Command,
}

/// How long a notice that is no error stays.
const STAYS: Duration = Duration::from_secs(6);

impl Editor {
    /// Tells of a failure; stays until it is read.
    pub fn error(&mut self, text: impl Into<String>) {
        self.error_with(text.into(), None);
    }

    /// Tells of a failure, perhaps with a button that does something about it; stays until it is read.
    pub(super) fn error_with(&mut self, text: String, offer: Option<Offer>) {
        self.notice(Notice { text, is_error: true, until: None, offer });
    }

    /// Tells, once, that bytes on screen of a tab cannot be read. True if there was something to tell.
    pub(super) fn tell_lost(&mut self, index: usize) -> bool {
        let tab = &mut self.tabs[index];
        let Some(why) = tab.lost.take() else {
            return false;
        };
        tab.told_lost = Some(why.clone());
        if tab.disk.watch.is_none() {
            self.tell_loss(index, why);
        } else {
            // Was it truncated? Then a bar says more.
            tab.disk.loss = Some(why);
            let id = tab.id;
            self.check(id);
        }
        true
    }

    pub(super) fn tell_loss(&mut self, index: usize, why: String) {
        let name = &self.tabs[index].name;
        self.error(format!(
            "Some bytes of “{name}” cannot be read: {why}. The others are shown as they were."
        ));
    }

    /// Tells of something that is good to know.
    pub fn tell(&mut self, text: impl Into<String>) {
        let until = Some(self.now + STAYS);
        self.notice(Notice { text: text.into(), is_error: false, until, offer: None });
    }

    /// Tells of something, with a button that does something about it.
    pub fn offer(&mut self, text: impl Into<String>, label: &'static str, command: Command) {
        let until = Some(self.now + 2 * STAYS);
        let offer = Some(Offer { label, command });
        self.notice(Notice { text: text.into(), is_error: false, until, offer });
    }

    /// The same words twice are one notice.
    fn notice(&mut self, notice: Notice) {
        self.notices.retain(|other| other.text != notice.text);
        self.notices.push(notice);
    }
}
