/* filter.c - see filter.h. */
#include "base/base.h"

#include "settings/filter.h"

#include "settings/match.h"
#include "settings/table.h"

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Is `name` one of the folders of the path? */
static bool has_folder(const char *path, const char *name)
{
    size_t len = strlen(name);

    for (const char *p = strstr(path, name); p != NULL; p = strstr(p + 1, name))
        if (p > path && p[-1] == '/' && p[len] == '/')
            return true;
    return false;
}

static bool is_synthetic(const char *file)
{
    return file[0] == '<';
}

/* What was typed: at a prompt of Python, of code.interact(), of IPython. */
static bool is_typed(const char *file)
{
    return strcmp(file, "<stdin>") == 0 || strcmp(file, "<console>") == 0 ||
           starts_with(file, "<python-input-") || starts_with(file, "<ipython-input");
}

/* Code without a file of its own (exec, dataclass methods) lies where its module does. */
static const char *file_of(const struct filter_subject *s)
{
    return is_synthetic(s->file) && !is_typed(s->file) && s->module_file[0] != '\0' ? s->module_file
                                                                                    : s->file;
}

/* Takes the `a/..` out of an absolute path as it is written. */
static void fold(const char *path, char *ret)
{
    char *end = ret;

    while (*path != '\0') {
        size_t len = 1 + strcspn(path + 1, "/");

        if (len == 3 && memcmp(path, "/..", 3) == 0) {
            while (end > ret && *--end != '/')
                continue;
        } else {
            memcpy(end, path, len);
            end += len;
        }
        path += len;
    }
    *end = '\0';
}

/* Where the subject lies. sys.path may lead upwards ("../lib"): then Python's name for a file begins with a folder that it does
 * not lie in. `buffer` has LIMIT_PATH_BYTES. */
static const char *place_of(const struct filter_subject *s, char *buffer)
{
    const char *path = file_of(s);
    char *real;

    if (path[0] != '/' || !has_folder(path, "..") || strlen(path) >= LIMIT_PATH_BYTES)
        return path;
    real = realpath(path, NULL);
    if (real != NULL && strlen(real) < LIMIT_PATH_BYTES)
        memcpy(buffer, real, strlen(real) + 1);
    else
        fold(path, buffer); /* in a zip, or gone */
    free(real);
    return buffer;
}

/* ---- where a file lies -------------------------------------------------------------------- */

/* The length of a folder without the slash at its end, when the path lies in it; else 0. */
static size_t below(const char *path, const char *folder)
{
    size_t len = strlen(folder);

    while (len > 1 && folder[len - 1] == '/')
        len--;
    return strncmp(path, folder, len) == 0 && (path[len] == '/' || len == 1) ? len : 0;
}

static size_t deepest(const char *path, const struct settings_list *folders)
{
    size_t most = 0;

    for (size_t i = 0; i < folders->count; i++) {
        size_t len = below(path, folders->items[i]);

        most = len > most ? len : most;
    }
    return most;
}

/* A notebook's cell: ipykernel names a file in the folder of temporary files, `.../ipykernel_4711/123.py`. */
static bool is_cell(const char *path)
{
    const char *p = strstr(path, "/ipykernel_");

    p = p != NULL ? p + strlen("/ipykernel_") : "";
    return *p >= '0' && *p <= '9' && p[strspn(p, "0123456789")] == '/';
}

static const struct settings_list *editable(struct filter *f)
{
    if (!f->editable_known) {
        f->editable_known = true;
        for (size_t i = 0; i < f->sites.count; i++)
            filter_find_editable(f->sites.items[i], &f->editable);
    }
    return &f->editable;
}

/* The length of the innermost folder of the user's own that the path lies in; 0: in none. A path that leads over a link is looked
 * at again without it; a file in a zip is no path to the system. */
static size_t own_folder(struct filter *f, const char *path)
{
    const struct settings_list *folders = &f->settings->workspace;
    size_t len = folders->count > 0 ? deepest(path, folders) : below(path, f->cwd);

    return len > 0 ? len : deepest(path, editable(f));
}

static bool is_stdlib_zip(const char *path)
{
    const char *p = strstr(path, "/python3");

    p = p != NULL ? p + strlen("/python3") : "";
    return *p >= '0' && *p <= '9' && starts_with(p + strspn(p, "0123456789"), ".zip/");
}

bool filter_has_no_place(const struct filter_subject *s)
{
    return is_synthetic(s->file) && s->module_file[0] == '\0' &&
           strcmp(s->module, "__main__") != 0 && !is_typed(s->file);
}

/* Code that libraries compile on the fly, without a module that has a file. */
static bool is_generated(const struct filter_subject *s)
{
    return filter_has_no_place(s) && !s->vouched;
}

/* `own`: how much of the path is the user's own folder. */
static enum filter_category category_of(const struct filter *f, const struct filter_subject *s,
                                        const char *path, size_t own)
{
    const char *rest = path + own;
    size_t stdlib = strlen(f->stdlib), venv = strlen(f->venv);

    if (starts_with(path, "<frozen ") || starts_with(s->module, "namedtuple_"))
        return CATEGORY_STDLIB;
    if (is_generated(s))
        return CATEGORY_LIBRARY;
    if (has_folder(rest, "site-packages") || has_folder(rest, "dist-packages"))
        return CATEGORY_LIBRARY;
    if (stdlib > own + 1 && starts_with(path, f->stdlib))
        return CATEGORY_STDLIB;
    if (venv > own + 1 && starts_with(path, f->venv))
        return CATEGORY_LIBRARY;
    if (has_folder(rest, ".venv") || has_folder(rest, "venv"))
        return CATEGORY_LIBRARY;
    return own == 0 && is_stdlib_zip(path) ? CATEGORY_STDLIB : CATEGORY_APP;
}

enum filter_category filter_category(struct filter *f, const struct filter_subject *subject)
{
    char buffer[LIMIT_PATH_BYTES];
    const char *path = place_of(subject, buffer);

    return category_of(f, subject, path, is_synthetic(path) ? 0 : own_folder(f, path));
}

/* ---- the rules ---------------------------------------------------------------------------- */

/* Our Python package, wherever it is installed. */
static bool is_own(const char *module, const char *path)
{
    static const char file[] = "/breadcrumb/__init__.py";
    size_t len = strlen(path), own = sizeof(file) - 1;

    return strcmp(module, "breadcrumb") == 0 && len > own && strcmp(path + len - own, file) == 0;
}

/* What workspace_only says of the path; RULE_INCLUDED: it is the user's. */
static enum filter_rule place_rule(struct filter *f, const struct filter_subject *s,
                                   const char *path)
{
    size_t own = is_synthetic(path) ? 0 : own_folder(f, path);

    switch (category_of(f, s, path, own)) {
    case CATEGORY_STDLIB:
        return RULE_STDLIB;
    case CATEGORY_LIBRARY:
        return is_generated(s) ? RULE_GENERATED : RULE_LIBRARY;
    case CATEGORY_APP:
        break;
    }
    /* python -c, stdin, a notebook's cell: the user's own */
    return own > 0 || is_synthetic(path) || is_cell(path) ? RULE_INCLUDED : RULE_OUTSIDE;
}

static enum filter_rule workspace_rule(struct filter *f, const struct filter_subject *s)
{
    char buffer[LIMIT_PATH_BYTES];
    const char *path = place_of(s, buffer);
    enum filter_rule rule = place_rule(f, s, path);
    char *real;

    if (rule != RULE_OUTSIDE || path[0] != '/')
        return rule;
    real = realpath(path, NULL);
    if (real != NULL && strcmp(real, path) != 0)
        rule = place_rule(f, s, real);
    free(real);
    return rule;
}

bool filter_is_own(struct filter *f, const struct filter_subject *subject)
{
    return workspace_rule(f, subject) == RULE_INCLUDED;
}

static const char *matching(const struct settings_list *patterns, const struct filter_subject *s)
{
    for (size_t i = 0; i < patterns->count; i++)
        if (match_module(patterns->items[i], s->module) ||
            (s->alias != NULL && s->alias[0] != '\0' && match_module(patterns->items[i], s->alias)))
            return patterns->items[i];
    return NULL;
}

enum filter_rule filter_decide(struct filter *f, const struct filter_subject *subject,
                               const char **ret_pattern)
{
    const struct settings *s = f->settings;
    enum filter_rule rule = RULE_INCLUDED;

    *ret_pattern = NULL;
    if (is_own(subject->module, file_of(subject)))
        return RULE_OWN;
    if (s->workspace_only)
        rule = workspace_rule(f, subject);
    if (rule != RULE_INCLUDED)
        return rule;
    *ret_pattern = matching(&s->exclude, subject);
    if (*ret_pattern != NULL)
        return RULE_EXCLUDED;
    for (const char *const *p = settings_default_excludes; s->default_excludes && *p != NULL; p++)
        if (match_module(*p, subject->module)) {
            *ret_pattern = *p;
            return RULE_DEFAULT_EXCLUDE;
        }
    *ret_pattern = matching(&s->include, subject);
    return *ret_pattern != NULL ? RULE_INCLUDED : RULE_NOT_INCLUDED;
}

void filter_release(struct filter *f)
{
    settings_list_clear(&f->sites);
    settings_list_clear(&f->editable);
}
