# SPDX-License-Identifier: GPL-2.0-or-later
"""A second reader of the tree: mhpctl must report what is certain, must not report what the tree
does not have, and must list as hidden what cannot be read."""

from __future__ import annotations

import dataclasses
import re
import typing

from entries import Entry, Tree, children
from program import Run
from rules import Document, Find

BLOCKS = b"sys/devices/system/memory"
NODES = b"sys/devices/system/node"
POLICIES = (b"etc/mhpctl/policy.d", b"run/mhpctl/policy.d", b"usr/lib/mhpctl/policy.d")
STATES = {b"online": "online", b"offline": "offline", b"going-offline": "going_offline"}
ZONES = {
    b"DMA": "dma",
    b"DMA32": "dma32",
    b"Normal": "normal",
    b"Movable": "movable",
    b"none": "mixed",
}
# Directories of highest priority, whose files no other directory overrides.
CONFIGURATION = {
    b"etc/udev/rules.d": b".rules",
    b"etc/modprobe.d": b".conf",
    b"etc/tmpfiles.d": b".conf",
    b"etc/systemd/system": b".service",
}
NUMBER = re.compile(rb"0|[1-9][0-9]*")
INT_MAX = 2**31 - 1


@dataclasses.dataclass(frozen=True)
class Fate:
    """The result of reading a file: text, nothing (unreadable), or unsure."""

    kind: str  # text, nothing, unsure
    text: bytes = b""


class Truth:
    def __init__(self, tree: Tree, as_nobody: bool) -> None:
        self.tree = tree
        self.as_nobody = as_nobody

    def readable(self, entry: Entry) -> bool:
        return not self.as_nobody or bool(entry.mode & 0o004)

    def read(self, path: bytes) -> Fate:
        at = path
        while b"/" in at:
            at = at.rpartition(b"/")[0]
            above = self.tree.get(at)
            if above is None or above.kind not in ("folder", "link"):
                return Fate("nothing")
            if above.kind == "link" or not self.readable(above):
                return Fate("unsure")
        entry = self.tree.get(path)
        if entry is None:
            return Fate("nothing")
        if entry.kind == "link":
            return Fate("unsure")
        if entry.kind != "file" or not self.readable(entry):
            return Fate("nothing")
        return Fate("text", entry.data)

    def word(self, path: bytes, known: typing.Mapping[bytes, str]) -> tuple[str, str]:
        """The certainty of a value, and the value."""
        fate = self.read(path)
        if fate.kind != "text":
            return fate.kind, ""
        for word, name in known.items():
            if fate.text in (word, word + b"\n"):
                return "text", name
        first = fate.text.split(b"\n")[0].split(b"\0")[0]
        return ("unsure" if first in known else "nothing"), ""

    def numbered(self, above: bytes, prefix: bytes) -> typing.Iterator[tuple[int, bytes]]:
        top = self.tree.get(above)
        if top is None or top.kind != "folder" or not self.readable(top):
            return
        for path in children(self.tree, above):
            number = path[len(above) + 1 :].removeprefix(prefix)
            if number == path[len(above) + 1 :] or not NUMBER.fullmatch(number):
                continue
            if self.tree[path].kind == "folder" and self.readable(self.tree[path]):
                yield int(number), path

    # ---- list --blocks --json ------------------------------------------------------------

    def check_list(self, document: Document) -> typing.Iterator[Find]:
        hidden = {entry["what"] for entry in document["hidden"]}
        told = {block["block"]: block for block in document["blocks"]}
        if len(told) != len(document["blocks"]):
            yield "truth", "a block is told twice"
        size = document["memory"]["block_size"] or 1
        there = {
            number: path
            for number, path in self.numbered(BLOCKS, b"memory")
            if number <= (2**64 - 1) // size
        }
        for number in told.keys() - self.could_be(BLOCKS, b"memory"):
            yield "truth", f"memory{number} is told and not there"
        for number, path in there.items():
            if number not in told:
                # a block without that file is being removed
                if path + b"/state" in self.tree and "blocks.state" not in hidden:
                    yield "soundness", f"memory{number} is there and passed over"
                continue
            yield from self.check_block(told[number], path, hidden)
        yield from self.check_nodes(document, hidden)

    def could_be(self, above: bytes, prefix: bytes) -> set[int]:
        """Directories and links to them, with names that the kernel could use."""
        found = set()
        for path in children(self.tree, above):
            number = path[len(above) + 1 :].removeprefix(prefix)
            if NUMBER.fullmatch(number):
                found.add(int(number))
        return found

    def check_block(self, told: Document, path: bytes, hidden: set[str]) -> typing.Iterator[Find]:
        name = f"memory{told['block']}"
        sure, state = self.word(path + b"/state", STATES)
        if sure == "text" and told["state"] != state:
            yield "truth", f"{name} is {state} and told as {told['state']}"
        if sure == "nothing" and told["state"] != "unknown":
            yield "soundness", f"{name}: its state shows nowhere and is told as {told['state']}"
        if told["state"] == "unknown" and "blocks.state" not in hidden:
            yield "soundness", f"{name}: an unknown state is not named as hidden"
        if sure != "text" or state != "online":
            return
        sure, zone = self.word(path + b"/valid_zones", ZONES)
        if sure == "text" and told["zone"] != zone:
            yield "truth", f"{name} is in zone {zone} and told in {told['zone']}"
        if sure == "nothing" and told["zone"] not in (None, "unknown"):
            yield "soundness", f"{name}: its zone shows nowhere and is told as {told['zone']}"
        if told["zone"] in (None, "unknown") and "blocks.zone" not in hidden:
            yield "soundness", f"{name}: an unknown zone is not named as hidden"

    def check_nodes(self, document: Document, hidden: set[str]) -> typing.Iterator[Find]:
        told = {node["node"]: node for node in document["nodes"]}
        there = {number: path for number, path in self.numbered(NODES, b"node")}
        for number in told.keys() - self.could_be(NODES, b"node"):
            yield "truth", f"node{number} is told and not there"
        for number, path in there.items():
            if number > INT_MAX:
                continue
            if number not in told:
                yield "soundness", f"node{number} is there and passed over"
                continue
            fate = self.read(path + b"/cpulist")
            looks_good = re.fullmatch(rb"([0-9]+([-,][0-9]+)*)?", fate.text.split(b"\n")[0])
            if told[number]["cpus"] == 0 and "nodes.cpus" not in hidden:
                if fate.kind == "nothing" or (fate.kind == "text" and not looks_good):
                    yield "soundness", f"node{number}: CPUs cannot be read, and 0 is told"

    # ---- policies ------------------------------------------------------------------------

    def broken_policy(self) -> str | None:
        """Finds an unreadable file of the installed policy, or a path that should be a
        directory but is not."""
        seen: set[bytes] = set()
        for above in POLICIES:
            top = self.tree.get(above)
            if top is not None and top.kind in ("file", "fifo", "socket", "device"):
                return f"{above!r} is no folder"
            if top is None or top.kind != "folder" or not self.readable(top):
                continue
            for path in sorted(children(self.tree, above)):
                name = path.rpartition(b"/")[2]
                if not name.endswith(b".conf") or name.startswith(b".") or name in seen:
                    continue
                seen.add(name)
                entry = self.tree[path]
                if entry.kind in ("fifo", "socket", "folder"):
                    return f"{path!r} is no file"
                if entry.kind == "file" and not self.readable(entry):
                    return f"{path!r} may not be read"
        return None

    def check_policy(self, run: Run) -> typing.Iterator[Find]:
        broken = self.broken_policy()
        if run.status == 0 and broken:
            yield "soundness", f"{' '.join(run.command.words)} ends well, and {broken}"

    # ---- doctor --------------------------------------------------------------------------

    def check_doctor(self, document: Document) -> typing.Iterator[Find]:
        hidden = {entry["what"] for entry in document["hidden"]}
        for above, suffix in CONFIGURATION.items():
            for path in children(self.tree, above):
                if not path.endswith(suffix) or path.rpartition(b"/")[2].startswith(b"."):
                    continue
                if self.read(path).kind == "nothing" and "files" not in hidden:
                    yield "soundness", f"doctor passes over {path!r}, which cannot be read"

    # ---- plans ---------------------------------------------------------------------------

    def check_plan(self, run: Run, document: Document) -> typing.Iterator[Find]:
        """Finds plans with nothing to do for a block with an unknown state."""
        target = run.command.words[-1]
        if run.status != 0 or document.get("steps") or document.get("warnings"):
            return
        if document.get("hidden"):
            return
        for number in named_blocks(target):
            path = BLOCKS + b"/memory%d" % number
            if path in self.tree and self.word(path + b"/state", STATES)[0] == "nothing":
                yield "soundness", f"nothing to do with memory{number}, which shows no state"

    def check_verdicts(self, document: Document) -> typing.Iterator[Find]:
        for block in document.get("blocks", []):
            path = BLOCKS + b"/memory%d" % block["block"]
            if block["verdict"] == "removable":
                if self.word(path + b"/state", STATES)[0] == "nothing":
                    yield "soundness", f"{path!r} shows no state and is removable"

    def check(self, run: Run, told: list[Document]) -> typing.Iterator[Find]:
        words = run.command.words
        if words in (("policy", "check"), ("plan",), ("apply", "--dry-run")):
            yield from self.check_policy(run)
        if not told or run.status not in (0, 4, 10, 64):
            return
        if words == ("list", "--blocks"):
            yield from self.check_list(told[0])
        elif words[0] == "doctor":
            yield from self.check_doctor(told[0])
        elif words[0] == "check":
            yield from self.check_verdicts(told[0])
        elif words[0] in ("online", "offline") and words[1] == "--dry-run":
            yield from self.check_plan(run, told[-1])


def named_blocks(target: str) -> range:
    if not target.startswith("memory"):
        return range(0)
    first, _, last = target.removeprefix("memory").partition("-")
    return range(int(first), int(last or first) + 1)
