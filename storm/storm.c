// SPDX-License-Identifier: GPL-2.0
/*
 * The coordinator: draws an operation from the seed, tells the model, has a
 * worker do it, and holds what came of it against the model.
 */
#include "storm.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "scene.h"

static const char usage[] =
"usage: storm [OPTION...]\n"
"\n"
"Do random operations on a file and compare with a model; run in the guest.\n"
"Options are called as fsx calls them, where it has them.\n"
"\n"
"  -S SEED            which operations; from the clock unless told, and printed\n"
"  -N NUMOPS          how many; 1000 unless told\n"
"  -l FLEN            greatest length of the file; 65536 unless told\n"
"  -o OPLEN           greatest length of an operation; 16384 unless told\n"
"  -t EVERY           look at all of the file after so many operations; 100\n"
"  -p EVERY           say so after so many operations\n"
"  --concurrent       operations on different bytes at the same time\n"
"  --refuse           regions cannot be revoked: truncation is refused\n"
"  --calm             no eager flusher, no dropping of caches beside it\n"
"  --times            say what each kind of operation took\n"
"  --record-ops FILE  write all operations to FILE when one has failed\n"
"  --replay-ops FILE  do those of FILE instead of random ones\n"
"  --list             only print the operations\n"
"  --log FILE         write each operation's number to FILE before it is done,\n"
"                     and after it if it is a sync call\n"
"  --judge FILE       after a crash: FILE is what --log wrote; does the disk hold\n"
"                     what had been promised?\n"
"  --crashes COUNT    log all writes to the disk, replay them to that many\n"
"                     moments in which it loses what was not flushed\n"
"\n"
"Exit status: 0 all is well, 1 it is not, 2 bad arguments.\n";

static uint64_t seed;
static long count = 1000, max = 64 << 10, max_op = 16 << 10, every = 100, say;
static bool concurrent, calm, refuse, revocable, times;
static const char *record, *replay;
static int log_fd = -1;
static int crashes;
#define MIB (crashes ? 16 : 64)		/* of the file system */

static struct model m;
static int fd = -1;			/* of the file */

/* --- operations, drawn or read */

static struct op *list;			/* all of them so far */
static long listed, room;
static struct op *script;		/* those of --replay-ops */
static long scripted, next_scripted;

static void note_op(const struct op *op)
{
	if (listed == room) {
		room = room ? 2 * room : 1024;
		list = realloc(list, room * sizeof(*list));
		t_must(list, "memory");
	}
	list[listed++] = *op;
}

static void read_script(void)
{
	FILE *from = fopen(replay, "r");
	char line[256];

	t_must(from, "open %s", replay);
	script = calloc(1 << 20, sizeof(*script));
	t_must(script, "memory");
	while (scripted < 1 << 20 && fgets(line, sizeof(line), from)) {
		if (*line == '#')
			continue;
		errno = EINVAL;
		t_must(op_parse(line, &script[scripted]), "an operation: %s", line);
		scripted++;
	}
	fclose(from);
	count = scripted;
}

static int next_ops(struct op ops[WORKERS])
{
	int n = 0;

	if (!replay)
		return ops_draw(&m, listed + 1, max_op, concurrent, ops);
	do {
		ops[n++] = script[next_scripted++];
	} while (n < WORKERS && next_scripted < scripted && ops[0].batch &&
		 script[next_scripted].batch == ops[0].batch);
	return n;
}

/* --- workers */

static struct worker {
	pid_t pid;
	int ask, answer;
	struct work *work;
} worker[WORKERS];

struct start {
	int who, ask, answer;
};

static void be_worker(void *arg)
{
	struct start *s = arg;

	/* The others' ends of the pipes would keep them open */
	for (int i = 0; i < WORKERS; i++) {
		if (!worker[i].pid)
			continue;
		close(worker[i].ask);
		close(worker[i].answer);
	}
	close(fd);
	worker_main(s->who, worker[s->who].work, max, s->ask, s->answer);
}

static bool answered(int who)
{
	struct pollfd p = { .fd = worker[who].answer, .events = POLLIN };
	double end = t_deadline(60);
	char byte;

	while (poll(&p, 1, 100) != 1)
		if (t_over(end)) {
			t_note("no answer; process %d waits here:", worker[who].pid);
			t_run("cat /proc/%d/stack", worker[who].pid);
			return false;
		}
	return read(p.fd, &byte, 1) == 1;
}

static void tell(int who)
{
	t_must(write(worker[who].ask, "", 1) == 1, "tell worker %d", who);
}

static void start_worker(int who)
{
	struct worker *w = &worker[who];
	int ask[2], answer[2];
	struct start s;

	if (!w->work) {
		w->work = mmap(NULL, sizeof(*w->work), PROT_READ | PROT_WRITE,
			       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		t_must(w->work != MAP_FAILED, "memory");
	}
	memset(&w->work->op, 0, sizeof(w->work->op));
	w->work->op.kind = op_kinds;
	w->pid = 0;
	t_must(!pipe(ask) && !pipe(answer), "pipe");
	s = (struct start){ who, ask[0], answer[1] };
	w->ask = ask[1];
	w->answer = answer[0];
	w->pid = t_fork(be_worker, &s);
	close(ask[0]);
	close(answer[1]);
	t_must(answered(who), "worker %d starts", who);
}

static void kill_worker(int who)
{
	t_kill(worker[who].pid);
	close(worker[who].ask);
	close(worker[who].answer);
	worker[who].pid = 0;
}

/* All of them: close, open or quit. */
static void all_workers(size_t flag)
{
	for (int who = 0; who < WORKERS; who++) {
		*((char *)worker[who].work + flag) = true;
		tell(who);
	}
	for (int who = 0; who < WORKERS; who++) {
		if (flag != offsetof(struct work, quit))
			t_must(answered(who), "worker %d answers", who);
		else
			t_must(t_join(worker[who].pid, 20), "worker %d ends", who);
		*((char *)worker[who].work + flag) = false;
	}
}

/* --- what is wrong */

static char wrong[512];

static bool differs(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static bool differs(const char *fmt, ...)
{
	va_list ap;

	if (*wrong)
		return true;
	va_start(ap, fmt);
	vsnprintf(wrong, sizeof(wrong), fmt, ap);
	va_end(ap);
	return true;
}

/* @skip: bytes that are just being changed; NULL for none. */
static void compare(const char *what, const unsigned char *got, long off,
		    long len, const unsigned char *skip)
{
	if (!skip && !memcmp(got, m.byte + off, len))
		return;
	for (long i = 0; i < len; i++) {
		if (got[i] == m.byte[off + i] || (skip && skip[off + i]))
			continue;
		differs("%s: byte 0x%lx is 0x%02x, not 0x%02x of operation %u",
			what, off + i, got[i], m.byte[off + i], m.last[off + i]);
		return;
	}
}

static void check_read(long off, long len)
{
	static unsigned char got[MAX_LEN];
	long n;

	if (off + len > m.size)
		len = m.size - off;
	if (len <= 0)
		return;
	n = pread(fd, got, len, off);
	if (n != len)
		differs("read: %ld of %ld bytes", n, len);
	else
		compare("read", got, off, len, NULL);
}

static void check_size(void)
{
	struct stat st;

	if (fstat(fd, &st) || st.st_size != m.size)
		differs("the size is 0x%lx, not 0x%lx", (long)st.st_size, m.size);
}

static void check_disk(long from, long to, const unsigned char *skip)
{
	static unsigned char got[MAX_LEN];
	long end = (m.size + PAGE - 1) & -PAGE;

	if (to > end)
		to = end;
	if (to <= from)
		return;
	t_disk_read(t_disk(), fd, from, got, to - from);
	compare("the disk", got, from, to - from, skip);
}

/*
 * Under io or not, as it should be, and marked accordingly: a page under io for
 * integrity writeback only, any other dirty page for all.
 */
static bool slot_is(const struct t_slot *slot, bool under_io)
{
	bool is_entry = !strcmp(slot->kind, "pui");

	if (is_entry != under_io)
		return false;
	if (is_entry)
		return slot->dirty == 1 && slot->marks[0] == '-' && slot->marks[2] == 'T';
	return slot->dirty != 1 || slot->marks[0] == 'D';
}

static bool slots_match(long first, long n)
{
	static struct t_slot slot[MAX_LEN / PAGE];

	t_slots(fd, first, n, slot);
	for (long i = 0; i < n; i++)
		if (!slot_is(&slot[i], model_under_io(&m, first + i)))
			return false;
	return true;
}

static void check_slots(long from, long to)
{
	static struct t_slot slot;
	long first = from / PAGE, n = (to + PAGE - 1) / PAGE - first;

	/* siw lets go of a region when it is done with the last message */
	if (n <= 0 || t_within(10, slots_match(first, n)))
		return;
	for (; n-- && slots_match(first, 1); first++)
		;
	t_slots(fd, first, 1, &slot);
	differs("slot %ld is %s, dirty %d, marks %s, should%s be under io", first,
		slot.kind, slot.dirty, slot.marks, model_under_io(&m, first) ? "" : " not");
}

static void check_all(void)
{
	check_size();
	check_read(0, m.size);
	check_slots(0, max);
}

/* --- operations that take more than a worker */

static unsigned char before[MAX_OP];	/* a freeze: bytes until it wrote them */

static void do_kill(const struct op *op)
{
	struct work *w = worker[op->who].work;

	/* Now and then in the middle of something that changes no byte */
	if (op->arg) {
		w->op = *op;
		w->op.kind = op->arg == 1 ? op_reg : op_fsync;
		tell(op->who);
	}
	kill_worker(op->who);
	start_worker(op->who);
	check_slots(0, max);
}

static void swap_bytes(const struct op *op)
{
	unsigned char was;

	for (long i = 0; i < op->len; i++) {
		was = before[i];
		before[i] = m.byte[op->off + i];
		m.byte[op->off + i] = was;
	}
}

/*
 * Freezing writes everything; what the device writes then stays in memory, until
 * a sync call after the thaw.  An fsync waits for that.
 */
static void do_freeze(const struct op *op)
{
	int dir = open(T_MNT, O_RDONLY | O_DIRECTORY), other = (op->who + 1) % WORKERS;
	struct work *w = worker[op->who].work;
	struct pollfd fsynced = { .fd = worker[other].answer, .events = POLLIN };

	t_must(dir >= 0 && !ioctl(dir, FIFREEZE, 0), "freeze");
	swap_bytes(op);
	check_disk(0, max, NULL);
	tell(op->who);
	if (!answered(op->who))
		differs("the worker did not answer");
	worker[other].work->op = (struct op){ .kind = op_fsync };
	tell(other);
	if (op->seed % 2)
		sync();
	check_disk(0, max, NULL);
	if (poll(&fsynced, 1, 10))
		differs("frozen: fsync did not wait");
	swap_bytes(op);
	t_must(!ioctl(dir, FITHAW, 0), "thaw");
	close(dir);
	if (!answered(other) || worker[other].work->err)
		differs("thawed: fsync did not return");
	check_disk(0, max, NULL);
	if (w->status)
		differs("frozen: %s", ibv_wc_status_str(w->status));
}

static void let_go(void)
{
	if (!t_within(20, t_nothing_under_io()))
		differs("all regions are gone, but %ld pages are under io; %ld taken, %ld given back",
			t_vmstat("nr_pui_pages"), t_vmstat("nr_pui_acquired"),
			t_vmstat("nr_pui_released"));
	close(fd);
	errno = t_fs_umount();
	t_must(!errno, "umount");
	if (t_run("e2fsck -fn %s >/run/umem_pin/fsck 2>&1", t_disk())) {
		t_run("sed 's/^/# /' /run/umem_pin/fsck");
		differs("e2fsck is not content");
	}
}

static void do_remount(void)
{
	all_workers(offsetof(struct work, close));
	let_go();
	t_drop_caches(3);
	errno = t_fs_mount("ext4", "");
	t_must(!errno, "mount");
	fd = open(STORM_FILE, O_RDWR);
	t_must(fd >= 0, "open " STORM_FILE);
	all_workers(offsetof(struct work, open));
	check_all();
}

/* --- doing them */

static void check_result(const struct op *op, const struct effect *e)
{
	struct work *w = worker[op->who].work;

	if (w->err != e->err)
		differs("errno is %d (%s), not %d (%s)", w->err,
			strerror(w->err), e->err, strerror(e->err));
	if (e->err || w->err)
		return;
	if (w->status == T_VANISHED)
		differs("the request vanished, it should%s succeed",
			e->refused ? " not" : "");
	else if (e->refused != !!w->status)
		differs("the completion says %s (%d), it should%s succeed",
			ibv_wc_status_str(w->status), w->status,
			e->refused ? " not" : "");
	if (e->refused || w->status)
		return;
	if ((op_is(op, 'r') || op_is(op, 'w')) && op->kind != op_fork &&
	    w->n != op->len)
		differs("%ld bytes, not %ld", w->n, op->len);
	else if (op_is(op, 'r'))
		compare(op_name[op->kind], w->data, op->off, op->len, NULL);
	if ((op->kind == op_fetch_add || op->kind == op_cmp_swap) &&
	    w->old != e->old)
		differs("it found 0x%" PRIx64 ", not 0x%" PRIx64, w->old, e->old);
}

/*
 * Not on standard output: what a crash leaves of that can be older than what it
 * leaves on the disk.
 */
static void log_line(const char *what, long nr)
{
	char text[64];

	snprintf(text, sizeof(text), "%s %ld", what, nr);
	if (log_fd >= 0)
		t_must(dprintf(log_fd, "%s\n", text) > 0, "write the log");
	if (crashes)
		writes_log_mark(text);
}

static void do_ops(const struct op *ops, int n)
{
	static unsigned char skip[MAX_LEN];
	struct effect e[WORKERS];
	bool promised = false;

	if (ops->kind == op_freeze)
		memcpy(before, m.byte + ops->off, ops->len);
	log_line("begun", listed + n);
	for (int i = 0; i < n; i++) {
		struct work *w = worker[ops[i].who].work;

		note_op(&ops[i]);
		model_apply(&m, &ops[i], listed, w->data, &e[i]);
		w->op = ops[i];
		w->old = e[i].old;
		promised |= e[i].on_disk && e[i].durable;
		if (n > 1)
			memset(skip + e[i].from, 1, e[i].to - e[i].from);
	}
	if (ops->kind == op_kill) {
		do_kill(ops);
	} else if (ops->kind == op_freeze) {
		do_freeze(ops);
	} else if (ops->kind == op_remount) {
		do_remount();
	} else {
		for (int i = 0; i < n; i++)
			if (!e[i].none)
				tell(ops[i].who);
		for (int i = 0; i < n; i++) {
			if (e[i].none)
				continue;
			if (!answered(ops[i].who))
				differs("the worker did not answer");
			else
				check_result(&ops[i], &e[i]);
		}
	}
	if (promised)
		log_line("returned", listed);
	for (int i = 0; i < n && !*wrong; i++) {
		if (e[i].on_disk && ops[i].kind != op_freeze)
			check_disk(e[i].disk_from, e[i].disk_to,
				   n > 1 ? skip : NULL);
		check_read(e[i].from, e[i].to - e[i].from);
		if (!e[i].none && !e[i].err &&
		    (ops[i].kind == op_reg || ops[i].kind == op_dereg))
			check_slots(ops[i].off, ops[i].off + ops[i].len);
	}
	for (int i = 0; i < n && n > 1; i++)
		memset(skip + e[i].from, 0, e[i].to - e[i].from);
	check_size();
}

/* --times: what a batch with this kind of operation in front took, and how many. */
static double took[op_kinds];
static long done[op_kinds];

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static void print_times(void)
{
	for (int kind = 0; kind < op_kinds; kind++)
		if (done[kind])
			t_note("%-14s %6ld times, %8.3f ms each, %7.2f s", op_name[kind],
			       done[kind], took[kind] / done[kind] * 1e3, took[kind]);
}

/* Beside it all: caches are dropped, memory is compacted, a tenth of the time. */
static void disturb(void *unused)
{
	double began, took = 0;

	(void)unused;
	close(fd);
	for (int i = 0;; i++) {
		usleep(100000 + 9e6 * took);
		began = now();
		t_drop_caches(i % 4 ? 1 : 3);
		if (i % 16 == 0)
			t_write_file("/proc/sys/vm/compact_memory", "1");
		took = now() - began;
	}
}

/* Does truncation take bytes from a region, or is it refused? */
static void find_out_revoke(void)
{
	struct work *w = worker[0].work;
	int err = 0;

	t_must(!ftruncate(fd, PAGE), "ftruncate");
	w->op = (struct op){ .kind = op_reg, .len = PAGE };
	tell(0);
	t_must(answered(0), "a region");
	errno = w->err;
	t_must(!errno, "register a region");
	if (ftruncate(fd, 0))
		err = errno;
	t_must(!err || err == ETXTBSY, "truncate registered bytes");
	revocable = !err;
	w->op.kind = op_dereg;
	tell(0);
	t_must(answered(0) && !ftruncate(fd, 0), "deregister");
}

static void report(const struct op *ops, int n)
{
	FILE *to;

	printf("# operation %ld of seed %" PRIu64 ": %s\n", listed, seed, wrong);
	for (int i = 0; i < n; i++) {
		printf("# ");
		op_print(stdout, &ops[i]);
	}
	if (!record)
		return;
	to = fopen(record, "w");
	t_must(to, "open %s", record);
	fprintf(to, "# seed %" PRIu64 ", %s\n", seed, wrong);
	for (long i = 0; i < listed; i++)
		op_print(to, &list[i]);
	t_must(!fclose(to), "write %s", record);
	printf("# all operations are in %s\n", record);
}

/* --- after a crash */

static struct promise *promise;
static struct op ahead[WORKERS];	/* the batch that comes next */
static int ahead_n;

/* What the disk may hold when that batch has begun, or has returned. */
static void add_batch(bool returned)
{
	static unsigned char data[MAX_OP];
	struct effect e;

	for (int i = 0; i < ahead_n && returned; i++) {
		model_check(&m, &ahead[i], &e);
		if (!e.none)
			promise_made(promise, &m, &e);
	}
	for (int i = 0; i < ahead_n; i++) {
		note_op(&ahead[i]);
		model_apply(&m, &ahead[i], listed, data, &e);
		promise_eased(promise, &m, &e);
	}
}

/* All batches that had returned; one that had begun may stay ahead. */
static void catch_up(long begun, long returned)
{
	while (listed < begun) {
		if (!ahead_n)
			ahead_n = next_ops(ahead);
		/* Those before the last had to return first */
		if (listed + ahead_n >= begun && returned < begun)
			break;
		add_batch(true);
		ahead_n = 0;
	}
}

static bool judge_disk(long begun, long returned)
{
	bool good;

	errno = t_fs_mount("ext4", "");
	if (errno) {
		t_note("mount: %s", strerror(errno));
		return false;
	}
	good = promise_kept(promise, STORM_FILE);
	errno = t_fs_umount();
	t_must(!errno, "umount");
	if (t_run("e2fsck -fn %s >/run/umem_pin/fsck 2>&1", t_disk())) {
		t_run("sed 's/^/# /' /run/umem_pin/fsck");
		good = false;
	}
	if (!good)
		t_note("seed %" PRIu64 ", %ld operations begun, last promise returned %ld",
		       seed, begun, returned);
	return good;
}

static bool judge(long begun, long returned)
{
	static struct promise old_promise;
	static struct model old_model;
	long old_listed;
	bool good;

	catch_up(begun, returned);
	/* At the next crash the batch ahead may have returned: take it back then */
	old_promise = *promise;
	old_model = m;
	old_listed = listed;
	if (listed < begun)
		add_batch(false);
	good = judge_disk(begun, returned);
	*promise = old_promise;
	m = old_model;
	listed = old_listed;
	return good;
}

static void judge_begin(void)
{
	listed = 0;
	next_scripted = 0;
	promise = malloc(sizeof(*promise));
	t_must(promise, "memory");
	model_init(&m, max, revocable);
	ops_seed(seed);
	promise_init(promise, &m);
}

static void judge_log(const char *path)
{
	FILE *from = fopen(path, "r");
	long begun = -1, returned = -1;
	int r = 0, c = 0;
	char line[256];

	t_must(from, "open %s", path);
	while (fgets(line, sizeof(line), from)) {
		if (!strchr(line, '\n'))
			break;
		sscanf(line, "begun %ld", &begun);
		sscanf(line, "returned %ld", &returned);
		sscanf(line, "# storm: seed %" SCNu64 ", file of %ld, operations of %ld, concurrent %d, revoke %d",
		       &seed, &max, &max_op, &c, &r);
	}
	fclose(from);
	errno = EINVAL;
	t_must(begun > 0 && max > 0 && max <= MAX_LEN && max_op > 0 &&
	       max_op <= MAX_OP, "a log of a storm: %s", path);
	concurrent = c;
	revocable = r;
	judge_begin();
	t_ok(judge(begun, returned),
	     "seed %" PRIu64 ", crash in operation %ld: what was promised is there",
	     seed, begun);
}

/* --- all of it */

static void set_up(void)
{
	char head[160];

	if (crashes)
		writes_log_start();
	t_fs_make(MIB, "", "");
	fd = open(STORM_FILE, O_RDWR | O_CREAT | O_TRUNC, 0600);
	t_must(fd >= 0, "create " STORM_FILE);
	for (int who = 0; who < WORKERS; who++)
		start_worker(who);
	t_set_revocable(!refuse);
	find_out_revoke();
	errno = EINVAL;
	t_must(revocable == !refuse, "regions lose what is truncated, or hold it, as asked for");
	t_must(!fsync(fd), "fsync");
	model_init(&m, max, revocable);
	ops_seed(seed);
	snprintf(head, sizeof(head),
		 "# storm: seed %" PRIu64 ", file of %ld, operations of %ld, concurrent %d, revoke %d\n",
		 seed, max, max_op, concurrent, revocable);
	fputs(head, stdout);
	if (log_fd >= 0)
		t_must(dprintf(log_fd, "%s", head) > 0, "write the log");
}

static void storm(void)
{
	struct op ops[WORKERS];
	pid_t disturber = 0;
	int n = 0;

	set_up();
	if (!calm) {
		t_eager_flusher();
		disturber = t_fork(disturb, NULL);
	}
	while (listed < count && !*wrong) {
		long was = listed;

		n = next_ops(ops);
		took[ops->kind] -= now();
		do_ops(ops, n);
		took[ops->kind] += now();
		done[ops->kind]++;
		if (!*wrong && listed / every != was / every)
			check_all();
		if (say && listed / say != was / say)
			t_note("%ld operations", listed);
	}
	if (disturber)
		t_kill(disturber);
	if (refuse)
		t_set_revocable(true);
	if (!*wrong) {
		all_workers(offsetof(struct work, quit));
		for (int who = 0; who < WORKERS; who++)
			worker[who].pid = 0;
		let_go();
	}
	if (times)
		print_times();
	if (*wrong)
		report(ops, n);
	t_ok(!*wrong, "seed %" PRIu64 ": %ld operations", seed, listed);
}

static void print_list(void)
{
	static unsigned char data[MAX_OP];
	struct op ops[WORKERS];
	struct effect e;
	int n;

	model_init(&m, max, !refuse);
	ops_seed(seed);
	while (listed < count) {
		n = next_ops(ops);
		for (int i = 0; i < n; i++) {
			note_op(&ops[i]);
			model_apply(&m, &ops[i], listed, data, &e);
			op_print(stdout, &ops[i]);
		}
	}
}

static long number(const char *text, long least, long most)
{
	char *end;
	long n = strtol(text, &end, 0);

	if (*end || end == text || n < least || n > most) {
		fprintf(stderr, "storm: '%s' is not a number from %ld to %ld\n%s",
			text, least, most, usage);
		exit(2);
	}
	return n;
}

enum { CONCURRENT = 256, TIMES, REFUSE, CALM, RECORD, REPLAY, LIST, LOG, JUDGE, CRASHES };

static const struct option options[] = {
	{ "concurrent", no_argument, NULL, CONCURRENT },
	{ "times", no_argument, NULL, TIMES },
	{ "refuse", no_argument, NULL, REFUSE },
	{ "calm", no_argument, NULL, CALM },
	{ "record-ops", required_argument, NULL, RECORD },
	{ "replay-ops", required_argument, NULL, REPLAY },
	{ "list", no_argument, NULL, LIST },
	{ "log", required_argument, NULL, LOG },
	{ "judge", required_argument, NULL, JUDGE },
	{ "crashes", required_argument, NULL, CRASHES },
	{ "help", no_argument, NULL, 'h' },
	{ }
};

int main(int argc, char **argv)
{
	const char *judged = NULL;
	bool only_list = false;
	int c;

	seed = time(NULL);
	while ((c = getopt_long(argc, argv, "hS:N:l:o:t:p:", options, NULL)) != -1) {
		switch (c) {
		case 'S':
			seed = number(optarg, 0, INT64_MAX);
			break;
		case 'N':
			count = number(optarg, 1, 100000000);
			break;
		case 'l':
			max = number(optarg, 16 * PAGE, MAX_LEN) & -PAGE;
			break;
		case 'o':
			max_op = number(optarg, PAGE, MAX_OP);
			break;
		case 't':
			every = number(optarg, 1, INT32_MAX);
			break;
		case 'p':
			say = number(optarg, 1, INT32_MAX);
			break;
		case CONCURRENT:
			concurrent = true;
			break;
		case TIMES:
			times = true;
			break;
		case REFUSE:
			refuse = true;
			break;
		case CALM:
			calm = true;
			break;
		case RECORD:
			record = optarg;
			break;
		case REPLAY:
			replay = optarg;
			break;
		case LIST:
			only_list = true;
			break;
		case LOG:
			/* Before a file system is made: now the disk may change */
			log_fd = open(optarg, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
			if (log_fd < 0) {
				fprintf(stderr, "storm: %s: %s\n", optarg, strerror(errno));
				return 2;
			}
			break;
		case JUDGE:
			judged = optarg;
			break;
		case CRASHES:
			crashes = number(optarg, 1, 100000);
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "storm: '%s'?\n%s", argv[optind], usage);
		return 2;
	}
	if (replay)
		read_script();
	if (only_list) {
		print_list();
		return 0;
	}
	t_begin();
	if (judged) {
		judge_log(judged);
		t_done();
	}
	storm();
	if (crashes && !*wrong) {
		writes_log_stop();
		judge_begin();
		t_ok(!writes_log_replay(crashes, MIB, seed, judge),
		     "seed %" PRIu64 ": after each of %d crashes what was promised is there",
		     seed, crashes);
	}
	t_done();
}
