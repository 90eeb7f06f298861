"""How many full result pages a second the service answers, and how fast, under many clients at once.

    python benchmarks/load.py --index DIR [--clients 32] [--seconds 15] [--pauses 0,100] [--path /api/v1/search] [--write]

Starts the service as ``kompass serve`` does, without its rate limit, and loads it with wrk (Debian: wrk).
Every request is another search: words from titles in the index, one in three filtered, one in ten a later
page. The aim at 100,000 documents on two cores, wrk on the same machine: 250 pages a second, p99 of at most
100 ms.

Prints a Markdown table with the state of the machine: how busy others kept it decides the rate and the times.
The processor time of a page is the steadier figure, but grows on a busy machine too (its caches are shared).
Clients that ask again at once (pause 0) find the most that can be served, and wait in a queue: with 32 of them
p99 ≤ 100 ms takes some 400 pages a second. With pauses they come as people do, at a lower rate.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from urllib.parse import quote_plus

from report import where, write_section

from indexer.model import Query
from indexer.search import Searcher, SearchIndex

SCRIPT = """
local paths, n = {}, 0
for line in io.lines(os.getenv("PATHS")) do paths[#paths + 1] = line end
function init(args)
  math.randomseed(tonumber(tostring({}):match("0x(%x+)"), 16) % 2147483647)
  n = math.random(#paths)
end
function request()
  n = n % #paths + 1
  return wrk.format("GET", paths[n], {["Accept-Encoding"] = "gzip", ["Accept-Language"] = "sv"})
end
local pause = tonumber(os.getenv("PAUSE"))
if pause > 0 then
  function delay() return -pause * math.log(1 - math.random()) end
end
function done(summary, latency)
  local e = summary.errors
  local numbers = {
    requests = summary.requests, seconds = summary.duration / 1e6, bytes = summary.bytes,
    p50 = latency:percentile(50) / 1e3, p95 = latency:percentile(95) / 1e3,
    p99 = latency:percentile(99) / 1e3, max = latency.max / 1e3,
    errors = e.connect + e.read + e.write + e.status + e.timeout,
  }
  for name, value in pairs(numbers) do io.write(string.format("RESULT %s %.3f\\n", name, value)) end
end
"""


def paths(searcher: Searcher, prefix: str, number: int, seed: int = 1) -> list[str]:
    """Addresses of ``number`` different searches that find something, of one to three words."""
    chance = random.Random(seed)
    titles: list[str] = []
    for sort in ("newest", "oldest", "title"):
        for page in range(1, 11):
            found = searcher.search(Query(sort=sort, limit=100, page=page, facets=(), snippets=False))
            titles += [h.document.title for h in found.hits]
    places = [v.value for v in searcher.search(Query(limit=1)).facets["municipality"]] or ["1283"]
    words = [w for t in titles if (w := re.findall(r"[^\W\d_]{4,}", t))]
    made: dict[str, None] = {}
    for _ in range(number * 20):
        own = chance.choice(words)
        start = chance.randrange(len(own))
        address = f"{prefix}?q={quote_plus(' '.join(own[start : start + chance.randint(1, 3)]))}"
        match chance.randrange(10) if prefix != "/api/v1/suggest" else -1:
            case 0:
                address += f"&municipality={chance.choice(places)}"
            case 1:
                address += "&year=2005..2015"
            case 2:
                address += "&kind=none"
            case 3:
                address += "&page=2"
        made[address] = None
        if len(made) == number:
            break
    return list(made)


def wait_for(origin: str, path: str) -> None:
    for _ in range(200):
        try:
            with urllib.request.urlopen(origin + path, timeout=5) as answer:
                assert answer.status == 200
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"The service at {origin} does not answer.")


def processor_seconds(session: int) -> float:
    """Processor time that all processes of a session have used: steadier than the clock on a busy machine."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # gone meanwhile
            continue
        if int(fields[3]) == session:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def main() -> None:
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--searches", type=int, default=2000, help="how many different ones")
    parser.add_argument("--path", default="/", help="/ for pages, /api/v1/search for JSON")
    parser.add_argument(
        "--pauses",
        type=lambda text: [int(n) for n in text.split(",")],
        default=[0, 100],
        help="milliseconds that a client waits between an answer and its next request, on average",
    )
    parser.add_argument("--write", action="store_true", help="into results.md")
    parser.add_argument(
        "--server", nargs=argparse.REMAINDER, help="another command that serves, with {port} in it"
    )
    options = parser.parse_args()
    if not shutil.which("wrk"):
        raise SystemExit("wrk is not installed: apt-get install wrk")
    others = os.getloadavg()[0]
    searcher = SearchIndex(options.index).current()
    addresses, documents = paths(searcher, options.path, options.searches), searcher.generation.documents
    port = 20_000 + os.getpid() % 20_000
    own = [
        sys.executable, "-c",
        "import sys; from pathlib import Path; from search_web.serve import serve; "
        "serve(Path(sys.argv[1]), None, '127.0.0.1', int(sys.argv[2]))",
        str(options.index), "{port}",
    ]  # fmt: skip
    command = [part.replace("{port}", str(port)) for part in options.server or own]
    server = subprocess.Popen(
        command,
        env={**os.environ, "KOMPASS_RATE_LIMIT": "0"},
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    rows: list[dict[str, str]] = []
    try:
        origin = f"http://127.0.0.1:{port}"
        wait_for(origin, addresses[0])
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "load.lua").write_text(SCRIPT)
            (Path(folder) / "paths").write_text("\n".join(addresses))
            wrk = ["wrk", "-t2", f"-c{options.clients}", "-s", f"{folder}/load.lua", "--timeout", "10s"]
            environment = {**os.environ, "PATHS": f"{folder}/paths", "PAUSE": "0"}
            subprocess.run([*wrk, "-d3s", origin], env=environment, stdout=subprocess.DEVNULL, check=True)
            for pause in options.pauses:
                before = processor_seconds(server.pid)
                done = subprocess.run(
                    [*wrk, f"-d{options.seconds}s", origin],
                    env=environment | {"PAUSE": str(pause)},
                    capture_output=True,
                    text=True,
                    check=True,
                )
                used = processor_seconds(server.pid) - before
                lines = [line.split() for line in done.stdout.splitlines() if line.startswith("RESULT ")]
                result = {name: float(value) for _, name, value in lines}
                rows.append(row(options.clients, pause, used, result))
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(10)
    table = [
        f"`python benchmarks/load.py --index DIR --path {options.path} --seconds {options.seconds}`, {where()}; "
        f"{documents:,} documents, {len(addresses):,} searches, wrk on the same machine, load before {others:.1f}.",
        "",
        f"| {' | '.join(rows[0])} |",
        f"|{'---:|' * len(rows[0])}",
        *(f"| {' | '.join(cells.values())} |" for cells in rows),
    ]
    print("\n".join(table))
    if options.write:
        write_section(f"Load on {options.path}", table)


def row(clients: int, pause: int, used: float, result: dict[str, float]) -> dict[str, str]:
    requests = max(1, result["requests"])
    return {
        "clients": str(clients),
        "pause ms": str(pause),
        "pages/s": f"{result['requests'] / result['seconds']:.0f}",
        **{f"{name} ms": f"{result[name]:.0f}" for name in ("p50", "p95", "p99", "max")},
        "errors": f"{result['errors']:.0f}",
        "processor ms/page": f"{1000 * used / requests:.2f}",
        "kB/page as sent": f"{result['bytes'] / requests / 1000:.1f}",
    }


if __name__ == "__main__":
    main()
