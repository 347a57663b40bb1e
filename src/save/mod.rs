//! WRITING BACK: from a snapshot to a file, all or nothing.
//!
//! [`save`] is the one way in. It gathers facts about the target, lets a pure planner decide (`plan`), and
//! carries the plan out (`write`) through one small trait, [`FileSystem`]: the [`Disk`], or in tests a
//! [`simulated`] one that fails or loses power wherever a test wants it to. At every instant the target is the
//! old file or the new one, whole. Nothing here knows of documents' histories, windows or threads.
//!
//! ```text
//! create temporary ── keep owner, attributes, mode ── reserve ── write ── keep again ── fsync
//!    ── is the target still what it was? ── rename over it ── fsync directory ── open the new file
//! ```

mod fs;

pub mod journal;

mod disk;

pub mod simulated;

mod error;

mod facts;

mod plan;

mod metadata;

mod block_writer;

mod write;

mod backup;
mod claims;
mod in_place;
mod layout;
mod recovery;
mod redo;
mod spare;
mod verify;

#[cfg(any(test, fuzzing))]
pub mod fuzzing;

#[cfg(test)]
mod tests;

pub use claims::{Claim, Claimable, Claims};
pub use disk::Disk;
pub use error::{Obstacle, Reached, SaveError, Step};
pub use facts::{DirectoryFacts, Facts};
pub use fs::{Attribute, Credentials, FileSystem, Kind, Overwrite, Space, Stat, Writable};
pub use in_place::journal_of;
pub use plan::{Backup, Expect, Extent, Method, Plan, Request, Warning, WriterLoses, plan};
pub use recovery::{Recovered, Since, recover, since};
pub use write::{Saved, save};
