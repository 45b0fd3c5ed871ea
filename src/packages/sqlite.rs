//! Reads the blobs of one table of an SQLite database: what rpm needs, and nothing else.
//!
//! Only the b-trees of tables are read, by the [file format](https://www.sqlite.org/fileformat2.html). No crate reads
//! them without SQLite's C code and is well kept. Each page is read at most once, so that no database takes longer than
//! its size allows.

use super::Error;

/// The beginning of every database.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// The size of the header on the first page, in bytes.
const HEADER: usize = 100;

/// The types of pages of tables.
const INTERIOR: u8 = 5;
const LEAF: u8 = 13;

/// Maximum number of columns of a row that is read. The rows of the schema have five.
const COLUMNS_MAX: usize = 64;

const TRUNCATED: Error = Error::Damaged("a page of SQLite is missing");
const INVALID: Error = Error::Damaged("a page of SQLite is invalid");

/// Returns the first blob of each row of a table, in the order of the rows.
pub(super) fn blobs(database: &[u8], table: &str) -> Result<Vec<Vec<u8>>, Error> {
    let root = Reader::new(database)?.root_of(table)?;
    let mut blobs = Vec::new();
    Reader::new(database)?.rows(root, &mut |row| {
        let blob = columns(row)?.into_iter().find_map(|column| match column {
            Column::Blob(blob) => Some(blob.to_vec()),
            Column::Text(_) | Column::Number(_) => None,
        });
        blobs.extend(blob);
        Ok(())
    })?;
    Ok(blobs)
}

/// Reads the rows of tables.
struct Reader<'a> {
    database: &'a [u8],
    page_size: usize,
    /// The size of the used part of each page.
    usable: usize,
    /// The pages that were read.
    seen: Vec<bool>,
    /// How many bytes of rows can follow: cells may overlap, but in a valid database they do not.
    left: usize,
}

impl<'a> Reader<'a> {
    fn new(database: &'a [u8]) -> Result<Self, Error> {
        if !database.starts_with(MAGIC) || database.len() < HEADER {
            return Err(Error::Damaged("it is not an SQLite database"));
        }
        let page_size = match u16::from_be_bytes([database[16], database[17]]) {
            1 => 65_536,
            size => usize::from(size),
        };
        let usable = page_size.saturating_sub(usize::from(database[20]));
        // By the format, 480 bytes of the smallest page are usable.
        if !page_size.is_power_of_two() || page_size < 512 || usable < 480 {
            return Err(INVALID);
        }
        Ok(Self {
            database,
            page_size,
            usable,
            seen: vec![false; database.len() / page_size + 1],
            left: database.len(),
        })
    }

    /// Returns the first page of a table.
    fn root_of(&mut self, table: &str) -> Result<u32, Error> {
        let mut root = None;
        self.rows(1, &mut |row| {
            // The columns of the schema: type, name, name of the table, first page, SQL.
            if let [Column::Text(kind), Column::Text(name), _, Column::Number(page), ..] = columns(row)?[..]
                && (kind, name) == (b"table", table.as_bytes())
            {
                root = u32::try_from(page).ok();
            }
            Ok(())
        })?;
        root.ok_or(Error::Damaged("it does not have the table of packages"))
    }

    /// Calls `visit` with each row of the table that begins at page `root`.
    fn rows(&mut self, root: u32, visit: &mut dyn FnMut(&[u8]) -> Result<(), Error>) -> Result<(), Error> {
        let mut stack = vec![root];
        while let Some(number) = stack.pop() {
            let page = self.page(number)?;
            let start = if number == 1 { HEADER } else { 0 };
            let kind = *page.get(start).ok_or(INVALID)?;
            let cells = usize::from(u16_at(page, start + 3).ok_or(INVALID)?);
            let pointers = match kind {
                INTERIOR => start + 12,
                LEAF => start + 8,
                _ => return Err(INVALID),
            };
            if kind == INTERIOR {
                stack.push(u32_at(page, start + 8).ok_or(INVALID)?);
            }
            let mut below = Vec::new();
            for cell in 0..cells {
                let at = usize::from(u16_at(page, pointers + cell * 2).ok_or(INVALID)?);
                if kind == INTERIOR {
                    below.push(u32_at(page, at).ok_or(INVALID)?);
                } else {
                    visit(&self.payload(page, at)?)?;
                }
            }
            stack.extend(below.into_iter().rev());
        }
        Ok(())
    }

    /// Returns the used part of a page, once.
    fn page(&mut self, number: u32) -> Result<&'a [u8], Error> {
        let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1)).ok_or(INVALID)?;
        let start = index.checked_mul(self.page_size).ok_or(INVALID)?;
        let page = self.database.get(start..).and_then(|rest| rest.get(..self.usable)).ok_or(TRUNCATED)?;
        match self.seen.get_mut(index) {
            Some(seen) if !*seen => *seen = true,
            _ => return Err(INVALID),
        }
        Ok(page)
    }

    /// Returns the row of the cell at `at`, which may continue on other pages.
    fn payload(&mut self, page: &[u8], at: usize) -> Result<Vec<u8>, Error> {
        let cell = page.get(at..).ok_or(INVALID)?;
        let (size, rest) = varint(cell).ok_or(INVALID)?;
        let (_, rest) = varint(rest).ok_or(INVALID)?;
        let size = usize::try_from(size).map_err(|_| INVALID)?;
        self.left = self.left.checked_sub(size).ok_or(INVALID)?;
        let local = self.local(size);
        let mut payload = rest.get(..local).ok_or(INVALID)?.to_vec();
        let mut next = if local < size { u32_at(rest, local).ok_or(INVALID)? } else { 0 };
        while payload.len() < size {
            let page = self.page(next)?;
            next = u32_at(page, 0).ok_or(INVALID)?;
            let part = &page[4..];
            payload.extend_from_slice(&part[..part.len().min(size - payload.len())]);
        }
        Ok(payload)
    }

    /// Returns how many bytes of a row are in its cell, by the format.
    fn local(&self, size: usize) -> usize {
        let most = self.usable - 35;
        if size <= most {
            return size;
        }
        let least = (self.usable - 12) * 32 / 255 - 23;
        let filling = least + (size - least) % (self.usable - 4);
        if filling <= most { filling } else { least }
    }
}

/// A column of a row.
enum Column<'a> {
    Number(i64),
    Text(&'a [u8]),
    Blob(&'a [u8]),
}

/// Splits a row into its columns. A real number and `NULL` are 0.
fn columns(row: &[u8]) -> Result<Vec<Column<'_>>, Error> {
    let (size, _) = varint(row).ok_or(INVALID)?;
    let size = usize::try_from(size).map_err(|_| INVALID)?;
    let (header, mut data) = row.split_at_checked(size).ok_or(INVALID)?;
    let (_, mut types) = varint(header).ok_or(INVALID)?;
    let mut columns = Vec::new();
    while !types.is_empty() && columns.len() < COLUMNS_MAX {
        let (kind, rest) = varint(types).ok_or(INVALID)?;
        types = rest;
        let size = match kind {
            0 | 8 | 9 => 0,
            1..=4 => kind,
            5 => 6,
            6 | 7 => 8,
            kind => kind.saturating_sub(12) / 2,
        };
        let size = usize::try_from(size).map_err(|_| INVALID)?;
        let (value, rest) = data.split_at_checked(size).ok_or(INVALID)?;
        data = rest;
        columns.push(match kind {
            1..=6 => Column::Number(value.iter().fold(0, |number, byte| number << 8 | i64::from(*byte))),
            9 => Column::Number(1),
            12.. if kind % 2 == 0 => Column::Blob(value),
            12.. => Column::Text(value),
            _ => Column::Number(0),
        });
    }
    Ok(columns)
}

/// Returns a number of one to nine bytes, and the bytes after it.
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut value = 0;
    for (index, byte) in bytes.iter().enumerate().take(9) {
        if index == 8 {
            return Some((value << 8 | u64::from(*byte), &bytes[9..]));
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[index + 1..]));
        }
    }
    None
}

fn u16_at(page: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*page.get(at..)?.first_chunk()?))
}

fn u32_at(page: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*page.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_one_to_nine_bytes() {
        assert_eq!(varint(&[0x7f, 9]), Some((127, &[9][..])));
        assert_eq!(varint(&[0x81, 0x00]), Some((128, &[][..])));
        assert_eq!(varint(&[0xff; 10]), Some((u64::MAX, &[0xff][..])));
        assert_eq!(varint(&[0x80; 8]), None);
    }

    #[test]
    fn anything_but_a_database_is_refused() {
        let damaged = Error::Damaged("it is not an SQLite database");
        assert_eq!(blobs(b"", "Packages"), Err(damaged));
        assert_eq!(blobs(&[0; 4096], "Packages"), Err(damaged));
        let mut empty = [MAGIC, &[0; 4080][..]].concat();
        assert_eq!(blobs(&empty, "Packages"), Err(INVALID), "of pages without a size");
        empty[16] = 16;
        assert_eq!(blobs(&empty, "Packages"), Err(INVALID), "of a page without a type");
        empty[HEADER] = LEAF;
        assert_eq!(blobs(&empty, "Packages"), Err(Error::Damaged("it does not have the table of packages")));
        // A page that leads to itself.
        empty[HEADER] = INTERIOR;
        empty[HEADER + 11] = 1;
        assert_eq!(blobs(&empty, "Packages"), Err(INVALID));
    }
}
