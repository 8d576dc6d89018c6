/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "run_fields.h"

#include "field_rows.h"
#include "run.h"

/* clang-format off */
static const Field limit_fields[] = {
	ROW(NAME, RunLimit, stage, "stage", "the stage it was compared in"),
	ROW(NAME, RunLimit, vm, "vm", "id of the VM it was compared for"),
	ROW(UINT, RunLimit, vcpu, "vcpu", "the vCPU it was compared for"),
	ROW(NAME, RunLimit, statistic, "statistic", "min, avg or max"),
	ROW(NAME, RunLimit, relation, "relation", "< or <=: what the value must be to the limit"),
	ROW(SIGNED, RunLimit, limit_ns, "limit_ns", "the limit"),
	ROW(BOOL, RunLimit, value_known, "value_known", "false: there was nothing to compare"),
	ROW(SIGNED, RunLimit, value_ns, "value_ns", "the value; 0 when not known"),
	ROW(BOOL, RunLimit, broken, "broken", "the value does not keep the limit"),
	END,
};
const ObjectType run_limit_type = TYPE(RunLimit, limit_fields);

static const Field verdict_fields[] = {
	ROW(RESULT, RunVerdict, result, "result", "PASS, FAIL or INCONCLUSIVE"),
	ROW(TEXTS, RunVerdict, reasons, "reasons", "why it is not PASS, a sentence each"),
	ROWS_OF(OBJECTS, RunVerdict, limits, "limits", &run_limit_type, "every limit compared"),
	ROW(TEXTS, RunVerdict, labels, "labels", "any label: the run is not a qualification"),
	ROW(TEXTS, RunVerdict, proves, "proves", "what a PASS proves, a sentence each"),
	END,
};
const ObjectType run_verdict_type = TYPE(RunVerdict, verdict_fields);

static const Field histogram_fields[] = {
	ROW(COUNT, RunThread, bucket_ns, "bucket_ns", "width of a bucket"),
	ROW(TEXT, RunThread, histogram_file, "file", "below the bundle; bucket and count a line"),
	ROW(TEXT, RunThread, histogram_sha256, "sha256", "of that file"),
	END,
};
static const ObjectType histogram_type = TYPE(RunThread, histogram_fields);

static const Field thread_fields[] = {
	ROW(UINT, RunThread, vcpu, "vcpu", "guest CPU that the thread measures"),
	ROW(UINT, RunThread, readings, "readings", "looks at the guest's /proc while it measured"),
	ROW(TEXT, RunThread, policy, "policy", "scheduling policy as read there"),
	ROW(UINT, RunThread, priority, "priority", "real-time priority as read there"),
	ROW(TEXT, RunThread, cpus_allowed, "cpus_allowed", "cpulist as read there"),
	ROW(TEXT, RunThread, ran_on, "ran_on", "cpulist of the guest CPUs it was seen on"),
	ROW(BOOL, RunThread, locked, "locked", "VmLck >= VmData in every look"),
	ROW(COUNT, RunThread, samples, "samples", "wake-ups measured"),
	ROW(COUNT, RunThread, overruns, "overruns", "periods that it missed"),
	ROW(SIGNED, RunThread, min_ns, "min_ns", "smallest latency"),
	ROW(SIGNED, RunThread, avg_ns, "avg_ns", "mean latency, from the tool"),
	ROW(SIGNED, RunThread, max_ns, "max_ns", "largest latency, exact"),
	ROW(COUNT, RunThread, overflow, "overflow", "samples beyond the last bucket"),
	GROUP("histogram", &histogram_type, "where the buckets are"),
	END,
};
const ObjectType run_thread_type = TYPE(RunThread, thread_fields);

static const Field place_fields[] = {
	ROW(NAME, RunPlace, role, "role", "vcpu N, emulator, iothread N, worker; vhost: a thread of "
	    "QEMU's, vhost (kernel): a kernel thread"),
	ROW(SIGNED, RunPlace, tid, "tid", "thread id on the host"),
	ROW(TEXT, RunPlace, comm, "comm", "name of the thread"),
	ROW(TEXT, RunPlace, policy, "policy", "scheduling policy seen"),
	ROW(TEXT, RunPlace, wanted_policy, "wanted_policy", "the plan's"),
	ROW(UINT, RunPlace, priority, "priority", "real-time priority seen"),
	ROW(UINT, RunPlace, wanted_priority, "wanted_priority", "the plan's"),
	ROW(TEXT, RunPlace, cpus_allowed, "cpus_allowed", "cpulist seen"),
	ROW(TEXT, RunPlace, wanted_cpus, "wanted_cpus", "the plan's"),
	ROW(UINT, RunPlace, last_cpu, "last_cpu", "host CPU it ran on last"),
	ROW(BOOL, RunPlace, in_place, "in_place", "seen is as wanted"),
	END,
};
const ObjectType run_place_type = TYPE(RunPlace, place_fields);

static const Field watch_fields[] = {
	ROW(TEXT, RunMachineWatch, clocksource_before, "clocksource_before", "before the stage"),
	ROW(TEXT, RunMachineWatch, clocksource_after, "clocksource_after", "after the stage"),
	ROW(BOOL, RunMachineWatch, clock_known, "clock_known", "clock_step_ns was measured"),
	ROW(SIGNED, RunMachineWatch, clock_step_ns, "clock_step_ns",
	    "change of CLOCK_REALTIME - CLOCK_MONOTONIC over the stage"),
	ROW(BOOL, RunMachineWatch, throttle_known, "throttle_known",
	    "false: the machine has no thermal throttle counters"),
	ROW(COUNT, RunMachineWatch, throttle_events, "throttle_events", "during the stage"),
	END,
};
static const ObjectType watch_type = TYPE(RunMachineWatch, watch_fields);

static const Field tool_fields[] = {
	ROW(TEXT, RunMeasured, tool, "name", "the measuring tool; null: it was not measured"),
	ROW(TEXT, RunMeasured, tool_version, "version", "as it says itself"),
	ROW(ARGV, RunMeasured, tool_argv, "argv", "as it was started"),
	ROW(BOOL, RunMeasured, tool_finished, "finished", "it ended by itself"),
	ROW(EXIT, RunMeasured, tool_exit, "exit", "exit status, or -signal"),
	ROW(TEXT, RunMeasured, raw_json, "raw_json", "its JSON, below the bundle"),
	ROW(TEXT, RunMeasured, raw_text, "raw_text", "its text histogram, below the bundle"),
	END,
};
static const ObjectType tool_type = TYPE(RunMeasured, tool_fields);

static const Field measured_fields[] = {
	ROW(NAME, RunMeasured, vm, "vm", "id of the VM"),
	GROUP("tool", &tool_type, "what measured"),
	ROWS_OF(OBJECTS, RunMeasured, threads, "threads", &run_thread_type, "measuring threads"),
	ROWS_OF(OBJECTS, RunMeasured, places, "places", &run_place_type,
		"threads of the VM on the host at the end of the stage"),
	ROWS_OF(OBJECT, RunMeasured, guest, "watch", &watch_type,
		"what could change in the guest behind a measurement's back"),
	END,
};
const ObjectType run_measured_type = TYPE(RunMeasured, measured_fields);

#define PERIOD_ROWS(STRUCT, s)                                                               \
	ROW(COUNT, STRUCT, s duration_s, "duration_s", "planned length"),                    \
	ROW(COUNT, STRUCT, s interval_us, "interval_us", "planned period of a thread"),      \
	ROW(COUNT, STRUCT, s planned_samples, "planned_samples", "duration / interval, a thread")

static const Field stage_fields[] = {
	ROW(NAME, RunStage, name, "name", "the profile's name for the stage"),
	ROW(TEXT, RunStage, where, "where", "guest or host"),
	ROW(TEXTS, RunStage, loads, "loads", "loads that ran while it measured"),
	PERIOD_ROWS(RunStage, ),
	ROWS_OF(OBJECTS, RunStage, vms, "vms", &run_measured_type,
		"each VM; all that are measured were at the same time"),
	ROWS_OF(OBJECT, RunStage, host, "watch", &watch_type,
		"what could change on the host behind a measurement's back"),
	END,
};
const ObjectType run_stage_type = TYPE(RunStage, stage_fields);

/* Of a stage and what a VM did in it, what a window has. */
static const Field window_fields[] = {
	ROW(TEXT, RunWindow, stage.name, "name", "below raw/"),
	ROW(TEXT, RunWindow, stage.where, "where", "guest or host"),
	ROW(TEXTS, RunWindow, stage.loads, "loads", "loads that ran: none"),
	PERIOD_ROWS(RunWindow, stage.),
	ROWS_OF(OBJECT, RunWindow, measured, "tool", &tool_type, "what measured"),
	ROWS_OF(OBJECTS, RunWindow, measured.threads, "threads", &run_thread_type,
		"measuring threads"),
	END,
};
static const ObjectType window_type = TYPE(RunWindow, window_fields);

static const Field canary_fields[] = {
	ROW(UINT, RunCanary, attempts, "attempts", "0: there was none; the rest is of the last one"),
	ROW(UINT, RunCanary, vcpu, "vcpu", "the RT vCPU that was held"),
	ROW(TEXT, RunCanary, method, "method", "fifo or ptrace; null: nothing was held"),
	ROW(TEXT, RunCanary, problem, "problem", "what kept it from being held; null: nothing"),
	ROW(SIGNED, RunCanary, size_ns, "size_ns", "what the guest had to show; 0: not chosen"),
	ROW(SIGNED, RunCanary, held_ns, "held_ns", "how long the vCPU was held, as measured"),
	ROW(SIGNED, RunCanary, largest_hole_ns, "largest_hole_ns",
	    "in which a spinner did not spin"),
	ROW(BOOL, RunCanary, seen, "seen", "the guest showed size_ns or more on that vCPU"),
	ROW(BOOL, RunCanary, right, "right", "and less than half of it on every other RT vCPU of the VM"),
	ROWS_OF(OBJECT, RunCanary, quiet, "quiet", &window_type, "without any disturbance"),
	ROWS_OF(OBJECT, RunCanary, held, "held", &window_type, "during which the vCPU was held"),
	END,
};
const ObjectType run_canary_type = TYPE(RunCanary, canary_fields);

static const Field load_fields[] = {
	ROW(NAME, RunLoad, name, "name", "row of the load table"),
	ROW(TEXT, RunLoad, stage, "stage", "the stage it ran in"),
	ROW(ARGV, RunLoad, argv, "argv", "as it was started"),
	ROW(TEXT, RunLoad, cpus, "cpus", "cpulist it was confined to"),
	ROW(TEXT, RunLoad, ran_on, "ran_on", "cpulist of the CPUs it was seen on"),
	ROW(SECONDS, RunLoad, cpu_seconds, "cpu_seconds", "CPU time while the stage measured"),
	ROW(SECONDS, RunLoad, idle_seconds, "idle_seconds",
	    "the longest time over which it used no CPU time"),
	ROW(BOOL, RunLoad, ran, "ran", "it used CPU time before the measurement began"),
	ROW(BOOL, RunLoad, exited_early, "exited_early", "it ended before it was stopped"),
	ROW(EXIT, RunLoad, exit, "exit", "exit status, or -signal"),
	END,
};
const ObjectType run_load_type = TYPE(RunLoad, load_fields);

static const Field tuned_fields[] = {
	ROW(NAME, RunTuned, row, "row", "the row of the knob table"),
	ROW(TEXT, RunTuned, place, "place", "what was changed; null: see why"),
	ROW(TEXT, RunTuned, was, "was", "what it held before"),
	ROW(TEXT, RunTuned, then, "then", "what it was to hold"),
	ROW(TEXT, RunTuned, now, "now", "what it held while measured, as last read; null: not known"),
	ROW(NAME, RunTuned, state, "state",
	    "in force: made, held, in force; not in force: failed, not tried, cannot change, "
	    "drifted, lost, gone; restored and the like when it was taken back at once"),
	ROW(TEXT, RunTuned, why, "why", "it is not in force"),
	ROW(TEXT, RunTuned, put_back, "put_back",
	    "what became of it after the run: restored, already restored, changed by others, gone, "
	    "stuck; null: it was not to be put back"),
	END,
};
const ObjectType run_tuned_type = TYPE(RunTuned, tuned_fields);

static const Field tuning_fields[] = {
	ROW(TEXT, RunTuning, how, "how",
	    "run: by this run, for its time; earlier: by an earlier command, and left as it was; "
	    "refused: it was not to be changed, see why; off: asked for; null: not known"),
	ROW(TEXT, RunTuning, by, "by", "the command that tuned it; null: none"),
	ROW(TEXT, RunTuning, why, "why", "it was not tuned, or not by this run; null: it was"),
	ROW(TEXT, RunTuning, cpus, "cpus", "cpulist that it was, or would have been, tuned for"),
	ROW(TEXT, RunTuning, cpu_dma_latency, "cpu_dma_latency",
	    "whether lathe held /dev/cpu_dma_latency; null: it did not look"),
	ROWS_OF(OBJECTS, RunTuning, rows, "rows", &run_tuned_type, "each value, in the order of change"),
	ROW(KNOWN, RunTuning, put_back, "put_back",
	    "all that this run changed is as it was; null: it changed nothing, or it is not known"),
	ROW(TEXTS, RunTuning, left, "left", "what is not as it was, a sentence each"),
	END,
};
const ObjectType run_tuning_type = TYPE(RunTuning, tuning_fields);

static const Field machine_fields[] = {
	ROW(TEXT, RunMachine, hostname, "hostname", "what it calls itself"),
	ROW(TEXT, RunMachine, kernel_release, "kernel_release", "uname -r"),
	ROW(TEXT, RunMachine, kernel_version, "kernel_version", "uname -v"),
	ROW(KNOWN, RunMachine, realtime, "realtime", "PREEMPT_RT kernel; null: unknown"),
	ROW(TEXT, RunMachine, cmdline, "cmdline", "kernel command line"),
	ROW(TEXT, RunMachine, cpu_model, "cpu_model", "of CPU 0"),
	ROW(TEXT, RunMachine, clocksource, "clocksource", "before the first stage"),
	ROW(UINT, RunMachine, cpus_online, "cpus_online", "number of CPUs"),
	ROW(TEXT, RunMachine, isolated, "isolated", "cpulist that the kernel isolates"),
	END,
};
static const ObjectType machine_type = TYPE(RunMachine, machine_fields);

static const Field profile_fields[] = {
	ROW(TEXT, Run, profile.name, "name", "the profile"),
	ROW(TEXT, Run, profile.title, "title", "what it is for"),
	ROW(TEXT, Run, profile.source, "source", "where its settings and limits come from"),
	ROW(TEXT, Run, profile.file, "file", "as it was in force, below the bundle"),
	ROW(TEXT, Run, profile.sha256, "sha256", "of that file"),
	ROW(ARGV, Run, profile.overrides, "overrides", "KEY=VALUE given on the command line"),
	END,
};
static const ObjectType profile_type = TYPE(Run, profile_fields);

static const Field plan_vcpu_fields[] = {
	ROW(UINT, RunPlanVcpu, vcpu, "vcpu", "number of the vCPU"),
	ROW(UINT, RunPlanVcpu, cpu, "cpu", "host CPU it is pinned to"),
	ROW(TEXT, RunPlanVcpu, cpus, "cpus",
	    "cpulist: all that it may run on; more than that one only where nothing is measured"),
	ROW(BOOL, RunPlanVcpu, rt, "rt", "runs measured threads"),
	ROW(BOOL, RunPlanVcpu, shares, "shares", "its CPU also serves something else"),
	ROW(UINT, RunPlanVcpu, fifo_priority, "fifo_priority", "SCHED_FIFO priority; 0: SCHED_OTHER"),
	END,
};
const ObjectType run_plan_vcpu_type = TYPE(RunPlanVcpu, plan_vcpu_fields);

static const Field plan_fields[] = {
	ROW(BOOL, RunPlan, demonstration, "demonstration", "it breaks a rule"),
	ROW(TEXTS, RunPlan, broken, "broken", "the rules it breaks, a sentence each"),
	ROW(TEXT, RunPlan, housekeeping, "housekeeping", "cpulist: loads and everything else"),
	ROW(TEXT, RunPlan, emulator, "emulator", "cpulist: QEMU's main and worker threads"),
	ROW(UINT, RunPlan, emulator_priority, "emulator_priority",
	    "SCHED_FIFO priority of QEMU's main thread; 0: SCHED_OTHER"),
	ROW(TEXT, RunPlan, iothread, "iothread", "cpulist: IOThreads"),
	ROWS_OF(VALUES, RunPlan, vcpus, "vcpus", &run_plan_vcpu_type, "vCPU by vCPU"),
	ROW(UINT, RunPlan, guest_housekeeping, "guest_housekeeping", "vCPU that serves the guest"),
	ROW(TEXT, RunPlan, guest_rt, "guest_rt", "cpulist of the vCPUs measured"),
	ROW(TEXT, RunPlan, guest_rt_mask, "guest_rt_mask", "the same as a cpumask"),
	END,
};
static const ObjectType plan_type = TYPE(RunPlan, plan_fields);

static const Field vm_fields[] = {
	ROW(NAME, RunVm, id, "id", "vm1, vm2 ...: what the rest of the document calls it"),
	ROW(TEXT, RunVm, name, "name", "what libvirt calls it"),
	ROW(TEXT, RunVm, uuid, "uuid", "of a configured VM; null: the guest that lathe built"),
	ROW(BOOL, RunVm, rt, "rt", "it was measured; false: it ran beside"),
	ROW(TEXT, RunVm, accel, "accel", "kvm or tcg (emulation)"),
	ROW(TEXT, RunVm, accel_reason, "accel_reason", "how that was found"),
	ROW(TEXT, RunVm, memory_locked, "memory_locked", "yes, or no: reason"),
	ROW(TEXT, RunVm, agent, "agent", "version of the agent in it"),
	ROWS_OF(OBJECT, RunVm, guest, "guest", &machine_type, "the machine in it"),
	ROWS_OF(OBJECT, RunVm, plan, "plan", &plan_type, "which CPU does what"),
	ROWS_OF(OBJECT, RunVm, canary, "canary", &run_canary_type,
		"a disturbance made on purpose before the first stage"),
	END,
};
const ObjectType run_vm_type = TYPE(RunVm, vm_fields);

static const Field deviation_fields[] = {
	ROW(TEXT, RunDeviation, vm, "vm", "id of the VM; null: of the host"),
	ROW(NAME, RunDeviation, text, "text", "a sentence"),
	END,
};
const ObjectType run_deviation_type = TYPE(RunDeviation, deviation_fields);

static const Field timing_fields[] = {
	ROW(SIGNED, Run, timing.image_ms, "image_ms", "build or find the guest image; -1: not reached"),
	ROW(SIGNED, Run, timing.boot_ms, "boot_ms", "VM creation to the agent's hello"),
	ROW(SIGNED, Run, timing.start_to_first_sample_ms, "start_to_first_sample_ms",
	    "start of lathe to the first sample"),
	ROW(SIGNED, Run, timing.total_ms, "total_ms", "start of lathe to the verdict"),
	END,
};
static const ObjectType timing_type = TYPE(Run, timing_fields);

static const Field versions_fields[] = {
	ROW(TEXT, RunVersions, lathe, "lathe", NULL),
	ROW(TEXT, RunVersions, libvirt, "libvirt", NULL),
	ROW(TEXT, RunVersions, qemu, "qemu", NULL),
	ROW(TEXT, RunVersions, tool, "tool", "the measuring tool's package"),
	ROW(TEXT, RunVersions, host_kernel, "host_kernel", NULL),
	END,
};
static const ObjectType versions_type = TYPE(RunVersions, versions_fields);

static const Field run_fields[] = {
	{"schema", FIELD_CONSTANT, 0, NULL, RUN_SCHEMA, "the format of this file"},
	ROWS_OF(OBJECT, Run, verdict, "verdict", &run_verdict_type, "what the run shows"),
	ROW(TEXT, Run, started_utc, "started_utc", "ISO 8601"),
	ROW(TEXT, Run, finished_utc, "finished_utc", "ISO 8601"),
	ROW(TEXT, Run, interrupted, "interrupted", "what ended the run early; null: nothing"),
	GROUP("profile", &profile_type, "what was asked for"),
	ROW(TEXT, Run, connection, "connection", "libvirt URI"),
	ROWS_OF(OBJECT, Run, host, "host", &machine_type, "the machine under test"),
	ROWS_OF(OBJECTS, Run, vms, "vms", &run_vm_type, "the VMs on it"),
	ROWS_OF(OBJECTS, Run, stages, "stages", &run_stage_type, "measured periods, in order"),
	ROWS_OF(OBJECTS, Run, loads, "loads", &run_load_type, "what disturbed"),
	ROWS_OF(OBJECT, Run, tuning, "tuning", &run_tuning_type,
		"what of the knob table lathe set on the host while it measured"),
	ROWS_OF(OBJECTS, Run, findings, "findings", &run_finding_type,
		"rows of the knob table judged: the host before boot, VM and guest after"),
	ROWS_OF(OBJECTS, Run, deviations, "deviations", &run_deviation_type,
		"what QEMU or the host were not given as planned"),
	GROUP("timing", &timing_type, "how long it took"),
	ROWS_OF(OBJECT, Run, versions, "versions", &versions_type, "of the parts"),
	END,
};
const ObjectType run_type = TYPE(Run, run_fields);
/* clang-format on */
