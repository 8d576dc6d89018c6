/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the program prints about a captured machine, against a file of golden/. */
#ifndef LATHE_TEST_GOLDEN_PAGE_H
#define LATHE_TEST_GOLDEN_PAGE_H

#include <gio/gio.h>
#include <string.h>

/* The exit status of `lathe LINE`. From within `directory` (NULL: here), so that no path of this run
 * is in what it prints. */
static inline int golden_run(const char *line, const char *directory, char **out, char **err)
{
	g_autofree char *build = g_canonicalize_filename(g_getenv("BUILD"), NULL);
	g_autofree char *program = g_build_filename(build, "lathe", NULL);
	g_autofree char *whole = g_strdup_printf("%s %s", program, line);
	g_auto(GStrv) argv = g_strsplit(whole, " ", -1);
	g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
		G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
	g_autoptr(GSubprocess) child = NULL;

	if (directory)
		g_subprocess_launcher_set_cwd(launcher, directory);
	child = g_subprocess_launcher_spawnv(launcher, (const char *const *)argv, NULL);
	assert_non_null(child);
	assert_true(g_subprocess_communicate_utf8(child, NULL, NULL, out, err, NULL));
	assert_true(g_subprocess_get_if_exited(child));
	return g_subprocess_get_exit_status(child);
}

/* UPDATE_GOLDEN=1 rewrites golden/FOLDER/NAME; the difference is then for a reviewer. */
static inline void golden_compare(const char *folder, const char *name, const char *seen)
{
	g_autofree char *path =
		g_build_filename(g_getenv("TESTS"), "golden", folder, name, NULL);
	g_autofree char *expected = NULL;
	g_auto(GStrv) a = NULL;
	g_auto(GStrv) b = NULL;

	if (g_getenv("UPDATE_GOLDEN"))
		assert_true(g_file_set_contents(path, seen, -1, NULL));
	if (!g_file_get_contents(path, &expected, NULL, NULL))
		fail_msg("cannot read %s", path);
	a = g_strsplit(seen, "\n", -1);
	b = g_strsplit(expected, "\n", -1);
	for (guint i = 0; a[i] || b[i]; i++)
		if (!a[i] || !b[i] || strcmp(a[i], b[i]) != 0)
			fail_msg("%s, line %u:\n- %s\n+ %s", name, i + 1,
				 b[i] ? b[i] : "(end)", a[i] ? a[i] : "(end)");
}

#endif
