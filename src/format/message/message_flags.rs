//! Header message flags (specification IV.A.1).

use super::MessageType;

bitflags::bitflags! {
    /// "Header Message Flags".
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
    pub(crate) struct MessageFlags: u8 {
        /// The message never changes.
        const CONSTANT = 0x01;
        /// The body is a [`SharedMessage`](super::SharedMessage).
        const SHARED = 0x02;
        const DO_NOT_SHARE = 0x04;
        /// A program that does not know the message must not open the object for writing.
        const FAIL_IF_UNKNOWN_AND_WRITING = 0x08;
        /// A program that does not know the message must set `WAS_UNKNOWN` when it changes the
        /// object.
        const MARK_IF_UNKNOWN = 0x10;
        const WAS_UNKNOWN = 0x20;
        const SHAREABLE = 0x40;
        /// A program that does not know the message must not open the object at all.
        const FAIL_IF_UNKNOWN = 0x80;
    }
}

impl MessageFlags {
    /// What is wrong with these flags on a message of type `kind`, in words.
    pub(crate) fn problem(self, kind: MessageType) -> Option<&'static str> {
        if self.contains(Self::SHARED | Self::DO_NOT_SHARE) {
            return Some("the message is shared and must not be");
        }
        if self.contains(Self::WAS_UNKNOWN | Self::FAIL_IF_UNKNOWN_AND_WRITING) {
            return Some("the message was changed by a program that must not have");
        }
        if self.contains(Self::WAS_UNKNOWN) && !self.contains(Self::MARK_IF_UNKNOWN) {
            return Some("the message is marked as unknown and must not be");
        }
        let shared = self.intersects(Self::SHARED | Self::SHAREABLE);
        if shared && kind.is_known() && !kind.is_shareable() {
            return Some("a message of this type cannot be shared");
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(bits: u8, kind: MessageType) -> bool {
        MessageFlags::from_bits_retain(bits).problem(kind).is_some()
    }

    #[test]
    fn contradictions_are_found() {
        assert!(problem(0x06, MessageType::DATATYPE));
        assert!(problem(0x38, MessageType::DATATYPE));
        assert!(problem(0x20, MessageType::DATATYPE));
        assert!(problem(0x02, MessageType::CONTINUATION));
        assert!(problem(0x40, MessageType::LINK));
    }

    #[test]
    fn what_files_hold_is_fine() {
        assert!(!problem(0x02, MessageType::DATATYPE));
        assert!(!problem(0x41, MessageType::FILL_VALUE));
        assert!(!problem(0x14, MessageType::FILE_SPACE_INFO));
        assert!(!problem(0x30, MessageType(0x99)));
        assert!(!problem(0x40, MessageType(0x99)));
    }
}
