/* trace_id.c - see trace_id.h. */
#include "base/base.h"

#include "query/trace_id.h"
#include "store/store.h"

#include <ctype.h>

#define SHOWN 4 /* traces named when a beginning is not unique */

static int not_found(const char *name, struct error *err)
{
    error_set(err, ERR_TRACE_NOT_FOUND, "No trace found with ID: %s", name);
    return error_suggest(err, "Use 'breadcrumb list' to find available trace IDs");
}

/* `last` and `last~N`: how many traces come after it; -1 for anything else. */
static int64_t steps_back(const char *name)
{
    char *end = NULL;
    int64_t n;

    if (strcmp(name, "last") == 0)
        return 0;
    if (strncmp(name, "last~", 5) != 0 || !isdigit((unsigned char)name[5]))
        return -1;
    errno = 0;
    n = strtoll(name + 5, &end, 10);
    return *end == '\0' && errno == 0 ? n : -1;
}

static int find_back(const struct asking *ask, int64_t back, const char *name,
                     char ret_id[UUID_TEXT], struct error *err)
{
    struct store_param params[] = {store_int("back", back)};
    struct store_query query = {
        .sql = "SELECT id FROM traces ORDER BY started_at DESC, id DESC LIMIT 1 OFFSET $back",
        .params = params,
        .nparams = 1};
    struct rows *rows = NULL;
    int ret = store_query(ask->store, &query, &rows, err);

    if (ret < 0)
        return ret;
    ret = rows_next(rows, err);
    if (ret > 0)
        snprintf(ret_id, UUID_TEXT, "%s", rows_text(rows, 0, NULL));
    else if (ret == 0)
        ret = not_found(name, err);
    rows_free(rows);
    return ret < 0 ? ret : 0;
}

/* An id in the printed form's letters, or a beginning of one: lower case, without anything else. */
static bool read_prefix(const char *name, char prefix[UUID_TEXT])
{
    size_t n = 0;

    for (; name[n] != '\0' && n + 1 < UUID_TEXT; n++) {
        if (!isxdigit((unsigned char)name[n]) && name[n] != '-')
            return false;
        prefix[n] = (char)tolower((unsigned char)name[n]);
    }
    prefix[n] = '\0';
    return name[n] == '\0' && n > 0;
}

static int ambiguous(struct rows *rows, const char *name, const char *first, struct error *err)
{
    char all[(SHOWN + 1) * (UUID_TEXT + 2)];
    size_t used = (size_t)snprintf(all, sizeof(all), "%s", first);
    int more = 1;

    do {
        used += (size_t)snprintf(all + used, sizeof(all) - used, ", %s", rows_text(rows, 0, NULL));
        more++;
    } while (more < SHOWN && rows_next(rows, NULL) > 0);
    error_set(err, ERR_USAGE, "the trace ID '%s' is not unique", name);
    return error_suggest(err, "write more of it; among others these begin so: %s", all);
}

int trace_id_resolve(const struct asking *ask, const char *name, char ret_id[UUID_TEXT],
                     struct error *err)
{
    char prefix[UUID_TEXT], found[UUID_TEXT];
    struct store_param params[1];
    struct store_query query = {.sql =
                                    "SELECT id FROM traces WHERE starts_with(id::VARCHAR, $prefix) "
                                    "ORDER BY started_at DESC LIMIT 5",
                                .params = params,
                                .nparams = 1};
    struct rows *rows = NULL;
    int64_t back = steps_back(name);
    int ret;

    if (back >= 0)
        return find_back(ask, back, name, ret_id, err);
    if (!read_prefix(name, prefix))
        return not_found(name, err);
    params[0] = store_text("prefix", prefix);
    ret = store_query(ask->store, &query, &rows, err);
    if (ret < 0)
        return ret;
    ret = rows_next(rows, err);
    if (ret == 0)
        ret = not_found(name, err);
    if (ret < 0)
        goto out;
    snprintf(found, sizeof(found), "%s", rows_text(rows, 0, NULL));
    ret = rows_next(rows, err);
    if (ret > 0)
        ret = ambiguous(rows, name, found, err);
    if (ret == 0)
        memcpy(ret_id, found, sizeof(found));
out:
    rows_free(rows);
    return ret;
}
