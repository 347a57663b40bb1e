use std::io;
use std::path::Path;

use rustix::io::Errno;

use super::fs::{FileSystem, Stat, Writable};
use super::plan::Warning;

const ACCESS_CONTROL_LIST: &str = "system.posix_acl_access";
/// Checksums and signatures that the kernel keeps of a file's contents: wrong for any others.
const BOUND_TO_CONTENTS: [&str; 2] = ["security.ima", "security.evm"];
/// What a program may do that only root may. The system drops it when the file is written to.
pub(super) const CAPABILITY: &str = "security.capability";
const SET_USER_ID: u32 = 0o4000;
const SET_GROUP_ID: u32 = 0o2000;

/// Gives `file` the owner, attributes and mode of `target`, which is `found`. Touches only what differs. Returns
/// what the system refused; time stamps stay new.
pub(super) fn keep(
    target: &Path,
    found: &Stat,
    file: &dyn Writable,
    fs: &dyn FileSystem,
) -> io::Result<Vec<Warning>> {
    let mut lost = Vec::new();
    let mut mode = found.mode;

    // The owner comes first: changing it clears set-id bits and capabilities.
    let now = file.stat()?;
    if now.uid != found.uid && refused(file.set_owner(Some(found.uid), None))? {
        lost.push(Warning::Owner { uid: found.uid });
        mode &= !SET_USER_ID;
    }
    if now.gid != found.gid && refused(file.set_owner(None, Some(found.gid)))? {
        lost.push(Warning::Group { gid: found.gid });
        // Another group must not get what was meant for this one.
        let everybody = mode & 0o007;
        mode = mode & !(SET_GROUP_ID | 0o070) | (mode & (everybody << 3));
    }

    let wanted = fs.attributes(target)?;
    let present = file.attributes()?;
    // The directory's default list may have given the new file one that the old file does not have.
    for attribute in &present {
        let inherited = attribute.name == ACCESS_CONTROL_LIST
            && !wanted.iter().any(|wanted| wanted.name == attribute.name);
        if inherited && refused(file.remove_attribute(&attribute.name))? {
            lost.push(Warning::Mode { mode: found.mode });
        }
    }
    for attribute in wanted {
        if BOUND_TO_CONTENTS.iter().any(|&name| attribute.name == name) {
            continue;
        }
        if !present.contains(&attribute) && refused(file.set_attribute(&attribute))? {
            lost.push(Warning::Attribute { name: attribute.name });
        }
    }

    if file.stat()?.mode != mode && refused(file.set_mode(mode))? {
        lost.push(Warning::Mode { mode: found.mode });
    }
    Ok(lost)
}

/// Was it refused for good (not permitted, or not known to this file system)? Other failures stay errors.
pub(super) fn refused(result: io::Result<()>) -> io::Result<bool> {
    match result {
        Ok(()) => Ok(false),
        Err(error) => match Errno::from_io_error(&error) {
            // INVAL: a user that does not exist in this user namespace.
            Some(Errno::PERM | Errno::ACCESS | Errno::OPNOTSUPP | Errno::INVAL) => Ok(true),
            _ => Err(error),
        },
    }
}
