/* SPDX-License-Identifier: GPL-2.0-or-later */
/* <cputune>: where threads may run, and under which scheduler. */
#include <string.h>

#include "domain_editing.h"
#include "element.h"
#include "xml_values.h"

/* ---- pins ---- */

static gboolean same_place(const Cpuset *now, const Cpuset *wanted)
{
	return now && cpuset_equal(now, wanted);
}

static gboolean is_bound_so(const DomainThreads *threads, const VmLayout *layout)
{
	if (!same_place(domain_threads_emulator(threads), &layout->emulator))
		return FALSE;
	for (guint i = 0; i < layout->n_vcpus; i++)
		if (!same_place(domain_threads_vcpu(threads, i), &layout->vcpus[i]))
			return FALSE;
	for (guint i = 0; i < threads->n_iothreads; i++)
		if (!same_place(domain_threads_iothread(threads, i), &layout->emulator))
			return FALSE;
	return TRUE;
}

static xmlNode *set_cpus(xmlNode *node, const Cpuset *cpus)
{
	g_autofree char *list = cpulist_format(cpus);

	return element_set(node, "cpuset", list);
}

static void unpin(xmlNode *domain)
{
	xmlNode *tune = element_child(domain, "cputune");
	xmlNode *vcpu = element_child(domain, "vcpu");

	if (vcpu)
		element_unset(vcpu, "cpuset");
	if (!tune)
		return;
	element_remove_all(tune, "vcpupin");
	element_remove_all(tune, "emulatorpin");
	element_remove_all(tune, "iothreadpin");
	element_remove_empty(tune);
}

static void pin(const DomainEdit *edit, const DomainThreads *threads)
{
	const VmLayout *layout = edit->layout;
	xmlNode *vcpu, *tune;
	xmlNode *last = NULL;

	unpin(edit->domain);
	vcpu = element_child(edit->domain, "vcpu");
	if (!vcpu)
		vcpu = element_set_text_number(element_add(edit->domain, "vcpu"),
					       layout->n_vcpus);
	element_set(vcpu, "placement", "static");
	/* Threads that nobody pins stay in this set: off the vCPUs'. */
	set_cpus(vcpu, &layout->emulator);
	tune = element_need(edit->domain, "cputune");
	for (guint i = 0; i < layout->n_vcpus; i++) {
		last = element_add_behind(tune, last, "vcpupin");
		set_cpus(element_set_number(last, "vcpu", i), &layout->vcpus[i]);
	}
	set_cpus(element_add(tune, "emulatorpin"), &layout->emulator);
	last = NULL;
	for (guint i = 0; i < threads->n_iothreads; i++) {
		last = element_add_behind(tune, last, "iothreadpin");
		set_cpus(element_set_number(last, "iothread", threads->iothreads[i]),
			 &layout->emulator);
	}
}

static void set_pins(const DomainEdit *edit, const DomainThreads *threads)
{
	const VmLayout *layout = edit->layout;

	if (layout->bound) {
		/* The guide's order is for real-time: another VM that is bound to all of
		 * its cpuset and nothing else stays as somebody bound it. */
		if (!is_bound_so(threads, layout) &&
		    (layout->vm->rt || !domain_threads_within(threads, &layout->cpuset)))
			pin(edit, threads);
	} else if (edit->was_bound) {
		unpin(edit->domain);
	}
}

/* ---- schedulers ---- */

/* priority 0: what is not real-time now stays, SCHED_BATCH for one; the rest becomes
 * SCHED_OTHER. */
static DomainSched wanted_sched(const DomainSched *now, guint priority)
{
	if (priority > 0)
		return (DomainSched){DOMAIN_SCHED_FIFO, priority};
	return domain_sched_is_rt(now) ? (DomainSched){0} : *now;
}

/* Elements for threads that the domain has not are taken away as well. */
static gboolean names_others(const xmlNode *tune, const char *name, const char *attribute,
			     const Cpuset *all)
{
	ELEMENT_FOREACH(node, tune, name) {
		Cpuset members;

		if (!xml_list_attribute(node, attribute, CPUSET_CPUS, &members, NULL) ||
		    !cpuset_is_subset(&members, all))
			return TRUE;
	}
	return FALSE;
}

static void set_group(xmlNode *domain, const char *name, const char *attribute,
		      const guint *numbers, const DomainSched *now,
		      const DomainSched *wanted, guint n)
{
	gboolean same = TRUE;
	Cpuset all = {0};

	for (guint i = 0; i < n; i++) {
		cpuset_add(&all, numbers ? numbers[i] : i);
		same &= domain_sched_equal(&now[i], &wanted[i]);
	}
	if (!same ||
	    names_others(element_child(domain, "cputune"), name, attribute, &all))
		domain_scheds_write(domain, name, attribute, numbers, wanted, n);
}

static void set_vcpu_scheds(const DomainEdit *edit, const DomainThreads *threads)
{
	const VmLayout *layout = edit->layout;
	g_autofree DomainSched *wanted = g_new0(DomainSched, layout->n_vcpus);

	for (guint i = 0; i < layout->n_vcpus; i++)
		wanted[i] = wanted_sched(&threads->scheds[i], layout->priorities[i]);
	set_group(edit->domain, "vcpusched", "vcpus", NULL, threads->scheds, wanted,
		  layout->n_vcpus);
}

static void set_emulator_sched(const DomainEdit *edit, const DomainThreads *threads)
{
	DomainSched wanted =
		wanted_sched(&threads->emulator_sched, edit->layout->emulator_priority);
	xmlNode *tune = element_child(edit->domain, "cputune");

	if (domain_sched_equal(&wanted, &threads->emulator_sched))
		return;
	element_remove(element_child(tune, "emulatorsched"));
	if (wanted.policy != DOMAIN_SCHED_OTHER)
		domain_sched_write(element_add(element_need(edit->domain, "cputune"),
					       "emulatorsched"),
				   &wanted);
	else
		element_remove_empty(tune);
}

static void set_other_scheds(const DomainEdit *edit, const DomainThreads *threads)
{
	guint n = threads->n_iothreads;
	g_autofree DomainSched *wanted = g_new0(DomainSched, MAX(n, 1));

	/* A VM that neither is nor was real-time, and says nothing: its threads are its
	 * own. */
	if (!edit->layout->vm->rt && !edit->was_rt &&
	    !vm_config_given(edit->layout->vm, VM_KEY_EMULATOR_PRIORITY))
		return;
	set_emulator_sched(edit, threads);
	for (guint i = 0; i < n; i++)
		wanted[i] = wanted_sched(&threads->iothread_scheds[i],
					 edit->layout->emulator_priority);
	set_group(edit->domain, "iothreadsched", "iothreads", threads->iothreads,
		  threads->iothread_scheds, wanted, n);
}

gboolean domain_apply_threads(const DomainEdit *edit, GError **error)
{
	g_autoptr(DomainThreads) threads = domain_threads_read(edit->domain, error);

	if (!threads)
		return FALSE;
	set_pins(edit, threads);
	set_vcpu_scheds(edit, threads);
	set_other_scheds(edit, threads);
	return TRUE;
}
