/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What most tests start from: a fresh ext4, a file on it, a connected pair of
 * queue pairs, and a region over the whole file. One header for all helpers.
 */
#ifndef T_SCENE_H
#define T_SCENE_H

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file_buf.h"
#include "fs.h"
#include "proc.h"
#include "slots.h"
#include "tap.h"
#include "verbs_pair.h"

struct t_scene {
	struct t_file f;
	struct t_pair p;
	struct ibv_mr *mr;
};

/* A file system of 64 MiB, a file of @pages pages, all of it registered. */
void t_scene_open(struct t_scene *s, unsigned int pages, enum t_how how);
/* Whatever is still open of it, then umount, which has to work. */
void t_scene_close(struct t_scene *s);

/*
 * Registers @len bytes of a new file made as @how, lets the peer write, and
 * follows the bytes: to the CPU, to the disk by fsync, after deregistration
 * and a remount with @mount_opts to the file. States each as a t_ok().
 */
void t_round_trip(const char *what, size_t len, enum t_how how,
		  const char *mount_opts);

#endif
