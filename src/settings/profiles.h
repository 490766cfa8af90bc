/*
 * profiles.h - the named profiles: configs/NAME.yaml in our home. Host only.
 */
#ifndef SETTINGS_PROFILES_H
#define SETTINGS_PROFILES_H

#include "base/base.h"
#include "base/error.h"

#define PROFILE_NAME_BYTES 64

/* Where the profile is, or would be: Owned. ERR_INVALID_SETTING when no profile can have that name; ERR_SYSTEM without a
 * home. */
int profile_path(const char *name, char **ret_path, struct error *err);
/* The same, and ERR_CONFIG_NOT_FOUND, with the nearest name, when it is not there. */
int profile_find(const char *name, char **ret_path, struct error *err);

struct profile_names {
    char **names; /* Owned, each Owned; in alphabetical order */
    size_t count;
};

/* All profiles. A folder that is not there has none. */
int profile_list(struct profile_names *ret, struct error *err);
void profile_list_release(struct profile_names *list);

#endif
