//! `h5 copy`: one object copied to a file, as `h5copy` does it.

mod options;

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use hdfive::{ErrorKind, File, LinkTarget, LinkType};

use crate::access::Access;
use crate::failure::Failure;
use crate::tool::{self, Tool, open};
use options::{Flags, Options};

/// The tool.
pub(crate) const TOOL: Tool =
    Tool { name: "h5copy", verb: "copy", help: include_str!("help.txt"), run };

/// Runs `h5copy` with these arguments; files are opened as `access` says.
fn run(access: &Access, arguments: &[OsString], out: &mut dyn Write) -> Result<ExitCode, Failure> {
    let options = match options::parse(arguments) {
        Ok(options) => options,
        Err(instead) => return instead.answer(&TOOL, out),
    };
    let Some(files) = Files::open(access, &options) else { return Ok(ExitCode::FAILURE) };
    options.introduce(out)?;
    let copied = copy(&files, &options, out)?;
    match copied.and_then(|()| files.close()) {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(why) => {
            tool::error(TOOL.name, &why);
            writeln!(out, "Error in copy...Exiting")?;
            Ok(ExitCode::FAILURE)
        }
    }
}

/// The file that is copied from, and the one that is copied to.
struct Files {
    source: File,
    target: File,
    /// Where the target was made, while nobody needs it yet.
    made: Option<Made>,
}

/// A new file, which goes again where nothing comes of it.
struct Made(std::path::PathBuf);

impl Drop for Made {
    fn drop(&mut self) {
        // Whoever made the file in vain has said so already.
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Files {
    /// Opens both, and tells the user where one cannot be.
    fn open(access: &Access, options: &Options) -> Option<Self> {
        let path = Path::new(&options.output);
        let existing = access.builder(path).open_rw(path);
        // A file may be copied from that is copied to.
        let source = match &existing {
            Ok(file) if is_same(&options.input, &options.output) => Ok(file.clone()),
            _ => open::file(access, &options.input, &open::Wanted::default()),
        };
        let source = source.map_err(|why| cannot_open("input", &options.input, &why)).ok()?;
        let (target, made) = match existing {
            Ok(file) => (file, None),
            Err(why) if path.exists() => {
                cannot_open("output", &options.output, &why.to_string());
                return None;
            }
            Err(_) => {
                let made = access.builder(path).create_excl(path);
                let cannot = |why: &str| cannot_open("output", &options.output, why);
                let file = made.map_err(|why| cannot(&why.to_string())).ok()?;
                (file, Some(Made(path.to_owned())))
            }
        };
        Some(Self { source, target, made })
    }

    fn close(self) -> Result<(), String> {
        let Self { source, target, made } = self;
        drop(source);
        target.close().map_err(|why| why.to_string())?;
        made.into_iter().for_each(std::mem::forget);
        Ok(())
    }
}

fn is_same(one: &str, other: &str) -> bool {
    let real = |name: &str| std::fs::canonicalize(name).ok();
    real(one).is_some_and(|path| real(other).is_some_and(|other| path == other))
}

fn cannot_open(which: &str, name: &str, why: &str) {
    tool::error(TOOL.name, &format!("Could not open {which} file <{name}>...Exiting"));
    tool::remark(why);
}

/// Copies the object; an error says why it is not.
fn copy(
    files: &Files,
    options: &Options,
    out: &mut dyn Write,
) -> Result<Result<(), String>, Failure> {
    if let Some(missing) = missing_parent(&files.target, options) {
        let hint = "doesn't exist. Use -p to create parent groups.";
        return Ok(Err(format!("group <{missing}> {hint}")));
    }
    let exists = options.source == "/" || files.source.link_info(&options.source).is_ok();
    if options.verbose && !exists {
        writeln!(out, "Warning: link <{}> doesn't exist ", options.source)?;
    }
    Ok(copy_object(files, options).map_err(|error| error.to_string()))
}

fn copy_object(files: &Files, options: &Options) -> hdfive::Result<()> {
    match files.source.location(&options.source) {
        Ok(object) => {
            let Flags { shallow, soft, external, references, without_attributes } = options.flags;
            object
                .copy_options()
                .shallow(shallow)
                .expand_soft(soft)
                .expand_external(external)
                .expand_refs(references)
                .without_attrs(without_attributes)
                .copy_to(&files.target, &options.destination)
        }
        Err(error) if leads_nowhere(&error) => {
            // A link that leads nowhere is copied itself.
            let link = files.source.link_info(&options.source);
            let link = link.ok().filter(|link| link.link_type != LinkType::Hard);
            let (target, name) = (&files.target, options.destination.as_str());
            match link.map(|link| link.target) {
                Some(LinkTarget::Soft(path)) => target.link_soft(&path, name),
                Some(LinkTarget::External { file, object }) => {
                    target.link_external(&file, &object, name)
                }
                _ => Err(error),
            }
        }
        Err(error) => Err(error),
    }
}

fn leads_nowhere(error: &hdfive::Error) -> bool {
    match error.kind() {
        ErrorKind::NotFound(_) => true,
        ErrorKind::Io(error) => error.kind() == std::io::ErrorKind::NotFound,
        _ => false,
    }
}

/// The first group on the way to the copy that has to be there and is not.
fn missing_parent<'a>(target: &File, options: &'a Options) -> Option<&'a str> {
    if options.parents {
        return None;
    }
    let path = options.destination.as_str();
    let ends = path.match_indices('/').map(|(at, _)| at).filter(|at| *at > 0);
    let mut parents = ends.filter_map(|at| path.get(..at));
    parents.find(|parent| target.link_info(parent).is_err())
}
