"""Makes the file that is damaged, in both formats of groups and headers: argv is the folder."""

import sys

import h5py
import numpy as np


def numbers(seed, shape, kind="i4"):
    """No two datasets have the same."""
    return np.random.default_rng(seed).integers(1, 1 << 30, shape).astype(kind)


def attributes(target, seed, count):
    for n in range(count):
        target.attrs[f"a{n}"] = numbers(seed * 1000 + n, 3)


def fill(file, latest):
    attributes(file, 1, 2)
    a = file.create_group("a")
    a["plain"] = numbers(2, 3000)
    a["scalar"] = np.int64(123456789)
    a["text"] = np.array(["one", "two", "three and more"] * 20, dtype=object)
    a.create_dataset("zipped", data=numbers(3, (60, 50)), chunks=(10, 50), compression="gzip")
    a.create_dataset("shuffled", data=numbers(4, 4000), chunks=(500,), shuffle=True,
                     compression="gzip", fletcher32=True)
    attributes(a["plain"], 5, 3)
    attributes(a["zipped"], 6, 2)
    b = a.create_group("b")
    c = b.create_group("c")
    c["deep"] = numbers(7, (40, 20), "f8")
    c["deeper"] = numbers(8, 10)
    attributes(c, 9, 1)
    # Compact data.
    space = h5py.h5s.create_simple((12,))
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_layout(h5py.h5d.COMPACT)
    made = h5py.h5d.create(b.id, b"compact", h5py.h5t.NATIVE_INT32, space, dcpl=plist)
    made.write(h5py.h5s.ALL, h5py.h5s.ALL, numbers(10, 12))
    kinds = file.create_group("kinds")
    kinds.create_dataset("one", data=numbers(11, (30, 30)), chunks=(30, 30), compression="gzip")
    kinds.create_dataset("fixed", data=numbers(12, 20000), chunks=(16,))
    kinds.create_dataset("fixed_zipped", data=numbers(13, 6000), chunks=(40,), compression="gzip")
    kinds.create_dataset("growing", data=numbers(14, 12000), chunks=(16,), maxshape=(None,))
    kinds.create_dataset("growing_zipped", data=numbers(15, 4000), chunks=(40,), maxshape=(None,),
                         compression="gzip")
    kinds.create_dataset("both", data=numbers(16, (80, 80)), chunks=(4, 8), maxshape=(None, None))
    kinds.create_dataset("both_zipped", data=numbers(17, (60, 60)), chunks=(6, 6),
                         maxshape=(None, None), compression="gzip")
    # All chunks have their space from the beginning.
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_chunk((32,))
    plist.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    space = h5py.h5s.create_simple((3200,))
    made = h5py.h5d.create(kinds.id, b"early", h5py.h5t.NATIVE_INT32, space, dcpl=plist)
    made.write(h5py.h5s.ALL, h5py.h5s.ALL, numbers(18, 3200))
    kinds.create_dataset("filled", data=numbers(19, 500), chunks=(50,), fillvalue=7)
    types = file.create_group("types")
    types["point"] = np.dtype([("x", "f8"), ("n", "i4")])
    point = np.zeros(40, dtype=types["point"].dtype)
    point["x"], point["n"] = numbers(20, 40), numbers(21, 40)
    types.create_dataset("points", data=point, dtype=types["point"])
    many = file.create_group("many")
    for n in range(60):
        many[f"member number {n}"] = numbers(100 + n, 6)
    attributes(many["member number 7"], 22, 40)
    links = file.create_group("links")
    links["soft"] = h5py.SoftLink("/a/plain")
    links["nowhere"] = h5py.SoftLink("/no/such")
    links["hard"] = c["deeper"]
    file["last"] = numbers(23, 1000)
    dense = file.create_group("dense_attributes")
    attributes(dense, 24, 30)
    dense["inner"] = numbers(25, 700)


for name in ["earliest", "latest"]:
    with h5py.File(f"{sys.argv[1]}/{name}.h5", "w", libver=name) as file:
        fill(file, name == "latest")
