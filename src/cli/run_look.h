/*
 * run_look.h - looks at what the threads of a command's processes do, so that the timeout report can say it: who runs hot, who
 * waits and for what, who waits for each other. Only /proc is asked, twice, LOOK_NS apart; the processes see nothing of it.
 *
 *     run_tree_look(&tree);
 *     run_look(run_folder, &tree);        // before anything is ended
 */
#ifndef CLI_RUN_LOOK_H
#define CLI_RUN_LOOK_H

#include "cli/run_tree.h"

/* Leaves the file `last-look` (trail/last_look.h) in the run's folder. Takes a fifth of a second. */
void run_look(const char *run_folder, const struct run_tree *tree);

#endif
