# Completion of regcli for fish. Written by: regcli completion fish

function __regcli_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l program regcli
    # As it was typed, if that can be run: ./regcli completes by itself.
    command -q -- $words[1]; and set program $words[1]
    # Nothing may ask anybody anything meanwhile: neither gpg on the terminal nor another program in a window.
    env GPG_TTY= DISPLAY= WAYLAND_DISPLAY= $program __complete fish "=$current" $words 2>/dev/null
end

complete --command regcli --no-files --keep-order --arguments '(__regcli_complete)'
