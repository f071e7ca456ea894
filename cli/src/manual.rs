//! `h5 man` and `h5 completions`: pages and scripts made of what the program knows of its verbs.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Command};
use clap_complete::Shell;

use crate::failure::Failure;
use crate::tool;

/// Which manual page is wanted.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  h5 man export | man -l -                     read the page of a verb
  h5 man --out-dir ~/.local/share/man/man1     all pages, for man h5, man h5-export ...")]
pub(crate) struct Manual {
    /// The verb; that of the program where none is named
    verb: Option<String>,
    /// Write all pages to this directory
    #[arg(long, value_name = "DIRECTORY", conflicts_with = "verb")]
    out_dir: Option<PathBuf>,
}

/// Which shell completes words.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  h5 completions bash > ~/.local/share/bash-completion/completions/h5
  h5 completions zsh > ~/.zfunc/_h5
  h5 completions fish > ~/.config/fish/completions/h5.fish")]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

/// Writes what a shell reads to complete words of `program`.
pub(crate) fn complete(
    wanted: &Completions,
    mut program: Command,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    // Into memory: the crate panics where its output is closed.
    let mut text = Vec::new();
    clap_complete::generate(wanted.shell, &mut program, "h5", &mut text);
    Ok(out.write_all(&text)?)
}

/// Writes a page of the manual of `program`, or all of them to a directory.
pub(crate) fn write(
    wanted: &Manual,
    mut program: Command,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    program.build();
    if let Some(folder) = &wanted.out_dir {
        let told = |error: io::Error| Failure::with(folder, error);
        fs::create_dir_all(folder).map_err(told)?;
        save(folder, "h5", &page(&program, None)?).map_err(told)?;
        for verb in program.get_subcommands().filter(|verb| verb.get_name() != "help") {
            let name = format!("h5-{}", verb.get_name());
            save(folder, &name, &of_verb(verb)?).map_err(told)?;
        }
        return Ok(());
    }
    let Some(verb) = &wanted.verb else { return Ok(out.write_all(&page(&program, None)?)?) };
    let Some(verb) = program.find_subcommand(verb) else {
        return Err(Failure::Told(format!("there is no verb {verb}; h5 --help lists them")));
    };
    Ok(out.write_all(&of_verb(verb)?)?)
}

fn save(folder: &Path, name: &str, text: &[u8]) -> io::Result<()> {
    fs::write(folder.join(format!("{name}.1")), text)
}

fn of_verb(verb: &Command) -> io::Result<Vec<u8>> {
    page(verb, tool::help(verb.get_name()))
}

/// The page of a command; of a tool, what it says of its use stands in it as it is.
fn page(command: &Command, help: Option<&str>) -> io::Result<Vec<u8>> {
    let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
    let mut out = Vec::new();
    clap_mangen::Man::new(command.clone().display_name(name)).render(&mut out)?;
    if let Some(help) = help {
        out.extend_from_slice(b".SH USE\n.nf\n");
        for line in help.lines() {
            writeln!(out, "{}", escaped(line))?;
        }
        out.extend_from_slice(b".fi\n");
    }
    Ok(out)
}

/// A line that roff takes for text.
fn escaped(line: &str) -> String {
    let line = line.replace('\\', "\\e").replace('-', "\\-");
    if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_no_request() {
        assert_eq!(escaped(".x -a \\n"), "\\&.x \\-a \\en");
    }
}
