/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What QEMU was given: libvirt drops some elements of the XML without a word. The bundle keeps
 * the arguments one a line.
 */
#include <string.h>

#include "domain_values.h"
#include "judge.h"
#include "rows.h"

static const char *const argv_files[] = {"qemu.argv", "domain-live.xml", NULL};

/* NULL, and the finding concluded, when the arguments cannot be read or are none of QEMU's. */
static char **arguments_of(const Knob *knob, KnobView *view, Finding *finding)
{
	int errnum = 0;
	const char *text = knob_view_read(view, "qemu.argv", &errnum);
	g_auto(GStrv) argv = text ? g_strsplit(text, "\n", -1) : NULL;

	if (argv && g_strv_contains((const char *const *)argv, "-machine"))
		return g_steal_pointer(&argv);
	knob_conclude(knob, finding, MATCH_ODD, "qemu.argv: %s",
		      text ? "these are no arguments of QEMU" : g_strerror(errnum));
	return NULL;
}

/* The value behind an option, of its last occurrence; NULL when it is not there. */
static const char *value_of(char **argv, const char *option)
{
	const char *value = NULL;

	for (; *argv; argv++)
		if (strcmp(*argv, option) == 0 && argv[1])
			value = argv[1];
	return value;
}

/* Whether "a=b,c=d" has the item. Of two with the same name QEMU takes the last. */
static gboolean has_item(const char *value, const char *item)
{
	g_auto(GStrv) items = g_strsplit(value ? value : "", ",", -1);
	gsize name = strcspn(item, "=") + (strchr(item, '=') ? 1 : 0);
	gboolean has = FALSE;

	for (char **one = items; *one; one++)
		if (strncmp(*one, item, name) == 0 && (item[name] || (*one)[name] == '\0'))
			has = strcmp(*one, item) == 0;
	return has;
}

static void conclude_item(const Knob *knob, Finding *finding, char **argv, const char *option,
			  const char *item)
{
	const char *value = value_of(argv, option);

	finding_add_evidence(finding, g_strdup_printf("qemu.argv %s", option),
			     g_strdup(value ? value : "not given"), g_strdup(item));
	if (has_item(value, item))
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
	else
		knob_conclude(knob, finding, MATCH_BROKEN, "QEMU was started with %s %s, without %s",
			      value ? option : "no", value ? value : option, item);
}

/* `path` is the option, `text` the item of its value. */
static void judge_item(const Knob *knob, KnobView *view, Finding *finding)
{
	g_auto(GStrv) argv = arguments_of(knob, view, finding);

	if (argv)
		conclude_item(knob, finding, argv, knob->path, knob->text);
}

static void judge_accel(const Knob *knob, KnobView *view, Finding *finding)
{
	g_auto(GStrv) argv = arguments_of(knob, view, finding);
	g_autoptr(GPtrArray) types =
		argv ? domain_values_or_unknown(knob, view, finding, "string(/domain/@type)") : NULL;
	const char *type = types ? types->pdata[0] : NULL;

	if (!type)
		return;
	if (strcmp(type, "kvm") == 0 || strcmp(type, "qemu") == 0)
		conclude_item(knob, finding, argv, "-accel",
			      strcmp(type, "kvm") == 0 ? "kvm" : "tcg");
	else
		knob_conclude(knob, finding, MATCH_ODD,
			      "the domain's type is not in domain-live.xml");
}

static void judge_icount(const Knob *knob, KnobView *view, Finding *finding)
{
	g_auto(GStrv) argv = arguments_of(knob, view, finding);
	const char *icount = argv ? value_of(argv, "-icount") : NULL;

	if (!argv)
		return;
	finding_add_evidence(finding, g_strdup("qemu.argv -icount"),
			     g_strdup(icount ? icount : "not given"), g_strdup("not given"));
	if (icount)
		knob_conclude(knob, finding, MATCH_BROKEN,
			      "QEMU was started with -icount %s: all vCPUs are one thread", icount);
	else
		knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
}

static void judge_balloon(const Knob *knob, KnobView *view, Finding *finding)
{
	g_auto(GStrv) argv = arguments_of(knob, view, finding);

	if (!argv)
		return;
	for (char **arg = argv; *arg; arg++)
		if (strstr(*arg, "virtio-balloon")) {
			finding_add_evidence(finding, g_strdup("qemu.argv -device"),
					     g_strdup(*arg), g_strdup("none"));
			knob_conclude(knob, finding, MATCH_BROKEN,
				      "QEMU has a balloon device: %s", *arg);
			return;
		}
	finding_add_evidence(finding, g_strdup("qemu.argv -device"), g_strdup("no balloon"),
			     g_strdup("none"));
	knob_conclude(knob, finding, MATCH_HOLDS, "%s", "");
}

static void judge_cpu(const Knob *knob, KnobView *view, Finding *finding)
{
	g_auto(GStrv) argv = arguments_of(knob, view, finding);
	g_autoptr(GPtrArray) modes =
		argv ? domain_values_or_unknown(knob, view, finding, "string(/domain/cpu/@mode)")
		     : NULL;

	if (!modes)
		return;
	if (strcmp(modes->pdata[0], "host-passthrough") == 0)
		conclude_item(knob, finding, argv, "-cpu", "host");
	else
		knob_conclude(knob, finding, MATCH_IRRELEVANT,
			      "the domain does not ask for host-passthrough");
}

/* clang-format off */
#define ARGV_ROW                                                                             \
	.scopes = SCOPE_VM, .when = WHEN_VM_RESTART, .place = PLACE_COMPUTED,                \
	.reads = argv_files

const Knob knob_rows_argv[] = {
	{
		.id	= "argv.mem_lock",
		.title	= "QEMU was told to lock its memory",
		.why	= "libvirt drops <locked/> where it may not raise the limit, and the "
			  "guest's pages can be swapped out",
		.source	= "host and QEMU tuning notes (-realtime mlock=on, which QEMU calls "
			  "-overcommit mem-lock=on today)",
		.remedy	= "add <memoryBacking><locked/></memoryBacking>",
		ARGV_ROW, .severity = SEVERITY_HIGH, .judge = judge_item,
		.path	= "-overcommit", .text = "mem-lock=on",
	},
	{
		.id	= "argv.mem_merge",
		.title	= "QEMU was told that its memory is not to be merged",
		.why	= "KSM merges what madvise(2) offers it, and a write to a merged page faults",
		.source	= "libvirt kbase kvm-realtime (nosharepages); Virt-RT guide 3.2.1 (ksm)",
		.remedy	= "add <memoryBacking><nosharepages/></memoryBacking>",
		ARGV_ROW, .severity = SEVERITY_MEDIUM, .judge = judge_item,
		.path	= "-machine", .text = "mem-merge=off",
	},
	{
		.id	= "argv.accel",
		.title	= "QEMU runs with the accelerator that the domain names",
		.why	= "an emulated guest's latencies are the emulator's",
		.source	= "Virt-RT guide 1.1; QEMU's manual, -accel",
		.remedy	= "set <domain type='kvm'> and see what the row kvm.proven says",
		ARGV_ROW, .severity = SEVERITY_FATAL, .judge = judge_accel,
	},
	{
		.id	= "argv.icount",
		.title	= "QEMU does not count instructions",
		.why	= "with -icount all vCPUs are one thread, and time is virtual",
		.source	= "QEMU's manual, -icount",
		.remedy	= "remove -icount from <qemu:commandline>",
		ARGV_ROW, .severity = SEVERITY_FATAL, .judge = judge_icount,
	},
	{
		.id	= "argv.thread_names",
		.title	= "QEMU names its threads",
		.why	= "without debug-threads nobody can tell vCPUs from workers",
		.source	= "KVM-RT guide (Understanding QEMU/KVM Threads); QEMU's manual, -name",
		.remedy	= "start the VM with libvirt, or add -name NAME,debug-threads=on",
		ARGV_ROW, .severity = SEVERITY_MEDIUM, .judge = judge_item,
		.path	= "-name", .text = "debug-threads=on",
	},
	{
		.id	= "argv.balloon",
		.title	= "QEMU has no balloon device",
		.why	= "a balloon takes pages from the guest and gives them back by faults",
		.source	= "host and QEMU tuning notes (-balloon none, which QEMU no longer knows)",
		.remedy	= "set <memballoon model='none'/> in the domain",
		ARGV_ROW, .severity = SEVERITY_HIGH, .judge = judge_balloon,
	},
	{
		.id	= "argv.cpu",
		.title	= "QEMU passes the host's CPU through",
		.why	= "what the XML asks for is an intent",
		.source	= "ServoBox RT settings 13",
		.remedy	= "set <cpu mode='host-passthrough' migratable='off'>",
		ARGV_ROW, .severity = SEVERITY_HIGH, .judge = judge_cpu,
	},
	{.id = NULL},
};
