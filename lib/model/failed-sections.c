/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/model/failed-sections.h"
#include "lib/base/cleanup.h"
#include "lib/base/error.h"
#include "lib/base/memstream.h"
#include "lib/base/parse.h"
#include "lib/base/vec.h"
#include "lib/sys/statedir.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define FILE_MAX (2 << 20)

/* Parses "FINGERPRINT SECTION REASON MESSAGE". */
static int read_line(const char *line, struct failed_section *section)
{
	char reason[32];
	int used = 0;

	if (sscanf(line, "%" SCNx64 " %63s %31s%n", &section->fingerprint, section->section, reason,
		   &used) != 3)
		return -EINVAL;
	section->error.errnum = EIO;
	section->error.reason = err_reason_of(reason);
	text_escape(line + used + (line[used] == ' '), section->error.message,
		    sizeof(section->error.message));
	return 0;
}

int failed_sections_read(const struct root *sys, struct failed_sections *sections)
{
	cleanup_free char *text = NULL;
	char *save = NULL;
	int rc = statedir_read(sys, STATE_POLICY_FAILED, FILE_MAX, &text);

	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct failed_section section = { 0 };

		if (read_line(line, &section) == 0)
			rc = failed_sections_put(sections, &section);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static char *format_lines(const struct failed_sections *sections)
{
	cleanup_memstream struct memstream m = { 0 };
	char message[sizeof(sections->at->error.message)];

	if (memstream_open(&m) < 0)
		return NULL;
	for (size_t i = 0; i < sections->nr; i++) {
		const struct failed_section *section = &sections->at[i];

		fprintf(m.file, "%" PRIx64 " %s %s %s\n", section->fingerprint, section->section,
			mhp_reason_name(section->error.reason),
			text_escape(section->error.message, message, sizeof(message)));
	}
	return memstream_end(&m);
}

int failed_sections_write(const struct root *sys, const struct failed_sections *sections)
{
	cleanup_free char *text = NULL;

	if (!sections->nr) {
		statedir_remove(sys, STATE_POLICY_FAILED);
		return 0;
	}
	text = format_lines(sections);
	return text ? statedir_write(sys, STATE_POLICY_FAILED, true, text, 0644) : -ENOMEM;
}

const struct failed_section *failed_sections_find(const struct failed_sections *sections,
						  const char *section)
{
	for (size_t i = 0; i < sections->nr; i++)
		if (strcmp(sections->at[i].section, section) == 0)
			return &sections->at[i];
	return NULL;
}

int failed_sections_put(struct failed_sections *sections, const struct failed_section *section)
{
	struct failed_section *to =
		(struct failed_section *)failed_sections_find(sections, section->section);

	if (!to)
		to = VEC_PUSH(sections->at, sections->nr);
	if (!to)
		return -ENOMEM;
	*to = *section;
	return 0;
}

void failed_sections_free(struct failed_sections *sections)
{
	free(sections->at);
	*sections = (struct failed_sections){ 0 };
}
