/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "vm_stat_text.h"

#include <unistd.h>

#include "escape.h"

/* ---- columns --------------------------------------------------------------------------- */

#define COLUMNS_MAX 8

typedef struct {
	GPtrArray *rows; /* of char **, NULL-terminated, as many as there are columns */
	guint columns;
	guint right; /* bit n: column n is of numbers */
	guint widths[COLUMNS_MAX];
} Table;

static Table *table_new(guint columns, guint right)
{
	Table *table = g_new0(Table, 1);

	table->rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
	table->columns = columns;
	table->right = right;
	return table;
}

static void table_free(Table *table)
{
	g_ptr_array_unref(table->rows);
	g_free(table);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Table, table_free)

/* Takes the cells. */
static void table_add(Table *table, char **cells)
{
	for (guint i = 0; i < table->columns; i++)
		table->widths[i] = MAX(table->widths[i], (guint)g_utf8_strlen(cells[i], -1));
	g_ptr_array_add(table->rows, cells);
}

static void append_cell(GString *text, const Table *table, char **row, guint i)
{
	guint pad = table->widths[i] - (guint)g_utf8_strlen(row[i], -1);
	gboolean right = table->right & (1u << i);

	if (right)
		g_string_append_printf(text, "%*s", (int)pad, "");
	g_string_append(text, row[i]);
	if (!right && i + 1 < table->columns)
		g_string_append_printf(text, "%*s", (int)pad, "");
	if (i + 1 < table->columns)
		g_string_append(text, "  ");
}

static void append_table(GString *text, const Table *table, const char *indent)
{
	for (guint r = 0; r < table->rows->len; r++) {
		g_string_append(text, indent);
		for (guint i = 0; i < table->columns; i++)
			append_cell(text, table, table->rows->pdata[r], i);
		while (text->len > 0 && text->str[text->len - 1] == ' ')
			g_string_truncate(text, text->len - 1);
		g_string_append_c(text, '\n');
	}
}

static char **cells(const char *first, ...) G_GNUC_NULL_TERMINATED;
static char **cells(const char *first, ...)
{
	g_autoptr(GPtrArray) row = g_ptr_array_new();
	va_list args;

	va_start(args, first);
	for (const char *cell = first; cell; cell = va_arg(args, const char *))
		g_ptr_array_add(row, g_strdup(cell));
	va_end(args);
	g_ptr_array_add(row, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&row), FALSE);
}

/* ---- VMs ------------------------------------------------------------------------------ */

const char *vm_stat_state(const VmStat *stat)
{
	return stat->defined ? domain_state_name(stat->state) : "not defined";
}

static void add_vm(Table *table, const VmStat *stat)
{
	g_autofree char *name = escape_text(stat->name, -1);
	g_autofree char *pid = stat->pid ? g_strdup_printf("%d", stat->pid) : g_strdup("-");
	g_autofree char *vcpus = stat->vcpus ? g_strdup_printf("%u", stat->vcpus) : g_strdup("?");
	const char *rt = !stat->vm ? "-" : stat->vm->rt ? "yes" : "no";

	table_add(table, cells(name, vm_stat_state(stat), pid, vcpus, rt,
			       stat->cpus ? stat->cpus : stat->vm ? "any" : "-",
			       stat->vm ? "yes" : "no", stat->uuid, NULL));
}

/* ---- threads -------------------------------------------------------------------------- */

static char *cpu_time(guint64 ticks)
{
	guint64 hertz = (guint64)MAX(sysconf(_SC_CLK_TCK), 1), seconds = ticks / hertz;

	return g_strdup_printf("%" G_GUINT64_FORMAT ":%02u.%02u", seconds / 60,
			       (guint)(seconds % 60), (guint)(ticks % hertz * 100 / hertz));
}

static char *wanted(const PlacedThread *thread)
{
	g_autofree char *cpus = cpulist_format(&thread->wanted);

	if (!thread->planned || thread->in_place)
		return g_strdup("");
	return g_strdup_printf("! planned: %s %u on CPU %s", proc_policy_name(thread->wanted_policy),
			       thread->wanted_priority, cpus);
}

static void add_thread(Table *table, const PlacedThread *thread)
{
	const ProcThread *seen = &thread->thread;
	g_autofree char *tid = g_strdup_printf("%d", seen->tid);
	g_autofree char *role = stat_role(thread);
	g_autofree char *priority = g_strdup_printf("%u", seen->rt_priority);
	g_autofree char *allowed = cpulist_format(&seen->allowed);
	g_autofree char *last = g_strdup_printf("%u", seen->last_cpu);
	g_autofree char *used = cpu_time(seen->cpu_ticks);
	g_autofree char *mark = wanted(thread);

	table_add(table, cells(tid, role, proc_policy_name(seen->policy), priority, allowed, last,
			       used, mark, NULL));
}

static void add_threads(GString *text, const VmStat *stat)
{
	g_autoptr(Table) table = table_new(8, 1u << 0 | 1u << 3 | 1u << 5 | 1u << 6);
	g_autofree char *name = escape_text(stat->name, -1);

	g_string_append_printf(text, "\n%s, pid %d: %u threads", name, stat->pid,
			       stat->threads->len);
	if (stat->astray > 0)
		g_string_append_printf(text, ", %u not where the plan wants %s", stat->astray,
				       stat->astray == 1 ? "it" : "them");
	else if (!stat->problem && stat->cpus && stat->vm)
		g_string_append(text, ", all where the plan wants them");
	g_string_append_c(text, '\n');
	for (guint i = 0; i < stat->broken->len; i++)
		g_string_append_printf(text, "  demonstration: %s\n", (char *)stat->broken->pdata[i]);
	table_add(table, cells("TID", "THREAD", "POLICY", "PRIO", "CPUS", "LAST", "CPU TIME", "",
			       NULL));
	for (guint i = 0; i < stat->threads->len; i++)
		add_thread(table, &g_array_index(stat->threads, PlacedThread, i));
	append_table(text, table, "  ");
}

char *vm_stat_text(const GPtrArray *stats)
{
	g_autoptr(Table) table = table_new(8, 1u << 2 | 1u << 3);
	GString *text = g_string_new(NULL);

	if (stats->len == 0)
		g_string_append(text, "No VM is configured, and none runs.\n");
	else
		table_add(table, cells("VM", "STATE", "PID", "VCPUS", "RT", "CPUS", "CONFIGURED",
				       "UUID", NULL));
	for (guint i = 0; i < stats->len; i++)
		add_vm(table, stats->pdata[i]);
	append_table(text, table, "");
	for (guint i = 0; i < stats->len; i++) {
		const VmStat *stat = stats->pdata[i];

		if (stat->threads)
			add_threads(text, stat);
		if (stat->problem) {
			g_autofree char *name = escape_text(stat->name, -1);
			g_autofree char *problem = escape_text(stat->problem, -1);

			g_string_append_printf(text, "\n%s: %s\n", name, problem);
		}
	}
	return g_string_free(text, FALSE);
}
