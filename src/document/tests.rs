mod changes;
mod edits;
mod growth;
mod lines;
mod model;
mod scale;
mod source;
