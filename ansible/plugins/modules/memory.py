# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright: 2026 Seed 749faf43 maintainers
# GNU General Public License version 2, or version 3, or any later version
"""Bring memory online, take it offline, or remove it."""

DOCUMENTATION = r"""
---
module: memory
short_description: Bring memory online, take it offline, or remove it
version_added: 0.2.0
description:
  - Brings targets of mhpctl online, takes them offline, or gives their devices back.
  - Runs C(mhpctl online), C(mhpctl offline), C(mhpctl remove), or with I(to) C(mhpctl resize --to).
  - The task has changed something if the document of mhpctl says so. Parts that are in the wanted state are left alone.
  - A block that cannot change fails the task, with the reason, the processes that hold its pages, and a hint.
options:
  targets:
    description:
      - Targets as mhpctl names them, such as C(region0), C(dax0.0), C(mem0), C(node1), C(memory32-47) or C(all).
      - With I(to) exactly one, a node or a dax device.
    type: list
    elements: str
  state:
    description:
      - C(online) brings the targets online, whatever their state.
      - C(offline) takes their memory blocks offline; the devices stay bound.
      - C(removed) also gives the devices back, in devdax mode, or with I(destroy) destroys them.
    type: str
    choices: [online, offline, removed]
    default: online
  to:
    description:
      - Have this amount of the memory of the target online, such as C(6G), whether more or less is online now.
      - Needs I(state=online).
    type: str
  size:
    description:
      - With I(node) or I(device), the amount of memory whose blocks mhpctl chooses.
      - With I(targets) and I(state=online), the size of a new namespace, device or CXL region.
      - With I(node) and I(device) the amount is one of change, not a total, so each run of the task changes as much
        again. Use I(to) for a total.
    type: str
  node:
    description:
      - Choose blocks of this NUMA node instead of targets.
    type: int
  device:
    description:
      - Choose blocks of this dax device instead of targets.
    type: str
  zone:
    description:
      - The zone to bring blocks online in. The default of mhpctl is C(movable).
    type: str
    choices: [movable, kernel, auto]
  keep_at_least:
    description:
      - Let a block change its zone only while this amount of the other blocks is online.
    type: str
  init_labels:
    description:
      - Write an empty label index on the DIMMs of a region that has none.
    type: bool
    default: false
  name:
    description:
      - The name of a new namespace.
    type: str
  align:
    description:
      - The alignment of a new device, such as C(2M).
    type: str
  map:
    description:
      - Location of the memmap of a new namespace.
    type: str
    choices: [mem, dev]
  interleave:
    description:
      - Create one CXL region over all targets.
    type: bool
    default: false
  granularity:
    description:
      - The bytes of one way of a new CXL region, such as C(256) or C(1K).
    type: str
  window:
    description:
      - The CXL window of a new CXL region, such as C(decoder0.0).
    type: str
  destroy:
    description:
      - With I(state=removed), destroy the namespaces or CXL regions too.
    type: bool
    default: false
  drain:
    description:
      - Prepare the blocks before the first one goes offline, for at most this time, such as C(30s).
    type: str
  release:
    description:
      - In a virtual machine, with I(state=offline), wait until all free memory had the time to be reported to the host.
    type: bool
    default: false
extends_documentation_fragment:
  - mhpctl.memory.mhpctl
  - mhpctl.memory.mhpctl.act
attributes:
  check_mode:
    description: Runs mhpctl with C(--dry-run), which changes nothing.
    support: full
  diff_mode:
    description: The diff has a line for each step of the plan.
    support: full
author:
  - Seed 749faf43 maintainers (@mhpctl)
seealso:
  - module: mhpctl.memory.memory_policy
  - module: mhpctl.memory.memory_info
"""

EXAMPLES = r"""
- name: Bring an empty region online as movable memory
  mhpctl.memory.memory:
    targets: region0
    zone: movable
    consent: memory
  become: true

- name: Have 6 GiB of node 1 online
  mhpctl.memory.memory:
    targets: node1
    to: 6G
  become: true

- name: Take a device offline, and bring all of it back online if a block stays
  mhpctl.memory.memory:
    targets: dax0.0
    state: offline
    timeout: 2min
    rollback: true
  become: true

- name: Take what can be taken, and continue if only a part went offline
  mhpctl.memory.memory:
    targets: [dax0.0, dax1.0]
    state: offline
    keep_going: true
  become: true
  register: taken
  failed_when: taken.failed and not taken.partial | default(false)

- name: Turn a card into a bare one, which can then be unplugged
  mhpctl.memory.memory:
    targets: "0x10f"
    state: removed
    destroy: true
    consent: data
  become: true
"""

RETURN = r"""
status:
  description: How the command ended, in the words of mhpctl-json(7).
  type: str
  returned: when mhpctl ran
  sample: blocked
exit_code:
  description: The exit status of mhpctl.
  type: int
  returned: when mhpctl ran
  sample: 4
partial:
  description: Whether some targets are in the wanted state and some are not (exit status 64).
  type: bool
  returned: when mhpctl ran
  sample: false
blocked:
  description: Whether pages that cannot be moved are the cause (exit status 4).
  type: bool
  returned: when mhpctl ran
  sample: true
reason:
  description: The reason of the first failure, a word of mhpctl-json(7).
  type: str
  returned: when mhpctl ran; null without a failure
  sample: pinned
hint:
  description: What to do next.
  type: str
  returned: when mhpctl ran; null without a hint
  sample: stop fio, or let it unregister its buffers
failures:
  description: All failures, as in the document of mhpctl.
  type: list
  elements: dict
  returned: when mhpctl ran
  sample: [{"target": "memory40", "step": "offline_block", "reason": "pinned", "message": "memory40: offline failed"}]
holders:
  description: The processes that hold pages, one entry for each.
  type: list
  elements: dict
  returned: when mhpctl ran
  contains:
    target:
      description: The memory block.
      type: str
      sample: memory40
    pid:
      description: The process.
      type: int
      sample: 412
    comm:
      description: Its name. A process chooses it, and it may have control characters.
      type: str
      sample: fio
    uid:
      description: Its user.
      type: int
      sample: 1000
    cgroup:
      description: Its cgroup.
      type: str
      sample: /system.slice/db.service
    kind:
      description: The object that holds the pin.
      type: str
      sample: io_uring
    detail:
      description: More about that object.
      type: str
      sample: 1 registered buffer
    confidence:
      description: How certain that is.
      type: str
      sample: certain
targets:
  description: What became of each target, as in the document of mhpctl.
  type: list
  elements: dict
  returned: when mhpctl ran and not in check mode
  sample: [{"target": "dax0.0", "status": "ok", "changed": true, "blocks_done": 64, "blocks_total": 64}]
receipt:
  description: The blocks that a request with a size has chosen, as in the document of mhpctl.
  type: dict
  returned: when the request has a size
  sample: {"target": "node1", "direction": "offline", "asked_bytes": 134217728, "given_bytes": 134217728}
plan:
  description: The steps that would run, one line each.
  type: list
  elements: str
  returned: in check mode, and with diff
  sample: ["online_block memory34-35 zone=movable (offline)"]
command:
  description: The command that ran.
  type: list
  elements: str
  returned: always, if mhpctl is installed
  sample: ["/usr/bin/mhpctl", "--progress=never", "online", "--json", "--", "region0"]
unknown:
  description:
    - Whether the output of mhpctl could not be understood, so that it is not known what it has done.
    - The task is then changed if a command ran that may have changed something.
  type: bool
  returned: if so
  sample: true
program_missing:
  description: Whether mhpctl is not installed on the host.
  type: bool
  returned: if so
  sample: true
stdout:
  description: The output of mhpctl.
  type: str
  returned: if it could not be understood
  sample: ""
stderr:
  description: The messages of mhpctl.
  type: str
  returned: if its output could not be understood
  sample: ""
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mhpctl.memory.plugins.module_utils import mhpctl as mhp

COMMANDS = {"online": "online", "offline": "offline", "removed": "remove"}
NAMESPACE_OPTIONS = ("zone", "keep_at_least", "init_labels", "name", "align", "map", "interleave", "granularity", "window")
CHOICE_OPTIONS = ("size", "node", "device")
OPTIONS = {
    "online": CHOICE_OPTIONS + NAMESPACE_OPTIONS,
    "offline": CHOICE_OPTIONS + ("drain", "release"),
    "remove": ("destroy", "drain"),
    "resize": ("to", "drain"),
}


def argument_spec():
    spec = dict(
        targets=dict(type="list", elements="str"),
        state=dict(type="str", choices=["online", "offline", "removed"], default="online"),
        to=dict(type="str"),
        size=dict(type="str"),
        node=dict(type="int"),
        device=dict(type="str"),
        zone=dict(type="str", choices=["movable", "kernel", "auto"]),
        keep_at_least=dict(type="str"),
        init_labels=dict(type="bool", default=False),
        name=dict(type="str"),
        align=dict(type="str"),
        map=dict(type="str", choices=["mem", "dev"]),
        interleave=dict(type="bool", default=False),
        granularity=dict(type="str"),
        window=dict(type="str"),
        destroy=dict(type="bool", default=False),
        drain=dict(type="str"),
        release=dict(type="bool", default=False),
    )
    spec.update(mhp.COMMON_ARGUMENTS)
    spec.update(mhp.ACT_ARGUMENTS)
    return spec


def command_of(params):
    """Returns the command of mhpctl, or raises ValueError with the contradiction."""
    command = COMMANDS[params["state"]]
    if params["to"]:
        if command != "online":
            raise ValueError("to is how much stays online: it needs state=online")
        if len(params["targets"] or []) != 1:
            raise ValueError("to needs exactly one target, a node or a dax device")
        command = "resize"
    for name in sorted(set(sum(OPTIONS.values(), ()))):
        if name not in OPTIONS[command] and params[name] not in (None, False):
            raise ValueError("{0} has no meaning for mhpctl {1}".format(name, command))
    if command == "offline" and params["size"] and params["targets"]:
        raise ValueError("size needs node or device instead of targets; to is how much of a target is online")
    return command


def words_of(command, params):
    """Returns the options and the targets of the command."""
    words = []
    for name in OPTIONS[command]:
        words += mhp.option(name, params[name])
    return words + mhp.act_options(params) + ["--"] + (params["targets"] or [])


def plan(mhpctl, command, words):
    """Returns the plan. If it depends on values that cannot be read, the module ends."""
    document = mhpctl.document(command, ["--dry-run"] + words)
    if document["exit_code"] != 0:
        mhpctl.fail(document, changed=False)
    if not document.get("steps") and document.get("hidden"):
        hidden = ["{0}: {1}".format(each["what"], each["why"]) for each in document["hidden"]]
        mhpctl.fail(dict(document, failures=[{
            "reason": "not_permitted", "message": "whether something is to do depends on values that cannot be read: "
            + "; ".join(hidden), "hint": "run the task with become"}]), changed=False)
    return document


def run(module, mhpctl, command, words):
    result = {}
    if module.check_mode or module._diff:
        planned = plan(mhpctl, command, words)
        result["plan"] = mhp.plan_lines(planned)
        if module._diff:
            result["diff"] = mhp.plan_diff(planned, "mhpctl " + command)
        document = planned
    if not module.check_mode:
        document = mhpctl.document(command, words)
    for key in ("receipt", "targets"):
        if document.get(key) and not (module.check_mode and key == "targets"):
            result[key] = document[key]
    result["changed"] = bool(document["steps"]) if module.check_mode else document["changed"]
    if document["exit_code"] != 0:
        mhpctl.fail(document, **result)
    result.update(mhp.outcome(document))
    module.exit_json(command=document["argv"], warnings=document.get("warnings") or [], **result)


def main():
    module = AnsibleModule(
        argument_spec=argument_spec(),
        supports_check_mode=True,
        required_one_of=[("targets", "node", "device")],
        mutually_exclusive=[("targets", "node", "device"), ("rollback", "keep_going")],
        required_by={"node": "size", "device": "size"},
    )
    try:
        command = command_of(module.params)
    except ValueError as error:
        module.fail_json(msg=str(error))
    if module.params["sysroot"] and not module.check_mode:
        module.fail_json(msg="sysroot is a copy of a machine, which only check mode can read: nothing was changed")
    run(module, mhp.Mhpctl(module), command, words_of(command, module.params))


if __name__ == "__main__":
    main()
