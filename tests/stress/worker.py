"""h5py's side of the stress test: does what it is told, and shows what files hold.

Reads requests from standard input and writes answers to standard output, one JSON document a line.
"""

import contextlib
import ctypes
import faulthandler
import json
import os
import sys
import traceback
import uuid

import h5py
import numpy as np
from h5py import h5a, h5d, h5f, h5g, h5i, h5o, h5p, h5r, h5s, h5t, h5z
from h5py._hl.filters import guess_chunk
from h5py._objects import ObjectID

WITH_PARENTS = h5p.create(h5p.LINK_CREATE)
WITH_PARENTS.set_char_encoding(h5t.CSET_UTF8)
ASCII = h5p.create(h5p.LINK_CREATE)


def native():
    """libhdf5 itself, as h5py has it loaded."""
    with open("/proc/self/maps") as maps:
        paths = {line.split()[-1] for line in maps if "libhdf5-" in line or "libhdf5." in line}
    return ctypes.CDLL(paths.pop())


NATIVE = native()
NATIVE.H5Oget_comment.argtypes = [ctypes.c_int64, ctypes.c_char_p, ctypes.c_size_t]
NATIVE.H5Oget_comment.restype = ctypes.c_ssize_t
HID = ctypes.c_int64
NATIVE.H5Tcopy.argtypes = [HID]
NATIVE.H5Tcopy.restype = HID
REVISED = h5t.TypeReferenceID(NATIVE.H5Tcopy(HID.in_dll(NATIVE, "H5T_STD_REF_g")))
# A reference of the revised form in memory.
Revised = ctypes.c_uint8 * 64


def native_call(name, *arguments, result=ctypes.c_int):
    function = getattr(NATIVE, name)
    function.restype = result
    done = function(*(HID(one.id) if isinstance(one, ObjectID) else one for one in arguments))
    if done < 0:
        raise RuntimeError(f"{name} failed")
    return done


def comment_of(oid):
    """The comment of an object; what h5py gives where there is none is chance."""
    buffer = ctypes.create_string_buffer(1 << 16)
    if NATIVE.H5Oget_comment(oid.id, buffer, len(buffer)) < 0:
        raise RuntimeError("the comment cannot be read")
    return buffer.value


# Types


def make_type(kind):
    """The type that a description means."""
    name, *rest = kind
    if name == "int":
        size, signed, big, precision, offset = rest
        made = getattr(h5t, f"STD_{'I' if signed else 'U'}{8 * size}{'BE' if big else 'LE'}").copy()
        if precision != 8 * size:
            made.set_precision(precision)
            made.set_offset(offset)
        return made
    if name == "float":
        size, big = rest
        return getattr(h5t, f"IEEE_F{8 * size}{'BE' if big else 'LE'}").copy()
    if name == "bits":
        size, big = rest
        return getattr(h5t, f"STD_B{8 * size}{'BE' if big else 'LE'}").copy()
    if name == "enum":
        size, signed, members = rest
        made = h5t.enum_create(make_type(["int", size, signed, False, 8 * size, 0]))
        for member, value in members:
            made.enum_insert(member.encode(), value)
        return made
    if name == "text":
        size, padding, utf8 = rest
        made = h5t.C_S1.copy()
        made.set_size(size)
        made.set_strpad(padding)
        made.set_cset(h5t.CSET_UTF8 if utf8 else h5t.CSET_ASCII)
        return made
    if name == "vartext":
        made = h5t.C_S1.copy()
        made.set_size(h5t.VARIABLE)
        made.set_cset(h5t.CSET_UTF8 if rest[0] else h5t.CSET_ASCII)
        return made
    if name == "opaque":
        made = h5t.create(h5t.OPAQUE, rest[0])
        made.set_tag(rest[1].encode())
        return made
    if name == "compound":
        members = [(member, offset, make_type(base)) for member, offset, base in rest[1]]
        size = rest[0] or sum(base.get_size() for _, _, base in members)
        made = h5t.create(h5t.COMPOUND, size)
        end = 0
        for member, offset, base in members:
            made.insert(member.encode(), end if offset is None else offset, base)
            end += base.get_size()
        return made
    if name == "array":
        return h5t.array_create(make_type(rest[1]), tuple(rest[0]))
    if name == "sequence":
        return h5t.vlen_create(make_type(rest[0]))
    kinds = {"object": h5t.STD_REF_OBJ, "region": h5t.STD_REF_DSETREG, "revised": REVISED}
    return kinds[name].copy()


def describe(tid):
    """The description of a type."""
    kind = tid.get_class()
    if kind == h5t.INTEGER:
        big = tid.get_order() == h5t.ORDER_BE
        signed = tid.get_sign() != h5t.SGN_NONE
        return ["int", tid.get_size(), signed, big, tid.get_precision(), tid.get_offset()]
    if kind == h5t.FLOAT:
        return ["float", tid.get_size(), tid.get_order() == h5t.ORDER_BE]
    if kind == h5t.BITFIELD:
        return ["bits", tid.get_size(), tid.get_order() == h5t.ORDER_BE]
    if kind == h5t.ENUM:
        base = describe(tid.get_super())
        members = [[tid.get_member_name(n).decode(), tid.get_member_value(n)]
                   for n in range(tid.get_nmembers())]
        return ["enum", base[1], base[2], sorted(members)]
    if kind == h5t.STRING:
        utf8 = tid.get_cset() == h5t.CSET_UTF8
        if tid.is_variable_str():
            return ["vartext", utf8]
        return ["text", tid.get_size(), tid.get_strpad(), utf8]
    if kind == h5t.OPAQUE:
        return ["opaque", tid.get_size(), tid.get_tag().decode()]
    if kind == h5t.COMPOUND:
        members = [[tid.get_member_name(n).decode(), tid.get_member_offset(n),
                    describe(tid.get_member_type(n))] for n in range(tid.get_nmembers())]
        if is_plain(["compound", None, members]):
            return ["compound", tid.get_size(), members]
        # In memory, sizes are others where there are heaps.
        return ["compound", None, [[name, None, base] for name, _, base in members]]
    if kind == h5t.ARRAY:
        return ["array", list(tid.get_array_dims()), describe(tid.get_super())]
    if kind == h5t.VLEN:
        return ["sequence", describe(tid.get_super())]
    if kind == h5t.REFERENCE:
        if tid.equal(h5t.STD_REF_DSETREG):
            return ["region"]
        return ["object" if tid.equal(h5t.STD_REF_OBJ) else "revised"]
    return ["unknown", kind]


def is_plain(kind):
    name = kind[0]
    if name in ("vartext", "sequence", "object", "region", "revised"):
        return False
    if name == "compound":
        return all(is_plain(base) for _, _, base in kind[2])
    return name != "array" or is_plain(kind[2])


# Elements


def make_item(kind, dtype, item, file):
    """An element of a type that is not plain, as numpy and h5py have it."""
    name = kind[0]
    if is_plain(kind):
        return np.frombuffer(bytes.fromhex(item), dtype=dtype.base)[0]
    if name == "vartext":
        return item.encode()
    if name == "sequence":
        base = h5py.check_vlen_dtype(dtype)
        return np.frombuffer(bytes.fromhex("".join(item)), dtype=base)
    if name == "compound":
        return tuple(make_item(base, dtype[member], part, file)
                     for (member, _, base), part in zip(kind[2], item))
    path, block = item
    if path is None:
        return h5py.Reference() if name == "object" else h5py.RegionReference()
    if name == "object":
        return h5r.create(file.id, path.encode(), h5r.OBJECT)
    space = h5o.open(file.id, path.encode()).get_space()
    space.select_hyperslab(tuple(block[0]), tuple(block[1]))
    return h5r.create(file.id, path.encode(), h5r.DATASET_REGION, space)


def make_items(tid, kind, items, file):
    """Elements as an array, and their type in memory (`None` for what h5py makes of it)."""
    if is_plain(kind):
        raw = np.frombuffer(bytes.fromhex("".join(items)), dtype=np.uint8)
        return raw, tid
    if kind == ["revised"]:
        return make_revised(items, file), REVISED
    dtype = tid.dtype
    out = np.empty(len(items), dtype=dtype)
    for at, item in enumerate(items):
        out[at] = make_item(kind, dtype, item, file)
    return out, h5t.py_create(dtype)


def make_revised(items, file):
    """References of the revised form, which h5py does not know, as raw memory."""
    out = (Revised * len(items))()
    default = HID(0)
    for at, (path, part) in enumerate(items):
        if path is None:
            continue
        name, made = path.encode(), ctypes.byref(out[at])
        if part is None:
            native_call("H5Rcreate_object", file.id, name, default, made)
        elif isinstance(part, str):
            native_call("H5Rcreate_attr", file.id, name, part.encode(), default, made)
        else:
            space = h5o.open(file.id, name).get_space()
            space.select_hyperslab(tuple(part[0]), tuple(part[1]))
            native_call("H5Rcreate_region", file.id, name, space, default, made)
    return np.frombuffer(out, dtype="V64")


def forget_revised(one):
    """What is not given back keeps its file open."""
    if bytes(one) != bytes(64):
        native_call("H5Rdestroy", ctypes.byref(one))


def show_revised(one, listing):
    """What a reference of the revised form means."""
    if bytes(one) == bytes(64):
        return None
    at, default = ctypes.byref(one), HID(0)
    kind = native_call("H5Rget_type", at)
    there = native_call("H5Ropen_object", at, default, default, result=HID)
    number = listing.number_of(h5i.wrap_identifier(there))
    if kind == 2:
        return number
    if kind == 4:
        name = ctypes.create_string_buffer(400)
        native_call("H5Rget_attr_name", at, name, ctypes.c_size_t(400), result=ctypes.c_ssize_t)
        return [number, name.value.decode()]
    space = h5s.SpaceID(native_call("H5Ropen_region", at, default, default, result=HID))
    return [number, *bounds_of(space)]


def bounds_of(space):
    start, end = space.get_select_bounds()
    return [[int(n) for n in start], [int(b - a + 1) for a, b in zip(start, end)]]


def show_item(kind, dtype, item, listing, meant=None):
    """What an element is; `meant` is `?` where it refers to an object that is gone."""
    name = kind[0]
    if name == "vartext":
        return item.decode() if isinstance(item, bytes) else item
    if name == "sequence":
        return [one.tobytes().hex() for one in item]
    if name == "compound":
        meant = meant if isinstance(meant, list) else [meant] * len(kind[2])
        return [show_item(base, dtype[member], item[member], listing, part)
                for (member, _, base), part in zip(kind[2], meant)]
    if is_plain(kind):
        return np.asarray(item, dtype=dtype.base).tobytes().hex()
    # libhdf5 would open whatever is there now, or crash.
    if meant == "?":
        return "gone"
    if not item:
        return None
    number = listing.number_of(h5r.dereference(item, listing.file))
    if name == "object":
        return number
    return [number, *bounds_of(h5r.get_region(item, listing.file))]


def show_items(kind, tid, space, read, listing, meant):
    """All elements of a dataset or attribute; `read(array, memory type)` fills an array, `meant` is
    what they should be, where some refer to objects that are gone."""
    count = space.get_simple_extent_npoints() if space.get_simple_extent_type() != h5s.NULL else 0
    if is_plain(kind):
        raw = np.zeros(count, dtype=f"V{tid.get_size()}")
        if count:
            read(raw, tid)
        return raw.tobytes().hex()
    if kind == ["revised"]:
        raw = np.zeros(count, dtype="V64")
        if count:
            read(raw, REVISED)
        shown = []
        for one, wanted in zip(raw, meant or [None] * count):
            held = Revised.from_buffer_copy(one)
            shown.append("gone" if wanted == "?" else show_revised(held, listing))
            forget_revised(held)
        return shown
    out = np.empty(count, dtype=tid.dtype)
    if count:
        read(out, h5t.py_create(tid.dtype))
    return [show_item(kind, tid.dtype, item, listing, wanted)
            for item, wanted in zip(out, meant or [None] * count)]


# Showing


class Listing:
    """Everything in a file; objects get numbers in the order in which they are met."""

    def __init__(self, path, gone):
        self.file = h5f.open(path.encode(), h5f.ACC_RDONLY)
        self.gone = gone
        self.numbers = {}
        self.order = []

    def number(self, oid):
        address = h5o.get_info(oid).addr
        if address not in self.numbers:
            self.numbers[address] = len(self.order)
            self.order.append(oid)
        return self.numbers[address]

    def number_of(self, oid):
        return self.numbers[h5o.get_info(oid).addr]

    def show(self):
        self.number(h5o.open(self.file, b"/"))
        shown = []
        while len(shown) < len(self.order):
            shown.append(self.show_object(self.order[len(shown)]))
        for number, (oid, facts) in enumerate(zip(self.order, shown)):
            self.show_values(oid, facts, self.gone.get(str(number), {}))
        self.file.close()
        return shown

    def show_object(self, oid):
        comment = comment_of(oid)
        facts = {"uses": h5o.get_info(oid).rc, "comment": comment.decode()}
        ordered = False
        if isinstance(oid, h5g.GroupID):
            facts["is"] = "group"
            created = oid.get_create_plist()
            ordered = bool(created.get_attr_creation_order())
            self.show_links(oid, created, facts)
        elif isinstance(oid, h5d.DatasetID):
            facts["is"] = "dataset"
            created = oid.get_create_plist()
            ordered = bool(created.get_attr_creation_order())
            self.show_dataset(oid, created, facts)
        else:
            facts["is"] = "type"
            facts["type"] = describe(oid)
        names = []
        # A callback that returns something ends the iteration.
        h5a.iterate(oid, lambda name: names.append(name))
        facts["attributes"] = [self.show_attribute(oid, name) for name in sorted(names)]
        facts["attribute_order"] = None
        if ordered:
            names = []
            h5a.iterate(oid, lambda name: names.append(name), index_type=h5p_order())
            facts["attribute_order"] = [name.decode() for name in names]
        return facts

    def show_links(self, oid, created, facts):
        names = []
        oid.links.iterate(lambda name: names.append(name))
        links = []
        for name in sorted(names):
            info = oid.links.get_info(name)
            if info.type == 0:
                links.append([name.decode(), self.number(h5o.open(oid, name))])
            elif info.type == 1:
                links.append([name.decode(), "soft", oid.links.get_val(name).decode()])
            else:
                file, path = oid.links.get_val(name)
                links.append([name.decode(), "external", file.decode(), path.decode()])
        facts["links"] = links
        facts["link_order"] = None
        if created.get_link_creation_order():
            names = []
            oid.links.iterate(lambda name: names.append(name), idx_type=h5p_order())
            facts["link_order"] = [name.decode() for name in names]

    def show_type(self, tid):
        return self.number(tid) if tid.committed() else None

    def show_dataset(self, oid, created, facts):
        tid, space = oid.get_type(), oid.get_space()
        facts["type"] = describe(tid)
        facts["committed"] = self.show_type(tid)
        null = space.get_simple_extent_type() == h5s.NULL
        facts["shape"] = None if null else list(space.get_simple_extent_dims())
        maximum = [] if null else space.get_simple_extent_dims(True)
        facts["maximum"] = [None if most == h5s.UNLIMITED else most for most in maximum]
        layout = created.get_layout()
        facts["layout"] = {h5d.COMPACT: "compact", h5d.CONTIGUOUS: "contiguous",
                           h5d.CHUNKED: "chunked", h5d.VIRTUAL: "virtual"}[layout]
        facts["chunk"] = list(created.get_chunk()) if layout == h5d.CHUNKED else None
        facts["filters"] = [created.get_filter(n)[0] for n in range(created.get_nfilters())]
        facts["parts"] = self.show_parts(created, layout)
        facts["fill"] = self.show_fill(tid, facts["type"], created)
        facts["fill_time"] = created.get_fill_time()
        facts["allocation"] = created.get_alloc_time()

    def show_parts(self, created, layout):
        if layout != h5d.VIRTUAL:
            parts = [created.get_external(n) for n in range(created.get_external_count())]
            return [[name.decode(), offset, size] for name, offset, size in parts]
        parts = []
        for n in range(created.get_virtual_count()):
            assert created.get_virtual_filename(n) == "."
            start, end = created.get_virtual_vspace(n).get_select_bounds()
            source, _ = created.get_virtual_srcspace(n).get_select_bounds()
            count = [int(b - a + 1) for a, b in zip(start, end)]
            parts.append([created.get_virtual_dsetname(n), [int(at) for at in start],
                          [int(at) for at in source], count])
        return parts

    def show_fill(self, tid, kind, created):
        defined = created.fill_value_defined()
        if defined == h5d.FILL_VALUE_UNDEFINED:
            return ["undefined"]
        if defined == h5d.FILL_VALUE_DEFAULT:
            return ["default"]
        if kind == ["vartext", True] or kind == ["vartext", False]:
            out = np.zeros(1, dtype=tid.dtype)
            created.get_fill_value(out)
            return ["user", out[0].decode()]
        out = ctypes.create_string_buffer(tid.get_size())
        native_call("H5Pget_fill_value", created, tid, out)
        return ["user", out.raw.hex()]

    def show_attribute(self, oid, name):
        attribute = h5a.open(oid, name)
        tid, space = attribute.get_type(), attribute.get_space()
        null = space.get_simple_extent_type() == h5s.NULL
        shape = None if null else list(space.get_simple_extent_dims())
        return [name.decode(), describe(tid), self.show_type(tid), shape]

    def show_values(self, oid, facts, gone):
        if facts["is"] == "dataset":
            tid, space = oid.get_type(), oid.get_space()
            read = lambda out, memory: read_dataset(oid, flat(out, space), memory)
            facts["values"] = show_items(facts["type"], tid, space, read, self, gone.get(""))
        for own in facts["attributes"]:
            attribute = h5a.open(oid, own[0].encode())
            tid, space = attribute.get_type(), attribute.get_space()
            read = lambda out, memory: read_attribute(attribute, flat(out, space), memory)
            own.append(show_items(own[1], tid, space, read, self, gone.get(own[0])))


# h5py takes what it does not know for references of the old form, and its arrays for their memory.


def read_dataset(dataset, array, memory):
    if memory is REVISED:
        place = array.ctypes.data_as(ctypes.c_void_p)
        everything = HID(0)
        native_call("H5Dread", dataset, REVISED, everything, everything, everything, place)
    else:
        dataset.read(h5s.ALL, h5s.ALL, array, memory)


def read_attribute(attribute, array, memory):
    if memory is REVISED:
        native_call("H5Aread", attribute, REVISED, array.ctypes.data_as(ctypes.c_void_p))
    else:
        attribute.read(array, memory)


def write_dataset(dataset, source, selected, array, memory):
    if memory is REVISED:
        spaces = [HID(0) if space is h5s.ALL else space for space in (source, selected)]
        place = array.ctypes.data_as(ctypes.c_void_p)
        native_call("H5Dwrite", dataset, REVISED, *spaces, HID(0), place)
        forget_all(array)
    else:
        dataset.write(source, selected, array, memory)


def forget_all(array):
    for one in array.reshape(-1):
        forget_revised(Revised.from_buffer_copy(one))


def flat(array, space):
    """The array in the shape of the dataspace, which h5py asks for."""
    return array.reshape(space.get_simple_extent_dims())


def h5p_order():
    return h5py.h5.INDEX_CRT_ORDER


# Changing


def parents(file, path):
    """Makes the groups on the way to a path that are not there."""
    parent = path.rsplit("/", 1)[0]
    if parent and parent not in file:
        # As libhdf5 makes groups on the way, but by itself only where no property of what is at
        # the end gets in the way.
        within = h5g.open(file.id, parents(file, parent).rsplit(b"/", 1)[0] or b"/")
        created = h5p.create(h5p.GROUP_CREATE)
        created.set_link_creation_order(within.get_create_plist().get_link_creation_order())
        h5g.create(file.id, parent.encode(), lcpl=charset(parent), gcpl=created)
    return path.encode()


def charset(path):
    return ASCII if path.rsplit("/", 1)[-1].isascii() else WITH_PARENTS


def type_of(file, like):
    if "committed" in like:
        return h5o.open(file.id, like["committed"].encode())
    return make_type(like["kind"])


def new_group(file, path, ordered, phase):
    created = h5p.create(h5p.GROUP_CREATE)
    if ordered:
        order = h5p.CRT_ORDER_TRACKED | h5p.CRT_ORDER_INDEXED
        created.set_link_creation_order(order)
        created.set_attr_creation_order(order)
    if phase is not None:
        native_call("H5Pset_link_phase_change", created, *map(ctypes.c_uint, phase))
    return h5g.create(file.id, parents(file, path), lcpl=charset(path), gcpl=created)


def new_dataset(file, op):
    tid = type_of(file, op["like"])
    kind = describe(tid)
    created = h5p.create(h5p.DATASET_CREATE)
    shape = op["shape"]
    layout = op["layout"]
    if layout[0] == "compact":
        created.set_layout(h5d.COMPACT)
    elif layout[0] == "chunked":
        created.set_chunk(tuple(layout[1]))
    elif layout[0] == "external":
        for name, offset, size in layout[1]:
            created.set_external(name.encode(), offset, size)
    elif layout[0] == "virtual":
        created.set_layout(h5d.VIRTUAL)
        for name, source_shape, source_start, start, count in layout[1]:
            source = h5s.create_simple(tuple(source_shape))
            source.select_hyperslab(tuple(source_start), tuple(count))
            part = h5s.create_simple(tuple(shape))
            part.select_hyperslab(tuple(start), tuple(count))
            created.set_virtual(part, b".", name.encode(), source)
    elif layout[0] == "auto":
        created.set_chunk(guess_chunk(tuple(shape), None, tid.get_size()))
    for number, *rest in op["filters"]:
        if number == 1:
            created.set_deflate(rest[0])
        elif number == 2:
            created.set_shuffle()
        elif number == 3:
            created.set_fletcher32()
        elif number == 4:
            created.set_szip(rest[0], rest[1])
        elif number == 6:
            if rest[0] is None:
                created.set_scaleoffset(h5z.SO_INT, 0)
            else:
                created.set_scaleoffset(h5z.SO_FLOAT_DSCALE, rest[0])
        else:
            created.set_filter(number, h5z.FLAG_OPTIONAL)
    if op["fill"] is not None:
        if is_plain(kind):
            native_call("H5Pset_fill_value", created, tid, bytes.fromhex(op["fill"]))
        else:
            created.set_fill_value(np.array(op["fill"].encode(), dtype=tid.dtype))
    created.set_fill_time(op["fill_time"])
    if op["allocation"] is not None:
        created.set_alloc_time(op["allocation"])
    if op["ordered"]:
        created.set_attr_creation_order(h5p.CRT_ORDER_TRACKED | h5p.CRT_ORDER_INDEXED)
    created.set_obj_track_times(op["times"])
    if op["phase"] is not None:
        created.set_attr_phase_change(*op["phase"])
    space = new_space(shape, op["maximum"])
    path = op["path"]
    made = h5d.create(file.id, parents(file, path), tid, space, created, lcpl=charset(path))
    if op["items"]:
        array, memory = make_items(tid, kind, op["items"], file)
        write_dataset(made, h5s.ALL, h5s.ALL, shaped(array, tid, kind, shape), memory)


def new_space(shape, maximum=None):
    if shape is None:
        return h5s.create(h5s.NULL)
    if not shape:
        return h5s.create(h5s.SCALAR)
    most = None
    if maximum and maximum != shape:
        most = tuple(h5s.UNLIMITED if length is None else length for length in maximum)
    return h5s.create_simple(tuple(shape), most)


def shaped(array, tid, kind, shape):
    """Raw bytes as elements without a meaning, in a shape."""
    if is_plain(kind):
        array = array.view(f"V{tid.get_size()}")
    return array.reshape(shape)


def choose(space, choice):
    how, *rest = choice
    shape = space.get_simple_extent_dims()
    if how == "all":
        space.select_all()
    elif how == "slab":
        start, stride, count, block = (tuple(axis[n] for axis in rest[0]) for n in range(4))
        space.select_hyperslab(start, count, stride, block)
    elif how == "points":
        if rest[0]:
            space.select_elements(np.array(rest[0], dtype="u8"))
        else:
            space.select_none()
    elif how == "mask":
        places = np.argwhere(np.array(rest[0], dtype=bool).reshape(shape))
        if len(places):
            space.select_elements(places.astype("u8"))
        else:
            space.select_none()
    elif how == "list":
        space.select_none()
        for at in rest[0]:
            start = (at,) + (0,) * (len(shape) - 1)
            space.select_hyperslab(start, (1,) + tuple(shape[1:]), op=h5s.SELECT_OR)
    return space


def write(file, op, field=None):
    dataset = h5o.open(file.id, op["path"].encode())
    tid = dataset.get_type()
    kind = describe(tid)
    items = op["items"]
    if field is not None:
        base = next(base for name, _, base in kind[2] if name == field)
        part = h5t.create(h5t.COMPOUND, make_type(base).get_size())
        part.insert(field.encode(), 0, make_type(base))
        tid, kind = part, ["compound", part.get_size(), [[field, 0, base]]]
        if not is_plain(base):
            items = [[item] for item in items]
    space = dataset.get_space()
    if space.get_simple_extent_ndims() == 0:
        selected = h5s.ALL
    else:
        selected = choose(space, op["choice"])
    array, memory = make_items(tid, kind, items, file)
    if not items:
        return
    array = shaped(array, tid, kind, (len(items),))
    source = h5s.create_simple((len(items),)) if selected is not h5s.ALL else h5s.ALL
    if selected is h5s.ALL:
        array = array.reshape(())
    if field is not None and is_plain(describe(dataset.get_type())):
        # Where nothing is allocated yet and all of it is selected, libhdf5 leaves out to fill what
        # the other members have.
        whole = dataset.get_type()
        others = np.empty(array.shape, dtype=f"V{whole.get_size()}")
        dataset.read(source, selected, others, whole)
        dataset.write(source, selected, others, whole)
    write_dataset(dataset, source, selected, array, memory)


def append(file, op):
    path, axis, step = op["path"].encode(), op["axis"], op["step"]
    dataset = h5o.open(file.id, path)
    tid = dataset.get_type()
    kind = describe(tid)
    shape = list(dataset.get_space().get_simple_extent_dims())
    block = step
    for at, length in enumerate(shape):
        block *= 1 if at == axis else length
    for first in range(0, len(op["items"]), block):
        start = [0] * len(shape)
        start[axis] = shape[axis]
        shape[axis] += step
        dataset.set_extent(tuple(shape))
        count = list(shape)
        count[axis] = step
        space = dataset.get_space()
        space.select_hyperslab(tuple(start), tuple(count))
        array, memory = make_items(tid, kind, op["items"][first:first + block], file)
        array = shaped(array, tid, kind, tuple(count))
        write_dataset(dataset, h5s.create_simple(tuple(count)), space, array, memory)


def write_attribute(file, attribute, tid, items, shape):
    kind = describe(tid)
    if items:
        array, memory = make_items(tid, kind, items, file)
        array = shaped(array, tid, kind, shape)
        if memory is REVISED:
            native_call("H5Awrite", attribute, REVISED, array.ctypes.data_as(ctypes.c_void_p))
            forget_all(array)
        else:
            attribute.write(array, memory)


def set_attribute(file, op):
    """As h5py sets attributes: what is there is replaced by one made under another name."""
    oid = h5o.open(file.id, op["path"].encode())
    tid = type_of(file, op["like"])
    name = op["name"].encode()
    there = h5a.exists(oid, name)
    at_first = uuid.uuid4().hex.encode() if there else name
    attribute = h5a.create(oid, at_first, tid, new_space(op["shape"]))
    write_attribute(file, attribute, tid, op["items"], op["shape"])
    if there:
        h5a.delete(oid, name)
        h5a.rename(oid, at_first, name)


def require_dataset(file, op):
    if op["path"] in file:
        tid = make_type(op["kind"])
        file.require_dataset(op["path"], tuple(op["shape"]), tid.dtype, exact=True)
        return
    new_dataset(file, {
        "path": op["path"], "like": {"kind": op["kind"]}, "shape": op["shape"],
        "maximum": op["shape"], "layout": ["contiguous"], "filters": [], "fill": None,
        "fill_time": 2, "allocation": None, "ordered": False, "times": False, "phase": None,
        "items": None,
    })


def copy(file, op):
    how = h5p.create(h5p.OBJECT_COPY)
    flags = 0
    if op["shallow"]:
        flags |= h5o.COPY_SHALLOW_HIERARCHY_FLAG
    if op["without_attributes"]:
        flags |= h5o.COPY_WITHOUT_ATTR_FLAG
    if op["references"]:
        flags |= h5o.COPY_EXPAND_REFERENCE_FLAG
    links = flags
    if op["soft"]:
        links |= h5o.COPY_EXPAND_SOFT_LINK_FLAG
    if op["external"]:
        links |= h5o.COPY_EXPAND_EXT_LINK_FLAG
    how.set_copy_object(links)
    # libhdf5 finds no way through a soft link here.
    within, names = op["to"], charset(op["to"])
    while within and within not in file or within == op["to"]:
        within = within.rsplit("/", 1)[0]
    path = op["to"][len(within):].lstrip("/")
    if "/" in path:
        # Groups on the way are no part of the copy.
        names = names.copy()
        names.set_create_intermediate_group(True)
    group = h5g.open(file.id, within.encode() or b"/")
    place = group, path.encode(), how, names
    if not op["across"]:
        h5o.copy(file.id, op["from"].encode(), *place)
        return
    with h5py.File(file.filename + ".copies", "w") as other:
        h5o.copy(file.id, op["from"].encode(), other.id, b"copy", how)
    # What leads nowhere here may lead somewhere there.
    how.set_copy_object(flags)
    with h5py.File(file.filename + ".copies", "r") as other:
        h5o.copy(other.id, b"copy", *place)


def change(file, op):
    what = op["op"]
    if what == "group":
        new_group(file, op["path"], op["ordered"], op["phase"])
    elif what == "require_group":
        if op["path"] != "/":
            parents(file, op["path"])
        file.require_group(op["path"])
    elif what == "hard":
        target = h5o.open(file.id, op["target"].encode())
        path = parents(file, op["path"])
        h5o.link(target, file.id, path, lcpl=charset(op["path"]))
    elif what == "soft":
        path = parents(file, op["path"])
        file.id.links.create_soft(path, op["target"].encode(), lcpl=charset(op["path"]))
    elif what == "external":
        path = parents(file, op["path"])
        names = op["file"].encode(), op["target"].encode()
        file.id.links.create_external(path, *names, lcpl=charset(op["path"]))
    elif what == "many":
        group = h5o.open(file.id, op["group"].encode())
        target = h5o.open(file.id, op["target"].encode()) if op["what"] == "hard" else None
        for n in range(op["first"], op["first"] + op["count"]):
            name = f"{op['prefix']}{n}"
            if op["what"] == "groups":
                h5g.create(group, name.encode(), lcpl=charset(name))
            elif op["what"] == "soft":
                group.links.create_soft(name.encode(), f"somewhere/{n}".encode(),
                                        lcpl=charset(name))
            else:
                h5o.link(target, group, name.encode(), lcpl=charset(name))
    elif what == "remove_many":
        group = h5o.open(file.id, op["group"].encode())
        for n in range(op["first"], op["first"] + op["count"]):
            group.unlink(f"{op['prefix']}{n}".encode())
    elif what == "move":
        path = parents(file, op["to"])
        file.id.links.move(op["from"].encode(), file.id, path, lcpl=charset(op["to"]))
    elif what == "unlink":
        file.id.unlink(op["path"].encode())
    elif what == "comment":
        oid = h5o.open(file.id, op["path"].encode())
        h5o.set_comment(oid, op["text"].encode())
    elif what == "copy":
        copy(file, op)
    elif what == "commit":
        made = make_type(op["kind"])
        made.commit(file.id, parents(file, op["path"]), lcpl=charset(op["path"]))
    elif what == "dataset":
        new_dataset(file, op)
    elif what == "require_dataset":
        require_dataset(file, op)
    elif what == "write":
        write(file, op)
    elif what == "write_field":
        write(file, op, op["field"])
    elif what == "resize":
        h5o.open(file.id, op["path"].encode()).set_extent(tuple(op["shape"]))
    elif what == "append":
        append(file, op)
    elif what == "chunk":
        dataset = h5o.open(file.id, op["path"].encode())
        dataset.write_direct_chunk(tuple(op["offset"]), bytes.fromhex(op["bytes"]), op["mask"])
    elif what == "attribute":
        set_attribute(file, op)
    elif what == "many_attributes":
        oid = h5o.open(file.id, op["path"].encode())
        for n in range(op["first"], op["first"] + op["count"]):
            name = f"{op['prefix']}{n}".encode()
            attribute = h5a.create(oid, name, h5t.STD_I64LE, h5s.create(h5s.SCALAR))
            attribute.write(np.array(n, dtype="<i8"))
    elif what == "remove_many_attributes":
        oid = h5o.open(file.id, op["path"].encode())
        for n in range(op["first"], op["first"] + op["count"]):
            h5a.delete(oid, f"{op['prefix']}{n}".encode())
    elif what == "modify_attribute":
        oid = h5o.open(file.id, op["path"].encode())
        attribute = h5a.open(oid, op["name"].encode())
        shape = attribute.get_space().get_simple_extent_dims()
        write_attribute(file, attribute, attribute.get_type(), op["items"], shape)
    elif what == "delete_attribute":
        h5a.delete(h5o.open(file.id, op["path"].encode()), op["name"].encode())
    elif what == "rename_attribute":
        oid = h5o.open(file.id, op["path"].encode())
        h5a.rename(oid, op["name"].encode(), op["new_name"].encode())
    elif what == "flush":
        file.flush()
    elif what != "check":
        raise ValueError(what)


def session(request):
    options = request["options"]
    if "libver" in options:
        options["libver"] = tuple(options["libver"])
    with sharing(options.pop("shared", None)):
        file = h5py.File(request["path"], request["mode"], **options)
    with file:
        for op in request["operations"]:
            try:
                change(file, op)
            except Exception as error:
                raise RuntimeError(f"{op['op']} {op.get('path')}: {error}") from error


@contextlib.contextmanager
def sharing(how):
    """Files that are created meanwhile share messages so."""
    if how is None:
        yield
        return
    make = h5py._hl.files.make_fcpl

    def make_sharing(*arguments, **options):
        plist = make(*arguments, **options) or h5p.create(h5p.FILE_CREATE)
        this = ctypes.c_int64(plist.id)
        failed = NATIVE.H5Pset_shared_mesg_nindexes(this, len(how["indexes"])) < 0
        for number, (types, least) in enumerate(how["indexes"]):
            failed |= NATIVE.H5Pset_shared_mesg_index(this, number, types, least) < 0
        failed |= NATIVE.H5Pset_shared_mesg_phase_change(this, *how["limits"]) < 0
        if failed:
            raise RuntimeError("libhdf5 does not share messages like that")
        return plist

    h5py._hl.files.make_fcpl = make_sharing
    try:
        yield
    finally:
        h5py._hl.files.make_fcpl = make


def empty(path):
    """Deletes all links and attributes; counts the messages that are shared nevertheless."""
    indexes = ctypes.c_uint(0)
    with h5py.File(path, "r+") as file:
        creation = file.id.get_create_plist()
        NATIVE.H5Pget_shared_mesg_nindexes(ctypes.c_int64(creation.id), ctypes.byref(indexes))
        groups, seen = [file["/"]], set()
        for group in groups:
            for name in group:
                link = group.get(name, getlink=True)
                if isinstance(link, h5py.HardLink):
                    found = group[name]
                    if isinstance(found, h5py.Group) and found.id not in seen:
                        seen.add(found.id)
                        groups.append(found)
                    if isinstance(found, h5py.Datatype):
                        # Some may be of the type itself, which would stay for them.
                        for own in list(found.attrs):
                            del found.attrs[own]
        for name in list(file.attrs):
            del file.attrs[name]
        for group in groups:
            for name in list(group):
                del group[name]
    with open(path, "rb") as file:
        table = file.read()
    at = table.index(b"SMTB") + 4
    counts = range(at + 12, at + 12 + 30 * indexes.value, 30)
    return [int.from_bytes(table[count : count + 2], "little") for count in counts]


def answer(request):
    if request.get("empty"):
        return empty(request["path"])
    if request["operations"] is not None:
        session(request)
    return Listing(request["path"], request["gone"]).show()


def main():
    # What libraries print must not come between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for line in sys.stdin:
        # There are files that libhdf5 never stops closing.
        faulthandler.dump_traceback_later(60, exit=True)
        try:
            shown = {"listing": answer(json.loads(line))}
        except Exception:
            shown = {"error": traceback.format_exc()}
        answers.write(json.dumps(shown) + "\n")
        answers.flush()
        faulthandler.cancel_dump_traceback_later()


if __name__ == "__main__":
    main()
