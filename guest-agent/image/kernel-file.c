/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kernel-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "autofd.h"
#include "error.h"
#include "image.h"

/* Documentation/arch/x86/boot.rst, "The Real-mode kernel header". */
#define MAGIC_AT	0x202
#define MAGIC		"HdrS"
#define VERSION_AT	0x20e
#define VERSION_FROM	0x200
/* The set-up code is at most 64 sectors (setup_sects is a byte, and 4 where it is 0). */
#define SETUP_BYTES_MAX 65536
/* include/linux/utsname.h */
#define RELEASE_MAX	64

/* "6.1.0-56-rt-amd64 (debian-kernel@lists.debian.org) #1 SMP ..." */
static char *release_of(const char *head, gsize length)
{
	gsize at, end;

	if (length < VERSION_AT + 2 || memcmp(head + MAGIC_AT, MAGIC, 4) != 0)
		return NULL;
	at = VERSION_FROM + ((guchar)head[VERSION_AT] | (gsize)(guchar)head[VERSION_AT + 1] << 8);
	for (end = at; end < length && end - at <= RELEASE_MAX && g_ascii_isgraph(head[end]); end++)
		;
	if (end == at || end >= length || end - at > RELEASE_MAX || head[end] != ' ')
		return NULL;
	return g_strndup(head + at, end - at);
}

static char *bzimage_release(const char *path, GError **error)
{
	autofd fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	g_autofree char *head = g_malloc(SETUP_BYTES_MAX);
	gssize length;

	if (fd < 0) {
		lathe_error_errno(error, errno, "kernel '%s'", path);
		return NULL;
	}
	length = pread(fd, head, SETUP_BYTES_MAX, 0);
	if (length < 0) {
		lathe_error_errno(error, errno, "read kernel '%s'", path);
		return NULL;
	}
	return release_of(head, (gsize)length);
}

char *kernel_file_release(const char *path, GError **error)
{
	g_autoptr(GError) problem = NULL;
	g_autoptr(GError) cause = NULL;
	char *release = bzimage_release(path, &problem);
	gboolean realtime;

	if (release)
		return release;
	if (problem) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return NULL;
	}
	if (vmlinux_release(path, &release, &realtime, &cause))
		return release;
	lathe_error(error, LATHE_ERROR_INPUT,
		    "'%s' is no kernel that tells its release: neither a bzImage nor a vmlinux "
		    "(%s)", path, cause->message);
	return NULL;
}

char *kernel_file_modules(const char *path, const char *release)
{
	g_autofree char *directory = g_path_get_dirname(path);
	const char *const places[] = {"..", ".", "/"};

	if (strchr(release, '/') || *release == '.')
		return NULL;
	for (gsize i = 0; i < G_N_ELEMENTS(places); i++) {
		g_autofree char *base = g_canonicalize_filename(places[i], directory);
		g_autofree char *modules =
			g_build_filename(base, "lib", "modules", release, NULL);

		if (g_file_test(modules, G_FILE_TEST_IS_DIR))
			return g_steal_pointer(&modules);
	}
	return NULL;
}
