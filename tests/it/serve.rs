//! `regcli serve` as a process: how it starts, how it stops, what it keeps.
