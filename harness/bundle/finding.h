/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A knob judged: what was seen, what was wanted, what to do. Findings are part of run.json
 * and what every report of `lathe validate-host` is made from.
 * Strings are owned by the finding; NULL means that there is nothing to say.
 */
#ifndef LATHE_FINDING_H
#define LATHE_FINDING_H

#include <glib.h>

/* In the order of a summary line. */
typedef enum {
	STATUS_PASS,
	STATUS_WARN,	/* it does not hold, and its severity is low, info or medium, or the
			 * sources disagree on it */
	STATUS_FAIL,	/* it does not hold, and its severity is high or fatal */
	STATUS_NA,	/* it does not apply here; the reason is the proof */
	STATUS_UNKNOWN, /* nobody could look, or what was seen makes no sense */
} FindingStatus;
#define FINDING_STATUSES 5

/* "PASS", "WARN", "FAIL", "N/A", "UNKNOWN". */
const char *finding_status_name(FindingStatus status);
/* FALSE for any other text; *ret is untouched then. */
gboolean finding_status_parse(const char *name, FindingStatus *ret);

typedef enum {
	SEVERITY_INFO,
	SEVERITY_LOW,
	SEVERITY_MEDIUM,
	SEVERITY_HIGH,
	SEVERITY_FATAL,
} FindingSeverity;
#define FINDING_SEVERITIES 5

/* "info", "low", "medium", "high", "fatal". */
const char *finding_severity_name(FindingSeverity severity);
/* FALSE for any other text; *ret is untouched then. */
gboolean finding_severity_parse(const char *name, FindingSeverity *ret);

/* One value at one or more places. */
typedef struct {
	char *place;  /* "sys/devices/system/cpu/cpu{2-5}/cpufreq/scaling_governor" */
	char *seen;   /* escaped; NULL: could not be read */
	char *wanted;
} FindingEvidence;

typedef struct {
	char *vm; /* id of the run's VM; NULL: of the host, or not part of a run */
	char *id, *scope, *layer, *title; /* never NULL; scope: "host", "vm" or "guest" */
	FindingSeverity severity;
	FindingStatus status;
	char *reason; /* of WARN, FAIL, N/A and UNKNOWN; never NULL for them */
	char *why, *source;
	char *remedy;	    /* of WARN and FAIL */
	GPtrArray *evidence; /* of FindingEvidence * */
} Finding;

Finding *finding_new(void);
void finding_free(Finding *finding);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Finding, finding_free)

/* Takes the strings. */
void finding_add_evidence(Finding *finding, char *place, char *seen, char *wanted);

/* In every field. */
gboolean finding_equal(const Finding *a, const Finding *b);

/* An array of Finding * that owns them. */
GPtrArray *findings_new(void);

#define FINDINGS_SCHEMA "lathe-findings/1"

/* What `lathe validate-host` found, for its reports. */
typedef struct {
	char *lathe, *root, *scope; /* never NULL, as all the strings here */
	char *planned, *planned_from;
	GPtrArray *notes; /* of char * */
	guint counts[FINDING_STATUSES];
	GPtrArray *findings; /* of Finding * */
} FindingSet;

/* Takes the findings and counts them. The strings are for the caller to set. */
FindingSet *finding_set_new(GPtrArray *findings);
void finding_set_free(FindingSet *set);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FindingSet, finding_set_free)

/* 0: no FAIL; 2: FAIL; 3: no FAIL, but a finding of severity high or fatal is UNKNOWN. */
int finding_set_exit_status(const FindingSet *set);

/* JSON text, ends in a newline. */
char *finding_set_to_json(const FindingSet *set);

/* How many of the findings have each status. */
void findings_count(const GPtrArray *findings, guint counts[static FINDING_STATUSES]);

#endif
