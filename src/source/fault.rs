//! What happens when mapped bytes cannot be had: the file was truncated, or its disk failed.
//!
//! The kernel then raises SIGBUS in the thread that touched them, which would end the program and every unsaved
//! edit with it. Our handler looks the address up in a table of live maps, notes the fault in that map's slot,
//! puts zeros in the place of the rest of that map (one anonymous mapping: replacing page by page took 131,072
//! faults for half a GiB, and could use up the process's mappings) and returns; the touch is repeated and reads
//! a zero. Whoever computed something from a map asks [`Guarded::fault`] before believing it.
//!
//! A handler may not take locks or allocate, so the table is a fixed array of sequence locks that the handler
//! only reads. The slot of the map being touched cannot change meanwhile, because its owner is the one that
//! touches it: a slot seen changing is never the one looked for, and is passed over.
//!
//! Any other SIGBUS goes to the handler that was there before, or ends the program as if we were not there.

use std::ops::Range;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering, fence};

use memmap2::Mmap;

use super::Cancel;

/// More maps than any number of threads hold at once; with all of them taken, reads go without a map.
const SLOTS: usize = 256;

const NO_FAULT: usize = usize::MAX;

static TABLE: [Slot; SLOTS] = [const { Slot::new() }; SLOTS];

struct Slot {
    /// Even: the slot rests. Odd: its owner is changing it. Grows with every change.
    sequence: AtomicUsize,
    /// First address of the map, at the start of a page. 0: the slot is free.
    start: AtomicUsize,
    /// End of its last page.
    end: AtomicUsize,
    /// The lowest address whose touch failed, or [`NO_FAULT`].
    fault: AtomicUsize,
}

impl Slot {
    const fn new() -> Self {
        Self {
            sequence: AtomicUsize::new(0),
            start: AtomicUsize::new(0),
            end: AtomicUsize::new(0),
            fault: AtomicUsize::new(NO_FAULT),
        }
    }

    /// Takes the slot for a map of these addresses; false when it is taken.
    fn claim(&self, pages: &Range<usize>) -> bool {
        let sequence = self.sequence.load(Ordering::Acquire);
        if !sequence.is_multiple_of(2) || self.start.load(Ordering::Relaxed) != 0 {
            return false;
        }
        let changing =
            self.sequence.compare_exchange(sequence, sequence + 1, Ordering::Acquire, Ordering::Relaxed);
        if changing.is_err() {
            return false;
        }
        fence(Ordering::Release);
        self.start.store(pages.start, Ordering::Relaxed);
        self.end.store(pages.end, Ordering::Relaxed);
        self.fault.store(NO_FAULT, Ordering::Relaxed);
        self.sequence.store(sequence + 2, Ordering::Release);
        true
    }

    /// Frees the slot. Only its owner calls this, once.
    fn release(&self) {
        let sequence = self.sequence.fetch_add(1, Ordering::Acquire);
        fence(Ordering::Release);
        self.start.store(0, Ordering::Relaxed);
        self.end.store(0, Ordering::Relaxed);
        self.sequence.store(sequence + 2, Ordering::Release);
    }

    /// The addresses of the slot's map, unless it is free or changing.
    fn pages(&self) -> Option<Range<usize>> {
        let before = self.sequence.load(Ordering::Acquire);
        let pages = self.start.load(Ordering::Relaxed)..self.end.load(Ordering::Relaxed);
        fence(Ordering::Acquire);
        let rested = before.is_multiple_of(2) && before == self.sequence.load(Ordering::Relaxed);
        (rested && pages.start != 0).then_some(pages)
    }
}

/// A map whose faults read as zeros and are noted, instead of ending the program.
pub(super) struct Guarded {
    // Freed before the map is: an address must not be in the table when the kernel may give it to another map.
    slot: TakenSlot,
    map: Mmap,
}

struct TakenSlot(&'static Slot);

impl Drop for TakenSlot {
    fn drop(&mut self) {
        self.0.release();
    }
}

impl Guarded {
    /// `None` when the handler could not be installed or as many maps are live as the table holds.
    pub(super) fn new(map: Mmap) -> Option<Self> {
        let page = install()?;
        let start = map.as_ptr() as usize;
        let end = (start + map.len()).next_multiple_of(page);
        let pages = start - start % page..end;
        let slot = TABLE.iter().find(|slot| slot.claim(&pages))?;
        Some(Self { slot: TakenSlot(slot), map })
    }

    /// The mapped bytes. They change whenever somebody writes to the file: compute a number from them, and never
    /// trust that two looks at the same byte agree.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.map
    }

    /// From which byte on the map has been replaced by zeros, because touching that byte failed.
    pub(super) fn fault(&self) -> Option<usize> {
        let address = self.slot.0.fault.load(Ordering::Acquire);
        (address != NO_FAULT).then(|| address.saturating_sub(self.map.as_ptr() as usize))
    }
}

/// Bytes of a page; 0 until the handler is installed.
static PAGE: AtomicUsize = AtomicUsize::new(0);

/// How often the handler has replaced a map.
#[cfg(test)]
pub(super) static REPLACED: AtomicUsize = AtomicUsize::new(0);

/// What SIGBUS did before us: a function, `SIG_DFL` or `SIG_IGN`, and whether it takes three arguments.
static PREVIOUS_ACTION: AtomicUsize = AtomicUsize::new(libc::SIG_DFL);
static PREVIOUS_FLAGS: AtomicI32 = AtomicI32::new(0);

/// Installs the handler, the first time. The bytes of a page, or `None` when the system refused.
fn install() -> Option<usize> {
    static INSTALLED: OnceLock<bool> = OnceLock::new();
    let installed = INSTALLED.get_or_init(|| {
        PAGE.store(rustix::param::page_size(), Ordering::Relaxed);
        // SAFETY: both calls get valid pointers to initialised structures; all-zero is a valid `sigaction`.
        // The previous action is asked for first, so that it is known before the first signal can reach us.
        unsafe {
            let mut previous: libc::sigaction = std::mem::zeroed();
            if libc::sigaction(libc::SIGBUS, ptr::null(), &mut previous) != 0 {
                return false;
            }
            PREVIOUS_ACTION.store(previous.sa_sigaction, Ordering::Relaxed);
            PREVIOUS_FLAGS.store(previous.sa_flags, Ordering::Release);
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = on_sigbus as *const () as usize;
            // NODEFER: a second fault inside a handler that we pass on to must not be blocked, or it kills silently.
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK | libc::SA_NODEFER;
            libc::sigemptyset(&mut action.sa_mask);
            libc::sigaction(libc::SIGBUS, &action, ptr::null_mut()) == 0
        }
    });
    installed.then(|| PAGE.load(Ordering::Relaxed))
}

/// What is cancelled when the person interrupts the program (SIGINT), or somebody asks it to end (SIGTERM). The second
/// time, it ends.
pub fn interruption() -> Cancel {
    static HANDLED: OnceLock<()> = OnceLock::new();
    let cancel = INTERRUPTION.get_or_init(Cancel::new).clone();
    HANDLED.get_or_init(|| {
        // SAFETY: both calls get a valid pointer to an initialised structure; all-zero is a valid `sigaction`. Where it
        // is refused, the program ends at once, as any other does.
        unsafe {
            let mut action: libc::sigaction = std::mem::zeroed();
            action.sa_sigaction = on_interrupt as *const () as usize;
            action.sa_flags = libc::SA_RESETHAND | libc::SA_RESTART;
            libc::sigemptyset(&mut action.sa_mask);
            libc::sigaction(libc::SIGINT, &action, ptr::null_mut());
            libc::sigaction(libc::SIGTERM, &action, ptr::null_mut());
        }
    });
    cancel
}

static INTERRUPTION: OnceLock<Cancel> = OnceLock::new();

/// Only loads and stores atomics: [`OnceLock::get`] takes no lock.
extern "C" fn on_interrupt(_signal: libc::c_int) {
    if let Some(cancel) = INTERRUPTION.get() {
        cancel.cancel();
    }
}

/// Only calls what is safe in a signal handler: atomics, `mmap`, and `sigaction` and `raise` on the way out.
extern "C" fn on_sigbus(signal: libc::c_int, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: the kernel hands a valid `siginfo_t` to a handler installed with SA_SIGINFO. Only a signal that the
    // kernel itself raised (code above 0) carries an address. errno belongs to the interrupted code, so it is put
    // back.
    unsafe {
        let raised_by_kernel = (*info).si_code > 0;
        let errno = *libc::__errno_location();
        if raised_by_kernel && replace_rest_of_map((*info).si_addr() as usize) {
            *libc::__errno_location() = errno;
        } else {
            pass_on(signal, info, context, raised_by_kernel);
        }
    }
}

/// Puts zeros from the page of `address` to the end of the map that it lies in. False when it lies in none.
fn replace_rest_of_map(address: usize) -> bool {
    for slot in &TABLE {
        let Some(pages) = slot.pages() else { continue };
        if !pages.contains(&address) {
            continue;
        }
        slot.fault.fetch_min(address, Ordering::AcqRel);
        let from = address - address % PAGE.load(Ordering::Relaxed);
        // SAFETY: `from..pages.end` are whole pages of a live read-only map of ours: it is in the table, and its
        // owner is the thread that this handler interrupts. Its owner unmaps the whole range later, whatever is
        // mapped there. Nobody is promised that these bytes stay the same.
        let mapped = unsafe {
            libc::mmap(
                from as *mut libc::c_void,
                pages.end - from,
                libc::PROT_READ,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED,
                -1,
                0,
            )
        };
        #[cfg(test)]
        REPLACED.fetch_add(1, Ordering::Relaxed);
        return mapped != libc::MAP_FAILED;
    }
    false
}

/// # Safety
/// Only for [`on_sigbus`], with its own arguments.
unsafe fn pass_on(
    signal: libc::c_int,
    info: *mut libc::siginfo_t,
    context: *mut libc::c_void,
    raised_by_kernel: bool,
) {
    let flags = PREVIOUS_FLAGS.load(Ordering::Acquire);
    let action = PREVIOUS_ACTION.load(Ordering::Relaxed);
    // SAFETY: a value other than the two constants is the address of the function that was installed for this
    // signal, of the signature that its flags tell.
    unsafe {
        if action == libc::SIG_IGN && !raised_by_kernel {
            return;
        }
        if action == libc::SIG_DFL || action == libc::SIG_IGN {
            let mut default: libc::sigaction = std::mem::zeroed();
            default.sa_sigaction = libc::SIG_DFL;
            libc::sigaction(signal, &default, ptr::null_mut());
            // A fault repeats when the handler returns; a signal that somebody sent has to be sent again.
            if !raised_by_kernel {
                libc::raise(signal);
            }
        } else if flags & libc::SA_SIGINFO != 0 {
            type Handler = extern "C" fn(libc::c_int, *mut libc::siginfo_t, *mut libc::c_void);
            std::mem::transmute::<usize, Handler>(action)(signal, info, context);
        } else {
            std::mem::transmute::<usize, extern "C" fn(libc::c_int)>(action)(signal);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::unix::process::ExitStatusExt;
    use std::process::Command;

    use memmap2::MmapOptions;

    use super::*;

    fn file_of(len: u64) -> File {
        let file = tempfile::tempfile().unwrap();
        file.set_len(len).unwrap();
        file
    }

    /// SAFETY for every map here: the file is ours, and what changes under the map is the point of the test.
    fn map(file: &File) -> Mmap {
        unsafe { MmapOptions::new().map(file) }.unwrap()
    }

    #[test]
    fn truncation_under_a_map_costs_one_fault_and_is_noted() {
        let page = rustix::param::page_size();
        let file = file_of(1000 * page as u64);
        let guarded = Guarded::new(map(&file)).unwrap();
        assert_eq!(guarded.bytes()[999 * page], 0);
        assert_eq!(guarded.fault(), None);
        file.set_len(10 * page as u64).unwrap();
        assert_eq!(guarded.bytes()[500 * page + 7], 0);
        assert_eq!(guarded.fault(), Some(500 * page + 7));
        let replaced = REPLACED.load(Ordering::Relaxed);
        assert_eq!(guarded.bytes()[500 * page..].iter().map(|&byte| u64::from(byte)).sum::<u64>(), 0);
        // Other tests may replace maps of their own meanwhile, but not five hundred pages.
        assert!(REPLACED.load(Ordering::Relaxed) - replaced < 100);
        assert_eq!(guarded.bytes()[20 * page], 0);
        assert_eq!(guarded.fault(), Some(20 * page));
    }

    #[test]
    fn a_slot_is_free_again_and_forgets_its_fault() {
        for _ in 0..3 * SLOTS {
            let file = file_of(1);
            let guarded = Guarded::new(map(&file)).unwrap();
            assert_eq!(guarded.fault(), None);
            file.set_len(0).unwrap();
            assert_eq!(guarded.bytes()[0], 0);
            assert_eq!(guarded.fault(), Some(0));
        }
    }

    const ROLE: &str = "HEXTANT_TEST_SIGBUS";

    /// Not a test by itself: the process that the two tests below start, to die in it.
    #[test]
    #[ignore = "dies of SIGBUS; started by the tests that expect it"]
    fn victim() {
        let file = file_of(1);
        let ours = Guarded::new(map(&file)).unwrap();
        match std::env::var(ROLE).as_deref() {
            Ok("foreign map") => {
                let foreign = map(&file);
                file.set_len(0).unwrap();
                std::hint::black_box(ours.bytes()[0]);
                println!("ours survived");
                std::hint::black_box(foreign[0]);
            }
            // Twice, because the handler of Rust's own runtime, which is the previous one here, restores the default
            // and returns. SAFETY: raising a signal has no precondition.
            Ok("sent") => unsafe {
                libc::raise(libc::SIGBUS);
                libc::raise(libc::SIGBUS);
            },
            _ => {}
        }
        println!("still alive");
    }

    fn die(role: &str) -> (Option<i32>, String) {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "source::fault::tests::victim", "--ignored", "--nocapture"])
            .env(ROLE, role)
            .output()
            .unwrap();
        (output.status.signal(), String::from_utf8_lossy(&output.stdout).into_owned())
    }

    #[test]
    fn a_fault_in_a_foreign_map_still_ends_the_program() {
        let (signal, said) = die("foreign map");
        assert_eq!(signal, Some(libc::SIGBUS), "{said}");
        assert!(said.contains("ours survived") && !said.contains("still alive"), "{said}");
    }

    #[test]
    fn a_sent_signal_still_ends_the_program() {
        let (signal, said) = die("sent");
        assert_eq!(signal, Some(libc::SIGBUS), "{said}");
        assert!(!said.contains("still alive"), "{said}");
    }
}
