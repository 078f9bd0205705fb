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

#include <linux/err.h>
#include <linux/list.h>
#include <rdma/ib_umem.h>
#include <rdma/ib_verbs.h>

/**
 * struct umem_pin - User memory pinned and mapped for a device.
 * @umem: What drivers see; through the functions below only.
 * @ranges: The parts of it that are files.
 */
struct umem_pin {
	struct ib_umem umem;
#ifdef CONFIG_INFINIBAND_UMEM_PIN
	struct list_head ranges;
#endif
};

/* NULL stays NULL */
static_assert(!offsetof(struct umem_pin, umem));

#ifdef CONFIG_INFINIBAND_UMEM_PIN

struct umem_pin *umem_pin_get(struct ib_device *device, unsigned long addr,
			      size_t size, int access);
void umem_pin_release(struct umem_pin *pin);

#else /* !CONFIG_INFINIBAND_UMEM_PIN */

static inline struct umem_pin *umem_pin_get(struct ib_device *device,
					    unsigned long addr, size_t size,
					    int access)
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
