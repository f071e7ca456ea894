//! All work that is compared.

mod meta;
mod parts;
mod reads;
mod rows;
mod whole;
mod writes;
mod written;

use crate::workload::Workload;

/// All, in the order of the table.
pub fn all() -> Vec<Workload> {
    let mut all = [
        whole::WORKLOADS,
        reads::WORKLOADS,
        parts::WORKLOADS,
        rows::WORKLOADS,
        meta::WORKLOADS,
        writes::WORKLOADS,
        written::WORKLOADS,
    ]
    .concat();
    // Reading before writing, then by number; what has none comes last.
    all.sort_by_key(|one| {
        let digits: String = one.name.chars().skip(1).take_while(char::is_ascii_digit).collect();
        (digits.is_empty(), one.name.starts_with('w'), digits.parse::<u32>().unwrap_or(0))
    });
    all
}
