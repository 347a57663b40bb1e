mod changes;
mod edits;
mod lines;
mod model;
mod scale;
mod source;
