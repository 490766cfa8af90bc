/* infrastructure.c - see infrastructure.h. */
#include "base/base.h"

#include "query/infrastructure.h"

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
    {"breadcrumb config edit <name> --add-exclude '<pattern>'", 1},
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

const char *infrastructure_command(struct answer *answer, const char *module)
{
    return answer_printf(answer, "breadcrumb config edit <name> --add-exclude '%s.*'", module);
}
