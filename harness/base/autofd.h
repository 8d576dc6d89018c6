/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A file descriptor that closes itself when it goes out of scope: autofd fd = open(...). */
#ifndef LATHE_AUTOFD_H
#define LATHE_AUTOFD_H

#include <unistd.h>

static inline void autofd_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
#define autofd __attribute__((cleanup(autofd_close))) int

/* Hands the descriptor out: the variable no longer closes it. */
static inline int autofd_steal(int *fd)
{
	int stolen = *fd;

	*fd = -1;
	return stolen;
}

#endif
