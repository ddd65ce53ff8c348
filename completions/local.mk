# SPDX-License-Identifier: LGPL-2.1-or-later
# Completions for shells. Each asks the program itself, so they need no change for a new option.

# The names that the shells look for; bash wants the bare name of the program.
bashcomp_DATA = completions/mhpctl
dist_zshcomp_DATA = completions/_mhpctl
dist_fishcomp_DATA = completions/mhpctl.fish

CLEANFILES += completions/mhpctl

completions/mhpctl: completions/mhpctl.bash
	$(AM_V_GEN)$(MKDIR_P) $(@D) && cp $(top_srcdir)/completions/mhpctl.bash $@
