# SPDX-License-Identifier: LGPL-2.1-or-later
# The part of the tests that automake has to know. tests/run drives them.

# Files of earlier runs do not belong in the tarball.
dist-hook:
	rm -rf $(distdir)/tests/vm/out $(distdir)/tests/bench/out
	find $(distdir) -name __pycache__ -exec rm -rf {} +

# Unit tests: each program is made of the file of its name and linked with the same libraries.
# They need no root and touch nothing of the machine.
if BUILD_TESTS
check_PROGRAMS = \
	tests/unit/model/block \
	tests/unit/model/block-more \
	tests/unit/model/block-origin \
	tests/unit/model/change \
	tests/unit/model/condition \
	tests/unit/model/cxl \
	tests/unit/exec/monitor \
	tests/unit/plan/check \
	tests/unit/exec/check-none \
	tests/unit/exec/check-pin \
	tests/unit/sys/archive \
	tests/unit/sys/capture \
	tests/unit/sys/child \
	tests/unit/sys/cgroup-tree \
	tests/unit/sys/child-log \
	tests/unit/sys/child-parts \
	tests/unit/sys/content \
	tests/unit/sys/cpus \
	tests/unit/sys/cxl \
	tests/unit/sys/cxl-create \
	tests/unit/sys/cxl-destroy \
	tests/unit/sys/cxl-enable \
	tests/unit/sys/cxl-fake \
	tests/unit/sys/cxl-member \
	tests/unit/sys/cxl-health \
	tests/unit/sys/ctx \
	tests/unit/plan/align \
	tests/unit/plan/choice \
	tests/unit/plan/machine-limits \
	tests/unit/plan/machine \
	tests/unit/plan/data \
	tests/unit/sys/dax \
	tests/unit/sys/dax-state \
	tests/unit/doctor/cxl \
	tests/unit/doctor/cxl-health \
	tests/unit/doctor/doctor \
	tests/unit/doctor/reporting \
	tests/unit/doctor/unused \
	tests/unit/sys/dyndbg \
	tests/unit/base/error \
	tests/unit/exec/choose \
	tests/unit/exec/cxl \
	tests/unit/exec/cxl-steps \
	tests/unit/exec/divide \
	tests/unit/exec/recover-cxl \
	tests/unit/exec/report \
	tests/unit/exec/ends \
	tests/unit/exec/every-read \
	tests/unit/exec/every-step \
	tests/unit/exec/fail \
	tests/unit/exec/grace \
	tests/unit/exec/init \
	tests/unit/exec/init-fail \
	tests/unit/exec/lock \
	tests/unit/exec/memory \
	tests/unit/exec/offline \
	tests/unit/exec/online \
	tests/unit/exec/owners \
	tests/unit/exec/drain \
	tests/unit/exec/pin-watch \
	tests/unit/exec/policy \
	tests/unit/exec/policy-cxl \
	tests/unit/exec/policy-reporting \
	tests/unit/exec/policy-retry \
	tests/unit/exec/final-state \
	tests/unit/exec/race \
	tests/unit/exec/zone-repair \
	tests/unit/exec/recover \
	tests/unit/exec/refused \
	tests/unit/exec/remove \
	tests/unit/exec/rollback \
	tests/unit/exec/reporting \
	tests/unit/exec/rounds \
	tests/unit/exec/state \
	tests/unit/exec/stop \
	tests/unit/exec/totals \
	tests/unit/base/file \
	tests/unit/sys/pool \
	tests/unit/sys/gigantic \
	tests/unit/base/idset \
	tests/unit/base/command \
	tests/unit/sys/program \
	tests/unit/exec/hooks \
	tests/unit/sys/ini \
	tests/unit/sys/intent \
	tests/unit/exec/items \
	tests/unit/exec/intent-log \
	tests/unit/exec/intent-disk \
	tests/unit/exec/job \
	tests/unit/exec/journal \
	tests/unit/sys/kmsg \
	tests/unit/sys/kmsg-refusal \
	tests/unit/sys/lock \
	tests/unit/sys/logical-line \
	tests/unit/sys/meminfo \
	tests/unit/exec/memmap-rate \
	tests/unit/base/memstream \
	tests/unit/cmd/json-text \
	tests/unit/sys/nd-bind \
	tests/unit/sys/nd-create \
	tests/unit/sys/nd-files \
	tests/unit/sys/nd-identity \
	tests/unit/cmd/out-journal \
	tests/unit/sys/owners \
	tests/unit/sys/pagedump \
	tests/unit/sys/pagemap \
	tests/unit/base/parse \
	tests/unit/plan/budget \
	tests/unit/plan/cost \
	tests/unit/plan/create \
	tests/unit/plan/cxl \
	tests/unit/plan/cxl-down \
	tests/unit/plan/cxl-interleave \
	tests/unit/plan/cxl-regions \
	tests/unit/plan/cxl-up \
	tests/unit/plan/cxl-window \
	tests/unit/plan/divide \
	tests/unit/plan/memmap-fit \
	tests/unit/plan/init \
	tests/unit/plan/orphans \
	tests/unit/plan/namespace-content \
	tests/unit/plan/online \
	tests/unit/plan/region \
	tests/unit/plan/remove \
	tests/unit/model/plugged \
	tests/unit/model/reporting \
	tests/unit/plan/policy \
	tests/unit/model/policy-files \
	tests/unit/model/dax-region \
	tests/unit/plan/policy-cxl \
	tests/unit/plan/policy-plan \
	tests/unit/base/range \
	tests/unit/base/sized \
	tests/unit/sys/record \
	tests/unit/exec/run-check \
	tests/unit/sys/suspects \
	tests/unit/sys/root \
	tests/unit/sys/statedir \
	tests/unit/model/target \
	tests/unit/base/text \
	tests/unit/cmd/damaged \
	tests/unit/cmd/text-check \
	tests/unit/cmd/text-cxl \
	tests/unit/cmd/json-cxl \
	tests/unit/cmd/metrics-cxl \
	tests/unit/model/topology \
	tests/unit/sys/udev-flow \
	tests/unit/sys/udev-rules \
	tests/unit/sys/users \
	tests/unit/base/utf8 \
	tests/unit/base/arena \
	tests/unit/base/dynlib \
	tests/unit/base/vec \
	tests/unit/base/buf \
	tests/unit/sys/users-seen \
	tests/unit/model/zones \
	tests/unit/plan/zone-choice
TESTS = $(check_PROGRAMS)

AM_CFLAGS += $(CMOCKA_CFLAGS) $(NDCTL_CFLAGS)
LDADD = tests/unit/libunit.la libmhp-internal.la $(CMOCKA_LIBS) $(UNIT_WRAPS)
tests_unit_sys_content_LDADD = $(LDADD) $(ZLIB_LIBS)

# This one is of the program: the sink, and what it shares with the others.
tests_unit_cmd_out_journal_SOURCES = tests/unit/cmd/out-journal.c \
	cmd/out/journal/journal.c \
	cmd/out/text/act.c \
	cmd/out/text/cells.c \
	cmd/out/text/cost.c \
	cmd/out/text/cxl.c \
	cmd/out/text/device-rows.c \
	cmd/out/text/devices.c \
	cmd/out/text/list.c \
	cmd/out/text/rows.c \
	cmd/progress.c \
	cmd/record.c \
	cmd/out/record-fields.c \
	cmd/objects.c \
	cmd/out/rows.c \
	cmd/runs.c \
	cmd/out/text/drain.c \
	cmd/out/text/receipt.c \
	cmd/out/text/table.c \
	cmd/wording.c

# And the text of a report.
tests_unit_cmd_text_check_SOURCES = tests/unit/cmd/text-check.c \
	cmd/out/text/act.c \
	cmd/out/text/cells.c \
	cmd/out/text/check.c \
	cmd/out/text/cost.c \
	cmd/out/text/cxl.c \
	cmd/out/text/device-rows.c \
	cmd/out/text/devices.c \
	cmd/out/text/list.c \
	cmd/out/text/rows.c \
	cmd/out/text/drain.c \
	cmd/out/text/receipt.c \
	cmd/out/text/table.c \
	cmd/objects.c \
	cmd/out/rows.c \
	cmd/runs.c \
	cmd/wording.c

# And the text of a list and of changes.
tests_unit_cmd_text_cxl_SOURCES = tests/unit/cmd/text-cxl.c \
	cmd/out/text/act.c \
	cmd/out/text/cells.c \
	cmd/out/text/cost.c \
	cmd/out/text/cxl.c \
	cmd/out/text/device-rows.c \
	cmd/out/text/devices.c \
	cmd/out/text/list.c \
	cmd/out/text/rows.c \
	cmd/out/text/monitor.c \
	cmd/out/text/drain.c \
	cmd/out/text/receipt.c \
	cmd/out/text/table.c \
	cmd/objects.c \
	cmd/out/rows.c \
	cmd/runs.c \
	cmd/wording.c

# The library's own memory fails here.
tests_unit_exec_memory_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc -Wl,--wrap=calloc \
	-Wl,--wrap=realloc -Wl,--wrap=reallocarray

# So it does here, and signals arrive as in the program.
tests_unit_exec_ends_SOURCES = tests/unit/exec/ends.c cmd/interrupt.c
tests_unit_exec_ends_LDFLAGS = $(tests_unit_exec_memory_LDFLAGS)

# Its reads fail.
tests_unit_exec_every_read_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=openat -Wl,--wrap=__openat_2 \
	-Wl,--wrap=syscall

# No memory for a line of a file.
tests_unit_sys_users_seen_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=getline -Wl,--wrap=__getdelim

tests_unit_base_vec_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=reallocarray
tests_unit_base_arena_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc
tests_unit_model_block_more_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc

# And this one: JSON as text, both ways.
tests_unit_cmd_json_text_SOURCES = tests/unit/cmd/json-text.c cmd/out/json/parse.c cmd/out/json/text.c
tests_unit_cmd_json_text_CFLAGS = $(AM_CFLAGS) $(JSON_CFLAGS)
tests_unit_cmd_json_text_LDADD = $(LDADD) $(JSON_LIBS)

tests_unit_cmd_metrics_cxl_SOURCES = tests/unit/cmd/metrics-cxl.c cmd/metrics/cxl.c cmd/metrics/metrics.c

tests_unit_cmd_json_cxl_SOURCES = tests/unit/cmd/json-cxl.c cmd/out/json/build.c cmd/out/json/cxl.c \
	cmd/out/json/text.c
tests_unit_cmd_json_cxl_CFLAGS = $(AM_CFLAGS) $(JSON_CFLAGS)
tests_unit_cmd_json_cxl_LDADD = $(LDADD) $(JSON_LIBS)

# This one reads and writes the files of the program.
tests_unit_cmd_damaged_SOURCES = tests/unit/cmd/damaged.c $(damaged_sources)
damaged_sources = cmd/out/json/act.c cmd/out/json/build.c cmd/out/json/cost.c \
	cmd/out/json/drain.c cmd/out/json/event.c cmd/out/json/failure.c cmd/out/json/hook.c cmd/out/json/parse.c \
	cmd/out/json/policy.c cmd/out/json/read.c cmd/out/json/receipt.c cmd/out/json/saved.c \
	cmd/out/json/status.c cmd/out/json/text.c
tests_unit_cmd_damaged_CFLAGS = $(AM_CFLAGS) $(JSON_CFLAGS)
tests_unit_cmd_damaged_LDADD = $(LDADD) $(JSON_LIBS)

check_LTLIBRARIES = tests/unit/libunit.la
tests_unit_libunit_la_CPPFLAGS = $(AM_CPPFLAGS) -DUNIT_DATA='"$(abs_top_srcdir)/tests/unit/data"'
tests_unit_libunit_la_SOURCES = \
	tests/unit/fake/calls.c tests/unit/fake/calls.h \
	tests/unit/fake/cells.c tests/unit/fake/cells.h \
	tests/unit/fake/cxltask.c tests/unit/fake/cxltask.h \
	tests/unit/fake/fakeanswer.c \
	tests/unit/fake/fakeclock.c tests/unit/fake/fakeclock.h \
	tests/unit/fake/fakestate.c \
	tests/unit/fake/fakecxl.c tests/unit/fake/fakecxl.h \
	tests/unit/fake/fakecxl-bus.h \
	tests/unit/fake/fakecxl-driver.c \
	tests/unit/fake/fakecxl-member.c \
	tests/unit/fake/fakecxl-write.c \
	tests/unit/fake/fakedivide.c \
	tests/unit/fake/fakedrain.c tests/unit/fake/fakedrain.h \
	tests/unit/fake/fakekernel.c tests/unit/fake/fakekernel.h \
	tests/unit/fake/fakemodule.c \
	tests/unit/fake/fakend.c \
	tests/unit/fake/fakesys.c tests/unit/fake/fakesys.h \
	tests/unit/fake/fakereporting.c tests/unit/fake/fakereporting.h \
	tests/unit/fake/findings.c tests/unit/fake/findings.h \
	tests/unit/fake/killed.c tests/unit/fake/killed.h \
	tests/unit/fake/planning.c tests/unit/fake/planning.h \
	tests/unit/fake/remains.c tests/unit/fake/remains.h \
	tests/unit/fake/scene.c tests/unit/fake/scene.h \
	tests/unit/fake/shown.c tests/unit/fake/shown.h \
	tests/unit/fake/cxl-topo.c tests/unit/fake/cxl-topo.h \
	tests/unit/fake/topo.c tests/unit/fake/topo.h \
	tests/unit/fake/tree.c tests/unit/fake/tree.h \
	tests/unit/fake/trial.c tests/unit/fake/trial.h \
	tests/unit/fake/cxl-health.h tests/unit/fake/unit.h
endif
