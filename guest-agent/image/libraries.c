/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "libraries.h"

#include <string.h>

#include "child.h"
#include "elf64.h"
#include "error.h"
#include "escape.h"
#include "initramfs.h"
#include "store.h"

/* A loader lists a program in milliseconds; a cold disk takes longer. */
#define LIST_TIMEOUT_MS 30000

static gboolean missing(const char *library, const char *program, GError **error)
{
	g_autofree char *shown = escape_text(library, -1);

	lathe_error(error, LATHE_ERROR_ENVIRONMENT,
		    "'%s' needs the shared library '%s', which is not on this machine",
		    program, shown);
	lathe_error_hint(error, "install the package that has it, or a working '%s'",
			 program);
	return FALSE;
}

/* "\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007fe7ef6a8000)", "\tlibx.so =>
 * not found", "\t/lib64/ld-linux-x86-64.so.2 (0x...)", "\tlinux-vdso.so.1 (0x...)". */
static gboolean parse_line(char *line, const char *program, GPtrArray *paths,
			   GError **error)
{
	char *arrow = strstr(line, " => ");
	char *path = arrow ? arrow + strlen(" => ") : line;
	char *address = g_strrstr(path, " (0x");

	if (arrow)
		*arrow = '\0';
	if (strcmp(path, "not found") == 0)
		return missing(line, program, error);
	if (address)
		*address = '\0';
	if (address && path[0] == '/') {
		g_ptr_array_add(paths, g_strdup(path));
		return TRUE;
	}
	/* The kernel brings the vDSO; a program may need no library at all. */
	if (g_str_has_prefix(path, "linux-vdso.so.") ||
	    strcmp(path, "statically linked") == 0)
		return TRUE;
	return lathe_error(
	    error, LATHE_ERROR_INPUT,
	    "the loader's list of libraries for '%s' has a line of unknown "
	    "form",
	    program);
}

GPtrArray *libraries_parse(const char *listing, const char *program, GError **error)
{
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
	g_auto(GStrv) lines = g_strsplit(listing, "\n", -1);

	for (char **line = lines; *line; line++)
		if (*g_strstrip(*line) && !parse_line(*line, program, paths, error))
			return NULL;
	return g_steal_pointer(&paths);
}

/* The loader is run, so a program must not get to name just any file as its loader. */
static gboolean loader_plausible(const char *loader)
{
	g_autofree char *base = g_path_get_basename(loader);

	return loader[0] == '/' && g_str_has_prefix(base, "ld-") && strstr(base, ".so");
}

/* glibc: "PROG: error while loading shared libraries: libx.so.0: cannot open shared
 * object file: ..."; musl: "Error loading shared library libx.so: No such file ...
 * (needed by PROG)". The library's name, or NULL when the complaint is another one. */
static char *library_complained_of(const char *complaint)
{
	static const char *const starts[] = {"error while loading shared libraries: ",
					     "Error loading shared library "};

	for (gsize i = 0; i < G_N_ELEMENTS(starts); i++) {
		const char *at = strstr(complaint, starts[i]);
		const char *name = at ? at + strlen(starts[i]) : NULL;
		const char *end = name ? strstr(name, ": ") : NULL;

		if (end && (g_str_has_prefix(end, ": cannot open shared object file") ||
			    g_str_has_prefix(end, ": No such file")))
			return g_strndup(name, (gsize)(end - name));
	}
	return NULL;
}

static gboolean listing_failed(const Child *child, const char *program, GError **error)
{
	g_autofree char *complaint = child_complaint(child);
	g_autofree char *library = library_complained_of(complaint);

	if (library)
		return missing(library, program, error);
	return lathe_error(error, LATHE_ERROR_INPUT, "list the libraries of '%s': %s",
			   program, complaint);
}

static GPtrArray *ask_loader(const char *loader, const char *program, Waiter *waiter,
			     GError **error)
{
	const char *argv[] = {loader, "--list", program, NULL};
	g_auto(Child) child = {0};

	if (!loader_plausible(loader)) {
		g_autofree char *shown = escape_text(loader, -1);

		lathe_error(error, LATHE_ERROR_INPUT,
			    "'%s' names '%s' as its loader, which is none", program,
			    shown);
		return NULL;
	}
	if (!child_run(argv, NULL, LIST_TIMEOUT_MS, waiter, &child, error)) {
		g_prefix_error(error, "list the libraries of '%s': ", program);
		return NULL;
	}
	if (child.status == 0)
		return libraries_parse(child.out, program, error);
	listing_failed(&child, program, error);
	return NULL;
}

/* ".../glibc-hwcaps/x86-64-v3/libx.so.1" is for this machine's CPU; the guest's may be
 * older. The plain one beside it serves both. */
static char *without_hwcaps(const char *path)
{
	const char *mark = strstr(path, "/glibc-hwcaps/");
	const char *level = mark ? mark + strlen("/glibc-hwcaps/") : NULL;
	const char *rest = level ? strchr(level, '/') : NULL;
	g_autofree char *folder = rest ? g_strndup(path, (gsize)(mark - path)) : NULL;
	g_autofree char *plain = rest ? g_strconcat(folder, rest, NULL) : NULL;

	if (plain && g_file_test(plain, G_FILE_TEST_IS_REGULAR))
		return g_steal_pointer(&plain);
	return g_strdup(path);
}

static char *libc_folder(const GPtrArray *paths)
{
	for (guint i = 0; i < paths->len; i++) {
		g_autofree char *base = g_path_get_basename(paths->pdata[i]);

		if (strcmp(base, "libc.so.6") == 0)
			return g_path_get_dirname(paths->pdata[i]);
	}
	return NULL;
}

static gboolean add_file(Initramfs *tree, const char *from, const char *to,
			 GError **error)
{
	guint mode;
	g_autoptr(GBytes) content = store_read(from, STORE_PART_MAX, &mode, error);

	return content && initramfs_add(tree, to, mode & 0755, content, from, error);
}

static gboolean add_library(Initramfs *tree, const char *listed, const char *home,
			    const char *loader, GError **error)
{
	g_autofree char *path = without_hwcaps(listed);
	/* RUNPATH with $ORIGIN gives "/opt/x/bin/../lib/liby.so". */
	g_autofree char *place = g_canonicalize_filename(path, "/");
	g_autofree char *base = g_path_get_basename(place);
	g_autofree char *link = home ? g_build_filename(home, base, NULL) : NULL;

	if (!add_file(tree, path, place, error))
		return FALSE;
	if (!link || initramfs_has(tree, link) || strcmp(listed, loader) == 0)
		return TRUE;
	return initramfs_add_link(tree, link, place, path, error);
}

static gboolean add_libraries(Initramfs *tree, const char *loader, const char *program,
			      Waiter *waiter, GError **error)
{
	g_autoptr(GPtrArray) paths = ask_loader(loader, program, waiter, error);
	g_autofree char *home = paths ? libc_folder(paths) : NULL;

	if (!paths || !add_file(tree, loader, loader, error))
		return FALSE;
	for (guint i = 0; i < paths->len; i++)
		if (!add_library(tree, paths->pdata[i], home, loader, error))
			return FALSE;
	return TRUE;
}

gboolean libraries_add_tool(Initramfs *tree, const char *program, Waiter *waiter,
			    GError **error)
{
	g_autofree char *place = g_canonicalize_filename(program, NULL);
	g_autofree char *loader = NULL;
	g_autoptr(GBytes) content = NULL;
	const guint8 *data;
	gsize length;
	guint mode;

	content = store_read(program, STORE_PART_MAX, &mode, error);
	if (!content)
		return FALSE;
	if (!(mode & 0111))
		return lathe_error(error, LATHE_ERROR_INPUT, "'%s' is not executable",
				   program);
	data = g_bytes_get_data(content, &length);
	return elf64_interpreter(data, length, program, &loader, error) &&
	       initramfs_add(tree, place, mode & 0755, content, program, error) &&
	       (!loader || add_libraries(tree, loader, program, waiter, error));
}
