import atexit, gc, signal, sys, threading

print(sorted(name for name in sys.modules if "bread" in name or "native" in name))
print(
    len(sys.modules),
    sys.meta_path,
    len(sys.path_hooks),
    atexit._ncallbacks(),
    [thread.name for thread in threading.enumerate()],
)
print(
    sys.excepthook,
    sys.displayhook,
    sys.breakpointhook,
    sys.unraisablehook,
    sys.flags,
    sys.warnoptions,
    sys._xoptions,
)
print(
    [
        signal.getsignal(n)
        for n in signal.valid_signals()
        if signal.getsignal(n) not in (None, signal.SIG_DFL)
    ]
)
print(
    signal.getitimer(signal.ITIMER_REAL),
    signal.pthread_sigmask(signal.SIG_BLOCK, []),
    sys.getswitchinterval(),
)
print(gc.get_threshold(), gc.isenabled(), gc.get_debug(), gc.freeze(), gc.get_freeze_count() > 0)
print(
    sys.gettrace(),
    sys.getprofile(),
    sys.getrecursionlimit(),
    [entry for entry in sys.path if "boot" in entry],
)
print(sorted(vars(sys).keys()), [key for key in vars(__builtins__) if "bread" in key])
