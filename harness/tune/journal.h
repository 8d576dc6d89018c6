/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What lathe changed on this machine, so that it can be put back whatever happens: an
 * append-only file of records, a line each,
 *
 *	CHECKSUM <blank> JSON object <newline>
 *
 * CHECKSUM is the first 16 hex digits of the JSON's SHA-256. The first record of each
 * transaction is "begin"; a change is announced ("change") and synced before it is made, and
 * "made" or "failed" after it was read back; "complete" ends the transaction; that of a run has none, and whoever finds it
 * without its owner takes it back. A change that was
 * put back is "restored". The file is removed when nothing of it is left to put back.
 */
#ifndef LATHE_JOURNAL_H
#define LATHE_JOURNAL_H

#include <glib.h>

#include "change.h"
#include "root.h"

/* A change as the journal knows it. */
typedef struct {
	guint n;	   /* counts from 1 in the whole file */
	guint transaction; /* likewise */
	char *row;
	ChangeKind kind;
	char *place, *was, *then;
	char *now; /* what was read back, or NULL: nobody knows whether it was written, or
		    * whether it still will be */
	gboolean failed, restored;
} JournalEntry;

/* Names a machine and how long it has been up; texts are "" where nothing tells. */
typedef struct {
	char *machine; /* etc/machine-id */
	char *boot;    /* proc/sys/kernel/random/boot_id */
} JournalHost;

typedef struct {
	GPtrArray *entries; /* of JournalEntry *, in the order they were made */
	guint n_transactions;
	gboolean complete; /* the last transaction is: TRUE when there is none */
	char *by;	   /* who began the last: "tune apply" */
	char *cpus;	   /* planned CPUs of the last: a cpulist */
	GPtrArray *boots;  /* of char *, one a transaction */
	GPtrArray *doubts; /* of char *: records that cannot be believed */
} Journal;

/*
 * Reads the text of a journal that was written on `host`'s machine. Never trusts it: a record
 * that cannot be believed is a doubt, and what it says is left out; only the last may be torn
 * without one. An error: the beginning cannot be believed, it was written by another version or
 * on another machine.
 */
Journal *journal_parse(const char *text, gsize length, const JournalHost *host, GError **error);
void journal_free(Journal *journal);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Journal, journal_free)

/* From DIRECTORY/journal; *ret is NULL without an error when there is none. */
gboolean journal_read(const char *directory, const JournalHost *host, Journal **ret,
		      GError **error);

/* Whether the machine was booted since the entry's transaction began. */
gboolean journal_rebooted_since(const Journal *journal, const JournalEntry *entry,
				const JournalHost *host);

void journal_host_read(const Root *root, JournalHost *ret);
void journal_host_clear(JournalHost *host);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(JournalHost, journal_host_clear)

/* ---- writing -------------------------------------------------------------------------- */

typedef struct JournalWriter JournalWriter;

/* Opens DIRECTORY/journal for appending, creates it when `journal` is NULL. A torn last record
 * is cut off. Numbers go on where `journal` ends. */
JournalWriter *journal_writer_open(const char *directory, const Journal *journal,
				   GError **error);
void journal_writer_free(JournalWriter *writer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JournalWriter, journal_writer_free)

gboolean journal_begin(JournalWriter *writer, const JournalHost *host, const char *by,
		       const char *cpus, GError **error);
/* *ret_n names the change from now on. */
gboolean journal_change(JournalWriter *writer, const Change *change, const char *was,
			guint *ret_n, GError **error);
gboolean journal_made(JournalWriter *writer, guint n, const char *now, GError **error);
/* now NULL: it was given up, and may take yet. */
gboolean journal_failed(JournalWriter *writer, guint n, const char *now, GError **error);
gboolean journal_restored(JournalWriter *writer, guint n, GError **error);
gboolean journal_complete(JournalWriter *writer, GError **error);
/* Everything appended so far is on the disk when it returns TRUE. */
gboolean journal_sync(JournalWriter *writer, GError **error);

/* Nothing is left to put back: the file goes. */
gboolean journal_remove(const char *directory, GError **error);
/* It has doubts: it is kept as DIRECTORY/journal.damaged (an older one is replaced), whose
 * path is *ret_path, owned by the caller. */
gboolean journal_set_aside(const char *directory, char **ret_path, GError **error);

#endif
