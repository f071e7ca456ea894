"""Holds what is exported to what h5py reads: python check.py PROGRAM FILE. Prints how often."""

import csv
import glob
import io
import json
import os
import subprocess
import sys
import warnings

import h5py
import numpy as np

warnings.simplefilter("ignore")
program, path, fixtures = sys.argv[1:]
checked = compared = 0


def export(*arguments):
    done = subprocess.run([program, "export", *arguments], capture_output=True)
    return done.stdout, done.stderr.decode(), done.returncode


def exported(*arguments):
    out, errors, code = export(*arguments)
    assert code == 0 and not errors, (arguments, code, errors)
    return out


def refused(word, *arguments):
    out, errors, code = export(*arguments)
    assert code == 1 and not out and word in errors, (arguments, code, out, errors)


def saved(array):
    out = io.BytesIO()
    np.save(out, np.asanyarray(array), allow_pickle=False)
    return out.getvalue()


def same(one, other):
    assert one.dtype == other.dtype and one.shape == other.shape, (one.dtype, other.dtype)
    if one.dtype.names:
        for name in one.dtype.names:
            same(one[name], other[name])
    else:
        np.testing.assert_array_equal(one, other)


def npy(name, want, exact=True):
    global checked
    got = exported(f"{path}/{name}", "-f", "npy")
    same(np.load(io.BytesIO(got)), np.asanyarray(want))
    assert not exact or got == saved(want), (name, got[:200], saved(want)[:200])
    native = np.load(io.BytesIO(exported(f"{path}/{name}", "-f", "npy", "--native")))
    assert native.dtype == want.dtype.newbyteorder("="), (name, native.dtype)
    same(native, np.asanyarray(want).astype(native.dtype))
    assert exported(f"{path}/{name}", "-f", "raw", "--native") == native.tobytes() or not exact
    checked += 1


def rows(name):
    return list(csv.reader(io.StringIO(exported(f"{path}/{name}").decode(), newline="")))


def lines(name):
    text = exported(f"{path}/{name}", "-f", "jsonl").decode()
    return [json.loads(line) for line in text.splitlines()]


def numbers(name, values):
    """CSV and JSON lines of plain numbers of any shape."""
    global checked
    kind = values.dtype.newbyteorder("=")
    read = np.array([[kind.type(cell) for cell in row] for row in rows(name)], kind)
    np.testing.assert_array_equal(read.reshape(values.shape), values)
    read = np.array(lines(name), object if kind.itemsize > 8 else None)
    read = read.astype(kind) if kind.kind == "f" else read
    np.testing.assert_array_equal(read.reshape(values.shape), values)
    checked += 1


with h5py.File(path) as file:
    for group in ("int", "float", "complex"):
        for name, dataset in file[group].items():
            npy(f"{group}/{name}", dataset[()])
            if group != "complex" and name != "<f16":
                numbers(f"{group}/{name}", dataset[()])
    for name in "scalar one three four big chunked".split():
        npy(name, file[name][()])
        if name != "big":
            numbers(name, np.atleast_1d(file[name][()]))
    for name in "bool empty text/fixed text/padded opaque time enum arrays odd[1] table/packed".split():
        npy(name, file[name][()])
    npy("table/gaps", file["table/gaps"][()], exact=False)

    assert rows("empty") == [] and lines("empty") == []
    assert rows("bool") == [["TRUE", "FALSE"], ["FALSE", "FALSE"]]
    assert rows("enum") == [["RED"], ["GREEN"], ["BLUE"], ["GREEN"]] and lines("enum")[2] == "BLUE"
    for name in "text/fixed text/padded text/any".split():
        want = [value.decode() for value in file[name][()]]
        assert [row[0] for row in rows(name)] == want == lines(name), (name, rows(name), want)
    assert exported(f"{path}/text/any").decode() == '"grün"\n""\n"q""q"\n"x,y"\n'
    assert lines("sequences") == [[1, 2], [], [3]]
    assert rows("sequences") == [["[1,2]"], ["[]"], ["[3]"]]
    assert lines("references") == ["/one", "/int"] and rows("references") == [["/one"], ["/int"]]
    for name in "complex/<c8 complex/>c16".split():
        values = file[name][()]
        read = np.array([[complex(cell) for cell in row] for row in rows(name)], values.dtype)
        np.testing.assert_array_equal(read.reshape(values.shape), values)

    table = file["table/packed"][()]
    head, *body = rows("table/packed")
    assert head == ["id", "in.a", "in.b[0]", "in.b[1]", "z", "name", "on"] + [
        f"m[{i},{j}]" for i in range(2) for j in range(3)
    ]
    for row, line, want in zip(body, lines("table/packed"), table, strict=True):
        assert int(row[0]) == want["id"] == line["id"] and int(row[1]) == want["in"]["a"]
        np.testing.assert_array_equal(np.array(row[2:4], "f4"), want["in"]["b"])
        np.testing.assert_array_equal(np.array(line["in"]["b"], "f4"), want["in"]["b"])
        assert complex(row[4]) == want["z"] and row[5] == want["name"].decode() == line["name"]
        assert row[6] == str(want["on"]).upper()
        np.testing.assert_array_equal(np.array(row[7:], "u1"), want["m"].ravel())
        np.testing.assert_array_equal(np.array(line["m"], "u1"), want["m"])
    assert rows("arrays") == [["0", "1", "2", "3"], ["4", "5", "6", "7"], ["8", "9", "10", "11"]]

    # Parts, as h5dump names them.
    parts = {
        "three[1,0,2;;1,2,3]": file["three"][1:2, 0:2, 2:5],
        "three[0,0,0;2,2,4;1,2,2]": file["three"][0:1, 0:3:2, 0:5:4],
        "big[10,20;30,40;20,30]": file["big"][10:610:30, 20:1220:40],
        "big[0,0;4,1;3,1;2,3000]": file["big"][()].reshape(250, 4, 3000)[:3, :2].reshape(6, 3000),
        "one[3]": file["one"][3:4],
        "chunked[5,5;;990,1190]": file["chunked"][5:995, 5:1195],
    }
    for name, want in parts.items():
        assert exported(path, name, "-f", "npy") == saved(want), name
        assert exported(f"{path}/{name}", "-f", "raw") == want.tobytes(), name
        checked += 1
    assert exported(path, "odd[1]") == b"0\n1\n2\n"

    refused("null", f"{path}/null")
    refused("nothing", f"{path}/nothing")
    refused("variable length", f"{path}/text/any", "-f", "npy")
    refused("heaps", f"{path}/sequences", "-f", "raw")
    refused("references", f"{path}/references", "-f", "npy")
    refused("ends behind", f"{path}/one[5;;100]")
    refused("exceed", f"{path}/one[5,5]")
    refused("int", f"{path}/int")
    refused("two axes", f"{path}/three", "-f", "png")
    refused("which format", f"{path}/one", "-o", "x.unknown")
    refused("replace", f"{path}/one", "-f", "csv", "-o", path)
    assert exported(f"{path}/one", "-o", "one.csv") == b""
    assert open("one.csv").read() == "".join(f"{n}\n" for n in range(11))

# Whatever h5py reads of the fixtures and numpy saves is the same here.
for fixture in sorted(glob.glob(os.path.join(fixtures, "*_latest.h5"))):
    try:
        file = h5py.File(fixture)
    except OSError:
        continue
    names = []
    file.visititems(lambda name, one: names.append(name) if isinstance(one, h5py.Dataset) else None)
    for name in names[:25]:
        if (file[name].size or 0) > 100_000:
            continue
        try:
            want = np.asanyarray(file[name][()])
            saved(want)
        except (KeyError, OSError, TypeError, ValueError):
            continue
        out, errors, code = export("--external", "all", fixture, name, "-f", "npy")
        if "is not supported" in errors or "variable length" in errors:
            continue
        got = np.load(io.BytesIO(out))
        assert got.dtype == want.dtype and got.shape == want.shape, (fixture, name, got.dtype)
        assert str(got.tolist()) == str(want.tolist()), (fixture, name)
        compared += 1

print(checked, compared)
