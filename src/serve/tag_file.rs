//! File names for tags.
//!
//! Tags may differ only in the case of a letter, and some file systems do not distinguish case. So the name
//! of a file is its tag in base32 (RFC 4648, lower case, no padding). It has at most 205 characters, is
//! unique for each tag, and can be decoded without opening the file.

use crate::reference::Tag;

const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Returns the name of a tag's file.
pub(super) fn encode(tag: &Tag) -> String {
    let mut name = String::with_capacity(tag.as_str().len() * 8 / 5 + 1);
    let (mut bits, mut count) = (0_u32, 0);
    for byte in tag.as_str().bytes() {
        bits = bits << 8 | u32::from(byte);
        count += 8;
        while count >= 5 {
            count -= 5;
            name.push(letter(bits >> count));
        }
    }
    if count > 0 {
        name.push(letter(bits << (5 - count)));
    }
    name
}

/// Returns the tag whose file has this name, or `None` for another file.
pub(super) fn decode(name: &str) -> Option<Tag> {
    let mut text = Vec::with_capacity(name.len() * 5 / 8);
    let (mut bits, mut count) = (0_u32, 0);
    for byte in name.bytes() {
        let value = ALPHABET.iter().position(|letter| *letter == byte)?;
        bits = bits << 5 | value as u32;
        count += 5;
        if count >= 8 {
            count -= 8;
            text.push((bits >> count) as u8);
        }
    }
    let tag = String::from_utf8(text).ok()?.parse().ok()?;
    (encode(&tag) == name).then_some(tag)
}

fn letter(bits: u32) -> char {
    ALPHABET[(bits & 31) as usize] as char
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_tag_is_read_back_from_its_file_s_name(text in "[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}") {
            let tag: Tag = text.parse().unwrap();
            let name = encode(&tag);
            prop_assert!(name.len() <= 205 && name.bytes().all(|byte| ALPHABET.contains(&byte)));
            prop_assert_eq!(decode(&name), Some(tag));
        }

        #[test]
        fn no_name_makes_it_panic(name in "\\PC{0,30}|[a-z2-7]{0,220}") {
            if let Some(tag) = decode(&name) {
                prop_assert_eq!(encode(&tag), name);
            }
        }
    }

    #[test]
    fn the_encoding_is_that_of_the_rfc() {
        assert_eq!(encode(&"foobar".parse().unwrap()), "mzxw6ytboi");
        assert_eq!(encode(&"latest".parse().unwrap()), "nrqxizltoq");
    }
}
