// SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
/*
 * umem_pin: user memory, pinned and mapped for a device.
 *
 * What it is
 *
 *   The memory of one memory region (MR).  It may lie over mappings of many
 *   kinds.  A part that is a shared, writable mapping of a file is a range: its
 *   pages go under io (see mm/page_under_io.c), so that the file system knows
 *   that a device may write them at any moment.  All other parts are pinned
 *   with pin_user_pages_fast(), as struct ib_umem always did.
 *
 * Life
 *
 *	umem_pin_get()				umem_pin_release()
 *	  range: file held, blocks stay	 ^	  range closed, file let go
 *	  pages pinned and under io	 |	  pages ordinary and dirty, unpinned
 *	  mapped for DMA		 |	  unmapped
 *	  v	device may write	 +-------- ^
 *
 *   Left going down, right going up: a page is under io strictly longer than
 *   any DMA mapping of it exists.
 *
 * Memory
 *
 *   One struct umem_pin_range for each part that is a file, and the scatter
 *   list, which has all pages in the order of their addresses.  Release goes
 *   through it and hands each page back the way it came.
 *
 * Revoke
 *
 *   Bytes that leave their file are lost: the driver is told and sees to it that
 *   its device cannot reach them.  Scatter list and pins stay as they are until
 *   release, because the list may be mapped for DMA as a whole.
 *
 *   A region is alive when it is mapped for DMA.  What is lost before that makes
 *   umem_pin_get_revocable() begin again, with the file as it is then.
 *
 * What never fails
 *
 *   umem_pin_release() allocates nothing and waits for no I/O.
 *
 * Terms
 *
 *   A page of the region has a number, "pos", from 0.  "last" is inclusive.
 */

#include <linux/dma-mapping.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/page_under_io.h>
#include <linux/page_under_io_fault.h>
#include <linux/rcupdate.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <net/netlink.h>
#include <rdma/rdma_netlink.h>
#include <rdma/restrack.h>
#include <rdma/umem_pin.h>

#include "trace.h"

MODULE_IMPORT_NS(PAGE_UNDER_IO);

static bool umem_pin_revoke = true;
module_param(umem_pin_revoke, bool, 0644);
MODULE_PARM_DESC(umem_pin_revoke,
		 "Regions registered from now on lose bytes that are truncated (if their driver can do that); otherwise truncating them fails");

/* Pages given back at once. */
#define UMEM_PIN_BATCH	64

/**
 * struct umem_pin_range - A part of the region that is a file.
 * @list: In &umem_pin.ranges, by @pos.
 * @pin: The region.
 * @pui: What of the file, and which pages of it are under io.
 * @offset: Where it begins in the region, in bytes.
 * @pos: Number of its first page.
 * @npages: How many pages it has.
 *
 * Nothing changes after umem_pin_get_revocable() but @pui, by
 * umem_pin_release() and when the file revokes.
 */
struct umem_pin_range {
	struct list_head list;
	struct umem_pin *pin;
	struct pui_range pui;
	unsigned long offset;
	unsigned long pos;
	unsigned long npages;
};

static struct umem_pin_range *umem_pin_next_range(struct umem_pin *pin,
						  struct umem_pin_range *range)
{
	return list_is_last(&range->list, &pin->ranges) ?
		NULL : list_next_entry(range, list);
}

/**
 * umem_pin_run() - How far pages are of one kind.
 * @range: The first range that does not end before @pos; NULL if none.
 * @pos: Number of the first page.
 * @is_file: Output: whether the pages belong to @range.
 *
 * Return: The number of pages from @pos on that are all in @range or all in no
 *	   file; ULONG_MAX if that is true of all there may be.
 */
static unsigned long umem_pin_run(const struct umem_pin_range *range,
				  unsigned long pos, bool *is_file)
{
	*is_file = range && pos >= range->pos;
	if (!range)
		return ULONG_MAX;
	if (!*is_file)
		return range->pos - pos;
	return range->pos + range->npages - pos;
}

/* By the address: the driver may have changed the iova since. */
static unsigned long umem_pin_count(const struct umem_pin *pin)
{
	unsigned long addr = pin->umem.address;

	return PFN_UP(addr + pin->umem.length) - PFN_DOWN(addr);
}

/*
 * The scatter list is what sg_alloc_append_table_from_pages() would make, but in
 * one pass: each page is looked at once, an element is written whole when it is
 * first used, and for a device that has no DMA it is mapped then and there.  It
 * always has an end mark.
 */

/* How many elements the pages take. */
static unsigned long umem_pin_count_sg(struct page **pages, unsigned long nr,
				       unsigned int max_segment)
{
	unsigned int length = PAGE_SIZE;
	unsigned long i, count = 1;

	for (i = 1; i < nr; i++) {
		if (page_to_pfn(pages[i]) == page_to_pfn(pages[i - 1]) + 1 &&
		    length < max_segment &&
		    zone_device_pages_have_same_pgmap(pages[i], pages[i - 1])) {
			length += PAGE_SIZE;
		} else {
			length = PAGE_SIZE;
			count++;
		}
	}
	return count;
}

/*
 * The element behind @last, the last one so far, with no more than one free
 * place behind it; NULL if memory is short.  @count is how many may still come;
 * @room is the number of free places, the one returned included.
 */
static struct scatterlist *umem_pin_next_sg(struct sg_append_table *append,
					    struct scatterlist *last,
					    unsigned long count,
					    unsigned int *room)
{
	struct scatterlist *sg;
	unsigned int n;

	/* nothing will have to be linked */
	if (*room && count == 1)
		return last + 1;

	n = min_t(unsigned long, count, SG_MAX_SINGLE_ALLOC);
	/* a page, as a rule, which the page allocator has at hand */
	sg = n == SG_MAX_SINGLE_ALLOC ?
		(void *)__get_free_page(GFP_KERNEL) :
		kmalloc_array(n, sizeof(*sg), GFP_KERNEL);
	if (!sg)
		return NULL;
	if (last) {
		__sg_chain(last + 1, sg);
		append->total_nents += n - 1;
	} else {
		append->sgt.sgl = sg;
		append->total_nents = n;
	}
	*room = n;
	return sg;
}

static void umem_pin_free_sg(struct scatterlist *sg, unsigned int nents)
{
	if (nents == SG_MAX_SINGLE_ALLOC)
		free_page((unsigned long)sg);
	else
		kfree(sg);
}

/*
 * Append pages to the scatter list.  @left is how many will come after them.
 * Returns the number of pages appended, less than @nr if memory is short.
 */
static unsigned long umem_pin_append(struct umem_pin *pin, struct page **pages,
				     unsigned long nr, unsigned long left)
{
	const unsigned int max_segment =
		ALIGN_DOWN(ib_dma_max_seg_size(pin->umem.ibdev), PAGE_SIZE);
	const bool virt_dma = ib_uses_virt_dma(pin->umem.ibdev);
	struct sg_append_table *append = &pin->umem.sgt_append;
	unsigned int room = append->total_nents - append->sgt.orig_nents;
	struct scatterlist *sg = append->prv, *next;
	unsigned long next_pfn = ULONG_MAX;
	unsigned long done, count;

	if (sg) {
		sg_unmark_end(sg);
		next_pfn = page_to_pfn(sg_page(sg)) + PFN_DOWN(sg->length);
	}
	for (done = 0; done < nr; done++) {
		struct page *page = pages[done];
		unsigned long pfn = page_to_pfn(page);

		if (pfn == next_pfn && sg->length < max_segment &&
		    zone_device_pages_have_same_pgmap(page, sg_page(sg))) {
			sg->length += PAGE_SIZE;
		} else {
			next = sg + 1;
			if (unlikely(room <= 1)) {
				count = left;
				/* as many fill an allocation, or more */
				if (count < SG_MAX_SINGLE_ALLOC)
					count += umem_pin_count_sg(pages + done,
								   nr - done,
								   max_segment);
				next = umem_pin_next_sg(append, sg, count,
							&room);
				if (!next)
					break;
			}
			sg = next;
			room--;
			memset(sg, 0, sizeof(*sg));
			sg_set_page(sg, page, PAGE_SIZE, 0);
			if (virt_dma)
				sg_dma_address(sg) =
					(uintptr_t)page_address(page);
		}
		if (virt_dma)
			sg_dma_len(sg) = sg->length;
		next_pfn = pfn + 1;
	}
	if (sg)
		sg_mark_end(sg);
	append->prv = sg;
	append->sgt.orig_nents = append->total_nents - room;
	append->sgt.nents = append->sgt.orig_nents;
	return done;
}

/* sg_next(), without the call. */
static __always_inline struct scatterlist *
umem_pin_sg_next(struct scatterlist *sg)
{
	if (sg_is_last(sg))
		return NULL;
	sg++;
	if (unlikely(sg_is_chain(sg)))
		sg = sg_chain_ptr(sg);
	return sg;
}

/* Where in the scatter list the next page is; no page if @sg is NULL. */
struct umem_pin_cursor {
	struct scatterlist *sg;
	struct page *page;
	unsigned long left;	/* pages of @sg, this one included */
};

static __always_inline void umem_pin_cursor_set(struct umem_pin_cursor *cur,
						struct scatterlist *sg)
{
	cur->sg = sg;
	if (!sg)
		return;
	cur->page = sg_page(sg);
	cur->left = PFN_DOWN(sg->length);
}

/* Go on by @n pages of the element. */
static __always_inline void umem_pin_cursor_add(struct umem_pin_cursor *cur,
						unsigned long n)
{
	cur->left -= n;
	if (cur->left)
		cur->page = nth_page(cur->page, n);
	else
		umem_pin_cursor_set(cur, umem_pin_sg_next(cur->sg));
}

/* Hand back up to @run pages of a file. */
static unsigned long umem_pin_unpin_file(struct umem_pin_range *range,
					 struct umem_pin_cursor *where,
					 unsigned long run)
{
	struct page *batch[UMEM_PIN_BATCH];
	struct umem_pin_cursor cur = *where;
	unsigned long done = 0, nr;

	/* fewer pages if registration failed in the middle of the range */
	while (done < run && cur.sg) {
		unsigned long want = min_t(unsigned long, run - done,
					   UMEM_PIN_BATCH);

		for (nr = 0; nr < want && cur.sg; nr++) {
			batch[nr] = cur.page;
			umem_pin_cursor_add(&cur, 1);
		}
		pui_end(&range->pui, batch, nr);
		done += nr;
		cond_resched();
	}
	*where = cur;
	return done;
}

/* Hand back up to @run pages that are no file's. */
static unsigned long umem_pin_unpin_other(struct umem_pin_cursor *cur,
					  unsigned long run, bool dirty)
{
	unsigned long done, n;

	for (done = 0; done < run && cur->sg; done += n) {
		n = min(run - done, cur->left);
		unpin_user_page_range_dirty_lock(cur->page, n, dirty);
		umem_pin_cursor_add(cur, n);
	}
	return done;
}

/* Hand back pages of files and other pages, as they come. */
static void umem_pin_unpin_mixed(struct umem_pin *pin, bool dirty)
{
	struct umem_pin_cursor cur = {};
	struct umem_pin_range *range;
	unsigned long pos = 0, run;
	bool is_file;

	range = list_first_entry(&pin->ranges, struct umem_pin_range, list);
	umem_pin_cursor_set(&cur, umem_pin_sgt(pin)->sgl);
	while (cur.sg) {
		run = umem_pin_run(range, pos, &is_file);
		if (is_file) {
			pos += umem_pin_unpin_file(range, &cur, run);
			range = umem_pin_next_range(pin, range);
		} else {
			pos += umem_pin_unpin_other(&cur, run, dirty);
		}
	}
}

/* Hand back what is in the scatter list, and free the list. */
static void umem_pin_unpin(struct umem_pin *pin, bool dirty)
{
	struct sg_append_table *append = &pin->umem.sgt_append;
	struct scatterlist *sg;

	if (!list_empty(&pin->ranges))
		umem_pin_unpin_mixed(pin, dirty);
	else
		for (sg = append->sgt.sgl; sg; sg = umem_pin_sg_next(sg))
			unpin_user_page_range_dirty_lock(sg_page(sg),
							 PFN_DOWN(sg->length),
							 dirty);
	__sg_free_table(&append->sgt, SG_MAX_SINGLE_ALLOC, 0, umem_pin_free_sg,
			append->total_nents);
	memset(append, 0, sizeof(*append));
}

static void umem_pin_close_ranges(struct umem_pin *pin)
{
	struct umem_pin_range *range, *next;

	list_for_each_entry_safe(range, next, &pin->ranges, list) {
		pui_finish(&range->pui);
		list_del(&range->list);
		kfree(range);
	}
}

/*
 * Pin @npages at @addr, all in @range or, without one, in no file, and append
 * them to the scatter list.  @left is how many pages the region still lacks.
 */
static int umem_pin_part(struct umem_pin *pin, struct umem_pin_range *range,
			 unsigned long addr, unsigned long npages,
			 unsigned long left, struct page **pages)
{
	unsigned int gup_flags = FOLL_LONGTERM;
	unsigned long want;
	long nr, done;

	if (pin->umem.writable)
		gup_flags |= FOLL_WRITE;

	for (; npages; npages -= nr, left -= nr, addr += nr * PAGE_SIZE) {
		cond_resched();
		want = min_t(unsigned long, npages, PAGE_SIZE / sizeof(*pages));
		if (range)
			nr = pui_start(&range->pui, pages, want);
		else
			nr = pin_user_pages_fast(addr, want, gup_flags, pages);
		if (nr < 0)
			return nr;

		done = umem_pin_append(pin, pages, nr, left - nr);
		if (done == nr)
			continue;
		if (range) {
			/* a range gives up its pages in order */
			umem_pin_unpin(pin, false);
			pui_end(&range->pui, pages + done, nr - done);
		} else {
			unpin_user_pages(pages + done, nr - done);
		}
		return -ENOMEM;
	}
	return 0;
}

/* For the order of &umem_pin.lost_rcu. */
static DEFINE_SPINLOCK(umem_pin_lost_lock);

static void umem_pin_lose(struct pui_range *pui)
{
	struct umem_pin *pin = container_of(pui, struct umem_pin_range,
					    pui)->pin;

	/* whoever begins to read after this sees it */
	WRITE_ONCE(pin->lost, true);
	/* another of its files may lose bytes, too: the later one counts */
	spin_lock(&umem_pin_lost_lock);
	WRITE_ONCE(pin->lost_rcu, get_state_synchronize_rcu());
	spin_unlock(&umem_pin_lost_lock);
}

static void umem_pin_tell(struct pui_range *pui, loff_t start, loff_t last)
{
	struct umem_pin_range *range = container_of(pui, struct umem_pin_range,
						    pui);
	u64 offset = range->offset + (start - pui->node.start);

	trace_umem_pin_revoke(range->pin, offset, last - start + 1);
	range->pin->ops->revoke(range->pin, offset, last - start + 1);
}

static void umem_pin_show(struct pui_range *pui, struct seq_file *m)
{
	struct umem_pin *pin = container_of(pui, struct umem_pin_range,
					    pui)->pin;

	seq_printf(m, "%d ", pin->tgid);
	seq_escape(m, pin->comm, " \t\n\\");
	seq_printf(m, " %s", dev_name(&pin->umem.ibdev->dev));
}

static const struct pui_range_ops umem_pin_range_ops = {
	.lose	= umem_pin_lose,
	.show	= umem_pin_show,
};

static const struct pui_range_ops umem_pin_revocable_ops = {
	.lose	= umem_pin_lose,
	.revoke	= umem_pin_tell,
	.show	= umem_pin_show,
};

/* Where the process has it mapped: pointers may have tags. */
static unsigned long umem_pin_start(const struct umem_pin *pin)
{
	return untagged_addr(pin->umem.address);
}

/*
 * Open a range if the memory at @addr is a file.  @part_last tells how far the
 * answer goes.
 */
static struct umem_pin_range *umem_pin_open_range(struct umem_pin *pin,
						  unsigned long addr,
						  unsigned long last,
						  unsigned long *part_last)
{
	struct umem_pin_range *range;
	int ret;

	range = kmalloc(sizeof(*range), GFP_KERNEL);
	if (!range)
		return ERR_PTR(-ENOMEM);
	range->pin = pin;
	range->offset = addr - umem_pin_start(pin);
	range->pui.reports = pin->ops && pin->ops->reports_writes;
	ret = pui_prepare(&range->pui,
			  pin->ops ? &umem_pin_revocable_ops :
				     &umem_pin_range_ops,
			  addr, last, part_last);
	if (ret <= 0) {
		kfree(range);
		return ERR_PTR(ret);
	}
	range->pos = PFN_DOWN(addr) - PFN_DOWN(umem_pin_start(pin));
	range->npages = PFN_DOWN(*part_last) - PFN_DOWN(addr) + 1;
	list_add_tail(&range->list, &pin->ranges);
	return range;
}

/* Pin the whole region, part by part. */
static int umem_pin_pages(struct umem_pin *pin)
{
	unsigned long addr = umem_pin_start(pin);
	unsigned long last = addr + pin->umem.length - 1;
	unsigned long left = umem_pin_count(pin);
	unsigned long part_last = last;
	struct page **pages;
	int ret = 0;

	pages = (struct page **)__get_free_page(GFP_KERNEL);
	if (!pages)
		return -ENOMEM;

	for (; left && !ret; addr = part_last + 1) {
		struct umem_pin_range *range = NULL;
		unsigned long npages;

		if (pin->umem.writable) {
			range = umem_pin_open_range(pin, addr, last,
						    &part_last);
			if (IS_ERR(range)) {
				ret = PTR_ERR(range);
				break;
			}
		}
		npages = PFN_DOWN(part_last) - PFN_DOWN(addr) + 1;
		ret = umem_pin_part(pin, range, addr & PAGE_MASK, npages, left,
				    pages);
		left -= npages;
	}
	free_page((unsigned long)pages);
	return ret;
}

/* Count the pages against RLIMIT_MEMLOCK, as every RDMA driver does. */
static int umem_pin_account(struct mm_struct *mm, unsigned long npages)
{
	unsigned long limit = rlimit(RLIMIT_MEMLOCK) >> PAGE_SHIFT;

	if (atomic64_add_return(npages, &mm->pinned_vm) <= limit ||
	    capable(CAP_IPC_LOCK))
		return 0;
	atomic64_sub(npages, &mm->pinned_vm);
	return -ENOMEM;
}

/* Undo what umem_pin_map() has done so far. */
static void umem_pin_undo(struct umem_pin *pin)
{
	umem_pin_unpin(pin, false);
	umem_pin_close_ranges(pin);
}

/*
 * Pin all and map it for DMA, with nothing left behind if that fails.  -EAGAIN
 * if bytes were lost meanwhile.
 */
static int umem_pin_map(struct umem_pin *pin, unsigned long dma_attr)
{
	int ret;

	ret = umem_pin_pages(pin);
	if (ret)
		goto err_undo;
	/* without DMA it is mapped already */
	if (pui_should_fail())
		ret = -EIO;
	else if (!ib_uses_virt_dma(pin->umem.ibdev))
		ret = ib_dma_map_sgtable_attrs(pin->umem.ibdev,
					       umem_pin_sgt(pin),
					       DMA_BIDIRECTIONAL, dma_attr);
	if (ret)
		goto err_undo;
	trace_umem_pin_dma_map(pin);
	if (likely(!READ_ONCE(pin->lost)))
		return 0;

	ret = -EAGAIN;
	ib_dma_unmap_sgtable_attrs(pin->umem.ibdev, umem_pin_sgt(pin),
				   DMA_BIDIRECTIONAL, dma_attr);
	trace_umem_pin_dma_unmap(pin);
err_undo:
	umem_pin_undo(pin);
	return ret;
}

/**
 * umem_pin_get_revocable() - Pin user memory and map it for a device.
 * @device: The device.
 * @addr: First byte, in the address space of the current process.
 * @size: How many bytes.
 * @access: IB_ACCESS_xxx: what the device, and its peers, may do with them.
 * @ops: What the driver can do for files; NULL if nothing.
 * @private: For umem_pin_private().
 *
 * With write access, parts of the memory that are shared, writable mappings of
 * files stay dirty, and under io, until umem_pin_release().  fsync(2) writes
 * what is in them meanwhile.  They need not be faulted in before, and may be
 * unmapped after.
 *
 * Bytes that leave their file are revoked, see struct umem_pin_ops.  Without
 * @ops, what would take them out of the file fails with ETXTBSY.
 *
 * The mechanism is the one Matthew Wilcox proposed for get_user_pages() on
 * 21 May 2018, see mm/page_under_io.c.
 *
 * Context: Process context.  Sleeps.  Expects no locks of mm or of a file.
 * Return: The memory; or, with nothing left behind,
 *	   -EINVAL if there are no bytes, or too many, or they wrap around;
 *	   -EPERM if the process may not lock memory;
 *	   -ENOMEM if memory is short or RLIMIT_MEMLOCK exceeded;
 *	   -EFAULT if there is no memory, or not of that access, or a file ends
 *	   before or refuses space (see tracepoint pui_fault_failed);
 *	   -EOPNOTSUPP if a file is not of a kind that can be written that way
 *	   (its file system, block size, data journalling, DAX, swap or quota
 *	   file, immutable), or @access asks for on-demand paging;
 *	   -EBUSY if a page never came to rest; -EHWPOISON for a page with a
 *	   memory error; -EINTR if a fatal signal came;
 *	   what the device's DMA mapping returned.
 */
struct umem_pin *umem_pin_get_revocable(struct ib_device *device,
					unsigned long addr, size_t size,
					int access,
					const struct umem_pin_ops *ops,
					void *private)
{
	unsigned long dma_attr = 0;
	struct umem_pin *pin;
	unsigned long npages;
	struct mm_struct *mm;
	unsigned long end;
	int ret;

	if (check_add_overflow(addr, size, &end) || PAGE_ALIGN(end) < end)
		return ERR_PTR(-EINVAL);
	if (!can_do_mlock())
		return ERR_PTR(-EPERM);
	if (access & IB_ACCESS_ON_DEMAND)
		return ERR_PTR(-EOPNOTSUPP);

	pin = kzalloc(sizeof(*pin), GFP_KERNEL);
	if (!pin)
		return ERR_PTR(-ENOMEM);
	INIT_LIST_HEAD(&pin->ranges);
	if (READ_ONCE(umem_pin_revoke))
		pin->ops = ops;
	pin->private = private;
	pin->tgid = task_tgid_nr(current);
	get_task_comm(pin->comm, current->group_leader);
	pin->umem.ibdev = device;
	pin->umem.length = size;
	pin->umem.address = addr;
	/* until umem_pin_find_best_pgsz() says otherwise */
	pin->umem.iova = addr;
	pin->umem.writable = ib_access_writable(access);

	npages = umem_pin_count(pin);
	if (!size || npages > UINT_MAX) {
		ret = -EINVAL;
		goto err_free;
	}

	mm = current->mm;
	ret = umem_pin_account(mm, npages);
	if (ret)
		goto err_free;
	mmgrab(mm);
	pin->umem.owning_mm = mm;

	if (access & IB_ACCESS_RELAXED_ORDERING)
		dma_attr |= DMA_ATTR_WEAK_ORDERING;
	do {
		/* each time again, somebody else has got something done */
		pin->lost = false;
		ret = umem_pin_map(pin, dma_attr);
	} while (ret == -EAGAIN && !fatal_signal_pending(current));
	if (!ret)
		return pin;
	if (ret == -EAGAIN)
		ret = -EINTR;

	atomic64_sub(npages, &mm->pinned_vm);
	mmdrop(mm);
err_free:
	kfree(pin);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_NS_GPL(umem_pin_get_revocable, UMEM_PIN);

/**
 * umem_pin_release() - Give memory back.
 * @pin: The memory, which no device uses any more; NULL does nothing.
 *
 * Pages of files that no other region covers become ordinary dirty pages, and
 * background writeback writes them.
 *
 * Context: Process context.  Does not wait for I/O and does not allocate.
 *	    May sleep on the locks of pages that are no file's.
 */
void umem_pin_release(struct umem_pin *pin)
{
	struct mm_struct *mm;

	if (!pin)
		return;
	might_sleep();
	mm = pin->umem.owning_mm;
	ib_dma_unmap_sgtable_attrs(pin->umem.ibdev, umem_pin_sgt(pin),
				   DMA_BIDIRECTIONAL, 0);
	trace_umem_pin_dma_unmap(pin);
	umem_pin_unpin(pin, pin->umem.writable);
	umem_pin_close_ranges(pin);
	atomic64_sub(umem_pin_count(pin), &mm->pinned_vm);
	mmdrop(mm);
	kfree(pin);
}
EXPORT_SYMBOL_NS_GPL(umem_pin_release, UMEM_PIN);

/* umem_pin_written(), of memory with files in it. */
void __umem_pin_written(struct umem_pin *pin, u64 offset, struct page *page)
{
	struct umem_pin_range *range;

	list_for_each_entry(range, &pin->ranges, list) {
		const struct interval_tree_node *node = &range->pui.node;

		if (offset >= range->offset &&
		    offset - range->offset <= node->last - node->start) {
			pui_written(&range->pui, page);
			break;
		}
	}
}
EXPORT_SYMBOL_NS_GPL(__umem_pin_written, UMEM_PIN);

/* umem_pin_test_lost(), of memory that has lost bytes. */
bool __umem_pin_test_lost(struct umem_pin *pin, u64 offset, u64 length)
{
	u64 last = offset + length - 1;
	struct umem_pin_range *range;

	list_for_each_entry(range, &pin->ranges, list) {
		struct interval_tree_node *node = &range->pui.node;
		u64 from = max_t(u64, offset, range->offset);
		u64 to = min_t(u64, last, range->offset +
			       (node->last - node->start));

		if (from <= to &&
		    pui_test_lost(&range->pui,
				  node->start + (from - range->offset),
				  node->start + (to - range->offset)))
			return true;
	}
	return false;
}
EXPORT_SYMBOL_NS_GPL(__umem_pin_test_lost, UMEM_PIN);

/**
 * umem_pin_revoke_rcu() - Revoke, for drivers that copy with the CPU.
 * @pin: The pinned memory.
 * @offset: Where the bytes begin.
 * @length: How many there are.
 *
 * A &umem_pin_ops.revoke.  It waits for all that copy under rcu_read_lock(),
 * which those who come later do after umem_pin_test_lost() has told them not to.
 * One grace period serves all memory that loses bytes at the same time.
 *
 * Context: Process context.  Sleeps for an RCU grace period.
 */
void umem_pin_revoke_rcu(struct umem_pin *pin, u64 offset, u64 length)
{
	cond_synchronize_rcu(READ_ONCE(pin->lost_rcu));
}
EXPORT_SYMBOL_NS_GPL(umem_pin_revoke_rcu, UMEM_PIN);

/**
 * umem_pin_fill_res() - Tell netlink about the file behind a region.
 * @msg: The message.
 * @pin: The pinned memory; NULL if there is none.
 *
 * For a driver's fill_res_mr_entry: "rdma resource show mr -dd" prints it.  A
 * region that lies over several files shows the first one.
 *
 * Context: Process context.
 * Return: 0; -EMSGSIZE if the message is full.
 */
int umem_pin_fill_res(struct sk_buff *msg, struct umem_pin *pin)
{
	struct umem_pin_range *range;
	struct inode *inode;
	struct nlattr *nest;

	if (!pin || list_empty(&pin->ranges))
		return 0;
	range = list_first_entry(&pin->ranges, struct umem_pin_range, list);
	inode = range->pui.mapping->host;
	nest = nla_nest_start(msg, RDMA_NLDEV_ATTR_DRIVER);
	if (!nest)
		return -EMSGSIZE;
	if (rdma_nl_put_driver_string(msg, "file_dev", inode->i_sb->s_id) ||
	    rdma_nl_put_driver_u64(msg, "file_ino", inode->i_ino) ||
	    rdma_nl_put_driver_u64(msg, "file_offset", range->pui.node.start) ||
	    rdma_nl_put_driver_u32(msg, "files",
				   list_count_nodes(&pin->ranges)) ||
	    rdma_nl_put_driver_u32(msg, "lost", READ_ONCE(pin->lost))) {
		nla_nest_cancel(msg, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(msg, nest);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(umem_pin_fill_res, UMEM_PIN);

#if IS_ENABLED(CONFIG_UMEM_PIN_KUNIT_TEST)
#include "tests/umem_pin_kunit.c"
#endif
