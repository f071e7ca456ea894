"""What the tests of copying ask h5py for.

    cases.py make FOLDER LIBVER     source.h5, and other.h5 that it links to
    cases.py copy TARGET LIBVER SOURCE OBJECT NAME OPTION..
                                    copies with h5py; TARGET may be SOURCE
    cases.py show FILE..            what is in files, one line a fact

A line "=" ends the answer to each request; requests come as arguments, or as lines of standard input.
"""
import os
import sys

import h5py
import numpy as np

BOUNDS = {
    "earliest": ("earliest", "latest"),
    "v108": ("v108", "latest"),
    "v110": ("v110", "latest"),
    "latest": ("latest", "latest"),
}


def make(folder, libver):
    # Files of raw data are made in the working directory.
    os.chdir(folder)
    with h5py.File(os.path.join(folder, "other.h5"), "w", libver=BOUNDS[libver]) as file:
        file.create_dataset("there/values", data=[1.5, 2.5])
        file["there"].attrs["far"] = "away"
        file["there/soft"] = h5py.SoftLink("/there/values")
    with h5py.File(os.path.join(folder, "source.h5"), "w", libver=BOUNDS[libver]) as file:
        fill(file)


def fill(file):
    group = file.create_group("g", track_order=True)
    group.attrs["zuerst"] = "größer"
    group.attrs["a number"] = np.float32(0.5)
    h5py.h5o.set_comment(group.id, b"all there is")
    file.create_dataset("outside", data=np.arange(6).reshape(2, 3))
    sub = group.create_group("sub/deep").parent
    sub.create_dataset("data", data=np.arange(5, dtype=">i2"))
    sub["deep"].attrs["level"] = 3
    group["first"] = sub["data"]
    group["second"] = sub["data"]
    group["circle"] = group
    links(group)
    types(file, group)
    values(file, group)
    references(file, group)
    chunks(group)
    many(group)


def links(group):
    group["soft"] = h5py.SoftLink("sub/data")
    group["to outside"] = h5py.SoftLink("/outside")
    group["nowhere"] = h5py.SoftLink("/nowhere")
    group["external"] = h5py.ExternalLink("other.h5", "/there")
    group["external nowhere"] = h5py.ExternalLink("no such file.h5", "/x")
    group["ünïcode"] = h5py.SoftLink("sub")


def types(file, group):
    group["type"] = np.dtype([("a", "<i4"), ("b", "S3")])
    file["another type"] = np.dtype("<f4")
    typed = group.create_dataset("typed", (3,), dtype=group["type"])
    typed[...] = np.array([(1, b"x"), (2, b"yy"), (3, b"zzz")], dtype=group["type"].dtype)
    group.create_dataset("typed outside", data=[1, 2], dtype=file["another type"])
    group.attrs.create("typed", (7, b"q"), dtype=group["type"])
    group["type"].attrs["about"] = "a type"


def values(file, group):
    text = h5py.string_dtype()
    words = ["", "one", "zwei", "drei " * 40, "ü"]
    group.create_dataset("words", data=words, dtype=text)
    group.create_dataset("packed words", (7,), text, chunks=(3,), compression="gzip")[:5] = words
    lists = group.create_dataset("lists", (3,), h5py.vlen_dtype("<u2"), shuffle=True, chunks=(2,))
    lists[0], lists[2] = [1, 2, 3], list(range(500))
    mixed = np.dtype([("n", "i1"), ("word", text), ("m", "<f8"), ("list", h5py.vlen_dtype("i1"))])
    table = group.create_dataset("mixed", (2,), mixed)
    table[0] = (1, "first", 0.25, np.array([1, 2], "i1"))
    table[1] = (2, "second", -1, np.array([], "i1"))
    group.attrs.create("words", words, dtype=text)
    group.create_dataset("nothing", data=h5py.Empty("f4"))
    group.create_dataset("scalar", data=np.complex64(1 + 2j))
    group.create_dataset("big endian", data=np.arange(300, dtype=">f8").reshape(3, 100))
    group.create_dataset("enum", data=[True, False, True])
    group.create_dataset("not written", (4, 4), "i4", fillvalue=9)
    group.create_dataset("array", (2,), "(2,3)i2")[0] = np.arange(6).reshape(2, 3)
    compact(group, b"compact", np.arange(5, dtype="<i8"))
    raw = [("values.raw", 0, 12), ("values.raw", 40, 8)]
    group.create_dataset("raw files", data=np.arange(5, dtype="<i4"), external=raw)
    layout = h5py.VirtualLayout((2, 5), "<i2", maxshape=(None, 5))
    layout[1] = h5py.VirtualSource(".", "/g/sub/data", (5,))
    # Apart from the rest: libhdf5 does not copy these right.
    apart = file.create_group("apart")
    apart.create_virtual_dataset("virtual", layout, fillvalue=-1)
    apart.create_dataset("filled", (4,), text, chunks=(2,), fillvalue="nothing")[:2] = "something"


def compact(group, name, data):
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_layout(h5py.h5d.COMPACT)
    space = h5py.h5s.create_simple(data.shape)
    dataset = h5py.h5d.create(group.id, name, h5py.h5t.py_create(data.dtype), space, plist)
    dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, data)


def references(file, group):
    inside, outside = group["sub/data"], file["outside"]
    refs = np.array([inside.ref, outside.ref, group.ref, None], dtype=h5py.ref_dtype)
    refs[3] = h5py.Reference()
    group.create_dataset("refs", data=refs, dtype=h5py.ref_dtype)
    # Within a file, libhdf5 does not copy these.
    group.file["apart"].create_dataset(
        "refs in chunks", data=refs, dtype=h5py.ref_dtype, chunks=(3,), shuffle=True
    )
    regions = group.create_dataset("regions", (3,), h5py.regionref_dtype)
    regions[0] = inside.regionref[1:4]
    regions[1] = outside.regionref[:, ::2]


def chunks(group):
    data = np.arange(20 * 30, dtype="<i4").reshape(20, 30)
    group = group.create_group("chunks")
    of = lambda name, **how: group.create_dataset(name, data=data, **how)
    of("single", chunks=(20, 30))
    of("single packed", chunks=(20, 30), compression="gzip")
    of("fixed", chunks=(7, 8))
    of("fixed packed", chunks=(7, 8), compression="lzf", shuffle=True, fletcher32=True)
    of("extensible", chunks=(3, 30), maxshape=(None, 30))
    of("extensible packed", chunks=(3, 4), maxshape=(20, None), scaleoffset=0)
    of("tree", chunks=(5, 5), maxshape=(None, None), fillvalue=3)
    of("tree packed", chunks=(5, 5), maxshape=(None, None), compression=9)
    sparse = group.create_dataset("sparse", (3000, 4000), "f4", chunks=(50, 40), fillvalue=2.5)
    sparse[1700:1702, 3456] = 1
    skipped = group.create_dataset("skipped filters", (8,), "<u2", chunks=(4,), compression="gzip")
    skipped[...] = 1
    skipped.id.write_direct_chunk((4,), np.arange(4, dtype="<u2").tobytes(), filter_mask=1)
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_chunk((4, 4))
    plist.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    plist.set_fill_value(np.array(5, "<i4"))
    space = h5py.h5s.create_simple((6, 6))
    early = h5py.h5d.create(group.id, b"early", h5py.h5t.STD_I32LE, space, plist)
    h5py.Dataset(early)[1:3] = 8


def many(group):
    links = group.create_group("many", track_order=True)
    for number in range(1000):
        links[f"{number * 7919 % 1000:03}"] = h5py.SoftLink(f"/{number}")
    for number in range(40):
        links.attrs[f"attribute {number * 7 % 40}"] = number


def copy(target, libver, source, name, new_name, *options):
    options = {option: True for option in options}
    with h5py.File(target, "a", libver=BOUNDS[libver]) as there:
        if os.path.exists(source) and os.path.samefile(source, target):
            there.copy(there[name], there, new_name, **options)
            return
        with h5py.File(source, "r") as here:
            here.copy(here[name], there, new_name, **options)


def show(*files):
    for path in files:
        with h5py.File(path, "r") as file:
            Walk(file)


class Walk:
    def __init__(self, file):
        self.file = file
        self.paths = {}
        self.lines = []
        self.meet(file, "/")
        for place, path in list(self.paths.items()):
            self.object(path)

    def meet(self, group, path):
        self.paths.setdefault(self.place(group), path)
        for name in sorted(group, key=lambda name: name.encode()):
            link = group.get(name, getlink=True)
            if not isinstance(link, h5py.HardLink):
                continue
            there = group[name]
            if self.place(there) in self.paths:
                continue
            below = f"{path.rstrip('/')}/{name}"
            if isinstance(there, h5py.Group):
                self.meet(there, below)
            else:
                self.paths[self.place(there)] = below

    @staticmethod
    def place(thing):
        high_level = isinstance(thing, (h5py.Group, h5py.Dataset, h5py.Datatype))
        return h5py.h5o.get_info(thing.id if high_level else thing).addr

    def path(self, reference):
        if not reference:
            return None
        try:
            return self.paths.get(self.place(self.file[reference]), "?")
        except Exception:
            return "??"

    def plain(self, value):
        """A value without references."""
        if isinstance(value, h5py.RegionReference):
            if not value:
                return None
            there = self.file[value]
            return self.path(value), np.asarray(there[value]).tolist()
        if isinstance(value, h5py.Reference):
            return self.path(value)
        if isinstance(value, np.ndarray):
            return [self.plain(one) for one in value.tolist()] if value.dtype != object else [
                self.plain(one) for one in value.ravel()
            ]
        if isinstance(value, (np.void, tuple)):
            return tuple(self.plain(one) for one in value)
        if isinstance(value, list):
            return [self.plain(one) for one in value]
        return value

    def type(self, of):
        kind = of.get_type()
        committed = self.paths.get(self.place(kind), "anonymous") if kind.committed() else ""
        return f"{kind.dtype!r} {committed}"

    def object(self, path):
        thing = self.file[path]
        info = h5py.h5o.get_info(thing.id)
        print(path, type(thing).__name__, f"links={info.rc}")
        tracked = thing.id.get_create_plist() if hasattr(thing.id, "get_create_plist") else None
        if tracked is not None:
            print(path, "attribute order", tracked.get_attr_creation_order())
        for name in thing.attrs:
            value = thing.attrs[name]
            kind = self.type(thing.attrs.get_id(name))
            print(f"{path}@{name}", kind, np.shape(value), repr(self.plain(value)))
        if isinstance(thing, h5py.Group):
            self.group(thing, path)
        elif isinstance(thing, h5py.Dataset):
            self.dataset(thing, path)
        else:
            print(path, repr(thing.dtype))

    def group(self, group, path):
        print(path, "link order", group.id.get_create_plist().get_link_creation_order())
        for name in group:
            link = group.get(name, getlink=True)
            if isinstance(link, h5py.HardLink):
                target = self.paths[self.place(group[name])]
            elif isinstance(link, h5py.SoftLink):
                target = f"soft {link.path}"
            else:
                target = f"external {link.filename} {link.path}"
            cset = group.id.links.get_info(name.encode()).cset
            print(f"{path}: {name} -> {target} {cset}")

    def dataset(self, dataset, path):
        plist = dataset.id.get_create_plist()
        filters = [plist.get_filter(number)[:3] for number in range(plist.get_nfilters())]
        layout = plist.get_layout()
        print(path, self.type(dataset.id), dataset.shape, dataset.maxshape, layout, dataset.chunks)
        print(path, filters, plist.get_fill_time(), plist.get_alloc_time(), dataset.external)
        if dataset.shape is None:
            return
        if not dataset.dtype.hasobject:
            print(path, "fill", np.asarray(dataset.fillvalue).tolist())
        if dataset.chunks is not None:
            number = dataset.id.get_num_chunks()
            print(path, "chunks", number)
            # libhdf5 does not tell the places of chunks where only a later axis is unlimited.
            told = dataset.maxshape[0] is None or None not in dataset.maxshape
            for index in range(number if told else 0):
                chunk = dataset.id.get_chunk_info(index)
                # How well places in the file are packed is a matter of the places.
                size = None if dataset.dtype.hasobject else chunk.size
                print(path, chunk.chunk_offset, chunk.filter_mask, size)
        if layout == h5py.h5d.VIRTUAL:
            for source in dataset.virtual_sources():
                print(path, source.file_name, source.dset_name)
        if path.endswith("filled"):
            # libhdf5 does not read what a fill value has in a heap from a file open for reading.
            print(path, dataset[:2].tolist())
        elif dataset.size < 10**6:
            print(path, repr(self.plain(dataset[()])))
        else:
            print(path, dataset[1695:1705, 3450:3460].tolist())


def answer(request):
    verb, *arguments = request
    {"make": make, "copy": copy, "show": show}[verb](*arguments)
    print("=", flush=True)


if __name__ == "__main__":
    h5py._errors.silence_errors()
    if len(sys.argv) > 1:
        answer(sys.argv[1:])
    else:
        for line in sys.stdin:
            answer(line.rstrip("\n").split("\t"))
