/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small machine in a tree that may be written, and changes of it. */
#ifndef LATHE_TEST_TUNE_FIXTURE_H
#define LATHE_TEST_TUNE_FIXTURE_H

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tree.h"
#include "tune.h"

typedef struct {
	char *tree, *state;
	Root *root;
	GPtrArray *changes; /* of Change * */
	Tune tune;
	guint steps_left; /* until the process ends; 0: never */
} TuneFixture;

/* Files of the tree, what they hold, and what they are to hold. */
static const struct {
	const char *path, *was, *then, *shown;
	FindingSeverity severity;
} tune_files[] = {
	{"proc/sys/vm/stat_interval", "1\n", "10", "1", SEVERITY_MEDIUM},
	{"sys/devices/virtual/workqueue/cpumask", "ff\n", "0f", "ff", SEVERITY_HIGH},
	{"proc/irq/33/smp_affinity_list", "0-7\n", "0-3", "0-7", SEVERITY_HIGH},
	{"proc/irq/34/smp_affinity_list", "4-7\n", "0-3", "4-7", SEVERITY_HIGH},
	{"proc/sys/kernel/printk", "4\t4\t1\t7\n", "3 4 1 7", "4\t4\t1\t7", SEVERITY_LOW},
	{"sys/devices/system/cpu/cpu5/online", "1\n", "0", "1", SEVERITY_HIGH},
};

static inline Change *tune_change(ChangeKind kind, const char *row, const char *place,
				  const char *was, const char *then, FindingSeverity severity)
{
	Change *change = g_new0(Change, 1);

	*change = (Change){.row = row,
			   .severity = severity,
			   .kind = kind,
			   .place = g_strdup(place),
			   .was = g_strdup(was),
			   .then = g_strdup(then)};
	return change;
}

static inline void tune_fixture_step(gpointer data)
{
	TuneFixture *fixture = data;

	if (fixture->steps_left > 0 && --fixture->steps_left == 0)
		raise(SIGKILL);
}

static inline TuneFixture *tune_fixture_new(void)
{
	TuneFixture *fixture = g_new0(TuneFixture, 1);

	fixture->tree = tree_new_in_memory();
	fixture->state = tree_new_in_memory();
	fixture->changes = g_ptr_array_new_with_free_func((GDestroyNotify)change_free);
	tree_write(fixture->tree, "etc/machine-id", "0123456789abcdef0123456789abcdef\n");
	tree_write(fixture->tree, "proc/sys/kernel/random/boot_id", "boot-1\n");
	for (guint i = 0; i < G_N_ELEMENTS(tune_files); i++) {
		gboolean cpu = g_str_has_suffix(tune_files[i].path, "/online");

		tree_write(fixture->tree, tune_files[i].path, tune_files[i].was);
		g_ptr_array_add(fixture->changes,
				tune_change(cpu ? CHANGE_CPU : CHANGE_FILE,
					    cpu ? "cpu.siblings" : "test.row",
					    tune_files[i].path, tune_files[i].shown,
					    tune_files[i].then, tune_files[i].severity));
	}
	fixture->root = root_open_writable(fixture->tree, NULL);
	g_assert_nonnull(fixture->root);
	fixture->tune = (Tune){.host = {fixture->root, TARGET_WRITE_SECONDS},
			       .directory = fixture->state,
			       .step = tune_fixture_step,
			       .step_data = fixture};
	return fixture;
}

static inline void tune_fixture_free(TuneFixture *fixture)
{
	root_free(fixture->root);
	g_ptr_array_unref(fixture->changes);
	tree_free(fixture->tree);
	tree_free(fixture->state);
	g_free(fixture);
}

/* What a file of the tree holds, without the newline. */
static inline char *tune_value(const TuneFixture *fixture, const char *path)
{
	char *value = NULL;

	g_assert_true(root_read_line(fixture->root, path, &value, NULL, NULL));
	return value;
}

/* How many files hold what they held first, or what they were to hold; every file must hold one
 * of both. */
static inline guint tune_count(const TuneFixture *fixture, gboolean then)
{
	guint n = 0;

	for (guint i = 0; i < G_N_ELEMENTS(tune_files); i++) {
		g_autofree char *value = tune_value(fixture, tune_files[i].path);
		gboolean is_was = strcmp(value, tune_files[i].shown) == 0;
		gboolean is_then = strcmp(value, tune_files[i].then) == 0;

		g_assert_true(is_was || is_then);
		n += then ? is_then : is_was;
	}
	return n;
}

static inline gboolean tune_fixture_apply(TuneFixture *fixture, GPtrArray *outcomes,
					  GError **error)
{
	return tune_apply(&fixture->tune, "test", "4-7", fixture->changes, outcomes, error);
}

/* Applies in a process that is killed at its n-th step. FALSE: it ended before that, and
 * succeeded. */
static inline gboolean tune_killed_at(TuneFixture *fixture, guint n, gboolean restore)
{
	pid_t child = fork();
	int status = 0;

	g_assert_cmpint(child, >=, 0);
	if (child == 0) {
		g_autoptr(GPtrArray) outcomes = tuned_new_array();

		fixture->steps_left = n;
		_exit((restore ? tune_restore(&fixture->tune, outcomes, NULL, NULL, NULL)
			       : tune_fixture_apply(fixture, outcomes, NULL))
			      ? 0
			      : 1);
	}
	g_assert_cmpint(waitpid(child, &status, 0), ==, child);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return TRUE;
	g_assert_true(WIFEXITED(status));
	g_assert_cmpint(WEXITSTATUS(status), ==, 0);
	return FALSE;
}

#endif
