//! Saves into the file itself that break off, and the journal of unsaved edits.

use std::ffi::OsString;
use std::ops::Range;
use std::os::unix::fs::MetadataExt;
use std::sync::atomic::AtomicUsize;

use super::*;
use crate::save::{Attribute, Credentials, Disk, FileSystem, Overwrite, Space, Stat, Writable};
use crate::source::{Cancel, Medium, Writer};

/// The disk, which takes so many more changes, and none any more then: a disk that is full, or a process that is killed.
#[derive(Clone, Debug)]
pub(super) struct Failing {
    pub left: Arc<AtomicUsize>,
    /// Nothing can be opened any more.
    pub is_blind: Arc<AtomicBool>,
}

impl Failing {
    pub fn after(changes: usize) -> Self {
        Self { left: Arc::new(AtomicUsize::new(changes)), is_blind: Arc::default() }
    }

    pub fn has_failed(&self) -> bool {
        self.left.load(Ordering::Relaxed) == 0
    }

    fn change<T>(&self, change: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        let less = |left: usize| left.checked_sub(1);
        match self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less) {
            Ok(_) => change(),
            Err(_) => Err(io::ErrorKind::StorageFull.into()),
        }
    }

    fn file(&self, file: Box<dyn Writable>) -> Box<dyn Writable> {
        Box::new(FailingFile { file, disk: self.clone() })
    }
}

impl FileSystem for Failing {
    fn stat(&self, path: &Path) -> io::Result<Option<Stat>> {
        Disk.stat(path)
    }

    fn read_link(&self, path: &Path) -> io::Result<Option<PathBuf>> {
        Disk.read_link(path)
    }

    fn may_write(&self, path: &Path) -> io::Result<bool> {
        Disk.may_write(path)
    }

    fn space(&self, directory: &Path) -> io::Result<Space> {
        Disk.space(directory)
    }

    fn credentials(&self) -> io::Result<Credentials> {
        Disk.credentials()
    }

    fn attributes(&self, path: &Path) -> io::Result<Vec<Attribute>> {
        Disk.attributes(path)
    }

    fn create_new(&self, path: &Path, mode: u32) -> io::Result<Box<dyn Writable>> {
        self.change(|| Disk.create_new(path, mode)).map(|file| self.file(file))
    }

    fn open_to_write(&self, path: &Path) -> io::Result<Box<dyn Writable>> {
        Disk.open_to_write(path).map(|file| self.file(file))
    }

    fn rename(&self, from: &Path, to: &Path, overwrite: Overwrite) -> io::Result<()> {
        self.change(|| Disk.rename(from, to, overwrite))
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.change(|| Disk.link(from, to))
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.change(|| Disk.remove(path))
    }

    fn sync_directory(&self, directory: &Path) -> io::Result<()> {
        Disk.sync_directory(directory)
    }

    fn open(&self, path: &Path) -> io::Result<Arc<dyn Source>> {
        if self.is_blind.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        Disk.open(path)
    }

    fn open_raw(&self, path: &Path, in_flux: Option<u64>) -> io::Result<Arc<dyn Source>> {
        Disk.open_raw(path, in_flux)
    }

    fn writers(&self, path: &Path, cancel: &Cancel) -> Vec<Writer> {
        Disk.writers(path, cancel)
    }

    fn can_clone(&self, _: &Path) -> bool {
        // What is cloned is not saved in place.
        false
    }

    fn medium(&self, path: &Path) -> Medium {
        Disk.medium(path)
    }

    fn names_in(&self, directory: &Path) -> io::Result<Vec<PathBuf>> {
        Disk.names_in(directory)
    }

    fn create_directory(&self, directory: &Path) -> io::Result<()> {
        Disk.create_directory(directory)
    }
}

#[derive(Debug)]
struct FailingFile {
    file: Box<dyn Writable>,
    disk: Failing,
}

impl Writable for FailingFile {
    fn stat(&self) -> io::Result<Stat> {
        self.file.stat()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        self.file.read_at(offset, buf)
    }

    fn try_lock(&self) -> io::Result<bool> {
        self.file.try_lock()
    }

    fn attributes(&self) -> io::Result<Vec<Attribute>> {
        self.file.attributes()
    }

    fn reserve(&self, len: u64) -> io::Result<()> {
        self.file.reserve(len)
    }

    fn reserve_behind(&self, range: Range<u64>) -> io::Result<()> {
        self.file.reserve_behind(range)
    }

    fn clone_of(&self, original: &Path) -> io::Result<()> {
        self.file.clone_of(original)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.disk.change(|| self.file.write_at(offset, bytes))
    }

    fn punch(&self, range: Range<u64>) -> io::Result<()> {
        self.file.punch(range)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.disk.change(|| self.file.set_len(len))
    }

    fn start_writeback(&self, range: Range<u64>) {
        self.file.start_writeback(range);
    }

    fn sync_data(&self) -> io::Result<()> {
        self.disk.change(|| self.file.sync_data())
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.change(|| self.file.sync())
    }

    fn set_owner(&self, uid: Option<u32>, gid: Option<u32>) -> io::Result<()> {
        self.file.set_owner(uid, gid)
    }

    fn set_mode(&self, mode: u32) -> io::Result<()> {
        self.disk.change(|| self.file.set_mode(mode))
    }

    fn set_attribute(&self, attribute: &Attribute) -> io::Result<()> {
        self.file.set_attribute(attribute)
    }

    fn remove_attribute(&self, name: &OsString) -> io::Result<()> {
        self.file.remove_attribute(name)
    }
}

/// Long enough not to be read into memory.
pub(super) fn large() -> Vec<u8> {
    (0..160_000_u32).flat_map(|line| format!("{line:06}\n").into_bytes()).collect()
}

/// A file of two names, which is always saved in place.
pub(super) fn case() -> Case {
    let mut case = Case::new();
    case.begin_saves();
    case.write("f", large());
    fs::hard_link(case.path("f"), case.path("g")).unwrap();
    let path = case.path("f");
    case.open_path(&path);
    case
}

impl Case {
    fn begin_saves(&mut self) {
        self.editor.set_saves(self.path("saves"));
        self.journal();
    }

    /// Killed, and started again.
    pub(super) fn crash_while_saving(&mut self) {
        self.crash();
        self.editor.set_saves(self.path("saves"));
    }

    pub(super) fn has_begun_saves(&self) -> bool {
        let mut names = fs::read_dir(self.path("saves")).into_iter().flatten().flatten();
        names.any(|name| name.file_name() != "spare.redo")
    }
}

/// Edits to be saved: over what is there, so that everything moves, at the end, and away from the end.
pub(super) const SAVED: [fn(&mut Case); 4] = [
    |case| {
        case.select(400_000, 400_003);
        case.type_text("new");
    },
    |case| {
        case.select(0, 0);
        case.type_text("in front\n");
    },
    |case| {
        let end = case.tab().document.len();
        case.select(end, end);
        case.type_text("at the end\n");
    },
    |case| {
        case.select(7, 14);
        case.run(&[Command::DeleteForward]);
        let end = case.tab().document.len();
        case.select(end - 700, end);
        case.run(&[Command::DeleteForward]);
    },
];

/// Edits while that is under way: none, what is being saved taken back, something typed, and something that was there
/// moved.
const LATER: [fn(&mut Case); 4] = [
    |_| {},
    |case| case.run(&[Command::Undo]),
    |case| {
        case.select(70, 77);
        case.type_text("later ");
    },
    |case| {
        case.select(700, 1400);
        case.run(&[Command::Cut]);
        let cut = case.copied();
        case.select(70_000, 70_000);
        case.editor.paste(&cut);
    },
];

/// Whatever step of a save is its last: what comes of the file, and of the edits.
#[test]
fn a_save_that_was_killed_is_completed_before_its_edits_are_looked_at() {
    let (mut old, mut new) = (0, 0);
    for (number, edit) in SAVED.iter().enumerate() {
        for (number, later) in LATER.iter().enumerate().map(|(later, edit)| ((number, later), edit)) {
            for changes in 0.. {
                let context = format!("edits {number:?}, killed after {changes} changes");
                let mut case = case();
                edit(&mut case);
                let saved = case.bytes();
                let disk = Failing::after(changes);
                case.editor.files = Arc::new(disk.clone());
                case.run(&[Command::Save]);
                later(&mut case);
                let shown = case.bytes();
                case.settle();
                let is_done = !disk.has_failed();
                case.crash_while_saving();
                if changes % 2 == 1 {
                    // As without a file: journals are looked for before anything is opened.
                    case.arguments(&[]);
                    assert!(!case.has_begun_saves(), "{context}");
                }
                let path = case.path("f");
                case.open_path(&path);
                assert!(!case.has_begun_saves(), "{context}");
                let on_disk = case.read("f");
                let is_new = on_disk == saved;
                assert!(is_new || on_disk == large(), "{context}: {} bytes", on_disk.len());
                assert!(case.bytes() == on_disk, "{context}");
                (old, new) = (old + u32::from(!is_new), new + u32::from(is_new));
                if shown == on_disk {
                    assert_eq!(case.bar_text(), None, "{context}");
                } else {
                    assert!(case.editor.bar().is_some(), "{context}: {is_new}, {:?}", case.editor.notices);
                    let (text, actions) = case.bar();
                    assert!(text.starts_with("Hextant was closed by a crash with "), "{context}: {text}");
                    assert_eq!(actions, BAR, "{context}");
                    case.act("Recover");
                    assert!(case.bytes() == shown, "{context}");
                    assert_eq!(case.bar_text(), None, "{context}");
                }
                if is_done {
                    assert!(is_new, "{context}");
                    break;
                }
            }
        }
    }
    assert!(old > 20 && new > 20, "{old} old, {new} new");
}

#[test]
fn while_a_save_is_half_done_its_file_is_not_offered_and_saving_again_completes_it() {
    let mut unfinished = 0;
    for (number, edit) in SAVED.iter().enumerate() {
        for (changes, crashes) in (0..).flat_map(|changes| [(changes, false), (changes, true)]) {
            let context = format!("edits {number}, no more than {changes} changes");
            let mut case = case();
            edit(&mut case);
            let saved = case.bytes();
            let disk = Failing::after(changes);
            case.editor.files = Arc::new(disk.clone());
            case.run(&[Command::Save]);
            case.settle();
            if !disk.has_failed() {
                break;
            }
            if case.tab().disk.unfinished().is_none() {
                continue;
            }
            unfinished += 1;
            let is_so = |case: &Case| {
                let (text, actions) = case.bar();
                assert!(text.contains("was interrupted"), "{context}: {text}");
                assert_eq!(actions, ["Save again", "Save as…"], "{context}");
                assert!(case.tab().is_unsaved(), "{context}");
            };
            is_so(&case);
            assert!(case.bytes() == saved, "{context}");
            while case.tab().document.undo_name().is_some() {
                case.run(&[Command::Undo]);
            }
            let id = case.tab().id;
            case.editor.check(id);
            case.settle();
            is_so(&case);
            assert!(case.bytes() == large(), "{context}: the file is not what it was, and the document is");
            case.wait_until(|case| case.journals().len() == 1);
            let path = case.path("f");
            if crashes {
                // A journal that is begun anew meanwhile knows of the save, too.
                case.tab_mut().name.push('!');
                case.select(0, 0);
                case.type_text("x");
                case.editor.keep_journals();
                case.run(&[Command::Undo]);
                // The disk is still full.
                case.crash_while_saving();
                case.editor.files = Arc::new(disk.clone());
                case.open_path(&path);
                assert!(case.editor.tabs.is_empty(), "{context}: half of it is not opened");
                assert_eq!(case.journals().len(), 1, "{context}");
                case.crash_while_saving();
                case.open_path(&path);
                assert!(case.read("f") == saved, "{context}");
                case.act("Recover");
                assert!(case.bytes() == large(), "{context}");
                continue;
            }
            case.editor.files = Arc::new(Disk);
            case.act("Save again");
            assert!(case.read("f") == large(), "{context}");
            assert_eq!((case.bar_text(), case.is_modified()), (None, false), "{context}");
            case.wait_until(|case| case.journals().is_empty());
            assert!(!case.has_begun_saves(), "{context}");
        }
    }
    assert!(unfinished > 10, "{unfinished}");
}

/// Otherwise, should the power fail, what was saved would be put in once more.
#[test]
fn nothing_is_saved_before_the_journal_of_edits_knows_of_it() {
    let mut case = case();
    let journals = Troubled::new(&case);
    case.journal_in(Arc::new(journals.clone()));
    SAVED[0](&mut case);
    case.wait_until(|case| case.journals().len() == 1);
    let changes = usize::MAX / 2;
    let disk = Failing::after(changes);
    case.editor.files = Arc::new(disk.clone());
    journals.hold(true);
    case.run(&[Command::Save]);
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(disk.left.load(Ordering::Relaxed), changes, "nothing is written yet");
    journals.hold(false);
    case.settle();
    assert!(case.read("f") == case.bytes() && !case.is_modified());
}

/// A replacement of everything: in the file "f" of so many lines, by text or by pattern.
fn replaced_all(case: &mut Case, find: &str, with: &str, is_pattern: bool) {
    case.settle();
    case.run(&[Command::Replace]);
    if is_pattern {
        case.run(&[Command::FindSwitch(FindSwitch::Regex)]);
    }
    case.editor.type_find(find.to_owned());
    case.settle();
    case.editor.type_replacement(with.to_owned());
    case.run(&[Command::ReplaceAll]);
    case.settle();
    case.editor.answer(Answer::Accept);
    case.settle();
}

/// Alike everywhere and not, as long as what it replaces and not.
const ALL: [(&str, &str, bool); 4] = [
    ("00\n", "oo\n", false),
    ("00\n", "oooo", false),
    (r"(\d)(\d)00\n", "${2}${1}xx\n", true),
    (r"(\d)(\d)00\n", "${2}, ${1}", true),
];

#[test]
fn what_replaced_everything_comes_back() {
    for (find, with, is_pattern) in ALL {
        let mut case = case();
        case.select(7000, 7014);
        case.type_text("first\n");
        replaced_all(&mut case, find, with, is_pattern);
        case.select(350_000, 350_700);
        case.run(&[Command::DeleteForward]);
        let shown = case.bytes();
        case.crash_while_saving();
        let path = case.path("f");
        case.open_path(&path);
        assert!(case.bytes() == large());
        case.act("Recover");
        assert!(case.bytes() == shown, "{find} by {with}");
        case.run(&[Command::Undo]);
        assert!(case.bytes() == large());
    }
}

#[test]
fn what_replaced_everything_is_saved_in_place_and_undone_through_the_save() {
    for (find, with, is_pattern) in [ALL[0], ALL[2]] {
        // Few enough that what they replace is kept.
        let find = find.replace("00", "0000");
        let mut case = case();
        replaced_all(&mut case, &find, &with.replace("oo", "oooo").replace("xx", "xxxx"), is_pattern);
        let (saved, inode) = (case.bytes(), fs::metadata(case.path("f")).unwrap().ino());
        assert!(saved != large() && saved.len() == large().len(), "{find}");
        case.run(&[Command::Save]);
        case.settle();
        assert!(case.editor.dialog.is_none(), "{:?}", case.editor.dialog);
        assert!(case.read("f") == saved && !case.is_modified(), "{find}");
        assert_eq!(fs::metadata(case.path("f")).unwrap().ino(), inode);
        case.wait_until(|case| case.journals().is_empty());
        case.run(&[Command::Undo]);
        assert!(case.bytes() == large() && case.is_modified(), "{find}");
        // What it was is nowhere but in memory now.
        case.crash_while_saving();
        let path = case.path("f");
        case.open_path(&path);
        case.act("Recover");
        assert!(case.bytes() == large(), "{find}");
    }
}

#[test]
fn a_replacement_of_everything_is_completed_when_its_save_was_killed() {
    for (find, with, is_pattern) in [ALL[0], ALL[2]] {
        let find = find.replace("00", "0000");
        for changes in 0.. {
            let context = format!("{find} by {with}, killed after {changes} changes");
            let mut case = case();
            replaced_all(&mut case, &find, &with.replace("oo", "oooo").replace("xx", "xxxx"), is_pattern);
            let saved = case.bytes();
            let disk = Failing::after(changes);
            case.editor.files = Arc::new(disk.clone());
            case.run(&[Command::Save]);
            case.select(0, 7);
            case.run(&[Command::DeleteForward]);
            let shown = case.bytes();
            case.settle();
            case.crash_while_saving();
            let path = case.path("f");
            case.open_path(&path);
            let on_disk = case.read("f");
            assert!(on_disk == saved || on_disk == large(), "{context}");
            case.act("Recover");
            assert!(case.bytes() == shown, "{context}");
            if !disk.has_failed() {
                break;
            }
        }
    }
}
