//! What a listing tells of an object beneath its line.

use hdfive::definition::{Class, ReferenceKind, VarLenKind};
use hdfive::{Attribute, Dataset, Datatype, Error, Layout, Location, LocationType};

use super::options::Options;
use super::types;
use crate::memory;
use crate::names::{before_nul, escaped};

/// Most parameters of a filter that are shown.
const MAX_PARAMETERS: usize = 20;

/// Columns before a type.
const TYPE_INDENT: usize = 15;

/// The text, and what could not be read. `file` is the number of the object's file.
pub(super) fn describe(
    location: &Location,
    dataset: Option<&Dataset>,
    options: &Options,
    file: u64,
) -> (String, Vec<Error>) {
    let (simple, address) = (options.simple, options.address);
    let mut detail = Detail { out: String::new(), errors: Vec::new(), simple, address, file };
    detail.attributes(location);
    detail.facts(location);
    if let Some(dataset) = dataset {
        detail.dataset(dataset);
    } else if matches!(location.loc_type(), Ok(LocationType::NamedDatatype)) {
        match location.as_datatype() {
            Ok(datatype) => detail.entry("Type:", &types::text(&datatype, simple, TYPE_INDENT)),
            Err(error) => detail.errors.push(error),
        }
    }
    (detail.out, detail.errors)
}

struct Detail {
    out: String,
    errors: Vec<Error>,
    simple: bool,
    address: bool,
    file: u64,
}

impl Detail {
    fn line(&mut self, text: &str) {
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn entry(&mut self, key: &str, text: &str) {
        self.line(&format!("    {key:<10} {text}"));
    }

    fn attributes(&mut self, location: &Location) {
        let all = location.all_attrs().unwrap_or_else(|error| {
            self.errors.push(error);
            Vec::new()
        });
        for (name, opened) in all {
            let name = escaped(&name, true);
            match opened.and_then(|attribute| self.attribute(&attribute)) {
                Ok((space, datatype)) => {
                    self.line(&format!("    Attribute: {name} {space}"));
                    self.line(&format!("        Type:      {datatype}"));
                }
                Err(error) => {
                    self.line(&format!("    Attribute: {name} *ERROR*"));
                    self.errors.push(error);
                }
            }
        }
    }

    /// Dataspace and type.
    fn attribute(&self, attribute: &Attribute) -> Result<(String, String), Error> {
        let space = attribute.space()?;
        let shape = if space.is_null() {
            "null".to_owned()
        } else if space.is_scalar() {
            "scalar".to_owned()
        } else {
            format!("{{{}}}", listed(space.dims()))
        };
        Ok((shape, types::text(&attribute.dtype()?, self.simple, TYPE_INDENT)))
    }

    fn facts(&mut self, location: &Location) {
        self.entry("Location:", &format!("{}:{}", self.file, location.token().address()));
        match location.loc_info() {
            Ok(info) => {
                self.entry("Links:", &info.num_links.to_string());
            }
            Err(error) => self.errors.push(error),
        }
        if let Some(comment) = location.comment().filter(|comment| !comment.is_empty()) {
            self.entry("Comment:", &format!("\"{}\"", escaped(before_nul(&comment), false)));
        }
    }

    fn dataset(&mut self, dataset: &Dataset) {
        let datatype = match dataset.dtype() {
            Ok(datatype) => datatype,
            Err(error) => {
                self.errors.push(error);
                return;
            }
        };
        let size = memory::size(datatype.definition());
        match dataset.layout() {
            Layout::Chunked => {
                let wide = |n: &usize| u64::try_from(*n).unwrap_or(u64::MAX);
                let chunk: Vec<u64> =
                    dataset.chunk().unwrap_or_default().iter().map(wide).collect();
                let bytes = memory::volume(&chunk).saturating_mul(size);
                self.entry("Chunks:", &format!("{{{}}} {bytes} bytes", listed(&chunk)));
            }
            Layout::Contiguous => self.external_files(dataset),
            Layout::Virtual => self.mappings(dataset),
            _ => {}
        }
        self.storage(dataset, &datatype, size);
        for (number, filter) in dataset.stored_filters().iter().enumerate() {
            let optional = if filter.is_optional() { "OPT" } else { "" };
            let parameters: Vec<u64> =
                filter.client_data.iter().take(MAX_PARAMETERS).map(|n| (*n).into()).collect();
            let (name, parameters) = (escaped(filter.name(), false), listed(&parameters));
            let text = format!("{name}-{} {optional} {{{parameters}}}", filter.id);
            self.entry(&format!("Filter-{number}:"), &text);
        }
        self.entry("Type:", &types::text(&datatype, self.simple, TYPE_INDENT));
        if let Some(offset) = dataset.offset().filter(|_| self.address) {
            self.entry("Address:", &offset.to_string());
        }
    }

    fn storage(&mut self, dataset: &Dataset, datatype: &Datatype, size: u64) {
        match &datatype.definition().class {
            Class::VarLen(v) if v.kind != VarLenKind::String => {
                self.entry("Storage:", "information not available");
                return;
            }
            Class::Reference(ReferenceKind::Region) => {
                self.entry("Storage:", "reference information not available");
                return;
            }
            _ => {}
        }
        let points = match dataset.space() {
            Ok(space) if !space.is_null() => memory::volume(space.dims()),
            _ => 0,
        };
        let (total, used) = (points.saturating_mul(size), dataset.storage_size());
        let bytes = |n: u64| if n == 1 { "byte" } else { "bytes" };
        let (of_total, of_used) = (bytes(total), bytes(used));
        let mut text = format!("{total} logical {of_total}, {used} allocated {of_used}");
        if let Some(share) = percent(total, used) {
            text.push_str(&format!(", {share}% utilization"));
        }
        self.entry("Storage:", &text);
    }

    fn mappings(&mut self, dataset: &Dataset) {
        let mappings = dataset.virtual_mappings();
        if mappings.is_empty() {
            return;
        }
        self.entry("Maps:", &format!("{{{}}} Source {{", mappings.len()));
        for mapping in &mappings {
            let file = escaped(before_nul(&mapping.file), true);
            let source = escaped(before_nul(&mapping.dataset), true);
            self.line(&format!("    {:<10}        {file}   {source}", ""));
        }
        self.line(&format!("     {:<10}}}", ""));
    }

    fn external_files(&mut self, dataset: &Dataset) {
        let parts = dataset.external_files();
        if parts.is_empty() {
            return;
        }
        let names: Vec<String> =
            parts.iter().map(|part| escaped(before_nul(&part.name), true)).collect();
        let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
        let (count, s) = (parts.len(), if parts.len() == 1 { "" } else { "s" });
        self.entry("Extern:", &format!("{count} external file{s}"));
        let rule = |out: &mut Self| {
            let (four, ten) = ("----", "----------");
            out.line(&format!("        {four} {ten} {ten} {ten} {:-<width$}", ""));
        };
        let (set, file) = ("DSet-Addr", "File-Addr");
        self.line(&format!("        {:>4} {set:>10} {file:>10} {:>10} File", "ID", "Bytes"));
        rule(self);
        let mut start: u64 = 0;
        for (number, (part, name)) in parts.iter().zip(&names).enumerate() {
            let bytes = part.size.map_or("INF".to_owned(), |size| size.to_string());
            let at = part.offset;
            self.line(&format!("        #{number:03} {start:>10} {at:>10} {bytes:>10} {name}"));
            start = start.saturating_add(part.size.unwrap_or(0));
        }
        rule(self);
    }
}

fn listed(numbers: &[u64]) -> String {
    let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
    numbers.join(", ")
}

/// `total` as a percentage of `used`, with two digits behind the point.
fn percent(total: u64, used: u64) -> Option<String> {
    let twice = u128::from(total).checked_mul(20_000)?.checked_div(used.into())?;
    // Half of one more: the nearest.
    let hundredths = twice.checked_add(1)? / 2;
    Some(format!("{}.{:02}", hundredths / 100, hundredths % 100))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_have_two_digits() {
        assert_eq!(percent(1, 3).unwrap(), "33.33");
        assert_eq!(percent(2, 3).unwrap(), "66.67");
        assert_eq!(percent(800, 800).unwrap(), "100.00");
        assert_eq!(percent(1, 0), None);
    }
}
