pub(super) mod oracle;

mod compile;
mod finding;
mod replacing;
mod tallying;
mod times;
