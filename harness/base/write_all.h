/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LATHE_WRITE_ALL_H
#define LATHE_WRITE_ALL_H

#include <glib.h>

/* write(2) until all of it is written, whatever interrupts it; FALSE with errno. */
gboolean write_all(int fd, const char *bytes, gsize length);

#endif
