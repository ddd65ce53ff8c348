# SPDX-License-Identifier: LGPL-2.1-or-later
# The man pages: asciidoctor sources beside this file, one a command, and what several of them
# include. They are built in the build folder; the tarball holds the sources.

man_pages = \
	man/mhpctl.1 \
	man/mhpctl-apply.1 \
	man/mhpctl-cancel.1 \
	man/mhpctl-check.1 \
	man/mhpctl-create.1 \
	man/mhpctl-destroy.1 \
	man/mhpctl-doctor.1 \
	man/mhpctl-init.1 \
	man/mhpctl-jobs.1 \
	man/mhpctl-list.1 \
	man/mhpctl-metrics.1 \
	man/mhpctl-monitor.1 \
	man/mhpctl-offline.1 \
	man/mhpctl-online.1 \
	man/mhpctl-plan.1 \
	man/mhpctl-policy.1 \
	man/mhpctl-policy.5 \
	man/mhpctl-recover.1 \
	man/mhpctl-remove.1 \
	man/mhpctl-report.1 \
	man/mhpctl-reporting.1 \
	man/mhpctl-resize.1 \
	man/mhpctl-wait.1 \
	man/mhpctl-apply.service.8 \
	man/mhpctl-fleet.7 \
	man/mhpctl-hooks.7 \
	man/mhpctl-hotplug.7 \
	man/mhpctl-journal.7 \
	man/mhpctl-json.7 \
	man/mhpctl-migrate.7 \
	man/libmhp.3

man_includes = \
	$(top_srcdir)/man/cost.adoc \
	$(top_srcdir)/man/data.adoc \
	$(top_srcdir)/man/exit-status.adoc \
	$(top_srcdir)/man/options-act.adoc \
	$(top_srcdir)/man/options-async.adoc \
	$(top_srcdir)/man/options-common.adoc \
	$(top_srcdir)/man/options-cxl.adoc \
	$(top_srcdir)/man/options-drain.adoc \
	$(top_srcdir)/man/options-hooks.adoc \
	$(top_srcdir)/man/options-namespace.adoc

SUFFIXES = .adoc .1 .3 .7 .8

if BUILD_MAN
man_MANS = $(man_pages)
CLEANFILES += $(man_pages)
# asciidoctor makes a page for each further name of a page.
CLEANFILES += man/mhpctl-event.service.8 man/mhpctl-ready.target.8 man/mhpctl-recover.service.8

$(man_pages): $(man_includes)
# Its keys and words come from the JSON schema.
man/mhpctl-json.7: $(top_srcdir)/man/json-schema.rb $(top_srcdir)/schema/mhpctl-1.schema.json
endif

asciidoctor_v = $(asciidoctor_v_@AM_V@)
asciidoctor_v_ = $(asciidoctor_v_@AM_DEFAULT_V@)
asciidoctor_v_0 = @echo "  MAN     " $@;

# The date is left out, so that the same sources give the same page. mhpctl-json(7) has parts of the
# JSON schema.
asciidoctor_page = $(MKDIR_P) $(@D) && $(ASCIIDOCTOR) -b manpage --failure-level=WARN \
	-a reproducible -a release='$(PACKAGE_VERSION)' \
	-r $(top_srcdir)/man/json-schema.rb -a schema=$(top_srcdir)/schema/mhpctl-1.schema.json -o $@ $<

.adoc.1:
	$(asciidoctor_v)$(asciidoctor_page)
.adoc.3:
	$(asciidoctor_v)$(asciidoctor_page)
.adoc.7:
	$(asciidoctor_v)$(asciidoctor_page)
.adoc.8:
	$(asciidoctor_v)$(asciidoctor_page)

# A page of the same name as a command's.
man/mhpctl-policy.5: man/mhpctl-policy-file.adoc
	$(asciidoctor_v)$(asciidoctor_page)

# The schema of the JSON documents, for whoever reads them.
dist_pkgdata_DATA += schema/mhpctl-1.schema.json
