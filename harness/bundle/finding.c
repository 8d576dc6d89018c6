/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "finding.h"

#include <string.h>

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

static void evidence_free(gpointer data)
{
	FindingEvidence *evidence = data;

	g_free(evidence->place);
	g_free(evidence->seen);
	g_free(evidence->wanted);
	g_free(evidence);
}

Finding *finding_new(void)
{
	Finding *finding = g_new0(Finding, 1);

	finding->status = STATUS_UNKNOWN;
	finding->evidence = g_ptr_array_new_with_free_func(evidence_free);
	return finding;
}

void finding_free(Finding *finding)
{
	if (!finding)
		return;
	g_free(finding->id);
	g_free(finding->scope);
	g_free(finding->layer);
	g_free(finding->title);
	g_free(finding->reason);
	g_free(finding->why);
	g_free(finding->source);
	g_free(finding->remedy);
	g_ptr_array_unref(finding->evidence);
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
