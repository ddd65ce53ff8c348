# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright: 2026 Seed 749faf43 maintainers
"""The module memory_policy."""

import os
import stat

import pytest

from ansible_collections.mhpctl.memory.plugins.modules import memory_policy
from ansible_collections.mhpctl.memory.tests.unit.conftest import load

SECTIONS = [{"section": "a", "match": {"region": "region0"}, "zone": "kernel"}]
TEXT = "# Managed by Ansible: changes made here are overwritten.\n[memory a]\nmatch.region = region0\nzone = kernel\n"


def applied(changed, **values):
    """Returns a document of apply, made of a recorded one of offline."""
    section = {"section": "a", "file": "10-a.conf", "line": 1, "status": "ok", "changed": changed, "targets": 1}
    return dict(load("offline-changed"), command="apply", changed=changed, sections=[section], **values)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "policy.d" / "10-a.conf"


@pytest.fixture
def good(fake):
    """The host differs from a valid policy, and apply changes it."""
    fake.answer("policy", "policy-good")
    fake.answer("plan", "plan-changes")
    fake.answer("apply", applied(True))
    return fake


def commands(fake):
    return [call[1] for call in fake.calls()]


def test_install(good, run_module, path):
    result = run_module(memory_policy, diff=True, path=str(path), sections=SECTIONS)
    assert result["changed"] and result["file_changed"] and result["met"] is False
    assert path.read_text() == TEXT and stat.S_IMODE(path.stat().st_mode) == 0o644
    assert commands(good) == ["policy", "plan"]
    assert [(each["before"], each["after"]) for each in result["diff"]] == [("", TEXT)]
    assert os.listdir(path.parent) == ["10-a.conf"]
    again = run_module(memory_policy, diff=True, path=str(path), sections=SECTIONS)
    assert again["changed"] is False and again["diff"] == []


def test_temporary_files_are_private_and_deleted(good, run_module, path, tmp_path):
    before = sorted(os.listdir(tmp_path))
    result = run_module(memory_policy, check=True, path=str(path), sections=SECTIONS)
    checked = good.calls()[0][-1]
    assert not os.path.exists(checked) and os.path.basename(checked) == path.name
    left = [name for name in os.listdir(tmp_path) if name not in before]
    assert [os.listdir(tmp_path / name) for name in left] == [[]] * len(left) and result["changed"]


def test_check_mode(good, run_module, path):
    result = run_module(memory_policy, check=True, diff=True, path=str(path), sections=SECTIONS, apply=True)
    assert result["changed"] and result["file_changed"] and not path.exists() and not path.parent.exists()
    assert commands(good) == ["policy", "plan"]
    assert good.calls()[0][-1] == good.calls()[1][-1] != str(path)
    assert result["plan"][0].startswith("online_block memory33-35 section=a zone=kernel")
    assert [each["after"] for each in result["diff"]] == [TEXT, result["plan"][0] + "\n"]


def test_apply(good, run_module, path):
    result = run_module(memory_policy, path=str(path), sections=SECTIONS, apply=True, consent=["memory"], timeout="9s")
    assert result["changed"] and result["sections"][0]["changed"] and result["exit_code"] == 0
    assert good.calls()[-1] == ["--progress=never", "apply", "--json", "--timeout=9s", "--yes=memory", "--", str(path)]


def test_nothing_to_apply(good, run_module, path):
    good.answer("plan", "plan-nothing")
    run_module(memory_policy, path=str(path), sections=SECTIONS)
    for check in (False, True):
        result = run_module(memory_policy, check=check, path=str(path), sections=SECTIONS, apply=True)
        assert result["changed"] is False and result["met"] is True
    assert "apply" not in commands(good)


def test_apply_that_changes_nothing(good, run_module, path):
    run_module(memory_policy, path=str(path), sections=SECTIONS)
    good.answer("apply", applied(False))
    result = run_module(memory_policy, path=str(path), sections=SECTIONS, apply=True)
    assert result["changed"] is False and result["met"] is False


def test_apply_is_blocked(good, run_module, path):
    blocked = load("offline-blocked")
    good.answer("apply", applied(False, status="blocked", exit_code=4, failures=blocked["failures"]))
    result = run_module(memory_policy, path=str(path), sections=SECTIONS, apply=True)
    assert result["failed"] and result["blocked"] and result["holders"][0]["pid"] == 412
    assert result["file_changed"] and result["changed"] and path.exists()
    again = run_module(memory_policy, path=str(path), sections=SECTIONS, apply=True)
    assert again["failed"] and again["changed"] is False


def test_apply_is_partial(good, run_module, path):
    failures = load("offline-blocked")["failures"]
    good.answer("apply", applied(True, status="partial", exit_code=64, failures=failures))
    result = run_module(memory_policy, path=str(path), sections=SECTIONS, apply=True)
    assert result["failed"] and result["partial"] and result["changed"] and result["sections"]


def test_invalid(good, run_module, path):
    good.answer("policy", "policy-bad")
    path.parent.mkdir()
    path.write_text("# before\n")
    result = run_module(memory_policy, path=str(path), content="[memory cards]\nbogus = 1\n", apply=True)
    assert result["failed"] and result["changed"] is False and 'unknown key "bogus"' in result["msg"]
    assert result["problems"][0]["line"] == 3 and "; hint: mhpctl-policy(5)" in result["msg"]
    assert path.read_text() == "# before\n" and commands(good) == ["policy"]


def test_check_that_fails_without_a_problem(good, run_module, path):
    good.answer("policy", dict(load("policy-bad"), problems=[]))
    assert run_module(memory_policy, path=str(path), sections=SECTIONS)["failed"] and not path.exists()


def test_plan_that_fails(good, run_module, path):
    good.answer("plan", "plan-fails")
    result = run_module(memory_policy, path=str(path), sections=SECTIONS)
    assert result["changed"] and result["met"] is None and result["plan_failures"][0]["reason"] == "mismatch"
    result = run_module(memory_policy, check=True, path=str(path), sections=SECTIONS, apply=True)
    assert result["failed"] and result["reason"] == "mismatch" and result["changed"] is False
    result = run_module(memory_policy, path=str(path), sections=SECTIONS, apply=True)
    assert result["changed"] and commands(good)[-1] == "apply"


def test_installed_policy(good, run_module):
    result = run_module(memory_policy)
    assert result["changed"] is False and result["met"] is False and commands(good) == ["plan"]
    result = run_module(memory_policy, apply=True, check=True, diff=True)
    assert result["changed"] and result["diff"][0]["after_header"].endswith("the installed policy")
    assert run_module(memory_policy, apply=True)["changed"]
    assert good.calls()[-1] == ["--progress=never", "apply", "--json"]


def test_backup(good, run_module, path):
    path.parent.mkdir()
    path.write_text("# before\n")
    result = run_module(memory_policy, path=str(path), sections=SECTIONS, backup=True, mode="0600")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with open(result["backup_file"]) as stream:
        assert stream.read() == "# before\n"
    assert not result["backup_file"].endswith(".conf")
    mode = run_module(memory_policy, path=str(path), sections=SECTIONS, mode="0644")
    assert mode["changed"] and mode["file_changed"] and "backup_file" not in mode


def test_absent(good, run_module, path):
    path.parent.mkdir()
    path.write_text(TEXT)
    result = run_module(memory_policy, check=True, diff=True, path=str(path), state="absent")
    assert result["changed"] and path.exists() and result["diff"][0]["before"] == TEXT
    assert run_module(memory_policy, path=str(path), state="absent")["changed"] and not path.exists()
    assert run_module(memory_policy, path=str(path), state="absent")["changed"] is False
    assert commands(good) == []


def test_mask_is_replaced(good, run_module, path):
    path.parent.mkdir()
    path.symlink_to("/dev/null")
    assert run_module(memory_policy, path=str(path), sections=SECTIONS)["changed"]
    assert not path.is_symlink() and path.read_text() == TEXT


def test_src(good, run_module, path, tmp_path):
    (tmp_path / "given").write_text(TEXT)
    assert run_module(memory_policy, path=str(path), src=str(tmp_path / "given"))["changed"]
    assert path.read_text() == TEXT
    assert "is missing" in run_module(memory_policy, path=str(path), src=str(tmp_path / "none"))["msg"]


def test_content_gets_its_last_newline(good, run_module, path):
    run_module(memory_policy, path=str(path), content=TEXT[:-1])
    assert path.read_text() == TEXT


@pytest.mark.parametrize("params, words", [
    (dict(sections=SECTIONS), "needs path"),
    (dict(state="absent"), "needs path"),
    (dict(state="absent", path="/x", apply=True), "apply=false"),
    (dict(state="absent", path="/x", content=""), "takes no content"),
    (dict(path="/no/such/file"), "is missing"),
    (dict(path="/etc", content=""), "is a directory"),
    (dict(path="/x", content="", sections=[]), "mutually exclusive"),
    (dict(path="/x", content="", reporting={"order": 9}), "mutually exclusive"),
    (dict(path="/x", sections=[{"section": "a", "ratio_limit": 181}]), "in quotes"),
    (dict(path="/x", content="", sysroot="/copy"), "only check mode"),
    (dict(apply=True, sysroot="/copy"), "only check mode"),
    (dict(path="/etc/mhpctl/policy.d/10-a", content=""), "ends in .conf"),
    (dict(path="/etc/mhpctl/policy.d/.a.conf", content=""), "ends in .conf"),
])
def test_contradictions(good, run_module, params, words):
    result = run_module(memory_policy, **params)
    assert result["failed"] and words in result["msg"] and good.calls() == []


def test_unknown_answer_of_apply(good, run_module, path):
    good.answer("apply", b"", rc=0)
    result = run_module(memory_policy, path=str(path), sections=SECTIONS, apply=True)
    assert result["failed"] and result["unknown"] and result["changed"] is True
    good.answer("plan", b"", rc=0)
    result = run_module(memory_policy, path=str(path), sections=SECTIONS, apply=True)
    assert result["failed"] and result["unknown"] and result["changed"] is False
