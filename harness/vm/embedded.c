/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "embedded.h"

#include <errno.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "error.h"
#include "state.h"

/* The longest name libvirt gives a socket below its directory; "lathe-" and the largest pid
 * (PID_MAX_LIMIT, 4194304) name the domain, whose id counts from 1 in every process. */
#define LONGEST_SOCKET                                                                       \
	"/lib/qemu/channel/target/domain-999-lathe-4194304/org.lathe.agent.0"

/*
 * QEMU runs as this process does, with this process's affinity, cgroups and mounts: what
 * lathe plans is what QEMU gets. There is no virtlogd to write the console. root alone:
 * another user's libvirt ignores `user` and `group`.
 */
static const char qemu_conf[] = "# Written by lathe at every start.\n"
				"user = \"+0\"\n"
				"group = \"+0\"\n"
				"dynamic_ownership = 0\n"
				"remember_owner = 0\n"
				"security_driver = \"none\"\n"
				"namespaces = []\n"
				"cgroup_controllers = [ ]\n"
				"stdio_handler = \"file\"\n";

static gboolean write_config(const char *directory, GError **error)
{
	g_autofree char *etc = g_build_filename(directory, "etc", NULL);
	g_autofree char *path = g_build_filename(etc, "qemu.conf", NULL);
	g_autoptr(GError) cause = NULL;

	if (!state_make_directory(etc, error))
		return FALSE;
	if (!g_file_set_contents_full(path, qemu_conf, -1, G_FILE_SET_CONTENTS_CONSISTENT,
				      0644, &cause))
		return lathe_error_file(error, cause);
	return TRUE;
}

/* The embedded directory lies on a tmpfs; probing QEMU's capabilities takes seconds, so
 * what it found is kept where it survives. */
static gboolean link_cache(const char *directory, const char *cache_directory,
			   GError **error)
{
	g_autofree char *link = g_build_filename(directory, "cache", NULL);
	g_autofree char *target = g_file_read_link(link, NULL);

	if (!state_make_directory(cache_directory, error))
		return FALSE;
	if (g_strcmp0(target, cache_directory) == 0)
		return TRUE;
	if (target && unlink(link) != 0)
		return lathe_error_errno(error, errno, "remove '%s'", link);
	/* A directory from elsewhere serves as a cache just as well. */
	if (symlink(cache_directory, link) != 0 && errno != EEXIST)
		return lathe_error_errno(error, errno, "link '%s' to '%s'", link,
					 cache_directory);
	return TRUE;
}

gboolean embedded_prepare(const char *directory, const char *cache_directory,
			  GError **error)
{
	gsize longest = sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1;

	if (!g_path_is_absolute(directory) || !g_path_is_absolute(cache_directory))
		return lathe_error(error, LATHE_ERROR_USAGE,
				   "libvirt's directories '%s' and '%s' must be absolute",
				   directory, cache_directory);
	if (strlen(directory) + strlen(LONGEST_SOCKET) > longest) {
		lathe_error(
		    error, LATHE_ERROR_USAGE,
		    "'%s' is too long for libvirt's sockets: %zu bytes, at most %zu",
		    directory, strlen(directory), longest - strlen(LONGEST_SOCKET));
		lathe_error_hint(error,
				 "choose a shorter directory: lathe --state DIR ...");
		return FALSE;
	}
	return state_make_directory(directory, error) && write_config(directory, error) &&
	       link_cache(directory, cache_directory, error);
}

char *embedded_uri(const char *directory)
{
	g_autofree char *escaped = g_uri_escape_string(directory, "/", FALSE);

	return g_strconcat("qemu:///embed?root=", escaped, NULL);
}
