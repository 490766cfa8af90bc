/* why_rule.c - which rule of the settings leaves code out: the recorder's own order (src/recorder/filter.h), said in words. */
#include "base/base.h"

#include "query/next.h"
#include "query/why.h"
#include "settings/match.h"

const char *why_word(enum why_reason reason)
{
    static const char *const WORDS[] = {
        [WHY_RECORDED] = "recorded",
        [WHY_ANOTHER_PROCESS] = "another process",
        [WHY_FILTERED] = "filtered",
        [WHY_NEVER_CALLED] = "never called",
        [WHY_C_FUNCTION] = "a C function",
        [WHY_NOT_IMPORTED] = "not imported",
        [WHY_BEFORE_START] = "before the start",
        [WHY_OFF] = "recording was off",
    };

    return WORDS[reason];
}

/* All that has to change for a module to be recorded, while it is found out rule by rule: the first one is said, all of them are
 * mended. */
struct mending {
    struct answer *answer;
    const struct settings *settings;
    const struct why_subject *subject;
    struct why *why;
    bool found, outside;
};

static void found(struct mending *m, const char *rule, const char *text)
{
    if (!m->found) {
        m->why->reason = WHY_FILTERED;
        m->why->rule = rule;
        m->why->text = text;
    }
    m->found = true;
}

/* `option` for run, `edit` for config edit. */
static void mend(struct mending *m, const char *option, const char *edit)
{
    struct why *w = m->why;

    w->option = w->option == NULL ? option : answer_printf(m->answer, "%s %s", w->option, option);
    w->edit = w->edit == NULL ? edit : answer_printf(m->answer, "%s %s", w->edit, edit);
}

static const char *matching(const struct settings_list *patterns, const char *module)
{
    for (size_t i = 0; i < patterns->count; i++)
        if (match_module(patterns->items[i], module))
            return patterns->items[i];
    return NULL;
}

static bool below(const char *path, const struct settings_list *folders)
{
    for (size_t i = 0; i < folders->count; i++) {
        size_t len = strlen(folders->items[i]);

        if (strncmp(path, folders->items[i], len) == 0 && (path[len] == '/' || len == 1))
            return true;
    }
    return folders->count == 0;
}

/* workspace_only: the standard library, packages, and what lies elsewhere. */
static void by_place(struct mending *m)
{
    const char *category = m->subject->category != NULL ? m->subject->category : "app";
    const struct settings *s = m->settings;
    const char *file = m->subject->file;

    if (!s->workspace_only)
        return;
    if (strcmp(category, "stdlib") == 0 || strcmp(category, "library") == 0)
        found(m, "workspace_only",
              answer_printf(
                  m->answer,
                  "the module %s is %s, and workspace_only records the user's own code alone",
                  m->subject->module,
                  category[0] == 's' ? "part of the standard library" : "an installed package"));
    else if (file != NULL && file[0] == '/' &&
             (!below(file, &s->workspace) || strstr(file, "/../") != NULL))
        found(m, "workspace_only",
              answer_printf(m->answer, "%s lies outside of the workspace %s", file,
                            s->workspace.count > 0 ? s->workspace.items[0] : ""));
    else
        return;
    m->outside = true;
    mend(m, "--all-code", "--all-code");
}

static void by_excludes(struct mending *m)
{
    const struct settings *s = m->settings;
    const char *module = m->subject->module;

    for (size_t i = 0; i < s->exclude.count; i++) {
        const char *pattern = s->exclude.items[i];

        if (!match_module(pattern, module))
            continue;
        found(
            m, "exclude",
            answer_printf(m->answer, "the exclude '%s' leaves out the module %s", pattern, module));
        pattern = next_single(m->answer, pattern);
        mend(m, answer_printf(m->answer, "no --exclude %s", pattern),
             answer_printf(m->answer, "--remove-exclude %s", pattern));
    }
    for (const char *const *p = settings_default_excludes; s->default_excludes && *p != NULL; p++) {
        if (!match_module(*p, module))
            continue;
        found(m, "default_excludes",
              answer_printf(m->answer, "the built-in exclude '%s' leaves out the module %s", *p,
                            module));
        /* They are of the standard library, when nothing is known of this one. */
        if (s->workspace_only && m->subject->category == NULL && !m->outside) {
            m->outside = true;
            mend(m, "--all-code", "--all-code");
        }
        mend(m, "--no-default-excludes", "--set default_excludes=false");
    }
}

/* What lets in all code has to be told what to record of it: what was recorded before, and this. */
static void by_includes(struct mending *m)
{
    const char *module = m->subject->module;
    const struct why_recorded *own = m->subject->recorded;
    const char *pattern = matching(&m->settings->include, module);
    const char *mine = next_single(m->answer, answer_printf(m->answer, "%s.*", module));

    if (pattern == NULL)
        found(m, "include", answer_printf(m->answer, "no include names the module %s", module));
    else if (!m->outside || strcmp(pattern, "*") != 0)
        return;
    if (pattern != NULL && own != NULL && own->option != NULL)
        mend(m, own->option, own->edit);
    mend(m, answer_printf(m->answer, "--include %s", mine),
         answer_printf(m->answer, "--add-include %s", mine));
}

bool why_rule(struct answer *a, const struct settings *s, const struct why_subject *subject,
              struct why *ret)
{
    struct mending m = {a, s, subject, ret, false, false};

    if (strcmp(subject->module, "breadcrumb") == 0 ||
        strncmp(subject->module, "breadcrumb.", 11) == 0) {
        found(&m, "own code", "breadcrumb's own code is never recorded");
        return true;
    }
    by_place(&m);
    by_excludes(&m);
    by_includes(&m);
    return m.found;
}
