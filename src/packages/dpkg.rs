//! dpkg's `status`, a list of paragraphs with fields; see deb-control(5) and dpkg-query(1).

use super::package::Packages;
use super::{Error, Package};

/// Parses the packages that are installed. In the files of `status.d`, no package has a state: all are installed.
pub(super) fn parse(content: &[u8]) -> Result<Vec<Package>, Error> {
    let mut packages = Packages::default();
    let mut current = Paragraph::default();
    for line in content.split(|byte| *byte == b'\n') {
        if line.trim_ascii().is_empty() {
            std::mem::take(&mut current).finish(&mut packages)?;
        } else {
            current.line(line);
        }
    }
    current.finish(&mut packages)?;
    Ok(packages.finish())
}

#[derive(Default)]
struct Paragraph {
    package: Package,
    is_absent: bool,
}

impl Paragraph {
    fn line(&mut self, line: &[u8]) {
        // A space continues the field of the line before.
        let Some(colon) =
            line.iter().position(|byte| *byte == b':').filter(|_| !line[0].is_ascii_whitespace())
        else {
            return;
        };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        let text = || String::from_utf8_lossy(value).into_owned();
        if name.eq_ignore_ascii_case(b"Package") {
            self.package.name = text();
        } else if name.eq_ignore_ascii_case(b"Version") {
            self.package.version = text();
        } else if name.eq_ignore_ascii_case(b"Architecture") {
            self.package.architecture = text();
        } else if name.eq_ignore_ascii_case(b"Status") {
            // The third word is the state: "deinstall ok config-files" is a package that was removed.
            let state = value.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).nth(2);
            self.is_absent = matches!(state, None | Some(b"not-installed" | b"config-files"));
        }
    }

    fn finish(self, packages: &mut Packages) -> Result<(), Error> {
        if self.is_absent { Ok(()) } else { packages.add(self.package) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_installed_packages_count() {
        let status = b"Package: a\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1:2.0-1\n\
            Description: short\n Version: 9 is text\n\n\n\
            Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n\n\
            package: half\nstatus: install ok half-configured\nversion: 3";
        let packages = parse(status).unwrap();
        let told: Vec<_> =
            packages.iter().map(|found| (&*found.name, &*found.architecture, &*found.version)).collect();
        assert_eq!(told, [("a", "amd64", "1:2.0-1"), ("half", "", "3")]);
    }

    #[test]
    fn a_part_of_distroless_has_no_state() {
        assert_eq!(parse(b"Package: tzdata\nVersion: 2026a\n").unwrap()[0].name, "tzdata");
        assert_eq!(parse(b"").unwrap(), []);
        assert_eq!(parse(b":\n:x\nPackage\n\xff: \xff").unwrap(), []);
    }
}
