/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A storm: random operations on one file, by several processes, with RDMA as
 * one more way to reach its bytes.
 *
 * The parts:
 *
 *   ops.c	which operation comes next, as a function of a seed and of the
 *		model; operations as text
 *   model.c	what each operation has to do: to the file, to the regions, to
 *		what the disk has promised to keep
 *   worker.c	the processes that do them
 *   crash.c	does a disk, after a crash, hold what was promised?
 *   storm.c	the coordinator: draws, tells the model, has it done, compares
 *
 * The first two know nothing of files and devices: the same seed gives the same
 * operations and the same outcome anywhere, which is how a crash is judged when
 * nothing is left of the process that knew.
 */
#ifndef STORM_H
#define STORM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define WORKERS		4		/* processes; odd ones use Soft-iWARP */
#define SLOTS		3		/* regions each of them may have */
#define PAGE		4096L
#define MAX_LEN		(256L << 10)	/* of the file */
#define MAX_OP		(64L << 10)	/* of one operation */

/* X(kind, weight, how): ops.c says what the letters mean. */
#define KINDS(X)					\
	X(read,		 50, "r")			\
	X(write,	 70, "w")			\
	X(map_read,	 40, "r")			\
	X(map_write,	 70, "w")			\
	X(direct_read,	 20, "r")			\
	X(direct_write,	 20, "w")			\
	X(splice_out,	 10, "r")			\
	X(splice_in,	 10, "w")			\
	X(sendfile,	 10, "r")			\
	X(copy,		 10, "")			\
	X(rdma_write,	130, "mw")			\
	X(rdma_read,	 50, "mr")			\
	X(fetch_add,	 15, "mw")			\
	X(cmp_swap,	 15, "mw")			\
	X(send,		 40, "mw")			\
	X(local_write,	 40, "mw")			\
	X(local_read,	 30, "mr")			\
	X(reg,		 75, "")			\
	X(dereg,	 55, "m")			\
	X(fsync,	 15, "s")			\
	X(fdatasync,	 10, "s")			\
	X(msync,	 15, "s")			\
	X(sync,		  3, "s")			\
	X(syncfs,	  5, "s")			\
	X(sync_range,	 15, "s")			\
	X(truncate,	 30, "")			\
	X(open_trunc,	  2, "")			\
	X(alloc,	 10, "")			\
	X(alloc_keep,	  5, "")			\
	X(punch,	 20, "")			\
	X(zero,		 10, "")			\
	X(zero_keep,	 10, "")			\
	X(collapse,	 10, "")			\
	X(insert,	 10, "")			\
	X(drop_caches,	  4, "")			\
	X(compact,	  1, "")			\
	X(pageout,	 10, "")			\
	X(dontneed,	 10, "")			\
	X(fork,		  4, "w")			\
	X(kill,		  2, "")			\
	X(freeze,	  3, "mw")			\
	X(remount,	  1, "")

#define X(kind, weight, how) op_##kind,
enum kind { KINDS(X) op_kinds };
#undef X

struct op {
	enum kind kind;
	int who, slot;
	long off, len;
	long arg;		/* another offset, flags: see the kind */
	uint32_t seed;		/* of the data it writes */
	uint32_t batch;		/* done at the same time as others of this number */
};

/* A memory region. */
struct region {
	bool live;
	long off, len;
	unsigned char lost[MAX_LEN / 8];	/* a bit a byte: revoked */
};

struct model {
	bool revoke;		/* truncation takes bytes from regions */
	long max;		/* the file never gets longer */
	long size;
	unsigned char byte[MAX_LEN];
	uint32_t last[MAX_LEN];	/* number of the operation that set it */
	struct region region[WORKERS][SLOTS];
};

/* What an operation has to do, and may have done when it was cut short. */
struct effect {
	bool none;		/* it makes no sense in this state: leave it out */
	int err;		/* the errno it has to fail with */
	bool refused;		/* the device has to complete it with an error */
	long from, to;		/* bytes of the file it changes */
	bool moves;		/* by giving them other blocks */
	/*
	 * Then the disk has [disk_from, disk_to) as it was before; after a crash,
	 * too, if that is durable, and the file's size if it is whole.
	 */
	bool on_disk, durable, whole;
	long disk_from, disk_to;
	uint64_t old;		/* what an atomic operation returns */
};

/* model.c */
void model_init(struct model *m, long max, bool revoke);
/* All of the effect but [from, to) and old. */
void model_check(const struct model *m, const struct op *op, struct effect *e);
/*
 * The effect of @op, number @nr, which the model has when this returns. @data
 * gets what the operation writes.
 */
void model_apply(struct model *m, const struct op *op, uint32_t nr,
		 unsigned char *data, struct effect *e);
bool model_is_lost(const struct region *r, long byte);	/* of the file */
bool model_under_io(const struct model *m, long page);

/* ops.c */
extern const char *const op_name[op_kinds];
bool op_is(const struct op *op, char how);	/* r w m s, as in KINDS */
void ops_seed(uint64_t seed);
/*
 * Draw what comes next, of @max_op bytes at most; number @nr. Return: how many
 * operations, of different processes, that are done at the same time and have
 * no byte in common; one unless @concurrent.
 */
int ops_draw(const struct model *m, uint32_t nr, long max_op, bool concurrent,
	     struct op ops[WORKERS]);
void op_print(FILE *to, const struct op *op);
bool op_parse(const char *line, struct op *op);

/* What may be on the disk after a crash (crash.c). */
struct promise {
	uint64_t may[MAX_LEN][4];	/* a bit for each value a byte may have */
	uint32_t (*by)[256];	/* operation that gave it that value last */
	long least, most;		/* size of the file */
};
void promise_init(struct promise *p, const struct model *m);
/* An operation with this effect returned; before the model knows of it. */
void promise_made(struct promise *p, const struct model *m,
		  const struct effect *e);
/* An operation with this effect may have begun; after the model knows of it. */
void promise_eased(struct promise *p, const struct model *m,
		   const struct effect *e);
/* Is @path what may be there? Says what is wrong with it. */
bool promise_kept(const struct promise *p, const char *path);

/* Log of all writes to the disk by the kernel's dm-log-writes. */
void writes_log_start(void);		/* from here on t_disk() is logged */
void writes_log_mark(const char *text);
void writes_log_stop(void);
/* Try @points moments of a crash; @judge is told what was marked last. */
int writes_log_replay(int points, int mib, uint64_t seed,
		      bool (*judge)(long begun, long returned));

/* worker.c */
struct work {			/* shared between coordinator and worker */
	struct op op;
	bool quit, close, open;	/* instead of an operation */
	int err;
	int status;		/* of the work completion */
	long n;			/* bytes it says it moved */
	uint64_t old;
	unsigned char data[MAX_OP] __attribute__((aligned(4096)));
};

#define STORM_FILE "/run/umem_pin/mnt/storm"

_Noreturn void worker_main(int who, struct work *work, long max, int ask,
			   int answer);

#endif
