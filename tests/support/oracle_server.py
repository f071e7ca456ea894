"""Documents of files, made by libhdf5 through the corpus's oracle, one after the other.

    oracle_server.py CORPUS

Reads lines "path<TAB>folder<TAB>driver"; for each, the file is read by a child of its own, in that
folder. Answers with the document as JSON, in which "crash" says why it is not whole, and a line "=".
"""
import json
import os
import signal
import sys

sys.path.insert(0, sys.argv[1])
import oracle
import h5py
import hdf5plugin  # noqa: F401

TIME_LIMIT = 100
# What a reader says so that one knows where it died.
PROGRESS = ("begin", "walk", "done")


def child(path, folder, driver, pipe):
    os.chdir(folder)
    os.environ["HDF5_USE_FILE_LOCKING"] = "FALSE"
    h5py._errors.silence_errors()
    oracle.Lib.cls_fapl = lambda self: oracle.h(h5py.h5p.FILE_ACCESS.id)
    reader = oracle.Child(path, driver or "auto", [])
    reader.L.i("H5Eset_auto2", oracle.h(0), None, None)
    out = os.fdopen(pipe, "w")
    reader.emit = lambda record: print(json.dumps(record), file=out)
    reader.run(h5py.version.hdf5_version)
    out.close()
    os._exit(0)


def document(path, folder, driver):
    theirs, ours = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(theirs)
            signal.alarm(TIME_LIMIT)
            child(path, folder, driver, ours)
        finally:
            os._exit(1)
    os.close(ours)
    with os.fdopen(theirs) as pipe:
        lines = pipe.readlines()
    _, status = os.waitpid(pid, 0)
    made = {"oracle": oracle.VERSION, "objects": []}
    for line in lines:
        record = json.loads(line)
        if "object" in record:
            made["objects"].append(record["object"])
        else:
            made.update((key, value) for key, value in record.items() if key not in PROGRESS)
    if status != 0:
        made["crash"] = f"status {status}"
    made["objects"].sort(key=lambda record: record["path"].encode("utf-8", "backslashreplace"))
    return made


def main():
    for line in sys.stdin:
        path, folder, driver = line.rstrip("\n").split("\t")
        print(json.dumps(document(path, folder, driver)), "=", sep="\n", flush=True)


main()
