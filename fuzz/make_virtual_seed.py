"""Makes a seed of the target `open`: virtual datasets whose sources lie in the same file.

The heap of their mappings makes it larger than the other seeds. Needs h5py.
"""

import pathlib

import h5py
import numpy as np

PATH = pathlib.Path(__file__).parent / "seeds/open/virtual"

with h5py.File(PATH, "w", libver="latest") as file:
    for number in range(2):
        file.create_dataset(f"s{number}", data=np.arange(24, dtype="<i2").reshape(4, 6) + number)
    parts = h5py.VirtualLayout(shape=(8, 12), dtype="<i2")
    for number in range(2):
        source = h5py.VirtualSource(".", f"s{number}", shape=(4, 6))
        parts[number::2, 0:12:2] = source[:, :]
    file.create_virtual_dataset("strided", parts, fillvalue=-1)

    def virtual(name, shape, maximum, mappings):
        layout = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        for place, source_name, source in mappings:
            layout.set_virtual(place, b".", source_name, source)
        space = h5py.h5s.create_simple(shape, maximum)
        h5py.h5d.create(file.id, name, h5py.h5t.STD_I16LE, space, layout)

    unlimited = h5py.h5s.UNLIMITED
    place = h5py.h5s.create_simple((8, 6), (unlimited, 6))
    place.select_hyperslab((0, 0), (unlimited, 1), (4, 6), (4, 6))
    virtual(b"pattern", (8, 6), (unlimited, 6), [(place, b"s%b", h5py.h5s.create_simple((4, 6)))])

    source = h5py.h5s.create_simple((4, 6))
    place = h5py.h5s.create_simple((24,))
    source.select_hyperslab((0, 0), (1, 3), (1, 2), (1, 2))
    source.select_hyperslab((2, 1), (1, 1), (2, 4), (2, 4), op=h5py.h5s.SELECT_OR)
    place.select_hyperslab((3,), (14,), (1,), (1,))
    nested = h5py.h5s.create_simple((8, 12))
    nested.select_hyperslab((1, 1), (2, 2), (3, 5), (1, 1))
    last = h5py.h5s.create_simple((24,))
    last.select_hyperslab((18,), (4,), (1,), (1,))
    virtual(b"blocks", (24,), None, [(place, b"s0", source), (last, b"strided", nested)])

print(PATH.stat().st_size, "bytes")
with h5py.File(PATH) as file:
    print({name: data[()].tolist() for name, data in file.items()})
