/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "target.h"

#include <string.h>

/* What a CPU's switch is written like; its own kind for the order alone. */
static const struct {
	const char *name;
	const TargetKind *kind;
} target_kinds[CHANGE_KINDS] = {
	[CHANGE_SERVICE] = {"service", &target_service},
	[CHANGE_CONTROLLER] = {"controller", &target_controller},
	[CHANGE_CPUSET] = {"cpuset", &target_cpuset},
	[CHANGE_TASKS] = {"tasks", &target_tasks},
	[CHANGE_DIRECTORY] = {"directory", &target_directory},
	[CHANGE_FILE] = {"file", &target_file},
	[CHANGE_FEATURE] = {"feature", &target_feature},
	[CHANGE_QUEUES] = {"queues", &target_queues},
	[CHANGE_AFFINITY] = {"affinity", &target_affinity},
	[CHANGE_SCHEDULING] = {"scheduling", &target_scheduling},
	[CHANGE_SCHEMATA] = {"schemata", &target_schemata},
	[CHANGE_CPU] = {"cpu", &target_file},
};

const TargetKind *target_of(ChangeKind kind)
{
	return target_kinds[kind].kind;
}

const char *target_name(ChangeKind kind)
{
	return target_kinds[kind].name;
}

const TargetKind *target_find(const char *name, ChangeKind *ret_kind)
{
	for (guint i = 0; i < CHANGE_KINDS; i++)
		if (strcmp(name, target_kinds[i].name) == 0) {
			*ret_kind = (ChangeKind)i;
			return target_kinds[i].kind;
		}
	return NULL;
}
