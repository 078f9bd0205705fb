// SPDX-License-Identifier: GPL-2.0
/*
 * Given a user without CAP_IPC_LOCK and a limit of 8 pages more than is
 * pinned,
 * when he registers 5 pages of an ext4 file, then 5 more, then 3,
 * then the second fails with ENOMEM, the others work, VmPin counts each page
 * of each region once and is back where it was in the end; root is not bound
 * by the limit.
 *
 * Guards the accounting in umem_pin_get() and umem_pin_release().
 */
#include <sys/resource.h>

#include "scene.h"

static struct t_scene s;
static long start;

/* One registration by the user: pages [first, first + count) of the file. */
struct job {
	unsigned int first, count;
	struct ibv_mr *mr;
	int err;
};

static void do_register(void *arg)
{
	struct job *job = arg;

	job->mr = t_reg(&s.p, s.f.map + job->first * T_PAGE, job->count * T_PAGE);
	job->err = errno;
}

static struct ibv_mr *register_as_user(unsigned int first, unsigned int count)
{
	struct job job = { .first = first, .count = count };

	t_as_user(do_register, &job);
	errno = job.err;
	return job.mr;
}

static void user_is_bound(void)
{
	struct ibv_mr *a, *b;

	a = register_as_user(0, 5);
	t_must(a, "5 pages");
	t_ok(t_vmpin() == start + 20, "VmPin counts 5 pages");
	t_ok(!register_as_user(5, 5) && errno == ENOMEM,
	     "10 pages are too many: ENOMEM");
	t_ok(!register_as_user(0, 5) && errno == ENOMEM,
	     "also when they are the same pages once more");
	t_ok(t_vmpin() == start + 20 && t_vmstat("nr_pui_pages") == 5,
	     "a refused registration leaves nothing behind");
	b = register_as_user(1, 3);
	t_must(b, "3 pages");
	t_ok(t_vmpin() == start + 32, "pages of two regions count twice");
	t_dereg(a);
	t_ok(t_vmpin() == start + 12, "VmPin goes down with the first");
	t_dereg(b);
	t_ok(t_vmpin() == start, "and is back with the second");
}

int main(void)
{
	struct rlimit limit;

	t_begin();
	t_fs_make(64, "", "");
	t_file_make(&s.f, "file", 16 * T_PAGE, T_HOLE);
	t_pair_open(&s.p, t_device());
	start = t_vmpin();
	limit.rlim_cur = limit.rlim_max = (start << 10) + 8 * T_PAGE;
	t_must(!setrlimit(RLIMIT_MEMLOCK, &limit), "setrlimit");
	user_is_bound();
	s.mr = t_reg_must(&s.p, s.f.map, s.f.len);
	t_ok(t_vmpin() == start + 64, "with CAP_IPC_LOCK there is no limit");
	t_dma_fill(&s.p, s.mr, 0, s.f.len, 2);
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, s.f.len, 2),
	     "and the bytes get to the disk");
	t_dereg(s.mr);
	s.mr = NULL;
	t_ok(t_vmpin() == start && t_nothing_under_io(), "all is given back");
	t_scene_close(&s);
	t_done();
}
