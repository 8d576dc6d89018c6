/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What both files of rows about limits ask. */
#ifndef LATHE_USER_LIMITS_H
#define LATHE_USER_LIMITS_H

#include "number.h"
#include "view.h"

/* A KnobApplies: without the group, to which limits are given, they are nobody's. */
gboolean limits_group_exists(const Knob *knob, KnobView *view, char **ret_proof);

/* The words of a line up to a comment. Array of char *, owned by the caller. */
GPtrArray *limits_words(Span line);

#endif
