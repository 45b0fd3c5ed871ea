//! The headers of rpm's packages: a list of tags, and their data.
//!
//! A header begins with the number of tags and the size of the data, big-endian. Each tag has its number, its type, its
//! offset in the data, and a count. See the
//! [format of headers](https://rpm-software-management.github.io/rpm/manual/format_header.html), in databases without its
//! first eight bytes.

use super::package::{Packages, TEXT_BYTES_MAX};
use super::{Error, Package};

/// Maximum number of tags. Those of real packages have fewer than 200.
const TAGS_MAX: usize = 0xffff;

const NAME: u32 = 1000;
const VERSION: u32 = 1001;
const RELEASE: u32 = 1002;
const EPOCH: u32 = 1003;
const ARCHITECTURE: u32 = 1022;

/// The types of the tags that are read: a number of 32 bits, and a text that ends with a zero.
const INT32: u32 = 4;
const STRING: u32 = 6;

const DAMAGED: Error = Error::Damaged("a header of a package is invalid");

/// Parses all headers.
pub(super) fn parse_all(headers: Vec<Vec<u8>>) -> Result<Vec<Package>, Error> {
    let mut packages = Packages::default();
    for header in headers {
        packages.add(parse(&header)?)?;
    }
    Ok(packages.finish())
}

fn parse(header: &[u8]) -> Result<Package, Error> {
    let count = number(header, 0).ok_or(DAMAGED)?;
    let count = usize::try_from(count).ok().filter(|count| *count <= TAGS_MAX).ok_or(DAMAGED)?;
    let (tags, data) = header.get(8..).and_then(|rest| rest.split_at_checked(count * 16)).ok_or(DAMAGED)?;
    let (mut package, mut release, mut epoch) = (Package::default(), String::new(), None);
    for tag in tags.chunks_exact(16) {
        let field = |index: usize| number(tag, index * 4).unwrap_or_default();
        let value = usize::try_from(field(2)).ok().and_then(|offset| data.get(offset..));
        let text = || value.and_then(text).ok_or(DAMAGED);
        match (field(0), field(1)) {
            (NAME, STRING) => package.name = text()?,
            (VERSION, STRING) => package.version = text()?,
            (RELEASE, STRING) => release = text()?,
            (ARCHITECTURE, STRING) => package.architecture = text()?,
            (EPOCH, INT32) => epoch = Some(value.and_then(|value| number(value, 0)).ok_or(DAMAGED)?),
            _ => {}
        }
    }
    if !release.is_empty() {
        package.version = format!("{}-{release}", package.version);
    }
    if let Some(epoch) = epoch.filter(|epoch| *epoch > 0) {
        package.version = format!("{epoch}:{}", package.version);
    }
    Ok(package)
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn text(data: &[u8]) -> Option<String> {
    let end = data.iter().take(TEXT_BYTES_MAX + 1).position(|byte| *byte == 0)?;
    Some(String::from_utf8_lossy(&data[..end]).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A header with these tags: number, type, data.
    fn header(tags: &[(u32, u32, &[u8])]) -> Vec<u8> {
        let (mut index, mut data) = (Vec::new(), Vec::new());
        for (tag, kind, value) in tags {
            let offset = u32::try_from(data.len()).unwrap();
            index.extend([*tag, *kind, offset, 1].map(u32::to_be_bytes).concat());
            data.extend_from_slice(value);
        }
        let sizes = [tags.len(), data.len()].map(|size| u32::try_from(size).unwrap().to_be_bytes());
        [sizes.concat(), index, data].concat()
    }

    #[test]
    fn a_header_has_the_version_with_epoch_and_release() {
        let bash: &[(u32, u32, &[u8])] =
            &[(NAME, STRING, b"bash\0"), (VERSION, STRING, b"5.2\0"), (RELEASE, STRING, b"3.fc40\0")];
        assert_eq!(parse(&header(bash)).unwrap().version, "5.2-3.fc40");
        let more: &[(u32, u32, &[u8])] =
            &[(EPOCH, INT32, &[0, 0, 0, 2]), (ARCHITECTURE, STRING, b"x86_64\0")];
        let package = parse(&header(&[bash, more].concat())).unwrap();
        assert_eq!((&*package.version, &*package.architecture), ("2:5.2-3.fc40", "x86_64"));
    }

    #[test]
    fn a_header_that_claims_more_than_it_has_is_damaged() {
        let whole = header(&[(NAME, STRING, b"bash\0")]);
        for end in [0, 7, 23, whole.len() - 1] {
            assert_eq!(parse(&whole[..end]), Err(DAMAGED), "{end}");
        }
        assert_eq!(parse(&[0xff; 64]), Err(DAMAGED));
    }
}
