//! The files under a folder.

use std::fs;
use std::path::{Path, PathBuf};

use ignore::overrides::OverrideBuilder;
use ignore::{Walk, WalkBuilder};

/// Which files under a folder are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    /// Those too whose name, or a folder's on the way, begins with a dot.
    pub hidden: bool,
    /// Those too that `.gitignore`, `.ignore` and their like leave out.
    pub ignored: bool,
    /// None larger than this, in bytes.
    pub largest: Option<u64>,
    /// Only those with such names, between commas; behind `!`, none with such: `*.log, !old/**`. As in a `.gitignore`, a `/` in
    /// it means the path below the folder.
    pub names: String,
}

/// The regular files under a folder, sorted by name, one folder after the other. Symbolic links are not followed: nothing
/// is met twice, and nothing outside.
pub struct FilesUnder {
    root: PathBuf,
    walk: Walk,
}

impl FilesUnder {
    /// Why there are none is said in a sentence.
    pub fn new(folder: &Path, choices: &Choices) -> Result<Self, String> {
        let wrong = |error| match fs::symlink_metadata(folder).is_ok() {
            true => format!("“{}” cannot be read ({error}).", folder.display()),
            false => format!("There is no folder “{}”.", folder.display()),
        };
        let root = fs::canonicalize(folder).map_err(wrong)?;
        if !root.is_dir() {
            return Err(format!("“{}” is not a folder.", folder.display()));
        }
        let mut names = OverrideBuilder::new(&root);
        for name in choices.names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
            names.add(name).map_err(|error| format!("“{name}” is no pattern for names: {error}."))?;
        }
        let names = names.build().map_err(|error| format!("Such names cannot be looked for: {error}."))?;
        let walk = WalkBuilder::new(&root)
            .standard_filters(!choices.ignored)
            .hidden(!choices.hidden)
            .max_filesize(choices.largest)
            // As the builder's own, they would bring back what is left out.
            .filter_entry(move |entry| {
                let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
                entry.depth() == 0 || !names.matched(entry.path(), is_folder).is_ignore()
            })
            .follow_links(false)
            .sort_by_file_name(Ord::cmp)
            .build();
        Ok(Self { root, walk })
    }

    /// The folder, without symbolic links on the way to it: every file's path begins with it.
    pub fn root(&self) -> &Path {
        &self.root
    }
}

impl Iterator for FilesUnder {
    /// A file, or what of the folder cannot be read, and why.
    type Item = Result<PathBuf, String>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.walk.next()? {
                Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) => {
                    return Some(Ok(entry.into_path()));
                }
                Ok(_) => {}
                Err(error) => return Some(Err(error.to_string())),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A folder with something of each kind.
    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        for path in [".git", ".hidden", "a", "old"] {
            fs::create_dir(at.join(path)).unwrap();
        }
        let files = ["z.log", "a/b.log", "a/c.txt", ".hidden/d.log", "old/e.log", "left-out.log"];
        for path in files {
            fs::write(at.join(path), "x").unwrap();
        }
        fs::write(at.join("large.log"), [0; 100]).unwrap();
        fs::write(at.join(".gitignore"), "left-out.log\n").unwrap();
        symlink("z.log", at.join("link.log")).unwrap();
        symlink(".", at.join("round")).unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            at.join("pipe.log"),
            rustix::fs::FileType::Fifo,
            0o600.into(),
            0,
        )
        .unwrap();
        folder
    }

    fn names(folder: &Path, choices: &Choices) -> Vec<String> {
        let files = FilesUnder::new(folder, choices).unwrap();
        let root = files.root().to_owned();
        let name = |path: PathBuf| path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
        files.map(|file| name(file.unwrap())).collect()
    }

    #[test]
    fn what_is_hidden_or_left_out_is_not_met_unless_asked_for_and_pipes_and_links_never() {
        let folder = folder();
        let plain = Choices::default();
        let met = ["a/b.log", "a/c.txt", "large.log", "old/e.log", "z.log"];
        assert_eq!(names(folder.path(), &plain), met);
        let ignored = names(folder.path(), &Choices { ignored: true, ..plain.clone() });
        assert_eq!(ignored, ["a/b.log", "a/c.txt", "large.log", "left-out.log", "old/e.log", "z.log"]);
        let hidden = names(folder.path(), &Choices { hidden: true, ..plain.clone() });
        let met = [".gitignore", ".hidden/d.log", "a/b.log", "a/c.txt", "large.log", "old/e.log", "z.log"];
        assert_eq!(hidden, met);
        let small = names(folder.path(), &Choices { largest: Some(99), ..plain });
        assert_eq!(small, ["a/b.log", "a/c.txt", "old/e.log", "z.log"]);
    }

    #[test]
    fn names_are_globs_as_in_a_gitignore() {
        let folder = folder();
        let named = |names: &str| Choices { names: names.to_owned(), ..Choices::default() };
        let logs = names(folder.path(), &named("*.log, !old/**, !large*"));
        assert_eq!(logs, ["a/b.log", "z.log"]);
        assert_eq!(names(folder.path(), &named("a/*")), ["a/b.log", "a/c.txt"]);
        let wrong = FilesUnder::new(folder.path(), &named("[a")).err().unwrap();
        assert!(wrong.starts_with("“[a” is no pattern for names"), "{wrong}");
    }

    #[test]
    fn a_folder_that_is_none_is_named() {
        let folder = folder();
        let of = |name: &str| FilesUnder::new(&folder.path().join(name), &Choices::default()).err().unwrap();
        assert!(of("gone").starts_with("There is no folder"));
        assert!(of("z.log").ends_with("is not a folder."));
    }
}
