/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes a captured machine out of a tar archive, which may be anybody's. */
#ifndef LATHE_UNPACK_H
#define LATHE_UNPACK_H

#include <glib.h>

/* What an archive may hold at most: a machine of 112 CPUs has 19,000 entries and a few MiB, a
 * sosreport with its logs some hundred thousand and a few GiB. */
#define UNPACK_ENTRIES_MAX 500000u
#define UNPACK_BYTES_MAX   (4ull << 30)

/*
 * Unpacks a tar archive (plain, gzip, bzip2, xz, zstd) from a descriptor, which stays the
 * caller's, below `directory`, which is there and empty. `name` is what errors call it.
 *
 * Files and directories become our own, links stay links and are never followed; devices,
 * FIFOs and sockets are left out. A file that root_read() would refuse for its size comes
 * out as long, but empty. A name that is absolute, holds "..", or goes through a link is an
 * error.
 */
gboolean unpack(int fd, const char *name, const char *directory, GError **error);

#endif
