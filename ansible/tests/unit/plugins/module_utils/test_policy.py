# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright: 2026 Seed 749faf43 maintainers
"""Policies written from data."""

import pytest

from ansible_collections.mhpctl.memory.plugins.module_utils import policy


def test_sections():
    text = policy.render([
        {"section": "cards", "match": {"serial": ["0x10f", "0x110"], "size": ">=64G"}, "interleave": True, "order": 5},
        {"section": "fast", "match.region": "region0", "init_labels": False, "name": "label", "zone": None,
         "ratio_limit": 3, "hook": {"before": "/sbin/drain now"}},
    ], {"order": 9, "delay": "500ms"})
    assert text == policy.HEADER + (
        "[reporting]\norder = 9\ndelay = 500ms\n"
        "[memory cards]\nmatch.serial = 0x10f 0x110\nmatch.size = >=64G\ninterleave = yes\norder = 5\n"
        "[memory fast]\nmatch.region = region0\ninit_labels = no\nname = label\nratio_limit = 3\n"
        "hook.before = /sbin/drain now\n")


def test_no_section_is_a_policy():
    assert policy.render([]) == policy.HEADER


@pytest.mark.parametrize("section, words", [
    ({"match.region": "region0"}, "has no name"),
    ({"section": ""}, "has no name"),
    ({"section": 7}, "has no name"),
    ({"section": "a]\n[memory b"}, "not the name of a section"),
    ({"section": "a", "zone": "movable\nconsent = yes"}, "line break"),
    ({"section": "a", "zone": " "}, "zone is empty"),
    ({"section": "a", "name": "x ; y"}, "semicolon"),
    ({"section": "a", "name": ";"}, "semicolon"),
    ({"section": "a", "size": 1.5}, "neither text"),
    ({"section": "a", "match.serial": 271}, "in quotes"),
    ({"section": "a", "match": {"serial": [271]}}, "in quotes"),
    ({"section": "a", "ratio_limit": 181}, "3:1 as 181"),
    ({"section": "a", "zone = movable\nx": "y"}, "is not a key"),
    ({"section": "a", "": "y"}, "is not a key"),
])
def test_refused(section, words):
    with pytest.raises(policy.PolicyError) as error:
        policy.render([section])
    assert words in str(error.value)
