# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the reading commands of mhpctl on mutated trees, and checks invariants that hold for every
tree.

A tree only depends on the seed and its number, so that it can be made again.
"""

from __future__ import annotations

import argparse
import collections
import dataclasses
import os
import pathlib
import random
import shutil
import sys
import tempfile
import time

import base
import entries
import mutate
import program
import rules
import truth
import watch

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
MANY_BLOCKS = 3000
MANY_EVERY = 50
KEPT_MAX = 20
COMMANDS = 6


@dataclasses.dataclass
class Options:
    seed: int
    first: int
    iterations: int
    seconds: float
    avoid: frozenset[str]
    only: str
    program: pathlib.Path
    look: pathlib.Path | None
    keep: pathlib.Path


def parse_options() -> Options:
    parser = argparse.ArgumentParser(prog="tests/fuzz-tree/run", description=__doc__)
    parser.add_argument("--seed", type=int, help="default: 1; 0: another each time")
    parser.add_argument("--first", type=int, default=0, help="number of the first tree")
    parser.add_argument("--iterations", type=int, default=0, help="number of trees; 0: no limit")
    parser.add_argument("--seconds", type=float, default=0, help="stop after so long; 0: no limit")
    parser.add_argument("--minutes", type=int, default=0, help="the same in minutes")
    parser.add_argument(
        "--without",
        default="",
        metavar="GROUP,...",
        help=f"leave out mutations: {', '.join(sorted(mutate.GROUPS | {'jobs'}))}",
    )
    parser.add_argument("--only", default="", help="only commands that begin so")
    parser.add_argument(
        "--program",
        type=pathlib.Path,
        default=os.environ.get("MHPCTL", TOP / "build-asan" / "mhpctl"),
    )
    parser.add_argument("--look", type=pathlib.Path, help="a program made of look.c")
    parser.add_argument("--keep", type=pathlib.Path, default=TOP / "build-fuzz" / "trees")
    args = parser.parse_args()
    args.seconds = args.minutes * 60 or args.seconds
    if not args.iterations and not args.seconds:
        args.seconds = 30
    avoid = frozenset(args.without.split(",")) - {""}
    unknown = avoid - mutate.GROUPS - {"jobs"}
    if unknown:
        parser.error(f"no group {', '.join(sorted(unknown))}")
    if not args.program.exists():
        parser.error(f"no program: {args.program}")
    seed = 1 if args.seed is None else args.seed or random.SystemRandom().randrange(1, 1 << 31)
    return Options(
        seed,
        args.first,
        args.iterations,
        args.seconds,
        avoid,
        args.only,
        args.program.resolve(),
        args.look.resolve() if args.look else None,
        args.keep.resolve(),
    )


@dataclasses.dataclass
class Case:
    """A tree and its mutations."""

    number: int
    tree: entries.Tree
    told: list[str]
    deep: list[tuple[bytes, int]]
    commands: list[program.Command]
    as_nobody: bool
    validate: bool
    has_odd_jobs: bool  # the output of job processes is passed on unchanged


class Fuzzer:
    def __init__(self, options: Options, work: pathlib.Path) -> None:
        self.options = options
        self.work = work
        self.outside = watch.Outside(work / "outside")
        self.program = program.Program(options.program, options.look, work / "bin")
        self.rules = rules.Rules(TOP / "schema" / "mhpctl-1.schema.json")
        self.small = [base.small("6.12"), base.small("6.1")]
        self.many = base.many(MANY_BLOCKS)
        self.is_root = os.geteuid() == 0
        self.can_make_devices = self.try_device()
        self.can_be_nobody = self.is_root and self.try_nobody()
        self.runs = 0
        self.slowest: tuple[float, str] = (0.0, "")
        self.finds: collections.Counter[tuple[str, str]] = collections.Counter()

    def try_device(self) -> bool:
        try:
            os.mknod(self.work / "null", 0o020600, os.makedev(1, 3))
            with open(self.work / "null", "rb"):
                return True
        except OSError:
            return False

    def try_nobody(self) -> bool:
        """Checks that another user can reach the program in this directory."""
        try:
            helped = program.Command(("help", "list"))
            return self.program.run(helped, self.work, as_nobody=True).status == 0
        except OSError:
            return False

    def case(self, number: int) -> Case:
        rng = random.Random(f"{self.options.seed}:{number}")
        is_large = number % MANY_EVERY == MANY_EVERY - 1
        tree = self.many if is_large else rng.choice(self.small)
        bench = mutate.Bench(
            dict(tree),
            rng,
            os.fsencode(self.outside.path),
            self.can_make_devices,
            self.options.avoid,
        )
        told = [mutate.mutate(bench) for _ in range(rng.choice((1, 1, 2, 3, 5, 12)))]
        commands = program.choose(rng, 2 if is_large else COMMANDS, self.options.avoid)
        if self.options.look and not is_large and rng.random() < 0.4:
            commands.append(program.LOOK)
        return Case(
            number,
            bench.tree,
            told,
            bench.deep,
            [one for one in commands if " ".join(one.words).startswith(self.options.only)],
            rng.random() < 0.3 and self.can_be_nobody,
            rng.random() < 0.5,
            any(path.startswith(b"run") for path in bench.touched),
        )

    # ---- one case ------------------------------------------------------------------------

    def try_case(self, case: Case) -> None:
        place = self.work / "tree"
        place.mkdir(mode=0o755)
        root = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
        try:
            entries.write(case.tree, root)
            for path, levels in case.deep:
                if case.tree.get(path, entries.FOLDER).kind == "folder":
                    entries.dig(root, path, levels)
            self.run_all(case, place, root)
        finally:
            entries.delete(root)
            os.close(root)
            place.rmdir()

    def run_all(self, case: Case, place: pathlib.Path, root: int) -> None:
        before = entries.fingerprint(root)
        self.outside.happened()
        truths = truth.Truth(case.tree, case.as_nobody)
        for command in case.commands:
            start = time.monotonic()
            run = self.program.run(command, place, case.as_nobody)
            about = f"{' '.join(command.words)} of tree {case.number}"
            self.slowest = max(self.slowest, (time.monotonic() - start, about))
            self.runs += 1
            finds = self.rules.check(run, case.validate and not self.hands_on(case, command))
            beyond = self.outside.happened()  # links of the host may lead anywhere
            finds += [("outside", one) for one in beyond if not command.looks]
            if self.names_link(case, command):
                finds = [one for one in finds if one[0] != "outside"]
            after = entries.fingerprint(root)
            if command.looks:
                before = after  # creates locks like on a machine
            if after != before:
                changed = sorted(set(after) ^ set(before))
                finds.append(("changed", f"the tree: {changed[0][0]!r}"))
                before = after
            if not finds:
                told = rules.documents(run) if command.json else []
                finds += truths.check(run, told)
            for find in finds:
                self.keep(case, run, find, place)

    def hands_on(self, case: Case, command: program.Command) -> bool:
        return case.has_odd_jobs and command.name in ("jobs", "wait")

    def names_link(self, case: Case, command: program.Command) -> bool:
        """Whether an operand is a path of the host with a link in it, or a directory of links, which
        are followed."""
        links = [path for path, entry in case.tree.items() if entry.kind == "link"]
        named = [os.fsencode(word[5:]) for word in command.words if word.startswith("TREE/")]
        return any(
            (one + b"/").startswith(link + b"/") or os.path.dirname(link) == one
            for link in links
            for one in named
        )

    # ---- finds ---------------------------------------------------------------------------

    def keep(self, case: Case, run: program.Run, find: rules.Find, place: pathlib.Path) -> None:
        """Shows finds of a kind once, and counts them."""
        kind = "".join("N" if one.isdigit() else one for one in find[1])[:120]
        signature = (f"{find[0]} {run.command.name}", kind)
        self.finds[signature] += 1
        if self.finds[signature] > 1 or len(self.finds) > KEPT_MAX:
            return
        kept = self.options.keep / f"{self.options.seed}-{case.number}-{len(self.finds)}"
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(parents=True)
        (kept / "stdout").write_bytes(run.out[: 1 << 20])
        (kept / "stderr").write_bytes(run.err[: 1 << 20])
        lines = [
            f"{find[0]}: {find[1]}",
            f"mhpctl {' '.join(run.argv)}" + (" (as nobody)" if case.as_nobody else ""),
            f"exit status {run.status}",
            *(f"  {one}" for one in case.told),
            f"again: tests/fuzz-tree/run --seed {self.options.seed} --first {case.number} "
            f"--iterations 1" + self.same_options(),
        ]
        (kept / "about").write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(f"not ok - {lines[0]}")
        for line in lines[1:]:
            print(f"#   {line}")
        print(f"#   output: {kept}", flush=True)

    def same_options(self) -> str:
        avoid = self.options.avoid
        return f" --without {','.join(sorted(avoid))}" if avoid else ""

    def summary(self, cases: int, took: float) -> None:
        print(
            f"# {cases} trees, {self.runs} runs, {took:.0f} s, seed {self.options.seed}"
            f"{'' if self.can_make_devices else ', no devices'}"
            f"{'' if self.can_be_nobody else ', never as nobody'}"
        )
        print(f"# {self.slowest[0]:.1f} s at most: {self.slowest[1]}")
        for (rule, what), count in self.finds.most_common():
            print(f"# {count} times: {rule}: {what}")


def prove(options: Options, fuzzer: Fuzzer, took: float) -> None:
    """Adds a line for tests/reliability, where somebody collects them."""
    folder = pathlib.Path(os.environ.get("MHP_RELIABILITY_OUT") or TOP / "build-logs")
    if not folder.is_dir():
        return
    wrong = min(sum(fuzzer.finds.values()), fuzzer.runs)
    fields = (
        "none",
        "hostile: reading commands on random trees of /sys, /proc, /etc, /run and /var",
        str(fuzzer.runs),
        str(wrong),
        f"{took:.0f} s: no crash, at most {fuzzer.slowest[0]:.1f} s a run, tells no more than there is, "
        "changes nothing",
        f"tests/fuzz-tree/run --seed {options.seed} --seconds {took:.0f}",
    )
    with open(folder / "reliability.tsv", "a", encoding="utf-8") as out:
        print(*fields, sep="\t", file=out)


def main() -> int:
    options = parse_options()
    start = time.monotonic()
    number = options.first
    with tempfile.TemporaryDirectory(prefix="mhp-fuzz.", ignore_cleanup_errors=True) as name:
        work = pathlib.Path(name)
        work.chmod(0o755)
        fuzzer = Fuzzer(options, work)
        print(f"# seed {options.seed}", flush=True)
        while True:
            done = number - options.first
            if options.iterations and done >= options.iterations:
                break
            if options.seconds and time.monotonic() - start >= options.seconds:
                break
            fuzzer.try_case(fuzzer.case(number))
            number += 1
        took = time.monotonic() - start
        fuzzer.summary(number - options.first, took)
        prove(options, fuzzer, took)
        fuzzer.outside.close()
    if number == options.first:
        print("not ok - no tree was tried")
        return 1
    if not fuzzer.finds:
        print("ok - whatever is in a tree, the reading commands tell no more than there is")
    print("1..1" if not fuzzer.finds else f"1..{min(len(fuzzer.finds), KEPT_MAX)}")
    return 1 if fuzzer.finds else 0


if __name__ == "__main__":
    sys.exit(main())
