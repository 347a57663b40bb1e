//! WRITING BACK: from a snapshot to a file, all or nothing.
