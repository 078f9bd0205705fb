// SPDX-License-Identifier: GPL-2.0
#include "scene.h"

#include <sys/mman.h>

void t_scene_open(struct t_scene *s, unsigned int pages, enum t_how how)
{
	memset(s, 0, sizeof(*s));
	t_fs_make(64, "", "");
	t_file_make(&s->f, "file", pages * T_PAGE, how);
	t_pair_open(&s->p, t_device());
	s->mr = t_reg_must(&s->p, s->f.map, s->f.len);
}

void t_scene_close(struct t_scene *s)
{
	if (s->mr)
		t_dereg(s->mr);
	s->mr = NULL;
	t_pair_close(&s->p);
	t_file_close(&s->f);
	errno = t_fs_umount();
	t_must(!errno, "umount");
}

void t_round_trip(const char *what, size_t len, enum t_how how,
		  const char *mount_opts)
{
	unsigned int pages = (len + T_PAGE - 1) / T_PAGE;
	struct t_scene s = { .mr = NULL };
	int fd;

	t_file_make(&s.f, "round_trip", len, how);
	t_pair_open(&s.p, t_device());
	s.mr = t_reg_must(&s.p, s.f.map, len);
	t_ok(t_under_io(s.f.fd, 0, pages), "%s: every page is under io", what);
	t_dma_fill(&s.p, s.mr, 0, len, 7);
	t_ok(t_is(s.f.map, len, 7) && t_read_is(s.f.fd, 0, len, 7),
	     "%s: the CPU sees what the peer wrote", what);
	t_ok(!fsync(s.f.fd) && t_disk_is(s.f.fd, 0, len, 7),
	     "%s: fsync brings it to the disk", what);
	t_dma_fill(&s.p, s.mr, 0, len, 8);
	t_dereg(s.mr);
	/* siw lets go of a region when it is done with the last message */
	t_ok(t_within(10, t_slots_are(s.f.fd, 0, pages, "folio")),
	     "%s: released pages are ordinary ones", what);
	t_pair_close(&s.p);
	t_file_close(&s.f);
	t_fs_remount(mount_opts);
	fd = open(s.f.path, O_RDWR);
	t_ok(t_read_is(fd, 0, len, 8),
	     "%s: after a remount the file has the last bytes", what);
	close(fd);
	t_must(!unlink(s.f.path), "unlink");
}
