/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pages under io.  Not an ABI.
 *
 * Units: ino is the inode number, dev the device of the file system, index and
 * nr are in pages, start and last in bytes, ret is 0 or a negative errno.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM pui

#if !defined(_TRACE_PUI_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_PUI_H

#include <linux/fs.h>
#include <linux/kdev_t.h>
#include <linux/tracepoint.h>

DECLARE_EVENT_CLASS(pui_pages,
	TP_PROTO(const struct inode *inode, pgoff_t index, unsigned long nr),
	TP_ARGS(inode, index, nr),

	TP_STRUCT__entry(
		__field(dev_t, dev)
		__field(ino_t, ino)
		__field(pgoff_t, index)
		__field(unsigned long, nr)
	),

	TP_fast_assign(
		__entry->dev = inode->i_sb->s_dev;
		__entry->ino = inode->i_ino;
		__entry->index = index;
		__entry->nr = nr;
	),

	TP_printk("dev %u:%u ino %lu index %lu nr %lu",
		  MAJOR(__entry->dev), MINOR(__entry->dev), __entry->ino,
		  __entry->index, __entry->nr)
);

/* pages [index, index + nr) went under io on behalf of a range */
DEFINE_EVENT(pui_pages, pui_start,
	TP_PROTO(const struct inode *inode, pgoff_t index, unsigned long nr),
	TP_ARGS(inode, index, nr)
);

/* a range is about to give up pages [index, index + nr) */
DEFINE_EVENT(pui_pages, pui_end,
	TP_PROTO(const struct inode *inode, pgoff_t index, unsigned long nr),
	TP_ARGS(inode, index, nr)
);

/* the page at index could not be brought under io */
TRACE_EVENT(pui_fault_failed,
	TP_PROTO(const struct inode *inode, pgoff_t index, int ret),
	TP_ARGS(inode, index, ret),

	TP_STRUCT__entry(
		__field(dev_t, dev)
		__field(ino_t, ino)
		__field(pgoff_t, index)
		__field(int, ret)
	),

	TP_fast_assign(
		__entry->dev = inode->i_sb->s_dev;
		__entry->ino = inode->i_ino;
		__entry->index = index;
		__entry->ret = ret;
	),

	TP_printk("dev %u:%u ino %lu index %lu ret %d",
		  MAJOR(__entry->dev), MINOR(__entry->dev), __entry->ino,
		  __entry->index, __entry->ret)
);

/* a holder has lost bytes [start, last] and is about to be told */
TRACE_EVENT(pui_revoke,
	TP_PROTO(const struct inode *inode, loff_t start, loff_t last),
	TP_ARGS(inode, start, last),

	TP_STRUCT__entry(
		__field(dev_t, dev)
		__field(ino_t, ino)
		__field(loff_t, start)
		__field(loff_t, last)
	),

	TP_fast_assign(
		__entry->dev = inode->i_sb->s_dev;
		__entry->ino = inode->i_ino;
		__entry->start = start;
		__entry->last = last;
	),

	TP_printk("dev %u:%u ino %lu start %lld last %lld",
		  MAJOR(__entry->dev), MINOR(__entry->dev), __entry->ino,
		  __entry->start, __entry->last)
);

/* a copy of the page at index is about to be written */
TRACE_EVENT(pui_snapshot,
	TP_PROTO(const struct inode *inode, pgoff_t index),
	TP_ARGS(inode, index),

	TP_STRUCT__entry(
		__field(dev_t, dev)
		__field(ino_t, ino)
		__field(pgoff_t, index)
	),

	TP_fast_assign(
		__entry->dev = inode->i_sb->s_dev;
		__entry->ino = inode->i_ino;
		__entry->index = index;
	),

	TP_printk("dev %u:%u ino %lu index %lu",
		  MAJOR(__entry->dev), MINOR(__entry->dev), __entry->ino,
		  __entry->index)
);

#endif /* _TRACE_PUI_H */

#include <trace/define_trace.h>
