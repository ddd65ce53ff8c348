# SPDX-License-Identifier: GPL-2.0-or-later
"""A small tree that follows every rule of tests/floors, and a violation of each rule."""

import contextlib
import pathlib
import shutil
import subprocess
import tempfile

SPDX_LIB = "/* SPDX-License-Identifier: LGPL-2.1-or-later */\n"
SPDX_CMD = "/* SPDX-License-Identifier: GPL-2.0-or-later */\n"
SPDX_MAKE = "# SPDX-License-Identifier: GPL-2.0-or-later\n"

HEADER = SPDX_LIB + """#pragma once

enum mhp_color {
	MHP_COLOR_RED,
	MHP_COLOR_BLUE,
};

"""

GET = """/**
 * mhp_get - get it
 * @key: which one
 *
 * Since: 0.1
 */
int mhp_get(int key);
"""

TOOL = SPDX_LIB + """#pragma once

#include "lib/libmhp.h"

/**
 * mhp_pause - wait
 * @ms: how long
 */
int mhp_pause(int ms);
"""

SYM = """LIBMHP_0.1 {
global:
	mhp_get;
local:
	*;
};

LIBMHP_PRIVATE {
global:
	mhp_pause;
};
"""

ROOT = SPDX_LIB + '#include "lib/sys/root.h"\n\nint root_read(void)\n{\n\treturn 0;\n}\n'
PAUSE = SPDX_LIB + '#include "lib/tool.h"\n\nint mhp_pause(int ms)\n{\n\treturn ms;\n}\n'
MAIN = SPDX_CMD + '#include "lib/libmhp.h"\n\nint main(void)\n{\n\treturn mhp_get(1);\n}\n'

CLEAN = {
    "Makefile.am": SPDX_MAKE,
    "configure.ac": SPDX_MAKE,
    "man/local.mk": SPDX_MAKE,
    "tests/run": "#!/bin/sh\n" + SPDX_MAKE + "run() {\n\ttrue\n}\n",
    "lib/libmhp.h": HEADER + GET,
    "lib/libmhp.sym": SYM,
    "lib/tool.h": TOOL,
    "lib/base/counts.h": SPDX_LIB + "#pragma once\n\n#define NR_COLORS (MHP_COLOR_BLUE + 1)\n",
    "lib/base/list.h": SPDX_LIB + "#pragma once\n\nint list_add(void);\n",
    "lib/base/list.c": SPDX_LIB + '#include "list.h"\n\nint list_add(void)\n{\n\treturn 0;\n}\n',
    "lib/sys/root.h": SPDX_LIB + "#pragma once\n\nint root_read(void);\n",
    "lib/sys/root.c": ROOT,
    "lib/exec/exec.c": SPDX_LIB + '#include "lib/libmhp.h"\n#include "lib/sys/root.h"\n\n'
    "int mhp_get(int key)\n{\n\treturn key + root_read();\n}\n",
    "lib/exec/pause.c": PAUSE,
    "cmd/main.c": MAIN,
    "cmd/out/out.c": SPDX_CMD + "#include <stdio.h>\n\nvoid out(void)\n{\n\tputs(\"\");\n}\n",
}

# For the function that checks a rule: files to write into the clean tree, and a part of the
# expected complaint.
PLANTED = {
    "check_includes": [
        ({"lib/base/list.c": SPDX_LIB + '#include "lib/sys/root.h"\n'},
         "lib/base may not include lib/sys/root.h"),
        ({"cmd/main.c": SPDX_CMD + '#include "lib/sys/root.h"\n'},
         "cmd may not include lib/sys/root.h"),
        ({"lib/base/list.c": SPDX_LIB + '#include "none.h"\n'}, "none.h is not in the tree"),
        ({"lib/libmhp.h": HEADER + '#include "lib/base/list.h"\n' + GET},
         "a public header includes lib/base/list.h"),
        ({"lib/libmhp/part.h": SPDX_LIB + "#pragma once\n"}, "does not include lib/libmhp/part.h"),
        ({"lib/libmhp.h": HEADER + '#include "lib/tool.h"\n' + GET},
         "a public header includes lib/tool.h"),
        ({"lib/tool.h": TOOL.replace("lib/libmhp.h", "lib/base/list.h")},
         "lib/tool.h:4: includes lib/base/list.h"),
    ],
    "check_foreign": [
        ({"lib/exec/exec.c": SPDX_LIB + "#include <ndctl/libndctl.h>\n"}, "belongs to lib/sys/"),
        ({"lib/model/node.c": SPDX_LIB + "#include <zlib.h>\n"}, "belongs to lib/sys/"),
        ({"cmd/main.c": SPDX_CMD + "#include <json-c/json.h>\n"}, "belongs to cmd/out/json/"),
        ({"cmd/main.c": SPDX_CMD + "#include <systemd/sd-journal.h>\n"},
         "belongs to cmd/out/journal/"),
    ],
    "check_circles": [
        ({"lib/base/list.h": SPDX_LIB + '#include "lib/base/pair.h"\n',
          "lib/base/pair.h": SPDX_LIB + '#include "lib/base/list.h"\n'},
         "lib/base/list.h -> lib/base/pair.h -> lib/base/list.h"),
    ],
    "check_calls": [
        ({"lib/base/list.c": SPDX_LIB + "int root_read(void);\n\nint list_add(void)\n{\n"
          "\treturn root_read();\n}\n"},
         "lib/base may not use root_read of lib/sys"),
        ({"cmd/main.c": SPDX_CMD + "int root_read(void);\n\nint main(void)\n{\n"
          "\treturn root_read();\n}\n"},
         "cmd may not use root_read of lib/sys"),
    ],
    "check_system_calls": [
        ({"lib/base/list.c": SPDX_LIB + "#include <poll.h>\n\nint list_add(void)\n{\n"
          "\treturn poll(0, 0, 1);\n}\n"},
         "lib/base/list.o: poll() is for lib/sys"),
        ({"lib/exec/exec.c": SPDX_LIB + "long __read_chk(int, void *, long, long);\n\n"
          "int mhp_get(int key)\n{\n\tchar c;\n\n\treturn __read_chk(key, &c, 1, 1);\n}\n"},
         "lib/exec/exec.o: read() is for lib/sys"),
    ],
    "check_call_circles": [
        ({"lib/sys/root.c": ROOT.replace("return 0", "return dax_size()")
          .replace("int root", "int dax_size(void);\n\nint root"),
          "lib/sys/dax/dax.c": SPDX_LIB + "int root_read(void);\n\nint dax_size(void)\n{\n"
          "\treturn root_read();\n}\n"},
         "lib/sys: lib/sys/dax/dax.c -> lib/sys/root.c -> lib/sys/dax/dax.c"),
    ],
    "check_exported": [
        ({"lib/libmhp.sym": SYM.replace("\tmhp_get;", "\tmhp_get;\n\tmhp_gone;")},
         "mhp_gone is in lib/libmhp.sym and not exported"),
        ({"lib/libmhp.sym": SYM.replace("\tmhp_get;", "\tmhp_g*;")},
         "mhp_get is exported and not in lib/libmhp.sym"),
    ],
    "check_bound": [
        ({"cmd/main.c": MAIN.replace("int main", "int mhp_get(int key)\n{\n\treturn key;\n}\n\n"
                                     "int main")},
         "mhp_get is defined by the program too"),
    ],
    "check_names": [
        ({"lib/libmhp.h": HEADER + "struct mhp_key {\n\tbool enabled;\n};\n\n" + GET},
         "enabled: begins with none of is_, has_, can_"),
        ({"lib/libmhp.h": HEADER + GET + "const char *mhp_key_name(enum mhp_color color);\n"},
         "mhp_key_name names the values of enum mhp_color"),
    ],
    "check_counts": [
        ({"lib/libmhp.h": HEADER.replace("BLUE,", "BLUE,\n\tMHP_COLOR_MAX,") + GET},
         "MHP_COLOR_MAX"),
        ({"lib/libmhp.h": HEADER.replace("BLUE,", "BLUE,\n\tMHP_COLOR_GREEN,") + GET},
         "MHP_COLOR_BLUE is not the last of its values"),
    ],
    "check_documented": [
        ({"lib/libmhp.h": HEADER + "int mhp_get(int key);\n"}, "no kernel-doc comment"),
        ({"lib/libmhp.h": HEADER + GET.replace("mhp_get - get", "get")},
         "does not begin with `mhp_get - `"),
        ({"lib/libmhp.h": HEADER + GET.replace(" * Since: 0.1\n", "")},
         "does not say since when"),
        ({"lib/libmhp.h": HEADER + GET.replace("@key", "@name")},
         "its comment is about ['name'], it has ['key']"),
        ({"lib/libmhp.h": HEADER + GET + "\nint mhp_set(int key);\n"},
         "mhp_set: is declared in lib/libmhp.h and has another symbol version or none"),
        ({"lib/libmhp.h": HEADER + GET + "\nint mhp_pause(int ms);\n"},
         "mhp_pause: is declared in lib/libmhp.h and has another symbol version or none"),
        ({"lib/libmhp.sym": SYM.replace("\tmhp_get;\n", "").replace("\tmhp_pause", "\tmhp_get;\n"
                                                                  "\tmhp_pause")},
         "mhp_get: no kernel-doc comment right before its prototype in lib/tool.h"),
        ({"lib/tool.h": TOOL.replace("@ms", "@us")}, "its comment is about ['us'], it has ['ms']"),
    ],
    "check_stdout": [
        ({"cmd/main.c": MAIN.replace("return", 'puts("");\n\treturn')}, "cmd/main.c:6: puts"),
        ({"lib/sys/root.c": ROOT.replace("return", 'fputs("", stderr);\n\treturn')},
         "lib/sys/root.c:6: fputs"),
    ],
    "check_sys_paths": [
        ({"lib/exec/exec.c": SPDX_LIB + 'static const char path[] = "/sys/devices";\n'},
         "lib/exec/exec.c:2: static const char path"),
        ({"lib/exec/exec.c": SPDX_LIB + 'static const char path[] = "sys/bus/dax/devices";\n'},
         "lib/exec/exec.c:2: static const char path"),
    ],
    "check_state_dir": [
        ({"lib/sys/root.c": SPDX_LIB + 'static const char path[] = "run/mhpctl/lock";\n'},
         "lib/sys/root.c:2: static const char path"),
    ],
    "check_sizes": [
        ({"lib/base/list.c": SPDX_LIB + "\n" * 500}, "lib/base/list.c: 501 lines, more than 500"),
        ({"lib/base/list.c": SPDX_LIB + "int list_add(void)\n{\n" + "\t;\n" * 39 + "}\n"},
         "list_add has 41 lines, more than 40"),
        ({"tests/run": "#!/bin/sh\n" + SPDX_MAKE + "run() {\n" + "\ttrue\n" * 59 + "}\n"},
         "run has 61 lines, more than 60"),
    ],
    "check_spdx": [
        ({"cmd/main.c": "int main(void)\n{\n}\n"}, "cmd/main.c: no SPDX line"),
        ({"lib/sys/root.h": SPDX_CMD}, "lib/sys/root.h: no SPDX line"),
    ],
}

# Rules about the library and the program, which must be linked for them.
LINKED = {"check_exported", "check_bound"}


def run(*words):
    subprocess.run([str(word) for word in words], check=True)


def write(tree, files):
    for name, text in files.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text, encoding="utf-8")


def compile_all(tree, names):
    """Objects of these C files, with the names of automake."""
    for name in sorted(n for n in names if n.endswith(".c")):
        path = pathlib.Path(name)
        prefix = "mhpctl" if name.startswith("cmd/") else "libmhp_internal_la"
        target = tree / "build" / path.parent / f"{prefix}-{path.stem}.o"
        target.parent.mkdir(parents=True, exist_ok=True)
        run("cc", "-w", "-fPIC", "-I", tree, "-c", tree / name, "-o", target)


def link(tree):
    build, library = tree / "build", tree / "build/.libs/libmhp.so"
    library.parent.mkdir(exist_ok=True)
    run("cc", "-shared", f"-Wl,--version-script={tree / 'lib/libmhp.sym'}", "-o", library,
        *sorted((build / "lib").rglob("*.o")))
    run("cc", "-o", build / "mhpctl", *sorted((build / "cmd").rglob("*.o")), library)


@contextlib.contextmanager
def top_of(floors, tree):
    """Applies the rules to this tree."""
    before, floors.TOP = floors.TOP, tree
    try:
        yield
    finally:
        floors.TOP = before


def found_by(floors, tree, rule):
    """The complaints of a rule about a tree; None: of all rules."""
    with top_of(floors, tree):
        return [line for _, found in floors.checks(tree / "build")
                if rule in (None, found.__name__) for line in found]


def missed_by(floors, clean, tree, rule):
    """The planted violations of one rule that are not found."""
    for files, words in PLANTED[rule]:
        shutil.rmtree(tree, ignore_errors=True)
        shutil.copytree(clean, tree)
        write(tree, files)
        if rule in LINKED or "call" in rule:
            compile_all(tree, files)
        if rule in LINKED:
            link(tree)
        found = found_by(floors, tree, rule)
        if not any(words in line for line in found):
            yield f"{rule} does not say \"{words}\" of {', '.join(files)}: {found}"


def missed(floors):
    with tempfile.TemporaryDirectory() as folder:
        clean = pathlib.Path(folder).resolve() / "clean"
        write(clean, CLEAN)
        compile_all(clean, CLEAN)
        link(clean)
        for line in found_by(floors, clean, None):
            yield f"nothing is planted, and found is: {line}"
        with top_of(floors, clean):
            rules = [found.__name__ for _, found in floors.checks(clean / "build")]
        for rule in sorted(set(PLANTED) - set(rules)):
            yield f"{rule} is no rule of tests/floors, and something is planted against it"
        for rule in rules:
            if rule not in PLANTED:
                yield f"{rule}: nothing is planted against it in tests/lib/planted.py"
            else:
                yield from missed_by(floors, clean, clean.parent / "tree", rule)
