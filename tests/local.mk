# SPDX-License-Identifier: LGPL-2.1-or-later
# What automake has to know of the tests. tests/run drives them.

# What earlier runs left behind does not belong in the tarball.
dist-hook:
	rm -rf $(distdir)/tests/vm/out
	find $(distdir) -name __pycache__ -exec rm -rf {} +
