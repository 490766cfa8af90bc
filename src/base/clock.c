/* clock.c - see clock.h. */
#include "base/base.h"

#include "base/clock.h"

#include <fcntl.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <cpuid.h>

/* CPUID 0x80000007, EDX bit 8: the TSC runs at one rate in all power states (Intel SDM 3, 18.17). */
static bool tsc_is_invariant(void)
{
    unsigned eax, ebx, ecx, edx;

    return __get_cpuid(0x80000007, &eax, &ebx, &ecx, &edx) != 0 && (edx & (1u << 8)) != 0;
}

/* The kernel falls back to hpet or acpi_pm when it has seen the TSCs of two cores disagree. */
static bool kernel_trusts_tsc(void)
{
    char name[32];
    ssize_t n;
    int fd = open("/sys/devices/system/clocksource/clocksource0/current_clocksource",
                  O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return false;
    n = read(fd, name, sizeof(name) - 1);
    close(fd);
    if (n <= 0)
        return false;
    name[n] = '\0';
    return strncmp(name, "tsc", 3) == 0 || strncmp(name, "kvm-clock", 9) == 0 ||
           strncmp(name, "hyperv_clocksource_tsc", 22) == 0;
}
#endif

enum clock_kind clock_choose(void)
{
#if defined(__x86_64__)
    if (tsc_is_invariant() && kernel_trusts_tsc())
        return CLOCK_KIND_TSC;
#elif defined(__aarch64__)
    return CLOCK_KIND_CNTVCT;
#endif
    return CLOCK_KIND_MONOTONIC;
}

struct clock_sample clock_take_sample(enum clock_kind kind)
{
    struct clock_sample best = {0, 0, 0};
    int64_t best_width = INT64_MAX;

    for (int i = 0; i < 3; i++) {
        int64_t before = clock_mono_ns();
        uint64_t ticks = clock_ticks(kind);
        int64_t wall = clock_wall_ns();
        int64_t after = clock_mono_ns();

        if (after - before < best_width) {
            best_width = after - before;
            best.ticks = ticks;
            best.wall_ns = wall;
            best.mono_ns = before + (after - before) / 2;
        }
    }
    return best;
}
