# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright: 2026 Seed 749faf43 maintainers
# GNU General Public License version 2, or version 3, or any later version
"""Documentation that several modules share."""


class ModuleDocFragment:
    """Parameters of all modules, and of those that change memory."""

    DOCUMENTATION = r"""
options:
  executable:
    description:
      - The program, as a path or a name.
      - By default C(mhpctl) is searched for in C(PATH), in the directories of the superuser, and in C(/usr/local/bin).
    type: path
  sysroot:
    description:
      - Read a copy of a machine instead of the host, a directory or a file of C(mhpctl report).
      - A module that would change something is refused, except in check mode.
    type: path
  log:
    description:
      - Where mhpctl records what it does.
      - By default it is the journal, if systemd started the process, else nowhere.
    type: str
    choices: [journal, syslog, none]
attributes:
  platform:
    description: Linux with memory hotplug.
    platforms: linux
    support: full
requirements:
  - mhpctl 0.2.0 on the host, with documents of the schema C(mhpctl/1)
"""

    ACT = r"""
options:
  timeout:
    description:
      - Give up on a memory block after this time, such as C(30s) or C(2min). C(0) means no limit.
      - The default of mhpctl is 30 seconds for each block.
    type: str
  rollback:
    description:
      - Stop at the first failure and undo all steps.
    type: bool
    default: false
  keep_going:
    description:
      - Continue with the other targets or sections if some cannot be planned.
    type: bool
    default: false
  consent:
    description:
      - Actions that need no question.
      - C(data) allows losing the data of a namespace or a device.
      - C(memory) allows leaving less available memory than is safe.
      - C(labels) allows writing a label index on DIMMs that have none.
      - Without it such an action fails with the reason C(needs_consent), and nothing is changed.
    type: list
    elements: str
    choices: [data, memory, labels]
  force_users:
    description:
      - Continue if the users of a device cannot be determined.
    type: bool
    default: false
  wait:
    description:
      - Wait for this time for another mhpctl that works on the same memory, such as C(5min).
      - By default the module fails at once with the reason C(lock_held).
    type: str
  hook_before:
    description:
      - A program to run before the first change, an absolute path and arguments separated by spaces.
      - It must belong to the superuser. It does not run if there is nothing to do.
    type: str
  hook_after:
    description:
      - A program to run after the last change.
    type: str
  hook_timeout:
    description:
      - The time that each of them has. The default of mhpctl is 30 seconds.
    type: str
"""
