//! Bearer tokens: what regcli asks a token service for, and what it does once a token counts no more.
