/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "initramfs.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "error.h"

#define PACK_MAX (1u << 30)

struct Initramfs {
	GTree *nodes; /* path without leading '/' -> Node: a parent sorts before its
			 children */
};

typedef struct {
	guint mode; /* type and permissions */
	dev_t device;
	GBytes *content; /* of a file */
	char *target;    /* of a link */
	char *source;
} Node;

typedef struct archive ArchiveWriter;
static void archive_writer_free(ArchiveWriter *writer)
{
	archive_write_free(writer);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ArchiveWriter, archive_writer_free)

/* clang-format off */
static const struct {
	const char *path, *target;
} merged[] = {
	{"bin", "usr/bin"},
	{"lib", "usr/lib"},
	{"lib64", "usr/lib64"},
	{"sbin", "usr/sbin"},
};

static const struct {
	const char *path;
	guint mode;
	guint major, minor; /* Documentation/admin-guide/devices.txt */
} base[] = {
	{"dev",		S_IFDIR | 0755,	 0, 0},
	{"dev/console", S_IFCHR | 0600,	 5, 1},
	{"dev/null",	S_IFCHR | 0666,	 1, 3},
	{"dev/shm",	S_IFDIR | 01777, 0, 0},
	{"etc",		S_IFDIR | 0755,	 0, 0},
	{"etc/lathe",	S_IFDIR | 0755,	 0, 0},
	{"proc",	S_IFDIR | 0555,	 0, 0},
	{"root",	S_IFDIR | 0700,	 0, 0},
	{"run",		S_IFDIR | 0755,	 0, 0},
	{"sys",		S_IFDIR | 0555,	 0, 0},
	{"tmp",		S_IFDIR | 01777, 0, 0},
	{"usr",		S_IFDIR | 0755,	 0, 0},
	{"usr/bin",	S_IFDIR | 0755,	 0, 0},
	{"usr/lib",	S_IFDIR | 0755,	 0, 0},
	{"usr/lib64",	S_IFDIR | 0755,	 0, 0},
	{"usr/sbin",	S_IFDIR | 0755,	 0, 0},
};
/* clang-format on */

static void node_free(gpointer data)
{
	Node *node = data;

	g_clear_pointer(&node->content, g_bytes_unref);
	g_free(node->target);
	g_free(node->source);
	g_free(node);
}

static Node *insert(Initramfs *tree, const char *path, guint mode, const char *source)
{
	Node *node = g_new0(Node, 1);

	node->mode = mode;
	node->source = g_strdup(source);
	g_tree_insert(tree->nodes, g_strdup(path), node);
	return node;
}

static int compare_paths(gconstpointer a, gconstpointer b,
			 G_GNUC_UNUSED gpointer user_data)
{
	return strcmp(a, b);
}

Initramfs *initramfs_new(void)
{
	Initramfs *tree = g_new(Initramfs, 1);

	tree->nodes = g_tree_new_full(compare_paths, NULL, g_free, node_free);
	for (gsize i = 0; i < G_N_ELEMENTS(merged); i++)
		insert(tree, merged[i].path, S_IFLNK | 0777, "the base system")->target =
		    g_strdup(merged[i].target);
	for (gsize i = 0; i < G_N_ELEMENTS(base); i++)
		insert(tree, base[i].path, base[i].mode, "the base system")->device =
		    makedev(base[i].major, base[i].minor);
	return tree;
}

void initramfs_free(Initramfs *tree)
{
	if (!tree)
		return;
	g_tree_unref(tree->nodes);
	g_free(tree);
}

static gboolean path_valid(const char *path)
{
	g_auto(GStrv) parts = NULL;

	if (path[0] != '/' || strlen(path) >= 4096 || !g_utf8_validate(path, -1, NULL))
		return FALSE;
	parts = g_strsplit(path + 1, "/", -1);
	for (char **at = parts; *at; at++)
		if (**at == '\0' || strlen(*at) > 255 || strcmp(*at, ".") == 0 ||
		    strcmp(*at, "..") == 0)
			return FALSE;
	return parts[0] != NULL;
}

/* "/lib64/ld-linux-x86-64.so.2" is stored as "usr/lib64/ld-linux-x86-64.so.2". */
static char *resolve(const char *path)
{
	for (gsize i = 0; i < G_N_ELEMENTS(merged); i++) {
		gsize length = strlen(merged[i].path);

		if (strncmp(path + 1, merged[i].path, length) == 0 &&
		    path[1 + length] == '/')
			return g_strconcat(merged[i].target, path + 1 + length, NULL);
	}
	return g_strdup(path + 1);
}

gboolean initramfs_has(const Initramfs *tree, const char *path)
{
	g_autofree char *place = resolve(path);

	return g_tree_lookup(tree->nodes, place) != NULL;
}

static gboolean make_parents(Initramfs *tree, const char *path, const char *source,
			     GError **error)
{
	for (const char *slash = strchr(path, '/'); slash;
	     slash = strchr(slash + 1, '/')) {
		g_autofree char *parent = g_strndup(path, (gsize)(slash - path));
		const Node *node = g_tree_lookup(tree->nodes, parent);

		if (!node)
			insert(tree, parent, S_IFDIR | 0755, source);
		else if (!S_ISDIR(node->mode))
			return lathe_error(
			    error, LATHE_ERROR_USAGE,
			    "'%s' cannot be put below '/%s' of the guest, which "
			    "is no directory",
			    source, parent);
	}
	return TRUE;
}

static gboolean same(const Node *node, guint mode, GBytes *content, const char *target)
{
	return node->mode == mode && g_strcmp0(node->target, target) == 0 &&
	       (!content || g_bytes_equal(node->content, content));
}

static gboolean add(Initramfs *tree, const char *path, guint mode, GBytes *content,
		    const char *target, const char *source, GError **error)
{
	g_autofree char *place = NULL;
	const Node *taken;
	Node *node;

	if (!path_valid(path))
		return lathe_error(
		    error, LATHE_ERROR_USAGE,
		    "'%s' cannot be put at '%s': not a clean absolute path", source,
		    path);
	place = resolve(path);
	taken = g_tree_lookup(tree->nodes, place);
	if (taken && same(taken, mode, content, target))
		return TRUE;
	if (taken)
		return lathe_error(error, LATHE_ERROR_USAGE,
				   "'%s' cannot be put at '%s' of the guest: %s is there "
				   "already",
				   source, path, taken->source);
	if (!make_parents(tree, place, source, error))
		return FALSE;
	node = insert(tree, place, mode, source);
	node->content = content ? g_bytes_ref(content) : NULL;
	node->target = g_strdup(target);
	return TRUE;
}

gboolean initramfs_add(Initramfs *tree, const char *path, guint mode, GBytes *content,
		       const char *source, GError **error)
{
	return add(tree, path, S_IFREG | (mode & 07777), content, NULL, source, error);
}

gboolean initramfs_add_link(Initramfs *tree, const char *path, const char *target,
			    const char *source, GError **error)
{
	return add(tree, path, S_IFLNK | 0777, NULL, target, source, error);
}

typedef struct {
	ArchiveWriter *writer;
	struct archive_entry *entry;
	gint64 inode;
	gboolean failed;
} Packing;

static gboolean pack_node(gpointer key, gpointer value, gpointer user_data)
{
	Packing *packing = user_data;
	const Node *node = value;
	gconstpointer data = NULL;
	gsize size = 0;

	archive_entry_clear(packing->entry);
	archive_entry_set_pathname(packing->entry, key);
	archive_entry_set_mode(packing->entry, node->mode);
	archive_entry_set_ino64(packing->entry, ++packing->inode);
	archive_entry_set_nlink(packing->entry, 1);
	archive_entry_set_uid(packing->entry, 0);
	archive_entry_set_gid(packing->entry, 0);
	archive_entry_set_mtime(packing->entry, 0, 0);
	if (S_ISCHR(node->mode))
		archive_entry_set_rdev(packing->entry, node->device);
	if (node->target)
		archive_entry_set_symlink(packing->entry, node->target);
	if (node->content)
		data = g_bytes_get_data(node->content, &size);
	archive_entry_set_size(packing->entry, (la_int64_t)size);
	packing->failed =
	    archive_write_header(packing->writer, packing->entry) != ARCHIVE_OK ||
	    (size > 0 &&
	     archive_write_data(packing->writer, data, size) != (la_ssize_t)size);
	return packing->failed;
}

static la_ssize_t collect(struct archive *writer, void *user_data, const void *data,
			  size_t length)
{
	GByteArray *bytes = user_data;

	/* A GByteArray counts in 32 bits; the kernel's own limit is the guest's memory.
	 */
	if (length > PACK_MAX - bytes->len) {
		archive_set_error(writer, EFBIG, "the files are larger than 1 GiB");
		return -1;
	}
	g_byte_array_append(bytes, data, (guint)length);
	return (la_ssize_t)length;
}

GBytes *initramfs_pack(const Initramfs *tree, GError **error)
{
	g_autoptr(GByteArray) bytes = g_byte_array_new();
	g_autoptr(ArchiveWriter) writer = archive_write_new();
	Packing packing = {.writer = writer, .entry = archive_entry_new()};

	archive_write_set_format_cpio_newc(writer);
	archive_write_add_filter_none(writer);
	archive_write_set_bytes_in_last_block(writer, 1);
	packing.failed = archive_write_open(writer, bytes, NULL, collect, NULL) !=
			 ARCHIVE_OK;
	if (!packing.failed)
		g_tree_foreach(tree->nodes, pack_node, &packing);
	archive_entry_free(packing.entry);
	if (packing.failed || archive_write_close(writer) != ARCHIVE_OK) {
		lathe_error(error, LATHE_ERROR_INPUT, "initramfs: %s",
			    archive_error_string(writer));
		return NULL;
	}
	return g_byte_array_free_to_bytes(g_steal_pointer(&bytes));
}
