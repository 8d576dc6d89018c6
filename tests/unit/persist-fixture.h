/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Machines to persist on: a tree each, a state directory, and what they are before. */
#ifndef LATHE_TEST_PERSIST_FIXTURE_H
#define LATHE_TEST_PERSIST_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "persist.h"
#include "propose.h"
#include "tree.h"

typedef struct {
	char *directory, *state;
	Root *root;
	Proposal proposal; /* only the sets that parameters are made from */
	GArray *parameters, *modules;
	Persist persist;
	PersistWish wish;
} Machine;

/* As Debian's grub-mkconfig reads its files, and runs its scripts. */
#define MKCONFIG                                                                         \
	"#!/bin/sh\nset -e\n"                                                            \
	". ${sysconfdir}/default/grub\n"                                                 \
	"for x in ${sysconfdir}/default/grub.d/*.cfg ; do\n"                             \
	"  if [ -e \"${x}\" ]; then . \"${x}\"; fi\ndone\n"                              \
	"export GRUB_CMDLINE_LINUX GRUB_CMDLINE_LINUX_DEFAULT GRUB_DISTRIBUTOR\n"        \
	"for i in ${sysconfdir}/grub.d/* ; do if test -x \"$i\"; then \"$i\"; fi; "      \
	"done\n"

#define LINUX_SCRIPT                                                                     \
	"#!/bin/sh\nset -e\n"                                                            \
	"printf '%s\\n' \"menuentry '${GRUB_DISTRIBUTOR} GNU/Linux' "                    \
	"\\$menuentry_id_option "                                                        \
	"'gnulinux-simple-1' {\" \"linux /vmlinuz root=/dev/sda1 ${GRUB_CMDLINE_LINUX} " \
	"${GRUB_CMDLINE_LINUX_DEFAULT}\" \"}\"\n"                                        \
	"if [ \"x${GRUB_DISABLE_RECOVERY}\" != xtrue ]; then\n"                          \
	"printf '%s\\n' \"menuentry 'recovery' \\$menuentry_id_option "                  \
	"'gnulinux-recovery-1' "                                                         \
	"{\" \"linux /vmlinuz single ${GRUB_CMDLINE_LINUX}\" \"}\"\nfi\n"

/* The parameters of machine_new()'s wish. */
#define WANTED_LINE                                                                      \
	"isolcpus=managed_irq,domain,4-7 nohz_full=4-7 rcu_nocbs=4-7 rcu_nocb_poll "     \
	"irqaffinity=0-3 skew_tick=1 nosoftlockup nmi_watchdog=0 "                       \
	"intel_idle.max_cstate=0 "                                                       \
	"processor.max_cstate=1 transparent_hugepage=never"

static inline void write_program(const char *directory, const char *path,
				 const char *text)
{
	g_autofree char *name = g_build_filename(directory, path, NULL);

	tree_write(directory, path, text);
	assert_int_equal(chmod(name, 0755), 0);
}

static inline void machine_tree_common(const char *directory)
{
	tree_write(directory, "proc/cmdline",
		   "BOOT_IMAGE=/vmlinuz-6.1 root=/dev/sda1 ro quiet\n");
	tree_write(directory, "sys/devices/system/cpu/possible", "0-7\n");
	tree_write(directory, "sys/module/kvm_intel/initstate", "live\n");
	tree_write(directory, "sys/module/kvm_intel/parameters/ple_gap", "128\n");
	tree_write(directory, "sys/module/kvm/initstate", "live\n");
	tree_write(directory, "sys/module/kvm/parameters/kvmclock_periodic_sync", "Y\n");
	tree_write(directory, "etc/systemd/system.conf", "[Manager]\n");
}

static inline void debian(const char *directory)
{
	machine_tree_common(directory);
	write_program(directory, "usr/sbin/grub-mkconfig", MKCONFIG);
	write_program(directory, "usr/sbin/update-grub", "#!/bin/sh\n");
	tree_write(directory, "boot/grub/grub.cfg", "# menu\n");
	tree_write(directory, "etc/default/grub",
		   "GRUB_DEFAULT=0\nGRUB_DISTRIBUTOR=Debian\n"
		   "GRUB_CMDLINE_LINUX_DEFAULT=\"quiet\"\nGRUB_CMDLINE_LINUX=\"\"\n");
	write_program(directory, "etc/grub.d/10_linux", LINUX_SCRIPT);
}

#define FEDORA_ENTRY "boot/loader/entries/0123456789abcdef-6.1.conf"
#define FEDORA_COPY  "boot/loader/entries/0123456789abcdef-6.1~lathe.conf"
#define FEDORA_TEXT                                                                      \
	"title Fedora Linux (6.1) 40\nversion 6.1\nlinux /vmlinuz-6.1\n"                 \
	"initrd /initramfs-6.1.img\noptions root=/dev/sda1 ro quiet\n"                   \
	"grub_users $grub_users\n"

static inline void grubenv(const char *directory, const char *lines)
{
	char block[1025];

	memset(block, '#', sizeof(block));
	block[1024] = '\0';
	g_assert(strlen(lines) < 990);
	memcpy(block, "# GRUB Environment Block\n", 25);
	memcpy(block + 25, lines, strlen(lines));
	tree_write(directory, "boot/grub2/grubenv", block);
}

static inline void fedora(const char *directory)
{
	machine_tree_common(directory);
	write_program(directory, "usr/sbin/grub2-mkconfig", "#!/bin/sh\n");
	write_program(directory, "usr/sbin/grubby", "#!/bin/sh\n");
	tree_write(directory, "etc/default/grub", "GRUB_ENABLE_BLSCFG=true\n");
	tree_write(directory, FEDORA_ENTRY, FEDORA_TEXT);
	tree_write(directory, "boot/loader/entries/0123456789abcdef-0-rescue.conf",
		   "title Rescue\nlinux /vmlinuz-0-rescue\noptions root=/dev/sda1\n");
	grubenv(directory, "saved_entry=0123456789abcdef-6.1\nboot_success=1\n");
}

/* For the vCPUs of `isolated`, with or without module parameters. */
static inline void machine_wish(Machine *m, const char *isolated,
				const char *housekeeping, gboolean with_modules)
{
	g_autoptr(KnobView) view = NULL;

	g_clear_pointer(&m->parameters, g_array_unref);
	g_clear_pointer(&m->modules, g_array_unref);
	assert_true(cpulist_parse(isolated, CPUSET_CPUS, &m->proposal.isolated, NULL));
	assert_true(cpulist_parse(housekeeping, CPUSET_CPUS, &m->proposal.housekeeping,
				  NULL));
	m->parameters = proposal_host_parameters(&m->proposal);
	if (with_modules) {
		view = knob_view_new(m->root, SCOPE_HOST, &m->proposal.isolated, NULL);
		m->modules = persist_modules(view);
	}
	m->wish = (PersistWish){.parameters = m->parameters,
				.modules = m->modules,
				.cpus = &m->proposal.isolated,
				.housekeeping = &m->proposal.housekeeping,
				.program = "/usr/local/bin/lathe"};
}

static inline Machine *machine_new(void (*fill)(const char *directory))
{
	Machine *m = g_new0(Machine, 1);

	m->directory = tree_new();
	m->state = tree_new();
	if (fill)
		fill(m->directory);
	m->root = root_open_writable(m->directory, NULL);
	assert_non_null(m->root);
	m->persist = (Persist){m->root, m->state, NULL, NULL};
	machine_wish(m, "4-7", "0-3", TRUE);
	return m;
}

static inline void machine_free(Machine *m)
{
	root_free(m->root);
	g_array_unref(m->parameters);
	g_clear_pointer(&m->modules, g_array_unref);
	tree_free(m->directory);
	tree_free(m->state);
	g_free(m);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Machine, machine_free)

static inline PersistPlan *plan_of(Machine *m)
{
	g_autoptr(GError) error = NULL;
	PersistPlan *plan = persist_plan(&m->persist, &m->wish, &error);

	if (!plan)
		fail_msg("%s", error->message);
	return plan;
}

static inline void write_plan(Machine *m)
{
	g_autoptr(PersistPlan) plan = plan_of(m);
	g_autoptr(GError) error = NULL;

	if (!persist_write(&m->persist, plan, &error))
		fail_msg("%s", error->message);
}

static inline Unpersist *take_back(Machine *m)
{
	g_autoptr(GError) error = NULL;
	Unpersist *done = unpersist_write(&m->persist, &error);

	if (!done)
		fail_msg("%s", error->message);
	return done;
}

static GString *snapshot_into;
static gsize snapshot_prefix;

static inline int snapshot_one(const char *path, const struct stat *st, int type,
			       struct FTW *ftw)
{
	g_autofree char *text = NULL;
	g_autofree char *line = NULL;

	(void)type, (void)ftw;
	if (S_ISLNK(st->st_mode))
		text = g_file_read_link(path, NULL);
	else if (S_ISREG(st->st_mode))
		g_file_get_contents(path, &text, NULL, NULL);
	g_string_append_printf(snapshot_into, "%s %o %s\n%c", path + snapshot_prefix,
			       (guint)st->st_mode, text ? text : "", 1);
	return 0;
}

static inline int compare_parts(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Every path below a directory with its mode and text, sorted. */
static inline char *snapshot(const char *directory)
{
	g_auto(GStrv) parts = NULL;
	g_autoptr(GPtrArray) sorted = g_ptr_array_new();
	GString *all = g_string_new(NULL);

	snapshot_into = g_string_new(NULL);
	snapshot_prefix = strlen(directory);
	assert_int_equal(nftw(directory, snapshot_one, 16, FTW_PHYS), 0);
	parts = g_strsplit(snapshot_into->str, "\001", -1);
	g_string_free(snapshot_into, TRUE);
	for (char **part = parts; *part; part++)
		g_ptr_array_add(sorted, *part);
	g_ptr_array_sort(sorted, compare_parts);
	for (guint i = 0; i < sorted->len; i++)
		g_string_append(all, sorted->pdata[i]);
	return g_string_free(all, FALSE);
}

static inline char *read_text(const char *directory, const char *path)
{
	g_autofree char *name = g_build_filename(directory, path, NULL);
	char *text = NULL;

	g_file_get_contents(name, &text, NULL, NULL);
	return text;
}

static inline gboolean is_there(const char *directory, const char *path)
{
	g_autofree char *name = g_build_filename(directory, path, NULL);
	struct stat st;

	return lstat(name, &st) == 0;
}

/* Whether one of the lines holds the text. */
static inline gboolean has_line(const GPtrArray *lines, const char *text)
{
	for (guint i = 0; i < lines->len; i++)
		if (strstr(lines->pdata[i], text))
			return TRUE;
	return FALSE;
}

/* The plan's errors. */
static inline void assert_refused(Machine *m, const char *message, const char *hint)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *before = snapshot(m->directory);
	g_autofree char *after = NULL;

	assert_null(persist_plan(&m->persist, &m->wish, &error));
	assert_non_null(error);
	if (!strstr(error->message, message))
		fail_msg("'%s' has no '%s'", error->message, message);
	if (hint)
		assert_non_null(strstr(lathe_error_get_hint(error), hint));
	after = snapshot(m->directory);
	assert_string_equal(before, after);
}

static inline const PersistFile *file_of(const PersistPlan *plan, const char *path)
{
	for (guint i = 0; i < plan->files->len; i++) {
		const PersistFile *file = plan->files->pdata[i];

		if (strcmp(file->path, path) == 0)
			return file;
	}
	return NULL;
}

static inline const char *text_of(const PersistPlan *plan, const char *path)
{
	const PersistFile *file = file_of(plan, path);

	assert_non_null(file);
	return file->text;
}

static inline void assert_step(const GPtrArray *steps, guint index, const char *expected)
{
	g_autofree char *text = NULL;

	assert_true(index < steps->len);
	text = persist_step_text(steps->pdata[index]);
	assert_string_equal(text, expected);
}

static inline void assert_back(Machine *m, const char *before)
{
	g_autofree char *after = snapshot(m->directory);

	assert_string_equal(before, after);
	assert_false(is_there(m->state, "persisted"));
}

static inline void take_all_back(Machine *m, const char *before)
{
	g_autoptr(Unpersist) done = take_back(m);

	for (guint i = 0; i < done->files->len; i++) {
		const Unpersisted *one = done->files->pdata[i];

		if (one->state != UNPERSIST_OURS && one->state != UNPERSIST_ABSENT)
			fail_msg("%s is %s", one->path, unpersist_state_name(one->state));
	}
	assert_back(m, before);
}

#endif
