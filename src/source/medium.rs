use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Where a file lies: to read all of it over a network costs others something, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Medium {
    Local,
    /// By this protocol or program.
    Network(&'static str),
}

impl Medium {
    /// The medium of what `path` names, through symbolic links. May wait for a server.
    pub fn of(path: &Path) -> io::Result<Self> {
        let kind = rustix::fs::statfs(path)?.f_type as u32;
        if kind == FUSE {
            let mounts = fs::read("/proc/self/mountinfo").unwrap_or_default();
            return Ok(by_mount(&mounts, &path.canonicalize()?));
        }
        let known = NETWORK.iter().find(|(number, _)| *number == kind);
        Ok(known.map_or(Self::Local, |&(_, name)| Self::Network(name)))
    }
}

const FUSE: u32 = 0x6573_5546;

/// Numbers of filesystems (`linux/magic.h`, and the sources of those that it misses).
const NETWORK: [(u32, &str); 12] = [
    (0x6969, "NFS"),
    (0xFF53_4D42, "SMB"),
    (0xFE53_4D42, "SMB"),
    (0x517B, "SMB"),
    (0x0102_1997, "9P"),
    (0x5346_414F, "AFS"),
    (0x6B41_4653, "AFS"),
    (0x00C3_6400, "Ceph"),
    (0x7375_7245, "Coda"),
    (0x564C, "NCP"),
    (0x0BD0_0BD0, "Lustre"),
    (0x1983_0326, "BeeGFS"),
];

/// Programs that mount what lies elsewhere.
const NETWORK_FUSE: [(&str, &str); 9] = [
    ("sshfs", "SSH"),
    ("rclone", "rclone"),
    ("s3fs", "S3"),
    ("gcsfuse", "Google Cloud Storage"),
    ("gvfsd-fuse", "GVfs"),
    ("kio-fuse", "KIO"),
    ("curlftpfs", "FTP"),
    ("glusterfs", "GlusterFS"),
    ("ceph-fuse", "Ceph"),
];

/// The medium of the absolute `path` on a FUSE filesystem, by `mountinfo` (see proc(5)).
fn by_mount(mountinfo: &[u8], path: &Path) -> Medium {
    let mut nearest: Option<(usize, &[u8], &[u8])> = None;
    for line in mountinfo.split(|&byte| byte == b'\n') {
        let mut fields = line.split(|&byte| byte == b' ');
        let Some(at) = fields.nth(4).map(unescaped) else { continue };
        if !path.starts_with(Path::new(std::ffi::OsStr::from_bytes(&at))) {
            continue;
        }
        // Behind the optional fields: the filesystem, and what it is mounted from.
        let mut rest = fields.skip_while(|field| *field != b"-").skip(1);
        let (Some(kind), Some(from)) = (rest.next(), rest.next()) else { continue };
        // Of two mounts at one place the later covers the earlier.
        if nearest.is_none_or(|(len, ..)| len <= at.len()) {
            nearest = Some((at.len(), kind, from));
        }
    }
    let Some((_, kind, from)) = nearest else { return Medium::Local };
    // "fuse.sshfs", or a bare "fuse" from "sshfs#user@host:".
    let names = |program: &str| {
        kind.strip_prefix(b"fuse.".as_slice()) == Some(program.as_bytes())
            || from.strip_prefix(program.as_bytes()).is_some_and(|rest| rest.starts_with(b"#"))
    };
    match NETWORK_FUSE.iter().find(|(program, _)| names(program)) {
        Some((_, name)) => Medium::Network(name),
        // "https://host/", as davfs2 has it.
        None if from.windows(3).any(|part| part == b"://") => Medium::Network("FUSE"),
        None => Medium::Local,
    }
}

/// Undoes `\040` and the like, by which the system writes spaces, tabs, newlines and backslashes.
fn unescaped(field: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&byte, behind)) = rest.split_first() {
        let octal = behind.get(..3).and_then(|digits| std::str::from_utf8(digits).ok());
        match octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(value) if byte == b'\\' => {
                bytes.push(value);
                rest = &behind[3..];
            }
            _ => {
                bytes.push(byte);
                rest = behind;
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_local_and_nothing_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Medium::of(folder.path()).unwrap(), Medium::Local);
        assert_eq!(Medium::of(Path::new("/proc/self/status")).unwrap(), Medium::Local);
        assert!(Medium::of(&folder.path().join("nothing")).is_err());
    }

    #[test]
    fn a_program_in_user_space_is_told_by_its_mount() {
        let mountinfo = b"\
29 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
60 29 0:50 / /home/me/far\\040away rw,nosuid shared:30 master:2 - fuse.sshfs me@host:/srv rw,user_id=1000
61 29 8:17 / /media/stick rw - fuseblk /dev/sdb1 rw
62 60 0:51 / /home/me/far\\040away/near rw - fuse.encfs encfs rw
63 29 0:52 / /mnt/old rw - fuse sshfs#me@host: rw
64 29 0:53 / /mnt/twice rw - fuse.encfs encfs rw
65 29 0:54 / /mnt/twice rw - fuse.rclone remote: rw
66 29 0:55 / /mnt/dav rw - fuse https://host/dav rw
";
        let medium = |path: &str| by_mount(mountinfo, Path::new(path));
        assert_eq!(medium("/home/me/far away/log"), Medium::Network("SSH"));
        assert_eq!(medium("/home/me/far away too"), Medium::Local, "only begins with the same letters");
        assert_eq!(medium("/home/me/far away/near/log"), Medium::Local);
        assert_eq!(medium("/media/stick/a"), Medium::Local);
        assert_eq!(medium("/mnt/old/a"), Medium::Network("SSH"));
        assert_eq!(medium("/mnt/twice/a"), Medium::Network("rclone"), "the later one covers the earlier");
        assert_eq!(medium("/mnt/dav/a"), Medium::Network("FUSE"));
        assert_eq!(by_mount(b"", Path::new("/x")), Medium::Local);
    }
}
