//! The table of ratios.

use std::fmt::Write as _;

use crate::harness::{Outcome, Row};
use crate::workload::Program;

/// Differences under this are ties: the same run does not give them twice.
const TIE: f64 = 1.0 / 1.2;

/// All rows in Markdown, with a line on how many targets were met beneath.
pub fn markdown(rows: &[Row], cpu: bool) -> String {
    let mut out = String::from(
        "| workload | libhdf5, s | 1 thread | target | 2 threads | target | hdf5-pure | rust-hdf5 | medians | peak memory, MB: libhdf5 / hdfive |",
    );
    out += if cpu { " processor time, 1 thread |\n" } else { "\n" };
    out += "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|";
    out += if cpu { "--:|\n" } else { "\n" };
    let mut counts = Counts::default();
    for row in rows {
        line(&mut out, row, cpu, &mut counts);
    }
    let Counts { cells, met, tied, below_one, behind_peers, too_large } = counts;
    let _ = writeln!(
        out,
        "\n{met} of {cells} cells meet their target, {tied} more are a tie with it; below 1.0: {below_one}; slower than a peer: {behind_peers}; more memory than allowed: {too_large}."
    );
    out
}

#[derive(Default)]
struct Counts {
    cells: usize,
    met: usize,
    tied: usize,
    below_one: usize,
    behind_peers: usize,
    too_large: usize,
}

fn line(out: &mut String, row: &Row, cpu: bool, counts: &mut Counts) {
    let of = |program| row.outcomes.get(&program);
    let base = of(Program::Libhdf5);
    let ratio = |program, time: fn(&Outcome) -> Option<f64>| {
        of(program)
            .filter(|one| one.failed.is_none())
            .and_then(time)
            .zip(base.and_then(time))
            .map(|(own, base)| base / own)
    };
    let (one, two) =
        (ratio(Program::Hdfive1, Outcome::best), ratio(Program::Hdfive2, Outcome::best));
    let peers = [ratio(Program::Hdf5Pure, Outcome::best), ratio(Program::RustHdf5, Outcome::best)];
    let best_peer = peers.iter().flatten().copied().reduce(f64::max);
    let target = row.workload.target;
    for (reached, wanted) in [(one, target.one_thread), (two, target.two_threads)] {
        let (Some(reached), Some(wanted)) = (reached, wanted) else { continue };
        counts.cells += 1;
        counts.met += usize::from(reached >= wanted);
        counts.tied += usize::from((wanted * TIE..wanted).contains(&reached));
        counts.below_one += usize::from(reached < TIE);
    }
    let own_best = one.into_iter().chain(two).reduce(f64::max);
    counts.behind_peers +=
        usize::from(own_best.zip(best_peer).is_some_and(|(own, peer)| own < peer * TIE));
    let largest =
        [Program::Hdfive1, Program::Hdfive2].into_iter().filter_map(of).map(|one| one.peak).max();
    let allowed = base.map(|base| base.peak + base.file_bytes + base.result_bytes);
    let too_large = largest.zip(allowed).is_some_and(|(own, allowed)| own > allowed);
    counts.too_large += usize::from(too_large);

    let _ = write!(out, "| {} | {} |", row.workload.title, seconds(base.and_then(Outcome::best)));
    let _ = write!(out, " {} | {} |", shown(one, target.one_thread), plain(target.one_thread));
    let _ = write!(out, " {} | {} |", shown(two, target.two_threads), plain(target.two_threads));
    let _ = write!(out, " {} | {} |", plain(peers[0]), plain(peers[1]));
    let medians =
        [Program::Hdfive1, Program::Hdfive2].map(|program| plain(ratio(program, Outcome::median)));
    let _ = write!(out, " {} / {} |", medians[0], medians[1]);
    let megabytes = |bytes: Option<u64>| {
        bytes.map_or("–".to_owned(), |bytes| (bytes / 1_000_000).to_string())
    };
    let mark = if too_large { " (!)" } else { "" };
    let _ =
        write!(out, " {} / {}{mark} |", megabytes(base.map(|base| base.peak)), megabytes(largest));
    if cpu {
        let _ = write!(out, " {} |", plain(ratio(Program::Hdfive1, Outcome::best_cpu)));
    }
    out.push('\n');
}

fn seconds(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), |value| format!("{value:.6}").chars().take(7).collect())
}

fn plain(value: Option<f64>) -> String {
    match value {
        None => "–".to_owned(),
        Some(value) if value >= 10.0 => format!("{value:.0}"),
        Some(value) if value >= 3.0 => format!("{value:.1}"),
        Some(value) => format!("{value:.2}"),
    }
}

/// In bold where it meets its target.
fn shown(value: Option<f64>, target: Option<f64>) -> String {
    match (value, target) {
        (Some(reached), Some(wanted)) if reached >= wanted => format!("**{}**", plain(value)),
        _ => plain(value),
    }
}
