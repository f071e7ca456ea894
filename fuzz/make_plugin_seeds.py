"""Makes the seeds of the targets of filters that are not libhdf5's, from chunks that hdf5plugin writes.

    python3 fuzz/make_plugin_seeds.py

needs h5py and hdf5plugin (`tests/requirements.txt`).
"""

import pathlib
import struct

import h5py
import hdf5plugin
import numpy as np

SEEDS = pathlib.Path(__file__).parent / "seeds"

# Target: of each seed its name, the options that write it, and the parameters ahead of the chunk.
TARGETS = {
    "bitshuffle": [
        ("plain", hdf5plugin.Bitshuffle(cname="none"), struct.pack("<BHB", 2, 0, 0)),
        ("lz4", hdf5plugin.Bitshuffle(nelems=16), struct.pack("<BHB", 2, 16, 2)),
        ("zstd", hdf5plugin.Bitshuffle(cname="zstd"), struct.pack("<BHB", 2, 0, 3)),
    ],
    "blosc": [
        ("blosclz", hdf5plugin.Blosc(cname="blosclz", clevel=9), struct.pack("<BBBB", 2, 9, 1, 0)),
        ("lz4", hdf5plugin.Blosc(cname="lz4", shuffle=2), struct.pack("<BBBB", 2, 5, 2, 1)),
        ("snappy", hdf5plugin.Blosc(cname="snappy"), struct.pack("<BBBB", 2, 5, 1, 3)),
        ("zlib", hdf5plugin.Blosc(cname="zlib"), struct.pack("<BBBB", 2, 5, 1, 4)),
        ("zstd", hdf5plugin.Blosc(cname="zstd"), struct.pack("<BBBB", 2, 5, 1, 5)),
    ],
    "blosc2": [
        ("blosclz", hdf5plugin.Blosc2(cname="blosclz", clevel=9), struct.pack("<BBBBBB", 2, 9, 1, 0, 9, 10)),
        ("delta", hdf5plugin.Blosc2(cname="lz4", filters=3), struct.pack("<BBBBBB", 2, 5, 3, 1, 9, 10)),
        ("zstd", hdf5plugin.Blosc2(cname="zstd", filters=2), struct.pack("<BBBBBB", 2, 5, 2, 5, 9, 10)),
    ],
    "bzip2": [("plain", hdf5plugin.BZip2(), struct.pack("<B", 9))],
    "lz4": [
        ("whole", hdf5plugin.LZ4(), struct.pack("<H", 0)),
        ("blocks", hdf5plugin.LZ4(nbytes=100), struct.pack("<H", 100)),
    ],
    "zstd": [
        ("fast", hdf5plugin.Zstd(), struct.pack("<h", 3)),
        ("small", hdf5plugin.Zstd(19), struct.pack("<h", 19)),
    ],
}
DATA = (20 * np.sin(np.arange(90) / 9)).astype("<i2")

for target, seeds in TARGETS.items():
    folder = SEEDS / f"filter_{target}"
    folder.mkdir(parents=True, exist_ok=True)
    for name, options, parameters in seeds:
        with h5py.File("seeds", "w", driver="core", backing_store=False) as file:
            made = file.create_dataset("x", data=DATA, chunks=DATA.shape, **options)
            _, stored = made.id.read_direct_chunk((0,))
        (folder / name).write_bytes(parameters + struct.pack("<H", DATA.nbytes) + stored)
