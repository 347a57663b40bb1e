//! Finding, in the window: the bar with what is looked for, and where it stands in the active document.
//!
//! The [`FindBar`] is one for all tabs: what is looked for in one is looked for in the next. A [`Search`] is what became of
//! it in one document: the pattern made of it, the match that the person is at, the counts. It is made again
//! whenever either of the two changes, and follows every edit.
//!
//! While a person types, a job looks around the caret only; the whole document is searched when they press Enter, or
//! pause. Nothing here reads the document on the UI thread but what is on screen.

mod bar;
mod copy;
mod history;
mod origin;
mod replace;
mod search;
mod shell;
mod step;
mod tally;
mod words;

pub use bar::{FindBar, FindField};
pub use history::FindHistory;
pub use replace::{ReplaceAll, ReplaceIntoCopy, ShownChange};
pub use search::Search;
pub use words::{FindTone, FindWords};

pub(in crate::editor) use copy::{CopyToWrite, ReplacedCopy};
pub(in crate::editor) use replace::Replaceable;
pub(in crate::editor) use shell::{file, ignores_case, quoted, reading, switches};
pub(in crate::editor) use step::Looked;
pub(in crate::editor) use tally::Counted;
