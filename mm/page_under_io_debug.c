// SPDX-License-Identifier: GPL-2.0
/*
 * debugfs: who holds which bytes of which file, and what stands in the slots of
 * a file's page cache.
 *
 * page_under_io/holders has a line a range.
 *
 * Open page_under_io/slots for reading and writing, write "FD INDEX COUNT"
 * for an open file of the writing process, then read one line a slot.
 */

#include <linux/buffer_head.h>
#include <linux/debugfs.h>
#include <linux/file.h>
#include <linux/init.h>
#include <linux/kdev_t.h>
#include <linux/page_under_io.h>
#include <linux/pagemap.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "page_under_io_priv.h"

static void *pui_holders_start(struct seq_file *m, loff_t *pos)
	__acquires(&pui_ranges_lock)
{
	spin_lock(&pui_ranges_lock);
	return seq_list_start_head(&pui_ranges, *pos);
}

static void *pui_holders_next(struct seq_file *m, void *v, loff_t *pos)
{
	return seq_list_next(v, &pui_ranges, pos);
}

static void pui_holders_stop(struct seq_file *m, void *v)
	__releases(&pui_ranges_lock)
{
	spin_unlock(&pui_ranges_lock);
}

static const char *pui_lost_text(struct pui_range *range)
{
	struct address_space *mapping = range->mapping;
	struct interval_tree_node *lost;
	const char *text = "none";

	xa_lock_irq(&mapping->i_pages);
	lost = interval_tree_iter_first(&range->lost, 0, ULONG_MAX);
	if (lost)
		text = lost->start == range->node.start &&
		       lost->last == range->node.last ? "all" : "part";
	xa_unlock_irq(&mapping->i_pages);
	return text;
}

static int pui_holders_show(struct seq_file *m, void *v)
{
	struct pui_range *range = list_entry(v, struct pui_range, all);
	struct super_block *sb;

	if (v == &pui_ranges) {
		seq_puts(m, "pid command device dev:inode first-last lost since path\n");
		return 0;
	}
	sb = range->mapping->host->i_sb;
	range->ops->show(range, m);
	seq_printf(m, " %u:%u:%lu %lu-%lu %s %lld ", MAJOR(sb->s_dev),
		   MINOR(sb->s_dev), range->mapping->host->i_ino,
		   range->node.start, range->node.last, pui_lost_text(range),
		   range->since);
	seq_file_path(m, range->file, " \t\n\\");
	seq_putc(m, '\n');
	return 0;
}

static const struct seq_operations pui_holders_sops = {
	.start	= pui_holders_start,
	.next	= pui_holders_next,
	.stop	= pui_holders_stop,
	.show	= pui_holders_show,
};
DEFINE_SEQ_ATTRIBUTE(pui_holders);

/* What has been asked for; the seq_file's lock protects it. */
struct pui_slots {
	struct file *file;
	pgoff_t index;
	pgoff_t count;
};

static void *pui_slots_start(struct seq_file *m, loff_t *pos)
{
	struct pui_slots *slots = m->private;

	return slots->file && *pos < slots->count ? pos : NULL;
}

static void *pui_slots_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return pui_slots_start(m, pos);
}

static void pui_slots_stop(struct seq_file *m, void *v)
{
}

static int pui_slots_show(struct seq_file *m, void *v)
{
	struct pui_slots *slots = m->private;
	struct address_space *mapping = slots->file->f_mapping;
	pgoff_t index = slots->index + *(loff_t *)v;
	XA_STATE(xas, &mapping->i_pages, index);
	struct folio *folio;
	void *entry;

	/* keeps everything still that is printed, but for the counts */
	xas_lock_irq(&xas);
	entry = xas_load(&xas);
	seq_printf(m, "%lu %s", index,
		   !entry ? "none" : xa_is_value(entry) ? "value" :
		   pui_is_entry(entry) ? "pui" : "folio");
	if (entry && !xa_is_value(entry)) {
		folio = pui_entry_folio(entry);
		seq_printf(m, " %px order=%u marks=%c%c%c dirty=%d buffers=%d writeback=%d refs=%d",
			   folio, folio_order(folio),
			   xas_get_mark(&xas, PAGECACHE_TAG_DIRTY) ? 'D' : '-',
			   xas_get_mark(&xas, PAGECACHE_TAG_WRITEBACK) ? 'W' : '-',
			   xas_get_mark(&xas, PAGECACHE_TAG_TOWRITE) ? 'T' : '-',
			   folio_test_dirty(folio), !!folio_buffers(folio),
			   folio_test_writeback(folio), folio_ref_count(folio));
	}
	xas_unlock_irq(&xas);
	seq_putc(m, '\n');
	return 0;
}

static const struct seq_operations pui_slots_seq_ops = {
	.start	= pui_slots_start,
	.next	= pui_slots_next,
	.stop	= pui_slots_stop,
	.show	= pui_slots_show,
};

static int pui_slots_open(struct inode *inode, struct file *file)
{
	return seq_open_private(file, &pui_slots_seq_ops,
				sizeof(struct pui_slots));
}

static ssize_t pui_slots_write(struct file *file, const char __user *buf,
			       size_t len, loff_t *ppos)
{
	struct seq_file *m = file->private_data;
	struct pui_slots *slots = m->private;
	unsigned long index, count;
	struct file *target;
	char line[64];
	int fd;

	if (len >= sizeof(line))
		return -EINVAL;
	if (copy_from_user(line, buf, len))
		return -EFAULT;
	line[len] = '\0';
	if (sscanf(line, "%d %lu %lu", &fd, &index, &count) != 3)
		return -EINVAL;
	target = fget(fd);
	if (!target)
		return -EBADF;

	mutex_lock(&m->lock);
	swap(slots->file, target);
	slots->index = index;
	slots->count = count;
	mutex_unlock(&m->lock);
	if (target)
		fput(target);
	return len;
}

static int pui_slots_release(struct inode *inode, struct file *file)
{
	struct seq_file *m = file->private_data;
	struct pui_slots *slots = m->private;

	if (slots->file)
		fput(slots->file);
	return seq_release_private(inode, file);
}

static const struct file_operations pui_slots_fops = {
	.owner		= THIS_MODULE,
	.open		= pui_slots_open,
	.read		= seq_read,
	.write		= pui_slots_write,
	.llseek		= seq_lseek,
	.release	= pui_slots_release,
};

static int __init pui_debugfs_init(void)
{
	struct dentry *dir = debugfs_create_dir("page_under_io", NULL);

	debugfs_create_file("holders", 0400, dir, NULL, &pui_holders_fops);
	debugfs_create_file("slots", 0600, dir, NULL, &pui_slots_fops);
	return 0;
}
late_initcall(pui_debugfs_init);
