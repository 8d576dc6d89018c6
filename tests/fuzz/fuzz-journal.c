/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a tuning journal: as they are, and with right checksums before each line. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "journal.h"
#include "journal_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(gboolean claim)
{
	if (!claim)
		abort();
}

static void check_journal(const char *text, gsize length)
{
	const JournalHost host = {(char *)"machine", (char *)"boot"};
	g_autoptr(GError) error = NULL;
	g_autoptr(Journal) journal = journal_parse(text, length, &host, &error);
	guint last = 0;

	check(!journal == (error != NULL));
	if (!journal)
		return;
	check(journal->boots->len == journal->n_transactions);
	check(!journal->cpus == (journal->n_transactions == 0));
	for (guint i = 0; i < journal->entries->len; i++) {
		const JournalEntry *entry = journal->entries->pdata[i];

		check(entry->n > last);
		last = entry->n;
		check(entry->transaction >= 1 &&
		      entry->transaction <= journal->n_transactions);
		check(entry->kind < CHANGE_KINDS);
		check(entry->row && entry->place && entry->was && entry->then);
		journal_rebooted_since(journal, entry, &host);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_autoptr(GString) summed = g_string_new(NULL);

	check_journal((const char *)data, size);
	for (char **line = lines; *line; line++) {
		g_autofree char *sum = journal_checksum(*line, strlen(*line));

		g_string_append_printf(summed, "%s %s\n", sum, *line);
	}
	check_journal(summed->str, summed->len);
	return 0;
}
