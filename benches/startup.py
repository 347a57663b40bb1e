#!/usr/bin/python3
"""What a person waits for and what the program takes, measured on the real window under Xvfb.

    cargo build --release && benches/startup.py [--only NAME…] [--output FILE]

Sections: startup, memory, idle, scroll, line. Writes a Markdown table with each number beside its limit, and ends with
exit code 1 if one is over or cannot be had. The files (2.1 GiB, and sparse ones) are made once, in target/bench-data.
Reads `--log startup` and `--log frames` of the program, /proc for memory and CPU, and uses the stage of tests/window.
"""
import argparse
import datetime
import math
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import time

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests" / "window"), str(ROOT / "benches")]

import make_data  # noqa: E402
from stage import Failed, Stage, expect, wait_until  # noqa: E402

GIB = 1 << 30
TICKS_PER_SEC = os.sysconf("SC_CLK_TCK")


class Report:
    def __init__(self):
        self.rows = []
        self.over = 0

    def add(self, what, value, unit, limit=None):
        """One measured number, and the limit that it must not exceed."""
        verdict = ""
        if limit is not None:
            verdict = "ok" if value <= limit else "**over**"
            self.over += value > limit
        shown = f"{value:.0f}" if isinstance(value, int) or value >= 100 else f"{value:.2f}"
        self.rows.append(f"| {what} | {shown} {unit} | {'' if limit is None else f'≤ {limit:g} {unit}'} | {verdict} |")
        print(self.rows[-1], file=sys.stderr, flush=True)

    def failed(self, section, failure):
        """A section that could not be measured to its end; the numbers before it stand."""
        self.over += 1
        self.rows.append(f"| {section} | {' '.join(str(failure).split())} | | **failed** |")
        print(self.rows[-1], file=sys.stderr, flush=True)

    def markdown(self):
        header = ["| what | measured | limit | |", "|---|---:|---:|---|"]
        return "\n".join([machine(), "", *header, *self.rows, ""])


def machine():
    model = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")),
                 platform.processor())
    memory_kib = int(next(line for line in open("/proc/meminfo") if line.startswith("MemTotal")).split()[1])
    commit = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, text=True).stdout.strip()
    return (f"{datetime.date.today()}, commit {commit}; {model}, {os.cpu_count()} cores, {memory_kib / (1 << 20):.0f} GiB, "
            f"Linux {platform.release()}, Xvfb with software OpenGL.")


class Data:
    """The files to open, made when first asked for."""

    def __init__(self, directory):
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory

    def made(self, kind, name, size):
        return str(make_data.make(kind, self.directory / name, size))

    def small(self):
        return self.made("log", "small.log", 1024)

    def log(self):
        return self.made("log", "service.log", GIB)

    def cjk(self):
        return self.made("cjk", "cjk.txt", 64 << 20)

    def line(self):
        return self.made("line", "line.json", GIB)

    def sparse(self):
        path = self.directory / "sparse.img"
        path.touch()
        os.truncate(path, 100 * GIB)
        return str(path)


# What the program says and what the kernel says about it.


def numbers(window, word, field):
    """The values of `field=` in the log lines that start with `word`."""
    return [float(part.split("=", 1)[1]) for line in list(window.lines) if line.startswith(word + " ")
            for part in line.split() if part.startswith(field + "=")]


def first_frame_ms(window):
    def arrived():
        window.expect_alive()
        return numbers(window, "startup", "first-frame-ms")
    return wait_until(arrived, timeout=60, interval=0.002, what="the line `startup first-frame-ms=…`")[0]


def anonymous_kib(window):
    with open(f"/proc/{window.process.pid}/status") as status:
        return int(next(line for line in status if line.startswith("RssAnon")).split()[1])


def cpu_ticks(window):
    with open(f"/proc/{window.process.pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def wait_until_quiet(window, seconds=2.0, timeout=120):
    """Until no frame was drawn for `seconds`."""
    deadline = time.monotonic() + timeout
    while True:
        before = len(numbers(window, "frame", "n"))
        time.sleep(seconds)
        window.expect_alive()
        if before and len(numbers(window, "frame", "n")) == before:
            return
        expect(time.monotonic() < deadline, f"frames never stopped in {timeout} s")


def open_window(stage, *arguments, log="frames", size=(1400, 900)):
    window = stage.start(*arguments, log=log, wait=False)
    window.wait_for_window()
    window.resize(*size)
    if log == "state":
        window.wait_for_state()
    else:
        wait_until_quiet(window)
    return window


def press(stage, key, times, delay_ms=16):
    """Key repeat, in batches that xdotool finishes before the stage's patience ends."""
    while times > 0:
        batch = min(times, 200)
        stage.tool("xdotool", "key", "--delay", str(delay_ms), *[key] * batch)
        times -= batch


def percentile(values, percent):
    """Nearest rank."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


# The sections.


def startup(report, data, rounds):
    cases = {
        "1 KiB file": [data.small()],
        "1 GiB log": [data.log()],
        "100 GiB sparse file": [data.sparse()],
        "1 TiB demo": ["--demo"],
    }
    own, outside = {name: [] for name in cases}, {name: [] for name in cases}
    with Stage("startup") as stage:
        for turn in range(rounds + 1):
            for name, arguments in cases.items():
                started = time.monotonic()
                window = stage.start(*arguments, log="startup", wait=False)
                millis = first_frame_ms(window)
                waited = (time.monotonic() - started) * 1000
                window.kill()
                expect(not window.panicked(), "the program panicked")
                stage.windows.remove(window)
                # The first turn fills the page cache.
                if turn > 0:
                    own[name].append(millis)
                    outside[name].append(waited)
    base = statistics.median(own["1 KiB file"])
    for name in cases:
        median = statistics.median(own[name])
        report.add(f"exec to first frame, {name}, median of {rounds}", median, "ms", 400)
        report.add(f"… seen from outside, {name}", statistics.median(outside[name]), "ms")
        if name != "1 KiB file":
            report.add(f"… against the 1 KiB file, {name}", median / base, "times", 1.2)


def memory(report, data, _rounds):
    with Stage("memory") as stage:
        bare = open_window(stage, log="state")
        time.sleep(3)
        bare_kib = anonymous_kib(bare)
        bare.kill()
        window = open_window(stage, data.sparse(), log="state")
        window.wait_for_state(len=100 * GIB)
        window.key("ctrl+End")
        end = window.wait_for_state(offset=lambda offset: offset >= 100 * GIB - 1)["offset"]
        press(stage, "Page_Up", 1000)
        # A page of hex at this size is at least 20 rows of 16 bytes.
        window.wait_for_state(offset=lambda offset: offset < end - 1000 * 20 * 16)
        time.sleep(3)
        report.add("anonymous memory of a bare window", bare_kib / 1024, "MiB")
        report.add("… above it: 100 GiB opened, its end, 1,000 pages back",
                   (anonymous_kib(window) - bare_kib) / 1024, "MiB", 40)


def idle(report, data, _rounds):
    with Stage("idle") as stage:
        for name, arguments in (("welcome screen", []), ("1 GiB log", [data.log()])):
            window = open_window(stage, *arguments)
            wait_until_quiet(window, seconds=4)
            frames, ticks = len(numbers(window, "frame", "n")), cpu_ticks(window)
            time.sleep(10)
            report.add(f"frames in 10 idle seconds, {name}", len(numbers(window, "frame", "n")) - frames, "", 0)
            report.add(f"CPU in 10 idle seconds, {name}",
                       (cpu_ticks(window) - ticks) * 1000 // TICKS_PER_SEC, "ms", 0)
            window.kill()


def scroll(report, data, _rounds):
    with Stage("scroll") as stage:
        for name, path, limit in (("log", data.log(), 4), ("CJK", data.cjk(), 8)):
            window = open_window(stage, path)
            width, height = window.size
            stage.tool("xdotool", "mousemove", str(width // 2), str(height // 2))

            def wheel(times):
                for button in ("5", "4"):
                    stage.tool("xdotool", "click", "--repeat", str(times), "--delay", "16", button)

            # Fonts load and glyphs are drawn into the atlas on first sight.
            wheel(60)
            press(stage, "Page_Down", 60)
            press(stage, "Page_Up", 60)
            wait_until_quiet(window)
            for kind, action in (("wheel", lambda: wheel(300)), ("PageDown", lambda: press(stage, "Page_Down", 400))):
                before = len(numbers(window, "frame", "ui-ms"))
                action()
                wait_until_quiet(window, seconds=1)
                times = numbers(window, "frame", "ui-ms")[before:]
                expect(len(times) >= 50, f"only {len(times)} frames while scrolling")
                report.add(f"UI thread CPU a frame, {name}, {kind}, 99th percentile of {len(times)}",
                           percentile(times, 99), "ms", limit)
                report.add("… median", statistics.median(times), "ms")
            window.kill()


def line(report, data, _rounds):
    # Edited, but never saved.
    path = data.line()
    before = os.stat(path)
    with Stage("line") as stage:
        window = open_window(stage, path)
        for what, action in (
            ("opened", lambda: None),
            ("at its end", lambda: window.key("ctrl+End")),
            ("wrapped", lambda: window.key("alt+z")),
            ("typed at its end", lambda: window.type_text("x")),
            ("at its start", lambda: window.key("ctrl+Home")),
            ("typed at its start", lambda: window.type_text("x")),
            ("paged", lambda: press(stage, "Page_Down", 50)),
        ):
            first = 0 if what == "opened" else len(numbers(window, "frame", "ui-ms"))
            action()
            wait_until_quiet(window)
            times = numbers(window, "frame", "ui-ms")[first:]
            expect(times, f"no frame after: {what}")
            report.add(f"longest UI frame, 1 GiB single line, {what}", max(times), "ms CPU", 50)
        window.kill()
    after = os.stat(path)
    expect((before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns), "the file changed")


SECTIONS = {"startup": startup, "memory": memory, "idle": idle, "scroll": scroll, "line": line}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=list(SECTIONS))
    parser.add_argument("--rounds", type=int, default=20, help="starts of each case (20)")
    parser.add_argument("--output", type=pathlib.Path, metavar="FILE")
    parser.add_argument("--data", type=pathlib.Path, default=ROOT / "target" / "bench-data", metavar="DIR")
    options = parser.parse_args()
    binary = os.environ.setdefault("HEXTANT_BIN", str(ROOT / "target" / "release" / "hextant"))
    if not os.path.isfile(binary):
        sys.exit("no release binary: cargo build --release, or name one in HEXTANT_BIN")
    report, data = Report(), Data(options.data)
    for name in options.only:
        try:
            SECTIONS[name](report, data, options.rounds)
        except Failed as failure:
            report.failed(name, failure)
    if options.output:
        options.output.write_text(report.markdown())
    print(report.markdown(), end="")
    return 1 if report.over else 0


if __name__ == "__main__":
    sys.exit(main())
