/* why.c - see why.h: one suspicion after the other, the surest first. */
#include "base/base.h"

#include "query/why.h"
#include "settings/profiles.h"
#include "settings/table.h"
#include "store/store.h"

/* The database cannot tell these from what was not called. */
#define COMPILED " (what is written in C or compiled, as by Cython, is not seen)"

#define OUTSIDE ", it is Python code outside of the workspace, which --all-code would record"

struct seeking {
    const struct asking *ask;
    struct answer *answer;
    const struct scope *scope;
    struct store_param params[2];
    struct settings settings;
    struct why_recorded recorded;
    bool from_inside; /* recorded by breadcrumb.init(), not by run */
};

static const char *text_of(struct seeking *s, struct rows *rows, size_t column)
{
    const char *text = rows_text(rows, column, NULL);

    return text != NULL ? answer_printf(s->answer, "%s", text) : NULL;
}

/* The first row of a query, NULL when it has none. Its texts have to be copied before rows_free. */
static int first_row(struct seeking *s, const char *sql, struct rows **ret, struct error *err)
{
    struct store_query query = {.sql = sql,
                                .params = s->params,
                                .nparams = ARRAY_SIZE(s->params),
                                .timeout_ms = s->ask->timeout_ms};
    int code = store_query(s->ask->store, &query, ret, err);

    if (code == 0)
        code = rows_next(*ret, err);
    if (code <= 0) {
        rows_free(*ret);
        *ret = NULL;
    }
    return code;
}

/* clang-format off */
#define FITS \
    "(f.function_name = $name OR f.qualified_name = $name OR f.module_name || '.' || f.function_name = $name " \
    "OR ends_with(f.module_name || '.' || f.function_name, '.' || $name))"

static const char ELSEWHERE_SQL[] =
    "SELECT s.trace_id, f.module_name || '.' || f.function_name, s.trace_id IN %s AS here, t.pid FROM stat_rows s "
    "JOIN functions f ON f.id = s.function_id JOIN traces t ON t.id = s.trace_id "
    "WHERE s.call_count > 0 AND " FITS " ORDER BY here DESC, t.started_at DESC LIMIT 1";
static const char SEEN_SQL[] =
    "SELECT f.module_name, f.function_name, f.file_path, f.category FROM functions f WHERE " FITS
    " AND NOT EXISTS (FROM stat_rows s WHERE s.function_id = f.id AND s.call_count > 0) LIMIT 1";
/* The longest beginning of the name that is a module of which something was seen; then how much of it was recorded. */
static const char MODULE_SQL[] =
    "SELECT f.module_name, any_value(f.file_path), any_value(f.category), "
    "  count(*) FILTER (f.id IN (SELECT function_id FROM stat_rows WHERE trace_id IN %s)) AS recorded "
    "FROM functions f WHERE f.module_name = $name OR starts_with($name, f.module_name || '.') "
    "GROUP BY f.module_name ORDER BY length(f.module_name) DESC LIMIT 1";
static const char NEAR_SQL[] =
    "SELECT string_agg(name, ', ' ORDER BY nearness DESC, name) FROM ("
    "  SELECT name, max(nearness) AS nearness FROM ("
    "    SELECT f.module_name || '.' || f.function_name AS name, greatest("
    "      jaro_winkler_similarity(lower(f.function_name), lower($name)), "
    "      jaro_winkler_similarity(lower(f.module_name || '.' || f.function_name), lower($name)), "
    "      jaro_winkler_similarity(lower(split_part(f.function_name, '.', -1)), lower(split_part($name, '.', -1))), "
    "      CASE WHEN damerau_levenshtein(lower(split_part(f.function_name, '.', -1)), lower(split_part($name, '.', -1))) <= 1 + length($name) // 6 THEN 0.9 END) AS nearness "
    "    FROM functions f WHERE f.id IN (SELECT function_id FROM stat_rows WHERE trace_id IN %s)) "
    "  WHERE nearness > 0.8 GROUP BY name ORDER BY 2 DESC, 1 LIMIT 3)";
/* clang-format on */

static int called_elsewhere(struct seeking *s, struct why *ret, struct error *err)
{
    struct rows *rows = NULL;
    int code = first_row(s, answer_printf(s->answer, ELSEWHERE_SQL, s->scope->traces), &rows, err);

    if (code <= 0)
        return code;
    ret->elsewhere = text_of(s, rows, 0);
    ret->reason = rows_int(rows, 2) != 0 ? WHY_RECORDED : WHY_ANOTHER_PROCESS;
    ret->text =
        ret->reason == WHY_RECORDED
            ? answer_printf(s->answer, "%s was called and recorded", rows_text(rows, 1, NULL))
            : answer_printf(s->answer, "%s was called in another process: %lld, trace %s",
                            rows_text(rows, 1, NULL), (long long)rows_int(rows, 3), ret->elsewhere);
    rows_free(rows);
    return 1;
}

/* It was met as a caller or in a stack, and not recorded. */
static int seen_only(struct seeking *s, struct why *ret, struct error *err)
{
    struct rows *rows = NULL;
    struct why_subject subject;
    int code = first_row(s, SEEN_SQL, &rows, err);

    if (code <= 0)
        return code;
    subject = (struct why_subject){text_of(s, rows, 0), text_of(s, rows, 2), text_of(s, rows, 3),
                                   &s->recorded};
    ret->module = subject.module;
    if (!why_rule(s->answer, &s->settings, &subject, ret)) {
        ret->reason = s->from_inside ? WHY_BEFORE_START : WHY_NEVER_CALLED;
        ret->text = answer_printf(s->answer,
                                  "%s.%s was running when the recording began: calls that begin "
                                  "before the start are not recorded",
                                  subject.module, rows_text(rows, 1, NULL));
    }
    rows_free(rows);
    return 1;
}

/* The part of the name before its last dot, or before `Class.method`. */
static const char *module_part(struct seeking *s, const char *name)
{
    const char *dot = strrchr(name, '.');
    size_t len;

    if (dot == NULL)
        return NULL;
    len = (size_t)(dot - name);
    /* Class.method: a class begins with a capital letter, as everybody writes it. */
    for (size_t i = len; i > 0; i--)
        if (name[i - 1] == '.' && name[i] >= 'A' && name[i] <= 'Z')
            len = i - 1;
    if (name[0] >= 'A' && name[0] <= 'Z')
        return NULL;
    return answer_printf(s->answer, "%.*s", (int)len, name);
}

static void written_in_c(struct seeking *s, const char *name, struct why *ret)
{
    ret->reason = WHY_C_FUNCTION;
    ret->text = answer_printf(
        s->answer, "%s is a C function of the interpreter: only Python code is recorded", name);
}

static int by_module(struct seeking *s, const char *name, struct why *ret, struct error *err)
{
    const char *part = module_part(s, name);
    struct why_subject subject = {.module = part, .recorded = &s->recorded};
    struct rows *rows = NULL;
    int64_t recorded = 0;
    int code = first_row(s, answer_printf(s->answer, MODULE_SQL, s->scope->traces), &rows, err);

    if (code < 0)
        return code;
    if (code > 0) {
        subject = (struct why_subject){text_of(s, rows, 0), text_of(s, rows, 1),
                                       text_of(s, rows, 2), &s->recorded};
        recorded = rows_int(rows, 3);
        rows_free(rows);
    }
    ret->module = subject.module;
    if (code == 0 && why_held_in_c(name)) {
        written_in_c(s, name, ret);
        return 1;
    }
    if (subject.module == NULL)
        return 0;
    if (recorded == 0 && why_rule(s->answer, &s->settings, &subject, ret))
        return 1;
    /* The package ran, and the module in it that the name speaks of may be left out. */
    if (code > 0 && part != NULL && strcmp(part, subject.module) != 0) {
        const char *found = subject.module;

        subject.module = ret->module = part;
        if (why_rule(s->answer, &s->settings, &subject, ret))
            return 1;
        subject.module = ret->module = found;
    }
    if (code > 0) {
        ret->reason = WHY_NEVER_CALLED;
        ret->text = answer_printf(
            s->answer,
            "the module %s ran, but no function '%s' was called while it was recorded" COMPILED,
            subject.module, name);
        return 1;
    }
    ret->reason = WHY_NOT_IMPORTED;
    ret->text = answer_printf(
        s->answer,
        "nothing of the module %s was seen: it was not imported%s, or it is written in C or compiled, "
        "as by Cython, which nothing would record",
        subject.module, s->settings.workspace_only ? OUTSIDE : "");
    ret->option = s->settings.workspace_only ? "--all-code" : NULL;
    return 1;
}

static void by_name_alone(struct seeking *s, const char *name, struct why *ret)
{
    if (why_named_in_c(name)) {
        written_in_c(s, name, ret);
        return;
    }
    ret->reason = s->from_inside ? WHY_BEFORE_START : WHY_NEVER_CALLED;
    ret->text = answer_printf(
        s->answer,
        "no function '%s' was called while it was recorded" COMPILED
        "; what modules hold that are left out is not known: 'gaps' lists those%s",
        name, s->from_inside ? "; calls before breadcrumb.init() are not recorded" : "");
}

/* Nobody knows what ran in the processes of the scope that could not be recorded. */
static int add_unreachable(struct seeking *s, struct why *ret, struct error *err)
{
    const char *more = NULL;
    int code;

    if (ret->reason != WHY_NEVER_CALLED && ret->reason != WHY_NOT_IMPORTED)
        return 0;
    code = why_unreachable(s->ask, s->answer, s->scope->traces, &more, err);
    if (more != NULL)
        ret->text = answer_printf(s->answer, "%s%s", ret->text, more);
    return code;
}

static int look(struct seeking *s, const char *name, struct why *ret, struct error *err)
{
    struct rows *rows = NULL;
    int code = called_elsewhere(s, ret, err);

    if (code != 0)
        return code;
    if (!s->settings.enabled || s->settings.sample_rate == 0) {
        ret->reason = WHY_OFF;
        ret->rule = s->settings.enabled ? "sample_rate" : "enabled";
        ret->text =
            answer_printf(s->answer, "the setting %s had recording switched off", ret->rule);
        return 0;
    }
    code = seen_only(s, ret, err);
    if (code == 0)
        by_name_alone(s, name, ret);
    if (code == 0 && ret->reason != WHY_C_FUNCTION)
        code = by_module(s, name, ret, err);
    if (code >= 0)
        code = add_unreachable(s, ret, err);
    if (code < 0)
        return code;
    code = first_row(s, answer_printf(s->answer, NEAR_SQL, s->scope->traces), &rows, err);
    if (code > 0)
        ret->near = text_of(s, rows, 0);
    rows_free(rows);
    return code < 0 ? code : 0;
}

int why_settings(const struct asking *ask, const struct scope *scope, struct settings *ret,
                 struct error *err)
{
    char sql[SCOPE_TRACES_BYTES + 400];
    struct store_query query = {.sql = sql};
    struct rows *rows = NULL;
    int code = settings_init(ret, err);

    if (code < 0)
        return code;
    snprintf(sql, sizeof(sql),
             "SELECT metadata ->> 'settings' FROM traces WHERE id IN %s AND metadata IS NOT NULL "
             "ORDER BY started_at DESC LIMIT 1",
             scope->traces);
    code = store_query(ask->store, &query, &rows, err);
    if (code == 0)
        code = rows_next(rows, err);
    if (code > 0 && !rows_null(rows, 0)) {
        size_t len = 0;
        const char *text = rows_text(rows, 0, &len);

        code = settings_parse_compiled(ret, text, len);
    }
    rows_free(rows);
    return code < 0 ? code : 0;
}

#define RECORDED_MOST 12 /* packages that one can be expected to name */

/* clang-format off */
static const char RECORDED_SQL[] =
    "SELECT string_agg('--include ' || name, ' ' ORDER BY name), string_agg('--add-include ' || name, ' ' ORDER BY name) FROM ("
    "  SELECT DISTINCT '''' || replace(CASE WHEN f.module_name = '__main__' THEN f.module_name ELSE split_part(f.module_name, '.', 1) || '.*' END, '''', '''\\''''') || '''' AS name "
    "  FROM functions f JOIN stat_rows s ON s.function_id = f.id "
    "  WHERE f.module_name <> '' AND s.call_count > 0 AND s.trace_id IN %s) HAVING count(*) <= %d";
/* clang-format on */

/* Does the profile's own list of includes name everything? One more in it would change nothing. */
static bool includes_all(const char *profile)
{
    struct settings s;
    char *path = NULL;
    bool all = false;

    if (profile == NULL || settings_init(&s, NULL) < 0)
        return false;
    if (profile_find(profile, &path, NULL) == 0 &&
        settings_from_file(&s, path, FROM_PROFILE, NULL) == 0 &&
        s.source[settings_row("include") - settings_table] == FROM_PROFILE)
        for (size_t i = 0; i < s.include.count; i++)
            all = all || strcmp(s.include.items[i], "*") == 0;
    settings_release(&s);
    free(path);
    return all;
}

int why_recorded(const struct asking *ask, const struct scope *scope, struct answer *answer,
                 const char *profile, struct why_recorded *ret, struct error *err)
{
    struct store_query query = {
        .sql = answer_printf(answer, RECORDED_SQL, scope->traces, RECORDED_MOST),
        .timeout_ms = ask->timeout_ms};
    struct rows *rows = NULL;
    int code = store_query(ask->store, &query, &rows, err);

    if (code == 0)
        code = rows_next(rows, err);
    if (code > 0 && !rows_null(rows, 0)) {
        ret->option = answer_printf(answer, "%s", rows_text(rows, 0, NULL));
        ret->edit = includes_all(profile) ? ret->option
                                          : answer_printf(answer, "%s", rows_text(rows, 1, NULL));
    }
    rows_free(rows);
    return code < 0 ? code : 0;
}

int why_not_called(const struct asking *ask, struct answer *answer, const char *name,
                   const struct scope *scope, struct why *ret, struct error *err)
{
    struct seeking s = {.ask = ask, .answer = answer, .scope = scope};
    struct why why = {0};
    int code = why_settings(ask, scope, &s.settings, err);
    int64_t runs = 0;

    s.params[0] = store_text("name", name);
    s.params[1] = store_text("unused", NULL);
    if (code == 0)
        code = store_query_int(ask->store,
                               answer_printf(answer,
                                             "SELECT count(*) FROM traces WHERE id IN %s AND "
                                             "(metadata ->> 'run') IS NOT NULL",
                                             scope->traces),
                               &runs, err);
    s.from_inside = runs == 0;
    if (code == 0)
        code = why_recorded(ask, scope, answer, NULL, &s.recorded, err);
    if (code == 0)
        code = look(&s, name, &why, err);
    settings_release(&s.settings);
    if (code >= 0)
        *ret = why;
    return code < 0 ? code : 0;
}

int why_error(const struct why *why, const char *name, struct error *err)
{
    error_set(err, ERR_FUNCTION_NOT_FOUND, "No calls recorded for function: %.200s; %s: %s", name,
              why_word(why->reason), why->text);
    if (why->elsewhere != NULL)
        return error_suggest(err, "ask about that one with --trace %s", why->elsewhere);
    if (why->option != NULL && strncmp(why->option, "no ", 3) == 0)
        return error_suggest(err, "record again without %s", why->option + 3);
    if (why->option != NULL)
        return error_suggest(err, "record again with 'breadcrumb run %s ...'%s%s", why->option,
                             why->near != NULL ? "; recorded were, among others: " : "",
                             why->near != NULL ? why->near : "");
    if (why->near != NULL)
        return error_suggest(err, "did you mean one of these? %s", why->near);
    return error_suggest(err,
                         "'breadcrumb top' shows what was called, 'breadcrumb search' finds names");
}
