/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/*
 * Memory that devices have pinned.  Not an ABI.
 *
 * Units: addr is a user address and size the length there, both in bytes;
 * nents counts elements of the scatter list; offset and length are bytes in the
 * region.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM umem_pin

#if !defined(_UMEM_PIN_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _UMEM_PIN_TRACE_H

#include <linux/tracepoint.h>
#include <rdma/umem_pin.h>

DECLARE_EVENT_CLASS(umem_pin_dma,
	TP_PROTO(struct umem_pin *pin),
	TP_ARGS(pin),

	TP_STRUCT__entry(
		__string(device, dev_name(&pin->umem.ibdev->dev))
		__field(unsigned long, addr)
		__field(size_t, size)
		__field(unsigned int, nents)
	),

	TP_fast_assign(
		__assign_str(device);
		__entry->addr = pin->umem.address;
		__entry->size = pin->umem.length;
		__entry->nents = umem_pin_sgt(pin)->orig_nents;
	),

	TP_printk("%s addr 0x%lx size 0x%zx nents %u", __get_str(device),
		  __entry->addr, __entry->size, __entry->nents)
);

/* from now on the device may reach the memory */
DEFINE_EVENT(umem_pin_dma, umem_pin_dma_map,
	TP_PROTO(struct umem_pin *pin),
	TP_ARGS(pin)
);

/* the device cannot reach the memory any more */
DEFINE_EVENT(umem_pin_dma, umem_pin_dma_unmap,
	TP_PROTO(struct umem_pin *pin),
	TP_ARGS(pin)
);

/* the driver is told that bytes of the region are lost */
TRACE_EVENT(umem_pin_revoke,
	TP_PROTO(struct umem_pin *pin, u64 offset, u64 length),
	TP_ARGS(pin, offset, length),

	TP_STRUCT__entry(
		__string(device, dev_name(&pin->umem.ibdev->dev))
		__field(unsigned long, addr)
		__field(u64, offset)
		__field(u64, length)
	),

	TP_fast_assign(
		__assign_str(device);
		__entry->addr = pin->umem.address;
		__entry->offset = offset;
		__entry->length = length;
	),

	TP_printk("%s addr 0x%lx offset %llu length %llu", __get_str(device),
		  __entry->addr, __entry->offset, __entry->length)
);

#endif /* _UMEM_PIN_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH ../../drivers/infiniband/core/umem_pin
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
