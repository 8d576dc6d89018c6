/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Other people's files and machines that are locked. */
#include <sys/wait.h>

#include "persist-fixture.h"

static const Unpersisted *outcome_of(const Unpersist *done, const char *path)
{
	for (guint i = 0; i < done->files->len; i++) {
		const Unpersisted *one = done->files->pdata[i];

		if (strcmp(one->path, path) == 0)
			return one;
	}
	fail_msg("nothing is said of %s", path);
	return NULL;
}

static void assert_not_written(Machine *m, const char *message)
{
	g_autoptr(PersistPlan) plan = plan_of(m);
	g_autofree char *before = snapshot(m->directory);
	g_autofree char *after = NULL;
	g_autoptr(GError) error = NULL;

	assert_false(persist_plan_is_done(plan));
	assert_false(persist_write(&m->persist, plan, &error));
	if (!strstr(error->message, message))
		fail_msg("'%s' has no '%s'", error->message, message);
	after = snapshot(m->directory);
	assert_string_equal(before, after);
}

static void test_edited(void **state)
{
	static const char path[] = "etc/systemd/system.conf.d/50-lathe.conf";
	g_autoptr(Machine) m = machine_new(debian);
	g_autofree char *before = snapshot(m->directory);
	g_autofree char *name = g_build_filename(m->directory, path, NULL);
	g_autoptr(Unpersist) done = NULL;
	g_autofree char *left = NULL;

	(void)state;
	write_plan(m);
	tree_write(m->directory, path, "[Manager]\nCPUAffinity=0\n");
	tree_write(m->directory, "etc/modprobe.d/theirs.conf", "options x y=1\n");
	assert_not_written(m, "was changed since lathe wrote it");
	done = take_back(m);
	assert_int_equal(outcome_of(done, path)->state, UNPERSIST_EDITED);
	assert_int_equal(outcome_of(done, "etc/modprobe.d")->state, UNPERSIST_IN_USE);
	assert_int_equal(outcome_of(done, "etc/modprobe.d/lathe.conf")->state,
			 UNPERSIST_OURS);
	left = read_text(m->directory, path);
	assert_string_equal(left, "[Manager]\nCPUAffinity=0\n");
	assert_true(is_there(m->directory, "etc/modprobe.d/theirs.conf"));
	assert_false(is_there(m->directory, "etc/grub.d/99_lathe"));
	/* It is reported until it is gone; what others put beside ours stays theirs. */
	g_clear_pointer(&done, unpersist_free);
	done = take_back(m);
	assert_int_equal(outcome_of(done, path)->state, UNPERSIST_EDITED);
	assert_int_equal(g_remove(name), 0);
	g_free(name);
	name = g_build_filename(m->directory, "etc/modprobe.d/theirs.conf", NULL);
	assert_int_equal(g_remove(name), 0);
	g_free(name);
	name = g_build_filename(m->directory, "etc/modprobe.d", NULL);
	assert_int_equal(rmdir(name), 0);
	take_all_back(m, before);
}

/* The same text, and still another file. */
static void test_replaced_by_link(void **state)
{
	static const char path[] = "etc/grub.d/99_lathe";
	g_autoptr(Machine) m = machine_new(debian);
	g_autofree char *name = g_build_filename(m->directory, path, NULL);
	g_autofree char *moved = g_build_filename(m->directory, "etc/grub.d/kept", NULL);
	g_autoptr(Unpersist) done = NULL;

	(void)state;
	write_plan(m);
	assert_int_equal(rename(name, moved), 0);
	assert_int_equal(symlink("kept", name), 0);
	assert_not_written(m, "was changed since lathe wrote it");
	done = take_back(m);
	assert_int_equal(outcome_of(done, path)->state, UNPERSIST_EDITED);
	assert_true(is_there(m->directory, path));
	assert_true(is_there(m->directory, "etc/grub.d/kept"));
}

static void test_foreign(void **state)
{
	static const char path[] = "etc/modprobe.d/lathe.conf";
	g_autoptr(Machine) m = machine_new(debian);
	g_autofree char *name = g_build_filename(m->directory, path, NULL);

	(void)state;
	tree_write(m->directory, path, "");
	assert_not_written(m, "is there and lathe did not write it");
	assert_int_equal(g_remove(name), 0);
	assert_int_equal(symlink("/dev/null", name), 0);
	assert_not_written(m, "is there and lathe did not write it");
	assert_int_equal(g_remove(name), 0);
	assert_int_equal(mkdir(name, 0755), 0);
	assert_not_written(m, "is there and lathe did not write it");
	assert_int_equal(g_remove(name), 0);
	assert_int_equal(mkfifo(name, 0644), 0);
	assert_not_written(m, "is there and lathe did not write it");
	assert_false(is_there(m->state, "persisted"));
}

/* A file that came between the plan and its writing. */
static void test_foreign_meanwhile(void **state)
{
	g_autoptr(Machine) m = machine_new(debian);
	g_autoptr(PersistPlan) plan = plan_of(m);
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;
	g_autoptr(Unpersist) done = NULL;

	(void)state;
	tree_write(m->directory, "etc/grub.d/99_lathe", "theirs\n");
	assert_false(persist_write(&m->persist, plan, &error));
	assert_non_null(
		strstr(error->message, "write '/etc/grub.d/99_lathe': File exists"));
	done = take_back(m);
	assert_int_equal(outcome_of(done, "etc/grub.d/99_lathe")->state,
			 UNPERSIST_EDITED);
	text = read_text(m->directory, "etc/grub.d/99_lathe");
	assert_string_equal(text, "theirs\n");
	assert_false(is_there(m->directory, "etc/default/grub.d"));
}

static void test_edited_meanwhile(void **state)
{
	g_autoptr(Machine) m = machine_new(debian);
	g_autoptr(PersistPlan) plan = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;
	g_autoptr(Unpersist) done = NULL;

	(void)state;
	write_plan(m);
	machine_wish(m, "6-7", "0-5", TRUE);
	plan = plan_of(m);
	tree_write(m->directory, "etc/default/grub.d/50-lathe.cfg", "theirs\n");
	assert_false(persist_write(&m->persist, plan, &error));
	assert_non_null(strstr(error->message, "50-lathe.cfg': File exists"));
	done = take_back(m);
	assert_int_equal(outcome_of(done, "etc/default/grub.d/50-lathe.cfg")->state,
			 UNPERSIST_EDITED);
	text = read_text(m->directory, "etc/default/grub.d/50-lathe.cfg");
	assert_string_equal(text, "theirs\n");
}

static void test_links_stay_inside(void **state)
{
	g_autoptr(Machine) m = machine_new(debian);
	char *outside = tree_new();
	g_autofree char *link = g_build_filename(m->directory, "etc/modprobe.d", NULL);
	g_autofree char *temporary =
		g_build_filename(m->directory, "etc/grub.d/.99_lathe.lathe-new", NULL);
	g_autofree char *secret = g_build_filename(outside, "secret", NULL);
	g_autofree char *before = NULL, *after = NULL;
	g_autoptr(PersistPlan) plan = NULL;
	g_autoptr(GError) error = NULL;

	(void)state;
	tree_write(outside, "secret", "theirs\n");
	before = snapshot(outside);
	assert_int_equal(symlink(secret, temporary), 0);
	assert_int_equal(symlink(outside, link), 0);
	plan = plan_of(m);
	assert_false(persist_write(&m->persist, plan, &error));
	assert_non_null(strstr(error->message, "/etc/modprobe.d/lathe.conf"));
	assert_int_equal(g_remove(link), 0);
	write_plan(m);
	assert_true(is_there(m->directory, "etc/grub.d/99_lathe"));
	unpersist_free(take_back(m));
	after = snapshot(outside);
	assert_string_equal(before, after);
	tree_free(outside);
}

/* In a child that is nobody: root may read and write everything. */
static void as_nobody(Machine *m, void (*action)(Machine *m))
{
	pid_t child = fork();
	int status = 0;

	assert_true(child >= 0);
	if (child == 0) {
		if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)
			_exit(1);
		action(m);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void plan_unreadable(Machine *m)
{
	g_autoptr(PersistPlan) plan = persist_plan(&m->persist, &m->wish, NULL);

	if (!plan)
		_exit(2);
	if (!has_line(plan->conflicts,
		      "/etc/default/grub cannot be read (Permission denied)"))
		_exit(3);
}

static void plan_blind(Machine *m)
{
	g_autoptr(GError) error = NULL;

	if (persist_plan(&m->persist, &m->wish, &error))
		_exit(2);
	if (!strstr(error->message, "look at '/etc/grub.d/99_lathe': Permission denied"))
		_exit(3);
}

static void write_locked(Machine *m)
{
	g_autoptr(PersistPlan) plan = persist_plan(&m->persist, &m->wish, NULL);
	g_autoptr(GError) error = NULL;

	if (!plan)
		_exit(2);
	if (persist_write(&m->persist, plan, &error))
		_exit(3);
	if (!strstr(error->message, "Permission denied") ||
	    !strstr(lathe_error_get_hint(error), "must be writable, and you root"))
		_exit(4);
}

static void take_back_locked(Machine *m)
{
	g_autoptr(Unpersist) done = unpersist_write(&m->persist, NULL);

	if (!done)
		_exit(2);
	for (guint i = 0; i < done->files->len; i++) {
		const Unpersisted *one = done->files->pdata[i];

		if (one->state != UNPERSIST_STUCK || !one->why)
			_exit(3);
	}
}

static void set_mode(Machine *m, const char *path, mode_t mode)
{
	g_autofree char *name = g_build_filename(m->directory, path, NULL);

	assert_int_equal(chmod(name, mode), 0);
}

/* Whoever the owner is. */
static void lock_directories(Machine *m, mode_t mode)
{
	static const char *const directories[] = {
		"etc",
		"etc/default",
		"etc/default/grub.d",
		"etc/grub.d",
		"etc/modprobe.d",
		"etc/systemd",
		"etc/systemd/system",
		"etc/systemd/system.conf.d",
		"etc/systemd/system/multi-user.target.wants",
	};

	for (guint i = 0; i < G_N_ELEMENTS(directories); i++)
		if (is_there(m->directory, directories[i]))
			set_mode(m, directories[i], mode);
}

static void test_locked(void **state)
{
	g_autoptr(Machine) m = machine_new(debian);
	g_autofree char *manifest = g_build_filename(m->state, "persisted", NULL);
	g_autofree char *before = NULL;

	(void)state;
	assert_int_equal(chmod(m->state, 0777), 0);
	set_mode(m, "", 0755);
	lock_directories(m, 0755);
	before = snapshot(m->directory);
	set_mode(m, "etc/default/grub", 0);
	as_nobody(m, plan_unreadable);
	set_mode(m, "etc/default/grub", 0644);
	set_mode(m, "etc/grub.d", 0);
	as_nobody(m, plan_blind);
	lock_directories(m, 0555);
	as_nobody(m, write_locked);
	lock_directories(m, 0755);
	take_all_back(m, before);
	write_plan(m);
	assert_int_equal(chmod(manifest, 0644), 0);
	lock_directories(m, 0555);
	as_nobody(m, take_back_locked);
	lock_directories(m, 0755);
	/* All of it is still known. */
	take_all_back(m, before);
}

static void test_captured(void **state)
{
	g_autoptr(Machine) m = machine_new(debian);
	g_autoptr(Root) captured = root_open_captured(m->directory, NULL);
	g_autoptr(PersistPlan) plan = NULL;
	g_autoptr(GError) error = NULL;

	(void)state;
	m->persist.root = captured;
	plan = plan_of(m);
	assert_false(persist_write(&m->persist, plan, &error));
	assert_string_equal(error->message, "a captured machine is not written");
	g_clear_error(&error);
	assert_null(unpersist_write(&m->persist, &error));
	assert_string_equal(error->message, "a captured machine is not written");
	assert_false(is_there(m->state, "persisted"));
	assert_false(is_there(m->directory, "etc/grub.d/99_lathe"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_edited),
		cmocka_unit_test(test_replaced_by_link),
		cmocka_unit_test(test_foreign),
		cmocka_unit_test(test_foreign_meanwhile),
		cmocka_unit_test(test_edited_meanwhile),
		cmocka_unit_test(test_links_stay_inside),
		cmocka_unit_test(test_locked),
		cmocka_unit_test(test_captured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
