/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "replace_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "autofd.h"
#include "error.h"
#include "write_all.h"

#define EXPECTED_MAX (64u << 20)

/* The file behind symbolic links; of a path where nothing is, the path. */
static char *target_of(const char *path, GError **error)
{
	char *real = realpath(path, NULL);
	char *target = g_strdup(real ? real : path);
	int errnum = errno;
	struct stat st;

	free(real);
	if (real)
		return target;
	if (errnum == ENOENT && lstat(path, &st) != 0)
		return target;
	g_free(target);
	lathe_error_errno(error, errnum, "'%s'", path);
	if (errnum == ENOENT)
		lathe_error_hint(error, "it is a symbolic link to nothing");
	return NULL;
}

static gboolean holds(const char *target, const char *expected)
{
	g_autofree char *text = NULL;
	gsize length = 0;
	struct stat st;

	if (stat(target, &st) != 0)
		return errno == ENOENT && !*expected;
	return S_ISREG(st.st_mode) && st.st_size <= EXPECTED_MAX &&
	       g_file_get_contents(target, &text, &length, NULL) &&
	       length == strlen(expected) && memcmp(text, expected, length) == 0;
}

/* What the new file must be like: as the old one, or as a new one is. */
static gboolean take_after(int fd, const char *target, guint mode)
{
	struct stat st;

	if (stat(target, &st) != 0)
		return errno == ENOENT && fchmod(fd, mode) == 0;
	/* A change of owner clears the set-ID bits: the mode goes last. */
	return fchown(fd, st.st_uid, st.st_gid) == 0 && fchmod(fd, st.st_mode & 07777) == 0;
}

static gboolean sync_directory(const char *directory)
{
	autofd fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0 && fsync(fd) == 0;
}

static gboolean fill(int fd, const char *target, const char *text, guint mode)
{
	return take_after(fd, target, mode) && write_all(fd, text, strlen(text)) && fsync(fd) == 0;
}

/* `aside` is there and empty; on success it has become the target. */
static gboolean swap(int fd, const char *aside, const char *target, const char *text, guint mode,
		     const char *expected, GError **error)
{
	if (!fill(fd, target, text, mode))
		return lathe_error_errno(error, errno, "write '%s'", target);
	if (expected && !holds(target, expected)) {
		lathe_error(error, LATHE_ERROR_INPUT,
			    "'%s' has changed meanwhile: it stays as it is", target);
		lathe_error_hint(error, "run the command again");
		return FALSE;
	}
	if (rename(aside, target) != 0)
		return lathe_error_errno(error, errno, "rename '%s' to '%s'", aside, target);
	return TRUE;
}

gboolean replace_file(const char *path, const char *text, guint mode, const char *expected,
		      GError **error)
{
	g_autofree char *target = target_of(path, error);
	g_autofree char *directory = NULL, *name = NULL, *aside = NULL;
	struct stat st;
	autofd fd = -1;

	if (!target)
		return FALSE;
	if (stat(target, &st) == 0 && !S_ISREG(st.st_mode))
		return lathe_error(error, LATHE_ERROR_INPUT, "'%s' is not a regular file",
				   target);
	directory = g_path_get_dirname(target);
	name = g_path_get_basename(target);
	if (g_mkdir_with_parents(directory, 0755) != 0)
		return lathe_error_errno(error, errno, "make directory '%s'", directory);
	aside = g_strdup_printf("%s/.%s.XXXXXX", directory, name);
	fd = mkostemp(aside, O_CLOEXEC);
	if (fd < 0)
		return lathe_error_errno(error, errno, "write beside '%s'", target);
	if (!swap(fd, aside, target, text, mode, expected, error)) {
		unlink(aside);
		return FALSE;
	}
	if (!sync_directory(directory))
		return lathe_error_errno(error, errno, "sync directory '%s'", directory);
	return TRUE;
}
