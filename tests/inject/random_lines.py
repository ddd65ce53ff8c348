#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Run random command lines while random allocations, opens or reads fail, for a given time.

usage: random_lines.py --seconds N --seed N PROGRAM TREE

The lines come from the table of options (--dump-options), with values and operands like those of
tests/cli, on a copied tree. Judged like the runs of drive.py; other output after a failed read is
only counted, as the program cannot tell an attribute that cannot be read from one that is missing.
The last line on standard output is "RUNS WRONG UNTOLD LINES".
"""

import argparse
import collections
import json
import random
import subprocess
import sys
import time
import types

import drive

PLACES = 4  # faults in one command line
OPERANDS = ["node1", "node0", "memory32", "memory32-35", "memory1", "memory999", "all", "region0",
            "dax0.0", "0x8000000-0x10000000", "junk", "node7"]
VALUES = {"SIZE": ["128M", "1G", "0", "1K", "junk", "4096"], "TIME": ["1ms", "100ms", "0", "junk"],
          "N": ["0", "1", "2", "99999999999"], "NAME": ["db", "a b", ""],
          "CONDITION": ["node1.online_bytes>=1", "node9.exists==false", "junk"],
          "FILE": ["/nonexistent/file", "/dev/null"], "DIR": ["/nonexistent"],
          "COMMAND": ["/bin/true", "/bin/false now", "/nonexistent/hook", "junk"]}
WORDS = {"policy": ["check", "show", "import", "junk"], "wait": ["1", "2", "7"],
         "cancel": ["1", "7"], "jobs": [], "doctor": [], "help": ["list", "junk"], "plan": [],
         "apply": [], "recover": []}
CHANGES = {"create", "destroy", "init", "online", "offline", "remove", "apply", "recover"}
LEFT_OUT = {"monitor",  # a copied tree does not change
            "cancel"}  # nothing to cancel there
AS_JSON = ["--json"]


def table(program):
    """{command: [(option, name of its value)]}; "mhpctl" has those of the program."""
    out = subprocess.run([program, "--dump-options"], check=True, capture_output=True, text=True)
    options = collections.defaultdict(list)
    for line in out.stdout.splitlines():
        command, name, _, arg, _ = line.split("\t")
        options[command].append((name, arg))
    return options


def value_of(rng, arg):
    words = arg.strip("[]").split("|")
    return rng.choice(VALUES.get(words[0], words + ["junk"]))


def option_of(rng, name, arg):
    if not arg:
        return [name]
    if arg.startswith("[") and rng.random() < 0.5:
        return [name]
    return [f"{name}={value_of(rng, arg)}"]


def line_of(rng, options, tree):
    """A command line. It changes nothing: the tree is a copy, and changes are dry."""
    command = rng.choice(sorted(set(options) - {"mhpctl"} - LEFT_OUT))
    words = ["--sysroot", tree, command]
    own = [o for o in options[command] if o[0] not in ("--json", "--async", "--out")]
    for name, arg in rng.sample(own, rng.randint(0, min(3, len(own)))):
        words += option_of(rng, name, arg)
    if command in CHANGES and rng.random() < 0.9:
        words.append("--dry-run")
    operands = WORDS.get(command, OPERANDS)
    if operands:
        words += rng.sample(operands, rng.randint(0, min(2, len(operands))))
    return words


class Case(drive.Case):
    """Faults at some places of one line."""

    def judge_at(self, rng):
        untold = []
        for _ in range(PLACES):
            at, is_all = rng.randint(1, self.count + 2), rng.random() < 0.5
            self.runs += 1
            why = self.fault(at, is_all)
            if why and why.endswith("another output") and self.options.what == "read":
                untold.append(why)
            elif why:
                self.bad.append(f"{'all from ' if is_all else ''}{at}: {why}")
        return untold


def options_of(rng, words):
    what = rng.choice(list(drive.UNITS))
    is_json = rng.random() < 0.5
    return types.SimpleNamespace(cmd=words + (AS_JSON if is_json else []), what=what, json=is_json,
                                 lines=False, rough=False, fast=False, loose=False,
                                 where=rng.choice(["parent", "parent", "child", "both"]), runs=0)


def report(case, seed, number):
    print(f"# line {number} of seed {seed}: {' '.join(map(json.dumps, case.options.cmd))}")
    for line in case.bad:
        print(f"#   {case.options.what}, {case.options.where}: {line}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("program")
    parser.add_argument("tree")
    args = parser.parse_args()
    drive.VALIDATOR = drive.load_validator()
    rng, options = random.Random(args.seed), table(args.program)
    end, runs, wrong, untold, lines = time.monotonic() + args.seconds, 0, 0, 0, 0
    while time.monotonic() < end:
        lines += 1
        choices = options_of(rng, [args.program, *line_of(rng, options, args.tree)])
        # each line has a seed of its own: how long its runs take does not change the next one
        dice = random.Random(rng.getrandbits(64))
        try:
            case = Case(choices)
        except subprocess.TimeoutExpired:
            print(f"# hangs without a fault: {' '.join(choices.cmd)}", flush=True)
            wrong += 1
            runs += 1
            continue
        untold += len(case.judge_at(dice))
        runs += case.runs
        wrong += len(case.bad)
        if case.bad:
            report(case, args.seed, lines)
    print(runs, wrong, untold, lines)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
