/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How rows of run_fields.c and finding_fields.c are spelled; nobody else includes it. */
#ifndef LATHE_FIELD_ROWS_H
#define LATHE_FIELD_ROWS_H

#include "run_fields.h"

#define ROW(KIND, STRUCT, member, key, what)                                             \
	{                                                                                \
		key, FIELD_##KIND, offsetof(STRUCT, member), NULL, NULL, what            \
	}
#define ROWS_OF(KIND, STRUCT, member, key, type, what)                                   \
	{                                                                                \
		key, FIELD_##KIND, offsetof(STRUCT, member), type, NULL, what            \
	}
/* Members of the same struct, one level deeper in the JSON. */
#define GROUP(key, type, what)                                                           \
	{                                                                                \
		key, FIELD_OBJECT, 0, type, NULL, what                                   \
	}
#define END                                                                              \
	{                                                                                \
		NULL, FIELD_CONSTANT, 0, NULL, NULL, NULL                                \
	}
#define TYPE(STRUCT, rows)                                                               \
	{                                                                                \
		sizeof(STRUCT), rows                                                     \
	}

#endif
