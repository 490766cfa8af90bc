/*
 * failing.c - a library to preload: one call into libc by the recorder fails, as on a full disk or a machine without memory.
 *
 *     FAULT=mmap:3:28          the third mmap() of the extension fails with errno 28; all later ones too with FAULT=mmap:3:28:on
 *     FAULT_TOLD=/tmp/told     a file that is made when that happens
 *
 * Only calls that come from _native*.so count: what the program itself asks for is not disturbed.
 */
#define _GNU_SOURCE
#undef _FORTIFY_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static char function[32];
static long number, seen;
static int error;
static bool on;

__attribute__((constructor)) static void read_fault(void)
{
    const char *text = getenv("FAULT"), *colon = text ? strchr(text, ':') : NULL;
    char *rest;

    if (colon == NULL || (size_t)(colon - text) >= sizeof function)
        return;
    memcpy(function, text, (size_t)(colon - text));
    number = strtol(colon + 1, &rest, 10);
    error = (int)strtol(rest + 1, &rest, 10);
    on = strcmp(rest, ":on") == 0;
}

/* Is it this call that fails? */
static bool fails(const char *name, const void *caller)
{
    const char *told = getenv("FAULT_TOLD"), *file;
    Dl_info info;
    long n;
    int fd;

    if (strcmp(name, function) != 0 || dladdr(caller, &info) == 0 || info.dli_fname == NULL)
        return false;
    file = strrchr(info.dli_fname, '/');
    if (strncmp(file ? file + 1 : info.dli_fname, "_native", 7) != 0)
        return false;
    n = __atomic_add_fetch(&seen, 1, __ATOMIC_RELAXED);
    if (n != number && !(on && n > number))
        return false;
    fd = told ? (int)syscall(SYS_openat, AT_FDCWD, told, O_CREAT | O_WRONLY, 0600) : -1;
    if (fd >= 0)
        syscall(SYS_close, fd);
    errno = error;
    return true;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define CALLER __builtin_return_address(0)

#define OPEN(name)                                                     \
    int name(const char *path, int flags, ...)                         \
    {                                                                  \
        int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, #name); \
        mode_t mode = 0;                                               \
        va_list args;                                                  \
                                                                       \
        if (fails("open", CALLER))                                     \
            return -1;                                                 \
        va_start(args, flags);                                         \
        if (flags & (O_CREAT | __O_TMPFILE))                           \
            mode = va_arg(args, mode_t);                               \
        va_end(args);                                                  \
        return real(path, flags, mode);                                \
    }

OPEN(open)
OPEN(open64)

#define OPEN_CHECKED(name)                                        \
    int name(const char *path, int flags);                        \
    int name(const char *path, int flags)                         \
    {                                                             \
        int (*real)(const char *, int) = dlsym(RTLD_NEXT, #name); \
                                                                  \
        return fails("open", CALLER) ? -1 : real(path, flags);    \
    }

OPEN_CHECKED(__open_2)
OPEN_CHECKED(__open64_2)

#define MMAP(name)                                                                                 \
    void *name(void *at, size_t size, int access, int flags, int fd, off_t from)                   \
    {                                                                                              \
        return fails("mmap", CALLER) ? MAP_FAILED : REAL(name)(at, size, access, flags, fd, from); \
    }

MMAP(mmap)
MMAP(mmap64)

#define FALLOCATE(name)                                                               \
    int name(int fd, off_t from, off_t size)                                          \
    {                                                                                 \
        return fails("posix_fallocate", CALLER) ? error : REAL(name)(fd, from, size); \
    }

FALLOCATE(posix_fallocate)
FALLOCATE(posix_fallocate64)

#define PWRITE(name)                                                          \
    ssize_t name(int fd, const void *bytes, size_t n, off_t from)             \
    {                                                                         \
        return fails("pwrite", CALLER) ? -1 : REAL(name)(fd, bytes, n, from); \
    }

PWRITE(pwrite)
PWRITE(pwrite64)

ssize_t write(int fd, const void *bytes, size_t n)
{
    return fails("write", CALLER) ? -1 : REAL(write)(fd, bytes, n);
}

int munmap(void *at, size_t size)
{
    return fails("munmap", CALLER) ? -1 : REAL(munmap)(at, size);
}

void *mremap(void *at, size_t old, size_t size, int flags, ...)
{
    return fails("mremap", CALLER) ? MAP_FAILED : REAL(mremap)(at, old, size, flags);
}

int ftruncate(int fd, off_t size)
{
    return fails("ftruncate", CALLER) ? -1 : REAL(ftruncate)(fd, size);
}

int mkdir(const char *path, mode_t mode)
{
    return fails("mkdir", CALLER) ? -1 : REAL(mkdir)(path, mode);
}

int rename(const char *from, const char *to)
{
    return fails("rename", CALLER) ? -1 : REAL(rename)(from, to);
}

int unlink(const char *path)
{
    return fails("unlink", CALLER) ? -1 : REAL(unlink)(path);
}

int flock(int fd, int how);
int flock(int fd, int how)
{
    return fails("flock", CALLER) ? -1 : REAL(flock)(fd, how);
}
