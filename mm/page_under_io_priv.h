/* SPDX-License-Identifier: GPL-2.0 */
/* What the mechanism shows to its own debugfs files. */
#ifndef _MM_PAGE_UNDER_IO_PRIV_H
#define _MM_PAGE_UNDER_IO_PRIV_H

#include <linux/list.h>
#include <linux/page_under_io.h>
#include <linux/spinlock.h>

extern struct list_head pui_ranges;	/* of &pui_range.all */
extern spinlock_t pui_ranges_lock;

#endif /* _MM_PAGE_UNDER_IO_PRIV_H */
