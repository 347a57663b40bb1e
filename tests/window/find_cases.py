"""Finding and replacing in the real window."""
import os
import time

from stage import expect, read


def log(lines):
    level = ("INFO", "DEBUG", "INFO", "WARN", "INFO", "ERROR", "INFO")
    return "".join(f"2026-11-02 04:{n // 60 % 60:02}:{n % 60:02} {level[n % 7]} worker{n % 8} took {n * 37 % 400} ms\n"
                   for n in range(lines)).encode()


def finds_goes_on_replaces_all_and_saves(stage):
    contents = log(50_000)
    path = stage.file("app.log", contents)
    window = stage.start(path)
    window.wait_for_state(tab="app.log", len=len(contents))
    window.key("ctrl+f")
    window.type_text("error")
    first = contents.index(b"ERROR") + 5
    window.wait_for_state(offset=first, selection=5)
    second = contents.index(b"ERROR", first) + 5
    window.key("Return")
    window.wait_for_state(offset=second, selection=5)
    third = contents.index(b"ERROR", second) + 5
    window.key("F3")
    window.wait_for_state(offset=third, selection=5)
    window.key("ctrl+h")
    window.key("ctrl+a")
    window.type_text("SEVERE")
    window.key("ctrl+alt+Return")
    window.wait_for_state(dialog="replace")
    window.key("Return")
    window.wait_for_state(dialog="none", modified=1, len=len(contents.replace(b"ERROR", b"SEVERE")))
    window.key("ctrl+s")
    window.wait_for_state(modified=0)
    expect(read(path) == contents.replace(b"ERROR", b"SEVERE"), "every match is replaced, and nothing else")
    window.key("Escape")
    window.key("ctrl+z")
    window.wait_for_state(modified=1, len=len(contents))


def escape_comes_back_and_the_history_outlives_the_window(stage):
    path = stage.file("app.log", log(5_000))
    window = stage.start(path)
    window.key("Down", "Down")
    window.wait_for_state(line=3)
    before = window.state["offset"]
    window.key("ctrl+f")
    window.type_text("worker7")
    window.wait_for_state(selection=7)
    window.key("Return")
    window.wait_for_state(selection=7)
    window.key("Escape")
    window.wait_for_state(selection=0, offset=before)
    window.kill()
    window = stage.start(path)
    window.key("ctrl+f", "Return")
    window.wait_for_state(selection=7)


def finds_in_files_and_opens_at_the_match(stage):
    folder = os.path.join(os.path.dirname(stage.file("aside.txt", b"nothing")), "project")
    os.makedirs(os.path.join(folder, "src"))
    for name, contents in (("src/a.log", log(200)), ("src/b.txt", "zw\u00f6lf Monde\n".encode("utf-16")), ("c.log", b"x\n" * 70)):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(contents)
    window = stage.start(os.path.join(folder, "c.log"))
    window.wait_for_state(tab="c.log")
    window.key("ctrl+shift+f")
    window.type_text("monde")
    window.key("Return")
    time.sleep(1)
    window.key("Down", "Down", "Return")
    window.wait_for_state(tab="b.txt", selection=10)
    window.key("ctrl+shift+f", "ctrl+a")
    window.type_text("ERROR")
    window.key("Return")
    time.sleep(1)
    window.key("F4")
    first = log(200).index(b"ERROR")
    window.wait_for_state(tab="a.log", offset=first + 5, selection=5)
    window.key("F4")
    window.wait_for_state(tab="a.log", offset=log(200).index(b"ERROR", first + 1) + 5, selection=5)


TESTS = [
    finds_in_files_and_opens_at_the_match,
    finds_goes_on_replaces_all_and_saves,
    escape_comes_back_and_the_history_outlives_the_window,
]
