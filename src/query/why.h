/*
 * why.h - why something that a person asks for is not in the recording: the reasons of an empty answer, computed from what
 * was recorded and from the settings it was recorded with. For questions only.
 */
#ifndef QUERY_WHY_H
#define QUERY_WHY_H

#include "query/scope.h"
#include "settings/settings.h"

enum why_reason {
    WHY_RECORDED,        /* it was called and recorded */
    WHY_ANOTHER_PROCESS, /* recorded, but in another trace than the one asked about */
    WHY_FILTERED,        /* seen, and left out by a rule of the settings */
    WHY_NEVER_CALLED,    /* its module ran, the function did not */
    WHY_C_FUNCTION,      /* no Python code: nothing to record */
    WHY_NOT_IMPORTED,    /* nothing of its module was seen */
    WHY_BEFORE_START,    /* the recording began inside of the program, by breadcrumb.init() */
    WHY_OFF,             /* recording was disabled, or the sample rate was 0 */
};

struct why {
    enum why_reason reason;
    const char *text;      /* one or two sentences, in the answer's arena */
    const char *rule;      /* the setting that left it out: "workspace_only"; NULL */
    const char *option;    /* the option of `run` that lets it in: "--all-code"; NULL */
    const char *edit;      /* the option of `config edit` that does so in a profile; NULL */
    const char *module;    /* the module that it is about; NULL: not known */
    const char *elsewhere; /* WHY_ANOTHER_PROCESS: a trace that has it */
    const char *near;      /* names that were recorded and are like it: "a, b"; NULL */
};

/* The word of contract.md for a reason: "filtered", "never called", ... Static. */
const char *why_word(enum why_reason reason);

/* Finds out why no call of a function is in the scope; WHY_RECORDED when there are calls after all. */
int why_not_called(const struct asking *ask, struct answer *answer, const char *name,
                   const struct scope *scope, struct why *ret, struct error *err);
/* Of traces (as SQL, see scope.h) that could not all be recorded: "; or it ran where ...", to stand behind a reason; else NULL. */
int why_unreachable(const struct asking *ask, struct answer *answer, const char *traces,
                    const char **ret_text, struct error *err);
/* Fills answer->why of traces without a call or event (`what`) that was recorded. */
int why_nothing(const struct asking *ask, struct answer *answer, const char *what,
                const char *traces, struct error *err);
/* ERR_FUNCTION_NOT_FOUND with those words. */
int why_error(const struct why *why, const char *name, struct error *err);

/* Is it a name of something in the interpreter that is written in C: "len". */
bool why_named_in_c(const char *name);
/* Is it of a type or a module that is: "str.join", "math.gcd", "_json.scanstring". A module of the program may have the
 * name too: to be asked when nothing of that one was seen. */
bool why_held_in_c(const char *name);

/* What is known of a function or module that a filter decided about. */
struct why_subject {
    const char *module;
    const char *file;                    /* NULL: not known */
    const char *category;                /* app, library, stdlib; NULL: not known */
    const struct why_recorded *recorded; /* Borrowed; NULL: not known */
};

/* Options that include what was recorded, and nothing else: "--include '__main__' --include 'shop.*'", in the answer's arena; NULL
 * when that is nothing, or too much to name. */
struct why_recorded {
    const char *option; /* of `run` */
    const char *edit;   /* of `config edit` */
};

/* Of the scope. `profile` is whose edit it is, NULL when nobody knows: an include of everything in it is replaced, others stay. */
int why_recorded(const struct asking *ask, const struct scope *scope, struct answer *answer,
                 const char *profile, struct why_recorded *ret, struct error *err);

/* The settings that a trace of the scope was recorded with. `ret` needs settings_release. */
int why_settings(const struct asking *ask, const struct scope *scope, struct settings *ret,
                 struct error *err);
/* The first rule that leaves a subject out, in the order in which the recorder looks; fills text and rule, and
 * option and edit with all that has to change for it to be recorded. False: none does. */
bool why_rule(struct answer *answer, const struct settings *settings,
              const struct why_subject *subject, struct why *ret);

#endif
