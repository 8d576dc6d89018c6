/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "guest.h"

Guest *guest_add(RunContext *context, const char *name, const char *uuid, gboolean rt, Plan *plan)
{
	Guest *guest = g_new0(Guest, 1);

	guest->context = context;
	guest->plan = plan;
	guest->domain_name = g_strdup(name);
	guest->record = run_add_vm(context->run, name);
	guest->record->uuid = g_strdup(uuid);
	guest->record->rt = rt;
	g_ptr_array_add(context->guests, guest);
	return guest;
}

static void guest_free(Guest *guest)
{
	if (guest->config) {
		image_clear(&guest->config->image);
		g_free(guest->config->definition);
		g_free(guest->config);
	}
	plan_free(guest->plan);
	g_free(guest->domain_name);
	g_free(guest->cmdline);
	g_free(guest->console_log);
	g_free(guest->stopped);
	g_free(guest);
}

void guests_free(RunContext *context)
{
	for (guint i = 0; context->guests && i < context->guests->len; i++)
		guest_free(guest_at(context, i));
	g_clear_pointer(&context->guests, g_ptr_array_unref);
}

Guest *guest_at(const RunContext *context, guint i)
{
	return context->guests->pdata[i];
}

gboolean guest_is_rt(const Guest *guest)
{
	return guest->record->rt;
}

char *guest_whose(const Guest *guest)
{
	return run_whose(guest->context->run, guest->record);
}

void guest_name_error(const Guest *guest, GError **error)
{
	g_autofree char *whose = guest_whose(guest);

	if (!g_str_has_prefix((*error)->message, "VM "))
		g_prefix_error(error, "%s", whose);
}

char *guest_path(const Guest *guest, const char *top, const char *rest)
{
	g_autofree char *below = run_vm_path(guest->record, top, rest);

	return g_build_filename(bundle_path(guest->context->bundle), below, NULL);
}

gboolean guest_write(const Guest *guest, const char *top, const char *rest, const char *data,
		     gsize length, GError **error)
{
	g_autofree char *below = run_vm_path(guest->record, top, rest);

	return bundle_write(guest->context->bundle, below, data, length, error);
}

Cpuset guests_reserved_cpus(const RunContext *context)
{
	Cpuset all = {0};

	for (guint i = 0; i < context->guests->len; i++) {
		Cpuset cpus = plan_reserved_cpus(guest_at(context, i)->plan);

		if (guest_is_rt(guest_at(context, i)))
			cpuset_union(&all, &cpus);
	}
	return all;
}

guint guests_fifo_max(const RunContext *context)
{
	guint highest = 0;

	for (guint i = 0; i < context->guests->len; i++) {
		const Plan *plan = guest_at(context, i)->plan;

		highest = MAX(highest, plan->emulator_priority);
		for (guint k = 0; k < plan->n_vcpus; k++)
			highest = MAX(highest, plan->vcpus[k].fifo_priority);
	}
	return highest;
}
