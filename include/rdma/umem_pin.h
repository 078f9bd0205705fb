/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * umem_pin: user memory that a device may use for as long as it likes, shared
 * mappings of files included.
 *
 * What struct ib_umem is to a driver, with the same arguments in the same
 * order: converting a driver is renaming calls.
 *
 *	pin = umem_pin_get(device, start, length, access);
 *	if (IS_ERR(pin))
 *		return PTR_ERR(pin);
 *	pgsz = umem_pin_find_best_pgsz(pin, supported, iova);
 *	umem_pin_for_each_dma_block(pin, &biter, pgsz)
 *		... rdma_block_iter_dma_address(&biter) ...
 *	...
 *	umem_pin_release(pin);
 *
 * See Documentation/infiniband/umem_pin.rst.
 */
#ifndef _RDMA_UMEM_PIN_H
#define _RDMA_UMEM_PIN_H

#include <linux/compiler.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <rdma/ib_umem.h>
#include <rdma/ib_verbs.h>

struct sk_buff;
struct umem_pin;

/**
 * struct umem_pin_ops - What a driver can do for files.
 * @revoke: Make sure that the device cannot reach bytes of the memory any
 *	    more; @offset and @length in bytes, from the first byte on.  A
 *	    driver that cannot do that passes no ops.
 * @reports_writes: The driver knows what the device writes, and calls
 *		    umem_pin_written().  fsync(2) then writes what has changed
 *		    since the last one, not all of the memory.
 *
 * The bytes are about to leave their file (truncate(2), for instance), and
 * never come back to this memory.  When @revoke returns, no access to them is
 * under way, and every later one, by a peer or by a local work request,
 * completes with the access error that the verbs specification names.  The rest
 * of the memory works on.
 *
 * It is called in process context, with locks of the file system held, so it
 * must not touch user memory.  It may sleep until the device is quiet, but must
 * not wait for anything that waits for umem_pin_release() of any memory.  It
 * may be called as soon as umem_pin_get_revocable() is, before that returns,
 * and until umem_pin_release() returns; umem_pin_private() is valid then.  Calls
 * for one memory are not serialised if it is in more than one file.
 *
 * A driver that copies with the CPU asks umem_pin_test_lost() and copies under
 * one umem_pin_guard(): umem_pin_revoke_rcu() is all it needs.
 */
struct umem_pin_ops {
	void (*revoke)(struct umem_pin *pin, u64 offset, u64 length);
	bool reports_writes;
};

/**
 * struct umem_pin - User memory pinned and mapped for a device.
 * @umem: What drivers see; through the functions below only.
 * @ranges: The parts of it that are files.
 * @ops: What the driver can do; NULL if nothing.
 * @private: The driver's.
 * @lost_rcu: Grace period that began after bytes were lost last.
 * @lost: Bytes have been lost.
 * @tgid: The process that registered it.
 * @comm: Its command.
 */
struct umem_pin {
	struct ib_umem umem;
#ifdef CONFIG_INFINIBAND_UMEM_PIN
	struct list_head ranges;
	const struct umem_pin_ops *ops;
	void *private;
	unsigned long lost_rcu;
	bool lost;
	pid_t tgid;
	char comm[TASK_COMM_LEN];
#endif
};

/* NULL stays NULL */
static_assert(!offsetof(struct umem_pin, umem));

#ifdef CONFIG_INFINIBAND_UMEM_PIN

struct umem_pin *umem_pin_get_revocable(struct ib_device *device,
					unsigned long addr, size_t size,
					int access,
					const struct umem_pin_ops *ops,
					void *private);
void umem_pin_release(struct umem_pin *pin);
void umem_pin_revoke_rcu(struct umem_pin *pin, u64 offset, u64 length);
bool __umem_pin_test_lost(struct umem_pin *pin, u64 offset, u64 length);
void __umem_pin_written(struct umem_pin *pin, u64 offset, struct page *page);
int umem_pin_fill_res(struct sk_buff *msg, struct umem_pin *pin);

/**
 * umem_pin_private() - What the driver passed to umem_pin_get_revocable().
 * @pin: The pinned memory.
 *
 * Context: Any context.
 * Return: The pointer.
 */
static inline void *umem_pin_private(struct umem_pin *pin)
{
	return pin->private;
}

/**
 * umem_pin_test_lost() - Have bytes of the memory left their file?
 * @pin: The pinned memory; NULL if there is none.
 * @offset: Where they begin, in bytes.
 * @length: How many there are, at least 1; all of them are inside.
 *
 * Context: Any context; does not sleep.  Under umem_pin_guard(), "no" holds as
 *	    long as that if the driver's revoke is umem_pin_revoke_rcu().
 * Return: True if one of the bytes is lost, for ever.
 */
static inline bool umem_pin_test_lost(struct umem_pin *pin, u64 offset,
				      u64 length)
{
	return pin && unlikely(READ_ONCE(pin->lost)) &&
	       __umem_pin_test_lost(pin, offset, length);
}

/* Is any of the memory a file's? */
static inline bool umem_pin_has_file(const struct umem_pin *pin)
{
	return !list_empty(&pin->ranges);
}

/**
 * umem_pin_written() - Say that the device has written to a page of the memory.
 * @pin: The pinned memory; NULL if there is none.
 * @offset: Of one of the bytes in the page that were written.
 * @page: The page.
 *
 * For a driver whose ops say that it reports_writes: after each write, and
 * before a completion or an acknowledgment tells anybody of it.  Who polls the
 * bytes may know even before: fsync(2) waits for the guards of today.
 *
 * Context: Process context, or with bottom halves off, under the
 *	    umem_pin_guard() that was there before the first byte was written.
 */
static inline void umem_pin_written(struct umem_pin *pin, u64 offset,
				    struct page *page)
{
	if (pin && umem_pin_has_file(pin))
		__umem_pin_written(pin, offset, page);
}

/*
 * From here to the end of the block the CPU copies from or to memory that has
 * been tested for lost bytes.
 */
#define umem_pin_guard()	guard(rcu)()

/* For a driver that returns -EFAULT where it finds bytes lost: is that why? */
static inline bool umem_pin_is_lost(int err)
{
	return unlikely(err == -EFAULT);
}

/* A device operation that is there for umem_pin only. */
#define umem_pin_op(fn)		(fn)

#else /* !CONFIG_INFINIBAND_UMEM_PIN */

#define umem_pin_guard()	do { } while (0)
#define umem_pin_written(pin, offset, page)	do { } while (0)
#define umem_pin_op(fn)		PTR_IF(false, fn)

static inline bool umem_pin_is_lost(int err)
{
	return false;
}

static inline void umem_pin_revoke_rcu(struct umem_pin *pin, u64 offset,
				       u64 length)
{
}

static inline bool umem_pin_test_lost(struct umem_pin *pin, u64 offset,
				      u64 length)
{
	return false;
}

static inline int umem_pin_fill_res(struct sk_buff *msg, struct umem_pin *pin)
{
	return 0;
}

static inline struct umem_pin *
umem_pin_get_revocable(struct ib_device *device, unsigned long addr,
		       size_t size, int access, const struct umem_pin_ops *ops,
		       void *private)
{
	struct ib_umem *umem = ib_umem_get(device, addr, size, access);

	if (IS_ERR(umem))
		return ERR_CAST(umem);
	return container_of(umem, struct umem_pin, umem);
}

static inline void umem_pin_release(struct umem_pin *pin)
{
	ib_umem_release((struct ib_umem *)pin);
}

#endif /* CONFIG_INFINIBAND_UMEM_PIN */

/**
 * umem_pin_get() - Pin user memory and map it for a device.
 * @device: The device.
 * @addr: First byte, in the address space of the current process.
 * @size: How many bytes.
 * @access: IB_ACCESS_xxx: what the device, and its peers, may do with them.
 *
 * umem_pin_get_revocable() for a driver that cannot give up bytes: while it has
 * them, nobody can take them out of their file.
 *
 * Context: As umem_pin_get_revocable().
 * Return: As umem_pin_get_revocable().
 */
static inline struct umem_pin *umem_pin_get(struct ib_device *device,
					    unsigned long addr, size_t size,
					    int access)
{
	return umem_pin_get_revocable(device, addr, size, access, NULL, NULL);
}

/**
 * umem_pin_sgt() - The scatter list.
 * @pin: The pinned memory.
 *
 * It begins with the first page, whole: see umem_pin_offset().
 *
 * Context: Any context.
 * Return: The list, pages and DMA addresses, valid until umem_pin_release().
 */
static inline struct sg_table *umem_pin_sgt(struct umem_pin *pin)
{
	return &pin->umem.sgt_append.sgt;
}

/**
 * umem_pin_offset() - Where the memory begins in its first page.
 * @pin: The pinned memory.
 *
 * Context: Any context.
 * Return: The offset in bytes.
 */
static inline int umem_pin_offset(struct umem_pin *pin)
{
	return ib_umem_offset(&pin->umem);
}

/**
 * umem_pin_dma_offset() - Where the memory begins in its first DMA block.
 * @pin: The pinned memory.
 * @pgsz: The size of a block, in bytes.
 *
 * Context: Any context.
 * Return: The offset in bytes.
 */
static inline unsigned long umem_pin_dma_offset(struct umem_pin *pin,
						unsigned long pgsz)
{
	return ib_umem_dma_offset(&pin->umem, pgsz);
}

/**
 * umem_pin_num_dma_blocks() - How many DMA blocks the memory has.
 * @pin: The pinned memory, after umem_pin_find_best_pgsz().
 * @pgsz: The size of a block, in bytes.
 *
 * Context: Any context.
 * Return: The number of blocks that umem_pin_for_each_dma_block() visits.
 */
static inline size_t umem_pin_num_dma_blocks(struct umem_pin *pin,
					     unsigned long pgsz)
{
	return ib_umem_num_dma_blocks(&pin->umem, pgsz);
}

/**
 * umem_pin_npages() - How many pages the memory has.
 * @pin: The pinned memory.
 *
 * Context: Any context.
 * Return: The number of pages, partly used ones included.
 */
static inline size_t umem_pin_npages(struct umem_pin *pin)
{
	return ib_umem_num_pages(&pin->umem);
}

/**
 * umem_pin_find_best_pgsz() - The largest DMA block that fits the memory.
 * @pin: The pinned memory.
 * @pgsz_bitmap: Block sizes that the device supports, in bytes, or-ed.
 * @virt: The address by which the device will know the memory (IOVA).
 *
 * Context: Any context.
 * Return: The block size in bytes; 0 if none fits.
 */
static inline unsigned long umem_pin_find_best_pgsz(struct umem_pin *pin,
						    unsigned long pgsz_bitmap,
						    u64 virt)
{
	return ib_umem_find_best_pgsz(&pin->umem, pgsz_bitmap, virt);
}

/**
 * umem_pin_find_best_pgoff() - The same for devices that take an offset.
 * @pin: The pinned memory.
 * @pgsz_bitmap: Block sizes that the device supports, in bytes, or-ed.
 * @pgoff_bitmask: Address bits that the device can express as an offset.
 *
 * Context: Any context.
 * Return: The block size in bytes; 0 if none fits.
 */
static inline unsigned long umem_pin_find_best_pgoff(struct umem_pin *pin,
						     unsigned long pgsz_bitmap,
						     u64 pgoff_bitmask)
{
	return ib_umem_find_best_pgoff(&pin->umem, pgsz_bitmap, pgoff_bitmask);
}

/**
 * umem_pin_copy_from() - Read from the memory.
 * @dst: Where to.
 * @pin: The pinned memory.
 * @offset: Where to begin, in bytes.
 * @length: How much, in bytes.
 *
 * Context: Process context.
 * Return: 0; -EINVAL if the bytes are not all inside.
 */
static inline int umem_pin_copy_from(void *dst, struct umem_pin *pin,
				     size_t offset, size_t length)
{
	return ib_umem_copy_from(dst, &pin->umem, offset, length);
}

/**
 * umem_pin_check_rereg() - May a memory region be reregistered as it is?
 * @pin: Its memory; NULL if it has none.
 * @flags: IB_MR_REREG_xxx: what is to change.
 * @new_access: IB_ACCESS_xxx: what it is to become.
 *
 * Context: Any context.
 * Return: 0; -EACCES if the memory was pinned for reading and the new access
 *	   writes.
 */
static inline int umem_pin_check_rereg(struct umem_pin *pin, int flags,
				       int new_access)
{
	return ib_umem_check_rereg((struct ib_umem *)pin, flags, new_access);
}

/**
 * umem_pin_for_each_dma_block() - Visit the DMA blocks of the memory.
 * @pin: The pinned memory.
 * @biter: A struct ib_block_iter.
 * @pgsz: The size of a block, from umem_pin_find_best_pgsz().
 *
 * rdma_umem_for_each_dma_block() for a umem_pin; a file that includes this
 * header and uses it includes <rdma/ib_verbs.h> for the iterator.
 */
#define umem_pin_for_each_dma_block(pin, biter, pgsz)                          \
	rdma_umem_for_each_dma_block(&(pin)->umem, biter, pgsz)

#endif /* _RDMA_UMEM_PIN_H */
