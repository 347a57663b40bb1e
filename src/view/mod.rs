//! view

pub mod goto;
