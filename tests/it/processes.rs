//! Several regcli processes at once, and such as do not live to their end.
