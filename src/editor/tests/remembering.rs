//! Settings and the session, on disk.

use super::*;
use crate::hex::DecodedColumn;
use crate::text::Escapes;

fn load(case: &mut Case) {
    let folder = case.path("config");
    let (settings, error) = Settings::load(&folder);
    assert_eq!(error, None);
    case.editor.settings = settings;
    let (session, error) = Session::load(&folder);
    assert_eq!(error, None);
    case.editor.session = session;
}

#[test]
fn what_was_set_last_is_what_is_written() {
    let mut case = Case::new();
    load(&mut case);
    for _ in 0..25 {
        case.run(&[Command::ZoomIn, Command::ToggleWrap, Command::ZoomOut, Command::ToggleWrap]);
        case.editor.tick(Duration::ZERO);
        let writes = case.editor.jobs().iter().filter(|job| job.task == Task::Remember);
        assert!(writes.count() <= 1, "one at a time");
    }
    case.run(&[Command::Theme(Theme::Dark), Command::GroupBytes(4), Command::BytesPerRow(Fit::Width)]);
    case.run(&[Command::Ansi(Escapes::Hidden), Command::ToggleWhitespace]);
    case.run(&[Command::Decoded(DecodedColumn::Document)]);
    case.settle();
    let (settings, error) = Settings::load(&case.path("config"));
    assert_eq!((&settings, error), (&case.editor.settings, None));
    assert_eq!((settings.theme, settings.group, settings.wrap), (Theme::Dark, 4, false));
    assert_eq!((settings.ansi, settings.show_whitespace), (Escapes::Hidden, true));
    assert_eq!(settings.decoded, DecodedColumn::Document);
    let names: Vec<_> =
        fs::read_dir(case.path("config")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["settings.toml"], "nothing is left behind");
    case.told_nothing();
}

#[test]
fn settings_that_are_not_understood_are_told_and_left_alone() {
    let mut case = Case::new();
    case.write("config/settings.toml", "font_size = \"large\"\n");
    let (settings, error) = Settings::load(&case.path("config"));
    assert!(error.unwrap().contains("is not understood"));
    case.editor.settings = settings;
    case.run(&[Command::ZoomIn]);
    case.settle();
    assert_eq!(case.read("config/settings.toml"), b"font_size = \"large\"\n");
}

#[test]
fn settings_out_of_range_are_brought_into_it() {
    let case = Case::new();
    let text = "font_size = nan\ntab = 0\ngroup = 3\nbytes_per_row = \"Ask\"\nunknown = 1\nwrap = true\n";
    case.write("config/settings.toml", text);
    let (settings, error) = Settings::load(&case.path("config"));
    assert_eq!(error, None);
    let defaults = Settings::default();
    assert_eq!((settings.font_size, settings.tab, settings.wrap), (defaults.font_size, 1, true));
    assert_eq!((settings.group, settings.bytes_per_row), (defaults.group, defaults.bytes_per_row));
}

#[test]
fn settings_that_cannot_be_written_are_told_once() {
    let mut case = Case::new();
    case.write("config", "a file where a folder should be");
    case.editor.settings = Settings::load(&case.path("folder")).0;
    case.write("folder", "a file where a folder should be");
    case.run(&[Command::ZoomIn]);
    case.settle();
    case.told("cannot be written");
}

#[test]
fn the_latest_files_are_remembered_without_doubles() {
    let mut case = Case::new();
    load(&mut case);
    for number in 0..25 {
        case.open_file(&format!("f{number}"), "x");
    }
    let again = case.path("f10");
    case.open_path(&again);
    case.run(&[Command::CloseTab]);
    case.open_path(&again);
    case.settle();
    let (session, _) = Session::load(&case.path("config"));
    assert_eq!(session.recent().len(), 20);
    assert_eq!((&session.recent()[0], &session.recent()[1]), (&case.path("f10"), &case.path("f24")));
}

/// The file is read, and nothing else on disk or in it tells of that.
#[test]
fn what_is_opened_read_only_leaves_no_trace() {
    use std::os::unix::fs::MetadataExt;
    let mut case = Case::new();
    load(&mut case);
    let cache = case.path("cache");
    case.editor.set_cache(cache);
    case.editor.indexes.as_mut().unwrap().smallest = 0;
    for text in ["text\n".to_owned(), live::large()] {
        let path = case.write("f", &text);
        let file = fs::File::options().write(true).open(&path).unwrap();
        // Long ago, and before it was written: even `relatime` would set it.
        let old = std::time::UNIX_EPOCH + Duration::from_secs(1_000_000);
        file.set_times(fs::FileTimes::new().set_accessed(old).set_modified(old)).unwrap();
        case.arguments(&["--read-only", "{}f"]);
        assert_eq!(case.tab().document.len(), text.len() as u64);
        assert_eq!(case.tab().lines(), Count::Exact(text.lines().count() as u64 + 1));
        case.run(&[Command::ViewHex]);
        case.choose(Command::ReopenWithEncoding, "KOI8-R");
        case.check();
        case.run(&[Command::CloseTab]);
        case.settle();
        assert_eq!(fs::metadata(&path).unwrap().atime(), 1_000_000, "of {} bytes", text.len());
    }
    let mut left = Vec::new();
    for folder in ["config", "cache/index", "cache"] {
        left.extend(fs::read_dir(case.path(folder)).into_iter().flatten().map(|entry| entry.unwrap().path()));
    }
    let told = |path: &&PathBuf| path.is_file() && fs::read_to_string(path).unwrap().contains("/f\"");
    assert_eq!(left.iter().find(told), None);
    assert!(
        !left.iter().any(|path| path.extension().is_some_and(|extension| extension == "idx")),
        "{left:?}"
    );
    let session = &case.editor.session;
    let path = case.path("f");
    assert_eq!((session.recent().len(), session.mode(&path), session.encoding(&path)), (0, None, None));
}
