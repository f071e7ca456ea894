//! A writer in SWMR mode.

use std::path::Path;
use std::time::{Duration, Instant};

use super::layout::{Board, Columns, FILL, KINDS, Kind, LIMIT, WHOLE, values};
use super::support::random::Random;
use hdfive::{AllocTime, Dataset, File, FileBuilder, LibraryVersion};

/// Options of files that can be read while they are written.
pub fn options() -> FileBuilder {
    File::with_options().library_versions(LibraryVersion::V110, LibraryVersion::LATEST)
}

/// Makes the datasets.
pub fn make(file: &File) {
    let narrow = || file.new_dataset::<i32>().fill_value(-1_i32);
    let wide = || file.new_dataset::<i64>().fill_value(FILL);
    wide().shape(0..).chunk(64).create("line").unwrap();
    narrow().shape((0.., 8)).chunk((1, 8)).create("rows").unwrap();
    narrow().shape((0.., 1..)).chunk((16, 4)).create("both").unwrap();
    wide().shape(0..=LIMIT).chunk(32).create("fixed").unwrap();
    narrow().shape(0..).chunk(100).shuffle().deflate(4).create("packed").unwrap();
    let packed = wide().shape((0.., 6..)).chunk((32, 4)).shuffle().deflate(4);
    packed.create("packed_both").unwrap();
    narrow().shape(0..=LIMIT).chunk(50).lzf().fletcher32().create("packed_fixed").unwrap();
    let big = file.new_dataset::<f64>().fill_value(-1.0).shape(0..).chunk(1 << 17);
    big.create("big").unwrap();
    narrow().shape(WHOLE).chunk(WHOLE).create("one").unwrap();
    let early = Some(AllocTime::Early);
    narrow().shape(WHOLE).chunk(8).alloc_time(early).create("apart").unwrap();
}

/// A file that is being written.
pub struct Writer {
    pub file: File,
    datasets: Vec<(Kind, Dataset)>,
    random: Random,
    pub rows: usize,
    flushes: usize,
}

impl Writer {
    /// Starts to write a file with these datasets.
    pub fn start(file: File) -> Self {
        make(&file);
        file.start_swmr().unwrap();
        let open = |kind: &Kind| (*kind, file.dataset(kind.name).unwrap());
        let datasets = KINDS.iter().map(open).collect();
        Self { file, datasets, random: Random(5), rows: 0, flushes: 0 }
    }

    /// Lets the datasets have a few more rows, flushed by one of them or by the file.
    pub fn append(&mut self) {
        let more = self.random.pick(&[1, 1, 2, 3, 7, 40]);
        for (kind, dataset) in &self.datasets {
            let (mut first, last) = (kind.rows(self.rows), kind.rows(self.rows + more));
            if first == last {
                continue;
            }
            let columns = kind.columns.of(last);
            match columns {
                _ if kind.whole => {}
                None => dataset.resize(last).unwrap(),
                Some(columns) => dataset.resize((last, columns)).unwrap(),
            }
            if kind.columns == Columns::Width && columns > kind.columns.of(first) {
                first = 0;
            }
            let values = values(first, last, columns);
            match columns {
                None => dataset.write_slice_raw(&values, first..last).unwrap(),
                Some(_) => dataset.write_slice_raw(&values, (first..last, ..)).unwrap(),
            }
        }
        match self.flushes % 2 {
            0 => self.file.flush().unwrap(),
            _ => self.datasets[0].1.flush().unwrap(),
        }
        self.rows += more;
        self.flushes += 1;
    }

    pub fn close(self) {
        self.file.close().unwrap();
    }

    /// Appends for so long, and tells.
    pub fn run(&mut self, board: &Board, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.append();
            board.tell(self.rows, false);
        }
        board.tell(self.rows, true);
    }
}

/// Makes a file, starts to write it, and goes on until it is killed: says how many rows are flushed.
pub fn write_until_killed(path: &Path) {
    let mut writer = Writer::start(options().create(path).unwrap());
    println!("ready");
    loop {
        writer.append();
        println!("flushed {}", writer.rows);
    }
}

/// Makes and writes a file for so long.
pub fn write(path: &Path, board: &Path, seconds: &str) {
    let mut writer = Writer::start(options().create(path).unwrap());
    let board = Board::new(board);
    println!("ready");
    writer.run(&board, Duration::from_secs_f64(seconds.parse().unwrap()));
    let Writer { file, rows, flushes, .. } = writer;
    file.close().unwrap();
    println!("hdfive wrote: {flushes} flushes, {rows} rows");
}
