"""Makes the file that is exported: python make.py PATH."""

import sys

import h5py
import numpy as np

rng = np.random.default_rng(7)

with h5py.File(sys.argv[1], "w") as file:
    for code in "i1 u1 <i2 >i2 <u2 >u2 <i4 >i4 <u4 <i8 >i8 <u8 >u8".split():
        info = np.iinfo(code)
        values = rng.integers(info.min, info.max, (5, 7), info.dtype.newbyteorder("="), True)
        values[0, :2] = info.min, info.max
        file[f"int/{code}"] = values.astype(code)
    for code in "<f2 >f2 <f4 >f4 <f8 >f8 <f16".split():
        values = rng.normal(size=(5, 7)) * 10.0 ** rng.integers(-4, 4, (5, 7))
        values[0, :4] = np.nan, np.inf, -np.inf, -0.0
        file[f"float/{code}"] = values.astype(code)
    file["complex/<c8"] = (rng.normal(size=(3, 4)) - 2.5j).astype("<c8")
    file["complex/>c16"] = np.array([1 + 2j, -0.5 - 1e-7j, 3e200]).astype(">c16")
    file["bool"] = np.array([[True, False], [False, False]])
    file["scalar"] = np.float32(0.1)
    file["one"] = np.arange(11, dtype="u2")
    file["three"] = np.arange(2 * 3 * 5, dtype="<i4").reshape(2, 3, 5)
    file["four"] = np.arange(2 * 3 * 4 * 5, dtype="<f8").reshape(2, 3, 4, 5)
    file["empty"] = np.zeros((0, 4), "f4")
    file["null"] = h5py.Empty("f4")
    file["text/fixed"] = np.array([b"plain", b'say "hi"', b"a,b\nc", b""], "S9")
    padded = h5py.h5t.C_S1.copy()
    padded.set_size(6)
    padded.set_strpad(h5py.h5t.STR_SPACEPAD)
    space = h5py.h5s.create_simple((2,))
    h5py.h5d.create(file["text"].id, b"padded", padded, space)
    file["text/padded"][...] = np.array([b"ab", b"cd ef"], "S6")
    file.create_dataset("text/any", data=["grün", "", 'q"q', "x,y"], dtype=h5py.string_dtype())
    file["opaque"] = np.array([b"abcde", b"fghij"], "V5")
    file["time"] = np.arange("2020-01", "2020-04", dtype="<M8[M]").astype(
        h5py.opaque_dtype("<M8[us]")
    )
    colors = h5py.enum_dtype({"RED": 0, "GREEN": 1, "BLUE": -2}, basetype="<i2")
    file.create_dataset("enum", data=[0, 1, -2, 1], dtype=colors)
    file.create_dataset("sequences", (3,), h5py.vlen_dtype("<i4"))
    file["sequences"][...] = np.array([[1, 2], [], [3]], object)
    file.create_dataset("references", data=[file["one"].ref, file["int"].ref], dtype=h5py.ref_dtype)
    inner = np.dtype([("a", "<i2"), ("b", ">f4", (2,))])
    outer = [("id", "<u8"), ("in", inner), ("z", "<c16"), ("name", "S4"), ("on", "?"), ("m", "u1", (2, 3))]
    table = np.zeros(6, outer)
    table["id"] = rng.integers(0, 2**64 - 1, 6, "u8")
    table["in"]["a"] = rng.integers(-99, 99, 6)
    table["in"]["b"] = rng.normal(size=(6, 2))
    table["z"] = rng.normal(size=6) + 1j
    table["name"] = [b"x", b"", b"q,r", b"four", b'"', b"s"]
    table["on"] = [1, 0, 0, 1, 1, 0]
    table["m"] = rng.integers(0, 255, (6, 2, 3))
    file["table/packed"] = table
    gaps = np.dtype(
        {"names": ["x", "it's", "größe"], "formats": ["u1", "<f8", "<i4"], "offsets": [2, 8, 20], "itemsize": 32}
    )
    values = np.zeros(4, gaps)
    values["x"], values["it's"], values["größe"] = range(4), rng.normal(size=4), range(4)
    file["table/gaps"] = values
    file["arrays"] = np.zeros(3)
    del file["arrays"]
    file.create_dataset("arrays", (3,), np.dtype(("<i4", (2, 2))))
    file["arrays"][...] = np.arange(12).reshape(3, 2, 2)
    file["big"] = np.arange(3_000_000, dtype="<f4").reshape(1000, 3000)
    file.create_dataset(
        "chunked", data=np.arange(1_200_000, dtype=">u4").reshape(1000, 1200), chunks=(70, 90), compression=1
    )
    file["odd[1]"] = np.arange(3)
