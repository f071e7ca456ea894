"""Reads what a writer in SWMR mode writes until it is over: reader.py FILE BOARD STRICT"""
import pathlib
import random
import sys
import time

import h5py

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from common import KINDS, Board, certain, check

# Rows up to which all are read each time.
ALL = 5000


def main():
    path, board, strict = sys.argv[1], Board(sys.argv[2], False), sys.argv[3] == 'strict'
    chance = random.Random(3)
    rounds = elements = 0
    seen = {}
    slowest = 0
    with h5py.File(path, 'r', swmr=True) as file:
        datasets = [(kind, file[kind.name]) for kind in KINDS]
        over = False
        while not over:
            sure, over = board.read()
            start = time.monotonic()
            for kind, dataset in datasets:
                dataset.refresh()
                shape = dataset.shape
                rows = shape[0]
                wanted = kind.rows(sure)
                assert rows >= wanted, (kind.name, 'missed a flush', shape, sure)
                assert rows >= seen.get(kind, 0), (kind.name, 'became smaller', shape)
                seen[kind] = rows
                columns = shape[1] if len(shape) > 1 else None
                safe = certain(kind, shape, wanted, strict)
                parts = [(0, rows)]
                if rows > ALL and not over:
                    other = chance.randrange(rows - ALL // 2)
                    parts = [(max(wanted - ALL, 0), rows), (other, other + ALL // 2)]
                for first, last in parts:
                    elements += check(kind, dataset, first, last, columns, safe)
            rounds += 1
            slowest = max(slowest, time.monotonic() - start)
    print(f'h5py read: {rounds} rounds, {elements} elements,'
          f' slowest round {slowest * 1000:.0f} ms', flush=True)


main()
