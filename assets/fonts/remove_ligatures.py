#!/usr/bin/env python3
"""Makes HextantMono-Regular.ttf from JetBrainsMono-Regular.ttf (needs fontTools).

    python3 remove_ligatures.py JetBrainsMono-Regular.ttf HextantMono-Regular.ttf

An editor of bytes draws one glyph per character: `!=` must never become one sign. JetBrains Mono makes its
ligatures in the feature `calt`; that feature goes, with `aalt`, which lists every alternate, and the glyphs that
nothing can reach any more. `ccmp` stays, which places combining marks, but no longer swaps the ASCII grave accent for
a higher one after a capital: a backtick looks the same everywhere. The outlines and the hinting of all others are untouched. The font gets a name of its
own, so that it is never taken for the original.
"""
import sys
from fontTools import subset
from fontTools.ttLib import TTFont

original, result = sys.argv[1:]
font = TTFont(original, recalcTimestamp=False)
for lookup in font["GSUB"].table.LookupList.Lookup:
    for table in lookup.SubTable:
        mapping = getattr(getattr(table, "ExtSubTable", table), "mapping", {})
        if lookup.LookupType in (1, 7) and mapping.get("grave", "").endswith(".case"):
            del mapping["grave"]
options = subset.Options()
options.layout_features = ["ccmp", "locl", "mark", "mkmk", "zero"]
options.name_IDs = ["*"]
options.notdef_outline = True
options.hinting = True
options.glyph_names = False
options.drop_tables += ["DSIG"]
subsetter = subset.Subsetter(options)
subsetter.populate(unicodes=font.getBestCmap().keys())
subsetter.subset(font)
for record in font["name"].names:
    text = record.toUnicode()
    if record.nameID in (1, 3, 4, 6, 16):
        text = text.replace("JetBrainsMono", "HextantMono").replace("JetBrains Mono", "Hextant Mono")
    elif record.nameID == 5:
        text += "; without ligatures"
    record.string = text
font.save(result)
