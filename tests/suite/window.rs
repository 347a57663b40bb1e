//! What a person can do, at the level of the window: keys, mouse and files go in as events, and what is seen comes out
//! of the painted text and the names that assistive technology reads. No display is needed.

mod driver;

mod commands;
mod edit;
mod files;
mod find;
mod find_in_files;
mod go_to;
mod hex;
mod list;
mod live;
mod looks;
mod mouse;
mod recovery;
mod unusual;
mod welcome;
