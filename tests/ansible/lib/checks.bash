# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Checks of the sources of the collection.
#
# shellcheck disable=SC2034,SC2153 # variables of tests/cli/lib.bash and of tests/ansible/run

# modules: their names
modules() {
	basename -s .py "$COLLECTION"/plugins/modules/*.py
}

check_documents() {
	local module

	for module in $(modules); do
		command_line="ansible-doc $module"
		like "ansible-doc shows $module" "$(ansible-doc -t module "mhpctl.memory.$module" 2>&1)" \
			'*ADDED IN: version*OPTIONS*EXAMPLES:*RETURN VALUES:*'
	done
	command_line='ansible-doc -t role mhpctl.memory.mhpctl'
	like 'ansible-doc shows the role' "$(ansible-doc -t role mhpctl.memory.mhpctl 2>&1)" '*mhpctl_policies*'
	is 'README.md names each module' \
		"$(for module in $(modules); do grep -q "mhpctl.memory.$module\`" "$COLLECTION/README.md" || echo "$module"; done)" ''
}

# The version of the collection is that of the next release of the program.
check_package() {
	local version

	version=$(sed -n 's/^## \([0-9.]*\).*/\1/p' "$TOP/CHANGELOG.md" | head -n 1)
	is 'the version is that of mhpctl' "$(sed -n 's/^version: //p' "$COLLECTION/galaxy.yml")" "$version"
	like 'Ansible knows the version of an installed copy' \
		"$(ansible-galaxy collection list mhpctl.memory 2>&1)" "*mhpctl.memory $version*"
	command_line='ansible-galaxy collection build'
	ok 'ansible-galaxy builds the collection' \
		ansible-galaxy collection build "$COLLECTION" --output-path "$WORK/galaxy"
	ok 'and installs it' ansible-galaxy collection install "$WORK/galaxy"/*.tar.gz -p "$WORK/installed" --offline 2>"$WORK/err"
	is 'without its tests' "$(cd "$WORK/installed/ansible_collections/mhpctl/memory" && find . -path '*test*')" ''
	is 'make install has the same files, and galaxy.yml' "$(files_of_make | grep -vx ./galaxy.yml)" \
		"$(cd "$WORK/installed/ansible_collections/mhpctl/memory" && find . -type f ! -name '*.json' | sort)"
}

# files_of_make: what ansible/local.mk installs
files_of_make() {
	sed 's/\\$//' "$TOP/ansible/local.mk" | tr -s '\t ' '\n' | sed -n 's|^ansible/\(.*\..*\)|./\1|p' |
		grep -v '^./tests/\|local.mk\|/\.' | sort
}

lint() {
	(cd "$1" && ansible-lint --nocolor "${@:2}" 2>&1)
}

check_lint() {
	command_line='ansible-lint'
	ok 'ansible-lint finds nothing, production profile' lint "$COLLECTION"
	mkdir -p "$WORK/planted/ansible_collections/mhpctl"
	cp -r "$COLLECTION" "$WORK/planted/ansible_collections/mhpctl/memory"
	printf -- '---\n- hosts: all\n  tasks:\n    - command: reboot\n' \
		>"$WORK/planted/ansible_collections/mhpctl/memory/playbooks/planted.yml"
	like 'ansible-lint finds a planted fault' "$(lint "$WORK/planted/ansible_collections/mhpctl/memory" playbooks/planted.yml)" \
		'*no-changed-when*'
}

# sanity DIR [OPTION]...: ansible-test writes below the collection
sanity() {
	(cd "$1" && ansible-test sanity --local --python "$(python_version)" "${@:2}" 2>&1)
}

python_version() {
	/usr/bin/python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])'
}

# check_sanity: one test of this script for each of ansible-test
check_sanity() {
	local name bad planted=$WORK/planted/ansible_collections/mhpctl/memory

	"$HERE/lib/sanity-environments" >"$WORK/no-environment"
	is 'only changelog has no environment' "$(cat "$WORK/no-environment")" changelog
	mapfile -t skipped < <(printf -- '--skip-test\n%s\n' changelog pslint | paste -d' ' - - | xargs -n1)
	command_line="ansible-test sanity ${skipped[*]}"
	sanity "$COLLECTION" "${skipped[@]}" >"$WORK/sanity"
	bad=$(sed -n '/^FATAL: The .* sanity test(s) listed below/,$p' "$WORK/sanity" | tail -n +2)
	while read -r name; do
		if grep -qx "$name.*" <<<"$bad"; then
			fail "sanity: $name" "$(grep '^ERROR' "$WORK/sanity")"
		else
			pass "sanity: $name"
		fi
	done < <(sed -n 's/^Running sanity test "\([^"]*\)".*/\1/p' "$WORK/sanity")
	is 'sanity: the tests that are wanted have run' \
		"$(grep -cE '^Running sanity test "(compile|import|pep8|pylint|validate-modules|yamllint|ansible-doc)"' "$WORK/sanity")" 7
	is 'sanity: without an error' "$(grep -E '^(ERROR|FATAL)' "$WORK/sanity")" ''
	printf 'x= 1\n' >>"$planted/plugins/module_utils/policy.py"
	sed -i 's/^  zone:$/  area:/' "$planted/plugins/modules/memory.py"
	like 'sanity finds planted faults' "$(sanity "$planted" --test pep8 --test validate-modules)" \
		'*missing whitespace around operator*area*'
}

# check_units: one test of this script for each of pytest
check_units() {
	local result name

	command_line=pytest
	(cd "$COLLECTION" && PYTHONPATH=$WORK/collections /usr/bin/python3 -m pytest -p no:cacheprovider \
		-q -rA --tb=short tests/unit) >"$WORK/pytest" 2>&1
	status=$?
	while read -r result name; do
		if [[ $result == PASSED ]]; then
			pass "unit ${name#tests/unit/plugins/}"
		else
			fail "unit ${name#tests/unit/plugins/}" "$(grep '^E ' "$WORK/pytest" | head -n 5)"
		fi
	done < <(grep -E '^(PASSED|FAILED|ERROR) ' "$WORK/pytest")
	is 'the unit tests end well' "$status $(grep -c '^PASSED' "$WORK/pytest")" \
		"0 $(sed -n 's/^\([0-9]*\) passed in .*/\1/p' "$WORK/pytest")"
}

# check_answers: the stand-in printed only what the schema allows
check_answers() {
	local file answers

	for file in "$HOSTS"/*/documents/*.json; do
		complaints "$file"
	done >"$WORK/complaints"
	answers=("$HOSTS"/*/documents/*.json)
	is "the ${#answers[@]} documents of the stand-in match the schema" "$(head -n 5 "$WORK/complaints")" ''
}
