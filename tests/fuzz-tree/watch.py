# SPDX-License-Identifier: GPL-2.0-or-later
"""Files outside of a tree, and whether they were accessed."""

from __future__ import annotations

import ctypes
import os
import pathlib
import struct

# inotify(7)
ACCESS = 0x1
MODIFY = 0x2
ATTRIB = 0x4
CREATE = 0x100
DELETE = 0x200
OPEN = 0x20
IN_NONBLOCK = 0o4000
IN_CLOEXEC = 0o2000000
HEAD = struct.Struct("iIII")

CANARY = "canary-7f3a91"


class Outside:
    """A directory beside the tree with targets of links. Only links of the mutated trees lead to
    it."""

    def __init__(self, at: pathlib.Path) -> None:
        self.path = at
        folder = at / "folder"
        folder.mkdir(parents=True)
        os.mkfifo(at / "fifo")
        (at / "file").write_text(f"online {CANARY}\n[memory {CANARY}]\nmatch.device = {CANARY}\n")
        for name in ("state", "cpulist", "command", "events", f"{CANARY}.conf", "50-x.rules"):
            (folder / name).write_text(f"{CANARY}\n")
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.fd: int = self.libc.inotify_init1(IN_NONBLOCK | IN_CLOEXEC)
        if self.fd < 0:
            raise OSError(ctypes.get_errno(), "inotify_init1")
        for one in (at, folder):
            mask = ACCESS | MODIFY | ATTRIB | CREATE | DELETE | OPEN
            if self.libc.inotify_add_watch(self.fd, os.fsencode(one), mask) < 0:
                raise OSError(ctypes.get_errno(), "inotify_add_watch")

    def happened(self) -> list[str]:
        """Returns the accesses since the last call."""
        told: set[str] = set()
        while True:
            try:
                data = os.read(self.fd, 65536)
            except BlockingIOError:
                return sorted(told)
            while data:
                _, mask, _, size = HEAD.unpack_from(data)
                name = data[HEAD.size : HEAD.size + size].rstrip(b"\0")
                data = data[HEAD.size + size :]
                told.add(f"{os.fsdecode(name) or '.'}: {'opened' if mask & OPEN else hex(mask)}")

    def close(self) -> None:
        os.close(self.fd)
