"""Makes the seeds of all targets but the filters', from the structures in `tests/fixtures/*.h5`.

Files with addresses and lengths of 8 bytes only, but for `superblock` and `open`. A structure that others lie behind
moves to the start of a file of its own, the others directly behind it; checksums are set right.
"""

import pathlib
import shutil
import struct

FUZZ = pathlib.Path(__file__).parent
FIXTURES = sorted((FUZZ.parent / "tests/fixtures").glob("*.h5"))
SIGNATURE = b"\x89HDF\r\n\x1a\n"
LARGEST = 4000
MOST = 39
UNDEFINED = 2**64 - 1
MASK = 2**32 - 1

seeds = {}
last_stored = {}


def seed(target, kind, data):
    """Keeps the smallest seed of each kind."""
    known = seeds.setdefault(target, {})
    if len(data) <= LARGEST and len(data) < len(known.get(kind, data + b".")):
        known[kind] = data


def lookup3(data):
    def rot(x, k):
        return (x << k | x >> (32 - k)) & MASK

    a = b = c = (0xDEADBEEF + len(data)) & MASK
    at = 0
    while len(data) - at > 12:
        x, y, z = struct.unpack_from("<III", data, at)
        a, b, c, at = (a + x) & MASK, (b + y) & MASK, (c + z) & MASK, at + 12
        a = (a - c) & MASK ^ rot(c, 4); c = (c + b) & MASK
        b = (b - a) & MASK ^ rot(a, 6); a = (a + c) & MASK
        c = (c - b) & MASK ^ rot(b, 8); b = (b + a) & MASK
        a = (a - c) & MASK ^ rot(c, 16); c = (c + b) & MASK
        b = (b - a) & MASK ^ rot(a, 19); a = (a + c) & MASK
        c = (c - b) & MASK ^ rot(b, 4); b = (b + a) & MASK
    if at == len(data):
        return c
    x, y, z = struct.unpack("<III", data[at:].ljust(12, b"\0"))
    a, b, c = (a + x) & MASK, (b + y) & MASK, (c + z) & MASK
    v = {"a": a, "b": b, "c": c}
    for p, q, k in ("c", "b", 14), ("a", "c", 11), ("b", "a", 25), ("c", "b", 16), ("a", "c", 4), ("b", "a", 14), ("c", "b", 24):
        v[p] = ((v[p] ^ v[q]) - rot(v[q], k)) & MASK
    return v["c"]


assert lookup3(b"") == 0xDEADBEEF and lookup3(b"Four score and seven years ago") == 0x17770551


def patched(data, *changes, checksum=True):
    """`data` with numbers of 8 bytes put in their places, and its last 4 bytes a checksum."""
    data = bytearray(data)
    for at, number in changes:
        struct.pack_into("<Q", data, at, number)
    if checksum:
        struct.pack_into("<I", data, len(data) - 4, lookup3(bytes(data[:-4])))
    return bytes(data)


def u(fmt, data, at):
    return struct.unpack_from("<" + fmt, data, at)[0]


def everywhere(blob, signature):
    at = blob.find(signature)
    while at >= 0:
        yield at
        at = blob.find(signature, at + 1)


def messages_v1(blob, at):
    count, _, size = struct.unpack_from("<HII", blob, at + 2)
    left, at = [(at + 16, size)], at + 16
    found = []
    while left and len(found) < count + 50:
        at, size = left.pop()
        end = at + size
        while at + 8 <= end and at + 8 <= len(blob):
            kind, length, flags = struct.unpack_from("<HHB", blob, at)
            body = blob[at + 8 : at + 8 + length]
            found.append((kind, flags, body))
            if kind == 16 and len(body) == 16:
                left.append(struct.unpack("<QQ", body))
            at += 8 + length
    return found


def first_block_v2(blob, at):
    flags, start = blob[at + 5], at + 6
    start += 16 if flags & 0x20 else 0
    start += 4 if flags & 0x10 else 0
    width = 1 << (flags & 3)
    size = int.from_bytes(blob[start : start + width], "little")
    start += width
    return start, start + size, flags & 4


def messages_v2(blob, at):
    left = [first_block_v2(blob, at)]
    found = []
    while left and len(found) < 500:
        at, end, tracked = left.pop()
        while at + (6 if tracked else 4) <= end:
            kind, length, flags = struct.unpack_from("<BHB", blob, at)
            at += 6 if tracked else 4
            body = blob[at : at + length]
            found.append((kind, flags, body))
            if kind == 16 and len(body) == 16:
                start, size = struct.unpack("<QQ", body)
                left.append((start + 4, start + size - 4, tracked))
            at += length
    return found


def superblocks(name, blob):
    base = blob.find(SIGNATURE)
    if base < 0:
        return
    version = blob[base + 8]
    sizes = blob[base + 13 : base + 15] if version < 2 else blob[base + 9 : base + 11]
    seed("superblock", (0, version, sizes), b"\0\0" + blob[base : base + 128])
    if version < 2 and sizes == b"\x08\x08":
        driver = u("Q", blob, base + (48 if version == 0 else 52))
        if driver != UNDEFINED and driver < len(blob):
            size = u("I", blob, driver + 4)
            block = blob[driver : driver + 16 + size]
            seed("superblock", (1, block[8:16]), b"\x01\0" + block)
            seed("superblock", (3, block[8:16]), (b"\x03\0" if b"fami" in block else b"\x04\0") + block[16:])


def headers(name, blob):
    for at in everywhere(blob, b"OHDR"):
        _, end, tracked = first_block_v2(blob, at)
        yield "v2", at, messages_v2(blob, at), blob[at : end + 4]
        for kind, _, body in messages_v2(blob, at):
            if kind == 16:
                start, size = struct.unpack("<QQ", body)
                framing = 1 if tracked else 2
                block = blob[start : start + size]
                seed("object_header", ("block", framing), bytes([2, 0, framing]) + struct.pack("<H", size & 0xFFFF) + block)
    if blob[:9] == SIGNATURE + b"\0" and blob[13:15] == b"\x08\x08":
        starts = {u("Q", blob, 64)}
        for node in everywhere(blob, b"SNOD"):
            count = u("H", blob, node + 6)
            starts |= {u("Q", blob, node + 8 + 40 * i + 8) for i in range(count)}
        for at in sorted(starts):
            if at + 16 <= len(blob) and blob[at : at + 2] == b"\x01\0":
                size = u("I", blob, at + 8)
                yield "v1", at, messages_v1(blob, at), blob[at : at + 16 + size]


def attribute(body):
    version, _, name, datatype, dataspace = struct.unpack_from("<BBHHH", body)
    pad = (lambda n: (n + 7) & ~7) if version == 1 else (lambda n: n)
    at = 9 if version == 3 else 8
    at += pad(name)
    stored = body[at : at + datatype]
    return stored, body[at + pad(datatype) + pad(dataspace) :]


def elements(stored, data, heap=b"text\0and more of it"):
    size = u("I", stored, 4)
    count = min(len(data) // size, 4) if size else 0
    if count:
        kind = (stored[0], stored[1] & 0xF, size if stored[0] & 0xF in (0, 1) else 0)
        seed("elements", kind, bytes([0, count]) + stored + data[: count * size] + heap)
        other = last_stored.get(stored[0] & 0xF, stored)
        last_stored[stored[0] & 0xF] = stored
        for number, wanted in (0, (0, 0)), (3, (0, 0)), (2, (4, 2)), (4, (2, 0)):
            seed("stored_elements", (number, *kind), struct.pack("<BBBHH", 0, count, number, *wanted) + stored + other + data[: count * size])


def objects(name, blob):
    small = len(blob) <= LARGEST - 30
    for version, at, messages, block in headers(name, blob):
        kinds = tuple(sorted({kind for kind, _, _ in messages}))
        seed("object_header", (version, kinds), b"\x01\0\0\0\0" + block)
        if small and 16 in kinds:
            seed("object_header", ("file", version), b"\0\0\0" + struct.pack("<H", at) + blob)
        datatype, layout = None, None
        for kind, flags, body in messages:
            shared = 0x80 if flags & 2 else 0
            part = body[1] if kind in (5, 8) and len(body) > 1 else 0
            seed("messages", (kind, shared, body[:1], part), bytes([kind | shared, 0]) + body)
            if kind == 3 and not shared:
                seed("datatype", body[:1], b"\0" + body)
                seed("datatype", "two", b"\0" + body + body)
                datatype = body
            if kind == 12 and not shared and not (body[0] > 1 and body[1]):
                stored, data = attribute(body)
                seed("datatype", stored[:1], b"\0" + stored)
                elements(stored, data)
            if kind == 8 and body[0] >= 3:
                layout = body
            if kind == 17 and small:
                tree, heap = struct.unpack("<QQ", body[:16])
                seed("btree1", ("group", len(blob) // 800), bytes([0, 0, 4, 16, 0]) + struct.pack("<HH", tree, heap) + blob)
                seed("btree1", "heap", bytes([2, 0, 4, 16, 0]) + struct.pack("<HH", tree, heap) + blob)
        if datatype and layout and layout[1] == 1:
            data, size = struct.unpack_from("<QQ", layout, 2)
            if data != UNDEFINED:
                elements(datatype, blob[data : data + size])
        if datatype and layout and layout[1] == 0:
            elements(datatype, layout[4:])
        if layout and layout[:2] == b"\x03\x02" and small:
            tree = u("Q", layout, 3)
            if tree != UNDEFINED:
                rank = layout[2] - 1
                seed("btree1", ("chunks", rank), bytes([1, 0, 4, 32, rank]) + struct.pack("<HH", tree, 0) + blob)


def old_structures(name, blob):
    for at in everywhere(blob, b"TREE"):
        used = u("H", blob, at + 6)
        if blob[at + 4] == 0:
            seed("btree1", "node", bytes([3, 0, 4, max(used, 1), 0, 0, 0, 0, 0]) + blob[at : at + 32 + used * 16])
        else:
            seed("btree1", "chunk node", bytes([4, 0, 4, max(used, 1), 2, 0, 0, 0, 0]) + blob[at : at + 56 + used * 48])
    for at in everywhere(blob, b"SNOD"):
        used = u("H", blob, at + 6)
        if used:
            seed("btree1", "symbols", bytes([5, 0, max(used, 1), 4, 0, 0, 0, 0, 0]) + blob[at : at + 8 + used * 40])
            for i in range(used):
                entry = blob[at + 8 + 40 * i : at + 48 + 40 * i]
                seed("btree1", ("entry", entry[16]), bytes([6, 0, 4, 4, 0, 0, 0, 0, 0]) + entry)
    for at in everywhere(blob, b"HEAP"):
        seed("btree1", "heap header", bytes([7, 0, 4, 4, 0, 0, 0, 0, 0]) + blob[at : at + 32])


def trees(name, blob):
    for at in everywhere(blob, b"BTHD"):
        header = blob[at : at + 38]
        kind, node_size, record_size, depth = struct.unpack_from("<BIHH", header, 5)
        root, records = u("Q", header, 16), u("H", header, 24)
        context = ((record_size - 8) // 8) if kind == 10 else 1
        if kind == 11:
            context = next((r | (w - 1) << 5 for r in range(1, 9) for w in (1, 2, 3) if record_size == 12 + w + 8 * r), 1)
        lead = bytes([kind - 1])
        seed("btree2", ("header", kind), lead + b"\x01\0" + bytes([context, 0, 0, 0]) + header)
        if depth == 0 and root != UNDEFINED:
            leaf = blob[root : root + 10 + records * record_size]
            if leaf[:4] == b"BTLF" and len(leaf) < 1000:
                file = patched(header, (16, 40)) + b"\0\0" + leaf
                seed("btree2", ("tree", kind), lead + b"\0\0" + bytes([context, 0, 0, 0xE4]) + file)
                seed("btree2", ("leaf", kind), lead + b"\x02\0" + bytes([context]) + struct.pack("<HB", records, 0) + leaf)
                seed("btree2", ("record", kind), lead + b"\x04\0" + bytes([context, 0, 0, 0]) + leaf[6 : 6 + record_size])
        elif depth > 0 and blob[root : root + 4] == b"BTIN":
            node = blob[root : root + node_size]
            seed("btree2", "internal", lead + b"\x03\0" + bytes([context]) + struct.pack("<HB", records, 0) + node)


def heaps(name, blob):
    for at in everywhere(blob, b"FRHP"):
        id_length, filters = struct.unpack_from("<HH", blob, at + 5)
        header = blob[at : at + 146 + (filters and filters + 12)]
        root, rows, start = u("Q", header, 132), u("H", header, 140), u("Q", header, 112)
        if root == UNDEFINED:
            continue
        lead = b"\0" * 4 + b"\x15\0\0\0" + b"\x10\0" + b"\0" * 16
        if rows == 0 and start <= 1024:
            stored = u("Q", header, 142) if filters else start
            block = patched(blob[root : root + stored], (5, 0), checksum=False)
            where = (len(header) + 7) & ~7
            file = patched(header, (132, where), (38, UNDEFINED)).ljust(where, b"\0") + block
            seed("heaps", ("heap", filters, id_length), b"\x01" + lead[1:] + file)
            size = b"\x02\0\0\0" + struct.pack("<IH", 0, start) + b"\0" * 16
            seed("heaps", ("direct", filters), size + header + blob[root : root + start])
        elif rows:
            size = b"\x02\0\0\0" + struct.pack("<IH", rows, 0) + b"\0" * 16
            seed("heaps", ("indirect", filters), size + header + blob[root : root + 1000])
    for at in everywhere(blob, b"GCOL"):
        size = u("Q", blob, at + 8)
        seed("heaps", "collection header", b"\x04\0" + b"\0" * 24 + blob[at : at + 16])
        seed("heaps", "object header", b"\x05\0" + b"\0" * 24 + blob[at + 16 : at + 32])
        if size == 4096 and at + 4096 <= len(blob):
            # The smallest there is: larger than any other seed.
            seeds.setdefault("heaps", {})["collection"] = b"\0\0\0\0\x01\0\0\0\0\0" + b"\0" * 16 + blob[at : at + 4096]
        in_heap(name, blob[at : at + size])
    for kind, id_length, rest in (0x00, 8, 7), (0x10, 20, 16), (0x22, 8, 7):
        seed("heaps", ("id", kind), b"\x03\0\0\0\x04\x02\0\0" + struct.pack("<H", id_length) + b"\0" * 16 + bytes([kind]) + bytes(range(rest + 4)))


def in_heap(name, collection):
    at = 16
    while at + 16 <= len(collection):
        index, size = u("H", collection, at), u("Q", collection, at + 8)
        if index == 0:
            break
        data = collection[at + 16 : at + 16 + size]
        at += 16 + ((size + 7) & ~7)
        if "virtual" in name:
            seed("selections", ("mappings", data[:1], len(data) // 64), b"\x05\0\0" + data)
        elif "reference" in name and len(data) > 20:
            if data[0] == 8:
                for form in 0, 2, 3, 4:
                    seed("selections", ("target", form, data[9:11]), bytes([4, 0, form]) + data)
            else:
                seed("selections", ("region", data[8:16]), b"\x02\0\0" + data)
                seed("selections", ("selection", data[8:16]), b"\0\0\0" + data[8:])
    seed("selections", "object", b"\x01\0\0" + struct.pack("<Q", 800))
    seed("selections", "revised object", b"\x03\0\0\x02\0\x08" + struct.pack("<Q", 800) + b"\0" * 7)
    seed("selections", "revised region", b"\x03\0\0\x03\0\x20\0\0\0" + struct.pack("<QI", 800, 1))
    seed("selections", "heap id", b"\x06\0\0" + struct.pack("<QI", 800, 1))


def arrays(name, blob):
    for at in everywhere(blob, b"FAHD"):
        header = blob[at : at + 28]
        client, size, bits, count, block = header[5], header[6], header[7], u("Q", header, 8), u("Q", header, 16)
        paged = count > 1 << bits
        if block == UNDEFINED:
            continue
        pages = (count + (1 << bits) - 1) >> bits
        length = 14 + 4 + ((pages + 7) // 8 + count * size + 4 * pages if paged else count * size)
        if length > 2000:
            continue
        data = blob[block : block + length]
        table = 18 + (pages + 7) // 8 if paged else length
        file = patched(header, (16, 32)) + b"\0" * 4 + patched(data[:table], (6, 0)) + data[table:]
        lead = b"\0\0" + struct.pack("<HI", 0, 1)
        seed("chunk_arrays", ("fixed", client, paged), b"\0" + lead[1:] + file)
        seed("chunk_arrays", ("fixed blocks", client, paged), b"\x02\0" + struct.pack("<HI", 2, 1) + header + data)
    for at in everywhere(blob, b"EAHD"):
        header = blob[at : at + 72]
        client, size, elements_, block = header[5], header[6], header[8], u("Q", header, 60)
        if block == UNDEFINED:
            continue
        bits, least, pointers = header[7], header[9], header[10]
        blocks = 2 * (pointers - 1)
        supers = bits - (least.bit_length() - 1) + 1 - 2 * (pointers.bit_length() - 1)
        length = 18 + elements_ * size + 8 * (blocks + supers)
        data = blob[block : block + length]
        first = 14 + elements_ * size
        lengths = [18 + (bits + 7) // 8 + least * size]
        inner = u("Q", data, first)
        changes, more = [(6, 0)], b""
        if inner != UNDEFINED:
            changes.append((first, 80 + length))
            more = patched(blob[inner : inner + lengths[0]], (6, 0))
        for i in range(1, blocks + supers):
            changes.append((first + 8 * i, UNDEFINED))
        file = patched(header, (60, 80)) + b"\0" * 8 + patched(data, *changes) + more
        seed("chunk_arrays", ("extensible", client, bool(more)), b"\x01\0" + struct.pack("<HI", 0, elements_ + 1) + file)
        seed("chunk_arrays", ("extensible index", client), b"\x03\0" + struct.pack("<HI", least, 4) + header + data)
        if more:
            seed("chunk_arrays", ("extensible block", client), b"\x03\0" + struct.pack("<HI", least, 4) + header + blob[inner : inner + lengths[0]])
        for super_ in everywhere(blob, b"EASB"):
            seed("chunk_arrays", ("extensible secondary", client), b"\x03\0" + struct.pack("<HI", least, 4) + header + blob[super_ : super_ + 500])
    seed("chunk_arrays", "element", b"\x04\0\x03\0\0\0\0\0" + struct.pack("<QI", 800, 77) + b"\0" * 4)


def tables(name, blob):
    for at in everywhere(blob, b"FSHD"):
        header = blob[at : at + 82]
        client, list_, used = header[5], u("Q", header, 54), u("Q", header, 62)
        if list_ == UNDEFINED or blob[list_ : list_ + 4] != b"FSSE" or used > 1000:
            continue
        data = blob[list_ : list_ + used]
        file = patched(header, (54, 88)) + b"\0" * 6 + patched(data, (5, 0))
        # Sections lie in the file: it must be as long as the original.
        seed("tables", ("manager", client), b"\0\0\0\0" + bytes([client, 0]) + b"\0" * 8 + file)
        seed("tables", ("sections", client), b"\x03\0" + b"\0" * 12 + header + data)
    for at in everywhere(blob, b"SMTB"):
        count = (blob.find(b"\0" * 8, at + 4) - at) // 30
        for count in range(1, 9):
            table = blob[at : at + 8 + 30 * count]
            if len(table) >= 8 and u("I", table, len(table) - 4) == lookup3(table[:-4]):
                seed("tables", ("table", count), b"\x04\0\0\0" + bytes([count, 0]) + b"\0" * 8 + table)
                seed("tables", ("index", table[5]), b"\x05\0" + b"\0" * 12 + table[4:34])
                if len(blob) <= LARGEST - 20:
                    seed("tables", ("shared", count), b"\x01\0" + struct.pack("<HBB", at, count, 3) + b"\0" * 8 + blob)
                for i in range(count):
                    index = table[4 + 30 * i : 34 + 30 * i]
                    where, messages = u("Q", index, 14), u("H", index, 12)
                    records = blob[where : where + 8 + 25 * messages] if where != UNDEFINED else b""
                    if records[:4] != b"SMLI" or len(records) > 800:
                        continue
                    seed("tables", "records", b"\x06\0\0\0" + struct.pack("<H", messages) + b"\0" * 8 + records)
                    file = patched(b"SMTB" + index + b"\0" * 4, (18, 40)) + b"\0\0" + records
                    seed("tables", "list", b"\x01\0\0\0\x01\x03" + b"\0" * 8 + file)
    for at in everywhere(blob, b"MDCI"):
        image = blob[at : at + u("Q", blob, at + 6)]
        seed("tables", ("image", len(image) // 1000), b"\x02\0" + b"\0" * 12 + image)


for path in FIXTURES:
    blob = path.read_bytes()
    superblocks(path.stem, blob)
    if len(blob) <= LARGEST:
        seed("open", path.stem.rsplit("_", 1)[0], blob)
    base = blob.find(SIGNATURE)
    wide = base == 0 and (blob[13:15] if blob[8] < 2 else blob[9:11]) == b"\x08\x08"
    if wide and len(blob) <= 1 << 20:
        for part in objects, old_structures, trees, heaps, arrays, tables:
            part(path.stem, blob)

# Records behind files of ours: see src/fuzzing/recovery.rs.
for number in range(3):
    blocks = [struct.pack("<HBBB", 300 * i + 9, 40 + i, 5, 0x0F << i) for i in range(4)]
    for count in range(5):
        start = bytes([0, number, count]) + b"".join(blocks[:count])
        seed("recovery", ("whole", number, count), start + bytes(3))
        seed("recovery", ("in the superblock", number, count), start[:2] + bytes([1, 40, 0, 8, 1, count, 0, 0, 0]))
    seed("recovery", ("shorter", number), start + bytes([100, 0, 0, 0, 0]))
    seed("recovery", ("longer", number), start + bytes([1, 200, 0, 200, 0]))
    seed("recovery", ("cut", number), start + bytes([0, 0, 20]))
    seed("recovery", ("twice", number), bytes([0, number, 2]) + 2 * blocks[0] + bytes(3))
for number, file in enumerate(sorted(seeds["open"].values(), key=len)[:5]):
    seed("recovery", ("any", number), b"\1" + file)


def choice(known):
    """At most `MOST`, of each group as many, from its smallest to its largest."""
    groups = {}
    for kind, data in sorted(known.items(), key=lambda item: (len(item[1]), item[1])):
        groups.setdefault(kind[0] if isinstance(kind, tuple) else kind, []).append(data)
    groups = sorted(groups.values(), key=len)
    chosen = []
    while groups:
        group, share = groups.pop(0), (MOST - len(chosen)) // (len(groups) + 1)
        if share < len(group):
            group = [group[i * (len(group) - 1) // max(share - 1, 1)] for i in range(share)]
        chosen += group
    return chosen


total = 0
for target, known in seeds.items():
    folder = FUZZ / "seeds" / target
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    smallest = choice(known)
    for number, data in enumerate(smallest):
        (folder / f"{number:02}").write_bytes(data)
        total += len(data)
    print(target, len(smallest), "of", len(known), sum(map(len, smallest)))
print(total, "bytes")
