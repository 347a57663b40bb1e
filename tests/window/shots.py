"""Screenshots to look at: each view and state, as a person meets it."""
import gzip
import json
import os
import pathlib
import signal
import pathlib
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


def sgr(codes, text):
    return f"\x1b[{codes}m{text}\x1b[0m"


def coloured():
    """What terminals are sent: a log, all colours, all attributes, a trace whose colour goes on over lines."""
    names = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
    rows = [" ".join(sgr(first + n, f"{name:8}") for n, name in enumerate(names)) for first in (30, 90, 40, 100)]
    rows += [" ".join(sgr(f"30;{first + n}", f"{name:8}") for n, name in enumerate(names)) for first in (40, 100)]
    rows.append(" ".join(sgr(code, name) for code, name in (
        (1, "bold"), (2, "faint"), (3, "italic"), (4, "underlined"), (7, "inverse"), (9, "struck"),
        ("1;31", "bold red"), ("2;32", "faint green"), ("7;34", "inverse blue"), ("3;4;35", "italic underlined"),
        ("1", "日本語"), ("4;33", "tab\tbehind"))))
    rows.append("".join(sgr(f"38;5;{n}", "█") for n in range(16, 88)))
    rows.append("".join(sgr(f"48;5;{n}", f"{n:4}") for n in range(232, 256)))
    rows.append("".join(sgr(f"38;2;{255 - 3 * n};{3 * n};{128}", "x") for n in range(80)))
    rows.append("".join(sgr(f"48;2;{255 - 3 * n};{3 * n};{128}", "x") for n in range(80)))
    levels = {"INFO": 32, "DEBUG": 36, "WARN": "1;33", "ERROR": "1;31"}
    for n in range(40):
        name = list(levels)[n * n % 4]
        rows.append(f"{sgr(90, f'04:11:{n:02}.{n * 7919 % 1000:03}')} {sgr(levels[name], f'{name:5}')} "
                    f"{sgr(34, 'http')} request {n * 2654435761 % 2**32:08x} took {sgr(1, n * 37 % 400)} ms")
        if n % 13 == 7:
            rows.append("\x1b[31mpanic: index out of range [9] with length 9\n  goroutine 17 [running]:\n"
                        "  main.serve(0xc000010250)\x1b[0m")
    return "\n".join(rows).encode() + b"\n"


def blanks():
    return ("fn main() {   \n\tlet a = 1;\t// a tab\n    let b = 2;  // spaces\t \n\tnon\u00a0breaking, \u3000wide, \u2009thin\n"
            + "CRLF here\r\nand here  \r\nLF again\n\n   \n\u4e2d\u6587 text\n" + "long " * 60 + "end\n"
            + "}").encode()


def sparse(stage, name):
    path = stage.sparse_file(name, 1 << 40)
    with open(path, "r+b") as file:
        file.write(bytes(range(256)) + b"boot sector" * 10)
        file.seek(4096 * 3)
        file.write(b"an island of bytes " * 12)
        file.seek(5 << 30)
        file.write(b"far away " * 400)
    return path


def looked(take):
    """Both looks of a scene, the one in a large window and the other in a small one."""
    def scene(look, size):
        return lambda stage, directory, name: take(stage, directory, name, look, size)
    return scene


def ansi(setting):
    def take(stage, directory, name, look, size):
        theme(stage, look, ansi=setting)
        shoot(stage, directory, name, stage.file("server.log", coloured()), keys=["Down"] * 6 + ["shift+End"], size=size)
    return take


def whitespace(wrap):
    def take(stage, directory, name, look, size):
        theme(stage, look, show_whitespace=True, wrap=wrap)
        shoot(stage, directory, name, stage.file("blanks.txt", blanks()), keys=["Down"], size=size)
    return take


def holes(offset, text=""):
    def take(stage, directory, name, look, size):
        theme(stage, look)

        def go(window):
            window.key("ctrl+g")
            window.type_text(f"0x{offset:x}")
            window.key("Return")
            time.sleep(1)
            window.type_text(text)
        shoot(stage, directory, name, "--hex", sparse(stage, "disk.img"), size=size, then=go)
    return take


def decoded(column, text):
    def take(stage, directory, name, look, size):
        theme(stage, look, decoded=column)
        shoot(stage, directory, name, "--hex", "--encoding", "KOI8-R", stage.file("records.dat", text * 40),
              keys=["Tab", "Right"], size=size)
    return take


def clicked(*places, mode="--", content=None, name="notes.txt", then=lambda window: None, **settings):
    """After clicks, of which a negative coordinate counts from the right or the bottom."""
    def take(stage, directory, shot, look, size):
        theme(stage, look, **settings)

        def click(window):
            time.sleep(0.6)
            for x, y in places:
                window.click(x % size[0], y % size[1])
                time.sleep(0.3)
            then(window)
        shoot(stage, directory, shot, mode, stage.file(name, content or CODE.encode()), size=size, then=click,
              prefix=("env", "PATH=/nonexistent"))  # without the system's file dialogs
    return take


def searched(*steps, hex_too=False):
    """A log in which things are looked for: texts are typed, lists are keys."""
    def take(stage, directory, name, look, size):
        theme(stage, look)

        def search(window):
            for step in ([["ctrl+3"]] if hex_too else []) + list(steps):
                if isinstance(step, str):
                    window.type_text(step)
                else:
                    window.key(*step)
                time.sleep(0.6)
        shoot(stage, directory, name, stage.file("service.log", log(20_000)), size=size, then=search)
    return take


def in_files(text):
    """What is found in a folder of many files."""
    def take(stage, directory, name, look, size):
        theme(stage, look)
        root = pathlib.Path(stage.file("service.log", log(60))).parent / "work"
        for number in range(6):
            folder = root / f"part{number}"
            folder.mkdir(parents=True)
            (folder / "service.log").write_bytes(log(40 * (number + 1)))
            (folder / "notes.txt").write_text("Why it failed: \terror \x1b[31min red\x1b[0m, then " + "x" * 500 + " and ERROR at last\n" * 2)
            (folder / "ROOT.md").write_text("nothing\n")
        file = str(root / "part0" / "service.log")

        def search(window):
            window.key("ctrl+shift+f")
            window.type_text(text)
            for _ in range(8):  # over the switches to the folder
                window.key("Tab")
            window.key("ctrl+a")
            window.type_text(str(root))
            window.key("Return")
            time.sleep(1)
            window.key("Down", "Down", "Down")
            time.sleep(0.5)
        shoot(stage, directory, name, file, size=size, then=search)
    return take


def traces(lines):
    """A log in which some lines have a stack trace."""
    trace = "  java.io.IOException: no space left on device\n    at Store.write(Store.java:212)\n    at Main.run(Main.java:31)\n"
    rows = log(lines).decode().splitlines(keepends=True)
    return "".join(row + (trace if n % 9 == 4 else "") for n, row in enumerate(rows)).encode()


def listed(*steps, **options):
    """The list of matching lines, by filters of the last time: texts are typed, lists are keys."""
    entries = (("show", "IOException"), ("hide", "worker1"), ("color", "Store"), ("color", "Main.run"))

    def take(stage, directory, name, look, size):
        theme(stage, look)
        path = stage.file("service.log", traces(5_000))
        state = pathlib.Path(stage.environment["XDG_STATE_HOME"]) / "hextant"
        state.mkdir(parents=True, exist_ok=True)
        lines = "".join(f"{key} = {json.dumps(value)}\n" for key, value in options.items())
        filters = "".join(
            f'[[lines.entries]]\nrole = "{role}"\nis_on = true\ncolor = {color}\nquery = {{ text = "{text}" }}\n'
            for color, (role, text) in enumerate(entries))
        session = f'[[open]]\npath = "{path}"\nis_active = true\nmarks = [200, 1000]\n[lines]\n{lines}{filters}'
        (state / "session.toml").write_text(session)

        def do(window):
            time.sleep(0.8)
            for step in steps:
                if isinstance(step, str):
                    window.type_text(step)
                else:
                    window.key(*step)
                time.sleep(0.6)
        shoot(stage, directory, name, size=size, then=do)
    return take


def typed(text, *keys):
    def type_them(window):
        window.type_text(text)
        time.sleep(0.3)
        for key in keys:
            window.key(key)
            time.sleep(0.5)
    return type_them


def binary():
    with open("/bin/true", "rb") as file:
        return file.read()


def shoot(stage, directory, name, *arguments, keys=(), text="", size=(1200, 800), then=None, environment=None, prefix=()):
    stage.environment.update(environment or {})
    window = stage.start(*arguments, size=size, prefix=prefix)
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


def theme(stage, wanted, **others):
    """Settings that choose a theme whatever the system says, and others."""
    lines = (f"{name} = {json.dumps(value)}\n" for name, value in others.items())
    stage.settings(f'theme = "{wanted}"\n' + "".join(lines))


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


def reviewed(wanted, size, keys=(), mode=()):
    """A scene of the list of edits."""
    def take(stage, directory, name):
        theme(stage, wanted)

        def edit(window):
            window.key(*mode)
            window.key("Down", "Home", "shift+End")
            window.type_text("a line of its own")
            window.key("Down", "Down", "Home", "ctrl+Delete", "ctrl+Delete", "End")
            window.type_text(" and more")
            window.key("ctrl+End")
            window.type_text("at the end\nof it all\n")
            window.key("alt+F8")
            time.sleep(0.5)
            window.key("Home", *keys)
        shoot(stage, directory, name, stage.file("service.log", log(2_000)), size=size, then=edit)
    return take


def not_protected(stage, directory, name):
    os.makedirs(os.path.join(stage.environment["XDG_STATE_HOME"], "hextant"))
    with open(os.path.join(stage.environment["XDG_STATE_HOME"], "hextant", "journal"), "w"):
        pass
    shoot(stage, directory, name, stage.file("service.log", log(2_000)), text="x")

REOPEN, CONVERT, OPEN_PART = ((93, 13), (150, 244)), ((55, 13), (100, 430)), ((20, 13), (60, 94))
LOOKS = (("light", (1100, 700)), ("dark", (800, 500)), ("dark-large", (1100, 700)), ("light-small", (800, 500)))
LOOKED = {
    "find": searched(["ctrl+f"], "worker3", ["Return", "F3"]),
    "find-both": searched(["ctrl+f"], "debug", ["Return"], hex_too=True),
    "find-nothing": searched(["ctrl+f"], "no such thing"),
    "find-wrong-pattern": searched(["ctrl+f", "alt+r"], "took (\\d+"),
    "find-look-around": searched(["ctrl+f", "alt+r"], "took (?=9)"),
    "find-encoding": searched(["ctrl+f"], "worker3", ["Tab"] * 13, ["space"]),
    "replace": searched(["ctrl+h"], "debug", ["Tab"], "SEVERE", ["Return"]),
    "replace-all": searched(["ctrl+h"], "debug", ["Return", "ctrl+h", "ctrl+a"], "SEVERE", ["ctrl+alt+Return"]),
    "lines": searched(["ctrl+f"], "debug", ["F7"]),
    "lines-around": listed(["ctrl+shift+l"], context=2),
    "records": listed(["ctrl+shift+l"], records=True, record="^\\d{4}-\\d\\d"),
    "words": searched(["Right"] * 27, ["ctrl+shift+1", "Down", "ctrl+F2", "Down", "ctrl+shift+2"]),
    "ansi-rendered": ansi("rendered"), "ansi-hidden": ansi("hidden"), "ansi-badges": ansi("badges"),
    "whitespace": whitespace(False), "whitespace-wrapped": whitespace(True),
    "holes": holes(0x3040), "holes-typed": holes(1 << 39, "ff00aa"),
    "decoded-ebcdic": decoded("ebcdic", "Hello, record 42. ".encode("cp037") + b"\x00\x1c\x25\xff"),
    "decoded-document": decoded("document", "Привет, мир! ".encode("koi8-r") + b"\x00\x1c\x9a"),
    "dialog-reopen-encoding": clicked(*REOPEN),
    "dialog-reopen-narrowed": clicked(*REOPEN, then=typed("cyr", "Down")),
    "dialog-no-such-encoding": clicked(*REOPEN, then=typed("klingon")),
    "dialog-convert-encoding": clicked(*CONVERT),
    "dialog-conversion-loses": clicked(*CONVERT, content=LANGUAGES.encode(), then=typed("latin-1", "Return")),
    "dialog-open-part-of": clicked(*OPEN_PART),
    "dialog-open-part": clicked(*OPEN_PART, then=typed("notes.txt", "Return")),
    "dialog-open-part-wrong": clicked(*OPEN_PART, then=lambda window: (
        typed("notes.txt", "Return")(window), typed("5..2", "Return")(window))),
    "dialog-save-compressed": clicked(name="server.log.gz", content=gzip.compress(log(500)), then=lambda window: (
        typed("x", "alt+Return", "Return")(window), typed("x", "ctrl+s")(window))),
    "found-in-files": in_files("error"),
    "menu-file": clicked((20, 13)), "menu-view": clicked((93, 13)), "menu-edit": clicked((55, 13)),
    "status-encoding": clicked((-152, -12)),
    "status-line-ends": clicked((-110, -12), content=blanks()),
}

SCENES = {
    **{f"{name}-{look}": looked(take)(look.split("-")[0], size) for name, take in LOOKED.items()
       for look, size in LOOKS},
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
    "review-light": reviewed("light", (1100, 700), keys=["Down"]),
    "review-dark": reviewed("dark", (800, 500)),
    "review-narrow": reviewed("light", (520, 400)),
    "review-hex-dark": reviewed("dark", (1100, 700), mode=["ctrl+2", "Tab"]),
    **{f"recovery-{what}-{look}": recovery(look, size, keys) for what, keys in (("bar", ()), ("compare", ("Tab", "Return")))
       for look, size in (("light", (1000, 520)), ("dark", (760, 520)))},
    "not-protected": not_protected,
    "confirm": lambda stage, directory, name: shoot(
        stage, directory, name, stage.file("service.log", log(2_000)), text="x", then=lambda window: window.key("ctrl+w")),
    "changed-on-disk": changed_on_disk,
    "empty": lambda stage, directory, name: shoot(stage, directory, name, stage.file("empty.txt")),
}
