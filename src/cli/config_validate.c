/* config_validate.c - config validate: mistakes in settings, and what would be recorded by which rule. */
#include "base/base.h"

#include "base/io.h"
#include "cli/config.h"
#include "settings/filter.h"
#include "settings/places.h"
#include "settings/profiles.h"
#include "settings/table.h"

#include <glob.h>
#include <unistd.h>

static const struct column MODULES[] = {
    {"module", "Module", COLUMN_TEXT, 0, "as it was asked for"},
    {"recorded", "Recorded", COLUMN_BOOL, 0, "whether its calls would be recorded"},
    {"rule", "By", COLUMN_TEXT, COLUMN_WIDE, "the rule that says so"},
    {"file", "File", COLUMN_TEXT, 0,
     "that was looked at; null: none was found in the workspace and its virtual environment"},
};

/* What is asked about. */
struct subject {
    char module[LIMIT_PATH_BYTES]; /* its dotted name */
    char file[LIMIT_PATH_BYTES];   /* absolute; "" unknown */
};

/* The first file that a pattern of the shell finds takes its place. */
static bool is_one(char path[LIMIT_PATH_BYTES])
{
    glob_t found;
    bool is =
        glob(path, GLOB_NOSORT, NULL, &found) == 0 && strlen(found.gl_pathv[0]) < LIMIT_PATH_BYTES;

    if (is)
        snprintf(path, LIMIT_PATH_BYTES, "%s", found.gl_pathv[0]);
    globfree(&found);
    return is;
}

static void add_matching(const char *pattern, struct settings_list *ret)
{
    glob_t found;

    if (glob(pattern, 0, NULL, &found) == 0)
        for (size_t i = 0; i < found.gl_pathc; i++)
            settings_list_add(ret, found.gl_pathv[i]);
    globfree(&found);
}

/* A module as the folders of the workspace have it: FOLDER/pkg/mod.py, FOLDER/pkg/mod/__init__.py, or the folder of a namespace,
 * there or in src/. */
static bool look_in(const char *folder, struct subject *s)
{
    static const char *const forms[] = {
        "%s/%s.*.so",     "%s/%s.py",     "%s/%s/__init__.py",     "%s/%s",
        "%s/src/%s.*.so", "%s/src/%s.py", "%s/src/%s/__init__.py", "%s/src/%s"};
    char path[LIMIT_PATH_BYTES];

    snprintf(path, sizeof(path), "%s", s->module);
    for (char *p = path; *p != '\0'; p++)
        *p = *p == '.' ? '/' : *p;
    for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        int n = snprintf(s->file, sizeof(s->file), forms[i], folder, path);
#pragma GCC diagnostic pop

        if (n > 0 && (size_t)n < sizeof(s->file) &&
            (io_exists(s->file) || (strstr(forms[i], ".so") != NULL && is_one(s->file))))
            return true;
    }
    s->file[0] = '\0';
    return false;
}

static bool look_in_all(const struct settings_list *folders, struct subject *s)
{
    for (size_t i = 0; i < folders->count; i++)
        if (look_in(folders->items[i], s))
            return true;
    return false;
}

/* Where packages are installed: in the virtual environment that is active, or in one in the workspace. */
static void find_sites(const struct settings *settings, struct settings_list *ret)
{
    static const char *const forms[] = {"%s/.venv/lib/python3*/site-packages",
                                        "%s/venv/lib/python3*/site-packages"};
    const char *active = getenv("VIRTUAL_ENV");
    char pattern[LIMIT_PATH_BYTES + 64];

    if (active != NULL && active[0] == '/') {
        snprintf(pattern, sizeof(pattern), "%s/lib/python3*/site-packages", active);
        add_matching(pattern, ret);
    }
    for (size_t i = 0; i < settings->workspace.count; i++)
        for (size_t j = 0; j < ARRAY_SIZE(forms); j++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            snprintf(pattern, sizeof(pattern), forms[j], settings->workspace.items[i]);
#pragma GCC diagnostic pop
            add_matching(pattern, ret);
        }
}

/* Code that is compiled, or will be, is none that Python tells of. */
static bool is_compiled(const char *file)
{
    static const char *const ends[] = {".so", ".pyx", ".pyd", ".pxd"};
    size_t len = strlen(file);

    for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
        if (len > strlen(ends[i]) && strcmp(file + len - strlen(ends[i]), ends[i]) == 0)
            return true;
    return false;
}

/* A module's name or a path, no pattern. */
static int check_asked(const char *asked, struct error *err)
{
    if (asked[0] != '\0' && (io_exists(asked) || strpbrk(asked, "*?[]{}<> \t\n") == NULL))
        return 0;
    error_set(err, ERR_USAGE, "option --module: '%.200s' is no module", asked);
    return error_suggest(err, "name one, like pkg.mod, or a file, like src/pkg/mod.py");
}

/* The dotted name of a file below one of the folders; its last words where it lies in none. */
static void name_file(const struct settings_list *folders, struct subject *s)
{
    const char *rest = strrchr(s->file, '/') + 1;
    size_t len;

    for (size_t i = 0; i < folders->count; i++) {
        len = strlen(folders->items[i]);
        if (strncmp(s->file, folders->items[i], len) == 0 && s->file[len] == '/')
            rest = s->file + len + 1;
    }
    rest += strncmp(rest, "src/", 4) == 0 ? 4 : 0;
    snprintf(s->module, sizeof(s->module), "%s", rest);
    len = strlen(s->module);
    if (len > 3 && strcmp(s->module + len - 3, ".py") == 0)
        s->module[len - 3] = '\0';
    for (char *p = s->module; *p != '\0'; p++)
        *p = *p == '/' ? '.' : *p;
    len = strlen(s->module);
    if (len > 9 && strcmp(s->module + len - 9, ".__init__") == 0)
        s->module[len - 9] = '\0';
}

/* Installed ones last, as in sys.path; in editable mode where the project lies. */
static void find_module(struct filter *filter, struct subject *s)
{
    if (look_in_all(&filter->settings->workspace, s))
        return;
    for (size_t i = 0; i < filter->sites.count; i++)
        filter_find_editable(filter->sites.items[i], &filter->editable);
    filter->editable_known = true;
    if (!look_in_all(&filter->editable, s))
        look_in_all(&filter->sites, s);
}

static void find(struct filter *filter, const char *asked, struct subject *ret)
{
    const struct settings_list *folders = &filter->settings->workspace;
    char *path;

    *ret = (struct subject){"", ""};
    if (strchr(asked, '/') == NULL && !io_exists(asked)) {
        snprintf(ret->module, sizeof(ret->module), "%s", asked);
        find_module(filter, ret);
        return;
    }
    if (strchr(asked, '/') == NULL && strstr(asked, ".py") == NULL) {
        snprintf(ret->module, sizeof(ret->module), "%s", asked); /* a package's folder */
        path = places_absolute(asked);
    } else {
        path = places_absolute(asked);
        snprintf(ret->file, sizeof(ret->file), "%s", path != NULL ? path : "/");
        name_file(folders, ret);
    }
    snprintf(ret->file, sizeof(ret->file), "%s", path != NULL ? path : "");
    free(path);
}

static const char *words_of(struct answer *answer, enum filter_rule rule, const char *pattern)
{
    switch (rule) {
    case RULE_INCLUDED:
        return answer_printf(answer, "include '%s'", pattern);
    case RULE_OWN:
        return "breadcrumb does not record itself";
    case RULE_STDLIB:
        return "workspace_only: the standard library";
    case RULE_LIBRARY:
        return "workspace_only: an installed package";
    case RULE_OUTSIDE:
        return "workspace_only: it is not in the workspace";
    case RULE_GENERATED:
        return "workspace_only: code that a library makes";
    case RULE_EXCLUDED:
        return answer_printf(answer, "exclude '%s'", pattern);
    case RULE_DEFAULT_EXCLUDE:
        return answer_printf(answer, "the built-in excludes, '%s'", pattern);
    case RULE_NOT_INCLUDED:
        return "no include names it";
    }
    return "";
}

static void add_module(struct answer *answer, struct part *rows, const struct settings *settings,
                       const char *asked)
{
    struct filter filter = {.settings = settings};
    struct cell *cells = part_add(answer, rows);
    struct filter_subject subject = {"", "", "", "", false};
    const char *pattern = NULL;
    enum filter_rule rule;
    struct subject s;

    if (cells == NULL)
        return;
    find_sites(settings, &filter.sites);
    find(&filter, asked, &s);
    subject.module = s.module;
    /* What is not here is somewhere else: any place outside of the workspace. But for the script, whose name is not known. */
    subject.file = s.file[0] != '\0'                   ? s.file
                   : strcmp(s.module, "__main__") == 0 ? "<string>"
                                                       : "/";
    rule = filter_decide(&filter, &subject, &pattern);
    if (strcmp(s.module, "breadcrumb") == 0 && rule == RULE_OUTSIDE)
        rule = RULE_OWN;
    cells[0] = cell_text(answer, asked);
    cells[1] = cell_bool(rule == RULE_INCLUDED && !is_compiled(s.file));
    cells[2] =
        cell_text(answer, is_compiled(s.file) ? "it is compiled: only Python code is recorded"
                                              : words_of(answer, rule, pattern));
    cells[3] = cell_text(answer, s.file[0] != '\0' ? s.file : NULL);
    filter_release(&filter);
}

int cmd_config_validate(const struct cli *cli, int argc, char **argv)
{
    const char *name = NULL;
    struct settings settings;
    struct answer answer;
    struct error err;
    struct part *rows;
    int ret = config_profile(cli, &name, &err);

    (void)argc;
    (void)argv;
    answer_init(&answer);
    answer.question = "config validate";
    if (ret == 0)
        ret = settings_load(&settings, name, &err);
    if (ret < 0)
        return config_end(cli, &answer, ret, &err);
    ret = settings_default_workspace(&settings, &err);
    rows = answer_rows(&answer, "modules", MODULES, ARRAY_SIZE(MODULES));
    for (size_t i = 0; ret == 0 && i < cli->args->ngiven; i++) {
        const struct given *g = &cli->args->given[i];

        if (strcmp(g->spec->name, "module") == 0 && (ret = check_asked(g->text, &err)) == 0)
            add_module(&answer, rows, &settings, g->text);
    }
    answer.total = (int64_t)rows->nrows;
    if (rows->nrows == 0)
        answer.why = "no mistake was found; -m MODULE says whether a module would be recorded";
    settings_release(&settings);
    return config_end(cli, &answer, ret, &err);
}
