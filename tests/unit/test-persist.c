/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What would be persisted, on machines of each kind, and what refuses it. */
#include <gio/gio.h>

#include "persist-fixture.h"

static void test_debian(void **state)
{
	static const char *const paths[] = {
		"etc/modprobe.d/lathe.conf",
		"etc/default/grub.d/50-lathe.cfg",
		"etc/grub.d/99_lathe",
		"etc/systemd/system.conf.d/50-lathe.conf",
		"etc/systemd/system/lathe-tune.service",
		"etc/systemd/system/multi-user.target.wants/lathe-tune.service"};
	static const guint modes[] = {0644, 0644, 0755, 0644, 0644, 0};
	g_autoptr(Machine) m = machine_new(debian);
	g_autofree char *before = snapshot(m->directory);
	g_autoptr(PersistPlan) plan = plan_of(m);
	g_autofree char *after = snapshot(m->directory);

	(void)state;
	assert_string_equal(before, after);
	assert_string_equal(plan->cmdline, WANTED_LINE);
	assert_int_equal(plan->files->len, G_N_ELEMENTS(paths));
	for (guint i = 0; i < plan->files->len; i++) {
		const PersistFile *file = plan->files->pdata[i];

		assert_string_equal(file->path, paths[i]);
		assert_int_equal(file->mode, modes[i]);
		assert_int_equal(file->state, PERSIST_NEW);
		assert_non_null(file->why);
	}
	assert_int_equal(plan->conflicts->len, 0);
	assert_int_equal(plan->notes->len, 0);
	assert_int_equal(plan->steps->len, 2);
	assert_step(plan->steps, 0, "/usr/sbin/update-grub");
	assert_step(plan->steps, 1, "/usr/bin/systemctl daemon-reload");
	assert_int_equal(plan->cmdline_bytes,
			 strlen("BOOT_IMAGE=/vmlinuz-6.1 root=/dev/sda1 ro quiet ") +
				 strlen(WANTED_LINE));
	assert_non_null(
		strstr(text_of(plan, paths[3]), "\nCPUAffinity=\nCPUAffinity=0-3\n"));
	assert_non_null(strstr(text_of(plan, paths[4]),
			       "\nConditionKernelCommandLine=isolcpus\n"));
	assert_non_null(strstr(text_of(plan, paths[4]),
			       "\nExecStart=/usr/local/bin/lathe tune apply --cpus 4-7\n"
			       "ExecStop=/usr/local/bin/lathe tune restore\n"));
	/* As apply ends on most machines: not all interrupts can be moved. */
	assert_non_null(strstr(text_of(plan, paths[4]), "\nSuccessExitStatus=2\n"));
	assert_string_equal(text_of(plan, paths[5]),
			    "/etc/systemd/system/lathe-tune.service");
}

static void test_modules(void **state)
{
	g_autoptr(Machine) m = machine_new(debian);
	g_autoptr(PersistPlan) plan = plan_of(m);
	g_autoptr(PersistPlan) without = NULL;
	const char *text = text_of(plan, "etc/modprobe.d/lathe.conf");
	g_autofree char *kvm =
		g_build_filename(m->directory, "sys/module/kvm/initstate", NULL);
	g_autoptr(PersistPlan) builtin = NULL;

	(void)state;
	assert_non_null(strstr(text, "\noptions kvm_intel ple_gap=0\n"));
	assert_non_null(strstr(text, "\noptions kvm kvmclock_periodic_sync=0\n"));
	/* Not those of a module that is not there. */
	assert_null(strstr(text, "kvm_amd"));
	assert_null(strstr(text, "npt"));
	/* A module of the kernel itself reads no modprobe.d. */
	assert_int_equal(g_remove(kvm), 0);
	builtin = plan_of(m);
	text = text_of(builtin, "etc/modprobe.d/lathe.conf");
	assert_null(strstr(text, "kvmclock"));
	assert_true(g_str_has_suffix(builtin->cmdline, " kvm.kvmclock_periodic_sync=0"));
	machine_wish(m, "4-7", "0-3", FALSE);
	without = plan_of(m);
	assert_null(file_of(without, "etc/modprobe.d/lathe.conf"));
}

/* Runs the tree's grub-mkconfig; its output, or the error's. */
static char *mkconfig(const char *directory, const char *script)
{
	g_autofree char *etc = g_build_filename(directory, "etc", NULL);
	g_autofree char *program = g_build_filename(directory, script, NULL);
	const char *argv[] = {"/bin/sh", "-e", program, NULL};
	g_auto(GStrv)
		environment = g_environ_setenv(g_get_environ(), "sysconfdir", etc, TRUE);
	char *output = NULL;
	g_autofree char *errors = NULL;
	g_autoptr(GError) error = NULL;
	int status = 0;

	if (!g_spawn_sync(directory, (char **)argv, environment, G_SPAWN_DEFAULT, NULL,
			  NULL, &output, &errors, &status, &error))
		fail_msg("%s", error->message);
	if (!g_spawn_check_wait_status(status, NULL))
		fail_msg("%s: %s", script, errors);
	assert_string_equal(errors, "");
	return output;
}

/* What the menu is made of, by a shell: ours in the default entry, what was there in the
 * other, whatever it was. */
static void assert_menu(const char *assignment, const char *value)
{
	g_autoptr(Machine) m = machine_new(debian);
	g_autofree char *file =
		g_strconcat("GRUB_DISTRIBUTOR=Debian\n", assignment, "\n", NULL);
	g_autofree char *before = NULL;
	g_autofree char *after = NULL, *again = NULL;
	g_autofree char *expected = g_strdup_printf(
		"menuentry 'Debian GNU/Linux' $menuentry_id_option 'gnulinux-simple-1' "
		"{\n"
		"linux /vmlinuz root=/dev/sda1  %s %s\n}\n"
		"menuentry 'recovery' $menuentry_id_option 'gnulinux-recovery-1' {\n"
		"linux /vmlinuz single \n}\n"
		"menuentry 'Debian without isolation, GNU/Linux' $menuentry_id_option "
		"'lathe-fallback-simple-1' {\n"
		"linux /vmlinuz root=/dev/sda1  %s systemd.cpu_affinity=0-7\n}\n",
		value, WANTED_LINE, value);

	tree_write(m->directory, "etc/default/grub", file);
	before = mkconfig(m->directory, "usr/sbin/grub-mkconfig");
	write_plan(m);
	after = mkconfig(m->directory, "usr/sbin/grub-mkconfig");
	assert_string_equal(after, expected);
	assert_false(is_there(m->directory, "pwned"));
	unpersist_free(take_back(m));
	again = mkconfig(m->directory, "usr/sbin/grub-mkconfig");
	assert_string_equal(before, again);
}

static void test_menu(void **state)
{
	(void)state;
	assert_menu("GRUB_CMDLINE_LINUX_DEFAULT=\"quiet splash\"", "quiet splash");
	assert_menu("", "");
	assert_menu("GRUB_CMDLINE_LINUX_DEFAULT='a=\"b c\" $(touch pwned) `touch pwned` "
		    "\\x *'",
		    "a=\"b c\" $(touch pwned) `touch pwned` \\x *");
	assert_menu("GRUB_CMDLINE_LINUX_DEFAULT=\"it's; touch pwned & | # %s\"",
		    "it's; touch pwned & | # %s");
}

static void test_scripts_are_sound(void **state)
{
	static const char *const paths[] = {"etc/default/grub.d/50-lathe.cfg",
					    "etc/grub.d/99_lathe"};
	g_autoptr(Machine) m = machine_new(debian);
	g_autofree char *alone = NULL;

	(void)state;
	write_plan(m);
	for (guint i = 0; i < G_N_ELEMENTS(paths); i++) {
		g_autofree char *name = g_build_filename(m->directory, paths[i], NULL);
		const char *argv[] = {"/bin/sh", "-n", name, NULL};
		int status = -1;

		assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_DEFAULT, NULL,
					 NULL, NULL, NULL, &status, NULL));
		assert_int_equal(status, 0);
	}
	/* The script by itself makes no entry. */
	alone = mkconfig(m->directory, "etc/grub.d/99_lathe");
	assert_string_equal(alone, "");
}

static void test_no_loader(void **state)
{
	g_autoptr(Machine) m = machine_new(machine_tree_common);
	g_autoptr(Machine) ostree = machine_new(fedora);

	(void)state;
	assert_refused(m, "no boot loader that lathe knows", WANTED_LINE);
	write_program(m->directory, "usr/sbin/grub2-mkconfig",
		      "#!/bin/sh\n. /etc/default/grub\n");
	write_program(m->directory, "etc/grub.d/10_linux", LINUX_SCRIPT);
	assert_refused(m, "reads no /etc/default/grub.d", WANTED_LINE);
	tree_write(ostree->directory, "run/ostree-booted", "");
	assert_refused(ostree, "rpm-ostree kargs", WANTED_LINE);
}

/* A line that leaves exactly `room` bytes for a blank and ours. */
static void fill_line(Machine *m, gsize room)
{
	gsize length = 2046 - room;
	g_autofree char *line = g_strnfill(length + 1, 'x');

	memcpy(line, "root=", 5);
	line[length] = '\n';
	tree_write_bytes(m->directory, "proc/cmdline", line, (gssize)length + 1);
}

static void test_length(void **state)
{
	g_autoptr(Machine) m = machine_new(debian);
	gsize need = strlen(WANTED_LINE) + 1;
	g_autofree char *figures = g_strdup_printf(
		"would have 2047 bytes, %zu of them lathe's: an x86 kernel keeps 2047",
		strlen(WANTED_LINE));
	g_autoptr(PersistPlan) plan = NULL;
	g_autofree char *path = g_build_filename(m->directory, "proc/cmdline", NULL);

	(void)state;
	fill_line(m, need);
	plan = plan_of(m);
	assert_int_equal(plan->cmdline_bytes, 2046);
	fill_line(m, need - 1);
	assert_refused(m, figures, "shorten it");
	/* Nobody knows whether there is room. */
	assert_int_equal(g_remove(path), 0);
	assert_refused(m, "proc/cmdline", NULL);
}

static void test_contradictions(void **state)
{
	g_autoptr(Machine) m = machine_new(debian);
	g_autoptr(PersistPlan) plan = NULL;

	(void)state;
	tree_write(m->directory, "etc/default/grub",
		   "#GRUB_CMDLINE_LINUX=\"nmi_watchdog=1\"\n"
		   "GRUB_CMDLINE_LINUX=\"isolcpus=1-2 a\n nohz-full=3\"\n"
		   "GRUB_CMDLINE_LINUX_DEFAULT='quiet rcu_nocb_poll\033'; x=y\n"
		   "GRUB_CMDLINE_LINUX_DEFAULT+=' rcu_nocb_poll'\n");
	tree_write(m->directory, "etc/default/grub.d/10-early.cfg",
		   "GRUB_CMDLINE_LINUX_DEFAULT=quiet\n");
	tree_write(m->directory, "etc/default/grub.d/60-more.cfg",
		   "GRUB_CMDLINE_LINUX_DEFAULT=\"$GRUB_CMDLINE_LINUX_DEFAULT splash\"\n");
	tree_write(m->directory, "etc/default/grub.d/70-late.cfg",
		   "\texport GRUB_CMDLINE_LINUX_DEFAULT=\"skew_tick=0\"\n");
	tree_write(m->directory, "etc/default/grub.d/80-dir.cfg/x", "");
	tree_write(m->directory, "proc/cmdline",
		   "root=/dev/sda1 isolcpus=1-2 irqaffinity=0 -- skew_tick=3\n");
	tree_write(
		m->directory, "etc/modprobe.d/zz.conf",
		"# options kvm_intel ple_gap=1\noptions kvm_intel nested=1 ple_gap=64\n");
	tree_write(m->directory, "etc/systemd/system.conf.d/90-cpus.conf",
		   "[Manager]\nCPUAffinity=4\n");
	plan = plan_of(m);
	assert_true(has_line(plan->conflicts,
			     "/etc/default/grub gives isolcpus=1-2 against "
			     "isolcpus=managed_irq,domain,4-7"));
	assert_true(
		has_line(plan->conflicts, "/etc/default/grub gives nohz_full=3 against"));
	assert_true(has_line(plan->conflicts, "70-late.cfg gives skew_tick=0 against"));
	assert_true(has_line(plan->conflicts, "70-late.cfg is read after lathe's file"));
	assert_false(has_line(plan->conflicts, "60-more.cfg"));
	assert_false(has_line(plan->conflicts, "10-early.cfg"));
	assert_true(has_line(plan->conflicts, "80-dir.cfg cannot be read"));
	assert_true(has_line(plan->conflicts, "running kernel was given irqaffinity=0"));
	assert_false(has_line(plan->conflicts, "running kernel was given isolcpus"));
	assert_false(has_line(plan->conflicts, "nmi_watchdog"));
	assert_true(
		has_line(plan->conflicts, "zz.conf gives kvm_intel ple_gap=64 against"));
	assert_true(has_line(plan->conflicts, "90-cpus.conf is read after lathe's file"));
	assert_true(
		has_line(plan->notes, "/etc/default/grub gives rcu_nocb_poll already"));
	assert_false(has_line(plan->notes, "\033"));
	assert_int_equal(plan->conflicts->len, 8);
}

/* Thousands of lines are neither kept nor compared with each other. */
static void test_many_contradictions(void **state)
{
	g_autoptr(Machine) m = machine_new(debian);
	g_autoptr(GString) words = g_string_new("GRUB_CMDLINE_LINUX='");
	g_autoptr(PersistPlan) plan = NULL;

	(void)state;
	for (guint i = 0; i < 40000; i++)
		g_string_append_printf(words, "isolcpus=%u ", i);
	g_string_append(words, "'\n");
	tree_write(m->directory, "etc/default/grub", words->str);
	plan = plan_of(m);
	assert_int_equal(plan->conflicts->len, 65);
	assert_string_equal(plan->conflicts->pdata[64], "... and more");
}

static void test_hostile_words(void **state)
{
	static const char *const words[] = {"a\"b", "a b",  "$(x)", "a'b", "a`b", "a\\b",
					    "a;b",  "a\nb", "",     "a%b", "\033"};
	static const char *const programs[] = {"lathe", "/opt/my lathe", "/opt/%n",
					       "/a\nExecStart=x"};
	g_autoptr(Machine) m = machine_new(debian);

	(void)state;
	for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
		ProposalParameter *p =
			&g_array_index(m->parameters, ProposalParameter, 3);

		g_free(p->text);
		p->text = g_strdup(words[i]);
		assert_refused(m, "cannot be written into a boot loader's files", NULL);
	}
	machine_wish(m, "4-7", "0-3", TRUE);
	g_free(g_array_index(m->modules, PersistModule, 0).value);
	g_array_index(m->modules, PersistModule, 0).value =
		g_strdup("0\ninstall kvm /bin/sh");
	assert_refused(m, "cannot be written into modprobe's files", NULL);
	machine_wish(m, "4-7", "0-3", TRUE);
	for (guint i = 0; i < G_N_ELEMENTS(programs); i++) {
		m->wish.program = programs[i];
		assert_refused(m, "cannot be written into a unit", NULL);
	}
}

static void test_steps_run(void **state)
{
	char *good[] = {(char *)"/bin/true", NULL};
	char *bad[] = {(char *)"/bin/sh", (char *)"-c",
		       (char *)"printf 'no \\033 room\\n' >&2; exit 3", NULL};
	char *absent[] = {(char *)"/nonexistent/update-grub", NULL};
	g_autoptr(GError) error = NULL;

	(void)state;
	assert_true(persist_step_run(&(PersistStep){good, ""}, &error));
	assert_false(persist_step_run(&(PersistStep){bad, ""}, &error));
	assert_string_equal(error->message, "/bin/sh ended with status 3: no \\x1b room");
	g_clear_error(&error);
	assert_false(persist_step_run(&(PersistStep){absent, ""}, &error));
	assert_non_null(strstr(error->message, "run /nonexistent/update-grub"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_debian),
		cmocka_unit_test(test_modules),
		cmocka_unit_test(test_menu),
		cmocka_unit_test(test_scripts_are_sound),
		cmocka_unit_test(test_no_loader),
		cmocka_unit_test(test_length),
		cmocka_unit_test(test_contradictions),
		cmocka_unit_test(test_many_contradictions),
		cmocka_unit_test(test_hostile_words),
		cmocka_unit_test(test_steps_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
