/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings from facts built in memory. */
#include "lib/doctor/doctor.h"
#include "tests/unit/fake/fakesys.h"

#include <stdlib.h>
#include <string.h>

struct patient {
	struct facts facts;
	struct mhp_topology topo;
	struct mhp_finding *findings;
	size_t nr;
};

/* A machine with no known facts. */
static struct patient unknown(void)
{
	return (struct patient){
		.facts = { .dmesg_restrict = -1,
			   .auto_movable_ratio = -1,
			   .crash_loaded = -1,
			   .crash_hotplug = -1,
			   .movable_gigantic = -1 },
		.topo.memory = { .page_size = 4096, .block_size = 128 << 20 },
	};
}

static void judge(struct patient *p)
{
	free(p->findings);
	p->findings = NULL;
	assert_int_equal(doctor_judge(&p->facts, &p->topo, &p->findings, &p->nr), 0);
}

/* Returns the first finding with that id. */
static const struct mhp_finding *find(const struct patient *p, const char *id)
{
	for (size_t i = 0; i < p->nr; i++)
		if (strcmp(p->findings[i].id, id) == 0)
			return &p->findings[i];
	return NULL;
}

static void check(struct patient *p, const char *id, enum mhp_severity severity, const char *fix)
{
	const struct mhp_finding *finding;

	judge(p);
	finding = find(p, id);
	assert_non_null(finding);
	assert_int_equal(finding->severity, severity);
	assert_string_equal(finding->fix, fix);
}

static void of_nothing_nothing_is_claimed(void **state)
{
	struct patient p = unknown();

	(void)state;
	judge(&p);
	for (size_t i = 0; i < p.nr; i++)
		assert_int_equal(p.findings[i].severity, MHP_SEVERITY_OK);
	assert_null(find(&p, "kernel_hotplug"));
	assert_null(find(&p, "capabilities"));
	free(p.findings);
}

static void ratio_above_three_is_told_with_its_excess(void **state)
{
	struct mhp_node nodes[] = {
		{ .node = 0, .nr_cpus = 2, .kernel_bytes = 1ULL << 30 },
		{ .node = 2, .movable_bytes = 3ULL << 30 },
	};
	struct patient p = unknown();

	(void)state;
	p.topo.nodes = nodes;
	p.topo.nr_nodes = 2;
	check(&p, "movable_ratio", MHP_SEVERITY_OK, "");
	nodes[1].movable_bytes += 1;
	check(&p, "movable_ratio", MHP_SEVERITY_WARNING,
	      "mhpctl offline --node 2 --size 134217728");
	free(p.findings);
}

static void fix_of_a_line_depends_on_whose_file_it_is(void **state)
{
	struct fact_line line = { .kind = FACT_LINE_BLACKLIST,
				  .file = "/etc/modprobe.d/it's.conf",
				  .line = 7,
				  .text = "kmem" };
	struct patient p = unknown();

	(void)state;
	p.facts.lines = &line;
	p.facts.nr_lines = 1;
	check(&p, "module_blacklisted", MHP_SEVERITY_WARNING,
	      "sed -i '7s/^/#/' '/etc/modprobe.d/it'\\''s.conf'");
	strcpy(line.file, "/usr/lib/modprobe.d/a.conf");
	check(&p, "module_blacklisted", MHP_SEVERITY_WARNING,
	      "sed '7s/^/#/' /usr/lib/modprobe.d/a.conf >/etc/modprobe.d/a.conf");
	free(p.findings);
}

static void who_set_the_policy_is_told(void **state)
{
	struct patient p = unknown();

	(void)state;
	strcpy(p.topo.memory.auto_online_blocks, "online");
	check(&p, "auto_online_blocks", MHP_SEVERITY_WARNING,
	      "echo offline >/sys/devices/system/memory/auto_online_blocks");
	assert_non_null(strstr(find(&p, "auto_online_blocks")->found, "unknown"));
	strcpy(p.facts.boot_online, "online");
	judge(&p);
	assert_non_null(strstr(find(&p, "auto_online_blocks")->found, "memhp_default_state"));
	assert_non_null(find(&p, "auto_online_boot"));
	strcpy(p.facts.boot_online, "offline");
	judge(&p);
	assert_non_null(strstr(find(&p, "auto_online_blocks")->found, "by an unknown program"));
	free(p.findings);
}

static void leaked_memory_is_an_error(void **state)
{
	struct fact_line line = { .kind = FACT_LINE_KMEM,
				  .file = "/proc/iomem",
				  .line = 3,
				  .range = { 1ULL << 32, 1ULL << 33 } };
	struct mhp_dax dax = { .name = "dax0.0",
			       .mode = MHP_DAX_SYSTEM_RAM,
			       .has_ranges = true,
			       .nr_ranges = 1,
			       .ranges = { { 1ULL << 32, 1ULL << 33 } } };
	struct patient p = unknown();

	(void)state;
	p.facts.lines = &line;
	p.facts.nr_lines = 1;
	p.topo.dax = &dax;
	p.topo.nr_dax = 1;
	judge(&p);
	assert_null(find(&p, "kmem_leaked"));
	dax.mode = MHP_DAX_DEVDAX;
	check(&p, "kmem_leaked", MHP_SEVERITY_ERROR, "reboot");
	free(p.findings);
}

static void crash_kernel_that_follows_by_itself_is_well(void **state)
{
	struct patient p = unknown();

	(void)state;
	p.facts.crash_loaded = 1;
	judge(&p);
	assert_int_equal(find(&p, "kdump_reload")->severity, MHP_SEVERITY_WARNING);
	p.facts.crash_hotplug = 1;
	check(&p, "kdump_reload", MHP_SEVERITY_OK, "");
	free(p.findings);
}

static void bus_that_binds_nothing_is_named(void **state)
{
	struct patient p = unknown();

	(void)state;
	judge(&p);
	assert_null(find(&p, "drivers_autoprobe"));
	p.facts.nd_autoprobe_off = true;
	check(&p, "drivers_autoprobe", MHP_SEVERITY_WARNING,
	      "echo 1 >/sys/bus/nd/drivers_autoprobe");
	free(p.findings);
}

/* ---- parameters of the next boot ------------------------------------------------------------ */

static void init_on_alloc_is_a_truth_value(void **state)
{
	static const struct {
		const char *value;
		bool is_on;
		bool is_on_by_default;
	} cases[] = {
		{ "1", true, true },   { "y", true, true },   { "Yes", true, true },
		{ "on", true, true },  { "0", false, false }, { "off", false, false },
		{ "n", false, false }, { "o", false, true },  { "2", false, true },
		{ "", false, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct patient p = unknown();

		strcpy(p.facts.init_on_alloc, cases[i].value);
		judge(&p);
		if (!!find(&p, "init_on_alloc") != cases[i].is_on)
			fail_msg("%s", cases[i].value);
		p.facts.kconfig.options[CONFIG_INIT_ON_ALLOC] = MHP_TRISTATE_YES;
		judge(&p);
		if (!!find(&p, "init_on_alloc") != cases[i].is_on_by_default)
			fail_msg("%s, and on by default", cases[i].value);
		free(p.findings);
	}
}

static void boot_parameters_are_changed_with_what_is_there(void **state)
{
	struct patient p = unknown();

	(void)state;
	strcpy(p.facts.boot_online, "online");
	judge(&p);
	assert_non_null(strstr(find(&p, "auto_online_boot")->fix,
			       "take memhp_default_state=online off the kernel's command line"));
	p.facts.boot_tool = BOOT_TOOL_GRUBBY;
	check(&p, "auto_online_boot", MHP_SEVERITY_WARNING,
	      "grubby --update-kernel=ALL --remove-args=memhp_default_state=online # and reboot");
	p.facts.boot_tool = BOOT_TOOL_UPDATE_GRUB;
	p.facts.has_grub_parts = true;
	check(&p, "auto_online_boot", MHP_SEVERITY_WARNING,
	      "sed -i '/^GRUB_CMDLINE_LINUX/s/\\bmemhp_default_state=online\\b//g' "
	      "/etc/default/grub /etc/default/grub.d/*.cfg && update-grub # and reboot");
	strcpy(p.facts.boot_online, "a';b");
	judge(&p);
	assert_null(strstr(find(&p, "auto_online_boot")->fix, "sed"));
	free(p.findings);
}

/* Does not advise to install a module that no package has. */
static void a_kernel_without_devdax(void **state)
{
	struct patient p = unknown();

	(void)state;
	p.facts.modules[0].name = "kmem";
	p.facts.modules[0].is_there = MHP_TRISTATE_NO;
	check(&p, "module_missing", MHP_SEVERITY_WARNING,
	      "install all modules of the running kernel");
	strcpy(p.facts.kconfig.file, "/boot/config");
	p.facts.kconfig.options[CONFIG_ZONE_DEVICE] = MHP_TRISTATE_YES;
	p.facts.kconfig.options[CONFIG_DEV_DAX] = MHP_TRISTATE_NO;
	check(&p, "module_missing", MHP_SEVERITY_WARNING,
	      "boot a kernel that is built with CONFIG_DEV_DAX");
	check(&p, "kernel_devdax", MHP_SEVERITY_ERROR,
	      "boot a kernel that is built with CONFIG_DEV_DAX=y");
	p.facts.kconfig.options[CONFIG_DEV_DAX] = MHP_TRISTATE_YES;
	check(&p, "kernel_devdax", MHP_SEVERITY_OK, "");
	free(p.findings);
}

static void a_parameter_is_added_or_replaced(void **state)
{
	struct patient p = unknown();

	(void)state;
	p.facts.boot_tool = BOOT_TOOL_UPDATE_GRUB;
	p.topo.machine.is_arm64 = true; /* boot memory cannot go offline there */
	strcpy(p.topo.memory.memmap_on_memory, "off");
	check(&p, "memmap_on_memory", MHP_SEVERITY_OK, "");
	strcpy(p.topo.memory.memmap_on_memory, "on");
	check(&p, "memmap_on_memory", MHP_SEVERITY_NOTE,
	      "boot without the parameter memory_hotplug.memmap_on_memory");
	strcpy(p.topo.memory.memmap_on_memory, "unsupported");
	check(&p, "memmap_on_memory", MHP_SEVERITY_OK, "");
	p.topo.machine.is_arm64 = false;
	strcpy(p.topo.memory.memmap_on_memory, "off");
	check(&p, "memmap_on_memory", MHP_SEVERITY_NOTE,
	      "echo 'GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX memory_hotplug.memmap_on_memory=1\"' "
	      ">>/etc/default/grub && update-grub # and reboot");
	p.facts.boot_tool = BOOT_TOOL_GRUBBY;
	check(&p, "memmap_on_memory", MHP_SEVERITY_NOTE,
	      "grubby --update-kernel=ALL --args=memory_hotplug.memmap_on_memory=1 # and reboot");
	p.facts.modules[0].name = "kmem";
	strcpy(p.facts.modprobe_blacklist, "foo,kmem,bar");
	strcpy(p.facts.kernel_blacklist, "kmemx");
	check(&p, "module_missing", MHP_SEVERITY_WARNING,
	      "grubby --update-kernel=ALL --remove-args=modprobe.blacklist=foo,kmem,bar "
	      "--args=modprobe.blacklist=foo,bar # and reboot");
	strcpy(p.facts.modprobe_blacklist, "kmem");
	check(&p, "module_missing", MHP_SEVERITY_WARNING,
	      "grubby --update-kernel=ALL --remove-args=modprobe.blacklist=kmem # and reboot");
	free(p.findings);
}

/* ---- files that set the policy, and our own rule --------------------------------------------- */

static void a_line_that_goes_on_is_a_comment_as_a_whole(void **state)
{
	struct fact_line line = { .kind = FACT_LINE_AUTO_ONLINE,
				  .file = "/usr/lib/systemd/system/a.service.d/b.conf",
				  .line = 3,
				  .text = "auto_online_blocks" };
	struct patient p = unknown();

	(void)state;
	p.facts.lines = &line;
	p.facts.nr_lines = 1;
	check(&p, "auto_online_file", MHP_SEVERITY_WARNING,
	      "mkdir -p /etc/systemd/system/a.service.d && sed '3s/^/#/' "
	      "/usr/lib/systemd/system/a.service.d/b.conf "
	      ">/etc/systemd/system/a.service.d/b.conf && systemctl daemon-reload");
	line.goes_on = true;
	judge(&p);
	assert_non_null(strstr(find(&p, "auto_online_file")->fix, "sed '3{s/^/#/;:a;"));
	strcpy(line.file, "/usr/lib/udev/rules.d/40-x.rules");
	/* other rules of the file must stay */
	check(&p, "auto_online_file", MHP_SEVERITY_WARNING,
	      "test -e /etc/udev/rules.d/40-x.rules || cp /usr/lib/udev/rules.d/40-x.rules "
	      "/etc/udev/rules.d/40-x.rules; sed -i "
	      "'3{s/^/#/;:a;/\\\\$/{N;s/\\n\\([^#]\\)/\\n#\\1/;ba;}}' "
	      "/etc/udev/rules.d/40-x.rules && udevadm control --reload");
	free(p.findings);
}

static void what_hides_our_rule_is_told(void **state)
{
	struct fact_line line = { .kind = FACT_LINE_OWN_MASKED,
				  .file = "/etc/udev/rules.d/91-mhpctl.rules",
				  .text = "91-mhpctl.rules" };
	struct patient p = unknown();

	(void)state;
	p.facts.has_own_rule = true;
	check(&p, "own_units", MHP_SEVERITY_OK, "");
	p.facts.lines = &line;
	p.facts.nr_lines = 1;
	check(&p, "own_units", MHP_SEVERITY_NOTE,
	      "rm /etc/udev/rules.d/91-mhpctl.rules && udevadm control --reload");
	p.facts.has_policy = true;
	judge(&p);
	assert_int_equal(find(&p, "own_units")->severity, MHP_SEVERITY_WARNING);
	line.kind = FACT_LINE_OWN_REPLACED;
	judge(&p);
	assert_int_equal(find(&p, "own_units")->severity, MHP_SEVERITY_NOTE);
	strcpy(line.file, "/usr/lib/udev/rules.d/95-x.rules");
	line.kind = FACT_LINE_DROPS_OURS;
	check(&p, "own_rule_dropped", MHP_SEVERITY_WARNING,
	      "sed 's/\\(SYSTEMD_WANTS} *\\):\\?=/\\1+=/' /usr/lib/udev/rules.d/95-x.rules "
	      ">/etc/udev/rules.d/95-x.rules && udevadm control --reload");
	p.facts.nr_lines = 0;
	p.facts.has_own_rule = false;
	judge(&p);
	assert_int_equal(find(&p, "own_units")->severity, MHP_SEVERITY_WARNING);
	free(p.findings);
}

static void a_section_that_failed_is_told(void **state)
{
	struct failed_section near = { .section = "near",
				       .error = { .reason = MHP_REASON_KERNEL,
						  .message = "memory4242: no" } };
	struct patient p = unknown();

	(void)state;
	p.facts.failed_sections = (struct failed_sections){ &near, 1 };
	judge(&p);
	assert_null(find(&p, "section_failed")); /* without a policy nothing is tried */
	p.facts.has_policy = true;
	check(&p, "section_failed", MHP_SEVERITY_WARNING, "mhpctl apply");
	assert_string_equal(find(&p, "section_failed")->found,
			    "section near of the policy failed: memory4242: no");
	free(p.findings);
}

/* ---- what cannot be read --------------------------------------------------------------------- */

static void expect_unread(struct fakesys *fs, const char *why)
{
	struct facts facts;
	const char *told = "";

	assert_int_equal(facts_read(fs->ctx, &facts), 0);
	for (size_t i = 0; i < facts.nr_hidden; i++)
		if (strcmp(facts.hidden[i].what, "files") == 0)
			told = facts.hidden[i].why;
	assert_string_equal(told, why);
	facts_clear(&facts);
}

static void files_that_cannot_be_read_are_hidden(void **state)
{
	cleanup_fakesys struct fakesys *fs = fakesys_new();
	int root = fs->tree.fd;

	(void)state;
	fakesys_put(fs, "etc/udev/rules.d/10-a.rules", "");
	assert_int_equal(tree_link(root, "etc/systemd/system/a.service", "nowhere"), 0);
	expect_unread(fs, "");
	assert_int_equal(tree_folder(root, "etc/udev/rules.d/20-b.rules"), 0);
	expect_unread(fs, "/etc/udev/rules.d/20-b.rules cannot be read");
	fakesys_put(fs, "etc/modprobe.d", "");
	assert_int_equal(tree_link(root, "run/tmpfiles.d", "tmpfiles.d"), 0);
	expect_unread(fs, "/etc/modprobe.d and 2 more cannot be read");
}

static void rules_that_bring_memory_online(void **state)
{
	struct mhp_onliner onliner = { .kind = MHP_ONLINER_UDEV_RULE, .is_alone = true };
	struct patient p = unknown();

	(void)state;
	strcpy(onliner.where, "/usr/lib/udev/rules.d/40-x.rules:7");
	p.topo.onliners = &onliner;
	p.topo.nr_onliners = 1;
	check(&p, "udev_rule_onlines", MHP_SEVERITY_WARNING,
	      "ln -s /dev/null /etc/udev/rules.d/40-x.rules && udevadm control --reload");
	onliner.is_alone = false;
	judge(&p);
	assert_non_null(strstr(find(&p, "udev_rule_onlines")->fix,
			       "cp /usr/lib/udev/rules.d/40-x.rules "
			       "/etc/udev/rules.d/40-x.rules; sed -i '7{s/^/#/"));
	onliner.is_uncertain = true; /* an uncertain rule is not reported as the cause */
	judge(&p);
	assert_int_equal(find(&p, "udev_rule_onlines")->severity, MHP_SEVERITY_NOTE);
	free(p.findings);
}

static void pages_of_1_gib_in_movable_memory(void **state)
{
	struct patient p = unknown();

	(void)state;
	judge(&p);
	assert_null(find(&p, "movable_gigantic_pages"));
	p.facts.movable_gigantic = 0;
	check(&p, "movable_gigantic_pages", MHP_SEVERITY_OK, "");
	p.facts.movable_gigantic = 1;
	check(&p, "movable_gigantic_pages", MHP_SEVERITY_WARNING,
	      "sysctl -w vm.movable_gigantic_pages=0");
	free(p.findings);
}

static void without_memory_blocks(void **state)
{
	struct mhp_node node = { .node = 0,
				 .nr_cpus = 2,
				 .online_bytes = MHP_UNKNOWN,
				 .movable_bytes = MHP_UNKNOWN,
				 .kernel_bytes = MHP_UNKNOWN };
	struct patient p = unknown();

	(void)state;
	p.topo.nodes = &node;
	p.topo.nr_nodes = 1;
	p.topo.no_blocks = p.topo.is_copy = true;
	p.topo.memory.block_size = MHP_UNKNOWN;
	judge(&p);
	assert_int_equal(find(&p, "memory_blocks")->severity, MHP_SEVERITY_ERROR);
	assert_non_null(strstr(find(&p, "memory_blocks")->fix, "copy this directory"));
	assert_null(find(&p, "movable_ratio"));
	assert_null(find(&p, "node_movable_ratio"));
	p.topo.is_copy = false;
	judge(&p);
	assert_non_null(strstr(find(&p, "memory_blocks")->fix, "mount /sys"));
	free(p.findings);
}

UNIT_TESTS(cmocka_unit_test(of_nothing_nothing_is_claimed),
	   cmocka_unit_test(ratio_above_three_is_told_with_its_excess),
	   cmocka_unit_test(fix_of_a_line_depends_on_whose_file_it_is),
	   cmocka_unit_test(who_set_the_policy_is_told),
	   cmocka_unit_test(leaked_memory_is_an_error),
	   cmocka_unit_test(crash_kernel_that_follows_by_itself_is_well),
	   cmocka_unit_test(bus_that_binds_nothing_is_named),
	   cmocka_unit_test(init_on_alloc_is_a_truth_value),
	   cmocka_unit_test(boot_parameters_are_changed_with_what_is_there),
	   cmocka_unit_test(a_kernel_without_devdax),
	   cmocka_unit_test(a_parameter_is_added_or_replaced),
	   cmocka_unit_test(a_line_that_goes_on_is_a_comment_as_a_whole),
	   cmocka_unit_test(what_hides_our_rule_is_told),
	   cmocka_unit_test(a_section_that_failed_is_told),
	   cmocka_unit_test(files_that_cannot_be_read_are_hidden),
	   cmocka_unit_test(rules_that_bring_memory_online),
	   cmocka_unit_test(pages_of_1_gib_in_movable_memory),
	   cmocka_unit_test(without_memory_blocks))
