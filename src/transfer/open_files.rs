//! How many connections the process may have, by how many files it may open.

use rustix::process::{Resource, getrlimit};

/// What a process needs besides: standard streams, the runtime, the store's locks, its caches, the files of the
/// name service and of certificates while they are read.
const RESERVED: u64 = 20;

/// What one connection needs: its socket, an idle one to where it was redirected from, the blob's file and its
/// lock.
const EACH: u64 = 4;

/// How many connections there may be at once; at least one, whatever the limit.
pub(super) fn connections() -> usize {
    let limit = getrlimit(Resource::Nofile).current;
    limit.map_or(usize::MAX, within)
}

fn within(limit: u64) -> usize {
    let connections = limit.saturating_sub(RESERVED) / EACH;
    usize::try_from(connections).unwrap_or(usize::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_open_files_are_few_connections_and_never_none() {
        assert_eq!([0, 20, 24, 32, 64, 1024].map(within), [1, 1, 1, 3, 11, 251]);
        assert!(connections() >= 1);
    }
}
