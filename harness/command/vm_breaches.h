/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Broken rules of a config, for people and as JSON. */
#ifndef LATHE_COMMAND_VM_BREACHES_H
#define LATHE_COMMAND_VM_BREACHES_H

#include <jansson.h>

#include "vm_rules.h"

typedef struct {
	guint broken[RULE_ERROR + 1];  /* of each level */
	guint unknown[RULE_ERROR + 1]; /* could not be looked at */
} BreachCount;

BreachCount breaches_count(const GPtrArray *breaches);
/* The exit status of a config that has them: 0, 2 or 3 (design.md §3). */
int breaches_status(const GPtrArray *breaches);

/* "1 error, 2 warnings; 1 could not be looked at"; "no rule is broken". */
char *breaches_summary(const GPtrArray *breaches);
/* "PATH:LINE: error: TEXT [RULE]" and the remedy in a line below, each of them. */
char *breaches_text(const GPtrArray *breaches, const char *path);
json_t *breaches_json(const GPtrArray *breaches);

#endif
