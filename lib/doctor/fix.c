/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fixes for findings: commands, for a person to read before running them. */
#include "lib/base/error.h"
#include "lib/doctor/doctor.h"

#include <string.h>

#define WORD_MAX DOCTOR_WORD_MAX

/* Comments out a line and the lines that continue it. */
#define COMMENT_ALL "%s{s/^/#/;:a;/\\\\$/{N;s/\\n\\([^#]\\)/\\n#\\1/;ba;}}"

const char *doctor_word(const char *text, char *buf, size_t size)
{
	size_t len = 0;

	if (!text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
			       "._/@:+-")]) {
		str_copy_to(buf, size, text);
		return buf;
	}
	buf[len++] = '\'';
	for (; *text && len + 6 < size; text++) {
		if (*text == '\'')
			len += (size_t)snprintf(buf + len, size - len, "'\\''");
		else
			buf[len++] = *text;
	}
	buf[len++] = '\'';
	buf[len] = '\0';
	if (*text)
		buf[0] = '\0';
	return buf;
}

static bool is_own_place(const char *path)
{
	return strncmp(path, "/etc/", 5) == 0 || strncmp(path, "/run/", 5) == 0;
}

/* ---- a line of a file -------------------------------------------------------------------- */

/*
 * Directories of configuration: where a copy hides a package's file, and the command that reloads
 * it.
 */
static const struct place {
	const char *below;
	const char *folder;
	const char *after;
} places[] = {
	{ "/modprobe.d/", "/etc/modprobe.d", "" },
	{ "/tmpfiles.d/", "/etc/tmpfiles.d", "" },
	{ "/systemd/system/", "/etc/systemd/system", " && systemctl daemon-reload" },
};

static const struct place *place_of(const char *path, const char **name)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const char *at = strstr(path, places[i].below);

		if (at) {
			*name = at + strlen(places[i].below);
			return &places[i];
		}
	}
	return NULL;
}

static void comment_script(const struct fact_line *line, char *script, size_t size)
{
	char number[16];

	str_format(number, "%u", line->line);
	snprintf(script, size, line->goes_on ? COMMENT_ALL : "%ss/^/#/", number);
}

void doctor_fix_line(struct mhp_finding *finding, const struct fact_line *line)
{
	char from[WORD_MAX], to[WORD_MAX], copy[WORD_MAX], script[80], folder[WORD_MAX];
	const char *name = NULL;
	const struct place *place = place_of(line->file, &name);

	str_format(finding->where, "%s:%u", line->file, line->line);
	comment_script(line, script, sizeof(script));
	doctor_word(line->file, from, sizeof(from));
	if (!place || is_own_place(line->file)) {
		str_format(finding->fix, "sed -i '%s' %s%s", script, from,
			   place ? place->after : "");
		return;
	}
	str_format(copy, "%s/%.200s", place->folder, name);
	doctor_word(copy, to, sizeof(to));
	*strrchr(copy, '/') = '\0';
	doctor_word(copy, folder, sizeof(folder));
	str_format(finding->fix, "%s%s%ssed '%s' %.220s >%.220s%s",
		   strchr(name, '/') ? "mkdir -p " : "", strchr(name, '/') ? folder : "",
		   strchr(name, '/') ? " && " : "", script, from, to, place->after);
}

/*
 * Copies the file to /etc, where it hides the original, and comments the line out there; other
 * rules of the file stay. A copy that already exists is from an earlier fix.
 */
static void fix_in_copy(struct mhp_finding *finding, const char *path, const char *script)
{
	char from[WORD_MAX], copy[WORD_MAX], to[WORD_MAX];

	str_format(copy, "/etc/udev/rules.d/%.200s", strrchr(path, '/') + 1);
	doctor_word(copy, to, sizeof(to));
	doctor_word(path, from, sizeof(from));
	if (str_format(finding->fix,
		       "test -e %s || cp %s %s; sed -i '%s' %s && udevadm control --reload", to,
		       from, to, script, to) >= (int)sizeof(finding->fix))
		str_copy(finding->fix,
			 "copy the file to /etc/udev/rules.d, and comment the line out there");
}

void doctor_fix_rule(struct mhp_finding *finding, const char *where, bool is_alone)
{
	const char *colon = strrchr(where, ':');
	char path[256], word[WORD_MAX], script[80];

	str_copy(finding->where, where);
	if (!colon)
		return;
	snprintf(path, sizeof(path), "%.*s", (int)(colon - where), where);
	str_format(script, COMMENT_ALL, colon + 1);
	if (is_own_place(path))
		str_format(finding->fix, "sed -i '%s' %s && udevadm control --reload", script,
			   doctor_word(path, word, sizeof(word)));
	else if (is_alone)
		str_format(finding->fix,
			   "ln -s /dev/null /etc/udev/rules.d/%s && udevadm control "
			   "--reload",
			   doctor_word(strrchr(path, '/') + 1, word, sizeof(word)));
	else
		fix_in_copy(finding, path, script);
}

/* ---- parameters of the next boot --------------------------------------------------------- */

/* Returns whether a parameter has no character that is special to a shell, to sed or in quotes. */
static bool is_plain(const char *parameter)
{
	return !parameter ||
	       !parameter[strspn(parameter, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					    "0123456789_=,.-")];
}

static void fix_with_grubby(struct mhp_finding *finding, const char *without, const char *with)
{
	str_format(finding->fix, "grubby --update-kernel=ALL%s%s%s%s # and reboot",
		   without ? " --remove-args=" : "", without ? without : "", with ? " --args=" : "",
		   with ? with : "");
}

/*
 * Edits /etc/default/grub. A shell reads the file, so a line at its end can append to the variable,
 * however it was quoted.
 */
static void fix_with_grub(const struct doctor *d, struct mhp_finding *finding, const char *without,
			  const char *with)
{
	if (without)
		str_format(finding->fix,
			   "sed -i '/^GRUB_CMDLINE_LINUX/s/\\b%s\\b/%s/g' /etc/default/grub%s && "
			   "update-grub # and reboot",
			   without, with ? with : "",
			   d->facts->has_grub_parts ? " /etc/default/grub.d/*.cfg" : "");
	else
		str_format(
			finding->fix,
			"echo 'GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX %s\"' >>/etc/default/grub "
			"&& update-grub # and reboot",
			with);
}

#define BOOT_LOADERS                                                                  \
	"the kernel's command line in the configuration of the boot loader (GRUB: "   \
	"GRUB_CMDLINE_LINUX in /etc/default/grub, then grub-mkconfig; systemd-boot: " \
	"/etc/kernel/cmdline, then kernel-install), and reboot"

static void describe_fix(struct mhp_finding *finding, const char *without, const char *with)
{
	if (without && with)
		str_format(finding->fix, "replace %s by %s on " BOOT_LOADERS, without, with);
	else if (without)
		str_format(finding->fix, "take %s off " BOOT_LOADERS, without);
	else
		str_format(finding->fix, "add %s to " BOOT_LOADERS, with);
}

void doctor_fix_boot(const struct doctor *d, struct mhp_finding *finding, const char *without,
		     const char *with)
{
	const bool plain = is_plain(without) && is_plain(with);

	if (plain && d->facts->boot_tool == BOOT_TOOL_GRUBBY)
		fix_with_grubby(finding, without, with);
	else if (plain && d->facts->boot_tool == BOOT_TOOL_UPDATE_GRUB)
		fix_with_grub(d, finding, without, with);
	else
		describe_fix(finding, without, with);
}
