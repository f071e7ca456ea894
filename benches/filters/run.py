"""Compares filters with the plugins of libhdf5, on one core: python benches/filters/run.py [--rounds 5] [--only PART]

needs h5py and hdf5plugin (tests/requirements.txt). It makes one file a filter and kind of data, reads each with
h5py and with this library in turn, writes it again with both, and prints how many times as long this library
takes: the fastest rounds of both, files in memory.
"""

import argparse
import json
import os
import pathlib
import subprocess
import tempfile
import time

# One thread, of those plugins that have more.
os.environ.update(BLOSC_NTHREADS="1", OMP_NUM_THREADS="1")

import h5py
import hdf5plugin
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHUNK = 1 << 20  # elements
COUNT = 8 * CHUNK


def data():
    """Smooth numbers with noise, frames of a camera, and numbers that go up by small steps."""
    random = np.random.default_rng(20261129)
    at = np.arange(COUNT)
    field = np.round((20 * np.sin(at / 310) + random.normal(0, 0.02, COUNT)) * 2048) / 2048
    spot = 3000 * np.exp(-((at % 1024 - 500) ** 2) / 20000)
    return {
        "f4": field.astype("f4"),
        "u2": random.poisson(100 + spot).astype("u2"),
        "i4": np.cumsum(random.integers(0, 9, COUNT)).astype("i4"),
    }


def filters():
    shuffle = {"shuffle": True}
    yield "lz4", hdf5plugin.LZ4()
    yield "shuffle+lz4", {**shuffle, **hdf5plugin.LZ4()}
    yield "zstd-3", hdf5plugin.Zstd(3)
    yield "shuffle+zstd-3", {**shuffle, **hdf5plugin.Zstd(3)}
    yield "bzip2-9", hdf5plugin.BZip2(9)
    yield "bitshuffle", hdf5plugin.Bitshuffle(cname="none")
    yield "bitshuffle+lz4", hdf5plugin.Bitshuffle(cname="lz4")
    yield "bitshuffle+zstd", hdf5plugin.Bitshuffle(cname="zstd")
    for codec in ("blosclz", "lz4", "lz4hc", "snappy", "zlib", "zstd"):
        yield f"blosc-{codec}", hdf5plugin.Blosc(cname=codec, clevel=5, shuffle=1)
    yield "blosc-lz4-bits", hdf5plugin.Blosc(cname="lz4", clevel=5, shuffle=2)
    for codec in ("blosclz", "lz4", "lz4hc", "zlib", "zstd"):
        yield f"blosc2-{codec}", hdf5plugin.Blosc2(cname=codec, clevel=5, filters=1)
    yield "blosc2-lz4-bits", hdf5plugin.Blosc2(cname="lz4", clevel=5, filters=2)
    yield "zfp-rate-8", hdf5plugin.Zfp(rate=8)
    yield "zfp-accuracy", hdf5plugin.Zfp(accuracy=0.01)
    yield "zfp-reversible", hdf5plugin.Zfp(reversible=True)


def program():
    command = ["cargo", "bench", "--quiet", "--bench", "filters", "--features", "all-filters", "--no-run"]
    built = subprocess.run([*command, "--message-format", "json"], cwd=ROOT, check=True, stdout=subprocess.PIPE)
    messages = map(json.loads, built.stdout.splitlines())
    [path] = [m["executable"] for m in messages if m.get("executable") and m["target"]["name"] == "filters"]
    return path


def ours(process, *words):
    process.stdin.write(" ".join(map(str, words)) + "\n")
    process.stdin.flush()
    return float(process.stdout.readline())


def read(path, name):
    with h5py.File(path, rdcc_nbytes=0) as file:
        values = np.empty(file[name].shape, file[name].dtype)
        values.fill(0)
        start = time.perf_counter()
        file[name].read_direct(values)
        return time.perf_counter() - start


def write(path, values, options):
    start = time.perf_counter()
    with h5py.File(path, "w") as file:
        file.create_dataset("x", data=values, chunks=(CHUNK,), **options)
    return time.perf_counter() - start


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="part of the name of a filter")
    parser.add_argument("--no-write", action="store_true")
    parser.add_argument("--program", help="benches/filters.rs, where it is built already")
    arguments = parser.parse_args()
    folder = pathlib.Path("/dev/shm" if os.path.isdir("/dev/shm") else tempfile.gettempdir())
    kinds = data()
    print("| filter | data | size | read: C, MB/s | read | write: C, MB/s | write |")
    print("|---|---|--:|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory(dir=folder) as folder:
        folder = pathlib.Path(folder)
        process = subprocess.Popen([arguments.program or program()], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for filter, options in filters():
            if arguments.only not in filter:
                continue
            for kind, values in kinds.items():
                if filter.startswith("zfp") and kind == "u2":
                    continue
                # Names of their own, for this program may close a file after the next has been made.
                name = f"x-{kind}"
                theirs, made, again = (folder / f"{what}-{filter}-{kind}.h5" for what in ("theirs", "made", "again"))
                with h5py.File(theirs, "w") as file:
                    stored = file.create_dataset(name, data=values, chunks=(CHUNK,), **options).id.get_storage_size()
                times = {"read": [], "ours": [], "write": [], "made": []}
                for n in range(arguments.rounds):
                    times["read"].append(read(theirs, name))
                    times["ours"].append(ours(process, "read", theirs, name))
                    # Writing takes longer, and varies less.
                    if n < 2 and not arguments.no_write:
                        times["write"].append(write(again, values, options))
                        times["made"].append(ours(process, "write", theirs, name, made))
                best = {what: min(seconds, default=float("nan")) for what, seconds in times.items()}
                speed = lambda what: f"{values.nbytes / best[what] / 1e6:,.0f}"
                ratio = lambda what, other: f"{best[what] / best[other]:.2f}"
                row = [filter, kind, f"{stored / values.nbytes:.3f}", speed("read"), ratio("ours", "read")]
                row += [speed("write"), ratio("made", "write")]
                print("|", " | ".join(row), "|", flush=True)
                for path in (theirs, made, again):
                    path.unlink(missing_ok=True)


if __name__ == "__main__":
    main()
