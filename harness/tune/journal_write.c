/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "autofd.h"
#include "error.h"
#include "journal.h"
#include "journal_record.h"
#include "target.h"

struct JournalWriter {
	char *path;
	int fd;
	guint n; /* of the last change */
};

void journal_writer_free(JournalWriter *writer)
{
	if (!writer)
		return;
	close(writer->fd);
	g_free(writer->path);
	g_free(writer);
}

/* The name of a file is on the disk when its directory is. */
static gboolean sync_directory(const char *directory, GError **error)
{
	autofd fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && fsync(fd) == 0)
		return TRUE;
	return lathe_error_errno(error, errno, "sync directory '%s'", directory);
}

/* A record that was torn is cut off: the next one must begin a line. */
static gboolean cut_torn_record(int fd, const char *path, GError **error)
{
	off_t end = lseek(fd, 0, SEEK_END);
	char last = '\n';

	while (end > 0 && pread(fd, &last, 1, end - 1) == 1 && last != '\n')
		end--;
	if (ftruncate(fd, end) == 0)
		return TRUE;
	return lathe_error_errno(error, errno, "truncate '%s'", path);
}

JournalWriter *journal_writer_open(const char *directory, const Journal *journal, GError **error)
{
	g_autoptr(JournalWriter) writer = g_new0(JournalWriter, 1);
	guint n = journal ? journal->entries->len : 0;

	writer->path = g_build_filename(directory, JOURNAL_NAME, NULL);
	writer->fd = open(writer->path,
			  O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW |
				  (journal ? 0 : O_CREAT | O_EXCL),
			  0600);
	if (writer->fd < 0) {
		lathe_error_errno(error, errno, "open the tuning journal '%s'", writer->path);
		return NULL;
	}
	if (!cut_torn_record(writer->fd, writer->path, error) ||
	    !sync_directory(directory, error))
		return NULL;
	if (n > 0)
		writer->n = ((JournalEntry *)journal->entries->pdata[n - 1])->n;
	return g_steal_pointer(&writer);
}

/* Takes the record. */
static gboolean append(JournalWriter *writer, json_t *record, GError **error)
{
	char *text = record ? json_dumps(record, JSON_COMPACT) : NULL;
	g_autofree char *sum = text ? journal_checksum(text, strlen(text)) : NULL;
	g_autofree char *line = text ? g_strdup_printf("%s %s\n", sum, text) : NULL;
	gsize length = line ? strlen(line) : 0;
	gssize written;

	free(text);
	json_decref(record);
	if (!line)
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "a value is no UTF-8 text: it cannot be kept in the tuning "
				   "journal, and is not changed");
	do
		written = write(writer->fd, line, length);
	while (written < 0 && errno == EINTR);
	if (written == (gssize)length)
		return TRUE;
	return lathe_error_errno(error, written < 0 ? errno : ENOSPC,
				 "write the tuning journal '%s'", writer->path);
}

gboolean journal_begin(JournalWriter *writer, const JournalHost *host, const char *by,
		       const char *cpus, GError **error)
{
	return append(writer,
		      json_pack("{s:s, s:i, s:s, s:s, s:s, s:s, s:I}", "record", "begin", "version",
				JOURNAL_VERSION, "machine", host->machine, "boot", host->boot, "by",
				by, "cpus", cpus, "pid", (json_int_t)getpid()),
		      error);
}

gboolean journal_change(JournalWriter *writer, const Change *change, const char *was,
			guint *ret_n, GError **error)
{
	guint n = writer->n + 1;

	if (!append(writer,
		    json_pack("{s:s, s:I, s:s, s:s, s:s, s:s, s:s}", "record", "change", "n",
			      (json_int_t)n, "row", change->row, "kind", target_name(change->kind),
			      "place", change->place, "was", was, "then", change->then),
		    error))
		return FALSE;
	writer->n = n;
	*ret_n = n;
	return TRUE;
}

static gboolean append_result(JournalWriter *writer, const char *record, guint n,
			      const char *now, GError **error)
{
	return append(writer,
		      json_pack("{s:s, s:I, s:s?}", "record", record, "n", (json_int_t)n, "now",
				now),
		      error);
}

gboolean journal_made(JournalWriter *writer, guint n, const char *now, GError **error)
{
	return append_result(writer, "made", n, now, error);
}

gboolean journal_failed(JournalWriter *writer, guint n, const char *now, GError **error)
{
	return append_result(writer, "failed", n, now, error);
}

gboolean journal_restored(JournalWriter *writer, guint n, GError **error)
{
	return append(writer,
		      json_pack("{s:s, s:I}", "record", "restored", "n", (json_int_t)n), error);
}

gboolean journal_complete(JournalWriter *writer, GError **error)
{
	return append(writer, json_pack("{s:s}", "record", "complete"), error) &&
	       journal_sync(writer, error);
}

gboolean journal_sync(JournalWriter *writer, GError **error)
{
	if (fdatasync(writer->fd) == 0)
		return TRUE;
	return lathe_error_errno(error, errno, "sync the tuning journal '%s'", writer->path);
}

gboolean journal_remove(const char *directory, GError **error)
{
	g_autofree char *path = g_build_filename(directory, JOURNAL_NAME, NULL);

	if (unlink(path) != 0)
		return lathe_error_errno(error, errno, "remove '%s'", path);
	return sync_directory(directory, error);
}

gboolean journal_set_aside(const char *directory, char **ret_path, GError **error)
{
	g_autofree char *path = g_build_filename(directory, JOURNAL_NAME, NULL);
	g_autofree char *aside = g_strconcat(path, ".damaged", NULL);

	if (rename(path, aside) != 0)
		return lathe_error_errno(error, errno, "rename '%s'", path);
	*ret_path = g_steal_pointer(&aside);
	return sync_directory(directory, error);
}
