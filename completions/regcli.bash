# Completion of regcli for bash. Written by: regcli completion bash

_regcli() {
    local candidate program=regcli
    # As it was typed, if that can be run: ./regcli completes by itself.
    type -P -- "$1" >/dev/null && program=$1
    COMPREPLY=()
    # Bash splits words at colons, which image names have, so regcli reads the line itself. Nothing may ask
    # anybody anything meanwhile: neither gpg on the terminal nor another program in a window.
    while IFS= read -r candidate; do
        COMPREPLY+=("$candidate")
    done < <(GPG_TTY='' DISPLAY='' WAYLAND_DISPLAY='' command "$program" \
        __complete bash "=$2" "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
    # Something is to follow what ends so.
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[/:=] ]]; then
        compopt -o nospace 2>/dev/null
    fi
}

# Bash before 4.4 sorts by itself and does not know the option.
complete -o nosort -F _regcli regcli 2>/dev/null || complete -F _regcli regcli
