# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright: 2026 Seed 749faf43 maintainers
# GNU General Public License version 2, or version 3, or any later version
"""Runs mhpctl, reads its documents, and makes results of modules from them."""

import json
import os
import re
import signal

MAJOR = 1
PARTIAL = 64
BLOCKED = 4

COMMON_ARGUMENTS = {
    "executable": {"type": "path"},
    "sysroot": {"type": "path"},
    "log": {"type": "str", "choices": ["journal", "syslog", "none"]},
}

ACT_ARGUMENTS = {
    "timeout": {"type": "str"},
    "rollback": {"type": "bool", "default": False},
    "keep_going": {"type": "bool", "default": False},
    "consent": {"type": "list", "elements": "str", "choices": ["data", "memory", "labels"]},
    "force_users": {"type": "bool", "default": False},
    "wait": {"type": "str"},
    "hook_before": {"type": "str"},
    "hook_after": {"type": "str"},
    "hook_timeout": {"type": "str"},
}

ACTING = ("online", "offline", "remove", "resize", "apply")

# Parameters that are options of the same name.
ACT_OPTIONS = ("timeout", "rollback", "keep_going", "force_users", "wait", "hook_before", "hook_after", "hook_timeout")


def option(name, value):
    """Returns the words of the option for a parameter; none for one that is not set."""
    word = "--" + name.replace("_", "-")
    if value is None or value is False:
        return []
    if value is True:
        return [word]
    return ["{0}={1}".format(word, value)]


def act_options(params):
    """Returns the options of commands that change memory."""
    words = []
    for name in ACT_OPTIONS:
        words += option(name, params[name])
    return words + option("yes", ",".join(params["consent"] or []) or None)


def holders(failures):
    """Returns who holds the pages of all failures, one entry for each owner."""
    found = []
    for failure in failures:
        for owner in failure.get("owners") or []:
            holder = owner.get("holder") or {}
            found.append({
                "target": failure.get("target"),
                "pid": owner.get("pid"),
                "comm": owner.get("comm"),
                "uid": owner.get("uid"),
                "cgroup": owner.get("cgroup"),
                "kind": holder.get("kind"),
                "detail": holder.get("detail"),
                "confidence": owner.get("confidence"),
            })
    return found


def printable(text):
    """Replaces control characters, since a process chooses its own name."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", "?", text)


def holder_text(holder):
    words = ["{0}[{1}]".format(holder["comm"] or "a process", holder["pid"])]
    if holder["kind"]:
        words.append(holder["kind"])
    if holder["detail"]:
        words.append(holder["detail"])
    return ", ".join(words)


def failure_text(failure):
    """Returns reason, message, holders and hint of a failure in one line."""
    text = "{0}: {1}".format(failure.get("reason"), failure.get("message"))
    owners = [holder_text(owner) for owner in holders([failure])]
    if owners:
        text += "; held by " + "; ".join(owners)
    if failure.get("hint"):
        text += "; hint: " + failure["hint"]
    return printable(text)


def failures_text(failures, more=3):
    texts = [failure_text(failure) for failure in failures[:more]]
    if len(failures) > more:
        texts.append("and {0} more failures".format(len(failures) - more))
    return " | ".join(texts)


def outcome(document):
    """Returns what every result has of a document."""
    failures = document.get("failures") or []
    first = failures[0] if failures else {}
    return {
        "status": document["status"],
        "exit_code": document["exit_code"],
        "partial": document["exit_code"] == PARTIAL,
        "blocked": document["exit_code"] == BLOCKED,
        "reason": first.get("reason"),
        "hint": first.get("hint"),
        "failures": failures,
        "holders": holders(failures),
    }


def step_line(step):
    """Returns a step of a plan as a line of a diff."""
    words = [step.get("step"), step.get("object")]
    for key in ("section", "mode", "zone", "size"):
        if step.get(key) is not None:
            words.append("{0}={1}".format(key, step[key]))
    if step.get("why"):
        words.append("({0})".format(step["why"]))
    return printable(" ".join(str(word) for word in words))


def plan_lines(plan):
    """Returns a plan as lines of text."""
    lines = [step_line(step) for step in plan.get("steps") or []]
    reporting = plan.get("reporting") or {}
    for key in ("order", "delay_ms"):
        if reporting.get(key) is not None and reporting.get(key) != reporting.get("old_" + key):
            lines.append("reporting {0} {1}, now {2}".format(key, reporting[key], reporting.get("old_" + key)))
    return lines


def plan_diff(plan, what):
    """Returns the diff of a plan: a line for each step."""
    lines = plan_lines(plan)
    return {
        "before_header": "memory, now",
        "after_header": "memory, by the plan of " + what,
        "before": "",
        "after": "".join(line + "\n" for line in lines),
    }


def unreadable(document, rc, command):
    """Returns why a document cannot be trusted, or None."""
    if not isinstance(document, dict):
        return "its output is not a JSON object"
    schema = document.get("schema")
    match = re.match(r"mhpctl/(\d+)$", schema) if isinstance(schema, str) else None
    if not match:
        return "its document has no schema of mhpctl"
    if int(match.group(1)) != MAJOR:
        return ("its documents have the schema {0}, and this collection reads mhpctl/{1}: "
                "install versions of mhpctl and of the collection that match".format(schema, MAJOR))
    if document.get("command") != command:
        return "its document is that of the command {0}".format(document.get("command"))
    code = document.get("exit_code")
    if isinstance(code, bool) or not isinstance(code, int):
        return "its document has no exit code"
    if code != rc:
        return "it ended with status {0}, and its document says {1}".format(rc, code)
    if (code == 0 and document.get("status") != "ok") or (code not in (0, 10) and document.get("status") == "ok"):
        return "its document has the status {0} and the exit code {1}".format(document.get("status"), code)
    if not isinstance(document.get("changed"), bool):
        return "its document does not say whether something changed"
    if not isinstance(document.get("failures"), list):
        return "its document has no list of failures"
    if code == 0 and document["failures"]:
        return "its document has failures and the exit code 0"
    return None


class Mhpctl:
    """The program on this host, for one module."""

    def __init__(self, module):
        self.module = module
        self.changed = False  # by the module itself, or possibly by a command that cannot be understood
        self.program = self.find()
        # mhpctl asks only on a terminal, and ssh may have given the module one.
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)

    def find(self):
        wanted = self.module.params["executable"]
        if wanted and os.path.isabs(wanted):
            found = wanted if os.path.isfile(wanted) and os.access(wanted, os.X_OK) else None
        else:
            found = self.module.get_bin_path(wanted or "mhpctl", opt_dirs=["/usr/local/bin"])
        if not found:
            self.module.fail_json(
                msg="{0} is not installed on this host: install the package mhpctl, as the role mhpctl.memory.mhpctl "
                    "does, or name the program with the parameter executable".format(wanted or "mhpctl"),
                program_missing=True)
        return found

    def argv(self, command, words):
        argv = [self.program]
        for name in ("sysroot", "log"):
            argv += option(name, self.module.params[name])
        return argv + ["--progress=never", command, "--json"] + words

    def distrust(self, why, argv, rc, out, err):
        """Ends the module: what mhpctl has done is not known."""
        self.module.fail_json(
            msg="mhpctl cannot be understood: {0}. What it has done is not known; "
                "\"mhpctl list\" and \"mhpctl recover\" on the host show it".format(why),
            changed=self.changed, unknown=True, command=argv, rc=rc, stdout=out, stderr=err)

    def document(self, command, words):
        """Runs a command and returns its document, which agrees with the exit status."""
        argv = self.argv(command, words)
        rc, out, err = self.module.run_command(
            argv, expand_user_and_vars=False, errors="surrogate_then_replace",
            environ_update={"LC_ALL": "C.UTF-8", "LANG": "C.UTF-8", "LANGUAGE": ""})
        before = self.changed
        self.changed = before or (command in ACTING and "--dry-run" not in words)
        if rc < 0:
            self.distrust("it was killed by signal {0}".format(signal_name(-rc)), argv, rc, out, err)
        if not out.strip():
            self.distrust("it ended with status {0} and printed nothing".format(rc), argv, rc, out, err)
        try:
            document = json.loads(out)
        except ValueError:
            self.distrust("its output is not JSON", argv, rc, out, err)
        why = unreadable(document, rc, command)
        if why:
            self.distrust(why, argv, rc, out, err)
        self.changed = before or document["changed"]
        document["argv"] = argv
        return document

    def fail(self, document, **result):
        """Ends the module with what a document says of its failures."""
        values = outcome(document)
        values.update(result)
        text = failures_text(values["failures"]) or "status {0}".format(document["status"])
        if values["partial"]:
            text = "partial: some targets are in the wanted state, and some are not: " + text
        self.module.fail_json(
            msg="mhpctl {0}: {1}".format(document["command"], text),
            warnings=[printable(warning) for warning in document.get("warnings") or []],
            command=document["argv"], **values)


def signal_name(number):
    try:
        return "{0} ({1})".format(number, signal.Signals(number).name)
    except ValueError:
        return str(number)
