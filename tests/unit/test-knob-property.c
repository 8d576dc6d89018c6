/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every file of the good trees (tests/knob/README) in turn becomes what no kernel makes of
 * it. The whole table is judged each time: nothing crashes or hangs, every finding can be
 * shown, and no row passes whose own place it is.
 */
#include "good-trees.h"

#include <errno.h>
#include <fnmatch.h>
#include <ftw.h>
#include <sys/stat.h>

#include "judge.h"
#include "root.h"

#define HUGE_LENGTH (8 << 20)

typedef struct {
	KnobScope scope;
	char *directory;
	Cpuset planned;
	GHashTable *good; /* rows that pass on the tree as it is */
} Tree;

static GPtrArray *walked; /* nftw() hands nothing through */

static int collect(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)ftw;
	if (type == FTW_F)
		g_ptr_array_add(walked, g_strdup(path));
	return 0;
}

static int compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* In the same order everywhere. */
static GPtrArray *files_of(const Tree *tree)
{
	walked = g_ptr_array_new_with_free_func(g_free);
	assert_int_equal(nftw(tree->directory, collect, 16, FTW_PHYS), 0);
	g_ptr_array_sort(walked, compare_names);
	return walked;
}

static GPtrArray *judge(const Tree *tree)
{
	g_autoptr(Root) root = root_open_captured(tree->directory, NULL);
	g_autoptr(KnobView) view = NULL;

	assert_non_null(root);
	view = knob_view_new(root, tree->scope, &tree->planned, NULL);
	return knob_judge_all(view, NULL);
}

static void load_tree(Tree *tree, KnobScope scope, const char *planned)
{
	g_autoptr(GPtrArray) findings = NULL;

	*tree = (Tree){.scope = scope,
		       .directory = tree_new_in_memory(),
		       .good = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL)};
	good_tree_load(knob_scope_name(scope), tree->directory);
	assert_true(cpulist_parse(planned, CPUSET_CPUS, &tree->planned, NULL));
	findings = judge(tree);
	for (guint i = 0; i < findings->len; i++) {
		const Finding *finding = findings->pdata[i];

		if (finding->status == STATUS_PASS)
			g_hash_table_add(tree->good, g_strdup(finding->id));
	}
}

static void clear_tree(Tree *tree)
{
	tree_free(tree->directory);
	g_hash_table_unref(tree->good);
}

/* Of its own place alone a row like this can tell whether it passes. */
static gboolean is_own_place(const Knob *knob, const Tree *tree, const char *path)
{
	g_autoptr(GString) pattern = NULL;
	gboolean match = FALSE;

	if (knob->place != PLACE_FILE || knob->judge)
		return FALSE;
	CPUSET_FOREACH (cpu, &tree->planned) {
		g_autofree char *number = g_strdup_printf("%d", cpu);

		pattern = g_string_new(knob->path);
		g_string_replace(pattern, "{cpu}", number, 0);
		g_string_replace(pattern, "{node}", "*", 0);
		match = match || (!(knob->per == PER_HOUSEKEEPING_CPU) &&
				  fnmatch(pattern->str, path, FNM_PATHNAME) == 0);
		g_string_free(g_steal_pointer(&pattern), TRUE);
	}
	return match;
}

static void check_findings(const Tree *tree, const char *path, const char *what, guint *ret_own)
{
	g_autoptr(GPtrArray) findings = judge(tree);

	for (guint i = 0; i < findings->len; i++) {
		const Finding *finding = findings->pdata[i];
		const Knob *knob = knob_find(finding->id, NULL);

		if (finding->status != STATUS_PASS && (!finding->reason || !*finding->reason))
			fail_msg("%s: no reason (%s is %s)", finding->id, path, what);
		if (finding->reason && strlen(finding->reason) > 64 << 10)
			fail_msg("%s: %" G_GSIZE_FORMAT " bytes of reason (%s is %s)", finding->id,
				 strlen(finding->reason), path, what);
		if (!g_hash_table_contains(tree->good, finding->id) ||
		    !is_own_place(knob, tree, path))
			continue;
		(*ret_own)++;
		if (finding->status == STATUS_PASS)
			fail_msg("%s passes when %s is %s", finding->id, path, what);
	}
}

static void make_fifo(const char *path)
{
	assert_int_equal(mkfifo(path, 0600), 0);
}

static void make_directory(const char *path)
{
	assert_int_equal(g_mkdir(path, 0755), 0);
}

static void make_huge(const char *path)
{
	g_autofree char *text = g_strnfill(HUGE_LENGTH, 'A');

	assert_true(g_file_set_contents(path, text, HUGE_LENGTH, NULL));
}

/* The same in every run. */
static void make_random(const char *path)
{
	enum { LENGTH = 4096 };
	g_autoptr(GRand) rand = g_rand_new_with_seed(g_str_hash(strrchr(path, '/')));
	char bytes[LENGTH];

	for (guint i = 0; i < LENGTH; i++)
		bytes[i] = (char)g_rand_int(rand);
	assert_true(g_file_set_contents(path, bytes, LENGTH, NULL));
}

static const struct {
	const char *what;
	void (*make)(const char *path);
} kinds[] = {
	{"a FIFO", make_fifo},
	{"a directory", make_directory},
	{"8 MiB of 'A'", make_huge},
	{"random bytes", make_random},
};

static void check_file(const Tree *tree, const char *path, guint *ret_own)
{
	const char *below = path + strlen(tree->directory) + 1;
	g_autofree char *content = NULL;
	gsize length;

	assert_true(g_file_get_contents(path, &content, &length, NULL));
	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
		assert_int_equal(g_remove(path), 0);
		kinds[i].make(path);
		check_findings(tree, below, kinds[i].what, ret_own);
	}
	assert_int_equal(g_remove(path), 0);
	tree_write_bytes(tree->directory, below, content, (gssize)length);
}

static void check_scope(KnobScope scope, const char *planned)
{
	g_autoptr(GPtrArray) files = NULL;
	guint own = 0;
	Tree tree;

	load_tree(&tree, scope, planned);
	assert_true(g_hash_table_size(tree.good) > 0);
	files = files_of(&tree);
	for (guint i = 0; i < files->len; i++)
		check_file(&tree, files->pdata[i], &own);
	clear_tree(&tree);
	if (scope != SCOPE_VM)
		assert_true(own > files->len / 2);
}

static void test_host(void **state)
{
	(void)state;
	check_scope(SCOPE_HOST, "5-7");
}

static void test_guest(void **state)
{
	(void)state;
	check_scope(SCOPE_GUEST, "1-3");
}

static void test_vm(void **state)
{
	(void)state;
	check_scope(SCOPE_VM, "5-7");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_host),
		cmocka_unit_test(test_guest),
		cmocka_unit_test(test_vm),
	};

	return cmocka_run_group_tests_name("knob-property", tests, NULL, NULL);
}
