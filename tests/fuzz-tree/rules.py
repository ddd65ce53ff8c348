# SPDX-License-Identifier: GPL-2.0-or-later
"""Invariants of every run on any tree."""

from __future__ import annotations

import json
import pathlib
import re
import typing

import jsonschema

from program import Run
from watch import CANARY

# mhpctl(1); 130 would need a signal, which is never sent
DOCUMENTED = frozenset((0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 64))
USAGE = 2

SANITIZER = re.compile(
    rb"AddressSanitizer|LeakSanitizer|runtime error:|UndefinedBehavior|DEADLYSIGNAL"
)

# C0 except newline, DEL, C1, and bidirectional and invisible characters
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")

SCHEMA_MAX = 200_000  # the validator is too slow for longer documents

Document = dict[str, typing.Any]
Find = tuple[str, str]  # which rule, and what is wrong


def unique(pairs: list[tuple[str, typing.Any]]) -> Document:
    keys = [key for key, _ in pairs]
    if len(set(keys)) != len(keys):
        raise ValueError("a key appears twice")
    return dict(pairs)


def no_number(word: str) -> typing.Any:
    raise ValueError(f"{word} is no JSON")


def parse(text: str) -> Document:
    document = json.loads(text, object_pairs_hook=unique, parse_constant=no_number)
    if not isinstance(document, dict):
        raise ValueError("not an object")
    return document


def documents(run: Run) -> list[Document]:
    """Parses the printed JSON; raises a ValueError with the reason."""
    text = run.out.decode("utf-8")
    if run.command.json == "lines":
        return [parse(line) for line in text.splitlines()]
    return [parse(text)]


class Rules:
    def __init__(self, schema: pathlib.Path) -> None:
        loaded = json.loads(schema.read_text(encoding="utf-8"))
        self.validator = jsonschema.Draft202012Validator(loaded)

    def check(self, run: Run, validate: bool) -> list[Find]:
        finds = list(self.ending(run))
        if finds:
            return finds
        if run.command.looks:
            return [("status", f"exit status {run.status}")] if run.status else []
        finds += self.canary(run)
        finds += self.text("stderr", run.err)
        if run.command.json:
            finds += self.json(run, validate)
        else:
            finds += self.text("stdout", run.out)
        if run.command.acts and run.status != USAGE:
            finds.append(("refusal", f"exit status {run.status}, where it has to be {USAGE}"))
        return finds

    def ending(self, run: Run) -> typing.Iterator[Find]:
        if run.hung:
            yield "hang", "not done in time"
        elif SANITIZER.search(run.err):
            report = run.err.decode("utf-8", "replace")
            first = next((one for one in report.splitlines() if SANITIZER.search(one.encode())), "")
            yield "sanitizer", first
        elif run.status < 0:
            yield "signal", f"ended by signal {-run.status}"
        elif run.status not in DOCUMENTED:
            yield "status", f"exit status {run.status}"
        elif run.command.completes and run.status:
            yield "status", f"completion ends with {run.status}"

    def canary(self, run: Run) -> typing.Iterator[Find]:
        if CANARY.encode() in run.out + run.err:
            yield "outside", "text from outside of the tree is printed"

    def text(self, name: str, raw: bytes) -> typing.Iterator[Find]:
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError as err:
            yield "text", f"{name}: not UTF-8: {err}"
            return
        found = CONTROL.search(text)
        if found:
            near = text[max(0, found.start() - 40) : found.end() + 20]
            yield "text", f"{name}: {found.group()!a} in {near!a}"

    def json(self, run: Run, validate: bool) -> typing.Iterator[Find]:
        try:
            told = documents(run)
        except ValueError as err:
            yield "json", f"{err}: {run.out[:200]!r}"
            return
        if not told or (run.command.json == "document" and len(told) != 1):
            yield "json", "no document"
            return
        code = told[-1].get("exit_code")
        if code != run.status:
            yield "json", f"exit_code {code}, exit status {run.status}"
        if not validate or len(run.out) > SCHEMA_MAX:
            return
        for document in told:
            for error in self.validator.iter_errors(document):
                yield "schema", f"{error.json_path}: {error.message[:200]}"
                return
