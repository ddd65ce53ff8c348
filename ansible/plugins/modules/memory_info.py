# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright: 2026 Seed 749faf43 maintainers
# GNU General Public License version 2, or version 3, or any later version
"""Read the memory of a host, and the devices behind it."""

DOCUMENTATION = r"""
---
module: memory_info
short_description: Read the memory of a host and the devices behind it
version_added: 0.2.0
description:
  - Returns the documents of C(mhpctl list), C(mhpctl check) and C(mhpctl doctor).
  - Changes nothing, and is never changed.
  - A value that is null is not known. The key C(hidden) of each document names values that could not be read.
options:
  gather_subset:
    description:
      - The documents to return.
      - C(list) is the memory blocks, nodes, zones and devices.
      - C(check) predicts whether the blocks of I(targets) can go offline, and what holds them.
      - C(doctor) is the settings that help or hinder memory hotplug.
      - C(all) is all of them, C(check) only with I(targets).
    type: list
    elements: str
    choices: [all, list, check, doctor]
    default: [list]
  targets:
    description:
      - Targets as mhpctl names them, for C(list) and C(check).
    type: list
    elements: str
extends_documentation_fragment:
  - mhpctl.memory.mhpctl
attributes:
  check_mode:
    description: Reads only.
    support: full
  diff_mode:
    description: Changes nothing.
    support: none
author:
  - Seed 749faf43 maintainers (@mhpctl)
seealso:
  - module: mhpctl.memory.memory
  - module: mhpctl.memory.memory_policy
"""

EXAMPLES = r"""
- name: Read the memory
  mhpctl.memory.memory_info:
  become: true
  register: memory

- name: Show how much is online
  ansible.builtin.debug:
    msg: "{{ memory.list.memory.online_bytes | human_readable }}"

- name: Predict whether node 1 can go offline
  mhpctl.memory.memory_info:
    gather_subset: check
    targets: node1
  become: true
  register: node1
  failed_when: node1.check.verdict == "blocked"

- name: Read the settings that hinder hotplug
  mhpctl.memory.memory_info:
    gather_subset: doctor
  become: true
  register: memory

- name: Show their fixes
  ansible.builtin.debug:
    msg: "{{ memory.doctor.findings | selectattr('severity', 'in', ['warning', 'error']) | map(attribute='fix') }}"
"""

RETURN = r"""
list:
  description: The document of C(mhpctl list), as in mhpctl-json(7).
  type: dict
  returned: if it is in gather_subset
  sample: {"memory": {"block_size": 134217728, "online_bytes": 805306368, "offline_bytes": 268435456}}
check:
  description: The document of C(mhpctl check).
  type: dict
  returned: if it is in gather_subset
  sample: {"verdict": "maybe", "blocks": [{"block": 32, "verdict": "maybe", "reasons": [], "owners": []}]}
doctor:
  description: The document of C(mhpctl doctor).
  type: dict
  returned: if it is in gather_subset
  sample: {"findings": [{"id": "blocks_offline", "severity": "warning", "fix": "mhpctl online memory34-35"}]}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mhpctl.memory.plugins.module_utils import mhpctl as mhp

# The exit statuses of a command that has read everything: 4 is a prediction, 10 a finding.
ANSWERS = {"list": (0,), "check": (0, 4), "doctor": (0, 10)}


def wanted(params):
    """Returns the documents to read, or raises ValueError."""
    names = params["gather_subset"]
    if "all" in names:
        names = ["list", "doctor"] + (["check"] if params["targets"] else [])
    if "check" in names and not params["targets"]:
        raise ValueError("gather_subset check needs targets")
    return [name for name in ("list", "check", "doctor") if name in names]


def read(mhpctl, name, targets):
    words = ["--"] + targets if targets and name != "doctor" else []
    document = mhpctl.document(name, words)
    if document["exit_code"] not in ANSWERS[name] or document["failures"]:
        mhpctl.fail(document)
    del document["argv"]
    return document


def main():
    spec = dict(
        gather_subset=dict(type="list", elements="str", choices=["all", "list", "check", "doctor"], default=["list"]),
        targets=dict(type="list", elements="str"),
    )
    spec.update(mhp.COMMON_ARGUMENTS)
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    try:
        names = wanted(module.params)
    except ValueError as error:
        module.fail_json(msg=str(error))
    mhpctl = mhp.Mhpctl(module)
    documents = {}
    for name in names:
        documents[name] = read(mhpctl, name, module.params["targets"])
    module.exit_json(changed=False, **documents)


if __name__ == "__main__":
    main()
