/* infrastructure.c - see infrastructure.h. */
#include "base/base.h"

#include "base/buf.h"
#include "base/limits.h"
#include "query/fetch.h"
#include "query/infrastructure.h"
#include "query/next.h"
#include "store/store.h"

#include <ctype.h>
#include <strings.h>

static const struct {
    const char *word; /* lower case; a word may go on with letters of `ends` */
    const char *kind;
} WORDS[] = {
    {"log", "logging"},
    {"logs", "logging"},
    {"logger", "logging"},
    {"loggers", "logging"},
    {"logging", "logging"},
    {"loguru", "logging"},
    {"structlog", "logging"},
    {"telemetry", "telemetry"},
    {"metric", "telemetry"},
    {"metrics", "telemetry"},
    {"tracing", "telemetry"},
    {"opentelemetry", "telemetry"},
    {"otel", "telemetry"},
    {"statsd", "telemetry"},
    {"sentry", "telemetry"},
    {"prometheus", "telemetry"},
    {"webhook", "webhook"},
    {"webhooks", "webhook"},
    {"serialize", "serialization"},
    {"serializer", "serialization"},
    {"serializers", "serialization"},
    {"serialization", "serialization"},
    {"deserialize", "serialization"},
    {"marshal", "serialization"},
    {"marshmallow", "serialization"},
    {"to_json", "serialization"},
    {"jsonify", "serialization"},
};

const struct infrastructure_tip infrastructure_tips[] = {
    {"High call counts often indicate:", 0},
    {"* Internal framework/library code (consider excluding)", 1},
    {"* Logging/serialization utilities (usually safe to exclude)", 1},
    {"* Hot loops in your application (keep these!)", 1},
    {"To exclude noisy modules:", 0},
    {NULL, 0},
};

/* A word ends where letters do, or where a capital begins the next: `LogWriter` is Log and Writer. */
static bool ends_word(const char *p)
{
    return !isalpha((unsigned char)*p) || isupper((unsigned char)*p);
}

const char *infrastructure_kind(const char *dotted)
{
    for (const char *p = dotted; *p != '\0'; p++) {
        bool begins = isalpha((unsigned char)*p) &&
                      (p == dotted || !isalpha((unsigned char)p[-1]) ||
                       (isupper((unsigned char)*p) && islower((unsigned char)p[-1])));

        for (size_t i = 0; begins && i < ARRAY_SIZE(WORDS); i++) {
            size_t len = strlen(WORDS[i].word);

            if (strncasecmp(p, WORDS[i].word, len) == 0 && ends_word(p + len))
                return WORDS[i].kind;
        }
    }
    return NULL;
}

bool infrastructure_may_exclude(const char *module)
{
    return module != NULL && module[0] != '\0' && strcmp(module, "__main__") != 0;
}

int infrastructure_profile(const struct asking *ask, struct answer *answer, const char *condition,
                           const char **ret_word, struct error *err)
{
    const char *sql = answer_printf(answer,
                                    "SELECT regexp_extract(metadata ->> 'settings', "
                                    "'(^|\\n)profile=([^\\n]+)', 2) FROM traces WHERE %s "
                                    "ORDER BY started_at DESC LIMIT 1",
                                    condition);
    struct buf word = BUF_INIT(LIMIT_PATH_BYTES);
    const char *profile;
    int ret = fetch_text(ask, answer, sql, &profile, err);

    *ret_word = "<name>";
    if (profile != NULL && profile[0] != '\0') {
        next_quote(profile, &word);
        *ret_word = answer_printf(answer, "%s", buf_text(&word));
    }
    buf_release(&word);
    return ret;
}

const char *infrastructure_command(struct answer *answer, const char *profile, const char *module)
{
    return answer_printf(answer, "breadcrumb config edit %s --add-exclude %s", profile,
                         next_single(answer, answer_printf(answer, "%s.*", module)));
}

static const struct column SUGGESTED[] = {
    {"pattern", "Pattern", COLUMN_TEXT, 0, "an exclude that leaves the function's module out"},
    {"function", "Function", COLUMN_TEXT, 0, "one of the first five"},
    {"calls", "Calls", COLUMN_INT, 0, "of it"},
    {"kind", "Kind", COLUMN_TEXT, 0,
     "logging, telemetry, serialization, webhook: what its name says it is"},
    {"command", "Command", COLUMN_TEXT, 0,
     "adds the exclude to the profile of the run; <name>: it had none, put one in"},
};

const struct question_part infrastructure_part = {
    "suggested_excludes",
    "plumbing among the first five, and how to leave it out next time",
    PART_LINES,
    0,
    SUGGESTED,
    ARRAY_SIZE(SUGGESTED)};

void infrastructure_suggest(struct answer *answer, struct part *part, const char *profile,
                            const struct infrastructure_function *f)
{
    const char *kind = infrastructure_kind(f->function), *pattern;
    struct cell *c;

    if (kind == NULL || !infrastructure_may_exclude(f->module))
        return;
    pattern = answer_printf(answer, "%s.*", f->module);
    for (const struct row *row = part->first; row != NULL; row = row->next)
        if (strcmp(row->cells[0].text, pattern) == 0)
            return;
    c = part_add(answer, part);
    if (c == NULL)
        return;
    c[0] = cell_text(answer, pattern);
    c[1] = cell_text(answer, f->function);
    c[2] = cell_int(f->calls);
    c[3] = cell_text(answer, kind);
    c[4] = cell_text(answer, infrastructure_command(answer, profile, f->module));
    part_say(answer, part, 0, "%s looks like %s: %s", f->function, kind, c[4].text);
}
