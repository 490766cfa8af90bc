/* run_place.c - see run_place.h. */
#include "base/base.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/limits.h"
#include "begin/run_place.h"
#include "redact/redact.h"
#include "settings/places.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIMIT_COMMAND_BYTES \
    (64 * 1024) /* of the command's words in the settings; the guests know them anyway */

/* ---- the database ------------------------------------------------------------------------- */

/* A file that is there has to be a database that we can write: better said now than when the command has ended. What only
 * DuckDB can tell, it tells then; the recording waits in the trails. */
static int check_database(const char *path, struct error *err)
{
    char head[12] = "";
    struct stat st;
    ssize_t n;
    int fd;

    if (stat(path, &st) < 0) {
        if (errno == ENOENT)
            return 0;
        error_set_errno(err, ERR_SYSTEM, "cannot use the database '%s'", path);
        return error_suggest(err, "give another path with --db-path PATH");
    }
    if (!S_ISREG(st.st_mode)) {
        error_set(err, ERR_SYSTEM, "the database '%s' is not a file", path);
        return error_suggest(err, "give another path with --db-path PATH");
    }
    fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        error_set_errno(err, ERR_SYSTEM, "cannot write the database '%s'", path);
        return error_suggest(err, "make it writable, or give another one with --db-path PATH");
    }
    n = pread(fd, head, sizeof(head), 0);
    close(fd);
    if (n == (ssize_t)sizeof(head) && memcmp(head + 8, "DUCK", 4) == 0)
        return 0;
    error_set(err, ERR_SYSTEM, "'%s' is not a database", path);
    if (n == 0)
        return error_suggest(err,
                             "it is empty: remove it, or give another path with --db-path PATH");
    return error_suggest(err, "give another path with --db-path PATH");
}

static int find_database(struct run_place *place, struct settings *settings, struct error *err)
{
    char *folder;
    int ret = places_database(settings->db_path, &place->database, err);

    if (ret < 0)
        return ret;
    folder = strdup(place->database);
    if (folder == NULL)
        return error_set(err, ERR_SYSTEM, "out of memory");
    *strrchr(folder, '/') = '\0';
    ret = folder[0] != '\0' ? io_make_dirs(folder, 0700, err) : 0;
    free(folder);
    if (ret == 0)
        ret = check_database(place->database, err);
    else
        error_suggest(err, "give a place that you can write to with --db-path PATH");
    if (ret < 0)
        return ret;
    free(settings->db_path);
    settings->db_path = strdup(place->database);
    return settings->db_path != NULL ? 0 : error_set(err, ERR_SYSTEM, "out of memory");
}

/* ---- the folder --------------------------------------------------------------------------- */

static void suggest_another_place(struct error *err)
{
    error_suggest(
        err, "the recording lies beside the database: give it another place with --db-path PATH");
}

static int make_folder(struct run_place *place, int64_t now, struct error *err)
{
    char *trails = places_trails(place->database);
    time_t seconds = (time_t)(now / 1000000000);
    char name[64], stamp[32];
    struct tm tm;
    int ret = ERR_SYSTEM;

    if (trails == NULL || gmtime_r(&seconds, &tm) == NULL) {
        error_set(err, ERR_SYSTEM, "out of memory");
        goto out;
    }
    if (io_make_dirs(trails, 0700, err) < 0) {
        suggest_another_place(err);
        goto out;
    }
    strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm);
    /* The last 8 digits of the run's id are random, its first are the time. */
    snprintf(name, sizeof(name), "%s-%s", stamp, place->run_id + UUID_TEXT - 1 - 8);
    place->folder = io_join(trails, name);
    if (place->folder == NULL) {
        error_set(err, ERR_SYSTEM, "out of memory");
        goto out;
    }
    /* chmod: the umask may have taken our own rights. */
    if (mkdir(place->folder, 0700) < 0 || chmod(place->folder, 0700) < 0) {
        error_set_errno(err, ERR_SYSTEM, "cannot make the folder '%s' for the recording",
                        place->folder);
        suggest_another_place(err);
        free(place->folder);
        place->folder = NULL;
        goto out;
    }
    ret = 0;
out:
    free(trails);
    return ret;
}

/* What the trail of the run tells of it beside its settings. */
struct run_facts {
    char **argv;
    int64_t now, timeout_ns;
};

/* A word of the command, without what is a secret in it or by the option before it. */
static void put_word(struct buf *out, const struct redact *redact, const char *word,
                     const char *before)
{
    struct redact_text text = {word, strlen(word), false};
    size_t size = text.len * 4 + 64;
    char *hidden = redact != NULL ? malloc(size) : NULL;

    if (redact != NULL && word[0] != '-' && redact_word_before(redact, before, strlen(before))) {
        settings_compile_fact(out, "command", REDACT_MARK);
    } else if (hidden != NULL) {
        hidden[redact_copy(redact, &text, hidden, size - 1, NULL)] = '\0';
        settings_compile_fact(out, "command", hidden);
    } else {
        settings_compile_fact(out, "command", redact != NULL ? REDACT_MARK : word);
    }
    free(hidden);
}

/* Which profile the run had, so that answers can name the edit of it: configs/NAME.yaml. */
static void put_profile(struct buf *out, const char *file)
{
    const char *slash = file != NULL ? strrchr(file, '/') : NULL;
    const char *dot = slash != NULL ? strrchr(slash, '.') : NULL;
    char name[NAME_MAX + 1];

    if (dot == NULL || dot - slash > NAME_MAX)
        return;
    snprintf(name, sizeof(name), "%.*s", (int)(dot - slash - 1), slash + 1);
    settings_compile_fact(out, "profile", name);
}

static int write_settings(const struct run_place *place, const struct settings *settings,
                          const struct run_facts *facts, struct error *err)
{
    char **argv = facts->argv;
    struct buf text = BUF_INIT(LIMIT_RUN_SETTINGS_BYTES);
    char *path = io_join(place->folder, "settings");
    char number[32], problem[512];
    const char *why = NULL;
    struct redact *redact =
        NULL; /* Owned; made only for what it is needed for, because a program's start waits for it */
    size_t words = 0;
    int ret;

    if (argv[0] != NULL || settings->redact_names.count + settings->redact_patterns.count > 0)
        redact = settings_redact(settings, problem, sizeof(problem), &why);
    if (why != NULL) {
        free(path);
        return error_set(err, ERR_INVALID_SETTING, "%s", why);
    }
    settings_compile(settings, &text);
    settings_compile_fact(&text, "run_id", place->run_id);
    snprintf(number, sizeof(number), "%lld", (long long)facts->now);
    settings_compile_fact(&text, "started_wall_ns", number);
    if (facts->timeout_ns > 0) {
        snprintf(number, sizeof(number), "%.12g", (double)facts->timeout_ns / 1e9);
        settings_compile_fact(&text, "timeout_s", number);
    }
    put_profile(&text, settings->profile_file);
    for (size_t i = 0; argv[i] != NULL && words < LIMIT_COMMAND_BYTES; i++) {
        put_word(&text, redact, argv[i], i > 0 ? argv[i - 1] : "");
        words += strlen(argv[i]);
    }
    if (path == NULL || text.failed)
        ret = error_set(err, ERR_SYSTEM, "the settings of the run are too long");
    else if ((ret = io_write_unsynced(path, buf_text(&text), text.len, 0600, err)) < 0)
        /* Unsynced: as safe as the trail beside it; a sync may take longer than all the rest of a start. */
        suggest_another_place(err);
    redact_free(redact);
    free(path);
    buf_release(&text);
    return ret;
}

/* ---- the environment ---------------------------------------------------------------------- */

/* The folder whose sitecustomize starts the recorder: boot/ in the Python package. Owned. */
static char *find_boot(struct error *err)
{
    char *looked_at, *package = io_package_dir(&looked_at);
    char *boot = package != NULL ? io_join(package, "boot") : NULL;

    if (boot == NULL || !io_is_dir(boot)) {
        error_set(err, ERR_SYSTEM, "cannot find the recorder: there is no folder boot in '%s'",
                  looked_at != NULL ? looked_at : "breadcrumb");
        error_suggest(err, "install breadcrumb again, or run 'make build'");
        free(boot);
        boot = NULL;
    } else if (strchr(boot, ':') != NULL) {
        error_set(err, ERR_SYSTEM,
                  "cannot use the recorder in '%s': PYTHONPATH cannot hold a colon", boot);
        error_suggest(err, "install breadcrumb in another folder");
        free(boot);
        boot = NULL;
    }
    free(looked_at);
    free(package);
    return boot;
}

/* `boot` in front of what was there, once. An empty PYTHONPATH is none; an empty entry in one is the working directory, and
 * stays. */
static char *make_python_path(const char *boot, const char *before)
{
    struct buf path = BUF_INIT(SIZE_MAX / 2);
    size_t len = strlen(boot);

    buf_puts(&path, boot);
    while (before != NULL && before[0] != '\0') {
        size_t entry = strcspn(before, ":");

        if (entry != len || memcmp(before, boot, len) != 0) {
            buf_putc(&path, ':');
            buf_put(&path, before, entry);
        }
        before += entry;
        if (strcmp(before, ":") == 0)
            buf_putc(&path, ':');
        before += before[0] == ':';
    }
    return buf_detach(&path);
}

bool run_place_enter(const struct run_place *place)
{
    const char *folder = strchr(place->mark, '=') + 1;

    return setenv("BREADCRUMB_RUN", folder, 1) == 0 &&
           setenv("PYTHONPATH", place->python_path, 1) == 0;
}

/* ---- the whole ---------------------------------------------------------------------------- */

int run_place_make(struct run_place *place, struct settings *settings, char **argv,
                   int64_t timeout_ns, struct error *err)
{
    struct uuid id = uuid_make();
    struct run_facts facts = {argv, clock_wall_ns(), timeout_ns};
    char *boot = find_boot(err);
    int ret = ERR_SYSTEM;

    memset(place, 0, sizeof(*place));
    uuid_format(&id, place->run_id);
    if (boot == NULL)
        goto out;
    ret = find_database(place, settings, err);
    if (ret == 0)
        ret = make_folder(place, facts.now, err);
    if (ret == 0)
        ret = write_settings(place, settings, &facts, err);
    if (ret < 0)
        goto out;
    place->python_path = make_python_path(boot, getenv("PYTHONPATH"));
    if (place->python_path == NULL ||
        asprintf(&place->mark, "BREADCRUMB_RUN=%s", place->folder) < 0) {
        place->mark = NULL;
        ret = error_set(err, ERR_SYSTEM, "out of memory");
    }
out:
    if (ret < 0) {
        run_place_undo(place);
        run_place_release(place);
    }
    free(boot);
    return ret;
}

void run_place_undo(const struct run_place *place)
{
    if (place->folder != NULL)
        io_remove_tree(place->folder, NULL);
}

void run_place_release(struct run_place *place)
{
    free(place->database);
    free(place->folder);
    free(place->mark);
    free(place->python_path);
    memset(place, 0, sizeof(*place));
}
