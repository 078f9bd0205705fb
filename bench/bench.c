// SPDX-License-Identifier: GPL-2.0
/*
 * What memory regions and the page cache cost, in instructions.
 *
 * usage: bench FOLDER [big]	a folder on ext4 with 4 GiB free
 *
 * Runs in a guest that counts instructions: there, the time stamp counter goes
 * up by one an instruction (checked first).  Prints lines of a name and a
 * figure; "bench/run" boots the guests and makes a table of them.  With "big",
 * regions of more than 1 GiB, too, for which the stock kernel's rxe warns.
 *
 * Each figure is the best of many rounds: what disturbs a round (a timer tick,
 * a kernel thread) only ever adds to it.
 */
#include <errno.h>
#include <fcntl.h>
#include <infiniband/verbs.h>
#include <math.h>
#include <sched.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "verbs_pair.h"

#define PAGE		4096UL
#define REGION_PAGES	(64UL << 20 >> 12)	/* 64 MiB */
#define REGION_ROUNDS	7
#define MIB_PAGES	(1UL << 20 >> 12)
#define SIZE_ROUNDS	3
#define PASS_PAGES	256UL
#define PASS_ROUNDS	9
#define RECLAIM_PAGES	2048UL
#define RECLAIM_BYTES	"4194304"		/* half of them */
#define RECLAIM_ROUNDS	16
#define RDMA_PAGES	64UL
#define RDMA_ROUNDS	200
#define CACHED_PAGES	256UL
#define CACHED_ROUNDS	100
#define CACHED_MAP	((void *)(1UL << 40))
#define AREA_MAP	((void *)(1UL << 41))	/* where a huge page may begin */
/* Small region, large region: their difference is what a page costs. */
#define MEMORY_PAGES	(64UL << 20 >> 12)
#define MEMORY_MORE	(256UL << 20 >> 12)
#define MEMORY_ROUNDS	9

static struct ibv_pd *pd;
static const char *folder;

static _Noreturn void die(const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "bench: ");
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, "\n");
	exit(1);
}

static void must(bool good, const char *what)
{
	if (!good)
		die("%s: %s", what, strerror(errno));
}

static __attribute__((format(printf, 2, 3)))
void print(double figure, const char *name, ...)
{
	va_list args;

	va_start(args, name);
	vprintf(name, args);
	va_end(args);
	printf(" %.3f\n", figure);
	fflush(stdout);
}

static uint64_t now(void)
{
	return __builtin_ia32_rdtsc();
}

/* Two instructions a turn. */
static void turn(uint64_t turns)
{
	asm volatile("1: dec %0; jnz 1b" : "+r" (turns));
}

static void check_unit(void)
{
	const uint64_t turns = 100000;
	uint64_t start, took, best = UINT64_MAX;

	for (int i = 0; i < 20; i++) {
		start = now();
		turn(turns);
		took = now() - start;
		if (took < best)
			best = took;
	}
	if (best < 2 * turns || best > 2 * turns + 50)
		die("%lu instructions count as %lu: not a guest that counts them",
		    (unsigned long)(2 * turns), (unsigned long)best);
}

/*
 * Come back when a timer tick has just been: rounds that are longer than the
 * time between two of them then all have the same number.
 */
static void wait_for_tick(void)
{
	uint64_t last = now(), next;

	for (;;) {
		next = now();
		if (next - last > 500)
			return;
		last = next;
	}
}

static bool try_set(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY);
	bool done = fd >= 0 && write(fd, value, strlen(value)) > 0;

	must(fd >= 0, path);
	close(fd);
	return done;
}

static void set(const char *path, const char *value)
{
	must(try_set(path, value), path);
}

/* --- memory of several kinds */

enum kind { ANON, THP, TMPFS, EXT4, EXT4_CLEAN, KINDS };

static const char *const kind_name[KINDS] = {
	"anonymous", "thp", "tmpfs", "ext4", "ext4-clean",
};

struct area {
	enum kind kind;
	unsigned long pages;
	int fd;
	unsigned char *addr;
};

static void area_map(struct area *a)
{
	int flags = a->kind < TMPFS ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;

	a->addr = mmap(AREA_MAP, a->pages * PAGE, PROT_READ | PROT_WRITE,
		       flags | MAP_FIXED_NOREPLACE, a->fd, 0);
	must(a->addr == AREA_MAP, "mmap");
	if (a->kind == THP)
		must(!madvise(a->addr, a->pages * PAGE, MADV_HUGEPAGE), "madvise");
}

/*
 * The order in which pages are filled is the order that they have in memory.
 * Here no two that follow each other in the area do so in memory, as it is on a
 * machine that has been running for a while: each has an element of the scatter
 * list to itself, for every kind of memory alike.
 */
static void area_fill(struct area *a)
{
	const unsigned long stride = 7919;	/* prime, and no divisor of pages */
	static const unsigned char buf[PAGE];
	unsigned long i, page;

	for (i = 0; i < a->pages; i++) {
		page = i * stride % a->pages;
		/* not by a fault, which would read ahead */
		if (a->fd >= 0)
			must(pwrite(a->fd, buf, PAGE, page * PAGE) == (ssize_t)PAGE,
			     "pwrite");
		else
			a->addr[page * PAGE] = i;
	}
}

static void area_touch(struct area *a)
{
	for (unsigned long i = 0; i < a->pages; i++)
		a->addr[i * PAGE] = i;
}

/* Is it as area_fill() says, or huge pages? */
static void area_check(const struct area *a)
{
	const uint64_t pfn = (1ULL << 55) - 1;
	unsigned long neighbours = 0;
	int fd = open("/proc/self/pagemap", O_RDONLY);
	uint64_t last = 0, next;

	must(fd >= 0, "pagemap");
	for (unsigned long i = 0; i < a->pages; i++) {
		must(pread(fd, &next, sizeof(next),
			   ((unsigned long)a->addr / PAGE + i) * sizeof(next)) ==
		     (ssize_t)sizeof(next) && (next & pfn), "pagemap");
		neighbours += (next & pfn) == (last & pfn) + 1;
		last = next;
	}
	close(fd);
	/* one pair may be, by chance, however few there are */
	if (a->kind == THP ? neighbours < a->pages / 512 * 511 :
			     neighbours > a->pages / 1000 + 1)
		die("%lu of %lu pages of %s lie side by side", neighbours,
		    a->pages, kind_name[a->kind]);
}

static void area_open(struct area *a, enum kind kind, unsigned long pages)
{
	char *path;

	a->kind = kind;
	a->pages = pages;
	a->fd = -1;
	must(!prctl(PR_SET_THP_DISABLE, kind != THP, 0, 0, 0),
	     "PR_SET_THP_DISABLE");
	if (kind == TMPFS) {
		a->fd = memfd_create("bench", 0);
		must(a->fd >= 0, "memfd_create");
	} else if (kind != ANON) {
		must(asprintf(&path, "%s/area", folder) > 0, "asprintf");
		a->fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
		must(a->fd >= 0, path);
		unlink(path);
		free(path);
	}
	area_map(a);
	area_fill(a);
	area_touch(a);
	area_check(a);
}

/* What a round starts from: present, writable and dirty; or clean and not mapped. */
static void area_prepare(struct area *a)
{
	area_touch(a);
	if (a->kind == EXT4_CLEAN) {
		must(!fsync(a->fd), "fsync");
		must(!munmap(a->addr, a->pages * PAGE), "munmap");
		area_map(a);
	}
}

static void area_close(struct area *a)
{
	munmap(a->addr, a->pages * PAGE);
	if (a->fd >= 0)
		close(a->fd);
}

/* --- memory regions */

static struct ibv_mr *area_register(const struct area *a)
{
	return ibv_reg_mr(pd, a->addr, a->pages * PAGE,
			  IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_REMOTE_WRITE |
			  IBV_ACCESS_REMOTE_READ);
}

static void open_device(const char *name)
{
	struct ibv_device **list = ibv_get_device_list(NULL);
	struct ibv_context *context = NULL;

	for (int i = 0; list && list[i]; i++)
		if (!strcmp(ibv_get_device_name(list[i]), name))
			context = ibv_open_device(list[i]);
	must(context != NULL, name);
	pd = ibv_alloc_pd(context);
	must(pd != NULL, "ibv_alloc_pd");
}

static void bench_region(enum kind kind)
{
	double reg = 1e18, dereg = 1e18;
	struct ibv_mr *mr;
	struct area a;
	uint64_t start, took;

	area_open(&a, kind, REGION_PAGES);
	for (int i = 0; i < REGION_ROUNDS; i++) {
		area_prepare(&a);
		wait_for_tick();
		start = now();
		mr = area_register(&a);
		took = now() - start;
		if (!mr && kind >= EXT4) {
			/* stock, and bench/run sees it on release */
			print(errno, "refused.%s", kind_name[kind]);
			break;
		}
		must(mr != NULL, kind_name[kind]);
		if (took < reg)
			reg = took;
		wait_for_tick();
		start = now();
		must(!ibv_dereg_mr(mr), "ibv_dereg_mr");
		took = now() - start;
		if (took < dereg)
			dereg = took;
	}
	if (mr) {
		print(reg / REGION_PAGES, "register.%s", kind_name[kind]);
		print(dereg / REGION_PAGES, "deregister.%s", kind_name[kind]);
	}
	area_close(&a);
}

/* What a page costs in regions of several sizes, all at the start of one area. */
static void bench_sizes(enum kind kind, unsigned long largest)
{
	static const unsigned long sizes[] = { 1, 4, 16, 64, 256, 1024 };
	struct area a;

	area_open(&a, kind, largest * MIB_PAGES);
	for (unsigned long i = 0; i <= sizeof(sizes) / sizeof(*sizes); i++) {
		unsigned long mib = i < sizeof(sizes) / sizeof(*sizes) ?
				    sizes[i] : largest;
		unsigned long pages = mib * MIB_PAGES;
		double reg = 1e18, dereg = 1e18;
		struct area part = a;

		if (mib > largest || (i && mib == sizes[i - 1]))
			continue;
		part.pages = pages;
		for (int round = 0; round < SIZE_ROUNDS; round++) {
			struct ibv_mr *mr;
			uint64_t start;

			wait_for_tick();
			start = now();
			mr = area_register(&part);
			reg = fmin(reg, now() - start);
			must(mr != NULL, kind_name[kind]);
			wait_for_tick();
			start = now();
			must(!ibv_dereg_mr(mr), "ibv_dereg_mr");
			dereg = fmin(dereg, now() - start);
		}
		print(reg / pages, "size.register.%s.%lu", kind_name[kind], mib);
		print(dereg / pages, "size.deregister.%s.%lu", kind_name[kind], mib);
	}
	area_close(&a);
}

/* --- memory in use */

/* Sum of the numbers behind a word in a file of the kernel's. */
static unsigned long sum(const char *path, const char *word)
{
	unsigned long total = 0, n;
	char line[256], name[64];
	FILE *f = fopen(path, "r");

	must(f != NULL, path);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%63s %lu", name, &n) == 2 && !strcmp(name, word))
			total += n;
	fclose(f);
	return total;
}

/* Pages that nobody has, those on the processors' lists included. */
static unsigned long free_pages(void)
{
	return sum("/proc/zoneinfo", "nr_free_pages") +
	       sum("/proc/zoneinfo", "count:");
}

static int by_value(const void *a, const void *b)
{
	const long *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/*
 * Pages that registration takes from the system, scatter list and driver's
 * tables included.  The median: what the rest of the system allocates or gives
 * back meanwhile goes either way.  -1 if the kernel does not register that.
 */
static long memory_of(enum kind kind, unsigned long pages)
{
	long used[MEMORY_ROUNDS];
	struct ibv_mr *mr;
	struct area a;
	int i;

	area_open(&a, kind, pages);
	for (i = 0; i < MEMORY_ROUNDS; i++) {
		area_prepare(&a);
		used[i] = free_pages();
		mr = area_register(&a);
		used[i] -= free_pages();
		if (!mr)
			break;
		must(!ibv_dereg_mr(mr), "ibv_dereg_mr");
	}
	area_close(&a);
	if (i < MEMORY_ROUNDS)
		return -1;
	qsort(used, MEMORY_ROUNDS, sizeof(*used), by_value);
	return used[MEMORY_ROUNDS / 2];
}

static void bench_memory(enum kind kind)
{
	long less = memory_of(kind, MEMORY_PAGES);
	long more = memory_of(kind, MEMORY_MORE);

	if (less >= 0 && more >= 0)
		print((double)(more - less) * PAGE / (MEMORY_MORE - MEMORY_PAGES),
		      "memory.%s", kind_name[kind]);
}

/* As large as the guest holds, in MiB. */
static unsigned long largest_region(void)
{
	return sum("/proc/meminfo", "MemAvailable:") / 1024 * 8 / 10 / 64 * 64;
}

/* --- writeback and reclaim beside pages under io */

static const unsigned long beside[] = { 0, 1UL << 10, 32UL << 10, 256UL << 10 };

/*
 * What a pass of background writeback costs that has a few pages to write, in
 * a file of which more and more pages are under io.
 */
static void bench_writeback(void)
{
	const unsigned long most = 256UL << 10;
	static unsigned char buf[PAGE];
	struct area a;

	area_open(&a, EXT4, most);
	for (unsigned long i = 0; i < sizeof(beside) / sizeof(*beside); i++) {
		struct area part = a;
		struct ibv_mr *mr = NULL;
		double best = 1e18;

		must(!fsync(a.fd), "fsync");
		part.pages = beside[i];
		if (part.pages) {
			area_touch(&part);
			mr = area_register(&part);
			if (!mr)
				break;	/* stock */
		}
		for (int round = 0; round < PASS_ROUNDS; round++) {
			uint64_t start;

			for (unsigned long p = 0; p < PASS_PAGES; p++)
				must(pwrite(a.fd, buf, PAGE, (most + p) * PAGE) ==
				     (ssize_t)PAGE, "pwrite");
			wait_for_tick();
			start = now();
			must(!sync_file_range(a.fd, 0, 0, SYNC_FILE_RANGE_WRITE),
			     "sync_file_range");
			best = fmin(best, now() - start);
			must(!sync_file_range(a.fd, most * PAGE, 0,
					      SYNC_FILE_RANGE_WAIT_BEFORE),
			     "sync_file_range");
		}
		print(best, "writeback.%lu", beside[i]);
		if (mr)
			must(!ibv_dereg_mr(mr), "ibv_dereg_mr");
	}
	area_close(&a);
}

#define GROUP	"/sys/fs/cgroup/bench"

/*
 * What it costs to reclaim a page of a control group which also has pages under
 * io.  Reclaim may look at those once; what it learns there it keeps.
 */
static void bench_reclaim(void)
{
	const unsigned long n = sizeof(beside) / sizeof(*beside);
	static unsigned char buf[PAGE];
	char *path;
	int fd;

	must(asprintf(&path, "%s/clean", folder) > 0, "asprintf");
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	must(fd >= 0, path);
	for (unsigned long p = 0; p < RECLAIM_PAGES; p++)
		must(pwrite(fd, buf, PAGE, p * PAGE) == (ssize_t)PAGE, "pwrite");
	must(!fsync(fd), "fsync");
	must(!mkdir(GROUP, 0755) || errno == EEXIST, GROUP);

	for (unsigned long i = 0; i < n; i++) {
		struct ibv_mr *mr = NULL;
		double best = 1e18;
		struct area a;

		set(GROUP "/cgroup.procs", "0");
		if (beside[i]) {
			area_open(&a, EXT4, beside[i]);
			mr = area_register(&a);
			if (!mr) {
				area_close(&a);
				break;	/* stock */
			}
		}
		for (int round = 0; round < RECLAIM_ROUNDS; round++) {
			long before;
			uint64_t start;

			must(!posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED),
			     "posix_fadvise");
			for (unsigned long p = 0; p < RECLAIM_PAGES; p++)
				must(pread(fd, buf, PAGE, p * PAGE) ==
				     (ssize_t)PAGE, "pread");
			before = sum(GROUP "/memory.stat", "pgsteal");
			wait_for_tick();
			start = now();
			try_set(GROUP "/memory.reclaim", RECLAIM_BYTES);
			start = now() - start;
			before = sum(GROUP "/memory.stat", "pgsteal") - before;
			/* the first rounds sort the pages */
			if (round >= RECLAIM_ROUNDS / 2 && before > 0)
				best = fmin(best, (double)start / before);
		}
		print(best, "reclaim.%lu", beside[i]);
		set("/sys/fs/cgroup/cgroup.procs", "0");
		if (mr) {
			must(!ibv_dereg_mr(mr), "ibv_dereg_mr");
			area_close(&a);
		}
	}
	close(fd);
	unlink(path);
	free(path);
}

/* --- RDMA */

/* One request, as ib_write_bw and its kin make them, until it is done. */
static void rdma(struct t_pair *p, enum ibv_wr_opcode op, struct ibv_mr *mr,
		 size_t offset, uint32_t length)
{
	struct ibv_sge ours = { .addr = (uintptr_t)p->bounce, .length = length,
				.lkey = p->bounce_mr->lkey };
	struct ibv_sge theirs = { .addr = (uintptr_t)mr->addr + offset,
				  .length = length, .lkey = mr->lkey };
	struct ibv_recv_wr recv = { .sg_list = &theirs, .num_sge = 1 }, *bad_recv;
	struct ibv_send_wr send = { .opcode = op, .sg_list = &ours, .num_sge = 1,
				    .wr.rdma.remote_addr = theirs.addr,
				    .wr.rdma.rkey = mr->rkey }, *bad_send;
	int want = 1;

	if (op == IBV_WR_SEND) {
		must(!ibv_post_recv(p->theirs->qp, &recv, &bad_recv), "ibv_post_recv");
		want++;
	}
	must(!ibv_post_send(p->ours->qp, &send, &bad_send), "ibv_post_send");
	while (want) {
		struct ibv_wc wc;
		int n = ibv_poll_cq(p->cq, 1, &wc);

		must(n >= 0, "ibv_poll_cq");
		if (n && wc.status)
			die("RDMA: %s", ibv_wc_status_str(wc.status));
		want -= n;
		/* one processor: the driver has work to do */
		if (want)
			sched_yield();
	}
}

static void bench_rdma(enum kind kind)
{
	static const struct {
		const char *name;
		enum ibv_wr_opcode op;
		uint32_t length;
	} cases[] = {
		{ "write", IBV_WR_RDMA_WRITE, 64 << 10 },
		{ "read", IBV_WR_RDMA_READ, 64 << 10 },
		{ "send", IBV_WR_SEND, 64 },
	};
	struct t_pair pair;
	struct ibv_mr *mr;
	struct area a;

	area_open(&a, kind, RDMA_PAGES);
	t_pair_open(&pair, "rxe0");
	mr = t_reg(&pair, a.addr, a.pages * PAGE);
	if (!mr && kind != EXT4)
		die("ibv_reg_mr: %s", strerror(errno));
	for (unsigned long i = 0; mr && i < sizeof(cases) / sizeof(*cases); i++) {
		double best = 1e18;

		for (int round = 0; round < RDMA_ROUNDS; round++) {
			uint64_t start = now();

			rdma(&pair, cases[i].op, mr, 0, cases[i].length);
			best = fmin(best, now() - start);
		}
		print(best, "%s.%s", cases[i].name, kind_name[kind]);
	}
	if (mr)
		t_dereg(mr);
	t_pair_close(&pair);
	area_close(&a);
}

/* Bytes written to the disk so far. */
static double disk_written(void)
{
	FILE *f = fopen("/sys/block/vdb/stat", "r");
	unsigned long sectors;

	must(f && fscanf(f, "%*u %*u %*u %*u %*u %*u %lu", &sectors) == 1,
	     "/sys/block/vdb/stat");
	fclose(f);
	return sectors * 512.0;
}

/* What fsync sends to the disk when a device wrote a hundredth of the region. */
static void bench_fsync(void)
{
	const unsigned long pages = 1UL << 30 >> 12;
	unsigned long written = 0;
	struct t_pair pair;
	struct ibv_mr *mr;
	struct area a;
	double before;

	area_open(&a, EXT4, pages);
	t_pair_open(&pair, "rxe0");
	mr = t_reg(&pair, a.addr, pages * PAGE);
	if (mr) {
		must(!fsync(a.fd), "fsync");
		for (unsigned long p = 0; p < pages; p += 100) {
			rdma(&pair, IBV_WR_RDMA_WRITE, mr, p * PAGE, PAGE);
			written += PAGE;
		}
		before = disk_written();
		must(!fsync(a.fd), "fsync");
		print(written / 1048576.0, "fsync.written");
		print((disk_written() - before) / 1048576, "fsync.sent");
		t_dereg(mr);
	}
	t_pair_close(&pair);
	area_close(&a);
}

/* --- the page cache with nothing under io */

static void bench_cached(void)
{
	static unsigned char buf[PAGE] __attribute__((aligned(PAGE)));
	double best_read = 1e18, best_write = 1e18, best_fault = 1e18, took;
	const size_t len = CACHED_PAGES * PAGE;
	volatile unsigned char *map;
	struct timespec times[2];
	unsigned long i, round;
	uint64_t start;
	char *path;
	int fd;

	must(asprintf(&path, "%s/cached", folder) > 0, "asprintf");
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	must(fd >= 0, path);
	for (i = 0; i < CACHED_PAGES; i++)
		must(pwrite(fd, buf, PAGE, i * PAGE) == (ssize_t)PAGE, path);
	/*
	 * Each read asks whether the time of the last access wants an update.
	 * The answer takes longer when it is in the same second as another time
	 * of the file; put it well after them.
	 */
	clock_gettime(CLOCK_REALTIME, &times[1]);
	times[0] = times[1];
	times[0].tv_sec += 3600;
	must(!futimens(fd, times), "futimens");
	must(!fsync(fd), "fsync");
	/* where the windows of fault-around begin */
	map = mmap(CACHED_MAP, len, PROT_READ, MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0);
	must(map == CACHED_MAP, "mmap");

	for (round = 0; round < CACHED_ROUNDS; round++) {
		start = now();
		for (i = 0; i < CACHED_PAGES; i++)
			must(pread(fd, buf, PAGE, i * PAGE) == (ssize_t)PAGE, "pread");
		took = now() - start;
		if (took < best_read)
			best_read = took;

		must(!madvise((void *)map, len, MADV_DONTNEED), "madvise");
		start = now();
		/* a fault maps 16 pages */
		for (i = 0; i < CACHED_PAGES; i += 16)
			(void)map[i * PAGE];
		took = now() - start;
		if (took < best_fault)
			best_fault = took;
	}
	for (round = 0; round < CACHED_ROUNDS; round++) {
		start = now();
		for (i = 0; i < CACHED_PAGES; i++)
			must(pwrite(fd, buf, PAGE, i * PAGE) == (ssize_t)PAGE, "pwrite");
		took = now() - start;
		if (took < best_write)
			best_write = took;
	}
	print(best_read / CACHED_PAGES, "cached.read");
	print(best_write / CACHED_PAGES, "cached.write");
	print(best_fault / CACHED_PAGES, "cached.fault");
	munmap((void *)map, len);
	close(fd);
	unlink(path);
	free(path);
}

int main(int argc, char **argv)
{
	const char *how = argc == 3 ? argv[2] : "";

	if (argc < 2 || argc > 3 || argv[1][0] == '-' ||
	    (*how && strcmp(how, "big") && strcmp(how, "quick"))) {
		fprintf(stderr, "usage: bench FOLDER [big|quick]\n");
		return 2;
	}
	/* The same addresses each time: some costs depend on them. */
	if (!(personality(0xffffffff) & ADDR_NO_RANDOMIZE)) {
		personality(personality(0xffffffff) | ADDR_NO_RANDOMIZE);
		execv("/proc/self/exe", argv);
		die("cannot run again: %s", strerror(errno));
	}
	folder = argv[1];
	check_unit();
	/* No writeback but our own fsync. */
	set("/proc/sys/vm/dirty_writeback_centisecs", "0");
	set("/proc/sys/vm/dirty_ratio", "90");
	set("/proc/sys/vm/dirty_background_ratio", "80");

	bench_cached();
	open_device("rxe0");
	if (!strcmp(how, "quick")) {
		bench_region(TMPFS);
		bench_region(EXT4);
		return 0;
	}
	bench_memory(TMPFS);
	bench_memory(EXT4);
	for (enum kind kind = 0; kind < KINDS; kind++)
		bench_region(kind);
	bench_sizes(TMPFS, 1024);
	if (*how)
		bench_sizes(EXT4, largest_region());
	bench_rdma(ANON);
	bench_rdma(EXT4);
	bench_fsync();
	bench_writeback();
	bench_reclaim();
	return 0;
}
