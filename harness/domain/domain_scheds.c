/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Schedulers of threads as libvirt spells them. */
#include "domain_threads.h"
#include "element.h"

static const char *policy_name(DomainPolicy policy)
{
	static const char *const names[] = {
		[DOMAIN_SCHED_OTHER] = "other", [DOMAIN_SCHED_FIFO] = "fifo",
		[DOMAIN_SCHED_RR] = "rr",       [DOMAIN_SCHED_BATCH] = "batch",
		[DOMAIN_SCHED_IDLE] = "idle",
	};

	return names[policy];
}

void domain_sched_write(xmlNode *node, const DomainSched *sched)
{
	element_set(node, "scheduler", policy_name(sched->policy));
	if (domain_sched_is_rt(sched))
		element_set_number(node, "priority", sched->priority);
}

void domain_scheds_write(xmlNode *domain, const char *name, const char *attribute,
			 const guint *numbers, const DomainSched *scheds, guint n)
{
	xmlNode *tune = element_need(domain, "cputune");
	xmlNode *last = NULL;

	element_remove_all(tune, name);
	for (guint i = 0, end; i < n; i = end) {
		Cpuset members = {0};
		g_autofree char *list = NULL;

		for (end = i; end < n && domain_sched_equal(&scheds[i], &scheds[end]);
		     end++)
			cpuset_add(&members, numbers ? numbers[end] : end);
		if (scheds[i].policy == DOMAIN_SCHED_OTHER)
			continue;
		list = cpulist_format(&members);
		last = element_add_behind(tune, last, name);
		domain_sched_write(element_set(last, attribute, list), &scheds[i]);
	}
	element_remove_empty(tune);
}
