# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Checks of the sources, and of the man pages made from them.

check_format() {
	local files

	mapfile -t files < <(tree_files '*.c' '*.h')
	(cd "$TOP" && clang-format --dry-run -Werror "${files[@]}")
}

# Leaks are left to the sanitizers: cppcheck does not know __attribute__((cleanup)).
check_cppcheck() {
	(cd "$TOP" && cppcheck --quiet --error-exitcode=1 --inline-suppr -j "$(nproc)" --std=c11 \
		--enable=warning,performance,portability --suppress=memleak --suppress=resourceLeak \
		--library=gnu,tests/lib/cppcheck.cfg -I . -D_GNU_SOURCE cmd lib tests)
}

# Shell scripts by their first line, with or without .sh in the name. Those at the top of the tree
# are of autotools.
shell_scripts() {
	local file first

	tree_files '*' | grep / | while read -r file; do
		IFS= read -r first <"$TOP/$file" 2>/dev/null || continue
		case $first in
		'#!/bin/sh'* | '#!/bin/bash'* | '#!/usr/bin/env bash'* | '# shellcheck shell='*)
			echo "$file"
			;;
		esac
	done
}

check_shellcheck() {
	local files

	mapfile -t files < <(shell_scripts)
	(cd "$TOP" && shellcheck -x -P SCRIPTDIR:. "${files[@]}")
}

# groff complains on stderr; a good page prints nothing there.
check_man_warnings() {
	local page words status=0

	for page in "$TOP"/build-gcc/man/*.[0-9]; do
		grep -q '^[.]so ' "$page" && continue # only another name of a page
		words=$(LC_ALL=C.UTF-8 MANROFFSEQ='' MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z \
			"$page" 2>&1 >/dev/null) || status=1
		[[ $words ]] || continue
		printf '%s: %s\n' "$page" "$words"
		status=1
	done
	return "$status"
}

check_schema() {
	/usr/bin/python3 - "$TOP/schema/mhpctl-1.schema.json" <<-'END'
		import json, re, sys, jsonschema
		schema = json.load(open(sys.argv[1]))
		jsonschema.Draft202012Validator.check_schema(schema)
		# Keys and words are in snake case; the names of booleans have no prefix.
		def wrong(node):
		    if isinstance(node, list):
		        return [found for each in node for found in wrong(each)]
		    if not isinstance(node, dict):
		        return []
		    keys = node.get("properties", {})
		    keys = list(keys) if isinstance(keys, dict) else []
		    words = [w for w in node.get("enum", []) if isinstance(w, str)]
		    found = [n for n in keys + words if not re.fullmatch("[a-z][a-z0-9_]*", n)]
		    found += [n for n in keys if re.match("(is|has|can)_", n)]
		    return found + wrong(list(node.values()))
		found = wrong(schema)
		if found:
		    sys.exit(f"schema: not a published word: {found}")
		# A key that an object has by "$ref" has one meaning: what it is here, it is there.
		defs = schema["$defs"]
		def twice(node):
		    if isinstance(node, list):
		        return [found for each in node for found in twice(each)]
		    if not isinstance(node, dict):
		        return []
		    base = node.get("$ref")
		    base = defs[base.split("/")[-1]].get("properties", {}) if isinstance(base, str) else {}
		    keys = node.get("properties", {})
		    return [k for k in keys if k in base and base[k] != keys[k]] + twice(list(node.values()))
		found = twice(schema)
		if found:
		    sys.exit(f"schema: a key with two meanings: {found}")
		# Meanings of words are those of all words, and of no other.
		def strange(node):
		    if isinstance(node, list):
		        return [found for each in node for found in strange(each)]
		    if not isinstance(node, dict):
		        return []
		    words = {w for w in node.get("enum", []) if isinstance(w, str)}
		    lists = [set(node[k]) for k in ("meanings", "exit_codes") if k in node]
		    return [w for each in lists for w in words ^ each] + strange(list(node.values()))
		found = strange(schema)
		sys.exit(f"schema: words without a meaning, or the reverse: {found}" if found else 0)
	END
}
