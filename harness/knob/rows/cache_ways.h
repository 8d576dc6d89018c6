/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ways of a cache that is divided: masks, and what sys/fs/resctrl/info says of them. */
#ifndef LATHE_CACHE_WAYS_H
#define LATHE_CACHE_WAYS_H

#include "view.h"

/* info/NAME; 0 where it is not told. */
typedef struct {
	guint64 all, shareable;
	guint least; /* ways a mask must have */
} CacheWays;

CacheWays cache_ways_read(KnobView *view, const char *resource);

/* A number of at least 1 in info/NAME/FILE. */
gint64 cache_info_number(KnobView *view, const char *resource, const char *file,
			 gint64 otherwise);

guint cache_ways_count(guint64 mask);
/* The longest run of ones, the lowest of several. */
guint64 cache_ways_run(guint64 mask);

/* Half of the ways, or the least that can be where no planned CPU uses the cache: at the end of
 * what is not taken that hardware uses less. 0: there is no room. */
guint64 cache_ways_choose(const CacheWays *ways, guint64 taken, gboolean used);

#endif
