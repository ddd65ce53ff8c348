/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/base/cleanup.h"
#include "lib/base/vec.h"
#include "lib/sys/report/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void entry_clear(struct report_entry *entry)
{
	free(entry->path);
	free(entry->data);
}

void report_tree_free(struct report_tree *tree)
{
	for (size_t i = 0; i < tree->nr; i++)
		entry_clear(&tree->at[i]);
	free(tree->at);
	*tree = (struct report_tree){ .nr = 0 };
}

int report_tree_add(struct report_tree *tree, enum capture_kind kind, const char *path,
		    const char *data, size_t len)
{
	struct report_entry entry = { .kind = kind, .number = tree->nr, .len = len };

	if (VEC_GROW(tree->at, tree->nr, tree->space) < 0)
		return -ENOMEM;
	entry.path = strdup(path);
	entry.data = malloc(len + 1);
	if (!entry.path || !entry.data) {
		entry_clear(&entry);
		return -ENOMEM;
	}
	memcpy(entry.data, data, len);
	entry.data[len] = '\0';
	tree->at[tree->nr++] = entry;
	return 0;
}

static int add_record(const struct capture_record *record, void *data)
{
	struct report_tree *tree = data;
	int rc = report_tree_add(tree, record->kind, record->path, record->data, record->len);

	if (rc == 0)
		tree->at[tree->nr - 1].rc = record->rc;
	return rc;
}

/* Compares paths so that a slash comes before all else: a directory, then its content. */
static int compare_paths(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	if (*a == *b)
		return 0;
	if (!*a || !*b)
		return *a ? 1 : -1;
	if (*a == '/' || *b == '/')
		return *a == '/' ? -1 : 1;
	return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
}

static int compare_entries(const void *a, const void *b)
{
	const struct report_entry *x = a, *y = b;
	int order = compare_paths(x->path, y->path);

	if (order == 0)
		order = x->kind < y->kind ? -1 : x->kind > y->kind;
	return order ? order : x->number < y->number ? -1 : x->number > y->number;
}

/* Keeps of each path the entry that says most; of several contents the first. */
void report_tree_sort(struct report_tree *tree)
{
	size_t nr = 0;

	if (tree->nr)
		qsort(tree->at, tree->nr, sizeof(*tree->at), compare_entries);
	for (size_t i = 0; i < tree->nr; i++) {
		if (nr && strcmp(tree->at[nr - 1].path, tree->at[i].path) == 0)
			entry_clear(&tree->at[i]);
		else
			tree->at[nr++] = tree->at[i];
	}
	tree->nr = nr;
}

int report_tree_take(struct report_tree *tree, const struct capture *capture)
{
	int rc = capture_each(capture, add_record, tree, &tree->is_cut);

	if (rc == 0)
		report_tree_sort(tree);
	return rc;
}

static int compare_path(const void *key, const void *entry)
{
	return compare_paths(key, ((const struct report_entry *)entry)->path);
}

struct report_entry *report_tree_find(const struct report_tree *tree, const char *path)
{
	return tree->nr ? bsearch(path, tree->at, tree->nr, sizeof(*tree->at), compare_path) : NULL;
}

void report_entry_set(struct report_entry *entry, struct buf *data)
{
	free(entry->data);
	entry->len = data->len ? data->len - 1 : 0; /* the buffer ends with a NUL */
	entry->data = TAKE_PTR(data->data);
	data->len = data->size = 0;
}

bool report_begins(const char *path, const char *with)
{
	return strncmp(path, with, strlen(with)) == 0;
}

bool report_ends(const char *path, const char *with)
{
	size_t len = strlen(path), end = strlen(with);

	return len >= end && strcmp(path + len - end, with) == 0;
}
