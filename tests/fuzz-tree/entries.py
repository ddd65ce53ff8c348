# SPDX-License-Identifier: GPL-2.0-or-later
"""A tree of files in memory, which can be changed before it is written."""

from __future__ import annotations

import dataclasses
import errno
import os
import stat


@dataclasses.dataclass(frozen=True)
class Entry:
    """An entry. data: content of a file, target of a link; device: number of a character device."""

    kind: str  # file, directory, link, fifo, device, socket
    data: bytes = b""
    mode: int = 0o644
    device: tuple[int, int] = (0, 0)


Tree = dict[bytes, Entry]

FOLDER = Entry("folder", mode=0o755)


def put(tree: Tree, path: bytes | str, data: bytes | str, mode: int = 0o644) -> None:
    raw = data.encode() if isinstance(data, str) else data
    tree[os.fsencode(path)] = Entry("file", raw, mode)


def link(tree: Tree, path: bytes | str, target: bytes | str) -> None:
    tree[os.fsencode(path)] = Entry("link", os.fsencode(target))


def folder(tree: Tree, path: bytes | str) -> None:
    tree[os.fsencode(path)] = FOLDER


def with_parents(tree: Tree) -> Tree:
    """The tree with all parent directories as entries."""
    full = dict(tree)
    for path in tree:
        above = path
        while b"/" in above:
            above = above.rpartition(b"/")[0]
            full.setdefault(above, FOLDER)
    return full


def is_below(path: bytes, above: bytes) -> bool:
    return path.startswith(above + b"/")


def below(tree: Tree, above: bytes) -> list[bytes]:
    return [path for path in tree if is_below(path, above)]


def children(tree: Tree, above: bytes) -> list[bytes]:
    return [path for path in below(tree, above) if b"/" not in path[len(above) + 1 :]]


def remove(tree: Tree, path: bytes) -> None:
    for one in [path, *below(tree, path)]:
        tree.pop(one, None)


def replace(tree: Tree, path: bytes, entry: Entry) -> None:
    """Replaces an entry. Entries below a directory are removed unless it stays one."""
    if entry.kind != "folder":
        remove(tree, path)
    tree[path] = entry


# ---- on disk ---------------------------------------------------------------------------------


def make(root: int, path: bytes, entry: Entry) -> None:
    if entry.kind == "folder":
        os.mkdir(path, 0o700, dir_fd=root)
    elif entry.kind == "link":
        os.symlink(entry.data, path, dir_fd=root)
        return
    elif entry.kind == "file":
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=root)
        try:
            os.write(fd, entry.data)
        finally:
            os.close(fd)
    else:
        kinds = {"fifo": stat.S_IFIFO, "socket": stat.S_IFSOCK, "device": stat.S_IFCHR}
        os.mknod(path, kinds[entry.kind] | 0o600, os.makedev(*entry.device), dir_fd=root)
    if entry.kind != "folder":
        os.chmod(path, entry.mode, dir_fd=root)


def write(tree: Tree, root: int) -> None:
    """Writes directories before their entries; leaves out entries that the filesystem refuses.
    Modes of directories are set last, since they may forbid writing."""
    full = with_parents(tree)
    made: list[bytes] = []
    for path in sorted(full):
        above = path.rpartition(b"/")[0]
        if above and above in full and full[above].kind != "folder":
            continue
        try:
            make(root, path, full[path])
        except OSError as err:
            if err.errno not in (errno.ENAMETOOLONG, errno.EPERM, errno.ENOENT, errno.EILSEQ):
                raise
        else:
            made.append(path)
    for path in reversed(made):
        if full[path].kind == "folder":
            os.chmod(path, full[path].mode, dir_fd=root)


def dig(root: int, path: bytes, levels: int) -> None:
    """Makes nested directories deeper than the longest path, unless other mutations are in the way:
    the place is no directory, may not be entered, or has such directories."""
    try:
        here = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=root)
    except OSError:
        return
    for _ in range(levels):
        try:
            os.mkdir(b"deep.d", 0o755, dir_fd=here)
        except FileExistsError:
            break
        below_it = os.open(b"deep.d", os.O_RDONLY | os.O_DIRECTORY, dir_fd=here)
        os.close(here)
        here = below_it
    os.close(here)


Print = tuple[bytes, int, int, int, int, int]


def fingerprint(fd: int, name: bytes = b".") -> list[Print]:
    """Returns all entries with the times of their last change, without their content."""
    found: list[Print] = []
    todo = [(os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=fd), name)]
    while todo:
        here, path = todo.pop()
        for one in sorted(os.listdir(here)):
            raw = os.fsencode(one)
            st = os.lstat(raw, dir_fd=here)
            below_it = path + b"/" + raw
            found.append(
                (below_it, st.st_ino, st.st_mode, st.st_size, st.st_mtime_ns, st.st_ctime_ns)
            )
            if stat.S_ISDIR(st.st_mode):
                flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
                todo.append((os.open(raw, flags, dir_fd=here), below_it))
        os.close(here)
    return found


def delete(fd: int) -> None:
    """Removes everything in the directory at any depth."""
    stack = [os.open(".", os.O_RDONLY | os.O_DIRECTORY, dir_fd=fd)]
    names: list[bytes] = []
    while stack:
        here = stack[-1]
        for one in os.listdir(here):
            raw = os.fsencode(one)
            if not stat.S_ISDIR(os.lstat(raw, dir_fd=here).st_mode):
                os.unlink(raw, dir_fd=here)
                continue
            try:
                os.rmdir(raw, dir_fd=here)
            except OSError:
                os.chmod(raw, 0o700, dir_fd=here)
                names.append(raw)
                flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
                stack.append(os.open(raw, flags, dir_fd=here))
                break
        else:
            os.close(stack.pop())
            if names:
                os.rmdir(names.pop(), dir_fd=stack[-1])
