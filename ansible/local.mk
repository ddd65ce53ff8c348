# SPDX-License-Identifier: LGPL-2.1-or-later
# The Ansible collection. ansible-core finds it below /usr/share and in the directories of its setting collections_path.

collectiondir = $(collectionsdir)/ansible_collections/mhpctl/memory
nobase_collection = \
	ansible/CHANGELOG.rst \
	ansible/README.md \
	ansible/changelogs/changelog.yaml \
	ansible/changelogs/config.yaml \
	ansible/galaxy.yml \
	ansible/meta/runtime.yml \
	ansible/playbooks/rolling.yml \
	ansible/playbooks/tasks/hook.yml \
	ansible/plugins/doc_fragments/mhpctl.py \
	ansible/plugins/module_utils/mhpctl.py \
	ansible/plugins/module_utils/policy.py \
	ansible/plugins/modules/memory.py \
	ansible/plugins/modules/memory_info.py \
	ansible/plugins/modules/memory_policy.py \
	ansible/roles/mhpctl/README.md \
	ansible/roles/mhpctl/defaults/main.yml \
	ansible/roles/mhpctl/handlers/main.yml \
	ansible/roles/mhpctl/meta/argument_specs.yml \
	ansible/roles/mhpctl/meta/main.yml \
	ansible/roles/mhpctl/tasks/compare.yml \
	ansible/roles/mhpctl/tasks/converge.yml \
	ansible/roles/mhpctl/tasks/install.yml \
	ansible/roles/mhpctl/tasks/main.yml \
	ansible/roles/mhpctl/tasks/units.yml
EXTRA_DIST += ansible

# The names below ansible/ stay as they are.
install-data-local: install-collection
uninstall-local: uninstall-collection

install-collection:
	@for file in $(nobase_collection); do \
		name=$${file#ansible/}; \
		$(MKDIR_P) "$(DESTDIR)$(collectiondir)/$$(dirname "$$name")" && \
		$(INSTALL_DATA) "$(top_srcdir)/$$file" "$(DESTDIR)$(collectiondir)/$$name" || exit 1; \
	done

uninstall-collection:
	rm -rf "$(DESTDIR)$(collectiondir)"
	-cd "$(DESTDIR)$(collectionsdir)" 2>/dev/null && rmdir -p ansible_collections/mhpctl 2>/dev/null

.PHONY: install-collection uninstall-collection
