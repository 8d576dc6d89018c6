/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A proposal, or the plan of `lathe run`, for people and for programs. */
#ifndef LATHE_COMMAND_PLAN_TEXT_H
#define LATHE_COMMAND_PLAN_TEXT_H

#include <glib.h>
#include <jansson.h>

#include "plan.h"
#include "propose.h"
#include "topology.h"

/* `plan` is proposal_plan()'s. */
char *proposal_text(const Proposal *proposal, const Plan *plan, const Topology *topology);
char *proposal_json(const Proposal *proposal, const Plan *plan);

/* A paragraph: `words` behind `lead`, and behind as many blanks on the lines that follow. */
void plan_append_wrapped(GString *text, const char *lead, const char *words);
/* The set and `what` it is, or "none". */
void plan_append_set(GString *text, const char *lead, const Cpuset *set, const char *what);
/* Parameters of the host's kernel (host_parameters), as a line and each with its reason. */
void plan_append_parameters(GString *text, const GArray *list);

/* What lathe run would do on the machine as it is. */
char *plan_text(const Plan *plan);
char *plan_json(const Plan *plan);

/* Parts of the JSON documents. */
json_t *plan_set_json(const Cpuset *set);
json_t *plan_parameters_json(const GArray *list);
char *plan_dump_json(json_t *document); /* takes it; ends in a newline */

#endif
