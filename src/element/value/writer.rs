//! From values to stored elements.

use std::collections::HashMap;

use super::Value;
use crate::element::complex::Parts;
use crate::element::compound::in_member;
use crate::element::layout::{Exact, ExactLayout, Int};
use crate::element::opaque::check_len;
use crate::element::sequence::HeapElement;
use crate::element::text_writer::TextWriter;
use crate::element::unpacked::Unpacked;
use crate::element::writer::{WriteValues, element_size, zeroed};
use crate::element::{ConversionMode, HeapSink, Writer};
use crate::error::{Error, Result};
use crate::format::datatype::{ArrayType, Class, Datatype, Enumeration, Member, ReferenceKind};
use crate::format::global_heap::HeapId;

/// How values become elements of any type.
pub(crate) fn writer(stored: &Datatype) -> Result<Writer<Value>> {
    Writer::new(stored, Plan::new(stored)?)
}

/// The conversion to one type.
struct Plan {
    size: usize,
    class: &'static str,
    kind: Kind,
}

enum Kind {
    Number(ExactLayout),
    Time(ExactLayout),
    Bits(ExactLayout),
    Enum { layout: ExactLayout, members: HashMap<Vec<u8>, Vec<u8>> },
    Complex(ComplexPlan),
    Text(TextWriter),
    Opaque,
    Reference(ReferenceKind),
    Compound(Vec<MemberPlan>),
    Sequence(HeapElement, Box<Plan>),
    Array { shape: Vec<usize>, len: usize, base: Box<Plan> },
}

/// A complex number, and the compound that it may be written as.
struct ComplexPlan {
    real: usize,
    imaginary: usize,
    part_size: usize,
    part: ExactLayout,
    members: Vec<MemberPlan>,
}

struct MemberPlan {
    name: String,
    offset: usize,
    plan: Plan,
}

impl Plan {
    fn new(stored: &Datatype) -> Result<Self> {
        let (size, class) = (element_size(stored)?, stored.class_name());
        Ok(Self { size, class, kind: Kind::new(stored)? })
    }

    /// Lets `element`, all zero, hold `value`.
    fn put(&self, value: &Value, heap: &dyn HeapSink, element: &mut [u8]) -> Result<()> {
        match (&self.kind, value) {
            (Kind::Number(layout), value) => self.number(*layout, value, heap, element),
            (Kind::Time(_) | Kind::Bits(_), Value::Float(_)) => Err(self.refused(value)),
            (Kind::Time(layout), value) => self.number(*layout, value, heap, element),
            (Kind::Bits(_), Value::Time(_)) => Err(self.refused(value)),
            (Kind::Bits(layout), value) => self.number(*layout, value, heap, element),
            (Kind::Enum { layout, members }, value) => {
                self.enumerated(*layout, members, value, heap, element)
            }
            (Kind::Complex(plan), Value::Compound(parts)) if !plan.members.is_empty() => {
                put_members(&plan.members, parts, heap, element)
            }
            (Kind::Complex(plan), value) => self.complex(plan, value, heap, element),
            (Kind::Text(text), Value::String(value)) => {
                text.put_bytes(value.as_bytes(), heap, element)
            }
            (Kind::Text(text), Value::Bytes(value)) => text.put_bytes(value, heap, element),
            (Kind::Opaque, Value::Opaque(value) | Value::Bytes(value)) => {
                check_len(value, self.size)?;
                element.copy_from_slice(value);
                Ok(())
            }
            (Kind::Reference(kind), Value::Reference(value)) => {
                element.copy_from_slice(&value.to_element(*kind, self.size, heap)?);
                Ok(())
            }
            (Kind::Compound(members), Value::Compound(values)) => {
                put_members(members, values, heap, element)
            }
            (Kind::Sequence(form, base), Value::Sequence(values)) => {
                element.copy_from_slice(&base.sequence(*form, values, heap)?);
                Ok(())
            }
            (Kind::Sequence(form, base), Value::Array { elements, .. }) => {
                element.copy_from_slice(&base.sequence(*form, elements, heap)?);
                Ok(())
            }
            (Kind::Array { .. }, Value::Array { shape, elements }) => self
                .rows(shape, elements, heap, element)
                .unwrap_or_else(|| Err(self.refused(value))),
            (Kind::Array { len, base, .. }, Value::Sequence(elements))
                if elements.len() == *len =>
            {
                base.each(elements, heap, element)
            }
            _ => Err(self.refused(value)),
        }
    }

    #[cold]
    fn refused(&self, value: &Value) -> Error {
        let shown: String = value.to_string().chars().take(64).collect();
        let (class, size) = (self.class, self.size);
        Error::conversion(format!("{shown} is no element of class {class} ({size} bytes)"))
    }

    fn number(
        &self,
        layout: ExactLayout,
        value: &Value,
        heap: &dyn HeapSink,
        element: &mut [u8],
    ) -> Result<()> {
        put_number(layout, exact(value).ok_or_else(|| self.refused(value))?, heap, element)
    }

    /// By name where the type has it, else by number.
    fn enumerated(
        &self,
        layout: ExactLayout,
        members: &HashMap<Vec<u8>, Vec<u8>>,
        value: &Value,
        heap: &dyn HeapSink,
        element: &mut [u8],
    ) -> Result<()> {
        let name = match value {
            Value::String(name) | Value::Enum { name: Some(name), .. } => Some(name),
            Value::Float(_) => return Err(self.refused(value)),
            _ => None,
        };
        match name.and_then(|name| members.get(name.as_bytes())) {
            Some(stored) => {
                check_len(stored, element.len())?;
                element.copy_from_slice(stored);
                Ok(())
            }
            None => self.number(layout, value, heap, element),
        }
    }

    fn complex(
        &self,
        plan: &ComplexPlan,
        value: &Value,
        heap: &dyn HeapSink,
        element: &mut [u8],
    ) -> Result<()> {
        let parts = match value {
            Value::Complex { re, im } => Some((float(*re), float(*im))),
            Value::Integer(_) | Value::Unsigned(_) | Value::Float(_) => {
                exact(value).map(|re| (re, float(0.0)))
            }
            _ => None,
        };
        let (re, im) = parts.ok_or_else(|| self.refused(value))?;
        for (at, part) in [(plan.real, re), (plan.imaginary, im)] {
            let end = at.saturating_add(plan.part_size);
            put_number(plan.part, part, heap, element.get_mut(at..end).unwrap_or_default())?;
        }
        Ok(())
    }

    /// An array of this shape, which the arrays that are the elements of an array have a part in;
    /// `None` where that does not fit.
    fn rows(
        &self,
        shape: &[usize],
        elements: &[Value],
        heap: &dyn HeapSink,
        out: &mut [u8],
    ) -> Option<Result<()>> {
        let Kind::Array { shape: own, len, base } = &self.kind else { return None };
        let rest = shape.strip_prefix(&**own)?;
        let row = rest.iter().try_fold(1_usize, |row, len| row.checked_mul(*len))?;
        if row.checked_mul(*len) != Some(elements.len()) {
            return None;
        }
        if rest.is_empty() {
            return Some(base.each(elements, heap, out));
        }
        let mut rows = elements.chunks(row.max(1)).zip(out.chunks_exact_mut(base.size.max(1)));
        rows.find_map(|(elements, out)| match base.rows(rest, elements, heap, out) {
            Some(Ok(())) => None,
            other => Some(other),
        })
        .unwrap_or(Some(Ok(())))
    }

    /// Elements of this type one behind the other.
    fn each(&self, values: &[Value], heap: &dyn HeapSink, out: &mut [u8]) -> Result<()> {
        let elements = out.chunks_exact_mut(self.size.max(1));
        values.iter().zip(elements).try_for_each(|(value, out)| self.put(value, heap, out))
    }

    /// The element that stands for a sequence of elements of this type.
    fn sequence(
        &self,
        form: HeapElement,
        values: &[Value],
        heap: &dyn HeapSink,
    ) -> Result<Vec<u8>> {
        if values.is_empty() {
            return form.make(0, &HeapId::NULL);
        }
        let mut data = Vec::new();
        self.append(values, heap, &mut data)?;
        form.make(values.len(), &heap.put(&data)?)
    }
}

impl WriteValues<Value> for Plan {
    fn append(&self, values: &[Value], heap: &dyn HeapSink, out: &mut Vec<u8>) -> Result<()> {
        self.each(values, heap, zeroed(out, values.len(), self.size))
    }
}

impl Kind {
    fn new(stored: &Datatype) -> Result<Self> {
        if let Some(parts) = Parts::of(stored).filter(|_| !matches!(stored.class, Class::Array(_)))
        {
            return ComplexPlan::new(&parts, stored).map(Self::Complex);
        }
        Ok(match &stored.class {
            Class::Integer(_) | Class::Float(_) => Self::Number(layout(stored)?),
            Class::Time(_) => Self::Time(layout(stored)?),
            Class::Bitfield(_) => Self::Bits(layout(stored)?),
            Class::Enum(enumeration) => Self::enumeration(enumeration, stored)?,
            Class::String(_) => Self::Text(TextWriter::new(stored, "a string")?),
            Class::VarLen(sequence) if sequence.is_string() => {
                Self::Text(TextWriter::new(stored, "a string")?)
            }
            Class::VarLen(sequence) => {
                Self::Sequence(HeapElement::new(stored)?, Box::new(Plan::new(&sequence.base)?))
            }
            Class::Opaque { .. } => Self::Opaque,
            Class::Reference(kind) => Self::Reference(*kind),
            Class::Compound(members) => Self::Compound(member_plans(members)?),
            Class::Array(array) => Self::array(array)?,
            Class::Complex(_) => return Err(Error::unsupported("a complex number of this form")),
        })
    }

    fn enumeration(enumeration: &Enumeration, stored: &Datatype) -> Result<Self> {
        let mut members = HashMap::new();
        for member in &enumeration.members {
            members.entry(member.name.clone()).or_insert_with(|| member.value.clone());
        }
        Ok(Self::Enum { layout: layout(stored)?, members })
    }

    fn array(array: &ArrayType) -> Result<Self> {
        let dimension = |len: &u32| usize::try_from(*len).unwrap_or(usize::MAX);
        let shape = array.dimensions.iter().map(dimension).collect();
        let len = usize::try_from(array.len()).unwrap_or(usize::MAX);
        Ok(Self::Array { shape, len, base: Box::new(Plan::new(&array.base)?) })
    }
}

impl ComplexPlan {
    fn new(parts: &Parts, stored: &Datatype) -> Result<Self> {
        let members = match &stored.class {
            Class::Compound(members) => member_plans(members)?,
            _ => Vec::new(),
        };
        let (part_size, part) = (element_size(&parts.part)?, layout(&parts.part)?);
        Ok(Self { real: parts.real, imaginary: parts.imaginary, part_size, part, members })
    }
}

fn layout(stored: &Datatype) -> Result<ExactLayout> {
    ExactLayout::of(stored)?.ok_or_else(|| Error::unsupported("a number of this form"))
}

fn member_plans(members: &[Member]) -> Result<Vec<MemberPlan>> {
    let plan = |member: &Member| {
        let offset = usize::try_from(member.offset).unwrap_or(usize::MAX);
        let plan = Plan::new(&member.datatype).map_err(|error| in_member(error, &member.name()))?;
        Ok(MemberPlan { name: member.name().into_owned(), offset, plan })
    };
    members.iter().map(plan).collect()
}

/// Puts each value at the place of the member of its name.
fn put_members(
    members: &[MemberPlan],
    values: &[(String, Value)],
    heap: &dyn HeapSink,
    element: &mut [u8],
) -> Result<()> {
    let aligned = members.len() == values.len()
        && members.iter().zip(values).all(|(member, (name, _))| member.name == *name);
    let missing = |name: &str| !members.iter().any(|member| member.name == name);
    // The names of a tuple are its places, as in any compound.
    let is_place =
        |(place, (name, _)): (usize, &(String, Value))| name.parse() == Ok(place) && missing(name);
    let is_tuple = members.len() == values.len() && values.iter().enumerate().all(is_place);
    if !aligned
        && !is_tuple
        && let Some((name, _)) = values.iter().find(|(name, _)| missing(name))
    {
        return Err(Error::conversion(format!("the compound has no member \"{name}\"")));
    }
    members.iter().enumerate().try_for_each(|(index, member)| {
        // Nearly always the values come in the order of the members.
        let same = values.get(index).filter(|(name, _)| is_tuple || *name == member.name);
        let found = same.or_else(|| values.iter().find(|(name, _)| *name == member.name));
        let (_, value) = found.ok_or_else(|| {
            let problem = format!("there is no value for the member \"{}\"", member.name);
            Error::conversion(problem)
        })?;
        let end = member.offset.saturating_add(member.plan.size);
        match element.get_mut(member.offset..end) {
            Some(out) => member.plan.put(value, heap, out),
            None => Err(Error::usage("a member that lies outside its compound")),
        }
    })
}

/// Lets `element` hold a number, or the nearest one where that will do.
fn put_number(
    layout: ExactLayout,
    number: Exact,
    heap: &dyn HeapSink,
    element: &mut [u8],
) -> Result<()> {
    layout.write(number, element);
    match heap.mode() {
        ConversionMode::Saturating => Ok(()),
        ConversionMode::Exact => number.check(layout.read(element)),
    }
}

/// The number that a value is.
fn exact(value: &Value) -> Option<Exact> {
    Some(match value {
        Value::Integer(value) | Value::Time(value) | Value::Enum { value, .. } => {
            Exact::Int(Int::Signed(*value))
        }
        Value::Unsigned(value) | Value::Bitfield(value) => Exact::Int(Int::Unsigned(*value)),
        Value::Float(value) => float(*value),
        Value::Boolean(value) => Exact::Int(Int::Unsigned((*value).into())),
        _ => return None,
    })
}

fn float(value: f64) -> Exact {
    Exact::Float(Unpacked::from_f64(value))
}
