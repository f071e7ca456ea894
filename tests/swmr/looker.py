"""Looks at a file each time it is asked to: looker.py FILE, requests as Server in tests/support has them.

`new SURE`: with another handle; `refresh SURE`: with the same one, anew; `keep`: as it was seen last.
"""
import pathlib
import sys

import h5py

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from common import KINDS, certain, check


class Looker:
    def __init__(self, path):
        self.file = h5py.File(path, 'r', swmr=True)
        self.seen = [[kind, self.file[kind.name], (0, 0), 0] for kind in KINDS]

    def refresh(self, sure):
        for entry in self.seen:
            kind, dataset, before, _ = entry
            dataset.refresh()
            shape, wanted = dataset.shape, kind.rows(sure)
            assert shape[0] >= max(wanted, before[0]), (kind.name, shape, before, wanted)
            entry[2:] = shape, certain(kind, shape, wanted, True)

    def look(self):
        for kind, dataset, shape, safe in self.seen:
            assert dataset.shape == shape or shape == (0, 0), (kind.name, dataset.shape, shape)
            check(kind, dataset, 0, shape[0], shape[1] if len(shape) > 1 else None, safe)


def main():
    path, looker = sys.argv[1], None
    for line in sys.stdin:
        what, *sure = line.rstrip('\n').split('\t')
        try:
            if looker is None or what == 'new':
                if looker is not None:
                    looker.file.close()
                looker = Looker(path)
            if sure:
                looker.refresh(int(sure[0]))
            looker.look()
        except Exception as error:
            print(type(error).__name__, str(error).replace('\n', ' '))
        print('=', flush=True)


main()
