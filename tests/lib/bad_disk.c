// SPDX-License-Identifier: GPL-2.0
#include "bad_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "fs.h"
#include "tap.h"

/* The runner (tests/run) removes them by these names. */
#define LOWER	"t_broken"
#define UPPER	"t_slow"
#define NODE	"/dev/mapper/"

#define RANGES	16

static char below[64];			/* the disk itself */
static unsigned long sectors;

static struct range { unsigned long start, end; } data[RANGES];
static unsigned int ranges;

static unsigned long sectors_of(const char *disk)
{
	int fd = open(disk, O_RDONLY);
	unsigned long bytes = 0;

	t_must(fd >= 0 && !ioctl(fd, BLKGETSIZE64, &bytes), "size of %s", disk);
	close(fd);
	return bytes >> 9;
}

/* The free blocks, from "  Free blocks: 1124-16383, ...", as sectors. */
static void find_data(void)
{
	FILE *free_blocks = popen("dumpe2fs " NODE UPPER " 2>/dev/null | "
				  "sed -n 's/^ *Free blocks: *//p' | tr , '\\n'",
				  "r");
	unsigned long first, last;
	char line[64];

	ranges = 0;
	while (ranges < RANGES && fgets(line, sizeof(line), free_blocks)) {
		if (sscanf(line, "%lu-%lu", &first, &last) != 2)
			continue;
		data[ranges].start = first * T_PAGE / 512;
		data[ranges++].end = (last + 1) * T_PAGE / 512;
	}
	pclose(free_blocks);
	errno = ENODATA;
	t_must(ranges && ranges < RANGES, "free blocks of the file system");
}

void t_bad_disk_open(int mib, const char *mkfs_opts)
{
	snprintf(below, sizeof(below), "%s", t_disk());
	sectors = sectors_of(below);
	t_must(!setenv("DM_DISABLE_UDEV", "1", 1), "setenv");
	t_must(!t_run("dmsetup create " LOWER " --table '0 %lu linear %s 0'",
		      sectors, below) &&
	       !t_run("dmsetup create " UPPER " --table '0 %lu delay " NODE LOWER
		      " 0 0 " NODE LOWER " 0 1'", sectors), "dmsetup create");
	t_must(!setenv("T_DISK", NODE UPPER, 1), "setenv");
	t_fs_make(mib, mkfs_opts, "");
	find_data();
}

static void linear(FILE *table, unsigned long from, unsigned long to)
{
	if (from < to)
		fprintf(table, "%lu %lu linear %s %lu\n", from, to - from, below,
			from);
}

void t_bad_disk(enum t_disk_state state)
{
	FILE *table = popen("dmsetup load " LOWER, "w");
	unsigned long at = 0;

	for (unsigned int i = 0; i < ranges && state != T_DISK_GOOD; i++) {
		struct range *r = &data[i];

		linear(table, at, r->start);
		if (state == T_DISK_NO_WRITES)
			fprintf(table, "%lu %lu flakey %s %lu 0 1 1 error_writes\n",
				r->start, r->end - r->start, below, r->start);
		else
			fprintf(table, "%lu %lu error\n", r->start,
				r->end - r->start);
		at = r->end;
	}
	linear(table, at, sectors);
	t_must(!pclose(table), "dmsetup load");
	/*
	 * One call, so that who kills us does not leave a suspended disk, on
	 * which everybody waits for ever. The file system is not told.
	 */
	t_must(!t_run("dmsetup resume --noflush --nolockfs " LOWER),
	       "dmsetup resume");
}

void t_slow_disk(unsigned int ms)
{
	t_must(!t_run("dmsetup table " UPPER " | sed 's/[0-9]*$/%u/' | "
		      "dmsetup load " UPPER " && dmsetup resume --nolockfs " UPPER, ms),
	       "delay writes");
}
