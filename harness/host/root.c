/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "root.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "autofd.h"
#include "error.h"
#include "scratch.h"

struct Root {
	int fd;
	gboolean live, writable;
	char *name; /* what errors call it: "" or the captured directory */
	Scratch *scratch; /* the directory that it lies in, or NULL */
};

static Root *root_open(const char *directory, gboolean live, gboolean writable,
		       GError **error)
{
	int fd = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	Root *root;

	if (fd < 0) {
		lathe_error_errno(error, errno, "open directory '%s'", directory);
		return NULL;
	}
	root = g_new(Root, 1);
	*root = (Root){fd, live, writable, g_strdup(live ? "" : directory), NULL};
	return root;
}

Root *root_open_live(GError **error)
{
	return root_open("/", TRUE, TRUE, error);
}

Root *root_open_captured(const char *directory, GError **error)
{
	return root_open(directory, FALSE, FALSE, error);
}

Root *root_open_writable(const char *directory, GError **error)
{
	return root_open(directory, FALSE, TRUE, error);
}

void root_free(Root *root)
{
	if (!root)
		return;
	close(root->fd);
	scratch_free(root->scratch);
	g_free(root->name);
	g_free(root);
}

void root_own_scratch(Root *root, Scratch *scratch)
{
	g_assert(!root->scratch);
	root->scratch = scratch;
}

gboolean root_is_live(const Root *root)
{
	return root->live;
}

gboolean root_is_writable(const Root *root)
{
	return root->writable;
}

int root_fd(const Root *root)
{
	return root->fd;
}

int root_resolve(const Root *root, const char *path, int flags, guint64 resolve)
{
	enum { TRIES_MAX = 1000 };
	struct open_how how = {.flags = (guint64)(flags | O_CLOEXEC), .resolve = resolve};
	int fd;

	/* With ".." on the way, as in the links of sysfs, any rename or mount anywhere makes
	 * the kernel give up (openat2(2)): it asks to be asked again. */
	for (guint i = 0; i < TRIES_MAX; i++) {
		fd = (int)syscall(SYS_openat2, root->fd, path, &how, sizeof(how));
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	return fd;
}

/* Live paths may cross mounts and the links of sysfs. In a captured tree every link is
 * resolved below its root, so none can reach the real machine. */
static int open_below(const Root *root, const char *path, int flags)
{
	guint64 resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;

	if (*path == '/' || *path == '\0') {
		errno = EINVAL;
		return -1;
	}
	if (root->live)
		return openat(root->fd, path, flags | O_CLOEXEC);
	return root_resolve(root, path, flags, resolve);
}

static gboolean fail(GError **error, int errnum, int *ret_errno, const Root *root,
		     const char *path, const char *verb)
{
	if (ret_errno)
		*ret_errno = errnum;
	return lathe_error_errno(error, errnum, "%s '%s/%s'", verb, root->name, path);
}

/* O_NONBLOCK keeps a FIFO in a captured tree from hanging the open; fstat refuses it. */
static int open_regular(const Root *root, const char *path, int flags, goffset *ret_size)
{
	int fd = open_below(root, path, flags | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		errno = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
		close(fd);
		return -1;
	}
	*ret_size = st.st_size;
	return fd;
}

Root *root_open_below(const Root *root, const char *path, GError **error)
{
	int fd = open_below(root, path, O_PATH | O_DIRECTORY);
	Root *below;

	if (fd < 0) {
		fail(error, errno, NULL, root, path, "open directory");
		return NULL;
	}
	below = g_new(Root, 1);
	*below = (Root){fd, FALSE, FALSE, g_build_filename(root->name, path, NULL), NULL};
	return below;
}

int root_open_file(const Root *root, const char *path, GError **error)
{
	int fd = open_regular(root, path, O_RDONLY, &(goffset){0});

	if (fd < 0)
		fail(error, errno, NULL, root, path, "open");
	return fd;
}

/* Reads until the end of the file, which says that it is `length` long, or of the buffer. -1
 * with errno. */
static gssize read_some(int fd, goffset length, char *buffer, gsize size)
{
	gsize used = 0;

	while (used < size) {
		gssize got = read(fd, buffer + used, size - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		used += (gsize)got;
		/* A file on disk has the size that it says, and one of sysfs or procfs has
		 * not: there only the next read tells. */
		if (got == 0 || (goffset)used == length)
			break;
	}
	return (gssize)used;
}

/* sysfs and procfs report sizes of 0 or a page: read until the end, growing. */
static gboolean read_rest(int fd, GString *into)
{
	gsize step = 4096;

	for (;;) {
		gsize used = into->len;
		gssize got;

		g_string_set_size(into, used + step);
		got = read(fd, into->str + used, step);
		g_string_set_size(into, used + (got > 0 ? (gsize)got : 0));
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got == 0;
		if (into->len > ROOT_FILE_MAX) {
			errno = EFBIG;
			return FALSE;
		}
		step = MIN(step * 2, 1u << 20);
	}
}

gboolean root_read(const Root *root, const char *path, char **ret, gsize *ret_length,
		   int *ret_errno, GError **error)
{
	goffset size = 0;
	autofd fd = open_regular(root, path, O_RDONLY, &size);
	char first[4096];
	g_autoptr(GString) text = NULL;
	gssize got;

	if (fd < 0)
		return fail(error, errno, ret_errno, root, path, "open");
	/* Nearly all are short: a tree has thousands of them, each to be kept. */
	got = read_some(fd, size, first, sizeof(first));
	if (got < 0)
		return fail(error, errno, ret_errno, root, path, "read");
	text = g_string_new_len(first, got);
	if (got == sizeof(first) && !read_rest(fd, text))
		return fail(error, errno, ret_errno, root, path, "read");
	if (ret_length)
		*ret_length = text->len;
	*ret = g_string_free(g_steal_pointer(&text), FALSE);
	return TRUE;
}

gboolean root_read_line(const Root *root, const char *path, char **ret, int *ret_errno,
			GError **error)
{
	g_autofree char *text = NULL;
	gsize length;

	if (!root_read(root, path, &text, &length, ret_errno, error))
		return FALSE;
	if (strlen(text) != length) {
		if (ret_errno)
			*ret_errno = EILSEQ;
		return lathe_error(error, LATHE_ERROR_INPUT, "'%s/%s' holds a NUL byte",
				   root->name, path);
	}
	g_strchomp(text);
	if (strchr(text, '\n')) {
		if (ret_errno)
			*ret_errno = EILSEQ;
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "'%s/%s' holds more than one line", root->name, path);
	}
	*ret = g_steal_pointer(&text);
	return TRUE;
}

/* O_NONBLOCK as with files: a device that would wait for its other end must not hang us. */
static int open_device(const Root *root, const char *path)
{
	int fd = open_below(root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd >= 0 && (fstat(fd, &st) != 0 || !S_ISCHR(st.st_mode))) {
		close(fd);
		errno = EINVAL;
		return -1;
	}
	return fd;
}

gboolean root_pread(const Root *root, const char *path, guint64 offset, void *buffer,
		    gsize length, int *ret_errno, GError **error)
{
	autofd fd = -1;
	gssize got;

	if (!root->live)
		return fail(error, ENOTSUP, ret_errno, root, path, "read device");
	fd = open_device(root, path);
	if (fd < 0)
		return fail(error, errno, ret_errno, root, path, "open device");
	do
		got = pread(fd, buffer, length, (off_t)offset);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return fail(error, errno, ret_errno, root, path, "read device");
	if ((gsize)got != length)
		return fail(error, EIO, ret_errno, root, path, "read device");
	return TRUE;
}

gboolean root_exists(const Root *root, const char *path)
{
	autofd fd = open_below(root, path, O_PATH);

	return fd >= 0;
}

gboolean root_is_directory(const Root *root, const char *path)
{
	autofd fd = open_below(root, path, O_PATH | O_DIRECTORY);

	return fd >= 0;
}

static int compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static GPtrArray *list_names(const Root *root, const char *path, int *ret_errno,
			     GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	int fd = open_below(root, path, O_RDONLY | O_DIRECTORY);
	DIR *directory = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;
	int errnum;

	if (!directory) {
		errnum = errno;
		if (fd >= 0)
			close(fd);
		fail(error, errnum, ret_errno, root, path, "open directory");
		return NULL;
	}
	errno = 0;
	while ((entry = readdir(directory))) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			g_ptr_array_add(names, g_strdup(entry->d_name));
		errno = 0;
	}
	errnum = errno;
	closedir(directory);
	if (errnum) {
		fail(error, errnum, ret_errno, root, path, "read directory");
		return NULL;
	}
	g_ptr_array_sort(names, compare_names);
	return g_steal_pointer(&names);
}

GPtrArray *root_list(const Root *root, const char *path, GError **error)
{
	return list_names(root, path, NULL, error);
}

GPtrArray *root_list_errno(const Root *root, const char *path, int *ret_errno)
{
	return list_names(root, path, ret_errno, NULL);
}

int root_write_errno(const Root *root, const char *path, const char *text, gsize length)
{
	/* Files of the kernel have no length to cut; plain ones in a tree do. */
	int flags = O_WRONLY | (root->live ? 0 : O_TRUNC);
	gssize written;
	autofd fd = -1;

	if (!root->writable)
		return EROFS;
	fd = open_regular(root, path, flags, &(goffset){0});
	if (fd < 0)
		return errno;
	/* Kernel files take a value in one write; a second one would be a second value. */
	do
		written = write(fd, text, length);
	while (written < 0 && errno == EINTR);
	if (written < 0)
		return errno;
	return (gsize)written == length ? 0 : EIO;
}

gboolean root_write(const Root *root, const char *path, const char *text, GError **error)
{
	int errnum;

	if (!root->writable)
		return lathe_error(error, LATHE_ERROR_IO,
				   "'%s/%s' belongs to a captured machine: not written",
				   root->name, path);
	errnum = root_write_errno(root, path, text, strlen(text));
	return errnum == 0 || fail(error, errnum, NULL, root, path, "write");
}
