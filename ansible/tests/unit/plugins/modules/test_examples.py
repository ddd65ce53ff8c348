# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright: 2026 Seed 749faf43 maintainers
"""The examples in the documentation of the modules are accepted by the modules."""

import pytest
import yaml

from ansible_collections.mhpctl.memory.plugins.modules import memory, memory_info, memory_policy
from ansible_collections.mhpctl.memory.tests.unit.conftest import load

MODULES = {
    "mhpctl.memory.memory": memory,
    "mhpctl.memory.memory_info": memory_info,
    "mhpctl.memory.memory_policy": memory_policy,
}


def examples():
    """Yields the tasks of all modules."""
    for name, module in MODULES.items():
        for task in yaml.safe_load(module.EXAMPLES):
            if not any(key.startswith("ansible.builtin.") for key in task):
                yield pytest.param(name, task, id=task["name"])


@pytest.mark.parametrize("name, task", examples())
def test_example(fake, run_module, name, task):
    assert name in task  # it is an example of its own module
    for command in ("online", "offline", "remove", "resize"):
        fake.answer(command + "-plan", dict(load("online-plan"), command=command))
    for command, document in (("plan", "plan-changes"), ("policy", "policy-good"), ("list", "list"),
                              ("check", "check"), ("doctor", "doctor")):
        fake.answer(command, document)
    result = run_module(MODULES[name], check=True, **(task[name] or {}))
    assert "failed" not in result, result
