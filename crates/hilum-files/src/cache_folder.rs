//! Where a program keeps what it can make again.

use std::ffi::OsString;
use std::path::PathBuf;

/// The folder of hilum's caches: `HILUM_CACHE`, or `hilum` in the platform's cache folder; `None`
/// if the system names none.
///
/// `variable` gives the value of an environment variable. Only a program reads the environment;
/// for one, `|name| std::env::var_os(name)` will do.
///
/// ```
/// let variables = |name: &str| (name == "HILUM_CACHE").then(|| "/big".into());
/// assert_eq!(hilum_files::cache_folder(&variables), Some("/big".into()));
/// ```
pub fn cache_folder(variable: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let folder = |name: &str| {
        let value = variable(name).filter(|value| !value.is_empty())?;
        Some(PathBuf::from(value))
    };
    if let Some(own) = folder("HILUM_CACHE") {
        return Some(own);
    }
    let platform = if cfg!(target_os = "macos") {
        folder("HOME").map(|home| home.join("Library").join("Caches"))
    } else if cfg!(windows) {
        folder("LOCALAPPDATA")
    } else {
        folder("HOME").map(|home| home.join(".cache"))
    };
    folder("XDG_CACHE_HOME")
        .filter(|folder| folder.is_absolute())
        .or(platform)
        .map(|folder| folder.join("hilum"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)]) -> Option<PathBuf> {
        cache_folder(&|name| {
            let found = variables.iter().find(|(key, _)| *key == name)?;
            Some(found.1.into())
        })
    }

    #[test]
    fn a_folder_of_ones_own_comes_first() {
        let all = [
            ("HILUM_CACHE", "/big"),
            ("XDG_CACHE_HOME", "/x"),
            ("HOME", "/h"),
        ];
        assert_eq!(with(&all), Some(PathBuf::from("/big")));
        assert_eq!(with(&all[1..]), Some(PathBuf::from("/x/hilum")));
        assert_eq!(with(&[]), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_relative_xdg_folder_is_ignored_as_its_standard_asks() {
        let found = with(&[("XDG_CACHE_HOME", "x"), ("HOME", "/h")]);
        assert_eq!(found, Some(PathBuf::from("/h/.cache/hilum")));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_empty_variable_names_no_folder() {
        let found = with(&[("HILUM_CACHE", ""), ("HOME", "/h")]);
        assert_eq!(found, Some(PathBuf::from("/h/.cache/hilum")));
    }
}
