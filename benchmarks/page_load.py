"""How soon a page of the book can be read on a phone with a slow connection, and what it loads.

    python benchmarks/page_load.py _build/html                                        # every page; half an hour
    python benchmarks/page_load.py _build/html notebooks/05_width.html --turns 5      # some

The folder is served as by `make serve`, without compression. Each turn opens the page in a new window without a cache
and 390 px wide, with 150 ms of latency, 1.6 Mbit/s and a processor four times slower, and waits until nothing is loaded
any more. Of the turns the median counts. Needs Chromium or Chrome.
"""

import argparse
import statistics
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, sync_playwright

from repsim_book.pages.browser import find_browser

SLOW = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 1.6e6 / 8}
PHONE = {"width": 390, "height": 800}
SLOWED = 4
# The largest sum of shifts in a spell of at most 5 s without a pause of 1 s, which is how browsers' makers count.
SHIFT = """new Promise((resolve) => new PerformanceObserver((list) => {
  let worst = 0, sum = 0, begun = 0, last = -Infinity;
  for (const { startTime, value, hadRecentInput } of list.getEntries()) {
    if (hadRecentInput) continue;
    if (startTime - last > 1000 || startTime - begun > 5000) [sum, begun] = [0, startTime];
    [sum, last] = [sum + value, startTime];
    worst = Math.max(worst, sum);
  }
  resolve(worst);
}).observe({ type: "layout-shift", buffered: true }) || setTimeout(() => resolve(0), 500))"""
FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN"


class Load(NamedTuple):
    """One turn: seconds to the first contents, requests, layout shift, bytes of all that came."""

    paint: float
    requests: float
    shift: float
    size: float


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address at which the folder is served."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def load(browser: Browser, address: str) -> Load:
    """One turn of a page."""
    context = browser.new_context(viewport=PHONE, device_scale_factor=2, is_mobile=True, has_touch=True)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    tools = context.new_cdp_session(page)
    sizes: list[float] = []
    tools.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    tools.send("Network.enable")
    tools.send("Network.emulateNetworkConditions", SLOW)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWED})
    page.goto(address, wait_until="networkidle", timeout=120_000)
    page.evaluate("document.fonts.ready.then(() => true)")
    found = Load(
        page.evaluate(FIRST_PAINT) / 1000,
        sum(not url.startswith(("data:", "blob:")) for url in asked),
        page.evaluate(SHIFT),
        sum(sizes),
    )
    context.close()
    return found


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="How soon pages can be read on a slow phone.")
    parser.add_argument("folder", type=Path, help="of the built pages")
    parser.add_argument("pages", nargs="*", help="their paths in it; none: all but listings of code")
    parser.add_argument("--turns", type=int, default=5)
    given = parser.parse_args()
    found = sorted(path.relative_to(given.folder) for path in given.folder.rglob("*.html"))
    every = [path.as_posix() for path in found if path.parts[0] not in ("_static", "source", "index.html")]
    print("| page | first contents, s | requests | layout shift | MB |\n|---|---|---|---|---|")
    with served(given.folder) as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find_browser(), args=["--no-sandbox", "--disable-gpu"]
        )
        for name in given.pages or every:
            turns = [load(browser, f"{site}/{name}") for _ in range(given.turns)]
            paint, requests, shift, size = map(statistics.median, zip(*turns, strict=True))
            print(
                f"| {name} | {paint:.2f} | {requests:.0f} | {shift:.3f} | {size / 1e6:.2f} |",
                flush=True,
            )
        browser.close()


if __name__ == "__main__":
    main()
