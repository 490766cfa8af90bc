/*
 * timer.h - interrupts a connection when a query's time is up. One thread for each timer.
 */
#ifndef STORE_TIMER_H
#define STORE_TIMER_H

#include "base/base.h"

#include "store/duck_calls.h"

struct timer;

/* The connection is Borrowed until timer_stop. NULL when no thread could be made. */
struct timer *timer_start(duckdb_connection connection, int timeout_ms);
/* Joins the thread and frees the timer; NULL is fine. */
void timer_stop(struct timer *timer);
bool timer_fired(const struct timer *timer);

#endif
