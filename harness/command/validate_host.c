/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "error.h"
#include "findings.h"
#include "judge.h"
#include "knob_list.h"
#include "machine.h"
#include "machine_vms.h"
#include "propose.h"
#include "rows.h"
#include "vm_findings.h"
#include "watch.h"

static const Option options[] = {
	{"cpus", 'c', "LIST", FALSE,
	 "CPUs meant for vCPUs, such as 2-5 (default: those that the kernel isolates)"},
	MACHINE_VMS_OPTIONS("judge for the CPUs of these real-time VMs' vCPUs, and by the rules of "
			    "configured VMs"),
	{"root", 'r', "DIR|FILE", FALSE,
	 "judge the captured machine there: a capture, an sosreport, a must-gather node, as a "
	 "directory or a tar archive (default: this one)"},
	{"scope", 0, "host|guest|vm", FALSE,
	 "what the captured tree is of (default: host)"},
	{"format", 'f', "text|json|junit|tap|markdown", FALSE,
	 "what standard output gets (default: text)"},
	{"all", 'a', NULL, FALSE, "text and markdown: also the rows that pass or do not apply"},
	{"only", 0, "GLOB", TRUE, "only rows whose id matches, such as 'irq.*'"},
	{"skip", 0, "GLOB", TRUE, "leave out rows whose id matches"},
	{"severity", 0, "info|low|medium|high|fatal", FALSE,
	 "leave out rows of a lower severity (default: info)"},
	{"choose", 0, "ID=VALUE", TRUE,
	 "of a row on which sources disagree: judge by this value"},
	{"watch", 'w', "TIME", FALSE,
	 "do not judge: count for TIME (10s, or 10), 1s to 1h, what happens on those CPUs"},
	{"list", 'l', NULL, FALSE, "list the rows instead of judging (also --format json)"},
	{"explain", 'e', "ID", FALSE, "tell all about one row"},
	{NULL},
};

static gboolean parse_scope(const Arguments *arguments, KnobScope *ret, GError **error)
{
	const char *scope = arguments_value(arguments, "scope");
	static const KnobScope scopes[] = {SCOPE_HOST, SCOPE_VM, SCOPE_GUEST};

	*ret = SCOPE_HOST;
	if (!scope)
		return TRUE;
	for (guint i = 0; i < G_N_ELEMENTS(scopes); i++)
		if (strcmp(scope, knob_scope_name(scopes[i])) == 0) {
			*ret = scopes[i];
			return TRUE;
		}
	return lathe_error(error, LATHE_ERROR_USAGE, "--scope '%s' is not host, guest or vm",
			   scope);
}

static void note_proposal(KnobView *view, GPtrArray *notes)
{
	const Topology *topology = knob_view_topology(view, NULL);
	guint most = topology ? proposal_most_vcpus(topology, NULL, PROPOSAL_ANY_NODE, NULL) : 0;
	g_autoptr(Proposal) proposal =
		most >= PLAN_VCPUS_MIN
			? proposal_new(topology, NULL, MIN(most, 4), PROPOSAL_ANY_NODE, NULL)
			: NULL;

	g_ptr_array_add(notes,
			g_strdup_printf("No CPU is given, and %s: rows about CPUs for vCPUs "
					"cannot be judged.",
					knob_view_isolated_known(view)
						? "the kernel isolates none"
						: "nothing tells which ones the kernel isolates"));
	if (proposal) {
		g_autofree char *cmdline = proposal_host_cmdline(proposal);
		g_autofree char *cpus = cpulist_format(&proposal->vcpu_cpus);

		g_ptr_array_add(notes,
				g_strdup_printf("For %u vCPUs lathe would reserve CPUs %s: boot with "
						"'%s' (see `lathe plan`), or judge for them now "
						"with --cpus %s.",
						proposal->n_vcpus, cpus, cmdline, cpus));
	} else {
		g_ptr_array_add(notes, g_strdup("No CPUs can be proposed by the KVM-RT rules "
						"here; `lathe plan --vcpus 2` says why."));
	}
}

static const char *planned_from(KnobView *view, const Arguments *arguments)
{
	if (knob_view_planned_given(view))
		return arguments_flag(arguments, "cpus") ? "given" : "of the configured VMs";
	if (!knob_view_isolated_known(view))
		return "nobody said, and the kernel's isolated CPUs cannot be read";
	return cpuset_count(knob_view_isolated(view)) > 0 ? "isolated by the kernel"
							  : "nobody said";
}

/* A finding is let through as a row of the table would be. */
static gboolean is_selected(const Finding *finding, const KnobSelection *selection)
{
	const Knob as_row = {.id = finding->id, .severity = finding->severity};

	return knob_selected(selection, &as_row);
}

/* The rules of configured VMs, behind the rows of the table. */
static void add_vms(GPtrArray *findings, const MachineVms *vms, const KnobSelection *selection)
{
	g_autoptr(GPtrArray) breaches = vm_rules_check(&vms->scene);
	g_autoptr(GPtrArray) all = vm_rules_findings(&vms->scene, breaches);

	for (guint i = 0; i < all->len; i++)
		if (is_selected(all->pdata[i], selection)) {
			g_ptr_array_add(findings, all->pdata[i]);
			all->pdata[i] = NULL;
		}
}

/* vms: NULL: none is configured. */
static FindingSet *judge(const Arguments *arguments, KnobView *view, const MachineVms *vms,
			 const KnobSelection *selection)
{
	const char *root = arguments_value(arguments, "root");
	GPtrArray *findings = knob_judge_all(view, selection);
	FindingSet *set;

	if (vms)
		add_vms(findings, vms, selection);
	set = finding_set_new(findings);
	set->lathe = g_strdup(LATHE_VERSION);
	set->root = g_strdup(root ? root : "/");
	set->scope = g_strdup(knob_scope_name(knob_view_scope(view)));
	set->planned = cpulist_format(knob_view_planned(view));
	set->planned_from = g_strdup(planned_from(view, arguments));
	if (knob_view_scope(view) == SCOPE_HOST &&
	    cpuset_count(knob_view_planned(view)) == 0)
		note_proposal(view, set->notes);
	if (!knob_view_complete(view))
		g_ptr_array_add(set->notes, g_strdup("This tree was not captured by lathe: a file that "
						     "is not in it is UNKNOWN."));
	if (vms)
		g_ptr_array_add(set->notes, machine_vms_note(vms));
	return set;
}

#define CPUS   "sys/devices/system/cpu"
#define ONLINE CPUS "/online"

/* Without CPUs there is no machine to judge. */
static void no_cpus(KnobView *view, const char *root, GError **error)
{
	const char *why = NULL;
	int errnum = 0;

	if (knob_view_read(view, ONLINE, &errnum))
		lathe_error(error, LATHE_ERROR_INPUT, "'%s/%s' holds no list of CPUs", root,
			    ONLINE);
	else if (errnum == EILSEQ)
		lathe_error(error, LATHE_ERROR_INPUT, "'%s/%s' holds a NUL byte", root, ONLINE);
	else if (errnum != ENOENT)
		lathe_error_errno(error, errnum, "read '%s/%s'", root, ONLINE);
	else if (!knob_view_topology(view, &why) && knob_view_exists(view, CPUS))
		lathe_error(error, LATHE_ERROR_INPUT,
			    "'%s/%s' is absent, and nothing else tells the CPUs: %s", root,
			    ONLINE, why);
	else
		lathe_error(error, LATHE_ERROR_INPUT,
			    "'%s' is no tree of a Linux machine: neither " ONLINE
			    " nor CPUs are there",
			    root);
}

/* The VMs of the config that is named; else, of this machine, those of the default one. *ret NULL:
 * there is none. */
static gboolean open_vms(const Arguments *arguments, const Root *root, KnobScope scope,
			 MachineVms **ret, GError **error)
{
	gboolean given = machine_vms_given(arguments);

	*ret = NULL;
	if (given && scope != SCOPE_HOST)
		return lathe_error(error, LATHE_ERROR_USAGE, "--vm and --config are of a host, not of "
				   "--scope %s", knob_scope_name(scope));
	if (!given && (scope != SCOPE_HOST || !root_is_live(root) ||
		       !g_file_test(MACHINE_VMS_CONFIG, G_FILE_TEST_EXISTS)))
		return TRUE;
	*ret = machine_vms_open(arguments, root, FALSE, error);
	return *ret != NULL;
}

/* --cpus, else those of the VMs, else NULL: those that the kernel isolates. */
static gboolean find_planned(const Arguments *arguments, const MachineVms *vms, Cpuset *planned,
			     const Cpuset **ret, GError **error)
{
	const char *list = arguments_value(arguments, "cpus");

	*ret = NULL;
	if (list && !cpulist_parse(list, CPUSET_CPUS, planned, error)) {
		g_prefix_error(error, "--cpus: ");
		return FALSE;
	}
	if (!list && vms)
		*planned = machine_vms_vcpu_cpus(vms);
	if (list || (vms && cpuset_next(planned, 0) >= 0))
		*ret = planned;
	return TRUE;
}

static KnobView *open_view(const Arguments *arguments, const Root *root, KnobScope scope,
			   MachineVms **ret_vms, GError **error)
{
	g_autoptr(MachineVms) vms = NULL;
	g_autoptr(KnobView) view = NULL;
	const Cpuset *planned;
	Cpuset cpus;

	if (!find_planned(arguments, NULL, &cpus, &planned, error))
		return NULL;
	view = knob_view_new(root, scope, planned, NULL);
	if (scope != SCOPE_VM && !knob_view_online_known(view)) {
		no_cpus(view, arguments_value(arguments, "root") ?: "/", error);
		return NULL;
	}
	if (!open_vms(arguments, root, scope, &vms, error))
		return NULL;
	if (vms) {
		knob_view_free(view);
		find_planned(arguments, vms, &cpus, &planned, NULL);
		view = knob_view_new(root, scope, planned, NULL);
	}
	if (!rows_choose(arguments, view, error))
		return NULL;
	*ret_vms = g_steal_pointer(&vms);
	return g_steal_pointer(&view);
}

static int validate(const CommandContext *context, const Arguments *arguments,
		    const FindingsFormat *format, const KnobSelection *selection, GError **error)
{
	g_autoptr(Root) root = NULL;
	g_autoptr(KnobView) view = NULL;
	g_autoptr(MachineVms) vms = NULL;
	g_autoptr(FindingSet) set = NULL;
	g_autofree char *text = NULL;
	FindingsStyle style = {colour_wanted(), arguments_flag(arguments, "all")};
	KnobScope scope;

	if (!parse_scope(arguments, &scope, error))
		return -1;
	if (scope != SCOPE_HOST && !arguments_value(arguments, "root")) {
		lathe_error(error, LATHE_ERROR_USAGE, "--scope %s needs --root",
			    knob_scope_name(scope));
		return -1;
	}
	root = machine_root(arguments, error);
	view = root ? open_view(arguments, root, scope, &vms, error) : NULL;
	if (!view)
		return -1;
	if (vms)
		machine_vms_ask(vms, context);
	set = judge(arguments, view, vms, selection);
	if (set->findings->len == 0) {
		lathe_error(error, LATHE_ERROR_USAGE, "no row matches");
		return -1;
	}
	text = format->write(set, &style);
	fputs(text, stdout);
	return finding_set_exit_status(set);
}

static int list_rows(const char *format, const KnobSelection *selection)
{
	gboolean json = g_strcmp0(format, "json") == 0;
	g_autofree char *text = json ? knob_list_json(selection) : knob_list_text(selection);

	fputs(text, stdout);
	return 0;
}

/* "vm.cpuset-overlap"; NULL: it is none of the rules of configured VMs. */
static const VmRule *find_rule(const char *id)
{
	if (!g_str_has_prefix(id, VM_FINDINGS_PREFIX))
		return NULL;
	for (const VmRule *const *rule = vm_rules; *rule; rule++)
		if (strcmp((*rule)->id, id + strlen(VM_FINDINGS_PREFIX)) == 0)
			return *rule;
	return NULL;
}

static int explain_row(const char *id, GError **error)
{
	const KnobLayer *layer;
	const Knob *knob = knob_find(id, &layer);
	const VmRule *rule = find_rule(id);
	g_autofree char *text = knob ? knob_explain(layer, knob) : NULL;

	if (rule) {
		printf("%s\n  title     %s\n  layer     %s\n  severity  %s\n  source    %s\n"
		       "  remedy    %s\n", id, rule->title, VM_FINDINGS_TITLE,
		       finding_severity_name(vm_rule_severity(rule)), rule->source, rule->remedy);
		return 0;
	}
	if (!knob) {
		rows_unknown(id, error);
		return -1;
	}
	fputs(text, stdout);
	return 0;
}

static int run(const CommandContext *context, const Arguments *arguments, GError **error)
{
	const char *name = arguments_value(arguments, "format");
	const char *explain = arguments_value(arguments, "explain");
	const FindingsFormat *format = findings_format_find(name ? name : "text");
	KnobSelection selection;

	if (!rows_selection(arguments, &selection, error))
		return -1;
	if (!format) {
		lathe_error(error, LATHE_ERROR_USAGE,
			    "--format '%s' is not text, json, junit, tap or markdown", name);
		return -1;
	}
	if (explain)
		return explain_row(explain, error);
	if (arguments_value(arguments, "watch"))
		return watch_machine(arguments, error);
	if (arguments_flag(arguments, "list"))
		return list_rows(name, &selection);
	return validate(context, arguments, format, &selection, error);
}

const Command command_validate_host = {
	.name = "validate-host",
	.summary = "judge how this host, or a captured one, is tuned",
	.arguments = "",
	.description =
		"Every row of the knob table is looked at and judged: PASS, WARN, FAIL, N/A with\n"
		"the proof, or UNKNOWN when nobody could look. Nothing is changed. Root sees more\n"
		"than others; a captured tree is judged by anybody, and tells nothing of this\n"
		"machine.\n"
		"\n"
		"Where VMs are configured, the rules that they must keep are judged as well: findings\n"
		"vm.*.\n"
		"\n"
		"Exit status: 0 no FAIL, 2 FAIL, 3 no FAIL but a row of severity high or fatal is\n"
		"UNKNOWN, 1 could not run.\n",
	.options = options,
	.needs = NEEDS_NOTHING,
	.run = run,
};
