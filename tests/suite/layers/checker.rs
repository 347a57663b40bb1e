//! The checker on made-up sources: each rule seen to fire, and seen to keep still.

use super::{Fault, File, faults, tree};

fn check(files: &[(&str, &str)]) -> Vec<Fault> {
    let files: Vec<_> =
        files.iter().map(|(path, text)| File { path: (*path).into(), text: (*text).into() }).collect();
    faults(&files)
}

/// Each line of `text` that ends with `// fault` has exactly one fault, and no other line has any.
fn agree(path: &str, text: &str) {
    let expected: Vec<usize> =
        (1..).zip(text.lines()).filter(|(_, line)| line.ends_with("// fault")).map(|(n, _)| n).collect();
    let mut found: Vec<usize> = check(&[(path, text)]).iter().map(|fault| fault.line).collect();
    found.sort_unstable();
    assert_eq!(found, expected, "{path}:\n{text}");
}

#[test]
fn imports_point_down() {
    agree(
        "document/mod.rs",
        "use crate::source::Source;
         use crate::document::Piece;
         use crate::text::Encoding; // fault
         use crate::{source::Cancel, editor::Command}; // fault
         use crate::{source::{view, ui}, document};
         fn f() { crate :: ui :: run() } // fault
         pub(in crate::document) fn g() {}",
    );
    agree("source/a/b.rs", "use crate::{ // fault\n    document,\n};");
    agree("ui/mod.rs", "use crate::{source, document, text, hex, search, save, view, editor};");
    agree("lib.rs", "use crate::ui;");
    agree("main.rs", "use hextant::ui;");
}

#[test]
fn comments_and_literals_name_nothing() {
    agree(
        "source/mod.rs",
        "// crate::ui unsafe egui::Ui
         /* crate::ui /* unsafe */ std::fs::read */
         //! [`crate::editor`]
         const A: &str = \"crate::ui \\\" unsafe\";
         const B: &str = r#\"crate::ui \" unsafe\"#;
         const C: &[u8] = b\"unsafe\"; const D: char = '\"'; const E: u8 = b'\\''; const F: char = '\\u{22}';
         fn r<'a>(b: &'a str) -> &'a str { b }
         use crate::ui; // fault",
    );
}

#[test]
fn the_window_is_named_in_ui_and_main_only() {
    let text = "use egui::Ui; // fault
         fn f(ui: &mut eframe::Frame) {} // fault
         use rfd; // fault
         use winit::event::Event; // fault
         let egui = 1; let x = egui + 1;
         #[cfg(test)] mod tests { use egui::Ui; } // fault";
    agree("view/mod.rs", text);
    agree("ui/grid.rs", &text.replace(" // fault", ""));
    agree("main.rs", &text.replace(" // fault", ""));
}

#[test]
fn unsafe_stands_in_two_files() {
    agree("source/mod.rs", "#![deny(unsafe_code)]\nunsafe { f() } // fault");
    agree("document/mod.rs", "#[cfg(test)] mod tests { unsafe fn f() {} } // fault");
    agree("source/mapped.rs", "unsafe { f() }");
    agree("source/fault.rs", "unsafe { f() }");
    agree("source/mapped_more.rs", "unsafe { f() } // fault");
}

#[test]
fn threads_start_in_jobs() {
    let text = "std::thread::spawn(f); // fault
         thread::Builder::new(); // fault
         use std::thread::{self, spawn}; // fault
         thread::scope(|s| ()); // fault
         thread::sleep(d); thread::current();
         #[cfg(test)]
         mod tests { fn f() { thread::spawn(f); } }";
    agree("search/mod.rs", text);
    agree("ui/mod.rs", text);
    for path in
        ["editor/jobs.rs", "editor/jobs/pool.rs", "ui/files.rs", "ui/system_theme.rs", "source/testing.rs"]
    {
        agree(path, &text.replace(" // fault", ""));
    }
}

#[test]
fn files_are_touched_by_source_save_and_the_kept_state() {
    let text = "use std::fs; // fault
         use std::{fmt, fs::File}; // fault
         use rustix::fs::open; // fault
         let f = File::open(p); // fault
         let o = OpenOptions::new(); // fault
         use std::{io, fmt::{fs}}; struct File; use std::os::unix::fs::MetadataExt;
         #[cfg(test)] use std::fs;
         fn after() { std::fs::read(p); } // fault";
    agree("document/mod.rs", text);
    agree("ui/mod.rs", text);
    agree("main.rs", text);
    for path in ["source/mapped.rs", "save/write.rs", "editor/cache.rs", "editor/session/mod.rs"] {
        agree(path, &text.replace(" // fault", ""));
    }
}

#[test]
fn clock_and_environment_are_arguments_below_editor() {
    let text = "let t = Instant::now(); // fault
         let t = SystemTime::now(); // fault
         let h = std::env::var(n); // fault
         fn f(now: Instant) { env!(\"CARGO_PKG_VERSION\"); }";
    agree("save/mod.rs", text);
    agree("editor/mod.rs", &text.replace(" // fault", ""));
}

#[test]
fn a_module_declared_under_cfg_test_is_a_test_file() {
    let body = "fn f() { std::thread::spawn(g); std::fs::read(p); }";
    let declared = [
        ("view/mod.rs", "#[cfg(test)]\nmod tests;\nmod rows;"),
        ("view/rows.rs", "#[cfg(test)] mod oracle;"),
        ("view/tests.rs", body),
        ("view/tests/more.rs", body),
        ("view/rows/oracle.rs", body),
    ];
    assert_eq!(check(&declared), []);
    let undeclared = [("view/mod.rs", "mod tests;"), ("view/tests.rs", body)];
    assert_eq!(check(&undeclared).len(), 2);
}

#[test]
fn a_fault_put_into_the_real_tree_is_found() {
    let mut files = tree();
    let before = faults(&files).len();
    let file = files.iter_mut().find(|file| file.path == "source/mod.rs").expect("src/source/mod.rs");
    file.text.insert_str(0, "use crate::editor::Command;\n");
    let after = faults(&files);
    assert_eq!(after.len(), before + 1);
    assert!(after.iter().any(|fault| fault.path == "source/mod.rs" && fault.line == 1));
}
