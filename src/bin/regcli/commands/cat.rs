//! `regcli cat`

use std::ffi::OsString;
use std::io::{IsTerminal as _, Read as _};
use std::os::unix::ffi::OsStrExt as _;

use async_trait::async_trait;
use clap::Args;
use regcli::diagnose::Failure;
use regcli::image::Platform;
use regcli::ops::Place;
use regcli::ops::files::{FileBytes, FilesOptions, ImageFiles, TypedPath};

use super::run::Run;
use crate::cli::flags::{self, WholeArgs};
use crate::cli::usage::{Usage, check_place};
use crate::context::Context;
use crate::ui::format::safe::is_harmful;
use crate::ui::progress::{Direction, Verbosity, Work};
use crate::ui::streams::OutputError;

/// The size of the pieces in which a file is written, in bytes.
const PIECE: usize = 64 * 1024;

/// Write a file of an image to standard output
#[derive(Args, Debug)]
#[command(after_help = "Links are followed within the image. Layers are read from the top one down to the\n\
    one that has the file. From eStargz and zstd:chunked layers, only the file is\n\
    read. Nothing is written before all of the file is verified.\n\n\
    Examples:\n  \
    regcli cat ubuntu:22.04 /etc/os-release\n  \
    regcli cat --platform linux/arm64 ubuntu:22.04 /bin/ls > ls\n  \
    regcli cat oci:./layout:1.0 /etc/passwd")]
pub(crate) struct Cat {
    /// Choose this platform of an image with several
    #[arg(long, value_name = "PLATFORM", value_parser = flags::platform)]
    platform: Option<Platform>,

    #[command(flatten)]
    whole: WholeArgs,

    /// An image at a registry, store:REF, oci:DIR[:TAG], oci-archive:FILE[:TAG],
    /// docker-archive:FILE[:NAME:TAG], or docker-daemon:REF
    #[arg(value_name = "IMAGE")]
    image: Place,

    /// The file
    #[arg(value_name = "PATH")]
    path: OsString,
}

#[async_trait(?Send)]
impl Run for Cat {
    async fn run(self: Box<Self>, context: &Context) -> Result<(), Failure> {
        check_place(&self.image)?;
        let path = TypedPath::parse(self.path.as_bytes());
        let path = path.ok_or_else(|| Usage::failure("PATH is longer than 4096 bytes"))?;
        let store = context.known_store();
        let access = context.access(store.as_ref());
        let work = Work { image: self.image.to_string(), direction: Direction::Read };
        let read = async |observer| {
            let options = context.files(&[&self.image], self.platform.clone(), observer)?;
            let options = FilesOptions { tables: self.whole.tables(), ..options };
            Ok(ImageFiles::open(access, &self.image, options).await?.read(&path).await?)
        };
        let file = context.ui.show(work, Verbosity::Passing, read).await?;
        write(context, file)
    }
}

/// Writes a file. A terminal gets text only.
fn write(context: &Context, mut file: FileBytes) -> Result<(), Failure> {
    let is_terminal = std::io::stdout().is_terminal();
    let mut piece = Vec::with_capacity(PIECE);
    loop {
        piece.clear();
        let read = file.by_ref().take(PIECE as u64).read_to_end(&mut piece).map_err(OutputError::reading)?;
        if read == 0 {
            return Ok(());
        }
        if is_terminal && is_binary(&piece) {
            let path = file.entry.path.to_string();
            return Err(Usage::failure(format!(
                "{path} is not text, and a terminal may obey it: redirect the output, such as > FILE"
            )));
        }
        context.ui.write(&piece)?;
    }
}

/// Reports whether a terminal would not show these bytes as text. A character may be cut at the end.
fn is_binary(bytes: &[u8]) -> bool {
    let text = match str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() => {
            str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return true,
    };
    text.chars().any(|c| !matches!(c, '\n' | '\t' | '\r') && is_harmful(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_may_end_within_a_character() {
        assert!(!is_binary("a\tb\r\nä镜".as_bytes()) && !is_binary(&"ä".as_bytes()[..1]));
        assert!(is_binary(b"\x7fELF") && is_binary(b"\xff\xfe") && is_binary(b"\x1b[2J"));
    }
}
