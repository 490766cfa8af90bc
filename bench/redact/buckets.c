/*
 * buckets.c - finds which anchors of the filter should share a bucket, so that it lets the least of some text through.
 *
 *     buckets < TEXT          prints the table of detect_anchors.c, and how many candidates a KiB of TEXT has with it
 *
 * Begins with the table as it is, and moves one anchor at a time to where it does the least harm until none wants to move.
 */
#include "../../src/redact/detect_anchors.c"

#define TEXT_MOST (64 << 20)
#define TURNS 20

struct gram {
    unsigned char bytes[FILTER_WIDTH];
    unsigned times;
};

static struct gram *grams; /* each four bytes of the text once */
static size_t ngrams;
static double kib;
static struct filter_anchor anchors[FILTER_ANCHORS];
static char texts[FILTER_ANCHORS][DETECT_ANCHOR];
static bool named[FILTER_ANCHORS];
static size_t nanchors;

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, FILTER_WIDTH);
}

static bool read_text(void)
{
    unsigned char *text = malloc(TEXT_MOST);
    size_t len, i;

    if (text == NULL || (len = fread(text, 1, TEXT_MOST, stdin)) < FILTER_WIDTH ||
        (grams = calloc(len, sizeof(*grams))) == NULL)
        return false;
    for (i = 0; i + FILTER_WIDTH <= len; i++) {
        memcpy(grams[i].bytes, text + i, FILTER_WIDTH);
        grams[i].times = 1;
    }
    qsort(grams, i, sizeof(*grams), compare);
    for (len = i, i = 0; i < len; i++) {
        if (ngrams > 0 && compare(&grams[ngrams - 1], &grams[i]) == 0)
            grams[ngrams - 1].times++;
        else
            grams[ngrams++] = grams[i];
    }
    kib = (double)len / 1024;
    free(text);
    return true;
}

static void read_table(void)
{
    const char *words;
    size_t b;
    int any_case;

    for (b = 0; b < FILTER_BUCKETS; b++) {
        for (any_case = 0; any_case < 2; any_case++) {
            words = any_case ? buckets[b].names : buckets[b].exact;
            while (next_word(&words, texts[nanchors], DETECT_ANCHOR)) {
                filter_anchor(&anchors[nanchors], texts[nanchors], any_case);
                named[nanchors] = any_case;
                anchors[nanchors++].bucket = (uint8_t)b;
            }
        }
    }
}

/* Which bytes the vectors of a bucket take at one place: by the halves of all that its anchors take. */
static void taken_at(size_t bucket, size_t place, uint8_t *taken)
{
    uint16_t low = 0, high = 0;
    unsigned c;
    size_t a;

    for (a = 0; a < nanchors; a++)
        if (anchors[a].bucket == bucket)
            for (c = 0; c < 256; c++)
                if (anchors[a].sets[place][c >> 6] >> (c & 63) & 1) {
                    low |= (uint16_t)(1u << (c & 15));
                    high |= (uint16_t)(1u << (c >> 4));
                }
    for (c = 0; c < 256; c++)
        taken[c] = (low >> (c & 15) & 1) && (high >> (c >> 4) & 1);
}

/* Candidates of a bucket in a KiB. */
static double rate(size_t bucket)
{
    uint8_t taken[FILTER_WIDTH][256];
    size_t i;
    double times = 0;

    for (i = 0; i < FILTER_WIDTH; i++)
        taken_at(bucket, i, taken[i]);
    for (i = 0; i < ngrams; i++) {
        const unsigned char *p = grams[i].bytes;

        if (taken[0][p[0]] & taken[1][p[1]] & taken[2][p[2]] & taken[3][p[3]])
            times += grams[i].times;
    }
    return times / kib;
}

/* False: it is well where it is. */
static bool move(size_t a, double *rates)
{
    uint8_t from = anchors[a].bucket, best = from, b;
    double without, with, gain, most = 1e-6, best_rate = 0;

    anchors[a].bucket = FILTER_BUCKETS;
    without = rate(from);
    for (b = 0; b < FILTER_BUCKETS; b++) {
        if (b == from)
            continue;
        anchors[a].bucket = b;
        with = rate(b);
        gain = rates[from] - without - (with - rates[b]);
        if (gain > most) {
            most = gain;
            best = b;
            best_rate = with;
        }
    }
    anchors[a].bucket = best;
    if (best == from)
        return false;
    rates[from] = without;
    rates[best] = best_rate;
    return true;
}

static void print_words(size_t bucket, bool any_case)
{
    const char *between = "", *c;
    size_t a;

    for (a = 0; a < nanchors; a++) {
        if (anchors[a].bucket != bucket || named[a] != any_case)
            continue;
        printf("%s", between);
        for (c = texts[a]; *c != '\0'; c++)
            printf(*c == '\\' ? "\\\\" : "%c", *c);
        between = " ";
    }
}

int main(void)
{
    double rates[FILTER_BUCKETS], sum = 0;
    size_t turn, a, b, moved = 1;

    read_table();
    if (!read_text())
        return 1;
    for (b = 0; b < FILTER_BUCKETS; b++)
        sum += rates[b] = rate(b);
    fprintf(stderr, "candidates in a KiB: %.2f", sum);
    for (turn = 0; turn < TURNS && moved > 0; turn++)
        for (a = moved = 0; a < nanchors; a++)
            moved += move(a, rates);
    for (b = 0, sum = 0; b < FILTER_BUCKETS; b++) {
        printf("    {\"");
        print_words(b, false);
        printf("\", \"");
        print_words(b, true);
        printf("\"},\n");
        sum += rates[b];
    }
    fprintf(stderr, " before, %.2f with:\n", sum);
    free(grams);
    return 0;
}
