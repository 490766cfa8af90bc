/*
 * dump.h - one line of text for a record or a value: what tests expect and people debug with.
 *
 *     @12 CALL code 3 at 7 (1, "two")         @13 RETURN [None, 2.5]
 *
 * Stable: tests compare it. No newline at the end. Host only; a value that is not valid ends in "?!".
 */
#ifndef TRAIL_DUMP_H
#define TRAIL_DUMP_H

#include "base/base.h"
#include "base/buf.h"
#include "trail/reader.h"

void trail_record_text(const struct trail_record *record, struct buf *out);
void trail_registry_text(const struct trail_registry_record *record, struct buf *out);
/* Takes one value off *bytes. */
void trail_value_text(struct trail_bytes *bytes, struct buf *out);
/* Bytes between double quotes; what is not printable ASCII in hex. */
void trail_quoted_text(struct trail_bytes text, struct buf *out);
/* "CALL", "CODE"; "?" for a number that is no kind. Borrowed, static. */
const char *trail_kind_name(enum trail_kind kind);
const char *trail_registry_kind_name(enum trail_registry_kind kind);
const char *trail_tag_name(enum trail_tag tag);

#endif
