/* codes_own.c - see codes.h: the copies that each thread has in a Python without a GIL. */
#include "base/base.h"

#include "hook/codes.h"

#if PYC_CONCURRENT

#include "base/spin.h"

#include <sys/mman.h>

#define BATCH 1024 /* tickets that are made at once */

static struct codes none = CODES_EMPTY;
__thread struct codes *codes_own = &none;

static uint32_t lock;
static struct codes_ticket
    *spare; /* Owned: never given back, for a copy may look at one at any time */

void codes_lock(void)
{
    spin_lock(&lock);
}

void codes_unlock(void)
{
    spin_unlock(&lock);
}

void codes_enter(struct codes *own)
{
    *own = (struct codes)CODES_EMPTY;
    codes_own = own;
}

void codes_leave(void)
{
    codes_empty(codes_own);
    codes_own = &none;
}

struct codes_ticket *codes_take_ticket(void)
{
    struct codes_ticket *ticket = spare;

    if (ticket == NULL) {
        ticket = mmap(NULL, BATCH * sizeof(*ticket), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (ticket == MAP_FAILED)
            return NULL;
        for (size_t i = 0; i + 1 < BATCH; i++)
            ticket[i].next = &ticket[i + 1];
    }
    spare = ticket->next;
    return ticket;
}

/* Whoever comes to the same address has got it from the allocator, behind this. */
void codes_give_ticket(struct codes_ticket *ticket)
{
    __atomic_add_fetch(&ticket->turn, 1, __ATOMIC_RELEASE);
    __atomic_store_n(&ticket->heard, 0, __ATOMIC_RELAXED);
    ticket->next = spare;
    spare = ticket;
}

/* In a forked child, which has one thread. */
void codes_forget_tickets(void)
{
    lock = 0;
    codes_empty(codes_own);
}

void codes_renew(struct code_entry *e)
{
    PyCodeObject *code = e->code;
    struct codes_ticket *ticket = e->ticket;
    uint32_t turn = __atomic_load_n(&ticket->turn, __ATOMIC_ACQUIRE);

    memset(e, 0, sizeof(*e));
    e->code = code;
    e->ticket = ticket;
    e->turn = turn;
}

void codes_copy(struct code_entry *e, const struct code_entry *from)
{
    *e = *from;
    e->turn = from->ticket->turn; /* under the lock */
    if (e->f.gear != REC_UNKNOWN && e->f.gear != REC_LEFT_OUT)
        rec_function_begin(&e->f);
}

#endif
