/* table.c - see table.h. */
#include "base/base.h"

#include "settings/table.h"

#include "base/limits.h"

#define AT(field) offsetof(struct settings, field)

static const char *const BACKENDS[] = {"auto", "pep669", "settrace", NULL};
static const char *const VALUES[] = {"structure", "repr", "names", "off", NULL};

/* A value has to fit a record of the trail together with its neighbours: half of one is its most. */
#define MOST_VALUE_BYTES (LIMIT_RECORD_BYTES / 2)

const struct settings_row settings_table[] = {
    {.key = "enabled",
     .type = SETTING_BOOL,
     .offset = AT(enabled),
     .fallback = "true",
     .environment = "BREADCRUMB_ENABLED",
     .comment = "record at all"},
    {.key = "include",
     .type = SETTING_GLOBS,
     .offset = AT(include),
     .fallback = "*",
     .environment = "BREADCRUMB_INCLUDE",
     .option = "--include",
     .letter = 'i',
     .argument = "PATTERN",
     .comment = "modules to record: globs over dotted names; pkg.* is pkg and all below it"},
    {.key = "exclude",
     .type = SETTING_GLOBS,
     .offset = AT(exclude),
     .environment = "BREADCRUMB_EXCLUDE",
     .option = "--exclude",
     .letter = 'e',
     .argument = "PATTERN",
     .comment = "modules to leave out, in the same form; stronger than include"},
    {.key = "default_excludes",
     .type = SETTING_BOOL,
     .offset = AT(default_excludes),
     .fallback = "true",
     .environment = "BREADCRUMB_DEFAULT_EXCLUDES",
     .option_off = "--no-default-excludes",
     .comment = "leave out the built-in list of standard modules too"},
    {.key = "workspace_only",
     .type = SETTING_BOOL,
     .offset = AT(workspace_only),
     .fallback = "true",
     .environment = "BREADCRUMB_WORKSPACE_ONLY",
     .option = "--workspace-only",
     .option_off = "--all-code",
     .comment = "record the workspace's own code only, not installed packages"},
    {.key = "workspace",
     .type = SETTING_FOLDERS,
     .offset = AT(workspace),
     .environment = "BREADCRUMB_WORKSPACE",
     .option = "--workspace",
     .argument = "DIR",
     .comment = "folder that holds the user's code; the working directory when not given"},
    {.key = "sample_rate",
     .type = SETTING_REAL,
     .offset = AT(sample_rate),
     .fallback = "1.0",
     .min = 0,
     .max = 1,
     .environment = "BREADCRUMB_SAMPLE_RATE",
     .option = "--sample-rate",
     .argument = "F",
     .comment = "share of calls to record, from 0.0 to 1.0"},
    {.key = "db_path",
     .type = SETTING_PATH,
     .offset = AT(db_path),
     .environment = "BREADCRUMB_DB_PATH",
     .option = "--db-path",
     .argument = "PATH",
     .comment = "the database; discovered when not given"},
    {.key = "backend",
     .type = SETTING_CHOICE,
     .offset = AT(backend),
     .fallback = "auto",
     .choices = BACKENDS,
     .environment = "BREADCRUMB_BACKEND",
     .option = "--backend",
     .argument = "NAME",
     .comment = "how to listen to Python: pep669 (3.12 and later), settrace (before), auto"},
    {.key = "silent",
     .type = SETTING_BOOL,
     .offset = AT(silent),
     .fallback = "false",
     .environment = "BREADCRUMB_SILENT",
     .option = "--silent",
     .comment = "print neither the line at the start nor the report"},
    {.key = "values",
     .type = SETTING_CHOICE,
     .offset = AT(values),
     .fallback = "structure",
     .choices = VALUES,
     .environment = "BREADCRUMB_VALUES",
     .option = "--values",
     .argument = "MODE",
     .comment =
         "how values are kept: structure, repr (runs the program's code), names (types only), off"},
    {.key = "max_chars",
     .type = SETTING_INT,
     .offset = AT(max_chars),
     .fallback = "200",
     .min = 1,
     .max = MOST_VALUE_BYTES,
     .option = "--max-chars",
     .argument = "N",
     .comment = "characters kept of one string"},
    {.key = "max_value_bytes",
     .type = SETTING_INT,
     .offset = AT(max_value_bytes),
     .fallback = "1024",
     .min = 16,
     .max = MOST_VALUE_BYTES,
     .option = "--max-value-bytes",
     .argument = "N",
     .comment = "bytes kept of one value, with all that is in it"},
    {.key = "max_items",
     .type = SETTING_INT,
     .offset = AT(max_items),
     .fallback = "10",
     .min = 0,
     .max = 10000,
     .comment = "items kept of one container"},
    {.key = "max_depth",
     .type = SETTING_INT,
     .offset = AT(max_depth),
     .fallback = "3",
     .min = 0,
     .max = LIMIT_VALUE_DEPTH,
     .comment = "containers and instances inside each other that are kept"},
    {.key = "max_attributes",
     .type = SETTING_INT,
     .offset = AT(max_attributes),
     .fallback = "16",
     .min = 0,
     .max = 1000,
     .comment = "attributes kept of one instance"},
    {.key = "quota_mb",
     .type = SETTING_INT,
     .offset = AT(quota_mb),
     .fallback = "4096",
     .min = 1,
     .max = 1024 * 1024,
     .environment = "BREADCRUMB_QUOTA_MB",
     .option = "--quota",
     .argument = "MB",
     .comment = "most that the trails of one run may hold before they are ingested"},
};

const size_t settings_count = ARRAY_SIZE(settings_table);

_Static_assert(ARRAY_SIZE(settings_table) <= SETTINGS_MOST, "each row has its source");

/* In the order of capabilities.md, 3.1. */
const char *const settings_default_excludes[] = {
    "threading", "queue",     "_thread",     "contextlib", "importlib.*", "sys",
    "os",        "posixpath", "asyncio.*",   "typing",     "dataclasses", "logging",
    "json",      "re",        "fractions.*", NULL,
};

const struct settings_row *settings_row(const char *key)
{
    for (size_t i = 0; i < settings_count; i++)
        if (strcmp(settings_table[i].key, key) == 0)
            return &settings_table[i];
    return NULL;
}
