//! The one integration test binary, by subject.

mod layers;
#[cfg(feature = "gui")]
mod window;
