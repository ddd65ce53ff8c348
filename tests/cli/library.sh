#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The library for other programs: its installed headers in C and in C++, and the program in
# libmhp(3).

# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/lib.bash"

INCLUDE=$WORK/include
readonly WARNINGS=(-Wall -Wextra -Werror)

# make_value NAME: the value that configure has set
make_value() {
	sed -n "s/^$1 = //p" "$BUILD/Makefile"
}

# compile NAME TEXT COMPILER [ARGUMENT...]
compile() {
	local name=$1 text=$2 said
	shift 2

	command_line=$*
	if said=$("$@" "${WARNINGS[@]}" -fsyntax-only -I"$INCLUDE" - 2>&1 <<<"$text"); then
		pass "$name"
	else
		fail "$name" "$said"
	fi
}

# ---- headers ---------------------------------------------------------------------------------

ok 'the headers are installed' make --silent -C "$BUILD" install-includeHEADERS install-partsHEADERS \
	includedir="$INCLUDE"
is 'all of them' "$(cd "$INCLUDE" && find . -name '*.h' | sort)" \
	"$(cd "$TOP/lib" && find ./libmhp.h ./libmhp -name '*.h' | sort)"

# Each header alone: none needs another one before it.
for header in libmhp.h $(cd "$TOP/lib" && echo libmhp/*.h); do
	compile "$header is C" "#include <$header>" gcc -x c -std=c11 -pedantic
	compile "$header is C for clang" "#include <$header>" clang -x c -std=c11
	compile "$header is C++" "#include <$header>" g++ -x c++ -std=c++17
	compile "$header is C++ for clang" "#include <$header>" clang++ -x c++ -std=c++17
done

# A C++ program can initialise the structs, and links with C names.
compile 'a request is set up in C++' '
#include <libmhp.h>
int main()
{
	struct mhp_request request = MHP_REQUEST_INIT(.verb = MHP_VERB_OFFLINE);
	struct mhp_run_options options = MHP_RUN_OPTIONS_INIT();
	struct mhp_monitor_options watch = MHP_MONITOR_OPTIONS_INIT();
	struct mhp_recover_options recover = MHP_RECOVER_OPTIONS_INIT(.forget = true);

	return request.size != sizeof(request) || options.max_parallel ||
	       watch.size != sizeof(watch) || recover.size != sizeof(recover);
}' g++ -x c++ -std=c++20 -Wno-missing-field-initializers

# ---- the program in libmhp(3) ----------------------------------------------------------------

# The block of source with a main.
awk '/^----$/ { if (text ~ /int main/) printf "%s", text; text = ""; next }
	{ text = text $0 "\n" }' "$TOP/man/libmhp.adoc" >"$WORK/example.c"
read -ra cc < <(make_value CC)
read -ra sanitizers < <(make_value SAN_CFLAGS)
ok 'the example is built with the shared library' "${cc[@]}" -std=gnu11 "${WARNINGS[@]}" \
	"${sanitizers[@]}" -I"$INCLUDE" "$WORK/example.c" -L"$BUILD/.libs" -Wl,-rpath,"$BUILD/.libs" \
	-lmhp -o "$WORK/example"

# example TARGET: run it on the fake machine
example() {
	command_line="example $1"
	"$WORK/example" "$1" "$TREE" >"$WORK/out" 2>"$WORK/err" </dev/null
	status=$?
}

make_tree
example memory32
is 'what is online is so already: status' "$status" 0
is 'what is online is so already: nothing is said' "$(out)$(err)" ''
example memory34
is 'what is offline is not changed in a tree: status' "$status" 1
is 'what is offline is not changed in a tree: message' "$(err)" \
	'a copied tree cannot be changed'
is 'what is offline is not changed in a tree: its state' \
	"$(cat "$TREE/sys/devices/system/memory/memory34/state")" offline
example memory99
is 'what is not there: status' "$status" 1
like 'what is not there: message' "$(err)" '*memory99*'

done_testing
