// SPDX-License-Identifier: GPL-2.0
/*
 * Fault injection: fail_umem_pin.
 *
 * For failures that the allocator's injection cannot bring about, because
 * there is no allocation, or a reserve behind it: a folio that is not ready to
 * go under io, a snapshot that would have to wait for memory, a DMA mapping
 * that a device refuses.  And for the memory of a revoke, among so many
 * allocations of the file system that is about to change a file.
 *
 * And a delay where a race would be too short for a test: report-delay-ms.
 *
 * The other knobs are those of all fault points, in debugfs fail_umem_pin/, and
 * /proc/PID/fail-nth counts it with the others; see
 * Documentation/fault-injection/fault-injection.rst.
 */

#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/export.h>
#include <linux/fault-inject.h>
#include <linux/init.h>
#include <linux/page_under_io_fault.h>

static DECLARE_FAULT_ATTR(fail_umem_pin);

/**
 * pui_should_fail() - Is this to fail, for a test's sake?
 *
 * Context: Any context.
 * Return: True if the caller is to behave as if it had failed.
 */
bool pui_should_fail(void)
{
	return should_fail(&fail_umem_pin, 1);
}
EXPORT_SYMBOL_NS_GPL(pui_should_fail, PAGE_UNDER_IO);

/* How long a device's write can be seen before it is reported, in ms. */
static u32 pui_report_delay;

/**
 * pui_delay_report() - Let pass the time in which a report may be late.
 *
 * Context: Any context; spins for debugfs fail_umem_pin/report-delay-ms.
 */
void pui_delay_report(void)
{
	if (pui_report_delay)
		mdelay(pui_report_delay);
}

static int __init pui_fault_init(void)
{
	struct dentry *dir;

	dir = fault_create_debugfs_attr("fail_umem_pin", NULL, &fail_umem_pin);
	debugfs_create_u32("report-delay-ms", 0600, dir, &pui_report_delay);
	return 0;
}
late_initcall(pui_fault_init);
