//! The contents of many files of a layer, which is read once.

use std::collections::HashMap;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write};
use std::ops::{ControlFlow, Range};
use std::sync::{Arc, Mutex, PoisonError};

use tempfile::SpooledTempFile;

use crate::filesystem::{self, Change, EntryPath, Feed, FileContent, Visitor, read_layer, unpack_file};
use crate::image::Descriptor;

use super::capture::spool;
use super::layer::Extent;
use super::{FilesError, ImageFiles};

/// How many requests for ranges replace one for the whole layer at most.
const RANGES_MAX: usize = 64;

/// The largest gap between two ranges that are read together, in bytes: what arrives while a request would be on its way.
const GAP: u64 = 128 * 1024;

/// The files of a layer whose contents are wanted.
pub type Wanted = HashMap<EntryPath, FileContent>;

/// Receives the contents of files, one after the other.
pub trait Receiver: Send + 'static {
    /// Why it could not, or why the layer could not be read.
    type Error: From<FilesError> + Send + 'static;

    /// Begins the content of the file at this path of the layer. One that has begun and is not finished was not right:
    /// it must be discarded.
    ///
    /// # Errors
    /// Those of the receiver, which end the reading.
    fn begin(&mut self, path: &EntryPath) -> Result<(), Self::Error>;

    /// Receives the next bytes, never more than the size of the file.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    fn write(&mut self, bytes: &[u8]) -> Result<(), Self::Error>;

    /// Learns that the content is complete and verified.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    fn finish(&mut self) -> Result<(), Self::Error>;
}

impl ImageFiles {
    /// Reads the contents of all `wanted` files of a layer, and returns `receiver`.
    ///
    /// If a table says where they are, and they are a small part of the layer, only these ranges are read. Otherwise the
    /// layer is read once, up to the last of them.
    ///
    /// # Errors
    /// Those of `receiver`; [`FilesError::Layer`] if the layer cannot be read, or does not have the files.
    ///
    /// # Cancel safety
    /// Dropping the future drops `receiver` at its next bytes.
    pub async fn contents<R: Receiver>(
        &self,
        layer: usize,
        mut wanted: Wanted,
        mut receiver: R,
    ) -> Result<R, R::Error> {
        let blob = &self.layers()[layer];
        let empty: Vec<EntryPath> =
            wanted.extract_if(|_, content| content.size == 0).map(|(path, _)| path).collect();
        for path in empty {
            receiver.begin(&path)?;
            receiver.finish()?;
        }
        if wanted.is_empty() {
            return Ok(receiver);
        }
        let mut delivery = Delivery { receiver, failed: None };
        delivery = match ranges(&wanted, blob.size) {
            Some(ranges) => self.by_ranges(blob, ranges, delivery).await,
            None => self.by_stream(blob, wanted, delivery).await,
        }
        .map_err(FilesError::of_layer(&blob.digest))?;
        match delivery.failed {
            Some(failed) => Err(failed),
            None => Ok(delivery.receiver),
        }
    }

    async fn by_ranges<R: Receiver>(
        &self,
        blob: &Descriptor,
        ranges: Vec<Part>,
        mut delivery: Delivery<R>,
    ) -> Result<Delivery<R>, filesystem::Error> {
        for part in ranges {
            delivery = self.by_range(blob, part, delivery).await?;
            if delivery.failed.is_some() {
                break;
            }
        }
        Ok(delivery)
    }

    /// Reads one range. If it has wrong bytes, the files that are missing are read from the next server.
    async fn by_range<R: Receiver>(
        &self,
        blob: &Descriptor,
        Part { range, mut files }: Part,
        mut delivery: Delivery<R>,
    ) -> Result<Delivery<R>, filesystem::Error> {
        let source = self.source_of(blob).await;
        files.reverse();
        loop {
            let mut part = self.part(source, blob, range.clone());
            let mut kept = spool(&self.scratch);
            let scratch = |source| filesystem::Error::Scratch { folder: self.scratch.clone(), source };
            while let Some(bytes) = part.next().await? {
                kept.write_all(&bytes).map_err(scratch)?;
            }
            let start = range.start;
            let unpack = move || {
                let unpacked = delivery.unpack_all(&mut kept, start, &mut files);
                (delivery, files, unpacked)
            };
            let worked = tokio::task::spawn_blocking(unpack).await;
            let unpacked;
            (delivery, files, unpacked) =
                worked.map_err(|error| filesystem::Error::Invalid(io::Error::other(error)))?;
            match unpacked {
                Ok(()) => return Ok(delivery),
                Err(error) if error.is_of_content() && source.doubt(blob) => {
                    tracing::debug!("reading a range of layer {} again: {error}", blob.digest);
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn by_stream<R: Receiver>(
        &self,
        blob: &Descriptor,
        wanted: Wanted,
        delivery: Delivery<R>,
    ) -> Result<Delivery<R>, filesystem::Error> {
        self.plan(&[blob]);
        let search = Arc::new(Mutex::new(Search { wanted, delivery, left: 0, is_open: false }));
        let work = || {
            let search = Arc::clone(&search);
            move |bytes| search.lock().unwrap_or_else(PoisonError::into_inner).run(bytes)
        };
        self.read_through(blob, Extent::AsNeeded, work).await?;
        let search = Arc::into_inner(search).expect("the work has ended, and its clone with it");
        Ok(search.into_inner().unwrap_or_else(PoisonError::into_inner).delivery)
    }
}

/// A range of a blob with the files that are in it.
struct Part {
    range: Range<u64>,
    files: Vec<Item>,
}

/// A file with its path.
struct Item {
    path: EntryPath,
    content: FileContent,
}

/// Returns the ranges that have all the files; `None` if the whole layer is better.
fn ranges(wanted: &Wanted, size: u64) -> Option<Vec<Part>> {
    let mut located = Vec::with_capacity(wanted.len());
    for (path, content) in wanted {
        let location = content.location?;
        if location.start >= location.end || location.end > size {
            return None;
        }
        located.push((location.start..location.end, Item { path: path.clone(), content: content.clone() }));
    }
    located.sort_by(|(one, file), (other, second)| (one.start, &file.path).cmp(&(other.start, &second.path)));
    let mut parts: Vec<Part> = Vec::new();
    for (range, file) in located {
        match parts.last_mut() {
            Some(part) if range.start <= part.range.end.saturating_add(GAP) => {
                part.range.end = part.range.end.max(range.end);
                part.files.push(file);
            }
            _ => parts.push(Part { range, files: vec![file] }),
        }
    }
    let bytes = parts.iter().fold(0, |sum: u64, part| sum.saturating_add(part.range.end - part.range.start));
    (parts.len() <= RANGES_MAX && bytes <= size / 2).then_some(parts)
}

/// The receiver, and why it failed.
struct Delivery<R: Receiver> {
    receiver: R,
    failed: Option<R::Error>,
}

impl<R: Receiver> Delivery<R> {
    /// Notes a failure of the receiver, so that the reading stops.
    fn noted(&mut self, result: Result<(), R::Error>) -> io::Result<()> {
        result.map_err(|error| {
            self.failed = Some(error);
            io::Error::other("stopped")
        })
    }

    /// Unpacks files, the last first, from a range of the blob that begins at `start`. Those that are done are removed.
    fn unpack_all(
        &mut self,
        kept: &mut SpooledTempFile,
        start: u64,
        files: &mut Vec<Item>,
    ) -> Result<(), filesystem::Error> {
        while let Some(file) = files.last().filter(|_| self.failed.is_none()) {
            self.unpack(kept, start, file)?;
            files.pop();
        }
        Ok(())
    }

    /// Unpacks a file from a range of the blob that begins at `start`.
    fn unpack(
        &mut self,
        kept: &mut SpooledTempFile,
        start: u64,
        item: &Item,
    ) -> Result<(), filesystem::Error> {
        let Some(location) = item.content.location else { return Err(filesystem::Error::Truncated) };
        kept.seek(SeekFrom::Start(location.start - start)).map_err(filesystem::Error::Invalid)?;
        let packed = io::BufReader::new(kept.take(location.end - location.start));
        let begun = self.receiver.begin(&item.path);
        if self.noted(begun).is_err() {
            return Ok(());
        }
        let unpacked = unpack_file(packed, &item.path, &item.content, self);
        if self.failed.is_some() {
            return Ok(());
        }
        unpacked?;
        let finished = self.receiver.finish();
        let _ = self.noted(finished);
        Ok(())
    }
}

impl<R: Receiver> Write for Delivery<R> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.receiver.write(bytes);
        self.noted(written).map(|()| bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Reads a layer until all wanted files have passed. A layer may have several files at a path: the right one has the
/// right digest.
struct Search<R: Receiver> {
    wanted: Wanted,
    delivery: Delivery<R>,
    /// How many more bytes the file that has begun may have.
    left: u64,
    is_open: bool,
}

impl<R: Receiver> Search<R> {
    /// Reads a layer for the files that are still missing.
    fn run(&mut self, bytes: Feed) -> Result<(), filesystem::Error> {
        self.is_open = false;
        let read = read_layer(bytes, self);
        match (self.delivery.failed.is_some(), self.wanted.keys().next()) {
            (true, _) | (false, None) => Ok(()),
            (false, Some(missing)) => {
                read?;
                Err(filesystem::Error::Changed(missing.to_string()))
            }
        }
    }

    fn stopped(result: io::Result<()>) -> Result<(), filesystem::Error> {
        result.map_err(filesystem::Error::Invalid)
    }
}

impl<R: Receiver> Visitor for Search<R> {
    fn change(&mut self, change: &Change) -> Result<ControlFlow<()>, filesystem::Error> {
        let Change::Add(entry) = change else { return Ok(ControlFlow::Continue(())) };
        let is_right = match (self.wanted.get(&entry.path), entry.content()) {
            (Some(wanted), Some(found)) => (wanted.size, &wanted.digest) == (found.size, &found.digest),
            _ => false,
        };
        if std::mem::take(&mut self.is_open) && is_right {
            self.wanted.remove(&entry.path);
            let finished = self.delivery.receiver.finish();
            Self::stopped(self.delivery.noted(finished))?;
        }
        Ok(if self.wanted.is_empty() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    fn begin(&mut self, path: &EntryPath) -> Result<(), filesystem::Error> {
        let Some(wanted) = self.wanted.get(path) else { return Ok(()) };
        (self.is_open, self.left) = (true, wanted.size);
        let begun = self.delivery.receiver.begin(path);
        Self::stopped(self.delivery.noted(begun))
    }

    fn content(&mut self, bytes: &[u8]) -> Result<(), filesystem::Error> {
        if !self.is_open {
            return Ok(());
        }
        // A larger file is another one at the same path.
        let Some(left) = self.left.checked_sub(bytes.len() as u64) else {
            self.is_open = false;
            return Ok(());
        };
        self.left = left;
        let written = self.delivery.receiver.write(bytes);
        Self::stopped(self.delivery.noted(written))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filesystem::{Location, Packing};

    const SIZE: u64 = 100 << 20;

    /// Files at these ranges of a layer.
    fn wanted(ranges: &[(u64, u64)]) -> Wanted {
        let file = |(number, (start, end)): (usize, &(u64, u64))| {
            let location = Some(Location { start: *start, end: *end, skip: 0, packing: Packing::Gzip });
            let path = EntryPath::clean(format!("f{number}").as_bytes()).unwrap();
            (path, FileContent { size: 1, digest: None, location })
        };
        ranges.iter().enumerate().map(file).collect()
    }

    fn parts(files: &[(u64, u64)]) -> Option<Vec<(u64, u64)>> {
        Some(
            ranges(&wanted(files), SIZE)?
                .into_iter()
                .map(|part| (part.range.start, part.range.end))
                .collect(),
        )
    }

    #[test]
    fn neighbours_share_a_range_and_distant_files_do_not() {
        assert_eq!(parts(&[(10, 20), (15, 30), (20, 25)]), Some(vec![(10, 30)]));
        assert_eq!(parts(&[(30 + GAP, 50 + GAP), (10, 30)]), Some(vec![(10, 50 + GAP)]));
        assert_eq!(parts(&[(31 + GAP, 50 + GAP), (10, 30)]), Some(vec![(10, 30), (31 + GAP, 50 + GAP)]));
    }

    #[test]
    fn many_or_large_or_invalid_ranges_are_replaced_by_the_whole_layer() {
        let many = |count: u64| (0..count).map(|at| (at << 20, (at << 20) + 1)).collect::<Vec<_>>();
        assert!(parts(&many(64)).is_some() && parts(&many(65)).is_none());
        assert!(parts(&[(0, SIZE / 2)]).is_some() && parts(&[(0, SIZE / 2 + 1)]).is_none());
        assert!(
            parts(&[(0, SIZE + 1)]).is_none()
                && parts(&[(5, 5)]).is_none()
                && parts(&[(0, u64::MAX)]).is_none()
        );
        let mut unknown = wanted(&[(0, 1)]);
        unknown.values_mut().for_each(|content| content.location = None);
        assert!(ranges(&unknown, SIZE).is_none());
    }
}
