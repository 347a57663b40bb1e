//! SHIM
use std::path::Path;
use super::Cancel;
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writer { pub pid: u32, pub name: String }
pub fn writers(_path: &Path, _cancel: &Cancel) -> Vec<Writer> { Vec::new() }
