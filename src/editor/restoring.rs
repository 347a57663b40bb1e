//! What was open is there again at the next start, unsaved edits included: those come out of the journals.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::session::OpenFile;
use super::{Editor, FilterSet, Mode, OpenTarget, Part, Tab, TabId};
use crate::document::Caret;
use crate::text::Encoding;
use crate::view::Selection;

/// A file that has been open so long did no harm.
const HARMLESS: Duration = Duration::from_secs(2);

/// Carets remembered of a file.
const CARETS: usize = 100;

/// Marks remembered of a file.
const MARKS: usize = 10_000;

/// What comes back from the last time.
#[derive(Default)]
pub(super) struct Restoring {
    /// Is it coming back at all?
    pub is_on: bool,
    /// Files being opened, by their places among the tabs.
    asked: HashMap<u64, OpenFile>,
    /// How tabs were looked at, whose unsaved edits may still come.
    views: HashMap<TabId, OpenFile>,
    /// Files opened lately, and since when.
    fresh: Vec<(PathBuf, Duration)>,
}

impl Editor {
    /// Opens what was open when the program ended. To be called before there is a window.
    pub fn restore_session(&mut self) {
        let (open, harmful) = self.session.begin();
        let is_news = !harmful.is_empty() || !open.is_empty();
        for path in harmful {
            self.error(format!(
                "“{}” was being opened when Hextant was closed by a crash. It is not opened by itself; File > Recent files \
                 has it.",
                path.display()
            ));
        }
        if !self.settings.restore_session {
            return;
        }
        self.restoring.is_on = true;
        let lines = self.session.lines().clone();
        self.change_filters(|set| *set = lines);
        for file in open {
            let place = self.new_id();
            let target = file.target();
            // The one that was in front comes to the front, whichever arrives last.
            self.foremost = place;
            self.restoring.asked.insert(place, file);
            self.open_at(target, place);
        }
        // What brings the program down must be known before it does.
        if is_news && let Err(error) = self.session.write() {
            self.error(error);
        }
    }

    /// A file is about to be opened: should that bring the program down, it is not opened by itself the next time.
    pub(super) fn begin_opening(&mut self, path: &Path) {
        if self.session.is_kept() && self.session.begin_opening(&absolute(path)) {
            self.write_session();
        }
    }

    /// It could not be opened. True if it was to come back from the last time.
    pub(super) fn not_opened(&mut self, path: &Path, place: u64) -> bool {
        if self.session.end_opening(&absolute(path)) {
            self.write_session();
        }
        self.restoring.asked.remove(&place).is_some()
    }

    /// A file was opened in a tab: is it one that was open the last time, it is looked at as it was then.
    pub(super) fn was_opened(&mut self, index: usize, asked_for: &Path) {
        let tab = &mut self.tabs[index];
        let restored = self.restoring.asked.remove(&tab.place);
        // One in the back is not even drawn.
        let is_drawn = restored.as_ref().is_none_or(|file| file.is_active);
        if let Some(file) = restored {
            file.apply(tab);
            self.restoring.views.insert(tab.id, file.clone());
            if file.is_active && self.foremost > tab.place {
                self.show(index);
            }
        }
        let has_news = self.session.end_opening(&absolute(asked_for));
        if let Some(path) = self.tabs[index].file().filter(|_| is_drawn && has_news) {
            // As the session names it.
            self.session.begin_opening(path);
            self.restoring.fresh.push((path.to_owned(), self.now));
        }
        if has_news {
            self.write_session();
        }
        self.remember_tabs();
    }

    /// A tab got its unsaved edits back.
    pub(super) fn look_as_before(&mut self, index: usize) {
        let tab = &mut self.tabs[index];
        if let Some(file) = self.restoring.views.remove(&tab.id) {
            file.apply(tab);
        }
    }

    /// Files that have been open for a while did no harm.
    pub(super) fn tell_harmless(&mut self) {
        let now = self.now;
        let (harmless, fresh) = std::mem::take(&mut self.restoring.fresh)
            .into_iter()
            .partition(|(_, since)| now.saturating_sub(*since) >= HARMLESS);
        self.restoring.fresh = fresh;
        let harmless: Vec<(PathBuf, Duration)> = harmless;
        let ended = harmless.iter().filter(|(path, _)| self.session.end_opening(path)).count();
        if ended > 0 {
            self.write_session();
        }
    }

    /// How long until something is known to be harmless.
    pub(super) fn next_harmless(&self) -> Option<Duration> {
        let since = self.restoring.fresh.iter().map(|(_, since)| *since).min()?;
        Some((since + HARMLESS).saturating_sub(self.now) + Duration::from_millis(1))
    }

    /// Remembers what is open for the next start.
    pub(super) fn remember_tabs(&mut self) {
        if !self.session.is_kept() || !self.restoring.asked.is_empty() {
            return;
        }
        let active = self.tab().map(|tab| tab.id);
        let open = self.tabs.iter().filter_map(|tab| OpenFile::of(tab, active == Some(tab.id)));
        let open = if self.settings.restore_session { open.collect() } else { Vec::new() };
        let lines =
            if self.settings.restore_session { self.line_list.set().clone() } else { FilterSet::default() };
        if self.session.remember_lines(&lines) | self.session.remember_tabs(open) {
            self.write_session();
        }
    }

    /// The window is closed by the person: nothing of it did any harm.
    pub(super) fn remember_at_the_end(&mut self) {
        for (path, _) in std::mem::take(&mut self.restoring.fresh) {
            if self.session.end_opening(&path) {
                self.write_session();
            }
        }
        self.remember_tabs();
    }
}

/// The path as it is named from everywhere.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

impl Tab {
    /// How its file is opened again, as it is looked at now.
    pub(super) fn target(&self) -> Option<OpenTarget> {
        Some(OpenTarget {
            path: self.file()?.to_owned(),
            position: None,
            hex: self.mode == Mode::Hex,
            read_only: self.locked == Some(super::Lock::ReadOnly),
            part: self.part.as_ref().map(|part| Part { start: part.start, end: Some(part.end) }),
            encoding: self.chosen_encoding,
            // What was shown as it is on disk is shown so again.
            raw: self.path.is_some(),
            follow: self.follows(),
        })
    }
}

impl OpenFile {
    fn of(tab: &Tab, is_active: bool) -> Option<Self> {
        let OpenTarget { path, read_only, part, encoding, raw, follow, .. } = tab.target()?;
        // Of what is read-only nothing is to be kept.
        if tab.without_trace {
            return None;
        }
        let carets = tab.selection.carets().iter().take(CARETS);
        Some(Self {
            path,
            is_active,
            mode: tab.mode,
            raw,
            read_only,
            follow,
            encoding: encoding.map(|encoding| encoding.name().to_owned()),
            part: part.and_then(|part| Some((part.start, part.end?))),
            carets: carets.map(|caret| (caret.anchor, caret.head)).collect(),
            text_top: tab.text.top,
            hex_top: tab.hex.top,
            left: tab.text.left,
            marks: tab.marks.iter().copied().take(MARKS).collect(),
        })
    }

    fn target(&self) -> OpenTarget {
        OpenTarget {
            path: self.path.clone(),
            position: None,
            hex: self.mode == Mode::Hex,
            read_only: self.read_only,
            part: self.part.map(|(start, end)| Part { start, end: Some(end) }),
            encoding: self.encoding.as_deref().and_then(Encoding::named),
            raw: self.raw,
            follow: self.follow,
        }
    }

    fn apply(&self, tab: &mut Tab) {
        let len = tab.document.len();
        tab.set_mode(self.mode);
        if !self.carets.is_empty() {
            let caret = |&(anchor, head): &(u64, u64)| Caret { anchor, head };
            tab.selection = Selection::new(self.carets.iter().map(caret).collect()).clamp(len);
        }
        tab.text.top = self.text_top.min(len);
        tab.hex.top = tab.hex.row_start(self.hex_top.min(len));
        tab.text.left = self.left;
        tab.marks = self.marks.iter().copied().filter(|mark| *mark < len.max(1)).collect();
        tab.marks.sort_unstable();
    }
}
