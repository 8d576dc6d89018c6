/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "image-cache.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "autofd.h"
#include "error.h"
#include "store.h"
#include "waiter.h"

/* Another builder may be downloading 70 MB over a slow line. */
#define LOCK_TIMEOUT_MS (15 * 60 * 1000)

/* Below this a digest takes less than 20 ms. */
#define DIGEST_LARGE (4u << 20)

/* A file changed this recently may change again within one tick of its time stamps, in s.
 */
#define DIGEST_SETTLED_S 2

static gboolean lock_taken(gpointer data)
{
	return flock(*(int *)data, LOCK_EX | LOCK_NB) == 0;
}

int image_cache_lock(const char *directory, Waiter *waiter,
		     void (*progress)(const char *line), GError **error)
{
	g_autofree char *path = g_build_filename(directory, "lock", NULL);
	autofd fd = -1;

	if (g_mkdir_with_parents(directory, 0755) != 0) {
		lathe_error_errno(error, errno, "create '%s'", directory);
		return -1;
	}
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0) {
		lathe_error_errno(error, errno, "open '%s'", path);
		return -1;
	}
	if (lock_taken(&fd))
		return autofd_steal(&fd);
	if (progress)
		progress("waiting for another lathe that builds a guest image");
	if (!waiter_until(waiter, LOCK_TIMEOUT_MS, lock_taken, &fd, path, error))
		return -1;
	return autofd_steal(&fd);
}

/* The names in the folder that begin with prefix; empty when it cannot be read. */
static GPtrArray *names_with(const char *directory, const char *prefix)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir)))
		if (g_str_has_prefix(name, prefix))
			g_ptr_array_add(names, g_strdup(name));
	return names;
}

char *image_cache_scratch(const char *directory, GError **error)
{
	g_autoptr(GPtrArray) stale = names_with(directory, "scratch-");
	g_autofree char *path = g_build_filename(directory, "scratch-XXXXXX", NULL);

	for (guint i = 0; i < stale->len; i++) {
		g_autofree char *old = g_build_filename(directory, stale->pdata[i], NULL);

		store_remove(old);
	}
	if (!g_mkdtemp_full(path, 0700)) {
		lathe_error_errno(error, errno, "create '%s'", path);
		return NULL;
	}
	return g_steal_pointer(&path);
}

static char *identity(const struct stat *st)
{
	return g_strdup_printf("%llx %llx %lld %lld.%09ld %lld.%09ld ",
			       (unsigned long long)st->st_dev,
			       (unsigned long long)st->st_ino, (long long)st->st_size,
			       (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec,
			       (long long)st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
}

/* NULL when nothing, or nothing about this state of the file, is remembered. */
static char *recall(const char *note, const char *key)
{
	g_autofree char *text = NULL;
	const char *digest;

	if (!g_file_get_contents(note, &text, NULL, NULL) || !g_str_has_prefix(text, key))
		return NULL;
	digest = text + strlen(key);
	if (strspn(digest, "0123456789abcdef") != 64 || digest[64] != '\0')
		return NULL;
	return g_strdup(digest);
}

/* Only a shortcut is lost when this fails. */
static void remember(const char *note, const char *key, const char *digest)
{
	g_autofree char *text = g_strconcat(key, digest, NULL);

	g_file_set_contents_full(note, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0644,
				 NULL);
}

static gboolean settled(const struct stat *st)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return st->st_ctim.tv_sec + DIGEST_SETTLED_S < now.tv_sec;
}

char *image_cache_digest(const char *directory, const char *path, GError **error)
{
	g_autofree char *name =
	    g_compute_checksum_for_string(G_CHECKSUM_SHA256, path, -1);
	g_autofree char *note = g_strconcat(directory, "/digest-", name, NULL);
	g_autofree char *key = NULL, *digest = NULL;
	g_autoptr(GBytes) bytes = NULL;
	struct stat before, after;

	if (stat(path, &before) != 0) {
		lathe_error_errno(error, errno, "open '%s'", path);
		return NULL;
	}
	key = identity(&before);
	digest = before.st_size >= DIGEST_LARGE ? recall(note, key) : NULL;
	if (digest)
		return g_steal_pointer(&digest);
	bytes = store_read(path, STORE_PART_MAX, NULL, error);
	if (!bytes)
		return NULL;
	digest = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, bytes);
	if (before.st_size >= DIGEST_LARGE && settled(&before) &&
	    stat(path, &after) == 0) {
		g_autofree char *key_after = identity(&after);

		if (strcmp(key, key_after) == 0)
			remember(note, key, digest);
	}
	return g_steal_pointer(&digest);
}

void image_cache_touch(const char *image)
{
	utimensat(AT_FDCWD, image, NULL, 0);
}

typedef struct {
	char *path;
	struct timespec used;
} Entry;

static void entry_clear(gpointer data)
{
	g_free(((Entry *)data)->path);
}

static int newest_first(gconstpointer a, gconstpointer b)
{
	const Entry *one = a, *other = b;

	if (one->used.tv_sec != other->used.tv_sec)
		return one->used.tv_sec < other->used.tv_sec ? 1 : -1;
	if (one->used.tv_nsec != other->used.tv_nsec)
		return one->used.tv_nsec < other->used.tv_nsec ? 1 : -1;
	return strcmp(one->path, other->path);
}

static void prune_images(const char *directory, const char *keep)
{
	g_autoptr(GPtrArray) names = names_with(directory, "image-");
	g_autoptr(GArray) others = g_array_new(FALSE, TRUE, sizeof(Entry));

	g_array_set_clear_func(others, entry_clear);
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *path =
		    g_build_filename(directory, names->pdata[i], NULL);
		struct stat st;
		Entry entry;

		if (strcmp(names->pdata[i], keep) == 0 || lstat(path, &st) != 0)
			continue;
		entry = (Entry){g_steal_pointer(&path), st.st_mtim};
		g_array_append_val(others, entry);
	}
	g_array_sort(others, newest_first);
	for (guint i = IMAGE_CACHE_KEEP - 1; i < others->len; i++)
		store_remove(g_array_index(others, Entry, i).path);
}

/* An image's vmlinux is a second name of its kernel's file, unless it had to be copied;
 * then the kernel is only extracted again. */
static gboolean kernel_shared(const char *kernel)
{
	static const char *const names[] = {"vmlinux", "bzImage"};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *file = g_build_filename(kernel, names[i], NULL);
		struct stat st;

		if (stat(file, &st) == 0 && st.st_nlink > 1)
			return TRUE;
	}
	return FALSE;
}

void image_cache_prune(const char *directory, const char *keep)
{
	g_autoptr(GPtrArray) kernels = NULL;

	prune_images(directory, keep);
	kernels = names_with(directory, "kernel-");
	for (guint i = 0; i < kernels->len; i++) {
		g_autofree char *path =
		    g_build_filename(directory, kernels->pdata[i], NULL);

		if (!kernel_shared(path))
			store_remove(path);
	}
}
