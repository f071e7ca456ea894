//! The guide does what a newcomer wants done in few lines. That these lines do it is for the
//! documentation tests to show.

/// What a newcomer wants done.
const TASKS: [&str; 7] = [
    "Read a slice",
    "List everything",
    "Append rows for an hour",
    "Store a struct array",
    "Store strings",
    "Edit an attribute in an old file",
    "Read what I don't know the type of",
];
const LINES: usize = 10;

/// The lines of the first program in a text that a reader sees.
fn program(text: &str) -> Vec<&str> {
    let lines = text.lines().skip_while(|line| !line.starts_with("```")).skip(1);
    let program = lines.take_while(|line| !line.starts_with("```"));
    program.filter(|line| !line.starts_with("# ") && !line.trim().is_empty()).collect()
}

#[test]
fn each_task_takes_a_few_lines() {
    let page = include_str!("../src/guide/tasks.md");
    // Hidden lines of programs begin with `# ` as well.
    let mut sections = page.split("\n\n# ").skip(1);
    for task in TASKS {
        let section = sections.next().unwrap_or_default();
        assert!(section.starts_with(task), "{task}: {section}");
        let lines = program(section).len();
        assert!((3..=LINES).contains(&lines), "{task}: {lines} lines");
        assert!(!section.contains("```ignore") && !section.contains("```no_run"), "{task}");
    }
    assert!(sections.next().is_none(), "a section that is no task");
}
