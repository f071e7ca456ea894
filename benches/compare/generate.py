"""Makes the files that the comparison reads: generate.py FOLDER

The same bytes each time: everything random comes from one seed. A file that is there is left
alone, so that a run that was cut off goes on where it stopped. What each holds stands in
../README.md.
"""

import pathlib
import sys

import h5py
import hdf5plugin
import numpy as np

SEED = 20261129
CHUNK = (1024, 1024)


def field(rows, columns, kind=np.float32):
    """A smooth field with noise, as a simulation or a sensor of 20 bits gives it."""
    random = np.random.default_rng(SEED)
    y = np.arange(rows, dtype=np.float64)[:, None]
    x = np.arange(columns, dtype=np.float64)[None, :]
    out = np.empty((rows, columns), kind)
    for first in range(0, rows, 256):
        part = slice(first, min(first + 256, rows))
        values = 20 * np.sin(x / 310) * np.cos(y[part] / 270) + 5 * np.sin((x + 2 * y[part]) / 97)
        values += random.normal(0, 0.02, values.shape)
        out[part] = np.round(values * 2048) / 2048
    return out


def images(count, rows, columns):
    """Frames of a camera: a bright spot that moves over a dark, noisy background."""
    random = np.random.default_rng(SEED)
    y = np.arange(rows)[:, None]
    x = np.arange(columns)[None, :]
    out = np.empty((count, rows, columns), np.uint16)
    for n in range(count):
        spot = 3000 * np.exp(-((x - 200 - 20 * n) ** 2 + (y - 500) ** 2) / 20000)
        out[n] = random.poisson(100 + spot)
    return out


def counters(count):
    """Numbers that go up by small steps."""
    random = np.random.default_rng(SEED)
    return np.cumsum(random.integers(0, 9, count), dtype=np.int64).astype(np.int32)


def words(count):
    """Strings of 1 to 40 characters, some of them not ASCII."""
    random = np.random.default_rng(SEED)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz 0123456789äéßµ"))
    lengths = random.integers(1, 41, count)
    text = "".join(letters[random.integers(0, len(letters), int(lengths.sum()))])
    ends = np.cumsum(lengths)
    return [text[end - length : end] for length, end in zip(lengths, ends)]


ROW = np.dtype(
    [("id", "<i8"), ("time", "<f8"), ("x", "<f4"), ("y", "<f4"), ("flags", "<i4"), ("hits", "<i4")]
)


def rows(count):
    random = np.random.default_rng(SEED)
    out = np.empty(count, ROW)
    out["id"] = np.arange(count)
    out["time"] = np.round(np.cumsum(random.exponential(0.01, count)), 6)
    out["x"] = np.round(random.normal(0, 1, count) * 1024) / 1024
    out["y"] = np.round(random.normal(0, 1, count) * 1024) / 1024
    out["flags"] = random.integers(0, 16, count)
    out["hits"] = random.poisson(20, count)
    return out


def contiguous(file):
    file["field"] = field(8192, 8192, np.float64)


def raw_field(path):
    field(8192, 8192).tofile(path)


def raw_images(path):
    images(16, 1024, 1024).tofile(path)


def chunked(file):
    data = field(8192, 8192)
    file.create_dataset("none", data=data, chunks=CHUNK)
    file.create_dataset("gzip", data=data, chunks=CHUNK, compression=4)
    file.create_dataset("shuffle_gzip", data=data, chunks=CHUNK, compression=4, shuffle=True)
    file.create_dataset("lzf", data=data, chunks=CHUNK, compression="lzf")
    file.create_dataset("shuffle_lzf", data=data, chunks=CHUNK, compression="lzf", shuffle=True)
    # Szip takes the bits of a float for an integer's, which suits counts better.
    counts = images(64, 1024, 1024)
    options = {"compression": "szip", "compression_opts": ("nn", 16)}
    file.create_dataset("szip", data=counts, chunks=(2, *CHUNK), **options)


def plugins(file):
    """Filters that libhdf5 has from plugins."""
    data = field(8192, 8192)
    for name, options in {
        "shuffle_zstd": {"shuffle": True, **hdf5plugin.Zstd(3)},
        "lz4": hdf5plugin.LZ4(),
        "bitshuffle_lz4": hdf5plugin.Bitshuffle(cname="lz4"),
        "blosc": hdf5plugin.Blosc(cname="lz4", clevel=5, shuffle=hdf5plugin.Blosc.SHUFFLE),
    }.items():
        file.create_dataset(name, data=data, chunks=CHUNK, **options)


def windows(file):
    data = field(8192, 8192)
    file.create_dataset("none", data=data, chunks=(256, 256))
    file.create_dataset("gzip", data=data, chunks=(256, 256), compression=4)


def columns(file):
    data = field(16384, 4096)
    file.create_dataset("none", data=data, chunks=CHUNK)
    file.create_dataset("gzip", data=data, chunks=CHUNK, compression=4)


def pair(file):
    data = field(8192, 8192)
    for name, half in ("a", data[:4096]), ("b", data[4096:]):
        file.create_dataset(name, data=half, chunks=CHUNK, compression=4, shuffle=True)


def names(file):
    for n in range(100_000):
        dataset = file.create_dataset(f"dataset_{n:06}", data=np.int32(n))
        dataset.attrs["number"] = n


def many_chunks(file):
    data = counters(16_000_000).reshape(4000, 4000)
    file.create_dataset("tiny", data=data, chunks=(4, 4))


def strings(file):
    file.create_dataset("words", data=words(1_000_000), dtype=h5py.string_dtype())


def compound(file):
    data = rows(5_000_000)
    file.create_dataset("rows", data=data)
    file.create_dataset("gzip", data=data, chunks=(131072,), compression=4)


def orders(file):
    data = field(4096, 8192, np.float64)
    file.create_dataset("big_endian", data=data.astype(">f8"))
    file.create_dataset("short", data=(data[:2048] * 1000).astype("<i2"))


def packed(file):
    """The two filters for numbers of few bits."""
    counts = counters(32 << 20).reshape(8192, 4096) & 0xFFFF
    file.create_dataset("scale_offset", data=counts, chunks=CHUNK, scaleoffset=0)
    kind = h5py.h5t.STD_I32LE.copy()
    kind.set_precision(17)
    creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    creation.set_chunk(CHUNK)
    creation.set_filter(h5py.h5z.FILTER_NBIT, h5py.h5z.FLAG_OPTIONAL)
    space = h5py.h5s.create_simple(counts.shape)
    dataset = h5py.h5d.create(file.id, b"nbit", kind, space, creation)
    dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, np.ascontiguousarray(counts))


def small(file):
    file["values"] = np.arange(100.0)
    file["values"].attrs["units"] = "m"


FILES = {
    "contiguous.h5": (contiguous, "earliest"),
    "chunked.h5": (chunked, "earliest"),
    "plugins.h5": (plugins, "earliest"),
    "windows.h5": (windows, "earliest"),
    "columns.h5": (columns, "earliest"),
    "pair.h5": (pair, "earliest"),
    "names_old.h5": (names, "earliest"),
    "names_new.h5": (names, "latest"),
    "many_chunks.h5": (many_chunks, "earliest"),
    "strings.h5": (strings, "earliest"),
    "compound.h5": (compound, "earliest"),
    "orders.h5": (orders, "earliest"),
    "packed.h5": (packed, "earliest"),
    "small.h5": (small, "earliest"),
}
RAW = {"field.f32": raw_field, "images.u16": raw_images}


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name in [*FILES, *RAW]:
        if (folder / name).exists():
            continue
        print(f"making {name}", file=sys.stderr)
        partial = folder / f"{name}.partial"
        if name in RAW:
            RAW[name](partial)
        else:
            fill, versions = FILES[name]
            with h5py.File(partial, "w", libver=versions) as file:
                fill(file)
        partial.rename(folder / name)


main(pathlib.Path(sys.argv[1]))
