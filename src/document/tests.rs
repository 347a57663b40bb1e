mod bulk;
mod changes;
mod conversion;
mod edits;
mod growth;
mod lines;
pub mod model;
mod scale;
mod source;
