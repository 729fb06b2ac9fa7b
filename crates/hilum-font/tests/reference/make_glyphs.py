"""What fontTools measures of some letters, in units of the em square.

    pip install fonttools==4.68.0
    python make_glyphs.py > glyphs.json
"""

import json
from pathlib import Path

from fontTools.pens.areaPen import AreaPen
from fontTools.pens.boundsPen import BoundsPen
from fontTools.ttLib import TTFont

FONT = Path(__file__).parents[2] / "font"
LETTERS = "AgQ0%.|éßĄμσЖ−–→≥²"

if __name__ == "__main__":
    faces = {}
    for style in ("Regular", "Bold"):
        font = TTFont(FONT / f"HilumSans-{style}.ttf")
        glyphs, names = font.getGlyphSet(), font.getBestCmap()
        letters = {}
        for letter in LETTERS:
            glyph = glyphs[names[ord(letter)]]
            area, bounds = AreaPen(glyphs), BoundsPen(glyphs)
            glyph.draw(area)
            glyph.draw(bounds)
            letters[letter] = {"advance": glyph.width, "area": abs(area.value), "bounds": bounds.bounds}
        faces[style] = {"units_per_em": font["head"].unitsPerEm, "letters": letters}
    print(json.dumps(faces, indent=1, ensure_ascii=False))
