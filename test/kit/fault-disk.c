// A disk that breaks on demand, for tests of stores: loaded before the C library (LD_PRELOAD), it stands between a program and the
// files of one folder. It keeps a journal of what was written and synced, in one order over all threads, from which a test makes
// the disk as it is after a power cut; and it fails writes as a full, a read-only or a broken disk does, when told to.
// Syncs are only noted: a test shows what depends on them, and is quick. Shared memory of SQLite (-shm) takes room, and is no
// part of the journal: nobody reads it after a restart. What a program does past the C library is not seen.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { DESCRIPTORS_MAX = 65536, NOT_OURS = 0, JOURNALED = 1, SHARED_MEMORY = 2 };

// As test/kit/fault-disk.ts writes it, at any time: the file is mapped.
struct orders {
  int64_t room;       // Bytes by which files may grow; less than 0: any.
  int64_t read_only;  // 1: nothing is opened for writing or written.
  int64_t fail_sync;  // Syncs from now on, the last of which fails and keeps nothing; 0: none.
  int64_t kill_sync;  // Syncs from now on, at the last of which the process is killed; 0: none.
};

static const char *folder;
static int journal = -1;
static struct orders no_orders = {-1, 0, 0, 0};
static struct orders *orders = &no_orders;
static unsigned char kinds[DESCRIPTORS_MAX];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void begin(void) {
  folder = getenv("FAULT_DISK_FOLDER");
  const char *journal_path = getenv("FAULT_DISK_JOURNAL");
  const char *orders_path = getenv("FAULT_DISK_ORDERS");
  if (journal_path) journal = syscall(SYS_openat, AT_FDCWD, journal_path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (orders_path) {
    int file = syscall(SYS_openat, AT_FDCWD, orders_path, O_RDWR | O_CLOEXEC, 0);
    void *mapped = mmap(NULL, sizeof *orders, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (mapped == MAP_FAILED) abort();
    orders = mapped;
  }
}

static int is_ours(const char *path) { return folder && path && strncmp(path, folder, strlen(folder)) == 0; }

static int kind_of(int file) { return file >= 0 && file < DESCRIPTORS_MAX ? kinds[file] : NOT_OURS; }

static int ends_with(const char *path, const char *end) {
  size_t length = strlen(path), end_length = strlen(end);
  return length >= end_length && strcmp(path + length - end_length, end) == 0;
}

// One record: kind, which file, offset, length, data. With the lock held.
static void note(char kind, uint64_t file, uint64_t offset, const void *data, uint32_t length) {
  if (journal < 0) return;
  unsigned char head[24] = {0};
  head[0] = (unsigned char)kind;
  memcpy(head + 4, &length, 4);
  memcpy(head + 8, &file, 8);
  memcpy(head + 16, &offset, 8);
  struct iovec parts[2] = {{head, sizeof head}, {(void *)data, length}};
  if (syscall(SYS_writev, journal, parts, 2) != (long)(sizeof head + length)) abort();
}

static struct stat status_of(int file) {
  struct stat status = {0};
  if (fstat(file, &status) != 0) abort();
  return status;
}

static int is_due(int64_t *countdown) { return *countdown > 0 && --*countdown == 0; }

static int opened(const char *path, int flags, mode_t mode) {
  if (!is_ours(path)) return syscall(SYS_openat, AT_FDCWD, path, flags, mode);
  pthread_mutex_lock(&lock);
  int is_refused = orders->read_only && (flags & (O_WRONLY | O_RDWR | O_CREAT));
  int file = is_refused ? -1 : syscall(SYS_openat, AT_FDCWD, path, flags, mode);
  if (is_refused) errno = EROFS;
  if (file >= 0 && file < DESCRIPTORS_MAX) {
    kinds[file] = ends_with(path, "-shm") ? SHARED_MEMORY : JOURNALED;
    struct stat status = status_of(file);
    if (kinds[file] == JOURNALED && S_ISREG(status.st_mode)) note('O', status.st_ino, status.st_size, path, strlen(path));
  }
  pthread_mutex_unlock(&lock);
  return file;
}

static ssize_t written(int file, const void *data, size_t length, off_t offset) {
  pthread_mutex_lock(&lock);
  struct stat status = status_of(file);
  int64_t growth = offset + (int64_t)length - status.st_size;
  ssize_t count = -1;
  if (growth < 0) growth = 0;
  if (orders->room >= 0 && growth > orders->room) {
    int64_t excess = growth - orders->room;
    length = excess < (int64_t)length ? length - excess : 0;
    growth = orders->room;
  }
  if (orders->read_only) errno = EROFS;
  else if (length == 0) errno = ENOSPC;
  else count = syscall(SYS_pwrite64, file, data, length, offset);
  if (count > 0 && orders->room >= 0) orders->room -= growth;
  if (count > 0 && kinds[file] == JOURNALED) note('W', status.st_ino, offset, data, count);
  pthread_mutex_unlock(&lock);
  return count;
}

static int cut(int file, off_t size) {
  pthread_mutex_lock(&lock);
  struct stat status = status_of(file);
  int result = -1;
  if (orders->read_only) errno = EROFS;
  else result = syscall(SYS_ftruncate, file, size);
  if (result == 0 && orders->room >= 0 && size < status.st_size) orders->room += status.st_size - size;
  if (result == 0 && kinds[file] == JOURNALED) note('T', status.st_ino, size, NULL, 0);
  pthread_mutex_unlock(&lock);
  return result;
}

static int synced(int file) {
  pthread_mutex_lock(&lock);
  struct stat status = status_of(file);
  int result = 0;
  if (is_due(&orders->kill_sync)) kill(getpid(), SIGKILL);
  if (is_due(&orders->fail_sync)) {
    // As Linux does: what could not be kept counts as kept from then on, and is lost with the power.
    note('F', status.st_ino, 0, NULL, 0);
    errno = EIO;
    result = -1;
  } else if (kinds[file] == JOURNALED) {
    note(S_ISDIR(status.st_mode) ? 'D' : 'S', status.st_ino, 0, NULL, 0);
  }
  pthread_mutex_unlock(&lock);
  return result;
}

int open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = va_arg(rest, mode_t);
  va_end(rest);
  return opened(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = va_arg(rest, mode_t);
  va_end(rest);
  return opened(path, flags, mode);
}

int close(int file) {
  if (file >= 0 && file < DESCRIPTORS_MAX) kinds[file] = NOT_OURS;
  return syscall(SYS_close, file);
}

ssize_t pwrite64(int file, const void *data, size_t length, off_t offset) {
  return kind_of(file) ? written(file, data, length, offset) : syscall(SYS_pwrite64, file, data, length, offset);
}

ssize_t pwrite(int file, const void *data, size_t length, off_t offset) { return pwrite64(file, data, length, offset); }

int ftruncate64(int file, off_t size) { return kind_of(file) ? cut(file, size) : syscall(SYS_ftruncate, file, size); }

int ftruncate(int file, off_t size) { return ftruncate64(file, size); }

int fsync(int file) { return kind_of(file) ? synced(file) : syscall(SYS_fsync, file); }

int fdatasync(int file) { return kind_of(file) ? synced(file) : syscall(SYS_fdatasync, file); }

int unlink(const char *path) {
  if (!is_ours(path)) return syscall(SYS_unlinkat, AT_FDCWD, path, 0);
  pthread_mutex_lock(&lock);
  struct stat status = {0};
  int64_t size = stat(path, &status) == 0 ? status.st_size : 0;
  int result = -1;
  if (orders->read_only) errno = EROFS;
  else result = syscall(SYS_unlinkat, AT_FDCWD, path, 0);
  if (result == 0 && orders->room >= 0) orders->room += size;
  if (result == 0 && !ends_with(path, "-shm")) note('U', 0, 0, path, strlen(path));
  pthread_mutex_unlock(&lock);
  return result;
}

int rename(const char *from, const char *to) {
  if (!is_ours(from)) return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
  pthread_mutex_lock(&lock);
  char names[2 * PATH_MAX + 1];
  size_t from_length = strnlen(from, PATH_MAX), to_length = strnlen(to, PATH_MAX);
  memcpy(names, from, from_length);
  names[from_length] = '\n';
  memcpy(names + from_length + 1, to, to_length);
  int result = -1;
  if (orders->read_only) errno = EROFS;
  else result = syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
  if (result == 0) note('R', 0, 0, names, from_length + 1 + to_length);
  pthread_mutex_unlock(&lock);
  return result;
}
