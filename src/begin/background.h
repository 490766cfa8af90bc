/*
 * background.h - processes that nobody waits for: no terminal, no descriptor of whoever started them, a session of their own.
 */
#ifndef BEGIN_BACKGROUND_H
#define BEGIN_BACKGROUND_H

#include "base/base.h"

#include <sys/types.h>

/* Makes this process such a one. `keep` is a descriptor that it goes on with under the number 3, or negative. */
void background_withdraw(int keep);
/* When the machine has something better to do, it does that; and who has to go when memory is out is us, not the program. */
void background_be_modest(void);

/* The right to store in the background what the trails of a database hold: a descriptor, whose last close gives it up. -1: another
 * process has it (and `wait` was not asked for), or there are no trails. */
int background_turn(const char *database, bool wait);
/* Starts `breadcrumb ingest --background`, a child of this process, which goes on with the turn: its pid, or 0. Takes over `turn`. */
pid_t background_ingest(const char *database, int turn);
void background_wait(pid_t pid);
/* Asks it to end, and waits for that; kills it if it does not. */
void background_end(pid_t pid);

#endif
