/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Persisting and taking it back, with crashes at every step. */
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "persist-fixture.h"

static void count_step(gpointer data)
{
	++*(guint *)data;
}

/* What the command line's last word says of a plan: A is the machine's, B another. */
static void wish_a(Machine *m)
{
	machine_wish(m, "4-7", "0-3", TRUE);
}

static void wish_b(Machine *m)
{
	machine_wish(m, "6-7", "0-5", FALSE);
}

/* A's CPUs, and another module parameter. */
static void wish_c(Machine *m)
{
	PersistModule *module;

	wish_a(m);
	module = &g_array_index(m->modules, PersistModule, 0);
	g_free(module->value);
	module->value = g_strdup("7");
}

static guint counted_write(Machine *m)
{
	guint steps = 0;

	m->persist.step = count_step;
	m->persist.step_data = &steps;
	write_plan(m);
	m->persist.step = NULL;
	return steps;
}

static void assert_round(void (*fill)(const char *directory))
{
	g_autoptr(Machine) m = machine_new(fill);
	g_autofree char *before = snapshot(m->directory);
	g_autofree char *written = NULL, *again = NULL, *looked = NULL;
	g_autoptr(Unpersist) look = NULL;

	assert_true(counted_write(m) > 10);
	written = snapshot(m->directory);
	assert_string_not_equal(before, written);
	assert_int_equal(counted_write(m), 0);
	again = snapshot(m->directory);
	assert_string_equal(written, again);
	look = unpersist_plan(&m->persist, NULL);
	assert_non_null(look);
	assert_true(look->files->len >= 6);
	assert_true(look->steps->len >= 1);
	looked = snapshot(m->directory);
	assert_string_equal(written, looked);
	take_all_back(m, before);
	g_clear_pointer(&look, unpersist_free);
	look = take_back(m);
	assert_int_equal(look->files->len, 0);
	assert_int_equal(look->steps->len, 0);
	assert_back(m, before);
}

static void test_rounds(void **state)
{
	(void)state;
	assert_round(debian);
	assert_round(fedora);
}

static void test_modes(void **state)
{
	g_autoptr(Machine) m = machine_new(debian);
	g_autofree char *script =
		g_build_filename(m->directory, "etc/grub.d/99_lathe", NULL);
	g_autofree char *manifest = g_build_filename(m->state, "persisted", NULL);
	mode_t before = umask(0077);
	struct stat st;

	(void)state;
	write_plan(m);
	umask(before);
	assert_int_equal(stat(script, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
	assert_int_equal(stat(manifest, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void test_other_plan(void **state)
{
	g_autoptr(Machine) m = machine_new(debian);
	g_autofree char *before = snapshot(m->directory);
	g_autoptr(PersistPlan) plan = NULL;
	g_autofree char *text = NULL;
	guint rewritten = 0, obsolete = 0;

	(void)state;
	write_plan(m);
	wish_b(m);
	plan = plan_of(m);
	for (guint i = 0; i < plan->files->len; i++) {
		const PersistFile *file = plan->files->pdata[i];

		rewritten += file->state == PERSIST_REWRITE;
		obsolete += file->state == PERSIST_OBSOLETE;
	}
	assert_int_equal(rewritten, 3);
	assert_int_equal(obsolete, 1);
	write_plan(m);
	text = read_text(m->directory, "etc/default/grub.d/50-lathe.cfg");
	assert_non_null(strstr(text, "isolcpus=managed_irq,domain,6-7"));
	assert_null(strstr(text, "4-7"));
	assert_false(is_there(m->directory, "etc/modprobe.d/lathe.conf"));
	take_all_back(m, before);
}

/* ---- crashes ---- */

static void die_at(gpointer data)
{
	if (--*(guint *)data == 0)
		raise(SIGKILL);
}

/* Runs `action` in a child that is killed after `step` steps. TRUE: it came to its end
 * first. */
static gboolean dies_in(Machine *m, guint step, void (*action)(Machine *m))
{
	pid_t child = fork();
	int status = 0;

	assert_true(child >= 0);
	if (child == 0) {
		m->persist.step = die_at;
		m->persist.step_data = &step;
		action(m);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	if (WIFEXITED(status)) {
		assert_int_equal(WEXITSTATUS(status), 0);
		return TRUE;
	}
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
	return FALSE;
}

static void act_unpersist(Machine *m)
{
	unpersist_free(take_back(m));
}

/* Everything that one crash may be followed by. */
typedef enum { TAKE_BACK, SAME_PLAN, OTHER_PLAN, FOLLOWS } Next;

static guint sweep(void (*fill)(const char *directory), gboolean persisted,
		   void (*wish)(Machine *m), void (*action)(Machine *m), Next next)
{
	for (guint step = 1;; step++) {
		g_autoptr(Machine) m = machine_new(fill);
		g_autofree char *before = snapshot(m->directory);
		g_autoptr(PersistPlan) plan = NULL;
		gboolean ended;

		if (persisted)
			write_plan(m);
		wish(m);
		ended = dies_in(m, step, action);
		if (next != TAKE_BACK) {
			if (next == OTHER_PLAN)
				(wish == wish_b ? wish_a : wish_b)(m);
			write_plan(m);
			plan = plan_of(m);
			assert_true(persist_plan_is_done(plan));
		}
		take_all_back(m, before);
		if (ended)
			return step - 1;
	}
}

static void test_crashes(void **state)
{
	(void)state;
	for (Next next = TAKE_BACK; next < FOLLOWS; next++) {
		/* Manifest twice; 3 directories at least; 6 files, twice each. */
		assert_true(sweep(debian, FALSE, wish_a, write_plan, next) >= 17);
		assert_true(sweep(fedora, FALSE, wish_a, write_plan, next) >= 15);
		/* Three are rewritten, one is removed. */
		assert_true(sweep(debian, TRUE, wish_b, write_plan, next) >= 9);
		/* One is rewritten. */
		assert_true(sweep(debian, TRUE, wish_c, write_plan, next) >= 4);
		assert_true(sweep(debian, TRUE, wish_a, act_unpersist, next) >= 10);
	}
}

/* No write succeeds any more once the manifest is there. */
static void fill_disk(gpointer data)
{
	(void)data;
	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &(struct rlimit){0, RLIM_INFINITY});
}

static void act_without_room(Machine *m)
{
	g_autoptr(PersistPlan) plan = plan_of(m);
	g_autoptr(GError) error = NULL;

	m->persist.step = fill_disk;
	if (persist_write(&m->persist, plan, &error))
		_exit(1);
	if (!strstr(error->message, "write '/etc/modprobe.d/lathe.conf'") ||
	    !strstr(lathe_error_get_hint(error), "lathe tune unpersist"))
		_exit(2);
}

static void test_no_room(void **state)
{
	g_autoptr(Machine) m = machine_new(debian);
	g_autofree char *before = snapshot(m->directory);

	(void)state;
	assert_true(dies_in(m, 0, act_without_room));
	assert_true(is_there(m->state, "persisted"));
	take_all_back(m, before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rounds),     cmocka_unit_test(test_modes),
		cmocka_unit_test(test_other_plan), cmocka_unit_test(test_crashes),
		cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
