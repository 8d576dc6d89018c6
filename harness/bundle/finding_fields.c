/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "field_rows.h"
#include "finding.h"

/* clang-format off */
static const Field evidence_fields[] = {
	ROW(NAME, FindingEvidence, place, "place", "where it was looked at"),
	ROW(TEXT, FindingEvidence, seen, "seen", "what stood there; null: it could not be read"),
	ROW(TEXT, FindingEvidence, wanted, "wanted", "what should; null: anything"),
	END,
};
static const ObjectType evidence_type = TYPE(FindingEvidence, evidence_fields);

#define FINDING_ROWS \
	ROW(NAME, Finding, id, "id", "the row of the knob table; stable"), \
	ROW(NAME, Finding, scope, "scope", "host, vm or guest"), \
	ROW(NAME, Finding, layer, "layer", "of the table"), \
	ROW(SEVERITY, Finding, severity, "severity", "what it costs when it does not hold"), \
	ROW(STATUS, Finding, status, "status", "PASS, WARN, FAIL, N/A or UNKNOWN"), \
	ROW(NAME, Finding, title, "title", "what holds when it passes"), \
	ROW(TEXT, Finding, reason, "reason", "why it is not PASS; of N/A, the proof"), \
	ROW(TEXT, Finding, remedy, "remedy", "what to do about WARN and FAIL"), \
	ROW(TEXT, Finding, why, "why", "what goes wrong otherwise; null where it holds or does not apply"), \
	ROW(TEXT, Finding, source, "source", "who says so; null likewise"), \
	ROWS_OF(OBJECTS, Finding, evidence, "evidence", &evidence_type, "the worst first")

static const Field finding_fields[] = {
	FINDING_ROWS,
	END,
};
const ObjectType finding_type = TYPE(Finding, finding_fields);

/* In run.json, where there may be several VMs. */
static const Field run_finding_fields[] = {
	ROW(TEXT, Finding, vm, "vm", "id of the VM; null: of the host"),
	FINDING_ROWS,
	END,
};
const ObjectType run_finding_type = TYPE(Finding, run_finding_fields);

static const Field summary_fields[] = {
	ROW(UINT, FindingSet, counts[STATUS_PASS], "PASS", NULL),
	ROW(UINT, FindingSet, counts[STATUS_WARN], "WARN", NULL),
	ROW(UINT, FindingSet, counts[STATUS_FAIL], "FAIL", NULL),
	ROW(UINT, FindingSet, counts[STATUS_NA], "N/A", NULL),
	ROW(UINT, FindingSet, counts[STATUS_UNKNOWN], "UNKNOWN", NULL),
	END,
};
static const ObjectType summary_type = TYPE(FindingSet, summary_fields);

static const Field set_fields[] = {
	{"schema", FIELD_CONSTANT, 0, NULL, FINDINGS_SCHEMA, "the format of this document"},
	ROW(NAME, FindingSet, lathe, "lathe", "version that judged"),
	ROW(NAME, FindingSet, root, "root", "what was judged: / or a captured tree"),
	ROW(NAME, FindingSet, scope, "scope", "host, vm or guest"),
	ROW(NAME, FindingSet, planned, "planned", "cpulist: CPUs meant for vCPUs"),
	ROW(NAME, FindingSet, planned_from, "planned_from", "who said so"),
	ROW(TEXTS, FindingSet, notes, "notes", "what a reader must know first"),
	GROUP("summary", &summary_type, "how many findings have each status"),
	ROWS_OF(OBJECTS, FindingSet, findings, "findings", &finding_type, "in the order of the table"),
	END,
};
const ObjectType finding_set_type = TYPE(FindingSet, set_fields);
/* clang-format on */
