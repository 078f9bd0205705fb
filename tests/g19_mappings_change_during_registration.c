// SPDX-License-Identifier: GPL-2.0
/*
 * Given a process that registers the same 64 pages again and again,
 * when a second thread of it changes what is mapped there all the time: a
 * file, another part of it, another file, anonymous memory, a read-only
 * mapping, nothing,
 * then each registration is a region that works, whatever it found, or fails
 * with EFAULT or EBUSY; both happen; and nothing is left behind: no page under
 * io, nothing pinned, no file kept.
 *
 * Guards that pui_start() compares what a fault found with the range that
 * pui_prepare() has opened.
 */
#include <pthread.h>
#include <sys/mman.h>

#include "scene.h"

#define PAGES	64U
#define LEN	(PAGES * T_PAGE)
#define WORKING	40		/* regions that are to be seen to work */

static struct t_file a, b;
static struct t_pair p;
static unsigned char *room;
static volatile bool stop;
static unsigned int worked, failed, mixed;

static void map(int how)
{
	const int rw = PROT_READ | PROT_WRITE;
	/* But for the first page, whose bytes we know */
	size_t from = (1 + how * 5 % (PAGES / 2)) * T_PAGE, len = LEN - from;
	unsigned char *at = room + from;
	int flags = MAP_FIXED | MAP_SHARED;

	switch (how % 7) {
	case 0:
	case 1:
		mmap(room, LEN, rw, flags, a.fd, 0);
		break;
	case 2:
		mmap(at, len, rw, flags, a.fd, LEN);
		break;
	case 3:
		mmap(at, len, rw, flags, b.fd, 0);
		break;
	case 4:
		mmap(at, len, rw, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		break;
	case 5:
		mmap(at, len, PROT_READ, flags, a.fd, 0);
		break;
	case 6:
		mmap(at, len, PROT_NONE, MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS,
		     -1, 0);
		break;
	}
}

static void *change_mappings(void *unused)
{
	(void)unused;
	for (int how = 0; !stop; how++) {
		map(how);
		/* Nothing dirty, so that the next one has to fault again */
		if (how % 64 == 0)
			sync_file_range(a.fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	}
	return NULL;
}

static void register_all_the_time(void)
{
	double end = t_deadline(25);

	while ((worked < WORKING || failed < WORKING) && !t_over(end)) {
		struct ibv_mr *mr = t_reg(&p, room, LEN);

		if (!mr) {
			if (errno != EFAULT && errno != EBUSY)
				t_ok(false, "a registration failed: %s",
				     strerror(errno));
			failed++;
			continue;
		}
		worked++;
		mixed += !t_dma_is(&p, mr, 0, T_PAGE, 3) ||
			 t_vmstat("nr_pui_pages") > (long)PAGES;
		t_dereg(mr);
	}
}

int main(void)
{
	pthread_t thread;
	long pinned;

	t_begin();
	t_fs_make(64, "", "");
	t_file_make(&a, "a", 2 * LEN, T_HOLE);
	t_file_make(&b, "b", LEN, T_HOLE);
	room = mmap(NULL, LEN, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	t_must(room != MAP_FAILED, "addresses");
	map(0);
	t_fill(room, T_PAGE, 3);
	t_pair_open(&p, t_device());
	pinned = t_vmpin();
	t_must(!pthread_create(&thread, NULL, change_mappings, NULL), "a thread");
	register_all_the_time();
	stop = true;
	pthread_join(thread, NULL);
	t_ok(worked >= WORKING && failed >= WORKING,
	     "%u registrations worked, %u failed", worked, failed);
	t_ok(!mixed, "each region had the first page, and as many as it should");
	t_ok(t_within(10, t_nothing_under_io() && t_vmpin() == pinned),
	     "nothing is left pinned");
	t_ok(t_no_entry(a.fd, 0, 2 * PAGES) && t_no_entry(b.fd, 0, PAGES),
	     "no slot has an entry");
	munmap(room, LEN);
	t_pair_close(&p);
	t_file_close(&a);
	t_file_close(&b);
	errno = t_fs_umount();
	t_ok(!errno, "the file system can be unmounted");
	t_done();
}
