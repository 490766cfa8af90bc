/* duck_load.c - see duck_calls.h. */
#include "base/base.h"

#include "store/duck.h"

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <unistd.h>

struct duck_calls duck_calls;

static const struct {
    const char *name;
    size_t offset;
} CALLS[] = {
#define DUCK_NAME(name) {#name, offsetof(struct duck_calls, name##_)},
    DUCK_CALLS(DUCK_NAME)
#undef DUCK_NAME
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool loaded;
static char problem[LIMIT_ERROR_BYTES / 2];

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
/* A sanitizer's runtime has to come first. Its dlopen() has its own run path, not the program's: which is ../lib. */
static void *open_library(void)
{
    char path[PATH_MAX + sizeof(DUCKDB_FILE) + 16], *name;
    ssize_t len = readlink("/proc/self/exe", path, PATH_MAX - 1);

    path[len > 0 ? len : 0] = '\0';
    name = strrchr(path, '/');
    if (name != NULL)
        memcpy(name, "/../lib/" DUCKDB_FILE, sizeof("/../lib/" DUCKDB_FILE));
    return dlopen(name != NULL ? path : DUCKDB_FILE, RTLD_LAZY | RTLD_LOCAL);
}
#else
/* The library lies beside the program: its run path has the folder. It looks for its names in itself first, which spares each
 * command a millisecond. */
static void *open_library(void)
{
    return dlopen(DUCKDB_FILE, RTLD_LAZY | RTLD_LOCAL | RTLD_DEEPBIND);
}
#endif

static void load(void)
{
    void *library = open_library();

    if (library == NULL) {
        const char *why = dlerror();

        snprintf(problem, sizeof(problem), "%s", why != NULL ? why : DUCKDB_FILE);
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(CALLS); i++) {
        void *call = dlsym(library, CALLS[i].name);

        if (call == NULL) {
            snprintf(problem, sizeof(problem), "%s has no %s", DUCKDB_FILE, CALLS[i].name);
            return;
        }
        memcpy((char *)&duck_calls + CALLS[i].offset, &call, sizeof(call));
    }
    loaded = true;
}

int duck_load(struct error *err)
{
    pthread_once(&once, load);
    if (loaded)
        return 0;
    error_set(err, ERR_FAILED, "cannot load the database library: %s", problem);
    return error_suggest(err, "install breadcrumb again: libduckdb 1.5 belongs beside it");
}
