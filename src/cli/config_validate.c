/* config_validate.c - config validate: mistakes in settings, and what would be recorded by which rule. */
#include "base/base.h"

#include "base/io.h"
#include "cli/config.h"
#include "settings/filter.h"
#include "settings/places.h"
#include "settings/profiles.h"

#include <unistd.h>

static const struct column MODULES[] = {
    {"module", "Module", COLUMN_TEXT, 0, "as it was asked for"},
    {"recorded", "Recorded", COLUMN_BOOL, 0, "whether its calls would be recorded"},
    {"rule", "By", COLUMN_TEXT, COLUMN_WIDE, "the rule that says so"},
    {"file", "File", COLUMN_TEXT, 0, "that was looked at; null: none was found in the workspace"},
};

/* What is asked about. */
struct subject {
    char module[LIMIT_PATH_BYTES]; /* its dotted name */
    char file[LIMIT_PATH_BYTES];   /* absolute; "" unknown */
};

/* A module as the folders of the workspace have it: FOLDER/pkg/mod.py, FOLDER/pkg/mod/__init__.py, or the folder of a namespace,
 * there or in src/. */
static bool look_in(const char *folder, struct subject *s)
{
    static const char *const forms[] = {"%s/%s.py",     "%s/%s/__init__.py",     "%s/%s",
                                        "%s/src/%s.py", "%s/src/%s/__init__.py", "%s/src/%s"};
    char path[LIMIT_PATH_BYTES];

    snprintf(path, sizeof(path), "%s", s->module);
    for (char *p = path; *p != '\0'; p++)
        *p = *p == '.' ? '/' : *p;
    for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        int n = snprintf(s->file, sizeof(s->file), forms[i], folder, path);
#pragma GCC diagnostic pop

        if (n > 0 && (size_t)n < sizeof(s->file) && io_exists(s->file))
            return true;
    }
    s->file[0] = '\0';
    return false;
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

static void find(const struct settings_list *folders, const char *asked, struct subject *ret)
{
    char *path;

    *ret = (struct subject){"", ""};
    if (strchr(asked, '/') == NULL && !io_exists(asked)) {
        snprintf(ret->module, sizeof(ret->module), "%s", asked);
        for (size_t i = 0; i < folders->count; i++)
            if (look_in(folders->items[i], ret))
                return;
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
    find(&settings->workspace, asked, &s);
    subject.module = s.module;
    /* What is not here is somewhere else: any place outside of the workspace. But for the script, whose name is not known. */
    subject.file = s.file[0] != '\0'                   ? s.file
                   : strcmp(s.module, "__main__") == 0 ? "<string>"
                                                       : "/";
    rule = filter_decide(&filter, &subject, &pattern);
    cells[0] = cell_text(answer, asked);
    cells[1] = cell_bool(rule == RULE_INCLUDED);
    cells[2] = cell_text(answer, words_of(answer, rule, pattern));
    cells[3] = cell_text(answer, s.file[0] != '\0' ? s.file : NULL);
    filter_release(&filter);
}

int cmd_config_validate(const struct cli *cli, int argc, char **argv)
{
    const char *name = arguments_text(cli->args, "name");
    struct settings settings;
    struct answer answer;
    struct error err;
    struct part *rows;
    int ret = settings_load(&settings, name != NULL ? name : cli->config, &err);

    (void)argc;
    (void)argv;
    answer_init(&answer);
    answer.question = "config validate";
    if (ret < 0)
        return config_end(cli, &answer, ret, &err);
    ret = settings_default_workspace(&settings, &err);
    rows = answer_rows(&answer, "modules", MODULES, ARRAY_SIZE(MODULES));
    for (size_t i = 0; ret == 0 && i < cli->args->ngiven; i++)
        if (strcmp(cli->args->given[i].spec->name, "module") == 0)
            add_module(&answer, rows, &settings, cli->args->given[i].text);
    answer.total = (int64_t)rows->nrows;
    if (rows->nrows == 0)
        answer.why = "no mistake was found; -m MODULE says whether a module would be recorded";
    settings_release(&settings);
    return config_end(cli, &answer, ret, &err);
}
