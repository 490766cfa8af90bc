import cProfile, pstats, io


def f(n):
    return n if n < 2 else f(n - 1) + f(n - 2)


profile = cProfile.Profile()
profile.runcall(f, 12)
print(sorted((key[2], value[0]) for key, value in pstats.Stats(profile).stats.items()))
