//! What no bytes at all may do to who reads journals: the bodies of the fuzz targets in `fuzz/`, which the tests of the suite
//! run too. Each takes the bytes as they are, and as what a seal, a checksum that is right, hides from chance.

use std::path::Path;

use super::journal::{self, Origin, Read, Span};
use super::redo;
use super::simulated::Simulated;
use crate::source::Source;

/// A journal of unsaved edits. Nothing that was read is out of its bounds, and what was read whole is read again.
pub fn journal(bytes: &[u8]) {
    if let Ok(read) = journal::read(bytes) {
        use_all_of(&read);
        let whole = usize::try_from(read.whole).expect("a part of what is in memory");
        let again = journal::read(&bytes[..whole]).expect("what was whole");
        assert_eq!(again.whole, read.whole);
        assert!(again.contents().eq(read.contents()), "the whole part is all that counts");
    }
    if let Ok(read) = journal::read(&journal::sealed(bytes)) {
        use_all_of(&read);
    }
}

fn use_all_of(read: &Read) {
    let is_sound = |span: &Span| match span.of {
        Origin::Base => span.end() <= read.base_len(),
        Origin::Added => span.end() <= read.added.len() as u64,
        Origin::Other(number) => span.end() <= read.others[number as usize].base.len,
    };
    assert!(read.contents().all(|span| is_sound(&span)));
    let mut end = 0;
    for replaced in read.replaced() {
        assert!(end <= replaced.range.start && replaced.range.start <= replaced.range.end);
        assert!(replaced.spans.iter().all(is_sound));
        end = replaced.range.end;
    }
    assert!(end <= read.base_len());
    let remembered = read.remembered();
    assert_eq!(remembered.len(), read.base_len());
    let _ = remembered.scan(0..remembered.len(), &mut |_| std::ops::ControlFlow::Continue(()));
    let _ = read.replaced_since_save(&remembered);
}

/// A journal of a save in place, beside the file that it is of. Whatever it says, the file is the old one, or one of the length
/// that a whole journal tells.
pub fn redo(bytes: &[u8]) {
    const TARGET: &str = "/d/file";
    for (is_sealed, journal) in [(false, bytes.to_vec()), (true, redo::sealed(bytes, Path::new(TARGET)))] {
        let fs = Simulated::new();
        fs.make_directory("/d");
        fs.make_directory("/s");
        fs.make_file(TARGET, b"what stands in the file before anything is recovered");
        let before = fs.contents(TARGET);
        fs.make_file("/s/1.redo", &journal);
        let _ = super::recover(Path::new("/s"), &fs);
        assert!(is_sealed || fs.contents(TARGET) == before, "chance does not make a whole journal");
    }
}
