"""Writes stored.txt: what stored elements become as elements of another type. Of numbers, what
exact arithmetic makes of them; of all else, what libhdf5 does. With -v, says where libhdf5 makes
something else of numbers: of ties, of fractions below zero on their way to an integer, of VAX floats
and of those of 8 bits and fewer.

A line: the type that they have, the type they get, the elements, what stood in their place, the
result; all as hexadecimal bytes.
"""

import os
import random
import sys
from fractions import Fraction

import h5py
import numpy as np
from h5py import h5t

random.seed(7)
LINES = []
DIFFERS = {}


def integer(size, offset, precision, signed, big, pads=(0, 0)):
    kind = (h5t.STD_I64LE if signed else h5t.STD_U64LE).copy()
    if size > 8:
        kind.set_size(size)
    kind.set_precision(precision)
    kind.set_offset(offset)
    kind.set_precision(precision)
    kind.set_size(size)
    kind.set_order(h5t.ORDER_BE if big else h5t.ORDER_LE)
    kind.set_pad(*pads)
    return kind


class Integer:
    def __init__(self, size, offset, precision, signed, big, pads=(0, 0)):
        self.size, self.offset, self.precision = size, offset, precision
        self.signed, self.big, self.pads = signed, big, pads
        self.kind = integer(size, offset, precision, signed, big, pads)
        self.low = -(1 << precision - 1) if signed else 0
        self.high = (1 << precision - signed) - 1

    def element(self, value):
        """The element for the nearest value to an exact one."""
        whole = max(self.low, min(self.high, int(value)))
        bits = (whole & (1 << self.precision) - 1) << self.offset
        bits |= self.pads[0] * ((1 << self.offset) - 1)
        end = self.offset + self.precision
        bits |= self.pads[1] * ((1 << self.size * 8) - (1 << end))
        return bits.to_bytes(self.size, "big" if self.big else "little"), Fraction(whole)

    def values(self):
        some = [self.low, self.high, 0, 1, self.high // 3, self.low + 1]
        some += [random.randint(self.low, self.high) for _ in range(4)]
        return [Fraction(value) for value in some + [random.randint(-300, 300) for _ in range(3)]]


class Floating:
    def __init__(self, size, fields, bias, explicit=False, order="little", rules="ieee", precision=None):
        self.size, self.fields, self.bias, self.explicit = size, fields, bias, explicit
        self.order, self.rules = order, rules
        spos, epos, esize, mpos, msize = fields
        self.digits = msize - 1 if explicit else msize
        kind = h5t.IEEE_F64LE.copy()
        if size > 8:
            kind.set_size(size)
            kind.set_precision(precision or size * 8)
        kind.set_fields(*fields)
        kind.set_ebias(bias)
        kind.set_norm(h5t.NORM_NONE if explicit else h5t.NORM_IMPLIED)
        if size <= 8:
            kind.set_precision(precision or size * 8)
            kind.set_size(size)
        if order == "vax":
            kind.set_order(h5t.ORDER_VAX)
        else:
            kind.set_order(h5t.ORDER_BE if order == "big" else h5t.ORDER_LE)
        self.kind = kind
        top = 1 << esize + self.digits
        # Magnitudes are numbered from 0; this is the first that is too large.
        self.end = {"ieee": top - (1 << self.digits), "one nan": top - 1, "vax": top, "finite": top}[rules]

    def number(self, index):
        exponent, fraction = index >> self.digits, index & (1 << self.digits) - 1
        if exponent:
            fraction |= 1 << self.digits
        elif self.rules == "vax":
            return Fraction(0)
        return fraction * Fraction(2) ** (max(exponent, 1) - self.bias - self.digits)

    def element(self, value, negative=None):
        """The element for the nearest number to an exact one: by search, not by rounding."""
        negative = value < 0 if negative is None else negative
        size = abs(value)
        low, high = 0, self.end
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self.number(middle) <= size else (low, middle)
        if self.rules == "vax" and low < 1 << self.digits:
            low, up = 0, 1 << self.digits
        else:
            up = low + 1
        below, above = size - self.number(low), self.number(up) - size
        index = up if above < below or (above == below and low % 2) else low
        if index == self.end and self.rules in ("vax", "finite"):
            index -= 1
        if index == self.end:
            number = None
        else:
            number = -self.number(index) if negative else self.number(index)
        return self.pattern(index, negative), number

    def pattern(self, index, negative):
        spos, epos, esize, mpos, msize = self.fields
        exponent, fraction = index >> self.digits, index & (1 << self.digits) - 1
        if self.explicit and exponent:
            fraction |= 1 << self.digits
        if self.rules == "vax" and index == 0:
            negative = False
        bits = negative << spos | exponent << epos | fraction << mpos
        data = bits.to_bytes(self.size, "little" if self.order == "little" else "big")
        if self.order == "vax":
            data = b"".join(data[at : at + 2][::-1] for at in range(0, self.size, 2))
        return data

    def values(self):
        one = self.bias << self.digits
        some = [0, 1, self.end - 1, one, one + 1, (1 << self.digits) - 1, 1 << self.digits]
        if self.rules == "vax":
            some = [index for index in some if index == 0 or index >> self.digits]
        some += [max(0, min(self.end - 1, one + random.randint(-20 << self.digits, 20 << self.digits))) for _ in range(6)]
        if self.rules == "vax":
            some = [index for index in some if index == 0 or index >> self.digits]
        return [self.number(index) * random.choice((1, -1)) for index in some]

    def edges(self):
        """Values at which rounding to this turns one way or the other."""
        one = self.bias << self.digits
        tiny = self.number(max(1, 1 << self.digits)) / 2**20
        result = []
        for low in (0, one, one + 1, self.end - 1, (1 << self.digits) - 1, random.randrange(1, self.end - 1)):
            high = low + 1
            middle = (self.number(low) + self.number(high)) / 2
            step = (self.number(high) - self.number(low)) / 8
            result += [middle, middle + step, middle - step]
        return result + [tiny, self.number(self.end - 1) * 3]


def encoded(kind):
    """The datatype message. Only from version 3 on it can say that a float is in VAX order, for
    which libhdf5 forgets to raise the version."""
    message = bytearray(kind.encode()[2:])
    if isinstance(kind, h5t.TypeFloatID) and kind.get_order() == h5t.ORDER_VAX:
        message[0] = 3 << 4 | message[0] & 0xF
    return bytes(message)


def emit(source, target, data, result, background=None):
    background = background or bytes(len(result))
    LINES.append(" ".join(x.hex() for x in (encoded(source), encoded(target), data, background, result)))


def libhdf5(source, target, data, background=None):
    count = len(data) // source.get_size()
    room = max(source.get_size(), target.get_size()) * count
    buffer = np.zeros(room, "u1")
    buffer[: len(data)] = np.frombuffer(data, "u1")
    other = np.zeros(room, "u1")
    if background:
        other[: len(background)] = np.frombuffer(background, "u1")
    h5t.convert(source, target, count, buffer, other)
    return bytes(buffer[: count * target.get_size()])


def numbers(name, source, target):
    values = source.values()
    if isinstance(target, Floating) and name.split()[0] in ("f64", "quad", "u8"):
        values += target.edges()
    stored, result = [], []
    for value in values:
        element, held = source.element(value)
        if held is None:
            continue
        negative = held < 0 or (isinstance(source, Floating) and held == 0 and value < 0 and source.rules != "vax")
        stored.append(element)
        if isinstance(target, Floating):
            result.append(target.element(held, negative)[0])
        else:
            result.append(target.element(held)[0])
    data, wanted = b"".join(stored), b"".join(result)
    emit(source.kind, target.kind, data, wanted)
    found = libhdf5(source.kind, target.kind, data)
    size = target.size
    wrong = [i for i in range(len(stored)) if found[i * size : (i + 1) * size] != result[i]]
    if wrong:
        DIFFERS[name] = f"{len(wrong)} of {len(stored)}: {stored[wrong[0]].hex()} -> {found[wrong[0] * size:][:size].hex()}, not {result[wrong[0]].hex()}"


INTEGERS = {
    "i1": Integer(1, 0, 8, True, False),
    "i4be": Integer(4, 0, 32, True, True),
    "u8": Integer(8, 0, 64, False, False),
    "i8": Integer(8, 0, 64, True, False),
    "i3be": Integer(3, 0, 24, True, True),
    "u2 in bits": Integer(2, 3, 9, False, False, (1, 0)),
    "i4 in bits": Integer(4, 5, 12, True, True, (0, 1)),
    "i5 in bits": Integer(5, 7, 33, True, False, (1, 1)),
}
FLOATS = {
    "f16": Floating(2, (15, 10, 5, 0, 10), 15),
    "f16be": Floating(2, (15, 10, 5, 0, 10), 15, order="big"),
    "bf16": Floating(2, (15, 7, 8, 0, 7), 127),
    "f32be": Floating(4, (31, 23, 8, 0, 23), 127, order="big"),
    "f64": Floating(8, (63, 52, 11, 0, 52), 1023),
    "three": Floating(3, (23, 16, 7, 0, 16), 63),
    "quad": Floating(16, (127, 112, 15, 0, 112), 16383),
    "quad be": Floating(16, (127, 112, 15, 0, 112), 16383, order="big"),
    "x87": Floating(16, (79, 64, 15, 0, 64), 16383, explicit=True, precision=80),
    "vax f": Floating(4, (31, 23, 8, 0, 23), 0x81, order="vax", rules="vax"),
    "vax g": Floating(8, (63, 52, 11, 0, 52), 0x401, order="vax", rules="vax"),
    "e4m3": Floating(1, (7, 3, 4, 0, 3), 7, rules="one nan"),
    "e5m2": Floating(1, (7, 2, 5, 0, 2), 15),
    "e2m3": Floating(1, (5, 3, 2, 0, 3), 1, rules="finite", precision=6),
    "e3m2": Floating(1, (5, 2, 3, 0, 2), 3, rules="finite", precision=6),
    "e2m1": Floating(1, (3, 1, 2, 0, 1), 1, rules="finite", precision=4),
}


def all_numbers():
    every = {**INTEGERS, **FLOATS}
    for from_name in ("i1", "u8", "i3be", "i4 in bits", "f16", "f32be", "f64", "quad be", "x87", "vax f", "e4m3", "e2m1"):
        source = every[from_name]
        for to_name, target in every.items():
            if source is not target:
                numbers(f"{from_name} to {to_name}", source, target)


def bitfield(like):
    """A bit field of the layout of an integer, for which h5py has no calls."""
    message = bytearray(like.encode())
    message[2] = message[2] & 0xF0 | 4
    return h5t.decode(bytes(message))


def all_bits():
    layouts = [(1, 0, 8, False, (0, 0)), (4, 0, 32, True, (0, 0)), (2, 3, 9, False, (1, 0)), (5, 7, 30, True, (0, 1))]
    kinds = [bitfield(integer(size, offset, precision, False, big, pads)) for size, offset, precision, big, pads in layouts]
    for source in kinds:
        for target in kinds:
            data = random.randbytes(source.get_size() * 5)
            emit(source, target, data, libhdf5(source, target, data))


def enumeration(base, names):
    kind = h5t.enum_create(base)
    for name, value in names.items():
        kind.enum_insert(name, value)
    return kind


def all_enumerations():
    source = enumeration(h5t.STD_I8LE, {b"RED": 0, b"GREEN": 1, b"BLUE": -1})
    # A further name before these in the alphabet makes libhdf5 2.0.0 mix them up.
    target = enumeration(h5t.STD_I32BE, {b"BLUE": 70000, b"WHITE": 1, b"GREEN": 5, b"RED": -6})
    data = bytes([0, 1, 255, 2, 0])
    emit(source, target, data, libhdf5(source, target, data))
    data = bytes([0, 1, 255, 2, 128])
    for other in (h5t.STD_I16BE, h5t.STD_U8LE, h5t.IEEE_F32LE):
        emit(source, other, data, libhdf5(source, other, data))


def string(size, pad, cset=h5t.CSET_ASCII):
    kind = h5t.C_S1.copy()
    kind.set_size(size)
    kind.set_strpad(pad)
    kind.set_cset(cset)
    return kind


def all_strings():
    pads = (h5t.STR_NULLTERM, h5t.STR_NULLPAD, h5t.STR_SPACEPAD)
    texts = [b"ab\0c\0\0", b"ab c  ", b"abcdef", b"\0\0\0\0\0\0", b"      ", b"ab \0  "]
    for source in pads:
        for target in pads:
            for size in (3, 6, 8):
                kinds = string(6, source), string(size, target)
                data = b"".join(texts)
                emit(*kinds, data, libhdf5(*kinds, data))


def compound(size, members):
    kind = h5t.create(h5t.COMPOUND, size)
    for name, (offset, member) in members.items():
        kind.insert(name, offset, member)
    return kind


def all_compounds():
    inner = compound(6, {b"p": (0, h5t.STD_I16LE), b"q": (2, h5t.IEEE_F32BE)})
    outer = compound(17, {b"r": (12, h5t.STD_I32BE), b"q": (4, h5t.IEEE_F64LE), b"p": (0, h5t.STD_I8LE)})
    source = compound(
        24,
        {
            b"a": (0, h5t.STD_I32LE),
            b"b": (4, h5t.STD_U8LE),
            b"c": (5, string(3, h5t.STR_NULLPAD)),
            b"in": (8, inner),
            b"gone": (14, h5t.STD_I16LE),
            b"x": (16, h5t.array_create(h5t.STD_I16LE, (2, 2))),
        },
    )
    target = compound(
        60,
        {
            b"x": (0, h5t.array_create(h5t.STD_I32BE, (2, 2))),
            b"new": (16, h5t.IEEE_F64LE),
            b"in": (24, outer),
            b"c": (44, string(5, h5t.STR_SPACEPAD)),
            b"b": (50, h5t.STD_U8LE),
            b"a": (52, h5t.STD_U16LE),
        },
    )
    subset = compound(12, {b"b": (4, h5t.STD_U8LE), b"c": (5, string(3, h5t.STR_NULLPAD)), b"y": (8, h5t.STD_I8LE)})
    data = b"".join(
        np.array(a, "<i4").tobytes() + bytes([200]) + b"xy\0" + np.array(a, "<i2").tobytes()
        + np.array(a / 4, ">f4").tobytes() + b"\1\2" + np.array([a, -a, 1, 2], "<i2").tobytes()
        for a in (-5, 7, 100)
    )
    for other in (target, subset):
        background = random.randbytes(other.get_size() * 3)
        emit(source, other, data, libhdf5(source, other, data, background), background)


def all_arrays():
    source = h5t.array_create(h5t.STD_I16LE, (3,))
    target = h5t.array_create(h5t.IEEE_F64BE, (3,))
    data = random.randbytes(6 * 4)
    emit(source, target, data, libhdf5(source, target, data))


def all_complex():
    single, double = h5t.COMPLEX_IEEE_F32LE, h5t.COMPLEX_IEEE_F64BE
    data = np.array([1.5, -2.25, 0.0, 7.0, -1e30, 3.5], "<f4").tobytes()
    pair = compound(8, {b"r": (0, h5t.IEEE_F32LE), b"i": (4, h5t.IEEE_F32LE)})
    for other in (double, h5t.IEEE_F64LE, h5t.STD_I16BE, pair, h5t.array_create(h5t.IEEE_F32LE, (2,))):
        emit(single, other, data, libhdf5(single, other, data))
    for other in (pair, h5t.array_create(h5t.IEEE_F32LE, (2,))):
        emit(other, single, data, libhdf5(other, single, data))
    for other in (h5t.STD_I16LE, h5t.IEEE_F32BE):
        emit(other, double, data, libhdf5(other, double, data))


all_numbers()
all_bits()
all_enumerations()
all_strings()
all_compounds()
all_arrays()
all_complex()
with open(os.path.join(os.path.dirname(__file__), "stored.txt"), "w") as out:
    out.write("\n".join(LINES) + "\n")
for name, difference in DIFFERS.items() if "-v" in sys.argv else ():
    print(f"libhdf5 {h5py.version.hdf5_version}, {name}: {difference}")
