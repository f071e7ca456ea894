//! Whether elements of one type hold what those of another do.

use crate::format::datatype::{Class, Datatype};

/// How well elements of one type take the values of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ElementFit {
    /// Some values do not survive, or none do.
    No,
    /// Every value does, as numpy's safe casting has it: that an integer of 64 bits is rounded when
    /// it becomes a double is let pass.
    Holds,
    /// They are of the same type.
    Same,
}

/// How well elements stored as `stored` take the values of `values`.
pub(crate) fn fit(values: &Datatype, stored: &Datatype) -> ElementFit {
    if values.same_type(stored) {
        return ElementFit::Same;
    }
    let holds = match (&values.class, &stored.class) {
        (Class::Integer(from), Class::Integer(to)) => match (from.signed, to.signed) {
            (true, false) => false,
            (false, true) => from.precision < to.precision,
            _ => from.precision <= to.precision,
        },
        // A float of twice the bytes takes an integer; the largest float there is takes all.
        (Class::Integer(_), Class::Float(_)) => {
            stored.size > values.size || (stored.size >= 8 && values.size <= 8)
        }
        (Class::Float(from), Class::Float(to)) => {
            from.mantissa_size <= to.mantissa_size && from.exponent_size <= to.exponent_size
        }
        (Class::String(_), Class::String(_)) => values.size <= stored.size,
        _ => false,
    };
    if holds { ElementFit::Holds } else { ElementFit::No }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::datatype::ByteOrder::{Big, Little};

    #[test]
    fn larger_types_hold_smaller_ones() {
        let int = |size, signed| Datatype::integer(size, signed, Little).unwrap();
        let float = |size| Datatype::float(size, Little).unwrap();
        assert_eq!(fit(&int(4, true), &int(4, true)), ElementFit::Same);
        assert_eq!(
            fit(&int(4, true), &Datatype::integer(4, true, Big).unwrap()),
            ElementFit::Holds
        );
        assert_eq!(fit(&int(4, true), &int(8, true)), ElementFit::Holds);
        assert_eq!(fit(&int(8, true), &int(4, true)), ElementFit::No);
        assert_eq!(fit(&int(1, false), &int(2, true)), ElementFit::Holds);
        assert_eq!(fit(&int(2, false), &int(2, true)), ElementFit::No);
        assert_eq!(fit(&int(1, true), &int(8, false)), ElementFit::No);
        assert_eq!(fit(&float(4), &float(8)), ElementFit::Holds);
        assert_eq!(fit(&float(8), &float(4)), ElementFit::No);
        assert_eq!(fit(&int(2, true), &float(4)), ElementFit::Holds);
        assert_eq!(fit(&int(4, true), &float(4)), ElementFit::No);
        assert_eq!(fit(&int(8, true), &float(8)), ElementFit::Holds);
        assert_eq!(fit(&float(4), &int(8, true)), ElementFit::No);
    }
}
