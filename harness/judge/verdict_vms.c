/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which VMs a run has: each one of its own, and no other has left anything in the bundle. */
#include "verdict_check.h"

#include <string.h>

/* Two that share a name or a UUID are one, and the guest that lathe builds is alone: its files
 * lie where nobody else's do. */
static void check_identities(const Judge *judge)
{
	g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GHashTable) uuids = g_hash_table_new(g_str_hash, g_str_equal);
	const GPtrArray *vms = judge->run->vms;

	for (guint i = 0; vms->len > 1 && i < vms->len; i++) {
		const RunVm *vm = vms->pdata[i];

		if (!g_hash_table_add(names, (gpointer)run_vm_name(vm)))
			doubt(judge, "the run has two VMs called %s", run_vm_name(vm));
		if (!vm->uuid)
			doubt(judge, "VM %s has no UUID, and is not the only one", run_vm_name(vm));
		else if (!g_hash_table_add(uuids, vm->uuid))
			doubt(judge, "the run has VM %s (%s) more than once", run_vm_name(vm),
			      vm->uuid);
	}
}

/* Every VM that the bundle holds something of is one of the run's; only of those that are
 * measured it holds measurements. */
static void check_places_of_vms(const Judge *judge)
{
	static const char *const tops[] = {"vm", "guest", "raw"};

	for (gsize i = 0; i < G_N_ELEMENTS(tops); i++) {
		g_autofree char *path = g_build_filename(judge->directory, tops[i], NULL);
		g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
		const char *entry;

		while (dir && (entry = g_dir_read_name(dir))) {
			const RunVm *vm = run_find_vm(judge->run, entry);

			if (!g_str_has_prefix(entry, "vm") || !g_ascii_isdigit(entry[2]) ||
			    profile_has_stage(judge->profile, entry))
				continue;
			if (!vm)
				doubt(judge, "the bundle holds %s/%s, which is of no VM of the run",
				      tops[i], entry);
			else if (!vm->rt && strcmp(tops[i], "raw") == 0)
				doubt(judge, "the bundle holds %s/%s, of a VM that was not to be "
					     "measured", tops[i], entry);
		}
	}
}

void judge_vms(const Judge *judge)
{
	guint measured = 0;

	for (guint i = 0; i < judge->run->vms->len; i++) {
		Judge one = judge_of_vm(judge, i);

		measured += one.vm->rt;
		judge_accel(&one);
		if (one.vm->rt)
			judge_guest(&one);
	}
	if (!measured)
		doubt(judge, "no VM was measured");
	check_identities(judge);
	check_places_of_vms(judge);
}
