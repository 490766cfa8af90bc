/*
 * redact_lines.c - the redaction library as a filter, for the tests: each line of stdin comes back redacted.
 * usage: redact_lines text|names [NAME...] [-- PATTERN...]
 * In the input \n stands for a newline, \0 for NUL and \\ for a backslash. `names` prints 0, 1 or 2 for each line.
 */
#include "base/base.h"

#include "redact/redact.h"

static size_t unescape(char *line, size_t len)
{
    size_t n = 0, i;

    for (i = 0; i < len; i++) {
        if (line[i] == '\\' && i + 1 < len && strchr("n0\\", line[i + 1]) != NULL) {
            i++;
            line[n++] = line[i];
            if (line[i] != '\\')
                line[n - 1] = line[i] == 'n' ? '\n' : '\0';
        } else {
            line[n++] = line[i];
        }
    }
    return n;
}

static void print_escaped(const char *text, size_t len)
{
    size_t i;

    for (i = 0; i < len; i++) {
        if (text[i] == '\n')
            fputs("\\n", stdout);
        else if (text[i] == '\0')
            fputs("\\0", stdout);
        else if (text[i] == '\\')
            fputs("\\\\", stdout);
        else
            putchar(text[i]);
    }
    putchar('\n');
}

int main(int argc, char **argv)
{
    static char out[1 << 20];
    struct redact_config config = {0};
    const char *words[2 * 64];
    struct redact *r;
    char why[512];
    char *line = NULL;
    size_t size = 0, n = 0;
    ssize_t len;
    int i;

    if (argc < 2)
        return 2;
    for (i = 2; i < argc && strcmp(argv[i], "--") != 0; i++)
        words[n++] = argv[i];
    config.names = words;
    config.nnames = n;
    config.patterns = words + n;
    for (i++; i < argc; i++)
        words[n + config.npatterns++] = argv[i];
    r = redact_new(&config, why, sizeof(why));
    if (r == NULL) {
        puts(why);
        return 1;
    }
    while ((len = getline(&line, &size, stdin)) > 0) {
        struct redact_text text = {line, 0, false};

        text.len = unescape(line, (size_t)len - (line[len - 1] == '\n'));
        if (strcmp(argv[1], "names") == 0)
            printf("%d\n", (int)redact_name(r, text.bytes, text.len));
        else
            print_escaped(out, redact_copy(r, &text, out, sizeof(out), NULL));
    }
    free(line);
    redact_free(r);
    return 0;
}
