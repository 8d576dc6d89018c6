/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What would be persisted on machines with Boot Loader Specification entries. */
#include "persist-fixture.h"

static void test_fedora(void **state)
{
	g_autoptr(Machine) m = machine_new(fedora);
	g_autoptr(PersistPlan) plan = plan_of(m);
	g_autoptr(PersistPlan) again = NULL;
	g_autofree char *expected = g_strconcat(
		"title Fedora Linux (6.1) 40 (lathe: real-time)\nversion 6.1\n"
		"linux /vmlinuz-6.1\ninitrd /initramfs-6.1.img\ngrub_users $grub_users\n"
		"options root=/dev/sda1 ro quiet ",
		WANTED_LINE, "\n", NULL);
	g_autoptr(Unpersist) undo = NULL;
	g_autofree char *source = NULL;
	g_autofree char *running = NULL;

	(void)state;
	assert_true(g_str_has_suffix(text_of(plan, FEDORA_COPY), expected));
	assert_null(file_of(plan, "etc/default/grub.d/50-lathe.cfg"));
	assert_step(plan->steps, 0,
		    "/usr/sbin/grubby "
		    "'--set-default=TITLE=Fedora Linux (6.1) 40 (lathe: real-time)'");
	assert_int_equal(plan->conflicts->len, 0);
	write_plan(m);
	source = read_text(m->directory, FEDORA_ENTRY);
	assert_string_equal(source, FEDORA_TEXT);
	/* Booted from it, the copy is still one of the entry that it was made from. */
	grubenv(m->directory, "saved_entry=0123456789abcdef-6.1~lathe\n");
	running = g_strdup_printf("BOOT_IMAGE=/vmlinuz-6.1 root=/dev/sda1 ro quiet %s\n",
				  WANTED_LINE);
	tree_write(m->directory, "proc/cmdline", running);
	again = plan_of(m);
	assert_true(persist_plan_is_done(again));
	assert_int_equal(again->cmdline_bytes, plan->cmdline_bytes);
	undo = take_back(m);
	assert_step(undo->steps, 0,
		    "/usr/sbin/grubby '--set-default=TITLE=Fedora Linux (6.1) 40'");
	assert_false(is_there(m->directory, FEDORA_COPY));
}

static void test_fedora_kernelopts(void **state)
{
	g_autoptr(Machine) m = machine_new(fedora);
	g_autoptr(PersistPlan) plan = NULL;

	(void)state;
	tree_write(m->directory, FEDORA_ENTRY,
		   "title T\nlinux /vmlinuz-6.1\n"
		   "options $kernelopts isolcpus=1 transparent-hugepage=always "
		   "quiet $tuned_params\n");
	grubenv(m->directory,
		"saved_entry=T\nkernelopts=root=/dev/sda1 nohz_full=2 skew_tick=1\n"
		"tuned_params=rcu_nocbs=1\nunused=nosoftlockup=7\n");
	plan = plan_of(m);
	assert_non_null(
		strstr(text_of(plan, FEDORA_COPY),
		       "\noptions $kernelopts quiet $tuned_params isolcpus=managed_irq"));
	assert_true(has_line(
		plan->notes,
		"the copy does not take isolcpus=1 transparent-hugepage=always"));
	assert_true(has_line(plan->conflicts,
			     "/boot/grub2/grubenv gives nohz_full=2 against "
			     "nohz_full=4-7"));
	assert_true(has_line(plan->conflicts, "grubenv gives rcu_nocbs=1 against"));
	assert_false(has_line(plan->conflicts, "nosoftlockup"));
	assert_int_equal(
		plan->cmdline_bytes,
		strlen("root=/dev/sda1 nohz_full=2 skew_tick=1 quiet rcu_nocbs=1 ") +
			strlen(WANTED_LINE));
	assert_true(
		has_line(plan->notes, "/boot/grub2/grubenv gives skew_tick=1 already"));
}

static void test_fedora_refused(void **state)
{
	g_autoptr(Machine) m = machine_new(fedora);
	g_autofree char *full = g_strnfill(959, 'x');
	g_autofree char *longer = g_strnfill(1025, '#');
	g_autofree char *lines = g_strdup_printf("saved_entry=T\ny=%s\n", full);
	g_autofree char *title =
		g_strdup_printf("title T\033[31m\nlinux /v\noptions ro\n");

	(void)state;
	tree_write(m->directory, FEDORA_ENTRY,
		   "title T\nlinux /vmlinuz-6.1\noptions ro\n");
	grubenv(m->directory, lines);
	assert_refused(
		m, "GRUB's environment block (/boot/grub2/grubenv) would need 1026 bytes",
		"grub2-editenv");
	tree_write(m->directory, "boot/grub2/grubenv", longer);
	assert_refused(m, "has 1025 bytes: an environment block of GRUB has 1024", NULL);
	grubenv(m->directory, "saved_entry=nobody\n");
	tree_write(m->directory, "proc/cmdline", "root=/dev/sda1\n");
	assert_refused(m, "is not known: no saved_entry, and 0 entries", NULL);
	grubenv(m->directory, "saved_entry=0123456789abcdef-6.1\n");
	tree_write(m->directory, FEDORA_ENTRY, title);
	assert_refused(m, "has no title or no options, or not of printable text", NULL);
	tree_write(m->directory, FEDORA_ENTRY, "title T\nlinux /v\n");
	assert_refused(m, "has no title or no options", NULL);
	tree_write_bytes(m->directory, FEDORA_ENTRY, "title T\0options\n", 16);
	assert_refused(m, "read '/" FEDORA_ENTRY "'", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fedora),
		cmocka_unit_test(test_fedora_kernelopts),
		cmocka_unit_test(test_fedora_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
