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


class Typist:
    """Types at random, and knows what stands in the document after each key."""

    def __init__(self, dice, text):
        self.dice, self.text, self.at = dice, text, 0
        # When each key was sent, and the text behind it.
        self.sent = [(time.monotonic(), text)]

    def strike(self, window):
        key = self.dice.choice(("letter",) * 8 + ("BackSpace", "Delete", "Left", "Right", "Return", "ctrl+Home", "ctrl+End"))
        text, at = self.text, self.at
        if key == "letter":
            letter = self.dice.choice("abcdefgh")
            window.type_text(letter)
            self.text, self.at = text[:at] + letter + text[at:], at + 1
        else:
            window.key(key)
            if key == "BackSpace" and at > 0:
                self.text, self.at = text[:at - 1] + text[at:], at - 1
            elif key == "Delete":
                self.text = text[:at] + text[at + 1:]
            elif key == "Return":
                self.text, self.at = text[:at] + "\n" + text[at:], at + 1
            else:
                places = {"Left": max(at - 1, 0), "Right": min(at + 1, len(text)), "ctrl+Home": 0, "ctrl+End": len(text)}
                self.at = places.get(key, at)
        self.sent.append((time.monotonic(), self.text))

    def texts_since(self, then):
        """All that may stand there, where what was typed until then may not be lost."""
        kept = max(number for number, (sent, _) in enumerate(self.sent) if number == 0 or sent <= then)
        return {text for _, text in self.sent[kept:]}


def kills_at_random_times_while_typing_and_saving_lose_nothing_older_than_a_moment(stage):
    seed = int(os.environ.get("HEXTANT_SEED", random.randrange(1 << 32)))
    print(f"  HEXTANT_SEED={seed}", flush=True)
    dice = random.Random(seed)
    path = stage.file("app.log", b"some text\nof two lines\n")
    for round in range(5):
        window = stage.start(path)
        typist = Typist(dice, read(path).decode())
        end = time.monotonic() + 2 + 2 * dice.random()
        saves = time.monotonic() + 3 * dice.random() if round % 2 else None
        while time.monotonic() < end:
            typist.strike(window)
            if saves and time.monotonic() > saves:
                window.key("ctrl+s")
                saves = None
        killed = time.monotonic()
        crash(window)
        window = stage.start(path)
        window.wait_for_state(tabs=1)
        # The bar comes when the journals were looked at.
        time.sleep(1)
        if window.state["bar"]:
            recover(window)
            window.key("ctrl+s")
            window.wait_for_state(modified=0)
        found = read(path).decode()
        # What the program has not been handed by then, on a busy machine, is not its to keep.
        expect(found in typist.texts_since(killed - 1.5), f"round {round}: {found!r} is not of {typist.sent[-60:]!r}")
        window.key("ctrl+q")
        window.wait_for_exit()
        wait_until(lambda: not journals(stage), what="the journals to go")


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


def the_window_is_where_it_was_and_as_large(stage):
    def place(window):
        told = stage.tool("xdotool", "getwindowgeometry", "--shell", window.id)
        values = dict(line.split("=") for line in told.split())
        return [int(values[name]) for name in ("WIDTH", "HEIGHT", "X", "Y")]
    window = stage.start(stage.file("a.txt", LINES), size=(777, 555))
    stage.tool("xdotool", "windowmove", "--sync", window.id, "123", "87")
    time.sleep(0.5)
    before = place(window)
    expect(before[:2] == [777, 555], f"it is {before}")
    window.key("ctrl+q")
    window.wait_for_exit()
    window = stage.start(size=None)
    window.wait_for_state(tabs=1)
    time.sleep(0.5)
    after = place(window)
    expect(after[:2] == before[:2], f"{after} is not as large as {before}")
    # A window manager's frame may be counted to the one and not to the other.
    expect(all(abs(now - then) <= 40 for now, then in zip(after[2:], before[2:])), f"{after} is not where {before} was")


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
         if hasattr(value, "__code__") and getattr(value, "__module__", "") == __name__
         and value.__code__.co_varnames[:1] == ("stage",) and value.__code__.co_argcount == 1
         and value is not journals]
