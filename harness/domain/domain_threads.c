/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "domain_threads.h"

#include <string.h>

#include "domain_document.h"
#include "element.h"
#include "error.h"
#include "xml_values.h"

gboolean domain_sched_is_rt(const DomainSched *sched)
{
	return sched->policy == DOMAIN_SCHED_FIFO || sched->policy == DOMAIN_SCHED_RR;
}

gboolean domain_sched_equal(const DomainSched *a, const DomainSched *b)
{
	return a->policy == b->policy &&
	       (!domain_sched_is_rt(a) || a->priority == b->priority);
}

static gboolean read_vcpus(DomainThreads *threads, const xmlNode *domain, GError **error)
{
	const xmlNode *vcpu = element_child(domain, "vcpu");
	guint64 n = 1, current;

	/* libvirt gives a domain one vCPU when it names none. */
	if (vcpu && !xml_number_text(vcpu, 1, DOMAIN_VCPUS_MAX, &n, error))
		return FALSE;
	current = n;
	if (vcpu && !xml_number_attribute(vcpu, "current", n, &current, error))
		return FALSE;
	threads->n_vcpus = (guint)n;
	threads->n_current = current ? (guint)current : (guint)n;
	threads->placed = vcpu && element_has(vcpu, "placement", "auto");
	threads->pins = g_new0(Cpuset *, n);
	threads->scheds = g_new0(DomainSched, n);
	if (threads->placed || !vcpu || !xmlHasProp(vcpu, BAD_CAST "cpuset"))
		return TRUE;
	threads->cpuset = g_new0(Cpuset, 1);
	return xml_list_attribute(vcpu, "cpuset", CPUSET_CPUS, threads->cpuset, error);
}

/* Ids that are given, then the lowest that are free, as libvirt numbers them. */
static gboolean read_iothreads(DomainThreads *threads, const xmlNode *domain,
			       GError **error)
{
	const xmlNode *count = element_child(domain, "iothreads");
	guint64 wanted = 0, id;
	g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(guint));
	Cpuset used = {0};

	if (count && !xml_number_text(count, 0, DOMAIN_VCPUS_MAX - 1, &wanted, error))
		return FALSE;
	ELEMENT_FOREACH(node, element_child(domain, "iothreadids"), "iothread") {
		guint number;

		id = 0;
		if (!xml_number_attribute(node, "id", CPUSET_CPUS - 1, &id, error))
			return FALSE;
		if (id == 0 || cpuset_contains(&used, (guint)id))
			return lathe_error(
				error, LATHE_ERROR_INPUT,
				"<iothreadids> of the domain: each IOThread needs "
				"an id of its own, above 0");
		number = (guint)id;
		cpuset_add(&used, number);
		g_array_append_val(ids, number);
	}
	for (guint number = 1; ids->len < wanted && number < CPUSET_CPUS; number++)
		if (!cpuset_contains(&used, number))
			g_array_append_val(ids, number);
	threads->n_iothreads = ids->len;
	threads->iothreads =
		(guint *)(gpointer)g_array_free(g_steal_pointer(&ids), FALSE);
	threads->iothread_pins = g_new0(Cpuset *, MAX(threads->n_iothreads, 1));
	threads->iothread_scheds = g_new0(DomainSched, MAX(threads->n_iothreads, 1));
	return TRUE;
}

/* ---- <cputune> ---- */

static gboolean read_pin(const xmlNode *node, Cpuset **pin, GError **error)
{
	Cpuset cpus;

	if (!xml_list_attribute(node, "cpuset", CPUSET_CPUS, &cpus, error))
		return FALSE;
	if (*pin)
		return lathe_error(error, LATHE_ERROR_INPUT,
				   "<%s> of the domain: a thread is pinned twice",
				   (const char *)node->name);
	*pin = g_memdup2(&cpus, sizeof(cpus));
	return TRUE;
}

static gboolean read_sched(const xmlNode *node, DomainSched *ret, GError **error)
{
	static const struct {
		const char *name;
		DomainPolicy policy;
	} policies[] = {
		{"fifo", DOMAIN_SCHED_FIFO},
		{"rr", DOMAIN_SCHED_RR},
		{"batch", DOMAIN_SCHED_BATCH},
		{"idle", DOMAIN_SCHED_IDLE},
	};
	guint64 priority = 0;

	for (guint i = 0; i < G_N_ELEMENTS(policies); i++) {
		if (!element_has(node, "scheduler", policies[i].name))
			continue;
		if (!xml_number_attribute(node, "priority", 99, &priority, error))
			return FALSE;
		*ret = (DomainSched){policies[i].policy, (guint)priority};
		return TRUE;
	}
	return lathe_error(
		error, LATHE_ERROR_INPUT,
		"<%s> of the domain: its scheduler is none of fifo, rr, batch and idle",
		(const char *)node->name);
}

/* By id, from 1 up: 0 is none. */
static guint *iothread_index(const DomainThreads *threads)
{
	guint *index_of = g_new0(guint, CPUSET_CPUS);

	for (guint i = 0; i < threads->n_iothreads; i++)
		index_of[threads->iothreads[i]] = i + 1;
	return index_of;
}

/* index_of: as iothread_index(); NULL when numbers begin at 0 and have no gap. */
static gboolean read_scheds(const xmlNode *tune, const char *name, const char *attribute,
			    const guint *index_of, DomainSched *scheds, guint n,
			    GError **error)
{
	Cpuset seen = {0};

	ELEMENT_FOREACH(node, tune, name) {
		DomainSched sched;
		Cpuset members;

		if (!xml_list_attribute(node, attribute, CPUSET_CPUS, &members, error) ||
		    !read_sched(node, &sched, error))
			return FALSE;
		if (cpuset_intersects(&seen, &members))
			return lathe_error(
				error, LATHE_ERROR_INPUT,
				"<%s> of the domain: a thread has two schedulers", name);
		cpuset_union(&seen, &members);
		CPUSET_FOREACH(member, &members) {
			guint index = index_of ? index_of[member] : (guint)member + 1;

			if (index > 0 && index <= n)
				scheds[index - 1] = sched;
		}
	}
	return TRUE;
}

static gboolean read_vcpu_pins(DomainThreads *threads, const xmlNode *tune,
			       GError **error)
{
	ELEMENT_FOREACH(node, tune, "vcpupin") {
		guint64 vcpu = G_MAXUINT64;

		if (!xml_number_attribute(node, "vcpu", G_MAXUINT16, &vcpu, error))
			return FALSE;
		if (vcpu < threads->n_vcpus &&
		    !read_pin(node, &threads->pins[vcpu], error))
			return FALSE;
	}
	return TRUE;
}

static gboolean read_iothread_pins(DomainThreads *threads, const xmlNode *tune,
				   GError **error)
{
	g_autofree guint *index_of = iothread_index(threads);

	ELEMENT_FOREACH(node, tune, "iothreadpin") {
		guint64 id = 0;
		guint index;

		if (!xml_number_attribute(node, "iothread", CPUSET_CPUS - 1, &id, error))
			return FALSE;
		index = index_of[id];
		if (index && !read_pin(node, &threads->iothread_pins[index - 1], error))
			return FALSE;
	}
	return TRUE;
}

static gboolean read_tune(DomainThreads *threads, const xmlNode *tune, GError **error)
{
	const xmlNode *pin = element_child(tune, "emulatorpin");
	const xmlNode *sched = element_child(tune, "emulatorsched");
	g_autofree guint *index_of = iothread_index(threads);

	return read_vcpu_pins(threads, tune, error) &&
	       (!pin || read_pin(pin, &threads->emulator_pin, error)) &&
	       read_iothread_pins(threads, tune, error) &&
	       read_scheds(tune, "vcpusched", "vcpus", NULL, threads->scheds,
			   threads->n_vcpus, error) &&
	       read_scheds(tune, "iothreadsched", "iothreads", index_of,
			   threads->iothread_scheds, threads->n_iothreads, error) &&
	       (!sched || read_sched(sched, &threads->emulator_sched, error));
}

DomainThreads *domain_threads_read(const xmlNode *domain, GError **error)
{
	g_autoptr(DomainThreads) threads = g_new0(DomainThreads, 1);

	if (!read_vcpus(threads, domain, error) ||
	    !read_iothreads(threads, domain, error) ||
	    !read_tune(threads, element_child(domain, "cputune"), error))
		return NULL;
	return g_steal_pointer(&threads);
}

static void pins_free(Cpuset **pins, guint n)
{
	for (guint i = 0; pins && i < n; i++)
		g_free(pins[i]);
	g_free(pins);
}

void domain_threads_free(DomainThreads *threads)
{
	if (!threads)
		return;
	pins_free(threads->pins, threads->n_vcpus);
	pins_free(threads->iothread_pins, threads->n_iothreads);
	g_free(threads->cpuset);
	g_free(threads->emulator_pin);
	g_free(threads->scheds);
	g_free(threads->iothreads);
	g_free(threads->iothread_scheds);
	g_free(threads);
}

/* ---- together ---- */

const Cpuset *domain_threads_vcpu(const DomainThreads *threads, guint vcpu)
{
	return threads->pins[vcpu] ? threads->pins[vcpu] : threads->cpuset;
}

const Cpuset *domain_threads_emulator(const DomainThreads *threads)
{
	return threads->emulator_pin ? threads->emulator_pin : threads->cpuset;
}

const Cpuset *domain_threads_iothread(const DomainThreads *threads, guint index)
{
	return threads->iothread_pins[index] ? threads->iothread_pins[index]
					     : threads->cpuset;
}

gboolean domain_threads_rt(const DomainThreads *threads)
{
	for (guint i = 0; i < threads->n_vcpus; i++)
		if (domain_sched_is_rt(&threads->scheds[i]))
			return TRUE;
	return FALSE;
}

void domain_place(const Cpuset *cpuset, guint n_vcpus, Cpuset *emulator, Cpuset *vcpus)
{
	Cpuset others = *cpuset;
	int first = cpuset_next(cpuset, 0);
	guint n = 0;

	memset(emulator, 0, sizeof(*emulator));
	memset(vcpus, 0, n_vcpus * sizeof(*vcpus));
	if (first < 0)
		return;
	cpuset_add(emulator, (guint)first);
	if (cpuset_count(&others) > 1)
		cpuset_remove(&others, (guint)first);
	CPUSET_FOREACH(cpu, &others)
		cpuset_add(&vcpus[n++ % n_vcpus], (guint)cpu);
	/* Fewer than vCPUs: begin again with the first. */
	for (int cpu = -1; n < n_vcpus; n++) {
		cpu = cpuset_next(&others, (guint)(cpu + 1));
		if (cpu < 0)
			cpu = cpuset_next(&others, 0);
		cpuset_add(&vcpus[n], (guint)cpu);
	}
}

static gboolean is_placed_as(const DomainThreads *threads, const Cpuset *cpuset)
{
	g_autofree Cpuset *vcpus = g_new(Cpuset, threads->n_vcpus);
	const Cpuset *where = domain_threads_emulator(threads);
	Cpuset emulator;

	domain_place(cpuset, threads->n_vcpus, &emulator, vcpus);
	if (!where || !cpuset_equal(where, &emulator))
		return FALSE;
	for (guint i = 0; i < threads->n_vcpus; i++) {
		where = domain_threads_vcpu(threads, i);
		if (!where || !cpuset_equal(where, &vcpus[i]))
			return FALSE;
	}
	return TRUE;
}

DomainBinding domain_threads_cpuset(const DomainThreads *threads, Cpuset *ret)
{
	const Cpuset *emulator = domain_threads_emulator(threads);
	Cpuset all = {0};

	for (guint i = 0; i < threads->n_vcpus; i++)
		if (domain_threads_vcpu(threads, i))
			cpuset_union(&all, domain_threads_vcpu(threads, i));
	*ret = all;
	if (cpuset_count(&all) == 0)
		return DOMAIN_UNBOUND;
	if (emulator)
		cpuset_union(ret, emulator);
	if (is_placed_as(threads, ret))
		return DOMAIN_EXACT;
	for (guint i = 0; i < threads->n_iothreads; i++)
		if (domain_threads_iothread(threads, i))
			cpuset_union(ret, domain_threads_iothread(threads, i));
	return DOMAIN_UNION;
}

static gboolean is_within(const Cpuset *where, const Cpuset *cpuset)
{
	return where && cpuset_is_subset(where, cpuset);
}

gboolean domain_threads_within(const DomainThreads *threads, const Cpuset *cpuset)
{
	Cpuset all;

	domain_threads_cpuset(threads, &all);
	if (!cpuset_equal(&all, cpuset) ||
	    !is_within(domain_threads_emulator(threads), cpuset))
		return FALSE;
	for (guint i = 0; i < threads->n_vcpus; i++)
		if (!is_within(domain_threads_vcpu(threads, i), cpuset))
			return FALSE;
	for (guint i = 0; i < threads->n_iothreads; i++)
		if (!is_within(domain_threads_iothread(threads, i), cpuset))
			return FALSE;
	return TRUE;
}
