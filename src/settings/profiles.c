/* profiles.c - see profiles.h. */
#include "base/base.h"

#include "settings/profiles.h"

#include "base/io.h"
#include "base/limits.h"
#include "settings/config_file.h"
#include "settings/nearest.h"
#include "settings/places.h"

#include <dirent.h>

#define SUFFIX ".yaml"

static bool is_name(const char *name, size_t len)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.";

    return len > 0 && len < PROFILE_NAME_BYTES && name[0] != '.' && name[0] != '-' &&
           strspn(name, letters) >= len && memmem(name, len, "..", 2) == NULL;
}

static char *folder_of_profiles(void)
{
    char *home = places_home();
    char *folder = home != NULL ? io_join(home, "configs") : NULL;

    free(home);
    return folder;
}

static int no_name(const char *name, struct error *err)
{
    error_set(err, ERR_INVALID_SETTING, "'%.100s' cannot be the name of a profile", name);
    return error_suggest(
        err, "a name is letters, digits, '_' and '-', at most %d of them, and begins with no '-'",
        PROFILE_NAME_BYTES - 1);
}

int profile_path(const char *name, char **ret_path, struct error *err)
{
    char file[PROFILE_NAME_BYTES + sizeof(SUFFIX)];
    char *folder;

    if (!is_name(name, strlen(name)))
        return no_name(name, err);
    folder = folder_of_profiles();
    if (folder == NULL)
        return places_no_home("profiles", err);
    snprintf(file, sizeof(file), "%s" SUFFIX, name);
    *ret_path = io_join(folder, file);
    free(folder);
    if (*ret_path == NULL)
        return error_set(err, ERR_FAILED, "out of memory");
    if (strchr(name, '.') == NULL || config_file_exists(*ret_path))
        return 0;
    /* The original system made such files: what is there is used, a new one is not made. */
    free(*ret_path);
    *ret_path = NULL;
    return no_name(name, err);
}

static int not_found(const char *name, struct error *err)
{
    struct profile_names list = {0};
    struct nearest near = nearest_begin(name);
    int ret;

    profile_list(&list, NULL);
    for (size_t i = 0; i < list.count; i++)
        nearest_offer(&near, list.names[i]);
    error_set(err, ERR_CONFIG_NOT_FOUND, "Config file not found: %s", name);
    if (near.best != NULL)
        ret = error_suggest(err,
                            "did you mean '%s'? Or use 'breadcrumb config create %s' to create it",
                            near.best, name);
    else
        ret = error_suggest(err, "Use 'breadcrumb config create %s' to create it", name);
    profile_list_release(&list);
    return ret;
}

int profile_find(const char *name, char **ret_path, struct error *err)
{
    char *path = NULL;
    int ret = profile_path(name, &path, err);

    if (ret == 0 && !config_file_exists(path))
        ret = not_found(name, err);
    if (ret < 0)
        free(path);
    else
        *ret_path = path;
    return ret;
}

static int keep_profiles(const struct dirent *entry)
{
    size_t len = strlen(entry->d_name), suffix = sizeof(SUFFIX) - 1;

    return len > suffix && strcmp(entry->d_name + len - suffix, SUFFIX) == 0 &&
           is_name(entry->d_name, len - suffix);
}

static int in_order(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

int profile_list(struct profile_names *ret, struct error *err)
{
    char *folder = folder_of_profiles();
    struct dirent **found = NULL;
    int n = folder != NULL ? scandir(folder, &found, keep_profiles, in_order) : 0, code = 0;

    *ret = (struct profile_names){NULL, 0};
    if (n < 0 && errno != ENOENT)
        code = error_set_errno(err, ERR_SYSTEM, "cannot read the profiles in '%s'", folder);
    ret->names = n > 0 ? calloc((size_t)n, sizeof(char *)) : NULL;
    for (int i = 0; i < n; i++) {
        char *name = ret->names != NULL && i < LIMIT_PROFILES
                         ? strndup(found[i]->d_name, strlen(found[i]->d_name) - strlen(SUFFIX))
                         : NULL;

        if (name != NULL)
            ret->names[ret->count++] = name;
        free(found[i]);
    }
    free(found);
    free(folder);
    return code;
}

void profile_list_release(struct profile_names *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->names[i]);
    free(list->names);
    *list = (struct profile_names){NULL, 0};
}
