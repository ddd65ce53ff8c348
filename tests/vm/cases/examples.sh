# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The examples of the documents that need a real region, namespace or job, word for word
# vm: nvdimm=9G,1G label=128k mem=3G timeout=400
# vm: usual=7.2

# examples [STATUS]: runs the examples on standard input, a line each, which end with STATUS (0), and the
# programs behind a pipe print something. tests/cli/examples.sh looks for these lines in the documents.
examples() {
	local line wanted=${1-0}

	while IFS= read -r line; do
		printf '+ %s\n' "$line"
		bash -o pipefail -c "$line" >"$OUT" 2>"$ERR" </dev/null
		RC=$?
		if [[ $RC != "$wanted" ]]; then
			fail "$line" "status $RC, not $wanted: $(head -n 3 "$ERR" | xargs -0)"
		elif [[ $line == *'| jq'* && ! -s $OUT ]]; then
			fail "$line" 'no output'
		else
			ok "$line"
		fi
	done
}

# watch LINE: starts one that prints changes until it is stopped.
watch() {
	printf '+ %s &\n' "$1"
	NR_WATCHES=$((NR_WATCHES + 1))
	WATCHED[NR_WATCHES]=$1
	bash -c "$1" >"/tmp/watch$NR_WATCHES" 2>>"$ERR" </dev/null &
}

# watched: stops them; each of them has printed something.
watched() {
	local number

	# shellcheck disable=SC2046 # several processes
	kill $(pidof mhpctl)
	wait
	for number in "${!WATCHED[@]}"; do
		if [[ -s /tmp/watch$number ]]; then
			ok "${WATCHED[number]}"
		else
			fail "${WATCHED[number]}" 'no output'
		fi
	done
}

# silently ARG...: what an example needs before it.
silently() {
	mhpctl "$@" >"$OUT" 2>"$ERR" </dev/null || fail "mhpctl $*" "$(head -n 3 "$ERR" | xargs -0)"
}

# renumber: the one namespace of the region is namespace0.0, as the examples have it; the kernel gives a new one
# the next number.
renumber() {
	ndctl disable-region region0
	ndctl enable-region region0
}

NR_WATCHES=0
WATCHED=()

# ---- namespaces ---------------------------------------------------------------------------

examples <<'END'
mhpctl init --dry-run region0 region1
mhpctl create --dry-run --init-labels --size 4G --name scratch region0
mhpctl online --dry-run region0 region1
END

# The labels are written here: a busy host does not read all of a raw namespace in time, which counts as data.
silently create --yes=data,labels region0
silently destroy --yes namespace0.0
examples <<'END'
mhpctl create --init-labels region0
END
renumber
examples <<'END'
mhpctl destroy --dry-run namespace0.0
mhpctl destroy --yes namespace0.0
mhpctl create --map dev --align 2M --size 8G --name fast region0
END
renumber

# These print changes while the next ones make them.
watch "mhpctl monitor --json=lines | jq 'select(.event == \"blocks\")'"
watch "mhpctl monitor --json=lines | jq -r 'select(.event == \"blocks\" and .state == \"online\").blocks'"
sleep 3
examples <<'END'
mhpctl online namespace0.0
mhpctl offline --json=lines dax0.0 | jq -r 'select(.event == "step_done") | "\(.elapsed_ms) \(.step) \(.object)"'
END
# Offline, its data would be asked for.
silently online namespace0.0
examples <<'END'
mhpctl remove --destroy namespace0.0
END
watched
silently create region0
renumber
examples <<'END'
mhpctl destroy namespace0.0
END

# ---- jobs ---------------------------------------------------------------------------------

examples <<'END'
mhpctl online --async --first 4G region0
END
silently wait 1
silently remove --destroy region0
examples <<'END'
mhpctl online --async --first 16G region0
END
silently wait 2
silently remove --destroy region0
silently online --async region0
examples <<'END'
mhpctl wait --first 16G 3
END
silently wait 3
silently remove --destroy region0
silently online --async region0
examples <<'END'
mhpctl wait --timeout 10min 3 4
mhpctl jobs --json 3
mhpctl cancel 3
mhpctl init --async --first 1T
END

# ---- pins ---------------------------------------------------------------------------------

cp "$(command -v bash)" /tmp/postgres
echo 4710 >/proc/sys/kernel/ns_last_pid
/tmp/postgres -c 'read -r -t 120 </dev/zero; sleep 300' &
eq 'the process of the examples' 4711 $!
examples 4 <<'END'
mhpctl check --pin 8G --node 2 --pid 4711
mhpctl check --pin 8G --node 2 --pid $(pidof postgres)
END
timeout -s INT 4 mhpctl monitor --pins --timeout 60s >"$OUT" 2>"$ERR"
eq 'mhpctl monitor --pins --timeout 60s' 130 $?
kill %% 2>/dev/null

# ---- a kernel zone: the last, as it may never leave ----------------------------------------

silently remove --destroy region0
examples <<'END'
mhpctl online --init-labels --size 8G --zone kernel region0
END
