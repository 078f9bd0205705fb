// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * Tracepoints of umem_pin.  The header comes last: it includes itself.
 */
#define CREATE_TRACE_POINTS
#include "trace.h"
