//! Pages of this project that messages lead to. The npm package has none of them, so each is named by its whole
//! address.

/// The address of a file of the repository, as a literal: `page!("docs/errors.md#aadsts700016")`.
macro_rules! page {
    ($path:literal) => {
        concat!("https://github.com/workiq-auth/workiq-auth/blob/main/", $path)
    };
}
pub(crate) use page;

#[cfg(test)]
mod tests {
    use std::path::Path;

    const ROOT: &str = env!("CARGO_MANIFEST_DIR");

    fn sources(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|ext| ext == "rs") && !path.ends_with("page.rs") {
                found.push(std::fs::read_to_string(&path).unwrap());
            }
        }
    }

    /// Whether `page` has `anchor`, of its own or as GitHub makes it of a heading.
    fn has_anchor(page: &str, anchor: &str) -> bool {
        let slug = |heading: &str| -> String {
            let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            kept.collect::<String>().to_lowercase().replace(' ', "-")
        };
        page.contains(&format!("<a id=\"{anchor}\">"))
            || page
                .lines()
                .any(|line| line.starts_with('#') && slug(line.trim_start_matches('#').trim()) == anchor)
    }

    #[test]
    fn every_page_that_a_message_names_is_there_with_its_anchor() {
        let mut found = Vec::new();
        sources(&Path::new(ROOT).join("src"), &mut found);
        let named: Vec<_> = found
            .iter()
            .flat_map(|source| source.split("page!(\"").skip(1))
            .map(|rest| rest.split('"').next().unwrap())
            .collect();
        assert!(!named.is_empty());
        for name in named {
            let (file, anchor) = name.split_once('#').unwrap_or((name, ""));
            let page =
                std::fs::read_to_string(Path::new(ROOT).join(file)).unwrap_or_else(|_| panic!("{name}"));
            // An anchor that goes on is one of a row, which its own test looks for.
            assert!(anchor.is_empty() || anchor == "aadsts" || has_anchor(&page, anchor), "{name}");
        }
    }
}
