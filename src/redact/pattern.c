/*
 * pattern.c - a pattern's text becomes its program.
 *
 * Recursive descent; what repeats is written out as often as it is asked for, so a program's length is the bound of its
 * time. Nesting and length are bounded, so the recursion is too.
 */
#include "base/base.h"

#include "redact/pattern_private.h"

#define MOST_SETS 1024
#define MOST_TIMES 1000
#define MOST_NESTED 50

struct parser {
    const char *text; /* Borrowed: the whole */
    const char *at;
    struct pattern_step steps[PATTERN_MOST_STEPS];
    struct pattern_set sets[MOST_SETS];
    uint32_t nsteps, nsets;
    unsigned nested;
    bool marked, inside; /* a '<' was seen; its '>' was not yet */
    bool either;         /* a | stands outside of all brackets */
    const char *problem; /* static; NULL: none so far */
};

static bool fail(struct parser *p, const char *problem)
{
    if (p->problem == NULL)
        p->problem = problem;
    return false;
}

static bool emit(struct parser *p, enum pattern_op op, uint32_t x, uint32_t y)
{
    if (p->nsteps == PATTERN_MOST_STEPS)
        return fail(p, "is too long when its repetitions are written out");
    p->steps[p->nsteps].op = (uint16_t)op;
    p->steps[p->nsteps].x = (uint16_t)x;
    p->steps[p->nsteps].y = (uint16_t)y;
    p->nsteps++;
    return true;
}

/* ---- sets --------------------------------------------------------------------------------- */

static void add_range(struct pattern_set *set, unsigned from, unsigned to)
{
    for (; from <= to; from++)
        set->bits[from >> 6] |= UINT64_C(1) << (from & 63);
}

static void add_class(struct pattern_set *set, char c)
{
    if (c == 's') {
        add_range(set, '\t', '\r');
        add_range(set, ' ', ' ');
        return;
    }
    add_range(set, '0', '9');
    if (c == 'w') {
        add_range(set, 'A', 'Z');
        add_range(set, 'a', 'z');
        add_range(set, '_', '_');
    }
}

static bool emit_set(struct parser *p, const struct pattern_set *set)
{
    uint32_t i;

    for (i = 0; i < p->nsets; i++)
        if (memcmp(&p->sets[i], set, sizeof(*set)) == 0)
            return emit(p, OP_SET, i, 0);
    if (p->nsets == MOST_SETS)
        return fail(p, "has too many different sets of characters");
    p->sets[p->nsets] = *set;
    return emit(p, OP_SET, p->nsets++, 0);
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x7f;
}

/* The character behind a backslash, if it stands for itself. */
static bool parse_escaped(struct parser *p, unsigned char *ret)
{
    unsigned char c = (unsigned char)*p->at;

    if (c == '\0')
        return fail(p, "ends with a backslash");
    p->at++;
    if (c == 'n' || c == 't') {
        *ret = c == 'n' ? '\n' : '\t';
        return true;
    }
    if (!is_plain(c) || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))
        return fail(p, "has a backslash before a letter that has no meaning: there are \\d \\w \\s "
                       "\\b \\n \\t");
    *ret = c;
    return true;
}

/* One character of a [...], or a class (*ret_class). */
static bool parse_member(struct parser *p, unsigned char *ret, char *ret_class)
{
    *ret_class = '\0';
    if (*p->at == '\\' && (p->at[1] == 'd' || p->at[1] == 'w' || p->at[1] == 's')) {
        *ret_class = p->at[1];
        p->at += 2;
        return true;
    }
    if (*p->at == '\\') {
        p->at++;
        return parse_escaped(p, ret);
    }
    if (!is_plain((unsigned char)*p->at))
        return fail(p, *p->at == '\0' ? "has a [ without its ]"
                                      : "holds a character that is not printable ASCII");
    *ret = (unsigned char)*p->at++;
    return true;
}

/* Behind the '['. */
static bool parse_set(struct parser *p)
{
    struct pattern_set set = {{0}};
    bool negated = *p->at == '^';
    unsigned char from, to;
    char class;
    size_t i;

    p->at += negated;
    if (*p->at == ']')
        return fail(p, "has an empty []");
    while (*p->at != ']') {
        if (!parse_member(p, &from, &class))
            return false;
        if (class != '\0') {
            add_class(&set, class);
            continue;
        }
        to = from;
        if (p->at[0] == '-' && p->at[1] != ']') {
            p->at++;
            if (!parse_member(p, &to, &class))
                return false;
            if (class != '\0' || to < from)
                return fail(p, "has a range in [] that runs backwards");
        }
        add_range(&set, from, to);
    }
    p->at++;
    for (i = 0; negated && i < ARRAY_SIZE(set.bits); i++)
        set.bits[i] = ~set.bits[i];
    return emit_set(p, &set);
}

/* ---- what stands in a row ----------------------------------------------------------------- */

static bool parse_either(struct parser *p);

static bool parse_backslash(struct parser *p)
{
    struct pattern_set set = {{0}};
    unsigned char c;

    if (*p->at == 'b') {
        p->at++;
        return emit(p, OP_BORDER, 0, 0);
    }
    if (*p->at == 'd' || *p->at == 'w' || *p->at == 's') {
        add_class(&set, *p->at++);
        return emit_set(p, &set);
    }
    if (!parse_escaped(p, &c))
        return false;
    add_range(&set, c, c);
    return emit_set(p, &set);
}

static bool parse_group(struct parser *p)
{
    if (++p->nested > MOST_NESTED)
        return fail(p, "has too many ( inside each other");
    if (!parse_either(p))
        return false;
    if (*p->at != ')')
        return fail(p, "has a ( without its )");
    p->at++;
    p->nested--;
    return true;
}

static bool parse_mark(struct parser *p)
{
    if (p->marked)
        return fail(p, "has more than one <...>");
    if (p->nested > 0)
        return fail(p, "has its <...> inside of ( )");
    p->marked = p->inside = true;
    if (!emit(p, OP_OPEN, 0, 0) || !parse_either(p))
        return false;
    if (*p->at != '>')
        return fail(p, "has a < without its >: write \\< for the sign itself");
    p->at++;
    p->inside = false;
    return emit(p, OP_CLOSE, 0, 0);
}

/* One thing that may be repeated. */
static bool parse_atom(struct parser *p)
{
    struct pattern_set set = {{0}};
    unsigned char c = (unsigned char)*p->at++;

    switch (c) {
    case '(':
        return parse_group(p);
    case '<':
        return parse_mark(p);
    case '[':
        return parse_set(p);
    case '\\':
        return parse_backslash(p);
    case '^':
        return emit(p, OP_START, 0, 0);
    case '$':
        return emit(p, OP_END, 0, 0);
    case '.':
        add_range(&set, 0, 255);
        set.bits[0] &= ~(UINT64_C(1) << '\n');
        return emit_set(p, &set);
    case '?':
    case '*':
    case '+':
    case '{':
        return fail(p, "repeats nothing: write \\ before a sign that is meant itself");
    case ')':
    case '>':
    case ']':
    case '}':
        return fail(p, "closes what was not opened: write \\ before a sign that is meant itself");
    default:
        if (!is_plain(c))
            return fail(p, "holds a character that is not printable ASCII");
        add_range(&set, c, c);
        return emit_set(p, &set);
    }
}

static bool parse_number(struct parser *p, uint32_t *ret)
{
    const char *from = p->at;

    for (*ret = 0; *p->at >= '0' && *p->at <= '9' && *ret <= MOST_TIMES; p->at++)
        *ret = *ret * 10 + (uint32_t)(*p->at - '0');
    if (*ret > MOST_TIMES)
        return fail(p, "repeats more than 1000 times");
    return p->at > from ? true : fail(p, "has a { } that is not like {3}, {3,} or {3,5}");
}

/* Fewest and most; most 0: without end. */
static bool parse_times(struct parser *p, uint32_t *ret_least, uint32_t *ret_most)
{
    if (!parse_number(p, ret_least))
        return false;
    *ret_most = *ret_least;
    if (*p->at == ',') {
        p->at++;
        *ret_most = 0;
        if (*p->at != '}' && !parse_number(p, ret_most))
            return false;
        if (p->at[-1] != ',' && *ret_most < *ret_least)
            return fail(p, "has a { } whose second number is the smaller one");
    }
    if (*p->at != '}' || (*ret_most == 0 && *ret_least == 0 && p->at[-1] != ','))
        return fail(p, "has a { } that is not like {3}, {3,} or {3,5}");
    p->at++;
    return true;
}

/* Writes the steps from `from` to `to` again at the end, jumps moved along. */
static bool emit_again(struct parser *p, uint32_t from, uint32_t to)
{
    uint32_t by = p->nsteps - from, i;

    for (i = from; i < to; i++) {
        struct pattern_step s = p->steps[i];
        bool moves = s.op == OP_JUMP || s.op == OP_SPLIT;

        if (!emit(p, (enum pattern_op)s.op, moves ? s.x + by : s.x, moves ? s.y + by : s.y))
            return false;
    }
    return true;
}

/* Room for one step before those from `at` on. */
static bool insert_step(struct parser *p, uint32_t at)
{
    uint32_t i;

    if (!emit(p, OP_JUMP, 0, 0))
        return false;
    memmove(&p->steps[at + 1], &p->steps[at], (p->nsteps - 1 - at) * sizeof(p->steps[0]));
    for (i = at + 1; i < p->nsteps; i++) {
        if (p->steps[i].op == OP_JUMP || p->steps[i].op == OP_SPLIT) {
            p->steps[i].x++;
            p->steps[i].y++;
        }
    }
    return true;
}

/* The steps from `from` to the end, `least` to `most` times. */
static bool repeat(struct parser *p, uint32_t from, uint32_t least, uint32_t most)
{
    uint32_t to = p->nsteps, one = to - from, i, last = from;

    for (i = 1; i < least; i++) {
        last = p->nsteps;
        if (!emit_again(p, from, to))
            return false;
    }
    if (least == 0 && most == 0) { /* star: split, body, back */
        if (!insert_step(p, from) || !emit(p, OP_JUMP, from, 0))
            return false;
        p->steps[from] = (struct pattern_step){OP_SPLIT, (uint16_t)(from + 1), (uint16_t)p->nsteps};
        return true;
    }
    if (most == 0)
        return emit(p, OP_SPLIT, last, p->nsteps + 1);
    i = least;
    if (least == 0) { /* the body that is there is the first that need not be */
        if (!insert_step(p, from))
            return false;
        p->steps[from] = (struct pattern_step){OP_SPLIT, (uint16_t)(from + 1), (uint16_t)p->nsteps};
        from++, to++, i = 1;
    }
    for (; i < most; i++) {
        if (!emit(p, OP_SPLIT, p->nsteps + 1, p->nsteps + 1 + one) || !emit_again(p, from, to))
            return false;
    }
    return true;
}

static bool repeats(char c)
{
    return c == '?' || c == '*' || c == '+' || c == '{';
}

/* A repetition of the steps from `from` on, if one is written here. */
static bool parse_repetition(struct parser *p, uint32_t from, bool is_mark)
{
    uint32_t least = 1, most = 1;
    char c = *p->at;

    if (!repeats(c))
        return true;
    p->at++;
    if (is_mark)
        return fail(p, "repeats its <...>: put the repetition inside");
    if (c == '?' || c == '*')
        least = 0;
    if (c == '*' || c == '+')
        most = 0;
    if (c == '{' && !parse_times(p, &least, &most))
        return false;
    if (p->nsteps == from || !repeat(p, from, least, most))
        return fail(p, "repeats nothing: write \\ before a sign that is meant itself");
    return repeats(*p->at) ? fail(p, "repeats a repetition: put ( ) around the inner one") : true;
}

static bool parse_row(struct parser *p)
{
    while (*p->at != '\0' && *p->at != '|' && *p->at != ')' && *p->at != '>') {
        uint32_t from = p->nsteps;
        bool marked = p->marked;

        if (!parse_atom(p) || !parse_repetition(p, from, marked != p->marked))
            return false;
    }
    return true;
}

static bool parse_either(struct parser *p)
{
    uint32_t from = p->nsteps, jump;

    if (!parse_row(p))
        return false;
    while (*p->at == '|') {
        p->at++;
        p->either |= p->nested == 0 && !p->inside;
        if (!insert_step(p, from) || !emit(p, OP_JUMP, 0, 0))
            return false;
        jump = p->nsteps - 1;
        p->steps[from] = (struct pattern_step){OP_SPLIT, (uint16_t)(from + 1), (uint16_t)p->nsteps};
        if (!parse_row(p))
            return false;
        p->steps[jump].x = (uint16_t)p->nsteps;
    }
    return true;
}

/* ---- all ---------------------------------------------------------------------------------- */

static struct pattern *take(const struct parser *p)
{
    struct pattern *pattern = calloc(1, sizeof(*pattern));

    if (pattern == NULL)
        return NULL;
    pattern->nsteps = p->nsteps;
    pattern->nsets = p->nsets;
    pattern->marked = p->marked;
    pattern->steps = malloc(p->nsteps * sizeof(*p->steps));
    pattern->sets = malloc((p->nsets + 1) * sizeof(*p->sets));
    if (pattern->steps == NULL || pattern->sets == NULL) {
        pattern_free(pattern);
        return NULL;
    }
    memcpy(pattern->steps, p->steps, p->nsteps * sizeof(*p->steps));
    memcpy(pattern->sets, p->sets, p->nsets * sizeof(*p->sets));
    return pattern;
}

static bool parse(struct parser *p)
{
    if (strlen(p->text) > PATTERN_MOST_BYTES)
        return fail(p, "is longer than 1024 bytes");
    if (!parse_either(p))
        return false;
    if (*p->at != '\0')
        return fail(p, "closes what was not opened: write \\ before a sign that is meant itself");
    if (p->marked && p->either)
        return fail(p, "has a | beside its <...>: put ( ) around the alternatives");
    return emit(p, OP_MATCH, 0, 0);
}

struct pattern *pattern_new(const char *text, char *why, size_t size)
{
    struct parser *p = calloc(1, sizeof(*p)); /* Owned */
    struct pattern *pattern = NULL;           /* Owned */
    const char *problem = "does not fit into memory";
    bool empty = false;

    if (p == NULL)
        goto out;
    p->text = p->at = text;
    if (!parse(p)) {
        problem = p->problem;
        goto out;
    }
    pattern = take(p);
    if (pattern != NULL && pattern_prepare(pattern, &empty))
        problem = NULL;
    if (empty)
        problem = "would match where there is nothing";
out:
    free(p);
    if (problem != NULL) {
        snprintf(why, size, "%s", problem);
        pattern_free(pattern);
        return NULL;
    }
    return pattern;
}

void pattern_free(struct pattern *pattern)
{
    if (pattern == NULL)
        return;
    free(pattern->steps);
    free(pattern->sets);
    free(pattern->now.threads);
    free(pattern->now.place);
    free(pattern->next.threads);
    free(pattern->next.place);
    free(pattern->stack);
    free(pattern);
}
