/* run_isolated.h - Pythons that are started so that the recorder cannot reach them. No state. */
#ifndef CLI_RUN_ISOLATED_H
#define CLI_RUN_ISOLATED_H

#include "base/base.h"

/* Does this command line, of NULL-terminated words, start a Python with -I, -E or -S? Then the letter, else 0. What a shell or another
 * program starts in turn is not seen. `*ret_program`: Borrowed from the words, the Python's name. */
char run_isolated(const char *const *argv, const char **ret_program);
/* Says so in the run's folder, where what is not recorded is told from. */
void run_isolated_note(const char *folder, pid_t pid, const char *program, char option);

#endif
