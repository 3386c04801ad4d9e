//! Under which name the calling package knows the function engine.

use std::path::PathBuf;

use syn::{Path, parse_quote};

/// The path of `thalweg_function`, as the package that is being compiled can write it.
pub(crate) fn root() -> Path {
    let folder = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
    let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
    root_in(&manifest)
}

/// The engine itself where the manifest lists it or lists neither, else the facade's re-export of it.
fn root_in(manifest: &str) -> Path {
    if depends_on(manifest, "thalweg") && !depends_on(manifest, "thalweg-function") {
        parse_quote!(::thalweg::function)
    } else {
        parse_quote!(::thalweg_function)
    }
}

/// Whether a line of the manifest begins the entry of this dependency: `name = …`, `name.workspace = …` or
/// `[dependencies.name]`.
fn depends_on(manifest: &str, name: &str) -> bool {
    manifest.lines().map(str::trim).any(|line| {
        let key = line.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '\t', '=', '.']));
        let table = line.strip_prefix('[').and_then(|line| line.strip_suffix(']'));
        key || table.and_then(|table| table.rsplit_once("dependencies.")).is_some_and(|(_, key)| key == name)
    })
}

#[cfg(test)]
mod tests {
    use quote::ToTokens;

    use super::root_in;

    fn root_of(manifest: &str) -> String {
        root_in(manifest).to_token_stream().to_string()
    }

    #[test]
    fn a_package_with_the_facade_alone_reaches_the_engine_through_it() {
        for manifest in [
            "[dependencies]\nthalweg = \"0.1\"",
            "[dependencies]\nthalweg.workspace = true",
            "[dependencies.thalweg]\nversion = \"0.1\"",
            "[target.'cfg(unix)'.dependencies.thalweg]\nversion = \"0.1\"",
        ] {
            assert_eq!(root_of(manifest), ":: thalweg :: function", "{manifest}");
        }
    }

    #[test]
    fn every_other_package_reaches_the_engine_by_its_own_name() {
        for manifest in [
            "",
            "[dependencies]\nthalweg = \"0.1\"\nthalweg-function = \"0.1\"",
            "[dependencies]\nthalweg-rule = \"0.1\"",
            "[package]\nname = \"thalweg\"\n[dependencies]\nthalweg-function.workspace = true",
        ] {
            assert_eq!(root_of(manifest), ":: thalweg_function", "{manifest}");
        }
    }
}
