//! What no bytes at all may do to who reads the cache and the session: the bodies of the fuzz targets in `fuzz/`, which the
//! tests of the suite run too.

use std::path::Path;
use std::sync::Arc;

use super::cache::{believed, entry, samples};
use super::session::Session;
use crate::document::{Document, checksum};
use crate::source::{Identity, Memory, Source};

/// An entry of the line counts that are kept: as it is, as counts in an entry that fits, and as counts whose checksum is right
/// in such a one. What is believed is of the file.
pub fn index(bytes: &[u8]) {
    let path = Path::new("/d/app.log");
    let contents = b"a line\n".repeat(100);
    let identity =
        Identity { device: 1, inode: 2, len: contents.len() as u64, modified_ns: 3, changed_ns: 4 };
    let file = Memory::of_file(contents, identity);
    let samples = samples(&file, file.len()).expect("it is in memory");
    let sealed = [bytes, &checksum(bytes).to_le_bytes()].concat();
    for entry in
        [bytes.to_vec(), entry(path, identity, samples, bytes), entry(path, identity, samples, &sealed)]
    {
        if let Some((index, _)) = believed(&entry, path, &file) {
            // What does not fit the file's length is refused, or a panic here.
            let _ = Document::open(Arc::new(file.clone())).import_index(index);
        }
    }
}

/// A session. What is read of it can be written down, and is read again then without a complaint.
pub fn session(bytes: &[u8]) {
    let (session, error) = Session::from_text(&String::from_utf8_lossy(bytes));
    let text = toml::to_string_pretty(&session).expect("it was read");
    let (again, second) = Session::from_text(&text);
    assert_eq!((again, second), (session, None), "after {error:?}");
}
