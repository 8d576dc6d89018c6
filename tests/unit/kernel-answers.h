/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a kernel makes of a write, for trees that have none: of files that show a choice
 * ("always [madvise] never") the chosen word gets the brackets, a CPU that goes
 * offline leaves the lists of CPUs, and what a file sums up follows.
 */
#ifndef LATHE_TEST_KERNEL_ANSWERS_H
#define LATHE_TEST_KERNEL_ANSWERS_H

#include <glob.h>

#include "change.h"
#include "cpulist.h"
#include "tree.h"

typedef struct {
	const char *directory;
	const GPtrArray *changes;
	GPtrArray *choices; /* of char *: file, and the words in it, by turns */
	GPtrArray *lists;   /* of char *: file, and the CPUs in it when all are online */
	GPtrArray *sums;    /* of char *: file, what it sums up, and what it held first */
} KernelAnswers;

static inline char *kernel_words(const char *line)
{
	g_auto(GStrv) parts = g_strsplit_set(line, "[]", -1);

	return g_strjoinv("", parts);
}

static inline void kernel_remember_lists(KernelAnswers *answers, const char *pattern)
{
	g_autofree char *files = g_build_filename(answers->directory, pattern, NULL);
	glob_t found;

	if (glob(files, 0, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++) {
		char *list = NULL;

		g_assert_true(g_file_get_contents(found.gl_pathv[i], &list, NULL, NULL));
		g_ptr_array_add(answers->lists, g_strdup(found.gl_pathv[i]));
		g_ptr_array_add(answers->lists, g_strchomp(list));
	}
	globfree(&found);
}

static inline void kernel_remember_sum(KernelAnswers *answers, const char *file,
				       char *sum)
{
	char *first = NULL;

	g_assert_true(g_file_get_contents(sum, &first, NULL, NULL));
	g_ptr_array_add(answers->sums, sum);
	g_ptr_array_add(answers->sums, g_strdup(file));
	g_ptr_array_add(answers->sums, first);
}

static inline void kernel_remember(KernelAnswers *answers, const Change *change)
{
	g_autofree char *file = g_build_filename(answers->directory, change->place, NULL);
	g_autofree char *line = NULL;

	if (change->kind == CHANGE_CPU && answers->lists->len == 0) {
		kernel_remember_lists(answers, "sys/devices/system/cpu/online");
		kernel_remember_lists(answers, "sys/devices/system/cpu/cpu*/topology/"
					       "thread_siblings_list");
	}
	if (g_str_has_suffix(file, "/cpuset.cpus"))
		kernel_remember_sum(answers, file, g_strconcat(file, ".effective", NULL));
	if (strstr(file, "/tracing/events/"))
		kernel_remember_sum(answers, file,
				    g_build_filename(answers->directory,
						     "sys/kernel/tracing/events/enable",
						     NULL));
	if (!g_file_get_contents(file, &line, NULL, NULL) || !strchr(line, '['))
		return;
	g_ptr_array_add(answers->choices, g_steal_pointer(&file));
	g_ptr_array_add(answers->choices, kernel_words(line));
}

/* `changes` are what will be written; both are borrowed. */
static inline KernelAnswers *kernel_answers_new(const char *directory,
						const GPtrArray *changes)
{
	KernelAnswers *answers = g_new(KernelAnswers, 1);

	*answers = (KernelAnswers){directory, changes,
				   g_ptr_array_new_with_free_func(g_free),
				   g_ptr_array_new_with_free_func(g_free),
				   g_ptr_array_new_with_free_func(g_free)};
	for (guint i = 0; i < changes->len; i++)
		kernel_remember(answers, changes->pdata[i]);
	return answers;
}

static inline void kernel_answers_free(KernelAnswers *answers)
{
	g_ptr_array_unref(answers->choices);
	g_ptr_array_unref(answers->lists);
	g_ptr_array_unref(answers->sums);
	g_free(answers);
}

static inline void kernel_show_choice(const char *file, const char *all)
{
	g_auto(GStrv) words = g_strsplit(all, " ", -1);
	g_autofree char *now = NULL;
	g_autofree char *shown = NULL;

	g_assert_true(g_file_get_contents(file, &now, NULL, NULL));
	if (strchr(now, '['))
		return;
	for (char **word = words; *word; word++) {
		g_strchomp(*word);
		if (strcmp(*word, now) == 0) {
			g_free(*word);
			*word = g_strdup_printf("[%s]", now);
		}
	}
	shown = g_strjoinv(" ", words);
	g_assert_nonnull(strchr(shown, '['));
	g_assert_true(g_file_set_contents(file, shown, -1, NULL));
}

static inline void kernel_find_offline(const KernelAnswers *answers, Cpuset *offline)
{
	for (guint i = 0; i < answers->changes->len; i++) {
		const Change *change = answers->changes->pdata[i];
		g_autofree char *file =
			g_build_filename(answers->directory, change->place, NULL);
		g_autofree char *now = NULL;
		guint cpu;

		if (change->kind != CHANGE_CPU)
			continue;
		g_assert_cmpint(
			sscanf(change->place, "sys/devices/system/cpu/cpu%u/", &cpu), ==,
			1);
		g_assert_true(g_file_get_contents(file, &now, NULL, NULL));
		if (*now == '0')
			cpuset_add(offline, cpu);
	}
}

/* A cpuset without CPUs of its own has its parent's; one event is all there are in the
 * tree. */
static inline void kernel_show_sum(const char *sum, const char *file, const char *first)
{
	g_autofree char *now = NULL;

	g_assert_true(g_file_get_contents(file, &now, NULL, NULL));
	g_strchomp(now);
	if (*now == '\0' || strcmp(now, "1") == 0)
		g_assert_true(g_file_set_contents(sum, first, -1, NULL));
	else
		g_assert_true(g_file_set_contents(sum, now, -1, NULL));
}

/* A new group may use everything, and has nothing. */
static inline void kernel_fill_group(const KernelAnswers *answers, const char *place)
{
	g_autofree char *group = g_build_filename(answers->directory, place, NULL);
	g_autofree char *schemata = g_build_filename(group, "schemata", NULL);
	g_autofree char *all =
		g_build_filename(answers->directory, "sys/fs/resctrl/cpus", NULL);
	g_autofree char *cpus = NULL;

	if (!g_file_test(group, G_FILE_TEST_IS_DIR) ||
	    g_file_test(schemata, G_FILE_TEST_EXISTS))
		return;
	g_assert_true(g_file_get_contents(all, &cpus, NULL, NULL));
	for (char *digit = cpus; *digit; digit++)
		if (g_ascii_isxdigit(*digit))
			*digit = '0';
	tree_write(group, "schemata", "    L3:0=7ff;1=7ff\n    MB:0=100;1=100\n");
	tree_write(group, "cpus", cpus);
	tree_write(group, "mode", "shareable\n");
	tree_write(group, "tasks", "");
}

/* A TuneStep: after each write it shows what came of it. */
static inline void kernel_answers_step(gpointer data)
{
	const KernelAnswers *answers = data;
	Cpuset offline = {0};

	for (guint i = 0; i < answers->changes->len; i++) {
		const Change *change = answers->changes->pdata[i];

		if (change->kind == CHANGE_DIRECTORY)
			kernel_fill_group(answers, change->place);
	}
	for (guint i = 0; i < answers->choices->len; i += 2)
		kernel_show_choice(answers->choices->pdata[i],
				   answers->choices->pdata[i + 1]);
	for (guint i = 0; i < answers->sums->len; i += 3)
		kernel_show_sum(answers->sums->pdata[i], answers->sums->pdata[i + 1],
				answers->sums->pdata[i + 2]);
	kernel_find_offline(answers, &offline);
	for (guint i = 0; i < answers->lists->len; i += 2) {
		g_autofree char *list = NULL;
		Cpuset cpus;

		g_assert_true(cpulist_parse_kernel(answers->lists->pdata[i + 1],
						   CPUSET_CPUS, &cpus, NULL));
		cpuset_subtract(&cpus, &offline);
		list = cpulist_format(&cpus);
		g_assert_true(
			g_file_set_contents(answers->lists->pdata[i], list, -1, NULL));
	}
}

#endif
