//! A real Docker Engine and regcli: each takes what the other has pushed.
