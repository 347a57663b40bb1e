//! How many stretches of contents a thread has looked at, so that tests can count what the window does in a frame.

#[cfg(test)]
thread_local! {
    static VISITS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

#[inline]
pub(super) fn count() {
    #[cfg(test)]
    VISITS.set(VISITS.get() + 1);
}

/// Those of this thread since the last time.
#[cfg(test)]
pub(crate) fn take() -> u64 {
    VISITS.take()
}
