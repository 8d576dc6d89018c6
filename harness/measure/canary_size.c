/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "canary_size.h"

#define MS G_GINT64_CONSTANT(1000000)

/* A vCPU that is not held stays below half of the size: so half is to lie beyond the noise.
 * Emulated: QEMU 7.2's TCG showed up to 37 ms without a load, on two CPUs that were busy
 * with other things. Under KVM a guest that is to be used for anything stays below 1 ms: the
 * largest latency that OPNFV's kvmfornfv accepts (kvmfornfv_cyclictest_hostenv_guestenv.yaml,
 * yardstick). */
#define FLOOR_EMULATED_NS (100 * MS)
#define FLOOR_NS	  (2 * MS)

#define TIMES_QUIET_MAX 3

/* Two seconds show TCG's noise, which is worst as the tool starts; ten periods at least. */
#define QUIET_S	      2
#define QUIET_PERIODS 10

gint64 canary_size_ns(gint64 quiet_max_ns, gboolean emulated)
{
	gint64 floor_ns = emulated ? FLOOR_EMULATED_NS : FLOOR_NS;

	/* What is too large is refused whatever its size: no overflow on the way there. */
	if (quiet_max_ns > CANARY_SIZE_MAX_NS)
		return G_MAXINT64;
	return MAX(TIMES_QUIET_MAX * quiet_max_ns, floor_ns);
}

gint64 canary_hold_ns(gint64 size_ns, guint64 interval_us)
{
	return size_ns + (gint64)interval_us * 1000;
}

guint64 canary_quiet_s(guint64 interval_us)
{
	return MAX(QUIET_S, (QUIET_PERIODS * interval_us + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC);
}

/* The agent's first word of the tool's progress comes within 2 s on a machine that is not
 * busy: then the hold, and its end must lie within the window. */
guint64 canary_held_s(guint64 interval_us, guint attempt)
{
	return canary_quiet_s(interval_us) * 2 * attempt;
}
