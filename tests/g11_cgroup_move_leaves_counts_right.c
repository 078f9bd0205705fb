// SPDX-License-Identifier: GPL-2.0
/*
 * Given two control groups of version 1, a process in the first with a file's
 * dirty pages mapped, and the second taking over what newcomers are charged for,
 * when the process registers the pages and moves to the second group,
 * then neither group counts a page as dirty; after release and fsync they do
 * not, either. Ordinary dirty pages move with the process, and their count with
 * them.
 *
 * Guards mem_cgroup_move_account().
 */
#include <sys/mount.h>
#include <sys/stat.h>

#include "scene.h"

#define PAGES	2048U
#define BYTES	((long)(PAGES * T_PAGE))
#define V1	T_DIR "/v1"

static struct t_scene s;

/* The unified hierarchy has it; it lets go when no group of it is left. */
static bool mount_v1(void)
{
	t_try_write_file("/sys/fs/cgroup/cgroup.subtree_control", "-memory");
	return !mount("v1", V1, "cgroup", 0, "memory");
}

static void enter(const char *group)
{
	char path[64];

	snprintf(path, sizeof(path), V1 "%s/cgroup.procs", group);
	t_write_file(path, "0");
}

/* Bytes that a group counts as dirty. */
static long dirty(const char *group)
{
	char path[64];

	snprintf(path, sizeof(path), V1 "%s/memory.stat", group);
	return t_number_in(path, "dirty");
}

int main(void)
{
	t_begin();
	mkdir(V1, 0755);
	t_must(t_within(30, mount_v1()), "mount cgroup v1: %s", strerror(errno));
	t_must(!mkdir(V1 "/first", 0755) && !mkdir(V1 "/second", 0755), "mkdir");
	/* file pages, too */
	t_write_file(V1 "/first/memory.move_charge_at_immigrate", "3");
	t_write_file(V1 "/second/memory.move_charge_at_immigrate", "3");
	/* the flusher stays away */
	t_write_file("/proc/sys/vm/dirty_writeback_centisecs", "0");
	t_fs_make(64, "", "");
	enter("/first");
	t_file_make(&s.f, "file", BYTES, T_WRITTEN);
	t_fill(s.f.map, s.f.len, 2);
	t_ok(t_within(10, dirty("/first") == BYTES), "dirty pages count in the first");
	enter("/second");
	t_ok(t_within(10, dirty("/second") == BYTES && !dirty("/first")),
	     "and move to the second");
	enter("/first");
	t_must(t_within(10, dirty("/first") == BYTES), "and back");

	t_pair_open(&s.p, t_device());
	s.mr = t_reg_must(&s.p, s.f.map, s.f.len);
	t_ok(t_within(10, !dirty("/first")), "under io they count in neither");
	enter("/second");
	t_dma_fill(&s.p, s.mr, 0, s.f.len, 3);
	t_ok(t_within(10, !dirty("/first") && !dirty("/second")),
	     "whether the process moves or not");
	t_dereg(s.mr);
	s.mr = NULL;
	t_ok(t_within(10, dirty("/first") + dirty("/second") == BYTES),
	     "released, each counts once");
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, s.f.len, 3), "fsync writes them");
	t_ok(t_within(10, !dirty("/first") && !dirty("/second")),
	     "and then none is dirty (first %ld, second %ld)", dirty("/first"),
	     dirty("/second"));

	enter("");
	t_scene_close(&s);
	rmdir(V1 "/first");
	rmdir(V1 "/second");
	t_ok(t_within(10, !umount(V1)), "the hierarchy can be unmounted");
	t_write_file("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
	t_done();
}
