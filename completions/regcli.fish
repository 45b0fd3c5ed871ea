# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_regcli_global_optspecs
    string join \n store= config= progress= D/debug jobs= limit-rate= retry= plain-http insecure ca-file= cert= key= v/version h/help
end

function __fish_regcli_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_regcli_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_regcli_using_subcommand
    set -l cmd (__fish_regcli_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c regcli -n "__fish_regcli_needs_command" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_needs_command" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_needs_command" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_needs_command" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_needs_command" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_needs_command" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_needs_command" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_needs_command" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_needs_command" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_needs_command" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_needs_command" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_needs_command" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_needs_command" -s v -l version -d 'Print version'
complete -c regcli -n "__fish_regcli_needs_command" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_needs_command" -f -a "login" -d 'Authenticate to a registry'
complete -c regcli -n "__fish_regcli_needs_command" -f -a "logout" -d 'Forget the credentials for a registry'
complete -c regcli -n "__fish_regcli_needs_command" -f -a "search" -d 'Search Docker Hub, or any other registry, for images'
complete -c regcli -n "__fish_regcli_needs_command" -f -a "pull" -d 'Download an image from a registry'
complete -c regcli -n "__fish_regcli_needs_command" -f -a "push" -d 'Upload an image to a registry'
complete -c regcli -n "__fish_regcli_needs_command" -f -a "tag" -d 'Give an image one more name'
complete -c regcli -n "__fish_regcli_needs_command" -f -a "images" -d 'List images'
complete -c regcli -n "__fish_regcli_needs_command" -f -a "rmi" -d 'Remove images from the store'
complete -c regcli -n "__fish_regcli_needs_command" -f -a "save" -d 'Save images to a tar archive, by default to standard output'
complete -c regcli -n "__fish_regcli_needs_command" -f -a "load" -d 'Load images from a tar archive, by default from standard input'
complete -c regcli -n "__fish_regcli_needs_command" -f -a "inspect" -d 'Display detailed information on one or more images'
complete -c regcli -n "__fish_regcli_needs_command" -f -a "history" -d 'Show the history of an image'
complete -c regcli -n "__fish_regcli_needs_command" -f -a "image" -d 'Manage images'
complete -c regcli -n "__fish_regcli_needs_command" -f -a "catalog" -d 'List the repositories of a registry'
complete -c regcli -n "__fish_regcli_needs_command" -f -a "tags" -d 'List the tags of a repository'
complete -c regcli -n "__fish_regcli_needs_command" -f -a "ls" -d 'List the tags of a repository'
complete -c regcli -n "__fish_regcli_needs_command" -f -a "manifest" -d 'Show the manifest of an image, byte for byte'
complete -c regcli -n "__fish_regcli_needs_command" -f -a "config" -d 'Show the config of an image, byte for byte'
complete -c regcli -n "__fish_regcli_needs_command" -f -a "digest" -d 'Show the digest that an image\'s name means'
complete -c regcli -n "__fish_regcli_needs_command" -f -a "copy" -d 'Copy an image from place to place, with all its platforms'
complete -c regcli -n "__fish_regcli_needs_command" -f -a "cp" -d 'Copy an image from place to place, with all its platforms'
complete -c regcli -n "__fish_regcli_needs_command" -f -a "import" -d 'Make a one-layer image of a root file system, a folder or a file'
complete -c regcli -n "__fish_regcli_needs_command" -f -a "df" -d 'Show what the store\'s files are there for'
complete -c regcli -n "__fish_regcli_needs_command" -f -a "gc" -d 'Remove what no image in the store needs'
complete -c regcli -n "__fish_regcli_needs_command" -f -a "verify" -d 'Hash what is in the store, and fetch again what is damaged or missing'
complete -c regcli -n "__fish_regcli_needs_command" -f -a "serve" -d 'Run a registry in a folder'
complete -c regcli -n "__fish_regcli_needs_command" -f -a "auth" -d 'See who you are at registries, and get tokens for scripts'
complete -c regcli -n "__fish_regcli_needs_command" -f -a "mirror" -d 'See and try the mirrors of registries'
complete -c regcli -n "__fish_regcli_needs_command" -f -a "doctor" -d 'Find out what a registry is, and why it does not work'
complete -c regcli -n "__fish_regcli_needs_command" -f -a "reference" -d 'Show references in their canonical form'
complete -c regcli -n "__fish_regcli_needs_command" -f -a "completion" -d 'Generate the completion script for a shell'
complete -c regcli -n "__fish_regcli_needs_command" -f -a "man" -d 'Write the manual pages of all commands into a folder'
complete -c regcli -n "__fish_regcli_needs_command" -f -a "version" -d 'Show the version'
complete -c regcli -n "__fish_regcli_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c regcli -n "__fish_regcli_using_subcommand login" -s p -l password -d 'Password or access token; - reads it from standard input' -r
complete -c regcli -n "__fish_regcli_using_subcommand login" -s u -l username -d 'User name; for Aliyun ACR the full account name' -r
complete -c regcli -n "__fish_regcli_using_subcommand login" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand login" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand login" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand login" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand login" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand login" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand login" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand login" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand login" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand login" -l password-stdin -d 'Read the password or access token from standard input'
complete -c regcli -n "__fish_regcli_using_subcommand login" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand login" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand login" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand login" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand logout" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand logout" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand logout" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand logout" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand logout" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand logout" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand logout" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand logout" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand logout" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand logout" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand logout" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand logout" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand logout" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand search" -s f -l filter -d 'Show only results that pass: stars=N, is-official=BOOL' -r
complete -c regcli -n "__fish_regcli_using_subcommand search" -s s -l stars -d 'The same as --filter stars=N' -r
complete -c regcli -n "__fish_regcli_using_subcommand search" -l format -d 'table, table TEMPLATE, json, or a Go template' -r
complete -c regcli -n "__fish_regcli_using_subcommand search" -l limit -d 'Ask for at most this many, 1 to 100 [default: 25]' -r
complete -c regcli -n "__fish_regcli_using_subcommand search" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand search" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand search" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand search" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand search" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand search" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand search" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand search" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand search" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand search" -l automated -d 'Only automated builds, as old Docker had it'
complete -c regcli -n "__fish_regcli_using_subcommand search" -l no-trunc -d 'Show descriptions in full'
complete -c regcli -n "__fish_regcli_using_subcommand search" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand search" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand search" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand search" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand pull" -l platform -d 'Platform to take, os/arch[/variant]; may be given several times; else $DOCKER_DEFAULT_PLATFORM, else this machine\'s' -r
complete -c regcli -n "__fish_regcli_using_subcommand pull" -l format -d 'With --dry-run: table, table TEMPLATE, json, or a Go template' -r
complete -c regcli -n "__fish_regcli_using_subcommand pull" -l disable-content-trust -r -f -a "true\t''
false\t''"
complete -c regcli -n "__fish_regcli_using_subcommand pull" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand pull" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand pull" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand pull" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand pull" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand pull" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand pull" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand pull" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand pull" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand pull" -s a -l all-tags -d 'Take all tags of a repository'
complete -c regcli -n "__fish_regcli_using_subcommand pull" -l all-platforms -d 'Take all platforms of an image'
complete -c regcli -n "__fish_regcli_using_subcommand pull" -s q -l quiet -d 'Show no progress, only the result'
complete -c regcli -n "__fish_regcli_using_subcommand pull" -l dry-run -d 'Only show what would be moved; change nothing'
complete -c regcli -n "__fish_regcli_using_subcommand pull" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand pull" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand pull" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand pull" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand push" -l platform -d 'Push only the image for this platform, os/arch[/variant]' -r
complete -c regcli -n "__fish_regcli_using_subcommand push" -l format -d 'With --dry-run: table, table TEMPLATE, json, or a Go template' -r
complete -c regcli -n "__fish_regcli_using_subcommand push" -l disable-content-trust -r -f -a "true\t''
false\t''"
complete -c regcli -n "__fish_regcli_using_subcommand push" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand push" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand push" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand push" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand push" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand push" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand push" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand push" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand push" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand push" -s a -l all-tags -d 'Push all tags that the repository has in the store'
complete -c regcli -n "__fish_regcli_using_subcommand push" -s q -l quiet -d 'Show no progress, only the result'
complete -c regcli -n "__fish_regcli_using_subcommand push" -l dry-run -d 'Only show what would be moved; change nothing'
complete -c regcli -n "__fish_regcli_using_subcommand push" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand push" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand push" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand push" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand tag" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand tag" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand tag" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand tag" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand tag" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand tag" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand tag" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand tag" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand tag" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand tag" -l remote -d 'Tag at the registry, within a repository; nothing is pulled'
complete -c regcli -n "__fish_regcli_using_subcommand tag" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand tag" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand tag" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand tag" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand images" -s f -l filter -d 'Show only images that pass; may be given several times' -r
complete -c regcli -n "__fish_regcli_using_subcommand images" -l format -d 'table, table TEMPLATE, json, or a Go template' -r
complete -c regcli -n "__fish_regcli_using_subcommand images" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand images" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand images" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand images" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand images" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand images" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand images" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand images" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand images" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand images" -s a -l all -d 'As in docker; there are no hidden images here'
complete -c regcli -n "__fish_regcli_using_subcommand images" -l digests -d 'Show digests as well'
complete -c regcli -n "__fish_regcli_using_subcommand images" -l no-trunc -d 'Show IDs in full'
complete -c regcli -n "__fish_regcli_using_subcommand images" -s q -l quiet -d 'Show IDs only'
complete -c regcli -n "__fish_regcli_using_subcommand images" -l tree -d 'Show the platforms of each image, and what there is of them'
complete -c regcli -n "__fish_regcli_using_subcommand images" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand images" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand images" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand images" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand rmi" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand rmi" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand rmi" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand rmi" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand rmi" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand rmi" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand rmi" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand rmi" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand rmi" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand rmi" -s f -l force -d 'Remove an image under all its names; one that is not there is no failure'
complete -c regcli -n "__fish_regcli_using_subcommand rmi" -l no-prune -d 'As in docker; images have no parents here'
complete -c regcli -n "__fish_regcli_using_subcommand rmi" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand rmi" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand rmi" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand rmi" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand save" -s o -l output -d 'Write to this file instead of standard output' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand save" -l platform -d 'Only the image for this platform, os/arch[/variant]; may be given several times' -r
complete -c regcli -n "__fish_regcli_using_subcommand save" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand save" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand save" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand save" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand save" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand save" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand save" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand save" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand save" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand save" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand save" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand save" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand save" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand load" -s i -l input -d 'Read from this file instead of standard input' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand load" -l platform -d 'Only the image for this platform, os/arch[/variant]; may be given several times' -r
complete -c regcli -n "__fish_regcli_using_subcommand load" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand load" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand load" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand load" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand load" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand load" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand load" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand load" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand load" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand load" -s q -l quiet -d 'Show no progress, only the result'
complete -c regcli -n "__fish_regcli_using_subcommand load" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand load" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand load" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand load" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand inspect" -s f -l format -d 'json, or a Go template' -r
complete -c regcli -n "__fish_regcli_using_subcommand inspect" -l platform -d 'Of an image for several platforms, the one for this' -r
complete -c regcli -n "__fish_regcli_using_subcommand inspect" -l type -d 'As in docker; there are only images here' -r -f -a "image\t''"
complete -c regcli -n "__fish_regcli_using_subcommand inspect" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand inspect" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand inspect" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand inspect" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand inspect" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand inspect" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand inspect" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand inspect" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand inspect" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand inspect" -l remote -d 'Ask the registry, whatever is in the store'
complete -c regcli -n "__fish_regcli_using_subcommand inspect" -s s -l size -d 'As in docker; images always show their size'
complete -c regcli -n "__fish_regcli_using_subcommand inspect" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand inspect" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand inspect" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand inspect" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand history" -l format -d 'table, table TEMPLATE, json, or a Go template' -r
complete -c regcli -n "__fish_regcli_using_subcommand history" -s H -l human -d 'Show sizes and times for people; --human=false shows bytes and dates' -r -f -a "true\t''
false\t''"
complete -c regcli -n "__fish_regcli_using_subcommand history" -l platform -d 'Of an image for several platforms, the history of the one for this' -r
complete -c regcli -n "__fish_regcli_using_subcommand history" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand history" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand history" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand history" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand history" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand history" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand history" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand history" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand history" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand history" -l no-trunc -d 'Show IDs and commands in full'
complete -c regcli -n "__fish_regcli_using_subcommand history" -s q -l quiet -d 'Show IDs only'
complete -c regcli -n "__fish_regcli_using_subcommand history" -l remote -d 'Ask the registry, whatever is in the store'
complete -c regcli -n "__fish_regcli_using_subcommand history" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand history" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand history" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand history" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand image; and not __fish_seen_subcommand_from history import inspect load ls pull push rm save tag help" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and not __fish_seen_subcommand_from history import inspect load ls pull push rm save tag help" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and not __fish_seen_subcommand_from history import inspect load ls pull push rm save tag help" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand image; and not __fish_seen_subcommand_from history import inspect load ls pull push rm save tag help" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and not __fish_seen_subcommand_from history import inspect load ls pull push rm save tag help" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and not __fish_seen_subcommand_from history import inspect load ls pull push rm save tag help" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and not __fish_seen_subcommand_from history import inspect load ls pull push rm save tag help" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and not __fish_seen_subcommand_from history import inspect load ls pull push rm save tag help" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and not __fish_seen_subcommand_from history import inspect load ls pull push rm save tag help" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and not __fish_seen_subcommand_from history import inspect load ls pull push rm save tag help" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand image; and not __fish_seen_subcommand_from history import inspect load ls pull push rm save tag help" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand image; and not __fish_seen_subcommand_from history import inspect load ls pull push rm save tag help" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand image; and not __fish_seen_subcommand_from history import inspect load ls pull push rm save tag help" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand image; and not __fish_seen_subcommand_from history import inspect load ls pull push rm save tag help" -f -a "history" -d 'Show the history of an image'
complete -c regcli -n "__fish_regcli_using_subcommand image; and not __fish_seen_subcommand_from history import inspect load ls pull push rm save tag help" -f -a "import" -d 'Make a one-layer image of a root file system, a folder or a file'
complete -c regcli -n "__fish_regcli_using_subcommand image; and not __fish_seen_subcommand_from history import inspect load ls pull push rm save tag help" -f -a "inspect" -d 'Display detailed information on one or more images'
complete -c regcli -n "__fish_regcli_using_subcommand image; and not __fish_seen_subcommand_from history import inspect load ls pull push rm save tag help" -f -a "load" -d 'Load images from a tar archive, by default from standard input'
complete -c regcli -n "__fish_regcli_using_subcommand image; and not __fish_seen_subcommand_from history import inspect load ls pull push rm save tag help" -f -a "ls" -d 'List images'
complete -c regcli -n "__fish_regcli_using_subcommand image; and not __fish_seen_subcommand_from history import inspect load ls pull push rm save tag help" -f -a "pull" -d 'Download an image from a registry'
complete -c regcli -n "__fish_regcli_using_subcommand image; and not __fish_seen_subcommand_from history import inspect load ls pull push rm save tag help" -f -a "push" -d 'Upload an image to a registry'
complete -c regcli -n "__fish_regcli_using_subcommand image; and not __fish_seen_subcommand_from history import inspect load ls pull push rm save tag help" -f -a "rm" -d 'Remove images from the store'
complete -c regcli -n "__fish_regcli_using_subcommand image; and not __fish_seen_subcommand_from history import inspect load ls pull push rm save tag help" -f -a "save" -d 'Save images to a tar archive, by default to standard output'
complete -c regcli -n "__fish_regcli_using_subcommand image; and not __fish_seen_subcommand_from history import inspect load ls pull push rm save tag help" -f -a "tag" -d 'Give an image one more name'
complete -c regcli -n "__fish_regcli_using_subcommand image; and not __fish_seen_subcommand_from history import inspect load ls pull push rm save tag help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from history" -l format -d 'table, table TEMPLATE, json, or a Go template' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from history" -s H -l human -d 'Show sizes and times for people; --human=false shows bytes and dates' -r -f -a "true\t''
false\t''"
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from history" -l platform -d 'Of an image for several platforms, the history of the one for this' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from history" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from history" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from history" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from history" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from history" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from history" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from history" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from history" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from history" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from history" -l no-trunc -d 'Show IDs and commands in full'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from history" -s q -l quiet -d 'Show IDs only'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from history" -l remote -d 'Ask the registry, whatever is in the store'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from history" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from history" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from history" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from history" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from import" -s c -l change -d 'Dockerfile instruction for the image: CMD, ENTRYPOINT, ENV, EXPOSE, …; may be given several times' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from import" -s m -l message -d 'Remark for the image\'s history' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from import" -l platform -d 'Platform the image is for, os/arch[/variant]; this machine\'s if none is given' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from import" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from import" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from import" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from import" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from import" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from import" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from import" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from import" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from import" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from import" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from import" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from import" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from import" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from inspect" -s f -l format -d 'json, or a Go template' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from inspect" -l platform -d 'Of an image for several platforms, the one for this' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from inspect" -l type -d 'As in docker; there are only images here' -r -f -a "image\t''"
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from inspect" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from inspect" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from inspect" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from inspect" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from inspect" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from inspect" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from inspect" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from inspect" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from inspect" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from inspect" -l remote -d 'Ask the registry, whatever is in the store'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from inspect" -s s -l size -d 'As in docker; images always show their size'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from inspect" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from inspect" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from inspect" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from inspect" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from load" -s i -l input -d 'Read from this file instead of standard input' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from load" -l platform -d 'Only the image for this platform, os/arch[/variant]; may be given several times' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from load" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from load" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from load" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from load" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from load" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from load" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from load" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from load" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from load" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from load" -s q -l quiet -d 'Show no progress, only the result'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from load" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from load" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from load" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from load" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from ls" -s f -l filter -d 'Show only images that pass; may be given several times' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from ls" -l format -d 'table, table TEMPLATE, json, or a Go template' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from ls" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from ls" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from ls" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from ls" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from ls" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from ls" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from ls" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from ls" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from ls" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from ls" -s a -l all -d 'As in docker; there are no hidden images here'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from ls" -l digests -d 'Show digests as well'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from ls" -l no-trunc -d 'Show IDs in full'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from ls" -s q -l quiet -d 'Show IDs only'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from ls" -l tree -d 'Show the platforms of each image, and what there is of them'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from ls" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from ls" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from ls" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from pull" -l platform -d 'Platform to take, os/arch[/variant]; may be given several times; else $DOCKER_DEFAULT_PLATFORM, else this machine\'s' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from pull" -l format -d 'With --dry-run: table, table TEMPLATE, json, or a Go template' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from pull" -l disable-content-trust -r -f -a "true\t''
false\t''"
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from pull" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from pull" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from pull" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from pull" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from pull" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from pull" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from pull" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from pull" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from pull" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from pull" -s a -l all-tags -d 'Take all tags of a repository'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from pull" -l all-platforms -d 'Take all platforms of an image'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from pull" -s q -l quiet -d 'Show no progress, only the result'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from pull" -l dry-run -d 'Only show what would be moved; change nothing'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from pull" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from pull" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from pull" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from pull" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from push" -l platform -d 'Push only the image for this platform, os/arch[/variant]' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from push" -l format -d 'With --dry-run: table, table TEMPLATE, json, or a Go template' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from push" -l disable-content-trust -r -f -a "true\t''
false\t''"
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from push" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from push" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from push" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from push" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from push" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from push" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from push" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from push" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from push" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from push" -s a -l all-tags -d 'Push all tags that the repository has in the store'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from push" -s q -l quiet -d 'Show no progress, only the result'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from push" -l dry-run -d 'Only show what would be moved; change nothing'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from push" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from push" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from push" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from push" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from rm" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from rm" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from rm" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from rm" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from rm" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from rm" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from rm" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from rm" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from rm" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from rm" -s f -l force -d 'Remove an image under all its names; one that is not there is no failure'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from rm" -l no-prune -d 'As in docker; images have no parents here'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from rm" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from rm" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from rm" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from rm" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from save" -s o -l output -d 'Write to this file instead of standard output' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from save" -l platform -d 'Only the image for this platform, os/arch[/variant]; may be given several times' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from save" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from save" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from save" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from save" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from save" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from save" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from save" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from save" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from save" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from save" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from save" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from save" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from save" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from tag" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from tag" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from tag" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from tag" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from tag" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from tag" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from tag" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from tag" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from tag" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from tag" -l remote -d 'Tag at the registry, within a repository; nothing is pulled'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from tag" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from tag" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from tag" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from tag" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from help" -f -a "history" -d 'Show the history of an image'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from help" -f -a "import" -d 'Make a one-layer image of a root file system, a folder or a file'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from help" -f -a "inspect" -d 'Display detailed information on one or more images'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from help" -f -a "load" -d 'Load images from a tar archive, by default from standard input'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from help" -f -a "ls" -d 'List images'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from help" -f -a "pull" -d 'Download an image from a registry'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from help" -f -a "push" -d 'Upload an image to a registry'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from help" -f -a "rm" -d 'Remove images from the store'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from help" -f -a "save" -d 'Save images to a tar archive, by default to standard output'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from help" -f -a "tag" -d 'Give an image one more name'
complete -c regcli -n "__fish_regcli_using_subcommand image; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c regcli -n "__fish_regcli_using_subcommand catalog" -l format -d 'table, table TEMPLATE, json, or a Go template; without it, one name a line' -r
complete -c regcli -n "__fish_regcli_using_subcommand catalog" -l limit -d 'Show at most this many' -r
complete -c regcli -n "__fish_regcli_using_subcommand catalog" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand catalog" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand catalog" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand catalog" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand catalog" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand catalog" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand catalog" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand catalog" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand catalog" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand catalog" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand catalog" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand catalog" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand catalog" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand tags" -l format -d 'table, table TEMPLATE, json, or a Go template; without it, one name a line' -r
complete -c regcli -n "__fish_regcli_using_subcommand tags" -l limit -d 'Show at most this many' -r
complete -c regcli -n "__fish_regcli_using_subcommand tags" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand tags" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand tags" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand tags" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand tags" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand tags" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand tags" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand tags" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand tags" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand tags" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand tags" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand tags" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand tags" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand ls" -l format -d 'table, table TEMPLATE, json, or a Go template; without it, one name a line' -r
complete -c regcli -n "__fish_regcli_using_subcommand ls" -l limit -d 'Show at most this many' -r
complete -c regcli -n "__fish_regcli_using_subcommand ls" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand ls" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand ls" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand ls" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand ls" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand ls" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand ls" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand ls" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand ls" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand ls" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand ls" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand ls" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand ls" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand manifest" -l platform -d 'Of an index, the manifest for this platform' -r
complete -c regcli -n "__fish_regcli_using_subcommand manifest" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand manifest" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand manifest" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand manifest" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand manifest" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand manifest" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand manifest" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand manifest" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand manifest" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand manifest" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand manifest" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand manifest" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand manifest" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand config" -l platform -d 'Of an index, the config of the image for this platform; this machine\'s if none is given' -r
complete -c regcli -n "__fish_regcli_using_subcommand config" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand config" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand config" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand config" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand config" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand config" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand config" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand config" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand config" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand config" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand config" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand config" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand config" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand digest" -l platform -d 'Of an index, the digest of the manifest for this platform' -r
complete -c regcli -n "__fish_regcli_using_subcommand digest" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand digest" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand digest" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand digest" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand digest" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand digest" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand digest" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand digest" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand digest" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand digest" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand digest" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand digest" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand digest" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand copy" -l platform -d 'Only the image for this platform, os/arch[/variant]; may be given several times' -r
complete -c regcli -n "__fish_regcli_using_subcommand copy" -l format -d 'With --dry-run: table, table TEMPLATE, json, or a Go template' -r
complete -c regcli -n "__fish_regcli_using_subcommand copy" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand copy" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand copy" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand copy" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand copy" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand copy" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand copy" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand copy" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand copy" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand copy" -s q -l quiet -d 'Show no progress, only the result'
complete -c regcli -n "__fish_regcli_using_subcommand copy" -l dry-run -d 'Only show what would be moved; change nothing'
complete -c regcli -n "__fish_regcli_using_subcommand copy" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand copy" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand copy" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand copy" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand cp" -l platform -d 'Only the image for this platform, os/arch[/variant]; may be given several times' -r
complete -c regcli -n "__fish_regcli_using_subcommand cp" -l format -d 'With --dry-run: table, table TEMPLATE, json, or a Go template' -r
complete -c regcli -n "__fish_regcli_using_subcommand cp" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand cp" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand cp" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand cp" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand cp" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand cp" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand cp" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand cp" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand cp" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand cp" -s q -l quiet -d 'Show no progress, only the result'
complete -c regcli -n "__fish_regcli_using_subcommand cp" -l dry-run -d 'Only show what would be moved; change nothing'
complete -c regcli -n "__fish_regcli_using_subcommand cp" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand cp" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand cp" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand cp" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand import" -s c -l change -d 'Dockerfile instruction for the image: CMD, ENTRYPOINT, ENV, EXPOSE, …; may be given several times' -r
complete -c regcli -n "__fish_regcli_using_subcommand import" -s m -l message -d 'Remark for the image\'s history' -r
complete -c regcli -n "__fish_regcli_using_subcommand import" -l platform -d 'Platform the image is for, os/arch[/variant]; this machine\'s if none is given' -r
complete -c regcli -n "__fish_regcli_using_subcommand import" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand import" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand import" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand import" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand import" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand import" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand import" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand import" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand import" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand import" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand import" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand import" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand import" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand df" -l format -d 'table, table TEMPLATE, json, or a Go template' -r
complete -c regcli -n "__fish_regcli_using_subcommand df" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand df" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand df" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand df" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand df" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand df" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand df" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand df" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand df" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand df" -s v -l verbose -d 'Show each image, and what of it others need as well'
complete -c regcli -n "__fish_regcli_using_subcommand df" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand df" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand df" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand df" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand gc" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand gc" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand gc" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand gc" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand gc" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand gc" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand gc" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand gc" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand gc" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand gc" -l dry-run -d 'Show what would be removed, and remove nothing'
complete -c regcli -n "__fish_regcli_using_subcommand gc" -l partial -d 'Remove all partial blobs, with which interrupted pulls would go on'
complete -c regcli -n "__fish_regcli_using_subcommand gc" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand gc" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand gc" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand gc" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand verify" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand verify" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand verify" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand verify" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand verify" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand verify" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand verify" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand verify" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand verify" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand verify" -l no-fetch -d 'Only look: move nothing away, fetch nothing'
complete -c regcli -n "__fish_regcli_using_subcommand verify" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand verify" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand verify" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand verify" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand serve" -l addr -d 'Address to listen on; port 0 takes a free one, and the first line tells which' -r
complete -c regcli -n "__fish_regcli_using_subcommand serve" -l root -d 'Folder of the registry, made if it is not there; beside the image store if none is given' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand serve" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand serve" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand serve" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand serve" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand serve" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand serve" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand serve" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand serve" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand serve" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand serve" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand serve" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand serve" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand serve" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand auth; and not __fish_seen_subcommand_from status token help" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand auth; and not __fish_seen_subcommand_from status token help" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand auth; and not __fish_seen_subcommand_from status token help" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand auth; and not __fish_seen_subcommand_from status token help" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand auth; and not __fish_seen_subcommand_from status token help" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand auth; and not __fish_seen_subcommand_from status token help" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand auth; and not __fish_seen_subcommand_from status token help" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand auth; and not __fish_seen_subcommand_from status token help" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand auth; and not __fish_seen_subcommand_from status token help" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand auth; and not __fish_seen_subcommand_from status token help" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand auth; and not __fish_seen_subcommand_from status token help" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand auth; and not __fish_seen_subcommand_from status token help" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand auth; and not __fish_seen_subcommand_from status token help" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand auth; and not __fish_seen_subcommand_from status token help" -f -a "status" -d 'Show who you are at each registry, and where that is kept'
complete -c regcli -n "__fish_regcli_using_subcommand auth; and not __fish_seen_subcommand_from status token help" -f -a "token" -d 'Print a token for a repository, for scripts'
complete -c regcli -n "__fish_regcli_using_subcommand auth; and not __fish_seen_subcommand_from status token help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c regcli -n "__fish_regcli_using_subcommand auth; and __fish_seen_subcommand_from status" -l format -d 'table, table TEMPLATE, json, or a Go template' -r
complete -c regcli -n "__fish_regcli_using_subcommand auth; and __fish_seen_subcommand_from status" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand auth; and __fish_seen_subcommand_from status" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand auth; and __fish_seen_subcommand_from status" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand auth; and __fish_seen_subcommand_from status" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand auth; and __fish_seen_subcommand_from status" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand auth; and __fish_seen_subcommand_from status" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand auth; and __fish_seen_subcommand_from status" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand auth; and __fish_seen_subcommand_from status" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand auth; and __fish_seen_subcommand_from status" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand auth; and __fish_seen_subcommand_from status" -l check -d 'Ask each registry whether it takes what is stored for it'
complete -c regcli -n "__fish_regcli_using_subcommand auth; and __fish_seen_subcommand_from status" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand auth; and __fish_seen_subcommand_from status" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand auth; and __fish_seen_subcommand_from status" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand auth; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand auth; and __fish_seen_subcommand_from token" -l scope -d 'What the token is to allow: pull, push, delete, or several of them with commas between' -r
complete -c regcli -n "__fish_regcli_using_subcommand auth; and __fish_seen_subcommand_from token" -l format -d 'token, header (a whole Authorization header), or json' -r -f -a "token\t'The token alone'
header\t'A header'
json\t'An object with all that is known'"
complete -c regcli -n "__fish_regcli_using_subcommand auth; and __fish_seen_subcommand_from token" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand auth; and __fish_seen_subcommand_from token" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand auth; and __fish_seen_subcommand_from token" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand auth; and __fish_seen_subcommand_from token" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand auth; and __fish_seen_subcommand_from token" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand auth; and __fish_seen_subcommand_from token" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand auth; and __fish_seen_subcommand_from token" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand auth; and __fish_seen_subcommand_from token" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand auth; and __fish_seen_subcommand_from token" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand auth; and __fish_seen_subcommand_from token" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand auth; and __fish_seen_subcommand_from token" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand auth; and __fish_seen_subcommand_from token" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand auth; and __fish_seen_subcommand_from token" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand auth; and __fish_seen_subcommand_from help" -f -a "status" -d 'Show who you are at each registry, and where that is kept'
complete -c regcli -n "__fish_regcli_using_subcommand auth; and __fish_seen_subcommand_from help" -f -a "token" -d 'Print a token for a repository, for scripts'
complete -c regcli -n "__fish_regcli_using_subcommand auth; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and not __fish_seen_subcommand_from list ls test help" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and not __fish_seen_subcommand_from list ls test help" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and not __fish_seen_subcommand_from list ls test help" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and not __fish_seen_subcommand_from list ls test help" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and not __fish_seen_subcommand_from list ls test help" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and not __fish_seen_subcommand_from list ls test help" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and not __fish_seen_subcommand_from list ls test help" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and not __fish_seen_subcommand_from list ls test help" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and not __fish_seen_subcommand_from list ls test help" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and not __fish_seen_subcommand_from list ls test help" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and not __fish_seen_subcommand_from list ls test help" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and not __fish_seen_subcommand_from list ls test help" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and not __fish_seen_subcommand_from list ls test help" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and not __fish_seen_subcommand_from list ls test help" -f -a "list" -d 'List the mirrors of each registry, in the order in which they are asked'
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and not __fish_seen_subcommand_from list ls test help" -f -a "ls" -d 'List the mirrors of each registry, in the order in which they are asked'
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and not __fish_seen_subcommand_from list ls test help" -f -a "test" -d 'Try mirrors: whether they can be reached, and have an image'
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and not __fish_seen_subcommand_from list ls test help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from list" -l format -d 'table, table TEMPLATE, json, or a Go template' -r
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from list" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from list" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from list" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from list" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from list" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from list" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from list" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from list" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from list" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from list" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from list" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from list" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from ls" -l format -d 'table, table TEMPLATE, json, or a Go template' -r
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from ls" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from ls" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from ls" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from ls" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from ls" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from ls" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from ls" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from ls" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from ls" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from ls" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from ls" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from ls" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from ls" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from test" -l format -d 'table, table TEMPLATE, json, or a Go template' -r
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from test" -l image -d 'Ask the mirrors of this image\'s registry for this image' -r
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from test" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from test" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from test" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from test" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from test" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from test" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from test" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from test" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from test" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from test" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from test" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from test" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from test" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the mirrors of each registry, in the order in which they are asked'
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from help" -f -a "test" -d 'Try mirrors: whether they can be reached, and have an image'
complete -c regcli -n "__fish_regcli_using_subcommand mirror; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c regcli -n "__fish_regcli_using_subcommand doctor" -l format -d 'table, table TEMPLATE, json, or a Go template; without it, a line for each check' -r
complete -c regcli -n "__fish_regcli_using_subcommand doctor" -l write -d 'Begin an upload in this repository of the registry, and give it up at once' -r
complete -c regcli -n "__fish_regcli_using_subcommand doctor" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand doctor" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand doctor" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand doctor" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand doctor" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand doctor" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand doctor" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand doctor" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand doctor" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand doctor" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand doctor" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand doctor" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand doctor" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand reference" -l format -d 'How to answer; json is one object a line' -r -f -a "text\t''
json\t''"
complete -c regcli -n "__fish_regcli_using_subcommand reference" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand reference" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand reference" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand reference" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand reference" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand reference" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand reference" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand reference" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand reference" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand reference" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand reference" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand reference" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand reference" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand completion" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand completion" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand completion" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand completion" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand completion" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand completion" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand completion" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand completion" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand completion" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand completion" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand completion" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand completion" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand completion" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand man" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand man" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand man" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand man" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand man" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand man" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand man" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand man" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand man" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand man" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand man" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand man" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand man" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand version" -l format -d 'How to answer' -r -f -a "text\t''
json\t''"
complete -c regcli -n "__fish_regcli_using_subcommand version" -l store -d 'Folder of the image store, if not $REGCLI_STORE' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand version" -l config -d 'Folder of Docker\'s config.json, if not $DOCKER_CONFIG or ~/.docker' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand version" -l progress -d 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none' -r -f -a "auto\t'Bars on a terminal, lines elsewhere'
tty\t'Bars'
plain\t'A line whenever a layer begins or ends'
json\t'One JSON object for each event'
none\t'Nothing'"
complete -c regcli -n "__fish_regcli_using_subcommand version" -l jobs -d 'Connections at once [default: 4 to 32, as many as bring more]' -r
complete -c regcli -n "__fish_regcli_using_subcommand version" -l limit-rate -d 'Bytes a second to move at most, all connections together: 500k, 2M' -r
complete -c regcli -n "__fish_regcli_using_subcommand version" -l retry -d 'Times to try again without getting any further [default: 5]' -r
complete -c regcli -n "__fish_regcli_using_subcommand version" -l ca-file -d 'Certificates of authorities to trust besides the system\'s, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand version" -l cert -d 'Client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand version" -l key -d 'Key of the client certificate, PEM' -r -F
complete -c regcli -n "__fish_regcli_using_subcommand version" -s D -l debug -d 'Tell on standard error what happens'
complete -c regcli -n "__fish_regcli_using_subcommand version" -l plain-http -d 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
complete -c regcli -n "__fish_regcli_using_subcommand version" -l insecure -d 'Do not verify the registry\'s certificate; Docker Hub\'s is always verified'
complete -c regcli -n "__fish_regcli_using_subcommand version" -s h -l help -d 'Print help'
complete -c regcli -n "__fish_regcli_using_subcommand help; and not __fish_seen_subcommand_from login logout search pull push tag images rmi save load inspect history image catalog tags manifest config digest copy import df gc verify serve auth mirror doctor reference completion man version help" -f -a "login" -d 'Authenticate to a registry'
complete -c regcli -n "__fish_regcli_using_subcommand help; and not __fish_seen_subcommand_from login logout search pull push tag images rmi save load inspect history image catalog tags manifest config digest copy import df gc verify serve auth mirror doctor reference completion man version help" -f -a "logout" -d 'Forget the credentials for a registry'
complete -c regcli -n "__fish_regcli_using_subcommand help; and not __fish_seen_subcommand_from login logout search pull push tag images rmi save load inspect history image catalog tags manifest config digest copy import df gc verify serve auth mirror doctor reference completion man version help" -f -a "search" -d 'Search Docker Hub, or any other registry, for images'
complete -c regcli -n "__fish_regcli_using_subcommand help; and not __fish_seen_subcommand_from login logout search pull push tag images rmi save load inspect history image catalog tags manifest config digest copy import df gc verify serve auth mirror doctor reference completion man version help" -f -a "pull" -d 'Download an image from a registry'
complete -c regcli -n "__fish_regcli_using_subcommand help; and not __fish_seen_subcommand_from login logout search pull push tag images rmi save load inspect history image catalog tags manifest config digest copy import df gc verify serve auth mirror doctor reference completion man version help" -f -a "push" -d 'Upload an image to a registry'
complete -c regcli -n "__fish_regcli_using_subcommand help; and not __fish_seen_subcommand_from login logout search pull push tag images rmi save load inspect history image catalog tags manifest config digest copy import df gc verify serve auth mirror doctor reference completion man version help" -f -a "tag" -d 'Give an image one more name'
complete -c regcli -n "__fish_regcli_using_subcommand help; and not __fish_seen_subcommand_from login logout search pull push tag images rmi save load inspect history image catalog tags manifest config digest copy import df gc verify serve auth mirror doctor reference completion man version help" -f -a "images" -d 'List images'
complete -c regcli -n "__fish_regcli_using_subcommand help; and not __fish_seen_subcommand_from login logout search pull push tag images rmi save load inspect history image catalog tags manifest config digest copy import df gc verify serve auth mirror doctor reference completion man version help" -f -a "rmi" -d 'Remove images from the store'
complete -c regcli -n "__fish_regcli_using_subcommand help; and not __fish_seen_subcommand_from login logout search pull push tag images rmi save load inspect history image catalog tags manifest config digest copy import df gc verify serve auth mirror doctor reference completion man version help" -f -a "save" -d 'Save images to a tar archive, by default to standard output'
complete -c regcli -n "__fish_regcli_using_subcommand help; and not __fish_seen_subcommand_from login logout search pull push tag images rmi save load inspect history image catalog tags manifest config digest copy import df gc verify serve auth mirror doctor reference completion man version help" -f -a "load" -d 'Load images from a tar archive, by default from standard input'
complete -c regcli -n "__fish_regcli_using_subcommand help; and not __fish_seen_subcommand_from login logout search pull push tag images rmi save load inspect history image catalog tags manifest config digest copy import df gc verify serve auth mirror doctor reference completion man version help" -f -a "inspect" -d 'Display detailed information on one or more images'
complete -c regcli -n "__fish_regcli_using_subcommand help; and not __fish_seen_subcommand_from login logout search pull push tag images rmi save load inspect history image catalog tags manifest config digest copy import df gc verify serve auth mirror doctor reference completion man version help" -f -a "history" -d 'Show the history of an image'
complete -c regcli -n "__fish_regcli_using_subcommand help; and not __fish_seen_subcommand_from login logout search pull push tag images rmi save load inspect history image catalog tags manifest config digest copy import df gc verify serve auth mirror doctor reference completion man version help" -f -a "image" -d 'Manage images'
complete -c regcli -n "__fish_regcli_using_subcommand help; and not __fish_seen_subcommand_from login logout search pull push tag images rmi save load inspect history image catalog tags manifest config digest copy import df gc verify serve auth mirror doctor reference completion man version help" -f -a "catalog" -d 'List the repositories of a registry'
complete -c regcli -n "__fish_regcli_using_subcommand help; and not __fish_seen_subcommand_from login logout search pull push tag images rmi save load inspect history image catalog tags manifest config digest copy import df gc verify serve auth mirror doctor reference completion man version help" -f -a "tags" -d 'List the tags of a repository'
complete -c regcli -n "__fish_regcli_using_subcommand help; and not __fish_seen_subcommand_from login logout search pull push tag images rmi save load inspect history image catalog tags manifest config digest copy import df gc verify serve auth mirror doctor reference completion man version help" -f -a "manifest" -d 'Show the manifest of an image, byte for byte'
complete -c regcli -n "__fish_regcli_using_subcommand help; and not __fish_seen_subcommand_from login logout search pull push tag images rmi save load inspect history image catalog tags manifest config digest copy import df gc verify serve auth mirror doctor reference completion man version help" -f -a "config" -d 'Show the config of an image, byte for byte'
complete -c regcli -n "__fish_regcli_using_subcommand help; and not __fish_seen_subcommand_from login logout search pull push tag images rmi save load inspect history image catalog tags manifest config digest copy import df gc verify serve auth mirror doctor reference completion man version help" -f -a "digest" -d 'Show the digest that an image\'s name means'
complete -c regcli -n "__fish_regcli_using_subcommand help; and not __fish_seen_subcommand_from login logout search pull push tag images rmi save load inspect history image catalog tags manifest config digest copy import df gc verify serve auth mirror doctor reference completion man version help" -f -a "copy" -d 'Copy an image from place to place, with all its platforms'
complete -c regcli -n "__fish_regcli_using_subcommand help; and not __fish_seen_subcommand_from login logout search pull push tag images rmi save load inspect history image catalog tags manifest config digest copy import df gc verify serve auth mirror doctor reference completion man version help" -f -a "import" -d 'Make a one-layer image of a root file system, a folder or a file'
complete -c regcli -n "__fish_regcli_using_subcommand help; and not __fish_seen_subcommand_from login logout search pull push tag images rmi save load inspect history image catalog tags manifest config digest copy import df gc verify serve auth mirror doctor reference completion man version help" -f -a "df" -d 'Show what the store\'s files are there for'
complete -c regcli -n "__fish_regcli_using_subcommand help; and not __fish_seen_subcommand_from login logout search pull push tag images rmi save load inspect history image catalog tags manifest config digest copy import df gc verify serve auth mirror doctor reference completion man version help" -f -a "gc" -d 'Remove what no image in the store needs'
complete -c regcli -n "__fish_regcli_using_subcommand help; and not __fish_seen_subcommand_from login logout search pull push tag images rmi save load inspect history image catalog tags manifest config digest copy import df gc verify serve auth mirror doctor reference completion man version help" -f -a "verify" -d 'Hash what is in the store, and fetch again what is damaged or missing'
complete -c regcli -n "__fish_regcli_using_subcommand help; and not __fish_seen_subcommand_from login logout search pull push tag images rmi save load inspect history image catalog tags manifest config digest copy import df gc verify serve auth mirror doctor reference completion man version help" -f -a "serve" -d 'Run a registry in a folder'
complete -c regcli -n "__fish_regcli_using_subcommand help; and not __fish_seen_subcommand_from login logout search pull push tag images rmi save load inspect history image catalog tags manifest config digest copy import df gc verify serve auth mirror doctor reference completion man version help" -f -a "auth" -d 'See who you are at registries, and get tokens for scripts'
complete -c regcli -n "__fish_regcli_using_subcommand help; and not __fish_seen_subcommand_from login logout search pull push tag images rmi save load inspect history image catalog tags manifest config digest copy import df gc verify serve auth mirror doctor reference completion man version help" -f -a "mirror" -d 'See and try the mirrors of registries'
complete -c regcli -n "__fish_regcli_using_subcommand help; and not __fish_seen_subcommand_from login logout search pull push tag images rmi save load inspect history image catalog tags manifest config digest copy import df gc verify serve auth mirror doctor reference completion man version help" -f -a "doctor" -d 'Find out what a registry is, and why it does not work'
complete -c regcli -n "__fish_regcli_using_subcommand help; and not __fish_seen_subcommand_from login logout search pull push tag images rmi save load inspect history image catalog tags manifest config digest copy import df gc verify serve auth mirror doctor reference completion man version help" -f -a "reference" -d 'Show references in their canonical form'
complete -c regcli -n "__fish_regcli_using_subcommand help; and not __fish_seen_subcommand_from login logout search pull push tag images rmi save load inspect history image catalog tags manifest config digest copy import df gc verify serve auth mirror doctor reference completion man version help" -f -a "completion" -d 'Generate the completion script for a shell'
complete -c regcli -n "__fish_regcli_using_subcommand help; and not __fish_seen_subcommand_from login logout search pull push tag images rmi save load inspect history image catalog tags manifest config digest copy import df gc verify serve auth mirror doctor reference completion man version help" -f -a "man" -d 'Write the manual pages of all commands into a folder'
complete -c regcli -n "__fish_regcli_using_subcommand help; and not __fish_seen_subcommand_from login logout search pull push tag images rmi save load inspect history image catalog tags manifest config digest copy import df gc verify serve auth mirror doctor reference completion man version help" -f -a "version" -d 'Show the version'
complete -c regcli -n "__fish_regcli_using_subcommand help; and not __fish_seen_subcommand_from login logout search pull push tag images rmi save load inspect history image catalog tags manifest config digest copy import df gc verify serve auth mirror doctor reference completion man version help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c regcli -n "__fish_regcli_using_subcommand help; and __fish_seen_subcommand_from image" -f -a "history" -d 'Show the history of an image'
complete -c regcli -n "__fish_regcli_using_subcommand help; and __fish_seen_subcommand_from image" -f -a "import" -d 'Make a one-layer image of a root file system, a folder or a file'
complete -c regcli -n "__fish_regcli_using_subcommand help; and __fish_seen_subcommand_from image" -f -a "inspect" -d 'Display detailed information on one or more images'
complete -c regcli -n "__fish_regcli_using_subcommand help; and __fish_seen_subcommand_from image" -f -a "load" -d 'Load images from a tar archive, by default from standard input'
complete -c regcli -n "__fish_regcli_using_subcommand help; and __fish_seen_subcommand_from image" -f -a "ls" -d 'List images'
complete -c regcli -n "__fish_regcli_using_subcommand help; and __fish_seen_subcommand_from image" -f -a "pull" -d 'Download an image from a registry'
complete -c regcli -n "__fish_regcli_using_subcommand help; and __fish_seen_subcommand_from image" -f -a "push" -d 'Upload an image to a registry'
complete -c regcli -n "__fish_regcli_using_subcommand help; and __fish_seen_subcommand_from image" -f -a "rm" -d 'Remove images from the store'
complete -c regcli -n "__fish_regcli_using_subcommand help; and __fish_seen_subcommand_from image" -f -a "save" -d 'Save images to a tar archive, by default to standard output'
complete -c regcli -n "__fish_regcli_using_subcommand help; and __fish_seen_subcommand_from image" -f -a "tag" -d 'Give an image one more name'
complete -c regcli -n "__fish_regcli_using_subcommand help; and __fish_seen_subcommand_from auth" -f -a "status" -d 'Show who you are at each registry, and where that is kept'
complete -c regcli -n "__fish_regcli_using_subcommand help; and __fish_seen_subcommand_from auth" -f -a "token" -d 'Print a token for a repository, for scripts'
complete -c regcli -n "__fish_regcli_using_subcommand help; and __fish_seen_subcommand_from mirror" -f -a "list" -d 'List the mirrors of each registry, in the order in which they are asked'
complete -c regcli -n "__fish_regcli_using_subcommand help; and __fish_seen_subcommand_from mirror" -f -a "test" -d 'Try mirrors: whether they can be reached, and have an image'
