# SPDX-License-Identifier: LGPL-2.1-or-later
# The rule and the units. They are installed, and do nothing until there is a policy, or until the timer of
# the metrics is enabled.

dist_udevrules_DATA = udev-rules/91-mhpctl.rules

dist_systemdunit_DATA = \
	systemd/mhpctl-event.service \
	systemd/mhpctl-metrics.timer \
	systemd/mhpctl-ready.target
# The directory of presets is beside that of the units.
systemdpresetdir = $(systemdunitdir)-preset
dist_systemdpreset_DATA = systemd/80-mhpctl.preset
nodist_systemdunit_DATA = \
	systemd/mhpctl-apply.service \
	systemd/mhpctl-metrics.service \
	systemd/mhpctl-recover.service
EXTRA_DIST += systemd/mhpctl-apply.service.in systemd/mhpctl-metrics.service.in systemd/mhpctl-recover.service.in
CLEANFILES += systemd/mhpctl-apply.service systemd/mhpctl-metrics.service systemd/mhpctl-recover.service

# bindir holds other variables, which configure does not expand.
subst_bindir = $(AM_V_GEN)$(MKDIR_P) $(@D) && \
	sed 's|@bindir[@]|$(bindir)|' $(top_srcdir)/$@.in >$@.new && mv $@.new $@

systemd/mhpctl-apply.service: systemd/mhpctl-apply.service.in Makefile
	$(subst_bindir)

systemd/mhpctl-metrics.service: systemd/mhpctl-metrics.service.in Makefile
	$(subst_bindir)

systemd/mhpctl-recover.service: systemd/mhpctl-recover.service.in Makefile
	$(subst_bindir)
