"""The program is killed while the real window has unsaved edits, and started again."""
import os
import random
import signal
import time

from stage import expect, read, wait_until

LINES = b"".join(b"line %04d of the log\n" % n for n in range(2_000))


def crash(window):
    """As nothing can be done against: the program does not get to do anything any more."""
    os.killpg(window.process.pid, signal.SIGKILL)
    wait_until(lambda: not window.alive(), what="the program to be gone")


def journals(stage):
    folder = os.path.join(stage.environment["XDG_STATE_HOME"], "hextant", "journal")
    return sorted(os.path.join(folder, name) for name in os.listdir(folder)) if os.path.isdir(folder) else []


def recover(window, **expected):
    """By keyboard: the first button of the bar."""
    window.wait_for_state(bar=1)
    window.key("alt+Return")
    window.key("Return")
    window.wait_for_state(bar=0, modified=1, **expected)


def what_was_typed_is_recovered_after_a_kill(stage):
    path = stage.file("app.log", LINES)
    window = stage.start(path)
    window.key("ctrl+g")
    window.type_text("1000")
    window.key("Return")
    window.wait_for_state(line=1000, dialog="none")
    window.type_text("typed before the crash")
    window.wait_for_state(modified=1, len=len(LINES) + 22)
    wait_until(lambda: journals(stage), what="a journal")
    time.sleep(0.1)
    expect(os.stat(journals(stage)[0]).st_mode & 0o777 == 0o600, "others may read the journal")
    crash(window)
    expect(read(path) == LINES, "the file was touched")
    window = stage.start(path)
    window.wait_for_state(len=len(LINES), modified=0, bar=1)
    recover(window, len=len(LINES) + 22)
    window.key("ctrl+s")
    window.wait_for_state(modified=0)
    at = LINES.index(b"line 0999")
    expect(read(path) == LINES[:at] + b"typed before the crash" + LINES[at:], "the file is not what was typed")
    wait_until(lambda: not journals(stage), what="the journal to go")


def a_kill_at_any_time_loses_no_more_than_the_last_keys(stage):
    path = stage.file("app.log", b"")
    dice = random.Random(5)
    for round in range(3):
        window = stage.start(path)
        text = "".join(dice.choice("abcdefgh ") for _ in range(40))
        typed = 0
        end = time.monotonic() + 0.5 + dice.random()
        for key in text:
            window.type_text(key)
            typed += 1
            if time.monotonic() > end:
                break
        crash(window)
        window = stage.start(path)
        recover(window)
        # A key that X had not handed over yet is not the program's to keep.
        length = window.state["len"]
        expect(typed - 2 <= length <= typed, f"{length} of {typed} keys are left")
        window.key("ctrl+s")
        window.wait_for_state(modified=0)
        expect(read(path) == text[:length].encode(), f"{read(path)!r} of {text!r}")
        window.key("ctrl+a", "Delete", "ctrl+s")
        window.wait_for_state(modified=0, len=0)
        window.key("ctrl+q")
        window.wait_for_exit()


def an_untitled_document_is_recovered_over_the_empty_window(stage):
    window = stage.start()
    window.key("ctrl+n")
    window.wait_for_state(tabs=1)
    window.type_text("never saved")
    window.wait_for_state(len=11, modified=1)
    wait_until(lambda: journals(stage), what="a journal")
    time.sleep(0.1)
    crash(window)
    window = stage.start()
    window.wait_for_state(tabs=0)
    # The bar comes when the journals were looked at.
    time.sleep(0.5)
    window.key("alt+Return")
    window.key("Return")
    window.wait_for_state(tabs=1, len=11, modified=1, tab="untitled")


def quitting_keeps_unsaved_edits_and_the_session(stage):
    first, second = stage.file("first.txt", LINES), stage.file("second.bin", bytes(range(256)))
    window = stage.start(first, second)
    window.wait_for_state(tabs=2, tab="second.bin", mode="hex")
    window.key("ctrl+Tab")
    window.wait_for_state(tab="first.txt")
    window.key("Down", "Down")
    window.type_text("kept ")
    window.wait_for_state(modified=1, line=3)
    window.key("ctrl+q")
    expect(window.wait_for_exit() == 0, f"exit code {window.process.returncode}")
    expect(read(first) == LINES, "the file was touched")
    window = stage.start()
    window.wait_for_state(tabs=2, tab="first.txt", modified=1, len=len(LINES) + 5, line=3, column=6, bar=0)
    window.key("ctrl+s")
    window.wait_for_state(modified=0)
    expect(read(first).startswith(b"line 0000 of the log\nline 0001 of the log\nkept line 0002"), "not what was typed")
    window.key("ctrl+Tab")
    window.wait_for_state(tab="second.bin", mode="hex")


def a_second_window_with_the_same_file_is_told_so(stage):
    path = stage.file("app.log", LINES)
    window = stage.start(path)
    window.type_text("x")
    window.wait_for_state(modified=1)
    wait_until(lambda: journals(stage), what="a journal")
    time.sleep(0.1)
    second = stage.start(path)
    second.wait_for_state(toasts=1, bar=0)


def what_cannot_be_written_down_is_not_protected(stage):
    # A folder that is none.
    os.makedirs(os.path.join(stage.environment["XDG_STATE_HOME"], "hextant"))
    with open(os.path.join(stage.environment["XDG_STATE_HOME"], "hextant", "journal"), "w"):
        pass
    path = stage.file("app.log", LINES)
    window = stage.start(path)
    window.type_text("x")
    window.wait_for_state(modified=1)
    time.sleep(0.5)
    # So quitting asks.
    window.key("ctrl+q")
    window.wait_for_state(dialog="confirm")


TESTS = [value for name, value in list(globals().items())
         if callable(value) and getattr(value, "__module__", "") == __name__
         and value.__code__.co_varnames[:1] == ("stage",) and value.__code__.co_argcount == 1
         and value is not journals]
