/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "text.h"

#include "table.h"

static void row(Table *table, const char *name, const char *value)
{
	table_cell(table, name);
	table_cell(table, value);
}

static void machine_rows(Table *table, const RunMachine *machine)
{
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
}

static void host(GString *out, const Run *run)
{
	g_autoptr(Table) table = table_new("ll", NULL);

	text_title(out, "Host");
	row(table, "name", run->host.hostname);
	machine_rows(table, &run->host);
	table_print(table, out);
}

static void guest(GString *out, const Run *run, const RunVm *vm)
{
	g_autoptr(Table) table = table_new("ll", NULL);
	g_autofree char *whose = text_of_vm(run, vm);

	text_title(out, "Guest%s", whose);
	row(table, "name", vm->name);
	if (vm->uuid)
		row(table, "UUID", vm->uuid);
	if (vm->rt)
		machine_rows(table, &vm->guest);
	else
		row(table, "real-time", "no: it ran beside, and was not measured");
	table_cell(table, "accelerator");
	table_cellf(table, "%s: %s", vm->accel ?: "unknown", vm->accel_reason ?: "unknown");
	row(table, "memory locked", vm->memory_locked);
	if (vm->rt)
		row(table, "agent", vm->agent);
	row(table, "libvirt", run->connection);
	table_print(table, out);
}

void text_machines(GString *out, const Run *run)
{
	host(out, run);
	for (guint i = 0; i < run->vms->len; i++)
		guest(out, run, run->vms->pdata[i]);
}

static void vcpus(GString *out, const GArray *vcpus)
{
	g_autoptr(Table) table = table_new("rrll", "vCPU", "CPU", "policy", "use");

	if (!vcpus || !vcpus->len)
		return;
	for (guint i = 0; i < vcpus->len; i++) {
		const RunPlanVcpu *vcpu = &g_array_index(vcpus, RunPlanVcpu, i);

		table_cellf(table, "%u", vcpu->vcpu);
		table_cell(table, vcpu->cpus);
		if (vcpu->fifo_priority)
			table_cellf(table, "SCHED_FIFO %u", vcpu->fifo_priority);
		else
			table_cell(table, "SCHED_OTHER");
		table_cellf(table, "%s%s", vcpu->rt ? "real-time" : "housekeeping",
			    vcpu->shares ? ", shares its CPU" : "");
	}
	table_print(table, out);
}

static void plan_of(GString *out, const Run *run, const RunVm *vm)
{
	const RunPlan *plan = &vm->plan;
	g_autoptr(Table) table = table_new("ll", NULL);
	g_autofree char *whose = text_of_vm(run, vm);

	text_title(out, "Plan%s%s", whose,
		   plan->demonstration ? " (demonstration: it breaks rules)" : "");
	row(table, "housekeeping CPUs", plan->housekeeping);
	table_cell(table, "emulator");
	if (plan->emulator_priority)
		table_cellf(table, "%s, SCHED_FIFO %u", plan->emulator ?: "unknown",
			    plan->emulator_priority);
	else
		table_cell(table, plan->emulator);
	row(table, "IOThread", plan->iothread);
	if (vm->rt) {
		table_cell(table, "guest housekeeping");
		table_cellf(table, "vCPU %u", plan->guest_housekeeping);
		table_cell(table, "guest real-time");
		table_cellf(table, "vCPU %s (mask %s)", plan->guest_rt ?: "unknown",
			    plan->guest_rt_mask ?: "unknown");
	}
	table_print(table, out);
	for (guint i = 0; i < plan->broken->len; i++)
		text_wrap(out, "  broken rule: ", plan->broken->pdata[i]);
	vcpus(out, plan->vcpus);
}

void text_plan(GString *out, const Run *run)
{
	for (guint i = 0; i < run->vms->len; i++)
		plan_of(out, run, run->vms->pdata[i]);
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
	row(table, "libvirt", versions->libvirt);
	row(table, "QEMU", versions->qemu);
	row(table, "measuring tool", versions->tool);
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

static void raw_files(GString *out, const RunMeasured *measured)
{
	file_row(out, measured->raw_json);
	file_row(out, measured->raw_text);
	for (guint i = 0; i < measured->threads->len; i++) {
		const RunThread *thread = measured->threads->pdata[i];

		file_row(out, thread->histogram_file);
	}
}

static void files(GString *out, const char *directory, const Run *run)
{
	text_title(out, "Files of this bundle");
	file_row(out, "run.json");
	file_row(out, run->profile.file);
	for (guint i = 0; i < run->vms->len; i++) {
		const RunVm *vm = run->vms->pdata[i];

		raw_files(out, &vm->canary.quiet.measured);
		raw_files(out, &vm->canary.held.measured);
	}
	for (guint i = 0; i < run->stages->len; i++) {
		const RunStage *stage = run->stages->pdata[i];
		g_autofree char *plot =
			g_strdup_printf("histogram-%s.svg", stage->name ?: "");
		g_autofree char *path = g_build_filename(directory, plot, NULL);

		if (g_file_test(path, G_FILE_TEST_IS_REGULAR))
			file_row(out, plot);
		for (guint k = 0; k < stage->vms->len; k++)
			raw_files(out, stage->vms->pdata[k]);
	}
}

void text_provenance(GString *out, const char *directory, const Run *run)
{
	profile(out, run);
	timing(out, run);
	versions(out, &run->versions);
	files(out, directory, run);
}
