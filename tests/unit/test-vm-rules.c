/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Every rule, broken by a change of two VMs that keep all of them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "propose.h"
#include "vm-scene.h"
#include "vm_findings.h"

/* What libvirt said of both VMs. */
typedef enum { NOT_ASKED, NO_DOMAINS, DOMAINS, WINDOWS, RUNNING } Asked;

#define PCI	"sys/bus/pci/devices/"
#define CARD	PCI "0000:03:00.0/"
#define MORE	PCI "0000:03:00.1/"
#define BRIDGE	PCI "0000:03:02.0/"
#define L3	"sys/fs/resctrl/info/L3/"
#define POOL3	"sys/devices/system/node/node3/hugepages/"
#define CARD_IN_GROUP                                                                        \
	CARD "class\t0x020000", CARD "iommu_group/devices/0000:03:00.0/x\t",                 \
		CARD "msi_irqs/40\t"
#define SPLIT_CACHE L3 "cbm_mask\t7ff", L3 "min_cbm_bits\t1", L3 "num_closids\t16"

static const struct {
	const char *id;
	gboolean unknown;
	const char *also; /* ids that the change cannot but break as well; blanks between */
	Asked asked;
	const char *edits[6]; /* "VM KEY VALUE" */
	const char *files[6]; /* "PATH<tab>TEXT", or "-PATH": it is not there */
	const char *text;     /* what the sentence holds */
} cases[] = {
	/* ---- CPUs */
	{"cpuset-overlap", FALSE, "shared-nodes", NOT_ASKED, {"other cpuset 7,37"}, {NULL},
	 "CPU 37 of real-time VM \"rt\" is in the cpuset of \"other\" as well"},
	{"cpuset-overlap", FALSE, "shared-nodes fifo-shared under-provisioned", NOT_ASKED,
	 {"other cpuset 39", "other rt 1", "other nr_vcpus 1"}, {NULL}, "CPU 39"},
	{"sibling-overlap", FALSE, "shared-nodes", NOT_ASKED, {"other cpuset 7,77"}, {NULL},
	 "CPU 77 belongs to real-time VM \"rt\" as a sibling thread, and to \"other\""},
	{"sibling-overlap", FALSE, "shared-nodes", NOT_ASKED,
	 {"other cpuset 77-79", "other rt 1"}, {NULL}, "CPU 37-39,77-79"},
	{"under-provisioned", FALSE, "fifo-shared", NOT_ASKED, {"rt cpuset 38-39"}, {NULL},
	 "has 2 CPUs to use, one a core, for 2 vCPUs and the emulator: 3 are needed"},
	/* As many CPUs as are needed, and fewer cores. */
	{"under-provisioned", FALSE, "fifo-shared siblings-named", NOT_ASKED,
	 {"rt cpuset 38-39,79"}, {NULL}, "3 are needed"},
	{"rt-without-cpuset", FALSE, NULL, NOT_ASKED, {"rt cpuset "}, {NULL}, "has no cpuset"},
	{"cpuset-absent", FALSE, NULL, NOT_ASKED, {"other cpuset 7-9,200"}, {NULL},
	 "CPU 200, in the cpuset of \"other\", is not there"},
	{"cpuset-absent", FALSE, NULL, NOT_ASKED, {NULL},
	 {"sys/devices/system/cpu/online\t0-8,10-79",
	  "sys/devices/system/node/node1/cpumap\t0000,0e639800,000e6198"}, "CPU 9, in the cpuset of \"other\", is offline"},
	{"siblings-named", FALSE, NULL, NOT_ASKED, {"rt cpuset 37-39,78-79"}, {NULL}, "CPU 78-79"},
	{"host-cpus", FALSE, "first-core spans-nodes unbound-beside", NOT_ASKED,
	 {"rt cpuset 0-39", "other cpuset "}, {NULL}, "own all 80 CPUs of the host"},
	{"first-core", FALSE, NULL, NOT_ASKED, {"rt cpuset 20,25-26"}, {NULL}, "owns CPU 20,60"},
	{"boot-cpu-sibling", FALSE, "first-core", NOT_ASKED, {"rt cpuset 40-42"}, {NULL}, "CPU 0"},
	{"unbound-beside", FALSE, NULL, NOT_ASKED, {"other cpuset "}, {NULL},
	 "\"other\" is bound to no CPU"},
	{"sibling-overlap", TRUE, "spans-nodes", NOT_ASKED, {NULL},
	 {"-sys/devices/system/cpu/cpu38/topology"}, "the siblings of CPU 38"},
	/* ---- nodes */
	{"spans-nodes", FALSE, NULL, NOT_ASKED, {"rt cpuset 36-38"}, {NULL}, "spans NUMA nodes 2-3"},
	{"shared-nodes", FALSE, NULL, NOT_ASKED, {"other cpuset 33-34"}, {NULL},
	 "\"other\" has CPUs on NUMA node 3 of real-time VM \"rt\""},
	{"numatune-off", FALSE, NULL, NOT_ASKED, {"rt numatune "}, {NULL}, "any NUMA node"},
	{"numatune-outside", FALSE, NULL, NOT_ASKED, {"rt numatune 2-3"}, {NULL}, "names node 2"},
	{"numatune-overlap", FALSE, NULL, NOT_ASKED, {"other numatune 1,3"}, {NULL},
	 "\"other\" takes memory from NUMA node 3"},
	{"numatune-absent", FALSE, NULL, NOT_ASKED, {"other numatune 7"}, {NULL}, "NUMA node 7"},
	/* ---- vCPUs */
	{"rt-memory", FALSE, NULL, NOT_ASKED, {"rt rt_memory no"}, {NULL}, "is not locked"},
	{"fifo-shared", FALSE, "under-provisioned", NOT_ASKED, {"rt cpuset 39", "rt nr_vcpus 1"},
	 {NULL}, "vCPU 0 of \"rt\" is SCHED_FIFO and shares CPU 39"},
	{"fifo-emulator", FALSE, NULL, NOT_ASKED, {"other cpuset 7", "other emulator_priority 10"},
	 {NULL}, "the emulator of \"other\" is SCHED_FIFO"},
	{"fifo-emulator", FALSE, "cpuset-overlap shared-nodes", NOT_ASKED,
	 {"other cpuset 38,48-49", "other emulator_priority 10"}, {NULL},
	 "may run on CPU 38 with vCPU 0 of \"rt\""},
	{"topology-product", FALSE, NULL, DOMAINS, {"other cpu_topology 1,3,1"}, {NULL},
	 "1 sockets of 3 cores of 1 threads are not the 2 vCPUs"},
	{"guest-housekeeping", FALSE, NULL, NOT_ASKED, {"rt guest_housekeeping 0,5"}, {NULL},
	 "0,5, and it has only 2 vCPUs"},
	{"guest-housekeeping", FALSE, NULL, NOT_ASKED, {"rt guest_housekeeping 0-1"}, {NULL},
	 "leaves it no real-time vCPU"},
	{"windows-topology", FALSE, NULL, WINDOWS, {"other cpu_topology 2,1,1"}, {NULL}, "Windows"},
	{"windows-topology", TRUE, NULL, NOT_ASKED, {"other cpu_topology 2,1,1"}, {NULL}, "Windows"},
	{"rt-other", FALSE, NULL, NOT_ASKED, {"rt vcpu_priority 0"}, {NULL}, "SCHED_OTHER"},
	/* ---- priorities */
	{"priority-stopper", FALSE, "priority-services", NOT_ASKED, {"rt vcpu_priority 99"}, {NULL},
	 "99 is the migration threads'"},
	{"priority-services", FALSE, NULL, NOT_ASKED, {"rt vcpu_priority 81"}, {NULL},
	 "a vCPU of \"rt\", SCHED_FIFO 81, goes before ksoftirqd/39 (81) on CPU 39"},
	{"priority-services", FALSE, NULL, NOT_ASKED, {"other emulator_priority 90"}, {NULL},
	 "the emulator of \"other\", SCHED_FIFO 90, goes before ksoftirqd/7 (81) on CPU 7"},
	{"priority-services", TRUE, NULL, NOT_ASKED, {NULL}, {"-" CAPTURE_THREADS}, "not known"},
	{"priority-services", TRUE, NULL, NOT_ASKED, {NULL},
	 {CAPTURE_THREADS "\t2 2 0 0 0 k 0-79\t\tkthreadd\n"}, "none of them is to be seen"},
	{"emulator-above", FALSE, NULL, NOT_ASKED, {"rt vcpu_priority 40", "rt emulator_priority 50"},
	 {NULL}, "emulator_priority of \"rt\" is 50, above its vcpu_priority of 40"},
	/* ---- memory */
	{"memory-missing", FALSE, NULL, NO_DOMAINS, {"other memory "}, {NULL}, "has no memory"},
	{"memory-missing", TRUE, NULL, NOT_ASKED, {"other memory "}, {NULL}, "libvirt was not asked"},
	{"kernel-missing", FALSE, NULL, NOT_ASKED, {"other kernel ", "other initrd /i"}, {NULL},
	 "\"other\" has an initrd, and no kernel"},
	{"kernel-missing", FALSE, NULL, NO_DOMAINS, {"other kernel "}, {NULL}, "nothing to boot from"},
	{"hugepages-size", FALSE, NULL, NOT_ASKED, {"rt hugepages 16M"}, {NULL},
	 "pages of 16384 KiB, which the machine does not have"},
	{"hugepages-size", FALSE, NULL, NOT_ASKED, {"rt memory 2049"}, {NULL}, "no whole number"},
	{"hugepages-free", FALSE, NULL, NOT_ASKED, {"rt memory 5122"}, {NULL},
	 "wants 2561 huge pages of 2048 KiB on NUMA node 3, where 2560 are free"},
	{"hugepages-free", FALSE, NULL, NOT_ASKED, {"rt hugepages 1G"}, {NULL}, "0 are free"},
	/* Two VMs' demands add up. */
	{"hugepages-free", FALSE, "shared-nodes", NOT_ASKED,
	 {"rt memory 4096", "other cpuset 33-34", "other hugepages 2M"}, {NULL},
	 "\"rt\" and 1 more want 3072 huge pages"},
	{"hugepages-free", TRUE, NULL, NOT_ASKED, {NULL},
	 {POOL3 "hugepages-2048kB/free_hugepages\tmany"}, "is not known"},
	{"hugepages-free", TRUE, NULL, NOT_ASKED, {NULL},
	 {"-" POOL3 "hugepages-2048kB", "-" CAPTURE_COMPLETE}, "is not known"},
	{"hugepages-free", TRUE, "hugepages-size", NOT_ASKED, {"rt hugepages default"},
	 {NULL}, "default size of huge pages"},
	{"hugepages-free", FALSE, NULL, NOT_ASKED, {"rt hugepages default"},
	 {"proc/meminfo\tHugepagesize:    1048576 kB\n"}, "0 are free"},
	{"node-memory", FALSE, NULL, NOT_ASKED, {"other memory 60000"}, {NULL},
	 "\"other\" wants 60000 MiB of NUMA node 1, which has 48347 MiB"},
	{"node-memory", FALSE, NULL, NOT_ASKED,
	 {"other numatune ", "other rt_memory on", "other memory 9999999"}, {NULL},
	 "\"other\" and 1 more want"},
	{"node-memory", TRUE, NULL, NOT_ASKED, {NULL},
	 {"sys/devices/system/node/node1/meminfo\t"}, "NUMA node 1"},
	/* ---- resctrl */
	{"cache-ways", FALSE, NULL, NOT_ASKED, {"rt cache_ways 2"}, {NULL}, "resctrl is not mounted"},
	{"cache-ways", TRUE, NULL, NOT_ASKED, {"rt cache_ways 2"}, {"-" CAPTURE_COMPLETE},
	 "cannot be read"},
	{"cache-ways", FALSE, NULL, NOT_ASKED, {"rt cache_ways 11"}, {SPLIT_CACHE},
	 "want 11 ways of their cache: it has 11, of which the host keeps 1"},
	{"cache-ways", FALSE, "shared-nodes", NOT_ASKED,
	 {"rt cache_ways 6", "other cache_ways 5", "other cpuset 33-34"}, {SPLIT_CACHE},
	 "want 11 ways"},
	{"cache-ways", FALSE, NULL, NOT_ASKED, {"rt cache_ways 1"},
	 {L3 "cbm_mask\t7ff", L3 "min_cbm_bits\t2", L3 "num_closids\t16"}, "gives 2 at least"},
	{"cache-ways", TRUE, NULL, NOT_ASKED, {"rt cache_ways 1"}, {L3 "cbm_mask\tx"},
	 "cannot be read"},
	{"memory-bandwidth", FALSE, NULL, NOT_ASKED, {"rt memory_bandwidth 50"}, {NULL}, "no MBA"},
	{"memory-bandwidth", TRUE, NULL, NOT_ASKED, {"rt memory_bandwidth 50"},
	 {"-" CAPTURE_COMPLETE}, "cannot be read"},
	{"memory-bandwidth", FALSE, NULL, NOT_ASKED, {"rt memory_bandwidth 10"},
	 {"sys/fs/resctrl/info/MB/min_bandwidth\t20"}, "20% at least"},
	/* ---- devices */
	{"pci-absent", FALSE, NULL, NOT_ASKED, {"rt pci 0000:04:00.0"}, {CARD_IN_GROUP},
	 "PCI device 0000:04:00.0 of \"rt\" is not there"},
	{"pci-absent", TRUE, NULL, NOT_ASKED, {"rt pci 0000:03:00.0"}, {NULL}, "is not known"},
	{"pci-group", FALSE, NULL, NOT_ASKED, {"rt pci 0000:03:00.0"}, {CARD "msi_irqs/40\t"},
	 "is in no IOMMU group"},
	{"pci-group", TRUE, NULL, NOT_ASKED, {"rt pci 0000:03:00.0"},
	 {CARD "msi_irqs/40\t", "-" CAPTURE_COMPLETE}, "IOMMU group of"},
	{"pci-group", TRUE, NULL, NOT_ASKED, {"rt pci 0000:03:00.0"},
	 {CARD "msi_irqs/40\t", CAPTURE_ERRORS "\t13\t" CARD "iommu_group/devices\n"},
	 "IOMMU group of"},
	{"pci-group-shared", FALSE, NULL, NOT_ASKED, {"rt pci 0000:03:00.0"},
	 {CARD_IN_GROUP, CARD "iommu_group/devices/0000:03:00.1/x\t", MORE "class\t0x020000"},
	 "shares its IOMMU group with 0000:03:00.1"},
	{"pci-msi", FALSE, NULL, NOT_ASKED, {"rt pci 0000:03:00.0"},
	 {CARD "class\t0x020000", CARD "iommu_group/devices/0000:03:00.0/x\t",
	  CARD "config\t@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@"},
	 "neither MSI nor MSI-X"},
	{"pci-msi", TRUE, NULL, NOT_ASKED, {"rt pci 0000:03:00.0"},
	 {CARD "class\t0x020000", CARD "iommu_group/devices/0000:03:00.0/x\t"}, "is not known"},
	{"pci-twice", FALSE, NULL, NOT_ASKED, {"rt pci 0000:03:00.0", "other pci 0000:03:00.0"},
	 {CARD_IN_GROUP}, "given to \"rt\" and to \"other\""},
};

/* Changes that break nothing. */
static const struct {
	Asked asked;
	const char *edits[6];
	const char *files[6];
} kept[] = {
	{NOT_ASKED, {NULL}, {NULL}},
	{DOMAINS, {"other memory ", "other kernel ", "other cpu_topology 2,1,1"}, {NULL}},
	{NO_DOMAINS, {NULL}, {NULL}},
	/* What a VM that runs has is not free any more, and its siblings may be offline. */
	{RUNNING, {"rt memory 5120"}, {POOL3 "hugepages-2048kB/free_hugepages\t0"}},
	{NOT_ASKED, {"rt memory 5120"}, {NULL}},
	/* From any node, and swapped. */
	{NOT_ASKED, {"other numatune ", "other memory 9999999"}, {NULL}},
	{NOT_ASKED, {"rt cpuset 33-34,37-39"}, {NULL}},
	{NOT_ASKED, {"rt vcpu_priority 1", "rt emulator_priority 1"}, {NULL}},
	{NOT_ASKED, {"rt guest_housekeeping "}, {NULL}},
	{NOT_ASKED, {"rt cache_ways 10", "other cache_ways 10"}, {SPLIT_CACHE}},
	{NOT_ASKED, {"rt memory_bandwidth 20"}, {"sys/fs/resctrl/info/MB/min_bandwidth\t20"}},
	{NOT_ASKED, {"rt pci 0000:03:00.0"}, {CARD_IN_GROUP}},
	{NOT_ASKED, {"rt pci 0000:03:00.0,0000:03:00.1"},
	 {CARD_IN_GROUP, CARD "iommu_group/devices/0000:03:00.1/x\t",
	  MORE "iommu_group/devices/0000:03:00.1/x\t", MORE "msi_irqs/41\t"}},
	/* Bridges stay with the host. */
	{NOT_ASKED, {"rt pci 0000:03:00.0"},
	 {CARD_IN_GROUP, CARD "iommu_group/devices/0000:03:02.0/x\t", BRIDGE "class\t0x060400"}},
};

static void edit(VmConfigs *configs, const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", 3);
	g_autoptr(GError) error = NULL;
	VmConfig *vm = vm_configs_find(configs, words[0]);

	/* The reader takes no 99: the rule is for who makes a VmConfig otherwise. */
	if (strcmp(words[2], "99") == 0)
		vm->vcpu_priority = 99;
	else if (!vm_config_set(vm, vm_key_find(words[1]), words[2], &error))
		fail_msg("%s: %s", text, error->message);
}

static void remove_all(const char *path)
{
	g_autoptr(GError) error = NULL;
	char *argv[] = {(char *)"rm", (char *)"-r", (char *)path, NULL};

	if (!g_spawn_sync(NULL, argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL, &error))
		fail_msg("%s", error->message);
}

static void change_files(const char *directory, const char *const *files)
{
	for (gsize i = 0; i < 6 && files[i]; i++) {
		g_auto(GStrv) parts = g_strsplit(files[i], "\t", 2);
		g_autofree char *path = g_build_filename(directory, parts[0] + 1, NULL);

		if (*files[i] == '-')
			remove_all(path);
		else
			tree_write(directory, parts[0], parts[1]);
	}
}

static const VmDomainFacts *facts_of(Asked asked, VmDomainFacts facts[static 2])
{
	for (guint i = 0; i < 2; i++)
		facts[i] = (VmDomainFacts){.known = asked != NO_DOMAINS,
					   .memory_mib = 1024,
					   .windows = asked == WINDOWS,
					   .running = asked == RUNNING};
	return asked == NOT_ASKED ? NULL : facts;
}

typedef struct {
	char *directory;
	Root *root;
	Topology *topology;
	VmConfigs *configs;
	GPtrArray *layouts, *breaches;
} Scene;

static void scene_check(Scene *scene, Asked asked, const char *const *edits,
			const char *const *files)
{
	VmDomainFacts facts[2];
	RuleScene rules = {0};

	*scene = (Scene){.directory = scene_tree(), .configs = scene_configs()};
	change_files(scene->directory, files);
	for (gsize i = 0; i < 6 && edits[i]; i++)
		edit(scene->configs, edits[i]);
	scene->root = root_open_captured(scene->directory, NULL);
	scene->topology = topology_read(scene->root, NULL);
	assert_non_null(scene->topology);
	scene->layouts = vm_layouts_new(scene->configs, scene->topology, FALSE);
	rules = (RuleScene){scene->configs, scene->layouts, scene->topology, scene->root,
			    facts_of(asked, facts)};
	scene->breaches = vm_rules_check(&rules);
}

static void scene_clear(Scene *scene)
{
	g_ptr_array_unref(scene->breaches);
	g_ptr_array_unref(scene->layouts);
	vm_configs_free(scene->configs);
	topology_free(scene->topology);
	root_free(scene->root);
	tree_free(scene->directory);
}

static gboolean is_among(const char *words, const char *word)
{
	g_auto(GStrv) all = words ? g_strsplit(words, " ", -1) : NULL;

	return all && g_strv_contains((const char *const *)all, word);
}

static void check_case(gsize i)
{
	Scene scene;
	guint found = 0;

	scene_check(&scene, cases[i].asked, cases[i].edits, cases[i].files);
	for (guint k = 0; k < scene.breaches->len; k++) {
		const Breach *breach = scene.breaches->pdata[k];
		gboolean mine = strcmp(breach->rule->id, cases[i].id) == 0 &&
				breach->unknown == cases[i].unknown;

		assert_int_equal(breach->level, breach->rule->level);
		assert_true(breach->key < VM_KEYS);
		if (mine && strstr(breach->text, cases[i].text))
			found++;
		else if (!mine && !is_among(cases[i].also, breach->rule->id))
			fail_msg("case %zu, %s: also breaks %s%s: %s", i, cases[i].id,
				 breach->rule->id, breach->unknown ? " (unknown)" : "",
				 breach->text);
	}
	if (found == 0)
		fail_msg("case %zu, %s: not found (%s)", i, cases[i].id, cases[i].text);
	scene_clear(&scene);
}

static void test_each_is_broken(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		check_case(i);
}

static void test_kept(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(kept); i++) {
		Scene scene;

		scene_check(&scene, kept[i].asked, kept[i].edits, kept[i].files);
		if (scene.breaches->len > 0)
			fail_msg("%zu: %s: %s", i, ((Breach *)scene.breaches->pdata[0])->rule->id,
				 ((Breach *)scene.breaches->pdata[0])->text);
		scene_clear(&scene);
	}
}

/* Ids are unique, texts are there, and each has a case above. */
static void test_rows(void **state)
{
	g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);
	guint rules = 0;

	(void)state;
	for (const VmRule *const *rule = vm_rules; *rule; rule++, rules++) {
		gboolean has_case = FALSE;

		assert_true(g_hash_table_add(ids, (gpointer)(*rule)->id));
		assert_true(strlen((*rule)->title) > 10);
		assert_true(strlen((*rule)->source) > 4);
		assert_true(strlen((*rule)->remedy) > 10);
		assert_non_null((*rule)->check);
		assert_true((*rule)->level <= RULE_ERROR);
		for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
			has_case |= !cases[i].unknown && strcmp(cases[i].id, (*rule)->id) == 0;
		if (!has_case)
			fail_msg("no case breaks %s", (*rule)->id);
	}
	assert_true(rules > 30);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		assert_true(g_hash_table_contains(ids, cases[i].id));
}

/* vms.cfg(5) lists them, with what each says. */
static void test_manual(void **state)
{
	g_autofree char *path =
		g_build_filename(g_getenv("TESTS"), "..", "man", "vms.cfg.5", NULL);
	g_autofree char *page = NULL;

	(void)state;
	assert_true(g_file_get_contents(path, &page, NULL, NULL));
	for (const VmRule *const *rule = vm_rules; *rule; rule++) {
		g_autofree char *entry =
			g_strdup_printf(".It Cm %s Pq %s\n%s.\n", (*rule)->id,
					rule_level_name((*rule)->level), (*rule)->title);

		if (!strstr(page, entry))
			fail_msg("vms.cfg(5) has not: %s", entry);
	}
}

static const Finding *find_finding(const GPtrArray *findings, const char *id)
{
	for (guint i = 0; i < findings->len; i++)
		if (strcmp(((Finding *)findings->pdata[i])->id, id) == 0)
			return findings->pdata[i];
	fail_msg("there is no finding %s", id);
	return NULL;
}

/* For reports: what is broken, what is unknown, and what is kept. */
static void test_findings(void **state)
{
	static const char *const edits[6] = {"rt cpuset 36-38", "rt rt_memory no",
					     "rt cpuset 36-38,76"};
	static const char *const files[6] = {"-" CAPTURE_THREADS};
	static const struct {
		const char *id;
		FindingStatus status;
		FindingSeverity severity;
		const char *evidence;
	} expected[] = {
		{"vm.rt-memory", STATUS_FAIL, SEVERITY_HIGH, "rt_memory = False"},
		{"vm.spans-nodes", STATUS_WARN, SEVERITY_MEDIUM, "cpuset = 36-38,76"},
		{"vm.siblings-named", STATUS_WARN, SEVERITY_INFO, "cpuset = 36-38,76"},
		{"vm.priority-services", STATUS_UNKNOWN, SEVERITY_MEDIUM, NULL},
		{"vm.host-cpus", STATUS_PASS, SEVERITY_HIGH, NULL},
	};
	Scene scene;
	RuleScene rules;
	g_autoptr(GPtrArray) findings = NULL;

	(void)state;
	scene_check(&scene, NOT_ASKED, edits, files);
	rules = (RuleScene){scene.configs, scene.layouts, scene.topology, scene.root, NULL};
	findings = vm_rules_findings(&rules, scene.breaches);
	for (gsize i = 0; i < G_N_ELEMENTS(expected); i++) {
		const Finding *finding = find_finding(findings, expected[i].id);
		gboolean passes = finding->status == STATUS_PASS;

		assert_int_equal(finding->status, expected[i].status);
		assert_int_equal(finding->severity, expected[i].severity);
		assert_string_equal(finding->scope, "vm");
		assert_int_equal(finding->reason == NULL, passes);
		assert_int_equal(finding->evidence->len, expected[i].evidence != NULL);
		if (!expected[i].evidence)
			continue;
		assert_non_null(finding->remedy);
		assert_string_equal(((FindingEvidence *)finding->evidence->pdata[0])->seen,
				    expected[i].evidence);
		assert_true(g_str_has_prefix(((FindingEvidence *)finding->evidence->pdata[0])->place,
					     "vms.cfg:"));
	}
	scene_clear(&scene);
}

/* Errors come first; the worst of them decides, and an unknown error is told apart. */
static void test_order(void **state)
{
	static const char *const edits[6] = {"rt cpuset 36-38,40-42", "other cpuset 36",
					     "rt cache_ways 2"};
	static const char *const files[6] = {"-" CAPTURE_COMPLETE};
	Scene scene;
	RuleLevel worst = RULE_ADVICE;
	gboolean unknown = FALSE;
	int last = RULE_ERROR;

	(void)state;
	scene_check(&scene, NOT_ASKED, edits, files);
	assert_true(scene.breaches->len > 4);
	for (guint i = 0; i < scene.breaches->len; i++) {
		const Breach *breach = scene.breaches->pdata[i];

		assert_true((int)breach->level <= last);
		last = breach->level;
	}
	assert_true(last < RULE_ERROR);
	assert_true(breaches_worst(scene.breaches, &worst, &unknown));
	assert_int_equal(worst, RULE_ERROR);
	assert_true(unknown);
	g_ptr_array_set_size(scene.breaches, 0);
	assert_false(breaches_worst(scene.breaches, &worst, &unknown));
	assert_false(unknown);
	scene_clear(&scene);
}

/* A name may hold anything: no sentence does. */
static void test_names_are_escaped(void **state)
{
	static const char *const edits[6] = {"rt rt_memory no"};
	static const char *const files[6] = {NULL};
	Scene scene;
	RuleScene rules;
	g_autoptr(GPtrArray) breaches = NULL;

	(void)state;
	scene_check(&scene, NOT_ASKED, edits, files);
	g_free(((VmConfig *)scene.configs->vms->pdata[0])->name);
	((VmConfig *)scene.configs->vms->pdata[0])->name = g_strdup("a\033[2J\xff");
	rules = (RuleScene){scene.configs, scene.layouts, scene.topology, scene.root, NULL};
	breaches = vm_rules_check(&rules);
	assert_int_equal(breaches->len, 1);
	assert_null(strchr(((Breach *)breaches->pdata[0])->text, '\033'));
	assert_true(g_utf8_validate(((Breach *)breaches->pdata[0])->text, -1, NULL));
	scene_clear(&scene);
}

/* Lists of capabilities as sysfs shows them: 64 bytes for an ordinary user, and hostile ones. */
static void test_capabilities(void **state)
{
	static const struct {
		guint8 status, list;
		guint8 at[4]; /* at 0x40: id, next; at 0x50: id, next */
		gsize length;
		const char *expected; /* NULL: kept */
	} lists[] = {
		{0x10, 0x40, {0x01, 0x50, 0x05, 0x00}, 256, NULL},
		{0x10, 0x40, {0x01, 0x50, 0x11, 0x00}, 4096, NULL},
		{0x10, 0x40, {0x01, 0x50, 0x10, 0x00}, 256, "neither"},
		{0x10, 0x40, {0x01, 0x40, 0x00, 0x00}, 256, "neither"}, /* for ever */
		{0x10, 0x40, {0x01, 0x50, 0x05, 0x00}, 64, "not known"},
		{0x10, 0x10, {0x01, 0x50, 0x05, 0x00}, 256, "not known"},
		{0x10, 0xff, {0x01, 0x50, 0x05, 0x00}, 256, "neither"},
		{0x10, 0x00, {0x05, 0x00, 0x05, 0x00}, 256, "neither"},
		{0x00, 0x40, {0x05, 0x00, 0x05, 0x00}, 256, "neither"},
		{0x10, 0x40, {0x05, 0x00, 0x05, 0x00}, 63, "not known"},
	};
	static const char *const edits[6] = {"rt pci 0000:03:00.0"};
	static const char *const files[6] = {CARD "class\t0x020000",
					     CARD "iommu_group/devices/0000:03:00.0/x\t"};

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(lists); i++) {
		guint8 config[4096] = {0};
		Scene scene;
		RuleScene rules;
		g_autoptr(GPtrArray) breaches = NULL;

		config[0x06] = lists[i].status;
		config[0x34] = lists[i].list;
		memcpy(config + 0x40, lists[i].at, 2);
		memcpy(config + 0x50, lists[i].at + 2, 2);
		scene_check(&scene, NOT_ASKED, edits, files);
		tree_write_bytes(scene.directory, CARD "config", (const char *)config,
				 lists[i].length);
		rules = (RuleScene){scene.configs, scene.layouts, scene.topology, scene.root, NULL};
		breaches = vm_rules_check(&rules);
		assert_int_equal(breaches->len, lists[i].expected != NULL);
		if (lists[i].expected)
			assert_non_null(strstr(((Breach *)breaches->pdata[0])->text,
					       lists[i].expected));
		scene_clear(&scene);
	}
}

static void keeps_all_of_cpus(const Topology *topology, const Root *root, guint n_vcpus)
{
	g_autoptr(Proposal) proposal =
		proposal_new(topology, NULL, n_vcpus, PROPOSAL_ANY_NODE, NULL);
	g_autofree char *list = cpulist_format(&proposal->cpuset);
	g_autofree char *text = g_strdup_printf("[00000000-0000-4000-8000-000000000001]\nname = a\n"
						"nr_vcpus = %u\ncpuset = %s\nrt = 1\nmemory = 64\n",
						n_vcpus, list);
	g_autoptr(VmConfigs) configs = vm_configs_parse(text, strlen(text), "vms.cfg", NULL);
	g_autoptr(GPtrArray) layouts = vm_layouts_new(configs, topology, FALSE);
	RuleScene rules = {configs, layouts, topology, root, NULL};
	g_autoptr(GPtrArray) breaches = vm_rules_check(&rules);

	/* What other machines' trees do not tell of memory and threads is unknown. */
	for (guint i = 0; i < breaches->len; i++) {
		const Breach *breach = breaches->pdata[i];

		if (!breach->unknown || breach->key == VM_KEY_CPUSET)
			fail_msg("%u vCPUs on %s: %s", n_vcpus, list, breach->text);
	}
}

/* What `lathe plan` proposes breaks no rule, on every captured machine. */
static void test_proposals_keep_the_rules(void **state)
{
	guint checked = 0;

	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(host_trees); i++) {
		char *directory = host_unpack(host_trees[i]);
		g_autoptr(Root) root = root_open_captured(directory, NULL);
		g_autoptr(Topology) topology = topology_read(root, NULL);
		guint most = proposal_most_vcpus(topology, NULL, PROPOSAL_ANY_NODE, NULL);

		for (guint n = 2; n <= most; n += 3, checked++)
			keeps_all_of_cpus(topology, root, n);
		tree_free(directory);
	}
	assert_true(checked > 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_is_broken),
		cmocka_unit_test(test_kept),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_manual),
		cmocka_unit_test(test_findings),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_names_are_escaped),
		cmocka_unit_test(test_capabilities),
		cmocka_unit_test(test_proposals_keep_the_rules),
	};

	return cmocka_run_group_tests_name("vm rules", tests, NULL, NULL);
}
