/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A feature of the scheduler, place "sys/kernel/debug/sched/features RT_RUNTIME_SHARE":
 * the file shows a word for each, "NO_" before those that are off, and takes one word a
 * write.
 */
#include <errno.h>
#include <string.h>

#include "deadline.h"
#include "error.h"
#include "target.h"

#define FEATURES "sys/kernel/debug/sched/features"
#define OFF      "NO_"

/* The name, or NULL. */
static const char *feature_name(const char *place)
{
	const char *name = place + strlen(FEATURES " ");

	return g_str_has_prefix(place, FEATURES " ") && *name &&
			       name[strspn(name, G_CSET_A_2_Z G_CSET_DIGITS "_")] ==
				       '\0' &&
			       !g_str_has_prefix(name, OFF)
		       ? name
		       : NULL;
}

static const char *bare(const char *word)
{
	return g_str_has_prefix(word, OFF) ? word + strlen(OFF) : word;
}

static char **read_words(const TargetHost *host, int *ret_errno)
{
	g_autofree char *line = NULL;

	return root_read_line(host->root, FEATURES, &line, ret_errno, NULL)
		       ? g_strsplit(line, " ", -1)
		       : NULL;
}

static gboolean read_feature(const TargetHost *host, const char *place, char **ret,
			     int *ret_errno)
{
	const char *name = feature_name(place);
	g_auto(GStrv) words = NULL;

	*ret_errno = EINVAL;
	if (!name)
		return FALSE;
	words = read_words(host, ret_errno);
	for (char **word = words; word && *word; word++) {
		if (strcmp(bare(*word), name) != 0)
			continue;
		*ret = g_strdup(*word);
		return TRUE;
	}
	if (words)
		*ret_errno = ENOENT;
	return FALSE;
}

typedef struct {
	const Root *root;
	const char *text;
	gsize length;
} Write;

static int do_write(gconstpointer data)
{
	const Write *write = data;

	return root_write_errno(write->root, FEATURES, write->text, write->length);
}

/* A tree has no kernel that knows the other words. */
static char *whole_file(const TargetHost *host, const char *value)
{
	g_auto(GStrv) words = read_words(host, &(int){0});

	for (char **word = words; word && *word; word++)
		if (strcmp(bare(*word), bare(value)) == 0) {
			g_free(*word);
			*word = g_strdup(value);
		}
	return words ? g_strjoinv(" ", words) : g_strdup(value);
}

static gboolean write_feature(const TargetHost *host, const char *place,
			      const char *value, GError **error)
{
	const char *name = feature_name(place);
	g_autofree char *text = NULL;
	Write write;
	int errnum;

	if (!name || strcmp(bare(value), name) != 0)
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "'%s' to '%s': a feature is its name, or " OFF "name",
				   value, place);
	text = root_is_live(host->root) ? g_strdup(value) : whole_file(host, value);
	write = (Write){host->root, text, strlen(text)};
	errnum = deadline_call(do_write, &write, host->write_seconds);
	return errnum == 0 ||
	       lathe_error_errno(error, errnum, "write '%s' to '" FEATURES "'", value);
}

static gboolean same_word(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

const TargetKind target_feature = {
	.read = read_feature, .write = write_feature, .same = same_word};
