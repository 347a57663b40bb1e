#!/usr/bin/env python3
"""Files to measure with, the same bytes every time:  make_data.py (log|cjk|line|…) PATH SIZE

SIZE is in bytes, or with KiB, MiB or GiB (`1GiB`). Standard library only; 1 GiB takes a few seconds.

log   a service's log: timestamps, levels, numbers, paths, now and then a stack trace or a long JSON record
cjk   Chinese, Japanese and Korean sentences, a few words of ASCII between them
line  one single line: minified JSON without a line feed
utf16, latin1, sjis, cr  the log in UTF-16 and with CR for LF, text in Latin-1, Japanese in Shift_JIS
"""
import datetime
import os
import pathlib
import random
import sys

BLOCK = 4 << 20
UNITS = {"KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}


def log_block(randomness):
    levels = ["INFO "] * 12 + ["DEBUG"] * 6 + ["WARN "] * 2 + ["ERROR"]
    services = ["auth", "billing", "catalog", "gateway", "index", "mail", "search", "storage"]
    verbs = ["accepted", "closed", "expired", "flushed", "opened", "queued", "rejected", "retried"]
    nouns = ["batch", "connection", "cursor", "lease", "message", "request", "session", "snapshot"]
    lines, size, millis = [], 0, 0
    while size < BLOCK:
        millis = min(millis + randomness.randrange(0, 90), 3_599_999)
        level = randomness.choice(levels)
        line = (f"2026-11-02T04:{millis // 60000:02}:{millis // 1000 % 60:02}.{millis % 1000:03}Z {level} "
                f"[{randomness.choice(services)}-{randomness.randrange(16):02}] {randomness.choice(nouns)} "
                f"{randomness.getrandbits(48):012x} {randomness.choice(verbs)} after {randomness.randrange(5000)} ms "
                f"from 10.{randomness.randrange(256)}.{randomness.randrange(256)}.{randomness.randrange(256)}\n")
        if level == "ERROR":
            line += "".join(f"    at worker::{randomness.choice(verbs)}::{randomness.choice(nouns)} "
                            f"(src/{randomness.choice(services)}.rs:{randomness.randrange(900)})\n"
                            for _ in range(randomness.randrange(3, 12)))
        elif randomness.random() < 0.003:
            line += '{"records":[' + ",".join(record(randomness) for _ in range(40)) + "]}\n"
        lines.append(line)
        size += len(line)
    return "".join(lines).encode()


def record(randomness):
    return (f'{{"id":{randomness.getrandbits(31)},"name":"{randomness.getrandbits(40):010x}",'
            f'"ok":{randomness.choice(["true", "false"])},"score":{randomness.randrange(10000) / 100}}}')


def cjk_block(randomness):
    sentences = ["天地玄黃，宇宙洪荒。", "日月盈昃，辰宿列張。", "いろはにほへと ちりぬるを", "我が輩は猫である。名前はまだ無い。",
                 "키스의 고유조건은 입술끼리 만나야 한다.", "동해 물과 백두산이 마르고 닳도록", "吾輩ハ漢字カナ交ジリ文ヲ書ク。",
                 "大文件也要立刻打开。", "hextant 编辑器", "error 500", "ﾊﾝｶｸ ｶﾅ"]
    lines, size = [], 0
    while size < BLOCK:
        line = " ".join(randomness.choice(sentences) for _ in range(randomness.randrange(2, 7))) + "\n"
        lines.append(line)
        size += len(line.encode())
    return "".join(lines).encode()


def line_block(randomness):
    parts, size = [], 0
    while size < BLOCK:
        parts.append(record(randomness) + ",")
        size += len(parts[-1])
    return "".join(parts).encode()


def latin1_block(randomness):
    words = "Größe für Änderung déjà vu naïve señor année café über straße the log was read and written again".split()
    lines, size = [], 0
    while size < BLOCK:
        lines.append(" ".join(randomness.choice(words) for _ in range(randomness.randrange(4, 16))) + "\n")
        size += len(lines[-1])
    return "".join(lines).encode("latin-1")


def sjis_block(randomness):
    sentences = ["いろはにほへと ちりぬるを", "我が輩は猫である。名前はまだ無い。", "吾輩ハ漢字カナ交ジリ文ヲ書ク。", "ﾊﾝｶｸ ｶﾅ", "error 500"]
    lines, size = [], 0
    while size < BLOCK:
        line = " ".join(randomness.choice(sentences) for _ in range(randomness.randrange(2, 7))) + "\n"
        lines.append(line.encode("shift_jis"))
        size += len(lines[-1])
    return b"".join(lines)


def hours(block):
    """The block again and again, an hour later each time."""
    hour = datetime.datetime(2026, 11, 2, 4)
    while True:
        yield block.replace(b"2026-11-02T04:", f"{hour:%Y-%m-%dT%H:}".encode())
        hour += datetime.timedelta(hours=1)


def repeated(block):
    while True:
        yield block


KINDS = {
    "log": lambda randomness: hours(log_block(randomness)),
    "cjk": lambda randomness: repeated(cjk_block(randomness)),
    "line": lambda randomness: repeated(line_block(randomness)),
    "utf16": lambda randomness: repeated(log_block(randomness).decode().encode("utf-16-le")),
    "latin1": lambda randomness: repeated(latin1_block(randomness)),
    "sjis": lambda randomness: repeated(sjis_block(randomness)),
    "cr": lambda randomness: repeated(log_block(randomness).replace(b"\n", b"\r")),
}


def make(kind, path, size):
    """Writes the file unless it is there already; it ends as its lines do, but for `line`."""
    path = pathlib.Path(path)
    if path.exists() and path.stat().st_size == size:
        return path
    unfinished = path.with_name(path.name + ".part")
    last = {"line": b"", "utf16": b"\n\0", "cr": b"\r"}.get(kind, b"\n")
    with open(unfinished, "wb") as file:
        left = size - len(last)
        for block in KINDS[kind](random.Random(kind)):
            if left <= 0:
                break
            part = block[:left]
            if len(part) == left and kind in ("cjk", "sjis"):
                # The cut must not leave half a character.
                encoding = "shift_jis" if kind == "sjis" else "utf-8"
                whole = part.decode(encoding, errors="ignore").encode(encoding)
                part = whole + b"." * (len(part) - len(whole))
            left -= file.write(part)
        file.write(last[:size])
    os.replace(unfinished, path)
    return path


def main():
    try:
        kind, path, size = sys.argv[1:]
        number = size.rstrip("KMGiB")
        size = int(number) * UNITS.get(size[len(number):], 1)
        if kind not in KINDS:
            raise ValueError
    except ValueError:
        sys.exit(__doc__)
    make(kind, path, size)


if __name__ == "__main__":
    main()
