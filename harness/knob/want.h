/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a row may want of a value. Each is a KnobWant; `text`, `min` and `max` are the row's.
 */
#ifndef LATHE_WANT_H
#define LATHE_WANT_H

#include "knob.h"

/* clang-format off */
#define WANT(name) \
	KnobMatch name(const Knob *knob, KnobView *view, const KnobReading *reading, \
		       char **ret_wanted, char **ret_note)

/* The value is `text`, exactly. */
WANT(want_text);
/* One of the words of `text`, '|' between them. */
WANT(want_one_of);
/* Anything but one of the words of `text`. */
WANT(want_none_of);
/* The selected word of a list, "always madvise [never]", is one of `text`. */
WANT(want_selected);
/* A decimal number, maybe with '-', in [min, max]. */
WANT(want_number);
/* A switch: "Y", "y", "1", "on" (text "on") or "N", "n", "0", "off" (text "off"). */
WANT(want_switch);
/* Any line of text: recorded, for information. Empty is broken. */
WANT(want_recorded);
/* A parameter that counts by being there, without a value. */
WANT(want_given);
/* Any value is wrong: the place should not be there. */
WANT(want_no_value);
/* A blank file. */
WANT(want_empty);
/* `text` is one of the blank- or comma-separated words. */
WANT(want_word);
/* `text` is none of them. */
WANT(want_no_word);
/* A cpulist that holds every planned CPU. */
WANT(want_covers_planned);
/* A cpulist that holds no planned CPU; empty is odd. */
WANT(want_avoids_planned);
/* A cpumask that holds no planned CPU; empty is odd. */
WANT(want_mask_avoids_planned);
#undef WANT
/* clang-format on */

#endif
