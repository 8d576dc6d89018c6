/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Boot Loader Specification entries (Fedora, RHEL; systemd-boot): the default entry is
 * copied under another name with the parameters added, and made the default by the
 * distribution's tool. The entry that it was copied from stays as it is: the one to fall
 * back on. (grubby
 * --add-kernel --copy-default would do the copy, but versions of it write over the entry
 * of that kernel, or cut values at their commas.) Where an entry takes $kernelopts from
 * GRUB's environment block, so does the copy: its parameters take no room in that block.
 */
#include <errno.h>
#include <string.h>

#include "error.h"
#include "escape.h"
#include "number.h"
#include "persist_private.h"

#define TITLE_SUFFIX " (lathe: real-time)"

/* Many times what a boot loader would pass on. */
#define ENTRY_BYTES (64u << 10)

/* The value of "key value" of an entry; of several lines the first. NULL: there is none.
 */
static char *entry_value(const char *text, const char *key)
{
	Span span = span_of(text), line;

	while (span_take_line(&span, &line)) {
		span_skip_blanks(&line);
		if (!span_take_literal(&line, key) || line.at == line.end ||
		    (*line.at != ' ' && *line.at != '\t'))
			continue;
		span_skip_blanks(&line);
		return g_strchomp(span_dup(line));
	}
	return NULL;
}

static char *basename_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return g_strdup(slash ? slash + 1 : path);
}

/* "MACHINE-VERSION" of the path of an entry. */
static char *entry_id(const char *path)
{
	g_autofree char *name = basename_of(path);

	return g_strndup(name, strlen(name) - strlen(".conf"));
}

static gboolean is_ours(const char *path)
{
	return g_str_has_suffix(path, PERSIST_ENTRY_SUFFIX);
}

/* Whether saved_entry means this one: newer GRUBs save the name, older ones the title. */
static gboolean is_saved(const char *path, const char *text, const char *saved)
{
	g_autofree char *id = entry_id(path);
	g_autofree char *title = entry_value(text, "title");
	g_autofree char *ours = g_strconcat(id, "~lathe", NULL);
	g_autofree char *our_title = g_strconcat(title ? title : "", TITLE_SUFFIX, NULL);

	return strcmp(saved, id) == 0 || g_strcmp0(saved, title) == 0 ||
	       strcmp(saved, ours) == 0 || strcmp(saved, our_title) == 0;
}

/* Whether the running kernel is its. BOOT_IMAGE is GRUB's "(hd0,gpt2)/vmlinuz-6.1". */
static gboolean is_running(const char *text, const char *image)
{
	g_autofree char *linux_path = entry_value(text, "linux");
	g_autofree char *a = linux_path ? basename_of(linux_path) : NULL;
	g_autofree char *b = basename_of(image);

	return a && *a && strcmp(a, b) == 0;
}

typedef struct {
	char *path, *text;
} Entry;

static void entry_clear(Entry *entry)
{
	g_free(entry->path);
	g_free(entry->text);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Entry, entry_clear)

/* What the machine boots: the saved entry, else the one that it was booted from. */
static gboolean find_default(const Root *root, const char *saved, const char *image,
			     Entry *ret, GError **error)
{
	g_autoptr(GPtrArray) paths = root_glob(root, PERSIST_ENTRIES "/*.conf", NULL);
	g_auto(Entry) running = {NULL, NULL};
	guint found = 0;

	for (guint i = 0; i < paths->len; i++) {
		const char *path = paths->pdata[i];
		g_autofree char *text = NULL;
		int errnum = 0;

		if (is_ours(path))
			continue;
		text = persist_text(root, path, &errnum);
		if (!text || strlen(text) > ENTRY_BYTES)
			return lathe_error_errno(error, text ? EFBIG : errnum,
						 "read '/%s'", path);
		if (saved && *saved && is_saved(path, text, saved)) {
			*ret = (Entry){g_strdup(path), g_steal_pointer(&text)};
			return TRUE;
		}
		if (!image || !is_running(text, image) || found++)
			continue;
		running = (Entry){g_strdup(path), g_steal_pointer(&text)};
	}
	if (found != 1)
		return lathe_error(
			error, LATHE_ERROR_ENVIRONMENT,
			"which entry of /boot/loader/entries is the default is not "
			"known: no saved_entry, and %u entries of the running kernel",
			found);
	*ret = running;
	running = (Entry){NULL, NULL};
	return TRUE;
}

/* The options without those that the copy sets itself: those go to `gone`. */
static char *merge_options(const PersistMaking *making, const char *options,
			   GString *gone)
{
	g_autoptr(KernelCmdline)
		cmdline = kernel_cmdline_parse(options, strlen(options), NULL);
	GString *merged = g_string_new(NULL);
	guint n = cmdline ? kernel_cmdline_size(cmdline) : 0;

	for (guint i = 0; i < n; i++) {
		const KernelParameter *parameter = kernel_cmdline_at(cmdline, i);
		gsize end = i + 1 < n ? kernel_cmdline_at(cmdline, i + 1)->offset
				      : strlen(options);
		g_autofree char *raw =
			g_strndup(options + parameter->offset, end - parameter->offset);
		GString *into = persist_word_of(making->words, parameter->name) ? gone
										: merged;

		g_strstrip(raw);
		g_string_append_printf(into, "%s%s", into->len ? " " : "", raw);
	}
	return g_string_free(merged, FALSE);
}

static char *copy_of(const Entry *entry, const char *title, const char *options,
		     const char *words)
{
	GString *text =
		g_string_new("# Written by 'lathe tune persist'; 'lathe tune unpersist' "
			     "removes it again,\n# unless it was edited.\n");
	Span span = span_of(entry->text), line;

	g_string_append_printf(text, "title %s\n", title);
	while (span_take_line(&span, &line)) {
		static const char *const replaced[] = {"title", "options", "id"};
		g_autofree char *copied = span_dup(line);
		gboolean keep = TRUE;

		for (gsize i = 0; i < G_N_ELEMENTS(replaced); i++) {
			gsize length = strlen(replaced[i]);
			const char *at = copied + strspn(copied, " \t");

			if (strncmp(at, replaced[i], length) == 0 &&
			    strchr(" \t", at[length]))
				keep = FALSE;
		}
		if (keep && *copied && *copied != '#')
			g_string_append_printf(text, "%s\n", copied);
	}
	g_string_append_printf(text, "options %s%s%s\n", options, *options ? " " : "",
			       words);
	return g_string_free(text, FALSE);
}

static void add_default_step(const Root *root, GPtrArray *steps, GPtrArray *notes,
			     const char *why, const char *title, const char *path)
{
	g_autofree char *name = basename_of(path);
	g_autofree char *by_title = g_strconcat("--set-default=TITLE=", title, NULL);

	if (root_exists(root, "usr/sbin/grubby"))
		persist_add_step(steps, why, "/usr/sbin/grubby", by_title, NULL);
	else if (root_exists(root, "usr/bin/bootctl"))
		persist_add_step(steps, why, "/usr/bin/bootctl", "set-default", name,
				 NULL);
	else if (notes)
		persist_add_line(
			notes,
			"neither grubby nor bootctl is there: make '%s' the boot "
			"loader's default by hand",
			name);
}

static char *boot_image(const Root *root)
{
	g_autofree char *text = NULL;
	g_autoptr(KernelCmdline) cmdline = NULL;
	gsize length = 0;

	if (!root_read(root, "proc/cmdline", &text, &length, NULL, NULL))
		return NULL;
	cmdline = kernel_cmdline_parse(text, length, NULL);
	return cmdline ? g_strdup(kernel_cmdline_last(cmdline, "BOOT_IMAGE")) : NULL;
}

/* Tools take the name and the title as they are; an entry is divided into lines. */
static gboolean check_entry(const Entry *entry, const char *title, const char *options,
			    GError **error)
{
	g_autofree char *id = entry_id(entry->path);
	g_autofree char *shown = escape_text(entry->path, -1);
	g_autofree char *title_shown = title ? escape_text(title, -1) : NULL;

	if (!persist_is_plain(id) || strchr(id, ' ') || *id == '\0' || *id == '-')
		return lathe_error(
			error, LATHE_ERROR_INPUT,
			"the boot entry '/%s' has a name that cannot be copied", shown);
	if (!title || !*title || strcmp(title, title_shown) != 0 || !options)
		return lathe_error(
			error, LATHE_ERROR_INPUT,
			"the boot entry '/%s' has no title or no options, or not of "
			"printable text",
			shown);
	return TRUE;
}

/* What the copy that is there already has of lathe's: the running kernel may have it too.
 */
static void add_own(const PersistMaking *making, const char *path, GString *gone)
{
	int errnum = 0;
	g_autofree char *text = persist_text(making->root, path, &errnum);
	g_autofree char *options = text ? entry_value(text, "options") : NULL;

	/* What is not lathe's of it is of no interest. */
	if (options)
		g_free(merge_options(making, options, gone));
}

/* Whether the copy's options fit, as the kernel gets them. */
static gboolean check_room(PersistMaking *making, const char *block, const char *options,
			   const char *own, GError **error)
{
	PersistPlan *plan = making->plan;
	g_autoptr(GString) values = g_string_new(NULL);
	gsize bytes = persist_grubenv_expand(options, block, values) + 1 +
		      strlen(plan->cmdline);

	persist_find_contradictions(making, "/" PERSIST_GRUBENV, values->str);
	if (!persist_check_running(making, own, error))
		return FALSE;
	plan->cmdline_bytes = MAX(plan->cmdline_bytes, bytes);
	return persist_check_length(making, "the boot entry's options", bytes, error);
}

static gboolean add_copy(PersistMaking *making, const Entry *entry, const char *block,
			 const char *saved, GError **error)
{
	PersistPlan *plan = making->plan;
	g_autofree char *title = entry_value(entry->text, "title");
	g_autofree char *options = entry_value(entry->text, "options");
	g_autofree char *id = entry_id(entry->path);
	g_autofree char *new_id = g_strconcat(id, "~lathe", NULL);
	g_autofree char *path = g_strconcat(PERSIST_ENTRIES "/", new_id, ".conf", NULL);
	g_autofree char *new_title = g_strconcat(title ? title : "", TITLE_SUFFIX, NULL);
	const char *longer = strlen(new_title) > strlen(new_id) ? new_title : new_id;
	g_autoptr(GString) gone = g_string_new(NULL);
	g_autofree char *merged = NULL;

	if (!check_entry(entry, title, options, error))
		return FALSE;
	merged = merge_options(making, options, gone);
	if (gone->len)
		persist_add_line(plan->notes, "of '/%s' the copy does not take %s",
				 entry->path, gone->str);
	add_own(making, path, gone);
	if (!check_room(making, block, merged, gone->str, error) ||
	    (block && !persist_grubenv_check(block, saved, longer, error)))
		return FALSE;
	persist_add_file(
		plan, PERSIST_FILE, 0644, path,
		copy_of(entry, new_title, merged, plan->cmdline),
		"a boot entry with isolation; the one it is copied from stays as it is");
	add_default_step(making->root, plan->steps, plan->notes,
			 "the entry with isolation becomes the default", new_title, path);
	persist_add_line(
		plan->notes,
		"in '%s', the entry without isolation, systemd's services keep to "
		"the housekeeping CPUs; with systemd.cpu_affinity= typed there they "
		"do not",
		title);
	persist_add_line(plan->notes,
			 "a kernel that is installed later has no entry with "
			 "isolation: persist again then");
	return TRUE;
}

gboolean persist_add_bls(PersistMaking *making, GError **error)
{
	int errnum = 0;
	g_autofree char *block = persist_text(making->root, PERSIST_GRUBENV, &errnum);
	g_autofree char *saved = persist_grubenv_value(block, "saved_entry");
	g_autofree char *image = boot_image(making->root);
	g_auto(Entry) entry = {NULL, NULL};

	if (!block && errnum != ENOENT)
		return lathe_error_errno(error, errnum, "read '/" PERSIST_GRUBENV "'");
	if (block && strlen(block) > PERSIST_GRUBENV_BYTES)
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "'/" PERSIST_GRUBENV
				   "' has %zu bytes: an environment block of GRUB "
				   "has %u",
				   strlen(block), PERSIST_GRUBENV_BYTES);
	return find_default(making->root, saved, image, &entry, error) &&
	       add_copy(making, &entry, block, saved, error);
}

void persist_bls_undo_step(const Root *root, const char *path, GPtrArray *steps)
{
	int errnum = 0;
	g_autofree char *block = persist_text(root, PERSIST_GRUBENV, &errnum);
	g_autofree char *saved = persist_grubenv_value(block, "saved_entry");
	g_autofree char *id =
		g_strndup(path, strlen(path) - strlen(PERSIST_ENTRY_SUFFIX));
	g_autofree char *source = g_strconcat(id, ".conf", NULL);
	g_autofree char *text = persist_text(root, source, &errnum);
	g_autofree char *title = text ? entry_value(text, "title") : NULL;

	/* Another entry was made the default since, or its kernel is gone: nothing to do.
	 */
	if (!title || (saved && !is_saved(source, text, saved)))
		return;
	add_default_step(root, steps, NULL,
			 "the entry without isolation is the default again", title,
			 source);
}
