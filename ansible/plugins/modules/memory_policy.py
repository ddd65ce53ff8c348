# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright: 2026 Seed 749faf43 maintainers
# GNU General Public License version 2, or version 3, or any later version
"""Install a memory policy, compare the host with it, and apply it."""

DOCUMENTATION = r"""
---
module: memory_policy
short_description: Install a memory policy, compare the host with it, and apply it
version_added: 0.2.0
description:
  - Writes a policy of mhpctl from data or text, after C(mhpctl policy check) has accepted it.
  - Compares the host with it by C(mhpctl plan --exit-code).
  - With I(apply), makes the changes by C(mhpctl apply).
  - The task has changed something if the file differed, or if the document of C(mhpctl apply) says so.
  - A section that fails, fails the task, with the reason, the processes that hold its pages, and a hint.
options:
  path:
    description:
      - The policy file, such as C(/etc/mhpctl/policy.d/10-memory.conf). Its directory is created if it is missing.
      - Without I(content), I(src), I(sections) and I(reporting), an existing file, or a directory of policy files.
      - If it is not set, the installed policy of all directories is compared and applied.
    type: path
    aliases: [dest]
  sections:
    description:
      - Sections of the policy. The key C(section) of each is its name, the others are those of mhpctl-policy(5).
      - A key with a dot, such as C(match.region), may be written as a dictionary.
      - A list becomes words separated by spaces, and a boolean C(yes) or C(no).
      - Write serial numbers and ratios in quotes, since YAML reads C(0x1f) and C(3:1) as numbers.
    type: list
    elements: dict
  reporting:
    description:
      - The section C([reporting]) of the policy, with the keys C(order) and C(delay).
    type: dict
  content:
    description:
      - The policy as text.
    type: str
  src:
    description:
      - A file on the host whose content is the policy. For a file of the controller, give I(content) the lookup
        C(ansible.builtin.file) or C(ansible.builtin.template).
    type: path
  state:
    description:
      - C(present) installs the policy, C(absent) deletes the file.
      - Memory stays as it is when a policy is deleted.
    type: str
    choices: [present, absent]
    default: present
  apply:
    description:
      - Make the changes of the policy at I(path), or of the installed policy if I(path) is not set.
      - Without it only the file is installed. The host follows it when a device appears, and at the next boot, if the
        package mhpctl-policy is installed.
    type: bool
    default: false
  backup:
    description:
      - Keep a copy of the file that is replaced or deleted, with the time in its name.
    type: bool
    default: false
extends_documentation_fragment:
  - mhpctl.memory.mhpctl
  - mhpctl.memory.mhpctl.act
  - ansible.builtin.files
attributes:
  check_mode:
    description: The policy is checked and compared from a temporary file.
    support: full
  diff_mode:
    description: The diff has the policy file, and with I(apply) a line for each step of the plan.
    support: full
author:
  - Seed 749faf43 maintainers (@mhpctl)
seealso:
  - module: mhpctl.memory.memory
  - module: mhpctl.memory.memory_info
"""

EXAMPLES = r"""
- name: Declare the memory of two cards, and apply it
  mhpctl.memory.memory_policy:
    path: /etc/mhpctl/policy.d/10-memory.conf
    sections:
      - section: cards
        match:
          serial: ["0x10f", "0x110"]
        interleave: true
        size: 128G
        ratio_limit: "3:1"
    apply: true
  become: true

- name: Install a policy file of the controller for the next boot
  mhpctl.memory.memory_policy:
    path: /etc/mhpctl/policy.d/20-fast.conf
    content: "{{ lookup('ansible.builtin.file', 'fast.conf') }}"
    backup: true
  become: true

- name: See whether the host meets the installed policy
  mhpctl.memory.memory_policy:
  become: true
  register: policy
  failed_when: policy.failed or not policy.met

- name: Apply the installed policy
  mhpctl.memory.memory_policy:
    apply: true
    wait: 5min
  become: true

- name: Delete a policy file
  mhpctl.memory.memory_policy:
    path: /etc/mhpctl/policy.d/20-fast.conf
    state: absent
  become: true
"""

RETURN = r"""
path:
  description: The policy.
  type: str
  returned: if it was given
  sample: /etc/mhpctl/policy.d/10-memory.conf
file_changed:
  description: Whether the file or its attributes differed.
  type: bool
  returned: always
  sample: true
backup_file:
  description: The copy of the file that was replaced or deleted.
  type: str
  returned: with backup, if there was one
  sample: /etc/mhpctl/policy.d/10-memory.conf.4711.2026-11-30@12:00:00~
met:
  description: Whether the host met the policy before the task; null if that is not known.
  type: bool
  returned: with state=present
  sample: false
plan:
  description: The steps from the host to the policy, one line each, before the task.
  type: list
  elements: str
  returned: with state=present
  sample: ["online_block memory34-35 section=fast zone=movable (offline)"]
plan_failures:
  description: Why the plan is not known, as in the document of C(mhpctl plan).
  type: list
  elements: dict
  returned: if it is not known, and apply is false
  sample: [{"section": "fast", "reason": "mismatch", "message": "namespace0.0 exists and has 1 GiB"}]
problems:
  description: What C(mhpctl policy check) found, with file and line.
  type: list
  elements: dict
  returned: if it found something
  sample: [{"file": "10-memory.conf", "line": 3, "severity": "error", "message": "unknown key", "hint": null}]
sections:
  description: How each section ended, as in the document of C(mhpctl apply).
  type: list
  elements: dict
  returned: if the policy was applied
  sample: [{"section": "fast", "status": "ok", "changed": true, "targets": 1}]
targets:
  description: What became of each target, as in the document of C(mhpctl apply).
  type: list
  elements: dict
  returned: if the policy was applied
  sample: [{"target": "dax0.0", "section": "fast", "status": "ok", "changed": true}]
status:
  description: How the command ended, in the words of mhpctl-json(7).
  type: str
  returned: if the policy was applied, or a command failed
  sample: ok
exit_code:
  description: The exit status of mhpctl.
  type: int
  returned: if the policy was applied, or a command failed
  sample: 0
partial:
  description: Whether some targets are in the wanted state and some are not (exit status 64).
  type: bool
  returned: if the policy was applied, or a command failed
  sample: false
blocked:
  description: Whether pages that cannot be moved are the cause (exit status 4).
  type: bool
  returned: if the policy was applied, or a command failed
  sample: false
reason:
  description: The reason of the first failure, a word of mhpctl-json(7).
  type: str
  returned: if the policy was applied, or a command failed
  sample: pinned
hint:
  description: What to do next.
  type: str
  returned: if the policy was applied, or a command failed
  sample: stop fio
failures:
  description: All failures, as in the document of mhpctl.
  type: list
  elements: dict
  returned: if the policy was applied, or a command failed
  sample: [{"target": "memory40", "section": "fast", "reason": "pinned"}]
holders:
  description: The processes that hold pages, with the keys that M(mhpctl.memory.memory) returns.
  type: list
  elements: dict
  returned: if the policy was applied, or a command failed
  sample: [{"target": "memory40", "pid": 412, "comm": "fio", "kind": "io_uring"}]
command:
  description: The last command that ran.
  type: list
  elements: str
  returned: if the policy was applied, or a command failed
  sample: ["/usr/bin/mhpctl", "--progress=never", "apply", "--json", "--", "/etc/mhpctl/policy.d/10-memory.conf"]
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
"""

import os
import shutil
import tempfile

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.text.converters import to_bytes, to_text
from ansible_collections.mhpctl.memory.plugins.module_utils import mhpctl as mhp
from ansible_collections.mhpctl.memory.plugins.module_utils import policy as text_of

CONTENT = ("content", "src", "sections", "reporting")


def read_file(module, path):
    """Returns the bytes of a file, or None if it is missing."""
    try:
        with open(path, "rb") as stream:
            return stream.read()
    except (IOError, OSError) as error:
        if not os.path.lexists(path) or (os.path.islink(path) and not os.path.exists(path)):
            return None
        module.fail_json(msg="{0} cannot be read: {1}".format(path, error))


def wanted_content(module):
    """Returns the policy as bytes, or None if the task does not say it."""
    params = module.params
    if params["content"] is not None:
        text = params["content"]
        return to_bytes(text if text.endswith("\n") or not text else text + "\n")
    if params["src"]:
        content = read_file(module, params["src"])
        if content is None:
            module.fail_json(msg="{0} is missing on the host".format(params["src"]))
        return content
    if params["sections"] is not None or params["reporting"]:
        try:
            return to_bytes(text_of.render(params["sections"], params["reporting"]))
        except text_of.PolicyError as error:
            module.fail_json(msg="the policy cannot be written: {0}".format(error))
    return None


class Policy:
    """One policy of the host, and what the task does to it."""

    def __init__(self, module, mhpctl):
        self.module = module
        self.mhpctl = mhpctl
        self.path = module.params["path"]
        self.content = wanted_content(module)
        self.before = None
        self.private = tempfile.mkdtemp(prefix="policy-", dir=module.tmpdir)
        module.add_cleanup_file(self.private)
        self.result = {"changed": False, "file_changed": False}
        self.diffs = []
        if self.path:
            self.result["path"] = self.path

    # ---- the file ---------------------------------------------------------------------------

    def write_private(self, name, content):
        path = os.path.join(self.private, name)
        if not os.path.isdir(os.path.dirname(path)):
            os.mkdir(os.path.dirname(path), 0o700)
        with open(path, "wb") as stream:
            stream.write(content)
        os.chmod(path, 0o600)
        return path

    def problems(self, path):
        """Returns what mhpctl finds wrong, with the names that the files will have."""
        document = self.mhpctl.document("policy", ["check", "--", path])
        if document["exit_code"] not in (0, 2) or (document["exit_code"] == 2 and not document.get("problems")):
            self.mhpctl.fail(document, **self.result)
        found = []
        for problem in document.get("problems") or []:
            renamed = dict(problem)
            for key in ("file", "hint"):
                renamed[key] = (problem[key] or "").replace(os.path.dirname(path) + "/", "").replace(path + "/", "") or None
            found.append(renamed)
        return found

    def neighbours(self):
        """Returns the other policy files of the directory, by name."""
        directory, own = os.path.split(self.path)
        names = os.listdir(directory) if os.path.isdir(directory) else []
        return [name for name in sorted(names) if name.endswith(".conf") and not name.startswith(".") and name != own]

    def check_beside(self):
        """Returns problems that the file makes together with the others of its directory."""
        names = self.neighbours()
        if not names or not self.path.endswith(".conf"):
            return []
        directory = os.path.dirname(self.path)
        for name in names:
            self.write_private(os.path.join("all", name), read_file(self.module, os.path.join(directory, name)) or b"")
        folder = os.path.join(self.private, "all")
        old = self.problems(folder)
        self.write_private(os.path.join("all", os.path.basename(self.path)), self.content)
        known = [(each["file"], each["message"], each["hint"]) for each in old]
        return [each for each in self.problems(folder) if (each["file"], each["message"], each["hint"]) not in known]

    def check(self):
        """Ends the module unless mhpctl accepts the content; returns the file that has it."""
        directory, name = os.path.split(self.path)
        if os.path.basename(directory) == "policy.d" and (name.startswith(".") or not name.endswith(".conf")):
            self.module.fail_json(msg="mhpctl ignores {0}: the name of a policy file ends in .conf and does not begin with "
                                  "a dot".format(self.path), **self.result)
        path = self.write_private(name, self.content)
        found = self.problems(path)
        if not [each for each in found if each["severity"] == "error"]:
            found += [each for each in self.check_beside() if each not in found]
        errors = [each for each in found if each["severity"] == "error"]
        if found:
            self.result["problems"] = found
        for each in found:
            if each["severity"] != "error":
                self.module.warn(problem_text(each))
        if errors:
            self.module.fail_json(msg="the policy is not valid, and was not installed: "
                                  + " | ".join(problem_text(each) for each in errors[:3]), **self.result)
        return path

    def add_file_diff(self, after):
        self.diffs.append({
            "before_header": self.path, "after_header": self.path,
            "before": to_text(self.before or b"", errors="surrogate_then_replace"),
            "after": to_text(after, errors="surrogate_then_replace"),
        })

    def changed_file(self):
        self.result["changed"] = self.result["file_changed"] = True
        self.mhpctl.changed = not self.module.check_mode

    def backup(self):
        if self.module.params["backup"] and os.path.exists(self.path):
            self.result["backup_file"] = self.module.backup_local(self.path)

    def install(self, checked):
        """Puts the checked file in place."""
        params = self.module.params
        self.before = read_file(self.module, self.path)
        directory = os.path.dirname(self.path)
        if self.before != self.content:
            self.changed_file()
            self.add_file_diff(self.content)
        if self.before != self.content and not self.module.check_mode:
            if not os.path.isdir(directory):
                os.makedirs(directory, 0o755)
            self.backup()
            copy = self.write_private("installed", self.content)
            os.chmod(copy, 0o644)
            self.module.atomic_move(copy, self.path, unsafe_writes=params["unsafe_writes"])
        if os.path.lexists(self.path):
            attributes = self.module.load_file_common_arguments(params, path=self.path)
            if self.module.set_fs_attributes_if_different(attributes, False):
                self.changed_file()
        return checked if self.module.check_mode else self.path

    def delete(self):
        if not os.path.lexists(self.path):
            return
        if os.path.isdir(self.path) and not os.path.islink(self.path):
            self.module.fail_json(msg="{0} is a directory; state=absent deletes one file".format(self.path))
        self.before = read_file(self.module, self.path)
        self.changed_file()
        self.add_file_diff(b"")
        if not self.module.check_mode:
            self.backup()
            os.unlink(self.path)

    # ---- the machine ------------------------------------------------------------------------

    def plan(self, operand):
        """Returns whether the host meets the policy, or None."""
        document = self.mhpctl.document("plan", ["--exit-code"] + self.operands(operand))
        self.result["plan"] = mhp.plan_lines(document)
        self.result["met"] = {0: True, 10: False}.get(document["exit_code"])
        if self.module.params["apply"]:
            self.diffs.append(mhp.plan_diff(document, self.path or "the installed policy"))
        if self.result["met"] is not None:
            return
        if self.module.params["apply"] and self.module.check_mode or document["exit_code"] == 2:
            self.mhpctl.fail(document, **self.result)
        if not self.module.params["apply"]:
            self.result["plan_failures"] = document["failures"]
            self.module.warn("whether the host meets the policy is not known: " + mhp.failures_text(document["failures"]))

    @staticmethod
    def operands(operand):
        return ["--", operand] if operand else []

    def apply(self):
        document = self.mhpctl.document("apply", mhp.act_options(self.module.params) + self.operands(self.path))
        for key in ("sections", "targets"):
            self.result[key] = document.get(key) or []
        self.result["changed"] = self.result["changed"] or document["changed"]
        if document["exit_code"] != 0:
            if self.module._diff:
                self.result["diff"] = self.diffs
            self.mhpctl.fail(document, **self.result)
        self.result.update(mhp.outcome(document), command=document["argv"], warnings=document.get("warnings") or [])

    def run(self):
        if self.module.params["state"] == "absent":
            self.delete()
            return
        operand = self.path
        if self.content is not None:
            operand = self.install(self.check())
        self.plan(operand)
        if not self.module.params["apply"] or self.result["met"]:
            return
        if self.module.check_mode:
            self.result["changed"] = True
        else:
            self.apply()

    def close(self):
        shutil.rmtree(self.private, ignore_errors=True)


def problem_text(problem):
    """Returns a problem in one line."""
    place = "{0}:{1}".format(problem["file"], problem["line"]) if problem["line"] else problem["file"]
    text = "{0}: {1}".format(place, problem["message"])
    return mhp.printable(text + "; hint: " + problem["hint"] if problem["hint"] else text)


def contradiction(module):
    """Returns what is wrong with the parameters, or None."""
    params = module.params
    has_content = any(params[name] is not None for name in CONTENT)
    if params["state"] == "absent":
        if has_content or params["apply"]:
            return "state=absent deletes the file at path: it takes no content, and apply=false"
        return None if params["path"] else "state=absent needs path"
    if has_content and not params["path"]:
        return "a policy needs path, the file to write"
    if has_content and os.path.isdir(params["path"]):
        return "{0} is a directory; path is the file to write".format(params["path"])
    if not has_content and params["path"] and not os.path.exists(params["path"]):
        return "{0} is missing; sections, content or src say what to write".format(params["path"])
    if params["sysroot"] and not module.check_mode and (has_content or params["apply"]):
        return "sysroot is a copy of a machine, which only check mode can read: nothing was changed"
    return None


def main():
    spec = dict(
        path=dict(type="path", aliases=["dest"]),
        sections=dict(type="list", elements="dict"),
        reporting=dict(type="dict"),
        content=dict(type="str"),
        src=dict(type="path"),
        state=dict(type="str", choices=["present", "absent"], default="present"),
        apply=dict(type="bool", default=False),
        backup=dict(type="bool", default=False),
    )
    spec.update(mhp.COMMON_ARGUMENTS)
    spec.update(mhp.ACT_ARGUMENTS)
    module = AnsibleModule(
        argument_spec=spec,
        add_file_common_args=True,
        supports_check_mode=True,
        mutually_exclusive=[("content", "src", "sections"), ("content", "reporting"), ("src", "reporting"),
                            ("rollback", "keep_going")],
    )
    wrong = contradiction(module)
    if wrong:
        module.fail_json(msg=wrong)
    policy = Policy(module, mhp.Mhpctl(module))
    policy.run()
    policy.close()
    if module._diff:
        policy.result["diff"] = policy.diffs
    module.exit_json(**policy.result)


if __name__ == "__main__":
    main()
