//! The one integration test binary, by subject.

mod killed;
mod layers;
#[cfg(feature = "gui")]
mod window;
