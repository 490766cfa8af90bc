/*
 * control.h - the control page of a recorded process: the file `control` in its folder, through which settings are changed while
 * it runs. The recorder makes and maps it; `breadcrumb set` writes it. Nothing is injected and no signal is sent.
 *
 *     guest: control_open(&c, dir);    ...    if (UNLIKELY(control_changed(&c))) n = control_take(&c, text, size);
 *     host:  control_read(dir, text, size);   control_write(dir, text, len, &seq);   control_taken(dir) == seq
 *
 * Layout (little-endian, CONTROL_BYTES): 8 bytes magic "BCCTRL1\0"; u32 seq, odd while it is being written; u32 taken, the seq that
 * the process took last; u32 length; then the text, settings in their compiled form (`key=value` lines), all that were
 * changed so far. A reader that sees seq change or odd has nothing and looks again at its next event.
 */
#ifndef TRAIL_CONTROL_H
#define TRAIL_CONTROL_H

#include "base/base.h"

#define CONTROL_BYTES 16384
#define CONTROL_TEXT_BYTES (CONTROL_BYTES - 20)

struct control_page {
    char magic[8];
    uint32_t seq, taken, length; /* atomic */
    char text[CONTROL_TEXT_BYTES];
};

struct control {
    struct control_page *page; /* Owned if `mapped`; else a page that never changes */
    uint32_t seen;
    bool mapped;
};

/* Guest. Makes the page in the process's folder and maps it; where that fails there is one that never changes. In a forked child
 * it is called again: the parent's page is let go. */
void control_open(struct control *c, const char *dir);
/* One relaxed load of the page. */
static inline bool control_changed(const struct control *c)
{
    return __atomic_load_n(&c->page->seq, __ATOMIC_RELAXED) != c->seen;
}
/* Copies the text, NUL-terminated. Its length, or -1: it is being written. Says that it was taken. */
int control_take(struct control *c, char *ret, size_t size);

/* Host. The text that was set so far: its length (0: nothing), or a negative errno: -ENOENT when the process has no page. */
int control_read(const char *dir, char *ret, size_t size);
/* Replaces the text; writers take turns by a lock on the file. 0 and the seq that stands for it, or a negative errno: -EMSGSIZE
 * when it is too long. */
int control_write(const char *dir, const char *text, size_t len, uint32_t *ret_seq);
/* The seq that the process took last; 0: none. */
uint32_t control_taken(const char *dir);

#endif
