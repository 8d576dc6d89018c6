/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "argv.h"

#include <string.h>

#include "error.h"
#include "escape.h"
#include "internal.h"
#include "number.h"
#include "proc.h"

/* QEMU's options that take no value (qemu-options.hx), as far as libvirt passes them:
 * every other one takes the next argument, whatever that looks like. */
static const char *const flags[] = {
	"-nodefaults", "-no-user-config", "-nographic",  "-S",           "-no-reboot",
	"-no-hpet",    "-no-acpi",        "-usb",        "-no-shutdown", "-daemonize",
	"-snapshot",   "-no-fd-bootchk",  "-enable-kvm", "-preconfig",
};

static gboolean is_flag(const char *argument)
{
	for (gsize i = 0; i < G_N_ELEMENTS(flags); i++)
		if (strcmp(argument, flags[i]) == 0)
			return TRUE;
	return FALSE;
}

/* The next option at *at and its value ("" for a flag); *at moves behind it. */
static const char *next_option(const char *const **at, const char **ret_value)
{
	const char *option = **at;

	*ret_value = "";
	if (!option)
		return NULL;
	(*at)++;
	if (!is_flag(option) && **at)
		*ret_value = *(*at)++;
	return option;
}

/* The value of the nth `option`, or NULL. argv[0] is the program. */
static const char *value_of(const char *const *argv, const char *option, guint nth)
{
	const char *const *at = argv[0] ? argv + 1 : argv;
	const char *name, *value;

	while ((name = next_option(&at, &value)))
		if (strcmp(name, option) == 0 && nth-- == 0)
			return value;
	return NULL;
}

/* The sub-option `key=` of a comma-separated value, newly allocated, or NULL. With an
 * empty key the first item, which has no key ("-accel kvm,...", "-smp 2,..."). */
static char *item_of(const char *value, const char *key)
{
	g_auto(GStrv) items = g_strsplit(value ? value : "", ",", -1);
	g_autofree char *prefix = g_strconcat(key, "=", NULL);

	if (!*key)
		return items[0] && !strchr(items[0], '=') ? g_strdup(items[0]) : NULL;
	for (char **item = items; *item; item++)
		if (g_str_has_prefix(*item, prefix))
			return g_strdup(*item + strlen(prefix));
	return NULL;
}

static gboolean has_item(const char *value, const char *key, const char *wanted)
{
	g_autofree char *seen = item_of(value, key);

	return g_strcmp0(seen, wanted) == 0;
}

static void deviate(GPtrArray *deviations, const char *what, const char *seen,
		    const char *wanted)
{
	g_autofree char *shown = escape_text(seen ? seen : "", -1);

	g_ptr_array_add(deviations,
			g_strdup_printf("QEMU's %s is %s%s%s, '%s' was asked for", what,
					seen ? "'" : "missing", seen ? shown : "",
					seen ? "'" : "", wanted));
}

/* Exactly one `option`, exactly `wanted`. */
static void check_exact(const char *const *argv, const char *option, const char *wanted,
			GPtrArray *deviations)
{
	const char *seen = value_of(argv, option, 0);

	if (g_strcmp0(seen, wanted) != 0)
		deviate(deviations, option, seen, wanted);
	else if (value_of(argv, option, 1))
		g_ptr_array_add(deviations,
				g_strdup_printf("QEMU was given %s twice", option));
}

static void check_item(const char *const *argv, const char *option, const char *key,
		       const char *wanted, GPtrArray *deviations)
{
	g_autofree char *seen = item_of(value_of(argv, option, 0), key);
	g_autofree char *what = g_strdup_printf("%s%s%s", option, *key ? " " : "", key);

	if (g_strcmp0(seen, wanted) != 0)
		deviate(deviations, what, seen, wanted);
}

static void check_accel(const char *const *argv, Accel asked, GPtrArray *deviations)
{
	const char *option = value_of(argv, "-accel", 0);
	g_autofree char *accel = option ? item_of(option, "")
					: item_of(value_of(argv, "-machine", 0), "accel");

	if (g_strcmp0(accel, accel_name(asked)) != 0)
		deviate(deviations, "accelerator", accel, accel_name(asked));
	/* A second one is what QEMU falls back to. */
	if (value_of(argv, "-accel", 1) || value_of(argv, "-enable-kvm", 0))
		g_ptr_array_add(deviations,
				g_strdup("QEMU was given more than one accelerator"));
	if (value_of(argv, "-icount", 0))
		g_ptr_array_add(
		    deviations,
		    g_strdup("QEMU runs with -icount: one thread emulates all "
			     "vCPUs and the guest's time is not real"));
}

/* "-m 512" (MiB), "-m size=524288k" since libvirt 9.1. */
static void check_memory(const char *const *argv, guint64 asked_kib, GPtrArray *deviations)
{
	const char *value = value_of(argv, "-m", 0);
	g_autofree char *plain = item_of(value, "");
	g_autofree char *size = item_of(value, "size");
	Span span = span_of(size ? size : plain ? plain : "");
	guint64 kib = 0;

	if (span_take_number(&span, G_MAXUINT32, &kib) &&
	    (span.at == span.end || strcmp(span.at, "M") == 0))
		kib *= 1024;
	else if (span.at == span.end || strcmp(span.at, "k") != 0)
		kib = 0;
	if (kib != asked_kib) {
		g_autofree char *wanted =
			asked_kib % 1024 == 0
				? g_strdup_printf("%" G_GUINT64_FORMAT, asked_kib / 1024)
				: g_strdup_printf("%" G_GUINT64_FORMAT "k", asked_kib);

		deviate(deviations, "-m", value, wanted);
	}
}

static void check_lock(const char *const *argv, gboolean asked, GPtrArray *deviations)
{
	check_item(argv, "-overcommit", "mem-lock", asked ? "on" : "off", deviations);
}

static void check_vcpus(const char *const *argv, guint asked, GPtrArray *deviations)
{
	g_autofree char *vcpus = g_strdup_printf("%u", asked);

	check_item(argv, "-smp", "", vcpus, deviations);
}

/* Devices that the domain does without. "-device" takes "driver,..." or JSON. */
static void check_devices(const char *const *argv, GPtrArray *deviations)
{
	static const char *const unwanted[] = {"usb-", "xhci", "ehci",
					       "uhci", "ohci", "balloon"};
	const char *value;

	if (value_of(argv, "-usb", 0))
		g_ptr_array_add(deviations, g_strdup("QEMU was given -usb"));
	check_item(argv, "-machine", "usb", "off", deviations);
	for (guint nth = 0; (value = value_of(argv, "-device", nth)); nth++) {
		for (gsize i = 0; i < G_N_ELEMENTS(unwanted); i++) {
			g_autofree char *shown = NULL;

			if (!strstr(value, unwanted[i]))
				continue;
			shown = escape_text(value, -1);
			g_ptr_array_add(deviations,
					g_strdup_printf("QEMU has a device that was not "
							"asked for: %s",
							shown));
			break;
		}
	}
}

static gboolean any_vcpu_shares(const Plan *plan)
{
	for (guint i = 0; i < plan->n_vcpus; i++)
		if (plan->vcpus[i].shares)
			return TRUE;
	return FALSE;
}

/* libvirt 9.0 drops <timer name='tsc' mode='native'/>: the host's CPU model without
 * migratable is what gives the guest its TSC, and that is looked at. */
static void check_kvm(const char *const *argv, const VmSpec *spec, GPtrArray *deviations)
{
	check_item(argv, "-cpu", "", "host", deviations);
	check_item(argv, "-cpu", "migratable", "off", deviations);
	check_item(argv, "-cpu", "pmu", "off", deviations);
	check_item(argv, "-cpu", "host-cache-info", "on", deviations);
	if (!any_vcpu_shares(spec->plan))
		check_item(argv, "-cpu", "kvm-hint-dedicated", "on", deviations);
	if (!value_of(argv, "-no-hpet", 0) &&
	    !has_item(value_of(argv, "-machine", 0), "hpet", "off"))
		deviate(deviations, "-machine hpet", NULL, "off");
}

void argv_check(const char *const *argv, const VmSpec *spec, GPtrArray *deviations)
{
	if (spec->emulator && g_strcmp0(argv[0], spec->emulator) != 0)
		deviate(deviations, "program", argv[0], spec->emulator);
	check_accel(argv, spec->accel, deviations);
	check_exact(argv, "-kernel", spec->kernel, deviations);
	check_exact(argv, "-initrd", spec->initrd, deviations);
	check_exact(argv, "-append", spec->cmdline, deviations);
	check_vcpus(argv, spec->plan->n_vcpus, deviations);
	check_memory(argv, (guint64)spec->memory_mib * 1024, deviations);
	check_lock(argv, spec->lock_memory, deviations);
	check_item(argv, "-machine", "mem-merge", "off", deviations);
	check_devices(argv, deviations);
	if (spec->accel == ACCEL_KVM)
		check_kvm(argv, spec, deviations);
}

/* "-object" takes "iothread,id=..." or JSON, which libvirt writes without blanks. */
static guint count_iothreads(const char *const *argv)
{
	const char *value;
	guint count = 0;

	for (guint nth = 0; (value = value_of(argv, "-object", nth)); nth++)
		count += g_str_has_prefix(value, "iothread,") ||
			 strstr(value, "\"qom-type\":\"iothread\"") != NULL;
	return count;
}

void argv_check_asked(const char *const *argv, const ArgvAsked *asked, GPtrArray *deviations)
{
	guint iothreads = count_iothreads(argv);

	check_accel(argv, asked->accel, deviations);
	check_vcpus(argv, asked->n_vcpus, deviations);
	if (asked->memory_kib != 0)
		check_memory(argv, asked->memory_kib, deviations);
	check_lock(argv, asked->lock_memory, deviations);
	if (asked->kernel) {
		check_exact(argv, "-kernel", asked->kernel, deviations);
		check_exact(argv, "-initrd", asked->initrd, deviations);
		check_exact(argv, "-append", asked->cmdline, deviations);
	}
	if (iothreads != asked->iothreads)
		g_ptr_array_add(deviations,
				g_strdup_printf("QEMU was given %u IOThreads, %u were asked for",
						iothreads, asked->iothreads));
}

gboolean vm_check_argv(const Vm *vm, const Root *live, const VmSpec *spec,
		       GPtrArray *deviations, GError **error)
{
	g_auto(GStrv) argv = proc_argv(live, vm->pid, error);

	if (!argv)
		return FALSE;
	if (!argv[0])
		return lathe_error(error, LATHE_ERROR_ENVIRONMENT,
				   "QEMU process %d has ended", vm->pid);
	argv_check((const char *const *)argv, spec, deviations);
	return TRUE;
}
