/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bundle_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bundle.h"
#include "error.h"
#include "escape.h"
#include "number.h"

#define BUNDLE_FILE_MAX   (256u << 20)
#define BUNDLE_NAME_MAX   1024
#define COMPONENT_MAX     255
#define BUNDLE_DEPTH_MAX  32
#define BUNDLE_FILES_MAX  100000
#define SHA256_HEX_DIGITS 64

static gboolean component_allowed(const char *at, gsize length)
{
	return length > 0 && length <= COMPONENT_MAX && !(length == 1 && at[0] == '.') &&
	       !(length == 2 && at[0] == '.' && at[1] == '.');
}

/* Where a name leads; its bytes may be anything. */
static gboolean stays_below(const char *relative)
{
	const char *at = relative;

	if (strlen(relative) > BUNDLE_NAME_MAX)
		return FALSE;
	for (;;) {
		const char *slash = strchrnul(at, '/');

		if (!component_allowed(at, (gsize)(slash - at)))
			return FALSE;
		if (*slash == '\0')
			return TRUE;
		at = slash + 1;
	}
}

gboolean bundle_name_check(const char *relative, GError **error)
{
	g_autofree char *escaped = escape_text(relative, -1);

	if (relative && stays_below(relative) && strcmp(escaped, relative) == 0)
		return TRUE;
	return lathe_error(error, LATHE_ERROR_INPUT,
			   "'%.80s' is not a name below a bundle", escaped);
}

/* Component by component without following a symlink: a bundle may come from a stranger.
 */
static int open_below(const char *directory, const char *relative)
{
	int dir = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const char *at = relative;

	while (dir >= 0) {
		const char *slash = strchrnul(at, '/');
		g_autofree char *component = g_strndup(at, (gsize)(slash - at));
		int flags = *slash ? O_PATH | O_DIRECTORY : O_RDONLY | O_NONBLOCK;
		int next = openat(dir, component, flags | O_NOFOLLOW | O_CLOEXEC);
		int errnum = errno;

		close(dir);
		errno = errnum;
		if (*slash == '\0')
			return next;
		dir = next;
		at = slash + 1;
	}
	return -1;
}

/* A descriptor of a regular file, or -1 with an error. */
static int open_regular(const char *directory, const char *relative, struct stat *ret,
			GError **error)
{
	g_autofree char *shown = escape_text(relative, -1);
	int fd;

	if (!stays_below(relative)) {
		lathe_error(error, LATHE_ERROR_INPUT,
			    "'%.80s' is not a name below a bundle", shown);
		return -1;
	}
	fd = open_below(directory, relative);
	if (fd < 0) {
		lathe_error_errno(error, errno, "%s/%s", directory, shown);
		return -1;
	}
	if (fstat(fd, ret) < 0 || !S_ISREG(ret->st_mode)) {
		close(fd);
		lathe_error(error, LATHE_ERROR_INPUT, "%s/%s: not a regular file",
			    directory, shown);
		return -1;
	}
	return fd;
}

gboolean bundle_read_file(const char *directory, const char *relative, char **ret,
			  gsize *ret_length, GError **error)
{
	g_autofree char *data = NULL;
	struct stat st;
	gsize size, length = 0;
	ssize_t n = 0;
	int fd, errnum;

	if (!bundle_name_check(relative, error))
		return FALSE;
	fd = open_regular(directory, relative, &st, error);
	if (fd < 0)
		return FALSE;
	if (st.st_size > BUNDLE_FILE_MAX) {
		close(fd);
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "%s/%s: larger than %u bytes", directory, relative,
				   BUNDLE_FILE_MAX);
	}
	size = (gsize)st.st_size;
	data = g_malloc(size + 1);
	while (length < size) {
		n = TEMP_FAILURE_RETRY(read(fd, data + length, size - length));
		if (n <= 0)
			break;
		length += (gsize)n;
	}
	errnum = errno;
	close(fd);
	if (n < 0)
		return lathe_error_errno(error, errnum, "%s/%s", directory, relative);
	data[length] = '\0';
	*ret = g_steal_pointer(&data);
	*ret_length = length;
	return TRUE;
}

char *bundle_sha256(const char *directory, const char *relative, GError **error)
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
	guint8 buffer[65536];
	struct stat st;
	ssize_t n;
	int fd = open_regular(directory, relative, &st, error);
	int errnum;

	if (fd < 0)
		return NULL;
	while ((n = TEMP_FAILURE_RETRY(read(fd, buffer, sizeof(buffer)))) > 0)
		g_checksum_update(sum, buffer, n);
	errnum = errno;
	close(fd);
	if (n < 0) {
		g_autofree char *shown = escape_text(relative, -1);

		lathe_error_errno(error, errnum, "%s/%s", directory, shown);
		return NULL;
	}
	return g_strdup(g_checksum_get_string(sum));
}

static gint by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static gboolean list_into(GPtrArray *names, const char *directory, const char *below,
			  guint depth, GError **error);

static gboolean list_one(GPtrArray *names, const char *directory, const char *name,
			 guint depth, GError **error)
{
	g_autofree char *path = g_build_filename(directory, name, NULL);
	g_autofree char *shown = escape_text(path, -1);
	struct stat st;

	if (lstat(path, &st) < 0)
		return lathe_error_errno(error, errno, "%s", shown);
	if (S_ISDIR(st.st_mode))
		return list_into(names, directory, name, depth + 1, error);
	if (!S_ISREG(st.st_mode))
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "%s: neither a regular file nor a directory", shown);
	if (names->len == BUNDLE_FILES_MAX)
		return lathe_error(error, LATHE_ERROR_INPUT, "%s: more than %d files",
				   directory, BUNDLE_FILES_MAX);
	g_ptr_array_add(names, g_strdup(name));
	return TRUE;
}

static gboolean list_into(GPtrArray *names, const char *directory, const char *below,
			  guint depth, GError **error)
{
	g_autofree char *path = g_build_filename(directory, below, NULL);
	g_autoptr(GDir) dir = NULL;
	g_autoptr(GError) cause = NULL;
	const char *entry;

	if (depth > BUNDLE_DEPTH_MAX)
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "%s: deeper than %d directories", directory,
				   BUNDLE_DEPTH_MAX);
	dir = g_dir_open(path, 0, &cause);
	if (!dir)
		return lathe_error_file(error, cause);
	while ((entry = g_dir_read_name(dir))) {
		g_autofree char *name = *below ? g_build_filename(below, entry, NULL)
					       : g_strdup(entry);

		if (!list_one(names, directory, name, depth, error))
			return FALSE;
	}
	return TRUE;
}

GPtrArray *bundle_list(const char *directory, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);

	if (!list_into(names, directory, "", 0, error))
		return NULL;
	g_ptr_array_sort(names, by_name);
	return g_steal_pointer(&names);
}

void bundle_sums_append(GString *sums, const char *sha256, const char *name)
{
	g_string_append_printf(sums, "%s%s  ", strpbrk(name, "\\\n") ? "\\" : "", sha256);
	for (const char *p = name; *p; p++) {
		if (*p == '\\')
			g_string_append(sums, "\\\\");
		else if (*p == '\n')
			g_string_append(sums, "\\n");
		else
			g_string_append_c(sums, *p);
	}
	g_string_append_c(sums, '\n');
}

/* The name of a line that began with a backslash, unescaped in place. */
static gboolean unescape(char *name)
{
	char *to = name;

	for (const char *p = name; *p; p++) {
		if (*p != '\\') {
			*to++ = *p;
			continue;
		}
		p++;
		if (*p != '\\' && *p != 'n')
			return FALSE;
		*to++ = *p == 'n' ? '\n' : '\\';
	}
	*to = '\0';
	return TRUE;
}

static gboolean take_digest(Span *line, char digest[SHA256_HEX_DIGITS + 1])
{
	if (line->end - line->at < SHA256_HEX_DIGITS)
		return FALSE;
	for (guint i = 0; i < SHA256_HEX_DIGITS; i++) {
		if (!g_ascii_isxdigit(line->at[i]) || g_ascii_isupper(line->at[i]))
			return FALSE;
		digest[i] = line->at[i];
	}
	digest[SHA256_HEX_DIGITS] = '\0';
	line->at += SHA256_HEX_DIGITS;
	return span_take_literal(line, "  ");
}

/* Reads SHA256SUMS into name -> digest. */
static gboolean parse_sums(const char *text, gsize length, GHashTable *sums,
			   GError **error)
{
	Span rest = {text, text + length};
	Span line;

	if (length == 0 || text[length - 1] != '\n')
		return lathe_error(error, LATHE_ERROR_INPUT, BUNDLE_SUMS ": cut short");
	for (guint number = 1; span_take_line(&rest, &line); number++) {
		gboolean escaped = span_take_literal(&line, "\\");
		char digest[SHA256_HEX_DIGITS + 1];
		g_autofree char *name = NULL;
		gsize bytes;

		if (!take_digest(&line, digest))
			return lathe_error(error, LATHE_ERROR_INPUT,
					   BUNDLE_SUMS ":%u: not a SHA-256 and a name",
					   number);
		bytes = (gsize)(line.end - line.at);
		name = span_dup(line);
		if (strlen(name) != bytes || (escaped && !unescape(name)) ||
		    !stays_below(name))
			return lathe_error(error, LATHE_ERROR_INPUT,
					   BUNDLE_SUMS ":%u: not a name below a bundle",
					   number);
		if (!g_hash_table_insert(sums, g_steal_pointer(&name), g_strdup(digest)))
			return lathe_error(error, LATHE_ERROR_INPUT,
					   BUNDLE_SUMS ":%u: a name again", number);
	}
	return TRUE;
}

/* Takes the file's line out of the table. */
static gboolean verify_file(const char *directory, const char *name, GHashTable *sums,
			    GError **error)
{
	g_autofree char *shown = escape_text(name, -1);
	g_autofree char *seen = NULL;
	const char *wanted = g_hash_table_lookup(sums, name);

	if (!wanted)
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "%s/%s: not listed in " BUNDLE_SUMS, directory, shown);
	seen = bundle_sha256(directory, name, error);
	if (!seen)
		return FALSE;
	if (strcmp(seen, wanted) != 0)
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "%s/%s: changed since the run (SHA-256 %s, listed %s)",
				   directory, shown, seen, wanted);
	g_hash_table_remove(sums, name);
	return TRUE;
}

gboolean bundle_verify(const char *directory, GError **error)
{
	g_autoptr(GHashTable)
		sums = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	g_autoptr(GPtrArray) names = NULL;
	g_autofree char *text = NULL;
	GHashTableIter iter;
	gpointer missing;
	gsize length;

	if (!bundle_read_file(directory, BUNDLE_SUMS, &text, &length, error) ||
	    !parse_sums(text, length, sums, error))
		return FALSE;
	names = bundle_list(directory, error);
	if (!names)
		return FALSE;
	for (guint i = 0; i < names->len; i++)
		if (strcmp(names->pdata[i], BUNDLE_SUMS) != 0 &&
		    !verify_file(directory, names->pdata[i], sums, error))
			return FALSE;
	g_hash_table_iter_init(&iter, sums);
	if (g_hash_table_iter_next(&iter, &missing, NULL)) {
		g_autofree char *shown = escape_text(missing, -1);

		return lathe_error(error, LATHE_ERROR_INPUT, "%s/%s: missing", directory,
				   shown);
	}
	return TRUE;
}
