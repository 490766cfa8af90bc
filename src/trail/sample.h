/*
 * sample.h - random records and values of every kind, for the tests and the seeds of the fuzzers.
 *
 *     struct sample s = SAMPLE_INIT(seed);
 *     sample_record(&s, &record);                  // its bytes live in s until the next one
 *     sample_put_record(&out, segment, units, &record);
 *
 * The same seed gives the same samples. Never linked into the program or the extension: nothing there calls it.
 */
#ifndef TRAIL_SAMPLE_H
#define TRAIL_SAMPLE_H

#include "base/base.h"
#include "trail/encode.h"
#include "trail/reader.h"

#define SAMPLE_CODES 8 /* codes 1 to 7 exist; code c has c - 1 arguments */
#define SAMPLE_TOKENS 512

/* A value taken apart, in the order of its bytes: a node, or an attribute's name, or a SUBCLASS's count. */
struct sample_token {
    enum { SAMPLE_NODE, SAMPLE_NAME, SAMPLE_COUNT } what;
    struct trail_value node;
    struct trail_bytes name;
    uint64_t count;
};

struct sample {
    uint64_t state; /* of the random numbers */
    struct sample_token tokens[SAMPLE_TOKENS];
    size_t ntokens;
    uint8_t bytes[32 * 1024]; /* of the last record's values and lists */
};

#define SAMPLE_INIT(seed) {.state = (seed)}

uint64_t sample_random(struct sample *s);
uint64_t sample_below(struct sample *s, uint64_t n);
/* A number of a random width, 0 to 64 bits: small ones are as frequent as large ones. */
uint64_t sample_number(struct sample *s);
/* Random bytes, at most `most`; Borrowed, static. */
struct trail_bytes sample_text(struct sample *s, size_t most);

/* Fills s->tokens with one random value. */
void sample_value(struct sample *s);
void sample_put_token(struct trail_out *out, const struct sample_token *token);
/* Both at once. */
void sample_put_value(struct sample *s, struct trail_out *out);

/* How many arguments the codes have. */
const struct trail_arity *sample_arity(void);
/* A record of a random kind; all fields that do not belong to it are zero, and so is `units`. */
void sample_record(struct sample *s, struct trail_record *ret_record);
void sample_put_record(struct trail_out *out, const void *segment, uint64_t units,
                       const struct trail_record *record);
/* One registry record of a random kind. */
void sample_put_registry(struct sample *s, struct trail_out *out);

/* Writes a segment's header, nothing committed, at `bytes`. */
void sample_header(void *bytes, size_t size, uint32_t stream);

#endif
