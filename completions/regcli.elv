# Completion of regcli for elvish. Written by: regcli completion elvish

use re
use str

set edit:completion:arg-completer[regcli] = {|@words|
    # Nothing may ask anybody anything meanwhile: neither gpg on the terminal nor another program in a window.
    e:env GPG_TTY= DISPLAY= WAYLAND_DISPLAY= regcli __complete elvish '='$words[-1] (all $words[..-1]) 2>/dev/null | from-lines | each {|line|
        var fields = [(str:split "\t" $line)]
        var value = $fields[0]
        # Something is to follow what ends so.
        var suffix = ' '
        if (re:match '[/:=]$' $value) { set suffix = '' }
        edit:complex-candidate $value &code-suffix=$suffix &display=(str:join '  ' $fields)
    }
}
