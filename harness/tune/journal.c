/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "journal.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "error.h"
#include "escape.h"
#include "journal_record.h"
#include "number.h"
#include "target.h"

static void entry_free(gpointer data)
{
	JournalEntry *entry = data;

	g_free(entry->row);
	g_free(entry->place);
	g_free(entry->was);
	g_free(entry->then);
	g_free(entry->now);
	g_free(entry);
}

void journal_free(Journal *journal)
{
	if (!journal)
		return;
	g_ptr_array_unref(journal->entries);
	g_ptr_array_unref(journal->boots);
	g_ptr_array_unref(journal->doubts);
	g_free(journal->by);
	g_free(journal->cpus);
	g_free(journal);
}

static char *line_of(const Root *root, const char *path)
{
	char *line = NULL;

	return root_read_line(root, path, &line, NULL, NULL) ? line : g_strdup("");
}

void journal_host_read(const Root *root, JournalHost *ret)
{
	ret->machine = line_of(root, "etc/machine-id");
	ret->boot = line_of(root, "proc/sys/kernel/random/boot_id");
}

void journal_host_clear(JournalHost *host)
{
	g_clear_pointer(&host->machine, g_free);
	g_clear_pointer(&host->boot, g_free);
}

gboolean journal_rebooted_since(const Journal *journal, const JournalEntry *entry,
				const JournalHost *host)
{
	return strcmp(journal->boots->pdata[entry->transaction - 1], host->boot) != 0;
}

/* ---- records -------------------------------------------------------------------------- */

char *journal_checksum(const char *text, gsize length)
{
	char *sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)text, length);

	sum[JOURNAL_CHECKSUM_LENGTH] = '\0';
	return sum;
}

/* The object of a line, or NULL. */
static json_t *record_of(Span line)
{
	gsize length = (gsize)(line.end - line.at);
	const char *text = line.at + JOURNAL_CHECKSUM_LENGTH + 1;
	g_autofree char *sum = NULL;

	if (length < JOURNAL_CHECKSUM_LENGTH + 1 || text[-1] != ' ')
		return NULL;
	sum = journal_checksum(text, (gsize)(line.end - text));
	if (strncmp(sum, line.at, JOURNAL_CHECKSUM_LENGTH) != 0)
		return NULL;
	return json_loadb(text, (gsize)(line.end - text), JSON_REJECT_DUPLICATES, NULL);
}

static void doubt(Journal *journal, guint line, const char *why)
{
	g_ptr_array_add(journal->doubts, g_strdup_printf("line %u %s", line, why));
}

static const char *text_of(json_t *record, const char *key)
{
	return json_string_value(json_object_get(record, key));
}

/* Numbers ascend. */
static JournalEntry *entry_of(Journal *journal, json_t *record)
{
	json_int_t n = json_integer_value(json_object_get(record, "n"));
	guint low = 0, high = journal->entries->len;

	while (low < high) {
		guint middle = low + (high - low) / 2;
		JournalEntry *entry = journal->entries->pdata[middle];

		if (entry->n == n)
			return entry;
		if (entry->n < n)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

static gboolean take_begin(Journal *journal, json_t *record, const char **ret_why)
{
	const char *boot = text_of(record, "boot");
	const char *by = text_of(record, "by");
	const char *cpus = text_of(record, "cpus");

	*ret_why = "begins a transaction without saying whose";
	if (!boot || !by || !cpus)
		return FALSE;
	g_free(journal->by);
	g_free(journal->cpus);
	journal->by = g_strdup(by);
	journal->cpus = g_strdup(cpus);
	journal->n_transactions++;
	journal->complete = FALSE;
	g_ptr_array_add(journal->boots, g_strdup(boot));
	return TRUE;
}

static gboolean take_change(Journal *journal, json_t *record, const char **ret_why)
{
	const char *row = text_of(record, "row"), *kind_name = text_of(record, "kind");
	const char *place = text_of(record, "place");
	const char *was = text_of(record, "was"), *then = text_of(record, "then");
	json_int_t n = json_integer_value(json_object_get(record, "n"));
	guint n_entries = journal->entries->len;
	guint last = n_entries > 0
			     ? ((JournalEntry *)journal->entries->pdata[n_entries - 1])->n
			     : 0;
	JournalEntry *entry;
	ChangeKind kind;

	*ret_why = "announces a change without saying which";
	if (!row || !kind_name || !place || !was || !then || journal->n_transactions == 0)
		return FALSE;
	*ret_why = "announces a change of a kind that this lathe does not know";
	if (!target_find(kind_name, &kind))
		return FALSE;
	*ret_why = "has a number out of order";
	if (n <= last || n > G_MAXINT32)
		return FALSE;
	entry = g_new0(JournalEntry, 1);
	*entry = (JournalEntry){.n = (guint)n,
				.transaction = journal->n_transactions,
				.row = g_strdup(row),
				.kind = kind,
				.place = g_strdup(place),
				.was = g_strdup(was),
				.then = g_strdup(then)};
	g_ptr_array_add(journal->entries, entry);
	*ret_why = "comes where another change is missing";
	return n == last + 1;
}

static gboolean take_made(Journal *journal, json_t *record, gboolean failed,
			  const char **ret_why)
{
	JournalEntry *entry = entry_of(journal, record);
	const char *now = text_of(record, "now");

	*ret_why = "tells of a change that was never announced";
	if (!entry)
		return FALSE;
	g_free(entry->now);
	entry->now = g_strdup(now);
	entry->failed = failed;
	return TRUE;
}

static gboolean take_restored(Journal *journal, json_t *record, const char **ret_why)
{
	JournalEntry *entry = entry_of(journal, record);

	*ret_why = "puts back what was never changed";
	if (!entry)
		return FALSE;
	entry->restored = TRUE;
	return TRUE;
}

static gboolean take(Journal *journal, json_t *record, const char **ret_why)
{
	const char *what = text_of(record, "record");

	if (g_strcmp0(what, "begin") == 0)
		return take_begin(journal, record, ret_why);
	if (g_strcmp0(what, "change") == 0)
		return take_change(journal, record, ret_why);
	if (g_strcmp0(what, "made") == 0)
		return take_made(journal, record, FALSE, ret_why);
	if (g_strcmp0(what, "failed") == 0)
		return take_made(journal, record, TRUE, ret_why);
	if (g_strcmp0(what, "restored") == 0)
		return take_restored(journal, record, ret_why);
	*ret_why = "is of a kind that this lathe does not know";
	if (g_strcmp0(what, "complete") != 0)
		return FALSE;
	journal->complete = TRUE;
	return TRUE;
}

/* The same boot is the same machine; after a reboot the machine's id tells. */
static gboolean check_machine(json_t *record, const JournalHost *host, GError **error)
{
	const char *machine = text_of(record, "machine");
	const char *boot = text_of(record, "boot");

	if (json_integer_value(json_object_get(record, "version")) != JOURNAL_VERSION)
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "the tuning journal was written by another version of lathe");
	if (g_strcmp0(machine, host->machine) == 0 &&
	    (*host->machine || g_strcmp0(boot, host->boot) == 0))
		return TRUE;
	return lathe_error(error, LATHE_ERROR_INPUT,
			   "the tuning journal was written on another machine");
}

static Journal *new_journal(void)
{
	Journal *journal = g_new0(Journal, 1);

	journal->entries = g_ptr_array_new_with_free_func(entry_free);
	journal->boots = g_ptr_array_new_with_free_func(g_free);
	journal->doubts = g_ptr_array_new_with_free_func(g_free);
	journal->complete = TRUE;
	return journal;
}

static gboolean take_line(Journal *journal, Span line, guint number, const JournalHost *host,
			  GError **error)
{
	json_t *record = record_of(line);
	const char *why = "is damaged";
	gboolean ok = TRUE;

	if (number == 1 && !record)
		ok = lathe_error(error, LATHE_ERROR_INPUT,
				 "the tuning journal begins with something else");
	else if (number == 1)
		ok = check_machine(record, host, error);
	if (ok && (!record || !take(journal, record, &why)))
		doubt(journal, number, why);
	json_decref(record);
	return ok;
}

/* As much of a first record as came to the disk: it was torn before any change was made. */
static gboolean is_torn_record(const char *text, gsize length)
{
	gsize n = 0;

	while (n < MIN(length, JOURNAL_CHECKSUM_LENGTH) && g_ascii_isxdigit(text[n]))
		n++;
	return n == length || (n == JOURNAL_CHECKSUM_LENGTH && text[n] == ' ' &&
			       (n + 1 == length || text[n + 1] == '{') &&
			       !memchr(text, '\0', length));
}

Journal *journal_parse(const char *text, gsize length, const JournalHost *host, GError **error)
{
	g_autoptr(Journal) journal = new_journal();
	Span rest = {text, text + length};
	Span line;

	/* What was torn while it was written has no newline: nothing follows from it, since a
	 * change is made after its record was synced. */
	for (guint n = 1; rest.at < rest.end && memchr(rest.at, '\n', (gsize)(rest.end - rest.at));
	     n++)
		if (!span_take_line(&rest, &line) || !take_line(journal, line, n, host, error))
			return NULL;
	if (rest.at == text && !is_torn_record(text, length)) {
		lathe_error(error, LATHE_ERROR_INPUT,
			    "the tuning journal begins with something else");
		return NULL;
	}
	return g_steal_pointer(&journal);
}

gboolean journal_read(const char *directory, const JournalHost *host, Journal **ret,
		      GError **error)
{
	g_autofree char *path = g_build_filename(directory, JOURNAL_NAME, NULL);
	g_autoptr(GError) cause = NULL;
	g_autofree char *text = NULL;
	gsize length;

	if (!g_file_get_contents(path, &text, &length, &cause)) {
		if (!g_error_matches(cause, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
			lathe_error_file(error, cause);
			if (g_error_matches(cause, G_FILE_ERROR, G_FILE_ERROR_ACCES))
				lathe_error_hint(error, "only root may read the tuning journal: "
							"run as root");
			return FALSE;
		}
		*ret = NULL;
		return TRUE;
	}
	*ret = journal_parse(text, length, host, error);
	if (*ret)
		return TRUE;
	lathe_error_hint(error, "%s was left as it is; look at it, and remove it when what it "
				"says does not concern this machine", path);
	return FALSE;
}
