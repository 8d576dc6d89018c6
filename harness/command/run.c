/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "machine_vms.h"
#include "number.h"
#include "qualify.h"
#include "report.h"

static const Option options[] = {
	{"output", 'o', "DIR", FALSE, "put the bundle below DIR (default: lathe-runs)"},
	{"duration", 'd', "TIME", FALSE,
	 "measure every stage for TIME, 1s to 720h (default: the profile's)"},
	{"set", 's', "KEY=VALUE", TRUE,
	 "override a profile key (interval, limit, vcpus ...); recorded in the bundle"},
	{"cpus", 'c', "LIST", FALSE,
	 "host CPUs for vCPUs, such as 2-5 (default: isolated ones, else the highest)"},
	{"no-tune", 0, NULL, FALSE,
	 "leave the host as it is (default: tuned for the run's CPUs, and put back after)"},
	{"accel", 0, "kvm|tcg|auto", FALSE,
	 "auto (the default) takes KVM when it is proven to work, else TCG"},
	{"connect", 0, "URI", FALSE,
	 "libvirt connection on this machine, such as qemu:///system, the default with --vm "
	 "(embedded: libvirt's QEMU driver inside lathe, the default without)"},
	{"vm", 0, "NAME[,NAME...]", TRUE,
	 "qualify these configured VMs, together, instead of the guest that lathe builds: those with "
	 "rt = yes are measured, others run beside"},
	{"config", 0, "FILE", FALSE, "where they are configured (default: " MACHINE_VMS_CONFIG ")"},
	{"kernel", 0, "VMLINUZ", FALSE,
	 "guest kernel (default: the distribution's RT kernel package, downloaded)"},
	{"modules", 0, "DIR", FALSE, "its lib/modules/RELEASE directory; goes with --kernel"},
	{"format", 0, "text|json", FALSE,
	 "what standard output gets: the report (the default), or the run.json document"},
	{"boot-timeout", 0, "TIME", FALSE,
	 "how long the guest may take until its agent speaks, 1s to 1h (default: 120s)"},
	{NULL},
};

static gboolean override(Profile *profile, const Arguments *arguments, GError **error)
{
	const char *duration = arguments_value(arguments, "duration");
	const char *const *set = arguments_values(arguments, "set");

	if (duration && !profile_override(profile, "duration", duration, error))
		return FALSE;
	for (; *set; set++) {
		g_auto(GStrv) pair = g_strsplit(*set, "=", 2);

		if (g_strv_length(pair) != 2)
			return lathe_error(error, LATHE_ERROR_USAGE,
					   "--set '%s' is not of the form KEY=VALUE", *set);
		if (!profile_override(profile, g_strstrip(pair[0]), g_strstrip(pair[1]), error))
			return FALSE;
	}
	return TRUE;
}

static gboolean parse_accel(const char *text, AccelChoice *ret, GError **error)
{
	static const char *const names[] = {
		[ACCEL_CHOICE_AUTO] = "auto", [ACCEL_CHOICE_KVM] = "kvm", [ACCEL_CHOICE_TCG] = "tcg"};

	if (!text)
		return TRUE;
	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		if (strcmp(text, names[i]) == 0) {
			*ret = (AccelChoice)i;
			return TRUE;
		}
	}
	return lathe_error(error, LATHE_ERROR_USAGE, "--accel '%s' is not kvm, tcg or auto", text);
}

/* What is chosen for the built guest is configured for the others. */
static gboolean fill_vms(QualifyOptions *to, const Arguments *arguments, GError **error)
{
	static const char *const of_built[] = {"cpus", "kernel", "modules"};
	const char *const *names = arguments_values(arguments, "vm");
	const char *config = arguments_value(arguments, "config");

	if (!*names) {
		/* The embedded one is what it means without. */
		if (g_strcmp0(to->connect, "embedded") == 0)
			to->connect = NULL;
		return !config || lathe_error(error, LATHE_ERROR_USAGE, "--config goes with --vm");
	}
	for (gsize i = 0; i < G_N_ELEMENTS(of_built); i++)
		if (arguments_value(arguments, of_built[i]))
			return lathe_error(error, LATHE_ERROR_USAGE,
					   "--%s is for the guest that lathe builds: of a configured "
					   "VM its configuration says it", of_built[i]);
	to->vms = names;
	to->config = config ? config : MACHINE_VMS_CONFIG;
	return TRUE;
}

static gboolean fill_options(QualifyOptions *to, const Arguments *arguments, Cpuset *cpus,
			     GError **error)
{
	const char *list = arguments_value(arguments, "cpus");
	const char *timeout = arguments_value(arguments, "boot-timeout");
	guint64 timeout_ns = QUALIFY_BOOT_TIMEOUT_S * G_GUINT64_CONSTANT(1000000000);

	to->connect = arguments_value(arguments, "connect");
	if (!fill_vms(to, arguments, error))
		return FALSE;
	to->kernel = arguments_value(arguments, "kernel");
	to->modules = arguments_value(arguments, "modules");
	to->no_tune = arguments_flag(arguments, "no-tune");
	to->output = arguments_value(arguments, "output");
	if (!to->output)
		to->output = "lathe-runs";
	if (!to->kernel != !to->modules)
		return own_kernel_incomplete(error);
	if (list && !cpulist_parse(list, CPUSET_CPUS, cpus, error)) {
		g_prefix_error(error, "--cpus: ");
		return FALSE;
	}
	if (list)
		to->cpus = cpus;
	if (timeout && !duration_parse(timeout, 1000000000, 3600 * G_GUINT64_CONSTANT(1000000000),
				       &timeout_ns, error)) {
		g_prefix_error(error, "--boot-timeout: ");
		return FALSE;
	}
	to->boot_timeout_s = (guint)(timeout_ns / 1000000000);
	return parse_accel(arguments_value(arguments, "accel"), &to->accel, error);
}

static const ReportFormat *parse_format(const Arguments *arguments, GError **error)
{
	const char *name = arguments_value(arguments, "format");
	const ReportFormat *format = report_find(name ? name : "text");

	if (!format)
		lathe_error(error, LATHE_ERROR_USAGE, "--format '%s' is not text or json", name);
	return format;
}

/* A program that reads the document finds the bundle where --output said; a reader of the
 * report is told. */
static gboolean print_report(const ReportFormat *format, const Run *run, const char *bundle,
			     GError **error)
{
	g_autofree char *text = format->write(bundle, run, colour_wanted(), error);

	if (!text)
		return FALSE;
	fputs(text, stdout);
	if (format == report_find("text"))
		printf("\nBundle: %s\n", bundle);
	else
		fprintf(stderr, "lathe: bundle: %s\n", bundle);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return TRUE;
	lathe_error_errno(error, errno, "write the report to standard output");
	lathe_error_hint(error, "the bundle is complete: %s", bundle);
	return FALSE;
}

static int run(const CommandContext *context, const Arguments *arguments, GError **error)
{
	const char *name = arguments_positional(arguments)[0];
	QualifyOptions to = {
		.state = context->state,
		.agent = context->agent,
		.lathe_version = LATHE_VERSION,
	};
	g_autoptr(Profile) profile =
		profile_load(name ? name : "smoke", context->profile_directories, error);
	g_autoptr(Run) result = NULL;
	const ReportFormat *format;
	g_autofree char *bundle = NULL;
	Cpuset cpus;

	if (!profile || !override(profile, arguments, error) ||
	    !fill_options(&to, arguments, &cpus, error))
		return -1;
	format = parse_format(arguments, error);
	if (!format)
		return -1;
	to.profile = profile;
	if (!qualify(&to, &result, &bundle, error) || !print_report(format, result, bundle, error))
		return -1;
	return result_exit_status(result->verdict.result);
}

const Command command_run = {
	.name = "run",
	.summary = "boot a real-time VM, measure it under load, judge it, leave a bundle",
	.arguments = "[PROFILE]",
	.arguments_max = 1,
	.description =
		"PROFILE is a name (smoke, virt-rt, or one of yours below /etc/lathe/profiles) or a\n"
		"path to an INI file; the default is smoke. The report goes to standard output,\n"
		"progress to standard error. Ctrl-C ends the measurement, keeps what was measured\n"
		"and takes everything down.\n"
		"\n"
		"With --vm it qualifies configured VMs (lathe vm): each RT one boots its `kernel` with\n"
		"lathe's own initramfs, as a transient domain on top of its definition, which stays as\n"
		"it is. All of them are measured at the same time.\n",
	.options = options,
	.needs = NEEDS_ROOT,
	.run = run,
};
