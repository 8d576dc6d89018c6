/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes a plan: which files, what is at their places now, and what contradicts. */
#include "persist.h"

#include <errno.h>
#include <string.h>

#include "error.h"
#include "escape.h"
#include "persist_private.h"
#include "propose.h"

static const char *const states[] = {"new",      "same",   "rewrite",
				     "obsolete", "edited", "foreign"};

const char *persist_state_name(PersistState state)
{
	return states[state];
}

static void file_free(gpointer data)
{
	PersistFile *file = data;

	g_free(file->path);
	g_free(file->text);
	g_free(file);
}

static void step_free(gpointer data)
{
	g_strfreev(((PersistStep *)data)->argv);
	g_free(data);
}

static PersistPlan *persist_plan_new(void)
{
	PersistPlan *plan = g_new0(PersistPlan, 1);

	plan->files = g_ptr_array_new_with_free_func(file_free);
	plan->steps = g_ptr_array_new_with_free_func(step_free);
	plan->conflicts = g_ptr_array_new_with_free_func(g_free);
	plan->notes = g_ptr_array_new_with_free_func(g_free);
	return plan;
}

void persist_plan_free(PersistPlan *plan)
{
	if (!plan)
		return;
	g_ptr_array_unref(plan->files);
	g_ptr_array_unref(plan->steps);
	g_ptr_array_unref(plan->conflicts);
	g_ptr_array_unref(plan->notes);
	g_free(plan->cmdline);
	g_free(plan);
}

void persist_add_file(PersistPlan *plan, PersistKind kind, guint mode, const char *path,
		      char *text, const char *why)
{
	PersistFile *file = g_new0(PersistFile, 1);

	*file = (PersistFile){.kind = kind,
			      .path = g_strdup(path),
			      .mode = mode,
			      .text = text,
			      .why = why};
	g_ptr_array_add(plan->files, file);
}

void persist_add_line(GPtrArray *lines, const char *format, ...)
{
	enum { LINES_MAX = 64 }; /* no person reads more; a hostile file has thousands */
	g_autofree char *line = NULL;
	va_list args;

	if (lines->len >= LINES_MAX) {
		if (lines->len == LINES_MAX)
			g_ptr_array_add(lines, g_strdup("... and more"));
		return;
	}
	va_start(args, format);
	line = g_strdup_vprintf(format, args);
	va_end(args);
	g_ptr_array_add(lines, escape_text(line, -1));
}

char *persist_text(const Root *root, const char *path, int *ret_errno)
{
	g_autofree char *text = NULL;
	gsize length = 0;

	if (!root_read(root, path, &text, &length, ret_errno, NULL))
		return NULL;
	if (length > PERSIST_TEXT_BYTES || strlen(text) != length) {
		*ret_errno = length > PERSIST_TEXT_BYTES ? EFBIG : EILSEQ;
		return NULL;
	}
	return g_steal_pointer(&text);
}

gboolean persist_is_plain(const char *text)
{
	return strspn(text,
		      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
		      "_.,:=/+@~ -") == strlen(text);
}

static gboolean is_plain_word(const char *word)
{
	return *word && persist_is_plain(word) && !strchr(word, ' ');
}

/* What stands in the files is written once and read by a shell, systemd, GRUB and the
 * kernel: only what means itself to all of them. */
static gboolean check_wish(const PersistWish *wish, GError **error)
{
	for (guint i = 0; i < wish->parameters->len; i++) {
		const char *text =
			g_array_index(wish->parameters, ProposalParameter, i).text;
		g_autofree char *shown = escape_text(text, -1);

		if (!is_plain_word(text))
			return lathe_error(
				error, LATHE_ERROR_USAGE,
				"the parameter '%s' cannot be written into a boot "
				"loader's files",
				shown);
	}
	for (guint i = 0; wish->modules && i < wish->modules->len; i++) {
		const PersistModule *m = &g_array_index(wish->modules, PersistModule, i);
		g_autofree char *shown =
			g_strdup_printf("%s.%s=%s", m->module, m->parameter, m->value);
		g_autofree char *escaped = escape_text(shown, -1);

		if (!is_plain_word(m->module) || !is_plain_word(m->parameter) ||
		    !is_plain_word(m->value) || strpbrk(m->module, "./=") ||
		    strpbrk(m->parameter, "./="))
			return lathe_error(
				error, LATHE_ERROR_USAGE,
				"the module parameter '%s' cannot be written into "
				"modprobe's files",
				escaped);
	}
	if (cpuset_next(wish->cpus, 0) < 0 || cpuset_next(wish->housekeeping, 0) < 0)
		return lathe_error(error, LATHE_ERROR_USAGE,
				   "no CPU is planned, or none is left to the host");
	return TRUE;
}

static gboolean classify(const Root *root, const GPtrArray *entries, PersistFile *file,
			 GError **error)
{
	int errnum = 0;
	g_autofree char *hash = persist_hash_at(root, file->kind, file->path, &errnum);
	g_autofree char *wanted = persist_hash(file->text);
	const ManifestEntry *entry = manifest_find(entries, file->path);

	if (!hash && errnum != ENOENT && errnum != EEXIST)
		return lathe_error_errno(error, errnum, "look at '/%s'", file->path);
	if (!hash && errnum == ENOENT)
		file->state = PERSIST_NEW;
	else if (!entry)
		file->state = PERSIST_FOREIGN;
	else if (!hash || !manifest_has_hash(entry, hash))
		file->state = PERSIST_EDITED;
	else
		file->state = strcmp(hash, wanted) == 0 ? PERSIST_SAME : PERSIST_REWRITE;
	return TRUE;
}

static gboolean is_planned(const PersistPlan *plan, const char *path)
{
	for (guint i = 0; i < plan->files->len; i++)
		if (strcmp(((const PersistFile *)plan->files->pdata[i])->path, path) == 0)
			return TRUE;
	return FALSE;
}

/* Files of an earlier plan that this one does not have. */
static void add_obsolete(const Root *root, const GPtrArray *entries, PersistPlan *plan)
{
	for (guint i = 0; i < entries->len; i++) {
		const ManifestEntry *entry = entries->pdata[i];
		g_autofree char *hash = NULL;
		PersistFile *file;
		int errnum = 0;

		if (entry->kind == PERSIST_DIRECTORY || is_planned(plan, entry->path))
			continue;
		hash = persist_hash_at(root, entry->kind, entry->path, &errnum);
		if (!hash && errnum == ENOENT)
			continue;
		persist_add_file(plan, entry->kind, 0, entry->path, NULL,
				 "of an earlier plan, and not of this one");
		file = plan->files->pdata[plan->files->len - 1];
		file->state = hash && manifest_has_hash(entry, hash) ? PERSIST_OBSOLETE
								     : PERSIST_EDITED;
	}
}

static gboolean add_boot(PersistMaking *making, GError **error)
{
	switch (persist_loader(making->root)) {
	case LOADER_GRUB:
		return persist_add_grub(making, error);
	case LOADER_BLS:
		return persist_add_bls(making, error);
	case LOADER_GRUB_WITHOUT_DROP_INS:
		lathe_error(error, LATHE_ERROR_ENVIRONMENT,
			    "this GRUB's grub-mkconfig reads no /etc/default/grub.d: "
			    "lathe edits "
			    "no file that is not its own");
		break;
	case LOADER_OSTREE:
		lathe_error(error, LATHE_ERROR_ENVIRONMENT,
			    "the boot entries of this system are ostree's (rpm-ostree "
			    "kargs): "
			    "it writes them anew with every deployment");
		break;
	case LOADER_NONE:
		lathe_error(error, LATHE_ERROR_ENVIRONMENT,
			    "no boot loader that lathe knows: neither grub-mkconfig with "
			    "/etc/grub.d nor entries in /boot/loader/entries");
		break;
	}
	lathe_error_hint(error,
			 "give the kernel this by hand, and keep an entry without it: %s",
			 making->plan->cmdline);
	return FALSE;
}

static gboolean make(PersistMaking *making, GError **error)
{
	for (guint i = 0; i < making->wish->parameters->len; i++)
		g_ptr_array_add(making->words,
				g_strdup(g_array_index(making->wish->parameters,
						       ProposalParameter, i)
						 .text));
	persist_divide_modules(making);
	making->plan->cmdline = persist_words_line(making->words);
	persist_add_modprobe(making);
	return add_boot(making, error) && persist_add_systemd(making, error);
}

PersistPlan *persist_plan(const Persist *persist, const PersistWish *wish, GError **error)
{
	g_autoptr(PersistPlan) plan = persist_plan_new();
	g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) entries = NULL;
	PersistMaking making = {persist->root, wish, plan, words};

	if (!check_wish(wish, error))
		return NULL;
	entries = manifest_read(persist->directory, error);
	if (!entries || !make(&making, error))
		return NULL;
	for (guint i = 0; i < plan->files->len; i++)
		if (!classify(persist->root, entries, plan->files->pdata[i], error))
			return NULL;
	add_obsolete(persist->root, entries, plan);
	return g_steal_pointer(&plan);
}
