"""Makes the seeds of the targets of filters that are not libhdf5's, from chunks that hdf5plugin writes.

    python3 fuzz/make_plugin_seeds.py

needs h5py and hdf5plugin (`tests/requirements.txt`). Those of LZO and JPEG are made where PyTables has LZO and
where there is Pillow (`tests/requirements-more.txt`), which are not in one environment with the others.
"""

import io
import pathlib
import struct
import tempfile

import h5py
import numpy as np

try:
    import hdf5plugin
except ImportError:
    hdf5plugin = None

SEEDS = pathlib.Path(__file__).parent / "seeds"


def write(target, name, seed):
    folder = SEEDS / f"filter_{target}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(seed)


# Target: of each seed its name, the options that write it, and the parameters ahead of the chunk.
TARGETS = hdf5plugin and {
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

for target, seeds in (TARGETS or {}).items():
    for name, options, parameters in seeds:
        with h5py.File("seeds", "w", driver="core", backing_store=False) as file:
            made = file.create_dataset("x", data=DATA, chunks=DATA.shape, **options)
            _, stored = made.id.read_direct_chunk((0,))
        write(target, name, parameters + struct.pack("<H", DATA.nbytes) + stored)

if hdf5plugin:
    # The parameters are what the plugin makes of them.
    for name, options in [
        ("rate", hdf5plugin.Zfp(rate=8)),
        ("accuracy", hdf5plugin.Zfp(accuracy=0.1)),
        ("reversible", hdf5plugin.Zfp(reversible=True)),
    ]:
        for kind in ("<i4", "<f8"):
            with h5py.File("seeds", "w", driver="core", backing_store=False) as file:
                values = DATA.astype(kind).reshape(9, 10)
                made = file.create_dataset("x", data=values, chunks=values.shape, **options)
                words = list(made.id.get_create_plist().get_filter(0)[2][2:]) + [0, 0]
                _, stored = made.id.read_direct_chunk((0, 0))
            seed = struct.pack("<4IH", *words[:4], values.nbytes) + stored
            write("zfp", f"{name}-{kind[1:]}", seed)

try:
    import tables
except ImportError:
    tables = None
if tables and tables.which_lib_version("lzo"):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "x.h5"
        text = (b"what stands here once, stands here twice; " * 9)[:300]
        for name, values in [("numbers", DATA), ("text", np.frombuffer(text, "u1"))]:
            with tables.open_file(str(path), "w") as file:
                file.create_carray("/", "x", obj=values, filters=tables.Filters(1, "lzo", shuffle=False), chunkshape=values.shape)
            with h5py.File(path) as file:
                _, stored = file["x"].id.read_direct_chunk((0,))
            write("lzo", name, struct.pack("<H", values.nbytes) + stored)

try:
    from PIL import Image
except ImportError:
    Image = None
if Image:
    for name, shape in [("gray", (9, 10)), ("colored", (9, 10, 3))]:
        for progressive in (False, True):
            image = np.resize((DATA + 100).astype("u1"), shape)
            stream = io.BytesIO()
            Image.fromarray(image).save(stream, "JPEG", quality=80, progressive=progressive)
            seed = struct.pack("<4BH", 80, 10, 9, len(shape) - 2, image.nbytes) + stream.getvalue()
            write("jpeg", f"{name}-progressive" if progressive else name, seed)
