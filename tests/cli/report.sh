#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# mhpctl report on the machine of the test, and --sysroot with archives that nobody should trust.

# shellcheck source=tests/cli/lib.bash
. "$(dirname "$0")/lib.bash"
mkdir "$WORK/tmp"
export TMPDIR=$WORK/tmp # of the unpacked archives
REPORT=$WORK/report.tar.gz

# left: what is left of unpacked archives.
left() {
	find "$TMPDIR" -mindepth 1 | head -n 1
}

# ---- a report ----------------------------------------------------------------------------------

run report --json "$REPORT"
is 'a report' "$status" 0
valid 'its document'
is 'the file in it' "$(json .file)" "$REPORT"
is 'its size' "$(json .size)" "$(stat -c %s "$REPORT")"
is 'only its owner reads it' "$(stat -c %a "$REPORT")" 600
ok 'tar reads it' tar -tzf "$REPORT"
mkdir "$WORK/unpacked"
tar -xzf "$REPORT" -C "$WORK/unpacked"
is 'no link leads out of it' \
	"$(find "$WORK/unpacked" -type l -lname '/*' ! -lname /dev/null)" ''
for name in list doctor plan policy reporting jobs metrics; do
	ok "the document of $name" jq -e ".command == \"$name\"" "$WORK/unpacked/mhpctl-report/$name.json"
done
cp "$WORK/unpacked/mhpctl-report/list.json" "$WORK/out"
valid 'the list in it'
jq -S 'del(.elapsed_ms, .nodes[].kernel_available_bytes)' "$WORK/out" >"$WORK/list.then"
run --sysroot "$REPORT" list --json
is 'the same list from the archive' "$(jq -S 'del(.elapsed_ms, .nodes[].kernel_available_bytes)' "$WORK/out" |
	diff "$WORK/list.then" -)" ''
run --sysroot "$WORK/unpacked" list --json
is 'and from an unpacked one' "$(jq -S 'del(.elapsed_ms, .nodes[].kernel_available_bytes)' "$WORK/out" |
	diff "$WORK/list.then" -)" ''
is 'nothing is left of it' "$(left)" ''
is 'its owner alone is in the tree' "$(tar -tvzf "$REPORT" | awk '{ print $2 }' | sort -u)" 0/0
is 'the name of the host is in no text' \
	"$(grep -rlw "$(uname -n)" "$WORK/unpacked/etc" "$WORK/unpacked/mhpctl-report" 2>/dev/null)" ''

refused 'an existing file' 2 "cannot write $REPORT: File exists" 'hint: --force replaces it' report "$REPORT"
run report --force "$REPORT"
is 'with --force' "$status" 0
like 'text' "$(out)" "$REPORT: * files, * bytes, without names*"
"$MHPCTL" report - >"$WORK/piped" 2>"$WORK/err"
is 'on standard output' "$?" 0
is 'the same kind of file' "$(tar -tzf "$WORK/piped" | grep -c '^mhpctl-report/list.json$')" 1
run report --json -
is 'JSON and an archive on standard output' "$status" 2
(cd "$WORK" && "$MHPCTL" report >/dev/null)
ok 'the default name' test -s "$WORK/mhpctl-report.tar.gz"
refused 'no such directory' 1 "cannot write $WORK/none/x: No such file or directory" '*' report "$WORK/none/x"
refused 'a report of a report' 2 'a report is of this machine' 'hint: leave out --sysroot' \
	--sysroot "$REPORT" report "$WORK/again"
refused 'a change' 2 '--sysroot is for reading; offline would change memory' '*' --sysroot "$REPORT" offline node0
like 'check does not promise anything' "$("$MHPCTL" --sysroot "$REPORT" check node0)" \
	'*a copied tree does not have the pages of its machine*'

# ---- archives of others --------------------------------------------------------------------------

# hostile NAME PYTHON: python makes $WORK/bad.tar.gz with `add(name, type, data, link)`.
hostile() {
	python3 - "$WORK/bad.tar.gz" "$2" <<-'END'
		import io, sys, tarfile
		tar = tarfile.open(sys.argv[1], "w:gz", format=tarfile.PAX_FORMAT)
		def add(name, type=tarfile.REGTYPE, data=b"", link=""):
		    info = tarfile.TarInfo(name)
		    info.type, info.linkname, info.size = type, link, len(data)
		    tar.addfile(info, io.BytesIO(data))
		add("mhpctl-report/page_size", data=b"4096\n")
		exec(sys.argv[2])
		tar.close()
	END
	rm -rf "$WORK/escaped"
	run --sysroot "$WORK/bad.tar.gz" list
	is "$1: refused" "$status" 2
	like "$1: why" "$(err)" "mhpctl: not a report of mhpctl: $3*"
	is "$1: nothing is left" "$(left)" ''
	ok "$1: nothing is outside" test ! -e "$WORK/escaped"
}

up=../../../../../../../..
hostile 'a path upwards' "add('$up$WORK/escaped', data=b'x')" 'a path leads out of it'
hostile 'a path upwards inside' "add('sys/../../escaped')" 'a path leads out of it'
hostile 'an absolute path' "add('$WORK/escaped', data=b'x')" 'a path leads out of it'
hostile 'an absolute link' "add('sys', tarfile.SYMTYPE, link='$WORK')" 'a link leads out of it'
hostile 'a link upwards' "add('a/sys', tarfile.SYMTYPE, link='../../escaped')" 'a link leads out of it'
hostile 'a file below a link' "add('a', tarfile.SYMTYPE, link='.'); add('a/x')" 'a file is below a file or a link'
hostile 'a file below a file' "add('a'); add('a/x')" 'a file is below a file or a link'
hostile 'a file twice' "add('a'); add('a')" 'it has a file twice'
hostile 'a link and a file' "add('a', tarfile.SYMTYPE, link='b'); add('a', data=b'x')" 'it has a file twice'
hostile 'a device' "add('null', tarfile.CHRTYPE)" 'it has a device'
hostile 'a FIFO' "add('fifo', tarfile.FIFOTYPE)" 'it has a device'
hostile 'a hard link' "add('x', tarfile.LNKTYPE, link='mhpctl-report/page_size')" 'it has a device'
hostile 'a long path' "add('/'.join(['d' * 200] * 6))" 'a path is too long'
hostile 'a long name' "add('d' * 300)" 'a path leads out of it, or is too long'
hostile 'a deep path' "add('/'.join(['d'] * 60))" 'a path leads out of it, or is too long'
hostile 'a large file' "add('x', data=bytes(33 << 20))" 'it is too large'
hostile 'large files' "[add('x%d' % i, data=bytes(30 << 20)) for i in range(10)]" 'it is too large'
hostile 'a name with dots' "add('...', data=b''); add('sys/./x')" 'a path leads out of it'

# A bomb: zeros behind the end, which compress well.
{ gzip -dc "$REPORT"; head -c 300M /dev/zero; } | gzip -1 >"$WORK/bad.tar.gz"
run --sysroot "$WORK/bad.tar.gz" list
is 'a bomb' "$status" 2
is 'a bomb: nothing is left' "$(left)" ''
{ gzip -dc "$REPORT"; echo more; head -c 508 /dev/zero; } | gzip -1 >"$WORK/bad.tar.gz"
run --sysroot "$WORK/bad.tar.gz" list
like 'something behind its end' "$(err)" '*something follows its end*'

size=$(stat -c %s "$REPORT")
for part in 0 1 20 100 $((size / 7)) $((size / 3)) $((size / 2)) $((size - 9)) $((size - 1)); do
	head -c "$part" "$REPORT" >"$WORK/bad.tar.gz"
	run --sysroot "$WORK/bad.tar.gz" list
	is "cut after $part bytes" "$status $(left)" '2 '
done
gzip -dc "$REPORT" >"$WORK/plain.tar"
size=$(stat -c %s "$WORK/plain.tar")
for part in 511 512 1000 $((size / 2)) $((size - 1024)) $((size - 512)); do
	head -c "$part" "$WORK/plain.tar" >"$WORK/bad.tar"
	run --sysroot "$WORK/bad.tar" list
	is "a plain one, cut after $part bytes" "$status $(left)" '2 '
done
run --sysroot "$WORK/plain.tar" list
is 'a plain one is read' "$status" 0
tar -cf "$WORK/gnu.tar" --format=gnu -C "$WORK/unpacked" .
run --sysroot "$WORK/gnu.tar" list
is 'one that was packed again' "$status $(err)" '0 '
for byte in 3 60 150 400; do
	printf '\377' | dd of="$WORK/gnu.tar" bs=1 seek=$byte conv=notrunc status=none
	run --sysroot "$WORK/gnu.tar" list
	is "a damaged byte $byte" "$status $(left)" '2 '
done

# Unpacking a large one ends when it is asked to.
python3 - "$WORK/large.tar" <<-'END'
	import sys, tarfile
	with tarfile.open(sys.argv[1], "w", format=tarfile.PAX_FORMAT) as tar:
	    for number in range(200000):
	        tar.addfile(tarfile.TarInfo("sys/%d/%d" % (number // 1000, number)))
END
"$MHPCTL" --sysroot "$WORK/large.tar" list >"$WORK/out" 2>"$WORK/err" &
pid=$!
until [[ $(left) ]] || ! kill -0 "$pid"; do sleep 0.05; done
kill "$pid"
wait "$pid"
is 'asked to end: status' "$?" 130
like 'asked to end: message' "$(<"$WORK/err")" 'mhpctl: reading the report: interrupted*'
is 'asked to end: nothing is left' "$(left)" ''
rm "$WORK/large.tar"

echo 'this is text' >"$WORK/text"
refused 'a text' 2 'not a report of mhpctl: it ends in the middle' 'hint: the file is damaged, or something else' \
	--sysroot "$WORK/text" list
mkfifo "$WORK/fifo"
run --sysroot "$WORK/fifo" list
is 'a FIFO is not waited for' "$status" 2
refused 'a device' 2 'sysroot /dev/zero: Not a directory' 'hint: *or a report' --sysroot /dev/zero list
# valgrind needs the place, too
if ! grep -q under-valgrind "$MHPCTL"; then
	TMPDIR=/nonexistent run --sysroot "$REPORT" list
	is 'no place to unpack' "$status" 1
	like 'no place to unpack: hint' "$(err)" '*set TMPDIR*'
fi

done_testing
