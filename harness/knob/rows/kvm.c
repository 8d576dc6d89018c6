/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rows.h"

const Knob knob_rows_kvm[] = {
	{0},
};
