/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes a plan: the manifest first, then one file after the other. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "autofd.h"
#include "error.h"
#include "persist_private.h"
#include "write_all.h"

static void stepped(const Persist *persist)
{
	if (persist->step)
		persist->step(persist->step_data);
}

static gboolean fail_at(GError **error, int errnum, const char *verb, const char *path)
{
	lathe_error_errno(error, errnum, "%s '/%s'", verb, path);
	lathe_error_hint(
		error,
		errnum == EROFS || errnum == EACCES || errnum == EPERM
			? "this file system must be writable, and you root"
			: "lathe tune unpersist takes back what was written so far");
	return FALSE;
}

/* The file under its temporary name, on the disk. */
static gboolean make_temporary(const PersistSlot *slot, const PersistFile *file)
{
	autofd fd = -1;

	if (unlinkat(slot->directory, slot->temporary, 0) != 0 && errno != ENOENT)
		return FALSE;
	if (file->kind == PERSIST_LINK)
		return symlinkat(file->text, slot->directory, slot->temporary) == 0;
	fd = openat(slot->directory, slot->temporary,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	/* fchmod: whatever the umask is. */
	return fd >= 0 && write_all(fd, file->text, strlen(file->text)) && fchmod(fd, file->mode) == 0 &&
	       fsync(fd) == 0;
}

/* A new file never replaces one that came meanwhile. */
static gboolean give_name(const PersistSlot *slot, const PersistFile *file)
{
	struct stat st;

	if (file->state == PERSIST_REWRITE)
		return renameat(slot->directory, slot->temporary, slot->directory,
				slot->name) == 0;
	if (renameat2(slot->directory, slot->temporary, slot->directory, slot->name,
		      RENAME_NOREPLACE) == 0)
		return TRUE;
	if (errno != EINVAL)
		return FALSE;
	/* This file system does not know the flag. */
	if (fstatat(slot->directory, slot->name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return FALSE;
	}
	return renameat(slot->directory, slot->temporary, slot->directory, slot->name) ==
	       0;
}

/* Whether it still is what the plan saw there. */
static gboolean is_as_planned(const Persist *persist, const PersistFile *file,
			      const GPtrArray *entries)
{
	int errnum = 0;
	g_autofree char *hash =
		persist_hash_at(persist->root, file->kind, file->path, &errnum);
	const ManifestEntry *entry = manifest_find(entries, file->path);

	if (file->state == PERSIST_NEW)
		return !hash && errnum == ENOENT;
	return hash && entry && manifest_has_hash(entry, hash);
}

static gboolean put(const Persist *persist, const PersistFile *file,
		    const GPtrArray *entries, GError **error)
{
	g_auto(PersistSlot) slot = {-1, NULL, NULL};
	int errnum = 0;

	if (!persist_slot_open(persist->root, file->path, &slot, &errnum))
		return fail_at(error, errnum, "open the directory of", file->path);
	if (!make_temporary(&slot, file)) {
		errnum = errno;
		unlinkat(slot.directory, slot.temporary, 0);
		return fail_at(error, errnum, "write", file->path);
	}
	stepped(persist);
	if (!is_as_planned(persist, file, entries)) {
		unlinkat(slot.directory, slot.temporary, 0);
		return fail_at(error, EEXIST, "write", file->path);
	}
	if (!give_name(&slot, file) || fsync(slot.directory) != 0) {
		errnum = errno;
		unlinkat(slot.directory, slot.temporary, 0);
		return fail_at(error, errnum, "write", file->path);
	}
	stepped(persist);
	return TRUE;
}

static gboolean take_away(const Persist *persist, const PersistFile *file,
			  const GPtrArray *entries, GError **error)
{
	g_auto(PersistSlot) slot = {-1, NULL, NULL};
	int errnum = 0;

	if (!is_as_planned(persist, file, entries))
		return fail_at(error, EEXIST, "remove", file->path);
	if (!persist_slot_open(persist->root, file->path, &slot, &errnum))
		return fail_at(error, errnum, "open the directory of", file->path);
	/* A crash while it was rewritten may have left this as well. */
	unlinkat(slot.directory, slot.temporary, 0);
	if (unlinkat(slot.directory, slot.name, 0) != 0 || fsync(slot.directory) != 0)
		return fail_at(error, errno, "remove", file->path);
	stepped(persist);
	return TRUE;
}

/* Those that the manifest has are ours already, or about to be. */
static gboolean make_directories(const Persist *persist, const GPtrArray *paths,
				 GError **error)
{
	for (guint i = 0; i < paths->len; i++) {
		g_auto(PersistSlot) slot = {-1, NULL, NULL};
		const char *path = paths->pdata[i];
		int errnum = 0;

		if (!persist_slot_open(persist->root, path, &slot, &errnum))
			return fail_at(error, errnum, "open the directory of", path);
		if ((mkdirat(slot.directory, slot.name, 0755) != 0 && errno != EEXIST) ||
		    fsync(slot.directory) != 0)
			return fail_at(error, errno, "create directory", path);
		stepped(persist);
	}
	return TRUE;
}

/* Both what is there and what will be is ours from now on; what somebody put there since
 * the plan was made is not. */
static void announce(const Persist *persist, const PersistFile *file, GPtrArray *entries)
{
	ManifestEntry *entry = manifest_find(entries, file->path);
	int errnum = 0;
	g_autofree char *now =
		persist_hash_at(persist->root, file->kind, file->path, &errnum);

	if (!entry)
		entry = manifest_add(entries, file->kind, file->path);
	if (now && !manifest_has_hash(entry, now))
		g_clear_pointer(&now, g_free);
	g_free(entry->hashes[0]);
	g_free(entry->hashes[1]);
	entry->hashes[0] = persist_hash(file->text);
	entry->hashes[1] = g_steal_pointer(&now);
}

/* What the manifest holds when all is done. */
static void settle(const PersistPlan *plan, GPtrArray *entries)
{
	for (guint i = 0; i < plan->files->len; i++) {
		const PersistFile *file = plan->files->pdata[i];
		ManifestEntry *entry = manifest_find(entries, file->path);

		if (!entry)
			continue;
		if (file->state == PERSIST_OBSOLETE) {
			g_ptr_array_remove(entries, entry);
			continue;
		}
		g_clear_pointer(&entry->hashes[1], g_free);
		g_free(entry->hashes[0]);
		entry->hashes[0] = persist_hash(file->text);
	}
}

static gboolean refuse_others(const PersistPlan *plan, GError **error)
{
	for (guint i = 0; i < plan->files->len; i++) {
		const PersistFile *file = plan->files->pdata[i];

		if (file->state != PERSIST_EDITED && file->state != PERSIST_FOREIGN)
			continue;
		lathe_error(error, LATHE_ERROR_ENVIRONMENT,
			    file->state == PERSIST_EDITED
				    ? "'/%s' was changed since lathe wrote it: nothing "
				      "was written"
				    : "'/%s' is there and lathe did not write it: "
				      "nothing was "
				      "written",
			    file->path);
		lathe_error_hint(error, "move it away, then try again");
		return FALSE;
	}
	return TRUE;
}

gboolean persist_plan_is_done(const PersistPlan *plan)
{
	for (guint i = 0; i < plan->files->len; i++)
		if (((const PersistFile *)plan->files->pdata[i])->state != PERSIST_SAME)
			return FALSE;
	return TRUE;
}

static gboolean write_files(const Persist *persist, const PersistPlan *plan,
			    const GPtrArray *entries, GError **error)
{
	for (guint i = 0; i < plan->files->len; i++) {
		const PersistFile *file = plan->files->pdata[i];

		if (file->state == PERSIST_SAME)
			continue;
		if (!(file->state == PERSIST_OBSOLETE
			      ? take_away(persist, file, entries, error)
			      : put(persist, file, entries, error)))
			return FALSE;
	}
	return TRUE;
}

static void announce_all(const Persist *persist, const PersistPlan *plan,
			 GPtrArray *entries, GPtrArray *directories)
{
	for (guint i = 0; i < plan->files->len; i++) {
		const PersistFile *file = plan->files->pdata[i];

		if (file->state == PERSIST_NEW)
			persist_missing_parents(persist->root, file->path, directories);
	}
	for (guint i = 0; i < directories->len; i++)
		if (!manifest_find(entries, directories->pdata[i]))
			manifest_add(entries, PERSIST_DIRECTORY, directories->pdata[i]);
	for (guint i = 0; i < plan->files->len; i++) {
		const PersistFile *file = plan->files->pdata[i];

		if (file->state == PERSIST_NEW || file->state == PERSIST_REWRITE)
			announce(persist, file, entries);
	}
}

/* A write that ended halfway leaves entries with two hashes. */
static gboolean is_settled(const GPtrArray *entries)
{
	for (guint i = 0; i < entries->len; i++)
		if (((const ManifestEntry *)entries->pdata[i])->hashes[1])
			return FALSE;
	return TRUE;
}

gboolean persist_write(const Persist *persist, const PersistPlan *plan, GError **error)
{
	g_autoptr(GPtrArray) directories = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) entries = NULL;

	if (!root_is_writable(persist->root))
		return lathe_error(error, LATHE_ERROR_USAGE,
				   "a captured machine is not written");
	if (!refuse_others(plan, error))
		return FALSE;
	entries = manifest_read(persist->directory, error);
	if (!entries)
		return FALSE;
	if (persist_plan_is_done(plan) && is_settled(entries))
		return TRUE;
	if (!persist_plan_is_done(plan)) {
		announce_all(persist, plan, entries, directories);
		if (!manifest_write(persist->directory, entries, error))
			return FALSE;
		stepped(persist);
		if (!make_directories(persist, directories, error) ||
		    !write_files(persist, plan, entries, error))
			return FALSE;
	}
	settle(plan, entries);
	if (!manifest_write(persist->directory, entries, error))
		return FALSE;
	stepped(persist);
	return TRUE;
}
