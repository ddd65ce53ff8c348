# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright: 2026 Seed 749faf43 maintainers
"""The module memory, and how documents are judged."""

import json

import pytest

from ansible_collections.mhpctl.memory.plugins.modules import memory
from ansible_collections.mhpctl.memory.tests.unit.conftest import load

OFFLINE = dict(targets=["dax999.0"], state="offline")


def changed(name, **values):
    return dict(load(name), **values)


def test_changed(fake, run_module):
    fake.answer("offline", "offline-changed")
    result = run_module(memory, **OFFLINE)
    assert result["changed"] is True and "failed" not in result
    assert result["targets"][0]["status"] == "ok"
    assert result["warnings"] == ["48 MiB lie in no whole memory block", "a udev rule"]
    assert not result["partial"] and result["exit_code"] == 0


def test_nothing_to_do(fake, run_module):
    fake.answer("offline", "offline-same")
    assert run_module(memory, **OFFLINE)["changed"] is False


def test_command_line(fake, run_module):
    fake.answer("offline", "offline-changed")
    result = run_module(memory, targets=["$HOME", "-x", "~root"], state="offline", timeout="5s", rollback=True,
                        consent=["data", "memory"], wait="1min", drain="20s", log="none")
    assert fake.calls() == [["--log=none", "--progress=never", "offline", "--json", "--drain=20s", "--timeout=5s",
                             "--rollback", "--wait=1min", "--yes=data,memory", "--", "$HOME", "-x", "~root"]]
    assert result["command"][1:] == fake.calls()[0]
    assert (fake.directory / "locale").read_text().strip() == "C.UTF-8"
    assert not (fake.directory / "terminal").exists()


@pytest.mark.parametrize("params, command, words", [
    (dict(targets=["region0"], zone="kernel", size="8G", init_labels=True), "online",
     ["--size=8G", "--zone=kernel", "--init-labels", "--", "region0"]),
    (dict(node=0, size="1G", keep_at_least="2G"), "online", ["--size=1G", "--node=0", "--keep-at-least=2G", "--"]),
    (dict(device="dax0.0", size="1G", state="offline", release=True), "offline",
     ["--size=1G", "--device=dax0.0", "--release", "--"]),
    (dict(targets=["mem0", "mem1"], interleave=True, granularity="1K", window="decoder0.0"), "online",
     ["--interleave", "--granularity=1K", "--window=decoder0.0", "--", "mem0", "mem1"]),
    (dict(targets=["0x10f"], state="removed", destroy=True), "remove", ["--destroy", "--", "0x10f"]),
    (dict(targets=["node1"], to="6G"), "resize", ["--to=6G", "--", "node1"]),
])
def test_options(fake, run_module, params, command, words):
    fake.answer(command, changed("offline-changed", command=command))
    result = run_module(memory, **params)
    assert "failed" not in result
    assert fake.calls() == [["--progress=never", command, "--json"] + words]


@pytest.mark.parametrize("params, words", [
    (dict(), "one of the following is required"),
    (dict(node=1), "size"),
    (dict(targets=["node1"], node=1, size="1G"), "mutually exclusive"),
    (dict(targets=["a"], rollback=True, keep_going=True), "mutually exclusive"),
    (dict(targets=["a"], state="offline", zone="movable"), "zone has no meaning for mhpctl offline"),
    (dict(targets=["a"], state="removed", size="1G"), "size has no meaning"),
    (dict(targets=["a"], state="offline", size="1G"), "needs node or device"),
    (dict(targets=["a"], destroy=True), "destroy has no meaning for mhpctl online"),
    (dict(targets=["a"], state="offline", to="1G"), "needs state=online"),
    (dict(targets=["a", "b"], to="1G"), "exactly one target"),
    (dict(targets=["a"], to="1G", zone="kernel"), "zone has no meaning for mhpctl resize"),
    (dict(targets=["a"], zone="normal"), "value of zone"),
    (dict(targets=["a"], sysroot="/copy"), "only check mode"),
])
def test_contradictions(fake, run_module, params, words):
    result = run_module(memory, **params)
    assert result["failed"] and words in result["msg"]
    assert fake.calls() == []


def test_blocked(fake, run_module):
    fake.answer("offline", "offline-blocked")
    result = run_module(memory, **OFFLINE)
    assert result["failed"] and result["blocked"] and not result["partial"]
    assert result["changed"] is True  # 62 of 63 blocks went
    assert result["reason"] == "pinned" and result["hint"] == "stop fio" and result["exit_code"] == 4
    holder = result["holders"][0]
    assert (holder["target"], holder["pid"], holder["kind"], holder["detail"], holder["confidence"]) == (
        "memory40", 412, "io_uring", "1 registered buffer", "certain")
    assert result["failures"][0]["pages"][0]["pins"] == 1
    assert "pinned: memory40" in result["msg"] and "[412], io_uring" in result["msg"]
    assert "\x1b" not in result["msg"] and "hint: stop fio" in result["msg"]


def test_partial(fake, run_module):
    fake.answer("offline", changed("offline-blocked", status="partial", exit_code=64))
    result = run_module(memory, **OFFLINE)
    assert result["failed"] and result["partial"] and result["changed"]
    assert result["msg"].startswith("mhpctl offline: partial")
    assert result["reason"] == "pinned" and len(result["holders"]) == 1


def test_locked(fake, run_module):
    fake.answer("offline", "offline-locked")
    result = run_module(memory, **OFFLINE)
    assert result["failed"] and result["reason"] == "lock_held" and result["changed"] is False


def test_interrupted(fake, run_module):
    failure = dict(load("offline-blocked")["failures"][0], reason="interrupted", owners=[], hint=None)
    fake.answer("offline", changed("offline-changed", status="interrupted", exit_code=130, failures=[failure]))
    result = run_module(memory, **OFFLINE)
    assert result["failed"] and result["status"] == "interrupted" and result["changed"] is True


def test_receipt(fake, run_module):
    fake.answer("offline", "offline-receipt")
    result = run_module(memory, node=7, size="384M", state="offline")
    assert result["changed"] and {block["status"] for block in result["receipt"]["blocks"]} >= {"done", "failed"}


def test_check_mode(fake, run_module):
    fake.answer("online-plan", "online-plan")
    result = run_module(memory, check=True, diff=True, targets=["memory34"])
    assert result["changed"] is True and result["plan"] == ["online_block memory34 zone=movable size=134217728 (offline)"]
    assert result["diff"]["after"] == result["plan"][0] + "\n" and result["diff"]["before"] == ""
    assert "--dry-run" in fake.calls()[0] and len(fake.calls()) == 1


def test_check_mode_with_nothing_to_do(fake, run_module):
    fake.answer("online-plan", "online-plan-nothing")
    result = run_module(memory, check=True, targets=["memory32"])
    assert result["changed"] is False and result["plan"] == []


def test_check_mode_of_a_missing_target(fake, run_module):
    fake.answer("offline-plan", "offline-plan-missing")
    result = run_module(memory, check=True, targets=["memory99"], state="offline")
    assert result["failed"] and result["reason"] == "no_such_target" and result["changed"] is False


def test_check_mode_of_hidden_values(fake, run_module):
    fake.answer("offline-plan", "offline-plan-hidden")
    result = run_module(memory, check=True, targets=["all"], state="offline")
    assert result["failed"] and "dax_devices: not read from a copied tree" in result["msg"]


def test_diff_of_a_real_run(fake, run_module):
    fake.answer("offline-plan", changed("online-plan", command="offline"))
    fake.answer("offline", "offline-changed")
    result = run_module(memory, diff=True, **OFFLINE)
    assert result["changed"] and result["diff"]["after"].startswith("online_block memory34")
    assert ["--dry-run" in call for call in fake.calls()] == [True, False]


GOOD = load("offline-changed")
BLOCKED = load("offline-blocked")


@pytest.mark.parametrize("output, rc, words", [
    (b"", 0, "printed nothing"),
    (b" \n", 1, "printed nothing"),
    (b"mhpctl: no\n", 0, "not JSON"),
    (b"\xff\xfe\x00", 0, "not JSON"),
    (json.dumps(GOOD).encode()[:-9], 0, "not JSON"),
    (json.dumps(GOOD).encode() * 2, 0, "not JSON"),
    (b"[]", 0, "not a JSON object"),
    (b"null", 0, "not a JSON object"),
    (b"{}", 0, "no schema"),
    (dict(GOOD, schema="mhpctl/2"), 0, "schema mhpctl/2, and this collection reads mhpctl/1"),
    (dict(GOOD, schema="mhpctl/11"), 0, "schema mhpctl/11"),
    (dict(GOOD, schema="mhpctl/x"), 0, "no schema"),
    (dict(GOOD, schema=1), 0, "no schema"),
    (dict(GOOD, command="online"), 0, "of the command online"),
    (dict(GOOD, exit_code=None), 0, "no exit code"),
    (dict(GOOD, exit_code=False), 0, "no exit code"),
    (GOOD, 1, "ended with status 1, and its document says 0"),
    (BLOCKED, 0, "ended with status 0, and its document says 4"),
    (dict(GOOD, status="failed"), 0, "status failed and the exit code 0"),
    (dict(BLOCKED, status="ok"), 4, "status ok and the exit code 4"),
    (dict(GOOD, changed=None), 0, "whether something changed"),
    (dict(GOOD, changed="yes"), 0, "whether something changed"),
    (dict(GOOD, failures=None), 0, "no list of failures"),
    (dict(GOOD, failures=BLOCKED["failures"]), 0, "failures and the exit code 0"),
])
def test_an_unknown_is_never_ok(fake, run_module, output, rc, words):
    fake.answer("offline", output, rc=rc)
    result = run_module(memory, **OFFLINE)
    assert result["failed"] and result["unknown"] and words in result["msg"]
    assert result["changed"] is True  # it may have
    assert result["rc"] == rc and result["stderr"] == "words for a person\n" and "stdout" in result


@pytest.mark.parametrize("output", [b"", GOOD])
@pytest.mark.parametrize("signal, number", [("KILL", 9), ("SEGV", 11)])
def test_killed(fake, run_module, signal, number, output):
    fake.answer("offline", output, rc=0, signal=signal)
    result = run_module(memory, **OFFLINE)
    assert result["failed"] and result["unknown"] and "signal {0} (SIG{1})".format(number, signal) in result["msg"]


def test_a_dry_run_that_is_killed_has_changed_nothing(fake, run_module):
    fake.answer("offline-plan", b"", rc=0, signal="KILL")
    result = run_module(memory, check=True, **OFFLINE)
    assert result["failed"] and result["unknown"] and result["changed"] is False


def test_not_installed(run_module, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    result = run_module(memory, executable="mhpctl-of-nobody", **OFFLINE)
    assert result["failed"] and result["program_missing"] and "install the package mhpctl" in result["msg"]


@pytest.mark.parametrize("name", ["missing", "plain"])
def test_executable_that_cannot_run(run_module, tmp_path, name):
    (tmp_path / "plain").write_text("no program")
    result = run_module(memory, executable=str(tmp_path / name), **OFFLINE)
    assert result["failed"] and result["program_missing"]


def test_executable(fake, run_module, monkeypatch):
    fake.answer("offline", "offline-changed")
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    result = run_module(memory, executable=str(fake.program), **OFFLINE)
    assert result["command"][0] == str(fake.program) and result["changed"]
