"""Makes the two fonts of the posters anew: what they have already, all of GBK, and Big5 with Hong Kong's characters.

    pip install fonttools==4.68.0
    python make.py FOLDER   # with NotoSansCJK-Regular.ttc and NotoSansCJK-Bold.ttc
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

HERE = Path(__file__).parent
# The face of a collection that has the forms of mainland China.
SIMPLIFIED_CHINESE = 2


def written_in(encoding):
    """Every code point that it can write."""
    for code in range(0x20, 0x30000):
        try:
            chr(code).encode(encoding)
        except UnicodeEncodeError:
            continue
        yield code


for weight in ("Regular", "Bold"):
    font = HERE / f"NotoSansSC-{weight}-subset.otf"
    codes = sorted({*TTFont(font).getBestCmap(), *written_in("gbk"), *written_in("big5hkscs")})
    whole = Path(sys.argv[1]) / f"NotoSansCJK-{weight}.ttc"
    # Hints are of no use at the sizes of a poster; forms of other countries and for vertical lines are never asked for.
    subset.main([
        str(whole),
        f"--font-number={SIMPLIFIED_CHINESE}",
        f"--unicodes={','.join(f'{code:X}' for code in codes)}",
        "--layout-features=ccmp,kern",
        "--no-hinting",
        f"--output-file={font}",
    ])
