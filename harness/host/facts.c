/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "facts.h"

#include <string.h>

#include "number.h"

#define CLOCKSOURCE "sys/devices/system/clocksource/clocksource0/current_clocksource"

const char *const facts_files[] = {
	"proc/sys/kernel/osrelease",
	"proc/sys/kernel/version",
	"proc/sys/kernel/hostname",
	"proc/cmdline",
	"proc/cpuinfo",
	"proc/interrupts",
	"proc/meminfo",
	"proc/uptime",
	"proc/loadavg",
	"sys/kernel/realtime",
	CLOCKSOURCE,
	"sys/devices/system/clocksource/clocksource0/available_clocksource",
	"sys/devices/system/cpu/online",
	"sys/devices/system/cpu/present",
	"sys/devices/system/cpu/isolated",
	"sys/devices/system/cpu/nohz_full",
	"sys/devices/system/cpu/smt/active",
	"sys/devices/system/cpu/vulnerabilities/*",
	"sys/devices/system/cpu/cpu*/cpufreq/scaling_governor",
	"sys/devices/system/cpu/cpu*/thermal_throttle/core_throttle_count",
	"sys/devices/system/cpu/cpu*/thermal_throttle/package_throttle_count",
	"sys/kernel/mm/ksm/run",
	"sys/kernel/mm/transparent_hugepage/enabled",
	"proc/sys/kernel/sched_rt_runtime_us",
	"proc/sys/kernel/numa_balancing",
	NULL,
};

const char *known_name(Known known)
{
	static const char *const names[] = {
		[KNOWN_NO] = "no", [KNOWN_YES] = "yes", [UNKNOWN] = "unknown"};

	return names[known];
}

static char *line_of(const Root *root, const char *path)
{
	char *text = NULL;

	root_read_line(root, path, &text, NULL, NULL);
	return text;
}

/* sysfs' word counts; a kernel without that file (mainline since 6.12) names itself in its
 * version. A file that holds neither 0 nor 1 says nothing. */
static Known read_realtime(const Root *root, const char *version)
{
	g_autofree char *flag = line_of(root, "sys/kernel/realtime");

	if (flag && strcmp(flag, "1") == 0)
		return KNOWN_YES;
	if (flag && strcmp(flag, "0") == 0)
		return KNOWN_NO;
	if (flag || !version)
		return UNKNOWN;
	/* A word of its own: a kernel's flavour name must not make it real-time. */
	g_auto(GStrv) words = g_strsplit(version, " ", -1);
	return g_strv_contains((const char *const *)words, "PREEMPT_RT") ? KNOWN_YES : KNOWN_NO;
}

static gboolean read_cpus(const Root *root, const char *path, Cpuset *ret)
{
	g_autofree char *text = NULL;

	return root_read(root, path, &text, NULL, NULL, NULL) &&
	       cpulist_parse_kernel(text, CPUSET_CPUS, ret, NULL);
}

/* The value of "key : value" of the first CPU. */
static char *cpuinfo_value(const char *cpuinfo, const char *key)
{
	Span span = span_of(cpuinfo);
	Span line;

	while (span_take_line(&span, &line)) {
		if (!span_take_literal(&line, key))
			continue;
		span_skip_blanks(&line);
		if (!span_take_literal(&line, ":"))
			continue;
		span_skip_blanks(&line);
		return span_dup(line);
	}
	return NULL;
}

Facts *facts_read(const Root *root)
{
	Facts *facts = g_new0(Facts, 1);
	g_autofree char *cpuinfo = NULL;

	facts->kernel_release = line_of(root, "proc/sys/kernel/osrelease");
	facts->kernel_version = line_of(root, "proc/sys/kernel/version");
	facts->hostname = line_of(root, "proc/sys/kernel/hostname");
	facts->cmdline = line_of(root, "proc/cmdline");
	facts->clocksource = line_of(root, CLOCKSOURCE);
	facts->realtime = read_realtime(root, facts->kernel_version);
	facts->online_known = read_cpus(root, "sys/devices/system/cpu/online", &facts->online);
	facts->isolated_known =
		read_cpus(root, "sys/devices/system/cpu/isolated", &facts->isolated);
	if (root_read(root, "proc/cpuinfo", &cpuinfo, NULL, NULL, NULL)) {
		facts->cpu_model = cpuinfo_value(cpuinfo, "model name");
		facts->cpu_vendor = cpuinfo_value(cpuinfo, "vendor_id");
	}
	return facts;
}

void facts_free(Facts *facts)
{
	if (!facts)
		return;
	g_free(facts->kernel_release);
	g_free(facts->kernel_version);
	g_free(facts->hostname);
	g_free(facts->cpu_model);
	g_free(facts->cmdline);
	g_free(facts->clocksource);
	g_free(facts->cpu_vendor);
	g_free(facts);
}

static gboolean add_count(const Root *root, const char *cpu, const char *file, guint64 *sum)
{
	g_autofree char *path = g_strdup_printf(
		"sys/devices/system/cpu/%s/thermal_throttle/%s", cpu, file);
	g_autofree char *text = line_of(root, path);
	guint64 count;

	if (!text || !number_parse(text, 0, G_MAXUINT64, &count, NULL))
		return FALSE;
	*sum += count;
	return TRUE;
}

gboolean facts_throttle_count(const Root *root, guint64 *ret)
{
	g_autoptr(GPtrArray) names = root_list(root, "sys/devices/system/cpu", NULL);
	gboolean any = FALSE;
	guint64 sum = 0;

	for (guint i = 0; names && i < names->len; i++) {
		const char *name = names->pdata[i];

		if (!g_str_has_prefix(name, "cpu") || !g_ascii_isdigit(name[3]))
			continue;
		any |= add_count(root, name, "core_throttle_count", &sum);
		any |= add_count(root, name, "package_throttle_count", &sum);
	}
	if (any)
		*ret = sum;
	return any;
}
