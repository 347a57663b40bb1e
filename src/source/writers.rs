use std::fs;
use std::io;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Statx, StatxFlags};

use super::Cancel;

/// A process that has a file open for writing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Writer {
    pub pid: u32,
    /// What the process calls itself, as far as the system remembers: 15 bytes of it.
    pub name: String,
}

/// Which other processes have the file of `path` open for writing, by process number: those that this one may look
/// into. For a job: takes as long as there are processes and open files. Ends early, with what it has found, when
/// cancelled.
///
/// A file that was mapped for writing and then closed is not found.
pub fn writers(path: &Path, cancel: &Cancel) -> Vec<Writer> {
    let (Ok(file), Ok(processes)) = (Inode::of(path), fs::read_dir("/proc")) else {
        return Vec::new();
    };
    let mut writers = Vec::new();
    for process in processes.flatten() {
        if cancel.is_cancelled() {
            break;
        }
        let pid = process.file_name().to_str().and_then(|name| name.parse().ok());
        let Some(pid) = pid.filter(|&pid| pid != std::process::id()) else { continue };
        if writes(&process.path(), file, cancel) {
            let name = fs::read(process.path().join("comm")).unwrap_or_default();
            writers.push(Writer { pid, name: String::from_utf8_lossy(name.trim_ascii_end()).into_owned() });
        }
    }
    writers.sort_by_key(|writer| writer.pid);
    writers
}

/// Which file something is.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Inode {
    device: (u32, u32),
    number: u64,
}

impl Inode {
    fn of(path: &Path) -> io::Result<Self> {
        // Asks no server: one that does not answer would keep us, for a file that is probably another.
        let told = rustix::fs::statx(CWD, path, AtFlags::STATX_DONT_SYNC, StatxFlags::INO)?;
        let Statx { stx_dev_major, stx_dev_minor, stx_ino, .. } = told;
        Ok(Self { device: (stx_dev_major, stx_dev_minor), number: stx_ino })
    }
}

/// Whether the process whose folder in `/proc` this is has `file` open for writing.
fn writes(process: &Path, file: Inode, cancel: &Cancel) -> bool {
    let Ok(open) = fs::read_dir(process.join("fd")) else { return false };
    for descriptor in open.flatten().take_while(|_| !cancel.is_cancelled()) {
        let told = match fs::read_to_string(process.join("fdinfo").join(descriptor.file_name())) {
            Ok(told) => told,
            // Of a process that may list its files, but not show them, there can be hundreds.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return false,
            // Closed meanwhile.
            Err(_) => continue,
        };
        // The file itself is looked at last: see `Inode::of`.
        if may_be_written(&told, file.number) && Inode::of(&descriptor.path()).is_ok_and(|it| it == file) {
            return true;
        }
    }
    false
}

/// Whether `fdinfo` tells of a descriptor open for writing, of an inode of this number as far as it says (from Linux
/// 5.14 on).
fn may_be_written(fdinfo: &str, number: u64) -> bool {
    let field = |name| {
        let line = fdinfo.lines().find_map(|line| line.strip_prefix(name))?;
        Some(line.trim())
    };
    let flags = field("flags:").and_then(|flags| u32::from_str_radix(flags, 8).ok()).unwrap_or(0);
    let open_for = flags & libc::O_ACCMODE as u32;
    let same = field("ino:").is_none_or(|told| told.parse() == Ok(number));
    same && (open_for == libc::O_WRONLY as u32 || open_for == libc::O_RDWR as u32)
}

#[cfg(test)]
mod tests {
    use std::fs::{File, OpenOptions};
    use std::process::{Child, Command, Stdio};

    use super::*;

    /// A process that has nothing open but this, as its output or its input, until its input ends.
    fn sleeper(input: Stdio, output: Stdio) -> Child {
        Command::new("sleep").arg("60").stdin(input).stdout(output).stderr(Stdio::null()).spawn().unwrap()
    }

    #[test]
    fn who_writes_a_file_is_found_by_whatever_name() {
        let folder = tempfile::tempdir().unwrap();
        let [path, link, other] = ["log", "link", "other"].map(|name| folder.path().join(name));
        let file = File::create(&path).unwrap();
        fs::hard_link(&path, &link).unwrap();
        File::create(&other).unwrap();
        let mut writing = sleeper(Stdio::null(), file.into());
        let mut reading = sleeper(File::open(&path).unwrap().into(), Stdio::null());
        // Ours, which does not count.
        let _own = OpenOptions::new().append(true).open(&path).unwrap();
        let found = |path: &Path| writers(path, &Cancel::new());
        let expected = [Writer { pid: writing.id(), name: "sleep".into() }];
        // The child runs under our own name until it has become the other program.
        let mut seen = found(&path);
        for _ in 0..200 {
            if seen == expected {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
            seen = found(&path);
        }
        assert_eq!(seen, expected);
        assert_eq!(found(&link), expected);
        assert_eq!(found(&other), []);
        assert_eq!(found(&folder.path().join("nothing")), []);
        let cancelled = Cancel::new();
        cancelled.cancel();
        assert_eq!(writers(&path, &cancelled), []);
        for child in [&mut writing, &mut reading] {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        assert_eq!(found(&path), []);
    }

    #[test]
    fn only_descriptors_for_writing_are_looked_at() {
        let told = |flags: &str, rest: &str| format!("pos:\t0\nflags:\t{flags}\nmnt_id:\t29\n{rest}");
        assert!(may_be_written(&told("0100001", "ino:\t77\n"), 77));
        assert!(may_be_written(&told("02100002", "ino:\t77\n"), 77));
        assert!(!may_be_written(&told("0100001", "ino:\t78\n"), 77));
        assert!(!may_be_written(&told("0100000", "ino:\t77\n"), 77));
        assert!(may_be_written(&told("0100001", ""), 77), "an older system");
        assert!(!may_be_written("", 77), "it is gone");
    }
}
