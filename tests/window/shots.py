"""Screenshots to look at: each view and state, as a person meets it."""
import os
import signal
import time

from stage import Stage, wait_until

CODE = """\
//! A sample: spaces, tabs and columns.
fn main() {
\tlet needle = "sextant";   // a tab, then spaces
    for (line, text) in haystack.lines().enumerate() {
        if text.contains(needle) && line != 0 { println!("{line:>8} -> {text}"); }
    }
}
"""
LANGUAGES = """\
English  The quick brown fox jumps over the lazy dog 0O 1lI| {}[]()
Čeština  Příliš žluťoučký kůň úpěl ďábelské ódy
Ελληνικά Ξεσκεπάζω την ψυχοφθόρα βδελυγμία
Русский  Съешь же ещё этих мягких французских булок
日本語   いろはにほへと ちりぬるを 漢字とカタカナ ｱｲｳ
中文     天地玄黃 宇宙洪荒
한국어   키스의 고유조건은 입술끼리 만나야 하고
العربية  نص حكيم له سر قاطع
עברית    דג סקרן שט בים מאוכזב
marks    e\u0301 a\u0308 n\u0303 | emoji 😀 👩\u200d🚀 🇨🇿 | box ┌─┬─┐│░▒▓█ ␀␛
"""


def log(lines):
    levels = ("INFO ", "DEBUG", "WARN ", "ERROR")
    return "".join(
        f"2026-11-02T04:{n // 60 % 60:02}:{n % 60:02}.{n * 7919 % 1000:03}Z {levels[n * n % 4]} "
        f"[{n * 31 % 997}] worker{n % 8}: request {n * 2654435761 % 2**32:08x} took {n * 37 % 400} ms\n"
        for n in range(lines)).encode()


def broken():
    return (LANGUAGES.encode() + b"broken   \xff\xfe latin-1 caf\xe9, cut short \xe6\x97, lone \x80, NUL \x00, ESC \x1b[31m\n"
            + "bidi     \u202ereversed\u202c zero\u200bwidth\n".encode() + b"lone CR  a\rb\nno last newline")


def binary():
    with open("/bin/true", "rb") as file:
        return file.read()


def shoot(stage, directory, name, *arguments, keys=(), text="", size=(1200, 800), then=None, environment=None):
    stage.environment.update(environment or {})
    window = stage.start(*arguments, size=size)
    window.key(*keys)
    if text:
        window.type_text(text)
    if then:
        then(window)
    time.sleep(0.8)
    window.screenshot(directory / f"{name}.png")
    window.expect_alive()


def take(directory, only=None):
    """Writes the screenshots into `directory`; returns the names of those that failed, with the reason."""
    directory.mkdir(parents=True, exist_ok=True)
    failed = []
    for name, scene in SCENES.items():
        if only and only not in name:
            continue
        try:
            with Stage(name) as stage:
                scene(stage, directory, name)
            print(f"shot {directory / name}.png", flush=True)
        except Exception as error:  # each shot stands alone
            failed.append((name, error))
            print(f"FAILED shot {name}: {error}", flush=True)
    return failed


def theme(stage, wanted):
    """Settings that choose a theme whatever the system says."""
    stage.settings(f'theme = "{wanted}"\n')


def themed(wanted):
    def scene(stage, directory, name):
        theme(stage, wanted)
        shoot(stage, directory, name, stage.file("service.log", log(20_000)), keys=["Page_Down", "Down", "shift+End"])
    return scene


def drop_overlay(stage, directory, name):
    paths = [stage.file(f"dropped {n}.txt", b"x\n") for n in range(3)]

    def drag(window):
        stage.drag(*paths, over=window)
    shoot(stage, directory, name, stage.file("service.log", log(2_000)), then=drag)
    stage.drop()


def changed_on_disk(stage, directory, name):
    path = stage.file("service.log", log(2_000))

    def clash(window):
        window.wait_for_state(modified=1)
        stage.file("service.log", b"somebody else wrote this\n")
        window.key("ctrl+s")
        wait_until(lambda: window.state["dialog"] != "none" or window.state["toasts"], what="a question")
    shoot(stage, directory, name, path, text="mine", then=clash)


def bar(happens, edited=False, follows=False, read_only=False):
    """A scene of the bar after `happens(path)` to the file of a log."""
    def scene(wanted, size):
        def take(stage, directory, name):
            theme(stage, wanted)
            path = stage.file("service.log", log(20_000))

            def change(window):
                if follows:
                    window.key("F6")
                if edited:
                    window.type_text("mine")
                    window.wait_for_state(modified=1)
                if read_only:
                    window.type_text("x")
                else:
                    happens(path)
                wait_until(lambda: window.state["bar"], what="a bar")
            shoot(stage, directory, name, *(["--read-only"] if read_only else []), path, size=size, then=change)
        return take
    return scene


def touched(path):
    with open(path, "r+b") as file:
        file.write(b"####")


def longer(path):
    with open(path, "ab") as file:
        file.write(log(20))


def replaced(path):
    with open(path + ".new", "wb") as file:
        file.write(log(30))
    os.rename(path + ".new", path)


BARS = {
    "replaced": bar(replaced), "replaced-edited": bar(replaced, edited=True),
    "rewritten": bar(touched), "rewritten-edited": bar(touched, edited=True),
    "truncated": bar(lambda path: os.truncate(path, 2000)),
    "truncated-edited": bar(lambda path: os.truncate(path, 2000), edited=True),
    "removed": bar(os.remove), "removed-edited": bar(os.remove, edited=True),
    "removed-followed": bar(os.remove, follows=True),
    "appended-edited": bar(longer, edited=True),
    "locked": bar(None, read_only=True),
}



def recovery(wanted, size, keys):
    """A scene of the bar after a crash, or of what its buttons lead to."""
    def take(stage, directory, name):
        theme(stage, wanted)
        path = stage.file("service.log", log(2_000))
        window = stage.start(path)
        window.key("Down", "Home", "shift+End")
        window.type_text("a line that was written before the crash")
        window.key("Down", "Down", "Home", "ctrl+Delete", "ctrl+Delete", "End")
        window.type_text(" and more")
        time.sleep(0.5)
        os.killpg(window.process.pid, signal.SIGKILL)

        def answer(window):
            window.wait_for_state(bar=1)
            if keys:
                window.key("alt+Return", *keys)
        shoot(stage, directory, name, path, size=size, then=answer)
    return take


def not_protected(stage, directory, name):
    os.makedirs(os.path.join(stage.environment["XDG_STATE_HOME"], "hextant"))
    with open(os.path.join(stage.environment["XDG_STATE_HOME"], "hextant", "journal"), "w"):
        pass
    shoot(stage, directory, name, stage.file("service.log", log(2_000)), text="x")


SCENES = {
    **{f"bar-{name}-{look}": scene(look, size) for name, scene in BARS.items()
       for look, size in (("light", (1000, 420)), ("dark", (600, 420)))},
    "welcome": lambda stage, directory, name: shoot(stage, directory, name),
    "text": lambda stage, directory, name: shoot(
        stage, directory, name, stage.file("sample.rs", (CODE * 40).encode()), keys=["Down", "Down", "End"], text=" // edited"),
    "hex": lambda stage, directory, name: shoot(
        stage, directory, name, stage.file("service.log", log(20_000)), keys=["ctrl+2", "Down", "shift+Down"]),
    "both": lambda stage, directory, name: shoot(
        stage, directory, name, stage.file("service.log", log(20_000)), keys=["ctrl+3", "Down", "ctrl+shift+Right"],
        size=(1400, 900)),
    "dark": themed("dark"),
    "light": themed("light"),
    "small-800x500": lambda stage, directory, name: shoot(
        stage, directory, name, stage.file("service.log", log(20_000)), keys=["ctrl+3"], size=(800, 500)),
    "binary": lambda stage, directory, name: shoot(
        stage, directory, name, stage.file("program", binary()), keys=["Page_Down"]),
    "languages-and-broken-utf8": lambda stage, directory, name: shoot(
        stage, directory, name, stage.file("languages.txt", broken()), keys=["ctrl+1", "ctrl+End"]),
    "huge": lambda stage, directory, name: shoot(
        stage, directory, name, stage.sparse_file("huge.img", 100 << 30), keys=["ctrl+End"]),
    "demo": lambda stage, directory, name: shoot(stage, directory, name, "--demo", keys=["ctrl+End", "Page_Up"]),
    "goto": lambda stage, directory, name: shoot(
        stage, directory, name, stage.file("service.log", log(20_000)), keys=["ctrl+g"], text="50%"),
    "keys": lambda stage, directory, name: shoot(stage, directory, name, keys=["F1"], size=(1200, 900)),
    "drop-overlay": drop_overlay,
    "error": lambda stage, directory, name: shoot(
        stage, directory, name, stage.file("good.txt", b"a good file\n"), "there is no such file.txt"),
    **{f"recovery-{what}-{look}": recovery(look, size, keys) for what, keys in (("bar", ()), ("compare", ("Tab", "Return")))
       for look, size in (("light", (1000, 520)), ("dark", (760, 520)))},
    "not-protected": not_protected,
    "confirm": lambda stage, directory, name: shoot(
        stage, directory, name, stage.file("service.log", log(2_000)), text="x", then=lambda window: window.key("ctrl+w")),
    "changed-on-disk": changed_on_disk,
    "empty": lambda stage, directory, name: shoot(stage, directory, name, stage.file("empty.txt")),
}
