/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every file that the program writes and reads again, cut at every byte and with every byte
 * changed. Each reader must refuse what is left, or understand no more than it says.
 */
#include "cmd/job.h"
#include "cmd/out/json/text.h"
#include "cmd/saved.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/memstream.h"
#include "lib/base/parse.h"
#include "lib/exec/job/job.h"
#include "lib/exec/journal.h"
#include "lib/model/memmap.h"
#include "lib/model/run-records.h"
#include "lib/plan/policy/policy.h"
#include "lib/sys/intentdir.h"
#include "lib/sys/jobdir.h"
#include "lib/sys/record.h"
#include "tests/unit/fake/cells.h"
#include "tests/unit/fake/fakesys.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define UUID	    "5a4f3e2d-0000-4000-8000-000000000001"
#define AUTO_ONLINE "sys/devices/system/memory/auto_online_blocks"
#define JOB	    "run/mhpctl/jobs/7/"

#define SAVED_MAX (16U << 20)

#define SHARES 13 /* odd: a share has cells of every value */
#define SHARE  4

#define CELL_MAX_US   1000000
#define GROWTH_MAX_KB (400 << 10) /* the sanitizer keeps 256 MiB of freed memory */

/* Result of a reader of a file. */
struct found {
	bool is_accepted;
	const char *wrong; /* "" or what it got wrong */
};

struct bench {
	struct fakesys *fs;
	char name[256]; /* of the file */
	char *whole;	/* its content */
	size_t len;
	char *meaning; /* kinds that compare texts */
};

struct damage {
	const char *bytes;
	size_t len;
	bool is_cut;
};

struct kind {
	const char *name;
	const char *path; /* NULL: make() sets it */
	void (*make)(struct bench *b);
	struct found (*judge)(struct bench *b, const struct damage *d);
};

static struct found refused(const struct mhp_error *err)
{
	char shown[sizeof(err->message)];

	if (!err)
		return (struct found){ false, "" };
	if (err->reason == MHP_REASON_NONE || !*err->message)
		return (struct found){ false, "refused without a reason" };
	if (strcmp(text_escape(err->message, shown, sizeof(shown)), err->message) != 0)
		return (struct found){ false, "a message that is unsafe on a terminal" };
	return (struct found){ false, "" };
}

static struct found accepted(bool is_true, const char *wrong)
{
	return (struct found){ true, is_true ? "" : wrong };
}

/* ---- policies ---------------------------------------------------------------------------- */

#define POLICY                                                                            \
	"# at boot\n[memory zero]\nmatch.device = dax0.0\nzone = movable\nfirst = 1G\n\n" \
	"[memory later]\nmatch.node = 7\nfirst = 20G\n"

static void make_policy(struct bench *b)
{
	fakesys_put(b->fs, b->name, POLICY);
}

static char *format_policy(const struct mhp_policy *policy)
{
	const struct mhp_policy_section *section;
	cleanup_memstream struct memstream m = { 0 };

	assert_int_equal(memstream_open(&m), 0);
	for (size_t i = 0; (section = mhp_policy_section(policy, i)); i++) {
		fprintf(m.file, "[%s]\n", section->name);
		for (size_t k = 0; k < section->nr_settings; k++)
			fprintf(m.file, "%s = %s\n", mhp_policy_section_setting(section, k)->key,
				mhp_policy_section_setting(section, k)->value);
	}
	return memstream_end(&m);
}

/*
 * A policy is written by hand, so another text is another policy. A cut one that is valid is its
 * beginning, and has a warning unless it ends with a whole line.
 */
static struct found judge_policy(struct bench *b, const struct damage *d)
{
	cleanup_policy struct mhp_policy *policy = NULL;
	cleanup_free char *text = NULL;
	struct mhp_error err = { 0 };
	const struct mhp_policy_problem *problem;

	assert_int_equal(mhp_policy_load(b->fs->ctx, NULL, 0, &policy, NULL), 0);
	if (mhp_policy_check(policy, &err) < 0)
		return refused(&err);
	text = format_policy(policy);
	if (!b->meaning)
		b->meaning = strdup(text);
	if (!d->is_cut)
		return accepted(true, "");
	problem = mhp_policy_problem(policy, 0);
	if (d->len && d->bytes[d->len - 1] != '\n' && !problem)
		return accepted(false, "an incomplete last line without a word");
	if (*text)
		text[strlen(text) - 1] = '\0'; /* the last value may be shorter */
	return accepted(strncmp(text, b->meaning, strlen(text)) == 0, "not the beginning");
}

static void make_daxctl(struct bench *b)
{
	fakesys_put(b->fs, b->name,
		    "[reconfigure-device fast]\nnvdimm.uuid = " UUID
		    "\nmode = system-ram\nonline = true\nmovable = false\n");
}

/* Mistakes in the configuration of daxctl are warnings. */
static struct found judge_daxctl(struct bench *b, const struct damage *d)
{
	cleanup_policy struct mhp_policy *policy = NULL;
	const struct mhp_policy_section *section;

	(void)d;
	assert_int_equal(mhp_policy_load(b->fs->ctx, NULL, 0, &policy, NULL), 0);
	section = mhp_policy_section(policy, 0);
	if (!section)
		return refused(NULL);
	return accepted(section->is_daxctl && !mhp_policy_section(policy, 1), "another section");
}

/* ---- saved plans ------------------------------------------------------------------------- */

static const char *real_path(const struct bench *b)
{
	static char path[512];

	str_format(path, "%s/%s", b->fs->tree.dir, b->name);
	return path;
}

static void make_saved(struct bench *b)
{
	const struct out_call call = { .command = "plan" };
	cleanup_policy struct mhp_policy *policy = NULL;
	struct mhp_topology *topo = NULL;
	struct mhp_policy_plan *plan = NULL;
	struct out_policy_plan report = { 0 };

	fakesys_dax0(b->fs, "device_dax");
	assert_int_equal(mhp_policy_parse(POLICY, "x.conf", &policy, NULL), 0);
	assert_int_equal(mhp_scan_policy(b->fs->ctx, policy, MHP_CONSENT_ALL, &topo, NULL), 0);
	assert_int_equal(mhp_policy_plan_new(topo, policy, MHP_CONSENT_ALL, &plan, NULL), 0);
	report = (struct out_policy_plan){ .policy = policy, .plan = plan };
	assert_int_equal(saved_write(b->fs->ctx, real_path(b), &call, &report, NULL), 0);
	mhp_policy_plan_free(plan);
	mhp_topology_free(topo);
}

/* Reads without the child that saved_read() starts for each file. */
static int read_saved(const char *path, struct mhp_policy **policy, struct mhp_error *err)
{
	cleanup_close int fd = file_open_at(AT_FDCWD, path, true);
	struct mhp_named_file file = { .rc = fd };
	int rc;

	if (fd >= 0)
		file.rc = file_read_all(fd, SAVED_MAX, &file.text, &file.len);
	rc = saved_parse(path, &file, policy, err);
	free(file.text);
	return rc;
}

/* An accepted file is the plan that was saved: the same sections, and the same requests. */
static struct found judge_saved(struct bench *b, const struct damage *d)
{
	cleanup_policy struct mhp_policy *policy = NULL;
	cleanup_free char *text = NULL;
	cleanup_memstream struct memstream m = { 0 };
	struct mhp_error err = { 0 };
	const char *path = real_path(b);

	(void)d;
	if (read_saved(path, &policy, &err) < 0)
		return refused(&err);
	if (!policy) { /* not a saved plan: then it is read as a policy */
		assert_int_equal(mhp_policy_load(b->fs->ctx, &path, 1, &policy, NULL), 0);
		return mhp_policy_check(policy, &err) < 0 ? refused(&err)
							  : accepted(false, "it became a policy");
	}
	text = format_policy(policy);
	assert_int_equal(memstream_open(&m), 0);
	fprintf(m.file, "%s%d %zu", text, policy->is_expected, policy->nr_expected);
	for (size_t i = 0; i < policy->nr_expected; i++)
		fprintf(m.file, " %s %d %" PRIx64, policy->expected[i].section,
			(int)policy->expected[i].verb, policy->expected[i].fingerprint);
	free(text);
	text = memstream_end(&m);
	if (!b->meaning)
		b->meaning = strdup(text);
	return accepted(strcmp(text, b->meaning) == 0, "another plan");
}

/* ---- jobs -------------------------------------------------------------------------------- */

#define BEGIN "{\"schema\":\"mhpctl/1\",\"event\":\"version\",\"version\":\"0.1.0\"}\n"
#define PROGRESS                                                                     \
	"{\"schema\":\"mhpctl/1\",\"event\":\"progress\",\"command\":\"online\","    \
	"\"step\":\"online_block\",\"object\":\"memory33\",\"done\":8,\"total\":16," \
	"\"unit\":\"blocks\",\"done_bytes\":1073741824,\"total_bytes\":2147483648,\"eta_ms\":5}\n"
#define RESULT(status, code, failures)                                                              \
	"{\"schema\":\"mhpctl/1\",\"event\":\"result\",\"command\":\"online\",\"status\":\"" status \
	"\",\"exit_code\":" code ",\"changed\":true,\"elapsed_ms\":9,\"targets\":"                  \
	"[{\"target\":\"region0\",\"status\":\"" status "\",\"changed\":true,"                      \
	"\"blocks_done\":16,\"blocks_total\":16,\"zone\":\"movable\",\"node\":2}],"                 \
	"\"failures\":[" failures "]}\n"
#define FAILURE "{\"target\":\"memory40\",\"reason\":\"kernel\",\"message\":\"memory40: no\"}"

/* The files of a job, as mhp_job_start() writes them. */
static void put_job(struct bench *b)
{
	static const char command[] = "offline\0memory40\0--timeout\0"
				      "5s";
	const struct mhp_job job = { .start_us = 1700000000000000, .uid = 1000 };
	cleanup_close int folder = -1;
	char about[80];

	str_format(about, "%" PRIu64 " %u 0x%" PRIx64 "\n", job.start_us, job.uid,
		   job_checksum(&job, command, sizeof(command)));
	assert_int_equal(tree_folder(b->fs->tree.fd, JOB), 0);
	folder = openat(b->fs->tree.fd, JOB, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(jobdir_put(folder, "job", about, strlen(about)), 0);
	assert_int_equal(jobdir_put(folder, "command", command, sizeof(command)), 0);
	fakesys_put(b->fs, JOB "unit", "mhpctl-job-7.service");
	fakesys_put(b->fs, JOB "events", BEGIN PROGRESS RESULT("partial", "7", FAILURE));
}

static void put_done_job(struct bench *b)
{
	put_job(b);
	fakesys_put(b->fs, JOB "events", BEGIN PROGRESS RESULT("ok", "0", ""));
}

/* A damaged command line is never run. */
static struct found judge_start(struct bench *b, const struct damage *d)
{
	struct mhp_jobs *jobs = NULL;
	const struct mhp_job *job;
	struct found found = { 0 };

	assert_int_equal(mhp_jobs_read(b->fs->ctx, &jobs, NULL), 0);
	job = mhp_jobs_get(jobs, 0);
	found = job && job->is_whole
			? accepted(d->len == b->len && memcmp(d->bytes, b->whole, d->len) == 0,
				   "a damaged job is run")
			: refused(NULL);
	mhp_jobs_free(jobs);
	return found;
}

static struct found judge_unit(struct bench *b, const struct damage *d)
{
	struct found found = judge_start(b, &(struct damage){ b->whole, b->len, false });

	(void)d;
	return found; /* the name is only shown */
}

static void read_events(struct bench *b, struct job_seen *seen)
{
	struct mhp_job_events *events = NULL;
	const char *line;

	assert_int_equal(mhp_job_events_new(b->fs->ctx, 7, &events, NULL), 0);
	while (mhp_job_events_next(events, &line) == 1)
		assert_int_equal(out_json_read_event(line, seen), 0);
	mhp_job_events_free(events);
}

static struct found judge_failed(struct bench *b, const struct damage *d)
{
	struct job_seen seen = { 0 };
	struct found found = refused(NULL);

	(void)d;
	read_events(b, &seen);
	if (seen.document)
		found = accepted(seen.result.exit_code != 0 && seen.result.status != MHP_STATUS_OK,
				 "a failure became a success");
	out_json_forget(&seen);
	return found;
}

static struct found judge_done(struct bench *b, const struct damage *d)
{
	struct job_seen seen = { 0 };
	struct found found = refused(NULL);

	read_events(b, &seen);
	if (seen.document)
		found = accepted(!d->is_cut && (seen.result.exit_code == 0) ==
						       (seen.result.status == MHP_STATUS_OK),
				 "a cut or contradictory result");
	out_json_forget(&seen);
	return found;
}

/* ---- records ----------------------------------------------------------------------------- */

static const struct record sealed = { 2 * GIB, true, { MIB, 2 * MIB }, 0x1122334455667788 };
static const struct record plain = { .size = 2 * GIB };

static void make_sealed(struct bench *b)
{
	assert_int_equal(record_write(b->fs->ctx, UUID, &sealed), 0);
}

static void make_plain(struct bench *b)
{
	assert_int_equal(record_write(b->fs->ctx, UUID, &plain), 0);
}

/* A record permits to overwrite the namespace, so it must be the one that was written. */
static struct found judge_record(struct bench *b, const struct record *whole)
{
	const struct content content = { .has_seal = true, .seal = whole->seal };
	struct record got;

	if (record_read(b->fs->ctx, UUID, &got) < 0 ||
	    record_judge(&got, whole->size, &content) != MHP_RECORD_VALID)
		return refused(NULL);
	/* another scope has another seal */
	if (whole->is_sealed && got.is_sealed &&
	    memcmp(&got.scope, &whole->scope, sizeof(got.scope)))
		return refused(NULL);
	return accepted(got.is_sealed == whole->is_sealed, "a seal is lost");
}

static struct found judge_sealed(struct bench *b, const struct damage *d)
{
	(void)d;
	return judge_record(b, &sealed);
}

static struct found judge_plain(struct bench *b, const struct damage *d)
{
	(void)d;
	return judge_record(b, &plain);
}

/* ---- intents ----------------------------------------------------------------------------- */

static void make_intent(struct bench *b)
{
	static char targets[1][64] = { "region0" };
	const struct intent intent = { .pid = 1,
				       .start = 99,
				       .boot = "11111111-2222-3333-4444-555555555555",
				       .verb = "online",
				       .targets = targets,
				       .nr_targets = 1 };
	const struct intent_step create = {
		.number = 1, .kind = "create_namespace", .object = "region0", .uuid = UUID
	};
	const struct intent_step mode = { .number = 2, .kind = "set_mode", .object = "dax0.0" };
	cleanup_memstream struct memstream m = { 0 };
	cleanup_free char *text = NULL;
	struct intent_file file = { -1, 0 };
	char name[INTENT_NAME_MAX] = "";

	assert_int_equal(memstream_open(&m), 0);
	assert_int_equal(intent_put_head(m.file, &intent), 0);
	assert_int_equal(intent_put_step(m.file, &create), 0);
	assert_int_equal(intent_put_done(m.file, 1), 0);
	assert_int_equal(intent_put_step(m.file, &mode), 0);
	text = memstream_end(&m);
	assert_int_equal(intentdir_create(b->fs->ctx, text, name, &file), 0);
	intentdir_close(&file);
	str_format(b->name, "run/mhpctl/intent/%s", name);
}

/* A cut one has the whole lines before; a changed one is refused, but for its last newline. */
static struct found judge_intent(struct bench *b, const struct damage *d)
{
	cleanup_intents struct intents found = { 0 };
	const struct intent *intent;

	assert_int_equal(intentdir_read(b->fs->ctx, &found), 0);
	if (found.nr != 1)
		return accepted(false, "the file is not reported");
	if (*found.at[0].why)
		return refused(NULL);
	intent = &found.at[0].intent;
	for (size_t i = 0; i < intent->nr_steps; i++)
		if (strcmp(intent->steps[i].kind, i ? "set_mode" : "create_namespace") != 0 ||
		    intent->steps[i].is_done > !i)
			return accepted(false, "a step that was not begun");
	if (d->len == b->len && memcmp(d->bytes, b->whole, d->len) == 0)
		return accepted(intent->nr_steps == 2 && intent->steps[0].is_done, "less");
	if (d->is_cut && intent->nr_steps == 2)
		return accepted(false, "a step whose line is incomplete");
	return accepted(intent->is_torn == (d->bytes[d->len - 1] != '\n') &&
				(d->is_cut || intent->is_torn),
			"a damaged line is taken");
}

/* ---- settings and other files ------------------------------------------------------------ */

static void make_restore(struct bench *b)
{
	assert_int_equal(tree_folder(b->fs->tree.fd, "run/mhpctl"), 0);
	fakesys_put(b->fs, b->name, AUTO_ONLINE "\tonline_movable\n");
}

/* No other value than the old one is set; a setting that may stay changed is reported. */
static struct found judge_restore(struct bench *b, const struct damage *d)
{
	struct mhp_error err = { 0 };
	struct settings s;
	const char *now;
	int nr;

	(void)d;
	fakesys_put(b->fs, AUTO_ONLINE, "offline\n");
	settings_init(&s, b->fs->ctx);
	nr = settings_recover(&s, &err);
	settings_free(&s);
	now = fakesys_get(b->fs, AUTO_ONLINE);
	if (nr == 1)
		return accepted(strcmp(now, "online_movable") == 0, "another value is set");
	if (strcmp(now, "offline") != 0)
		return accepted(false, "set without a word");
	return strstr(err.message, "/" AUTO_ONLINE) ? refused(&err)
						    : accepted(false, "it stays without a word");
}

static void make_runs(struct bench *b)
{
	struct run_records records = { 0 };
	char text[RUN_RECORDS_TEXT];

	for (int i = 0; i < 3; i++) {
		struct mhp_run_record *run = &records.runs[i].pub;

		*run = (struct mhp_run_record){ .run = 7 + (uint64_t)i,
						.pid = 412,
						.start_us = 1700000000000000,
						.elapsed_ms = 12,
						.state = i ? MHP_RUN_FAILED : MHP_RUN_CONVERGED,
						.exit_code = i ? 10 / i : 0 };
		run->reason = i ? MHP_REASON_KERNEL : MHP_REASON_NONE;
		str_copy(run->message, i ? "memory40: cannot online" : "");
		records.nr++;
	}
	run_records_format(&records, text, sizeof(text));
	fakesys_put(b->fs, b->name, text);
}

/* No failed run has succeeded. Numbers and texts have no checksum: they are only shown. */
static struct found judge_runs(struct bench *b, const struct damage *d)
{
	struct run_records records;
	size_t good = 0;

	assert_int_equal(run_records_read(&b->fs->ctx->sys, RUN_KIND_POLICY, &records), 0);
	for (size_t i = 0; i < records.nr; i++) {
		const struct mhp_run_record *run = &records.runs[i].pub;

		if ((run->state == MHP_RUN_CONVERGED) != (run->exit_code == 0))
			return accepted(false, "state and exit code differ");
		if (d->is_cut && run->exit_code > 0 && run->exit_code != 10 && run->exit_code != 5)
			return accepted(false, "another exit code");
		good += run->state == MHP_RUN_CONVERGED;
	}
	if (records.nr < 3)
		return (struct found){ false, good > 1 ? "a failed run has converged" : "" };
	return accepted(good <= 1, "a failed run has converged");
}

static void make_rate(struct bench *b)
{
	fakesys_put(b->fs, b->name, "12345678\n");
}

/* An estimate; a cut one is not used, as its number may be much smaller. */
static struct found judge_rate(struct bench *b, const struct damage *d)
{
	uint64_t rate = memmap_rate_read(&b->fs->ctx->sys);

	if (rate == MHP_UNKNOWN)
		return refused(NULL);
	return accepted(!d->is_cut || d->len == b->len, "a cut number");
}

/* ---- every byte -------------------------------------------------------------------------- */

static const struct kind kinds[] = {
	{ "policy", "etc/mhpctl/policy.d/10-a.conf", make_policy, judge_policy },
	{ "daxctl configuration", "etc/daxctl.conf", make_daxctl, judge_daxctl },
	{ "saved plan", "plan", make_saved, judge_saved },
	{ "job, command", JOB "command", put_job, judge_start },
	{ "job, start", JOB "job", put_job, judge_start },
	{ "job, unit", JOB "unit", put_job, judge_unit },
	{ "job, events of a failure", JOB "events", put_job, judge_failed },
	{ "job, events of a success", JOB "events", put_done_job, judge_done },
	{ "sealed record", "var/lib/mhpctl/namespaces/" UUID, make_sealed, judge_sealed },
	{ "record", "var/lib/mhpctl/namespaces/" UUID, make_plain, judge_plain },
	{ "intent", NULL, make_intent, judge_intent },
	{ "settings journal", "run/mhpctl/restore.auto-online", make_restore, judge_restore },
	{ "policy runs", "run/mhpctl/policy.runs", make_runs, judge_runs },
	{ "memmap rate", "run/mhpctl/memmap-rate", make_rate, judge_rate },
};

static void put_bytes(struct bench *b, const char *bytes, size_t len)
{
	cleanup_close int fd =
		openat(b->fs->tree.fd, b->name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
}

static uint64_t used_us(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (uint64_t)usage.ru_utime.tv_sec * 1000000 + (uint64_t)usage.ru_utime.tv_usec;
}

static void run_cell(struct cells *cells, const struct kind *kind, struct bench *b,
		     const struct damage *d, const char *name)
{
	struct found found;
	uint64_t start_us;

	if (!cells_take(cells, name))
		return;
	put_bytes(b, d->bytes, d->len);
	start_us = used_us();
	found = kind->judge(b, d);
	if (!*found.wrong && used_us() - start_us > CELL_MAX_US)
		found.wrong = "it takes too long";
	cells_told(cells, name, found.wrong);
}

static void change_byte(struct cells *cells, const struct kind *kind, struct bench *b, size_t at)
{
	const char was = b->whole[at];
	const char values[] = { '\0', '\xff', (char)(was ^ 1), (char)(was ^ 4), '\n', '"', ' ' };
	cleanup_free char *bytes = malloc(b->len);
	char name[128];

	assert_non_null(bytes);
	memcpy(bytes, b->whole, b->len);
	for (size_t i = 0; i < sizeof(values); i++) {
		const struct damage damage = { bytes, b->len, false };

		if (values[i] == was)
			continue;
		bytes[at] = values[i];
		str_format(name, "%s: byte %zu is 0x%02x", kind->name, at,
			   (unsigned)(unsigned char)values[i]);
		run_cell(cells, kind, b, &damage, name);
	}
}

static void read_whole(struct bench *b)
{
	cleanup_close int fd = openat(b->fs->tree.fd, b->name, O_RDONLY | O_CLOEXEC);

	b->whole = malloc(16384);
	assert_non_null(b->whole);
	b->len = (size_t)read(fd, b->whole, 16384);
	assert_true(b->len > 0 && b->len < 16384);
}

static void run_kind(struct cells *cells, const struct kind *kind)
{
	struct bench b = { .fs = fakesys_new() };
	struct damage damage = { 0 };
	struct found found;
	char name[128];

	str_copy(b.name, kind->path ? kind->path : "");
	kind->make(&b);
	read_whole(&b);
	damage = (struct damage){ b.whole, b.len, false };
	found = kind->judge(&b, &damage);
	if (!found.is_accepted || *found.wrong)
		fail_msg("%s: the whole file is refused: %s", kind->name, found.wrong);
	for (size_t len = 0; len < b.len; len++) {
		damage = (struct damage){ b.whole, len, true };
		str_format(name, "%s: cut to %zu bytes", kind->name, len);
		run_cell(cells, kind, &b, &damage, name);
	}
	for (size_t at = 0; at < b.len; at++)
		change_byte(cells, kind, &b, at);
	free(b.meaning);
	free(b.whole);
	fakesys_free(b.fs);
}

static void no_damage_is_overlooked(void **state)
{
	struct rusage before, after;
	struct cells cells;

	(void)state;
	cells_begin(&cells,
		    "each file of the program, cut at every byte and with every byte changed",
		    "BUILD/tests/unit/cmd/damaged", SHARES, SHARE);
	cells.row = "hostile";
	getrusage(RUSAGE_SELF, &before);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		run_kind(&cells, &kinds[i]);
	getrusage(RUSAGE_SELF, &after);
	assert_true(cells_end(&cells));
	assert_true(after.ru_maxrss - before.ru_maxrss < GROWTH_MAX_KB);
}

UNIT_TESTS(cmocka_unit_test(no_damage_is_overlooked))
