/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of persist.h share. */
#ifndef LATHE_PERSIST_PRIVATE_H
#define LATHE_PERSIST_PRIVATE_H

#include "kernel_cmdline.h"
#include "persist.h"

/* More than any file that is looked at here has; what is longer is nobody's drop-in. */
#define PERSIST_TEXT_BYTES (1u << 20)

#define PERSIST_GRUB_CFG      "etc/default/grub.d/50-lathe.cfg"
#define PERSIST_GRUB_FALLBACK "etc/grub.d/99_lathe"
#define PERSIST_MODPROBE      "etc/modprobe.d/lathe.conf"
#define PERSIST_AFFINITY      "etc/systemd/system.conf.d/50-lathe.conf"
#define PERSIST_UNIT          "etc/systemd/system/lathe-tune.service"
#define PERSIST_WANTS         "etc/systemd/system/multi-user.target.wants/lathe-tune.service"
#define PERSIST_ENTRIES       "boot/loader/entries"
#define PERSIST_ENTRY_SUFFIX  "~lathe.conf"

/* Whether lathe ever writes there: a manifest that names another place is not followed.
 */
gboolean persist_path_known(PersistKind kind, const char *path);

/* ---- the manifest (persist_manifest.c) ---- */

typedef struct {
	PersistKind kind;
	char *path;
	/* Hex SHA-256 of what lathe wrote there and of what it is about to; either may be
	 * NULL. A directory has none. */
	char *hashes[2];
} ManifestEntry;

/* Of ManifestEntry *, in the order of writing; empty when there is no manifest. */
GPtrArray *manifest_read(const char *directory, GError **error);
/* The same from its text; `name` is for errors. */
GPtrArray *manifest_parse(const char *text, gsize length, const char *name,
			  GError **error);
/* All of it, synced, or nothing; an empty one is removed. */
gboolean manifest_write(const char *directory, const GPtrArray *entries, GError **error);
ManifestEntry *manifest_find(const GPtrArray *entries, const char *path);
/* Adds one without hashes. */
ManifestEntry *manifest_add(GPtrArray *entries, PersistKind kind, const char *path);
gboolean manifest_has_hash(const ManifestEntry *entry, const char *hash);

/* ---- one place on the disk (persist_slot.c) ---- */

typedef struct {
	int directory;   /* the place's, opened */
	char *name;      /* in it */
	char *temporary; /* in it as well: what is written before it gets its name */
} PersistSlot;

/* *ret_errno: why the directory cannot be opened. */
gboolean persist_slot_open(const Root *root, const char *path, PersistSlot *ret,
			   int *ret_errno);
void persist_slot_clear(PersistSlot *slot);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(PersistSlot, persist_slot_clear)

/* Hex SHA-256 of a file's text or a link's target. NULL with *ret_errno: ENOENT when
 * nothing is there, EEXIST when it is something of another kind or too long. */
char *persist_hash_at(const Root *root, PersistKind kind, const char *path,
		      int *ret_errno);
char *persist_hash(const char *text);

/* Missing parents of `path`, outermost first, appended to `paths` (owned), each once. */
void persist_missing_parents(const Root *root, const char *path, GPtrArray *paths);

/* ---- the parts of a plan ---- */

typedef struct {
	const Root *root;
	const PersistWish *wish;
	PersistPlan *plan;
	GPtrArray *words; /* of char *: parameters of the command line, with built-in
			     modules' */
} PersistMaking;

void persist_add_file(PersistPlan *plan, PersistKind kind, guint mode, const char *path,
		      char *text, const char *why);
void persist_add_step(GPtrArray *steps, const char *why, ...) G_GNUC_NULL_TERMINATED;
void persist_add_line(GPtrArray *lines, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Text of a file, or NULL: absent or not readable as text; *ret_errno says which. */
char *persist_text(const Root *root, const char *path, int *ret_errno);

/* TRUE when every byte means itself in a shell's double quotes, a unit, a boot entry and
 * modprobe.d. */
gboolean persist_is_plain(const char *text);

typedef enum {
	LOADER_NONE,
	LOADER_GRUB,
	LOADER_GRUB_WITHOUT_DROP_INS,
	LOADER_BLS,
	LOADER_OSTREE
} BootLoader;
BootLoader persist_loader(const Root *root);

/* The command that rewrites GRUB's menu; FALSE: none is there. */
gboolean persist_grub_step(const Root *root, GPtrArray *steps);
gboolean persist_add_grub(PersistMaking *making, GError **error);

gboolean persist_add_bls(PersistMaking *making, GError **error);
/* Makes the entry that `path` was copied from the default again, where `path` is. */
void persist_bls_undo_step(const Root *root, const char *path, GPtrArray *steps);

/* ---- GRUB's environment block (persist_grubenv.c); `block` NULL: there is none ---- */

#define PERSIST_GRUBENV "boot/grub2/grubenv"
/* util/editenv.c of GRUB: it is that long, the rest of it is filled with '#'. */
#define PERSIST_GRUBENV_BYTES 1024

/* "NAME=value"; NULL: no such line. */
char *persist_grubenv_value(const char *block, const char *name);
/* Room for the name or title of the next default; `saved` (or NULL) is this one's. */
gboolean persist_grubenv_check(const char *block, const char *saved, const char *next,
			       GError **error);
/* The length of what the kernel gets of options: GRUB puts the block's variables in, and
 * nothing for one that is not there. Adds the values that were put in to `values`. */
gsize persist_grubenv_expand(const char *options, const char *block, GString *values);

/* Divides the wanted module parameters: words of built-in modules, and modprobe.d. */
void persist_divide_modules(PersistMaking *making);
void persist_add_modprobe(PersistMaking *making);
gboolean persist_add_systemd(PersistMaking *making, GError **error);
void persist_systemd_step(GPtrArray *steps);

/* ---- the command line (persist_cmdline.c) ---- */

/* What GRUB_CMDLINE_LINUX and GRUB_CMDLINE_LINUX_DEFAULT are set to anywhere in a file of
 * shell, as one line; nothing is evaluated. *ret_replaces: the latter is set to something
 * that does not hold its value before. */
char *persist_grub_values(const char *text, gboolean *ret_replaces);

/* Reports parameters of `line` at `place` that contradict a word, and in the notes those
 * that say the same already. */
void persist_find_contradictions(PersistMaking *making, const char *place,
				 const char *line);

/* The running kernel's line: what of it contradicts and was not found elsewhere, and
 * whether it has room for the words. `own` (or NULL) is what lathe has added to it
 * already. */
gboolean persist_check_running(PersistMaking *making, const char *own, GError **error);

/* Refuses a line that an x86 kernel would cut. */
gboolean persist_check_length(const PersistMaking *making, const char *what, gsize bytes,
			      GError **error);

/* "a b c" of the words. */
char *persist_words_line(const GPtrArray *words);
/* Whether a parameter is one of the words, by name. */
const char *persist_word_of(const GPtrArray *words, const char *name);

#endif
