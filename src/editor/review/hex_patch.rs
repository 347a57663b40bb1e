//! Edits as a patch for bytes: a text, made for this program, that a person and a short script can read.
//!
//! ```text
//! # Hextant hex patch 1: @ offset and size in the old file, size in the new one, all in hex
//! --- disk.img 400
//! +++ disk.img 402
//! @ 1F 2 4
//! - 64 65
//! + 66 67 68 69
//! ```
//!
//! Edits are sorted and disjoint; offsets are those of the old file, whatever edits before them do. What was removed is not
//! written out if it is long.

use super::patch::{Gone, Writing};
use crate::hex;

/// Of each side, bytes in a line.
const WIDTH: u64 = 32;
/// More removed bytes than these are not written out.
const WRITTEN_OUT: u64 = if cfg!(test) { 100 } else { 1 << 20 };

pub(super) fn write(writing: &mut Writing) -> Result<(), Gone> {
    let Writing { snapshot, since, .. } = writing;
    let (snapshot, since) = (snapshot.clone(), *since);
    writing
        .line("# Hextant hex patch 1: @ offset and size in the old file, size in the new one, all in hex")?;
    let name = writing.name.clone();
    writing.line(&format!("--- {name} {:X}", snapshot.base_len(since)))?;
    writing.line(&format!("+++ {name} {:X}", snapshot.len()))?;
    for difference in snapshot.differences(since, 0..u64::MAX) {
        let (old, new) = (difference.old, difference.new);
        let (removed, inserted) = (old.end - old.start, new.end - new.start);
        writing.reached(new.start)?;
        writing.line(&format!("@ {:X} {removed:X} {inserted:X}", old.start))?;
        if removed > WRITTEN_OUT {
            writing.line("- …")?;
        } else {
            for at in (old.start..old.end).step_by(WIDTH as usize) {
                let bytes = snapshot.read_base(since, at..(at + WIDTH).min(old.end))?;
                writing.line(&format!("- {}", hex::to_hex(&bytes)))?;
            }
        }
        for at in (new.start..new.end).step_by(WIDTH as usize) {
            let bytes = snapshot.read(at..(at + WIDTH).min(new.end))?;
            writing.line(&format!("+ {}", hex::to_hex(&bytes)))?;
        }
    }
    Ok(())
}
