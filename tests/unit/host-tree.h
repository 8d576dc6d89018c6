/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Captured machines below tests/hosts, unpacked into a directory: tests/hosts/pack says how
 * they are written. */
#ifndef LATHE_TEST_HOST_TREE_H
#define LATHE_TEST_HOST_TREE_H

#include <string.h>

#include "cpulist.h"
#include "tree.h"

/* Every machine there is: who loops over them misses none. */
static const char *const host_trees[] = {
	"hwloc-16em64t-4s2c2t", "hwloc-16em64t-4s2c2t-offlines", "hwloc-48amd64-4pa2n6c-sparse",
	"hwloc-64amd64-4s2n4ca2co", "libvirt-resctrl", "lscpu-x86_64-64cpu",
	"nri-2-socket-4-node-40-core", "nri-sample1", "openshift-master", "openshift-worker2",
};

static inline char *host_file(const char *name, const char *suffix)
{
	g_autofree char *file = g_strconcat(name, suffix, NULL);
	g_autofree char *path = g_build_filename(g_getenv("TESTS"), "hosts", file, NULL);
	char *text = NULL;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		g_error("cannot read %s", path);
	return text;
}

enum { HOST_WORDS = 10 };

/* One escape: what follows a backslash. Returns where it ends. */
static inline const char *host_escape(const char *text, char *const words[HOST_WORDS],
				      GString *plain)
{
	const char *star, *close;

	switch (*text) {
	case 'n': g_string_append_c(plain, '\n'); break;
	case 't': g_string_append_c(plain, '\t'); break;
	case '\\': g_string_append_c(plain, '\\'); break;
	case '$':
		g_assert_true(g_ascii_isdigit(*++text));
		g_string_append(plain, words[*text - '0']);
		break;
	case '(':
		star = strchr(text, '*');
		close = strchr(text, ')');
		g_assert_true(star && close && star < close);
		for (guint64 n = g_ascii_strtoull(text + 1, NULL, 10); n > 0; n--)
			g_string_append_len(plain, star + 1, close - star - 1);
		text = close;
		break;
	default:
		g_assert_true(text[0] == 'x' && g_ascii_isxdigit(text[1]) &&
			      g_ascii_isxdigit(text[2]));
		g_string_append_c(plain, (char)(g_ascii_xdigit_value(text[1]) << 4 |
						g_ascii_xdigit_value(text[2])));
		text += 2;
	}
	return text + 1;
}

static inline char *host_unescape(const char *text, char *const words[HOST_WORDS])
{
	GString *plain = g_string_new(NULL);

	while (*text) {
		const char *special = strchrnul(text, '\\');

		g_string_append_len(plain, text, special - text);
		text = *special ? host_escape(special + 1, words, plain) : special;
	}
	return g_string_free(plain, FALSE);
}

/* "cpu{0,2}/online": one file for each CPU of the list. */
static inline void host_write(const char *directory, const char *path, const char *text)
{
	const char *open = strchr(path, '{'), *close = strchr(path, '}');
	g_autofree char *list = NULL;
	Cpuset cpus;

	if (!open) {
		tree_write(directory, path, text);
		return;
	}
	list = g_strndup(open + 1, (gsize)(close - open - 1));
	g_assert_true(cpulist_parse(list, CPUSET_CPUS, &cpus, NULL));
	CPUSET_FOREACH(cpu, &cpus) {
		g_autofree char *one =
			g_strdup_printf("%.*s%d%s", (int)(open - path), path, cpu, close + 1);

		tree_write(directory, one, text);
	}
}

/* The directory, to be given to tree_free(). */
static inline char *host_unpack(const char *name)
{
	g_autofree char *text = host_file(name, ".tree");
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	char *words[HOST_WORDS] = {NULL};
	char *directory = tree_new_in_memory();

	for (char **line = lines; **line; line++) {
		g_auto(GStrv) fields = g_strsplit(*line, "\t", 2);
		g_autofree char *plain = host_unescape(fields[1], words);

		if (fields[0][0] == '$')
			words[fields[0][1] - '0'] = g_steal_pointer(&plain);
		else
			host_write(directory, fields[0], plain);
	}
	for (guint i = 0; i < HOST_WORDS; i++)
		g_free(words[i]);
	return directory;
}

#endif
