/*
 * describe.h - the words of a code object, a thread and the process, as the registry wants them.
 * Slow path: once for each. Runs no user code and takes no reference. Needs the GIL.
 */
#ifndef HOOK_DESCRIBE_H
#define HOOK_DESCRIBE_H

#include "hook/pycompat.h"
#include "settings/filter.h"

/* Texts of one code object, NUL-terminated UTF-8 (with lone surrogates as three bytes), cut at their limits. */
struct describe_code {
    struct filter_subject subject; /* Borrowed from the arrays below */
    char module[LIMIT_NAME_BYTES];
    char name[LIMIT_NAME_BYTES];
    char file[LIMIT_PATH_BYTES];
    char module_file[LIMIT_PATH_BYTES];
    char alias[LIMIT_NAME_BYTES];
};

/* `globals`: of a frame that runs the code, or NULL when only the code is at hand. */
void describe_code(struct describe_code *about, PyCodeObject *code, PyObject *globals);
/* Writes the CODE record and returns its number; 0: not written. */
uint32_t describe_register(const struct describe_code *about, PyCodeObject *code, bool recorded);
/* How many slots of a frame are arguments, *args and **kwargs included; at most LIMIT_ARGUMENTS. */
unsigned describe_nargs(const PyCodeObject *code);
/* The running thread's name and ident, as struct recorder_config wants them. */
size_t describe_thread(char *name, size_t size, uint64_t *ret_ident);
/* Fills where the standard library, the virtual environment and installed packages lie, and the working directory. */
void describe_places(struct filter *filter);

#endif
