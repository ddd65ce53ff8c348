# SPDX-License-Identifier: LGPL-2.1-or-later
# What automake has to know of the tests. tests/run drives them.

# What earlier runs left behind does not belong in the tarball.
dist-hook:
	rm -rf $(distdir)/tests/vm/out
	find $(distdir) -name __pycache__ -exec rm -rf {} +

# Unit tests: each program is made of the file of its name and linked with the same libraries.
# They need no root and touch nothing of the machine.
if BUILD_TESTS
check_PROGRAMS = \
	tests/unit/block \
	tests/unit/change \
	tests/unit/condition \
	tests/unit/monitor \
	tests/unit/check \
	tests/unit/check-none \
	tests/unit/child \
	tests/unit/child-parts \
	tests/unit/content \
	tests/unit/cpus \
	tests/unit/ctx \
	tests/unit/plan-align \
	tests/unit/machine \
	tests/unit/plan-machine \
	tests/unit/plan-data \
	tests/unit/dax \
	tests/unit/dax-state \
	tests/unit/doctor \
	tests/unit/doctor-unused \
	tests/unit/dyndbg \
	tests/unit/error \
	tests/unit/exec-fail \
	tests/unit/exec-init \
	tests/unit/exec-init-fail \
	tests/unit/exec-init-silent \
	tests/unit/exec-lock \
	tests/unit/exec-memory \
	tests/unit/exec-offline \
	tests/unit/exec-online \
	tests/unit/exec-owners \
	tests/unit/exec-policy \
	tests/unit/exec-proof \
	tests/unit/exec-race \
	tests/unit/exec-refused \
	tests/unit/exec-remove \
	tests/unit/exec-rollback \
	tests/unit/exec-rounds \
	tests/unit/exec-state \
	tests/unit/exec-state-down \
	tests/unit/exec-stop \
	tests/unit/file \
	tests/unit/gang \
	tests/unit/gigantic \
	tests/unit/idset \
	tests/unit/job \
	tests/unit/journal \
	tests/unit/journal-idle \
	tests/unit/kmsg \
	tests/unit/kmsg-refusal \
	tests/unit/lock \
	tests/unit/memmap-rate \
	tests/unit/memstream \
	tests/unit/json-text \
	tests/unit/nd-bind \
	tests/unit/nd-create \
	tests/unit/nd-identity \
	tests/unit/out-journal \
	tests/unit/owners \
	tests/unit/pagedump \
	tests/unit/pagemap \
	tests/unit/parse \
	tests/unit/plan-budget \
	tests/unit/plan-cost \
	tests/unit/plan-create \
	tests/unit/plan-fit \
	tests/unit/plan-init \
	tests/unit/plan-left \
	tests/unit/plan-look \
	tests/unit/plan-online \
	tests/unit/plan-region \
	tests/unit/plan-remove \
	tests/unit/plugged \
	tests/unit/policy \
	tests/unit/policy-files \
	tests/unit/policy-plan \
	tests/unit/policy-proof \
	tests/unit/range \
	tests/unit/record \
	tests/unit/run-check \
	tests/unit/suspects \
	tests/unit/sysfs \
	tests/unit/target \
	tests/unit/text \
	tests/unit/topology \
	tests/unit/udev-flow \
	tests/unit/udev-rules \
	tests/unit/users \
	tests/unit/users-seen \
	tests/unit/zones
TESTS = $(check_PROGRAMS)

AM_CFLAGS += $(CMOCKA_CFLAGS) $(NDCTL_CFLAGS)
LDADD = tests/unit/libunit.la libmhp-internal.la $(CMOCKA_LIBS)

# This one is of the program: the sink, and what it shares with the others.
tests_unit_out_journal_SOURCES = tests/unit/out-journal.c \
	cmd/out-journal.c \
	cmd/out-text-act.c \
	cmd/out-text-cost.c \
	cmd/out-text-devices.c \
	cmd/out-text-list.c \
	cmd/progress.c \
	cmd/record.c \
	cmd/record-fields.c \
	cmd/runs.c \
	cmd/table.c \
	cmd/wording.c

# The library's own memory fails here.
tests_unit_exec_memory_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=malloc -Wl,--wrap=calloc \
	-Wl,--wrap=realloc -Wl,--wrap=reallocarray

# And this one: JSON as text, both ways.
tests_unit_json_text_SOURCES = tests/unit/json-text.c cmd/out-json-parse.c cmd/out-json-text.c
tests_unit_json_text_CFLAGS = $(AM_CFLAGS) $(JSON_CFLAGS)
tests_unit_json_text_LDADD = $(LDADD) $(JSON_LIBS)

check_LTLIBRARIES = tests/unit/libunit.la
tests_unit_libunit_la_CPPFLAGS = $(AM_CPPFLAGS) -DUNIT_DATA='"$(abs_top_srcdir)/tests/unit/data"'
tests_unit_libunit_la_SOURCES = \
	tests/unit/fakeanswer.c \
	tests/unit/fakestate.c \
	tests/unit/fakekernel.c tests/unit/fakekernel.h \
	tests/unit/fakemodule.c \
	tests/unit/fakend.c \
	tests/unit/fakesys.c tests/unit/fakesys.h tests/unit/held.h \
	tests/unit/planning.c tests/unit/planning.h \
	tests/unit/topo.c tests/unit/topo.h \
	tests/unit/tree.c tests/unit/tree.h \
	tests/unit/trial.c tests/unit/trial.h \
	tests/unit/unit.h
endif
