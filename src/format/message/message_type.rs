//! Header message types (specification IV.A.2).

use std::fmt;

/// A "Header Message Type": an open enumeration, for unknown messages survive a rewrite.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct MessageType(pub(crate) u16);

/// Declares the types, and the structure names they go by.
macro_rules! message_types {
    ($($(#[$doc:meta])* $constant:ident = $value:literal, $name:literal;)*) => {
        impl MessageType {
            $($(#[$doc])* pub(crate) const $constant: Self = Self($value);)*

            /// The message's name in the specification.
            pub(crate) fn name(self) -> &'static str {
                match self.0 {
                    $($value => $name,)*
                    _ => "Unknown Message",
                }
            }
        }
    };
}

message_types! {
    NIL = 0x00, "NIL Message";
    DATASPACE = 0x01, "Dataspace Message";
    LINK_INFO = 0x02, "Link Info Message";
    DATATYPE = 0x03, "Datatype Message";
    FILL_VALUE_OLD = 0x04, "Fill Value (Old) Message";
    FILL_VALUE = 0x05, "Fill Value Message";
    LINK = 0x06, "Link Message";
    EXTERNAL_FILES = 0x07, "External Data Files Message";
    DATA_LAYOUT = 0x08, "Data Layout Message";
    /// For tests of libraries only: to all but them it is unknown.
    BOGUS = 0x09, "Bogus Message";
    GROUP_INFO = 0x0a, "Group Info Message";
    FILTER_PIPELINE = 0x0b, "Filter Pipeline Message";
    ATTRIBUTE = 0x0c, "Attribute Message";
    COMMENT = 0x0d, "Object Comment Message";
    MODIFICATION_TIME_OLD = 0x0e, "Object Modification Time (Old) Message";
    SHARED_MESSAGE_TABLE = 0x0f, "Shared Message Table Message";
    CONTINUATION = 0x10, "Object Header Continuation Message";
    SYMBOL_TABLE = 0x11, "Symbol Table Message";
    MODIFICATION_TIME = 0x12, "Object Modification Time Message";
    BTREE_K = 0x13, "B-tree 'K' Values Message";
    DRIVER_INFO = 0x14, "Driver Info Message";
    ATTRIBUTE_INFO = 0x15, "Attribute Info Message";
    REFERENCE_COUNT = 0x16, "Object Reference Count Message";
    FILE_SPACE_INFO = 0x17, "File Space Info Message";
    METADATA_CACHE_IMAGE = 0x18, "Metadata Cache Image Message";
}

impl MessageType {
    /// Whether this crate knows what the message is.
    pub(crate) fn is_known(self) -> bool {
        self <= Self::METADATA_CACHE_IMAGE && self != Self::BOGUS
    }

    /// Whether a message of this type may be stored once and referred to from many headers.
    pub(crate) fn is_shareable(self) -> bool {
        matches!(
            self,
            Self::DATASPACE
                | Self::DATATYPE
                | Self::FILL_VALUE_OLD
                | Self::FILL_VALUE
                | Self::FILTER_PIPELINE
                | Self::ATTRIBUTE
        )
    }
}

impl fmt::Debug for MessageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MessageType({:#04x}, {})", self.0, self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_types_have_a_name_too() {
        assert_eq!(MessageType::LINK.name(), "Link Message");
        assert_eq!(MessageType(0x19).name(), "Unknown Message");
        assert!(!MessageType(0x19).is_known());
        assert!(!MessageType::BOGUS.is_known());
    }
}
