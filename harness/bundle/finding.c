/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "finding.h"

#include <string.h>

#include "run_fields.h"

static const char *const status_names[] = {
	[STATUS_PASS] = "PASS", [STATUS_WARN] = "WARN",	      [STATUS_FAIL] = "FAIL",
	[STATUS_NA] = "N/A",	[STATUS_UNKNOWN] = "UNKNOWN",
};
G_STATIC_ASSERT(G_N_ELEMENTS(status_names) == FINDING_STATUSES);

static const char *const severity_names[] = {
	[SEVERITY_INFO] = "info", [SEVERITY_LOW] = "low",     [SEVERITY_MEDIUM] = "medium",
	[SEVERITY_HIGH] = "high", [SEVERITY_FATAL] = "fatal",
};
G_STATIC_ASSERT(G_N_ELEMENTS(severity_names) == FINDING_SEVERITIES);

const char *finding_status_name(FindingStatus status)
{
	return status_names[status];
}

gboolean finding_status_parse(const char *name, FindingStatus *ret)
{
	for (guint i = 0; i < FINDING_STATUSES; i++)
		if (strcmp(name, status_names[i]) == 0) {
			*ret = (FindingStatus)i;
			return TRUE;
		}
	return FALSE;
}

const char *finding_severity_name(FindingSeverity severity)
{
	return severity_names[severity];
}

gboolean finding_severity_parse(const char *name, FindingSeverity *ret)
{
	for (guint i = 0; i < FINDING_SEVERITIES; i++)
		if (strcmp(name, severity_names[i]) == 0) {
			*ret = (FindingSeverity)i;
			return TRUE;
		}
	return FALSE;
}

/* The rows of finding_fields.c know what a finding owns, as they do for all of run.json. */
Finding *finding_new(void)
{
	Finding *finding = run_object_new(&run_finding_type);

	finding->status = STATUS_UNKNOWN;
	return finding;
}

void finding_free(Finding *finding)
{
	if (!finding)
		return;
	run_object_clear(&run_finding_type, finding);
	g_free(finding);
}

void finding_add_evidence(Finding *finding, char *place, char *seen, char *wanted)
{
	FindingEvidence *evidence = g_new(FindingEvidence, 1);

	*evidence = (FindingEvidence){place, seen, wanted};
	g_ptr_array_add(finding->evidence, evidence);
}

static void free_one(gpointer data)
{
	finding_free(data);
}

GPtrArray *findings_new(void)
{
	return g_ptr_array_new_with_free_func(free_one);
}

void findings_count(const GPtrArray *findings, guint counts[static FINDING_STATUSES])
{
	memset(counts, 0, FINDING_STATUSES * sizeof(*counts));
	for (guint i = 0; i < findings->len; i++)
		counts[((const Finding *)findings->pdata[i])->status]++;
}

FindingSet *finding_set_new(GPtrArray *findings)
{
	FindingSet *set = g_new0(FindingSet, 1);

	set->notes = g_ptr_array_new_with_free_func(g_free);
	set->findings = findings;
	findings_count(findings, set->counts);
	return set;
}

void finding_set_free(FindingSet *set)
{
	if (!set)
		return;
	g_free(set->lathe);
	g_free(set->root);
	g_free(set->scope);
	g_free(set->planned);
	g_free(set->planned_from);
	g_ptr_array_unref(set->notes);
	g_ptr_array_unref(set->findings);
	g_free(set);
}

int finding_set_exit_status(const FindingSet *set)
{
	if (set->counts[STATUS_FAIL] > 0)
		return 2;
	for (guint i = 0; i < set->findings->len; i++) {
		const Finding *finding = set->findings->pdata[i];

		if (finding->status == STATUS_UNKNOWN && finding->severity >= SEVERITY_HIGH)
			return 3;
	}
	return 0;
}
