/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes back what a manifest names, in reverse, where it still is as it was written. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "persist_private.h"

static const char *const states[] = {"removed", "absent", "edited", "in-use", "stuck"};

const char *unpersist_state_name(UnpersistState state)
{
	return states[state];
}

static void unpersisted_free(gpointer data)
{
	Unpersisted *one = data;

	g_free(one->path);
	g_free(one->why);
	g_free(one);
}

void unpersist_free(Unpersist *unpersist)
{
	if (!unpersist)
		return;
	g_ptr_array_unref(unpersist->files);
	g_ptr_array_unref(unpersist->steps);
	g_free(unpersist);
}

static void stepped(const Persist *persist)
{
	if (persist->step)
		persist->step(persist->step_data);
}

static UnpersistState stuck(int errnum, char **ret_why)
{
	*ret_why = g_strdup(g_strerror(errnum));
	return UNPERSIST_STUCK;
}

/* What a crash left half written has a name that only lathe gives. */
static void remove_temporary(const PersistSlot *slot)
{
	if (unlinkat(slot->directory, slot->temporary, 0) == 0)
		fsync(slot->directory);
}

static UnpersistState remove_file(const Persist *persist, const ManifestEntry *entry,
				  gboolean dry, char **ret_why)
{
	g_auto(PersistSlot) slot = {-1, NULL, NULL};
	g_autofree char *hash = NULL;
	int errnum = 0;

	if (!persist_slot_open(persist->root, entry->path, &slot, &errnum))
		return errnum == ENOENT ? UNPERSIST_ABSENT : stuck(errnum, ret_why);
	if (!dry)
		remove_temporary(&slot);
	hash = persist_hash_at(persist->root, entry->kind, entry->path, &errnum);
	if (!hash && errnum == ENOENT)
		return UNPERSIST_ABSENT;
	if (!hash && errnum != EEXIST)
		return stuck(errnum, ret_why);
	if (!hash || !manifest_has_hash(entry, hash))
		return UNPERSIST_EDITED;
	if (!dry &&
	    (unlinkat(slot.directory, slot.name, 0) != 0 || fsync(slot.directory) != 0))
		return stuck(errno, ret_why);
	return UNPERSIST_OURS;
}

/* Dry, it is not known whether it will be empty: what is in it decides. */
static UnpersistState remove_directory(const Persist *persist, const ManifestEntry *entry,
				       gboolean dry, char **ret_why)
{
	g_auto(PersistSlot) slot = {-1, NULL, NULL};
	int errnum = 0;

	if (!persist_slot_open(persist->root, entry->path, &slot, &errnum))
		return errnum == ENOENT ? UNPERSIST_ABSENT : stuck(errnum, ret_why);
	if (dry)
		return root_exists(persist->root, entry->path) ? UNPERSIST_OURS
							       : UNPERSIST_ABSENT;
	if (unlinkat(slot.directory, slot.name, AT_REMOVEDIR) != 0) {
		if (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR)
			return UNPERSIST_IN_USE;
		return errno == ENOENT ? UNPERSIST_ABSENT : stuck(errno, ret_why);
	}
	return fsync(slot.directory) == 0 ? UNPERSIST_OURS : stuck(errno, ret_why);
}

static gboolean has_kept_below(const GPtrArray *kept, const char *directory)
{
	gsize length = strlen(directory);

	for (guint i = 0; i < kept->len; i++) {
		const char *path = ((const ManifestEntry *)kept->pdata[i])->path;

		if (strncmp(path, directory, length) == 0 && path[length] == '/')
			return TRUE;
	}
	return FALSE;
}

/* Whether a later unpersist has something to do there. */
static gboolean stays_recorded(const ManifestEntry *entry, UnpersistState state,
			       const GPtrArray *kept)
{
	if (state == UNPERSIST_IN_USE)
		return has_kept_below(kept, entry->path);
	return state == UNPERSIST_EDITED || state == UNPERSIST_STUCK;
}

/* In the order that persist_write() left them, so that parents come before what is in
 * them. */
static void reverse(GPtrArray *entries)
{
	for (guint i = 0; i < entries->len / 2; i++) {
		gpointer swapped = entries->pdata[i];

		entries->pdata[i] = entries->pdata[entries->len - 1 - i];
		entries->pdata[entries->len - 1 - i] = swapped;
	}
}

static int by_depth(gconstpointer a, gconstpointer b)
{
	const ManifestEntry *x = *(ManifestEntry *const *)a,
			    *y = *(ManifestEntry *const *)b;
	gsize length = strlen(x->path), other = strlen(y->path);

	/* Files before directories; of these, what is inside before what is around. */
	if ((x->kind == PERSIST_DIRECTORY) != (y->kind == PERSIST_DIRECTORY))
		return x->kind == PERSIST_DIRECTORY ? 1 : -1;
	if (x->kind != PERSIST_DIRECTORY)
		return 0;
	return length < other ? 1 : length > other ? -1 : 0;
}

static void add_steps(const Persist *persist, const GPtrArray *entries, GPtrArray *steps)
{
	gboolean grub = FALSE, systemd = FALSE;

	for (guint i = 0; i < entries->len; i++) {
		const char *path = ((const ManifestEntry *)entries->pdata[i])->path;

		grub |= strcmp(path, PERSIST_GRUB_CFG) == 0 ||
			strcmp(path, PERSIST_GRUB_FALLBACK) == 0;
		systemd |= strcmp(path, PERSIST_UNIT) == 0 ||
			   strcmp(path, PERSIST_AFFINITY) == 0;
		if (g_str_has_suffix(path, PERSIST_ENTRY_SUFFIX))
			persist_bls_undo_step(persist->root, path, steps);
	}
	if (grub)
		persist_grub_step(persist->root, steps);
	if (systemd)
		persist_systemd_step(steps);
}

static void step_free(gpointer data)
{
	g_strfreev(((PersistStep *)data)->argv);
	g_free(data);
}

static Unpersist *take_back(const Persist *persist, gboolean dry, GError **error)
{
	g_autoptr(Unpersist) result = g_new0(Unpersist, 1);
	g_autoptr(GPtrArray) entries = NULL;
	g_autoptr(GPtrArray) kept = g_ptr_array_new();

	result->files = g_ptr_array_new_with_free_func(unpersisted_free);
	result->steps = g_ptr_array_new_with_free_func(step_free);
	entries = manifest_read(persist->directory, error);
	if (!entries)
		return NULL;
	add_steps(persist, entries, result->steps);
	reverse(entries);
	g_ptr_array_sort(entries, by_depth);
	for (guint i = 0; i < entries->len; i++) {
		ManifestEntry *entry = entries->pdata[i];
		Unpersisted *one = g_new0(Unpersisted, 1);

		one->kind = entry->kind;
		one->path = g_strdup(entry->path);
		g_ptr_array_add(result->files, one);
		one->state = entry->kind == PERSIST_DIRECTORY
				     ? remove_directory(persist, entry, dry, &one->why)
				     : remove_file(persist, entry, dry, &one->why);
		if (stays_recorded(entry, one->state, kept))
			g_ptr_array_add(kept, entry);
		if (!dry)
			stepped(persist);
	}
	/* Directories first again: they are made before what is in them. */
	reverse(kept);
	if (!dry && entries->len && !manifest_write(persist->directory, kept, error))
		return NULL;
	if (!dry)
		stepped(persist);
	return g_steal_pointer(&result);
}

Unpersist *unpersist_plan(const Persist *persist, GError **error)
{
	return take_back(persist, TRUE, error);
}

Unpersist *unpersist_write(const Persist *persist, GError **error)
{
	if (!root_is_writable(persist->root)) {
		lathe_error(error, LATHE_ERROR_USAGE,
			    "a captured machine is not written");
		return NULL;
	}
	return take_back(persist, FALSE, error);
}
