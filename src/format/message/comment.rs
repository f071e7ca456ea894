//! Object Comment message (specification IV.A.2.n).

use crate::codec::{Decoder, Encoder, Structure};
use crate::error::Result;

/// Object Comment message: a text about the object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Comment {
    pub(crate) text: Vec<u8>,
}

impl Structure for Comment {
    const NAME: &'static str = "Object Comment Message";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        Ok(Self { text: d.nul_terminated("Comment")?.to_vec() })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        if self.text.contains(&0) {
            return Err(e.broken("Comment", "the text holds a NUL"));
        }
        e.bytes(&self.text);
        e.u8(0);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::testing::check_round_trip;

    #[test]
    fn round_trips() {
        check_round_trip(&Comment::default());
        check_round_trip(&Comment { text: b"as measured".to_vec() });
    }
}
