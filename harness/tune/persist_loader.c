/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which boot loader is there, by its files. */
#include <string.h>

#include "persist_private.h"

static const char *const mkconfigs[] = {
	"usr/sbin/grub-mkconfig", "usr/sbin/grub2-mkconfig", "usr/bin/grub-mkconfig",
	"usr/bin/grub2-mkconfig", "sbin/grub-mkconfig",      "sbin/grub2-mkconfig"};

static const char *find_mkconfig(const Root *root)
{
	for (gsize i = 0; i < G_N_ELEMENTS(mkconfigs); i++)
		if (root_exists(root, mkconfigs[i]))
			return mkconfigs[i];
	return NULL;
}

gboolean persist_grub_step(const Root *root, GPtrArray *steps)
{
	static const char *const menus[] = {"boot/grub2/grub.cfg", "boot/grub/grub.cfg"};
	static const char why[] = "GRUB's menu is written anew from these files";
	const char *mkconfig = find_mkconfig(root);
	g_autofree char *program = g_strconcat("/", mkconfig, NULL);

	/* Debian's own name for it knows where the menu is. */
	if (root_exists(root, "usr/sbin/update-grub")) {
		persist_add_step(steps, why, "/usr/sbin/update-grub", NULL);
		return TRUE;
	}
	for (gsize i = 0; mkconfig && i < G_N_ELEMENTS(menus); i++) {
		g_autofree char *menu = g_strconcat("/", menus[i], NULL);

		if (!root_exists(root, menus[i]))
			continue;
		persist_add_step(steps, why, program, "-o", menu, NULL);
		return TRUE;
	}
	return FALSE;
}

static gboolean has_entries(const Root *root)
{
	g_autoptr(GPtrArray) entries = root_glob(root, PERSIST_ENTRIES "/*.conf", NULL);

	return entries->len > 0;
}

/* Where GRUB reads entries, grub-mkconfig's parameters go into the block of its
 * environment, and into no entry (Fedora, RHEL). */
static gboolean grub_reads_entries(const Root *root)
{
	int errnum = 0;
	g_autofree char *text = persist_text(root, "etc/default/grub", &errnum);

	for (const char *at = text; at && (at = strstr(at, "GRUB_ENABLE_BLSCFG="));
	     at++) {
		const char *value = at + strlen("GRUB_ENABLE_BLSCFG=");

		if (at != text && at[-1] != '\n')
			continue;
		value += *value == '"' || *value == '\'';
		if (g_str_has_prefix(value, "true"))
			return TRUE;
	}
	return FALSE;
}

BootLoader persist_loader(const Root *root)
{
	const char *mkconfig = find_mkconfig(root);
	g_autofree char *text = NULL;
	int errnum = 0;

	if (root_exists(root, "run/ostree-booted"))
		return LOADER_OSTREE;
	if (has_entries(root) && (!mkconfig || grub_reads_entries(root) ||
				  root_exists(root, "usr/sbin/grubby")))
		return LOADER_BLS;
	if (!mkconfig || !root_is_directory(root, "etc/grub.d"))
		return LOADER_NONE;
	/* Debian and Ubuntu have taught it (Debian's patch default-grub-d); upstream's
	 * reads one file only. */
	text = persist_text(root, mkconfig, &errnum);
	return text && strstr(text, "/default/grub.d/") ? LOADER_GRUB
							: LOADER_GRUB_WITHOUT_DROP_INS;
}
