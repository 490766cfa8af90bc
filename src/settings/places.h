/*
 * places.h - where things lie: the database, the trails beside it, our home. Host only.
 *
 *     places_database(settings.db_path, &path, &err);      // absolute; need not be there yet
 *     trails = places_trails(path);
 */
#ifndef SETTINGS_PLACES_H
#define SETTINGS_PLACES_H

#include "base/base.h"
#include "base/error.h"

/* BREADCRUMB_HOME, else ~/.breadcrumb: Owned by the caller, absolute. NULL when the user has no home. */
char *places_home(void);
/* Has BREADCRUMB_HOME been set? */
bool places_home_is_moved(void);
/* Says why places_home() is NULL, for what (`the database`); ERR_SYSTEM. */
int places_no_home(const char *what, struct error *err);

/* The database: `db_path` (option, environment, file) unless it is NULL; else traces.duckdb in the nearest `.breadcrumb/`
 * here or in one of 5 parents; else the one in our home. A link is followed to the file. ret_path is Owned by the caller and
 * absolute; neither the file nor its folder need exist. ERR_SYSTEM when there is no home either, or when the path is a directory. */
int places_database(const char *db_path, char **ret_path, struct error *err);
/* The variable that named its place, BREADCRUMB_DB_PATH or BREADCRUMB_HOME; NULL: none has. Borrowed. */
struct settings;
const char *places_database_variable(const struct settings *s);

/* The folder of the trails of a database: Owned, NULL when memory is out. */
char *places_trails(const char *database);

/* Do the trails of a run go into this database? Databases that lie in one folder share its trails/; a run says in its settings
 * which one is meant. Their names are compared, not their paths: a project's folder may be moved. A run that says nothing
 * goes into any. */
bool places_run_is_of(const char *run_folder, const char *database);

/* `path` seen from the working directory, with `~/` as the user's home, without a slash at the end: Owned. Does not look at
 * the file system. NULL when it is empty, too long, or memory or the working directory is out. */
char *places_absolute(const char *path);

#endif
