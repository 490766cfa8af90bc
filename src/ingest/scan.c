/* scan.c - see scan.h. */
#include "base/base.h"

#include "base/io.h"
#include "ingest/scan.h"
#include "settings/places.h"

#include <dirent.h>

#define HEX_DIGITS 16

/* "<pid>-<16 hex>" */
static bool is_process(const char *name)
{
    size_t digits = strspn(name, "0123456789");

    return digits > 0 && name[digits] == '-' &&
           strspn(name + digits + 1, "0123456789abcdef") == HEX_DIGITS &&
           name[digits + 1 + HEX_DIGITS] == '\0';
}

static int compare(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void *append(void *array, size_t n, size_t size)
{
    if (n > 0 && (n & (n - 1)) != 0)
        return array;
    return realloc(array, (n > 0 ? n * 2 : 1) * size);
}

static bool add_process(struct scan *scan, const char *run_dir, const char *run, const char *name)
{
    struct scan_process *more = append(scan->processes, scan->nprocesses, sizeof(*more));

    if (more == NULL)
        return false;
    scan->processes = more;
    more += scan->nprocesses;
    more->dir = io_join(run_dir, name);
    more->run = strdup(run);
    scan->nprocesses++;
    return more->dir != NULL && more->run != NULL;
}

static bool add_run(struct scan *scan, const char *run)
{
    char **more = append(scan->runs, scan->nruns, sizeof(char *));

    if (more == NULL)
        return false;
    scan->runs = more;
    more[scan->nruns] = strdup(run);
    return more[scan->nruns++] != NULL;
}

static void free_names(struct dirent **names, int n)
{
    for (int i = 0; i < n; i++)
        free(names[i]);
    free(names);
}

static int scan_run(struct scan *scan, const char *trails_dir, const char *db_path, const char *run,
                    struct error *err)
{
    char *run_dir = io_join(trails_dir, run);
    struct dirent **names = NULL;
    int n = -1, ret = 0;

    if (run_dir != NULL && io_is_dir(run_dir) &&
        (db_path == NULL || places_run_is_of(run_dir, db_path)))
        n = scandir(run_dir, &names, NULL, compare);

    /* A run's folder that has just gone, or is not ours to read, is no reason to stop. */
    if (n >= 0 && !add_run(scan, run))
        ret = error_set(err, ERR_FAILED, "memory is out");
    for (int i = 0; ret == 0 && i < n; i++) {
        if (is_process(names[i]->d_name) && !add_process(scan, run_dir, run, names[i]->d_name))
            ret = error_set(err, ERR_FAILED, "memory is out");
    }
    free_names(names, n);
    free(run_dir);
    return ret;
}

int scan_trails(struct scan *scan, const char *trails_dir, const char *db_path,
                const char *only_run, struct error *err)
{
    struct dirent **names = NULL;
    int n, ret = 0;

    *scan = (struct scan){NULL, 0, NULL, 0};
    if (only_run != NULL) {
        ret = scan_run(scan, trails_dir, db_path, only_run, err);
    } else {
        n = scandir(trails_dir, &names, NULL, compare);
        if (n < 0 && errno != ENOENT)
            ret = error_set_errno(err, ERR_SYSTEM, "cannot read the trails in '%s'", trails_dir);
        for (int i = 0; ret == 0 && i < n; i++) {
            if (names[i]->d_name[0] != '.')
                ret = scan_run(scan, trails_dir, db_path, names[i]->d_name, err);
        }
        free_names(names, n);
    }
    if (ret < 0)
        scan_release(scan);
    return ret;
}

void scan_release(struct scan *scan)
{
    for (size_t i = 0; i < scan->nprocesses; i++) {
        free(scan->processes[i].dir);
        free(scan->processes[i].run);
    }
    for (size_t i = 0; i < scan->nruns; i++)
        free(scan->runs[i]);
    free(scan->processes);
    free(scan->runs);
    *scan = (struct scan){NULL, 0, NULL, 0};
}
