/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A profile or a command line chooses a side of what the sources disagree on: "ID=VALUE". A
 * side is what the row's place is to hold, or one of these words. Of a row that computes, its
 * judge says what the other words mean.
 */
#ifndef LATHE_CHOICE_H
#define LATHE_CHOICE_H

#include "error.h"
#include "knob.h"

#define SIDE_WANTED "wanted" /* what the row wants without a choice, in earnest */
#define SIDE_NONE   "none"   /* the place is not there, or holds nothing */

/* FALSE with an error of that code when `text` is no ID=VALUE, or the row has no such side.
 * *ret_value is a part of `text`. */
gboolean choice_parse(const char *text, LatheErrorCode code, const Knob **ret_knob,
		      const char **ret_value, GError **error);

/* A profile's choices, of char * ("ID=VALUE"), which were parsed before; NULL: none. */
void choices_make(KnobView *view, const GPtrArray *choices);

/* What a value is to a row of which `choice` was chosen. Without it, as the row wants. */
KnobMatch choice_match(const Knob *knob, KnobView *view, const KnobReading *reading,
		       char **ret_wanted, char **ret_note);

/* What it is that a place is not there. */
KnobMatch choice_match_absent(const Knob *knob, const KnobView *view);

#endif
