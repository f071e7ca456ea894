"""What h5py finds in the files that the tutorial's programs write: exactly this."""

import json
import sys

import h5py
import numpy as np
from h5py import h5z


def same(dataset, wanted, dtype=None):
    wanted = np.asarray(wanted)
    found = dataset[()]
    assert dataset.dtype == np.dtype(dtype or wanted.dtype), (dataset, dataset.dtype)
    assert found.shape == wanted.shape and np.array_equal(found, wanted), (dataset, found)


def save_and_read(file):
    assert list(file) == ["celsius", "image"]
    same(file["celsius"], 20 + (np.arange(1000) % 24) / 4, "<f8")
    same(file["image"], [[1, 2, 3], [4, 5, 6]], "<i4")
    assert file["celsius"].chunks is None


def select_by_values(file):
    wind, celsius = np.arange(48) * 7 % 20, np.arange(48) / 2
    strong = wind > 15
    assert 5 < strong.sum() < 20
    same(file["wind"], wind, "<i4")
    same(file["in_strong_wind"], celsius[strong])
    same(file["celsius"], np.where(strong, celsius - 5, celsius))
    image = np.ones((4, 5), "u1")
    image[np.eye(4, 5, dtype=bool)] = [10, 20, 30, 40]
    same(file["image"], image)


def write_parts(file):
    wanted = np.zeros(100)
    wanted[:10], wanted[10:20:2], wanted[-2:] = 1, 2, [3, 3.5]
    wanted[50:53], wanted[60:70] = 9, 4
    same(file["x"], wanted, "<f8")


def blocks(file):
    wanted = np.zeros((100, 200), "<i4")
    wanted[10:12, 50:53] = [[1, 2, 3], [4, 5, 6]]
    wanted[99], wanted[:, 199], wanted[::20, ::20] = 7, 8, 9
    wanted[50:60, 100:110] = np.eye(10)
    same(file["image"], wanted)


def number_types(file):
    values = [0.1, -1.9, 127.0, 300.7, -1e6, 1e30]
    same(file["i1"], np.array([0, -1, 127, 127, -128, 127], "i1"))
    same(file["u1"], np.array([0, 0, 127, 255, 0, 255], "u1"))
    same(file["i8"], np.array([0, -1, 127, 300, -1000000, np.iinfo("i8").max], "<i8"))
    same(file["f4"], np.array(values, "<f4"))
    with np.errstate(over="ignore"):
        same(file["f2"], np.array(values, "<f2"))
    same(file["f16"], np.array(values, np.longdouble))
    assert file["f16"].id.get_type().equal(h5py.h5t.NATIVE_LDOUBLE)
    same(file["c16"], np.array([1 - 2j, 0.5 + 1e300j], "<c16"))


def compression(file):
    n = np.arange(100_000)
    wanted = (n // 100 + n % 7).astype("<f8")
    filters = {
        "plain": [],
        "gzip4": [(h5z.FILTER_DEFLATE, (4,))],
        "gzip9": [(h5z.FILTER_DEFLATE, (9,))],
        "lzf": [(h5z.FILTER_LZF, None)],
        "szip": [(h5z.FILTER_SZIP, None)],
        "shuffle_gzip4": [
            (h5z.FILTER_SHUFFLE, (8,)),
            (h5z.FILTER_DEFLATE, (4,)),
            (h5z.FILTER_FLETCHER32, ()),
        ],
    }
    assert set(file) == set(filters)
    for name, wished in filters.items():
        same(file[name], wanted)
        plist = file[name].id.get_create_plist()
        found = [plist.get_filter(n) for n in range(plist.get_nfilters())]
        assert [f[0] for f in found] == [w[0] for w in wished], (name, found)
        assert all(w[1] in (None, f[2]) for f, w in zip(found, wished)), (name, found)
    assert file["szip"].compression_opts == ("nn", 8)
    assert file["gzip4"].chunks == h5py._hl.filters.guess_chunk((100_000,), None, 8)
    sizes = {name: file[name].id.get_storage_size() for name in filters}
    assert all(size < sizes["plain"] / 4 for name, size in sizes.items() if name != "plain"), sizes


def resize(file):
    table, log = file["table"], file["log"]
    same(table, [[1, 2, 3], [0, 0, 0], [0, 0, 0]], "<i4")
    assert table.maxshape == (10, 3) and table.chunks
    same(log, [-1, -1, 0.5, 1, 1.5, 2, 2.5, 3], "<f8")
    assert log.maxshape == (None,) and log.fillvalue == -1


def movie(file):
    movie = file["movie"]
    assert movie.shape == (1024, 1024, 30) and movie.maxshape == (1024, 1024, None)
    assert movie.chunks == (1024, 1024, 1) and movie.dtype == np.uint8
    assert movie.compression == "gzip" and movie.compression_opts == 1
    for n in range(30):
        frame = np.full((1024, 1024), 100 + n, "u1")
        frame[:, n + 1] = 255
        assert np.array_equal(movie[:, :, n], frame), n


def chunks(file):
    wanted = np.zeros((1000, 1000), "<f4")
    wanted[0, :150] = 1.5
    guess = h5py._hl.filters.guess_chunk
    shapes = {
        "contiguous": (None, 0),
        "tiles": ((100, 100), 2),
        "rows": ((1, 1000), 1),
        "auto": (guess((1000, 1000), None, 4), 2),
    }
    for name, (shape, count) in shapes.items():
        same(file[name], wanted)
        assert file[name].chunks == shape, (name, file[name].chunks)
        assert shape is None or file[name].id.get_num_chunks() == count, name
    same(file["compressed"], np.zeros((1000, 1000), "<f4"))
    assert file["compressed"].chunks == guess((1000, 1000), None, 4)
    growing = file["growing"]
    assert growing.shape == (0, 1000) and growing.maxshape == (None, 1000)
    assert growing.chunks == guess((0, 1000), (None, 1000), 4)


def groups(file):
    assert list(file) == ["latest", "north", "south"]
    seen = []
    file.visititems(lambda name, item: seen.append((name, type(item).__name__)))
    assert seen == [
        ("north", "Group"),
        ("north/station1", "Group"),
        ("north/station1/celsius", "Dataset"),
        ("north/station1/wind", "Group"),
        ("north/station1/wind/speed", "Dataset"),
        ("north/station2", "Group"),
        ("north/station2/celsius", "Dataset"),
        ("south", "Group"),
    ], seen
    link = file.get("latest", getlink=True)
    assert isinstance(link, h5py.SoftLink) and link.path == "/north/station1"
    same(file["latest/celsius"], [1.5, 2.5, 3.5], "<f8")
    same(file["latest/wind/speed"], [3, 4, 5], "<i4")
    same(file["north/station2/celsius"], [7.5], "<f8")


def attributes(file):
    assert dict(file.attrs) == {"title": "A first file"}
    assert dict(file["run1"].attrs) == {"number": "one"}
    celsius = file["run1/celsius"]
    same(celsius, [21.5, 22, 22.5], "<f8")
    found = dict(celsius.attrs)
    assert np.array_equal(found.pop("range"), [-40, 60])
    channels = found.pop("channels")
    assert channels.dtype == np.dtype("<i4") and channels.tolist() == [1, 2, 4]
    assert found == {"unit": "°C", "sensor": "PT100", "gain": 2.5, "calibrated": True}, found
    settings = file["settings"]
    assert settings.shape == () and h5py.check_string_dtype(settings.dtype) == ("utf-8", None)
    wanted = {"rate": 100, "filters": ["median", "mean"], "place": {"room": 12}}
    assert json.loads(settings.asstr()[()]) == wanted


def coordinates(file):
    celsius = file["celsius"]
    same(celsius, [[18.5, 21, 19.5], [17, 22.5, 20]], "<f4")
    assert [dimension.label for dimension in celsius.dims] == ["", "hour of the day"]
    assert [dimension.keys() for dimension in celsius.dims] == [["day"], ["hour"]]
    same(celsius.dims[1]["hour"], [6, 12, 18], "<i4")
    assert file["day"].is_scale and not celsius.is_scale


def progress(file):
    assert list(file) == ["copy", "frames"]
    same(file["frames"], np.arange(4_000_000), "<u4")
    same(file["copy"], np.arange(4_000_000), "<u4")


for name in sys.argv[1:]:
    with h5py.File(f"{name}.h5", "r") as file:
        globals()[name](file)
    print(name)
