//! One of every kind of object and structure, each made in a group of its own.

#![allow(unreachable_pub, reason = "pub here means: for the test program")]

use hdfive::{
    AllocTime, Container, Dataset, ElementType, Group, Layout, LibraryVersion, ObjectReference1,
    ObjectReference2, Reference, Result,
};

/// A kind, the oldest format it is made in, and how it is made.
pub type Kind = (&'static str, LibraryVersion, fn(&Group) -> Result<()>);

use LibraryVersion::{Earliest, V18, V110, V112};

/// Whether others name what its fill value keeps in a heap is known only as long as the file is open.
pub const FILL_IN_HEAP: &str = "strings with a fill value";

pub const KINDS: &[Kind] = &[
    ("contiguous", Earliest, |group| new(group, 900).create("a")?.write_raw(&numbers(900))),
    ("contiguous, nobody wrote it", Earliest, |group| new(group, 900).create("a").map(|_| ())),
    ("contiguous, early", Earliest, |group| {
        new(group, 900).fill_value(7).alloc_time(Some(AllocTime::Early)).create("a").map(|_| ())
    }),
    ("compact", Earliest, |group| {
        new(group, 300).layout(Layout::Compact).create("a")?.write_raw(&numbers(300))
    }),
    ("null and scalar", Earliest, |group| {
        group.create_dataset("null", hdfive::AnyValues::null::<f64>())?;
        group.create_dataset("scalar", 7).map(|_| ())
    }),
    ("one chunk", Earliest, |group| {
        new(group, 900).chunk(900).create("a")?.write_raw(&numbers(900))?;
        new(group, 900).chunk(900).deflate(3).create("b")?.write_raw(&numbers(900))
    }),
    ("chunks all there from the start", Earliest, |group| {
        let early = new(group, 900).chunk(17).alloc_time(Some(AllocTime::Early));
        early.create("a")?.write_slice_raw(&numbers(40), 100..140)
    }),
    ("a fixed number of chunks", Earliest, |group| {
        let grows = group.new_dataset::<i32>().shape(900..=5000);
        let made = grows.chunk(2).create("a")?;
        made.write_raw(&numbers(900))?;
        made.resize(5000)?;
        made.write_slice_raw(&numbers(60), 4900..4960)?;
        made.resize(70)
    }),
    ("chunks along one axis", Earliest, |group| {
        let made = group.new_dataset::<i32>().shape((900.., 2)).chunk((1, 2)).create("a")?;
        made.write_raw(&numbers(1800))?;
        made.resize(&[4000, 2])?;
        made.write_slice_raw(&numbers(20), (3900..3910, ..))?;
        let other = group.new_dataset::<i32>().shape(900..).chunk(5).lzf().create("b")?;
        other.write_raw(&numbers(900))?;
        other.resize(33)
    }),
    ("chunks along two axes", Earliest, |group| {
        let made = group.new_dataset::<i32>().shape((60.., 30..)).chunk((1, 2)).create("a")?;
        made.write_raw(&numbers(1800))?;
        let other = group.new_dataset::<i32>().shape((60.., 30..)).chunk((7, 2)).deflate(1);
        let other = other.create("b")?;
        other.write_raw(&numbers(1800))?;
        other.resize(&[5, 5])
    }),
    ("filters", Earliest, |group| {
        let made = new(group, 900).chunk(100).shuffle().deflate(9).fletcher32().create("a")?;
        (0..30).try_for_each(|n| made.write_slice_raw(&numbers(30), n * 30..n * 30 + 30))
    }),
    ("external", Earliest, |group| {
        new(group, 900).external("raw.bin", 0, 1800).external("other.bin", 0, 1800).create("a")?;
        let names = (0..60).map(|n| format!("{}{n}.bin", "long/".repeat(n)));
        names.fold(new(group, 900), |made, name| made.external(&name, 0, 60)).create("b")?;
        Ok(())
    }),
    ("virtual", V110, |group| {
        new(group, 900).create("source")?.write_raw(&numbers(900))?;
        let source = format!("{}/source", group.name());
        new(group, 900).virtual_map(".", &source, 900, .., 900, ..).create("a")?;
        let many = (0..90).fold(new(group, 900), |made, n| {
            let part = n * 10..n * 10 + 10;
            made.virtual_map("elsewhere.h5", &source, 900, part.clone(), 900, part)
        });
        many.create("b").map(|_| ())
    }),
    ("strings", Earliest, |group| {
        let words: Vec<String> = (0..90).map(|n| "word ".repeat(n)).collect();
        let made = group.new_dataset_builder().with_data(&words).create("a")?;
        made.write_slice_raw(&words[20..60], 0..40)
    }),
    (FILL_IN_HEAP, Earliest, |group| {
        let words: Vec<String> = (0..90).map(|n| "word ".repeat(n)).collect();
        let fill = "nothing".to_owned();
        let made = group.new_dataset::<String>().shape(90..).chunk(7).fill_value(fill).deflate(1);
        let made = made.create("b")?;
        made.write_raw(&words)?;
        made.resize(40)?;
        made.write_slice_raw(&words[..9], 3..12)
    }),
    ("sequences", Earliest, |group| {
        let lists: Vec<Vec<i32>> = (0..90).map(|n| (0..n).collect()).collect();
        group.new_dataset_builder().with_data(&lists).create("a")?;
        let nested: Vec<Vec<String>> =
            (0..40).map(|n| (0..n % 4).map(|m| "x".repeat(m)).collect()).collect();
        group.new_dataset_builder().with_data(&nested).chunk(7).create("b")?;
        let huge = vec!["y".repeat(9000), "z".repeat(70_000)];
        group.new_dataset_builder().with_data(&huge).create("c").map(|_| ())
    }),
    ("references", Earliest, |group| {
        let data = new(group, 900).create("a")?;
        data.write_raw(&numbers(900))?;
        let one = group.reference::<ObjectReference1>("a")?;
        group.new_dataset_builder().with_data(&vec![one; 30]).create("objects")?;
        let regions: Vec<Reference> =
            (0..30).map(|n| data.reference_region(n..n + 9)).collect::<Result<_>>()?;
        group.new_dataset_builder().with_data(&regions).create("regions")?;
        group.set_attr("regions", &regions)
    }),
    ("references of the new form", V112, |group| {
        let data = new(group, 900).create("a")?;
        data.set_attr("named", 5)?;
        let all = vec![data.reference_attr("named")?; 5];
        group.new_dataset_builder().with_data(&all).chunk(2).create("attributes")?;
        group.set_attr("attributes", &all)?;
        let object = group.reference::<ObjectReference2>("a")?;
        group.new_dataset_builder().with_data(&vec![object; 5]).create("objects").map(|_| ())
    }),
    ("few attributes", Earliest, |group| {
        let data = new(group, 9).create("a")?;
        (0..6).try_for_each(|n| data.set_attr(&format!("{n}"), numbers(40 * n)))?;
        data.set_attr("text", "of any length")?;
        data.set_attr("text", "of any length, longer")?;
        data.delete_attr("3")
    }),
    ("many attributes", Earliest, |group| {
        let data = new(group, 9).create("a")?;
        (0..80).try_for_each(|n| data.set_attr(&format!("attribute {n}"), numbers(n)))?;
        (0..80).try_for_each(|n| data.set_attr(&format!("text {n}"), "words ".repeat(n)))?;
        (0..60).step_by(2).try_for_each(|n| data.delete_attr(&format!("attribute {n}")))?;
        let other = new(group, 9).create("b")?;
        (0..20).try_for_each(|n| other.set_attr(&format!("{n}"), "words"))?;
        (0..17).try_for_each(|n| other.delete_attr(&format!("{n}")))
    }),
    ("large attributes", V18, |group| {
        let data = new(group, 9).create("a")?;
        data.set_attr("large", numbers(30_000))?;
        data.set_attr("larger", numbers(80_000))?;
        data.set_attr("large", numbers(20_000))?;
        data.delete_attr("larger")?;
        data.set_attr("largest", numbers(90_000))
    }),
    ("groups", Earliest, |group| {
        (0..6).try_for_each(|n| group.create_group(&format!("{n}/below/it/{n}")).map(|_| ()))?;
        group.unlink("3/below")?;
        let deep = (0..40).map(|n| n.to_string()).collect::<Vec<_>>().join("/");
        group.create_group(&deep).map(|_| ())
    }),
    ("many links", Earliest, |group| {
        let many = group.create_group("many")?;
        (0..300).try_for_each(|n| many.create_group(&format!("{n}")).map(|_| ()))?;
        (0..300).step_by(3).try_for_each(|n| many.unlink(&format!("{n}")))?;
        let few = group.create_group_builder().track_order(true).create("few")?;
        (0..30).try_for_each(|n| few.create_group(&format!("{n}")).map(|_| ()))?;
        (0..27).try_for_each(|n| few.unlink(&format!("{n}")))
    }),
    ("soft and external links", Earliest, |group| {
        group.link_soft("/nowhere/at all", "soft")?;
        (0..50).try_for_each(|n| group.link_soft(&"far/".repeat(n + 1), &format!("soft {n}")))?;
        (0..50).step_by(2).try_for_each(|n| group.unlink(&format!("soft {n}")))?;
        let new_style = group.create_group_builder().track_order(true).create("new")?;
        (0..50).try_for_each(|n| new_style.link_external("x.h5", "/there", &format!("{n}")))
    }),
    ("several names", Earliest, |group| {
        new(group, 900).create("a")?.write_raw(&numbers(900))?;
        (0..5).try_for_each(|n| group.link_hard("a", &format!("name {n}")))?;
        group.create_group("within")?;
        group.link_hard("a", "within/a")?;
        group.unlink("a")?;
        group.unlink("name 3")?;
        group.relink("name 2", "within/moved")
    }),
    ("committed types", Earliest, |group| {
        let text = group.commit_type("text", ElementType::of::<String>())?;
        let pair = group.commit_type("pair", ElementType::of::<(i32, f64)>())?;
        for n in 0..5 {
            let made = group.new_dataset_builder().empty_as(&text).shape(3);
            let made = made.create(&*format!("texts {n}"))?;
            made.write_raw(&["a".to_owned(), "b".repeat(n), String::new()])?;
            let made = group.new_dataset_builder().empty_as(&pair).shape(3);
            let made = made.create(&*format!("pairs {n}"))?;
            made.new_attr_builder()
                .empty_as(&text)
                .create("about")?
                .write_scalar(&"x".repeat(n))?;
        }
        group.unlink("texts 3")?;
        group.unlink("pairs 3")?;
        // The type lives on in what is of it.
        group.unlink("text")
    }),
    ("comments and times", Earliest, |group| {
        group.set_comment("what this is")?;
        let data = group.new_dataset::<i32>().shape(9).obj_track_times(true).create("a")?;
        data.set_comment(&"long ".repeat(200))?;
        data.clear_comment()
    }),
];

fn new(group: &Group, len: usize) -> hdfive::DatasetBuilderEmptyShape {
    group.new_dataset::<i32>().shape(len)
}

fn numbers(count: usize) -> Vec<i32> {
    (0..count).map(|n| i32::try_from(n).unwrap()).collect()
}

/// What is to be there whatever else goes.
pub fn keep(group: &Group) -> Result<()> {
    let words: Vec<String> = (0..20).map(|n| format!("kept {n}")).collect();
    group.new_dataset_builder().with_data(&words).create("words")?;
    group.new_dataset_builder().with_data(&numbers(50)).chunk(7).create("numbers")?;
    group.set_attr("about", "what is kept")
}

pub fn check_kept(group: &Group) {
    let words: Vec<String> = group.dataset("words").unwrap().read_raw().unwrap();
    assert_eq!(words, (0..20).map(|n| format!("kept {n}")).collect::<Vec<_>>());
    let read = |dataset: Dataset| Container::read_raw::<i32>(&dataset).unwrap();
    assert_eq!(read(group.dataset("numbers").unwrap()), numbers(50));
    assert_eq!(group.attr("about").unwrap().read_scalar::<String>().unwrap(), "what is kept");
}
