/*
 * words.c - DuckDB's errors in our words: a code, a message that says what failed, a suggestion.
 * It knows them by their text, because the C API gives nothing finer; tests hold each of them.
 */
#include "base/base.h"

#include "store/duck.h"

#define DAMAGED                                                                             \
    "keep a copy of the file, move it out of the way, and run again: trails that were not " \
    "ingested are still there"

struct words {
    const char *duckdb_says; /* a part of its message */
    enum error_kind code;
    const char *what;
    const char *suggestion;
};

static const struct words WORDS[] = {
    {"Could not set lock on file", ERR_DATABASE_LOCKED,
     "Database is temporarily locked. This usually resolves automatically.",
     "If the issue persists, ensure no other processes are writing to the database."},
    {"not a valid DuckDB database file", ERR_DATABASE_CORRUPT, "it is not a database",
     "name another file with --db-path, or move this one out of the way"},
    {"Trying to read a database file with version number", ERR_DATABASE_VERSION,
     "it was made by a newer DuckDB", "install the breadcrumb that made it, or a newer one"},
    {"Corrupt database file", ERR_DATABASE_CORRUPT, "it is damaged", DAMAGED},
    {"Could not read enough bytes", ERR_DATABASE_CORRUPT, "it is damaged: its end is missing",
     DAMAGED},
    {"replaying WAL", ERR_DATABASE_CORRUPT, "the log beside it is damaged",
     "keep a copy of the file and of FILE.wal, then remove FILE.wal and run again"},
    {"Failed to deserialize", ERR_DATABASE_CORRUPT, "it is damaged", DAMAGED},
    {"Serialization Error", ERR_DATABASE_CORRUPT, "it is damaged", DAMAGED},
    /* Before what DuckDB calls fatal: a checkpoint that has no room is. */
    {"No space left on device", ERR_SYSTEM, "the disk is full",
     "free some space and run again: nothing was lost, the trails are still there"},
    {"Could not preallocate", ERR_SYSTEM, "the disk is full",
     "free some space and run again: nothing was lost, the trails are still there"},
    {"Disk quota exceeded", ERR_SYSTEM, "your disk quota is used up",
     "free some space and run again: nothing was lost, the trails are still there"},
    {"INTERNAL Error", ERR_DATABASE_CORRUPT, "it is damaged", DAMAGED},
    {"FATAL Error", ERR_DATABASE_CORRUPT, "it is damaged", DAMAGED},
    {"Read-only file system", ERR_SYSTEM, "the disk is read-only",
     "name a database elsewhere with --db-path"},
    {"Permission denied", ERR_SYSTEM, "permission denied",
     "change the permissions, or name another database with --db-path"},
    {"Is a directory", ERR_SYSTEM, "it is a directory", "name a file with --db-path"},
    {"database does not exist", ERR_DATABASE_NOT_FOUND, "there is no such file",
     "record something first with `breadcrumb run`, or name a database with --db-path"},
    {"Out of Memory Error", ERR_FAILED, "memory is out",
     "ask for less at a time: add a LIMIT or a narrower WHERE"},
};

void words_first_line(const char *duckdb_says, char *ret_text, size_t size)
{
    const char *text = duckdb_says != NULL ? duckdb_says : "unknown error";
    const char *colon = strstr(text, " Error: ");
    size_t len;

    if (colon != NULL && memchr(text, '\n', (size_t)(colon - text)) == NULL)
        text = colon + strlen(" Error: ");
    len = strcspn(text, "\n");
    if (len >= size)
        len = size - 1;
    memcpy(ret_text, text, len);
    ret_text[len] = '\0';
}

/* The line is: Candidate bindings: "a", "b", or: Did you mean "a"? */
void words_meant(const char *duckdb_says, char *ret_text, size_t size)
{
    static const char *const BEFORE[] = {"\nCandidate bindings: ", "\nDid you mean "};
    const char *text = NULL;
    size_t len = 0;

    for (size_t i = 0; duckdb_says != NULL && text == NULL && i < ARRAY_SIZE(BEFORE); i++) {
        text = strstr(duckdb_says, BEFORE[i]);
        text = text != NULL ? text + strlen(BEFORE[i]) : NULL;
    }
    for (; text != NULL && *text != '\0' && *text != '\n' && len + 1 < size; text++)
        if (strchr("\"?", *text) == NULL)
            ret_text[len++] = *text;
    ret_text[len] = '\0';
}

int words_for(struct error *err, const char *doing, const char *path, const char *duckdb_says)
{
    char line[LIMIT_ERROR_BYTES / 2];

    for (size_t i = 0; duckdb_says != NULL && i < ARRAY_SIZE(WORDS); i++) {
        const struct words *w = &WORDS[i];

        if (strstr(duckdb_says, w->duckdb_says) == NULL)
            continue;
        if (w->code == ERR_DATABASE_LOCKED)
            error_set(err, w->code, "%s", w->what);
        else
            error_set(err, w->code, "%s '%s': %s", doing, path, w->what);
        return error_suggest(err, "%s", w->suggestion), w->code;
    }
    words_first_line(duckdb_says, line, sizeof(line));
    return error_set(err, ERR_FAILED, "%s '%s': %s", doing, path, line);
}
