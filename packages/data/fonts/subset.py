"""Makes the fonts in this folder and ../src/plots/advances.ts from the Inter font (Debian: fonts-inter), with fonttools.

python3 packages/data/fonts/subset.py /usr/share/fonts/opentype/inter
"""

import pathlib
import sys

from fontTools import subset
from fontTools.ttLib import TTFont

here = pathlib.Path(__file__).parent
source = pathlib.Path(sys.argv[1])

# ASCII, Latin-1 and Latin Extended-A, and punctuation that axes and titles use
characters = [chr(c) for c in [*range(0x20, 0x7F), *range(0xA0, 0x180), *map(ord, "–—‘’“”•…−×≈≤≥→↑↓")]]
tables = {}
for weight in ["Regular", "SemiBold"]:
    options = subset.Options(layout_features=["kern", "tnum"], hinting=False, name_IDs=[0, 1, 2, 3, 4, 6, 13, 14, 16, 17])
    font = subset.load_font(source / f"Inter-{weight}.otf", options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=map(ord, characters))
    subsetter.subset(font)
    subset.save_font(font, here / f"Inter-{weight}.otf", options)
    saved = TTFont(here / f"Inter-{weight}.otf")
    names, metrics, em = saved.getBestCmap(), saved["hmtx"], saved["head"].unitsPerEm
    tables[weight] = [round(1000 * metrics[names[c]][0] / em) if c in names else 0 for c in range(0x20, 0x180)]

(here / "../src/plots/advances.ts").write_text(
    "/** @file Widths of Inter's characters from U+0020, in thousandths of the font size. Made by fonts/subset.py. */\n"
    + "".join(f"export const {weight.upper()} = {table};\n" for weight, table in tables.items())
)
