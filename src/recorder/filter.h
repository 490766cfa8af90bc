/*
 * filter.h - which code is recorded: decided once for each code object, by its module and its file.
 *
 * Order (the first rule that speaks decides): breadcrumb's own code is never recorded; workspace_only leaves out the standard library,
 * installed packages, virtual environments and all that lies outside of the workspace; then the excludes, the user's
 * and the built-in ones; then the includes; what no include names is left out.
 * Plain C over texts; reads the settings only. The GIL is held.
 */
#ifndef RECORDER_FILTER_H
#define RECORDER_FILTER_H

#include "base/base.h"
#include "base/limits.h"
#include "settings/settings.h"

enum filter_category { CATEGORY_APP, CATEGORY_LIBRARY, CATEGORY_STDLIB };

struct filter {
    const struct settings *settings; /* Borrowed */
    char stdlib
        [LIMIT_PATH_BYTES]; /* folder of the standard library, with a slash at its end; "" unknown */
    char cwd[LIMIT_PATH_BYTES]; /* at the start, for relative file names */
};

struct filter_subject {
    const char *module;      /* dotted name; "" when the globals name none */
    const char *file;        /* co_filename, made absolute by the caller, or <...> */
    const char *module_file; /* __file__ of the globals, "" when there is none */
};

/* Category of a file by where it lies. */
enum filter_category filter_category(const struct filter *f, const struct filter_subject *subject);
bool filter_included(const struct filter *f, const struct filter_subject *subject);

#endif
