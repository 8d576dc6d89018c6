/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm_show.h"

#include <string.h>

#include "columns.h"
#include "escape.h"
#include "vm_breaches.h"
#include "vm_resolve.h"

/* A longer value moves what follows it. */
#define VALUE_WIDEST 40

static void add_counted(GString *text, guint count, const char *what)
{
	g_string_append_printf(text, ", %u %s%s", count, what, count == 1 ? "" : "s");
}

static void add_head(GString *text, const VmScene *scene)
{
	const Topology *topology = scene->topology;
	g_autofree char *path = escape_text(scene->configs->path, -1);
	g_autofree char *machine = vm_scene_machine(scene);
	g_autofree char *model =
		escape_text(topology->cpu_model ? topology->cpu_model : "CPU model not known", -1);
	guint n = scene->configs->vms->len, rt = 0;

	for (guint i = 0; i < n; i++)
		rt += ((const VmConfig *)scene->configs->vms->pdata[i])->rt ? 1 : 0;
	g_string_append_printf(text, "%s: %u VM%s, %u real-time%s\n", path, n, n == 1 ? "" : "s",
			       rt, scene->demonstration ? "; a demonstration" : "");
	g_string_append_printf(text, "on %s: %s", machine, model);
	add_counted(text, topology->nodes->len, "NUMA node");
	add_counted(text, topology->packages->len, "socket");
	add_counted(text, topology->cores->len, "core");
	add_counted(text, cpuset_count(&topology->online), "online CPU");
	g_string_append_c(text, '\n');
}

static char *origin_of(const VmConfig *vm, VmKey key)
{
	return vm_config_given(vm, key) ? g_strdup_printf("line %u", vm->lines[key])
					: g_strdup("default");
}

/* Each line of a description has a row of its own. */
static void add_value_rows(Columns *columns, const char *key, const char *value,
			   const char *origin, const char *why)
{
	g_auto(GStrv) lines = g_strsplit(value, "\n", -1);

	for (guint i = 0; lines[i]; i++) {
		if (i == 0)
			columns_row(columns, key, lines[i], origin, why);
		else
			columns_row(columns, "", lines[i], "", "");
	}
}

static void add_key(Columns *columns, const VmLayout *layout, VmKey key, GString *kept)
{
	g_auto(VmResolved) resolved = {NULL};
	g_autofree char *origin = origin_of(layout->vm, key);
	g_autofree char *why = NULL;

	vm_resolve(layout, key, &resolved);
	if (!resolved.value) {
		g_string_append_printf(kept, "%s%s", kept->len ? ", " : "", vm_keys[key].name);
		return;
	}
	why = g_strconcat(resolved.is_auto ? "auto" : "",
			  resolved.is_auto && resolved.why ? ": " : "", resolved.why, NULL);
	add_value_rows(columns, vm_keys[key].name, *resolved.value ? resolved.value : "-", origin,
		       why);
}

static void add_keys(GString *text, const VmLayout *layout)
{
	g_autoptr(Columns) columns = columns_new(4, VALUE_WIDEST);
	g_autoptr(GString) kept = g_string_new(NULL);
	g_autofree char *line = g_strdup_printf("line %u", layout->vm->line);

	columns_row(columns, "uuid", layout->vm->uuid, line, "");
	for (VmKey key = VM_KEY_TITLE; key < VM_KEYS; key++)
		add_key(columns, layout, key, kept);
	columns_append(columns, text);
	if (kept->len > 0)
		g_string_append_printf(text, "  left to libvirt: %s\n", kept->str);
}

static char *cpus_text(const VmLayout *layout, const Cpuset *cpus)
{
	return layout->bound ? cpulist_format(cpus) : g_strdup("any");
}

static const char *role_of(const VmLayout *layout, guint vcpu)
{
	if (!layout->vm->rt)
		return layout->bound && layout->shares[vcpu] ? "shares its CPU" : "";
	if (cpuset_contains(&layout->guest_housekeeping, vcpu))
		return layout->shares[vcpu] ? "guest housekeeping, shares its CPU"
					    : "guest housekeeping";
	return layout->shares[vcpu] ? "real-time, but shares its CPU" : "real-time";
}

/* vCPUs that follow each other and are alike have one row. */
static gboolean alike(const VmLayout *layout, guint a, guint b)
{
	return cpuset_equal(&layout->vcpus[a], &layout->vcpus[b]) &&
	       layout->priorities[a] == layout->priorities[b] &&
	       strcmp(role_of(layout, a), role_of(layout, b)) == 0;
}

static void add_vcpus(Columns *columns, const VmLayout *layout)
{
	for (guint i = 0, end; i < layout->n_vcpus; i = end) {
		g_autofree char *cpus = cpus_text(layout, &layout->vcpus[i]);
		g_autofree char *policy = vm_policy_text(layout->priorities[i]);
		g_autofree char *name = NULL;

		for (end = i + 1; end < layout->n_vcpus && alike(layout, i, end); end++)
			continue;
		name = end - i > 1 ? g_strdup_printf("vCPU %u-%u", i, end - 1)
				   : g_strdup_printf("vCPU %u", i);
		columns_row(columns, name, cpus, policy, role_of(layout, i));
	}
}

static void add_threads(GString *text, const VmLayout *layout)
{
	g_autoptr(Columns) columns = columns_new(4, VALUE_WIDEST);
	g_autofree char *cpus = cpus_text(layout, &layout->emulator);
	g_autofree char *policy = vm_policy_text(layout->emulator_priority);

	columns_row(columns, "Thread", "CPUs", "Policy", "");
	columns_row(columns, "emulator", cpus, policy, "QEMU's main thread, workers, IOThreads");
	add_vcpus(columns, layout);
	columns_append(columns, text);
}

static void add_vm(GString *text, const VmLayout *layout)
{
	g_autofree char *name = escape_text(layout->vm->name, -1);

	g_string_append_printf(text, "\n%s: %s\n", name,
			       layout->vm->rt ? "real-time" : "not real-time");
	add_keys(text, layout);
	g_string_append_c(text, '\n');
	add_threads(text, layout);
}

static void add_rules(GString *text, const VmScene *scene)
{
	g_autofree char *summary = breaches_summary(scene->breaches);
	g_autofree char *source = vm_scene_source(scene);

	g_string_append_printf(text, "\nRules: %s%s\n%s\n", summary,
			       scene->breaches->len > 0 ? " (lathe vm validate-config)" : "",
			       source);
}

char *vm_show_text(const VmScene *scene)
{
	GString *text = g_string_new(NULL);
	g_autoptr(VmMap) map = vm_map_new(scene->layouts, scene->topology);

	add_head(text, scene);
	for (guint i = 0; i < scene->selected->len; i++)
		add_vm(text, vm_layout_find(scene->layouts, scene->selected->pdata[i]));
	if (scene->configs->vms->len > 0)
		vm_map_append(text, scene, map);
	add_rules(text, scene);
	return g_string_free(text, FALSE);
}
