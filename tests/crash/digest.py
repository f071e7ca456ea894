"""Reads files as h5py does, one after the other: a path a line comes in, a line of JSON goes out.

The answer holds everything in the file, fact by fact (a fact that ends in "=" are the elements of
a dataset), or says why there is none.
"""

import json
import sys

import h5py
import numpy as np


def plain(value):
    """A value that tells all and is the same for equal elements."""
    if isinstance(value, h5py.Reference):
        return "reference" if value else "null reference"
    if isinstance(value, np.ndarray):
        if value.dtype.hasobject:
            return [plain(element) for element in value.ravel().tolist()]
        return value.tobytes().hex()
    if isinstance(value, (list, tuple)):
        return [plain(element) for element in value]
    return repr(value)


def elements(values):
    if isinstance(values, np.ndarray) and not values.dtype.hasobject:
        return values.tobytes().hex()
    return json.dumps(plain(values)).encode().hex()


def attributes(found, path, facts):
    for name in sorted(found.attrs):
        value = found.attrs[name]
        facts[f"{path}@{name}"] = f"{getattr(value, 'shape', ())} {plain(value)}"


def walk(file):
    facts = {}
    attributes(file, "/", facts)
    seen = {h5py.h5o.get_info(file["/"].id).addr}
    waiting = [("", file["/"])]
    while waiting:
        path, group = waiting.pop(0)
        names = list(group)
        facts[f"{path}/ links"] = str(len(names))
        for name in sorted(names, key=lambda name: name.encode("utf-8", "surrogateescape")):
            place = f"{path}/{name}"
            link = group.get(name, getlink=True)
            if isinstance(link, h5py.SoftLink):
                facts[f"{place}->"] = f"soft {link.path}"
                continue
            if isinstance(link, h5py.ExternalLink):
                facts[f"{place}->"] = f"external {link.filename} {link.path}"
                continue
            found = group[name]
            address = h5py.h5o.get_info(found.id).addr
            facts[f"{place}->"] = f"hard {address}"
            if address in seen:
                continue
            seen.add(address)
            attributes(found, place, facts)
            if isinstance(found, h5py.Group):
                waiting.append((place, found))
            elif isinstance(found, h5py.Dataset):
                facts[f"{place}:"] = f"{found.shape} {found.maxshape} {found.dtype} {found.chunks}"
                facts[f"{place}="] = elements(found[()])
            else:
                facts[f"{place}:"] = str(found.dtype)
    return facts


def digest(path):
    try:
        with h5py.File(path, "r", locking=False) as file:
            return {"facts": walk(file)}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


def main():
    for line in sys.stdin:
        print(json.dumps(digest(line.rstrip("\n"))), flush=True)


if __name__ == "__main__":
    main()
