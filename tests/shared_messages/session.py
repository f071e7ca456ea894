"""h5py's side of the test of shared messages: makes files, changes them, empties them.

Reads requests from standard input, a line each with tabs between its fields; ends each answer with "=".
"""

import ctypes
import itertools
import pathlib
import random
import shutil
import sys

import h5py
import numpy as np


def native():
    """libhdf5 itself, as h5py has it loaded."""
    with open("/proc/self/maps") as maps:
        paths = {line.split()[-1] for line in maps if "libhdf5-" in line or "libhdf5." in line}
    return ctypes.CDLL(paths.pop())


NATIVE = native()
SPACES, TYPES, FILLS, PIPELINES, ATTRIBUTES = 1 << 1, 1 << 3, 1 << 5, 1 << 11, 1 << 12
ALL = SPACES | TYPES | FILLS | PIPELINES | ATTRIBUTES
VERSIONS = {
    "earliest": h5py.h5f.LIBVER_EARLIEST,
    "v108": h5py.h5f.LIBVER_V18,
    "v110": h5py.h5f.LIBVER_V110,
    "v200": h5py.h5f.LIBVER_V200,
}
# Types of messages, and bytes of the smallest that is shared, of each index.
INDEXES = {
    "one": [(ALL, 0)],
    "large": [(ALL, 40)],
    "two": [(TYPES | SPACES | FILLS, 0), (PIPELINES | ATTRIBUTES, 10)],
    "five": [(SPACES, 0), (TYPES, 8), (FILLS, 0), (PIPELINES, 0), (ATTRIBUTES, 0)],
    "attributes": [(ATTRIBUTES, 0)],
}
# Most of a list, least of a tree.
LIMITS = {"usual": (50, 40), "list": (5000, 0), "tree": (0, 0), "early": (4, 2), "swinging": (20, 21)}


def create(path, version, indexes, limits):
    creation = h5py.h5p.create(h5py.h5p.FILE_CREATE)
    this = ctypes.c_int64(creation.id)
    failed = NATIVE.H5Pset_shared_mesg_nindexes(this, len(indexes)) < 0
    for number, (types, least) in enumerate(indexes):
        failed |= NATIVE.H5Pset_shared_mesg_index(this, number, types, least) < 0
    if failed or NATIVE.H5Pset_shared_mesg_phase_change(this, *limits) < 0:
        raise RuntimeError("libhdf5 does not share messages like that")
    access = h5py.h5p.create(h5py.h5p.FILE_ACCESS)
    access.set_libver_bounds(version, h5py.h5f.LIBVER_V200)
    access.set_fclose_degree(h5py.h5f.CLOSE_STRONG)
    return h5py.File(h5py.h5f.create(str(path).encode(), h5py.h5f.ACC_TRUNC, creation, access))


def add(parent, name, number):
    """A dataset and attributes, that share with others what they can."""
    point = np.dtype([("x", "<f8"), ("y", "<f8")])
    dtype = np.dtype(("<i4", "<f8", point)[number % 3])
    made = parent.create_dataset(
        name, (4,), dtype, maxshape=(None,) if number % 2 else (8,), chunks=(2,),
        compression="gzip", fillvalue=np.ones((), dtype),
    )
    made[1:3] = np.full(2, number, "<i4").astype(dtype) if number % 3 < 2 else (number, 2)
    made.attrs["unit"] = np.bytes_("metre per second")
    made.attrs["odd"] = np.int32(number % 2)
    made.attrs["own"] = np.arange(number + 1)
    made.attrs["words"] = ["some", "words", str(number)]
    made.attrs.create("of a type", 7, dtype=parent.file["type"])
    if number % 4 == 0:
        for n in range(12):
            made.attrs[f"more {n}"] = np.full(3, n)


def make(folder):
    for version, indexes, limits in itertools.product(VERSIONS, INDEXES, LIMITS):
        path = pathlib.Path(folder) / f"{version} {indexes} {limits}.h5"
        with create(path, VERSIONS[version], INDEXES[indexes], LIMITS[limits]) as file:
            file["type"] = np.dtype("<i8")
            for number in range(9):
                add(file.require_group("group") if number % 3 == 0 else file, f"d{number}", number)
        # What libhdf5 cannot empty as it made it says nothing of what others made of it.
        whole = True
        try:
            copy = shutil.copy(path, f"{path}.copy")
            whole = not any(empty(copy))
        except Exception:
            whole = False
        yield f"{path.name}\t{whole}"


def goes_on(path, seed):
    """Adds and deletes what shares messages."""
    chance = random.Random(int(seed))
    with h5py.File(path, "r+") as file:
        for number in range(20, 26):
            add(file, f"d{number}", number)
        names = [name for name in file if isinstance(file[name], h5py.Dataset)]
        for name in chance.sample(sorted(names), 5):
            del file[name]
    return []


def show(path):
    """Every attribute and every dataset, as text."""
    with h5py.File(path, "r") as file:
        objects = {"/": file}
        file.visititems(lambda name, found: objects.update({name: found}))
        for name, found in sorted(objects.items()):
            if isinstance(found, h5py.Dataset):
                yield f"{name}\t{found[...].tolist()}"
            for own in sorted(found.attrs):
                value = found.attrs[own]
                yield f"{name}@{own}\t{value.tolist() if hasattr(value, 'tolist') else value}"


def empty(path):
    """Deletes everything; counts the messages that are shared nevertheless."""
    indexes = ctypes.c_uint(0)
    with h5py.File(path, "r+") as file:
        creation = file.id.get_create_plist()
        NATIVE.H5Pget_shared_mesg_nindexes(ctypes.c_int64(creation.id), ctypes.byref(indexes))
        for name in list(file.attrs):
            del file.attrs[name]
        for name in list(file):
            del file[name]
    with open(path, "rb") as file:
        table = file.read()
    at = table.index(b"SMTB") + 4
    counts = range(at + 12, at + 12 + 30 * indexes.value, 30)
    return [int.from_bytes(table[count : count + 2], "little") for count in counts]


def main():
    for line in sys.stdin:
        name, *arguments = line.rstrip("\n").split("\t")
        request = {"make": make, "goes on": goes_on, "show": show, "empty": empty}[name]
        for told in request(*arguments):
            print(told)
        print("=", flush=True)


if __name__ == "__main__":
    main()
