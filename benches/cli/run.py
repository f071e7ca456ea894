#!/usr/bin/env python3
"""Times `h5` beside the tools of libhdf5 on the same large files, and prints one table of ratios.

    benches/cli/run.py [--data FOLDER] [--rounds N] [--mb N] [--h5 PROGRAM] [--only WORD]

Makes the files first, where FOLDER does not have them: seeded, by h5py, which the Python that runs
this must have (target/venv/bin/python, made by the tests, has). The tools are those of the PATH;
h5 is target/release/h5. Each command runs N times in turn with its rival; of each, the least wall
time, the least processor time and the greatest memory count. A ratio above 1 says that h5 is faster.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


def make(folder, megabytes):
    """The files, each about as large as asked for in memory."""
    import h5py
    import numpy as np

    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(20)
    rows = megabytes * (1 << 20) // 4 // 1000

    def written(name, fill):
        path = folder / name
        if path.exists():
            return
        partial = path.with_suffix(".part")
        with h5py.File(partial, "w") as file:
            fill(file)
        partial.rename(path)

    def pair(change):
        def fill(file):
            rng = np.random.default_rng(21)
            for name, scale in (("float", 1.0), ("more", 50.0)):
                data = (rng.normal(size=(rows // 2, 1000)) * scale).astype("f4")
                if change:
                    data[rows // 4, 500] += 1
                file.create_dataset(name, data=data, chunks=(64, 1000), compression=4, shuffle=True)

        return fill

    written(f"one-{megabytes}.h5", pair(False))
    written(f"same-{megabytes}.h5", pair(False))
    written(f"other-{megabytes}.h5", pair(True))

    def plain(file):
        file["int"] = rng.integers(-(1 << 31), 1 << 31, (rows, 1000), "i8").astype("i4")

    written(f"plain-{megabytes}.h5", plain)
    written(f"plain2-{megabytes}.h5", plain)

    def few(file):
        # h5diff counts anew what it tells of a dataset of 128 MiB and more, every 1 MiB.
        file["int"] = rng.integers(-(1 << 30), 1 << 30, (rows // 8, 1000), "i8").astype("i4")

    written(f"few-{megabytes}.h5", few)
    written(f"few2-{megabytes}.h5", few)

    def text(file):
        # Text is many times as large as numbers: an eighth of them.
        some = rows // 8
        file.create_dataset(
            "float", data=rng.normal(size=(some, 1000)).astype("f4"), chunks=(64, 1000), compression=4
        )
        file["int"] = rng.integers(0, 1 << 20, (some, 1000), "i4")
        table = np.zeros(some * 100, [("id", "i8"), ("x", "f8"), ("name", "S8")])
        table["id"], table["x"] = np.arange(some * 100), rng.normal(size=some * 100)
        table["name"] = b"particle"
        file.create_dataset("table", data=table, chunks=(4096,), compression=4)

    written(f"text-{megabytes}.h5", text)


def make_apart(folder, megabytes):
    """Makes the files in a process of its own: what it takes would count as memory of each command
    that is started by it."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            make(folder, megabytes)
            status = 0
        finally:
            os._exit(status)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0:
        raise RuntimeError("the files cannot be made")


def cases(folder, megabytes, scratch):
    names = ("one", "same", "other", "plain", "plain2", "few", "few2", "text")
    one, same, other, plain, plain2, few, few2, text = (
        str(folder / f"{name}-{megabytes}.h5") for name in names
    )
    out, over = (str(scratch / name) for name in ("out.h5", "over.h5"))
    return [
        ("diff, gzip, two elements differ", "h5diff", "diff", [one, other]),
        ("diff, gzip, the same", "h5diff", "diff", [one, same]),
        ("diff, contiguous, all differs, -q", "h5diff", "diff", ["-q", plain, plain2]),
        (
            "diff, a million differences told",
            "h5diff",
            "diff",
            ["-r", "-n", "1000000", few, few2],
        ),
        ("dump of floats, gzip", "h5dump", "dump", ["-d", "/float", text]),
        ("dump of integers", "h5dump", "dump", ["-d", "/int", text]),
        ("dump of compounds, gzip", "h5dump", "dump", ["-d", "/table", text]),
        ("dump to bytes, gzip", "h5dump", "dump", ["-d", "/float", "-b", "LE", "-o", out, one]),
        ("repack, gzip 4 to 1", "h5repack", "repack", ["-f", "GZIP=1", one, out]),
        ("repack, as it is", "h5repack", "repack", [one, out]),
        ("repack, as it is, over a file", "h5repack", "repack", [one, over]),
    ]


def measured(command):
    """Wall seconds, processor seconds and KiB of one run, which makes a file that is not there yet."""
    if command[-1].endswith("out.h5"):
        pathlib.Path(command[-1]).unlink(missing_ok=True)
    begin = time.monotonic()
    with open(os.devnull, "wb") as nothing:
        child = subprocess.Popen(command, stdout=nothing, stderr=nothing)
        _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - begin
    if child.returncode not in (0, 1):
        raise RuntimeError(f"{command} ended with {child.returncode}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, default=ROOT / "target/bench-cli")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--mb", type=int, default=300)
    parser.add_argument("--h5", default=str(ROOT / "target/release/h5"))
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    make_apart(given.data, given.mb)
    scratch = given.data / "scratch"
    scratch.mkdir(exist_ok=True)
    verbs = subprocess.run([given.h5, "--help"], capture_output=True, text=True).stdout
    print("| work | wall: theirs / ours | processor time: theirs / ours | memory: ours / theirs | ours |")
    print("|---|--:|--:|--:|--:|")
    for name, tool, verb, arguments in cases(given.data, given.mb, scratch):
        if given.only not in name or shutil.which(tool) is None or f"\n  {verb} " not in verbs:
            continue
        runs = {True: [], False: []}
        for _ in range(given.rounds):
            for ours in (False, True):
                runs[ours].append(measured([given.h5, verb, *arguments] if ours else [tool, *arguments]))
        best = {
            ours: (min(r[0] for r in all), min(r[1] for r in all), max(r[2] for r in all))
            for ours, all in runs.items()
        }
        theirs, mine = best[False], best[True]
        cells = (theirs[0] / mine[0], theirs[1] / mine[1], mine[2] / theirs[2])
        ratios = " | ".join(f"{cell:.2f}" for cell in cells)
        print(f"| {name} | {ratios} | {mine[0]:.2f} s, {mine[2] / 1024:.0f} MiB |")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
