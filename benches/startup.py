#!/usr/bin/python3
"""What a person waits for and what the program takes, measured on the real window under Xvfb.

    cargo build --release && benches/startup.py [--only NAME…] [--output FILE]

Sections: startup, memory, idle, scroll, line, kinds, follow. Writes a Markdown table with each number beside its limit, and ends with
exit code 1 if one is over or cannot be had. The files (2.1 GiB, and sparse ones) are made once, in target/bench-data.
Reads `--log startup` and `--log frames` of the program, /proc for memory and CPU, and uses the stage of tests/window.
"""
import argparse
import contextlib
import datetime
import gzip
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

    def sparse(self, name="sparse.img", size=100 * GIB):
        path = self.directory / name
        path.touch()
        os.truncate(path, size)
        return str(path)

    def utf16(self):
        """Text, and NULs behind it up to 4 GiB, which take no space."""
        path = self.directory / "utf16.log"
        if not path.exists():
            made = self.made("utf16", "utf16.log.text", 64 << 20)
            with open(made, "r+b") as file:
                file.write("\ufeff".encode("utf-16-le"))
            os.truncate(made, 4 * GIB)
            os.replace(made, path)
        return str(path)

    def packed(self):
        path = self.directory / "packed.log.gz"
        if not path.exists():
            with open(self.made("log", "to-pack.log", 64 << 20), "rb") as file:
                path.write_bytes(gzip.compress(file.read(), 1))
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


def open_window(stage, *arguments, log="frames", size=(1400, 900), stdin=subprocess.DEVNULL):
    window = stage.start(*arguments, log=log, wait=False, stdin=stdin)
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


def first_frames(report, rounds, cases):
    """Starts of each case, interleaved. A case is the arguments, or a function that makes them and the standard input for a
    stage. The first is what the others are compared with."""
    own, outside = {name: [] for name in cases}, {name: [] for name in cases}
    with Stage("startup") as stage:
        for turn in range(rounds + 1):
            for name, case in cases.items():
                with contextlib.ExitStack() as stack:
                    arguments, stdin = case(stage, stack) if callable(case) else (case, subprocess.DEVNULL)
                    started = time.monotonic()
                    window = stage.start(*arguments, log="startup", wait=False, stdin=stdin)
                    millis = first_frame_ms(window)
                    waited = (time.monotonic() - started) * 1000
                    window.kill()
                expect(not window.panicked(), "the program panicked")
                stage.windows.remove(window)
                # The first turn fills the page cache.
                if turn > 0:
                    own[name].append(millis)
                    outside[name].append(waited)
    first = next(iter(cases))
    base = statistics.median(own[first])
    for name in cases:
        median = statistics.median(own[name])
        report.add(f"exec to first frame, {name}, median of {rounds}", median, "ms", 400)
        report.add(f"… seen from outside, {name}", statistics.median(outside[name]), "ms")
        if name != first:
            report.add(f"… against the {first}, {name}", median / base, "times", 1.2)


def startup(report, data, options):
    first_frames(report, options.rounds, {
        "1 KiB file": [data.small()],
        "1 GiB log": [data.log()],
        "100 GiB sparse file": [data.sparse()],
        "1 TiB demo": ["--demo"],
    })


def pipe(data):
    """Standard input that holds a little of a log, and ends."""
    def case(_stage, stack):
        read_end, write_end = os.pipe()
        stack.callback(os.close, read_end)
        with open(data.log(), "rb") as log:
            os.write(write_end, log.read(32 << 10))
        os.close(write_end)
        return ["-"], read_end
    return case


def fifo(data):
    """A named pipe that holds a little of a log, and goes on."""
    def case(stage, stack):
        path = stage.directory / "pipe"
        if not path.exists():
            os.mkfifo(path)
        end = os.open(path, os.O_RDWR)
        stack.callback(os.close, end)
        with open(data.log(), "rb") as log:
            os.write(end, log.read(32 << 10))
        return [str(path)], subprocess.DEVNULL
    return case


def kinds_of(data):
    """What the program opens, other than a log at rest: arguments, or a function as in `first_frames`."""
    return {
        "4 GiB UTF-16": [data.utf16()],
        "64 MiB Latin-1": [data.made("latin1", "latin1.txt", 64 << 20)],
        "64 MiB Shift_JIS": [data.made("sjis", "sjis.txt", 64 << 20)],
        "64 MiB with CR": [data.made("cr", "cr.txt", 64 << 20)],
        "1 GiB single line": [data.line()],
        "1 TiB sparse file": [data.sparse("sparse-1t.img", 1024 * GIB)],
        "standard input": pipe(data),
        "named pipe": fifo(data),
        "/proc/cpuinfo": ["/proc/cpuinfo"],
        "part of a log": ["--range", "64M..+64K", data.log()],
        "read-only log": ["--read-only", data.log()],
    }


def walk(window):
    """Through the document: its end, back, wrapped and not, as text and as hex."""
    window.wait_for_state(len=lambda length: length > 0)
    for view in ("ctrl+1", "ctrl+2", "ctrl+3"):
        window.key(view)
        window.key("ctrl+End")
        window.wait_for_state(timeout=60, offset=lambda offset: offset >= window.state["len"] - 1)
        press(window.stage, "Page_Up", 100)
        window.key("alt+z")
        press(window.stage, "Page_Up", 50)
        window.key("alt+z", "ctrl+Home")
        window.wait_for_state(timeout=60, offset=0)
        press(window.stage, "Page_Down", 100)
    time.sleep(3)
    window.expect_alive()


def kinds(report, data, options):
    cases = kinds_of(data)
    first_frames(report, options.rounds, {"1 KiB file": [data.small()], **cases})
    with Stage("kinds") as stage:
        bare = open_window(stage, log="state")
        time.sleep(3)
        bare_kib = anonymous_kib(bare)
        bare.kill()
        report.add("anonymous memory of a bare window", bare_kib / 1024, "MiB")

        def walked(name, case):
            with contextlib.ExitStack() as stack:
                arguments, stdin = case(stage, stack) if callable(case) else (case, subprocess.DEVNULL)
                window = open_window(stage, *arguments, log="state", stdin=stdin)
                for tab in range(window.wait_for_state()["tabs"]):
                    if tab > 0:
                        window.key("ctrl+Tab")
                    walk(window)
                report.add(f"… above it: {name}, walked through", (anonymous_kib(window) - bare_kib) / 1024, "MiB", 40)
                window.kill()

        for name, case in cases.items():
            walked(name, case)
        walked("64 MiB of gzip", [data.packed()])
        at_rest = [case[0] for case in cases.values() if not callable(case) and len(case) == 1]
        walked(f"{len(at_rest)} of them in one window", at_rest)


# Appends a block at a time and says on standard output how long the file then is, and when: `LENGTH SECONDS`.
WRITER = """
import sys, time
path, block, seconds, rate = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
text = b"".join(b"%012d appended while somebody looks on, until it scrolls out of sight\\n" % n for n in range(block // 70))
length = 0
begin = time.monotonic()
with open(path, "ab", buffering=0) as file:
    while (now := time.monotonic() - begin) < seconds:
        if length > now * rate:
            time.sleep(0.001)
            continue
        length += file.write(text)
        print(length, time.monotonic(), flush=True)
"""

# Bytes a second, and in one write.
APPENDED, APPEND = 50_000_000, 500_000


def busy_ns(window):
    """CPU time of all threads that there were, of the main one, and of those that draw for it."""
    process = pathlib.Path(f"/proc/{window.process.pid}")
    main, drawing = 0, 0
    for task in process.glob("task/*"):
        try:
            name, spent = (task / "comm").read_text().strip(), int((task / "schedstat").read_text().split()[0])
        except FileNotFoundError:
            continue
        if task.name == str(window.process.pid):
            main = spent
        # Mesa's: `llvmpipe-0`, and `hextant:sh0` and the like.
        elif name.startswith("llvmpipe") or ":" in name:
            drawing += spent
    return cpu_ticks(window) * 1_000_000_000 // TICKS_PER_SEC, main, drawing


def follow(report, data, options):
    path = data.directory / "followed.log"
    path.write_bytes(b"")
    with Stage("follow") as stage:
        window = open_window(stage, "--log", "state", "--follow", str(path))
        first = len(numbers(window, "frame", "ui-ms"))
        before = busy_ns(window)
        begun = time.monotonic()
        writer = subprocess.Popen([sys.executable, "-c", WRITER, path, str(APPEND), str(options.seconds), str(APPENDED)],
                                  stdout=subprocess.PIPE)
        stage.processes.append(writer)
        appended, seen = [], []

        def look():
            now, length = time.monotonic(), window.state.get("len", 0)
            if not seen or seen[-1][0] < length:
                seen.append((length, now))

        os.set_blocking(writer.stdout.fileno(), False)
        rest, ended = b"", None
        while ended is None or (seen[-1][0] < appended[-1][0] and time.monotonic() < ended + 10):
            rest += writer.stdout.read() or b""
            *lines, rest = rest.split(b"\n")
            appended += [(int(length), float(when)) for length, when in map(bytes.split, lines)]
            look()
            if ended is None and writer.poll() is not None and not lines:
                ended = time.monotonic()
            time.sleep(0.002)
        took = time.monotonic() - begun
        expect(writer.returncode == 0 and appended, "the writer failed")
        spent = [after - earlier for after, earlier in zip(busy_ns(window), before)]
        window.wait_for_state(follow=1, modified=0, toasts=0, bar=0, len=appended[-1][0])
        expect(path.stat().st_size == appended[-1][0], "the writer told another length")
        frames, thoughts = (numbers(window, "frame", field)[first:] for field in ("ui-ms", "think-ms"))
        rate = appended[-1][0] / (appended[-1][1] - begun) / 1e6
        expect(rate >= 0.9 * APPENDED / 1e6, f"only {rate:.0f} MB/s were written")
        # The frames of the window are written to a pipe and read here, which is part of the wait that is measured.
        waits, at = [], 0
        for length, when in appended:
            while at < len(seen) and seen[at][0] < length:
                at += 1
            waits.append((seen[at][1] - when if at < len(seen) else math.inf) * 1000)
        window.kill()
    path.unlink()
    total, main, drawing = spent
    beyond = (total - main - drawing) / 1e6 + sum(thoughts)
    report.add(f"appended at {rate:.0f} MB/s for {options.seconds:g} s: CPU but for drawing, counting included",
               beyond / 10 / took, "% of a core", 10)
    report.add("… of the main thread, which draws", main / 1e7 / took, "% of a core")
    report.add("… of the threads that draw for it", drawing / 1e7 / took, "% of a core")
    report.add(f"… longest UI frame of {len(frames)}", max(frames), "ms CPU", 50)
    report.add("… longest tick before a frame", max(thoughts), "ms CPU", 50)
    report.add(f"… from append to seen, longest of {len(waits)}", max(waits), "ms", 250)
    report.add("… median", statistics.median(waits), "ms")


def memory(report, data, _options):
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


def idle(report, data, _options):
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


def scroll(report, data, _options):
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


def line(report, data, _options):
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


SECTIONS = {"startup": startup, "memory": memory, "idle": idle, "scroll": scroll, "line": line, "kinds": kinds,
            "follow": follow}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=list(SECTIONS))
    parser.add_argument("--rounds", type=int, default=20, help="starts of each case (20)")
    parser.add_argument("--seconds", type=float, default=20, help="of appending to a followed file (20)")
    parser.add_argument("--output", type=pathlib.Path, metavar="FILE")
    parser.add_argument("--data", type=pathlib.Path, default=ROOT / "target" / "bench-data", metavar="DIR")
    options = parser.parse_args()
    binary = os.environ.setdefault("HEXTANT_BIN", str(ROOT / "target" / "release" / "hextant"))
    if not os.path.isfile(binary):
        sys.exit("no release binary: cargo build --release, or name one in HEXTANT_BIN")
    report, data = Report(), Data(options.data)
    for name in options.only:
        try:
            SECTIONS[name](report, data, options)
        except Failed as failure:
            report.failed(name, failure)
    if options.output:
        options.output.write_text(report.markdown())
    print(report.markdown(), end="")
    return 1 if report.over else 0


if __name__ == "__main__":
    sys.exit(main())
