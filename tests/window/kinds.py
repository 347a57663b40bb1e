"""Files of every kind, in the real window: encodings, pipes, compressed files, parts, special files."""
import bz2
import gzip
import lzma
import os

from stage import expect, read

LINE = b"2026-11-02T04:11:10 WARN [475] backoff stopped\n"


def utf_16_is_typed_in_and_saved(stage):
    text = "\ufeffeins\r\nzwei\r\n\u010a\u0a0a\r\n"
    path = stage.file("utf16.txt", text.encode("utf-16-le"))
    window = stage.start(path)
    window.wait_for_state(mode="text", lines="4")
    window.key("Down", "End")
    window.type_text(" und")
    window.key("Return")
    window.type_text("drei")
    window.key("ctrl+s")
    window.wait_for_state(modified=0, lines="5")
    expected = text.replace("zwei", "zwei und\r\ndrei").encode("utf-16-le")
    expect(read(path) == expected, f"the file holds {read(path)!r}")


def shift_jis_is_read_as_the_command_line_says(stage):
    path = stage.file("memo.txt", "日本\nテスト\n".encode("shift_jis"))
    window = stage.start("--encoding", "Shift_JIS", path)
    window.key("Right", "Right")
    window.wait_for_state(offset=4, column=5)
    window.key("BackSpace")
    window.key("ctrl+s")
    window.wait_for_state(modified=0)
    expect(read(path) == "日\nテスト\n".encode("shift_jis"), f"the file holds {read(path)!r}")


def standard_input_grows_while_it_is_read(stage):
    read_end, write_end = os.pipe()
    window = stage.start("-", "--follow", stdin=read_end)
    os.close(read_end)
    window.wait_for_state(tab="standard input", len=0)
    with os.fdopen(write_end, "wb", buffering=0) as pipe:
        pipe.write(LINE)
        window.wait_for_state(len=len(LINE), lines="2")
        pipe.write(LINE * 1000)
        window.wait_for_state(len=1001 * len(LINE), lines="1002")
        window.type_text("# ")
        window.wait_for_state(modified=1)
        pipe.write(LINE)
        window.wait_for_state(len=1002 * len(LINE) + 2)
    window.stays()
    expect(os.listdir(stage.files) == [], f"left behind: {os.listdir(stage.files)}")


def a_compressed_pipe_is_read_decompressed(stage):
    read_end, write_end = os.pipe()
    window = stage.start("-", stdin=read_end)
    os.close(read_end)
    with os.fdopen(write_end, "wb", buffering=0) as pipe:
        pipe.write(gzip.compress(LINE * 1000))
    window.wait_for_state(len=1000 * len(LINE), lines="1001", mode="text")


def closing_the_only_copy_of_a_pipe_asks(stage):
    read_end, write_end = os.pipe()
    window = stage.start("-", stdin=read_end)
    os.close(read_end)
    with os.fdopen(write_end, "wb", buffering=0) as pipe:
        pipe.write(LINE)
    window.wait_for_state(len=len(LINE), modified=0)
    window.key("ctrl+w")
    window.wait_for_state(dialog="confirm")
    window.key("Escape")
    window.wait_for_state(dialog="none", tabs=1)
    window.request_close()
    window.wait_for_state(dialog="confirm")


def a_part_of_a_file_is_watched(stage):
    content = bytearray(LINE * 100_000)
    path = stage.file("big.log", content)
    window = stage.start("--range", f"{len(LINE) * 50_000}..+{len(LINE) * 10}", path)
    window.wait_for_state(len=len(LINE) * 10, bar=0)
    with open(path, "r+b") as file:
        file.write(b"before it")
    window.stays(3)
    window.wait_for_state(bar=0)
    with open(path, "r+b") as file:
        file.seek(len(LINE) * 50_000)
        file.write(b"inside it")
    window.wait_for_state(bar=1)
    window.key("alt+Return", "Return")
    window.wait_for_state(bar=0, len=len(LINE) * 10, modified=0)


def a_named_pipe_is_read(stage):
    path = os.path.join(stage.files, "pipe")
    os.mkfifo(path)
    window = stage.start(path)
    window.wait_for_state(tab="pipe", len=0)
    with open(path, "wb", buffering=0) as pipe:
        pipe.write(LINE)
        window.wait_for_state(len=len(LINE))
    window.stays(0.3)
    window.wait_for_state(toasts=0, bar=0)


def compressed_files_open_decompressed(stage):
    packers = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}
    for ending, pack in packers.items():
        path = stage.file(f"app.log.{ending}", pack(LINE * 5000))
        window = stage.start(path)
        window.wait_for_state(tab=f"app.log.{ending}", len=5000 * len(LINE), lines="5001", mode="text")
        window.type_text("x")
        window.wait_for_state(bar=1, modified=0)
        window.kill()
    window = stage.start("--raw", path)
    window.wait_for_state(len=os.path.getsize(path), mode="hex")


def a_compressed_file_is_saved_compressed(stage):
    path = stage.file("notes.txt.gz", gzip.compress(b"one\n"))
    window = stage.start(path)
    window.wait_for_state(len=4)
    window.type_text("x")
    window.wait_for_state(bar=1)
    window.key("alt+Return", "Return")
    window.wait_for_state(bar=0)
    window.type_text("zero ")
    window.key("ctrl+s")
    window.wait_for_state(dialog="confirm")
    window.key("Return")
    window.wait_for_state(dialog="none", modified=0)
    expect(gzip.decompress(read(path)) == b"zero one\n", f"the file holds {read(path)!r}")


def a_part_of_a_file_is_saved_into_its_place(stage):
    path = stage.file("disk.img", bytes(range(256)) * 16)
    window = stage.start("--range", "0x100..+16", path)
    window.wait_for_state(tab="disk.img [0x100..0x110]", len=16)
    window.type_text("deadbeef")
    window.key("ctrl+s")
    window.wait_for_state(modified=0)
    expected = bytearray(bytes(range(256)) * 16)
    expected[0x100:0x104] = b"\xde\xad\xbe\xef"
    expect(read(path) == bytes(expected), "another byte than those four was changed")


def files_of_proc_and_sys_open(stage):
    window = stage.start("/proc/self/status", "/sys/kernel/mm/transparent_hugepage/enabled", "/proc/cpuinfo")
    window.wait_for_state(tabs=3, toasts=0, len=lambda length: length > 100)


def a_bad_range_is_told_on_the_command_line(stage):
    done = stage.run("--range", "5..2", "/dev/null")
    expect(done.returncode == 2 and "5..2" in done.stderr, f"{done.returncode}: {done.stderr}")


def a_device_is_refused_or_read(stage):
    window = stage.start("/dev/zero", wait=True)
    window.wait_for_state(toasts=1, tabs=0)


def old_mac_line_ends_make_lines(stage):
    path = stage.file("mac.txt", b"eins\rzwei\rdrei")
    window = stage.start(path)
    window.wait_for_state(lines="3")
    window.key("Down", "End", "Return")
    window.key("ctrl+s")
    window.wait_for_state(modified=0, lines="4")
    expect(read(path) == b"eins\rzwei\r\rdrei", f"the file holds {read(path)!r}")


def behind_what_a_broken_disk_cannot_read_the_file_goes_on(stage):
    broken = range(1 << 20, (1 << 20) + (64 << 10))
    content = LINE * 40_000
    path = stage.on_slow_disk(stage.file("app.log", content), "--broken", f"{broken.start}..{broken.stop}")
    window = stage.start(path)
    # What is counted behind it is a guess.
    window.wait_for_state(lines=lambda lines: lines.startswith("~"), line=1)
    window.key("ctrl+g")
    window.type_text(hex(broken.start))
    window.key("Return")
    window.wait_for_state(offset=broken.start)
    window.key("Page_Down")
    window.wait_for_state(offset=lambda offset: offset >= broken.stop)
    window.key("ctrl+Home")
    window.type_text("# ")
    window.wait_for_state(modified=1, offset=2)
    window.key("ctrl+f")
    window.type_text("nowhere")
    window.key("Return")
    window.wait_for_state(toasts=lambda toasts: toasts > 0)
    window.stays()


def a_small_file_on_a_broken_disk_shows_what_can_be_read(stage):
    content = LINE * 400
    path = stage.on_slow_disk(stage.file("small.log", content), "--broken", "4096..8192")
    window = stage.start(path)
    window.wait_for_state(tab="small.log", len=len(content), lines=lambda lines: lines.startswith("~"))
    window.key("ctrl+End")
    window.wait_for_state(offset=len(content))
    window.type_text("more")
    window.wait_for_state(modified=1, len=len(content) + 4)


def a_file_on_a_slow_network_drive_says_that_it_is_being_opened(stage):
    late = 2
    path = stage.on_slow_disk(stage.file("app.log", LINE * 40_000), "--late", str(late), "--kind", "sshfs")
    window = stage.start(path, wait=False)
    window.wait_for_window()
    # No tab yet, and nothing that keeps the window from being used.
    window.wait_for_state(tabs=0)
    window.key("ctrl+n")
    window.wait_for_state(tabs=1)
    window.type_text("meanwhile")
    window.wait_for_state(len=9)
    # It comes, and does not come between who types meanwhile.
    window.wait_for_state(timeout=12 * late, tabs=2, tab="untitled")
    window.key("ctrl+Tab")
    window.wait_for_state(tab="app.log")
    # Its lines are not counted before somebody asks for it.
    window.stays(late)
    window.wait_for_state(lines=lambda lines: lines.startswith("~"))


TESTS = [test for name, test in list(globals().items())
         if callable(test) and getattr(test, "__module__", "") == __name__]
