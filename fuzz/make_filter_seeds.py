"""Makes the seeds of the filter targets from `tests/fixtures/filters`: the smallest chunks of each kind."""

import pathlib
import re
import struct

FUZZ = pathlib.Path(__file__).parent
FIXTURES = FUZZ.parent / "tests/fixtures/filters"
NAMES = {1: "deflate", 2: "shuffle", 3: "fletcher32", 4: "szip", 5: "nbit", 6: "scaleoffset", 32000: "lzf"}
KNOWN = list(NAMES) + [32015]


def short(n):
    return struct.pack("<H", n & 0xFFFF)


def values(cd):
    return bytes([len(cd)]) + b"".join(map(short, cd))


def seed(filter_id, cd, stored, size):
    limit = short(size)
    if filter_id == 1:
        return bytes(cd) + limit + stored
    if filter_id == 2:
        return bytes(cd) + limit + stored
    if filter_id in (3, 32000):
        return limit + stored
    if filter_id == 4:
        return bytes(cd[:3]) + short(cd[3]) + limit + stored
    if filter_id == 5:
        return limit + values(cd) + stored
    head = bytes([cd[0], cd[1] & 0xFF]) + short(cd[2]) + bytes(cd[3:8]) + struct.pack("<II", *cd[8:10])
    return head + limit + stored


blob = (FIXTURES / "cases.bin").read_bytes()
seen = set()
for line in (FIXTURES / "cases.tsv").read_text().splitlines():
    name, filters, mask, at, length, _, size = line.split("\t")
    stored, size = blob[int(at) : int(at) + int(length)], int(size)
    if len(stored) > 720 or size > 65535:
        continue
    stages = [(int(i), [int(v) for v in cd.split(",") if v]) for i, cd in (f.split(":") for f in filters.split("+"))]
    kind = re.sub(r"[<>]|\d+$", "", name)
    if kind in seen:
        continue
    seen.add(kind)
    stem = re.sub(r"[^a-z0-9]+", "-", name.replace("<", "le-").replace(">", "be-"))
    if len(stages) == 1 and mask == "0":
        target, data = NAMES[stages[0][0]], seed(*stages[0], stored, size)
        folder = FUZZ / "seeds" / f"filter_{target}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / stem).write_bytes(data)
    data = bytes([int(mask), len(stages)]) + short(size)
    for filter_id, cd in stages:
        data += bytes([KNOWN.index(filter_id)]) + values(cd)
    folder = FUZZ / "seeds/filter_pipeline"
    folder.mkdir(parents=True, exist_ok=True)
    if len(stages) > 1 or len(stored) < 60:
        (folder / stem).write_bytes(data + stored)
