/*
 * ingest.h - moves what is committed in the trails into the database, each record once.
 *
 *     struct ingest_options options = {.wait_ms = 10000, .delete_consumed = true};
 *     struct ingest_report report;
 *
 *     if (ingest_run("traces.duckdb", "trails", &options, &report, err) < 0) ...
 *
 * Rows and the places that were read up to are committed together, so an ingest that is killed at any moment and run
 * again neither loses nor doubles anything. May run while the traced program does, as often as one likes; two at a time
 * take turns by the database's lock. Uses a second thread for the appending. Questions come in through open.h.
 */
#ifndef INGEST_INGEST_H
#define INGEST_INGEST_H

#include "base/base.h"
#include "base/error.h"

struct ingest_options {
    int wait_ms; /* for the database's lock: 200 before a question, long for `breadcrumb ingest` and `run` */
    const char *only_run; /* Borrowed: the name of one run's folder below trails; NULL: all */
    bool
        delete_consumed; /* removes segments whose rows are committed, and folders of processes that have ended */
    bool
        run_over; /* with only_run: no process of it will start any more, so its folder goes too when it is empty */
    uint64_t batch_rows; /* of one transaction, about; 0: LIMIT_INGEST_ROWS */
    bool
        one_batch; /* ends after the first full transaction: `more` in the report says that it did */
};

struct ingest_report {
    uint64_t rows;       /* written into all tables */
    uint64_t events;     /* records taken in */
    uint64_t traces;     /* processes that had something new */
    uint64_t losses;     /* events that were lost, as the new rows of `losses` say */
    uint64_t bytes;      /* of trail taken in */
    uint64_t foreign;    /* folders of another format version, left alone */
    uint64_t unreadable; /* folders without a registry that can be read, left alone */
    bool more;           /* only with one_batch: there is more to take in */
    /* The rest is set by open.h only. */
    bool locked;            /* another process had the database: nothing was taken in */
    struct error failure;   /* why nothing was taken in; code 0: nothing went wrong */
    uint64_t behind_bytes;  /* committed, but not taken in */
    uint64_t behind_events; /* the same in events; an estimate where it is very much */
};

/* `ret_report` is written on success. A trails folder that is not there is an empty one. */
int ingest_run(const char *db_path, const char *trails_dir, const struct ingest_options *options,
               struct ingest_report *ret_report, struct error *err);

#endif
