/*
 * banned.h - functions that have bitten others; calling one is a compile error.
 * Idea: Git's banned.h. Use snprintf, memcpy with a length, strtoll with an end pointer,
 * localtime_r/gmtime_r and the buffers of base/buf.h instead. The headers that declare them come
 * first, so that the macros meet calls only.
 */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BANNED(name) sorry_##name##_is_banned_see_base_banned_h

#undef strcpy
#undef strcat
#undef strncpy
#undef strncat
#undef sprintf
#undef vsprintf
#undef strtok
#define strcpy(to, from) BANNED(strcpy)
#define strcat(to, from) BANNED(strcat)
#define strncpy(to, from, n) BANNED(strncpy)
#define strncat(to, from, n) BANNED(strncat)
#define sprintf(...) BANNED(sprintf)
#define vsprintf(...) BANNED(vsprintf)
#define strtok(text, marks) BANNED(strtok)
#define gmtime(t) BANNED(gmtime)
#define localtime(t) BANNED(localtime)
#define ctime(t) BANNED(ctime)
#define asctime(t) BANNED(asctime)
#define atoi(text) BANNED(atoi)
#define atol(text) BANNED(atol)
#define atoll(text) BANNED(atoll)

#endif
