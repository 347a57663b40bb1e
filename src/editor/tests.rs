//! The whole app, driven as a person drives it, without a window.

mod cache;
mod clipboard;
mod closing;
mod commands;
mod encodings;
mod filter;
mod find;
mod find_in_files;
mod going;
mod hex;
mod in_place;
mod journal;
mod live;
mod media;
mod opening;
mod remembering;
mod saving;
mod streams;
mod text;
mod waiting;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;

use super::*;
use crate::document::{Caret, Count, Document};
use crate::source::{Memory, Source};
use crate::view::{Motion, Selection};

/// Far more than any job here takes.
const LIMIT: Duration = Duration::from_secs(20);

/// An editor with default settings, and a folder for its files.
struct Case {
    editor: Editor,
    folder: TempDir,
}

impl Case {
    fn new() -> Self {
        let editor = Editor::new(Settings::default(), Session::default());
        let folder = tempfile::tempdir().unwrap();
        Self { editor, folder }
    }

    /// With one file open.
    fn open(name: &str, bytes: impl AsRef<[u8]>) -> Self {
        let mut case = Self::new();
        case.open_file(name, bytes);
        case
    }

    /// With a document of these bytes, which is no file, open.
    fn of(bytes: impl AsRef<[u8]>) -> Self {
        Self::over(Arc::new(Memory::new(bytes.as_ref().to_vec())))
    }

    fn over(source: Arc<dyn Source>) -> Self {
        let mut case = Self::new();
        case.add(source);
        case
    }

    fn add(&mut self, source: Arc<dyn Source>) {
        let id = TabId(self.editor.new_id());
        self.editor.add(Tab::new(id, "test".to_owned(), Document::open(source)));
    }

    /// With a hex document open.
    fn hex(bytes: impl AsRef<[u8]>) -> Self {
        let mut case = Self::of(bytes);
        case.run(&[Command::ViewHex]);
        case
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    fn open_file(&mut self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.write(name, bytes);
        self.open_path(&path);
    }

    fn open_path(&mut self, path: &Path) {
        self.editor.open(OpenTarget::new(path));
        self.settle();
    }

    /// As on the command line; a bare `{}` stands for the folder.
    fn arguments(&mut self, arguments: &[&str]) {
        let folder = self.path("");
        let folder = folder.to_str().unwrap();
        let arguments = arguments.iter().map(|argument| argument.replace("{}", folder));
        let arguments = ["hextant".to_owned()].into_iter().chain(arguments);
        let arguments = <Arguments as clap::Parser>::try_parse_from(arguments).unwrap();
        self.editor.open_arguments(&arguments);
        self.settle();
    }

    fn settle(&mut self) {
        assert!(self.editor.settle(LIMIT), "jobs go on: {:?}", self.editor.jobs());
    }

    fn run(&mut self, commands: &[Command]) {
        commands.iter().for_each(|&command| self.editor.run(command));
    }

    fn move_by(&mut self, motion: Motion, times: usize) {
        (0..times).for_each(|_| self.editor.run(Command::Move(motion, false)));
    }

    fn select_by(&mut self, motion: Motion, times: usize) {
        (0..times).for_each(|_| self.editor.run(Command::Move(motion, true)));
    }

    fn go_to(&mut self, input: &str) {
        self.run(&[Command::GoTo]);
        self.editor.preview_go_to(input.to_owned());
        self.editor.answer(Answer::Accept);
    }

    fn type_text(&mut self, text: &str) {
        self.editor.type_text(text);
    }

    /// Each character for itself.
    fn type_keys(&mut self, text: &str) {
        text.chars().for_each(|key| self.editor.type_text(&key.to_string()));
    }

    fn tab(&self) -> &Tab {
        self.editor.tab().expect("a tab")
    }

    fn tab_mut(&mut self) -> &mut Tab {
        self.editor.tab_mut().expect("a tab")
    }

    fn bytes(&self) -> Vec<u8> {
        let snapshot = self.tab().document.snapshot();
        snapshot.read(0..snapshot.len()).unwrap()
    }

    fn text(&self) -> String {
        String::from_utf8(self.bytes()).unwrap()
    }

    fn head(&self) -> u64 {
        self.tab().selection.head()
    }

    fn is_modified(&self) -> bool {
        self.tab().document.is_modified()
    }

    fn select(&mut self, anchor: u64, head: u64) {
        self.tab_mut().select(Selection::range(anchor, head));
    }

    fn select_all_of(&mut self, carets: &[(u64, u64)]) {
        let carets = carets.iter().map(|&(anchor, head)| Caret { anchor, head }).collect();
        self.tab_mut().select(Selection::new(carets));
    }

    /// 1-based.
    fn position(&mut self) -> (u64, u64) {
        match self.tab_mut().position() {
            (Count::Exact(line), Some((column, true))) => (line + 1, column + 1),
            other => panic!("not exact: {other:?}"),
        }
    }

    fn labels(&self) -> Vec<&str> {
        self.editor.tabs.iter().map(Tab::label).collect()
    }

    /// The active tab's name.
    fn name(&self) -> &str {
        &self.tab().name
    }

    /// Takes the only notice, which has to contain `part`.
    fn told(&mut self, part: &str) -> Notice {
        let notices = std::mem::take(&mut self.editor.notices);
        let [notice] = &notices[..] else { panic!("not one notice with “{part}”: {notices:?}") };
        assert!(notice.text.contains(part), "“{part}” is not in “{}”", notice.text);
        notice.clone()
    }

    fn told_nothing(&self) {
        assert_eq!(self.editor.notices, []);
    }

    fn take_offer(&mut self, notice: &Notice) {
        self.editor.run(notice.offer.as_ref().expect("an offer").command);
    }

    /// What is put on the system's clipboard by what was asked for.
    fn copied(&mut self) -> String {
        self.settle();
        match &self.editor.take_requests()[..] {
            [Request::Copy(text)] => text.clone(),
            other => panic!("not copied: {other:?}"),
        }
    }

    /// Answers the request for a target with this file.
    fn pick_target(&mut self, name: &str) {
        let path = self.path(name);
        match &self.editor.take_requests()[..] {
            [Request::PickTarget { purpose, .. }] => {
                self.editor.picked(*purpose, Some(vec![path]));
            }
            other => panic!("no target is asked for: {other:?}"),
        }
        self.settle();
    }

    fn pick_files(&mut self, names: &[&str]) {
        let paths = names.iter().map(|name| self.path(name)).collect();
        match &self.editor.take_requests()[..] {
            [Request::PickFiles { purpose, .. }] => self.editor.picked(*purpose, Some(paths)),
            other => panic!("no files are asked for: {other:?}"),
        }
        self.settle();
    }

    /// The sentence of the bar, and its buttons.
    #[track_caller]
    fn bar(&self) -> (String, Vec<&'static str>) {
        let bar = self.editor.bar().expect("a bar");
        (bar.text, bar.actions.iter().map(|(name, _)| *name).collect())
    }

    /// Presses a button of the bar.
    #[track_caller]
    fn act(&mut self, name: &str) {
        let bar = self.editor.bar().expect("a bar");
        let found = bar.actions.iter().find(|(other, _)| *other == name);
        let (_, action) = *found.unwrap_or_else(|| panic!("no “{name}” in {bar:?}"));
        self.editor.take_bar_action(action);
        self.settle();
    }

    fn quits(&mut self) -> bool {
        self.editor.take_requests().contains(&Request::Quit)
    }

    /// Waits until `count` jobs have ended, and returns what they found, to be taken in by the test.
    fn hold(&mut self, count: usize) -> Vec<Finished<Event>> {
        let mut finished = Vec::new();
        let start = std::time::Instant::now();
        while finished.len() < count {
            assert!(start.elapsed() < LIMIT);
            finished.extend(self.editor.jobs.finished(self.editor.now));
            std::thread::sleep(Duration::from_millis(1));
        }
        finished
    }
}

/// Contents with carets: `|` is the caret, `<` before it where its selection begins.
fn parse(marked: &str) -> (Vec<u8>, Vec<Caret>) {
    let (mut bytes, mut carets, mut anchor) = (Vec::new(), Vec::new(), None);
    for byte in marked.bytes() {
        let at = bytes.len() as u64;
        match byte {
            b'<' => anchor = Some(at),
            b'|' => carets.push(Caret { anchor: anchor.take().unwrap_or(at), head: at }),
            byte => bytes.push(byte),
        }
    }
    (bytes, carets)
}

/// Does `keys` turn one marked text into the other?
#[track_caller]
fn check(before: &str, keys: impl FnOnce(&mut Case), after: &str) {
    let (bytes, carets) = parse(before);
    let mut case = Case::of(bytes);
    case.tab_mut().select(Selection::new(carets));
    keys(&mut case);
    let shown = shown(&case);
    assert_eq!(shown, after, "from {before:?}");
}

/// The inverse of [`parse`].
fn shown(case: &Case) -> String {
    let mut bytes = case.bytes();
    for caret in case.tab().selection.carets().iter().rev() {
        bytes.insert(caret.head as usize, b'|');
        if caret.anchor < caret.head {
            bytes.insert(caret.anchor as usize, b'<');
        }
    }
    String::from_utf8(bytes).unwrap()
}
