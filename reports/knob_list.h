/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The knob table itself, for people and programs. */
#ifndef LATHE_KNOB_LIST_H
#define LATHE_KNOB_LIST_H

#include "judge.h"

/* A line a row: id, severity, scopes, when it can change, title. */
char *knob_list_text(const KnobSelection *selection);
/* {"schema": "lathe-knobs/1", "rows": [{id, title, why, source, remedy, ...}]}. */
char *knob_list_json(const KnobSelection *selection);
/* All that the table says of one row. */
char *knob_explain(const KnobLayer *layer, const Knob *knob);

#endif
