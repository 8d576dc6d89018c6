/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bundle_files.h"
#include "error.h"

#define PARTIAL ".partial"
/* More bundles than this in one second are a loop gone wrong. */
#define BUNDLE_SUFFIX_MAX 999
/* Of host name and profile name in the directory's name (NAME_MAX is 255). */
#define BUNDLE_WORD_MAX 64

struct Bundle {
	char *parent;
	char *name; /* without .partial */
	char *path;
};

const char *bundle_path(const Bundle *bundle)
{
	return bundle->path;
}

void bundle_free(Bundle *bundle)
{
	if (!bundle)
		return;
	g_free(bundle->parent);
	g_free(bundle->name);
	g_free(bundle->path);
	g_free(bundle);
}

/* A host name may hold anything; in a directory's name only this stays. */
static char *safe_word(const char *text)
{
	char *word = g_strndup(text && *text ? text : "unknown", BUNDLE_WORD_MAX);

	return g_strcanon(word, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-", '_');
}

static char *bundle_name(const char *hostname, const char *profile)
{
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();
	g_autofree char *when = g_date_time_format(now, "%Y%m%dT%H%M%SZ");
	g_autofree char *host = safe_word(hostname);
	g_autofree char *name = safe_word(profile);

	return g_strdup_printf("%s-%s-%s", when, host, name);
}

static char *numbered(const char *name, guint n)
{
	return n == 1 ? g_strdup(name) : g_strdup_printf("%s-%u", name, n);
}

static gboolean taken(const char *parent, const char *name)
{
	g_autofree char *path = g_build_filename(parent, name, NULL);
	struct stat st;

	return lstat(path, &st) == 0;
}

Bundle *bundle_create(const char *parent, const char *hostname, const char *profile,
		      GError **error)
{
	g_autofree char *name = bundle_name(hostname, profile);

	if (g_mkdir_with_parents(parent, 0755) < 0) {
		lathe_error_errno(error, errno, "%s", parent);
		return NULL;
	}
	for (guint n = 1; n <= BUNDLE_SUFFIX_MAX; n++) {
		g_autofree char *candidate = numbered(name, n);
		g_autofree char *partial = g_strconcat(candidate, PARTIAL, NULL);
		g_autofree char *path = g_build_filename(parent, partial, NULL);
		Bundle *bundle;

		if (taken(parent, candidate))
			continue;
		if (mkdir(path, 0755) < 0) {
			if (errno == EEXIST)
				continue;
			lathe_error_errno(error, errno, "%s", path);
			return NULL;
		}
		bundle = g_new0(Bundle, 1);
		bundle->parent = g_strdup(parent);
		bundle->name = g_steal_pointer(&candidate);
		bundle->path = g_steal_pointer(&path);
		return bundle;
	}
	lathe_error(error, LATHE_ERROR_ENVIRONMENT, "%s: more than %d bundles named %s",
		    parent, BUNDLE_SUFFIX_MAX, name);
	return NULL;
}

char *bundle_file(const Bundle *bundle, const char *relative, GError **error)
{
	g_autofree char *path = NULL, *directory = NULL;

	if (!bundle_name_check(relative, error))
		return NULL;
	path = g_build_filename(bundle->path, relative, NULL);
	directory = g_path_get_dirname(path);
	if (g_mkdir_with_parents(directory, 0755) < 0) {
		lathe_error_errno(error, errno, "%s", directory);
		return NULL;
	}
	return g_steal_pointer(&path);
}

gboolean bundle_write(Bundle *bundle, const char *relative, const void *data,
		      gsize length, GError **error)
{
	g_autofree char *path = bundle_file(bundle, relative, error);
	g_autoptr(GError) cause = NULL;

	if (!path)
		return FALSE;
	/* Aside, fsync, close, rename: each checked. */
	if (g_file_set_contents_full(path, length ? data : "", (gssize)length,
				     G_FILE_SET_CONTENTS_CONSISTENT |
					     G_FILE_SET_CONTENTS_DURABLE,
				     0644, &cause))
		return TRUE;
	return lathe_error_file(error, cause);
}

/* A bundle is handed on and judged by anybody; QEMU makes its console log for root alone. */
static gboolean make_readable(const Bundle *bundle, const char *name, GError **error)
{
	g_autofree char *path = g_build_filename(bundle->path, name, NULL);

	if (chmod(path, 0644) < 0)
		return lathe_error_errno(error, errno, "%s", path);
	return TRUE;
}

static gboolean write_sums(Bundle *bundle, GError **error)
{
	g_autoptr(GPtrArray) names = bundle_list(bundle->path, error);
	g_autoptr(GString) sums = g_string_new(NULL);

	if (!names)
		return FALSE;
	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];
		g_autofree char *sum = NULL;

		if (strcmp(name, BUNDLE_SUMS) == 0)
			continue;
		sum = bundle_sha256(bundle->path, name, error);
		if (!sum || !make_readable(bundle, name, error))
			return FALSE;
		bundle_sums_append(sums, sum, name);
	}
	return bundle_write(bundle, BUNDLE_SUMS, sums->str, sums->len, error);
}

static gboolean sync_directory(const char *path, int (*sync_fd)(int), GError **error)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int errnum;

	if (fd < 0)
		return lathe_error_errno(error, errno, "%s", path);
	errnum = sync_fd(fd) < 0 ? errno : 0;
	close(fd);
	return errnum ? lathe_error_errno(error, errnum, "sync %s", path) : TRUE;
}

/* Never over somebody else's directory. A file system without RENAME_NOREPLACE (NFS) says
 * EINVAL; there, renaming onto a directory with something in it fails. */
static int rename_new(const char *from, const char *to)
{
	int ret = renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);

	return ret < 0 && errno == EINVAL ? rename(from, to) : ret;
}

gboolean bundle_finish(Bundle *bundle, GError **error)
{
	if (!write_sums(bundle, error) || !sync_directory(bundle->path, syncfs, error))
		return FALSE;
	for (guint n = 1; n <= BUNDLE_SUFFIX_MAX; n++) {
		g_autofree char *name = numbered(bundle->name, n);
		g_autofree char *path = g_build_filename(bundle->parent, name, NULL);

		if (rename_new(bundle->path, path) < 0) {
			if (errno == EEXIST || errno == ENOTEMPTY)
				continue;
			return lathe_error_errno(error, errno, "rename %s to %s",
						 bundle->path, path);
		}
		g_free(bundle->path);
		bundle->path = g_steal_pointer(&path);
		return sync_directory(bundle->parent, fsync, error);
	}
	return lathe_error(error, LATHE_ERROR_ENVIRONMENT,
			   "rename %s: every name is taken", bundle->path);
}

Run *bundle_read_run(const char *directory, GError **error)
{
	g_autofree char *text = NULL;
	gsize length;
	Run *run;

	if (!bundle_read_file(directory, "run.json", &text, &length, error))
		return NULL;
	run = run_from_json(text, length, error);
	if (!run)
		g_prefix_error(error, "%s: ", directory);
	return run;
}
