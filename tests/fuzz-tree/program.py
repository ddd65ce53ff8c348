# SPDX-License-Identifier: GPL-2.0-or-later
"""The program under test: its commands and how they are run."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import random
import shutil
import signal
import subprocess

HANG_S = 20
NOBODY = 65534
OUTPUT_MAX = 64 << 20  # the rest is ignored

TARGETS = ("all", "node0", "node1", "node2", "memory1", "memory34", "memory40-42", "memory48-49")
DEVICES = ("region0", "dax0.0", "namespace0.0", "ed93e918-e165-49d8-921d-383d7b9660c5")
CONDITIONS = (
    "node2.online_bytes>=8G",
    "memory48.state==offline",
    "policy.state==converged",
    "dax0.0.mode==system_ram",
)

READING = (
    ("list", "--blocks"),
    ("list",),
    ("list", "--nodes", "--bytes"),
    ("list", "--devices"),
    ("list", "TARGET"),
    ("check", "TARGET"),
    ("check", "TARGET", "TARGET"),
    ("reporting",),
    ("metrics",),
    ("metrics", "--json"),
    ("doctor",),
    ("doctor", "--all"),
    ("plan",),
    ("plan", "--exit-code"),
    ("plan", "TREE/etc/mhpctl/policy.d"),
    ("policy", "check"),
    ("policy", "show"),
    ("policy", "import"),
    ("policy", "check", "TREE/etc/mhpctl/policy.d/10-pmem.conf"),
    ("jobs",),
    ("jobs", "3"),
    ("wait", "--timeout", "200ms"),
    ("online", "--dry-run", "TARGET"),
    ("online", "--dry-run", "--zone", "kernel", "TARGET"),
    ("online", "--dry-run", "DEVICE"),
    ("offline", "--dry-run", "TARGET"),
    ("offline", "--dry-run", "--node", "2", "--size", "256M"),
    ("remove", "--dry-run", "TARGET"),
    ("remove", "--dry-run", "--destroy", "all"),
    ("create", "--dry-run", "region0"),
    ("destroy", "--dry-run", "DEVICE"),
    ("init", "--dry-run"),
    ("init", "--dry-run", "TARGET"),
    ("apply", "--dry-run"),
    ("apply", "--dry-run", "TREE/today.plan"),
    ("monitor", "--timeout", "50ms"),
    ("monitor", "--timeout", "50ms", "TARGET"),
    ("monitor", "--timeout", "50ms", "--until", "CONDITION"),
    ("help", "list"),
)

# All of these are refused with --sysroot.
ACTING = (
    ("online", "TARGET"),
    ("online", "--async", "DEVICE"),
    ("offline", "TARGET"),
    ("offline", "--node", "2", "--size", "128M"),
    ("remove", "--destroy", "--yes", "all"),
    ("create", "--yes", "region0"),
    ("destroy", "--yes", "all"),
    ("init", "--yes"),
    ("apply", "--yes"),
    ("apply", "--yes", "TREE/today.plan"),
)

# These change nothing either, but may succeed if there is nothing to change.
ACTING_ON_JOBS = (("jobs", "--forget"), ("cancel", "--timeout", "1s", "3"))

COMPLETED = (
    ("list", ""),
    ("list", "memory"),
    ("offline", "node"),
    ("jobs", ""),
    ("policy", "check", ""),
    ("online", "--zone", ""),
)


@dataclasses.dataclass(frozen=True)
class Command:
    words: tuple[str, ...]
    json: str = ""  # "", "document", "lines"
    acts: bool = False
    completes: bool = False
    looks: bool = False

    @property
    def name(self) -> str:
        return self.words[0]

    def argv(self, tree: str) -> list[str]:
        words = [word.replace("TREE", tree, 1) for word in self.words]
        if self.completes:
            return ["--complete", "--", "mhpctl", "--sysroot", tree, *words]
        if self.json:
            words.append("--json" if self.json == "document" else "--json=lines")
        return ["--sysroot", tree, *words]


@dataclasses.dataclass
class Run:
    command: Command
    argv: list[str]
    status: int  # negative: the signal that ended it
    out: bytes
    err: bytes
    hung: bool


def fill(rng: random.Random, words: tuple[str, ...]) -> tuple[str, ...]:
    choices = {"TARGET": TARGETS, "DEVICE": DEVICES, "CONDITION": CONDITIONS}
    return tuple(rng.choice(choices[word]) if word in choices else word for word in words)


def choose(rng: random.Random, count: int, avoid: frozenset[str]) -> list[Command]:
    """Chooses commands. The list of blocks is always one, for the comparison with the tree."""
    chosen = [Command(("list", "--blocks"), "document")]
    acting = ACTING if "jobs" in avoid else ACTING + ACTING_ON_JOBS
    for words in rng.sample(READING, count):
        json = rng.choice(("", "document", "document"))
        if words[0] in ("monitor", "wait") and json:
            json = "lines"
        chosen.append(Command(fill(rng, words), json))
    words = rng.choice(acting)
    is_refused = words not in ACTING_ON_JOBS
    json = rng.choice(("", "document"))
    chosen.append(Command(fill(rng, words), json, acts=is_refused))
    chosen.append(Command(rng.choice(COMPLETED), completes=True))
    return chosen


# The second program, look.c, reads the tree as if it were the machine.
LOOK = Command(("look",), looks=True)


class Program:
    """A copy of the program, so that the build can change in between. Skips the wrapper of libtool,
    which would take longer than the program."""

    def __init__(self, path: pathlib.Path, look: pathlib.Path | None, place: pathlib.Path) -> None:
        place.mkdir()
        libs = path.parent / ".libs"
        real = libs / path.name
        self.path = place / "mhpctl"
        shutil.copy(real if real.exists() else path, self.path)
        for library in libs.glob("libmhp.so.0"):
            shutil.copy(library, place)
        self.look = place / "look" if look else None
        if look:
            shutil.copy(look, place / "look")
        self.env = {
            "PATH": "/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "TERM": "dumb",
            "LD_LIBRARY_PATH": str(place),
            "ASAN_OPTIONS": "exitcode=99:detect_stack_use_after_return=1:strict_string_checks=1"
            ":allocator_may_return_null=1",
            "UBSAN_OPTIONS": "print_stacktrace=1:exitcode=99",
            "LSAN_OPTIONS": "exitcode=99",
        }

    def run(self, command: Command, tree: pathlib.Path, as_nobody: bool) -> Run:
        argv = [str(self.path), *command.argv(str(tree))]
        if command.looks:
            argv = [str(self.look), str(tree)]
        number = NOBODY if as_nobody else None
        with subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.env,
            cwd="/",
            start_new_session=True,
            user=number,
            group=number,
            extra_groups=[] if as_nobody else None,
        ) as process:
            hung = False
            try:
                out, err = process.communicate(timeout=HANG_S)
            except subprocess.TimeoutExpired:
                hung = True
                os.killpg(process.pid, signal.SIGKILL)
                out, err = process.communicate()
        return Run(command, argv[1:], process.returncode, out[:OUTPUT_MAX], err[:OUTPUT_MAX], hung)
