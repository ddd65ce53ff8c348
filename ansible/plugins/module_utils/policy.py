# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright: 2026 Seed 749faf43 maintainers
# GNU General Public License version 2, or version 3, or any later version
"""Writes a policy of mhpctl from data."""

import re

HEADER = "# Managed by Ansible: changes made here are overwritten.\n"


class PolicyError(Exception):
    """Data that cannot be written as a policy."""


def value_text(key, value):
    """Returns a value as it is written in a policy."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " ".join(value_text(key, item) for item in value)
    if isinstance(value, int):
        # YAML 1.1 reads 3:1 without quotes as 181, and 0x1f as 31.
        if key == "ratio_limit" and value >= 60:
            raise PolicyError("ratio_limit is the number {0}: YAML reads 3:1 as 181, write it in quotes".format(value))
        if key == "match.serial":
            raise PolicyError("match.serial is the number {0}: write it in quotes, such as \"0x1f\"".format(value))
        return str(value)
    if not isinstance(value, str):
        raise PolicyError("{0} is neither text, a number, a boolean nor a list of them".format(key))
    text = value.strip()
    if not text:
        raise PolicyError("{0} is empty".format(key))
    if re.search(r"[\x00-\x1f\x7f]", text):
        raise PolicyError("{0} has a line break or another control character".format(key))
    if re.search(r"(^|\s);", text):
        raise PolicyError("{0} has a semicolon, which begins a comment".format(key))
    return text


def flat(values, prefix=""):
    """Yields keys and values; the keys of a dictionary follow its own key and a dot."""
    for key, value in values.items():
        if not isinstance(key, str) or not re.match(r"[A-Za-z_.]+$", key):
            raise PolicyError("\"{0}\" is not a key".format(key))
        if isinstance(value, dict):
            for pair in flat(value, prefix + key + "."):
                yield pair
        elif value is not None:
            yield prefix + key, value


def section_lines(header, values):
    lines = ["[{0}]".format(header)]
    for key, value in flat(values):
        lines.append("{0} = {1}".format(key, value_text(key, value)))
    return lines


def render(sections, reporting=None):
    """Returns the policy of the sections as text."""
    lines = []
    if reporting:
        lines += section_lines("reporting", reporting)
    for section in sections or []:
        values = dict(section)
        name = values.pop("section", None)
        if not isinstance(name, str) or not name.strip():
            raise PolicyError("a section has no name: give it one with the key \"section\"")
        if re.search(r"[\]\x00-\x1f\x7f]", name):
            raise PolicyError("\"{0}\" is not the name of a section".format(name))
        lines += section_lines("memory " + name.strip(), values)
    return HEADER + "".join(line + "\n" for line in lines)
