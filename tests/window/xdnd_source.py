#!/usr/bin/python3
"""A small window from which files can be dragged by XDND:  xdnd_source.py X Y FILE...

Prints `ready`, `drag-begin`, `data-get`, `drag-failed` and `drag-end` as they happen. Needs python3-gi and
gir1.2-gtk-3.0, so the system's own Python.
"""
import pathlib
import sys

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import Gdk, GLib, Gtk  # noqa: E402

x, y = int(sys.argv[1]), int(sys.argv[2])
uris = [pathlib.Path(path).absolute().as_uri() for path in sys.argv[3:]]


def say(*words):
    print(*words, flush=True)


window = Gtk.Window(title="drag source")
window.set_default_size(120, 80)
handle = Gtk.EventBox()
handle.add(Gtk.Label(label="drag me"))
window.add(handle)
handle.drag_source_set(Gdk.ModifierType.BUTTON1_MASK, [], Gdk.DragAction.COPY | Gdk.DragAction.MOVE)
handle.drag_source_add_uri_targets()
handle.connect("drag-begin", lambda *_: say("drag-begin"))
handle.connect("drag-data-get", lambda _w, _c, data, _i, _t: (data.set_uris(uris), say("data-get")))
handle.connect("drag-failed", lambda _w, _c, result: say("drag-failed", result))
handle.connect("drag-end", lambda *_: say("drag-end"))
window.connect("destroy", Gtk.main_quit)
window.show_all()
window.move(x, y)
GLib.timeout_add_seconds(120, Gtk.main_quit)
# Mapped and placed by the window manager before anybody presses a button on it.
GLib.timeout_add(300, lambda: say("ready"))
Gtk.main()
