"""The real window, one function a test. Each gets a fresh Stage; its name and first line say what must hold."""
import os
import stat
import subprocess
import time

from stage import Skipped, expect, read, wait_until

GIB = 1 << 30
TIB = 1 << 40
SOME_TEXT = b"alpha\nbeta\ngamma\ndelta\nepsilon\n"


def some(count):
    return count > 0


def after(position):
    """Beyond a position; one that rests on uncounted lines (`~12`) is not."""
    return lambda value: isinstance(value, int) and value > position


# Opening.


def opens_the_file_named_on_the_command_line(stage):
    window = stage.start(stage.file("hello.txt", b"hello\nworld\n"))
    window.wait_for_state(tab="hello.txt", len=12, modified=0, mode="text", line=1, column=1, offset=0, tabs=1)
    window.wait_for_title("hello.txt — Hextant")


def shows_the_welcome_screen_without_a_file(stage):
    window = stage.start()
    window.wait_for_state(tabs=0, dialog="none", toasts=0)
    window.wait_for_title("Hextant")


def opens_at_a_line_and_a_column(stage):
    path = stage.file("lines.txt", SOME_TEXT)
    for arguments, line, column in ((["lines.txt:3"], 3, 1), ([f"{path}:4:3"], 4, 3), (["+2", path], 2, 1)):
        window = stage.start(*arguments)
        window.wait_for_state(tab="lines.txt", line=line, column=column)
        window.kill()


def an_existing_path_wins_over_file_and_line(stage):
    stage.file("log", SOME_TEXT)
    window = stage.start(stage.file("log:3", b"another\n"))
    window.wait_for_state(tab="log:3", len=8, line=1)


def opens_at_an_offset_and_as_hex(stage):
    path = stage.file("data.txt", bytes(range(32, 127)) * 4)
    window = stage.start("--hex", "--offset", "0x10", path)
    window.wait_for_state(mode="hex", offset=16)


def opens_many_files_and_each_once(stage):
    first, second = stage.file("first.txt", b"1\n"), stage.file("second.txt", b"22\n")
    window = stage.start(first, second, first)
    window.wait_for_state(tabs=2, tab="first.txt")
    window.key("ctrl+Tab")
    window.wait_for_state(tab="second.txt", len=3)


def a_binary_opens_as_hex_and_the_views_switch(stage):
    path = stage.file("data.bin", bytes(range(256)) * 64)
    window = stage.start(path)
    window.wait_for_state(mode="hex", len=16384)
    for chord, mode in (("ctrl+1", "text"), ("ctrl+3", "both"), ("ctrl+2", "hex")):
        window.key(chord)
        window.wait_for_state(mode=mode)


def opens_by_the_file_dialog(stage):
    path = stage.file("picked one.txt", b"picked\n")
    window = stage.start()
    window.key("ctrl+o")
    stage.pick_in_dialog(path)
    window.wait_for_state(tab="picked one.txt", len=7, tabs=1)
    window.wait_for_title("picked one.txt — Hextant")


def opens_what_is_dropped_on_it(stage):
    paths = [stage.file("a b.txt", b"a b\n"), stage.file("日本.txt", b"nihon\n")]
    window = stage.start()
    stage.drag(*paths, over=window)
    stage.drop()
    window.wait_for_state(tabs=2)
    window.activate()
    seen = {window.state["tab"]}
    window.key("ctrl+Tab")
    window.wait_for_state(tab=lambda tab: tab not in seen)
    expect(seen | {window.state["tab"]} == {"a b.txt", "日本.txt"}, f"wrong tabs: {window.states}")


def a_missing_file_is_an_error_in_the_window(stage):
    window = stage.start("there is no such file.txt")
    window.wait_for_state(toasts=some)
    window.stays()


def a_directory_is_an_error_in_the_window(stage):
    window = stage.start(str(stage.files))
    window.wait_for_state(toasts=some)
    window.stays()


# Root reads and writes everything; these capabilities are what lets it.
AS_A_PERSON = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")


def as_a_person(stage):
    """The command prefix under which file modes count, also for root."""
    if os.geteuid() != 0:
        return ()
    probe = stage.file("probe", b"x")
    os.chmod(probe, 0)
    done = subprocess.run([*AS_A_PERSON, "cat", probe], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    os.remove(probe)
    if done.returncode == 0 or "denied" not in done.stderr.lower():
        raise Skipped(f"root's capabilities cannot be dropped here: {done.stderr.strip()}")
    return AS_A_PERSON


def an_unreadable_file_is_an_error_in_the_window(stage):
    prefix = as_a_person(stage)
    path = stage.file("secret.txt", b"secret\n")
    os.chmod(path, 0)
    window = stage.start(path, prefix=prefix)
    window.wait_for_state(toasts=some)
    window.stays()


def good_files_open_beside_a_bad_one(stage):
    window = stage.start(stage.file("good.txt", b"good\n"), "missing.txt")
    window.wait_for_state(tabs=1, tab="good.txt", toasts=some)


def names_with_spaces_and_broken_utf8(stage):
    path = stage.file(b"na me \xff\xfe.txt", b"odd\n")
    window = stage.start(path)
    window.wait_for_state(len=4, tabs=1)
    window.type_text("x")
    window.wait_for_state(modified=1, len=5)
    window.key("ctrl+s")
    window.wait_for_state(modified=0)
    expect(read(path) == b"xodd\n", f"the file holds {read(path)!r}")
    expect(os.listdir(os.fsencode(stage.files)) == [b"na me \xff\xfe.txt"], "a second file appeared")


def an_empty_file_opens_and_takes_text(stage):
    path = stage.file("empty.txt")
    window = stage.start(path)
    window.wait_for_state(len=0, line=1, column=1, offset=0)
    window.type_text("now not")
    window.wait_for_state(len=7)
    window.key("ctrl+s")
    window.wait_for_state(modified=0)
    expect(read(path) == b"now not", f"the file holds {read(path)!r}")


def a_new_document_opens(stage):
    window = stage.start()
    window.key("ctrl+n")
    window.wait_for_state(tabs=1, len=0, modified=0)
    window.type_text("fresh")
    window.wait_for_state(len=5, modified=1)


# Files larger than memory.


def a_100_gib_file_opens_and_end_goes_to_its_end(stage):
    path = stage.sparse_file("huge.img", 100 * GIB)
    window = stage.start(path)
    window.wait_for_state(len=100 * GIB, mode="hex", offset=0)
    window.key("ctrl+End")
    window.wait_for_state(offset=lambda offset: offset >= 100 * GIB - 1)
    window.key("ctrl+1")
    window.wait_for_state(mode="text")
    window.key("ctrl+g")
    window.wait_for_state(dialog="goto")
    window.type_text("50%")
    window.key("Return")
    window.wait_for_state(dialog="none", offset=50 * GIB)
    window.stays()


def the_1_tib_demo_opens(stage):
    window = stage.start("--demo")
    window.wait_for_state(len=TIB, offset=0)
    window.key("ctrl+End")
    window.wait_for_state(offset=lambda offset: offset >= TIB - 1)


# Moving.


def go_to_takes_lines_offsets_and_ends(stage):
    window = stage.start(stage.file("lines.txt", SOME_TEXT))
    for text, expected in (
        ("3", {"line": 3, "column": 1}),
        ("2:3", {"line": 2, "column": 3}),
        ("0x8", {"offset": 8}),
        ("end-2", {"offset": len(SOME_TEXT) - 2}),
        ("0x2..0x5", {"selection": 3}),
    ):
        window.key("ctrl+g")
        window.wait_for_state(dialog="goto")
        window.key("ctrl+a")
        window.type_text(text)
        window.key("Return")
        window.wait_for_state(dialog="none", **expected)


def keys_move_and_select(stage):
    window = stage.start(stage.file("lines.txt", SOME_TEXT * 100))
    window.key("Down", "Right")
    window.wait_for_state(line=2, column=2)
    window.key("End")
    window.wait_for_state(line=2, column=5)
    window.key("Page_Down")
    window.wait_for_state(line=after(10))
    window.key("ctrl+Home")
    window.wait_for_state(offset=0)
    window.key("ctrl+a")
    window.wait_for_state(selection=len(SOME_TEXT) * 100)


# Editing and saving.


def typing_undo_and_redo(stage):
    path = stage.file("text.txt", SOME_TEXT)
    window = stage.start(path)
    window.type_text("abc")
    window.wait_for_state(len=len(SOME_TEXT) + 3, modified=1, column=4)
    window.wait_for_title("● text.txt — Hextant")
    window.key("ctrl+z")
    window.wait_for_state(len=len(SOME_TEXT), modified=0)
    window.wait_for_title("text.txt — Hextant")
    window.key("ctrl+shift+z")
    window.wait_for_state(len=len(SOME_TEXT) + 3, modified=1)
    expect(read(path) == SOME_TEXT, "the file changed before Save")


def what_is_typed_is_saved(stage):
    path = stage.file("text.txt", b"one\r\ntwo\r\n")
    os.chmod(path, 0o640)
    window = stage.start(path)
    window.key("Down")
    window.type_text("and ")
    window.key("Return")
    window.wait_for_state(modified=1, line=3)
    window.key("ctrl+s")
    window.wait_for_state(modified=0)
    # Enter writes the document's own line ending.
    expect(read(path) == b"one\r\nand \r\ntwo\r\n", f"the file holds {read(path)!r}")
    expect(stat.S_IMODE(os.stat(path).st_mode) == 0o640, "the mode changed")
    expect(os.listdir(stage.files) == ["text.txt"], f"left behind: {os.listdir(stage.files)}")
    window.key("ctrl+z", "ctrl+z", "ctrl+z")
    window.wait_for_state(len=10, modified=1)


def hex_overwrites_and_keeps_the_size(stage):
    content = bytes(range(256))
    path = stage.file("data.bin", content)
    window = stage.start(path)
    window.wait_for_state(mode="hex")
    window.type_text("deadbeef")
    window.wait_for_state(offset=4, modified=1, len=256)
    window.key("ctrl+s")
    window.wait_for_state(modified=0)
    expect(read(path) == b"\xde\xad\xbe\xef" + content[4:], f"the file holds {read(path)[:8].hex()}…")


def undo_reaches_back_past_save(stage):
    path = stage.file("text.txt", SOME_TEXT)
    window = stage.start(path)
    window.type_text("q")
    window.wait_for_state(modified=1)
    window.key("ctrl+s")
    window.wait_for_state(modified=0)
    window.key("ctrl+z")
    window.wait_for_state(modified=1, len=len(SOME_TEXT))
    window.key("ctrl+s")
    window.wait_for_state(modified=0)
    expect(read(path) == SOME_TEXT, f"the file holds {read(path)!r}")


def save_without_changes_does_not_touch_the_file(stage):
    path = stage.file("text.txt", SOME_TEXT)
    os.utime(path, (10**9, 10**9))
    before = os.stat(path)
    window = stage.start(path)
    window.key("ctrl+s")
    window.stays()
    after = os.stat(path)
    expect((before.st_mtime_ns, before.st_ino) == (after.st_mtime_ns, after.st_ino), "the file was written")


def a_symlink_is_saved_through(stage):
    target = stage.file("target.txt", b"old\n")
    link = os.path.join(stage.files, "link.txt")
    os.symlink("target.txt", link)
    window = stage.start(link)
    window.type_text("x")
    window.wait_for_state(modified=1)
    window.key("ctrl+s")
    window.wait_for_state(modified=0)
    expect(os.path.islink(link), "the link was replaced")
    expect(read(target) == b"xold\n", f"the target holds {read(target)!r}")


def a_read_only_document_takes_no_text(stage):
    window = stage.start("--read-only", stage.file("text.txt", SOME_TEXT))
    window.type_text("abc")
    window.stays()
    window.wait_for_state(modified=0, len=len(SOME_TEXT))


def save_without_permission_loses_nothing(stage):
    prefix = as_a_person(stage)
    path = stage.file("text.txt", SOME_TEXT)
    window = stage.start(path, prefix=prefix)
    window.type_text("x")
    window.wait_for_state(modified=1)
    os.chmod(path, 0o444)
    os.chmod(stage.files, 0o555)
    window.key("ctrl+s")
    # That its mode is another is no reason to ask: nobody changed its bytes.
    window.wait_for_state(toasts=1, dialog="none", modified=1)
    os.chmod(stage.files, 0o755)
    os.chmod(path, 0o644)
    expect(read(path) == SOME_TEXT, "the file changed")
    window.key("ctrl+s")
    window.wait_for_state(modified=0)
    expect(read(path) == b"x" + SOME_TEXT, f"the file holds {read(path)!r}")


def a_file_in_a_locked_folder_is_saved_in_place(stage):
    prefix = as_a_person(stage)
    path = stage.file("text.txt", SOME_TEXT)
    inode = os.stat(path).st_ino
    window = stage.start(path, prefix=prefix)
    window.type_text("x")
    window.wait_for_state(modified=1)
    os.chmod(stage.files, 0o555)
    window.key("ctrl+s")
    window.wait_for_state(modified=0)
    os.chmod(stage.files, 0o755)
    expect(read(path) == b"x" + SOME_TEXT, f"the file holds {read(path)!r}")
    expect(os.stat(path).st_ino == inode, "it is another file")


def a_file_changed_on_disk_is_not_overwritten_unasked(stage):
    path = stage.file("text.txt", SOME_TEXT)
    window = stage.start(path)
    window.type_text("mine")
    window.wait_for_state(modified=1)
    theirs = b"theirs, and longer than what was there before\n"
    stage.file("text.txt", theirs)
    window.key("ctrl+s")
    wait_until(lambda: window.state["dialog"] == "confirm" or window.state["toasts"] > 0, what="a question")
    window.stays()
    expect(read(path) == theirs, f"the file holds {read(path)!r}")
    window.wait_for_state(modified=1)


def copy_and_paste_with_other_programs(stage):
    window = stage.start(stage.file("text.txt", "žluť\n".encode()))
    window.key("ctrl+a", "ctrl+c")
    wait_until(lambda: stage.clipboard() == "žluť\n", what=lambda: f"the clipboard; it is {stage.clipboard()!r}")
    stage.set_clipboard("from another program")
    window.key("ctrl+v")
    window.wait_for_state(len=20, modified=1)


# What happens underneath.


def survives_truncation_of_the_open_file(stage):
    # Over 1 MiB, so that it is mapped and not read into memory.
    path = stage.file("log.txt", b"".join(b"%08d a line of the log\n" % n for n in range(400_000)))
    window = stage.start(path)
    length = os.path.getsize(path)
    window.wait_for_state(len=length, mode="text")
    os.truncate(path, 4096)
    window.key("ctrl+End", "Page_Up", "Page_Up", "ctrl+Home", "Page_Down", "ctrl+End")
    window.stays()
    # What is lost is neither copied as zeros nor saved as zeros.
    stage.set_clipboard("from before")
    window.activate()
    window.key("ctrl+a", "ctrl+c")
    window.stays()
    expect("\0" not in stage.clipboard(), "made-up bytes in the clipboard")
    window.key("ctrl+Home")
    window.type_text("x")
    window.wait_for_state(modified=1)
    window.key("ctrl+s")
    wait_until(lambda: window.state["dialog"] == "confirm" or window.state["toasts"] > 0, what="a refusal")
    window.stays()
    expect(os.path.getsize(path) == 4096, f"the file has {os.path.getsize(path)} bytes")
    window.key("Escape")
    window.wait_for_state(dialog="none")
    window.key("ctrl+o")
    stage.pick_in_dialog(stage.file("other.txt", b"still here\n"))
    window.wait_for_state(tab="other.txt", len=11)


# Closing.


def quitting_without_edits_ends_at_once(stage):
    window = stage.start(stage.file("text.txt", SOME_TEXT))
    window.key("ctrl+q")
    expect(window.wait_for_exit() == 0, f"exit code {window.process.returncode}")


def quitting_with_edits_asks_unless_they_come_back(stage):
    stage.settings("restore_session = false\n")
    path = stage.file("text.txt", SOME_TEXT)
    window = stage.start(path)
    window.type_text("x")
    window.wait_for_state(modified=1)
    window.key("ctrl+q")
    window.wait_for_state(dialog="confirm")
    window.stays()
    window.key("Escape")
    window.wait_for_state(dialog="none", modified=1)
    window.request_close()
    window.wait_for_state(dialog="confirm")
    window.stays()
    discard(window)
    expect(window.wait_for_exit() == 0, f"exit code {window.process.returncode}")
    expect(read(path) == SOME_TEXT, f"the file holds {read(path)!r}")


def discard(window):
    """Answers the question about unsaved edits with its second button; the first has the focus."""
    time.sleep(0.3)  # the focus takes effect in the frame after the question's first
    window.key("Tab", "Return")


def closing_a_tab_with_edits_asks_and_reopening_brings_it_back(stage):
    window = stage.start(stage.file("first.txt", b"1\n"), stage.file("second.txt", b"22\n"))
    window.wait_for_state(tabs=2)
    name = window.state["tab"]
    window.type_text("x")
    window.wait_for_state(modified=1)
    window.key("ctrl+w")
    window.wait_for_state(dialog="confirm", tabs=2)
    discard(window)
    window.wait_for_state(tabs=1, dialog="none")
    window.key("ctrl+shift+t")
    window.wait_for_state(tabs=2, tab=name, modified=0)


def the_key_sheet_opens_and_closes(stage):
    window = stage.start()
    window.key("F1")
    window.wait_for_state(dialog="keys")
    window.key("Escape")
    window.wait_for_state(dialog="none")


# Without a window.


def help_and_version_need_no_display(stage):
    for argument, word in (("--help", "Usage"), ("--version", "hextant ")):
        done = stage.run(argument, display=False)
        expect(done.returncode == 0 and word in done.stdout, f"{argument}: {done}")
    done = stage.run("--no-such-option", display=False)
    expect(done.returncode == 2 and "--no-such-option" in done.stderr, f"{done}")


def without_a_display_it_says_what_is_missing(stage):
    done = stage.run(display=False)
    expect(done.returncode not in (0, 101) and done.returncode > 0, f"exit code {done.returncode}")
    expect(done.stderr.strip() and "panicked" not in done.stderr, f"stderr: {done.stderr!r}")


TESTS = [value for name, value in list(globals().items())
         if callable(value) and getattr(value, "__module__", "") == __name__
         and value.__code__.co_varnames[:1] == ("stage",) and value.__code__.co_argcount == 1
         and value is not as_a_person]
