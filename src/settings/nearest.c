/* nearest.c - see nearest.h. Optimal string alignment, three rows at a time. */
#include "base/base.h"

#include "settings/nearest.h"

static char fold(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    return c == '-' ? '_' : c;
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

int nearest_distance(const char *a, const char *b)
{
    int rows[3][NEAREST_WORD + 1];
    int a_len = (int)strnlen(a, NEAREST_WORD), b_len = (int)strnlen(b, NEAREST_WORD);
    int *before = rows[0], *last = rows[1], *row = rows[2];

    for (int j = 0; j <= b_len; j++)
        last[j] = before[j] = j;
    for (int i = 1; i <= a_len; i++) {
        int *spare = before;

        row[0] = i;
        for (int j = 1; j <= b_len; j++) {
            int change = fold(a[i - 1]) != fold(b[j - 1]);

            row[j] = smaller(last[j - 1] + change, smaller(last[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) &&
                fold(a[i - 2]) == fold(b[j - 1]))
                row[j] = smaller(row[j], before[j - 2] + 1);
        }
        before = last;
        last = row;
        row = spare;
    }
    return last[b_len];
}

struct nearest nearest_begin(const char *word)
{
    /* More than a third of the letters wrong is another word, not a slip. */
    return (struct nearest){word, NULL, 2 + (int)strnlen(word, NEAREST_WORD) / 3};
}

void nearest_offer(struct nearest *n, const char *known)
{
    int distance = nearest_distance(n->word, known);

    if (distance < n->distance) {
        n->distance = distance;
        n->best = known;
    }
}
