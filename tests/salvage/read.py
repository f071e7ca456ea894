"""Reads what was salvaged. argv is a folder with `jobs.txt`: a line for each file, of the file that
was damaged, what was salvaged of it, and paths of datasets that have to be the same, parted by tabs.
"""

import sys

import h5py
import numpy as np


def walk(group, seen):
    """Reads everything there is."""
    if group.id in seen:
        return
    seen.add(group.id)
    dict(group.attrs)
    for name in group:
        try:
            if isinstance(group.get(name, getlink=True), h5py.SoftLink):
                continue
        except UnicodeDecodeError:
            # What damage made of a name.
            continue
        item = group[name]
        dict(item.attrs)
        if isinstance(item, h5py.Group):
            walk(item, seen)
        elif isinstance(item, h5py.Dataset):
            item[()]


count = 0
for line in open(f"{sys.argv[1]}/jobs.txt"):
    whole, salvaged, *paths = line.rstrip("\n").split("\t")
    with h5py.File(whole) as one, h5py.File(salvaged) as other:
        walk(other, set())
        for path in paths:
            assert np.array_equal(one[path][()], other[path][()]), (salvaged, path)
            assert one[path].dtype == other[path].dtype, (salvaged, path)
            for name, value in one[path].attrs.items():
                assert np.array_equal(value, other[path].attrs[name]), (salvaged, path, name)
            count += 1
print(count)
