/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text.h"

#include "table.h"

static void row(Table *table, const char *name, const char *value)
{
	table_cell(table, name);
	table_cell(table, value);
}

static void machine(GString *out, const char *title, const RunMachine *machine,
		    const Run *guest_of)
{
	g_autoptr(Table) table = table_new("ll", NULL);

	text_title(out, "%s", title);
	row(table, "name", guest_of ? machine->name : machine->hostname);
	row(table, "UUID", machine->uuid);
	row(table, "CPU", machine->cpu_model);
	table_cell(table, "CPUs online");
	if (machine->cpus_online)
		table_cellf(table, "%u", machine->cpus_online);
	else
		table_cell(table, NULL);
	row(table, "isolated CPUs",
	    machine->isolated && !*machine->isolated ? "none" : machine->isolated);
	row(table, "kernel", machine->kernel_release);
	row(table, "version", machine->kernel_version);
	row(table, "real-time kernel", machine->realtime);
	row(table, "clocksource", machine->clocksource);
	row(table, "command line", machine->cmdline);
	if (guest_of) {
		table_cell(table, "accelerator");
		table_cellf(table, "%s: %s", guest_of->accel ?: "unknown",
			    guest_of->accel_reason ?: "unknown");
		row(table, "memory locked", guest_of->memory_locked);
		row(table, "libvirt", guest_of->connection);
	}
	table_print(table, out);
}

void text_machines(GString *out, const Run *run)
{
	machine(out, "Host", &run->host, NULL);
	machine(out, "Guest", &run->guest, run);
}

static void vcpus(GString *out, const GArray *vcpus)
{
	g_autoptr(Table) table = table_new("rrll", "vCPU", "CPU", "policy", "use");

	if (!vcpus || !vcpus->len)
		return;
	for (guint i = 0; i < vcpus->len; i++) {
		const RunPlanVcpu *vcpu = &g_array_index(vcpus, RunPlanVcpu, i);

		table_cellf(table, "%u", vcpu->vcpu);
		table_cellf(table, "%u", vcpu->cpu);
		if (vcpu->fifo_priority)
			table_cellf(table, "SCHED_FIFO %u", vcpu->fifo_priority);
		else
			table_cell(table, "SCHED_OTHER");
		table_cellf(table, "%s%s", vcpu->rt ? "real-time" : "housekeeping",
			    vcpu->shares ? ", shares its CPU" : "");
	}
	table_print(table, out);
}

void text_plan(GString *out, const Run *run)
{
	const RunPlan *plan = &run->plan;
	g_autoptr(Table) table = table_new("ll", NULL);

	text_title(out, plan->demonstration ? "Plan (demonstration: it breaks rules)"
					    : "Plan");
	row(table, "housekeeping CPUs", plan->housekeeping);
	row(table, "emulator", plan->emulator);
	row(table, "IOThread", plan->iothread);
	table_cell(table, "guest housekeeping");
	table_cellf(table, "vCPU %u", plan->guest_housekeeping);
	table_cell(table, "guest real-time");
	table_cellf(table, "vCPU %s (mask %s)", plan->guest_rt ?: "unknown",
		    plan->guest_rt_mask ?: "unknown");
	table_print(table, out);
	for (guint i = 0; i < plan->broken->len; i++)
		text_wrap(out, "  broken rule: ", plan->broken->pdata[i]);
	vcpus(out, plan->vcpus);
}

static void duration_row(Table *table, const char *name, gint64 ms)
{
	table_cell(table, name);
	if (ms < 0)
		table_cell(table, "not reached");
	else
		table_cellf(table, "%" G_GINT64_FORMAT ".%03d", ms / 1000,
			    (int)(ms % 1000));
}

static void timing(GString *out, const Run *run)
{
	g_autoptr(Table) table = table_new("lr", "what", "seconds");

	text_title(out, "Timing");
	duration_row(table, "guest image", run->timing.image_ms);
	duration_row(table, "boot", run->timing.boot_ms);
	duration_row(table, "start to first sample",
		     run->timing.start_to_first_sample_ms);
	duration_row(table, "whole run", run->timing.total_ms);
	table_print(table, out);
}

static void versions(GString *out, const RunVersions *versions)
{
	g_autoptr(Table) table = table_new("ll", NULL);

	text_title(out, "Versions");
	row(table, "lathe", versions->lathe);
	row(table, "agent", versions->agent);
	row(table, "libvirt", versions->libvirt);
	row(table, "QEMU", versions->qemu);
	row(table, "measuring tool", versions->tool);
	row(table, "guest kernel", versions->guest_kernel);
	row(table, "host kernel", versions->host_kernel);
	table_print(table, out);
}

static void profile(GString *out, const Run *run)
{
	g_autofree char *overrides =
		run->profile.overrides ? g_strjoinv("; ", run->profile.overrides) : NULL;
	g_autoptr(Table) table = table_new("ll", NULL);

	text_title(out, "Profile");
	row(table, "name", run->profile.name);
	row(table, "title", run->profile.title);
	row(table, "source", run->profile.source);
	row(table, "overrides", overrides && *overrides ? overrides : "none");
	row(table, "SHA-256", run->profile.sha256);
	table_print(table, out);
}

static void file_row(GString *out, const char *name)
{
	if (name)
		text_wrap(out, "  ", name);
}

static void raw_files(GString *out, const RunStage *stage)
{
	file_row(out, stage->raw_json);
	file_row(out, stage->raw_text);
	for (guint i = 0; i < stage->threads->len; i++) {
		const RunThread *thread = stage->threads->pdata[i];

		file_row(out, thread->histogram_file);
	}
}

static void files(GString *out, const char *directory, const Run *run)
{
	text_title(out, "Files of this bundle");
	file_row(out, "run.json");
	file_row(out, run->profile.file);
	raw_files(out, &run->canary.quiet);
	raw_files(out, &run->canary.held);
	for (guint i = 0; i < run->stages->len; i++) {
		const RunStage *stage = run->stages->pdata[i];
		g_autofree char *plot =
			g_strdup_printf("histogram-%s.svg", stage->name ?: "");
		g_autofree char *path = g_build_filename(directory, plot, NULL);

		if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
			file_row(out, plot);
		raw_files(out, stage);
	}
}

void text_provenance(GString *out, const char *directory, const Run *run)
{
	profile(out, run);
	timing(out, run);
	versions(out, &run->versions);
	files(out, directory, run);
}
