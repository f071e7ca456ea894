"""One line an attribute of a file: its type and dataspace as libhdf5 encodes them, its bytes, and
its values, references as the paths they lead to."""
import sys

import h5py
import numpy as np


def shown(file, value):
    if isinstance(value, h5py.h5r.Reference):
        return file[value].name if value else 'null'
    if isinstance(value, np.ndarray):
        return [shown(file, one) for one in value.tolist()] if value.ndim else shown(file, value[()])
    if isinstance(value, (tuple, list, np.void)):
        return [shown(file, one) for one in value]
    return value


with h5py.File(sys.argv[1], 'r') as file:
    for path in file:
        for name in file[path].attrs:
            low = h5py.h5a.open(file[path].id, name.encode())
            kind = low.get_type()
            value = np.empty(low.shape, kind.dtype)
            low.read(value)
            print(f'{path} {name}', kind.encode().hex(), low.get_space().encode().hex(),
                  low.get_storage_size(), shown(file, value), sep='\t')
