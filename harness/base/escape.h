/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes from a guest, a file or a tool made harmless before a person's terminal or a log
 * shows them.
 */
#ifndef LATHE_ESCAPE_H
#define LATHE_ESCAPE_H

#include <glib.h>

/* Printable UTF-8 stays; control characters (ESC, CR, NUL, C1 ...), invalid bytes and
 * bidirectional overrides become \xNN or \uNNNN; a newline becomes \n. Never NULL. */
char *escape_text(const char *bytes, gssize length);

#endif
