/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The manifest:
 *
 *	lathe persisted 1
 *	directory - - etc/modprobe.d
 *	file HASH - etc/modprobe.d/lathe.conf
 *	link HASH HASH etc/systemd/system/multi-user.target.wants/lathe-tune.service
 *	end HASH			of everything above
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "autofd.h"
#include "error.h"
#include "number.h"
#include "persist_private.h"

#define HEADER        "lathe persisted 1\n"
#define HASH_LENGTH   64
#define ENTRIES_BYTES (64u << 10)

static const char *const kinds[] = {"file", "link", "directory"};
G_STATIC_ASSERT(G_N_ELEMENTS(kinds) == PERSIST_KINDS);

static void entry_free(gpointer data)
{
	ManifestEntry *entry = data;

	g_free(entry->path);
	g_free(entry->hashes[0]);
	g_free(entry->hashes[1]);
	g_free(entry);
}

ManifestEntry *manifest_add(GPtrArray *entries, PersistKind kind, const char *path)
{
	ManifestEntry *entry = g_new0(ManifestEntry, 1);

	entry->kind = kind;
	entry->path = g_strdup(path);
	g_ptr_array_add(entries, entry);
	return entry;
}

ManifestEntry *manifest_find(const GPtrArray *entries, const char *path)
{
	for (guint i = 0; i < entries->len; i++)
		if (strcmp(((ManifestEntry *)entries->pdata[i])->path, path) == 0)
			return entries->pdata[i];
	return NULL;
}

gboolean manifest_has_hash(const ManifestEntry *entry, const char *hash)
{
	return g_strcmp0(entry->hashes[0], hash) == 0 ||
	       g_strcmp0(entry->hashes[1], hash) == 0;
}

/* An entry of boot/loader that was copied from another. */
static gboolean is_entry(const char *path)
{
	const char *name = path + strlen(PERSIST_ENTRIES "/");

	return g_str_has_prefix(path, PERSIST_ENTRIES "/") && *name != '.' &&
	       g_str_has_suffix(name, PERSIST_ENTRY_SUFFIX) && !strchr(name, '/') &&
	       persist_is_plain(name) && !strchr(name, ' ');
}

gboolean persist_path_known(PersistKind kind, const char *path)
{
	static const char *const files[] = {PERSIST_GRUB_CFG, PERSIST_GRUB_FALLBACK,
					    PERSIST_MODPROBE, PERSIST_AFFINITY,
					    PERSIST_UNIT,     PERSIST_WANTS};
	gsize length = strlen(path);

	if (kind == PERSIST_FILE && is_entry(path))
		return TRUE;
	for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
		gboolean link = strcmp(files[i], PERSIST_WANTS) == 0;

		if (kind != PERSIST_DIRECTORY && link == (kind == PERSIST_LINK) &&
		    strcmp(files[i], path) == 0)
			return TRUE;
		/* Directories above them, but not /etc. */
		if (kind == PERSIST_DIRECTORY && strchr(path, '/') &&
		    strncmp(files[i], path, length) == 0 && files[i][length] == '/')
			return TRUE;
	}
	return FALSE;
}

static gboolean take_hash(Span *span, char **ret)
{
	gsize room = (gsize)(span->end - span->at);

	if (span_take_literal(span, "- "))
		return TRUE;
	if (room <= HASH_LENGTH || span->at[HASH_LENGTH] != ' ')
		return FALSE;
	for (gsize i = 0; i < HASH_LENGTH; i++)
		if (!g_ascii_isxdigit(span->at[i]))
			return FALSE;
	*ret = g_strndup(span->at, HASH_LENGTH);
	span->at += HASH_LENGTH + 1;
	return TRUE;
}

static gboolean take_entry(Span line, GPtrArray *entries)
{
	ManifestEntry *entry = manifest_add(entries, PERSIST_FILE, "");
	gboolean known = FALSE;

	for (guint i = 0; i < PERSIST_KINDS && !known; i++) {
		Span rest = line;

		if (!span_take_literal(&rest, kinds[i]) || !span_take_literal(&rest, " "))
			continue;
		entry->kind = (PersistKind)i;
		line = rest;
		known = TRUE;
	}
	if (!known || !take_hash(&line, &entry->hashes[0]) ||
	    !take_hash(&line, &entry->hashes[1]))
		return FALSE;
	g_free(entry->path);
	entry->path = span_dup(line);
	return (entry->kind == PERSIST_DIRECTORY) ==
		       (!entry->hashes[0] && !entry->hashes[1]) &&
	       persist_path_known(entry->kind, entry->path);
}

/* The last line is the hash of what stands before it. */
static gboolean is_sound(const char *text, gsize length, gsize *ret_body)
{
	g_autofree char *sum = NULL;
	g_autofree char *end = NULL;
	gsize tail = strlen("end \n") + HASH_LENGTH;

	if (strlen(text) != length || length < strlen(HEADER) + tail ||
	    !g_str_has_prefix(text, HEADER))
		return FALSE;
	*ret_body = length - tail;
	sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)text,
					  *ret_body);
	end = g_strdup_printf("end %s\n", sum);
	return strcmp(text + *ret_body, end) == 0;
}

GPtrArray *manifest_parse(const char *text, gsize length, const char *name,
			  GError **error)
{
	g_autoptr(GPtrArray) entries = g_ptr_array_new_with_free_func(entry_free);
	gsize body = 0;
	Span span, line;
	guint number = 1;

	if (!is_sound(text, length, &body)) {
		lathe_error(error, LATHE_ERROR_INPUT,
			    "'%s' is not as lathe wrote it: cut off, or changed", name);
		lathe_error_hint(error,
				 "nothing was touched: remove lathe's files by hand "
				 "(/etc/*/*lathe*), and this one last");
		return NULL;
	}
	span = (Span){text + strlen(HEADER), text + body};
	while (span_take_line(&span, &line)) {
		number++;
		if (!take_entry(line, entries)) {
			lathe_error(error, LATHE_ERROR_INPUT,
				    "%s:%u: no place of lathe's", name, number);
			return NULL;
		}
	}
	return g_steal_pointer(&entries);
}

GPtrArray *manifest_read(const char *directory, GError **error)
{
	g_autofree char *name = g_build_filename(directory, "persisted", NULL);
	g_autofree char *text = NULL;
	g_autoptr(Root) root = NULL;
	gsize length = 0;
	int errnum = 0;

	/* Nobody wrote anything yet, and who only looks makes no directory. */
	if (access(directory, F_OK) != 0 && errno == ENOENT)
		return g_ptr_array_new_with_free_func(entry_free);
	root = root_open_captured(directory, error);
	if (!root)
		return NULL;
	if (!root_read(root, "persisted", &text, &length, &errnum, NULL)) {
		if (errnum == ENOENT)
			return g_ptr_array_new_with_free_func(entry_free);
		lathe_error_errno(error, errnum, "read '%s'", name);
		return NULL;
	}
	if (length > ENTRIES_BYTES) {
		lathe_error(error, LATHE_ERROR_INPUT, "'%s' has %zu bytes: not lathe's",
			    name, length);
		return NULL;
	}
	return manifest_parse(text, length, name, error);
}

static GString *format(const GPtrArray *entries)
{
	GString *text = g_string_new(HEADER);
	g_autofree char *sum = NULL;

	for (guint i = 0; i < entries->len; i++) {
		const ManifestEntry *entry = entries->pdata[i];

		g_string_append_printf(text, "%s %s %s %s\n", kinds[entry->kind],
				       entry->hashes[0] ? entry->hashes[0] : "-",
				       entry->hashes[1] ? entry->hashes[1] : "-",
				       entry->path);
	}
	sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text->str,
					    (gssize)text->len);
	g_string_append_printf(text, "end %s\n", sum);
	return text;
}

static gboolean remove_manifest(int directory, const char *name, GError **error)
{
	if ((unlinkat(directory, "persisted", 0) != 0 && errno != ENOENT) ||
	    fsync(directory) != 0)
		return lathe_error_errno(error, errno, "remove '%s'", name);
	return TRUE;
}

gboolean manifest_write(const char *directory, const GPtrArray *entries, GError **error)
{
	g_autofree char *name = g_build_filename(directory, "persisted", NULL);
	autofd parent = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_autoptr(GString) text = NULL;
	autofd fd = -1;

	if (parent < 0)
		return lathe_error_errno(error, errno, "open directory '%s'", directory);
	if (entries->len == 0)
		return remove_manifest(parent, name, error);
	text = format(entries);
	fd = openat(parent, "persisted.new",
		    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return lathe_error_errno(error, errno, "create '%s.new'", name);
	for (gsize done = 0; done < text->len;) {
		gssize got = write(fd, text->str + done, text->len - done);

		if (got < 0 && errno != EINTR)
			return lathe_error_errno(error, errno, "write '%s.new'", name);
		done += got > 0 ? (gsize)got : 0;
	}
	if (fsync(fd) != 0 ||
	    renameat(parent, "persisted.new", parent, "persisted") != 0 ||
	    fsync(parent) != 0)
		return lathe_error_errno(error, errno, "write '%s'", name);
	return TRUE;
}
