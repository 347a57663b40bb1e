#!/usr/bin/python3
"""A filesystem of one directory whose reads are late, and fail where the medium is broken.

    slow_disk.py MOUNT FILE [--late SECS] [--broken FROM..TO]… [--kind NAME]

Shows FILE under its own name in MOUNT, which must be an empty directory, until it is unmounted or killed. Each read
takes SECS; one that touches a broken range of bytes fails with EIO. NAME is what the kernel calls the filesystem
behind "fuse.", so that `sshfs` makes a network mount of it.

Needs python3-fusepy and the right to mount.
"""
import argparse
import errno
import os
import stat
import time

import fusepy as fuse  # Debian's name for it


class SlowDisk(fuse.Operations):
    def __init__(self, path, late, broken):
        self.name = os.path.basename(path)
        self.file = os.open(path, os.O_RDWR)
        self.late = late
        self.broken = broken

    def getattr(self, path, fh=None):
        if path == "/":
            return {"st_mode": stat.S_IFDIR | 0o755, "st_nlink": 2, "st_uid": os.getuid(), "st_gid": os.getgid()}
        self._expect_known(path)
        found = os.fstat(self.file)
        keys = ("st_mode", "st_nlink", "st_uid", "st_gid", "st_size", "st_mtime", "st_ctime", "st_atime")
        return {key: getattr(found, key) for key in keys}

    def readdir(self, path, fh):
        return [".", "..", self.name]

    def open(self, path, flags):
        self._expect_known(path)
        return 0

    def read(self, path, size, offset, fh):
        time.sleep(self.late)
        if any(offset < end and start < offset + size for start, end in self.broken):
            raise fuse.FuseOSError(errno.EIO)
        return os.pread(self.file, size, offset)

    def write(self, path, data, offset, fh):
        time.sleep(self.late)
        return os.pwrite(self.file, data, offset)

    def _expect_known(self, path):
        if path != "/" + self.name:
            raise fuse.FuseOSError(errno.ENOENT)


def byte_range(text):
    start, end = text.split("..")
    return int(start, 0), int(end, 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mount", metavar="MOUNT")
    parser.add_argument("file", metavar="FILE")
    parser.add_argument("--late", type=float, default=0, metavar="SECS")
    parser.add_argument("--broken", type=byte_range, action="append", default=[], metavar="FROM..TO")
    parser.add_argument("--kind", default="slow", metavar="NAME")
    options = parser.parse_args()
    disk = SlowDisk(os.path.realpath(options.file), options.late, options.broken)
    fuse.FUSE(disk, options.mount, foreground=True, subtype=options.kind, fsname="slow", nonempty=False)


if __name__ == "__main__":
    main()
