/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine as the rows look at it: a root, which CPUs are meant for vCPUs, and everything
 * that was read, once. Nothing here writes.
 *
 * Whatever is returned is owned by the view and lives as long as it does.
 */
#ifndef LATHE_VIEW_H
#define LATHE_VIEW_H

#include "capture.h"
#include "cpulist.h"
#include "interrupts.h"
#include "kernel_cmdline.h"
#include "knob.h"
#include "root.h"
#include "threads.h"
#include "topology.h"

/*
 * `root` must outlive the view. planned NULL: the CPUs that the kernel says are isolated.
 * `host` is the view of the host for a VM's and a guest's rows that compare with it, or
 * NULL. It must outlive this one.
 */
KnobView *knob_view_new(const Root *root, KnobScope scope, const Cpuset *planned,
			KnobView *host);
void knob_view_free(KnobView *view);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(KnobView, knob_view_free)

KnobScope knob_view_scope(const KnobView *view);
KnobView *knob_view_host(KnobView *view);
gboolean knob_view_live(const KnobView *view);
/* The same machine as it was when a measurement began, which must outlive this view; NULL: what
 * is seen is judged as it is. */
void knob_view_set_before(KnobView *view, KnobView *before);
KnobView *knob_view_before(KnobView *view);

/* TRUE when a file that is absent is absent from the machine: it is the live one, or the
 * tree was captured by lathe. Else it may only be missing from the tree. */
gboolean knob_view_complete(const KnobView *view);

/* An errno for a person: ENOENT of a tree that others captured says less than of a machine. */
const char *knob_view_strerror(const KnobView *view, int errnum);
/* The same for the threads, which are no file. */
const char *knob_view_no_threads(const KnobView *view, int errnum);

/* A profile's choice for a policy row, or NULL. */
void knob_view_choose(KnobView *view, const char *id, const char *value);
const char *knob_view_choice(const KnobView *view, const char *id);

/* A whole file, or NULL with *ret_errno (ENOENT: absent; EILSEQ: it holds a NUL byte; EFBIG:
 * over 16 MiB). */
const char *knob_view_read(KnobView *view, const char *path, int *ret_errno);
/* The same without trailing white space; EILSEQ as well when it has more than one line. */
const char *knob_view_line(KnobView *view, const char *path, int *ret_errno);
/* Names in a directory, sorted, or NULL with *ret_errno. */
const GPtrArray *knob_view_list(KnobView *view, const char *path, int *ret_errno);
/* Whether the path is there, and is no dangling link. */
gboolean knob_view_exists(KnobView *view, const char *path);

/* Every path that matches a pattern whose components may hold STAR; sorted, may be empty. */
const GPtrArray *knob_view_glob(KnobView *view, const char *pattern);
/* 0 when that is all; ENOENT when nothing matches; else why a directory that is there could
 * not be listed: then nobody knows what else would match. */
int knob_view_glob_errno(KnobView *view, const char *pattern);

/* The number in a one-line file. FALSE with *ret_errno (ERANGE: no number, or out of
 * range). */
gboolean knob_view_number(KnobView *view, const char *path, gint64 min, gint64 max,
			  gint64 *ret, int *ret_errno);
/* The CPUs of a kernel cpulist file. */
gboolean knob_view_cpulist(KnobView *view, const char *path, Cpuset *ret, int *ret_errno);

/* CPUs. Empty when the tree does not say; the _known forms tell which. */
const Cpuset *knob_view_online(KnobView *view);
gboolean knob_view_online_known(KnobView *view);
const Cpuset *knob_view_isolated(KnobView *view);
gboolean knob_view_isolated_known(KnobView *view);
/* CPUs for vCPUs, online or not; empty when nobody said and nothing is isolated. */
const Cpuset *knob_view_planned(KnobView *view);
/* Whether the planned ones were given, and not taken from the kernel's isolated ones. */
gboolean knob_view_planned_given(const KnobView *view);
/* Why no CPU is planned, or NULL when some are. *ret is what that makes of a row about
 * vCPUs' CPUs: N/A when the kernel isolates none, UNKNOWN when nothing tells. */
const char *knob_view_unplanned(KnobView *view, KnobMatch *ret);
/* Online CPUs that are not planned. */
const Cpuset *knob_view_housekeeping(KnobView *view);

/* The kernel command line, parsed; NULL with *ret_errno. */
const KernelCmdline *knob_view_cmdline(KnobView *view, int *ret_errno);
/* proc/interrupts, parsed; NULL with *ret_errno (EILSEQ: malformed). It has a number for each
 * IRQ and CPU: what several rows read of it must not be parsed by each. */
const Interrupts *knob_view_interrupts(KnobView *view, int *ret_errno);
/* NULL when hwloc can make nothing of the tree; *ret_why (may be NULL) says why. */
const Topology *knob_view_topology(KnobView *view, const char **ret_why);

/* The value of a Kconfig option ("y", "m", "n", a number or text), or NULL with *ret_errno
 * (ENOENT: no configuration of this kernel is to be found). */
const char *knob_view_kconfig(KnobView *view, const char *option, int *ret_errno);

/* A parameter of the kernel or of a module: "kvm", "halt_poll_ns" ->
 * sys/module/kvm/parameters/halt_poll_ns. */
const char *knob_view_module_parameter(KnobView *view, const char *module,
				       const char *parameter, int *ret_errno);

typedef MachineThread KnobThread;

/* GArray of KnobThread; NULL with *ret_errno. */
const GArray *knob_view_threads(KnobView *view, int *ret_errno);

/* The kernel's log since boot, or NULL with *ret_errno. */
const char *knob_view_kernel_log(KnobView *view, int *ret_errno);

/* "yes" or "no", a tab, and the reason: the proof that KVM works (kvm.h), or NULL. */
const char *knob_view_kvm_proof(KnobView *view, int *ret_errno);

/* libxml2's document of the live domain XML (scope VM), or NULL with *ret_errno. */
gpointer knob_view_domain(KnobView *view, int *ret_errno);

/* A libxml2 document of hostile text, or NULL; freed by the caller. */
gpointer knob_xml_parse(const char *text);

/* Every path that was read or listed so far, for a test of `reads`. */
void knob_view_foreach_read(KnobView *view, void (*each)(const char *path, gpointer data),
			    gpointer data);

#endif
