"""What recording costs a web server: gunicorn with four workers under wrk, untraced and with the defaults.

usage: servers.py [--rounds N] [--seconds S] [--check]

Both servers run all the time and take turns under the load, in an order that is drawn anew for each round; who has
none sleeps. For each turn: answers per second, the median and the 99th percentile of their time, and the CPU time that
the server's processes took for an answer. A turn's figures are divided by those of the other turn of its round; what is
told is the median of the quotients. An answer that is not 200, or that does not come, ends it with status 1, and so do
answers that were not recorded.

--check: status 1 if the CPU time for an answer is more than LIMIT of the untraced.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from page import tell  # noqa: E402

ROOT = HERE.parent.parent
LIMIT = 1.3
CONNECTIONS = 8
UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}
TICKS = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


def processes_below(root: int) -> list[int]:
    found, parents = [root], {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(words[1]), []).append(int(path.parent.name))
    for pid in found:
        found.extend(parents.get(pid, ()))
    return found


def ticks_of(pid: int) -> int:
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(words[11]) + int(words[12])


class Server:
    def __init__(self, before: list[str], folder: Path) -> None:
        self.port = free_port()
        server = [sys.executable, "-m", "gunicorn", "-w", "4", "-b", f"127.0.0.1:{self.port}"]
        server += ["-k", "gthread", "--threads", "2", "--log-level", "error", "app:wsgi"]
        environment = {**os.environ, "HOME": str(folder)}
        self.process = subprocess.Popen([*before, *server], cwd=HERE, env=environment)
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                break
            except OSError:
                time.sleep(0.1)

    def load(self, seconds: float) -> dict[str, float]:
        """One turn; the figures, or the end of the benchmark where an answer failed."""
        # The workers, not what stores the recording beside them: that is told apart.
        pids = [
            pid
            for pid in processes_below(self.process.pid)
            if b"gunicorn" in Path(f"/proc/{pid}/cmdline").read_bytes()
            and not Path(f"/proc/{pid}/exe").resolve().name.startswith("breadcrumb")
        ]
        before = {pid: ticks_of(pid) for pid in pids}
        url = f"http://127.0.0.1:{self.port}/?order=17"
        words = ["wrk", "-t", "1", "-c", str(CONNECTIONS), "-d", f"{seconds:g}s", "--latency", url]
        text = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        used = sum(ticks_of(pid) - before[pid] for pid in pids) / TICKS
        if "Socket errors" in text or "Non-2xx" in text:
            sys.exit(f"servers: answers failed:\n{text}")
        answers = int(re.search(r"(\d+) requests in", text)[1])
        found = re.findall(r"(50|99)%\s+([\d.]+)(us|ms|s)\b", text)
        times = {share: float(value) * UNITS[unit] for share, value, unit in found}
        return {
            "answers": answers,
            "answers/s": float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]),
            "50 %, ms": times["50"],
            "99 %, ms": times["99"],
            "CPU, us/answer": used / answers * 1e6,
        }

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(120)


def recorded(program: str, database: Path) -> tuple[int, int]:
    """Processes, and answers that they gave."""
    sql = """SELECT count(DISTINCT t.id) AS processes,
             sum(s.call_count) FILTER (s.function_name = 'wsgi')::BIGINT AS answers
             FROM traces t LEFT JOIN function_stats s ON s.trace_id = t.id"""
    words = [program, "query", sql, "--db-path", str(database)]
    [row] = json.loads(subprocess.run(words, capture_output=True, check=True).stdout)["rows"]
    return row["processes"], row["answers"]


def show(figures: dict[str, list[dict[str, float]]]) -> dict[str, float]:
    """The table; the ratios that are in it."""
    print(f"{'':18}{'untraced':>12}{'traced':>12}{'ratio':>9}{'lowest':>9}{'highest':>9}")
    ratios = {}
    for what in ("answers/s", "50 %, ms", "99 %, ms", "CPU, us/answer"):
        pairs = [
            (one[what], two[what])
            for one, two in zip(figures["untraced"], figures["traced"], strict=True)
        ]
        found = sorted(two / one for one, two in pairs)
        ratios[what] = median(found)
        one, two = (median(column) for column in zip(*pairs, strict=True))
        print(f"{what:18}{one:12.2f}{two:12.2f}{ratios[what]:9.2f}{found[0]:9.2f}{found[-1]:9.2f}")
    return ratios


def take_turns(args: argparse.Namespace, program: str, folder: Path) -> int:
    figures: dict[str, list[dict[str, float]]] = {"untraced": [], "traced": []}
    database = folder / "traces.duckdb"
    run = [program, "run", "-t", "3600", "--silent", "--db-path", str(database), "--"]
    servers = {"untraced": Server([], folder), "traced": Server(run, folder)}
    warm = {which: server.load(1)["answers"] for which, server in servers.items()}
    for _ in range(args.rounds):
        for which in random.sample(sorted(servers), 2):
            figures[which].append(servers[which].load(args.seconds))
    statuses = {which: server.end() for which, server in servers.items()}
    processes, answers = recorded(program, database)
    total = {which: sum(one["answers"] for one in rows) for which, rows in figures.items()}
    rounds = f"{args.rounds} rounds of {args.seconds:g} s each"
    print(f"gunicorn, 4 workers, {CONNECTIONS} connections; {rounds}")
    print(f"answers: {total['untraced']} untraced, {total['traced']} traced; failed: 0")
    print(f"recorded: {processes} processes, {answers} answers (those before the first round too)")
    ratio = show(figures)["CPU, us/answer"]
    if (
        set(statuses.values()) != {0}
        or processes != 5
        or answers < total["traced"] + warm["traced"]
    ):
        print(f"servers: ended with {statuses}, or not all was recorded")
        return 1
    tell("gunicorn under load: CPU time of an answer, traced by untraced", ratio, LIMIT)
    return int(args.check and ratio > LIMIT)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    if not shutil.which("wrk"):
        sys.exit("servers: there is no wrk on this machine: install it")
    program = os.environ.get("BREADCRUMB_BIN") or str(ROOT / "build/bin/breadcrumb")
    with tempfile.TemporaryDirectory() as folder:
        return take_turns(args, program, Path(folder))


if __name__ == "__main__":
    sys.exit(main())
