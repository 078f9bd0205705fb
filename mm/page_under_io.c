// SPDX-License-Identifier: GPL-2.0
/*
 * Pages under io: letting a device write into a file's page cache for long.
 *
 * The problem
 *
 *   1. A driver pins a page of a file for writing; the file system is told
 *	(->page_mkwrite) and the page is dirty.
 *   2. Writeback cleans it and drops what it keeps per dirty page.
 *   3. The device writes on.  Nobody knows.  The bytes reach the disk by luck.
 *   4. At unpin the driver dirties a page that its file system does not expect.
 *
 * The idea
 *
 *   A page that a device may write never becomes clean.  It leaves everything
 *   that looks for pages to clean: its slot in the XArray holds an entry of
 *   its own, without DIRTY mark.  Whoever must have the bytes on disk (fsync
 *   and its kin) writes a copy and leaves the page as it is.
 *
 *   This is Matthew Wilcox's second suggestion of 21 May 2018 ("replace the
 *   page in the radix tree with a special entry that means page under io"),
 *   with Jan Kara's rules of 2023 for writeback.
 *
 * Life of a page under io
 *
 *	 plain folio, dirty, DIRTY mark, counted as dirty
 *	   |  ^
 *   start |  | end, by the last range that covers the folio
 *	   v  |
 *	 entry, folio dirty, no DIRTY mark, TOWRITE mark, not counted as dirty
 *	   |  ^
 *	   +--+ integrity writeback: WRITEBACK mark comes and goes, a snapshot is
 *		written; the folio stays dirty (its buffers: pui_clean_for_io())
 *
 *   TOWRITE is what integrity writeback walks by.  It is set for the whole
 *   time, so a pass that begins at any moment finds the page, no matter how it
 *   overlaps with another pass, with start or with end.
 *
 * Terms
 *
 *   A range (struct pui_range) is the part of one file that one holder pins.
 *   Its window [first, next) is what it has under io at this moment; it covers
 *   a folio if they have a page in common, with bytes that are not lost.
 *   "last" is inclusive.
 *
 * Revoke
 *
 *   The file comes first: what takes bytes out of it does not wait for a
 *   deregistration that may be hours away.  It takes them from the holders.
 *
 *	1. under the i_pages lock: is there a holder that cannot give up bytes?
 *	   Then nothing happens.  Else all of them are losing the bytes.
 *	2. each holder's driver is told; when it returns, no device reaches them.
 *	3. the bytes are lost: they cover nothing any more.  Not before, or another
 *	   holder's release could turn a page back that is still written to.
 *	   Pages that nobody covers become ordinary ones.
 *	4. the file system goes ahead.
 *
 *   What is lost stays lost, whatever the file gets in its place.  The holder
 *   keeps its pins until it releases, since the pages may still be mapped for
 *   the device; they are no longer the file's.
 *
 * Locking
 *
 *   inode->i_rwsem		write: pui_prepare(), and who changes blocks
 *     folio lock		plain -> entry; entry -> plain does not need it
 *	 mapping->i_pages	tree of ranges, windows, entries, marks
 *
 *   A folio is locked and its slot held when its entry is stored, so under
 *   either lock a folio that is not under io does not become so.
 *
 * What never fails
 *
 *   pui_end() and pui_finish() take no memory, no sleeping lock and wait for
 *   no I/O.  pui_finish() waits for a revoke that is about to tell the holder.
 */

#include <linux/backing-dev.h>
#include <linux/buffer_head.h>
#include <linux/export.h>
#include <linux/mempool.h>
#include <linux/mm.h>
#include <linux/page_under_io.h>
#include <linux/page_under_io_fault.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/vmstat.h>
#include <linux/wait_bit.h>
#include <linux/workqueue.h>
#include <linux/writeback.h>

#include "internal.h"
#include "page_under_io_priv.h"
#include "vma.h"

#define CREATE_TRACE_POINTS
#include <trace/events/pui.h>

/* Pages that one section under the i_pages lock deals with. */
#define PUI_BATCH		64
/* Pages that are faulted in at once, at most, when the next one is not ready. */
#define PUI_FAULT_BATCH		64UL
/* Faults in a row that may leave a page that cannot go under io. */
#define PUI_FAULT_RETRIES	1000
/* Snapshots kept in reserve, for writeback that must make progress. */
#define PUI_SNAPSHOTS		32

static mempool_t *pui_snapshots __ro_after_init;

/* All ranges there are, for who wants to know who holds a file. */
LIST_HEAD(pui_ranges);
DEFINE_SPINLOCK(pui_ranges_lock);	/* an i_pages lock may be taken inside */

/* Zones whose statistics are added up at the same time. */
#define PUI_ZONES		4

/*
 * Statistics of folios of one zone and memory cgroup, added up so that they
 * are updated once and not per folio.
 */
struct pui_stat {
	struct folio *folio;	/* one of them */
	unsigned long memcg_data;
	int zone_id;		/* -1 if none yet */
	long dirty;		/* pages that count as dirty */
	long pins;		/* pages with another FOLL_PIN */
};

/*
 * Bytes that a range has lost, in &pui_range.lost.  No two of one range overlap
 * or touch.
 */
struct pui_lost {
	struct interval_tree_node node;	/* file offsets */
	struct list_head list;		/* while it is not in a range */
};

/* Neighbours in a file may come from zones in turn. */
struct pui_stats {
	struct pui_stat zone[PUI_ZONES];
};

#define PUI_STATS_INIT { .zone = { [0 ... PUI_ZONES - 1] = { .zone_id = -1 } } }

static void pui_stat_flush_one(struct pui_stat *stat,
			       struct address_space *mapping)
{
	struct folio *folio = stat->folio;

	lockdep_assert_held(&mapping->i_pages.xa_lock);

	if (stat->zone_id < 0)
		return;
	if (stat->dirty) {
		__lruvec_stat_mod_folio(folio, NR_FILE_DIRTY, stat->dirty);
		__zone_stat_mod_folio(folio, NR_ZONE_WRITE_PENDING, stat->dirty);
		__node_stat_mod_folio(folio, NR_PUI_PAGES, -stat->dirty);
		wb_stat_mod(inode_to_wb(mapping->host), WB_RECLAIMABLE,
			    stat->dirty);
	}
	if (stat->pins > 0) {
		__node_stat_mod_folio(folio, NR_FOLL_PIN_ACQUIRED, stat->pins);
		__node_stat_mod_folio(folio, NR_PUI_ACQUIRED, stat->pins);
	} else if (stat->pins < 0) {
		__node_stat_mod_folio(folio, NR_FOLL_PIN_RELEASED, -stat->pins);
		__node_stat_mod_folio(folio, NR_PUI_RELEASED, -stat->pins);
	}
	stat->dirty = 0;
	stat->pins = 0;
}

static void pui_stat_flush(struct pui_stats *stats,
			   struct address_space *mapping)
{
	int i;

	for (i = 0; i < PUI_ZONES; i++)
		pui_stat_flush_one(&stats->zone[i], mapping);
}

/* A folio's memory cgroup as it is stored, which tells one from another. */
static __always_inline unsigned long pui_memcg_data(const struct folio *folio)
{
#ifdef CONFIG_MEMCG
	return READ_ONCE(folio->memcg_data);
#else
	return 0;
#endif
}

/* The i_pages lock is held until the flush, and keeps @folio in the cache. */
static __always_inline void pui_stat_add(struct pui_stats *stats,
					 struct address_space *mapping,
					 struct folio *folio, long dirty,
					 long pins)
{
	unsigned long memcg_data = pui_memcg_data(folio);
	int zone_id = page_zone_id(&folio->page);
	struct pui_stat *stat = &stats->zone[zone_id % PUI_ZONES];

	if (unlikely(stat->zone_id != zone_id ||
		     stat->memcg_data != memcg_data)) {
		pui_stat_flush_one(stat, mapping);
		stat->folio = folio;
		stat->zone_id = zone_id;
		stat->memcg_data = memcg_data;
	}
	stat->dirty += dirty;
	stat->pins += pins;
}

/* One page, as try_grab_folio() does it, less the statistics. */
static __always_inline void pui_pin(struct folio *folio, bool large)
{
	if (large) {
		folio_ref_inc(folio);
		atomic_inc(&folio->_pincount);
	} else {
		folio_ref_add(folio, GUP_PIN_COUNTING_BIAS);
	}
}

/* The caller knows that the page cache has a reference, too. */
static __always_inline void pui_unpin(struct folio *folio, bool large)
{
	if (large) {
		atomic_dec(&folio->_pincount);
		folio_ref_sub(folio, 1);
	} else {
		folio_ref_sub(folio, GUP_PIN_COUNTING_BIAS);
	}
}

/* Are all of these bytes of @range lost?  What is lost is merged: one look. */
static bool pui_all_lost(struct pui_range *range, unsigned long start,
			 unsigned long last)
{
	struct interval_tree_node *node;

	node = interval_tree_iter_first(&range->lost, start, start);
	return node && node->last >= last;
}

/* The part of [@start, @last] that belongs to @range; they overlap. */
static void pui_clip(const struct pui_range *range, unsigned long *start,
		     unsigned long *last)
{
	*start = max(range->node.start, *start);
	*last = min(range->node.last, *last);
}

/*
 * Does @range cover a page of [@first, @next)?  Its window has one in common
 * with them, and bytes in there that it has not lost.
 */
static bool pui_covers(struct pui_range *range, pgoff_t first, pgoff_t next)
{
	unsigned long start, last;

	first = max(range->first, first);
	next = min(range->next, next);
	if (first >= next)
		return false;
	if (likely(RB_EMPTY_ROOT(&range->lost.rb_root)))
		return true;
	start = first << PAGE_SHIFT;
	last = (next << PAGE_SHIFT) - 1;
	pui_clip(range, &start, &last);
	return !pui_all_lost(range, start, last);
}

/* Does any range still cover [@first, @next)?  This is the coverage rule. */
static bool pui_covered(struct rb_root_cached *root, pgoff_t first,
			pgoff_t next)
{
	unsigned long start = first << PAGE_SHIFT;
	unsigned long last = (next << PAGE_SHIFT) - 1;
	struct interval_tree_node *node;

	for (node = interval_tree_iter_first(root, start, last); node;
	     node = interval_tree_iter_next(node, start, last)) {
		if (pui_covers(container_of(node, struct pui_range, node),
			       first, next))
			return true;
	}
	return false;
}

bool __pui_test_range(struct address_space *mapping, loff_t start, loff_t last)
{
	unsigned long flags;
	bool ret;

	xa_lock_irqsave(&mapping->i_pages, flags);
	ret = interval_tree_iter_first(&mapping->i_pui,
				       round_down(start, PAGE_SIZE),
				       last | ~PAGE_MASK);
	xa_unlock_irqrestore(&mapping->i_pages, flags);
	return ret;
}
EXPORT_SYMBOL_NS_GPL(__pui_test_range, PAGE_UNDER_IO);

/* Is this the only range of its file? */
static bool pui_alone(const struct pui_range *range)
{
	const struct rb_node *rb = &range->node.rb;

	return range->mapping->i_pui.rb_root.rb_node == rb &&
	       !rb->rb_left && !rb->rb_right;
}

/**
 * pui_set_mapping() - Say whether a file can have pages under io.
 * @mapping: The file's page cache.
 * @allowed: True if the file system keeps the rules for this file.
 *
 * A file system that allows it writes snapshots of such pages
 * (pui_snapshot()), leaves them dirty with their private data, and takes pages
 * from who holds them before it changes the blocks under them (pui_revoke()).
 *
 * Context: Any context, while nothing of @mapping is under io.
 */
void pui_set_mapping(struct address_space *mapping, bool allowed)
{
	assign_bit(AS_PUI, &mapping->flags, allowed);
}
EXPORT_SYMBOL_NS_GPL(pui_set_mapping, PAGE_UNDER_IO);

/**
 * pui_can_mapping() - Can a file have pages under io?
 * @mapping: The file's page cache.
 *
 * Context: Any context.
 * Return: What pui_set_mapping() was told last.
 */
bool pui_can_mapping(const struct address_space *mapping)
{
	return test_bit(AS_PUI, &mapping->flags);
}
EXPORT_SYMBOL_NS_GPL(pui_can_mapping, PAGE_UNDER_IO);

bool __pui_test_folio(struct address_space *mapping, struct folio *folio)
{
	/* most are not even pinned: do not walk the tree for them */
	return folio_maybe_dma_pinned(folio) &&
	       xa_load(&mapping->i_pages, folio->index) ==
	       pui_make_entry(folio);
}
EXPORT_SYMBOL_NS_GPL(__pui_test_folio, PAGE_UNDER_IO);

/**
 * pui_test_folio_sync() - Is a folio under io, or still counted as if it were?
 * @folio: The folio.
 *
 * The dirty count of a folio follows its entry in the same section under the
 * i_pages lock.  Who moves the count waits for the end of that section.
 *
 * Context: The caller holds the folio lock.  Takes the i_pages lock.
 * Return: True if @folio's slot holds the entry, and its dirty count may come
 *	   back at any moment; false if it is counted, if it is dirty, and stays
 *	   so.
 */
bool pui_test_folio_sync(struct folio *folio)
{
	struct address_space *mapping = folio_mapping(folio);
	unsigned long flags;
	bool ret;

	/* none for anonymous folios; swap has no ranges */
	if (!mapping || !pui_test_mapping(mapping))
		return false;
	xa_lock_irqsave(&mapping->i_pages, flags);
	ret = __pui_test_folio(mapping, folio);
	xa_unlock_irqrestore(&mapping->i_pages, flags);
	return ret;
}

/*
 * What a file may be to have pages under io.  Whatever could change the answer
 * holds i_rwsem for writing and looks for ranges first.
 */
static int pui_check_inode(struct inode *inode, loff_t last)
{
	if (!pui_can_mapping(inode->i_mapping) || IS_SWAPFILE(inode) ||
	    IS_IMMUTABLE(inode) || IS_NOQUOTA(inode))
		return -EOPNOTSUPP;
	/* a page without a byte of the file has no block to go to */
	if (last >> PAGE_SHIFT >= DIV_ROUND_UP(i_size_read(inode), PAGE_SIZE))
		return -EFAULT;
	return 0;
}

/**
 * pui_prepare() - Open the range of a file that is mapped at an address.
 * @range: What is to be opened; the caller's memory, kept until pui_finish().
 * @ops: What the holder can do.
 * @addr: First byte wanted, in the address space of the current process.
 * @last: Last byte wanted.
 * @part_last: Last byte that the answer is about, at most @last.
 *
 * An address range may lie over memory of many kinds.  The answer is about
 * the first part of it, [@addr, @part_last]; call again for the rest.
 *
 * A part that is a shared, writable mapping of a regular file whose dirty
 * pages are tracked becomes a range: from now on the file keeps its blocks
 * there.  Pages go under io with pui_start().  Everything else is left to
 * pin_user_pages_fast(), which has its own opinion of it.
 *
 * Context: Process context.  Takes and releases mmap_lock for reading and
 *	    i_rwsem for writing.  Waits for direct writes that are on their way.
 * Return: 1 if @range is open, and pui_finish() is due;
 *	   0 if the part needs no range;
 *	   -EFAULT if it ends on a page past the end of the file;
 *	   -EOPNOTSUPP if pages of this file cannot go under io;
 *	   -EINTR if a fatal signal came.
 */
int pui_prepare(struct pui_range *range, const struct pui_range_ops *ops,
		unsigned long addr, unsigned long last,
		unsigned long *part_last)
{
	struct mm_struct *mm = current->mm;
	struct address_space *mapping;
	struct vm_area_struct *vma;
	struct file *file = NULL;
	struct inode *inode;
	loff_t start;
	int ret;

	VMA_ITERATOR(vmi, mm, addr);

	ret = mmap_read_lock_killable(mm);
	if (ret)
		return ret;
	*part_last = last;
	for_each_vma_range(vmi, vma, last + 1) {
		if (!vma_needs_dirty_tracking(vma) ||
		    !S_ISREG(file_inode(vma->vm_file)->i_mode))
			continue;
		if (vma->vm_start > addr) {
			*part_last = vma->vm_start - 1;
			break;
		}
		*part_last = min(last, vma->vm_end - 1);
		start = ((loff_t)vma->vm_pgoff << PAGE_SHIFT) +
			(addr - vma->vm_start);
		file = get_file(vma->vm_file);
		break;
	}
	mmap_read_unlock(mm);
	if (!file)
		return 0;

	mapping = file->f_mapping;
	inode = mapping->host;
	range->mapping = mapping;
	range->file = file;
	range->ops = ops;
	range->lost = RB_ROOT_CACHED;
	range->losing = NULL;
	INIT_LIST_HEAD(&range->revoke);
	range->since = ktime_get_real_seconds();
	range->uaddr = addr & PAGE_MASK;
	range->node.start = start;
	range->node.last = start + (*part_last - addr);
	range->first = start >> PAGE_SHIFT;
	range->next = range->first;

	ret = down_write_killable(&inode->i_rwsem);
	if (ret)
		goto err_fput;
	ret = pui_check_inode(inode, range->node.last);
	if (ret)
		goto err_unlock;

	xa_lock_irq(&mapping->i_pages);
	interval_tree_insert(&range->node, &mapping->i_pui);
	xa_unlock_irq(&mapping->i_pages);
	/* later ones ask pui_test_range() */
	inode_dio_wait(inode);
	up_write(&inode->i_rwsem);

	spin_lock(&pui_ranges_lock);
	list_add_tail(&range->all, &pui_ranges);
	spin_unlock(&pui_ranges_lock);

	/*
	 * sync(2) looks at dirty inodes only.  With a range in the tree the
	 * flusher leaves I_DIRTY_PAGES set; it may have cleared it just before.
	 */
	__mark_inode_dirty(inode, I_DIRTY_PAGES);
	return 1;

err_unlock:
	up_write(&inode->i_rwsem);
err_fput:
	fput(file);
	return ret;
}
EXPORT_SYMBOL_NS_GPL(pui_prepare, PAGE_UNDER_IO);

/*
 * What stands at @index, the next one.  Behind a small folio that was there it
 * is in the next slot, while the node has one; if not, @walk.
 */
static __always_inline void *pui_next(struct xa_state *xas, pgoff_t index,
				      bool walk)
{
	struct xa_node *node = xas->xa_node;

	if (likely(!walk && node && xas->xa_offset < XA_CHUNK_MASK))
		return xa_entry_locked(xas->xa, node, ++xas->xa_offset);
	xas_set(xas, index);
	return xas_load(xas);
}

static __always_inline bool pui_buffer_ready(const struct buffer_head *bh)
{
	unsigned long state = READ_ONCE(bh->b_state);

	return (state & BIT(BH_Dirty)) &&
	       (state & (BIT(BH_Mapped) | BIT(BH_Delay)));
}

/* The other buffers of a large folio, as far as the file reaches. */
static bool pui_more_buffers_ready(struct folio *folio,
				   const struct buffer_head *head)
{
	loff_t size = i_size_read(folio->mapping->host);
	loff_t pos = folio_pos(folio) + head->b_size;
	const struct buffer_head *bh;

	for (bh = head->b_this_page; bh != head && pos < size;
	     bh = bh->b_this_page) {
		if (!pui_buffer_ready(bh))
			return false;
		pos += bh->b_size;
	}
	return true;
}

/*
 * The file system has been asked (->page_mkwrite or ->write_begin) for every
 * buffer that is dirty, and has a block or a reservation for it.
 */
static __always_inline bool pui_buffers_ready(struct folio *folio)
{
	const struct buffer_head *head = folio_buffers(folio);

	return head && pui_buffer_ready(head) &&
	       (likely(head->b_this_page == head) ||
		pui_more_buffers_ready(folio, head));
}

/* The slot at @xas, which has been walked to an entry. */
static __always_inline void __rcu **pui_slot(struct xa_state *xas)
{
	struct xa_node *node = xas->xa_node;

	return node ? &node->slots[xas->xa_offset] : &xas->xa->xa_head;
}

/*
 * Put @entry in the place of another one for the same folio; @xas has been
 * walked to any page of it.  Both are pointers, so the node counts what it
 * did, and of a multi-index entry only the canonical slot changes: the others
 * refer to it.  xas_store() would do the same and work out that it may.
 */
static void pui_replace(struct xa_state *xas, void *entry)
{
	rcu_assign_pointer(*pui_slot(xas), entry);
}

/*
 * xas_set_mark() for many neighbours under one i_pages lock: @seen is the node
 * in which it has been done last, whose ancestors have the mark.
 */
static __always_inline void pui_set_mark(struct xa_state *xas, xa_mark_t mark,
					 struct xa_node **seen)
{
	struct xa_node *node = xas->xa_node;

	if (node && node == *seen) {
		__set_bit(xas->xa_offset,
			  node->marks[(__force unsigned int)mark]);
	} else {
		xas_set_mark(xas, mark);
		*seen = node;
	}
}

/*
 * Set the marks of @nr entries in neighbouring slots, the first one at @xas,
 * before the i_pages lock is let go.
 */
static void pui_start_marks(struct xa_state *xas, unsigned int nr)
{
	struct xa_node *node = xas->xa_node;
	unsigned long *towrite, *dirty;
	unsigned long slots;

	BUILD_BUG_ON(XA_MARK_LONGS != 1);

	/*
	 * The first, or the last, of a node by the XArray's own functions, which
	 * see to the ancestors.  At no moment is one without a mark.
	 */
	xas_set_mark(xas, PAGECACHE_TAG_TOWRITE);
	if (node) {
		slots = GENMASK(xas->xa_offset + nr - 1, xas->xa_offset);
		towrite = node->marks[(__force unsigned int)PAGECACHE_TAG_TOWRITE];
		dirty = node->marks[(__force unsigned int)PAGECACHE_TAG_DIRTY];
		*towrite |= slots;
		if (!*dirty)
			return;
		if (*dirty & ~slots) {
			*dirty &= ~slots;
			return;
		}
		xas->xa_offset = __ffs(*dirty);
		*dirty = BIT(xas->xa_offset);
	}
	xas_clear_mark(xas, PAGECACHE_TAG_DIRTY);
}

/*
 * Are the buffers of a folio under io dirty, to stay so?  If pui_clean_for_io()
 * let them be cleaned, they are not, and a fault has to dirty them first.  Under
 * the folio lock, so that it sees either us or what we see.
 */
static bool pui_stays_dirty(struct folio *folio)
{
	bool ret;

	if (!folio_trylock(folio))
		return false;
	ret = pui_buffers_ready(folio);
	folio_unlock(folio);
	return ret;
}

/*
 * May the folio, which is none yet, come under io?  Then it is locked.
 *
 * Writeback holds the folio lock from before it cleans a folio until the
 * folio is under writeback, so a locked, dirty folio that is not under
 * writeback is in nobody's bio.
 */
static __always_inline bool pui_start_folio(struct folio *folio)
{
	const unsigned long set = BIT(PG_dirty) | BIT(PG_uptodate);
	const unsigned long clear = BIT(PG_writeback) | __PG_HWPOISON;

	if (pui_should_fail() || !folio_trylock(folio))
		return false;
	if (likely((READ_ONCE(folio->flags) & (set | clear)) == set &&
		   folio_is_longterm_pinnable(folio) &&
		   pui_buffers_ready(folio)))
		return true;
	folio_unlock(folio);
	return false;
}

/*
 * Pin pages from @index on, as far as they are ready and in one node of the
 * XArray.
 */
static unsigned long pui_start_node(struct xa_state *xas, pgoff_t index,
				    struct page **pages,
				    unsigned long nr_pages,
				    struct pui_stats *stats,
				    struct pui_range *range)
{
	unsigned long done = 0;
	void __rcu **slot;
	void *entry;

	xas_set(xas, index);
	entry = xas_load(xas);
	if (!entry)
		return 0;
	slot = pui_slot(xas);
	nr_pages = min_t(unsigned long, nr_pages, xas->xa_node ?
			 XA_CHUNK_SIZE - xas->xa_offset : 1);
	while (entry && !xa_is_value(entry)) {
		struct folio *folio = pui_entry_folio(entry);
		bool large = folio_test_large(folio);
		long dirty = 0;

		/* a page that very many regions hold must not overflow */
		if (unlikely(folio_ref_count(folio) > INT_MAX / 2))
			break;
		if (likely(!pui_is_entry(entry))) {
			if (!pui_start_folio(folio))
				break;
			/* __pui_test_folio() takes only a pinned one for one */
			pui_pin(folio, large);
			rcu_assign_pointer(*slot, pui_make_entry(folio));
			folio_unlock(folio);
			dirty = large ? -folio_nr_pages(folio) : -1;
		} else {
			if (!range->reports && !pui_stays_dirty(folio))
				break;
			pui_pin(folio, large);
		}
		pui_stat_add(stats, range->mapping, folio, dirty, 1);
		pages[done] = &folio->page;
		if (unlikely(large))
			pages[done] = folio_file_page(folio, index + done);
		/* behind a large one its siblings come: walk again */
		if (++done == nr_pages || unlikely(large))
			break;
		entry = rcu_dereference_protected(*++slot,
						  lockdep_is_held(&xas->xa->xa_lock));
	}
	if (done)
		pui_start_marks(xas, done);
	return done;
}

/*
 * Pin pages from @range->next on, as far as they are ready.  -EAGAIN if bytes
 * of the range are lost already.
 */
static long pui_start_batch(struct pui_range *range, struct page **pages,
			    unsigned long nr_pages)
{
	struct address_space *mapping = range->mapping;
	XA_STATE(xas, &mapping->i_pages, range->next);
	struct pui_stats stats = PUI_STATS_INIT;
	unsigned long nr, done = 0;

	xas_lock_irq(&xas);
	if (unlikely(range->losing || !RB_EMPTY_ROOT(&range->lost.rb_root))) {
		xas_unlock_irq(&xas);
		return -EAGAIN;
	}
	do {
		nr = pui_start_node(&xas, range->next, pages + done,
				    nr_pages - done, &stats, range);
		range->next += nr;
		done += nr;
	} while (nr && done < nr_pages);
	pui_stat_flush(&stats, mapping);
	xas_unlock_irq(&xas);
	return done;
}

/*
 * Make pages from @range->next on ready: present, in a place where they may
 * stay, dirty with the file system's consent, not under writeback.  They may
 * have changed again when this returns.  @pages is scratch space.
 */
static int pui_fault(struct pui_range *range, struct page **pages,
		     unsigned long nr_pages)
{
	pgoff_t base = range->node.start >> PAGE_SHIFT;
	unsigned long uaddr;
	long i, pinned;
	int ret = 0;

	uaddr = range->uaddr + ((range->next - base) << PAGE_SHIFT);
	pinned = pin_user_pages_for_pui(uaddr, nr_pages, pages);
	if (pinned <= 0)
		return pinned ?: -EFAULT;

	for (i = 0; i < pinned && !ret; i++) {
		struct folio *folio = page_folio(pages[i]);
		struct address_space *mapping = READ_ONCE(folio->mapping);

		/* gone from the file: the next fault finds its successor */
		if (!mapping)
			continue;
		/* something else has been mapped there meanwhile */
		if (mapping != range->mapping ||
		    folio->index + folio_page_idx(folio, pages[i]) !=
		    range->next + i) {
			ret = -EFAULT;
			break;
		}
		ret = folio_wait_writeback_killable(folio);
		/* whoever holds the lock is done with it when we get it */
		if (!ret && !i) {
			ret = folio_lock_killable(folio);
			if (!ret)
				folio_unlock(folio);
		}
	}
	unpin_user_pages(pages, pinned);
	return ret;
}

/**
 * pui_start() - Put the next pages of a range under io.
 * @range: The range, opened by the current process.
 * @pages: Where to store the pages, in file order.
 * @nr_pages: How many are wanted, at least 1; @range has that many to come.
 *
 * Pages that are in the cache and dirty, with what their file system keeps for
 * dirty pages, are taken as they are.  Others are first faulted in for writing
 * at the address where the process has the file mapped, which is how
 * ->page_mkwrite gets asked, and how FOLL_LONGTERM moves them out of memory
 * that must stay movable.
 *
 * Every page returned has a FOLL_PIN reference; pui_end() drops it.
 *
 * Context: Process context.  May sleep, on faults and I/O.  Expects no locks.
 * Return: The number of pages, less than @nr_pages if an error stopped it
 *	   there, which the next call reports; or, with nothing done,
 *	   -EAGAIN if bytes of the range were revoked meanwhile: the caller
 *	   gives it up and begins again, after the file has changed;
 *	   -EFAULT if the address has no such page (anymore), or the file
 *	   system refused to give it a block (see tracepoint pui_fault_failed);
 *	   -ENOMEM if memory is short; -EHWPOISON for a page with a memory
 *	   error; -EBUSY if the page never came to rest; -EINTR if a fatal
 *	   signal came.
 */
long pui_start(struct pui_range *range, struct page **pages,
	       unsigned long nr_pages)
{
	struct address_space *mapping = range->mapping;
	pgoff_t from = range->next;
	unsigned long batch = PUI_FAULT_BATCH;
	unsigned long done = 0;
	int retries = 0;
	int ret = 0;

	might_sleep();

	while (done < nr_pages) {
		long nr;

		nr = pui_start_batch(range, pages + done,
				     min_t(unsigned long, nr_pages - done,
					   PUI_BATCH));
		if (nr < 0) {
			ret = nr;
			break;
		}
		done += nr;
		cond_resched();
		if (nr) {
			batch = min(2 * batch, PUI_FAULT_BATCH);
			retries = 0;
			continue;
		}
		/* cleaned already: let the flusher have less time */
		if (retries)
			batch = DIV_ROUND_UP(batch, 2);
		if (retries++ == PUI_FAULT_RETRIES)
			ret = -EBUSY;
		else if (fatal_signal_pending(current))
			ret = -EINTR;
		else
			ret = pui_fault(range, pages + done,
					min(nr_pages - done, batch));
		if (ret) {
			trace_pui_fault_failed(mapping->host, range->next, ret);
			break;
		}
	}
	if (!done)
		return ret;
	trace_pui_start(mapping->host, from, done);
	return done;
}
EXPORT_SYMBOL_NS_GPL(pui_start, PAGE_UNDER_IO);

/* Back to an ordinary dirty folio; @xas is at any page of it. */
static __always_inline void pui_end_entry(struct xa_state *xas,
					  struct folio *folio,
					  struct xa_node **seen)
{
	pui_replace(xas, folio);
	/* TOWRITE stays, for an integrity pass that is under way */
	pui_set_mark(xas, PAGECACHE_TAG_DIRTY, seen);
}

/*
 * Reclaim takes pages under io off its lists (folio_evictable()).  Is this one
 * there, or on its way?
 */
static bool pui_test_culled(struct folio *folio)
{
	unsigned long flags = READ_ONCE(folio->flags);

	return (flags & BIT(PG_unevictable)) || !(flags & BIT(PG_lru));
}

/* Put pages that are no longer under io back on the lists of reclaim. */
static void pui_rescue(struct page **pages, unsigned long nr_pages)
{
	struct folio_batch fbatch;
	struct lruvec *lruvec;
	unsigned long i;

	folio_batch_init(&fbatch);
	for (i = 0; i < nr_pages; i++) {
		struct folio *folio = page_folio(pages[i]);

		/* memory failure has taken it away for good */
		if (folio_test_hwpoison(folio))
			continue;
		/* lru_add() has seen the entry and is at work, or will not */
		if (!folio_test_lru(folio)) {
			lruvec = folio_lruvec_lock_irq(folio);
			__acquire(&lruvec->lru_lock);	/* sparse: taken */
			unlock_page_lruvec_irq(lruvec);
		}
		if (!folio_test_unevictable(folio))
			continue;
		if (!folio_batch_add(&fbatch, folio)) {
			check_move_unevictable_folios(&fbatch);
			folio_batch_reinit(&fbatch);
		}
	}
	if (folio_batch_count(&fbatch))
		check_move_unevictable_folios(&fbatch);
}

/* How many times the pages of a folio are pinned, or a little more. */
static unsigned long pui_pins(struct folio *folio)
{
	return folio_test_large(folio) ? atomic_read(&folio->_pincount) :
		folio_ref_count(folio) / GUP_PIN_COUNTING_BIAS;
}

/*
 * A range has given up a page that it has lost.  It may have seemed to cover the
 * one that came in its place, which then stayed under io longer than its ranges.
 * Reclaim finds that one when it looks at it for another reason.
 */
static void pui_end_other(struct pui_range *range, struct xa_state *xas,
			  void *entry, struct pui_stats *stats,
			  struct xa_node **seen)
{
	struct folio *folio = pui_entry_folio(entry);

	if (pui_covered(&range->mapping->i_pui, folio->index,
			folio_next_index(folio)))
		return;
	pui_end_entry(xas, folio, seen);
	pui_stat_add(stats, range->mapping, folio, folio_nr_pages(folio), 0);
}

/* As pui_end(), in one section under the i_pages lock. */
static void pui_end_batch(struct pui_range *range, struct page **pages,
			  unsigned long nr_pages)
{
	struct address_space *mapping = range->mapping;
	XA_STATE(xas, &mapping->i_pages, range->first);
	struct pui_stats stats = PUI_STATS_INIT;
	struct xa_node *seen = NULL;
	unsigned long i, kept = 0;
	void *entry;
	bool alone;

	xas_lock_irq(&xas);
	alone = pui_alone(range);
	entry = xas_load(&xas);
	for (i = 0; ; ) {
		struct folio *folio = page_folio(pages[i]);
		bool large = folio_test_large(folio);
		/* revoked, or memory failure: the pin is all there is */
		bool keep = unlikely(entry != pui_make_entry(folio));
		long dirty = 0;

		range->first++;
		if (!keep) {
			/* the last pin: a range that lost its page has none */
			if ((alone && !large) || pui_pins(folio) == 1 ||
			    !pui_covered(&mapping->i_pui, folio->index,
					 folio_next_index(folio))) {
				pui_end_entry(&xas, folio, &seen);
				dirty = large ? folio_nr_pages(folio) : 1;
			}
			pui_unpin(folio, large);
			/* the page cache keeps it; see lru_add() */
			smp_mb__after_atomic();
			if (unlikely(dirty && pui_test_culled(folio))) {
				pui_pin(folio, large);
				keep = true;
			}
			pui_stat_add(&stats, mapping, folio, dirty, keep - 1);
		} else if (pui_is_entry(entry)) {
			pui_end_other(range, &xas, entry, &stats, &seen);
		}
		if (unlikely(keep)) {
			swap(pages[kept], pages[i]);
			kept++;
		}
		if (++i == nr_pages)
			break;
		entry = pui_next(&xas, range->first, large || keep);
	}
	pui_stat_flush(&stats, mapping);
	for (i = 0; i < kept; i++)
		__mod_node_page_state(page_pgdat(pages[i]), NR_PUI_RELEASED, 1);
	xas_unlock_irq(&xas);

	if (!kept)
		return;
	pui_rescue(pages, kept);
	unpin_user_pages(pages, kept);
}

/**
 * pui_end() - Give up the first pages of a range.
 * @range: The range.
 * @pages: The pages, in the order in which pui_start() returned them.  When
 *	   the function returns, the order is another one.
 * @nr_pages: How many.
 *
 * The device can no longer reach the pages.  Those that no other range covers
 * become ordinary dirty pages that the next writeback writes.  The pins go.
 *
 * Context: Any context that may take the i_pages lock; does not sleep.
 *	    Calls for one range are serialised by the caller.
 */
void pui_end(struct pui_range *range, struct page **pages,
	     unsigned long nr_pages)
{
	trace_pui_end(range->mapping->host, range->first, nr_pages);
	while (nr_pages) {
		unsigned long nr = min_t(unsigned long, nr_pages, PUI_BATCH);

		pui_end_batch(range, pages, nr);
		pages += nr;
		nr_pages -= nr;
	}
}
EXPORT_SYMBOL_NS_GPL(pui_end, PAGE_UNDER_IO);

/**
 * pui_finish() - Close a range.
 * @range: The range; all its pages have been given up.
 *
 * When it returns, &pui_range_ops.revoke is not running and will not be called.
 *
 * Context: Process context.  Sleeps while a pui_revoke() is telling the range's
 *	    holders.
 */
void pui_finish(struct pui_range *range)
{
	struct address_space *mapping = range->mapping;
	struct interval_tree_node *node;

	WARN_ON_ONCE(range->first != range->next);

	spin_lock(&pui_ranges_lock);
	list_del(&range->all);
	spin_unlock(&pui_ranges_lock);

	xa_lock_irq(&mapping->i_pages);
	interval_tree_remove(&range->node, &mapping->i_pui);
	xa_unlock_irq(&mapping->i_pages);
	wait_var_event(&mapping->i_pui, list_empty_careful(&range->revoke));

	while ((node = interval_tree_iter_first(&range->lost, 0, ULONG_MAX))) {
		interval_tree_remove(node, &range->lost);
		kfree(container_of(node, struct pui_lost, node));
	}

	/* a flusher may have seen neither the range nor the DIRTY marks */
	__mark_inode_dirty(mapping->host, I_DIRTY_PAGES);
	fput(range->file);
}
EXPORT_SYMBOL_NS_GPL(pui_finish, PAGE_UNDER_IO);

/**
 * pui_test_lost() - Has a holder lost bytes of a range?
 * @range: The range.
 * @start: First byte, a file offset within the range.
 * @last: Last byte.
 *
 * Context: Any context that may take the i_pages lock; does not sleep.
 * Return: True if one of the bytes is lost.
 */
bool pui_test_lost(struct pui_range *range, loff_t start, loff_t last)
{
	struct address_space *mapping = range->mapping;
	unsigned long flags;
	bool ret;

	xa_lock_irqsave(&mapping->i_pages, flags);
	ret = interval_tree_iter_first(&range->lost, start, last) ||
	      (range->losing && range->losing->node.start <= last &&
	       range->losing->node.last >= start);
	xa_unlock_irqrestore(&mapping->i_pages, flags);
	return ret;
}
EXPORT_SYMBOL_NS_GPL(pui_test_lost, PAGE_UNDER_IO);

/*
 * Let @range lose bytes, with memory from @spare: from now on its device must
 * not reach them, but it still may, so they cover their pages as before.
 */
static void pui_lose(struct pui_range *range, unsigned long start,
		     unsigned long last, struct list_head *spare)
{
	struct pui_lost *lost;

	lost = list_first_entry(spare, struct pui_lost, list);
	list_del(&lost->list);
	pui_clip(range, &start, &last);
	lost->node.start = start;
	lost->node.last = last;
	range->losing = lost;
}

/*
 * The device cannot reach them any more.  What the bytes are merged with goes to
 * @spare.
 */
static void pui_lost(struct pui_range *range, struct list_head *spare)
{
	struct pui_lost *lost = range->losing;
	struct interval_tree_node *node;

	/* neighbours, too: no two that touch */
	while ((node = interval_tree_iter_first(&range->lost,
						lost->node.start ?
						lost->node.start - 1 : 0,
						lost->node.last + 1))) {
		lost->node.start = min(lost->node.start, node->start);
		lost->node.last = max(lost->node.last, node->last);
		interval_tree_remove(node, &range->lost);
		list_add(&container_of(node, struct pui_lost, node)->list,
			 spare);
	}
	interval_tree_insert(&lost->node, &range->lost);
	range->losing = NULL;
}

/*
 * The next range after @range, or the first one if that is NULL, that has bytes
 * of [@start, @last] which it has not lost yet.
 */
static struct pui_range *pui_next_holder(struct address_space *mapping,
					 struct pui_range *range,
					 unsigned long start,
					 unsigned long last)
{
	struct interval_tree_node *node;

	node = range ? interval_tree_iter_next(&range->node, start, last) :
		       interval_tree_iter_first(&mapping->i_pui, start, last);
	for (; node; node = interval_tree_iter_next(node, start, last)) {
		unsigned long from = start, to = last;

		range = container_of(node, struct pui_range, node);
		pui_clip(range, &from, &to);
		if (!pui_all_lost(range, from, to))
			return range;
	}
	return NULL;
}

int __pui_check_revoke(struct address_space *mapping, loff_t start,
		       loff_t last)
{
	struct pui_range *range = NULL;
	int ret = 0;

	lockdep_assert_held_write(&mapping->host->i_rwsem);

	if (start > last)
		return 0;
	xa_lock_irq(&mapping->i_pages);
	while ((range = pui_next_holder(mapping, range, start, last))) {
		ret = 1;
		if (!range->ops->revoke) {
			ret = -ETXTBSY;
			break;
		}
	}
	xa_unlock_irq(&mapping->i_pages);
	return ret;
}
EXPORT_SYMBOL_NS_GPL(__pui_check_revoke, PAGE_UNDER_IO);

/* Memory for what is lost, one for each holder there is now or will be. */
static int pui_alloc_lost(struct address_space *mapping, loff_t start,
			  loff_t last, struct list_head *spare)
{
	struct pui_range *range = NULL;
	struct pui_lost *lost;
	unsigned long nr = 0;

	xa_lock_irq(&mapping->i_pages);
	while ((range = pui_next_holder(mapping, range, start, last)))
		nr++;
	xa_unlock_irq(&mapping->i_pages);

	for (; nr; nr--) {
		/* locks of the file system are held */
		lost = pui_should_fail() ? NULL :
		       kmalloc(sizeof(*lost), GFP_NOFS | __GFP_ACCOUNT);
		if (!lost)
			return -ENOMEM;
		list_add(&lost->list, spare);
		cond_resched();
	}
	return 0;
}

/* Pages of [@first, @last] that nobody covers any more become ordinary ones. */
static void pui_end_lost(struct address_space *mapping, pgoff_t first,
			 pgoff_t last)
{
	XA_STATE(xas, &mapping->i_pages, first);
	struct pui_stats stats = PUI_STATS_INIT;
	struct xa_node *seen = NULL;
	unsigned int nr = 0;
	void *entry;

	xas_lock_irq(&xas);
	xas_for_each(&xas, entry, last) {
		struct folio *folio;

		if (pui_is_entry(entry)) {
			folio = pui_entry_folio(entry);
			if (!pui_covered(&mapping->i_pui, folio->index,
					 folio_next_index(folio))) {
				pui_end_entry(&xas, folio, &seen);
				pui_stat_add(&stats, mapping, folio,
					     folio_nr_pages(folio), 0);
			}
		}
		if (++nr % PUI_BATCH)
			continue;
		pui_stat_flush(&stats, mapping);
		stats = (struct pui_stats)PUI_STATS_INIT;
		seen = NULL;
		xas_pause(&xas);
		xas_unlock_irq(&xas);
		cond_resched();
		xas_lock_irq(&xas);
	}
	pui_stat_flush(&stats, mapping);
	xas_unlock_irq(&xas);
}

int __pui_revoke(struct address_space *mapping, loff_t start, loff_t last)
{
	struct pui_range *range = NULL, *next;
	struct pui_lost *lost, *tmp;
	LIST_HEAD(ranges);
	LIST_HEAD(spare);
	int ret;

	might_sleep();

	/* with i_rwsem held, holders go, but none comes */
	ret = __pui_check_revoke(mapping, start, last);
	if (ret <= 0)
		return ret;
	ret = pui_alloc_lost(mapping, start, last, &spare);
	if (ret)
		goto out;

	xa_lock_irq(&mapping->i_pages);
	while ((range = pui_next_holder(mapping, range, start, last))) {
		pui_lose(range, start, last, &spare);
		list_add_tail(&range->revoke, &ranges);
		range->ops->lose(range);
	}
	xa_unlock_irq(&mapping->i_pages);

	/* from here on nothing fails */
	list_for_each_entry(range, &ranges, revoke) {
		const struct interval_tree_node *node = &range->losing->node;

		trace_pui_revoke(mapping->host, node->start, node->last);
		range->ops->revoke(range, node->start, node->last);
	}

	xa_lock_irq(&mapping->i_pages);
	list_for_each_entry(range, &ranges, revoke)
		pui_lost(range, &spare);
	xa_unlock_irq(&mapping->i_pages);
	pui_end_lost(mapping, start >> PAGE_SHIFT, last >> PAGE_SHIFT);

	/* whoever waits in pui_finish() frees its range at once */
	list_for_each_entry_safe(range, next, &ranges, revoke)
		list_del_init_careful(&range->revoke);
	smp_mb();	/* wake_up_var() looks for waiters */
	wake_up_var(&mapping->i_pui);
out:
	list_for_each_entry_safe(lost, tmp, &spare, list)
		kfree(lost);
	return ret;
}
EXPORT_SYMBOL_NS_GPL(__pui_revoke, PAGE_UNDER_IO);

/* A page that went without a revoke: its holders are told later. */
struct pui_cancelled {
	struct work_struct work;
	struct file *file;	/* of a holder */
	loff_t start;
	loff_t last;
};

static void pui_revoke_cancelled(struct work_struct *work)
{
	struct pui_cancelled *cancelled;
	struct inode *inode;

	cancelled = container_of(work, struct pui_cancelled, work);
	inode = cancelled->file->f_mapping->host;
	inode_lock(inode);
	/* a holder that cannot give it up keeps a page that is nobody's */
	pui_revoke(inode->i_mapping, cancelled->start, cancelled->last);
	inode_unlock(inode);
	fput(cancelled->file);
	kfree(cancelled);
}

void __pui_cancel(struct folio *folio)
{
	struct address_space *mapping = folio->mapping;
	XA_STATE(xas, &mapping->i_pages, folio->index);
	struct pui_stats stats = PUI_STATS_INIT;
	struct interval_tree_node *node = NULL;
	struct pui_cancelled *cancelled;
	struct xa_node *seen = NULL;
	loff_t start = folio_pos(folio);
	loff_t last = start + folio_size(folio) - 1;

	/* without memory they find out at release */
	cancelled = kmalloc(sizeof(*cancelled), GFP_NOFS);

	xas_lock_irq(&xas);
	/* the last range may have ended it before we got the lock */
	if (xas_load(&xas) == pui_make_entry(folio)) {
		pui_end_entry(&xas, folio, &seen);
		pui_stat_add(&stats, mapping, folio, folio_nr_pages(folio), 0);
		pui_stat_flush(&stats, mapping);
	}
	if (cancelled)
		node = interval_tree_iter_first(&mapping->i_pui, start, last);
	if (node)
		cancelled->file = get_file(container_of(node, struct pui_range,
							node)->file);
	xas_unlock_irq(&xas);

	if (!node) {
		kfree(cancelled);
		return;
	}
	INIT_WORK(&cancelled->work, pui_revoke_cancelled);
	cancelled->start = start;
	cancelled->last = last;
	queue_work(system_unbound_wq, &cancelled->work);
}

/* Is a folio pinned by ranges that report what they write, and by nobody else? */
static bool pui_all_report(struct folio *folio)
{
	struct address_space *mapping = folio->mapping;
	unsigned long start = folio_pos(folio);
	unsigned long last = start + folio_size(folio) - 1;
	struct interval_tree_node *node;
	unsigned long pins = 0;
	bool ret = true;

	xa_lock_irq(&mapping->i_pages);
	for (node = interval_tree_iter_first(&mapping->i_pui, start, last);
	     node && ret; node = interval_tree_iter_next(node, start, last)) {
		struct pui_range *range = container_of(node, struct pui_range,
						       node);
		pgoff_t first = max(range->first, folio->index);
		pgoff_t next = min(range->next, folio_next_index(folio));

		/* of lost bytes it has pinned an older page */
		if (!pui_covers(range, first, next))
			continue;
		pins += next - first;
		ret = range->reports;
	}
	/* they give up their pins under the lock */
	ret = ret && pui_pins(folio) == pins;
	xa_unlock_irq(&mapping->i_pages);
	return ret;
}

/**
 * pui_clean_for_io() - May buffers under io be cleaned when they are written?
 * @folio: The folio, which is under io.
 *
 * As a rule they stay dirty, since a device may write them at any moment without
 * a word.  If all who have the folio pinned report what they write, its buffers
 * can tell what has changed since the last snapshot: pui_written(), write(2),
 * and the next store through a page table, which from here on needs a fault,
 * make them dirty again, as in any other folio.  The folio itself stays dirty.
 *
 * The file system cleans them before it takes the snapshot, with a full memory
 * barrier in between, and makes them dirty again if the snapshot is not written.
 *
 * Context: Process context.  The caller holds the folio lock, and keeps it until
 *	    the buffers are clean: a new range that does not report waits for it.
 * Return: True if the buffers that are dirty now have to be written, and no
 *	   others.
 */
bool pui_clean_for_io(struct folio *folio)
{
	if (!pui_all_report(folio))
		return false;
	if (folio_mkclean(folio))
		folio_mark_dirty(folio);
	/* after mkclean: who pins it from now on for writing faults first */
	return pui_all_report(folio);
}
EXPORT_SYMBOL_NS_GPL(pui_clean_for_io, PAGE_UNDER_IO);

/**
 * pui_wait_reports() - Let what has been seen of a device be reported.
 * @mapping: The file's page cache.
 *
 * A process that polls the bytes may see them before the holder has come to
 * pui_written(), and ask for them to be on the disk.  Integrity writeback calls
 * this before it looks at buffers: bytes that were there when it was called have
 * been reported when it returns.
 *
 * Context: Process context.  Sleeps for an expedited RCU grace period if the
 *	    file has a range that &pui_range.reports.
 */
void pui_wait_reports(struct address_space *mapping)
{
	struct interval_tree_node *node;

	if (!pui_test_mapping(mapping))
		return;
	xa_lock_irq(&mapping->i_pages);
	for (node = interval_tree_iter_first(&mapping->i_pui, 0, ULONG_MAX);
	     node && !container_of(node, struct pui_range, node)->reports;
	     node = interval_tree_iter_next(node, 0, ULONG_MAX))
		;
	xa_unlock_irq(&mapping->i_pages);
	if (node)
		synchronize_rcu_expedited();
}
EXPORT_SYMBOL_NS_GPL(pui_wait_reports, PAGE_UNDER_IO);

/**
 * pui_written() - Say that the device has written to a page.
 * @range: A range that &pui_range.reports.
 * @page: The page, one of those that pui_start() returned for the range, and
 *	  not lost.
 *
 * After the bytes are there, and under the rcu_read_lock() that was taken before
 * the first of them was: see pui_wait_reports().
 *
 * Context: Process context, or with bottom halves off, under RCU; takes
 *	    i_private_lock.
 */
void pui_written(struct pui_range *range, struct page *page)
{
	struct address_space *mapping = range->mapping;
	struct folio *folio = page_folio(page);
	size_t start = folio_page_idx(folio, page) << PAGE_SHIFT;
	struct buffer_head *bh, *head;

	RCU_LOCKDEP_WARN(!rcu_read_lock_held(), "written, and now reported?");
	pui_delay_report();
	/* the bytes before the bit, as in pui_clean_for_io() */
	smp_mb();
	spin_lock(&mapping->i_private_lock);
	head = folio->mapping == mapping ? folio_buffers(folio) : NULL;
	bh = head;
	while (bh) {
		if (bh_offset(bh) < start + PAGE_SIZE &&
		    bh_offset(bh) + bh->b_size > start)
			set_buffer_dirty(bh);
		bh = bh->b_this_page;
		if (bh == head)
			break;
	}
	spin_unlock(&mapping->i_private_lock);
}
EXPORT_SYMBOL_NS_GPL(pui_written, PAGE_UNDER_IO);

/**
 * pui_flush() - Start to write a file, pages under io included.
 * @mapping: The file's page cache.
 *
 * For who wants its blocks allocated, which filemap_flush() does for all other
 * pages only.
 *
 * Context: Process context.  Does not wait for the disk.  If the file system is
 *	    frozen, the pages are left for after the thaw, as by sync(2).
 * Return: 0; or what the file system returned.
 */
int pui_flush(struct address_space *mapping)
{
	struct writeback_control wbc = {
		.sync_mode = WB_SYNC_ALL,
		.for_sync = 1,
		.nr_to_write = LONG_MAX,
		.range_end = LLONG_MAX,
	};

	return filemap_fdatawrite_wbc(mapping, &wbc);
}
EXPORT_SYMBOL_NS_GPL(pui_flush, PAGE_UNDER_IO);

/*
 * Snapshots: pages that are written in place of a page under io.  While it is
 * in use, a snapshot has PG_owner_2, no mapping, its source in ->private and
 * its offset in the source in ->index.
 */

/**
 * pui_snapshot() - Copy a block of a page under io, for writing it out.
 * @folio: The folio, locked, or under writeback and so in the cache.
 * @offset: Where the block begins in @folio, in bytes.
 * @len: Bytes in the block, at most a page.
 * @valid: Bytes of @folio that belong to the file; others become zeros.
 * @gfp: With __GFP_DIRECT_RECLAIM the function never fails, but may wait for
 *	 other snapshots to be written.  Only a caller without a bio that is not
 *	 yet submitted may do so, and must then submit this one before it waits
 *	 for anything, like a lock.
 *
 * The page itself must not be written: the device may change it while the disk
 * reads it, and the disk, or what lies in between, may want to checksum it.
 *
 * Context: May sleep if @gfp says so.
 * Return: The copy, whose block begins at byte 0; NULL if memory is short.
 */
struct folio *pui_snapshot(struct folio *folio, size_t offset, size_t len,
			   size_t valid, gfp_t gfp)
{
	size_t n = clamp_t(ssize_t, valid - offset, 0, len);
	struct folio *snapshot;
	unsigned long left;
	struct page *page;

	if (WARN_ON_ONCE(len > PAGE_SIZE ||
			 offset_in_page(offset) + len > PAGE_SIZE))
		len = PAGE_SIZE - offset_in_page(offset);

	if (gfp & __GFP_DIRECT_RECLAIM)
		page = mempool_alloc(pui_snapshots, gfp);
	else
		page = pui_should_fail() ? NULL : alloc_page(gfp);
	if (!page)
		return NULL;
	snapshot = page_folio(page);
	folio_set_owner_2(snapshot);
	snapshot->private = folio;
	snapshot->index = offset;
	left = copy_mc_to_kernel(folio_address(snapshot),
				 folio_address(folio) + offset, n);
	if (unlikely(left)) {
		/* the memory has an error: as if the disk could not be written */
		memory_failure_queue(folio_pfn(folio) + (offset >> PAGE_SHIFT), 0);
		mapping_set_error(folio->mapping, -EIO);
	}
	memzero_page(page, n - left, len - n + left);
	trace_pui_snapshot(folio->mapping->host,
			   folio->index + (offset >> PAGE_SHIFT));
	return snapshot;
}
EXPORT_SYMBOL_NS_GPL(pui_snapshot, PAGE_UNDER_IO);

struct folio *__pui_snapshot_source(struct folio *snapshot, size_t *offset)
{
	*offset += snapshot->index;
	return snapshot->private;
}
EXPORT_SYMBOL_NS_GPL(__pui_snapshot_source, PAGE_UNDER_IO);

/**
 * pui_snapshot_free() - Free a snapshot when it has been written.
 * @snapshot: What pui_snapshot() returned, or NULL.
 *
 * Context: Any context.
 */
void pui_snapshot_free(struct folio *snapshot)
{
	if (!snapshot)
		return;
	snapshot->private = NULL;
	snapshot->index = 0;
	folio_clear_owner_2(snapshot);
	mempool_free(&snapshot->page, pui_snapshots);
}
EXPORT_SYMBOL_NS_GPL(pui_snapshot_free, PAGE_UNDER_IO);

static int __init pui_init(void)
{
	pui_snapshots = mempool_create_page_pool(PUI_SNAPSHOTS, 0);
	/* at boot; without it no page could ever be written */
	if (!pui_snapshots)
		panic("page_under_io: no memory for snapshots\n");
	return 0;
}
subsys_initcall(pui_init);

#if IS_ENABLED(CONFIG_PAGE_UNDER_IO_KUNIT_TEST)
#include "page_under_io_kunit.c"
#endif
