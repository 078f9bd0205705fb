// SPDX-License-Identifier: GPL-2.0
/*
 * Given an ordinary user, without capabilities and with RLIMIT_MEMLOCK, and
 * mappings of a file beside holes and beside memory that cannot be written,
 * when he registers no bytes, far too many, ranges that wrap around, that reach
 * over holes or into the kernel, memory he may not write, and with every single
 * access flag there is or is not,
 * then each gets the errno of the table below, at once, and leaves nothing
 * behind: no page under io, nothing accounted; what is good works as before.
 *
 * Guards the checks of umem_pin_get() and pui_prepare().
 */
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "scene.h"

#define PART	(4 * T_PAGE)

static struct t_scene s;
static unsigned char *room;
static long pinned;

/* Parts of room, in PARTs */
enum { FILE_A, HOLE, FILE_B, NONE, READ_ONLY, READ_FD, PARTS };

static void map(int part, int fd, int prot)
{
	int flags = MAP_FIXED | (fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED);

	t_must(mmap(room + part * PART, PART, prot, flags, fd, 0) ==
	       room + part * PART, "map part %d", part);
}

static bool nothing_left(void)
{
	return t_vmpin() == pinned && t_nothing_under_io() &&
	       t_no_entry(s.f.fd, 0, 4);
}

struct job {
	uintptr_t addr;
	size_t len;
	int access;
	struct ibv_mr *mr;
	int err;
};

static void do_register(void *arg)
{
	struct job *job = arg;

	job->mr = ibv_reg_mr(s.p.pd, (void *)job->addr, job->len, job->access);
	job->err = job->mr ? 0 : errno;
}

static void refused(const char *what, uintptr_t addr, size_t len, int err)
{
	struct job job = { addr, len, s.p.access, NULL, 0 };
	double end = t_deadline(5);

	t_as_user(do_register, &job);
	if (job.mr)
		t_dereg(job.mr);
	t_ok(job.err == err && !t_over(end) && nothing_left(), "%s: %s, got %s",
	     what, strerrorname_np(err), strerrorname_np(job.err));
}

static void arguments(void)
{
	const uintptr_t a = (uintptr_t)room;

	refused("no bytes", a, 0, EINVAL);
	refused("no bytes at no address", 0, 0, EINVAL);
	refused("as many as there can be", a, SIZE_MAX, EINVAL);
	refused("the whole of 64 bits", 0, SIZE_MAX, EINVAL);
	refused("to the last byte of 64 bits", a, -a, EINVAL);
	refused("the last page of 64 bits", -T_PAGE, 1, EINVAL);
	refused("more pages than 32 bits", a, 1UL << 45, EINVAL);
	refused("2^32 pages", a, 1UL << 44, EINVAL);
	refused("more than he may lock", a, 1UL << 40, ENOMEM);
	refused("one page more than that", a, (64 << 20) + T_PAGE, ENOMEM);
	refused("no address", 0, T_PAGE, EFAULT);
	refused("the last bytes of user space", 0x7ffffffff000, T_PAGE, EFAULT);
	refused("over the end of it", 0x7fffffffe000, 4 * T_PAGE, EFAULT);
	refused("no address of this machine", 1UL << 63, T_PAGE, EFAULT);
	refused("the kernel", 0xffffffff81000000, T_PAGE, EFAULT);
	refused("the kernel's vsyscall page", 0xffffffffff600000, 1, EFAULT);
	refused("the vdso", getauxval(AT_SYSINFO_EHDR), 1, EFAULT);
	refused("from a file into a hole", a, PART + 1, EFAULT);
	refused("a file, a hole, a file", a, 3 * PART, EFAULT);
	refused("only a hole", a + HOLE * PART + 1, 1, EFAULT);
	refused("into PROT_NONE", a + FILE_B * PART, PART + 1, EFAULT);
	refused("a read-only mapping", a + READ_ONLY * PART, PART, EFAULT);
	refused("a read-only file", a + READ_FD * PART, PART, EFAULT);
}

static void flags(void)
{
	unsigned int made = 0, no = 0;

	for (int i = 0; i < 64; i++) {
		struct job job = { (uintptr_t)room, PART, 1U << i / 2, NULL, 0 };

		if (i % 2)
			job.access |= s.p.access;
		t_as_user(do_register, &job);
		made += !!job.mr;
		no += job.err == EINVAL || job.err == EOPNOTSUPP;
		if (job.mr)
			t_dereg(job.mr);
	}
	t_ok(made + no == 64, "each access flag is taken (%u) or refused (%u)",
	     made, no);
	t_ok(t_within(10, nothing_left()), "and leaves nothing behind");
}

int main(void)
{
	const struct rlimit limit = { 64 << 20, 64 << 20 };
	const int rw = PROT_READ | PROT_WRITE;
	int fd;

	t_begin();
	t_fs_make(64, "", "");
	t_file_make(&s.f, "file", PART, T_WRITTEN);
	fd = open(s.f.path, O_RDONLY);
	room = mmap(NULL, PARTS * PART, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
		    -1, 0);
	t_must(fd >= 0 && room != MAP_FAILED, "addresses");
	map(FILE_A, s.f.fd, rw);
	t_must(!munmap(room + HOLE * PART, PART), "a hole");
	map(FILE_B, s.f.fd, rw);
	map(NONE, -1, PROT_NONE);
	map(READ_ONLY, s.f.fd, PROT_READ);
	map(READ_FD, fd, PROT_READ);
	t_must(!setrlimit(RLIMIT_MEMLOCK, &limit), "setrlimit");
	t_pair_open(&s.p, t_device());
	pinned = t_vmpin();
	arguments();
	flags();
	s.mr = t_reg_must(&s.p, room, PART);
	t_dma_fill(&s.p, s.mr, 0, PART, 2);
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, PART, 2),
	     "what is good is registered, and its bytes get to the disk");
	t_must(!munmap(room, PARTS * PART) && !close(fd), "unmap");
	t_scene_close(&s);
	t_done();
}
