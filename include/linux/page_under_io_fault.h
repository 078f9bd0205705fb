/* SPDX-License-Identifier: GPL-2.0 */
/* The fault point of pages under io and umem_pin; see mm/page_under_io_fault.c. */
#ifndef _LINUX_PAGE_UNDER_IO_FAULT_H
#define _LINUX_PAGE_UNDER_IO_FAULT_H

#include <linux/types.h>

#ifdef CONFIG_FAIL_UMEM_PIN
bool pui_should_fail(void);
void pui_delay_report(void);
#else
static inline bool pui_should_fail(void)
{
	return false;
}

static inline void pui_delay_report(void)
{
}
#endif

#endif /* _LINUX_PAGE_UNDER_IO_FAULT_H */
