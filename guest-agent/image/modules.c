/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "modules.h"

#include <errno.h>
#include <fts.h>
#include <string.h>
#include <unistd.h>

#include "decompress.h"
#include "elf64.h"
#include "error.h"
#include "number.h"
#include "store.h"

/* The largest in Debian's kernel is 8 MB; a guest needs about ten. */
#define MODULE_SIZE_MAX  (64u << 20)
#define MODULE_COUNT_MAX 64
/* MODULE_NAME_LEN in include/linux/moduleparam.h. */
#define MODULE_NAME_MAX 55

const char *const modules_wanted[] = {
	"virtio_ring",
	"virtio",
	"virtio_pci_modern_dev",
	"virtio_pci_legacy_dev",
	"virtio_pci",
	"virtio_console",
	NULL,
};

typedef enum { VISIT_NEW, VISIT_UNDER_WAY, VISIT_DONE } Visit;

typedef struct {
	const char *directory;
	GHashTable *files;   /* module name -> path */
	GHashTable *builtin; /* set of module names; NULL without modules.builtin */
	GHashTable *visits;  /* module name -> Visit */
	GPtrArray *loaded;   /* of Module * */
	GPtrArray *missing;  /* of char *; NULL: a missing module is an error */
	char *release;
} ModuleTree;

void module_free(Module *module)
{
	if (!module)
		return;
	g_free(module->name);
	g_clear_pointer(&module->content, g_bytes_unref);
	g_free(module);
}

static void module_tree_free(ModuleTree *tree)
{
	if (!tree)
		return;
	g_clear_pointer(&tree->files, g_hash_table_unref);
	g_clear_pointer(&tree->builtin, g_hash_table_unref);
	g_clear_pointer(&tree->visits, g_hash_table_unref);
	g_clear_pointer(&tree->loaded, g_ptr_array_unref);
	g_clear_pointer(&tree->missing, g_ptr_array_unref);
	g_free(tree->release);
	g_free(tree);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ModuleTree, module_tree_free)

static gboolean name_valid(const char *name, gsize length)
{
	if (length == 0 || length > MODULE_NAME_MAX)
		return FALSE;
	for (gsize i = 0; i < length; i++)
		if (!g_ascii_isalnum(name[i]) && name[i] != '_' && name[i] != '-')
			return FALSE;
	return TRUE;
}

char *module_name(const char *file)
{
	static const char *const suffixes[] = {".ko", ".ko.xz", ".ko.zst", ".ko.gz"};
	const char *slash = strrchr(file, '/');
	const char *base = slash ? slash + 1 : file;

	for (gsize i = 0; i < G_N_ELEMENTS(suffixes); i++) {
		gsize length = strlen(base);

		if (!g_str_has_suffix(base, suffixes[i]))
			continue;
		length -= strlen(suffixes[i]);
		if (!name_valid(base, length))
			return NULL;
		return g_strdelimit(g_strndup(base, length), "-", '_');
	}
	return NULL;
}

gboolean modules_info(GBytes *module, const char *name, const char *key, char **ret,
		      GError **error)
{
	gsize length, key_length = strlen(key);
	const guint8 *data = g_bytes_get_data(module, &length);
	const guint8 *at;
	gsize left;

	if (!elf64_section(data, length, name, ".modinfo", &at, &left, error))
		return FALSE;
	while (left > 0) {
		const guint8 *end = memchr(at, '\0', left);
		gsize size = end ? (gsize)(end - at) : left;

		if (!end)
			return lathe_error(error, LATHE_ERROR_INPUT,
					   "module '%s': .modinfo is cut off", name);
		if (size > key_length && memcmp(at, key, key_length) == 0 &&
		    at[key_length] == '=') {
			*ret = g_strdup((const char *)at + key_length + 1);
			return TRUE;
		}
		at += size + 1;
		left -= size + 1;
	}
	*ret = NULL;
	return TRUE;
}

/* depmod's default order: what an administrator put into updates/ wins. */
static gboolean better(const char *path, const char *other, gsize skip)
{
	gboolean update = g_str_has_prefix(path + skip, "updates/");

	if (update != g_str_has_prefix(other + skip, "updates/"))
		return update;
	return strcmp(path, other) < 0;
}

static GHashTable *find_files(const char *directory, GError **error)
{
	g_autoptr(GHashTable)
	    files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	char *const roots[] = {(char *)directory, NULL};
	gsize skip = strlen(directory) + 1;
	FTSENT *entry;
	FTS *tree;

	/* `build` and `source` are links into a source tree: not followed. */
	tree = access(directory, R_OK | X_OK) == 0
		   ? fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, NULL)
		   : NULL;
	if (!tree) {
		lathe_error_errno(error, errno, "open modules directory '%s'", directory);
		return NULL;
	}
	while ((entry = fts_read(tree))) {
		g_autofree char *name = NULL;
		const char *known;

		if (entry->fts_info != FTS_F || !(name = module_name(entry->fts_name)))
			continue;
		known = g_hash_table_lookup(files, name);
		if (!known || better(entry->fts_path, known, skip))
			g_hash_table_insert(files, g_steal_pointer(&name),
					    g_strdup(entry->fts_path));
	}
	fts_close(tree);
	return g_steal_pointer(&files);
}

/* NULL when there is no such file: then nobody knows what is built in. */
static GHashTable *read_builtin(const char *directory)
{
	g_autofree char *path = g_build_filename(directory, "modules.builtin", NULL);
	g_autoptr(GBytes) bytes = store_read(path, 16u << 20, NULL, NULL);
	g_autoptr(GHashTable)
	    names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	Span text, line;
	gsize length;

	if (!bytes)
		return NULL;
	text.at = g_bytes_get_data(bytes, &length);
	text.end = text.at + length;
	while (length > 0 && span_take_line(&text, &line)) {
		g_autofree char *file = span_dup(line);
		char *name = module_name(file);

		if (name)
			g_hash_table_add(names, name);
	}
	return g_steal_pointer(&names);
}

static ModuleTree *tree_new(const char *directory, GError **error)
{
	g_autoptr(ModuleTree) tree = g_new0(ModuleTree, 1);

	tree->directory = directory;
	tree->files = find_files(directory, error);
	if (!tree->files)
		return NULL;
	tree->builtin = read_builtin(directory);
	tree->visits = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	tree->loaded = g_ptr_array_new_with_free_func((GDestroyNotify)module_free);
	return g_steal_pointer(&tree);
}

static GBytes *read_module(const char *path, GError **error)
{
	g_autoptr(GBytes) bytes = store_read(path, MODULE_SIZE_MAX, NULL, error);
	gconstpointer data;
	gsize length;

	if (!bytes || g_str_has_suffix(path, ".ko"))
		return g_steal_pointer(&bytes);
	data = g_bytes_get_data(bytes, &length);
	return decompress_bytes(data, length, MODULE_SIZE_MAX, path, error);
}

/* "6.1.0-56-rt-amd64 SMP preempt_rt mod_unload modversions": all must be for one kernel.
 */
static gboolean check_release(ModuleTree *tree, GBytes *content, const char *path,
			      GError **error)
{
	g_autofree char *vermagic = NULL;

	if (!modules_info(content, path, "vermagic", &vermagic, error))
		return FALSE;
	if (!vermagic)
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "module '%s' does not say which kernel it is for "
				   "(vermagic)",
				   path);
	vermagic[strcspn(vermagic, " ")] = '\0';
	if (!tree->release)
		tree->release = g_strdup(vermagic);
	if (strcmp(tree->release, vermagic) == 0)
		return TRUE;
	return lathe_error(error, LATHE_ERROR_INPUT,
			   "module '%s' is for another kernel than the others", path);
}

static gboolean visit(ModuleTree *tree, const char *name, const char *needed_by,
		      GError **error);

static gboolean visit_dependencies(ModuleTree *tree, GBytes *content, const char *name,
				   GError **error)
{
	g_autofree char *depends = NULL;
	g_auto(GStrv) names = NULL;

	if (!modules_info(content, name, "depends", &depends, error))
		return FALSE;
	names = g_strsplit(depends ? depends : "", ",", -1);
	for (char **at = names; *at; at++) {
		if (**at == '\0')
			continue;
		if (!name_valid(*at, strlen(*at)))
			return lathe_error(
			    error, LATHE_ERROR_INPUT,
			    "module '%s' depends on something that is not a "
			    "module name",
			    name);
		g_strdelimit(*at, "-", '_');
		if (!visit(tree, *at, name, error))
			return FALSE;
	}
	return TRUE;
}

static gboolean absent(ModuleTree *tree, const char *name, const char *needed_by,
		       GError **error)
{
	g_autofree char *why = needed_by ? g_strdup_printf(", needed by '%s',", needed_by)
					 : g_strdup("");

	if (tree->builtin && g_hash_table_contains(tree->builtin, name))
		return TRUE;
	if (tree->missing) {
		g_ptr_array_add(tree->missing, g_strdup(name));
		return TRUE;
	}
	if (tree->builtin)
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "module '%s'%s is neither below '%s' nor in its "
				   "modules.builtin",
				   name, why, tree->directory);
	return lathe_error(error, LATHE_ERROR_INPUT,
			   "module '%s'%s is not below '%s', and there is no "
			   "modules.builtin to say whether the kernel has it built in",
			   name, why, tree->directory);
}

static gboolean visit_file(ModuleTree *tree, const char *name, const char *path,
			   GError **error)
{
	g_autoptr(GBytes) content = read_module(path, error);
	Module *module;

	if (!content || !check_release(tree, content, path, error) ||
	    !visit_dependencies(tree, content, name, error))
		return FALSE;
	if (tree->loaded->len >= MODULE_COUNT_MAX)
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "more than %d modules needed from '%s'",
				   MODULE_COUNT_MAX, tree->directory);
	module = g_new(Module, 1);
	*module = (Module){g_strdup(name), g_steal_pointer(&content)};
	g_ptr_array_add(tree->loaded, module);
	return TRUE;
}

static gboolean visit(ModuleTree *tree, const char *name, const char *needed_by,
		      GError **error)
{
	Visit state = GPOINTER_TO_INT(g_hash_table_lookup(tree->visits, name));
	const char *path = g_hash_table_lookup(tree->files, name);

	if (state == VISIT_DONE)
		return TRUE;
	if (state == VISIT_UNDER_WAY)
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "module '%s' depends on itself through '%s'", name,
				   needed_by);
	/* Also bounds the recursion: every name on the way is counted. */
	if (g_hash_table_size(tree->visits) >= 2 * MODULE_COUNT_MAX)
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "more than %d modules needed from '%s'",
				   MODULE_COUNT_MAX, tree->directory);
	g_hash_table_insert(tree->visits, g_strdup(name),
			    GINT_TO_POINTER(VISIT_UNDER_WAY));
	if (!(path ? visit_file(tree, name, path, error)
		   : absent(tree, name, needed_by, error)))
		return FALSE;
	g_hash_table_insert(tree->visits, g_strdup(name), GINT_TO_POINTER(VISIT_DONE));
	return TRUE;
}

GPtrArray *modules_load(const char *directory, const char *const *wanted,
			char **ret_release, GError **error)
{
	g_autoptr(ModuleTree) tree = tree_new(directory, error);

	if (!tree)
		return NULL;
	for (; *wanted; wanted++)
		if (!visit(tree, *wanted, NULL, error))
			return NULL;
	*ret_release = g_steal_pointer(&tree->release);
	return g_steal_pointer(&tree->loaded);
}

GPtrArray *modules_missing(const char *directory, const char *const *wanted,
			   GError **error)
{
	g_autoptr(ModuleTree) tree = tree_new(directory, error);

	if (!tree)
		return NULL;
	tree->missing = g_ptr_array_new_with_free_func(g_free);
	for (; *wanted; wanted++)
		if (!visit(tree, *wanted, NULL, error))
			return NULL;
	return g_steal_pointer(&tree->missing);
}
