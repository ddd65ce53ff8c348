# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright: 2026 Seed 749faf43 maintainers
"""A program in the place of mhpctl, and modules that run in this process."""

import json
import os
import pathlib

import pytest

from ansible.module_utils import basic
from ansible.module_utils.common.text.converters import to_bytes

DOCUMENTS = pathlib.Path(__file__).parent / "documents"

# Prints the recorded document of a command. The name of a dry run ends in -plan.
PROGRAM = """#!/bin/sh
for word; do
    case $word in
    list|check|doctor|plan|apply|policy|online|offline|remove|resize) : "${command:=$word}" ;;
    --dry-run) command=$command-plan ;;
    esac
done
printf '%s\\n' "$@" | tr '\\n' '\\037' >>"$FAKE/calls"; echo >>"$FAKE/calls"
[ ! -t 0 ] || echo terminal >>"$FAKE/terminal"
echo "$LC_ALL" >"$FAKE/locale"
[ ! -e "$FAKE/$command.out" ] || cat "$FAKE/$command.out"
echo "words for a person" >&2
[ ! -e "$FAKE/$command.signal" ] || kill -s "$(cat "$FAKE/$command.signal")" $$
exit "$(cat "$FAKE/$command.rc")"
"""


class Ended(Exception):
    """The module has ended, with this result."""

    def __init__(self, result):
        Exception.__init__(self, str(result))
        self.result = result


def load(name):
    """Returns a recorded document."""
    return json.loads((DOCUMENTS / (name + ".json")).read_text())


class Fake:
    """The answers of the program, and the calls that it has seen."""

    def __init__(self, directory):
        self.directory = directory
        self.program = directory / "mhpctl"
        self.program.write_text(PROGRAM)
        self.program.chmod(0o755)

    def answer(self, command, document, rc=None, signal=None):
        """Says what a command prints: a document, the name of a recorded one, or bytes."""
        if isinstance(document, str):
            document = load(document)
        if not isinstance(document, bytes):
            rc = document["exit_code"] if rc is None else rc
            document = json.dumps(document).encode()
        (self.directory / (command + ".out")).write_bytes(document)
        (self.directory / (command + ".rc")).write_text(str(rc))
        if signal:
            (self.directory / (command + ".signal")).write_text(signal)

    def calls(self):
        """Returns the words of each call, without the program."""
        path = self.directory / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        return [line.split("\x1f")[:-1] for line in lines]


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """A program that prints recorded documents, first in PATH."""
    directory = tmp_path / "fake"
    directory.mkdir()
    monkeypatch.setenv("FAKE", str(directory))
    monkeypatch.setenv("PATH", "{0}:{1}".format(directory, os.environ["PATH"]))
    return Fake(directory)


@pytest.fixture
def run_module(monkeypatch, tmp_path):
    """Returns a function that runs a module and returns its result."""

    def end(self, **result):
        raise Ended(result)

    def fail(self, msg, **result):
        raise Ended(dict(result, msg=msg, failed=True))

    def run(module, check=False, diff=False, **params):
        params.update(_ansible_check_mode=check, _ansible_diff=diff, _ansible_remote_tmp=str(tmp_path))
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", to_bytes(json.dumps({"ANSIBLE_MODULE_ARGS": params})))
        monkeypatch.setattr(basic.AnsibleModule, "exit_json", end)
        monkeypatch.setattr(basic.AnsibleModule, "fail_json", fail)
        with pytest.raises(Ended) as ended:
            module.main()
        json.dumps(ended.value.result)  # a result is JSON
        return ended.value.result

    return run
