//! The comparison that the corpus tests rest on sees what it must and forgives what it may.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod support;

use serde_json::{Value, json};
use support::compare::{canonical_text, compare};

fn document() -> Value {
    json!({
        "oracle": 1, "file": "a.h5", "libhdf5": "2.0.0", "open": true, "size": 9,
        "superblock": {"version": 0},
        "objects": [
            {"path": "/", "kind": "group", "info": {"header": 1}, "attrs": [],
             "links": [
                {"name": "d", "kind": "hard", "target": "/d"},
                {"name": "gone", "kind": "hard", "error": true}]},
            {"path": "/d", "kind": "dataset", "data_sha256": "00", "nbytes": 4,
             "filters": [{"id": 2, "cd": [4], "flags": 0}, {"id": 307, "cd": [], "flags": 0}],
             "fill": {"defined": "default", "time": "ifset"},
             "attrs": [{"name": "a", "type": {"class": "integer"}, "data_sha256": "11"}]},
            {"path": "/gone", "kind": "unknown", "error": true},
        ],
    })
}

fn changed(pointer: &str, value: Value) -> Value {
    let mut document = document();
    *document.pointer_mut(pointer).unwrap() = value;
    document
}

#[track_caller]
fn assert_differs(ours: &Value, theirs: &Value, word: &str) {
    let differences = compare(ours, theirs).differences;
    assert_eq!(differences.len(), 1, "{differences:#?}");
    assert!(differences[0].contains(word), "{differences:#?}");
}

#[track_caller]
fn assert_same(ours: &Value, theirs: &Value) {
    let report = compare(ours, theirs);
    assert!(report.differences.is_empty() && report.fill.is_empty(), "{report:#?}");
}

#[test]
fn equal_documents_are_equal() {
    assert_same(&document(), &document());
}

#[test]
fn storage_facts_and_the_maker_do_not_count() {
    assert_same(&changed("/libhdf5", json!("x")), &document());
    assert_same(&changed("/objects/0/info", json!({})), &document());
}

#[test]
fn each_fact_counts() {
    assert_differs(&changed("/size", json!(8)), &document(), "size");
    assert_differs(&changed("/superblock/version", json!(2)), &document(), "superblock");
    assert_differs(&changed("/objects/1/data_sha256", json!("01")), &document(), "/d: data_sha256");
    assert_differs(&changed("/objects/1/nbytes", json!(5)), &document(), "/d: nbytes");
    assert_differs(&changed("/objects/1/kind", json!("group")), &document(), "kind");
    assert_differs(&changed("/objects/1/filters/0/cd", json!([8])), &document(), "filters");
    let ours = changed("/objects/1/attrs/0/data_sha256", json!("12"));
    assert_differs(&ours, &document(), "/d attrs[a]: data_sha256");
    let ours = changed("/objects/0/links/0/target", json!("/e"));
    assert_differs(&ours, &document(), "links[d]: target");
}

#[test]
fn what_is_missing_or_too_much_counts() {
    let mut fewer = document();
    fewer["objects"].as_array_mut().unwrap().remove(1);
    assert_differs(&fewer, &document(), "/d: ours has no such object");
    assert_differs(&document(), &fewer, "/d: only ours");
    let bare = changed("/objects/1/attrs", json!([]));
    assert_differs(&bare, &document(), "attrs[a]: ours has no such entry");
    assert_differs(&document(), &bare, "attrs[a]: only ours");
}

#[test]
fn an_error_of_ours_alone_counts() {
    let mut ours = document();
    ours["objects"][1]["attrs"][0] = json!({"name": "a", "error": true});
    let differences = compare(&ours, &document()).differences;
    assert!(differences.iter().any(|d| d.contains("attrs[a]: error")), "{differences:#?}");
    let mut ours = document();
    ours["objects"][0]["links_error"] = json!(true);
    assert_differs(&ours, &document(), "links_error");
    let ours = changed("/objects/1", json!({"path": "/d", "kind": "unknown", "error": true}));
    assert!(!compare(&ours, &document()).differences.is_empty());
}

#[test]
fn what_libhdf5_could_not_read_is_free() {
    let mut ours = document();
    ours["objects"][0]["links"][1] = json!({"name": "gone", "kind": "hard", "target": "/gone"});
    ours["objects"][2] = json!({"path": "/gone", "kind": "group", "attrs": [], "links": []});
    let objects = ours["objects"].as_array_mut().unwrap();
    objects.push(json!({"path": "/gone/child", "kind": "group"}));
    assert_same(&ours, &document());
}

#[test]
fn a_third_party_filter_is_reported_apart() {
    let mut ours = document();
    let dataset = ours["objects"][1].as_object_mut().unwrap();
    dataset.remove("data_sha256");
    dataset.remove("nbytes");
    dataset.insert("data_error".to_owned(), json!(true));
    let report = compare(&ours, &document());
    assert!(report.differences.is_empty(), "{report:#?}");
    assert_eq!(report.unsupported.into_iter().collect::<Vec<_>>(), [("/d".to_owned(), 307)]);
    let mut theirs = document();
    theirs["objects"][1]["filters"][1]["id"] = json!(32000);
    ours["objects"][1]["filters"][1]["id"] = json!(32000);
    assert!(!compare(&ours, &theirs).differences.is_empty());
}

#[test]
fn fill_properties_are_reported_apart() {
    let report = compare(&changed("/objects/1/fill/time", json!("alloc")), &document());
    assert!(report.differences.is_empty());
    assert!(report.fill.contains_key(&("/d".to_owned(), "time".to_owned())));
}

#[test]
fn the_text_of_a_document_is_laid_out_by_lines() {
    let text = canonical_text(&document());
    assert!(
        text.starts_with(
            "{\n\"file\":\"a.h5\",\n\"libhdf5\":\"2.0.0\",\n\"objects\":[\n{\"attrs\""
        )
    );
    assert!(text.ends_with("\"superblock\":{\"version\":0}\n}\n"));
    assert_eq!(text.lines().count(), 13);
}
