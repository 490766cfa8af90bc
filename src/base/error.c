/* error.c - see error.h. */
#include "base/base.h"

#include "base/error.h"

static const struct {
    int code;
    const char *name;
} NAMES[] = {
    {ERR_USAGE, "UsageError"},
    {ERR_EMPTY_DATABASE, "EmptyDatabaseError"},
    {ERR_INVALID_QUERY, "InvalidQueryError"},
    {ERR_QUERY_TIMEOUT, "QueryTimeoutError"},
    {ERR_TRACE_NOT_FOUND, "TraceNotFoundError"},
    {ERR_FUNCTION_NOT_FOUND, "FunctionNotFound"},
    {ERR_DATABASE_LOCKED, "DatabaseLockedError"},
    {ERR_DATABASE_NOT_FOUND, "DatabaseNotFoundError"},
    {ERR_DATABASE_VERSION, "DatabaseVersionError"},
    {ERR_CONFIG_NOT_FOUND, "ConfigNotFoundError"},
    {ERR_INVALID_SETTING, "InvalidSettingError"},
    {ERR_INVALID_TIME, "InvalidTimeError"},
    {ERR_DATABASE_CORRUPT, "DatabaseCorruptError"},
    {ERR_SYSTEM, "SystemError"},
};

const char *error_name(int code)
{
    for (size_t i = 0; i < ARRAY_SIZE(NAMES); i++)
        if (NAMES[i].code == code)
            return NAMES[i].name;
    return "Error";
}

/* What a person does about it, whoever it was that failed. A caller that knows better says so afterwards. */
static const struct {
    int number;
    const char *suggestion;
} REMEDIES[] = {
    {ENOSPC, "make room on that disk, then try again"},
    {EDQUOT, "your quota there is used up: make room, then try again"},
    {EROFS, "choose a place that can be written to"},
    {EACCES, "change its permissions, or choose a place that you may use"},
    {EPERM, "change its permissions, or choose a place that you may use"},
    {ENOTDIR, "a part of that path is a file, not a folder: give another path"},
    {ELOOP, "its links lead in a circle: give another path"},
    {ENAMETOOLONG, "give a shorter path"},
    {EMFILE, "too many files are open: raise the limit, as with 'ulimit -n 4096'"},
    {ENFILE, "too many files are open on this machine: end some programs, then try again"},
    {ENOMEM, "memory is short: end some programs, then try again"},
};

static const char *remedy(int number)
{
    for (size_t i = 0; i < ARRAY_SIZE(REMEDIES); i++)
        if (REMEDIES[i].number == number)
            return REMEDIES[i].suggestion;
    return "";
}

static void set_message(struct error *err, int code, const char *format, va_list args)
{
    err->code = code;
    err->suggestion[0] = '\0';
    vsnprintf(err->message, sizeof(err->message), format, args);
}

int error_set(struct error *err, int code, const char *format, ...)
{
    if (err != NULL) {
        va_list args;

        va_start(args, format);
        set_message(err, code, format, args);
        va_end(args);
    }
    return code;
}

int error_set_errno(struct error *err, int code, const char *format, ...)
{
    int saved = errno;

    if (err != NULL) {
        va_list args;
        size_t used;

        va_start(args, format);
        set_message(err, code, format, args);
        va_end(args);
        used = strlen(err->message);
        snprintf(err->message + used, sizeof(err->message) - used, ": %s", strerror(saved));
        error_suggest(err, "%s", remedy(saved));
    }
    errno = saved;
    return code;
}

int error_suggest(struct error *err, const char *format, ...)
{
    va_list args;

    if (err == NULL)
        return ERR_FAILED;
    va_start(args, format);
    vsnprintf(err->suggestion, sizeof(err->suggestion), format, args);
    va_end(args);
    return err->code;
}
