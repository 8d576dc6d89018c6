/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm_findings.h"

#include <string.h>

#include "escape.h"

FindingSeverity vm_rule_severity(const VmRule *rule)
{
	static const FindingSeverity severities[] = {
		[RULE_ADVICE] = SEVERITY_INFO,
		[RULE_WARNING] = SEVERITY_MEDIUM,
		[RULE_ERROR] = SEVERITY_HIGH,
	};

	return severities[rule->level];
}

static Finding *finding_of(const VmRule *rule, FindingStatus status)
{
	Finding *finding = finding_new();

	finding->id = g_strconcat(VM_FINDINGS_PREFIX, rule->id, NULL);
	finding->scope = g_strdup("vm");
	finding->layer = g_strdup(VM_FINDINGS_LAYER);
	finding->title = g_strdup(rule->title);
	finding->severity = vm_rule_severity(rule);
	finding->status = status;
	return finding;
}

/* The key's line in the config, where it has one; else the VM's section. */
static char *place(const RuleScene *scene, const Breach *breach)
{
	const VmConfig *vm = breach->vm;
	guint line = vm->lines[breach->key] ? vm->lines[breach->key] : vm->line;
	const char *path = scene->configs->path ? scene->configs->path : "config";
	g_autofree char *shown = escape_text(path, -1);

	return line ? g_strdup_printf("%s:%u", shown, line) : g_steal_pointer(&shown);
}

static void add_evidence(const RuleScene *scene, const Breach *breach, Finding *finding)
{
	const VmKeyRow *key = &vm_keys[breach->key];
	g_autofree char *value = key->format(breach->vm);
	g_autofree char *shown = escape_text(value, -1);

	finding_add_evidence(finding, place(scene, breach),
			     g_strdup_printf("%s = %s", key->name, shown), NULL);
}

static Finding *finding_broken(const RuleScene *scene, const Breach *breach)
{
	const VmRule *rule = breach->rule;
	Finding *finding =
		finding_of(rule, breach->unknown		? STATUS_UNKNOWN
				 : breach->level == RULE_ERROR ? STATUS_FAIL
								: STATUS_WARN);

	finding->reason = g_strdup(breach->text);
	finding->source = g_strdup(rule->source);
	if (!breach->unknown)
		finding->remedy = g_strdup(rule->remedy);
	if (breach->vm)
		add_evidence(scene, breach, finding);
	return finding;
}

GPtrArray *vm_rules_findings(const RuleScene *scene, const GPtrArray *breaches)
{
	GPtrArray *findings = findings_new();

	for (const VmRule *const *rule = vm_rules; *rule; rule++) {
		guint before = findings->len;

		for (guint i = 0; i < breaches->len; i++)
			if (((Breach *)breaches->pdata[i])->rule == *rule)
				g_ptr_array_add(findings,
						finding_broken(scene, breaches->pdata[i]));
		if (findings->len == before)
			g_ptr_array_add(findings, finding_of(*rule, STATUS_PASS));
	}
	return findings;
}
