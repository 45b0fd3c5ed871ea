//! Docker Hub under its own names: pulls, logins, searches, and the mirrors before it.
