/* detect_anchors.c - what the filter looks for: the beginnings of all forms of secrets. */
#include "base/base.h"

#include "redact/detect.h"

/* A line is a bucket of the filter. Which anchors share one decides how much of usual text is let through, so they are put
 * together by what bench/redact/buckets.sh finds on much text: run it again when there is a new one. `exact` is as it stands;
 * `names`, of what is named in text, are in any case. Most phrases end with "key": its sign has to follow. An equals sign ends the name of
 * an attribute that holds the value of another. */
static const struct {
    const char *exact, *names;
} buckets[FILTER_BUCKETS] = {
    {"\\d\\d\\d\\d", ""},
    {"eyJ\\w :// 1//0 hf_\\w", ""},
    {"SG.\\w", "pwd cvv cvc"},
    {"dapi dop_ doo_ dor_ ghp_ gho_ ghu_ ghs_ ghr_ gith", "basi"},
    {"glpa glpt gldt glrt glso glff glft glim glag gloa whse", ""},
    {"rk_l rk_t sk_l sk_t ruby", ""},
    {"shpa shpp shpc shps sk-\\w sq0a sq0c", "pass"},
    {"xapp xoxa xoxb xoxc xoxd xoxe xoxo xoxp xoxr xoxs xwfp ya29", ""},
    {"", "jwt\\n key\\s keys auth"},
    {"---- AGE- GOCS", "sess lue= ent="},
    {"AKIA ASIA ABIA ACCA lin_ npm_", ""},
    {"", "ssn\\n otp\\n"},
    {"PMAK hook", "cook csrf xsrf card cc_n cc-n"},
    {"AIza pypi", "pin\\n"},
    {"glcb", "cred socia netl"},
    {"dckr", "secr toke bear security ccnu code"},
};

void detect_stem_add(struct redact *r, const char *text, uint32_t kind)
{
    uint32_t stem = detect_stem(text);

    r->stems[detect_stem_find(r, stem)] |= stem | kind;
}

/* A user's name of one or two letters: whatever may stand behind it. */
static void add_short_stems(struct redact *r, const char *text, size_t len)
{
    char stem[4] = {0};
    int c;

    memcpy(stem, text, len);
    for (c = 0x20; c < 0x80; c++) {
        stem[2] = (char)c;
        if (len == 1)
            stem[1] = (char)c;
        if (detect_is((char)c, CLASS_WORD) && len == 1)
            continue;
        detect_stem_add(r, stem, STEM_NAME);
    }
}

/* The next of some words with blanks between; false: there is none. */
static bool next_word(const char **words, char *word, size_t size)
{
    size_t len = strcspn(*words, " ");

    if (len == 0 || len >= size)
        return false;
    memcpy(word, *words, len);
    word[len] = '\0';
    *words += len;
    *words += **words == ' ';
    return true;
}

/* The user's names, by their first word. */
static size_t add_names(struct redact *r, struct filter_anchor *anchors, size_t most)
{
    char text[FILTER_WIDTH + 1];
    size_t n = 0, i, k;

    for (i = 0; i < r->names.count && n < most; i++) {
        const struct names_phrase *phrase = &r->names.phrases[i];

        if (!phrase->added)
            continue;
        for (k = 0; k < FILTER_WIDTH && k < phrase->len && phrase->text[k] != ' '; k++)
            text[k] = phrase->text[k];
        text[k] = '\0';
        filter_anchor(&anchors[n], text, true);
        anchors[n++].bucket = FILTER_BUCKETS;
        if (k >= 3)
            detect_stem_add(r, text, STEM_NAME);
        else
            add_short_stems(r, text, k);
    }
    return n;
}

size_t detect_anchors(struct redact *r, struct filter_anchor *anchors, size_t most)
{
    char text[DETECT_ANCHOR];
    const char *words;
    size_t n = 0, b;

    for (b = 0; b < FILTER_BUCKETS; b++) {
        for (words = buckets[b].exact; n < most && next_word(&words, text, sizeof(text)); n++) {
            filter_anchor(&anchors[n], text, false);
            anchors[n].bucket = (uint8_t)b;
        }
        for (words = buckets[b].names; n < most && next_word(&words, text, sizeof(text)); n++) {
            filter_anchor(&anchors[n], text, true);
            anchors[n].bucket = (uint8_t)b;
            detect_stem_add(r, text, text[3] == '=' ? STEM_ATTRIBUTE : STEM_NAME);
        }
    }
    return n + add_names(r, anchors + n, most - n);
}
