/*
 * main.c - the program `breadcrumb-begin`, which breadcrumb.init() starts and waits for: linked with little and doing little,
 * because a program's start waits with it.
 *
 *     breadcrumb-begin [--config NAME] [--set KEY=VALUE]...     begin a recording, and leave a follower behind (follow.h)
 *     breadcrumb-begin --alone ...           the same without one: orphans are given to the program, which would meet it as its child
 *     breadcrumb-begin --follow RUN-FOLDER DATABASE BYTES       be that follower
 *     breadcrumb-begin --again DIR ...       the process whose trail is in DIR calls init() again: change its settings
 *     breadcrumb-begin --check ...           its settings are those of `breadcrumb run`: say only whether the keywords fit
 *
 * The guest reads no YAML and looks for no database: it asks here, and gets two texts on stdout, each with a NUL behind it: the
 * run's folder, and the PYTHONPATH with which the processes that it starts are recorded too.
 *
 * A keyword of init() that does not fit is the program's own mistake: status 1 and the text of an error on stdout, for it to
 * raise. What is wrong outside of it (the environment, a file, the disk) must not stop a program that would run without us:
 * one line on stderr says it, and stdout stays empty.
 */
#include "base/base.h"

#include "base/io.h"
#include "begin/again.h"
#include "begin/announce.h"
#include "begin/follow.h"
#include "begin/run_place.h"
#include "settings/config_file.h"
#include "settings/profiles.h"
#include "settings/settings.h"
#include "settings/table.h"

struct asked {
    const char *config; /* Borrowed; NULL: none */
    char **keywords; /* Borrowed words, "--set" and its value in turn, and --config with its own */
    int count;
    const char *again; /* Borrowed; NULL: not that */
    bool check, alone;
};

static int set_keyword(struct settings *s, const char *word, struct error *err)
{
    const char *equals = strchr(word, '=');
    const struct settings_row *row;
    char key[64];

    if (equals == NULL)
        return error_set(err, ERR_USAGE, "'%.100s' is not KEY=VALUE", word);
    snprintf(key, sizeof(key), "%.*s", (int)(equals - word), word);
    row = settings_row(key);
    if (row == NULL || !settings_is_list(row) || equals[1] != '\0')
        return settings_set(s, key, equals + 1, FROM_ARGUMENT, "keyword of init()", err);
    settings_set_none(s, row, FROM_ARGUMENT);
    return 0;
}

static int set_keywords(const struct asked *asked, struct settings *s, struct error *err)
{
    int ret = 0;

    for (int i = 0; ret == 0 && i < asked->count; i += 2)
        if (strcmp(asked->keywords[i], "--set") == 0)
            ret = set_keyword(s, asked->keywords[i + 1], err);
    return ret;
}

/* The keywords alone: whether they can be meant at all. */
static int check_keywords(const struct asked *asked, struct error *err)
{
    struct settings trial = {0};
    char *path = NULL;
    int ret = set_keywords(asked, &trial, err);

    if (ret == 0 && asked->config != NULL)
        ret = profile_find(asked->config, &path, err);
    free(path);
    settings_release(&trial);
    return ret;
}

static int begin(const struct asked *asked, struct settings *s, struct error *err)
{
    struct run_place place;
    struct follow follow;
    char *no_command = NULL;
    int ret = set_keywords(asked, s, err);

    if (ret == 0)
        ret = settings_default_workspace(s, err);
    if (ret < 0 || !s->enabled)
        return ret;
    ret = run_place_make(&place, s, &no_command, 0, err);
    if (ret < 0)
        return ret;
    if (!s->silent)
        announce_run(s, &place);
    fwrite(place.folder, 1, strlen(place.folder) + 1, stdout);
    fwrite(place.python_path, 1, strlen(place.python_path) + 1, stdout);
    fflush(stdout);
    if (!asked->alone) {
        follow_init(&follow, s);
        follow.run_folder = place.folder;
        follow.database = place.database;
        follow_leave(&follow);
    }
    run_place_release(&place);
    return 0;
}

static int change(const struct asked *asked, struct settings *s, struct error *err)
{
    int ret = set_keywords(asked, s, err);

    return ret == 0 ? again_change(s, asked->again, err) : ret;
}

/* One line, whatever a file name or a value in it holds. */
static void say(const char *before, const struct error *err, FILE *to)
{
    char line[2 * LIMIT_ERROR_BYTES + 4];

    snprintf(line, sizeof(line), "%s%s%s", err->message, err->suggestion[0] != '\0' ? "; " : "",
             err->suggestion);
    for (char *p = line; *p != '\0'; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            *p = '?';
    fprintf(to, "%s%s", before, line);
}

static bool read_words(char **argv, struct asked *ret)
{
    char **word = argv + 1;

    *ret = (struct asked){0};
    if (*word != NULL && strcmp(*word, "--check") == 0) {
        ret->check = true;
        word++;
    } else if (*word != NULL && strcmp(*word, "--alone") == 0) {
        ret->alone = true;
        word++;
    } else if (*word != NULL && strcmp(*word, "--again") == 0 && word[1] != NULL) {
        ret->again = word[1];
        word += 2;
    }
    ret->keywords = word;
    for (; *word != NULL; word += 2) {
        bool config = strcmp(*word, "--config") == 0;

        if ((!config && strcmp(*word, "--set") != 0) || word[1] == NULL)
            return false;
        if (config)
            ret->config = word[1];
        ret->count += 2;
    }
    return true;
}

static int fail_keywords(const struct error *err)
{
    say("", err, stdout);
    return 1;
}

int main(int argc, char **argv)
{
    struct settings settings;
    struct asked asked;
    struct error err;
    int ret;

    io_hold_streams();
    if (argc == 6 && strcmp(argv[1], "--follow") == 0) {
        follow_run(&(struct follow){.run_folder = argv[2],
                                    .database = argv[3],
                                    .threshold = strtoull(argv[4], NULL, 10),
                                    .quota = strtoull(argv[5], NULL, 10)});
        return 0;
    }
    if (argc < 1 || !read_words(argv, &asked)) {
        fputs(
            "breadcrumb-begin: breadcrumb.init() calls this; to record a program, call 'breadcrumb "
            "run -t 60 CMD'\n",
            stderr);
        return 2;
    }
    if (check_keywords(&asked, &err) < 0)
        return fail_keywords(&err);
    if (asked.check)
        return 0;
    config_file_first_use();
    ret = settings_load(&settings, asked.config, &err);
    if (ret == 0) {
        ret =
            asked.again != NULL ? change(&asked, &settings, &err) : begin(&asked, &settings, &err);
        settings_release(&settings);
        if (ret == ERR_INVALID_SETTING && asked.again != NULL)
            return fail_keywords(&err);
    }
    if (ret < 0) {
        say(asked.again != NULL ? "breadcrumb: the settings stay as they are: "
                                : "breadcrumb: this program is not recorded: ",
            &err, stderr);
        fputc('\n', stderr);
    }
    return 0;
}
