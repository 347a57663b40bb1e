pub(super) mod oracle;

mod compile;
mod decoding;
mod finding;
mod replacing;
mod tallying;
mod times;
