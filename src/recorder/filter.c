/* filter.c - see filter.h. */
#include "base/base.h"

#include "recorder/filter.h"

#include "settings/match.h"

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

/* Code without a file of its own (exec, dataclass methods) lies where its module does. */
static const char *place_of(const struct filter_subject *s)
{
    return is_synthetic(s->file) && s->module_file[0] != '\0' ? s->module_file : s->file;
}

static bool in_library(const char *path)
{
    return has_folder(path, "site-packages") || has_folder(path, "dist-packages");
}

enum filter_category filter_category(const struct filter *f, const struct filter_subject *subject)
{
    const char *path = place_of(subject);

    if (starts_with(path, "<frozen ") || starts_with(subject->module, "namedtuple_"))
        return CATEGORY_STDLIB;
    if (in_library(path))
        return CATEGORY_LIBRARY;
    if (f->stdlib[0] != '\0' && starts_with(path, f->stdlib))
        return CATEGORY_STDLIB;
    if (has_folder(path, ".venv") || has_folder(path, "venv"))
        return CATEGORY_LIBRARY;
    return CATEGORY_APP;
}

static bool below(const char *path, const char *folder)
{
    size_t len = strlen(folder);

    while (len > 1 && folder[len - 1] == '/')
        len--;
    return strncmp(path, folder, len) == 0 && (path[len] == '/' || len == 1);
}

static bool in_workspace(const struct filter *f, const char *path)
{
    const struct settings_list *folders = &f->settings->workspace;

    if (is_synthetic(path)) /* python -c, stdin, a notebook's cell: the user's own */
        return true;
    if (folders->count == 0)
        return below(path, f->cwd);
    for (size_t i = 0; i < folders->count; i++)
        if (below(path, folders->items[i]))
            return true;
    return false;
}

/* Code that libraries compile on the fly without a module to name. */
static bool is_generated(const struct filter_subject *s)
{
    return is_synthetic(s->file) && s->module_file[0] == '\0' && strchr(s->file, ' ') != NULL &&
           !starts_with(s->file, "<ipython-input");
}

static bool any_matches(const struct settings_list *patterns, const char *module)
{
    for (size_t i = 0; i < patterns->count; i++)
        if (match_module(patterns->items[i], module))
            return true;
    return false;
}

/* Our Python package, wherever it is installed. */
static bool is_own(const char *module, const char *path)
{
    static const char file[] = "/breadcrumb/__init__.py";
    size_t len = strlen(path), own = sizeof(file) - 1;

    return strcmp(module, "breadcrumb") == 0 && len > own && strcmp(path + len - own, file) == 0;
}

bool filter_included(const struct filter *f, const struct filter_subject *subject)
{
    const struct settings *s = f->settings;
    const char *path = place_of(subject);

    if (is_own(subject->module, path))
        return false;
    if (s->workspace_only && (filter_category(f, subject) != CATEGORY_APP ||
                              !in_workspace(f, path) || is_generated(subject)))
        return false;
    if (any_matches(&s->exclude, subject->module))
        return false;
    if (s->default_excludes)
        for (const char *const *p = settings_default_excludes; *p != NULL; p++)
            if (match_module(*p, subject->module))
                return false;
    return any_matches(&s->include, subject->module);
}
