#!/usr/bin/python3
"""Drives the real program in a real X window, and looks at the bytes that it leaves on disk.

    tests/window/run.py [NAME…]              the tests whose name contains one of NAME, or all
    tests/window/run.py --shots DIR [NAME…]  writes screenshots instead
    HEXTANT_BIN=PATH tests/window/run.py     another binary than target/debug/hextant

A failed test leaves its screenshot and the program's stderr in target/window-failures/.
"""
import argparse
import os
import pathlib
import shutil
import signal
import sys
import time
import traceback

sys.dont_write_bytecode = True

import cases  # noqa: E402
import find_cases  # noqa: E402
import kinds  # noqa: E402
import live_cases  # noqa: E402
import recovery_cases  # noqa: E402
import shots  # noqa: E402
from stage import Failed, ROOT, Skipped, Stage, binary, expect  # noqa: E402

TOOLS = ("Xvfb", "openbox", "xdotool", "xprop", "import", "zenity", "xclip", "setpriv")
TEST_SECS = 120
TESTS = [*cases.TESTS, *find_cases.TESTS, *live_cases.TESTS, *kinds.TESTS, *recovery_cases.TESTS]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--shots", type=pathlib.Path, metavar="DIR")
    parser.add_argument("--list", action="store_true", help="list the tests")
    options = parser.parse_args()
    if options.list:
        for test in TESTS:
            print(test.__name__)
        return 0
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        sys.exit(f"missing: {', '.join(missing)}; tests/run installs them")
    if not binary().is_file():
        sys.exit(f"{binary()} is not there; build it first, or name it in HEXTANT_BIN")
    if options.shots:
        return 1 if shots.take(options.shots.absolute(), *options.names[:1]) else 0
    tests = [test for test in TESTS
             if not options.names or any(name in test.__name__ for name in options.names)]
    return run(tests)


def run(tests):
    passed, failed, skipped = 0, [], 0
    signal.signal(signal.SIGALRM, too_long)
    for test in tests:
        name, start = test.__name__, time.monotonic()
        try:
            run_one(test)
            passed += 1
            word = "ok"
        except Skipped as reason:
            skipped += 1
            word = f"skipped: {reason}"
        except Exception as error:
            failed.append(name)
            word = f"FAILED\n{explain(error)}"
        print(f"window test {name} ({time.monotonic() - start:.1f} s) ... {word}", flush=True)
    if failed:
        print(f"\nfailed: {', '.join(failed)}")
    print(f"\nwindow tests: {passed} passed, {len(failed)} failed, {skipped} skipped")
    # A run in which nothing ran proves nothing.
    return 0 if passed and not failed else 1


def run_one(test):
    signal.alarm(TEST_SECS)
    try:
        with Stage(test.__name__) as stage:
            try:
                test(stage)
                for window in stage.windows:
                    window.kill()
                    expect(not window.panicked(), "the program panicked")
            except Skipped:
                raise
            except BaseException:
                keep_evidence(stage)
                raise
    finally:
        signal.alarm(0)


def too_long(*_):
    raise Failed(f"the test took longer than {TEST_SECS} s")


def explain(error):
    if isinstance(error, Failed):
        frame = [entry for entry in traceback.extract_tb(error.__traceback__) if entry.filename.endswith("cases.py")]
        where = f"{os.path.basename(frame[-1].filename)}:{frame[-1].lineno}: {frame[-1].line}\n  " if frame else ""
        return f"  {where}{error}"
    return "".join(traceback.format_exception(error))


def keep_evidence(stage):
    directory = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "window-failures"
    directory.mkdir(parents=True, exist_ok=True)
    try:
        stage.tool("import", "-window", "root", f"png:{directory / stage.name}.png", check=False)
    except Exception as error:
        print(f"no screenshot: {error}")
    for window in stage.windows:
        tail = [*window.lines[-25:], *(f"last state: {state}" for state in window.states[-1:])]
        if tail:
            print("\n".join(f"  | {line}" for line in tail), flush=True)
        with open(directory / f"{stage.name}.log", "a") as file:
            file.write("\n".join([*window.lines, *map(str, window.states)]) + "\n")


if __name__ == "__main__":
    sys.exit(main())
