/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "movable.h"

#include <fnmatch.h>
#include <unistd.h>

#include "number.h"

/* The names that QEMU gives its process and vCPUs; those of other VMMs, cut off after 15 bytes as
 * the kernel does; and vhost's workers, kernel threads until Linux 6.4. */
static const char *const vm_names[] = {
	"qemu-*",	   "CPU */KVM",	  "CPU */TCG",	"cloud-hyperviso",
	"firecracker*", "fc_vcpu *", "crosvm*", "vhost-*",
};

static gboolean is_of_vm(const KnobThread *thread)
{
	if (*thread->role)
		return TRUE;
	for (guint i = 0; i < G_N_ELEMENTS(vm_names); i++)
		if (fnmatch(vm_names[i], thread->comm, 0) == 0)
			return TRUE;
	return FALSE;
}

GHashTable *movable_vms(const GArray *threads)
{
	GHashTable *vms = g_hash_table_new(NULL, NULL);

	for (guint i = 0; i < threads->len; i++) {
		const KnobThread *thread = &g_array_index(threads, KnobThread, i);

		if (is_of_vm(thread))
			g_hash_table_add(vms, GUINT_TO_POINTER(thread->pid));
	}
	return vms;
}

gboolean movable_remembered(const char *release)
{
	Span span = span_of(release ? release : "");
	guint64 major, minor;

	return span_take_number(&span, G_MAXINT, &major) && span_take_literal(&span, ".") &&
	       span_take_number(&span, G_MAXINT, &minor) &&
	       (major > 6 || (major == 6 && minor >= 2));
}

Movable movable(const MovableRules *rules, const KnobThread *thread)
{
	/* Its children are threads of the kernel, and would inherit what it was given. */
	const guint kthreadd = 2;

	if (thread->pid == (guint)getpid())
		return MOVABLE_OURS;
	if (thread->bound || (thread->kernel_thread && thread->tid == kthreadd))
		return MOVABLE_BOUND;
	if (!rules->force && g_hash_table_contains(rules->vms, GUINT_TO_POINTER(thread->pid)))
		return MOVABLE_VM;
	if (!thread->allowed || cpuset_count(thread->allowed) == 0)
		return MOVABLE_BOUND;
	if (cpuset_is_subset(&rules->all, thread->allowed))
		return MOVABLE;
	if (cpuset_is_subset(thread->allowed, &rules->housekeeping))
		return MOVABLE_NEEDLESS;
	if (thread->kernel_thread)
		return MOVABLE_KERNEL_CHOSE;
	return rules->remembered ? MOVABLE : MOVABLE_USER_CHOSE;
}
