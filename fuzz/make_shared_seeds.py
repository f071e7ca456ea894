"""Makes the seeds of the targets `open` and `edit` whose headers share messages, in a list and in a tree.

    python fuzz/make_shared_seeds.py
"""

import ctypes
import pathlib

import h5py
import numpy as np


def native():
    """libhdf5 itself, as h5py has it loaded."""
    with open("/proc/self/maps") as maps:
        paths = {line.split()[-1] for line in maps if "libhdf5-" in line or "libhdf5." in line}
    return ctypes.CDLL(paths.pop())


def make(path, limits):
    library = native()
    creation = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    this = ctypes.c_int64(creation.id)
    library.H5Pset_shared_mesg_nindexes(this, 1)
    # Datatypes, dataspaces, fill values, pipelines and attributes.
    library.H5Pset_shared_mesg_index(this, 0, 1 << 1 | 1 << 3 | 1 << 5 | 1 << 11 | 1 << 12, 0)
    library.H5Pset_shared_mesg_phase_change(this, *limits)
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    access.set_libver_bounds(h5py.h5f.LIBVER_LATEST, h5py.h5f.LIBVER_LATEST)
    access.set_fclose_degree(h5py.h5f.CLOSE_STRONG)
    created = h5py.h5f.create(str(path).encode(), h5py.h5f.ACC_TRUNC, creation, access)
    with h5py.File(created) as file:
        for name in ("a", "b"):
            made = file.create_dataset(name, (2,), "<i4", chunks=(2,), maxshape=(None,), fillvalue=1)
            made.attrs["unit"] = np.bytes_("m")


seeds = pathlib.Path(__file__).parent / "seeds" / "open"
make(seeds / "shared_list", (8, 4))
make(seeds / "shared_tree", (0, 0))
