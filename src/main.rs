//! Parses the arguments and opens the window, or does what takes none.

use std::collections::BTreeMap;
use std::env;
use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use clap::Parser;
use etcetera::{BaseStrategy, choose_base_strategy};
use hextant::editor::{Arguments, Editor, FilterSet, Session, Settings, headless};
use hextant::source::interruption;
use hextant::ui;

fn main() -> ExitCode {
    let started = Instant::now();
    let arguments = Arguments::parse();
    if let Some(status) = without_window(&arguments) {
        return ExitCode::from(status);
    }
    match ui::start(editor, &arguments, started) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// What the arguments ask for that takes no window, if they do; the status to exit with.
fn without_window(arguments: &Arguments) -> Option<u8> {
    if !headless::is_asked_for(arguments) {
        return None;
    }
    let (out, mut err) = (io::stdout(), io::stderr());
    let shows_progress = err.is_terminal() && !out.is_terminal();
    let cache = choose_base_strategy().map_or_else(|_| env::temp_dir(), |folders| folders.cache_dir());
    let sets = match arguments.headless.set.as_slice() {
        [] => BTreeMap::new(),
        _ => named_sets(),
    };
    let mut console = headless::Console {
        out: &mut io::BufWriter::with_capacity(64 << 10, out.lock()),
        err: &mut err,
        shows_progress,
        cache: cache.join("hextant"),
        sets,
        cancel: interruption(),
    };
    headless::run(arguments, &mut console)
}

/// The sets of filters that this person named; what is wrong with the file that has them is told.
fn named_sets() -> BTreeMap<String, FilterSet> {
    let Ok(folders) = choose_base_strategy() else { return BTreeMap::new() };
    let (settings, error) = Settings::load(&folders.config_dir().join("hextant"));
    if let Some(error) = error {
        eprintln!("hextant: {error}");
    }
    settings.filter_sets
}

/// An editor with what this person set and did before.
fn editor() -> Editor {
    let Ok(folders) = choose_base_strategy() else {
        return Editor::new(Settings::default(), Session::default());
    };
    let state = folders.state_dir().unwrap_or_else(|| folders.data_dir());
    let (settings, first) = Settings::load(&folders.config_dir().join("hextant"));
    let (session, second) = Session::load(&state.join("hextant"));
    let mut editor = Editor::new(settings, session);
    editor.set_cache(folders.cache_dir().join("hextant"));
    editor.set_saves(state.join("hextant/saves"));
    editor.set_journals(state.join("hextant").join("journal"), number_of_this_run());
    for error in [first, second].into_iter().flatten() {
        editor.error(error);
    }
    editor
}

/// A number that no other start of the program has.
fn number_of_this_run() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    (since.as_nanos() as u64) ^ (u64::from(std::process::id()) << 40)
}
