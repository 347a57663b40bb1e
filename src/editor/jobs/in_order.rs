use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Results that wait to be taken, at most, for each thread.
const AHEAD: u64 = 2;

/// How often it is told that nothing was done yet.
const TICK: Duration = Duration::from_millis(100);

/// Threads that run at once.
pub fn cores() -> usize {
    thread::available_parallelism().map_or(1, |cores| cores.get())
}

struct State<T> {
    /// The next piece that no thread has begun.
    next: u64,
    taken: u64,
    done: BTreeMap<u64, T>,
    is_over: bool,
}

/// Does `count` pieces of work by all cores, each begun after those before it, and hands the results on in their order.
/// `take` gets `None` now and then while it waits; what it breaks with comes back, once the pieces under way are done.
pub fn in_order<T: Send, B>(
    count: u64,
    work: &(impl Fn(u64) -> T + Sync),
    take: &mut dyn FnMut(Option<T>) -> ControlFlow<B>,
) -> ControlFlow<B> {
    let threads = (cores() as u64).min(count);
    let state = Mutex::new(State { next: 0, taken: 0, done: BTreeMap::new(), is_over: false });
    let changed = Condvar::new();
    let lock = || state.lock().unwrap_or_else(PoisonError::into_inner);
    let run = || {
        // Whoever waits for a thread that panics is to learn of it.
        let _over = Over { state: &state, changed: &changed };
        loop {
            let mut now = lock();
            while !now.is_over && now.next < count && now.next >= now.taken + AHEAD * threads {
                now = changed.wait(now).unwrap_or_else(PoisonError::into_inner);
            }
            if now.is_over || now.next >= count {
                return;
            }
            let piece = now.next;
            now.next += 1;
            drop(now);
            let result = work(piece);
            lock().done.insert(piece, result);
            changed.notify_all();
        }
    };
    let mut collect = || {
        for piece in 0..count {
            let mut now: MutexGuard<'_, State<T>> = lock();
            let result = loop {
                if let Some(result) = now.done.remove(&piece) {
                    break result;
                }
                if now.is_over {
                    return ControlFlow::Continue(());
                }
                let waited = changed.wait_timeout(now, TICK).unwrap_or_else(PoisonError::into_inner);
                now = waited.0;
                if waited.1.timed_out() {
                    drop(now);
                    take(None)?;
                    now = lock();
                }
            };
            now.taken = piece + 1;
            drop(now);
            changed.notify_all();
            take(Some(result))?;
        }
        ControlFlow::Continue(())
    };
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(run);
        }
        let ended = collect();
        lock().is_over = true;
        changed.notify_all();
        ended
    })
}

/// Ends the others when a thread panics.
struct Over<'a, T> {
    state: &'a Mutex<State<T>>,
    changed: &'a Condvar,
}

impl<T> Drop for Over<'_, T> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.state.lock().unwrap_or_else(PoisonError::into_inner).is_over = true;
            self.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn results_come_in_order_and_no_thread_runs_far_ahead() {
        let (begun, mut taken) = (AtomicU64::new(0), Vec::new());
        let work = |piece: u64| {
            begun.fetch_add(1, Ordering::Relaxed);
            thread::sleep(Duration::from_micros(piece * 7919 % 300));
            piece
        };
        let ended = in_order(100, &work, &mut |piece| {
            let Some(piece) = piece else { return ControlFlow::Continue(()) };
            let ahead = begun.load(Ordering::Relaxed) - taken.len() as u64;
            assert!(ahead <= (AHEAD + 1) * cores() as u64, "{ahead} ahead");
            taken.push(piece);
            if piece == 60 { ControlFlow::Break("enough") } else { ControlFlow::Continue(()) }
        });
        assert_eq!(ended, ControlFlow::Break("enough"));
        assert_eq!(taken, (0..=60).collect::<Vec<_>>());
        assert!(begun.load(Ordering::Relaxed) < 100);
        assert_eq!(in_order(0, &work, &mut |_| ControlFlow::Break(())), ControlFlow::Continue(()));
    }

    #[test]
    #[should_panic(expected = "a scoped thread panicked")]
    fn a_panic_is_not_waited_for() {
        let _ = in_order(100, &|piece| assert!(piece < 5), &mut |_| ControlFlow::<()>::Continue(()));
    }
}
