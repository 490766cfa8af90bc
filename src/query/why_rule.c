/* why_rule.c - which rule of the settings leaves code out: the recorder's own order (src/recorder/filter.h), said in words. */
#include "base/base.h"

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

static bool filtered(struct why *ret, const char *rule, const char *option, const char *text)
{
    ret->reason = WHY_FILTERED;
    ret->rule = rule;
    ret->option = option;
    ret->text = text;
    return true;
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
static bool outside(struct answer *a, const struct settings *s, const struct why_subject *subject,
                    struct why *ret)
{
    const char *category = subject->category != NULL ? subject->category : "app";

    if (!s->workspace_only)
        return false;
    if (strcmp(category, "stdlib") == 0 || strcmp(category, "library") == 0) {
        ret->edit = "--all-code";
        return filtered(
            ret, "workspace_only", "--all-code",
            answer_printf(
                a, "the module %s is %s, and workspace_only records the user's own code alone",
                subject->module,
                category[0] == 's' ? "part of the standard library" : "an installed package"));
    }
    if (subject->file == NULL || subject->file[0] != '/' || below(subject->file, &s->workspace))
        return false;
    return filtered(ret, "workspace_only",
                    answer_printf(a, "--workspace %.*s",
                                  (int)(strrchr(subject->file, '/') - subject->file),
                                  subject->file),
                    answer_printf(a, "%s lies outside of the workspace %s", subject->file,
                                  s->workspace.items[0]));
}

bool why_rule(struct answer *a, const struct settings *s, const struct why_subject *subject,
              struct why *ret)
{
    const char *pattern;

    if (strcmp(subject->module, "breadcrumb") == 0 ||
        strncmp(subject->module, "breadcrumb.", 11) == 0)
        return filtered(ret, "own code", NULL, "breadcrumb's own code is never recorded");
    if (outside(a, s, subject, ret))
        return true;
    pattern = matching(&s->exclude, subject->module);
    if (pattern != NULL) {
        ret->edit = answer_printf(a, "--remove-exclude '%s'", pattern);
        return filtered(ret, "exclude", answer_printf(a, "no --exclude '%s'", pattern),
                        answer_printf(a, "the exclude '%s' leaves out the module %s", pattern,
                                      subject->module));
    }
    for (const char *const *p = settings_default_excludes; s->default_excludes && *p != NULL; p++)
        if (match_module(*p, subject->module)) {
            ret->edit = s->workspace_only ? "--set default_excludes=false --all-code"
                                          : "--set default_excludes=false";
            return filtered(ret, "default_excludes",
                            s->workspace_only ? "--no-default-excludes --all-code"
                                              : "--no-default-excludes",
                            answer_printf(a, "the built-in exclude '%s' leaves out the module %s",
                                          *p, subject->module));
        }
    if (matching(&s->include, subject->module) == NULL) {
        ret->edit = answer_printf(a, "--add-include '%s.*'", subject->module);
        return filtered(ret, "include", answer_printf(a, "--include '%s.*'", subject->module),
                        answer_printf(a, "no include names the module %s", subject->module));
    }
    return false;
}
