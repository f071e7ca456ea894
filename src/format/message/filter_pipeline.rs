//! Data Storage - Filter Pipeline message (specification IV.A.2.l).

use crate::codec::{Decoder, Encoder, Structure};
use crate::error::Result;

/// Most filters a pipeline may hold.
const MAXIMUM_FILTERS: u8 = 32;
/// First filter that is not the HDF5 library's own. Version 2 names only these.
const FIRST_REGISTERED: u16 = 256;

/// Filter Pipeline message: what each chunk goes through on its way to the file, in that order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FilterPipeline {
    pub(crate) version: u8,
    pub(crate) filters: Vec<FilterDescription>,
}

/// One filter of a pipeline.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FilterDescription {
    /// "Filter Identification Value".
    pub(crate) id: u16,
    pub(crate) flags: u16,
    /// Without its NUL. Version 2 does not store the names of filters below 256.
    pub(crate) name: Option<Vec<u8>>,
    pub(crate) client_data: Vec<u32>,
}

impl FilterDescription {
    const OPTIONAL: u16 = 1 << 0;

    /// Whether a chunk this filter cannot encode is stored without it.
    pub(crate) fn is_optional(&self) -> bool {
        self.flags & Self::OPTIONAL != 0
    }

    fn decode(d: &mut Decoder<'_>, version: u8) -> Result<Self> {
        let id = d.u16("Filter Identification Value")?;
        let name_len = if version == 1 {
            d.checked("Name Length", Decoder::u16, |len| len.is_multiple_of(8))?
        } else if id >= FIRST_REGISTERED {
            d.u16("Name Length")?
        } else {
            0
        };
        let flags = d.u16("Flags")?;
        let values = d.u16("Number Client Data Values")?;
        let name = match d.bytes("Name", usize::from(name_len))? {
            [] => None,
            padded => padded.split(|byte| *byte == 0).next().map(<[u8]>::to_vec),
        };
        let client_data =
            (0..values).map(|_| d.u32("Client Data")).collect::<Result<Vec<u32>>>()?;
        if version == 1 && !values.is_multiple_of(2) {
            d.skip("Padding", 4)?;
        }
        Ok(Self { id, flags, name, client_data })
    }

    fn encode(&self, e: &mut Encoder, version: u8) -> Result<()> {
        let mut name = match &self.name {
            Some(name) if version == 1 || self.id >= FIRST_REGISTERED => {
                [name.as_slice(), &[0]].concat()
            }
            _ => Vec::new(),
        };
        e.u16(self.id);
        if version == 1 {
            name.resize(name.len().next_multiple_of(8), 0);
        }
        if version == 1 || self.id >= FIRST_REGISTERED {
            e.u16(e.count("Name Length", name.len())?);
        }
        e.u16(self.flags);
        e.u16(e.count("Number Client Data Values", self.client_data.len())?);
        e.bytes(&name);
        for value in &self.client_data {
            e.u32(*value);
        }
        if version == 1 && !self.client_data.len().is_multiple_of(2) {
            e.zeros(4);
        }
        Ok(())
    }
}

impl Structure for FilterPipeline {
    const NAME: &'static str = "Filter Pipeline Message";

    fn decode(d: &mut Decoder<'_>) -> Result<Self> {
        let version = d.u8_in("Version", 1..=2)?;
        let count = d.u8_in("Number of Filters", 0..=MAXIMUM_FILTERS)?;
        if version == 1 {
            d.skip("Reserved", 6)?;
        }
        let filters = (0..count)
            .map(|_| FilterDescription::decode(d, version))
            .collect::<Result<Vec<_>>>()?;
        Ok(Self { version, filters })
    }

    fn encode(&self, e: &mut Encoder) -> Result<()> {
        if self.filters.len() > usize::from(MAXIMUM_FILTERS) {
            return Err(e.broken("Number of Filters", "a pipeline holds at most 32 filters"));
        }
        e.u8(self.version);
        e.u8(e.count("Number of Filters", self.filters.len())?);
        if self.version == 1 {
            e.zeros(6);
        }
        self.filters.iter().try_for_each(|filter| filter.encode(e, self.version))
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;

    use super::*;
    use crate::codec::testing::check_round_trip;

    prop_compose! {
        fn filter(version: u8)(
            id in any::<u16>(),
            flags in any::<u16>(),
            name in option::of(vec(1_u8.., 0..20)),
            client_data in vec(any::<u32>(), 0..6),
        ) -> FilterDescription {
            let name = name.filter(|_| version == 1 || id >= FIRST_REGISTERED);
            FilterDescription { id, flags, name, client_data }
        }
    }

    proptest! {
        #[test]
        fn round_trips(value in (1_u8..=2).prop_flat_map(|version| {
            vec(filter(version), 0..5).prop_map(move |filters| FilterPipeline { version, filters })
        })) {
            check_round_trip(&value);
        }
    }
}
