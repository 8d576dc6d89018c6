/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any boot loader's files, and any manifest. The first byte says which: "g"
 * /etc/default/grub, "b" a boot entry, "e" GRUB's environment block, "m" the lines of a
 * manifest, whose hash is made right, "r" a manifest as it is. What is planned stays
 * within its files.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "capture.h"
#include "persist_private.h"
#include "propose.h"
#include "remove_tree.h"

#define ENTRY "boot/loader/entries/0-6.1.conf"
#define BLOCK "boot/grub2/grubenv"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(gboolean claim)
{
	if (!claim)
		abort();
}

static void store(const char *directory, const char *path, const char *text, gsize length)
{
	check(capture_store(directory, path, text, length, NULL));
}

static void store_machine(const char *directory, char what)
{
	static const char entry[] = "title T\nlinux /vmlinuz\noptions ro $kernelopts\n";
	static const char reads[] = ". ${sysconfdir}/default/grub.d/x";

	store(directory, "proc/cmdline", "ro quiet\n", 9);
	if (what == 'g') {
		store(directory, "usr/sbin/grub-mkconfig", reads, strlen(reads));
		store(directory, "etc/grub.d/10_linux", "", 0);
		return;
	}
	store(directory, ENTRY, entry, strlen(entry));
	store(directory, BLOCK, "saved_entry=0-6.1\n", 18);
}

/* Nothing but the parameters, as one line, was added; nothing may look like more. */
static void check_plan(const PersistPlan *plan)
{
	for (guint i = 0; i < plan->files->len; i++) {
		const PersistFile *file = plan->files->pdata[i];

		check(persist_path_known(file->kind, file->path));
		check(file->state == PERSIST_NEW && strstr(file->text, "lathe"));
	}
	for (guint i = 0; i < plan->conflicts->len; i++)
		check(g_utf8_validate(plan->conflicts->pdata[i], -1, NULL) &&
		      !strchr(plan->conflicts->pdata[i], '\n'));
	for (guint i = 0; i < plan->notes->len; i++)
		check(g_utf8_validate(plan->notes->pdata[i], -1, NULL) &&
		      !strchr(plan->notes->pdata[i], '\n'));
	for (guint i = 0; i < plan->steps->len; i++) {
		const PersistStep *step = plan->steps->pdata[i];
		g_autofree char *text = persist_step_text(step);

		check(*step->argv[0] == '/' && g_utf8_validate(text, -1, NULL));
	}
	check(plan->cmdline_bytes >= strlen(plan->cmdline) && plan->cmdline_bytes < 2047);
}

static void plan_on(char what, const char *text, gsize length)
{
	static const Proposal proposal = {.isolated = {{0xc}}, .housekeeping = {{0x3}}};
	char directory[] = "/dev/shm/lathe-fuzz-XXXXXX";
	g_autoptr(GArray) parameters = proposal_host_parameters(&proposal);
	const PersistWish wish = {.parameters = parameters,
				  .cpus = &proposal.isolated,
				  .housekeeping = &proposal.housekeeping,
				  .program = "/usr/bin/lathe"};
	g_autoptr(PersistPlan) plan = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(Root) root = NULL;

	check(g_mkdtemp(directory) != NULL);
	store_machine(directory, what);
	store(directory,
	      what == 'g'   ? "etc/default/grub"
	      : what == 'b' ? ENTRY
			    : BLOCK,
	      text, length);
	root = root_open_captured(directory, NULL);
	check(root != NULL);
	plan = persist_plan(&(Persist){root, directory, NULL, NULL}, &wish, &error);
	check(!plan == (error != NULL));
	if (plan)
		check_plan(plan);
	else
		check(g_utf8_validate(error->message, -1, NULL));
	check(remove_tree(directory));
}

static void read_manifest(const char *text, gsize length)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) entries = manifest_parse(text, length, "persisted", &error);

	check(!entries == (error != NULL));
	for (guint i = 0; entries && i < entries->len; i++) {
		const ManifestEntry *entry = entries->pdata[i];

		check(persist_path_known(entry->kind, entry->path));
		check(!strstr(entry->path, "..") && *entry->path != '/');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = size ? g_strndup((const char *)data + 1, size - 1) : NULL;
	g_autofree char *body = g_strconcat("lathe persisted 1\n", text, "\n", NULL);
	g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, body, -1);
	g_autofree char *whole = g_strdup_printf("%send %s\n", body, sum);

	if (size == 0 || !strchr("gbemr", data[0]) || data[0] == '\0')
		return 0;
	if (data[0] == 'm')
		read_manifest(whole, strlen(whole));
	else if (data[0] == 'r')
		read_manifest(text, size - 1);
	else
		plan_on((char)data[0], (const char *)data + 1, size - 1);
	return 0;
}
