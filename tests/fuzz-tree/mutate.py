# SPDX-License-Identifier: GPL-2.0-or-later
"""Mutations of a tree: each changes one thing and describes it."""

from __future__ import annotations

import collections.abc
import dataclasses
import os
import random
import string

from entries import FOLDER, Entry, Tree, below, children, is_below, put, remove, replace

ESCAPES = (
    b"\x1b[31mred\x1b[0m",
    b"\x1b]0;title\x07",
    b"\xc2\x9b31mred",
    "\u202eright to left\u2066\u200f".encode(),
    b"\r\x08\x0b\x0c\x7f",
    b"\xff\xfe\xc0\x80\xed\xa0\x80",
    "\u2028\u2029\ufeff\U000e0041".encode(),
    b'"quotes\\" and \\u0000',
    b"%s%n%x",
)

NUMBERS = (
    b"-1",
    b"0",
    b"-9223372036854775808",
    b"9223372036854775807",
    b"18446744073709551615",
    b"18446744073709551616",
    b"0xffffffffffffffff",
    b"ffffffffffffffff",
    b"2147483648",
    b"4294967297",
    b"00000000000000000000000000000007",
    b"1e9",
    b" 8",
    b"+8",
    b"0x",
    b"1",
    b"7",
)

WORDS = (
    b"online",
    b"offline",
    b"going-offline",
    b"online_movable",
    b"onlinee",
    b"ONLINE",
    b"Movable",
    b"Normal Movable",
    b"none",
    b"DMA DMA32 Normal Movable Device Movable Movable Movable",
    b"Y",
    b"N",
    b"0-1,3-2",
    b"0-18446744073709551615",
    b"0-4294967295",
    b"auto",
    b"force",
    b"[memory x]",
    b"match.device = *",
    b"end",
)

LENGTHS = (15, 31, 32, 95, 96, 127, 255, 1023, 4095, 4096, 4097, 65536, 1 << 20)

NAMES = (
    b"%s-1",
    b"%s00",
    b"%s0",
    b"%s18446744073709551615",
    b"%s99999999999999999999",
    b"%s4294967297",
    b"%s2147483648",
    b"%s5x",
    b"%s 5",
    b"%s",
    b"%s\n1",
    b"%s\x1b[31m",
    b"%s\xe2\x80\xae",
    b"%s\xff",
    b"..%s",
    b"%s%%n",
    b"%s;id",
)


@dataclasses.dataclass
class Bench:
    """A tree that is being changed."""

    tree: Tree
    rng: random.Random
    outside: bytes  # a directory beside the tree that must not be read
    can_make_devices: bool
    avoid: frozenset[str]  # mutations to leave out
    deep: list[tuple[bytes, int]] = dataclasses.field(default_factory=list)
    touched: set[bytes] = dataclasses.field(default_factory=set)

    def pick(self, paths: collections.abc.Collection[bytes]) -> bytes:
        return self.rng.choice(sorted(paths))


Mutation = collections.abc.Callable[[Bench, bytes], str]


# ---- content of files ------------------------------------------------------------------------


def noise(rng: random.Random, size: int) -> bytes:
    return rng.randbytes(size)


def long_text(rng: random.Random) -> bytes:
    size = rng.choice(LENGTHS) + rng.choice((-1, 0, 1))
    kind = rng.randrange(5)
    if kind == 0:
        return (b"0-1," * (size // 4 + 1))[:size]
    if kind == 1:
        return (b"a = b\n" * (size // 6 + 1))[:size]
    return rng.choice((b"A", b"9", b" ", b"\n", b"\\\n"))[:1] * size


def set_text(bench: Bench, path: bytes, text: bytes) -> None:
    old = bench.tree.get(path)
    mode = old.mode if old and old.kind == "file" else 0o644
    replace(bench.tree, path, Entry("file", text, mode))


def rewrite(bench: Bench, path: bytes) -> str:
    rng = bench.rng
    ways: list[tuple[str, bytes]] = [
        ("nothing in it", b""),
        ("only an end of line", b"\n"),
        ("bytes", noise(rng, rng.choice((1, 7, 64, 4096)))),
        ("very long", long_text(rng)),
        ("a number", rng.choice(NUMBERS) + rng.choice((b"", b"\n", b" \n", b"\n\n"))),
        ("a word", rng.choice(WORDS) + rng.choice((b"", b"\n", b"\r\n", b" ", b"\0", b"\0x"))),
        ("escapes", rng.choice(ESCAPES) + b"\n"),
    ]
    what, text = rng.choice(ways)
    set_text(bench, path, text)
    return what


def edit(bench: Bench, path: bytes) -> str:
    """The text with one small change."""
    rng = bench.rng
    entry = bench.tree[path]
    if entry.kind != "file" or not entry.data:
        return rewrite(bench, path)
    text = entry.data
    at = rng.randrange(len(text))
    lines = text.splitlines(keepends=True)
    line = rng.randrange(len(lines))
    words = text.split(b" ")
    words[rng.randrange(len(words))] = rng.choice(NUMBERS + WORDS + ESCAPES)
    ways: list[tuple[str, bytes]] = [
        ("cut off", text[:at]),
        ("a bit", text[:at] + bytes([text[at] ^ 1 << rng.randrange(8)]) + text[at + 1 :]),
        ("a NUL", text[:at] + b"\0" + text[at:]),
        ("an escape within", text[:at] + rng.choice(ESCAPES) + text[at:]),
        ("a number within", text[:at] + rng.choice(NUMBERS) + text[at:]),
        ("a word in place of another", b" ".join(words)),
        ("a line twice", b"".join(lines[:line] + lines[line : line + 1] * 2 + lines[line + 1 :])),
        ("a line less", b"".join(lines[:line] + lines[line + 1 :])),
        ("lines a thousand times", (b"".join(lines) * 1000)[: 1 << 20]),
        ("no ends of lines", text.replace(b"\n", b"")),
        ("ends of lines of DOS", text.replace(b"\n", b"\r\n")),
        ("text of another file", bench.tree[other_file(bench)].data),
    ]
    what, changed = rng.choice(ways)
    set_text(bench, path, changed)
    return what


def other_file(bench: Bench) -> bytes:
    return bench.pick([path for path, entry in bench.tree.items() if entry.kind == "file"])


# ---- kinds of entries ------------------------------------------------------------------------


def lose(bench: Bench, path: bytes) -> str:
    remove(bench.tree, path)
    return "gone"


def swap_kind(bench: Bench, path: bytes) -> str:
    if bench.tree[path].kind == "folder":
        replace(bench.tree, path, Entry("file", bench.rng.choice((b"", b"online\n"))))
        return "a file for a folder"
    replace(bench.tree, path, FOLDER)
    if bench.rng.random() < 0.5:
        put(bench.tree, path + b"/state", "online\n")
    return "a folder for a file"


def loop(bench: Bench, path: bytes) -> str:
    name = path.rpartition(b"/")[2]
    above = path.rpartition(b"/")[0]
    if bench.rng.random() < 0.5:
        replace(bench.tree, path, Entry("link", name))
        return "a link to itself"
    replace(bench.tree, path, Entry("link", b"a loop"))
    bench.tree[above + b"/a loop" if above else b"a loop"] = Entry("link", name)
    return "two links in a circle"


def dangle(bench: Bench, path: bytes) -> str:
    target = bench.rng.choice((b"nowhere", b"../" * 40 + b"x", b"/nowhere", b"x" * 4000, b"."))
    replace(bench.tree, path, Entry("link", target))
    return "a link to nowhere"


def forbid(bench: Bench, path: bytes) -> str:
    entry = bench.tree[path]
    if entry.kind == "link":
        return lose(bench, path)
    bench.tree[path] = dataclasses.replace(entry, mode=0)
    return "may not be read"


def leave_by_link(bench: Bench, path: bytes) -> str:
    """Links to an entry of that name outside of the tree, or on the host."""
    kind = b"folder" if bench.tree[path].kind == "folder" else b"file"
    up = b"../" * (path.count(b"/") + 1)
    target, what = bench.rng.choice(
        (
            (bench.outside + b"/" + kind, "a link out of the tree"),
            (up + b"outside/" + kind, "a link out of the tree with .."),
            (bench.outside + b"/fifo", "a link to a FIFO outside"),
            (b"/proc/self/environ", "a link into /proc"),
            (b"/proc/1/root/etc/passwd", "a magic link"),
            (b"/dev/zero", "a link to /dev/zero"),
        )
    )
    replace(bench.tree, path, Entry("link", target))
    return what


def make_fifo(bench: Bench, path: bytes) -> str:
    kind = bench.rng.choice(("fifo", "socket"))
    replace(bench.tree, path, Entry(kind))
    return f"a {kind}"


def make_device(bench: Bench, path: bytes) -> str:
    if not bench.can_make_devices:
        return make_fifo(bench, path)
    number, what = bench.rng.choice(
        (((1, 3), "/dev/null"), ((1, 5), "/dev/zero"), ((1, 7), "/dev/full"), ((1, 8), "random"))
    )
    replace(bench.tree, path, Entry("device", device=number))
    return f"a device as {what} is"


# ---- names -----------------------------------------------------------------------------------


def rename(bench: Bench, path: bytes) -> str:
    """Adds a sibling of that kind with an odd name."""
    above, _, name = path.rpartition(b"/")
    stem = name.rstrip(string.digits.encode())
    odd = bench.rng.choice(NAMES) % stem
    if bench.rng.random() < 0.15:
        odd = (stem + b"x" * 255)[:255]
    if bench.rng.random() < 0.3 and b"." in name:
        odd += b"." + name.rpartition(b".")[2]
    odd = odd.replace(b"/", b"_").replace(b"\0", b"_")[:255]
    if odd in (b"", b".", b".."):
        odd = b"x"
    to = above + b"/" + odd if above else odd
    for one in [path, *below(bench.tree, path)]:
        bench.tree[to + one[len(path) :]] = bench.tree[one]
    bench.touched.add(to)
    return f"also called {odd!r}"


def crowd(bench: Bench, path: bytes) -> str:
    above = path if bench.tree[path].kind == "folder" else path.rpartition(b"/")[0]
    count = bench.rng.choice((100, 2000))
    for i in range(count):
        put(bench.tree, above + b"/" + bench.rng.choice((b"%d", b"x%d.conf")) % i, "x = y\n")
    return f"{count} files more"


def nest(bench: Bench, path: bytes) -> str:
    above = path if bench.tree[path].kind == "folder" else path.rpartition(b"/")[0]
    bench.deep.append((above, bench.rng.choice((20, 1500))))
    return "deep folders"


# ---- all -------------------------------------------------------------------------------------

# The command line uses these names of groups; the numbers are weights.
MUTATIONS: tuple[tuple[str, int, Mutation], ...] = (
    ("text", 30, rewrite),
    ("text", 30, edit),
    ("gone", 8, lose),
    ("kind", 8, swap_kind),
    ("loop", 4, loop),
    ("loop", 4, dangle),
    ("mode", 4, forbid),
    ("outside", 12, leave_by_link),
    ("fifo", 8, make_fifo),
    ("device", 4, make_device),
    ("name", 8, rename),
    ("many", 1, crowd),
    ("deep", 2, nest),
)

GROUPS = frozenset(name for name, _, _ in MUTATIONS)

# Places to mutate: each is equally likely, independent of its number of files.
PLACES = (
    b"sys/devices/system/memory",
    b"sys/devices/system/memory",
    b"sys/devices/system/node",
    b"sys/bus",
    b"sys",
    b"proc",
    b"proc/5000412",
    b"etc/mhpctl",
    b"etc",
    b"usr",
    b"run/mhpctl",
    b"run/mhpctl/jobs",
    b"var",
    b"",
)

# Files read first: without them nothing else is read, so they are rarely chosen.
ROOTS = frozenset((b"sys/devices/system/memory/block_size_bytes", b"run", b"proc", b"etc", b"usr"))


def choose(bench: Bench) -> bytes:
    place = bench.rng.choice(PLACES)
    paths = [path for path in bench.tree if not place or is_below(path, place)]
    if not paths:
        paths = list(bench.tree)
    path = bench.pick(paths)
    if (path in ROOTS or is_below(b"sys/devices/system/memory", path)) and bench.rng.random() < 0.8:
        return bench.pick(paths)
    return path


def mutate(bench: Bench) -> str:
    """Changes one thing and returns its description."""
    usable = [one for one in MUTATIONS if one[0] not in bench.avoid]
    weights = [weight for _, weight, _ in usable]
    _, _, mutation = bench.rng.choices(usable, weights)[0]
    if not bench.tree:
        return "nothing is left"
    path = choose(bench)
    if bench.tree[path].kind == "folder" and mutation in (rewrite, edit):
        inside = [one for one in children(bench.tree, path) if bench.tree[one].kind == "file"]
        if not inside:
            mutation = swap_kind
        else:
            path = bench.pick(inside)
    bench.touched.add(path)
    return f"{os.fsdecode(path)!a}: {mutation(bench, path)}"
