/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One lathe at a time changes or measures this host. The kernel drops the lock with its
 * owner, so a lathe that was killed leaves none; the file names the owner for people.
 */
#ifndef LATHE_LOCK_H
#define LATHE_LOCK_H

#include <glib.h>

typedef struct Lock Lock;

/* Takes DIRECTORY/lock without waiting. LATHE_ERROR_BUSY names who holds it. */
Lock *lock_take(const char *directory, GError **error);
void lock_free(Lock *lock);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Lock, lock_free)

#endif
