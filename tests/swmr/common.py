"""What writers and readers of both languages agree on: see layout.rs."""
import os

import numpy as np

FILL = -1
# Rows of the dataset whose last size is known, and of those that have all their elements at once.
LIMIT, WHOLE = 200_000, 64


class Board:
    """What a writer tells readers, beside the file: rows flushed, and whether that is all."""

    def __init__(self, path, writing):
        flags = os.O_RDWR | os.O_CREAT if writing else os.O_RDONLY
        self.file = os.open(path, flags, 0o666)
        if writing:
            os.pwrite(self.file, bytes(16), 0)

    def tell(self, rows, over=False):
        os.pwrite(self.file, rows.to_bytes(8, 'little') + int(over).to_bytes(8, 'little'), 0)

    def read(self):
        there = os.pread(self.file, 16, 0)
        return int.from_bytes(there[:8], 'little'), there[8] != 0


def width(rows):
    """Columns of the dataset that grows both ways, once it has so many rows."""
    return max(rows, 1).bit_length()


class Kind:
    """A dataset: rows from `first` on, each of `columns` elements; `whole` of one size for good."""

    def __init__(self, name, columns=None, limit=None, whole=False):
        self.name, self.columns, self.limit, self.whole = name, columns, limit, whole

    def rows(self, rows):
        return rows if self.limit is None else min(rows, self.limit)

    def values(self, first, last, columns):
        """What elements are, of rows `first` to `last`."""
        values = np.arange(first, last, dtype='i8') * 1000
        return values if columns is None else values[:, None] + np.arange(columns)


KINDS = [
    Kind('line'),
    Kind('rows', 8),
    Kind('both', 'width'),
    Kind('fixed', limit=LIMIT),
    Kind('packed'),
    Kind('packed_both', 6),
    Kind('packed_fixed', limit=LIMIT),
    Kind('big'),
    Kind('one', limit=WHOLE, whole=True),
    Kind('apart', limit=WHOLE, whole=True),
]


def check(kind, dataset, first, last, columns, sure):
    """Rows `first` to `last` are what they must be; from `sure` on, perhaps not written yet."""
    found = dataset[first:last]
    expected = kind.values(first, last, columns)
    wrong = found != expected
    if wrong.any():
        wrong[max(sure - first, 0):] &= found[max(sure - first, 0):] != FILL
        assert not wrong.any(), (kind.name, first, last, sure, found[wrong], expected[wrong])
    return found.size


def certain(kind, shape, sure, strict):
    """Rows that are as they are to stay, of a dataset that has `sure` rows flushed."""
    if strict and not kind.whole:
        return shape[0]
    # A new column of old rows is flushed with the new rows.
    if kind.columns == 'width' and shape[1] != width(sure):
        return 0
    return sure
