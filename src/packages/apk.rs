//! apk's `installed`: paragraphs of lines with a letter, a colon and a value; see
//! [Apk spec](https://wiki.alpinelinux.org/wiki/Apk_spec#Installed_Database_V2).

use super::package::Packages;
use super::{Error, Package};

/// Parses the installed packages.
pub(super) fn parse(content: &[u8]) -> Result<Vec<Package>, Error> {
    let mut packages = Packages::default();
    let mut current = Package::default();
    for line in content.split(|byte| *byte == b'\n') {
        let text = |value: &[u8]| String::from_utf8_lossy(value.trim_ascii()).into_owned();
        match line {
            [] => packages.add(std::mem::take(&mut current))?,
            [b'P', b':', value @ ..] => current.name = text(value),
            [b'V', b':', value @ ..] => current.version = text(value),
            [b'A', b':', value @ ..] => current.architecture = text(value),
            // The files of the package, and more about it.
            [_, ..] => {}
        }
    }
    packages.add(current)?;
    Ok(packages.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_packages() {
        let installed =
            b"C:Q1x=\nP:musl\nV:1.2.5-r0\nA:x86_64\nF:lib\nR:ld-musl.so\na:0:0:755\n\nP:busybox\nV:1.36-r1";
        let packages = parse(installed).unwrap();
        let told: Vec<_> =
            packages.iter().map(|found| (&*found.name, &*found.architecture, &*found.version)).collect();
        assert_eq!(told, [("musl", "x86_64", "1.2.5-r0"), ("busybox", "", "1.36-r1")]);
    }
}
