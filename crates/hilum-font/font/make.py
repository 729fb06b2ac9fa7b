"""Cuts Hilum Sans out of Liberation Sans 2.1.5.

    apt-get download fonts-liberation2 && dpkg -x fonts-liberation2_*.deb liberation
    pip install fonttools==4.68.0
    python make.py liberation/usr/share/fonts/truetype/liberation2

Characters: Latin with its accents, Greek, Cyrillic, and the punctuation, arrows and signs of captions and plots. No
hinting, no kerning tables that nothing here reads. The licence keeps the name "Liberation" for the whole font, so the part
has a name of its own.
"""

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

RANGES = [
    (0x0020, 0x007E),  # ASCII
    (0x00A0, 0x017F),  # Latin-1, Latin Extended-A
    (0x0386, 0x03CE),  # Greek
    (0x0400, 0x045F),  # Cyrillic
    (0x2010, 0x2026),  # dashes, quotation marks, daggers, bullet, ellipsis
    (0x2030, 0x203A),  # per mille, primes, angle quotation marks
    (0x2070, 0x2089),  # raised and lowered digits
    (0x2190, 0x2195),  # arrows
    (0x2200, 0x2265),  # minus, root, infinity, almost equal, unequal, at most, at least
    (0x25A0, 0x25CF),  # squares, triangles, circles
]
FAMILY = "Hilum Sans"
# What OpenType 1.9, table `name`, calls these numbers.
COPYRIGHT, FAMILY_ID, STYLE_ID, UNIQUE_ID, FULL_NAME, VERSION, POSTSCRIPT_NAME = range(7)
LICENCE, LICENCE_URL = 13, 14
KEPT = {COPYRIGHT, FAMILY_ID, STYLE_ID, UNIQUE_ID, FULL_NAME, VERSION, POSTSCRIPT_NAME, LICENCE, LICENCE_URL}


def rename(font, style):
    names = font["name"]
    names.names = [record for record in names.names if record.platformID == 3 and record.nameID in KEPT]
    for record in names.names:
        changed = {
            FAMILY_ID: FAMILY,
            UNIQUE_ID: f"{FAMILY} {style}",
            FULL_NAME: f"{FAMILY} {style}",
            POSTSCRIPT_NAME: f"{FAMILY.replace(' ', '')}-{style}",
            VERSION: "Version 2.1.5, a part",
        }
        record.string = changed.get(record.nameID, record.toUnicode())
        assert record.nameID in (COPYRIGHT, LICENCE, LICENCE_URL) or "Liberation" not in record.toUnicode()


def cut(source, style):
    font = TTFont(source / f"LiberationSans-{style}.ttf", recalcTimestamp=False)
    options = Options()
    options.hinting = False
    options.layout_features = []
    options.name_IDs = list(KEPT)
    options.notdef_outline = True
    options.drop_tables += ["GDEF", "GPOS", "GSUB", "kern", "FFTM", "PCLT"]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=[code for first, last in RANGES for code in range(first, last + 1)])
    subsetter.subset(font)
    rename(font, style)
    font.save(Path(__file__).parent / f"HilumSans-{style}.ttf")


if __name__ == "__main__":
    for style in ("Regular", "Bold"):
        cut(Path(sys.argv[1]), style)
