/* timer.c - see timer.h. */
#include "base/base.h"

#include "store/timer.h"

#include <pthread.h>
#include <time.h>

struct timer {
    duckdb_connection connection; /* Borrowed */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopped; /* under the lock */
    bool fired;   /* atomic */
    struct timespec deadline;
};

static void *timer_run(void *arg)
{
    struct timer *t = arg;
    int r = 0;

    pthread_mutex_lock(&t->lock);
    while (!t->stopped && r != ETIMEDOUT)
        r = pthread_cond_timedwait(&t->wake, &t->lock, &t->deadline);
    if (!t->stopped) {
        __atomic_store_n(&t->fired, true, __ATOMIC_RELEASE);
        duckdb_interrupt(t->connection);
    }
    pthread_mutex_unlock(&t->lock);
    return NULL;
}

struct timer *timer_start(duckdb_connection connection, int timeout_ms)
{
    struct timer *t = calloc(1, sizeof(*t));
    pthread_condattr_t attr;

    if (t == NULL)
        return NULL;
    t->connection = connection;
    clock_gettime(CLOCK_MONOTONIC, &t->deadline);
    t->deadline.tv_sec += timeout_ms / 1000;
    t->deadline.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (t->deadline.tv_nsec >= 1000000000) {
        t->deadline.tv_sec++;
        t->deadline.tv_nsec -= 1000000000;
    }
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&t->wake, &attr);
    pthread_condattr_destroy(&attr);
    pthread_mutex_init(&t->lock, NULL);
    if (pthread_create(&t->thread, NULL, timer_run, t) != 0) {
        pthread_cond_destroy(&t->wake);
        pthread_mutex_destroy(&t->lock);
        free(t);
        return NULL;
    }
    return t;
}

void timer_stop(struct timer *timer)
{
    if (timer == NULL)
        return;
    pthread_mutex_lock(&timer->lock);
    timer->stopped = true;
    pthread_cond_signal(&timer->wake);
    pthread_mutex_unlock(&timer->lock);
    pthread_join(timer->thread, NULL);
    pthread_cond_destroy(&timer->wake);
    pthread_mutex_destroy(&timer->lock);
    free(timer);
}

bool timer_fired(const struct timer *timer)
{
    return __atomic_load_n(&timer->fired, __ATOMIC_ACQUIRE);
}
