/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the agent does because it is PID 1 of the built guest.
 */
#ifndef LATHE_AGENT_INIT_H
#define LATHE_AGENT_INIT_H

/* One absolute path of an uncompressed .ko per line, in the order they are loaded. */
#define INIT_MODULES "/etc/lathe/modules"

/* Mounts, console, host name, kernel modules. What fails is said on the console, and the
 * rest is tried: only a missing port ends the guest. */
void init_set_up(void);

/* Ends every other process, syncs and powers the machine off. */
__attribute__((noreturn)) void init_power_off(void);

#endif
