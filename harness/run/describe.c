/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "describe.h"

static char *utc_now(void)
{
	g_autoptr(GDateTime) now = g_date_time_new_now_utc();

	return g_date_time_format(now, "%Y-%m-%dT%H:%M:%SZ");
}

void describe_start(Run *run, const char *lathe_version)
{
	run->started_utc = utc_now();
	run->versions.lathe = g_strdup(lathe_version);
}

void describe_machine(RunMachine *to, const Facts *facts)
{
	to->hostname = g_strdup(facts->hostname);
	to->kernel_release = g_strdup(facts->kernel_release);
	to->kernel_version = g_strdup(facts->kernel_version);
	to->cmdline = g_strdup(facts->cmdline);
	to->cpu_model = g_strdup(facts->cpu_model);
	to->clocksource = g_strdup(facts->clocksource);
	to->realtime = g_strdup(known_name(facts->realtime));
	to->cpus_online = facts->online_known ? cpuset_count(&facts->online) : 0;
	to->isolated = facts->isolated_known ? cpulist_format(&facts->isolated) : NULL;
}

void describe_profile(Run *run, const Profile *profile, const char *text)
{
	g_autoptr(GPtrArray) overrides = g_ptr_array_new();

	run->profile.name = g_strdup(profile->name);
	run->profile.title = g_strdup(profile->title);
	run->profile.source = g_strdup(profile->source);
	run->profile.file = g_strdup("profile.ini");
	run->profile.sha256 = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
	for (guint i = 0; i < profile->overrides->len; i++)
		g_ptr_array_add(overrides, g_strdup(profile->overrides->pdata[i]));
	g_ptr_array_add(overrides, NULL);
	run->profile.overrides = (char **)g_ptr_array_free(g_steal_pointer(&overrides), FALSE);
}

void describe_plan(RunPlan *to, const Plan *plan)
{
	to->demonstration = plan->demonstration;
	for (guint i = 0; i < plan->broken->len; i++)
		g_ptr_array_add(to->broken, g_strdup(plan->broken->pdata[i]));
	to->housekeeping = cpulist_format(&plan->housekeeping);
	to->emulator = cpulist_format(&plan->emulator);
	to->emulator_priority = plan->emulator_priority;
	to->iothread = cpulist_format(&plan->iothread);
	for (guint i = 0; i < plan->n_vcpus; i++) {
		const PlanVcpu *from = &plan->vcpus[i];
		RunPlanVcpu vcpu = {i,	      from->cpu,    cpulist_format(&from->cpus),
				    from->rt, from->shares, from->fifo_priority};

		g_array_append_val(to->vcpus, vcpu);
	}
	to->guest_housekeeping = plan->guest_housekeeping;
	if (cpuset_count(&plan->guest_rt) == 0)
		return;
	to->guest_rt = cpulist_format(&plan->guest_rt);
	to->guest_rt_mask = cpumask_format(&plan->guest_rt);
}

void describe_versions(RunContext *context)
{
	Run *run = context->run;

	run->connection = g_strdup(hypervisor_uri(context->hypervisor));
	run->versions.libvirt = hypervisor_libvirt_version(context->hypervisor);
	run->versions.qemu = hypervisor_qemu_version(context->hypervisor);
	run->versions.host_kernel = g_strdup(context->facts->kernel_release);
}

gboolean note_strays(const Guest *guest, const GPtrArray *places, const char *when)
{
	gboolean any = FALSE;

	for (guint i = 0; i < places->len; i++) {
		const RunPlace *place = places->pdata[i];

		if (place->in_place)
			continue;
		any = TRUE;
		run_deviate(guest->context->run, guest->record,
			    "%s: QEMU's thread %s (%s) was %s %u on CPUs %s, wanted %s %u on CPUs %s",
			    when, place->role, place->comm, place->policy, place->priority,
			    place->cpus_allowed, place->wanted_policy, place->wanted_priority,
			    place->wanted_cpus);
	}
	return any;
}

/* The first that is known. */
static const char *tool_version(const Run *run)
{
	for (guint i = 0; i < run->stages->len; i++) {
		const RunStage *stage = run->stages->pdata[i];

		for (guint k = 0; k < stage->vms->len; k++) {
			const RunMeasured *measured = stage->vms->pdata[k];

			if (measured->tool_version)
				return measured->tool_version;
		}
	}
	return NULL;
}

void describe_end(Run *run, gint64 start_us)
{
	run->finished_utc = utc_now();
	run->timing.total_ms = (g_get_monotonic_time() - start_us) / 1000;
	run->versions.tool = g_strdup(tool_version(run));
}
