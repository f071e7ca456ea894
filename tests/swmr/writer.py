"""Writes rows in SWMR mode for a while, as fast as it can: writer.py FILE BOARD SECONDS"""
import pathlib
import random
import sys
import time

import h5py

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from common import FILL, KINDS, LIMIT, WHOLE, Board, width


def make(file):
    def dataset(name, shape, kind, chunks, maxshape=None, early=False, **options):
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        if early:
            plist.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        if early or maxshape is None:
            maxshape = shape
        file.create_dataset(name, shape, kind, chunks=chunks, maxshape=maxshape, fillvalue=FILL,
                            dcpl=plist, **options)

    gzip = {'compression': 'gzip', 'shuffle': True}
    dataset('line', (0,), 'i8', (64,), (None,))
    dataset('rows', (0, 8), 'i4', (1, 8), (None, 8))
    dataset('both', (0, 1), 'i4', (16, 4), (None, None))
    dataset('fixed', (0,), 'i8', (32,), (LIMIT,))
    dataset('packed', (0,), 'i4', (100,), (None,), **gzip)
    dataset('packed_both', (0, 6), 'i8', (32, 4), (None, None), **gzip)
    dataset('packed_fixed', (0,), 'i4', (50,), (LIMIT,), compression='lzf', fletcher32=True)
    dataset('big', (0,), 'f8', (1 << 17,), (None,))
    dataset('one', (WHOLE,), 'i4', (WHOLE,))
    dataset('apart', (WHOLE,), 'i4', (8,), early=True)


def append(file, rows, more):
    """Lets the datasets have `more` rows beside the first `rows`, and flushes them."""
    for kind in KINDS:
        dataset = file[kind.name]
        first, last = kind.rows(rows), kind.rows(rows + more)
        if first == last:
            continue
        columns = width(last) if kind.columns == 'width' else kind.columns
        if not kind.whole:
            dataset.resize((last,) if columns is None else (last, columns))
        if kind.columns == 'width' and columns > width(first):
            first = 0
        dataset[first:last] = kind.values(first, last, columns)
        dataset.flush()


def main():
    path, board, seconds = sys.argv[1], Board(sys.argv[2], True), float(sys.argv[3])
    chance = random.Random(5)
    flushes = rows = 0
    with h5py.File(path, 'w', libver='latest') as file:
        make(file)
        file.swmr_mode = True
        print('ready', flush=True)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            more = chance.choice((1, 1, 2, 3, 7, 40))
            append(file, rows, more)
            rows, flushes = rows + more, flushes + 1
            board.tell(rows)
        board.tell(rows, True)
    print(f'h5py wrote: {flushes} flushes, {rows} rows', flush=True)


main()
