//! The limit of connections that follows from the limit of open files.

use rustix::process::{Resource, getrlimit};

/// How many files the process needs for other things: standard streams, the runtime, the locks of the store,
/// its caches, the files of the name service and of certificates while they are read.
const RESERVED: u64 = 20;

/// How many files one connection needs: its socket, an idle socket to the host that redirected it, the file
/// of the blob and its lock.
const EACH: u64 = 4;

/// Returns how many concurrent connections are possible; at least one, whatever the limit is.
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
