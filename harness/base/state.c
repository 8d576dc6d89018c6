/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "state.h"

#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "error.h"

char *state_absolute(const char *path, GError **error)
{
	char current[PATH_MAX];

	if (!g_path_is_absolute(path) && !getcwd(current, sizeof(current))) {
		lathe_error_errno(error, errno, "find the current directory, for '%s'", path);
		return NULL;
	}
	return g_canonicalize_filename(path, NULL);
}

State *state_new(const char *directory, GError **error)
{
	g_autoptr(State) state = g_new0(State, 1);
	g_autofree char *hash = NULL;

	if (!directory)
		directory = g_getenv("LATHE_STATE");
	if (directory && *directory) {
		g_autofree char *absolute = state_absolute(directory, error);

		if (!absolute)
			return NULL;
		state->cache = g_build_filename(absolute, "cache", NULL);
		state->run = g_build_filename(absolute, "run", NULL);
		state->lib = g_build_filename(absolute, "lib", NULL);
		state->given = g_steal_pointer(&absolute);
	} else {
		state->cache = g_strdup("/var/cache/lathe");
		state->run = g_strdup("/run/lathe");
		state->lib = g_strdup("/var/lib/lathe");
	}
	hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, state->run, -1);
	state->id = g_strndup(hash, 8);
	return g_steal_pointer(&state);
}

void state_free(State *state)
{
	if (!state)
		return;
	g_free(state->cache);
	g_free(state->run);
	g_free(state->lib);
	g_free(state->given);
	g_free(state->id);
	g_free(state);
}

gboolean state_make_directory(const char *path, GError **error)
{
	if (g_mkdir_with_parents(path, 0755) == 0)
		return TRUE;
	lathe_error_errno(error, errno, "create directory '%s'", path);
	if (geteuid() != 0)
		lathe_error_hint(error, "run as root, or keep lathe's files elsewhere: "
				 "lathe --state DIR ...");
	return FALSE;
}
