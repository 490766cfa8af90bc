/*
 * run_place.h - where a run is recorded: the folder that the guests write into, and what tells them of it.
 *
 *     run_place_make(&place, &settings, argv, timeout_ns, &err);
 *     ... in the child: run_place_enter(&place) ...
 *     run_place_note_end(&place, pid, "exit", 0);
 *     run_place_release(&place);
 */
#ifndef BEGIN_RUN_PLACE_H
#define BEGIN_RUN_PLACE_H

#include "base/base.h"
#include "base/error.h"
#include "base/uuid.h"
#include "settings/settings.h"

#include <sys/types.h>

struct run_place {
    char run_id[UUID_TEXT];
    char *database;    /* Owned, absolute; its folder is there */
    char *folder;      /* Owned, absolute: trails/<time>-<hex>/ beside the database */
    char *mark;        /* Owned: "BREADCRUMB_RUN=<folder>" as the command's environment has it */
    char *python_path; /* Owned: its PYTHONPATH */
};

/* argv: the command, for the run's settings; an empty one where the process that is there already tells its own. timeout_ns 0: it
 * has none. Finds the database, makes the run's folder and writes the settings into it (and the database's path into the settings).
 * ERR_SYSTEM when one of that cannot be; nothing is left behind then, and run_place_release() is fine. */
int run_place_make(struct run_place *place, struct settings *settings, char **argv,
                   int64_t timeout_ns, struct error *err);
void run_place_release(struct run_place *place);
/* Removes the folder: the command did not start. */
void run_place_undo(const struct run_place *place);
/* In the forked child: the environment that makes every Python below it start recorded. False: no memory. */
bool run_place_enter(const struct run_place *place);

#endif
