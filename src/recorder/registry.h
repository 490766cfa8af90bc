/*
 * registry.h - the process's registry stream: codes, types, threads, notes.
 *
 * Slow path only: each function takes the registry's lock (a spin lock that yields: the GIL may or may not be held), writes
 * one record and commits it. A number is committed here before any thread stream uses it. Nothing is allocated; on
 * failure the loss is counted and 0 returned.
 *
 * It stays while the process runs, so it has a ceiling: LIMIT_CODES and its neighbours. Past that no code is added; whoever
 * has a call of one counts it as TRAIL_LOSS_FUNCTIONS.
 */
#ifndef RECORDER_REGISTRY_H
#define RECORDER_REGISTRY_H

#include "base/base.h"
#include "trail/encode.h"

/* Opens the stream and writes the PROCESS record. 0 or a negative errno. */
int registry_open(void);
/* Adds a CODE record, gives it its number (info->id is set here) and returns it; 0: not written (for the ceiling: not counted). */
uint32_t registry_add_code(struct trail_code_info *info);
/* Has it reached the ceiling? */
bool registry_is_full(void);
/* Adds a TYPE record and returns its new number (> 0), or 0: such a value has a type without a name. */
uint32_t registry_add_type(const char *module, size_t module_len, const char *name,
                           size_t name_len);
/* Adds a LAYOUT record, gives it its number (info->id is set here) and returns it, or 0. */
uint32_t registry_add_layout(struct trail_layout_info *info);
bool registry_add_thread(const struct trail_thread_info *info);
bool registry_add_child(const struct trail_child_info *info);
bool registry_note(const char *key, const char *value);
/* Writes FINISH and goes on: exec() is about to be tried (TRAIL_FINISH_EXEC), or has failed (TRAIL_FINISH_NOT). */
void registry_tell_exec(enum trail_finish reason);
/* Tells of losses that no statistics page holds: the first, and again when they have doubled, so that a kill leaves some word of them. */
void registry_tell_losses(enum trail_loss cause);
/* Writes FINISH, before it what was lost where there is no statistics page, and closes. */
void registry_finish(enum trail_finish reason, int status);

#endif
