/*
 * limits.h - every ceiling of the project that is not a user's setting.
 * A growable thing takes its maximum from here, so that no input can make us grow without end.
 * Sizes are bytes unless the name says otherwise.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

/* The trail: see docs/trail-format.md. */
#define LIMIT_RECORD_BYTES (32 * 1024)          /* one record of a thread's stream */
#define LIMIT_REGISTRY_RECORD_BYTES (64 * 1024) /* one record of the registry */
#define LIMIT_SEGMENT_SMALL_BYTES (16 * 1024) /* the first of a stream that is likely to be short */
#define LIMIT_SEGMENT_FIRST_BYTES (64 * 1024) /* a stream's first segment */
#define LIMIT_SEGMENT_BYTES (4 * 1024 * 1024) /* a stream's largest segment; they double */
#define LIMIT_SYNC_INTERVAL_BYTES (64 * 1024) /* a reader can start again this often */
#define LIMIT_RAISE_FRAMES 100                /* frames kept of the stack of an exception */
#define LIMIT_VALUE_DEPTH 16                  /* hard ceiling of the setting max_depth */
#define LIMIT_REPR_NS 10000000                /* all repr() of one event, with values = repr */
#define LIMIT_NAME_BYTES 1024                 /* a function's, type's or argument's name */
#define LIMIT_ARGUMENTS 512                   /* arguments kept of one function */

/* The recorder. */
#define LIMIT_LOST_CODES \
    16384 /* code objects by the name of which losses are told, in a process that is out of room */
/* What the registry of one process names; what comes later is counted as lost. */
#define LIMIT_CODES 1048576 /* code objects */
#define LIMIT_TYPES 262144  /* types of values */
#define LIMIT_LAYOUTS 65536 /* and sets of attributes of their instances */
#define LIMIT_REGISTRY_SEGMENTS \
    144                       /* about half a GiB; threads and the end are told all the same */
#define LIMIT_THREADS 8388607 /* thread streams of one process, in all its life */
/* Of them, those that the registry names: it stays while the process runs. */
#define LIMIT_THREAD_NAMES 65536
#define LIMIT_FORKS 65536      /* and so many forked children */
#define LIMIT_FORKS_OPEN 4096  /* of them, those whose end is waited for at once */
#define LIMIT_STARTED_OPEN 256 /* children that are other programs, the same */
/* A forked child that calls nothing recorded has no recording of its own for so long. */
#define LIMIT_UNHEARD_NS INT64_C(5000000000)
#define LIMIT_SHADOW_STACK 1000000 /* open calls of one thread */

/* The store and the ingest. */
/* DuckDB's threads. A question has one: threads that share a window function in 1.5.5 end it with an internal
 * error or a crash, once in some hundreds (duckdb/duckdb#25713, where one thread is the way out too). */
#define LIMIT_STORE_READ_THREADS 1
#define LIMIT_STORE_WRITE_THREADS 2
#define LIMIT_STORE_READ_MB 128    /* memory of DuckDB for one question; beyond it spills */
#define LIMIT_STORE_WRITE_MB 96    /* the same for an ingest */
#define LIMIT_STORE_RETRY_MB 1024  /* and for its second try, if that was not enough */
#define LIMIT_STORE_SPILL_MB 4096  /* what a question may spill to disk */
#define LIMIT_STORE_WIDE_ROWS 4096 /* of a row group, where rows are wide (store.h) */
#define LIMIT_STORE_WIDE_BYTES 100 /* of trail a call, from which on they are */
#define LIMIT_INGEST_ROWS 1000000  /* rows of one transaction, about */
#define LIMIT_INGEST_BYTES (256 * 1024 * 1024) /* of trail taken in by one transaction, about */

/* Questions and answers. */
#define LIMIT_ANSWER_BYTES (64 * 1024 * 1024) /* an answer before the user's own cut */
#define LIMIT_SQL_BYTES (1024 * 1024)         /* a query's text */
#define LIMIT_PATH_BYTES 4096
#define LIMIT_ERROR_BYTES 1024

/* Settings. */
#define LIMIT_CONFIG_BYTES (1024 * 1024) /* a settings file */
#define LIMIT_PROFILES 10000
#define LIMIT_RUN_SETTINGS_BYTES \
    (1024 * 1024) /* the compiled settings of a run; more no guest reads */

#endif
