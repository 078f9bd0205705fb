// SPDX-License-Identifier: GPL-2.0
/*
 * What a disk may and must hold after a crash, and a disk that crashes as often
 * as one likes.
 */
#include "storm.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scene.h"

/* --- what was promised */

static void may_also(struct promise *p, long i, unsigned char value)
{
	p->may[i][value / 64] |= 1ULL << value % 64;
}

void promise_init(struct promise *p, const struct model *m)
{
	memset(p, 0, sizeof(*p));
	p->by = calloc(m->max, sizeof(*p->by));
	t_must(p->by, "memory");
	for (long i = 0; i < m->max; i++)
		may_also(p, i, m->byte[i]);
	p->least = m->size;
	p->most = m->size;
}

void promise_made(struct promise *p, const struct model *m,
		  const struct effect *e)
{
	long to = e->disk_to < m->max ? e->disk_to : m->max;

	if (!e->on_disk || !e->durable)
		return;
	for (long i = e->disk_from; i < to; i++) {
		memset(p->may[i], 0, sizeof(p->may[i]));
		may_also(p, i, m->byte[i]);
	}
	if (e->whole) {
		p->least = m->size;
		p->most = m->size;
	}
}

void promise_eased(struct promise *p, const struct model *m,
		   const struct effect *e)
{
	for (long i = e->from; i < e->to && i < m->max; i++) {
		may_also(p, i, m->byte[i]);
		p->by[i][m->byte[i]] = m->last[i];
		/*
		 * Until the journal has it, a crash puts the blocks back to where
		 * they were, with all that was written to them since.
		 */
		if (e->moves)
			memset(p->may[i], 0xff, sizeof(p->may[i]));
	}
	if (p->least > m->size)
		p->least = m->size;
	if (p->most < m->size)
		p->most = m->size;
}

bool promise_kept(const struct promise *p, const char *path)
{
	static unsigned char byte[MAX_LEN];
	int fd = open(path, O_RDONLY), bad = 0;
	struct stat st;
	long got;

	if (fd < 0) {
		t_note("%s: %s", path, strerror(errno));
		return false;
	}
	memset(byte, 0, sizeof(byte));
	t_must(!fstat(fd, &st), "stat %s", path);
	got = read(fd, byte, sizeof(byte));
	close(fd);
	if (got != st.st_size || got < p->least || got > p->most) {
		t_note("its size is %ld, %ld bytes can be read, promised was %ld to %ld",
		       (long)st.st_size, got, p->least, p->most);
		return false;
	}
	for (long i = 0; i < MAX_LEN; i++) {
		/* Beyond its greatest length nothing was ever noted */
		bool none = !(p->may[i][0] | p->may[i][1] | p->may[i][2] | p->may[i][3]);

		if (none ? byte[i] : !(p->may[i][byte[i] / 64] >> byte[i] % 64 & 1))
			if (!bad++)
				t_note("byte 0x%lx is 0x%02x, of operation %u, which it was at no time since it was promised",
				       i, byte[i], none ? 0 : p->by[i][byte[i]]);
	}
	if (bad)
		t_note("%d such bytes", bad);
	return !bad;
}

/* --- dm-log-writes, by its ioctls: the guest has no dmsetup */

#define SECTOR	512UL
#define DM_NAME	"storm"
#define DM_NODE	"/dev/storm_log"

static struct {
	struct dm_ioctl head;
	char rest[512];
} dm;
static char disk[64];		/* what is logged */

static int dm_call(unsigned long request, unsigned int flags)
{
	static int fd = -1;

	if (fd < 0)
		fd = open("/dev/mapper/control", O_RDWR);
	t_must(fd >= 0, "open /dev/mapper/control");
	memset(&dm.head, 0, sizeof(dm.head));
	dm.head.version[0] = DM_VERSION_MAJOR;
	dm.head.data_size = sizeof(dm);
	dm.head.data_start = sizeof(dm.head);
	dm.head.flags = flags;
	dm.head.target_count = request == DM_TABLE_LOAD;
	memcpy(dm.head.name, DM_NAME, sizeof(DM_NAME));
	return ioctl(fd, request, &dm);
}

static uint64_t device_size(const char *path)
{
	int fd = open(path, O_RDONLY);
	off_t size = lseek(fd, 0, SEEK_END);

	t_must(fd >= 0 && size > 0, "the size of %s", path);
	close(fd);
	return size;
}

void writes_log_start(void)
{
	struct dm_target_spec *spec = (void *)dm.rest;

	snprintf(disk, sizeof(disk), "%s", t_disk());
	t_must(!dm_call(DM_DEV_CREATE, 0), "create a dm device");
	unlink(DM_NODE);
	t_must(!mknod(DM_NODE, S_IFBLK | 0600, dm.head.dev), "mknod " DM_NODE);
	memset(dm.rest, 0, sizeof(dm.rest));
	spec->length = device_size(disk) / SECTOR;
	memcpy(spec->target_type, "log-writes", sizeof("log-writes"));
	sprintf(dm.rest + sizeof(*spec), "%s %s", disk, t_disk2());
	t_must(!dm_call(DM_TABLE_LOAD, 0), "log-writes of %s", disk);
	t_must(!dm_call(DM_DEV_SUSPEND, 0), "start the dm device");
	setenv("T_DISK", DM_NODE, 1);
}

void writes_log_mark(const char *text)
{
	struct dm_target_msg *message = (void *)dm.rest;
	char *to = message->message;

	memset(dm.rest, 0, sizeof(dm.rest));
	to += sprintf(to, "mark ");
	for (const char *c = text; *c; c++) {
		/* a blank would end the word */
		if (*c == ' ')
			*to++ = '\\';
		*to++ = *c;
	}
	t_must(!dm_call(DM_TARGET_MSG, 0), "mark %s", text);
}

void writes_log_stop(void)
{
	t_must(!dm_call(DM_DEV_REMOVE, 0), "remove the dm device");
	unlink(DM_NODE);
	setenv("T_DISK", disk, 1);
}

/*
 * --- the log, as Documentation/admin-guide/device-mapper/log-writes.rst has
 * it: a sector that says how long it is, then entries, each of a sector with
 * this head and, for a mark, its text, followed by the data.
 */

struct log_head {
	uint64_t magic, version, entries;
	uint32_t sector_size;
};

struct log_entry {
	uint64_t sector, sectors, flags, text_len;
};

enum { LOG_FLUSH = 1, LOG_FUA = 2, LOG_DISCARD = 4, LOG_MARK = 8 };

#define LOG_MAGIC 0x6a736677736872ULL

/* A write that may still be in the disk's volatile cache. */
struct cached {
	uint64_t sector, sectors, at;	/* where its data is in the log */
	struct cached *next;
};

struct replay {
	int log;
	uint64_t entries, entry, at;	/* in the log: sector of the next entry */
	unsigned char *stable;		/* what the disk holds for good */
	size_t size;
	struct cached *first, **last;
	long begun, returned;		/* the marks */
};

static void apply_write(struct replay *r, unsigned char *image,
			uint64_t sector, uint64_t sectors, uint64_t at)
{
	if ((sector + sectors) * SECTOR > r->size)
		return;		/* not in the file system */
	t_must(pread(r->log, image + sector * SECTOR, sectors * SECTOR,
		     at * SECTOR) == (ssize_t)(sectors * SECTOR), "read the log");
}

/* The cache is on its way to the disk: @luck of 256 writes have arrived. */
static void settle(struct replay *r, unsigned char *image, int luck)
{
	for (struct cached *c = r->first; c; c = c->next)
		if (random() % 256 < luck)
			apply_write(r, image, c->sector, c->sectors, c->at);
}

static void empty_cache(struct replay *r)
{
	struct cached *c;

	while ((c = r->first)) {
		r->first = c->next;
		free(c);
	}
	r->last = &r->first;
}

/* Take in one entry. */
static void replay_entry(struct replay *r)
{
	unsigned char sector[SECTOR];
	struct log_entry *e = (void *)sector;
	char text[64] = "";
	struct cached *c;

	t_must(pread(r->log, sector, SECTOR, r->at * SECTOR) == (ssize_t)SECTOR,
	       "read the log");
	r->entry++;
	r->at++;
	if (e->flags & LOG_MARK) {
		memcpy(text, sector + sizeof(*e),
		       e->text_len < 63 ? e->text_len : 63);
		sscanf(text, "begun %ld", &r->begun);
		sscanf(text, "returned %ld", &r->returned);
		return;
	}
	/* A flush is for what was complete before it */
	if (e->flags & LOG_FLUSH) {
		settle(r, r->stable, 256);
		empty_cache(r);
	}
	if (e->flags & LOG_DISCARD || !e->sectors)
		return;
	if (e->flags & LOG_FUA) {
		apply_write(r, r->stable, e->sector, e->sectors, r->at);
	} else {
		c = malloc(sizeof(*c));
		*c = (struct cached){ e->sector, e->sectors, r->at, NULL };
		*r->last = c;
		r->last = &c->next;
	}
	r->at += e->sectors;
}

static bool put_image(struct replay *r, unsigned char *image, int luck)
{
	int fd = open(disk, O_WRONLY);
	bool good;

	memcpy(image, r->stable, r->size);
	settle(r, image, luck);
	good = pwrite(fd, image, r->size, 0) == (ssize_t)r->size && !fsync(fd);
	close(fd);
	return good;
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

int writes_log_replay(int points, int mib, uint64_t seed,
		      bool (*judge)(long begun, long returned))
{
	struct replay r = { .at = 1, .size = (size_t)mib << 20,
			    .begun = -1, .returned = -1 };
	uint64_t *stop = calloc(points, sizeof(*stop)), first;
	unsigned char *image = malloc(r.size);
	static const int luck[] = { 0, 256, 128 };
	struct log_head head;
	int bad = 0;

	r.last = &r.first;
	r.stable = calloc(1, r.size);
	r.log = open(t_disk2(), O_RDONLY);
	t_must(r.log >= 0 && stop && image && r.stable, "open the log");
	t_must(pread(r.log, &head, sizeof(head), 0) == sizeof(head),
	       "read the log");
	errno = EINVAL;
	t_must(head.magic == LOG_MAGIC && head.sector_size == SECTOR,
	       "a log of sectors of %lu bytes", SECTOR);
	r.entries = head.entries;
	/* Before the first operation there is nothing to lose */
	while (r.begun < 0 && r.entry < r.entries)
		replay_entry(&r);
	first = r.entry;
	t_must(first < r.entries, "operations in the log");
	srandom(seed);
	for (int i = 0; i < points; i++)
		stop[i] = first + random() % (r.entries - first);
	qsort(stop, points, sizeof(*stop), by_number);
	for (int i = 0; i < points; i++) {
		while (r.entry < stop[i])
			replay_entry(&r);
		/* Nothing, all or some of the cache got to the disk */
		t_must(put_image(&r, image, luck[i % 3]), "write the image");
		if (!judge(r.begun, r.returned)) {
			t_note("crash after entry %lu of %lu of the log",
			       r.entry, r.entries);
			bad++;
		}
	}
	t_note("%d crashes in a log of %lu entries", points,
	       (unsigned long)r.entries);
	empty_cache(&r);
	close(r.log);
	free(stop);
	free(image);
	free(r.stable);
	return bad;
}
