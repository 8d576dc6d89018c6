/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Configured VMs in a run: those that --vm names, together. They run as their domains are defined,
 * with what their configuration wants and what lathe needs added for as long as they run; the
 * definitions stay as they are.
 */
#ifndef LATHE_CONFIGURED_H
#define LATHE_CONFIGURED_H

#include "context.h"
#include "fleet_host.h"

#define CONFIGURED_CONNECT_DEFAULT "qemu:///system"

/* The libvirt of --connect. */
Hypervisor *configured_connect(const QualifyOptions *options, GError **error);

/*
 * Chooses, refuses and plans: context->guests and context->housekeeping. Refused are a name of
 * none, rules that are broken (unless the profile allows a demonstration), a VM that runs, one that
 * libvirt does not have (but in the embedded one), and an RT VM that cannot be measured
 * (configured_check_rt()). The hypervisor is open.
 */
gboolean configured_plan(RunContext *context, GError **error);

/* An RT VM without a kernel of its own, without a vCPU for housekeeping, or with a vCPU that has
 * several CPUs, or none of its own, is not measured: says why and what to do. */
gboolean configured_check_rt(const VmLayout *layout, GError **error);

/* Rules of level error, broken or not to be looked at, refuse the run, or make it a demonstration:
 * then those of each VM are added to what its plan breaks. Everything else is told. */
gboolean configured_judge_breaches(RunContext *context, const GPtrArray *breaches, GError **error);

/* The guest's accelerator: of a defined domain its own, where that works. */
gboolean configured_choose_accel(Guest *guest, GError **error);
/* What is started: see domain_measure.h. */
char *configured_xml(Guest *guest, GError **error);
/* What QEMU was given for it, against what was asked for. */
gboolean configured_check_argv(Guest *guest, GPtrArray *deviations, GError **error);

/* The machine, as configured_plan() read it. */
const FleetHost *configured_host(const RunContext *context);
void configured_free(RunContext *context);

#endif
