// SPDX-License-Identifier: GPL-2.0
/*
 * Given a registered file, and a peer that writes,
 * when at fsync there is no memory for one snapshot, whichever it is, or for
 * none of them without waiting,
 * then fsync works each time, and the bytes are on the disk; and when any other
 * allocation of it fails, it may say ENOMEM, as for ordinary pages, but the
 * pages stay as they are and the next fsync works.
 *
 * Or: when there is no memory for any of them, waiting or not, and they are more
 * than the reserve has, in one extent that is converted when all of it is written,
 * then fsync works, too.
 *
 * Guards io_submit_add_bh() of fs/ext4/page-io.c: what waits is in no bio; and
 * ext4_end_snapshots(): with the io_end it would be too late to free them.
 */
#include "fault.h"
#include "scene.h"

#define PAGES	8U
#define MANY	128U	/* a multiple of the snapshots in reserve */

static struct t_scene s;

/* Is what the peer wrote on the disk, and the pages as before? */
static bool synced(unsigned int seed)
{
	return t_disk_is(s.f.fd, 0, s.f.len, seed) &&
	       t_under_io(s.f.fd, 0, PAGES);
}

/* From here on, count what fails of fault injection @attr. */
#define MOST	1000000
static void count_faults(const char *attr)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/kernel/debug/%s/times", attr);
	t_must(!t_run("echo %d >%s", MOST, path), "write %s", path);
}

static int counted_faults(const char *attr)
{
	char path[64];
	int left = MOST;
	FILE *file;

	snprintf(path, sizeof(path), "/sys/kernel/debug/%s/times", attr);
	file = fopen(path, "r");
	t_must(file && fscanf(file, "%d", &left) == 1, "read %s", path);
	fclose(file);
	return MOST - left;
}

/* Of all that fails, what fails fsync? */
static unsigned int sweep(unsigned int *nth)
{
	unsigned int refused = 0;
	bool hit = true;
	int ret;

	for (*nth = 1; hit; (*nth)++) {
		t_dma_fill(&s.p, s.mr, 0, s.f.len, *nth);
		t_fail_nth(*nth);
		ret = fsync(s.f.fd);
		hit = t_failed_nth();
		if (ret) {
			refused++;
			t_must(hit && errno == ENOMEM, "fault %u: ENOMEM", *nth);
			t_must(t_under_io(s.f.fd, 0, PAGES) &&
			       t_is(s.f.map, s.f.len, *nth),
			       "fault %u: the pages are as they were", *nth);
			t_must(!fsync(s.f.fd), "fault %u: the next works", *nth);
		}
		errno = 0;
		t_must(synced(*nth), "fault %u: the bytes are on the disk", *nth);
	}
	*nth -= 2;
	return refused;
}

static void sweep_kind(const char *what, enum t_how how)
{
	unsigned int nth, refused, faults;

	t_scene_open(&s, PAGES, how);
	t_faults(T_OWN_FAULTS);
	refused = sweep(&nth);
	t_ok(nth >= PAGES && !refused,
	     "%s: none of %u snapshots without memory fails fsync", what, nth);
	t_dma_fill(&s.p, s.mr, 0, s.f.len, 200);
	t_own_faults_always(true);
	count_faults("fail_umem_pin");
	t_ok(!fsync(s.f.fd), "%s: nor do all together", what);
	faults = counted_faults("fail_umem_pin");
	t_own_faults_always(false);
	t_ok(faults >= PAGES, "%s: which were %u", what, faults);
	t_ok(synced(200), "%s: the bytes are on the disk", what);
	t_faults(T_ALL_FAULTS);
	refused = sweep(&nth);
	t_ok(nth > PAGES, "%s: %u allocations failed, %u of them fsync", what,
	     nth, refused);
	t_scene_close(&s);
}

static void do_fsync(void *unused)
{
	(void)unused;
	t_must(!fsync(s.f.fd), "fsync");
}

int main(void)
{
	unsigned int faults;

	t_begin();
	t_scene_open(&s, MANY, T_FALLOC);
	t_dma_fill(&s.p, s.mr, 0, s.f.len, 3);
	t_no_memory_in("pui_snapshot");
	count_faults("fail_page_alloc");
	t_ok(t_join(t_fork(do_fsync, NULL), 20),
	     "fsync of %u pages of an unwritten extent works from the reserve",
	     MANY);
	faults = counted_faults("fail_page_alloc");
	t_no_memory_in(NULL);
	t_ok(faults >= MANY, "there was no memory for them, %u times", faults);
	t_ok(t_disk_is(s.f.fd, 0, s.f.len, 3), "their bytes are on the disk");
	t_scene_close(&s);
	sweep_kind("written blocks", T_WRITTEN);
	sweep_kind("a hole", T_HOLE);
	t_done();
}
