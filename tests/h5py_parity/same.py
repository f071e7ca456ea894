"""Whether files of rows are the same to h5py: objects, types, shapes, values, attributes.

    same.py NAME...

NAME/f.h5 is this library's file of a row, theirs_NAME/f.h5 h5py's.
"""
import sys

import h5py
import numpy as np


def value_of(file, value):
    if isinstance(value, h5py.Empty):
        return "empty"
    if isinstance(value, h5py.Reference):
        return file[value].name if value else None
    if isinstance(value, np.ndarray) and value.dtype.kind in "OV" and value.ndim:
        return [value_of(file, one) for one in value]
    if isinstance(value, (np.ndarray, np.generic)):
        return repr(value.tolist())
    return value


def kind_of(low):
    """All there is to a type but the version it is described in."""
    found = [low.get_class(), low.get_size()]
    if isinstance(low, h5py.h5t.TypeStringID):
        found += [low.is_variable_str(), low.get_cset(), low.get_strpad()]
    elif isinstance(low, h5py.h5t.TypeEnumID):
        members = [low.get_member_name(i) for i in range(low.get_nmembers())]
        found += sorted((name, low.enum_valueof(name)) for name in members)
    elif isinstance(low, h5py.h5t.TypeCompoundID):
        found += [(low.get_member_name(i), low.get_member_offset(i), kind_of(low.get_member_type(i)))
                  for i in range(low.get_nmembers())]
    elif isinstance(low, (h5py.h5t.TypeVlenID, h5py.h5t.TypeArrayID)):
        found.append(kind_of(low.get_super()))
    else:
        found.append(low.encode().hex())
    return found


def facts(path):
    found = []
    with h5py.File(path, "r") as file:
        def add(name, item):
            if isinstance(item, (h5py.Dataset, h5py.Datatype)):
                low = item.id if isinstance(item, h5py.Datatype) else item.id.get_type()
                found.append((name, "type", kind_of(low), low.committed()))
            if isinstance(item, h5py.Dataset):
                found.append((name, item.shape, item.maxshape, value_of(file, item[()])))
                found.append((name, "fill", item.fillvalue if item.dtype.kind in "iuf" else None))
            for key in sorted(item.attrs):
                low = h5py.h5a.open(item.id, key.encode())
                kind = low.get_type()
                found.append((name, key, low.shape, kind_of(kind), kind.committed(),
                              value_of(file, item.attrs[key])))
            links = item if isinstance(item, h5py.Group) else []
            get = lambda key: item.id.links.get_info(key.encode()).cset
            found.extend((name, key, get(key)) for key in links)

        add("/", file)
        file.visititems(lambda name, item: add(name, item))
    return found


for name in sys.argv[1:]:
    ours, theirs = facts(f"{name}/f.h5"), facts(f"theirs_{name}/f.h5")
    assert theirs, name
    for one, other in zip(ours, theirs):
        assert repr(one) == repr(other), f"{name}:\n{one}\n{other}"
    assert len(ours) == len(theirs), f"{name}: {ours} {theirs}"
    print(name)
