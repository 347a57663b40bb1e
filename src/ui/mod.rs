//! THE WINDOW: the only room that names egui.
//!
//! It draws the [`Editor`](crate::editor::Editor) and sends it what a person does. It decides nothing about documents.
//! Rows are painted on a grid of cells around a byte anchor: no document ever goes through a scroll area or a text
//! layout of egui's, whose positions are `f32`.

mod ansi;
mod bar;
mod contrast;
mod dialogs;
mod digits;
mod encodings;
mod files;
mod find_bar;
mod find_in_files;
mod fonts;
mod grid;
mod hex_pane;
mod input;
mod line_list;
mod menus;
mod notices;
mod pane;
mod recovery;
mod scrollbar;
mod start;
mod status;
mod system_theme;
mod tabs;
mod text_pane;
mod text_row;
mod theme;
mod trace;
mod welcome;
mod window;

pub use start::{StartError, start};
pub use trace::Trace;
pub use window::Window;
