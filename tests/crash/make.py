"""Makes the files that workloads start with, as h5py writes them.

    python3 make.py FOLDER

Each is made three times: in the formats `earliest`, `v108` and `latest`.
"""

import pathlib
import sys

import h5py
import numpy as np

FILES = []


def made(make):
    """Registers a generator of files."""
    FILES.append(make)
    return make


@made
def links(file):
    """Groups with many links and with few, and one below another."""
    many = file.create_group("many")
    for number in range(60):
        many.create_group(f"member{number:03} " + "x" * (number % 7))
    many["soft"] = h5py.SoftLink("/many/member001")
    many["outside"] = h5py.ExternalLink("other.h5", "/x")
    few = file.create_group("few")
    few["hard"] = many["member001 x"]
    few.create_group("a/b/c")
    few["soft"] = h5py.SoftLink("hard")


@made
def attributes(file):
    """An object with few attributes, and one with many."""
    for name, count in (("few", 4), ("many", 30)):
        group = file.create_group(name)
        for number in range(count):
            group.attrs[f"attribute{number:02}"] = np.arange(number, dtype="i4")
        group.attrs["text"] = "a word"
        group.attrs["words"] = np.array(["one", "two", "three"], dtype=h5py.string_dtype())


@made
def arrays(file):
    """Datasets of numbers in every layout."""
    data = np.arange(11 * 13, dtype="i4").reshape(11, 13)

    def make(name, **how):
        file.create_dataset(name, data=data, **how)

    make("contiguous")
    make("single", chunks=(11, 13))
    make("fixed", chunks=(3, 4), maxshape=(20, 20))
    make("fixed_filtered", chunks=(3, 4), maxshape=(20, 20), compression="gzip")
    make("extensible", chunks=(2, 13), maxshape=(None, 13))
    # Only what h5dump reads, too: not LZF.
    make(
        "extensible_filtered", chunks=(2, 13), maxshape=(None, 13), compression="gzip",
        fletcher32=True, fillvalue=7,
    )
    make("tree", chunks=(3, 3), maxshape=(None, None))
    make("tree_filtered", chunks=(3, 3), maxshape=(None, None), compression="gzip", shuffle=True)
    make("one", chunks=(11, 13), compression="gzip")
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_layout(h5py.h5d.COMPACT)
    space = h5py.h5s.create_simple(data.shape)
    compact = h5py.h5d.create(file.id, b"compact", h5py.h5t.STD_I32LE, space, properties)
    compact.write(h5py.h5s.ALL, h5py.h5s.ALL, data)
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_chunk((3, 4))
    properties.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    implicit = h5py.h5d.create(file.id, b"implicit", h5py.h5t.STD_I32LE, space, properties)
    implicit.write(h5py.h5s.ALL, h5py.h5s.ALL, data)
    file.create_dataset("late", (11, 13), "i4")


@made
def words(file):
    """Datasets of variable length."""
    text = np.array([f"word {number} " + "y" * (number % 30) for number in range(40)], object)

    def make(name, **how):
        file.create_dataset(name, data=text, dtype=h5py.string_dtype(), **how)

    make("contiguous")
    make("chunked", chunks=(6,), maxshape=(None,))
    make("filtered", chunks=(6,), maxshape=(None,), compression="gzip")
    lists = file.create_dataset("lists", (12,), h5py.vlen_dtype("i4"), chunks=(5,), maxshape=(None,))
    for number in range(12):
        lists[number] = np.arange(number)


def main():
    folder = pathlib.Path(sys.argv[1])
    for libver in ("earliest", "v108", "latest"):
        bounds = (libver, "latest")
        for make in FILES:
            with h5py.File(folder / f"{make.__name__}-{libver}.h5", "w", libver=bounds) as file:
                make(file)
    with h5py.File(
        folder / "paged-latest.h5", "w", libver="latest", fs_strategy="page", fs_persist=True,
        fs_page_size=512,
    ) as file:
        arrays(file)
        links(file)
        # What is deleted leaves free space behind, which the file remembers.
        del file["one"], file["few"]


if __name__ == "__main__":
    main()
