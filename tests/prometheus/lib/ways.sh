# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The files of fleet/, with the programs that read them.

readonly FLEET=$TOP/fleet

# ---- one policy ------------------------------------------------------------------------------

# policy_of FILE: the policy that a file brings to the machine
policy_of() {
	/usr/bin/python3 - "$FLEET/$1" <<-'END'
		import json, re, sys, urllib.parse, yaml
		path = sys.argv[1]
		text = open(path).read()
		if path.endswith("cloud-init.yaml"):
		    print(yaml.safe_load(text)["write_files"][0]["content"], end="")
		elif path.endswith("butane.yaml"):
		    print(yaml.safe_load(text)["storage"]["files"][0]["contents"]["inline"], end="")
		elif path.endswith("ignition.json"):
		    source = json.loads(text)["storage"]["files"][0]["contents"]["source"]
		    print(urllib.parse.unquote(source.removeprefix("data:,")), end="")
		else:
		    print(re.search(r'content +=> "([^"]*)"', text)[1].replace(r"\n", "\n"), end="")
	END
}

check_policies() {
	local file

	for file in cloud-init.yaml butane.yaml ignition.json mhpctl.pp; do
		policy_of "$file" >"$WORK/10-memory.conf"
		ok "the policy of $file has no problem" "$MHPCTL" policy check "$WORK/10-memory.conf"
		is "$file has the same policy as the others" "$(<"$WORK/10-memory.conf")" "$(policy_of cloud-init.yaml)"
	done
	is 'the units of all files are installed' \
		"$(grep -oh 'mhpctl-[a-z]*[.]\(timer\|service\|target\)' "$FLEET"/* | sort -u | grep -vxF -f <(cd "$UNITS" && printf '%s\n' mhpctl-*))" ''
}

# ---- cloud-init and Ignition -----------------------------------------------------------------

cloud_init() {
	PYTHONPATH=$UNPACKED/usr/lib/python3/dist-packages /usr/bin/python3 "$UNPACKED/usr/bin/cloud-init" \
		schema --config-file "$1"
}

check_cloud_init() {
	ok 'cloud-init takes its file' cloud_init "$FLEET/cloud-init.yaml"
	sed "s/permissions: .*/permissions: [0]/" "$FLEET/cloud-init.yaml" >"$WORK/bad.yaml"
	refuses 'cloud-init sees a mistake' cloud_init "$WORK/bad.yaml"
}

# The part of Butane that the file uses: inline files and units.
butane() {
	/usr/bin/python3 - "$FLEET/butane.yaml" <<-'END'
		import json, sys, urllib.parse, yaml
		config = yaml.safe_load(open(sys.argv[1]))
		assert (config.pop("variant"), config.pop("version")) == ("fcos", "1.4.0")
		for file in config["storage"]["files"]:
		    file["contents"] = {"source": "data:," + urllib.parse.quote(file["contents"]["inline"], safe="")}
		print(json.dumps({"ignition": {"version": "3.3.0"}} | config))
	END
}

check_ignition() {
	ok 'Ignition takes its file' ignition-validate "$FLEET/ignition.json"
	sed 's/"mode": 420/"mode": "0644"/' "$FLEET/ignition.json" >"$WORK/bad.json"
	refuses 'Ignition sees a mistake' ignition-validate "$WORK/bad.json"
	is 'butane.yaml says the same' "$(butane | jq -S .)" "$(jq -S . "$FLEET/ignition.json")"
}

# ---- Puppet ----------------------------------------------------------------------------------

# puppet_with ARG...: in directories of its own. It asks the machine for all of its facts, and complains of some
# that it cannot read.
puppet_with() {
	local at=$WORK/puppet

	mkdir -p "$at"/{etc,var/state,code,public}
	RUBYLIB=$UNPACKED/usr/lib/ruby/vendor_ruby ruby "$UNPACKED/usr/bin/puppet" "$@" --color=false --confdir "$at/etc" \
		--vardir "$at/var" --codedir "$at/code" --ssldir "$at/ssl" --publicdir "$at/public" --rundir "$at/run" \
		--logdir "$at/log" >"$WORK/out" 2>"$WORK/err"
}

# manifest: that of fleet/, for the policy directory and the program of the test
manifest() {
	sed "s|/etc/mhpctl/policy.d|$WORK/policy.d|; s|'/usr/local/bin'|'$WORK/tree-bin'|; s|'mhpctl policy|'$WORK/tree-bin/mhpctl policy|
		/^  owner\|^  group/d" "$FLEET/mhpctl.pp"
}

# would_run: whether a run without changes would apply the policy
would_run() {
	puppet_with apply --noop "$WORK/mhpctl.pp" || { echo "failed: $(err)"; return; }
	grep -c 'Exec\[mhpctl apply\]/returns: .*(noop)' "$WORK/out"
}

check_puppet() {
	mkdir -p "$WORK/policy.d" "$WORK/tree-bin"
	printf '#!/bin/sh\nexec %s --sysroot %s "$@"\n' "$MHPCTL" "$WORK/changing" >"$WORK/tree-bin/mhpctl"
	chmod +x "$WORK/tree-bin/mhpctl"
	ok 'Puppet reads its manifest' puppet_with parser validate "$FLEET/mhpctl.pp"
	manifest >"$WORK/mhpctl.pp"
	is 'Puppet: a policy that is met is not applied' "$(would_run)" 0
	like 'Puppet: the policy file would be written' "$(out)" '*10-memory.conf\]/ensure: current_value *absent*'
	is 'a run without changes writes nothing' "$(ls "$WORK/policy.d")" ''
	set_block offline
	is 'Puppet: a policy that is not met is applied' "$(would_run)" 1
	puppet_with apply --tags file "$WORK/mhpctl.pp"
	is 'Puppet writes the policy' "$(cat "$WORK/policy.d/10-memory.conf")" "$(policy_of mhpctl.pp)"
	rm "$WORK/policy.d/10-memory.conf"
	sed -i 's/zone = movable/zone = nonsense/' "$WORK/mhpctl.pp"
	puppet_with apply --tags file "$WORK/mhpctl.pp"
	is 'Puppet does not write a policy with a problem' "$(ls "$WORK/policy.d")" ''
}

# ---- Node Feature Discovery ------------------------------------------------------------------

# features MACHINE: what is written for the fixture
features() {
	MHPCTL="$MHPCTL --sysroot $TOP/tests/fixtures/$1/report.tar.gz" "$FLEET/nfd-features" "$WORK/features.d" || return
	cat "$WORK/features.d/mhpctl.features"
}

check_features() {
	mkdir -p "$WORK/features.d"
	sed 's/ list --json)/)/' "$FLEET/nfd-features" >"$WORK/features" # of a list in a file
	chmod +x "$WORK/features"
	is 'features: persistent memory' "$(features pmem | xargs)" 'mhpctl-online-gib=2 mhpctl-offline-gib=0 mhpctl-movable-gib=0 '\
'mhpctl-pmem=true mhpctl-cxl=false mhpctl-dax-system-ram=true mhpctl-virtio-mem=false'
	is 'features: CXL' "$(features cxl | sed -n '3,$p' | xargs)" \
		'mhpctl-movable-gib=1 mhpctl-pmem=false mhpctl-cxl=true mhpctl-dax-system-ram=true mhpctl-virtio-mem=false'
	is 'features: virtio-mem' "$(features virtio-mem | tail -1)" mhpctl-virtio-mem=true
	is 'each is a label of Kubernetes' \
		"$(grep -vE '^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?=([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$' \
			"$WORK/features.d/mhpctl.features")" ''
	"$MHPCTL" --sysroot "$TOP/tests/fixtures/cxl/report.tar.gz" list --json |
		jq '.memory.offline_bytes = null | .nodes[0].movable_bytes = null' >"$WORK/unknown.json"
	MHPCTL="cat $WORK/unknown.json" "$WORK/features" "$WORK/features.d"
	is 'features: what is not known has no label' "$(sed -n 's/-gib=.*//p' "$WORK/features.d/mhpctl.features" | xargs)" mhpctl-online
	jq '.hidden += [{ what: "regions", why: "hidden" }]' "$WORK/unknown.json" >"$WORK/hidden.json"
	MHPCTL="cat $WORK/hidden.json" "$WORK/features" "$WORK/features.d"
	is 'features: nor has what is hidden' "$(grep -c 'mhpctl-pmem' "$WORK/features.d/mhpctl.features")" 0
	MHPCTL="$MHPCTL --sysroot $WORK/missing" refuses 'without a machine it fails' "$FLEET/nfd-features" "$WORK/features.d"
	is 'and leaves the old file, and no other' "$(ls -A "$WORK/features.d")" mhpctl.features
}

check_ways() {
	check_policies
	check_cloud_init
	check_ignition
	check_puppet
	check_features
}
