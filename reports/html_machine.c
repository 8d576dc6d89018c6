/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "html.h"

#include <string.h>

#include "bundle.h"
#include "bundle_files.h"
#include "html_tree.h"
#include "text.h"

static void machine_facts(xmlNode *facts, const RunMachine *machine)
{
	html_fact(facts, "CPU", machine->cpu_model);
	if (machine->cpus_online)
		html_factf(facts, "CPUs online", "%u", machine->cpus_online);
	else
		html_fact(facts, "CPUs online", NULL);
	html_fact(facts, "isolated CPUs",
		  machine->isolated && !*machine->isolated ? "none" : machine->isolated);
	html_fact(facts, "kernel", machine->kernel_release);
	html_fact(facts, "version", machine->kernel_version);
	html_fact(facts, "real-time kernel", machine->realtime);
	html_fact(facts, "clocksource", machine->clocksource);
	html_fact(facts, "command line", machine->cmdline);
}

static void host(xmlNode *parent, const Run *run)
{
	xmlNode *column = html_add(parent, "div", NULL);
	xmlNode *facts;

	html_say(column, "h3", NULL, "Host");
	facts = html_facts(column);
	html_fact(facts, "name", run->host.hostname);
	machine_facts(facts, &run->host);
}

static void guest(xmlNode *parent, const Run *run, const RunVm *vm)
{
	xmlNode *column = html_add(parent, "div", NULL);
	g_autofree char *whose = text_of_vm(run, vm);
	xmlNode *facts;

	html_sayf(column, "h3", NULL, "Guest%s", whose);
	facts = html_facts(column);
	html_fact(facts, "name", vm->name);
	if (vm->uuid)
		html_fact(facts, "UUID", vm->uuid);
	if (vm->rt)
		machine_facts(facts, &vm->guest);
	else
		html_fact(facts, "real-time", "no: it ran beside, and was not measured");
	html_fact(facts, "memory locked", vm->memory_locked);
	if (vm->rt)
		html_fact(facts, "agent", vm->agent);
	html_fact(facts, "libvirt", run->connection);
}

void html_machines(xmlNode *main, const char *directory, const Run *run)
{
	xmlNode *section = html_section(main, "machines", run->vms->len > 1 ? "Host and guests"
									     : "Host and guest");
	xmlNode *two = html_add(section, "div", "two");

	(void)directory;
	host(two, run);
	for (guint i = 0; i < run->vms->len; i++)
		guest(two, run, run->vms->pdata[i]);
}

static void duration(xmlNode *facts, const char *name, gint64 ms)
{
	if (ms < 0)
		html_fact(facts, name, "not reached");
	else
		html_factf(facts, name, "%" G_GINT64_FORMAT ".%03d s", ms / 1000,
			   (int)(ms % 1000));
}

static void profile(xmlNode *parent, const Run *run)
{
	g_autofree char *overrides =
		run->profile.overrides ? g_strjoinv("; ", run->profile.overrides) : NULL;
	xmlNode *facts;

	html_say(parent, "h3", NULL, "Profile and timing");
	facts = html_facts(parent);
	html_fact(facts, "profile", run->profile.name);
	html_fact(facts, "changed by", overrides && *overrides ? overrides : "nothing");
	html_fact(facts, "its SHA-256", run->profile.sha256);
	duration(facts, "guest image", run->timing.image_ms);
	duration(facts, "boot", run->timing.boot_ms);
	duration(facts, "start to first sample", run->timing.start_to_first_sample_ms);
	duration(facts, "whole run", run->timing.total_ms);
}

void html_versions(xmlNode *main, const char *directory, const Run *run)
{
	xmlNode *section = html_section(main, "versions", "Versions");
	xmlNode *two = html_add(section, "div", "two");
	xmlNode *column = html_add(two, "div", NULL);
	xmlNode *facts;

	(void)directory;
	html_say(column, "h3", NULL, "Parts");
	facts = html_facts(column);
	html_fact(facts, "lathe", run->versions.lathe);
	html_fact(facts, "libvirt", run->versions.libvirt);
	html_fact(facts, "QEMU", run->versions.qemu);
	html_fact(facts, "measuring tool", run->versions.tool);
	html_fact(facts, "host kernel", run->versions.host_kernel);
	profile(html_add(two, "div", NULL), run);
}

/* The reports and the list of sums are made after what they speak of. */
static gboolean is_evidence(const char *name)
{
	return !g_str_has_prefix(name, "report.") && strcmp(name, BUNDLE_SUMS) != 0;
}

/* Trees of /proc and /sys: many, and small. */
static gboolean is_captured(const char *name)
{
	return strstr(name, "/proc/") != NULL || strstr(name, "/sys/") != NULL;
}

static void file_row(HtmlTable *table, const char *directory, const char *name)
{
	g_autofree char *sum = bundle_sha256(directory, name, NULL);

	html_cell(table, name);
	xmlSetProp(html_cell(table, sum ?: "cannot be read"), (const xmlChar *)"class",
		   (const xmlChar *)"code sum");
}

static void file_table(xmlNode *parent, const char *directory, const GPtrArray *names,
			gboolean captured)
{
	HtmlTable table = html_table(parent, "ll", "file", "SHA-256");

	for (guint i = 0; i < names->len; i++) {
		if (!is_evidence(names->pdata[i]) ||
		    is_captured(names->pdata[i]) != captured)
			continue;
		file_row(&table, directory, names->pdata[i]);
	}
}

void html_files(xmlNode *main, const char *directory, const Run *run)
{
	xmlNode *section = html_section(main, "files", "Files of this bundle");
	g_autoptr(GPtrArray) names = bundle_list(directory, NULL);
	xmlNode *details;

	(void)run;
	if (!names) {
		html_say(section, "p", NULL, "They cannot be listed.");
		return;
	}
	html_say(section, "p", "soft",
		 "SHA256SUMS lists all of them; 'sha256sum -c SHA256SUMS' verifies it.");
	file_table(section, directory, names, FALSE);
	details = html_add(section, "details", NULL);
	html_say(details, "summary", NULL, "Files captured from /proc and /sys");
	file_table(details, directory, names, TRUE);
}
