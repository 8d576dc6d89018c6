/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A proposal, or the plan of `lathe run`, for people and for programs. */
#ifndef LATHE_COMMAND_PLAN_TEXT_H
#define LATHE_COMMAND_PLAN_TEXT_H

#include <glib.h>

#include "plan.h"
#include "propose.h"
#include "topology.h"

/* `plan` is proposal_plan()'s. */
char *proposal_text(const Proposal *proposal, const Plan *plan, const Topology *topology);
char *proposal_json(const Proposal *proposal, const Plan *plan);

/* What lathe run would do on the machine as it is. */
char *plan_text(const Plan *plan);
char *plan_json(const Plan *plan);

#endif
