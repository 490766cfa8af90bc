/*
 * settings.h - what can be set, for both sides: one table of settings, its defaults, and the compiled form that
 * `breadcrumb run` hands to the guests.
 *
 * Precedence: arguments > environment > profile > config file > defaults. A value remembers where it came from, and every
 * message about it says so. The guest reads only the compiled form: one `key=value` a line, lists
 * as repeated lines (an empty list as one line without a value), values percent-escaped where they hold a newline or a
 * percent sign. It is plain C and libc, so that the extension can hold it; it allocates once, at start.
 *
 *     settings_load(&s, profile, &err);                               // host: all but the arguments
 *     settings_set(&s, "exclude", "a.*", FROM_ARGUMENT, "option --exclude", &err);
 *     settings_compile(&s, &buf);
 *
 *     settings_init(&s, NULL);                                        // guest
 *     settings_parse_compiled(&s, text, len);
 *     settings_release(&s);
 *
 * Not thread-safe; the guest may read a filled one from any thread.
 */
#ifndef SETTINGS_SETTINGS_H
#define SETTINGS_SETTINGS_H

#include "base/base.h"
#include "base/error.h"

enum settings_source { FROM_DEFAULT, FROM_FILE, FROM_PROFILE, FROM_ENVIRONMENT, FROM_ARGUMENT };
enum settings_backend { BACKEND_AUTO, BACKEND_PEP669, BACKEND_SETTRACE };
enum settings_values { VALUES_STRUCTURE, VALUES_REPR, VALUES_NAMES, VALUES_OFF };

#define SETTINGS_MOST 48 /* rows that the table may have */

struct settings_list {
    char **items; /* Owned, each Owned */
    size_t count;
};

struct settings {
    bool enabled;
    struct settings_list include; /* globs over dotted module names; default: * */
    struct settings_list exclude; /* the user's own */
    bool default_excludes;        /* the built-in list applies too */
    bool workspace_only;
    struct settings_list workspace; /* absolute folders; default: the working directory of run */
    double sample_rate;             /* 0.0 to 1.0 */
    char *db_path;                  /* Owned; NULL: discovered */
    int backend;                    /* enum settings_backend */
    bool silent;
    int values; /* enum settings_values */
    int64_t max_chars, max_value_bytes, max_items, max_depth, max_attributes;
    bool redact;                                        /* secrets, before anything is written */
    struct settings_list redact_names, redact_patterns; /* beside the built-in ones */
    bool lines;                                         /* each line of recorded calls */
    bool locals; /* with the local variables that have changed: lines too */
    int64_t hot_threshold, hot_window_s, hot_reset_s, hot_timed_calls;
    int64_t seed;
    int64_t quota_mb, ingest_mb;
    int64_t retention_days, retention_mb;   /* 0: keep everything */
    int64_t max_result_mb, query_timeout_s; /* of questions */
    /* By row of the table: */
    unsigned char source[SETTINGS_MOST]; /* enum settings_source */
    uint32_t line[SETTINGS_MOST];        /* in the file that it came from; 0: in none */
    /* Owned, host only: what was read; NULL: not there */
    char *config_file, *profile_file;
};

/* Fills the defaults. 0, or ERR_FAILED when memory is out. Both sides. */
int settings_init(struct settings *s, struct error *err);
/* Frees what it owns; a zeroed one is fine. Both sides. */
void settings_release(struct settings *s);

/* Sets one by name from text (lists: adds; the first value from a stronger source replaces weaker ones, and what comes
 * from a weaker source than the one that set it is checked and then left out). Lists of globs may hold commas, and lists
 * of folders colons where they come from the environment. ERR_INVALID_SETTING with the nearest key, the range and the
 * source when it does not fit. `where` says it in messages: "option --exclude", "BREADCRUMB_EXCLUDE". Host only. */
int settings_set(struct settings *s, const char *key, const char *value,
                 enum settings_source source, const char *where, struct error *err);
/* Reads all BREADCRUMB_* variables of the table; an empty one counts as not set. Host only. */
int settings_from_environment(struct settings *s, struct error *err);
/* Is this error of settings_load() about a variable, and no file? Host only. */
bool settings_is_environments(const struct error *problem);
/* Reads a file as the config file (FROM_FILE) or as a profile (FROM_PROFILE); nothing is set when any of it does not fit.
 * ERR_INVALID_SETTING with file and line, ERR_SYSTEM when it cannot be read. Host only. */
int settings_from_file(struct settings *s, const char *path, enum settings_source source,
                       struct error *err);
/* The same for the text of a file; `path` is for messages. Host only. */
int settings_from_text(struct settings *s, const char *text, size_t len, const char *path,
                       enum settings_source source, struct error *err);
/* Fills s (as settings_init() does) from defaults, config file, profile and environment. `profile` NULL: none. When it fails
 * s is released. ERR_CONFIG_NOT_FOUND when there is no such profile. Host only. */
int settings_load(struct settings *s, const char *profile, struct error *err);
/* Where the value of a row came from, for people: "default", "~/.breadcrumb/config.yaml line 12", "BREADCRUMB_INCLUDE".
 * Host only. */
struct settings_row;
void settings_whence(const struct settings *s, const struct settings_row *row, char *ret,
                     size_t size);
/* Fills an empty workspace with the working directory, under each name that it is known by. Host only. */
int settings_default_workspace(struct settings *s, struct error *err);

/* The compiled form, to and from text. Parsing ignores keys it does not know (a newer host) and values it cannot read;
 * it expects a struct that settings_init() filled. 0, or ERR_FAILED when memory is out. */
struct buf;
void settings_compile(const struct settings *s, struct buf *out);
int settings_parse_compiled(struct settings *s, const char *text, size_t len);
/* Facts that travel with the compiled form but are no settings: run_id, started_wall_ns, command. The first line of
 * `key` goes unescaped into ret (cut at size - 1); its length, or -1 when there is none. */
void settings_compile_fact(struct buf *out, const char *key, const char *value);
int settings_compiled_fact(const char *text, size_t len, const char *key, char *ret, size_t size);

/* What finds the secrets as these settings want it. Owned by the caller (redact_free()). NULL with *ret_why (in `why`, or
 * static) when it cannot be made; NULL and NULL when redaction is off. Both sides. */
struct redact;
struct redact *settings_redact(const struct settings *s, char *why, size_t size,
                               const char **ret_why);

/* The excludes of capabilities.md that apply while default_excludes is true: NULL-terminated. */
extern const char *const settings_default_excludes[];

#endif
