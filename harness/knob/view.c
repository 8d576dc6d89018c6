/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "view.h"

#include <errno.h>
#include <fnmatch.h>
#include <libxml/tree.h>
#include <string.h>

#include "kernel_cmdline.h"
#include "number.h"
#include "topology.h"
#include "view_private.h"

typedef struct {
	char *text; /* NULL: errnum says why */
	char *line; /* NULL: not yet asked for, or line_errno says why */
	gsize length;
	int errnum, line_errno;
} CachedFile;

typedef struct {
	GPtrArray *names; /* NULL: errnum says why */
	int errnum;
} CachedList;

typedef struct {
	GPtrArray *paths;
	int errnum; /* a directory could not be listed */
} CachedGlob;

static void file_free(gpointer data)
{
	CachedFile *file = data;

	g_free(file->text);
	g_free(file->line);
	g_free(file);
}

static void list_free(gpointer data)
{
	CachedList *list = data;

	g_clear_pointer(&list->names, g_ptr_array_unref);
	g_free(list);
}

static void glob_free(gpointer data)
{
	CachedGlob *glob = data;

	g_ptr_array_unref(glob->paths);
	g_free(glob);
}

/* A machine has a few; each pattern is held against all of them. */
#define ERRORS_MAX 4096

/* errno, tab, path: one line for each file that the capture saw but could not read. */
static void read_errors(KnobView *view)
{
	g_autofree char *text = NULL;
	Span span, line;

	if (!root_read(view->root, CAPTURE_ERRORS, &text, NULL, NULL, NULL))
		return;
	span = span_of(text);
	while (span_take_line(&span, &line)) {
		guint64 errnum;

		/* With some of them not known, an absent file may be one of those. */
		if (g_hash_table_size(view->errors) == ERRORS_MAX) {
			view->complete = FALSE;
			return;
		}
		if (span_take_number(&line, 4095, &errnum) && span_take_literal(&line, "\t"))
			g_hash_table_insert(view->errors, span_dup(line),
					    GINT_TO_POINTER((int)errnum));
	}
}

KnobView *knob_view_new(const Root *root, KnobScope scope, const Cpuset *planned,
			KnobView *host)
{
	KnobView *view = g_new0(KnobView, 1);

	view->root = root;
	view->scope = scope;
	view->host = host;
	view->files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, file_free);
	view->lists = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, list_free);
	view->globs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, glob_free);
	view->choices = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	view->errors = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	view->complete = root_is_live(root) || root_exists(root, CAPTURE_COMPLETE);
	if (!root_is_live(root))
		read_errors(view);
	if (planned) {
		view->planned = *planned;
		view->planned_given = TRUE;
	}
	return view;
}

void knob_view_free(KnobView *view)
{
	if (!view)
		return;
	g_hash_table_unref(view->files);
	g_hash_table_unref(view->lists);
	g_hash_table_unref(view->globs);
	g_hash_table_unref(view->choices);
	g_hash_table_unref(view->errors);
	g_clear_pointer(&view->kconfig, g_hash_table_unref);
	g_clear_pointer(&view->sysctl, g_hash_table_unref);
	kernel_cmdline_free(view->cmdline.value);
	interrupts_free(view->interrupts.value);
	topology_free(view->topology.value);
	g_free(view->topology_why);
	if (view->threads.value)
		g_array_unref(view->threads.value);
	g_free(view->kernel_log.value);
	g_free(view->kvm_proof.value);
	g_free(view->cpu_latency.value);
	if (view->domain.value)
		xmlFreeDoc(view->domain.value);
	g_free(view);
}

KnobScope knob_view_scope(const KnobView *view)
{
	return view->scope;
}

KnobView *knob_view_host(KnobView *view)
{
	return view->host;
}

void knob_view_set_before(KnobView *view, KnobView *before)
{
	view->before = before;
}

KnobView *knob_view_before(KnobView *view)
{
	return view->before;
}

gboolean knob_view_live(const KnobView *view)
{
	return root_is_live(view->root);
}

gboolean knob_view_complete(const KnobView *view)
{
	return view->complete;
}

const char *knob_view_strerror(const KnobView *view, int errnum)
{
	return errnum == ENOENT && !view->complete ? "it is not in the captured tree"
						   : g_strerror(errnum);
}

const char *knob_view_no_threads(const KnobView *view, int errnum)
{
	return errnum == ENOENT && !view->complete ? "the captured tree has no processes"
						   : g_strerror(errnum);
}

void knob_view_choose(KnobView *view, const char *id, const char *value)
{
	g_hash_table_insert(view->choices, g_strdup(id), g_strdup(value));
}

const char *knob_view_choice(const KnobView *view, const char *id)
{
	return g_hash_table_lookup(view->choices, id);
}

static CachedFile *load(KnobView *view, const char *path)
{
	CachedFile *file = g_hash_table_lookup(view->files, path);
	gpointer known;

	if (file)
		return file;
	file = g_new0(CachedFile, 1);
	if (g_hash_table_lookup_extended(view->errors, path, NULL, &known) &&
	    GPOINTER_TO_INT(known) != ENOTDIR)
		file->errnum = GPOINTER_TO_INT(known);
	else if (!root_read(view->root, path, &file->text, &file->length, &file->errnum, NULL))
		file->text = NULL;
	else if (memchr(file->text, '\0', file->length)) {
		g_clear_pointer(&file->text, g_free);
		file->errnum = EILSEQ;
	}
	if (!file->text && file->errnum == ENOENT)
		file->text = g_strdup(view_sosreport(view, path));
	g_hash_table_insert(view->files, g_strdup(path), file);
	return file;
}

const char *knob_view_read(KnobView *view, const char *path, int *ret_errno)
{
	const CachedFile *file = load(view, path);

	if (!file->text && ret_errno)
		*ret_errno = file->errnum;
	return file->text;
}

const char *knob_view_line(KnobView *view, const char *path, int *ret_errno)
{
	CachedFile *file = load(view, path);

	if (file->text && !file->line && !file->line_errno) {
		file->line = g_strchomp(g_strdup(file->text));
		if (strchr(file->line, '\n')) {
			g_clear_pointer(&file->line, g_free);
			file->line_errno = EILSEQ;
		}
	}
	if (!file->line && ret_errno)
		*ret_errno = file->text ? file->line_errno : file->errnum;
	return file->line;
}

const GPtrArray *knob_view_list(KnobView *view, const char *path, int *ret_errno)
{
	CachedList *list = g_hash_table_lookup(view->lists, path);

	if (!list) {
		gpointer known;

		list = g_new0(CachedList, 1);
		/* Of a directory that was read as a file, the capture has what is in it. */
		if (g_hash_table_lookup_extended(view->errors, path, NULL, &known) &&
		    GPOINTER_TO_INT(known) != EISDIR)
			list->errnum = GPOINTER_TO_INT(known);
		else
			list->names = root_list_errno(view->root, path, &list->errnum);
		g_hash_table_insert(view->lists, g_strdup(path), list);
	}
	if (!list->names && ret_errno)
		*ret_errno = list->errnum;
	return list->names;
}

/* What the capture could not read was there all the same. */
static gboolean is_there(KnobView *view, const char *path)
{
	return g_hash_table_contains(view->errors, path) || root_exists(view->root, path);
}

gboolean knob_view_exists(KnobView *view, const char *path)
{
	return is_there(view, path);
}

static void expand(KnobView *view, const char *prefix, const char *rest, CachedGlob *into)
{
	const char *slash = strchr(rest, '/');
	g_autofree char *part = slash ? g_strndup(rest, (gsize)(slash - rest)) : g_strdup(rest);
	const GPtrArray *names;
	int errnum = 0;

	if (!strchr(part, '*')) {
		g_autofree char *path =
			*prefix ? g_strconcat(prefix, "/", part, NULL) : g_strdup(part);

		if (slash)
			expand(view, path, slash + 1, into);
		else if (is_there(view, path))
			g_ptr_array_add(into->paths, g_steal_pointer(&path));
		return;
	}
	names = knob_view_list(view, *prefix ? prefix : ".", &errnum);
	if (!names && errnum != ENOENT && errnum != ENOTDIR)
		into->errnum = errnum;
	for (guint i = 0; names && i < names->len; i++) {
		g_autofree char *path = NULL;

		if (fnmatch(part, names->pdata[i], FNM_PERIOD) != 0)
			continue;
		path = *prefix ? g_strconcat(prefix, "/", names->pdata[i], NULL)
			       : g_strdup(names->pdata[i]);
		if (slash)
			expand(view, path, slash + 1, into);
		else
			g_ptr_array_add(into->paths, g_steal_pointer(&path));
	}
}

static int compare_paths(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Files that a capture could not read are not in its directories. */
static void add_unreadable(KnobView *view, const char *pattern, GPtrArray *paths)
{
	g_autoptr(GHashTable) known = NULL;
	GHashTableIter iter;
	gpointer path;

	if (g_hash_table_size(view->errors) == 0)
		return;
	known = g_hash_table_new(g_str_hash, g_str_equal);
	for (guint i = 0; i < paths->len; i++)
		g_hash_table_add(known, paths->pdata[i]);
	g_hash_table_iter_init(&iter, view->errors);
	while (g_hash_table_iter_next(&iter, &path, NULL))
		if (fnmatch(pattern, path, FNM_PATHNAME | FNM_PERIOD) == 0 &&
		    g_hash_table_add(known, path))
			g_ptr_array_add(paths, g_strdup(path));
	g_ptr_array_sort(paths, compare_paths);
}

static const CachedGlob *find_glob(KnobView *view, const char *pattern)
{
	CachedGlob *glob = g_hash_table_lookup(view->globs, pattern);

	if (glob)
		return glob;
	glob = g_new0(CachedGlob, 1);
	glob->paths = g_ptr_array_new_with_free_func(g_free);
	expand(view, "", pattern, glob);
	add_unreadable(view, pattern, glob->paths);
	g_hash_table_insert(view->globs, g_strdup(pattern), glob);
	return glob;
}

const GPtrArray *knob_view_glob(KnobView *view, const char *pattern)
{
	return find_glob(view, pattern)->paths;
}

int knob_view_glob_errno(KnobView *view, const char *pattern)
{
	const CachedGlob *glob = find_glob(view, pattern);

	if (glob->errnum)
		return glob->errnum;
	return glob->paths->len == 0 ? ENOENT : 0;
}

gboolean knob_view_number(KnobView *view, const char *path, gint64 min, gint64 max,
			  gint64 *ret, int *ret_errno)
{
	const char *line = knob_view_line(view, path, ret_errno);
	Span span;
	gint64 value;

	if (!line)
		return FALSE;
	span = span_of(line);
	if (!span_take_signed(&span, G_MAXINT64, &value) || span.at != span.end || value < min ||
	    value > max) {
		if (ret_errno)
			*ret_errno = ERANGE;
		return FALSE;
	}
	*ret = value;
	return TRUE;
}

gboolean knob_view_cpulist(KnobView *view, const char *path, Cpuset *ret, int *ret_errno)
{
	const char *text = knob_view_read(view, path, ret_errno);

	if (!text)
		return FALSE;
	/* The kernel ends an empty list with a line feed as well: nothing at all is no list. */
	if (*text == '\0' || !cpulist_parse_kernel(text, CPUSET_CPUS, ret, NULL)) {
		if (ret_errno)
			*ret_errno = ERANGE;
		return FALSE;
	}
	return TRUE;
}

static void each_key(GHashTable *table, void (*each)(const char *path, gpointer data),
		     gpointer data)
{
	GHashTableIter iter;
	gpointer path;

	g_hash_table_iter_init(&iter, table);
	while (g_hash_table_iter_next(&iter, &path, NULL))
		each(path, data);
}

void knob_view_foreach_read(KnobView *view, void (*each)(const char *path, gpointer data),
			    gpointer data)
{
	each_key(view->files, each, data);
}
