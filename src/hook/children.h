/*
 * children.h - what this process starts, and how it and its children end, as far as the program itself learns it.
 *
 * Python asks a dozen C functions for that: posix.waitpid, posix._exit, posix.execve, _posixsubprocess.fork_exec, ... Their entries
 * in the interpreter's method tables are led through this file: the function objects, their names and documentation stay
 * what they are, the arguments and the result pass as they came, and no Python code runs. So are known
 *   - the children that are forked, and how they end (recorder/forks.h): one may record nothing itself;
 *   - the status of os._exit(), which no exit handler sees (the registry's END);
 *   - the signal that ended a child, which only its parent is told (the run's file `exits`);
 *   - exec(): the recording ends there, and what follows is another program;
 *   - a Python that is started so that the recorder cannot reach it (trail/reach.h): the run's file `unreachable`, and a loss.
 *
 * Needs the GIL; once for the life of the process.
 */
#ifndef HOOK_CHILDREN_H
#define HOOK_CHILDREN_H

#include "hook/pycompat.h"

/* Begins. When the recording has. */
void children_listen(void);

/* All functions are found. */
extern bool children_complete;

/* Looks for those that are imported late; `code`, of module `_module`, is about to run for the first time. */
void children_discover(const PyCodeObject *code);

#endif
