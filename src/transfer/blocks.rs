//! The memory of the window, in reusable blocks.
//!
//! Bytes come from a connection in pieces of all sizes, each of them a view of a larger buffer. If they were
//! kept that way while they wait, they would take two or three times their size; copied into blocks, they
//! take exactly their size. The blocks are adjacent, so that other allocations leave no holes between them.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Bytes, BytesMut};

/// The size of a block, in bytes.
const BLOCK: usize = 64 * 1024;

/// How many blocks are allocated in one piece.
const TOGETHER: usize = 16;

/// The free blocks. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Blocks(Arc<Mutex<Vec<BytesMut>>>);

/// A block that is being filled, or is full and waits.
#[derive(Debug)]
pub(super) struct Block {
    content: BytesMut,
    blocks: Blocks,
}

impl Blocks {
    /// Returns an empty block.
    pub(super) fn take(&self) -> Block {
        let mut free = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let content = free.pop().unwrap_or_else(|| {
            let mut together = BytesMut::zeroed(BLOCK * TOGETHER);
            free.extend((1..TOGETHER).map(|_| emptied(together.split_to(BLOCK))));
            emptied(together)
        });
        Block { content, blocks: self.clone() }
    }
}

/// Returns the same memory with nothing in it.
fn emptied(mut content: BytesMut) -> BytesMut {
    content.clear();
    content
}

impl Block {
    /// Takes as many bytes from the front of `bytes` as fit, and returns the rest.
    pub(super) fn fill<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let (taken, rest) = bytes.split_at(bytes.len().min(BLOCK - self.content.len()));
        self.content.extend_from_slice(taken);
        rest
    }

    pub(super) fn is_full(&self) -> bool {
        self.content.len() == BLOCK
    }

    pub(super) fn is_empty(&self) -> bool {
        self.content.is_empty()
    }

    /// Returns the bytes of the block, which is free again when they are dropped.
    pub(super) fn into_bytes(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Block {
    fn as_ref(&self) -> &[u8] {
        &self.content
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        let content = emptied(std::mem::take(&mut self.content));
        self.blocks.0.lock().unwrap_or_else(PoisonError::into_inner).push(content);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_that_was_given_back_is_used_again() {
        let blocks = Blocks::default();
        let bytes = [7; BLOCK + 1];
        let mut first = blocks.take();
        let rest = first.fill(&bytes);
        assert!(first.is_full());
        let mut second = blocks.take();
        assert!(second.fill(rest).is_empty());
        assert_eq!(second.into_bytes(), [7_u8][..]);
        drop(first.into_bytes());
        let all: Vec<_> = (0..TOGETHER).map(|_| blocks.take()).collect();
        assert!(blocks.0.lock().unwrap().is_empty(), "no other block was allocated");
        assert!(all.iter().all(|block| block.is_empty() && block.content.capacity() == BLOCK));
    }
}
