/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules of configured VMs as findings, for who reports a machine. */
#ifndef LATHE_VM_FINDINGS_H
#define LATHE_VM_FINDINGS_H

#include "finding.h"
#include "vm_rules.h"

/* What stands where a row of the knob table has its layer, and before a rule's id. */
#define VM_FINDINGS_LAYER  "vms"
#define VM_FINDINGS_TITLE  "Configured VMs: CPUs, nodes, memory and devices"
#define VM_FINDINGS_PREFIX "vm."

/* FAIL for an error, WARN for a warning and an advice, UNKNOWN where nobody could look; a rule
 * that is kept is one PASS. In the order of the rules. An array of Finding *. */
GPtrArray *vm_rules_findings(const RuleScene *scene, const GPtrArray *breaches);

FindingSeverity vm_rule_severity(const VmRule *rule);

#endif
