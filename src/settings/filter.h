/*
 * filter.h - which code is recorded: decided once for each code object, by its module and its file.
 *
 * Order (the first rule that speaks decides): breadcrumb's own code is never recorded; workspace_only leaves out the standard library,
 * installed packages, virtual environments and all that lies outside of the workspace; then the excludes, the user's
 * and the built-in ones; then the includes; what no include names is left out.
 *
 * Of folders that lie in each other the inner one says what its files are: a workspace inside of a site-packages is the user's
 * code, a .venv inside of a workspace is not. Packages that are installed in editable mode are the user's code wherever they lie.
 * Plain C over texts; the file system is asked only for files that lie outside of the workspace. Both sides; in the guest the
 * GIL is held.
 */
#ifndef SETTINGS_FILTER_H
#define SETTINGS_FILTER_H

#include "base/base.h"
#include "base/limits.h"
#include "settings/settings.h"

enum filter_category { CATEGORY_APP, CATEGORY_LIBRARY, CATEGORY_STDLIB };

struct filter {
    const struct settings *settings; /* Borrowed */
    char stdlib[LIMIT_PATH_BYTES];   /* folder of the standard library, / at its end; "" unknown */
    char venv[LIMIT_PATH_BYTES];     /* folder of the virtual environment, likewise; "" none */
    char cwd[LIMIT_PATH_BYTES];      /* at the start, for relative file names */
    struct settings_list sites;      /* Owned: the folders that packages are installed in */
    struct settings_list editable; /* Owned: the projects that are installed from where they lie */
    bool editable_known;           /* looked for when a file lies outside of the workspace */
};

struct filter_subject {
    const char *module;      /* dotted name; "" when the globals name none */
    const char *file;        /* co_filename, made absolute by the caller, or <...> */
    const char *module_file; /* __file__ of the globals, "" when there is none */
    const char *alias;       /* of __main__ run by -m: the name it was found by; else "" or NULL */
    bool vouched; /* its text was run by code that is the user's; asked if it has no place */
};

/* Was it compiled from a text, and do its globals lie in no module that has a file? Then it is of who has run it. */
bool filter_has_no_place(const struct filter_subject *subject);
/* Is it the user's own, as workspace_only means it? */
bool filter_is_own(struct filter *f, const struct filter_subject *subject);

enum filter_rule {
    RULE_INCLUDED, /* by `pattern` */
    RULE_OWN,
    RULE_STDLIB,
    RULE_LIBRARY,
    RULE_OUTSIDE,         /* of the workspace */
    RULE_GENERATED,       /* compiled by a library, from no file */
    RULE_EXCLUDED,        /* by `pattern` */
    RULE_DEFAULT_EXCLUDE, /* by `pattern` of the built-in list */
    RULE_NOT_INCLUDED,    /* no include names it */
};

/* The rule that decides, and its pattern (Borrowed; NULL: it has none). */
enum filter_rule filter_decide(struct filter *f, const struct filter_subject *subject,
                               const char **ret_pattern);
static inline bool filter_included(struct filter *f, const struct filter_subject *subject)
{
    const char *pattern;

    return filter_decide(f, subject, &pattern) == RULE_INCLUDED;
}

/* Category of a file by where it lies. */
enum filter_category filter_category(struct filter *f, const struct filter_subject *subject);
void filter_release(struct filter *f);

/* editable.c: the project folders of what is installed in editable mode in a folder of packages, added to the list. */
void filter_find_editable(const char *site, struct settings_list *ret);

#endif
