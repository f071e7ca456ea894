//! Files whose headers share messages.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use serde_json::{Value as Json, json};

use super::ours;
use super::python::Worker;
use super::sequence::{Problem, panicked, problem};
use super::support::random::Random;

/// Message types and least size of each index, and when lists become trees and trees lists.
pub fn sharing(random: &mut Random) -> Json {
    let (spaces, types, fills, pipelines, attributes) = (1 << 1, 1 << 3, 1 << 5, 1 << 11, 1 << 12);
    let all = spaces | types | fills | pipelines | attributes;
    let least = random.pick(&[0, 0, 0, 8, 20, 60]);
    let indexes = match random.below(5) {
        0 | 1 => json!([[all, least]]),
        2 => json!([[types | spaces | fills, least], [pipelines | attributes, least]]),
        3 => json!([[spaces, 0], [types, least], [fills, 1], [pipelines, least], [attributes, 0]]),
        _ => json!([[random.pick(&[types, attributes, spaces, attributes | spaces]), least]]),
    };
    let limits = random.pick(&[(50, 40), (50, 40), (0, 0), (4, 2), (10, 11), (5000, 1), (6, 0)]);
    json!({ "indexes": indexes, "limits": limits })
}

/// Whether all uses of shared messages are counted: none is left, nor has one been missed, when
/// all objects are deleted, by h5py and by this library.
pub fn audit(path: &Path, worker: &mut Worker) -> Result<(), Problem> {
    let copy = path.with_extension("emptied");
    let mut check = |who: &str| {
        let left = worker.count_shared(&copy);
        let left = left.map_err(|error| problem(format!("emptied by {who}"), error))?;
        let none = left.as_array().is_some_and(|all| all.iter().all(|count| count == &json!(0)));
        let kind = format!("shared messages left by {who}");
        if none { Ok(()) } else { Err(problem(kind, left.to_string())) }
    };
    std::fs::copy(path, &copy).unwrap();
    check("h5py")?;
    std::fs::copy(path, &copy).unwrap();
    let emptied = AssertUnwindSafe(|| ours::empty(&copy));
    let emptied = catch_unwind(emptied).map_err(|panic| panicked(&*panic))?;
    emptied.map_err(|error| problem("hdfive cannot empty the file", error.to_string()))?;
    check("hdfive")
}
