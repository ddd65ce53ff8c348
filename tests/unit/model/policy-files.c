/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which policy files are read, and how daxctl's configuration is converted. */
#include "lib/plan/policy/policy.h"
#include "tests/unit/fake/tree.h"
#include "tests/unit/fake/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define ETC	"etc/mhpctl/policy.d/"
#define RUN	"run/mhpctl/policy.d/"
#define LIB	"usr/lib/mhpctl/policy.d/"
#define DAXCTL	"etc/daxctl.conf.d/"
#define UUID	"ed93e918-e165-49d8-921d-383d7b9660c5"
#define SECTION "[memory %s]\nmatch.node = 2\n"

struct fixture {
	struct tree tree;
	struct mhp_ctx ctx;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (!f || tree_new(&f->tree) < 0)
		return -1;
	f->ctx = (struct mhp_ctx){
		.sys = { .root_fd = f->tree.fd, .ops = &root_kernel_ops },
		.cancel_fd = -1,
		.stop_fd = -1,
	};
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	tree_free(&f->tree);
	free(f);
	return 0;
}

static void put(const struct fixture *f, const char *path, const char *text)
{
	assert_int_equal(tree_put(f->tree.fd, path, "%s", text), 0);
}

static void put_section(const struct fixture *f, const char *path, const char *name)
{
	assert_int_equal(tree_put(f->tree.fd, path, SECTION, name), 0);
}

static struct mhp_policy *load(struct fixture *f)
{
	struct mhp_policy *policy = NULL;

	assert_int_equal(mhp_policy_load(&f->ctx, NULL, 0, &policy, NULL), 0);
	return policy;
}

static void expect_sections(const struct mhp_policy *policy, const char *want)
{
	const struct mhp_policy_section *section;
	char got[512] = "";

	for (size_t i = 0; (section = mhp_policy_section(policy, i)); i++) {
		strcat(got, i ? " " : "");
		strcat(got, section->name);
	}
	assert_string_equal(got, want);
}

/* Checks the files, given as "STATE PATH", one a line. */
static void expect_files(const struct mhp_policy *policy, const char *want)
{
	const struct mhp_policy_file *file;
	char got[1024] = "";
	size_t len = 0;

	for (size_t i = 0; (file = mhp_policy_file(policy, i)); i++)
		len += (size_t)snprintf(got + len, sizeof(got) - len, "%s /%s\n",
					mhp_policy_file_state_name(file->state), file->path + 1);
	assert_string_equal(got, want);
}

static void expect_problem(const struct mhp_policy *policy, unsigned line, bool is_warning,
			   const char *message)
{
	const struct mhp_policy_problem *problem = mhp_policy_problem(policy, 0);

	assert_non_null(problem);
	assert_int_equal(problem->line, line);
	assert_int_equal(problem->is_warning, is_warning);
	assert_string_equal(problem->error.message, message);
}

/* ---- directories ------------------------------------------------------------------------- */

static void nothing_is_installed(void **state)
{
	cleanup_policy struct mhp_policy *policy = load(*state);

	expect_files(policy, "");
	expect_sections(policy, "");
	assert_int_equal(mhp_policy_check(policy, NULL), 0);
}

static void files_count_by_their_names(void **state)
{
	cleanup_policy struct mhp_policy *policy = NULL;

	put_section(*state, ETC "30-a.conf", "etc30");
	put_section(*state, RUN "20-b.conf", "run20");
	put_section(*state, LIB "10-c.conf", "lib10");
	put_section(*state, LIB "40-d.conf", "lib40");
	put_section(*state, ETC "50-e.txt", "other");
	put_section(*state, ETC ".60-f.conf", "hidden");
	policy = load(*state);
	expect_sections(policy, "lib10 run20 etc30 lib40");
	assert_string_equal(mhp_policy_section(policy, 1)->file, "/" RUN "20-b.conf");
	assert_int_equal(mhp_policy_section(policy, 1)->line, 1);
}

static void higher_folders_hide_lower_ones(void **state)
{
	cleanup_policy struct mhp_policy *policy = NULL;

	put_section(*state, ETC "10-a.conf", "etc");
	put_section(*state, RUN "10-a.conf", "run");
	put_section(*state, LIB "10-a.conf", "lib");
	put_section(*state, RUN "20-b.conf", "run20");
	put_section(*state, LIB "20-b.conf", "lib20");
	policy = load(*state);
	expect_sections(policy, "etc run20");
	expect_files(policy, "read /" ETC "10-a.conf\n"
			     "overridden /" RUN "10-a.conf\n"
			     "overridden /" LIB "10-a.conf\n"
			     "read /" RUN "20-b.conf\n"
			     "overridden /" LIB "20-b.conf\n");
	assert_string_equal(mhp_policy_file(policy, 2)->overridden_by, "/" ETC "10-a.conf");
}

static void empty_files_mask(void **state)
{
	struct fixture *f = *state;
	cleanup_policy struct mhp_policy *policy = NULL;

	put(f, ETC "10-a.conf", "");
	put_section(f, LIB "10-a.conf", "lib");
	assert_int_equal(tree_link(f->tree.fd, RUN "20-b.conf", "/dev/null"), 0);
	put_section(f, LIB "20-b.conf", "lib20");
	put_section(f, LIB "30-c.conf", "lib30");
	policy = load(f);
	expect_sections(policy, "lib30");
	expect_files(policy, "masked /" ETC "10-a.conf\n"
			     "overridden /" LIB "10-a.conf\n"
			     "masked /" RUN "20-b.conf\n"
			     "overridden /" LIB "20-b.conf\n"
			     "read /" LIB "30-c.conf\n");
}

static void names_are_unique_over_all_files(void **state)
{
	cleanup_policy struct mhp_policy *policy = NULL;

	put_section(*state, ETC "10-a.conf", "same");
	put_section(*state, ETC "20-b.conf", "same");
	policy = load(*state);
	expect_problem(policy, 1, false, "section [memory same] already exists");
	assert_string_equal(mhp_policy_problem(policy, 0)->file, "/" ETC "20-b.conf");
}

/* ---- files that cannot be read ------------------------------------------------------------ */

static void links_that_lead_nowhere(void **state)
{
	struct fixture *f = *state;
	cleanup_policy struct mhp_policy *policy = NULL;

	assert_int_equal(tree_link(f->tree.fd, ETC "10-a.conf", "nowhere"), 0);
	put_section(f, LIB "10-a.conf", "lib");
	policy = load(f);
	expect_problem(policy, 0, false, "No such file or directory");
	expect_sections(policy, "");
}

static void what_is_no_text_file(void **state)
{
	struct fixture *f = *state;
	cleanup_policy struct mhp_policy *policy = NULL;

	assert_int_equal(tree_folder(f->tree.fd, ETC "10-a.conf"), 0);
	policy = load(f);
	expect_problem(policy, 0, false, "this is not a file");
	mhp_policy_free(TAKE_PTR(policy));
	assert_int_equal(tree_remove(f->tree.fd, ETC "10-a.conf"), 0);
	assert_int_equal(mkfifoat(f->tree.fd, ETC "10-a.conf", 0600), 0);
	policy = load(f);
	expect_problem(policy, 0, false, "this is not a file");
}

/* A path that is not a directory is reported, not treated as an empty directory. */
static void folders_that_are_none(void **state)
{
	static const char *const folders[] = { "etc/mhpctl/policy.d", "run/mhpctl",
					       "etc/daxctl.conf.d" };
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		cleanup_policy struct mhp_policy *policy = NULL;

		put(f, folders[i], "x");
		policy = load(f);
		expect_problem(policy, 0, false, "the directory cannot be read");
		assert_int_equal(tree_remove(f->tree.fd, folders[i]), 0);
	}
}

static void a_file_with_a_nul(void **state)
{
	struct fixture *f = *state;
	cleanup_policy struct mhp_policy *policy = NULL;
	cleanup_fclose FILE *file = NULL;
	char path[128];

	put(f, ETC "10-a.conf", "x");
	snprintf(path, sizeof(path), "%s/" ETC "10-a.conf", f->tree.dir);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite("[memory a]\0x", 1, 12, file), 12);
	assert_int_equal(fflush(file), 0);
	policy = load(f);
	expect_problem(policy, 0, false, "this is not text: it contains a NUL byte");
}

/* ---- files named as operands --------------------------------------------------------------- */

static void files_and_folders_by_path(void **state)
{
	struct fixture *f = *state;
	cleanup_policy struct mhp_policy *policy = NULL;
	char file[128], folder[128];
	const char *paths[] = { file, folder };

	put_section(f, ETC "10-a.conf", "installed");
	put_section(f, "x/one", "one");
	put_section(f, "x/d/20.conf", "second");
	put_section(f, "x/d/10.conf", "first");
	put_section(f, "x/d/30.txt", "none");
	snprintf(file, sizeof(file), "%s/x/one", f->tree.dir);
	snprintf(folder, sizeof(folder), "%s/x/d", f->tree.dir);
	assert_int_equal(mhp_policy_load(&f->ctx, paths, 2, &policy, NULL), 0);
	expect_sections(policy, "one first second");
}

static void expect_refused(struct fixture *f, const char *path, const char *message)
{
	cleanup_policy struct mhp_policy *policy = NULL;

	assert_int_equal(mhp_policy_load(&f->ctx, &path, 1, &policy, NULL), 0);
	expect_problem(policy, 0, false, message);
	expect_sections(policy, "");
}

/* Anyone who may write to the directory can replace the file. */
static void a_file_in_a_folder_of_all(void **state)
{
	static const char why[] = "its directory: other users can write to it; to fix it, run "
				  "chown root and chmod go-w";
	struct fixture *f = *state;
	char file[128], link[128];
	const char *path = file;
	struct mhp_policy *policy = NULL;

	put_section(f, "open/one", "one");
	put_section(f, "x/two", "two");
	assert_int_equal(fchmodat(f->tree.fd, "open", 0777, 0), 0);
	snprintf(file, sizeof(file), "%s/open/one", f->tree.dir);
	snprintf(link, sizeof(link), "%s/x/link", f->tree.dir);
	expect_refused(f, file, why);
	assert_int_equal(tree_link(f->tree.fd, "x/link", "../open/one"), 0);
	expect_refused(f, link, why);
	assert_int_equal(fchmodat(f->tree.fd, "open", 01777, 0), 0);
	assert_int_equal(mhp_policy_load(&f->ctx, &path, 1, &policy, NULL), 0);
	expect_sections(policy, "one");
	mhp_policy_free(policy);
}

/* Each section is compared with all earlier ones, so their number is limited. */
static void too_many_sections(void **state)
{
	struct fixture *f = *state;
	cleanup_policy struct mhp_policy *policy = NULL;
	cleanup_fclose FILE *file = NULL;
	char path[128];

	put(f, ETC "10-a.conf", "x");
	snprintf(path, sizeof(path), "%s/" ETC "10-a.conf", f->tree.dir);
	file = fopen(path, "we");
	assert_non_null(file);
	for (int i = 0; i < 30000; i++)
		fprintf(file, "[memory s%d]\nmatch.node = 2\n", i);
	assert_int_equal(fflush(file), 0);
	policy = load(f);
	expect_problem(policy, 0, false, "the file has too many lines for a policy");
}

/* Links must not lead out of a copied tree. */
static void links_out_of_a_copy(void **state)
{
	struct fixture *f = *state;
	cleanup_policy struct mhp_policy *policy = NULL;
	char outside[128];

	put_section(f, "outside/10-a.conf", "outside");
	put_section(f, "copy/usr/lib/mhpctl/policy.d/10-a.conf", "inside");
	snprintf(outside, sizeof(outside), "%s/outside", f->tree.dir);
	assert_int_equal(tree_link(f->tree.fd, "copy/etc/mhpctl/policy.d", outside), 0);
	f->ctx.is_copy = f->ctx.sys.is_copy = true;
	f->ctx.sys.root_fd = openat(f->tree.fd, "copy", O_PATH | O_DIRECTORY);
	policy = load(f);
	close(f->ctx.sys.root_fd);
	expect_sections(policy, "inside");
}

static void paths_that_are_not_there(void **state)
{
	struct fixture *f = *state;
	const char *path = "/nonexistent/x.conf";
	struct mhp_policy *policy = NULL;
	struct mhp_error err = { 0 };

	assert_int_equal(mhp_policy_load(&f->ctx, &path, 1, &policy, &err), -ENOENT);
	assert_null(policy);
	assert_int_equal(err.reason, MHP_REASON_USAGE);
	assert_string_equal(err.message, "policy /nonexistent/x.conf: No such file or directory");
}

/* ---- daxctl -------------------------------------------------------------------------------- */

static void sections_of_daxctl(void **state)
{
	cleanup_policy struct mhp_policy *policy = NULL;
	const struct mhp_policy_section *s;

	put(*state, ETC "90-z.conf", "[memory ours]\nmatch.node = 2\norder = 999\n");
	put(*state, DAXCTL "a.conf",
	    "[core]\nfoo = bar\n[reconfigure-device x y]\nnvdimm.uuid = " UUID "\n"
	    "mode = system-ram\nonline = true\nmovable = false\n");
	put(*state, "etc/daxctl.conf",
	    "[reconfigure-device x]\nnvdimm.uuid = " UUID "\nmode = devdax\n");
	policy = load(*state);
	assert_null(mhp_policy_problem(policy, 0));
	expect_sections(policy, "ours daxctl-x daxctl-x-2");
	s = mhp_policy_section(policy, 2);
	assert_true(s->is_daxctl);
	assert_int_equal(s->line, 3);
	assert_int_equal(s->zone, MHP_ZONE_REQUEST_KERNEL);
	assert_int_equal(s->nr_settings, 3);
	assert_string_equal(mhp_policy_section_setting(s, 0)->key, "match.namespace");
	assert_string_equal(mhp_policy_section_setting(s, 0)->value, UUID);
	assert_string_equal(mhp_policy_section_setting(s, 1)->value, "system_ram");
	assert_string_equal(mhp_policy_section_setting(s, 2)->key, "zone");
	assert_string_equal(mhp_policy_section_setting(s, 2)->value, "kernel");
	assert_int_equal(mhp_policy_section(policy, 1)->mode, MHP_DAX_DEVDAX);
}

/* A mistake in daxctl's configuration does not invalidate our policy. */
static void mistakes_of_daxctl(void **state)
{
	static const struct {
		const char *text;
		unsigned line;
		const char *message;
	} tries[] = {
		{ "[reconfigure-device x]\nfrob = 1\n", 2,
		  "unknown key \"frob\"; the section is ignored" },
		{ "[reconfigure-device x]\nmode = ram\n", 2,
		  "mode: \"ram\" is not a valid value; the section is ignored" },
		{ "[reconfigure-device x]\nmovable = yes\n", 2,
		  "movable: \"yes\" is not a valid value; the section is ignored" },
		{ "[reconfigure-device x]\nonline = 1\n", 2,
		  "online: \"1\" is not a valid value; the section is ignored" },
		{ "[reconfigure-device x]\nnvdimm.uuid = " UUID "\nonline = false\n", 3,
		  "online = false: mhpctl leaves no memory offline; the section is ignored" },
		{ "[reconfigure-device x]\nmode = devdax\n", 1,
		  "section daxctl-x has no nvdimm.uuid" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(tries); i++) {
		cleanup_policy struct mhp_policy *policy = NULL;

		put(*state, DAXCTL "a.conf", tries[i].text);
		policy = load(*state);
		expect_problem(policy, tries[i].line, true, tries[i].message);
		expect_sections(policy, "");
		assert_int_equal(mhp_policy_check(policy, NULL), 0);
	}
}

static void importing(void **state)
{
	struct fixture *f = *state;
	cleanup_policy struct mhp_policy *policy = NULL;
	char path[128];

	put_section(f, ETC "10-a.conf", "ours");
	put(f, DAXCTL "a.conf", "[reconfigure-device x]\nnvdimm.uuid = " UUID "\n");
	put(f, "y.conf", "[reconfigure-device y]\nnvdimm.uuid = " UUID "\n");
	assert_int_equal(mhp_policy_import(&f->ctx, NULL, &policy, NULL), 0);
	expect_sections(policy, "daxctl-x");
	mhp_policy_free(TAKE_PTR(policy));
	snprintf(path, sizeof(path), "%s/y.conf", f->tree.dir);
	assert_int_equal(mhp_policy_import(&f->ctx, path, &policy, NULL), 0);
	expect_sections(policy, "daxctl-y");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

UNIT_TESTS(TEST(nothing_is_installed), TEST(files_count_by_their_names),
	   TEST(higher_folders_hide_lower_ones), TEST(empty_files_mask),
	   TEST(names_are_unique_over_all_files), TEST(links_that_lead_nowhere),
	   TEST(what_is_no_text_file), TEST(folders_that_are_none), TEST(a_file_with_a_nul),
	   TEST(files_and_folders_by_path), TEST(a_file_in_a_folder_of_all),
	   TEST(links_out_of_a_copy), TEST(too_many_sections), TEST(paths_that_are_not_there),
	   TEST(sections_of_daxctl), TEST(mistakes_of_daxctl), TEST(importing))
