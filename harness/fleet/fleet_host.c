/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fleet_host.h"

#include <string.h>

#include "error.h"
#include "kvm.h"
#include "scratch.h"
#include "siblings.h"

static Hypervisor *connect_embedded(const State *state, GError **error)
{
	g_autofree char *directory = g_build_filename(state->lib, "libvirt", NULL);
	g_autofree char *cache = g_build_filename(state->cache, "libvirt", NULL);

	return hypervisor_open_embedded(directory, cache, error);
}

Hypervisor *fleet_connect(const State *state, const char *uri, gboolean here, gboolean read_only,
			  GError **error)
{
	Hypervisor *hypervisor;

	if (strcmp(uri, "embedded") == 0)
		return connect_embedded(state, error);
	hypervisor = here ? hypervisor_open(uri, error)
			  : hypervisor_open_any(uri, read_only, error);
	if (!hypervisor && error && *error && strstr((*error)->message, "Failed to connect socket"))
		lathe_error_hint(error, "no libvirt daemon answers there: start it (systemctl start "
					"libvirtd, or virtqemud), or take the one inside lathe: "
					"--connect embedded");
	return hypervisor;
}

/* A tree of which nothing can be read: what the rules ask of it is unknown. */
static Root *open_nothing(GError **error)
{
	g_autoptr(Scratch) scratch = scratch_new(NULL, error);
	Root *root = scratch ? root_open_captured(scratch_path(scratch), error) : NULL;

	if (root)
		root_own_scratch(root, g_steal_pointer(&scratch));
	return root;
}

/* Of a libvirt that nobody asked. */
#define UNASKED "<capabilities><host/></capabilities>"

static gboolean take_root(FleetHost *host, const Root *root, GError **error)
{
	if (!root)
		host->own_root = host->here ? root_open_live(error) : open_nothing(error);
	host->root = root ? root : host->own_root;
	if (!host->root)
		return FALSE;
	host->topology = host->capabilities->topology;
	if (!root && !host->here)
		return TRUE;
	host->own_topology = topology_read(host->root, error);
	host->topology = host->own_topology;
	return host->topology != NULL;
}

FleetHost *fleet_host_new(Hypervisor *hypervisor, const Root *root, GError **error)
{
	g_autoptr(FleetHost) host = g_new0(FleetHost, 1);

	host->hypervisor = hypervisor;
	host->here = !hypervisor || hypervisor_is_here(hypervisor, NULL);
	host->capabilities = hypervisor ? hypervisor_capabilities(hypervisor, error)
					: capabilities_parse(UNASKED, error);
	if (!host->capabilities || !take_root(host, root, error))
		return NULL;
	return g_steal_pointer(&host);
}

void fleet_host_free(FleetHost *host)
{
	if (!host)
		return;
	capabilities_free(host->capabilities);
	topology_free(host->own_topology);
	root_free(host->own_root);
	g_free(host);
}

gboolean fleet_host_check_topology(const FleetHost *host, GError **error)
{
	if (host->topology)
		return TRUE;
	lathe_error(error, LATHE_ERROR_ENVIRONMENT,
		    "the libvirt at '%s' does not tell which CPUs its machine has",
		    hypervisor_uri(host->hypervisor));
	lathe_error_hint(error, "capture that machine (lathe capture), and name the capture: --root");
	return FALSE;
}

gboolean fleet_host_cache(const FleetHost *host, const Cpuset *cpus, DomainCache *ret)
{
	const GArray *caches = host->capabilities->caches;
	DomainCache found = {0};

	for (guint i = 0; i < caches->len; i++) {
		const HostCache *cache = &g_array_index(caches, HostCache, i);

		if (!cpuset_intersects(&cache->cpus, cpus) ||
		    (!cache->way_bytes && !cache->bandwidth) || cache->id >= CPUSET_CPUS)
			continue;
		/* Ways of two sizes cannot be asked for by one number. */
		if (found.level && found.way_bytes != cache->way_bytes)
			return FALSE;
		found.level = cache->level;
		found.way_bytes = cache->way_bytes;
		cpuset_add(&found.ids, cache->id);
	}
	if (!found.level)
		return FALSE;
	*ret = found;
	return TRUE;
}

gboolean fleet_host_leave_out_held(const FleetHost *host, const char *lib, VmConfigs *configs,
				   GError **error)
{
	g_autofree char *directory = lib ? siblings_directory(lib) : NULL;

	if (!directory || !host->here || !root_is_live(host->root))
		return TRUE;
	for (guint i = 0; i < configs->vms->len; i++) {
		VmConfig *vm = configs->vms->pdata[i];
		Cpuset held;

		if (!siblings_held(host->root, directory, vm->uuid, &held, error))
			return FALSE;
		cpuset_subtract(&vm->cpuset, &held);
	}
	return TRUE;
}

/* Of one that is undefined by now, or whose XML tells nothing, nothing is known: the rules say so
 * where it matters. */
static gboolean read_facts(const FleetHost *host, const DomainInfo *info, VmDomainFacts *ret,
			   GError **error)
{
	g_autoptr(GError) cause = NULL;
	g_autofree char *xml = domains_xml(host->hypervisor, info->uuid, FALSE, &cause);
	g_autoptr(DomainInfo) still = NULL;

	if (!xml) {
		if (!domains_find(host->hypervisor, info->uuid, &still, error))
			return FALSE;
		if (still)
			g_propagate_error(error, g_steal_pointer(&cause));
		return !still;
	}
	if (domain_read_facts(xml, ret, NULL))
		ret->running = info->state == DOMAIN_RUNNING || info->state == DOMAIN_PAUSED ||
			       info->state == DOMAIN_SHUTTING_DOWN;
	return TRUE;
}

gboolean fleet_host_kvm(const FleetHost *host)
{
	KvmProof proof;

	if (!host->capabilities->kvm || !host->here || !root_is_live(host->root))
		return host->capabilities->kvm;
	proof = kvm_prove();
	g_free(proof.reason);
	return proof.works;
}

VmDomainFacts *fleet_host_facts(const FleetHost *host, const VmConfigs *configs, GError **error)
{
	g_autofree VmDomainFacts *facts = g_new0(VmDomainFacts, configs->vms->len + 1);
	g_autoptr(GPtrArray) list = domains_list(host->hypervisor, error);
	g_autoptr(GHashTable) by_uuid = g_hash_table_new(g_str_hash, g_str_equal);

	if (!list)
		return NULL;
	for (guint i = 0; i < list->len; i++)
		g_hash_table_insert(by_uuid, ((DomainInfo *)list->pdata[i])->uuid, list->pdata[i]);
	for (guint i = 0; i < configs->vms->len; i++) {
		const VmConfig *vm = configs->vms->pdata[i];
		const DomainInfo *info = g_hash_table_lookup(by_uuid, vm->uuid);

		if (info && info->persistent && !read_facts(host, info, &facts[i], error))
			return NULL;
	}
	return g_steal_pointer(&facts);
}

GPtrArray *fleet_host_breaches(const FleetHost *host, const VmConfigs *configs,
			       const GPtrArray *layouts, GError **error)
{
	g_autofree VmDomainFacts *facts =
		host->hypervisor ? fleet_host_facts(host, configs, error) : NULL;
	RuleScene scene = {.configs = configs,
			   .layouts = layouts,
			   .topology = host->topology,
			   .root = host->root,
			   .domains = facts};

	return facts || !host->hypervisor ? vm_rules_check(&scene) : NULL;
}
