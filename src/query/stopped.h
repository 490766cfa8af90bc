/*
 * stopped.h - recordings that stopped themselves, because the quota or the disk was full three times: what the report and the overview
 * know about them. SQL about the traces of a CTE `picked`. For questions only.
 */
#ifndef QUERY_STOPPED_H
#define QUERY_STOPPED_H

/* Whether a row of traces is one that did. */
#define IS_STOPPED "metadata ->> 'recording_stopped' = 'true'"
/* Processes that did; 0: none. */
#define STOPPED_PROCESSES "(SELECT count(*) FROM picked WHERE " IS_STOPPED ")"
/* The losses that are for want of room. */
#define STOPPED_LOSSES "cause IN ('quota', 'disk_full') AND trace_id IN (SELECT id FROM picked)"
/* A whole number of the settings that one of them was recorded with; NULL: not known. */
#define STOPPED_SETTING(name)                                                    \
    "(SELECT any_value(TRY_CAST(nullif(regexp_extract(metadata ->> 'settings', " \
    "'(^|\\n)" name "=([0-9]+)', 2), '') AS BIGINT)) FROM picked)"
/* The cause of most of them; NULL: none is known of. */
#define STOPPED_CAUSE                                 \
    "(SELECT cause FROM losses WHERE " STOPPED_LOSSES \
    " GROUP BY cause ORDER BY sum(events) DESC, cause LIMIT 1)"
/* Events dropped, overflows of the process with the most, processes, hot_threshold, hot_window_s, quota_mb, cause. */
#define STOPPED_COLUMNS                                                                                       \
    "(SELECT coalesce(sum(events), 0)::BIGINT FROM losses WHERE " STOPPED_LOSSES "), "                        \
    "(SELECT coalesce(max(TRY_CAST(metadata ->> 'overflows' AS BIGINT)), 0) FROM picked), " STOPPED_PROCESSES \
    ", " STOPPED_SETTING("hot_threshold") ", " STOPPED_SETTING(                                               \
        "hot_window_s") ", " STOPPED_SETTING("quota_mb") ", " STOPPED_CAUSE
#define STOPPED_BY_DISK "disk_full"

#endif
