/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "html.h"

#include <string.h>

#include "bundle.h"
#include "bundle_files.h"
#include "html_tree.h"

static void machine(xmlNode *parent, const char *title, const RunMachine *machine,
		    const Run *guest_of)
{
	xmlNode *column = html_add(parent, "div", NULL);
	xmlNode *facts;

	html_say(column, "h3", NULL, title);
	facts = html_facts(column);
	html_fact(facts, "name", guest_of ? machine->name : machine->hostname);
	html_fact(facts, "UUID", machine->uuid);
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
	if (guest_of) {
		html_fact(facts, "memory locked", guest_of->memory_locked);
		html_fact(facts, "libvirt", guest_of->connection);
	}
}

void html_machines(xmlNode *main, const char *directory, const Run *run)
{
	xmlNode *section = html_section(main, "machines", "Host and guest");
	xmlNode *two = html_add(section, "div", "two");

	(void)directory;
	machine(two, "Host", &run->host, NULL);
	machine(two, "Guest", &run->guest, run);
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
	html_fact(facts, "agent", run->versions.agent);
	html_fact(facts, "libvirt", run->versions.libvirt);
	html_fact(facts, "QEMU", run->versions.qemu);
	html_fact(facts, "measuring tool", run->versions.tool);
	html_fact(facts, "guest kernel", run->versions.guest_kernel);
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
