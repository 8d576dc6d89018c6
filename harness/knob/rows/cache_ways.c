/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cache_ways.h"

#include "resctrl.h"

guint cache_ways_count(guint64 mask)
{
	return (guint)__builtin_popcountll(mask);
}

static guint64 low_ways(guint n)
{
	return n >= 64 ? G_MAXUINT64 : (G_GUINT64_CONSTANT(1) << n) - 1;
}

guint64 cache_ways_run(guint64 mask)
{
	guint64 best = 0;

	for (guint at = 0; at < 64; at++) {
		guint n = 0;

		while (at + n < 64 && mask >> (at + n) & 1)
			n++;
		if (n > cache_ways_count(best))
			best = low_ways(n) << at;
		at += n;
	}
	return best;
}

static guint64 read_mask(KnobView *view, const char *resource, const char *file)
{
	g_autofree char *path =
		g_strdup_printf(RESCTRL_PATH "/info/%s/%s", resource, file);
	const char *line = knob_view_line(view, path, NULL);
	guint64 mask;

	return line && resctrl_mask_parse(line, &mask) ? mask : 0;
}

gint64 cache_info_number(KnobView *view, const char *resource, const char *file,
			 gint64 otherwise)
{
	g_autofree char *path =
		g_strdup_printf(RESCTRL_PATH "/info/%s/%s", resource, file);
	gint64 number;

	return knob_view_number(view, path, 1, 1024, &number, NULL) ? number : otherwise;
}

CacheWays cache_ways_read(KnobView *view, const char *resource)
{
	return (CacheWays){read_mask(view, resource, "cbm_mask"),
			   read_mask(view, resource, "shareable_bits"),
			   (guint)cache_info_number(view, resource, "min_cbm_bits", 1)};
}

guint64 cache_ways_choose(const CacheWays *ways, guint64 taken, gboolean used)
{
	guint64 run = cache_ways_run(ways->all & ~taken);
	guint n = MIN(used ? cache_ways_count(ways->all) / 2 : ways->least,
		      cache_ways_count(run));
	guint shift = 0;
	guint64 low, high;

	if (n < ways->least || n == 0)
		return 0;
	while (!(run >> shift & 1))
		shift++;
	low = low_ways(n) << shift;
	high = low << (cache_ways_count(run) - n);
	return cache_ways_count(low & ways->shareable) >
			       cache_ways_count(high & ways->shareable)
		       ? high
		       : low;
}
