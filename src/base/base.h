/*
 * base.h - the first include of every C file of the project.
 * It brings the C library headers that everybody needs, a few macros, and the list of banned
 * functions. It is not a place for project types.
 */
#ifndef BASE_BASE_H
#define BASE_BASE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/banned.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
/* gcc's TSan knows no fences. What ours order are atomics, or the memory of another process: it misses nothing there. */
#if defined(__SANITIZE_THREAD__)
#define MEMORY_FENCE(order) __atomic_signal_fence(order)
#else
#define MEMORY_FENCE(order) __atomic_thread_fence(order)
#endif
#define NODISCARD __attribute__((warn_unused_result))

#endif
