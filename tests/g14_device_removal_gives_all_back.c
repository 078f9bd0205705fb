// SPDX-License-Identifier: GPL-2.0
/*
 * Given a process with a live region of a device of its own, whose peer writes
 * and which syncs, all the time,
 * when the device is removed (rdma link delete), or the network device below it
 * (ip link delete, which unbinds the driver),
 * then the pages are under io as long as the process has the device open; when
 * it is killed the removal comes to its end, all is given back, and the file
 * has the last write that completed, in memory and on the disk.
 *
 * Guards umem_pin_release() beside the removal of its device.
 */
#include <sys/mman.h>

#include "scene.h"

#define PAGES 64U

static struct shared {
	unsigned int written;	/* seed of the last write that completed */
	bool cut_off;		/* the next one did not */
} *volatile shared;

static struct t_gate ready;
static struct t_file f;
static const char *device;

static void remove_device(void)
{
	t_run("rdma link delete %s 2>/dev/null; ip link delete rdma9 2>/dev/null",
	      device);
}

static void make_device(void)
{
	t_must(!t_run("ip link add rdma9 type dummy && "
		      "ip link set rdma9 mtu 9000 up && "
		      "ip addr add 10.77.9.1/24 dev rdma9 && "
		      "rdma link add %s type %.3s netdev rdma9", device, device),
	       "make %s", device);
}

static void work(void *unused)
{
	unsigned char *buf = malloc(f.len);
	struct ibv_mr *mr;
	struct t_pair p;

	(void)unused;
	t_pair_open(&p, device);
	mr = t_reg_must(&p, f.map, f.len);
	for (int n = 0; ; n++) {
		t_fill(buf, f.len, shared->written + 1);
		if (t_rdma_write(&p, mr, 0, buf, f.len))
			break;
		shared->written++;
		t_must(!fsync(f.fd), "fsync");
		if (n == 2)
			t_gate_open(&ready);
	}
	shared->cut_off = true;
	pause();
}

static void delete_rdma(void *unused)
{
	(void)unused;
	execlp("rdma", "rdma", "link", "delete", device, NULL);
}

static void delete_net(void *unused)
{
	(void)unused;
	execlp("ip", "ip", "link", "delete", "rdma9", NULL);
}

/* Each byte from the last write or the one after it; the disk has the same? */
static bool file_is_of(unsigned int seed)
{
	unsigned char *disk = malloc(f.len);
	bool good = !fsync(f.fd) &&
		    t_disk_read(t_disk(), f.fd, 0, disk, f.len) == f.len &&
		    !memcmp(disk, f.map, f.len);

	for (size_t i = 0; i < f.len && good; i++)
		good = t_is_from(disk + i, i, 1, seed) ||
		       t_is_from(disk + i, i, 1, seed + 1);
	free(disk);
	return good;
}

static bool rdma_waits(pid_t remover)
{
	return t_blocked_in(remover, "ib_unregister_device");
}

/* The network device is gone; what had a reference is being waited for. */
static bool net_waits(pid_t remover)
{
	double end;

	if (!t_within(20, access("/sys/class/net/rdma9", F_OK)))
		return false;
	for (end = t_after(0.5); !t_over(end); t_pause())
		if (t_ended(remover))
			return false;
	return true;
}

static void check(const char *how, void (*delete)(void *),
		  bool (*waits)(pid_t remover))
{
	pid_t worker, remover;

	make_device();
	t_gate_make(&ready);
	shared->cut_off = false;
	worker = t_fork(work, NULL);
	t_gate_wait(&ready);
	remover = t_fork(delete, NULL);
	t_ok(waits(remover), "%s: waits", how);
	t_note("the peer %s", shared->cut_off ? "is cut off" : "writes on");
	t_ok(t_slots_are(f.fd, 0, PAGES, "pui"), "%s: pages are under io", how);
	t_kill(worker);
	t_ok(t_join(remover, 30), "%s: ends when the process does", how);
	t_ok(t_within(20, t_nothing_under_io() &&
		      t_slots_are(f.fd, 0, PAGES, "folio")),
	     "%s: all is given back", how);
	t_ok(file_is_of(shared->written), "%s: file and disk have the bytes", how);
	remove_device();
}

int main(void)
{
	t_begin();
	device = t_is_iwarp() ? "siw9" : "rxe9";
	t_fs_make(64, "", "");
	t_file_make(&f, "file", PAGES * T_PAGE, T_WRITTEN);
	shared = mmap(NULL, T_PAGE, PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	t_must(shared != MAP_FAILED, "shared memory");
	shared->written = 1;
	remove_device();
	check("rdma link delete", delete_rdma, rdma_waits);
	check("ip link delete", delete_net, net_waits);
	t_file_close(&f);
	t_ok(!t_fs_umount(), "the file system can be unmounted");
	t_done();
}
