/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the two ends of a journal agree on. */
#ifndef LATHE_JOURNAL_RECORD_H
#define LATHE_JOURNAL_RECORD_H

#include <glib.h>

#define JOURNAL_VERSION		1
#define JOURNAL_NAME		"journal"
#define JOURNAL_CHECKSUM_LENGTH 16

/* Of a record's text; owned by the caller. */
char *journal_checksum(const char *text, gsize length);

#endif
