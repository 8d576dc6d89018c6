/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The model of run.json: everything a verdict is made from, apart from the raw files that
 * it names. This header and the rows of run_fields.c are the only owners of the format;
 * run.schema.json is printed from the rows.
 * Strings are owned by the run; NULL means "not known" and is written as JSON null.
 */
#ifndef LATHE_RUN_H
#define LATHE_RUN_H

#include <glib.h>

#include "finding.h"

#define RUN_SCHEMA "lathe-run/2"
/* Of one guest, which lathe built: read as well, and made one VM. */
#define RUN_SCHEMA_1 "lathe-run/1"

typedef enum { RESULT_PASS, RESULT_FAIL, RESULT_INCONCLUSIVE } Result;
const char *result_name(Result result);
/* Exit status of every command with a verdict: 0, 2, 3 (design.md §3). */
int result_exit_status(Result result);

/* One limit compared with one value. `value_known` is FALSE when there was nothing to
 * compare; then the limit is neither kept nor broken. */
typedef struct {
	char *stage;
	char *vm; /* its id */
	guint vcpu;
	char *statistic; /* "max", "avg" ... */
	char *relation;  /* "<" or "<=" */
	gint64 limit_ns;
	gboolean value_known;
	gint64 value_ns;
	gboolean broken;
} RunLimit;

typedef struct {
	Result result;
	GPtrArray *reasons; /* of char * */
	GPtrArray *limits;  /* of RunLimit * */
	GPtrArray *labels;  /* of char *: "emulated", "demonstration plan" ...; any label
			     * means  the run is not a qualification */
	GPtrArray *proves;  /* of char *: what a PASS proves, in sentences */
} RunVerdict;

typedef struct {
	guint vcpu;
	/* As read from /proc while it measured; `seen` counts the readings that agreed.
	 */
	guint readings;
	char *policy; /* "SCHED_FIFO" */
	guint priority;
	char *cpus_allowed; /* cpulist, guest CPUs */
	char *ran_on;       /* cpulist of the CPUs it was last on, over all readings */
	gboolean locked;    /* VmLck >= VmData in every reading */
	guint64 samples, overruns, overflow;
	gint64 min_ns, avg_ns, max_ns;
	guint64 bucket_ns;
	char *histogram_file; /* below the bundle, "raw/<stage>/vcpu<N>.hist" */
	char *histogram_sha256;
} RunThread;

/* A thread of the VM on the host, expected against seen. */
typedef struct {
	char *role; /* "vcpu 1", "emulator", "iothread 1", "worker"; "vhost" (a thread of QEMU's)
		     * or "vhost (kernel)" */
	gint64 tid;
	char *comm;
	char *policy, *wanted_policy;
	guint priority, wanted_priority;
	char *cpus_allowed, *wanted_cpus; /* cpulists */
	guint last_cpu;
	gboolean in_place;
} RunPlace;

typedef struct {
	char *name; /* row of the load table */
	char *stage;
	char **argv;
	char *cpus; /* cpulist it was confined to */
	char
	    *ran_on; /* cpulist of CPUs its threads were last seen on, over all samples */
	double cpu_seconds;    /* used while the stage measured */
	double idle_seconds; /* the longest time in the stage over which it used none */
	gboolean ran;          /* it had used CPU time before the measurement started */
	gboolean exited_early; /* it ended before it was stopped */
	int exit;              /* exit status, or -signal */
} RunLoad;

/* What could change behind a measurement's back, looked at before and after. */
typedef struct {
	char *clocksource_before, *clocksource_after;
	gboolean clock_known;
	gint64 clock_step_ns;    /* change of CLOCK_REALTIME - CLOCK_MONOTONIC */
	gboolean throttle_known; /* FALSE: the machine has no such counters */
	guint64 throttle_events;
} RunMachineWatch;

/* What one VM did in a stage: what its tool measured, and where its threads were. One that is
 * not measured has no tool, no threads and no clocks. */
typedef struct {
	char *vm; /* its id */
	char *tool, *tool_version;
	char **tool_argv;
	gboolean tool_finished; /* it exited by itself */
	int tool_exit;          /* exit status, or -signal; not believed, shown */
	char *raw_json,
	    *raw_text;      /* the tool's own outputs, below the bundle; NULL: missing */
	GPtrArray *threads; /* of RunThread * */
	GPtrArray *places;  /* of RunPlace *: VM threads at the end */
	RunMachineWatch guest;
} RunMeasured;

/* A period in which every RT VM measured at the same time. */
typedef struct {
	char *name;
	char *where;      /* "guest" or "host" */
	GPtrArray *loads; /* of char * */
	guint64 duration_s;
	guint64 interval_us;
	guint64 planned_samples; /* per thread */
	GPtrArray *vms;		 /* of RunMeasured *, in the order of the run's */
	RunMachineWatch host;
} RunStage;

/* A window of the canary: a stage of one VM, without places and clocks. */
typedef struct {
	RunStage stage;
	RunMeasured measured;
} RunWindow;

/* The disturbance made on purpose before the first stage, and what the guest saw of it. Each VM
 * has its own, one after the other: meanwhile the other VMs run and measure nothing. */
typedef struct {
	guint attempts; /* 0: there was none; what follows is of the last one */
	guint vcpu;     /* the RT vCPU that was held */
	char *method;   /* "fifo" or "ptrace"; NULL: nothing was held */
	char *problem;  /* what kept it from being held, or NULL */
	gint64 size_ns; /* what the guest had to show; 0: not chosen */
	gint64 held_ns; /* how long the vCPU was held, as measured; 0: it was not */
	gint64 largest_hole_ns; /* in which a spinner did not spin */
	gboolean seen;  /* the guest showed size_ns or more on that vCPU */
	gboolean right; /* and less than half of it on every other RT vCPU of the VM */
	RunWindow quiet, held;
} RunCanary;

/* One value that was changed, or was to be; see run_fields.c for the words. */
typedef struct {
	char *row, *place, *was, *then, *now;
	char *state;
	char *why, *put_back; /* or NULL */
} RunTuned;

/* What lathe set on the host while it measured. The verdict does not rest on it: findings are
 * made of what the host was seen to hold. */
typedef struct {
	char *how;  /* "run", "earlier", "refused", "off"; NULL: not known */
	char *by;   /* "lathe run" */
	char *why;
	char *cpus; /* cpulist */
	char *cpu_dma_latency;
	GPtrArray *rows; /* of RunTuned * */
	char *put_back;	 /* "yes", "no"; else not known */
	GPtrArray *left; /* of char * */
} RunTuning;

typedef struct {
	char *hostname, *kernel_release, *kernel_version, *cmdline, *cpu_model,
	    *clocksource;
	char *realtime; /* "yes", "no", "unknown"; true, false, null in the JSON */
	guint cpus_online;
	char *isolated; /* cpulist */
} RunMachine;

typedef struct {
	guint vcpu, cpu;
	char *cpus; /* cpulist: more than cpu only for a VM that is not measured */
	gboolean rt, shares;
	guint fifo_priority;
} RunPlanVcpu;

typedef struct {
	gboolean demonstration;
	GPtrArray *broken;                        /* of char * */
	char *housekeeping, *emulator, *iothread; /* cpulists */
	guint emulator_priority;		  /* SCHED_FIFO; 0: SCHED_OTHER */
	GArray *vcpus;                            /* of RunPlanVcpu */
	guint guest_housekeeping;
	char *guest_rt, *guest_rt_mask; /* cpulist and "0x0e"; of a VM that is not measured NULL */
} RunPlan;

typedef struct {
	char *id;   /* "vm1", "vm2" ...: its place in Run.vms, from one */
	char *name; /* libvirt's */
	char *uuid; /* of a configured VM; NULL: the guest that lathe built */
	gboolean rt; /* it is measured; else it runs beside */
	char *agent; /* version of the agent in it; NULL: none was spoken to */
	char *accel;	     /* "kvm" or "tcg" */
	char *accel_reason;  /* how that was found */
	char *memory_locked; /* "yes", or "no: reason" */
	RunMachine guest;    /* of one that is not measured, nothing is known */
	RunPlan plan;
	RunCanary canary;
} RunVm;

/* More than any host has CPUs for: what reads a run compares each with each other. */
#define RUN_VMS_MAX 64

/* What QEMU, a guest or the host were not given as planned. */
typedef struct {
	char *vm; /* its id; NULL: the host */
	char *text;
} RunDeviation;

typedef struct {
	char *lathe, *libvirt, *qemu, *tool, *host_kernel;
} RunVersions;

typedef struct {
	RunVerdict verdict;
	char *started_utc, *finished_utc; /* ISO 8601 with Z */
	/* What ended the run early ("interrupted by SIGTERM", "guest panicked: ..."), or
	 * NULL when every stage ran to its end. */
	char *interrupted;
	struct {
		char *name, *title, *source, *file, *sha256; /* file: "profile.ini" */
		char **overrides; /* "duration=10s" from the command line; may be NULL */
	} profile;
	RunMachine host;
	char *connection;  /* libvirt URI */
	GPtrArray *vms;	   /* of RunVm * */
	GPtrArray *stages; /* of RunStage * */
	GPtrArray *loads;  /* of RunLoad * */
	RunTuning tuning;
	GPtrArray *findings;   /* of Finding *: of the host, then of each RT VM, see finding.h */
	GPtrArray *deviations; /* of RunDeviation * */
	struct {
		gint64 image_ms, boot_ms, start_to_first_sample_ms,
		    total_ms; /* -1: not reached */
	} timing;
	RunVersions versions;
} Run;

/* An empty run with empty arrays, INCONCLUSIVE, timings -1. */
Run *run_new(void);
void run_free(Run *run);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Run, run_free)

/* Add an empty element, owned by the run, and return it. */
RunVm *run_add_vm(Run *run, const char *name); /* its id is the next one */
RunStage *run_add_stage(Run *run, const char *name);
RunMeasured *run_stage_add_vm(RunStage *stage, const RunVm *vm);
RunThread *run_add_thread(RunMeasured *measured, guint vcpu);
RunPlace *run_add_place(GPtrArray *places, const char *role);
/* An array of RunPlace * that belongs to no stage. */
GPtrArray *run_places_new(void);
RunLoad *run_add_load(Run *run, const char *name, const char *stage);
RunTuned *run_tuning_add(RunTuning *tuning, const char *row);
/* Whether the host held it while it was measured. */
gboolean run_tuned_in_force(const RunTuned *tuned);
RunLimit *run_verdict_add_limit(RunVerdict *verdict);
/* Empties the verdict; INCONCLUSIVE until somebody knows better. */
void run_verdict_reset(RunVerdict *verdict);
/* Empties it but for the number of attempts. */
void run_canary_reset(RunCanary *canary);
/* vm: NULL: of the host. */
void run_deviate(Run *run, const RunVm *vm, const char *format, ...) G_GNUC_PRINTF(3, 4);

/* By id; NULL when there is none, or no id. */
const RunVm *run_find_vm(const Run *run, const char *id);
const RunMeasured *run_find_measured(const RunStage *stage, const RunVm *vm);
/* Whether any VM's plan breaks a rule; whether any measured VM was emulated. */
gboolean run_is_demonstration(const Run *run);
gboolean run_is_emulated(const Run *run);
/* What people call it: its name, or its id. */
const char *run_vm_name(const RunVm *vm);
/* "VM NAME: " where the run has several, else "", also for a VM of NULL. Newly allocated. */
char *run_whose(const Run *run, const RunVm *vm);

/*
 * Where the bundle keeps a file or directory of a VM: below `top` ("guest", "raw" or "vm"), the
 * guest that lathe built has TOP/REST, a configured VM TOP/ID/REST. REST may be NULL. Newly
 * allocated.
 */
char *run_vm_path(const RunVm *vm, const char *top, const char *rest);

/* printf into the array of strings. */
void run_note(GPtrArray *strings, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* JSON text, indented, keys in the order of the schema; ends in a newline. */
char *run_to_json(const Run *run);

/* Strict: unknown schema, missing or unknown key, a VM whose id is not its place, wrong type,
 * negative or fractional count, a number beyond 2^53 are errors ("run.json:
 * stages[0].vms[0].threads[1].samples: ..."). A document of RUN_SCHEMA_1 is read as one of
 * RUN_SCHEMA: errors name the places of that. */
Run *run_from_json(const char *text, gsize length, GError **error);

/* The JSON Schema (draft 2020-12) of what run_to_json() writes; ends in a newline. The
 * tree holds it as run.schema.json, and a test compares the two. */
char *run_schema_json(void);

#endif
