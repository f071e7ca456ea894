"""Writes vectors.txt: what stored numbers become. Of integers, what libhdf5 makes of them; of floats,
with which it breaks its own rules in places (ties, halves below zero), what exact arithmetic does.

A line: the stored datatype, the stored elements, the type wanted, its elements; all but the type
as hexadecimal bytes, little-endian for the wanted ones.
"""

import os
import random
from fractions import Fraction

import h5py
import numpy as np
from h5py import h5t

random.seed(5)
TARGETS = {
    "i8": h5t.STD_I8LE, "i16": h5t.STD_I16LE, "i32": h5t.STD_I32LE, "i64": h5t.STD_I64LE,
    "u8": h5t.STD_U8LE, "u16": h5t.STD_U16LE, "u32": h5t.STD_U32LE, "u64": h5t.STD_U64LE,
    "f32": h5t.IEEE_F32LE, "f64": h5t.IEEE_F64LE, "f16": h5t.IEEE_F16LE,
}


def integer(size, offset, precision, signed, big):
    kind = (h5t.STD_I64LE if signed else h5t.STD_U64LE).copy()
    if size > 8:
        kind.set_size(size)
    kind.set_precision(precision)
    kind.set_offset(offset)
    kind.set_precision(precision)
    kind.set_size(size)
    kind.set_order(h5t.ORDER_BE if big else h5t.ORDER_LE)
    return kind


def floating(size, fields, bias, norm, big, precision=None):
    kind = h5t.IEEE_F64LE.copy()
    spos, epos, esize, mpos, msize = fields
    if size > 8:
        kind.set_size(size)
        kind.set_precision(precision or size * 8)
    kind.set_fields(spos, epos, esize, mpos, msize)
    kind.set_ebias(bias)
    kind.set_norm(norm)
    if size <= 8:
        kind.set_precision(precision or size * 8)
        kind.set_size(size)
    kind.set_order(h5t.ORDER_BE if big else h5t.ORDER_LE)
    return kind


def stored_integers(size, offset, precision, signed, big, count=8):
    low, high = (-(1 << (precision - 1)), (1 << (precision - 1)) - 1) if signed else (0, (1 << precision) - 1)
    values = [low, high, 0, 1, high // 2, low + 1]
    values += [random.randint(low, high) for _ in range(count - 6)]
    values += [max(low, min(high, random.randint(-300, 300))) for _ in range(3)]
    mask = (1 << precision) - 1
    return b"".join(
        ((v & mask) << offset).to_bytes(size, "big" if big else "little") for v in values
    )


def stored_floats(size, fields, big, values):
    return b"".join(v.to_bytes(size, "big" if big else "little") for v in values)


def exact(pattern, fields, explicit):
    """The value of a stored float; None where it has none."""
    spos, epos, esize, mpos, msize = fields
    exponent = pattern >> epos & ((1 << esize) - 1)
    mantissa = pattern >> mpos & ((1 << msize) - 1)
    sign = -1 if pattern >> spos & 1 else 1
    bias = (1 << (esize - 1)) - 1
    if exponent == (1 << esize) - 1:
        return sign * Fraction(2) ** 99999
    if exponent and not explicit:
        mantissa |= 1 << msize
    unit = msize - 1 if explicit else msize
    return sign * mantissa * Fraction(2) ** (max(1, exponent) - bias - unit)


FORMATS = {"f16": (11, -14, 15, 10), "f32": (24, -126, 127, 23), "f64": (53, -1022, 1023, 52)}


def rounded(name, value, negative):
    """The pattern of the nearest float, ties to even: by search over patterns, not by rounding."""
    precision, lowest, highest, fraction = FORMATS[name]
    infinite = (2 * highest + 1) << fraction

    def number(pattern):
        exponent, mantissa = pattern >> fraction, pattern & ((1 << fraction) - 1)
        mantissa |= (1 << fraction) if exponent else 0
        return mantissa * Fraction(2) ** (max(exponent, 1) - 1 + lowest - fraction)

    size = abs(value)
    low, high = 0, infinite
    while high - low > 1:
        middle = (low + high) // 2
        if number(middle) <= size:
            low = middle
        else:
            high = middle
    below, above = size - number(low), number(low + 1) - size
    pattern = low + 1 if above < below or (above == below and low % 2) else low
    bits = int(name[1:])
    return (pattern | (negative << bits - 1)).to_bytes(bits // 8, "little")


def converted(name, values):
    if name[0] == "f":
        return b"".join(rounded(name, value, negative) for value, negative in values)
    bits = int(name[1:])
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if name[0] == "i" else (0, (1 << bits) - 1)
    whole = (max(low, min(high, int(value))) for value, _ in values)
    return b"".join((value & (1 << bits) - 1).to_bytes(bits // 8, "little") for value in whole)


def emit(out, kind, data, skip=(), values=None):
    size = kind.get_size()
    count = len(data) // size
    for name, target in TARGETS.items():
        if name in skip:
            continue
        room = max(size, target.get_size()) * count
        buffer = np.zeros(room, "u1")
        buffer[: len(data)] = np.frombuffer(data, "u1")
        background = np.zeros(room, "u1")
        h5t.convert(kind, target, count, buffer, background)
        result = converted(name, values) if values else bytes(buffer[: count * target.get_size()])
        out.write(f"{kind.encode()[2:].hex()} {data.hex()} {name} {result.hex()}\n")


INTEGERS = [
    (1, 0, 8), (2, 0, 16), (4, 0, 32), (8, 0, 64),
    (3, 0, 24), (2, 3, 9), (4, 5, 12), (8, 1, 63), (5, 7, 33), (7, 0, 50), (1, 2, 3),
]
FLOATS = {
    # name: size, (sign, exponent, size, mantissa, size), bias, norm, precision
    "half": (2, (15, 10, 5, 0, 10), 15, h5t.NORM_IMPLIED, None),
    "brain": (2, (15, 7, 8, 0, 7), 127, h5t.NORM_IMPLIED, None),
    "single": (4, (31, 23, 8, 0, 23), 127, h5t.NORM_IMPLIED, None),
    "double": (8, (63, 52, 11, 0, 52), 1023, h5t.NORM_IMPLIED, None),
    "three": (3, (23, 16, 7, 0, 16), 63, h5t.NORM_IMPLIED, None),
    "quad": (16, (127, 112, 15, 0, 112), 16383, h5t.NORM_IMPLIED, None),
    "extended": (16, (79, 64, 15, 0, 64), 16383, h5t.NORM_NONE, 80),
}


def patterns(name, size, fields):
    spos, epos, esize, mpos, msize = fields
    bias = (1 << (esize - 1)) - 1
    explicit = name == "extended"
    values = []

    def add(sign, exponent, fraction):
        if explicit and exponent:
            fraction |= 1 << (msize - 1)
        values.append(sign << spos | exponent << epos | fraction << mpos)

    ones = (1 << msize) - 1
    add(0, 0, 0)
    add(1, bias, 0)
    add(0, bias + 3, ones)
    add(0, (1 << esize) - 2, ones)
    add(1, (1 << esize) - 1, 0)
    for target in (23, 52, 10):
        # Halfway between two numbers of the target, both ways, and just above.
        if msize - explicit > target + 1:
            unit = 1 << (msize - explicit - target)
            add(0, bias + 1, unit // 2)
            add(0, bias + 1, unit + unit // 2)
            add(1, bias + 2, unit // 2 + 1)
    for _ in range(6):
        add(random.getrandbits(1), max(1, bias + random.randint(-min(20, bias - 1), min(20, bias - 1))),
            random.getrandbits(msize - explicit))
    if esize > 8:
        # Below the smallest normal single.
        for power in (-140, -149, -150):
            add(0, bias + power, random.getrandbits(msize - explicit))
    return values


with open(os.path.join(os.path.dirname(__file__), "vectors.txt"), "w") as out:
    for size, offset, precision in INTEGERS:
        for signed in (True, False):
            for big in (False, True):
                kind = integer(size, offset, precision, signed, big)
                # Where only order and sign differ, libhdf5 forgets the sign.
                other = f"{'u' if signed else 'i'}{precision}" if big else ""
                emit(out, kind, stored_integers(size, offset, precision, signed, big), [other])
    for name, (size, fields, bias, norm, precision) in FLOATS.items():
        for big in (False, True):
            kind = floating(size, fields, bias, norm, big, precision)
            stored = patterns(name, size, fields)
            explicit = name == "extended"
            values = [(exact(p, fields, explicit), p >> fields[0] & 1) for p in stored]
            emit(out, kind, stored_floats(size, fields, big, stored), values=values)
