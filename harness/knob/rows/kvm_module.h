/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef LATHE_KVM_MODULE_H
#define LATHE_KVM_MODULE_H

#include "view.h"

/* For KnobApplies functions: FALSE with the proof when the module is not loaded, or when the
 * other vendor's is (`other` may be NULL). */
gboolean kvm_module_applies(KnobView *view, const char *module, const char *other,
			    char **ret_proof);

#endif
