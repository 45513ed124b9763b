/*
 * A disk that forgets. Preloaded into a process (LD_PRELOAD), it keeps beside the database named by FORGETFUL_FILE, and
 * beside its write-ahead log, a copy of what was synced: FILE.synced. What was written and not synced never gets into
 * that copy, as a power cut may leave it. Syncing itself costs nothing here: the copy is what it is for.
 *
 * It goes as far as a disk may: nothing that was not synced survives. A file that was never synced is not there.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES 2
#define DESCRIPTORS 65536

struct range {
  off_t from, to;
};

/* A file that is watched, and what of it is not synced. */
struct file {
  char path[4096];
  char synced[4112];
  struct range *dirty;
  size_t count, room;
};

static struct file files[FILES];
/* The watched file of each descriptor; 0 for none, else its place and one. */
static unsigned char watched[DESCRIPTORS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define REAL(type, name, ...)                                            \
  static type (*real)(__VA_ARGS__);                                      \
  if (!real) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name)

static void fail(const char *what) {
  perror(what);
  _exit(70);
}

__attribute__((constructor)) static void begin(void) {
  static const char *suffixes[FILES] = {"", "-wal"};
  const char *path = getenv("FORGETFUL_FILE");
  if (!path) return;
  for (int i = 0; i < FILES; i++) {
    snprintf(files[i].path, sizeof files[i].path, "%s%s", path, suffixes[i]);
    snprintf(files[i].synced, sizeof files[i].synced, "%s.synced", files[i].path);
  }
}

static struct file *file_of(int fd) {
  return fd >= 0 && fd < DESCRIPTORS && watched[fd] ? &files[watched[fd] - 1] : NULL;
}

static void mark(struct file *file, off_t from, off_t to) {
  if (file->count == file->room) {
    file->room = file->room ? 2 * file->room : 64;
    file->dirty = realloc(file->dirty, file->room * sizeof *file->dirty);
    if (!file->dirty) fail("forgetful disk");
  }
  file->dirty[file->count++] = (struct range){from, to};
}

static ssize_t real_pwrite(int fd, const void *bytes, size_t size, off_t at) {
  REAL(ssize_t, pwrite, int, const void *, size_t, off_t);
  return real(fd, bytes, size, at);
}

static int real_ftruncate(int fd, off_t size) {
  REAL(int, ftruncate, int, off_t);
  return real(fd, size);
}

static int real_open(const char *path, int flags, mode_t mode) {
  REAL(int, open, const char *, int, ...);
  return real(path, flags, mode);
}

static int real_close(int fd) {
  REAL(int, close, int);
  return real(fd);
}

static void copy(int from, int to, off_t at, off_t end) {
  char bytes[65536];
  while (at < end) {
    size_t size = end - at < (off_t)sizeof bytes ? (size_t)(end - at) : sizeof bytes;
    ssize_t got = pread(from, bytes, size, at);
    if (got < 0) fail("forgetful disk");
    if (got == 0) return;
    if (real_pwrite(to, bytes, (size_t)got, at) != got) fail("forgetful disk");
    at += got;
  }
}

/* Brings the copy up to date: what was written since the last time, and the length. */
static void sync_file(struct file *file) {
  struct stat now;
  int from = real_open(file->path, O_RDONLY | O_CLOEXEC, 0);
  int to = real_open(file->synced, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (from < 0 || to < 0 || fstat(from, &now) < 0) fail("forgetful disk");
  for (size_t i = 0; i < file->count; i++) copy(from, to, file->dirty[i].from, file->dirty[i].to);
  if (real_ftruncate(to, now.st_size) < 0) fail("forgetful disk");
  file->count = 0;
  real_close(from);
  real_close(to);
}

static int watch(int fd, const char *path) {
  if (fd < 0 || fd >= DESCRIPTORS) return fd;
  pthread_mutex_lock(&lock);
  for (int i = 0; i < FILES; i++) {
    struct file *file = &files[i];
    struct stat now;
    if (!file->path[0] || strcmp(path, file->path) != 0) continue;
    watched[fd] = (unsigned char)(i + 1);
    /* What was there before we were is taken for synced. */
    if (access(file->synced, F_OK) < 0 && fstat(fd, &now) == 0 && now.st_size > 0) {
      mark(file, 0, now.st_size);
      sync_file(file);
    }
  }
  pthread_mutex_unlock(&lock);
  return fd;
}

int open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return watch(real_open(path, flags, mode), path);
}

int open64(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return watch(real_open(path, flags | O_LARGEFILE, mode), path);
}

int close(int fd) {
  if (fd >= 0 && fd < DESCRIPTORS) watched[fd] = 0;
  return real_close(fd);
}

ssize_t write(int fd, const void *bytes, size_t size) {
  REAL(ssize_t, write, int, const void *, size_t);
  struct file *file = file_of(fd);
  if (!file) return real(fd, bytes, size);
  pthread_mutex_lock(&lock);
  ssize_t done = real(fd, bytes, size);
  if (done > 0) {
    off_t end = lseek(fd, 0, SEEK_CUR);
    mark(file, end - done, end);
  }
  pthread_mutex_unlock(&lock);
  return done;
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at) {
  struct file *file = file_of(fd);
  if (!file) return real_pwrite(fd, bytes, size, at);
  pthread_mutex_lock(&lock);
  ssize_t done = real_pwrite(fd, bytes, size, at);
  if (done > 0) mark(file, at, at + done);
  pthread_mutex_unlock(&lock);
  return done;
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t at) { return pwrite(fd, bytes, size, at); }

int ftruncate(int fd, off_t size) {
  struct file *file = file_of(fd);
  struct stat before;
  if (!file || fstat(fd, &before) < 0) return real_ftruncate(fd, size);
  pthread_mutex_lock(&lock);
  int result = real_ftruncate(fd, size);
  if (result == 0 && size < before.st_size) mark(file, size, before.st_size);
  pthread_mutex_unlock(&lock);
  return result;
}

int ftruncate64(int fd, off_t size) { return ftruncate(fd, size); }

int fsync(int fd) {
  REAL(int, fsync, int);
  struct file *file = file_of(fd);
  if (!file) return real(fd);
  pthread_mutex_lock(&lock);
  sync_file(file);
  pthread_mutex_unlock(&lock);
  return 0;
}

int fdatasync(int fd) {
  REAL(int, fdatasync, int);
  return file_of(fd) ? fsync(fd) : real(fd);
}

int unlink(const char *path) {
  REAL(int, unlink, const char *);
  pthread_mutex_lock(&lock);
  for (int i = 0; i < FILES; i++) {
    if (!files[i].path[0] || strcmp(path, files[i].path) != 0) continue;
    real(files[i].synced);
    files[i].count = 0;
  }
  pthread_mutex_unlock(&lock);
  return real(path);
}
