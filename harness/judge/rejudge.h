/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The verdict of a finished bundle, made again from its files alone. The stored verdict is
 * compared with, never believed.
 */
#ifndef LATHE_REJUDGE_H
#define LATHE_REJUDGE_H

#include <glib.h>

#include "profile.h"
#include "run.h"

/* The profile in force, below a bundle. */
#define BUNDLE_PROFILE "profile.ini"

typedef struct {
	Run *run;	     /* never NULL; empty when run.json cannot be read */
	gboolean stored;     /* there is a stored verdict */
	Result stored_result;
	gboolean same;	     /* the stored verdict is this one, word for word */
	gboolean other_rules; /* judged under another profile than the run's */
} Rejudged;

/*
 * Judges under the bundle's own profile, or under `other`. What keeps the bundle from being
 * believed (a checksum, a file that cannot be read, a stored verdict that the evidence does
 * not bear out) is a reason. An error only when `directory` is no bundle at all: then *ret
 * is untouched.
 */
gboolean rejudge(const char *directory, const Profile *other, Rejudged *ret, GError **error);
void rejudged_clear(Rejudged *rejudged);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Rejudged, rejudged_clear)

#endif
