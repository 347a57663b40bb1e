//! The one integration test binary, by subject.

mod layers;
