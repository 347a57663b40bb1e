//! The invariants of the house that a scan of the source text can see: which room may name which, and where
//! windows, threads, files, clocks and `unsafe` may stand.
//!
//! The scan works on tokens, with comments and literals dropped. It follows `crate::…` paths and `use crate::{…}`
//! groups; it does not follow `super::super`, re-exports or macros.

use std::fmt;
use std::path::{Path, PathBuf};

mod checker;
mod tokens;

use tokens::{Token, tokens};

/// Lowest first: an import points only to a room that stands before its own. The same order as in `src/lib.rs`.
const ROOMS: [&str; 9] = ["source", "document", "text", "hex", "search", "save", "view", "editor", "ui"];

const WINDOW_CRATES: [&str; 4] = ["egui", "eframe", "rfd", "winit"];

/// A source file: its path below `src/`, with `/`, and its text.
struct File {
    path: String,
    text: String,
}

#[derive(Debug, PartialEq)]
struct Fault {
    path: String,
    line: usize,
    message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "src/{}:{}: {}", self.path, self.line, self.message)
    }
}

fn faults(files: &[File]) -> Vec<Fault> {
    let scanned: Vec<_> = files.iter().map(|file| (file, tokens(&file.text))).collect();
    let test_modules: Vec<PathBuf> =
        scanned.iter().flat_map(|(file, tokens)| test_modules(&file.path, tokens)).collect();
    let mut faults = Vec::new();
    for (file, tokens) in &scanned {
        let only_in_tests = test_modules.iter().any(|module| within(&file.path, module))
            || within(&file.path, Path::new("source/testing"));
        let mut fault = |token: &Token, message: String| {
            faults.push(Fault { path: file.path.clone(), line: token.line, message });
        };
        for (at, token) in tokens.iter().enumerate() {
            if let Some(message) = wrong_name(&file.path, tokens, at) {
                fault(token, message);
            } else if !only_in_tests
                && !token.in_test
                && let Some(message) = wrong_effect(&file.path, tokens, at)
            {
                fault(token, message);
            }
        }
        for (token, room) in rooms_named(tokens) {
            if let Some(message) = wrong_direction(&file.path, &room) {
                fault(token, message);
            }
        }
    }
    faults
}

/// What no file may name outside its place, tests included.
fn wrong_name(path: &str, tokens: &[Token], at: usize) -> Option<String> {
    let name = tokens[at].text.as_str();
    let is_path = next_is(tokens, at, "::") || (at > 0 && tokens[at - 1].text == "use");
    if WINDOW_CRATES.contains(&name) && is_path && !in_any(path, &["ui", "main"]) {
        return Some(format!("names {name}, which only ui/ and main.rs may"));
    }
    if name == "unsafe" && !in_any(path, &["source/mapped", "source/fault"]) {
        return Some("unsafe outside source/mapped.rs and source/fault.rs".into());
    }
    None
}

/// What the shipped program may do only in its place; tests may do it anywhere.
fn wrong_effect(path: &str, tokens: &[Token], at: usize) -> Option<String> {
    let name = tokens[at].text.as_str();
    let members = || members(tokens, at);
    let starts_thread =
        name == "thread" && members().iter().any(|member| ["spawn", "scope", "Builder"].contains(member));
    if starts_thread && !in_any(path, &["editor/jobs", "ui/files", "ui/system_theme"]) {
        return Some("starts a thread outside editor/jobs, ui/files and ui/system_theme".into());
    }
    let touches_files = match name {
        "std" | "rustix" => members().contains(&"fs"),
        "File" => next_is(tokens, at, "::"),
        "OpenOptions" => true,
        _ => false,
    };
    let file_rooms = ["source", "save", "editor/settings", "editor/cache", "editor/session"];
    if touches_files && !in_any(path, &file_rooms) {
        return Some("touches files outside source/, save/ and editor/{settings,cache,session}".into());
    }
    let asks_outside = match name {
        "Instant" | "SystemTime" => members().contains(&"now"),
        "std" => members().contains(&"env"),
        _ => false,
    };
    if asks_outside && rank(path).is_some_and(|rank| rank < room_rank("editor")) {
        return Some("asks the clock or the environment below editor/".into());
    }
    None
}

fn wrong_direction(path: &str, room: &str) -> Option<String> {
    let named = ROOMS.iter().position(|name| *name == room)?;
    let own = rank(path)?;
    (named > own).then(|| format!("{} names crate::{room}, a room above it", ROOMS[own]))
}

/// The rooms named by `crate::room` and by `crate::{room::…, room}`.
fn rooms_named(tokens: &[Token]) -> Vec<(&Token, String)> {
    (0..tokens.len())
        .filter(|at| tokens[*at].text == "crate")
        .flat_map(|at| members(tokens, at).into_iter().map(move |room| (&tokens[at], room.to_string())))
        .collect()
}

/// The names that directly follow the path segment at `at`: `b` in `a::b::c`, `b` and `d` in `a::{b::c, d}`.
fn members(tokens: &[Token], at: usize) -> Vec<&str> {
    if !next_is(tokens, at, "::") {
        return Vec::new();
    }
    let Some(first) = tokens.get(at + 2) else {
        return Vec::new();
    };
    if first.text != "{" {
        return vec![&first.text];
    }
    let (mut names, mut depth) = (Vec::new(), 0);
    for (i, token) in tokens.iter().enumerate().skip(at + 2) {
        match token.text.as_str() {
            "{" => depth += 1,
            "}" => depth -= 1,
            name if depth == 1 && matches!(tokens[i - 1].text.as_str(), "{" | ",") => names.push(name),
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    names
}

fn next_is(tokens: &[Token], at: usize, text: &str) -> bool {
    tokens.get(at + 1).is_some_and(|next| next.text == text)
}

/// The modules that this file declares under `#[cfg(test)]` and keeps in files of their own, without extension.
fn test_modules(path: &str, tokens: &[Token]) -> Vec<PathBuf> {
    let path = Path::new(path);
    let directory = match path.file_stem().and_then(|stem| stem.to_str()) {
        Some("mod" | "lib" | "main") => path.parent().unwrap_or(Path::new("")).to_path_buf(),
        _ => path.with_extension(""),
    };
    tokens
        .windows(3)
        .filter(|three| three[0].in_test && three[0].text == "mod" && three[2].text == ";")
        .map(|three| directory.join(&three[1].text))
        .collect()
}

fn within(path: &str, module: &Path) -> bool {
    Path::new(path).with_extension("").starts_with(module)
}

fn in_any(path: &str, modules: &[&str]) -> bool {
    modules.iter().any(|module| within(path, Path::new(module)))
}

fn rank(path: &str) -> Option<usize> {
    ROOMS.iter().position(|room| within(path, Path::new(room)))
}

fn room_rank(room: &str) -> usize {
    ROOMS.iter().position(|name| *name == room).expect("a room")
}

/// All of `src/`.
fn tree() -> Vec<File> {
    fn walk(directory: &Path, files: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(directory).expect("src/ can be listed") {
            let path = entry.expect("src/ can be listed").path();
            if path.is_dir() {
                walk(&path, files);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    walk(&root, &mut paths);
    paths.sort();
    paths
        .into_iter()
        .map(|path| File {
            path: path.strip_prefix(&root).expect("below src/").to_string_lossy().replace('\\', "/"),
            text: std::fs::read_to_string(&path).expect("source text is UTF-8"),
        })
        .collect()
}

#[test]
fn every_import_points_down_and_every_effect_stands_in_its_place() {
    let faults = faults(&tree());
    let list: Vec<_> = faults.iter().map(Fault::to_string).collect();
    assert!(faults.is_empty(), "{} faults:\n{}", list.len(), list.join("\n"));
}

#[test]
fn lib_lists_the_rooms_in_order_and_src_holds_no_other() {
    let tree = tree();
    let lib = tokens(&tree.iter().find(|file| file.path == "lib.rs").expect("src/lib.rs").text);
    let listed: Vec<_> =
        lib.windows(2).filter(|two| two[0].text == "mod").map(|two| two[1].text.as_str()).collect();
    let expected: Vec<_> = ROOMS.into_iter().filter(|room| listed.contains(room)).collect();
    assert_eq!(listed, expected);
    for file in &tree {
        let known = in_any(&file.path, &["lib", "main"]) || rank(&file.path).is_some();
        assert!(known, "src/{} is in no room", file.path);
    }
}
