"""Files that change on disk while the real window shows them."""
import os
import shutil
import time

from stage import expect, read, wait_until

LINES = b"".join(b"line %08d\n" % n for n in range(100_000))


def append(path, content):
    with open(path, "ab") as file:
        file.write(content)


def replace(path, content):
    other = f"{path}.new"
    with open(other, "wb") as file:
        file.write(content)
    os.rename(other, path)


def what_is_appended_is_seen_without_a_key(stage):
    for content in (b"one\ntwo\n", LINES):
        path = stage.file("app.log", content)
        window = stage.start(path)
        window.wait_for_state(len=len(content), bar=0)
        append(path, b"and one more\n")
        window.wait_for_state(len=len(content) + 13, modified=0, offset=0, bar=0, toasts=0)
        window.kill()


def f6_follows_through_a_rotation(stage):
    path = stage.file("app.log", LINES)
    window = stage.start(path)
    window.wait_for_state(len=len(LINES), follow=0)
    window.key("F6")
    window.wait_for_state(follow=1)
    append(path, b"end of the old\n")
    window.wait_for_state(len=len(LINES) + 15, follow=1)
    os.rename(path, f"{path}.1")
    append(path, b"first of the new\n")
    window.wait_for_state(len=17, follow=1, modified=0, bar=0)
    append(path, b"second\n")
    window.wait_for_state(len=24, follow=1)
    append(path, LINES)
    window.wait_for_state(len=24 + len(LINES), follow=1)
    window.key("ctrl+Home")
    window.wait_for_state(follow=0)


def a_replaced_file_is_reloaded_from_the_bar_by_keyboard(stage):
    path = stage.file("notes.txt", b"old\n")
    window = stage.start(path)
    window.wait_for_state(len=4, bar=0)
    replace(path, b"the new one\n")
    window.wait_for_state(bar=1, len=4, modified=0)
    window.key("alt+Return")
    window.key("Return")
    window.wait_for_state(bar=0, len=12, modified=0)
    window.type_text("x")
    window.wait_for_state(modified=1, len=13)
    window.key("ctrl+s")
    window.wait_for_state(modified=0, bar=0, dialog="none")
    expect(read(path) == b"xthe new one\n", "the new file is the one that is edited")


def a_file_that_another_program_writes_opens_locked(stage):
    path = stage.file("app.log", b"text\n")
    sleep = shutil.which("sleep")
    with open(path, "ab") as out:
        stage.spawn([sleep, "1000"], pass_fds=[out.fileno()])
    window = stage.start(path)
    window.wait_for_state(len=5)
    time.sleep(1)
    window.type_text("x")
    window.wait_for_state(bar=1, len=5, modified=0)
    window.key("alt+Return", "Return")
    window.wait_for_state(bar=0)
    window.type_text("x")
    window.wait_for_state(len=6, modified=1)


def nothing_is_drawn_while_nothing_changes(stage):
    path = stage.file("app.log", LINES)
    window = stage.start(path, "--log", "frames")
    window.key("F6")

    def frames():
        return sum(line.startswith("frame ") for line in window.lines)

    def quiet():
        before = frames()
        time.sleep(2)
        return before and before == frames()
    wait_until(quiet, 30, "rest")
    before = frames()
    time.sleep(5)
    expect(frames() == before, f"{frames() - before} frames in 5 s without news")
    append(path, b"news\n")
    wait_until(lambda: frames() > before, what="a frame for the news")


def another_hextant_that_edits_the_file_is_told_by_a_bar(stage):
    path = stage.file("notes.txt", b"one\n")
    first = stage.start(path)
    first.wait_for_state(len=4, bar=0)
    first.type_text("mine ")
    first.wait_for_state(modified=1)
    second = stage.start(path)
    second.wait_for_state(bar=1, modified=0, len=4)
    first.process.kill()
    second.wait_for_state(bar=0, modified=0, len=4)
    expect(read(path) == b"one\n", f"the file holds {read(path)!r}")


TESTS = [value for value in list(globals().values())
         if getattr(value, "__module__", "") == __name__ and value.__code__.co_varnames[:1] == ("stage",)]
