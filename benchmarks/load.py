"""How many full result pages a second the service answers, and how fast, under many clients at once.

    python benchmarks/load.py --index DIR [--clients 32] [--seconds 15] [--path /api/v1/search]

Starts the service as ``kompass serve`` does, without its rate limit, and loads it with wrk (Debian: wrk).
Every request is another search: words from titles in the index, one in three filtered, one in ten a later
page. The aim at 100,000 documents on two cores, wrk on the same machine: 250 pages a second, p99 of at most
100 ms.

Prints a Markdown table with the state of the machine: how busy others kept it decides the rate and the times.
The processor time of a page is the steadier figure, but grows on a busy machine too (its caches are shared).
Clients that ask again at once wait in a queue: with 32 of them p99 ≤ 100 ms takes some 350 pages a second.
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


def main() -> int:
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--searches", type=int, default=2000, help="how many different ones")
    parser.add_argument("--path", default="/", help="/ for pages, /api/v1/search for JSON")
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
    try:
        origin = f"http://127.0.0.1:{port}"
        wait_for(origin, addresses[0])
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "load.lua").write_text(SCRIPT)
            (Path(folder) / "paths").write_text("\n".join(addresses))
            wrk = ["wrk", "-t2", f"-c{options.clients}", "-s", f"{folder}/load.lua", "--timeout", "10s"]
            environment = {**os.environ, "PATHS": f"{folder}/paths"}
            subprocess.run([*wrk, "-d3s", origin], env=environment, stdout=subprocess.DEVNULL, check=True)
            before = processor_seconds(server.pid)
            done = subprocess.run(
                [*wrk, f"-d{options.seconds}s", origin],
                env=environment,
                capture_output=True,
                text=True,
                check=True,
            )
            used = processor_seconds(server.pid) - before
        lines = [line.split() for line in done.stdout.splitlines() if line.startswith("RESULT ")]
        result = {name: float(value) for _, name, value in lines}
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(10)
    rate = result["requests"] / result["seconds"]
    row = {
        "documents": f"{documents:,}",
        "searches": str(len(addresses)),
        "clients": str(options.clients),
        "seconds": f"{result['seconds']:.0f}",
        "pages/s": f"{rate:.0f}",
        "p50 ms": f"{result['p50']:.0f}",
        "p95 ms": f"{result['p95']:.0f}",
        "p99 ms": f"{result['p99']:.0f}",
        "max ms": f"{result['max']:.0f}",
        "errors": f"{result['errors']:.0f}",
        "processor ms/page": f"{1000 * used / max(1, result['requests']):.2f}",
        "kB/page as sent": f"{result['bytes'] / max(1, result['requests']) / 1000:.1f}",
        "processors": str(os.cpu_count()),
        "load before": f"{others:.1f}",
    }
    print(f"| {' | '.join(row)} |\n|{'---:|' * len(row)}\n| {' | '.join(row.values())} |")
    return 0 if rate >= 250 and result["p99"] <= 100 and not result["errors"] else 1


if __name__ == "__main__":
    sys.exit(main())
