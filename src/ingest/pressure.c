/* pressure.c - see pressure.h. */
#include "base/base.h"

#include "base/io.h"
#include "ingest/pressure.h"
#include "ingest/registry.h"
#include "trail/page.h"
#include "trail/reader.h"

#include <dirent.h>

/* Calls visit for the page of each process of the run. */
static void each_page(const char *run_dir,
                      void (*visit)(void *ctx, const char *dir, struct trail_page_reader *page),
                      void *ctx)
{
    DIR *run = opendir(run_dir);
    struct dirent *entry;

    while (run != NULL && (entry = readdir(run)) != NULL) {
        struct trail_page_reader page;
        char *dir = entry->d_name[0] != '.' ? io_join(run_dir, entry->d_name) : NULL;

        if (dir != NULL && trail_page_reader_open(&page, dir) == TRAIL_OPENED) {
            visit(ctx, dir, &page);
            trail_page_reader_close(&page);
        }
        free(dir);
    }
    if (run != NULL)
        closedir(run);
}

static void add_lost(void *ctx, const char *dir, struct trail_page_reader *page)
{
    uint64_t *sum = ctx;

    (void)dir;
    *sum += __atomic_load_n(&page->header->lost, __ATOMIC_RELAXED);
}

uint64_t pressure_lost(const char *run_dir)
{
    uint64_t sum = 0;

    each_page(run_dir, add_lost, &sum);
    return sum;
}

/* Keeps the top sorted; a name that is there already (another process) gets more. */
static void add_function(struct pressure *p, const struct code *code, uint64_t lost)
{
    struct pressure_function f = {.lost = lost};
    size_t i;

    snprintf(f.name, sizeof(f.name), "%s.%s", code->module, code->function_name);
    for (i = 0; i < p->ntop; i++) {
        if (strcmp(p->top[i].name, f.name) == 0) {
            f.lost += p->top[i].lost;
            memmove(&p->top[i], &p->top[i + 1], (--p->ntop - i) * sizeof(f));
            break;
        }
    }
    for (i = 0; i < p->ntop && p->top[i].lost >= f.lost; i++)
        continue;
    if (i == PRESSURE_TOP)
        return;
    p->ntop += p->ntop < PRESSURE_TOP;
    memmove(&p->top[i + 1], &p->top[i], (p->ntop - 1 - i) * sizeof(f));
    p->top[i] = f;
}

static void add_process(void *ctx, const char *dir, struct trail_page_reader *page)
{
    static struct trail_page_entry entry; /* one thread; too large for the stack */
    struct pressure *p = ctx;
    struct registry registry;
    struct error error;

    p->stopped += __atomic_load_n(&page->header->stopped, __ATOMIC_RELAXED) != 0;
    registry_init(&registry);
    if (registry_read(&registry, dir, &error) == 0) {
        while (trail_page_reader_next(page, &entry)) {
            const struct code *code = registry_code(&registry, entry.slot.code);
            uint64_t disk_full = entry.slot.lost[TRAIL_LOSS_DISK_FULL];
            uint64_t lost = disk_full + entry.slot.lost[TRAIL_LOSS_QUOTA];

            p->lost += lost;
            p->disk_full += disk_full;
            if (code != NULL && lost > 0)
                add_function(p, code, lost);
        }
    }
    registry_release(&registry);
}

void pressure_look(const char *run_dir, struct pressure *ret)
{
    *ret = (struct pressure){0};
    each_page(run_dir, add_process, ret);
}
