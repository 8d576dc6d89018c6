/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The directory that stands for "/": the live machine or a captured tree. Every read and
 * write of /proc, /sys, /dev and /etc goes through one, with a relative path ("proc/stat").
 * In a captured tree no symlink and no ".." leads outside (openat2 with RESOLVE_IN_ROOT).
 */
#ifndef LATHE_ROOT_H
#define LATHE_ROOT_H

#include <glib.h>

typedef struct Root Root;
struct Scratch;

/* The live machine: "/". Never fails in practice; NULL with an error if "/" is unreadable. */
Root *root_open_live(GError **error);
/* A captured tree. */
Root *root_open_captured(const char *directory, GError **error);
/* A captured tree that may be written: a copy, for trying changes on machines that nobody has. */
Root *root_open_writable(const char *directory, GError **error);
/* A directory of a captured tree as one of its own. */
Root *root_open_below(const Root *root, const char *path, GError **error);
void root_free(Root *root);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Root, root_free)

/* Hands over the scratch directory (scratch.h) that the tree lies in: it goes with the root. */
void root_own_scratch(Root *root, struct Scratch *scratch);

gboolean root_is_live(const Root *root);
/* The live machine, or a tree opened for writing. */
gboolean root_is_writable(const Root *root);

/* The directory itself, opened with O_PATH; the root's own, never to be closed. For the few
 * that must hand it to a library or the kernel: whoever opens a path below it follows links
 * out of a captured tree, which the functions below never do. */
int root_fd(const Root *root);

/* openat2() below it, with RESOLVE_ flags; -1 with errno. Flags must not make it block. */
int root_resolve(const Root *root, const char *path, int flags, guint64 resolve);

/* The most that root_read() accepts, in bytes: /proc/interrupts of 8,192 CPUs fits. */
#define ROOT_FILE_MAX (64u << 20)

/*
 * Reads a whole regular file (never a FIFO, device or directory; never blocks). *ret is
 * NUL-terminated, owned by the caller; *ret_length (may be NULL) does not count that NUL.
 * On failure the outputs are untouched and *ret_errno (may be NULL) tells why: ENOENT and
 * EACCES mean different things to a finding.
 */
gboolean root_read(const Root *root, const char *path, char **ret, gsize *ret_length,
		   int *ret_errno, GError **error);

/* The same for a file that holds one line: trailing newline and blanks are cut off, a second
 * line or a NUL byte is an error. */
gboolean root_read_line(const Root *root, const char *path, char **ret, int *ret_errno,
			GError **error);

/*
 * Reads exactly `length` bytes at `offset` of a character device (an MSR, say). Live root
 * only: a captured tree has none, *ret_errno is ENOTSUP there. On failure the buffer may hold
 * anything.
 */
gboolean root_pread(const Root *root, const char *path, guint64 offset, void *buffer,
		    gsize length, int *ret_errno, GError **error);

/* A regular file, opened for reading, for who reads it piece by piece; the caller closes it. -1
 * with an error. */
int root_open_file(const Root *root, const char *path, GError **error);

/* TRUE when path exists, whatever it is. */
gboolean root_exists(const Root *root, const char *path);

/* TRUE when path is a directory, through links that stay in the root. */
gboolean root_is_directory(const Root *root, const char *path);

/* Names in a directory without "." and "..", sorted, owned by the caller. */
GPtrArray *root_list(const Root *root, const char *path, GError **error);
/* The same for who needs to know why not. */
GPtrArray *root_list_errno(const Root *root, const char *path, int *ret_errno);

/* Every path that matches a pattern whose components may hold '*' (which no leading period
 * matches), sorted by component; what follows the last '*' is not looked up. `unlisted` (may be
 * NULL; owns its keys) gets the directories that are there and could not be listed, with the
 * errno. */
GPtrArray *root_glob(const Root *root, const char *pattern, GHashTable *unlisted);

/* Replaces what an existing file holds with one write(). Not in a captured tree. */
gboolean root_write(const Root *root, const char *path, const char *text, GError **error);
/* The same as 0 or an errno (EROFS: a captured tree). Allocates nothing: for a child after
 * fork(). */
int root_write_errno(const Root *root, const char *path, const char *text, gsize length);

/*
 * A directory that the kernel fills with files when it is made, and empties when it is removed:
 * a cgroup. A tree has no kernel: there `files` (names, NULL-terminated) are made, empty, and go
 * with it. 0 or an errno (EROFS: a captured tree); allocates nothing.
 */
int root_make_group_errno(const Root *root, const char *path, const char *const *files);
int root_remove_group_errno(const Root *root, const char *path, const char *const *files);

#endif
