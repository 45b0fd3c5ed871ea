#!/bin/sh
# Installs regcli from a release: sh install.sh [VERSION]
#
# It downloads the archive for this machine and SHA256SUMS, and installs nothing if the checksum differs.
# REGCLI_DOWNLOADS is the URL of the releases; a published install.sh contains it. PREFIX is the destination, by default
# /usr/local for root and ~/.local for other users.
set -eu

version=${1:-${REGCLI_VERSION:-latest}}
downloads=${REGCLI_DOWNLOADS:-@DOWNLOADS@}
if [ "$(id -u)" -eq 0 ]; then prefix=${PREFIX:-/usr/local}; else prefix=${PREFIX:-$HOME/.local}; fi

fail() {
    echo "install.sh: $*" >&2
    exit 1
}

fetch() {
    if command -v curl >/dev/null 2>&1; then
        curl --fail --silent --show-error --location --output "$2" "$1"
    elif command -v wget >/dev/null 2>&1; then
        wget -q -O "$2" "$1"
    else
        fail "curl or wget is needed"
    fi
}

sum_of() {
    if command -v sha256sum >/dev/null 2>&1; then
        sha256sum "$1" | cut -d' ' -f1
    else
        shasum -a 256 "$1" | cut -d' ' -f1
    fi
}

case $downloads in
    "" | @*) fail "set REGCLI_DOWNLOADS to the URL of the releases" ;;
esac
machine=$(uname -m)
case $machine in
    amd64) machine=x86_64 ;;
    arm64) machine=aarch64 ;;
esac
case $(uname -s) in
    Linux) system=$machine-linux ;;
    Darwin) system=$machine-macos ;;
    *) fail "there is no archive for $(uname -s); build it with: cargo install --path ." ;;
esac

if [ "$version" = latest ]; then base=$downloads/latest/download; else base=$downloads/download/v${version#v}; fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fetch "$base/SHA256SUMS" "$work/SHA256SUMS" || fail "cannot download $base/SHA256SUMS"
name=$(sed -n "s/^[0-9a-f]\{64\} [ *]\(regcli-[0-9A-Za-z.+-]*-$system\.tar\.gz\)\$/\1/p" "$work/SHA256SUMS" | head -n 1)
[ -n "$name" ] || fail "this release has no archive for $system"
fetch "$base/$name" "$work/$name" || fail "cannot download $base/$name"

expected=$(sed -n "s/^\([0-9a-f]\{64\}\) [ *]$name\$/\1/p" "$work/SHA256SUMS")
actual=$(sum_of "$work/$name")
[ "$actual" = "$expected" ] || fail "$name has the SHA-256 sum $actual, not $expected; nothing was installed"

tar -xzf "$work/$name" -C "$work"
folder=$work/${name%.tar.gz}
mkdir -p "$prefix/bin" "$prefix/share/man/man1" "$prefix/share/man/man5"
# The old program may be running, so it is replaced atomically.
cp "$folder/regcli" "$prefix/bin/.regcli.new"
chmod 755 "$prefix/bin/.regcli.new"
mv -f "$prefix/bin/.regcli.new" "$prefix/bin/regcli"
cp "$folder"/man/*.1 "$prefix/share/man/man1"
cp "$folder"/man/*.5 "$prefix/share/man/man5"
mkdir -p "$prefix/share/bash-completion/completions" "$prefix/share/zsh/site-functions" \
    "$prefix/share/fish/vendor_completions.d"
cp "$folder/completions/regcli.bash" "$prefix/share/bash-completion/completions/regcli"
cp "$folder/completions/_regcli" "$prefix/share/zsh/site-functions/_regcli"
cp "$folder/completions/regcli.fish" "$prefix/share/fish/vendor_completions.d/regcli.fish"

"$prefix/bin/regcli" --version
case :$PATH: in
    *:"$prefix/bin":*) ;;
    *) echo "add $prefix/bin to your PATH" ;;
esac
