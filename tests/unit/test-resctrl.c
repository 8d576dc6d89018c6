/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <glib.h>
#include <string.h>

#include "error.h"
#include "resctrl.h"
#include "tree.h"

/* parts: what becomes of it, values in hex, '?' for a resource that is not understood, '-'
 * for one that waits; NULL: refused with the message. */
static const struct {
	const char *text;
	const char *parts;
	const char *message;
} schemata[] = {
	{"", "", NULL},
	{"\n", "", NULL},
	{" \n\n", "", NULL},
	{",", NULL, "schemata, line 1: no 'NAME:'"},
	{",1", NULL, "schemata, line 1: no 'NAME:'"},
	{"1 2", NULL, "schemata, line 1: no 'NAME:'"},
	{":0=1", NULL, "schemata, line 1: no 'NAME:'"},
	{"L3 :0=1", NULL, "schemata, line 1: no 'NAME:'"},
	{"ANAMEOFMORETHANTHIRTYONECHARACTERS:0=1", NULL, "line 1: no 'NAME:'"},
	{"L3:", NULL, "schemata, line 1: no 'ID=VALUE'"},
	{"L3:\n", NULL, "schemata, line 1: no 'ID=VALUE'"},
	{"L3:0", NULL, "schemata, line 1: no 'ID=VALUE'"},
	{"L3:=1", NULL, "schemata, line 1: no 'ID=VALUE'"},
	{"L3:-1=1", NULL, "schemata, line 1: no 'ID=VALUE'"},
	{"L3:4294967296=1", NULL, "schemata, line 1: no 'ID=VALUE'"},
	{"L3:99999999999999999999=1", NULL, "schemata, line 1: no 'ID=VALUE'"},
	{"L3:0=1;", NULL, "schemata, line 1: no 'ID=VALUE'"},
	{"L3:0=1;;1=1", NULL, "schemata, line 1: no 'ID=VALUE'"},
	{"L3:0=", NULL, "schemata, line 1: a value that is none"},
	{"L3:0=g", NULL, "schemata, line 1: a value that is none"},
	{"L3:0=-1", NULL, "schemata, line 1: a value that is none"},
	{"L3:0=10000000000000000", NULL, "schemata, line 1: a value that is none"},
	{"MB:0=4294967296", NULL, "schemata, line 1: a value that is none"},
	{"L3:0=1,1=1", NULL, "schemata, line 1: more than values"},
	{"L3:0=1 1", NULL, "schemata, line 1: more than values"},
	{"L3:0=0x1", NULL, "schemata, line 1: more than values"},
	{"MB:0=1a", NULL, "schemata, line 1: more than values"},
	{"L3:1=1;0=1", NULL, "schemata, line 1: ids that do not ascend"},
	{"L3:1=1;1=1", NULL, "schemata, line 1: ids that do not ascend"},
	{"L3:0=1\nL3:0=1\n", NULL, "schemata, line 2: a resource that is there twice"},
	{"L3:0=1\nMB\n", NULL, "schemata, line 2: no 'NAME:'"},
	{"L3:uninitializedx", NULL, "schemata, line 1: more than values"},
	{"L3:0=fffff;1=fffff\n", "L3@3 0=fffff 1=fffff|", NULL},
	{"    MB:0=100;1= 90\n    L3:0=fffff;1=FF0ff", "MB@0 0=64 1=5a|L3@3 0=fffff 1=ff0ff|",
	 NULL},
	{"L3CODE:0=f\nL3DATA:0=f0\nL2:0=3;7=ffffffffffffffff",
	 "L3CODE@3 0=f|L3DATA@3 0=f0|L2@2 0=3 7=ffffffffffffffff|", NULL},
	{"SMBA:0=2048\nL2CODE:0=1\nL2DATA:0=0", "SMBA@0 0=800|L2CODE@2 0=1|L2DATA@2 0=0|", NULL},
	{"L3:uninitialized\nL2:0=f\n", "L3@3-|L2@2 0=f|", NULL},
	{"L4:0=anything at all", "L4@0?|", NULL},
};

static char *parts_of(const ResctrlSchemata *parsed)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < parsed->n_resources; i++) {
		const ResctrlResource *resource = &parsed->resources[i];

		g_string_append_printf(text, "%s@%u%s%s", resource->name, resource->level,
				       resource->unset ? "-" : "",
				       resource->kind == RESCTRL_OTHER ? "?" : "");
		for (guint j = 0; j < resource->n_domains; j++)
			g_string_append_printf(text, " %u=%" G_GINT64_MODIFIER "x",
					       resource->domains[j].id,
					       resource->domains[j].value);
		g_string_append_c(text, '|');
	}
	return g_string_free(text, FALSE);
}

static void test_schemata(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(schemata); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(ResctrlSchemata) parsed = resctrl_schemata_parse(
			schemata[i].text, strlen(schemata[i].text), &error);
		g_autofree char *parts = parsed ? parts_of(parsed) : NULL;

		assert_int_equal(parsed == NULL, schemata[i].parts == NULL);
		if (parsed) {
			assert_string_equal(parts, schemata[i].parts);
			continue;
		}
		assert_true(g_error_matches(error, LATHE_ERROR, LATHE_ERROR_INPUT));
		if (!strstr(error->message, schemata[i].message))
			fail_msg("'%s': %s", schemata[i].text, error->message);
	}
}

static ResctrlSchemata *parse(const char *text)
{
	ResctrlSchemata *parsed = resctrl_schemata_parse(text, strlen(text), NULL);

	assert_non_null(parsed);
	return parsed;
}

static void test_values(void **state)
{
	g_autoptr(ResctrlSchemata) parsed = parse("L3:0=f;4=3;9=1\nMB:0=100\n");
	const ResctrlResource *cache = resctrl_schemata_find(parsed, "L3");
	guint64 value = 77;

	(void)state;
	assert_null(resctrl_schemata_find(parsed, "L2"));
	assert_true(resctrl_resource_value(cache, 4, &value));
	assert_int_equal(value, 3);
	assert_false(resctrl_resource_value(cache, 5, &value));
	assert_int_equal(value, 3);
}

static void test_masks(void **state)
{
	guint64 mask = 77;

	(void)state;
	assert_false(resctrl_mask_contiguous(0));
	assert_true(resctrl_mask_contiguous(1));
	assert_true(resctrl_mask_contiguous(0xff0));
	assert_true(resctrl_mask_contiguous(G_MAXUINT64));
	assert_true(resctrl_mask_contiguous(G_GUINT64_CONSTANT(1) << 63));
	assert_false(resctrl_mask_contiguous(0x101));
	assert_false(resctrl_mask_contiguous(G_GUINT64_CONSTANT(0x8000000000000001)));
	assert_false(resctrl_mask_parse("", &mask));
	assert_false(resctrl_mask_parse("0x1", &mask));
	assert_false(resctrl_mask_parse(" 1", &mask));
	assert_false(resctrl_mask_parse("11111111111111111", &mask));
	assert_int_equal(mask, 77);
	assert_true(resctrl_mask_parse("1fF", &mask));
	assert_int_equal(mask, 0x1ff);
}

/* shared 0: none. */
static const struct {
	const char *a, *b;
	guint level, id;
	guint64 shared;
} overlaps[] = {
	{"", "", 0, 0, 0},
	{"", "L3:0=f", 0, 0, 0},
	{"L3:0=f0", "L3:0=f", 0, 0, 0},
	{"L3:0=f0;1=f", "L3:0=f;1=1c", 3, 1, 0xc},
	{"L3:0=f", "L3:1=f", 0, 0, 0},
	{"L3:0=f", "L2:0=f", 0, 0, 0},
	{"MB:0=100", "MB:0=100", 0, 0, 0},
	{"L3CODE:0=f\nL3DATA:0=f0", "L3CODE:0=f00\nL3DATA:0=f000", 0, 0, 0},
	{"L3CODE:0=f\nL3DATA:0=f0", "L3CODE:0=30\nL3DATA:0=f00", 3, 0, 0x30},
	{"L3CODE:0=f\nL3DATA:0=f0", "L3:0=10", 3, 0, 0x10},
	{"L3:0=f\nL2:5=1", "L3:0=1\nL2:5=1", 2, 5, 1},
	{"L3CODE:2=1\nL3DATA:1=1", "L3CODE:2=1\nL3DATA:1=1", 3, 1, 1},
};

static void test_overlaps(void **state)
{
	(void)state;
	for (gsize i = 0; i < G_N_ELEMENTS(overlaps); i++) {
		g_autoptr(ResctrlSchemata) a = parse(overlaps[i].a);
		g_autoptr(ResctrlSchemata) b = parse(overlaps[i].b);
		ResctrlOverlap found = {77, 77, 77};
		gboolean wanted = overlaps[i].shared != 0;

		assert_int_equal(resctrl_overlap(a, b, &found), wanted);
		assert_int_equal(found.level, wanted ? overlaps[i].level : 77);
		assert_int_equal(found.id, wanted ? overlaps[i].id : 77);
		assert_int_equal(found.shared, wanted ? overlaps[i].shared : 77);
		assert_int_equal(resctrl_overlap(b, a, NULL), wanted);
	}
}

typedef struct {
	char *directory;
	Root *root;
} Fixture;

/* A machine with CAT and one group, as libvirt's tests have it. */
static int setup(void **state)
{
	Fixture *f = g_new0(Fixture, 1);

	f->directory = tree_new();
	tree_write(f->directory, "sys/fs/resctrl/info/L3/cbm_mask", "fffff\n");
	tree_write(f->directory, "sys/fs/resctrl/info/L3/min_cbm_bits", "2\n");
	tree_write(f->directory, "sys/fs/resctrl/info/L3/num_closids", "4\n");
	tree_write(f->directory, "sys/fs/resctrl/schemata", "L3:0=1ff00;1=1ff0f\n");
	tree_write(f->directory, "sys/fs/resctrl/cpus", "00000fc0\n");
	tree_write(f->directory, "sys/fs/resctrl/rt/schemata", "L3:0=e0000;1=e0000\n");
	tree_write(f->directory, "sys/fs/resctrl/rt/cpus", "03f\n");
	tree_write(f->directory, "sys/fs/resctrl/rt/cpus_list", "0-5\n");
	tree_write(f->directory, "sys/fs/resctrl/rt/mode", "exclusive\n");
	tree_write(f->directory, "sys/fs/resctrl/mon_groups/one/cpus", "0\n");
	f->root = root_open_captured(f->directory, NULL);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	Fixture *f = *state;

	root_free(f->root);
	tree_free(f->directory);
	g_free(f);
	return 0;
}

static void test_groups(void **state)
{
	Fixture *f = *state;
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) groups = resctrl_groups_read(f->root, NULL, &error);
	const ResctrlGroup *group;
	g_autofree char *cpus = NULL;

	assert_null(error);
	assert_int_equal(groups->len, 2);
	group = groups->pdata[0];
	assert_string_equal(group->name, "");
	assert_null(group->mode);
	cpus = cpulist_format(&group->cpus);
	assert_string_equal(cpus, "6-11");
	group = groups->pdata[1];
	assert_string_equal(group->name, "rt");
	assert_string_equal(group->mode, "exclusive");
	assert_int_equal(cpuset_count(&group->cpus), 6);
	assert_int_equal(group->schemata->resources[0].domains[1].value, 0xe0000);
}

static void test_groups_without_schemata(void **state)
{
	Fixture *f = *state;
	g_autoptr(GPtrArray) groups = NULL;

	/* No allocation, only monitoring: the file is there and empty. */
	tree_write(f->directory, "sys/fs/resctrl/schemata", "");
	groups = resctrl_groups_read(f->root, NULL, NULL);
	assert_non_null(groups);
	assert_int_equal(((ResctrlGroup *)groups->pdata[0])->schemata->n_resources, 0);
}

static const struct {
	const char *path, *text;
	int errnum;
	const char *message;
} broken[] = {
	{"sys/fs/resctrl/rt/cpus_list", "0-4\n", EILSEQ,
	 "'sys/fs/resctrl/rt/cpus' and 'sys/fs/resctrl/rt/cpus_list' name other CPUs"},
	{"sys/fs/resctrl/rt/cpus_list", "0-\n", EILSEQ,
	 "'sys/fs/resctrl/rt/cpus_list' is malformed"},
	{"sys/fs/resctrl/rt/cpus", "", EILSEQ, "'sys/fs/resctrl/rt/cpus' is malformed"},
	{"sys/fs/resctrl/rt/cpus", "g\n", EILSEQ, "'sys/fs/resctrl/rt/cpus' is malformed"},
	{"sys/fs/resctrl/rt/schemata", "L3:0\n", EILSEQ,
	 "'sys/fs/resctrl/rt/schemata': schemata, line 1: no 'ID=VALUE'"},
	{"sys/fs/resctrl/cpus", "1\n2\n", EILSEQ, "sys/fs/resctrl/cpus' holds more than one"},
};

static void test_broken_groups(void **state)
{
	for (gsize i = 0; i < G_N_ELEMENTS(broken); i++) {
		g_autoptr(GError) error = NULL;
		Fixture *f;
		int errnum = 0;

		assert_int_equal(setup(state), 0);
		f = *state;
		tree_write(f->directory, broken[i].path, broken[i].text);
		assert_null(resctrl_groups_read(f->root, &errnum, &error));
		assert_int_equal(errnum, broken[i].errnum);
		if (!strstr(error->message, broken[i].message))
			fail_msg("%s", error->message);
		teardown(state);
	}
}

static void test_cache(void **state)
{
	Fixture *f = *state;
	g_autoptr(GError) error = NULL;
	ResctrlCache cache = {.cbm_mask = 77};
	int errnum = 0;

	assert_false(resctrl_cache_read(f->root, "L2", &cache, &errnum, &error));
	assert_int_equal(errnum, ENOENT);
	g_clear_error(&error);
	tree_write(f->directory, "sys/fs/resctrl/info/L3/num_closids", "-4\n");
	assert_false(resctrl_cache_read(f->root, "L3", &cache, &errnum, &error));
	assert_int_equal(errnum, EILSEQ);
	assert_int_equal(cache.cbm_mask, 77);
	assert_string_equal(error->message,
			    "'sys/fs/resctrl/info/L3/num_closids' is malformed");
	tree_write(f->directory, "sys/fs/resctrl/info/L3/num_closids", "4\n");
	assert_true(resctrl_cache_read(f->root, "L3", &cache, NULL, NULL));
	assert_int_equal(cache.cbm_mask, 0xfffff);
	assert_int_equal(cache.shareable_bits, 0);
	assert_int_equal(cache.min_cbm_bits, 2);
	assert_int_equal(cache.num_closids, 4);
	tree_write(f->directory, "sys/fs/resctrl/info/L3/shareable_bits", "c0000\n");
	assert_true(resctrl_cache_read(f->root, "L3", &cache, NULL, NULL));
	assert_int_equal(cache.shareable_bits, 0xc0000);
	tree_write(f->directory, "sys/fs/resctrl/info/L3/shareable_bits", "x\n");
	assert_false(resctrl_cache_read(f->root, "L3", &cache, NULL, NULL));
}

static void test_not_mounted(void **state)
{
	char *directory = tree_new();
	g_autoptr(Root) root = root_open_captured(directory, NULL);
	g_autoptr(GError) error = NULL;
	int errnum = 0;

	(void)state;
	assert_null(resctrl_groups_read(root, &errnum, &error));
	assert_int_equal(errnum, ENOENT);
	tree_free(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_schemata),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_masks),
		cmocka_unit_test(test_overlaps),
		cmocka_unit_test_setup_teardown(test_groups, setup, teardown),
		cmocka_unit_test_setup_teardown(test_groups_without_schemata, setup, teardown),
		cmocka_unit_test(test_broken_groups),
		cmocka_unit_test_setup_teardown(test_cache, setup, teardown),
		cmocka_unit_test(test_not_mounted),
	};

	return cmocka_run_group_tests_name("resctrl", tests, NULL, NULL);
}
