# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright: 2026 Seed 749faf43 maintainers
"""The module memory_info."""

import pytest

from ansible_collections.mhpctl.memory.plugins.modules import memory_info
from ansible_collections.mhpctl.memory.tests.unit.conftest import load


def test_list(fake, run_module):
    fake.answer("list", "list")
    result = run_module(memory_info)
    assert result["changed"] is False and sorted(result) == ["changed", "list"]
    assert result["list"]["memory"]["online_bytes"] == 6 << 27
    assert result["list"] == load("list")


def test_all(fake, run_module):
    for name in ("list", "check", "doctor"):
        fake.answer(name, name)
    result = run_module(memory_info, gather_subset=["all"], targets=["memory32"])
    assert sorted(result) == ["changed", "check", "doctor", "list"]
    assert [call[1] for call in fake.calls()] == ["list", "check", "doctor"]
    assert fake.calls()[0][-2:] == ["--", "memory32"] and fake.calls()[2][-1] == "--json"
    assert sorted(run_module(memory_info, gather_subset=["all"])) == ["changed", "doctor", "list"]


def test_findings_and_predictions_are_answers(fake, run_module):
    fake.answer("doctor", "doctor")
    fake.answer("check", "check-blocked")
    result = run_module(memory_info, gather_subset=["doctor", "check"], targets=["node0"], check=True)
    assert result["doctor"]["exit_code"] == 10 and result["check"]["verdict"] == "blocked"
    assert result["changed"] is False and "failed" not in result


def test_check_needs_targets(fake, run_module):
    result = run_module(memory_info, gather_subset=["check"])
    assert result["failed"] and "needs targets" in result["msg"] and fake.calls() == []


@pytest.mark.parametrize("code, status", [(3, "failed"), (1, "failed"), (4, "blocked"), (64, "partial")])
def test_failure(fake, run_module, code, status):
    document = load("list")
    document.update(exit_code=code, status=status, failures=[{"reason": "no_such_target", "message": "node99: no such node"}])
    fake.answer("list", document)
    result = run_module(memory_info, targets=["node99"])
    assert result["failed"] and "node99: no such node" in result["msg"] and result["exit_code"] == code


def test_sysroot(fake, run_module):
    fake.answer("list", "list")
    run_module(memory_info, sysroot="/copy")
    assert fake.calls() == [["--sysroot=/copy", "--progress=never", "list", "--json"]]


def test_garbage(fake, run_module):
    fake.answer("doctor", b"no", rc=0)
    result = run_module(memory_info, gather_subset=["doctor"])
    assert result["failed"] and result["unknown"] and result["stdout"] == "no"
