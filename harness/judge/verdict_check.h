/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files that make a verdict share. Each check adds a sentence for every reason
 * not to believe the run: what, where, seen, wanted. None of them stops at the first.
 */
#ifndef LATHE_VERDICT_CHECK_H
#define LATHE_VERDICT_CHECK_H

#include <glib.h>

#include "cyclictest.h"
#include "facts.h"
#include "plan.h"
#include "profile.h"
#include "run.h"

typedef struct {
	const char *directory; /* of the bundle */
	const Profile *profile;
	Run *run;
	gboolean anew; /* the profile was chosen after the run */
	/* Of each VM the plan read back; NULL when it is not one. */
	Plan **plans;
	Cpuset *used;	/* of each VM the CPUs that any thread of it is planned on */
	Cpuset rt_cpus; /* host CPUs of RT vCPUs, whosever */
	/* The one that RT VMs agree on; empty: nobody knows. */
	Cpuset housekeeping;
	/* Evidence may be used once: two stages with the same file prove one of them. */
	GHashTable *files;
	/* SHA-256 of what no two VMs have alike, and of which VM (const RunVm *) it is. */
	GHashTable *outputs;
	/* Whom is being judged, and its plan; NULL: the host, or the whole run. */
	const RunVm *vm;
	const Plan *plan;
} Judge;

/* One stage of the profile, and what the run has of it and of one VM in it. */
typedef struct {
	const ProfileStage *wanted;
	const RunStage *stage;	     /* NULL: missing */
	const RunMeasured *measured; /* NULL: missing */
	CyclictestResult *json;	     /* NULL: missing or not believable */
	guint vm;		     /* index of the VM */
	gboolean is_window; /* of the canary: seconds long, nobody looks at /proc */
} StageEvidence;

/* The same judge with his eyes on one VM of the run. */
Judge judge_of_vm(const Judge *judge, guint vm);
/* By its id; NULL or of nobody: the host. */
Judge judge_of_id(const Judge *judge, const char *id);

/* Adds a reason; what it quotes is made harmless. Names the VM where the run has several. */
void doubt(const Judge *judge, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* The same for what a PASS proves. */
void prove(const Judge *judge, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* A cpulist of run.json: FALSE (and the set empty) when absent or not one. */
gboolean cpus_of(const char *cpulist, Cpuset *ret);

/* NULL as "nothing", for sentences. */
const char *shown(const char *text);

/* The k-th RT vCPU's thread: cyclictest's thread k. NULL when there is none. */
const CyclictestThread *evidence_thread(const StageEvidence *evidence, guint k);
/* run.json's claim for a vCPU; NULL when there is none. */
const RunThread *claimed_thread(const RunMeasured *measured, guint vcpu);

gboolean profile_has_stage(const Profile *profile, const char *name);

/* Facts of a captured tree below the bundle; NULL, with a reason, when it is not there.
 */
Facts *captured_facts(const Judge *judge, const char *relative);

/* A file of the bundle that run.json names, once: naming it twice is a reason, and so is
 * everything that keeps it from being read. NULL then. */
char *take_file(const Judge *judge, const char *stage, const char *what, const char *name,
		gsize *ret_length);

/* No two machines measure the same thousand latencies, or log the same times: where bytes are the
 * same as another VM's, one of the two was not looked at. */
void judge_own_bytes(const Judge *judge, const char *what, const char *text, gsize length);
/* The same for a file of the bundle that says when something was, if it is there. */
void judge_own_file(const Judge *judge, const char *name);

/* tsc or kvm-clock: any other is emulated, or read from a slow device. */
gboolean clocksource_is_native(const char *clocksource);

/* Reads the plans of all VMs back into judge->plans, and judge->used. */
void judge_plans(Judge *judge);
/* Who they are, what ran them, and the guests of those that are measured. */
void judge_vms(const Judge *judge);
/* What follows is of the VM that the judge looks at. */
void judge_guest(const Judge *judge);
void judge_host(const Judge *judge);
/* kvm or tcg, and who it is, against what QEMU was given. */
void judge_accel(const Judge *judge);
/* run.json's facts of a machine, against those of its captured tree. */
void judge_machine(const Judge *judge, const char *machine, const char *tree,
		   const RunMachine *claim, const Facts *facts);
/* Of the stage, whoever measured in it: another duration or interval than the profile's ... */
void judge_settings(const Judge *judge, const StageEvidence *evidence);
void judge_tool(const Judge *judge, const StageEvidence *evidence);
/* Reads the raw outputs into evidence->json. */
void judge_raw(const Judge *judge, StageEvidence *evidence);
/* What run.json says of the threads, against the raw outputs. */
void judge_threads(const Judge *judge, const StageEvidence *evidence);
/* How the threads ran, as captured from the guest's /proc while they did. */
void judge_readings(const Judge *judge, const StageEvidence *evidence);
void judge_places(const Judge *judge, const StageEvidence *evidence);
/* Of the stage: a thread of the host is of one VM. */
void judge_tids(const Judge *judge, const RunStage *stage);
void judge_loads(const Judge *judge, const StageEvidence *evidence);
/* The clocks of the guest, and those of the host. */
void judge_watch(const Judge *judge, const StageEvidence *evidence);
void judge_host_watch(const Judge *judge, const StageEvidence *evidence);

/* Whether the guest showed the canary, from its raw outputs. */
void judge_canary(const Judge *judge);
/* What it proves, for a run that is believed so far. */
void prove_canary(const Judge *judge);

/* Judges the captured trees by the knob table again. What is wrong with run.json's findings is a
 * reason not to believe it. The findings that count and are FAIL, as an array of char *, owned
 * by the caller: they come after those reasons. */
GPtrArray *judge_findings(const Judge *judge);

/* Compares every limit, and fills limits, labels and proves. */
void judge_limits(const Judge *judge, const GArray *evidence);

#endif
