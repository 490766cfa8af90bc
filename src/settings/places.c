/* places.c - see places.h. */
#include "base/base.h"

#include "settings/places.h"

#include "base/buf.h"
#include "base/io.h"
#include "base/limits.h"
#include "settings/settings.h"
#include "settings/table.h"

#include <pwd.h>
#include <unistd.h>

#define FOLDER ".breadcrumb"
#define DATABASE "traces.duckdb"
#define PARENTS 5
#define MOST_LINKS 40 /* that the kernel follows */

/* The user's home as the shell has it. Borrowed; NULL when there is none. */
static const char *user_home(void)
{
    const char *home = getenv("HOME");
    const struct passwd *user;

    if (home != NULL && home[0] != '\0')
        return home;
    user = getpwuid(getuid());
    return user != NULL && user->pw_dir != NULL && user->pw_dir[0] == '/' ? user->pw_dir : NULL;
}

char *places_absolute(const char *path)
{
    const char *base = NULL;
    char *here = NULL, *ret = NULL;
    size_t len;

    if (path[0] == '~' && (path[1] == '/' || path[1] == '\0')) {
        base = user_home();
        path += 1 + strspn(path + 1, "/");
    } else if (path[0] == '/') {
        base = "";
    } else if (path[0] != '\0') {
        here = getcwd(NULL, 0);
        base = here;
        while (path[0] == '.' && path[1] == '/')
            path += 1 + strspn(path + 1, "/");
        path += strcmp(path, ".") == 0;
    }
    if (base != NULL)
        ret = base[0] == '\0' ? strdup(path) : io_join(base, path);
    free(here);
    if (ret == NULL)
        return NULL;
    len = strlen(ret);
    while (len > 1 && ret[len - 1] == '/')
        ret[--len] = '\0';
    if (len >= LIMIT_PATH_BYTES) {
        free(ret);
        return NULL;
    }
    return ret;
}

bool places_home_is_moved(void)
{
    const char *moved = getenv("BREADCRUMB_HOME");

    return moved != NULL && moved[0] != '\0';
}

char *places_home(void)
{
    return places_absolute(places_home_is_moved() ? getenv("BREADCRUMB_HOME") : "~/" FOLDER);
}

int places_no_home(const char *what, struct error *err)
{
    error_set(err, ERR_SYSTEM, "cannot find a place for %s: %s", what,
              places_home_is_moved() ? "the path in BREADCRUMB_HOME is too long"
                                     : "there is no home directory");
    return error_suggest(err, "set BREADCRUMB_HOME to a folder");
}

/* The nearest project folder: Owned, NULL when there is none. The one in the user's home is no project: it is our home, or
 * was it before BREADCRUMB_HOME moved that. */
static char *find_project(void)
{
    char *here = getcwd(NULL, 0), *found = NULL;
    char *home = places_absolute("~/" FOLDER);

    for (int level = 0; here != NULL && level <= PARENTS && found == NULL; level++) {
        char *slash = strrchr(here, '/');
        char *candidate = io_join(here, FOLDER);

        if (candidate != NULL && io_is_dir(candidate) &&
            (home == NULL || strcmp(candidate, home) != 0))
            found = candidate;
        else
            free(candidate);
        if (slash == NULL || here[1] == '\0')
            break;
        slash[slash == here] = '\0';
    }
    free(home);
    free(here);
    return found;
}

const char *places_database_variable(const struct settings *s)
{
    const struct settings_row *row = settings_row("db_path");
    char *project = s->db_path == NULL ? find_project() : NULL;
    bool moved = s->db_path == NULL && project == NULL && places_home_is_moved();

    free(project);
    if (moved)
        return "BREADCRUMB_HOME";
    return s->source[row - settings_table] == FROM_ENVIRONMENT ? row->environment : NULL;
}

/* What a link at the end of the path leads to, which need not be there. DuckDB has its log beside the file and looks for it beside the
 * link, and what takes the file's place would take the link's. Takes `path`, returns Owned. A circle is left as it is. */
static char *behind_links(char *path)
{
    char target[LIMIT_PATH_BYTES];
    ssize_t n;

    for (int links = 0; path != NULL && links < MOST_LINKS; links++) {
        char *link = path;

        n = readlink(link, target, sizeof(target) - 1);
        if (n <= 0)
            break;
        target[n] = '\0';
        if (target[0] != '/')
            strrchr(link, '/')[1] = '\0';
        path = target[0] == '/' ? strdup(target) : io_join(link, target);
        free(link);
    }
    if (path != NULL && strlen(path) >= LIMIT_PATH_BYTES) {
        free(path);
        return NULL;
    }
    return path;
}

int places_database(const char *db_path, char **ret_path, struct error *err)
{
    char *folder = NULL, *path;

    if (db_path != NULL) {
        path = places_absolute(db_path);
    } else {
        folder = find_project();
        if (folder == NULL)
            folder = places_home();
        path = folder != NULL ? io_join(folder, DATABASE) : NULL;
        free(folder);
    }
    path = behind_links(path);
    if (path == NULL && db_path != NULL && db_path[0] == '\0') {
        error_set(err, ERR_SYSTEM, "the database path is empty");
        return error_suggest(err, "name the file, like DIR/" DATABASE);
    }
    if (path == NULL && db_path != NULL) {
        error_set(err, ERR_SYSTEM, "cannot make out the database path '%.200s'", db_path);
        return error_suggest(err, "name a shorter one, or an absolute one");
    }
    if (path == NULL) {
        places_no_home("the database", err);
        return error_suggest(err, "give --db-path PATH, or set BREADCRUMB_HOME to a folder");
    }
    if (io_is_dir(path)) {
        error_set(err, ERR_SYSTEM, "the database '%s' is a directory", path);
        free(path);
        return error_suggest(err, "name the file, like DIR/" DATABASE);
    }
    *ret_path = path;
    return 0;
}

char *places_trails(const char *database)
{
    char *folder = strdup(database), *slash, *ret = NULL;

    if (folder == NULL)
        return NULL;
    slash = strrchr(folder, '/');
    if (slash == NULL) {
        ret = strdup("trails");
    } else {
        slash[slash == folder] = '\0';
        ret = io_join(folder, "trails");
    }
    free(folder);
    return ret;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

bool places_run_is_of(const char *run_folder, const char *database)
{
    struct buf text = BUF_INIT(LIMIT_RUN_SETTINGS_BYTES);
    char *path = io_join(run_folder, "settings");
    char named[LIMIT_PATH_BYTES] = "";
    bool ret = true;

    if (path != NULL && io_read_file(path, &text, NULL) == 0 &&
        settings_compiled_fact(buf_text(&text), text.len, "db_path", named, sizeof(named)) > 0)
        ret = strcmp(base_name(named), base_name(database)) == 0;
    free(path);
    buf_release(&text);
    return ret;
}
