#!/usr/bin/env python3
"""What the MCP server costs: its first answer, each tool on a store of many calls, requests a second, memory.

usage: bench/mcp/mcp.py [--calls N] [--rounds N] [--seconds S] [--store FILE] [--check]

--store: a database that is already there; its newest trace is asked about. --check: status 1 when a target is
missed: 60 ms for a cold server's `initialize` and `tools/list`, 200 ms for a tool call, 200 requests/s of
`query_traces` over HTTP from 8 clients, 120 MB resident for the server and its workers together (proportional set
size: what they share counts once). All tools in turn on a small store are printed beside it: there DuckDB's
planning of the larger questions is what a request costs.

Times are medians of rounds in turn, on this machine. The clients of the last part are threads of this process,
whose own CPU time is printed beside the server's: on a machine that is busy with other things the rate says less
than the CPU for each request.
"""

import argparse
import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "bench" / "query")]

from maker import BIN, fill  # noqa: E402
from page import tell  # noqa: E402

CLIENTS = 8
TOKEN = "bench-bench-bench-bench-bench"
FIRST_MS, CALL_MS, RATE, MEMORY_MB = 60, 200, 200, 120
HELLO = {
    "protocolVersion": "2025-11-25",
    "capabilities": {},
    "clientInfo": {"name": "bench", "version": "1"},
}
TOOLS = {
    "overview": {},
    "query_traces": {"sql": "SELECT id, status, command FROM traces"},
    "get_trace": {"trace_id": "last"},
    "find_exceptions": {"since": "100d"},
    "analyze_performance": {"function": "f7"},
    "calls": {"function": "f7"},
    "search": {"term": "nowhere at all"},
    "flow": {},
    "top": {},
    "why_not": {"function": "f7"},
}


class Pipe:
    """A server on pipes."""

    def __init__(self, store):
        self.process = subprocess.Popen(
            [BIN, "serve-mcp", "--db-path", store], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.ids = 0

    def ask(self, method, params=None):
        self.ids += 1
        message = {"jsonrpc": "2.0", "id": self.ids, "method": method, "params": params or {}}
        self.process.stdin.write(json.dumps(message).encode() + b"\n")
        self.process.stdin.flush()
        while (answer := json.loads(self.process.stdout.readline())).get("id") != self.ids:
            pass
        return answer["result"]

    def call(self, tool):
        result = self.ask("tools/call", {"name": f"breadcrumb__{tool}", "arguments": TOOLS[tool]})
        if result["isError"]:
            sys.exit(f"{tool}: {result['content'][0]['text'][:500]}")
        return result["structuredContent"]["query_time_ms"]

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


def family(pid):
    return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]


def memory_mb(pid):
    total = 0
    for one in family(pid):
        rows = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
        total += sum(int(row.split()[1]) for row in rows if row.startswith("Pss:"))
    return total / 1024


def cpu_seconds(pid):
    """Of the server and its workers, and of workers that ended."""
    ticks = 0
    for i, one in enumerate(family(pid)):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        ticks += sum(map(int, fields[11 : 15 if i == 0 else 13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def first_answer(store, rounds):
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        server = Pipe(store)
        server.ask("initialize", HELLO)
        server.ask("tools/list")
        times.append((time.perf_counter() - start) * 1000)
        server.close()
    return statistics.median(times)


def each_tool(store, rounds):
    server = Pipe(store)
    server.ask("initialize", HELLO)
    times = {tool: [] for tool in TOOLS}
    most, own = 0.0, []
    for _ in range(rounds):
        for tool, each in times.items():
            start = time.perf_counter()
            query = server.call(tool)
            each.append((time.perf_counter() - start) * 1000)
            own.append(each[-1] - query)
        most = max(most, memory_mb(server.process.pid))
    server.close()
    times = {tool: statistics.median(each) for tool, each in times.items()}
    return times, statistics.median(own), most


class Load:
    """Clients that ask one thing after another, each on a connection of its own."""

    def __init__(self, port, tools, seconds):
        self.port, self.tools, self.end = port, tools, time.monotonic() + seconds
        self.times, self.lock = [], threading.Lock()

    def client(self, number):
        link = http.client.HTTPConnection("127.0.0.1", self.port)
        headers = {
            "Authorization": f"Bearer {TOKEN}",
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
        }

        def post(message):
            link.request("POST", "/mcp", json.dumps(message), headers)
            reply = link.getresponse()
            return reply, json.loads(reply.read())

        hello = {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": HELLO}
        reply, _ = post(hello)
        headers["Mcp-Session-Id"] = reply.headers["Mcp-Session-Id"]
        times = []
        while time.monotonic() < self.end:
            tool = self.tools[(number + len(times)) % len(self.tools)]
            params = {"name": f"breadcrumb__{tool}", "arguments": TOOLS[tool]}
            start = time.perf_counter()
            _, answer = post(
                {"jsonrpc": "2.0", "id": 1 + len(times), "method": "tools/call", "params": params}
            )
            if answer["result"]["isError"]:
                sys.exit(f"{tool}: {answer}")
            times.append((time.perf_counter() - start) * 1000)
        link.close()
        with self.lock:
            self.times += times

    def run(self):
        threads = [threading.Thread(target=self.client, args=(n,)) for n in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def under_load(store, tools, seconds):
    """Requests a second, their median and 99th percentile in ms, CPU ms of server and clients for each, memory."""
    server = subprocess.Popen(
        [BIN, "serve-mcp", "--port", "0", "--db-path", store],
        env=os.environ | {"BREADCRUMB_MCP_TOKEN": TOKEN},
        stderr=subprocess.PIPE,
        text=True,
    )
    for line in server.stderr:
        if found := re.search(r"http://\S+:(\d+)/mcp", line):
            break
    load, before, begin = Load(int(found[1]), tools, seconds), time.process_time(), time.monotonic()
    load.run()
    took, n = time.monotonic() - begin, len(load.times)
    if n == 0:
        sys.exit("no request was answered")
    mine, its = time.process_time() - before, cpu_seconds(server.pid)
    memory = memory_mb(server.pid)
    server.terminate()
    server.wait()
    server.stderr.close()
    late = sorted(load.times)[n * 99 // 100]
    return n / took, statistics.median(load.times), late, its * 1000 / n, mine * 1000 / n, memory


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--store")
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    missed = []

    def row(name, value, unit, limit=None, least=False):
        bad = limit is not None and (value < limit if least else value > limit)
        target = f"{'at least' if least else 'at most'} {limit}" if limit is not None else ""
        print(f"{name:48}{value:10.1f} {unit:4} {target}{' MISSED' if bad else ''}", flush=True)
        if limit is not None:
            tell(f"MCP, {name.strip()}, {unit}", value, limit, at_least=least)
        if bad:
            missed.append(name)

    with tempfile.TemporaryDirectory() as folder:
        store = args.store or str(Path(folder) / "traces.duckdb")
        if not args.store:
            fill(store, args.calls)
        size, load = Path(store).stat().st_size / 1e6, os.getloadavg()[0]
        print(f"store of {size:.1f} MB, medians of {args.rounds} rounds, load {load:.1f}")
        row("cold: initialize and tools/list", first_answer(store, args.rounds), "ms", FIRST_MS)
        times, own, most = each_tool(store, args.rounds)
        for tool, ms in times.items():
            row(f"tools/call {tool}", ms, "ms", CALL_MS)
        row("  of a call, all but its query", own, "ms")
        row("memory after all tools", most, "MB", MEMORY_MB)
        small = str(Path(folder) / "small" / "traces.duckdb")
        Path(small).parent.mkdir()
        fill(small, 10_000)
        for name, path, tools, limit in (
            ("a query", store, ["query_traces"], RATE),
            ("all tools, 10,000 calls", small, list(TOOLS), None),
        ):
            rate, median, late, its, mine, most = under_load(path, tools, args.seconds)
            row(f"HTTP, {CLIENTS} clients, {name}", rate, "/s", limit, True)
            row("  a request, median", median, "ms")
            row("  a request, 99th percentile", late, "ms")
            row("  CPU of the server for each", its, "ms")
            row("  CPU of the clients for each", mine, "ms")
            row("  memory", most, "MB", MEMORY_MB)
    if args.check and missed:
        sys.exit(f"mcp: missed: {', '.join(missed)}")


if __name__ == "__main__":
    main()
