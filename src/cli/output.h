/*
 * output.h - the ends of the program: what stdout and stderr can take, and how the program finishes.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "base/base.h"
#include "render/format.h"

/* Once, first of all: the locale, for the width of characters; and streams that we got closed are kept from becoming the
 * numbers of other files. */
void output_begin(void);
/* What an answer on this stream looks like: the terminal's width, colours (never with NO_COLOR). */
struct target output_target(FILE *stream);
/* A line on stderr while a command runs. A reader of it that has gone is for the command to notice, or not. */
void output_remark(const char *text);
/* Once, last of all: flushes stdout. A reader that has gone (EPIPE) is a quiet end; any other failure is said and makes the
 * status an error. Returns the exit status. */
int output_end(int status);

#endif
