//! Files that change on disk while they are open.

mod changes;
mod following;
mod neighbours;
mod turmoil;

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use super::*;
use crate::source::Change;
use crate::text::LineEnding;
use crate::view::RowState;

/// Over 1 MiB, so that it is mapped.
pub(super) fn large() -> String {
    (0..100_000).map(|line| format!("line {line:08}\n")).collect()
}

fn small() -> String {
    (0..1000).map(|line| format!("line {line:08}\n")).collect()
}

impl Case {
    /// Looks at the disk, as the watching threads have it done.
    pub(super) fn check(&mut self) {
        let id = self.tab().id;
        self.editor.check(id);
        self.settle();
    }

    pub(super) fn append(&self, name: &str, text: &str) {
        let file = OpenOptions::new().append(true).open(self.path(name)).unwrap();
        (&file).write_all(text.as_bytes()).unwrap();
    }

    /// Puts another file in its place.
    pub(super) fn replace(&self, name: &str, text: &str) {
        let other = self.write("replacement", text);
        fs::rename(other, self.path(name)).unwrap();
    }

    /// Writes the file itself anew, at a later time.
    fn rewrite(&self, name: &str, text: &str) {
        let before = fs::metadata(self.path(name)).unwrap().modified().unwrap();
        self.write(name, text);
        let file = OpenOptions::new().write(true).open(self.path(name)).unwrap();
        file.set_modified(before + Duration::from_secs(1)).unwrap();
    }

    pub(super) fn truncate(&self, name: &str, len: u64) {
        OpenOptions::new().write(true).open(self.path(name)).unwrap().set_len(len).unwrap();
    }

    fn change(&self) -> Change {
        self.tab().disk.change()
    }

    /// Draws what is on screen, as the window does, and returns the text of it; loads what is not in memory.
    fn draw(&mut self) -> String {
        for _ in 0..100 {
            let id = self.tab().id;
            let tab = self.tab_mut();
            let mut pending: Vec<_> = tab.reveal().err().map(|pending| pending.0).into_iter().collect();
            let (rows, columns) = tab.text_size;
            let page = tab.text_page(rows, columns);
            pending.extend(page.pending.iter().cloned());
            if pending.is_empty() {
                return String::from_utf8_lossy(&page.bytes).into_owned();
            }
            pending.into_iter().for_each(|range| self.editor.fetch(id, range));
            self.settle();
        }
        panic!("never drawn");
    }

    #[track_caller]
    fn until(&mut self, what: &str, done: impl Fn(&mut Self) -> bool) {
        let start = Instant::now();
        while !done(self) {
            assert!(start.elapsed() < LIMIT, "{what} never came: {:?}", self.editor.bar());
            let now = self.editor.now() + Duration::from_millis(5);
            self.editor.tick(now);
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}
