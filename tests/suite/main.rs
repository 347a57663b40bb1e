//! The one integration test binary, by subject.

mod filesystems;
mod killed;
mod layers;
mod others;
#[cfg(feature = "gui")]
mod window;
