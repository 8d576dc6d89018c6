/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules about who goes first: the VM's threads, or the kernel's. */
#include "capture.h"
#include "service_threads.h"
#include "vm_rules_private.h"

/* kernel/stop_machine.c, kernel/watchdog.c (up to 4.18): migration and watchdog threads have the
 * highest priority there is, and must. */
#define HIGHEST_ALLOWED 98

static void check_stopper(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	for (guint i = 0; i < scene->layouts->len; i++) {
		const VmConfig *vm = rule_layout(scene, i)->vm;
		g_autofree char *name = rule_name(vm);

		if (vm->rt && vm->vcpu_priority > HIGHEST_ALLOWED)
			rule_broken(rule, breaches, vm, VM_KEY_VCPU_PRIORITY,
				    "vcpu_priority of %s is %d: 99 is the migration threads'", name,
				    vm->vcpu_priority);
		if (vm->emulator_priority > HIGHEST_ALLOWED)
			rule_broken(rule, breaches, vm, VM_KEY_EMULATOR_PRIORITY,
				    "emulator_priority of %s is %d: 99 is the migration threads'", name,
				    vm->emulator_priority);
	}
}

const VmRule rule_priority_stopper = {
	.id = "priority-stopper",
	.level = RULE_ERROR,
	.title = "No thread of a VM has the priority of the kernel's migration threads",
	.source = "kernel/stop_machine.c: SCHED_FIFO 99",
	.remedy = "a priority of 98 or less; the KVM-RT guide and ServoBox use 80",
	.check = check_stopper,
};

/* ---- against ksoftirqd, ktimers, rcuc: rows priority.* of the knob table ---------------- */

static GArray *read_threads(const Root *root, int *ret_errno)
{
	g_autofree char *text = NULL;

	if (!root_is_live(root) && root_read(root, CAPTURE_THREADS, &text, NULL, NULL, NULL))
		return threads_parse(text, ret_errno);
	return threads_read(root, ret_errno);
}

/* What the VM's real-time threads on those CPUs keep from running. */
static void compare(const VmRule *rule, const RuleScene *scene, const VmLayout *layout,
		    const char *who, const Cpuset *cpus, guint priority, VmKey key,
		    const ServiceThread *weakest, GPtrArray *breaches)
{
	/* One that is not there, or offline, is another rule's matter. */
	Cpuset running = cpuset_common(cpus, &scene->topology->online);

	CPUSET_FOREACH(cpu, &running) {
		g_autofree char *name = NULL;

		if (priority == 0 || (weakest[cpu].known && weakest[cpu].priority > priority))
			continue;
		name = rule_name(layout->vm);
		if (weakest[cpu].known)
			rule_broken(rule, breaches, layout->vm, key,
				    "%s of %s, SCHED_FIFO %u, goes before %s (%u) on CPU %d", who, name,
				    priority, weakest[cpu].comm, weakest[cpu].priority, cpu);
		else
			rule_unknown(rule, breaches, layout->vm, key,
				     "whether %s of %s, SCHED_FIFO %u, goes before the kernel's "
				     "threads on CPU %d is not known: none of them is to be seen", who,
				     name, priority, cpu);
		return;
	}
}

/* CPUs of vCPUs of the highest priority among them: all have the same, or none. */
static guint collect(const VmLayout *layout, Cpuset *ret)
{
	guint priority = 0;

	for (guint i = 0; i < layout->n_vcpus; i++)
		if (layout->priorities[i]) {
			priority = MAX(priority, layout->priorities[i]);
			cpuset_union(ret, &layout->vcpus[i]);
		}
	return priority;
}

static gboolean any_priority(const RuleScene *scene)
{
	for (guint i = 0; i < scene->layouts->len; i++) {
		Cpuset cpus = {0};

		if (collect(rule_layout(scene, i), &cpus) ||
		    rule_layout(scene, i)->emulator_priority)
			return TRUE;
	}
	return FALSE;
}

static void check_services(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	int errnum = 0;
	g_autoptr(GArray) threads = NULL;
	g_autofree ServiceThread *weakest = NULL;

	if (!any_priority(scene))
		return;
	threads = read_threads(scene->root, &errnum);
	if (!threads) {
		rule_unknown(rule, breaches, NULL, VM_KEY_VCPU_PRIORITY,
			     "the priorities of the kernel's threads are not known: %s",
			     g_strerror(errnum));
		return;
	}
	weakest = service_threads_weakest(threads);
	for (guint i = 0; i < scene->layouts->len; i++) {
		const VmLayout *layout = rule_layout(scene, i);
		Cpuset cpus = {0};
		guint priority = collect(layout, &cpus);

		compare(rule, scene, layout, "a vCPU", &cpus, priority, VM_KEY_VCPU_PRIORITY,
			weakest, breaches);
		compare(rule, scene, layout, "the emulator", &layout->emulator,
			layout->emulator_priority, VM_KEY_EMULATOR_PRIORITY, weakest, breaches);
	}
}

/* A warning, since the sources do not agree: see priority.vcpu_inversion. */
const VmRule rule_priority_services = {
	.id = "priority-services",
	.level = RULE_WARNING,
	.title = "ksoftirqd, ktimers and rcuc go before the VM's threads on their CPUs",
	.source = "libvirt kbase kvm-realtime (1); ServoBox RT settings 17 (80); tuned "
		  "realtime-virtual-host; row priority.vcpu_inversion",
	.remedy = "raise those threads (`lathe tune apply --vm NAME --only 'priority.*'`), or "
		  "vcpu_priority = 1",
	.check = check_services,
};

/* ---- within the VM ---------------------------------------------------------------------- */

static void check_other(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	for (guint i = 0; i < scene->layouts->len; i++) {
		const VmConfig *vm = rule_layout(scene, i)->vm;
		g_autofree char *name = NULL;

		if (!vm->rt || vm->vcpu_priority != 0)
			continue;
		name = rule_name(vm);
		rule_broken(rule, breaches, vm, VM_KEY_VCPU_PRIORITY,
			    "the vCPUs of real-time VM %s are SCHED_OTHER: anything may run in their "
			    "place", name);
	}
}

const VmRule rule_rt_other = {
	.id = "rt-other",
	.level = RULE_WARNING,
	.title = "The vCPUs of a real-time VM have a real-time priority",
	.source = "ServoBox RT settings 17; libvirt kbase kvm-realtime",
	.remedy = "leave vcpu_priority out, or set it to 1-98",
	.check = check_other,
};

static void check_above(const VmRule *rule, const RuleScene *scene, GPtrArray *breaches)
{
	for (guint i = 0; i < scene->layouts->len; i++) {
		const VmConfig *vm = rule_layout(scene, i)->vm;
		int priority = vm->vcpu_priority == VM_NUMBER_AUTO ? PLAN_VCPU_PRIORITY
								   : vm->vcpu_priority;
		g_autofree char *name = NULL;

		if (!vm->rt || vm->emulator_priority <= priority)
			continue;
		name = rule_name(vm);
		rule_broken(rule, breaches, vm, VM_KEY_EMULATOR_PRIORITY,
			    "emulator_priority of %s is %d, above its vcpu_priority of %d", name,
			    vm->emulator_priority, priority);
	}
}

const VmRule rule_emulator_above = {
	.id = "emulator-above",
	.level = RULE_WARNING,
	.title = "The emulator does not go before the real-time vCPUs",
	.source = "host and QEMU tuning notes",
	.remedy = "leave emulator_priority out, or set it below vcpu_priority",
	.check = check_above,
};
