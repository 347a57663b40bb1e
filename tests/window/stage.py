"""A stage for one test: an X display of its own with a window manager, a home of its own, and the program on it.

Standard library only. The tools behind it: Xvfb, openbox, xdotool, import (ImageMagick), zenity, xclip.
"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SCREEN = (1600, 1000)
# Generous: a loaded two-core machine that draws by software.
PATIENCE_SECS = 20

OPENBOX = """<?xml version="1.0"?>
<openbox_config xmlns="http://openbox.org/3.4/rc">
  <focus><focusNew>yes</focusNew></focus>
  <desktops><number>1</number></desktops>
  <keyboard><keybind key="A-F4"><action name="Close"/></keybind></keyboard>
  <applications>
    <application class="*"><decor>no</decor></application>
    <application name="hextant"><position force="yes"><x>0</x><y>0</y></position></application>
  </applications>
</openbox_config>
"""

# Without a tab only toasts, tabs and dialog are told. A column far into a long line may be "?", a line "~12".
STATE = re.compile(
    r"^state tab=(?P<tab>.*?)"
    r"(?: len=(?P<len>\d+) modified=(?P<modified>[01]) mode=(?P<mode>\w+) line=(?P<line>\S+) column=(?P<column>\S+)"
    r" offset=(?P<offset>\d+) selection=(?P<selection>\d+) lines=(?P<lines>\S+)"
    r" follow=(?P<follow>[01]) bar=(?P<bar>[01]))?"
    r" toasts=(?P<toasts>\d+) tabs=(?P<tabs>\d+) dialog=(?P<dialog>\w+)$"
)
WORDS = {"tab", "mode", "lines", "dialog"}


class Failed(AssertionError):
    """The program did not do what the test expects."""


class Skipped(Exception):
    """The test cannot run on this machine."""


def wait_until(condition, timeout=PATIENCE_SECS, what="a condition", interval=0.03):
    """Polls until `condition()` is truthy and returns what it returned; `what` may be a function."""
    deadline = time.monotonic() + timeout
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise Failed(f"{timeout} s passed without {what() if callable(what) else what}")
        time.sleep(interval)


def expect(condition, message):
    if not condition:
        raise Failed(message)


def binary():
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    return pathlib.Path(os.environ.get("HEXTANT_BIN", target / "debug" / "hextant")).absolute()


class Stage:
    """The display, the home and the files of one test; everything ends with it."""

    def __init__(self, name):
        self.name = name
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="hextant-test-"))
        self.files = self.directory / "files"
        self.files.mkdir()
        self.processes = []
        self.windows = []
        self.mounts = []
        self.environment = self._environment()

    def __enter__(self):
        try:
            self._start_display()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def _environment(self):
        environment = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(self.directory / "home"),
            "XDG_RUNTIME_DIR": str(self.directory / "run"),
            "XDG_SESSION_TYPE": "x11",
            # No session bus, no portal: what a bare X session has. "disabled:" keeps libdbus from starting one.
            "DBUS_SESSION_BUS_ADDRESS": "disabled:",
            "NO_AT_BRIDGE": "1",
            "GSETTINGS_BACKEND": "memory",
            "GDK_BACKEND": "x11",
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "RUST_BACKTRACE": "1",
        }
        for kind in ("CONFIG", "DATA", "STATE", "CACHE"):
            environment[f"XDG_{kind}_HOME"] = str(self.directory / "home" / kind.lower())
        for key in ("HOME", "XDG_RUNTIME_DIR"):
            os.makedirs(environment[key], mode=0o700)
        return environment

    def _start_display(self):
        read_end, write_end = os.pipe()
        width, height = SCREEN
        self.spawn(
            ["Xvfb", "-displayfd", str(write_end), "-screen", "0", f"{width}x{height}x24",
             "-nolisten", "tcp", "-noreset"],
            pass_fds=[write_end],
        )
        os.close(write_end)
        with os.fdopen(read_end) as answer:
            number = answer.readline().strip()
        expect(number, f"Xvfb did not start:\n{self.log('Xvfb')}")
        self.environment["DISPLAY"] = f":{number}"
        config = self.directory / "openbox.xml"
        config.write_text(OPENBOX)
        self.spawn(["openbox", "--config-file", str(config)])
        wait_until(lambda: "window id" in self.tool("xprop", "-root", "_NET_SUPPORTING_WM_CHECK", check=False),
                   what="a window manager")

    def spawn(self, command, **options):
        """Starts a companion process; its output goes to a file, see `log`."""
        log = open(self.directory / f"{pathlib.Path(command[0]).name}.log", "ab")
        options.setdefault("stdin", subprocess.DEVNULL)
        process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log,
                                   start_new_session=True, **options)
        log.close()
        self.processes.append(process)
        return process

    def log(self, name):
        path = self.directory / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def tool(self, *command, check=True, stdin=None):
        """Runs a short command on this display and returns its output."""
        done = subprocess.run(command, env=self.environment, input=stdin, timeout=30, text=True, errors="replace",
                              stdin=subprocess.DEVNULL if stdin is None else None,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if check and done.returncode != 0:
            raise Failed(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def close(self):
        for window in self.windows:
            window.kill()
        for mount in self.mounts:
            subprocess.run(["umount", "-l", mount], stderr=subprocess.DEVNULL)
        for process in reversed(self.processes):
            end(process)
        shutil.rmtree(self.directory, ignore_errors=True)

    # Files.

    def file(self, name, content=b""):
        """A file of this test; `name` may be bytes that are not UTF-8."""
        path = os.path.join(os.fsencode(self.files), os.fsencode(name))
        with open(path, "wb") as file:
            file.write(content)
        return os.fsdecode(path)

    def sparse_file(self, name, length):
        path = self.file(name)
        os.truncate(path, length)
        return path

    def on_slow_disk(self, path, *options):
        """The file as a slow or broken disk has it (`slow_disk.py`)."""
        mount = self.files / f"disk{len(self.mounts)}"
        mount.mkdir()
        disk = self.spawn(["/usr/bin/python3", str(HERE / "slow_disk.py"), str(mount), path, *options])
        self.mounts.append(str(mount))
        wait_until(lambda: disk.poll() is not None or os.path.ismount(mount), what="the slow disk")
        if disk.poll() is not None:
            said = self.log("python3").strip().splitlines()
            raise Skipped(f"nothing can be mounted here: {said[-1] if said else disk.returncode}")
        return str(mount / os.path.basename(path))

    def settings(self, text):
        """What the person set, as it stands in their file."""
        directory = os.path.join(self.environment["XDG_CONFIG_HOME"], "hextant")
        os.makedirs(directory, exist_ok=True)
        with open(os.path.join(directory, "settings.toml"), "w") as file:
            file.write(text)

    # The program.

    def start(self, *arguments, size=(1000, 700), prefix=(), log="state", wait=True,
              stdin=subprocess.DEVNULL):
        window = Window(self, ["--log", log, *arguments], prefix, stdin)
        self.windows.append(window)
        if wait:
            window.wait_for_window()
            if size:
                window.resize(*size)
            window.wait_for_state()
        return window

    def run(self, *arguments, display=True, timeout=PATIENCE_SECS):
        """Runs the program to its end; for what ends by itself."""
        environment = dict(self.environment)
        if not display:
            del environment["DISPLAY"]
        return subprocess.run([binary(), *arguments], env=environment, stdin=subprocess.DEVNULL, timeout=timeout,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace")

    # The clipboard, as another program sees it.

    def clipboard(self):
        return self.tool("xclip", "-selection", "clipboard", "-o", check=False)

    def set_clipboard(self, text):
        content = self.directory / "clipboard"
        content.write_text(text)
        self.spawn(["xclip", "-quiet", "-selection", "clipboard", "-i", str(content)])
        wait_until(lambda: self.clipboard() == text, what="xclip to own the clipboard")

    # The other ways to hand over a file.

    def pick_in_dialog(self, path):
        """Answers the zenity window that is about to open."""
        found = wait_until(
            lambda: self.tool("xdotool", "search", "--onlyvisible", "--class", "zenity", check=False).split(),
            what="a zenity window")
        dialog = found[-1]
        self.tool("xdotool", "windowactivate", "--sync", dialog)
        time.sleep(0.5)  # GTK draws the window before its file list takes keys
        self.tool("xdotool", "key", "ctrl+l")
        time.sleep(0.4)  # the location entry opens and takes the focus: a key too early is lost
        self.tool("xdotool", "key", "ctrl+a")
        self.tool("xdotool", "type", "--delay", "15", "--", path)
        time.sleep(0.3)  # completion in the location entry
        for _ in range(3):  # the first Enter may only accept a completion
            self.tool("xdotool", "key", "Return")
            try:
                wait_until(lambda: dialog not in self.tool(
                    "xdotool", "search", "--onlyvisible", "--class", "zenity", check=False).split(), 3)
                return
            except Failed:
                continue
        raise Failed("the zenity window did not close")

    def drag(self, *paths, over):
        """Drags `paths` from another program over the window `over`, and holds them there."""
        self.spawn(["/usr/bin/python3", str(HERE / "xdnd_source.py"), "1300", "100", *paths])
        wait_until(lambda: "ready" in self.log("python3"), what=lambda: f"the drag source: {self.log('python3')}")
        self.tool("xdotool", "mousemove", "1360", "140", "mousedown", "1")
        width, height = over.size
        target = (width // 2, height * 3 // 4)  # off the centre, where the overlay's words are
        for step in range(1, 21):
            x = 1360 + (target[0] - 1360) * step // 20
            y = 140 + (target[1] - 140) * step // 20
            self.tool("xdotool", "mousemove", str(x), str(y))
            time.sleep(0.03)
        wait_until(lambda: "drag-begin" in self.log("python3"), what="the drag to begin")
        time.sleep(0.5)  # a drop faster than the program's request for the names is lost (winit 0.30)

    def drop(self):
        self.tool("xdotool", "mouseup", "1")
        wait_until(lambda: "drag-end" in self.log("python3"), what=lambda: f"the drop: {self.log('python3')}")
        expect("drag-failed" not in self.log("python3"), f"the drop was refused: {self.log('python3')}")


class Window:
    """The running program."""

    def __init__(self, stage, arguments, prefix, stdin):
        self.stage = stage
        self.lines = []
        self.states = []
        self.size = (0, 0)
        self.id = None
        self.process = subprocess.Popen(
            [*prefix, binary(), *arguments], env=stage.environment, cwd=stage.files,
            stdin=stdin, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for raw in self.process.stderr:
            line = raw.decode(errors="replace").rstrip("\n")
            match = STATE.match(line)
            if match:
                self.states.append({key: value if key in WORDS or not value.isdigit() else int(value)
                                    for key, value in match.groupdict().items() if value is not None})
            else:
                self.lines.append(line)

    # What it shows.

    @property
    def state(self):
        return self.states[-1] if self.states else {}

    def alive(self):
        return self.process.poll() is None

    def expect_alive(self):
        expect(self.alive(), f"the program ended with {self.process.returncode}")

    def wait_for_window(self):
        def search():
            self.expect_alive()
            return self.stage.tool("xdotool", "search", "--onlyvisible", "--name", "Hextant", check=False).split()
        self.id = wait_until(search, what="a window")[-1]
        self.activate()

    def wait_for_state(self, timeout=PATIENCE_SECS, **expected):
        """Waits until the last state line agrees; a value may be a test such as `lambda toasts: toasts > 0`."""
        def agrees():
            self.expect_alive()
            state = self.state
            return state and all(
                key in state and (value(state[key]) if callable(value) else state[key] == value)
                for key, value in expected.items())
        wanted = {key: "?" if callable(value) else value for key, value in expected.items()}
        wait_until(agrees, timeout, lambda: f"the state {wanted}; it is {self.state}")
        return self.state

    def title(self):
        return self.stage.tool("xdotool", "getwindowname", self.id).rstrip("\n")

    def wait_for_title(self, title):
        wait_until(lambda: self.title() == title, what=lambda: f"the title {title!r}; it is {self.title()!r}")

    def screenshot(self, path):
        self.stage.tool("import", "-window", self.id, f"png:{path}")

    # What a person does to it.

    def activate(self):
        self.stage.tool("xdotool", "windowactivate", "--sync", self.id)

    def resize(self, width, height):
        self.stage.tool("xdotool", "windowmove", "--sync", self.id, "0", "0", check=False)
        self.stage.tool("xdotool", "windowsize", self.id, str(width), str(height))

        def resized():
            geometry = self.stage.tool("xdotool", "getwindowgeometry", "--shell", self.id)
            return f"WIDTH={width}\n" in geometry and f"HEIGHT={height}\n" in geometry
        wait_until(resized, what=f"a window of {width}x{height}")
        self.size = (width, height)

    def key(self, *chords):
        """Presses chords in xdotool's spelling: `ctrl+shift+z`, `Page_Down`, `F1`."""
        for chord in chords:
            self.stage.tool("xdotool", "key", "--delay", "20", chord)
            time.sleep(0.05)

    def type_text(self, text):
        self.stage.tool("xdotool", "type", "--delay", "25", "--", text)

    def click(self, x, y, button=1, repeat=1):
        self.stage.tool("xdotool", "mousemove", str(x), str(y))
        time.sleep(0.05)
        self.stage.tool("xdotool", "click", "--repeat", str(repeat), "--delay", "60", str(button))

    def request_close(self):
        """Asks through the window manager, as the close button of a title bar does."""
        self.key("alt+F4")

    # How it ends.

    def wait_for_exit(self, timeout=PATIENCE_SECS):
        wait_until(lambda: not self.alive(), timeout, "the program to end")
        return self.process.returncode

    def stays(self, seconds=1.0):
        """That it does not end during `seconds`."""
        time.sleep(seconds)
        self.expect_alive()

    def panicked(self):
        return any("panicked at" in line or "SIGBUS" in line for line in self.lines)

    def kill(self):
        end(self.process)
        self.reader.join(timeout=5)


def end(process):
    """Ends a process that this test started, and its children."""
    for kind, patience in ((signal.SIGTERM, 3), (signal.SIGKILL, 10)):
        try:
            os.killpg(process.pid, kind)
        except ProcessLookupError:
            break
        try:
            process.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            continue
    process.poll()


def read(path):
    with open(path, "rb") as file:
        return file.read()
