/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <sys/stat.h>

#include "error.h"
#include "tree.h"
#include "vm_config.h"

#define A "[aeec46cc-0638-4949-ac04-146b233194a9]\n"
#define B "[fde74e84-0e1b-404e-90e7-72101e79c48a]\n"
#define UUID_A "aeec46cc-0638-4949-ac04-146b233194a9"
#define UUID_B "fde74e84-0e1b-404e-90e7-72101e79c48a"

static const struct {
	const char *text, *message, *hint;
} bad[] = {
	{A "name = a\ncpuest = 1\n", "v.cfg:3: 'cpuest' is not a key of a VM",
	 "did you mean 'cpuset'?"},
	{A "name = a\nwhatever = 1\n", "v.cfg:3: 'whatever' is not a key of a VM",
	 "vms.cfg(5) lists the keys"},
	{A "name = a\n" B "name = a\n",
	 "v.cfg:4: name: 'a' is the name of two VMs; the first is in line 2", NULL},
	{A "name = a\n\n[AEEC46CC-0638-4949-ac04-146b233194a9]\nname = b\n",
	 "v.cfg:4: section [" UUID_A "] again; the first is in line 1", NULL},
	{A "name = a\n" A, "v.cfg:3: section [" UUID_A "] again; the first is in line 1", NULL},
	{A "name = a\nNAME = b\n",
	 "v.cfg:3: 'name' again in [" UUID_A "]; the first is in line 2", NULL},
	{A "rt = no\n", "v.cfg:1: [" UUID_A "] has no 'name'", NULL},
	{A "name =\n", "v.cfg:2: name: a VM needs a name", NULL},
	{"[vm1]\nname = a\n", "v.cfg:1: section [vm1] is not the UUID of a VM",
	 "virsh domuuid NAME prints it"},
	{"[aeec46cc06384949ac04146b233194a9]\nname = a\n",
	 "v.cfg:1: section [aeec46cc06384949ac04146b233194a9] is not the UUID of a VM",
	 "virsh domuuid NAME prints it"},
	{A "name = a\nrt\n", "v.cfg:3: neither a section, a comment nor 'key = value'", NULL},
	{"name = a\n", "v.cfg:1: 'name' stands before any [section]", NULL},
	{A "name = a\nnr_vcpus = many\n",
	 "v.cfg:3: nr_vcpus: 'many' is not a number from 1 to 255", NULL},
	{A "name = a\n  cpuset = 1\n",
	 "v.cfg:2: name: 'a\\ncpuset = 1' is not a line of text: it goes on in a second line",
	 NULL},
	{A "name = \xe2\x80\xae/\n",
	 "v.cfg:2: name: '\\u202e/' is not a name that libvirt takes: it has a '/'", NULL},
};

static void test_bad(void **state)
{
	(void)state;
	for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(VmConfigs) configs =
			vm_configs_parse(bad[i].text, strlen(bad[i].text), "v.cfg", &error);

		assert_null(configs);
		assert_string_equal(error->message, bad[i].message);
		if (bad[i].hint)
			assert_string_equal(lathe_error_get_hint(error), bad[i].hint);
		else
			assert_null(lathe_error_get_hint(error));
	}
}

static VmConfigs *parsed(const char *text)
{
	g_autoptr(GError) error = NULL;
	VmConfigs *configs = vm_configs_parse(text, strlen(text), "v.cfg", &error);

	if (!configs)
		fail_msg("%s\n%s", error->message, text);
	return configs;
}

static void test_select(void **state)
{
	static const char text[] = A "name = one\n" B "name = two, too\n";
	static const struct {
		const char *names[4];
		const char *chosen; /* NULL: an error */
	} rows[] = {
		{{NULL}, "one|two, too|"},
		{{"two, too", NULL}, "two, too|"},
		{{"two, too", "one", NULL}, "one|two, too|"},
		{{UUID_B ",one", NULL}, "one|two, too|"},
		{{"FDE74E84-0E1B-404E-90E7-72101E79C48A", NULL}, "two, too|"},
		{{"one", "one", UUID_A, NULL}, "one|"},
		{{"one,one", NULL}, "one|"},
		{{"onne", NULL}, NULL},
		{{"one,", NULL}, NULL},
		{{"", NULL}, NULL},
	};
	g_autoptr(VmConfigs) configs = parsed(text);

	(void)state;
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GError) error = NULL;
		g_autoptr(GPtrArray) vms = vm_configs_select(configs, rows[i].names, &error);
		g_autoptr(GString) chosen = g_string_new(NULL);

		assert_true((vms == NULL) == (rows[i].chosen == NULL));
		assert_true((vms == NULL) == (error != NULL));
		for (guint j = 0; vms && j < vms->len; j++)
			g_string_append_printf(chosen, "%s|", ((VmConfig *)vms->pdata[j])->name);
		if (vms)
			assert_string_equal(chosen->str, rows[i].chosen);
	}
}

static void test_select_hint(void **state)
{
	g_autoptr(VmConfigs) configs = parsed(A "name = one\n");
	const char *const names[] = {"onne", NULL};
	g_autoptr(GError) error = NULL;

	(void)state;
	assert_null(vm_configs_select(configs, names, &error));
	assert_string_equal(error->message, "there is no VM 'onne' in 'v.cfg'");
	assert_string_equal(lathe_error_get_hint(error), "did you mean 'one'?");
}

/* One key of the VM of A is changed. */
static const struct {
	const char *text;
	VmKey key;
	const char *value, *edited;
} edits[] = {
	/* The same by another word: no byte changes. */
	{A "name=a\nrt = YES\n", VM_KEY_RT, "true", A "name=a\nrt = YES\n"},
	{A "name=a\ncpuset = 3, 1-2", VM_KEY_CPUSET, "1-3", A "name=a\ncpuset = 3, 1-2"},
	{A "name=a\nNr_Vcpus : 4\ncpu_topology = 1,4,1\n", VM_KEY_CPU_TOPOLOGY, "auto",
	 A "name=a\nNr_Vcpus : 4\ncpu_topology = 1,4,1\n"},
	/* Only the value, however the line is written. */
	{A "name=a\ncpuset=1\nrt = no\n", VM_KEY_CPUSET, "2",
	 A "name=a\ncpuset=2\nrt = no\n"},
	{A "\tname=a\n\tCPUSET\t:\t1  \n; c\n", VM_KEY_CPUSET, "2-3",
	 A "\tname=a\n\tCPUSET\t:\t2-3\n; c\n"},
	{A "name=a\ncpuset =\n", VM_KEY_CPUSET, "4", A "name=a\ncpuset = 4\n"},
	{A "name=a\ncpuset = 4\n", VM_KEY_CPUSET, "", A "name=a\ncpuset =\n"},
	{A "name=a\r\ncpuset = 4\r\n", VM_KEY_CPUSET, "5", A "name=a\r\ncpuset = 5\r\n"},
	{A "name = a\nrt = 1", VM_KEY_RT, "0", A "name = a\nrt = False"},
	/* A value of several lines; comments between them stay. */
	{A "name = a\ndescription = x\n  y\n  # c\n\n  z\n\nrt = no\n", VM_KEY_DESCRIPTION, "w",
	 A "name = a\ndescription = w\n  # c\n\nrt = no\n"},
	{A " name = a\n description = x\n", VM_KEY_DESCRIPTION, "x\n\ny",
	 A " name = a\n description = x\n\n     y\n"},
	/* A new key goes behind the last one, as that is indented and ended. */
	{A "name = a\n\n# of B\n" B "name = b\n", VM_KEY_RT, "yes",
	 A "name = a\nrt = True\n\n# of B\n" B "name = b\n"},
	{A "  name = a\n", VM_KEY_MEMORY, "1024", A "  name = a\n  memory = 1G\n"},
	{A "name = a", VM_KEY_RT, "yes", A "name = a\nrt = True\n"},
	{"; x\r\n" A "name = a", VM_KEY_RT, "1", "; x\r\n" A "name = a\r\nrt = True\r\n"},
	/* What is so without a line needs none; of lathe's own, not given is something else. */
	{A "name = a\n", VM_KEY_RT, "no", A "name = a\n"},
	{A "name = a\n", VM_KEY_VCPU_PRIORITY, "auto", A "name = a\n"},
	{A "name = a\n", VM_KEY_HUGEPAGES, "no", A "name = a\nhugepages = no\n"},
	/* A key that is taken back. */
	{A "name = a\nmemory = 1G\n", VM_KEY_MEMORY, "", A "name = a\nmemory =\n"},
};

static void test_edit(void **state)
{
	(void)state;
	for (guint i = 0; i < G_N_ELEMENTS(edits); i++) {
		g_autoptr(VmConfigs) configs = parsed(edits[i].text);
		VmConfig *vm = vm_configs_find(configs, UUID_A);
		g_autofree char *edited = NULL, *again = NULL;
		g_autoptr(VmConfigs) back = NULL;

		assert_true(vm_config_set(vm, edits[i].key, edits[i].value, NULL));
		edited = vm_configs_edit(edits[i].text, vm);
		assert_string_equal(edited, edits[i].edited);
		back = parsed(edited);
		for (VmKey key = 0; key < VM_KEYS; key++)
			assert_true(vm_config_same(vm, vm_configs_find(back, UUID_A), key));
		again = vm_configs_edit(edited, vm);
		assert_string_equal(again, edited);
	}
}

/* auto is kept where it still means what is wanted, and only there. */
static void test_edit_auto(void **state)
{
	static const char text[] = A "name = a\nrt = no\nrt_memory = no\n";
	g_autoptr(VmConfigs) configs = parsed(text);
	VmConfig *vm = configs->vms->pdata[0];
	g_autofree char *edited = NULL;

	(void)state;
	assert_true(vm_config_set(vm, VM_KEY_RT, "yes", NULL));
	assert_true(vm_config_set(vm, VM_KEY_RT_MEMORY, "auto", NULL));
	edited = vm_configs_edit(text, vm);
	assert_string_equal(edited, A "name = a\nrt = True\nrt_memory = auto\n");
}

static void test_new_section(void **state)
{
	static const char section[] =
		B "name = b\ntitle =\ndescription =\nnr_vcpus = 1\ncpu_topology = auto\n"
		  "cpuset =\nrt = False\nrt_memory = auto\nnumatune = auto\nhide_kvm = False\n"
		  "autostart = True\nmemory = 512M\n";
	static const char *const rows[][2] = {
		{"", ""},	       {"# c\n", "# c\n\n"}, {"# c", "# c\n\n"},
		{A "name = a\n\n", A "name = a\n\n"},
		{A "name = a\n  \n", A "name = a\n  \n"},
	};
	g_autoptr(VmConfig) vm = vm_config_new(UUID_B);

	(void)state;
	assert_true(vm_config_set(vm, VM_KEY_NAME, "b", NULL));
	assert_true(vm_config_set(vm, VM_KEY_MEMORY, "512", NULL));
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *edited = vm_configs_edit(rows[i][0], vm);
		g_autofree char *wanted = g_strconcat(rows[i][1], section, NULL);

		assert_string_equal(edited, wanted);
	}
	assert_null(vm_configs_edit("[not a UUID]\n", vm));
}

static void test_remove(void **state)
{
	static const struct {
		const char *text, *rest;
	} rows[] = {
		{A "name = a\n", ""},
		{A "name = a\ndescription = x\n y\n\n# of B\n" B "name = b\n",
		 "# of B\n" B "name = b\n"},
		{"# 1\n" B "name = b\n\n" A "name = a", "# 1\n" B "name = b\n\n"},
		{B "name = b\n", B "name = b\n"},
		{"no config", "no config"},
	};

	(void)state;
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *rest = vm_configs_remove(rows[i].text, UUID_A);

		assert_string_equal(rest, rows[i].rest);
	}
}

static char *content(const char *path)
{
	char *text = NULL;

	assert_true(g_file_get_contents(path, &text, NULL, NULL));
	return text;
}

static guint count_files(const char *directory)
{
	g_autoptr(GDir) dir = g_dir_open(directory, 0, NULL);
	guint n = 0;

	while (g_dir_read_name(dir))
		n++;
	return n;
}

static void test_write(void **state)
{
	char *tree = tree_new();
	g_autofree char *path = g_build_filename(tree, "etc/lathe/vms.cfg", NULL);
	g_autofree char *link = g_build_filename(tree, "link.cfg", NULL);
	g_autofree char *dangling = g_build_filename(tree, "dangling.cfg", NULL);
	g_autofree char *directory = g_path_get_dirname(path);
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;
	struct stat st;

	(void)state;
	assert_true(vm_configs_write(path, "1", NULL));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(chmod(path, 0640), 0);
	tree_link(tree, "link.cfg", "etc/lathe/vms.cfg");
	assert_true(vm_configs_write(link, "2", NULL));
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	text = content(path);
	assert_string_equal(text, "2");
	/* Nothing stays beside it. */
	assert_int_equal(count_files(directory), 1);
	tree_link(tree, "dangling.cfg", "none");
	assert_false(vm_configs_write(dangling, "3", &error));
	assert_non_null(strstr(error->message, "dangling.cfg"));
	g_clear_error(&error);
	assert_false(vm_configs_write(directory, "4", &error));
	assert_non_null(strstr(error->message, "not a regular file"));
	tree_free(tree);
}

static void test_save(void **state)
{
	char *tree = tree_new();
	g_autofree char *path = g_build_filename(tree, "vms.cfg", NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(VmConfigs) none = vm_configs_read_or_empty(path, NULL);
	g_autoptr(VmConfigs) one = NULL;
	g_autofree char *text = NULL;

	(void)state;
	assert_int_equal(none->vms->len, 0);
	assert_null(vm_configs_read(path, &error));
	assert_non_null(strstr(lathe_error_get_hint(error), "lathe vm import"));
	g_clear_error(&error);
	assert_true(vm_configs_save(none, A "name = a\n", NULL));
	one = vm_configs_read(path, NULL);
	assert_int_equal(one->vms->len, 1);
	/* Somebody else wrote meanwhile: theirs stays. */
	assert_false(vm_configs_save(none, "# lost\n", &error));
	assert_non_null(strstr(error->message, "has changed meanwhile"));
	tree_write(tree, "vms.cfg", A "name = b\n");
	assert_false(vm_configs_save(one, "# lost\n", NULL));
	text = content(path);
	assert_string_equal(text, A "name = b\n");
	assert_int_equal(count_files(tree), 1);
	tree_free(tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bad),	    cmocka_unit_test(test_select),
		cmocka_unit_test(test_select_hint), cmocka_unit_test(test_edit),
		cmocka_unit_test(test_edit_auto),   cmocka_unit_test(test_new_section),
		cmocka_unit_test(test_remove),	    cmocka_unit_test(test_write),
		cmocka_unit_test(test_save),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
