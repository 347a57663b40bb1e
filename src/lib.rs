//! Hextant: a desktop editor for text and binary files of any size.
//!
//! A document is bytes. A [`source`] is where bytes rest: a memory-mapped file, memory, a formula. A
//! [`document`] lays edits over one in a tree of pieces and counts its lines in the background; a snapshot of
//! it costs nothing and never changes. [`text`] and [`hex`] say what bytes mean, [`view`] which of them are on
//! screen, [`search`] finds them, [`save`] how they reach the disk. [`editor`] is the application without a window: one list of
//! commands and one place that applies them. `ui` is the window, the only room that knows egui.
//!
//! The rooms stand lowest first; an import points only to a room above it in this list (a test checks that).

pub mod source;

pub mod document;

pub mod text;

pub mod hex;

pub mod search;

pub mod save;

pub mod view;

pub mod editor;

#[cfg(feature = "gui")]
pub mod ui;
