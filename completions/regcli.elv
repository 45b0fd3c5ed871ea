
use builtin;
use str;

set edit:completion:arg-completer[regcli] = {|@words|
    fn spaces {|n|
        builtin:repeat $n ' ' | str:join ''
    }
    fn cand {|text desc|
        edit:complex-candidate $text &display=$text' '(spaces (- 14 (wcswidth $text)))$desc
    }
    var command = 'regcli'
    for word $words[1..-1] {
        if (str:has-prefix $word '-') {
            break
        }
        set command = $command';'$word
    }
    var completions = [
        &'regcli'= {
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -v 'Print version'
            cand --version 'Print version'
            cand -h 'Print help'
            cand --help 'Print help'
            cand login 'Authenticate to a registry'
            cand logout 'Forget the credentials for a registry'
            cand search 'Search Docker Hub, or any other registry, for images'
            cand pull 'Download an image from a registry'
            cand push 'Upload an image to a registry'
            cand tag 'Give an image one more name'
            cand images 'List images'
            cand rmi 'Remove images from the store'
            cand save 'Save images to a tar archive, by default to standard output'
            cand load 'Load images from a tar archive, by default from standard input'
            cand inspect 'Display detailed information on one or more images'
            cand history 'Show the history of an image'
            cand image 'Manage images'
            cand catalog 'List the repositories of a registry'
            cand tags 'List the tags of a repository'
            cand ls 'List the tags of a repository'
            cand manifest 'Show the manifest of an image, byte for byte'
            cand config 'Show the config of an image, byte for byte'
            cand digest 'Show the digest that an image''s name means'
            cand copy 'Copy an image from place to place, with all its platforms'
            cand cp 'Copy an image from place to place, with all its platforms'
            cand import 'Make a one-layer image of a root file system, a folder or a file'
            cand serve 'Run a registry in a folder'
            cand auth 'See who you are at registries, and get tokens for scripts'
            cand mirror 'See and try the mirrors of registries'
            cand reference 'Show references in their canonical form'
            cand completion 'Generate the completion script for a shell'
            cand man 'Write the manual pages of all commands into a folder'
            cand version 'Show the version'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'regcli;login'= {
            cand -p 'Password or access token; - reads it from standard input'
            cand --password 'Password or access token; - reads it from standard input'
            cand -u 'User name; for Aliyun ACR the full account name'
            cand --username 'User name; for Aliyun ACR the full account name'
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand --password-stdin 'Read the password or access token from standard input'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'regcli;logout'= {
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'regcli;search'= {
            cand -f 'Show only results that pass: stars=N, is-official=BOOL'
            cand --filter 'Show only results that pass: stars=N, is-official=BOOL'
            cand -s 'The same as --filter stars=N'
            cand --stars 'The same as --filter stars=N'
            cand --format 'table, table TEMPLATE, json, or a Go template'
            cand --limit 'Ask for at most this many, 1 to 100 [default: 25]'
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand --automated 'Only automated builds, as old Docker had it'
            cand --no-trunc 'Show descriptions in full'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'regcli;pull'= {
            cand --platform 'Platform to take, os/arch[/variant]; may be given several times; else $DOCKER_DEFAULT_PLATFORM, else this machine''s'
            cand --format 'With --dry-run: table, table TEMPLATE, json, or a Go template'
            cand --disable-content-trust 'disable-content-trust'
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand -a 'Take all tags of a repository'
            cand --all-tags 'Take all tags of a repository'
            cand --all-platforms 'Take all platforms of an image'
            cand -q 'Show no progress, only the result'
            cand --quiet 'Show no progress, only the result'
            cand --dry-run 'Only show what would be moved; change nothing'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'regcli;push'= {
            cand --platform 'Push only the image for this platform, os/arch[/variant]'
            cand --format 'With --dry-run: table, table TEMPLATE, json, or a Go template'
            cand --disable-content-trust 'disable-content-trust'
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand -a 'Push all tags that the repository has in the store'
            cand --all-tags 'Push all tags that the repository has in the store'
            cand -q 'Show no progress, only the result'
            cand --quiet 'Show no progress, only the result'
            cand --dry-run 'Only show what would be moved; change nothing'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'regcli;tag'= {
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand --remote 'Tag at the registry, within a repository; nothing is pulled'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'regcli;images'= {
            cand -f 'Show only images that pass; may be given several times'
            cand --filter 'Show only images that pass; may be given several times'
            cand --format 'table, table TEMPLATE, json, or a Go template'
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand -a 'As in docker; there are no hidden images here'
            cand --all 'As in docker; there are no hidden images here'
            cand --digests 'Show digests as well'
            cand --no-trunc 'Show IDs in full'
            cand -q 'Show IDs only'
            cand --quiet 'Show IDs only'
            cand --tree 'Show the platforms of each image, and what there is of them'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'regcli;rmi'= {
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand -f 'Remove an image under all its names; one that is not there is no failure'
            cand --force 'Remove an image under all its names; one that is not there is no failure'
            cand --no-prune 'As in docker; images have no parents here'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'regcli;save'= {
            cand -o 'Write to this file instead of standard output'
            cand --output 'Write to this file instead of standard output'
            cand --platform 'Only the image for this platform, os/arch[/variant]; may be given several times'
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'regcli;load'= {
            cand -i 'Read from this file instead of standard input'
            cand --input 'Read from this file instead of standard input'
            cand --platform 'Only the image for this platform, os/arch[/variant]; may be given several times'
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand -q 'Show no progress, only the result'
            cand --quiet 'Show no progress, only the result'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'regcli;inspect'= {
            cand -f 'json, or a Go template'
            cand --format 'json, or a Go template'
            cand --platform 'Of an image for several platforms, the one for this'
            cand --type 'As in docker; there are only images here'
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand --remote 'Ask the registry, whatever is in the store'
            cand -s 'As in docker; images always show their size'
            cand --size 'As in docker; images always show their size'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'regcli;history'= {
            cand --format 'table, table TEMPLATE, json, or a Go template'
            cand -H 'Show sizes and times for people; --human=false shows bytes and dates'
            cand --human 'Show sizes and times for people; --human=false shows bytes and dates'
            cand --platform 'Of an image for several platforms, the history of the one for this'
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand --no-trunc 'Show IDs and commands in full'
            cand -q 'Show IDs only'
            cand --quiet 'Show IDs only'
            cand --remote 'Ask the registry, whatever is in the store'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'regcli;image'= {
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
            cand history 'Show the history of an image'
            cand import 'Make a one-layer image of a root file system, a folder or a file'
            cand inspect 'Display detailed information on one or more images'
            cand load 'Load images from a tar archive, by default from standard input'
            cand ls 'List images'
            cand pull 'Download an image from a registry'
            cand push 'Upload an image to a registry'
            cand rm 'Remove images from the store'
            cand save 'Save images to a tar archive, by default to standard output'
            cand tag 'Give an image one more name'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'regcli;image;history'= {
            cand --format 'table, table TEMPLATE, json, or a Go template'
            cand -H 'Show sizes and times for people; --human=false shows bytes and dates'
            cand --human 'Show sizes and times for people; --human=false shows bytes and dates'
            cand --platform 'Of an image for several platforms, the history of the one for this'
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand --no-trunc 'Show IDs and commands in full'
            cand -q 'Show IDs only'
            cand --quiet 'Show IDs only'
            cand --remote 'Ask the registry, whatever is in the store'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'regcli;image;import'= {
            cand -c 'Dockerfile instruction for the image: CMD, ENTRYPOINT, ENV, EXPOSE, …; may be given several times'
            cand --change 'Dockerfile instruction for the image: CMD, ENTRYPOINT, ENV, EXPOSE, …; may be given several times'
            cand -m 'Remark for the image''s history'
            cand --message 'Remark for the image''s history'
            cand --platform 'Platform the image is for, os/arch[/variant]; this machine''s if none is given'
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'regcli;image;inspect'= {
            cand -f 'json, or a Go template'
            cand --format 'json, or a Go template'
            cand --platform 'Of an image for several platforms, the one for this'
            cand --type 'As in docker; there are only images here'
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand --remote 'Ask the registry, whatever is in the store'
            cand -s 'As in docker; images always show their size'
            cand --size 'As in docker; images always show their size'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'regcli;image;load'= {
            cand -i 'Read from this file instead of standard input'
            cand --input 'Read from this file instead of standard input'
            cand --platform 'Only the image for this platform, os/arch[/variant]; may be given several times'
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand -q 'Show no progress, only the result'
            cand --quiet 'Show no progress, only the result'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'regcli;image;ls'= {
            cand -f 'Show only images that pass; may be given several times'
            cand --filter 'Show only images that pass; may be given several times'
            cand --format 'table, table TEMPLATE, json, or a Go template'
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand -a 'As in docker; there are no hidden images here'
            cand --all 'As in docker; there are no hidden images here'
            cand --digests 'Show digests as well'
            cand --no-trunc 'Show IDs in full'
            cand -q 'Show IDs only'
            cand --quiet 'Show IDs only'
            cand --tree 'Show the platforms of each image, and what there is of them'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'regcli;image;pull'= {
            cand --platform 'Platform to take, os/arch[/variant]; may be given several times; else $DOCKER_DEFAULT_PLATFORM, else this machine''s'
            cand --format 'With --dry-run: table, table TEMPLATE, json, or a Go template'
            cand --disable-content-trust 'disable-content-trust'
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand -a 'Take all tags of a repository'
            cand --all-tags 'Take all tags of a repository'
            cand --all-platforms 'Take all platforms of an image'
            cand -q 'Show no progress, only the result'
            cand --quiet 'Show no progress, only the result'
            cand --dry-run 'Only show what would be moved; change nothing'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'regcli;image;push'= {
            cand --platform 'Push only the image for this platform, os/arch[/variant]'
            cand --format 'With --dry-run: table, table TEMPLATE, json, or a Go template'
            cand --disable-content-trust 'disable-content-trust'
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand -a 'Push all tags that the repository has in the store'
            cand --all-tags 'Push all tags that the repository has in the store'
            cand -q 'Show no progress, only the result'
            cand --quiet 'Show no progress, only the result'
            cand --dry-run 'Only show what would be moved; change nothing'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'regcli;image;rm'= {
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand -f 'Remove an image under all its names; one that is not there is no failure'
            cand --force 'Remove an image under all its names; one that is not there is no failure'
            cand --no-prune 'As in docker; images have no parents here'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'regcli;image;save'= {
            cand -o 'Write to this file instead of standard output'
            cand --output 'Write to this file instead of standard output'
            cand --platform 'Only the image for this platform, os/arch[/variant]; may be given several times'
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'regcli;image;tag'= {
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand --remote 'Tag at the registry, within a repository; nothing is pulled'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'regcli;image;help'= {
            cand history 'Show the history of an image'
            cand import 'Make a one-layer image of a root file system, a folder or a file'
            cand inspect 'Display detailed information on one or more images'
            cand load 'Load images from a tar archive, by default from standard input'
            cand ls 'List images'
            cand pull 'Download an image from a registry'
            cand push 'Upload an image to a registry'
            cand rm 'Remove images from the store'
            cand save 'Save images to a tar archive, by default to standard output'
            cand tag 'Give an image one more name'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'regcli;image;help;history'= {
        }
        &'regcli;image;help;import'= {
        }
        &'regcli;image;help;inspect'= {
        }
        &'regcli;image;help;load'= {
        }
        &'regcli;image;help;ls'= {
        }
        &'regcli;image;help;pull'= {
        }
        &'regcli;image;help;push'= {
        }
        &'regcli;image;help;rm'= {
        }
        &'regcli;image;help;save'= {
        }
        &'regcli;image;help;tag'= {
        }
        &'regcli;image;help;help'= {
        }
        &'regcli;catalog'= {
            cand --format 'table, table TEMPLATE, json, or a Go template; without it, one name a line'
            cand --limit 'Show at most this many'
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'regcli;tags'= {
            cand --format 'table, table TEMPLATE, json, or a Go template; without it, one name a line'
            cand --limit 'Show at most this many'
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'regcli;ls'= {
            cand --format 'table, table TEMPLATE, json, or a Go template; without it, one name a line'
            cand --limit 'Show at most this many'
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'regcli;manifest'= {
            cand --platform 'Of an index, the manifest for this platform'
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'regcli;config'= {
            cand --platform 'Of an index, the config of the image for this platform; this machine''s if none is given'
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'regcli;digest'= {
            cand --platform 'Of an index, the digest of the manifest for this platform'
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'regcli;copy'= {
            cand --platform 'Only the image for this platform, os/arch[/variant]; may be given several times'
            cand --format 'With --dry-run: table, table TEMPLATE, json, or a Go template'
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand -q 'Show no progress, only the result'
            cand --quiet 'Show no progress, only the result'
            cand --dry-run 'Only show what would be moved; change nothing'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'regcli;cp'= {
            cand --platform 'Only the image for this platform, os/arch[/variant]; may be given several times'
            cand --format 'With --dry-run: table, table TEMPLATE, json, or a Go template'
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand -q 'Show no progress, only the result'
            cand --quiet 'Show no progress, only the result'
            cand --dry-run 'Only show what would be moved; change nothing'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'regcli;import'= {
            cand -c 'Dockerfile instruction for the image: CMD, ENTRYPOINT, ENV, EXPOSE, …; may be given several times'
            cand --change 'Dockerfile instruction for the image: CMD, ENTRYPOINT, ENV, EXPOSE, …; may be given several times'
            cand -m 'Remark for the image''s history'
            cand --message 'Remark for the image''s history'
            cand --platform 'Platform the image is for, os/arch[/variant]; this machine''s if none is given'
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'regcli;serve'= {
            cand --addr 'Address to listen on; port 0 takes a free one, and the first line tells which'
            cand --root 'Folder of the registry, made if it is not there; beside the image store if none is given'
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'regcli;auth'= {
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
            cand status 'Show who you are at each registry, and where that is kept'
            cand token 'Print a token for a repository, for scripts'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'regcli;auth;status'= {
            cand --format 'table, table TEMPLATE, json, or a Go template'
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand --check 'Ask each registry whether it takes what is stored for it'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'regcli;auth;token'= {
            cand --scope 'What the token is to allow: pull, push, delete, or several of them with commas between'
            cand --format 'token, header (a whole Authorization header), or json'
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'regcli;auth;help'= {
            cand status 'Show who you are at each registry, and where that is kept'
            cand token 'Print a token for a repository, for scripts'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'regcli;auth;help;status'= {
        }
        &'regcli;auth;help;token'= {
        }
        &'regcli;auth;help;help'= {
        }
        &'regcli;mirror'= {
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
            cand list 'List the mirrors of each registry, in the order in which they are asked'
            cand ls 'List the mirrors of each registry, in the order in which they are asked'
            cand test 'Try mirrors: whether they can be reached, and have an image'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'regcli;mirror;list'= {
            cand --format 'table, table TEMPLATE, json, or a Go template'
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'regcli;mirror;ls'= {
            cand --format 'table, table TEMPLATE, json, or a Go template'
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'regcli;mirror;test'= {
            cand --format 'table, table TEMPLATE, json, or a Go template'
            cand --image 'Ask the mirrors of this image''s registry for this image'
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'regcli;mirror;help'= {
            cand list 'List the mirrors of each registry, in the order in which they are asked'
            cand test 'Try mirrors: whether they can be reached, and have an image'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'regcli;mirror;help;list'= {
        }
        &'regcli;mirror;help;test'= {
        }
        &'regcli;mirror;help;help'= {
        }
        &'regcli;reference'= {
            cand --format 'How to answer; json is one object a line'
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'regcli;completion'= {
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'regcli;man'= {
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'regcli;version'= {
            cand --format 'How to answer'
            cand --store 'Folder of the image store, if not $REGCLI_STORE'
            cand --config 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker'
            cand --progress 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none'
            cand --jobs 'Connections at once [default: 4 to 32, as many as bring more]'
            cand --limit-rate 'Bytes a second to move at most, all connections together: 500k, 2M'
            cand --retry 'Times to try again without getting any further [default: 5]'
            cand --ca-file 'Certificates of authorities to trust besides the system''s, PEM'
            cand --cert 'Client certificate, PEM'
            cand --key 'Key of the client certificate, PEM'
            cand -D 'Tell on standard error what happens'
            cand --debug 'Tell on standard error what happens'
            cand --plain-http 'Speak HTTP with the registry, not HTTPS; never with Docker Hub'
            cand --insecure 'Do not verify the registry''s certificate; Docker Hub''s is always verified'
            cand -h 'Print help'
            cand --help 'Print help'
        }
        &'regcli;help'= {
            cand login 'Authenticate to a registry'
            cand logout 'Forget the credentials for a registry'
            cand search 'Search Docker Hub, or any other registry, for images'
            cand pull 'Download an image from a registry'
            cand push 'Upload an image to a registry'
            cand tag 'Give an image one more name'
            cand images 'List images'
            cand rmi 'Remove images from the store'
            cand save 'Save images to a tar archive, by default to standard output'
            cand load 'Load images from a tar archive, by default from standard input'
            cand inspect 'Display detailed information on one or more images'
            cand history 'Show the history of an image'
            cand image 'Manage images'
            cand catalog 'List the repositories of a registry'
            cand tags 'List the tags of a repository'
            cand manifest 'Show the manifest of an image, byte for byte'
            cand config 'Show the config of an image, byte for byte'
            cand digest 'Show the digest that an image''s name means'
            cand copy 'Copy an image from place to place, with all its platforms'
            cand import 'Make a one-layer image of a root file system, a folder or a file'
            cand serve 'Run a registry in a folder'
            cand auth 'See who you are at registries, and get tokens for scripts'
            cand mirror 'See and try the mirrors of registries'
            cand reference 'Show references in their canonical form'
            cand completion 'Generate the completion script for a shell'
            cand man 'Write the manual pages of all commands into a folder'
            cand version 'Show the version'
            cand help 'Print this message or the help of the given subcommand(s)'
        }
        &'regcli;help;login'= {
        }
        &'regcli;help;logout'= {
        }
        &'regcli;help;search'= {
        }
        &'regcli;help;pull'= {
        }
        &'regcli;help;push'= {
        }
        &'regcli;help;tag'= {
        }
        &'regcli;help;images'= {
        }
        &'regcli;help;rmi'= {
        }
        &'regcli;help;save'= {
        }
        &'regcli;help;load'= {
        }
        &'regcli;help;inspect'= {
        }
        &'regcli;help;history'= {
        }
        &'regcli;help;image'= {
            cand history 'Show the history of an image'
            cand import 'Make a one-layer image of a root file system, a folder or a file'
            cand inspect 'Display detailed information on one or more images'
            cand load 'Load images from a tar archive, by default from standard input'
            cand ls 'List images'
            cand pull 'Download an image from a registry'
            cand push 'Upload an image to a registry'
            cand rm 'Remove images from the store'
            cand save 'Save images to a tar archive, by default to standard output'
            cand tag 'Give an image one more name'
        }
        &'regcli;help;image;history'= {
        }
        &'regcli;help;image;import'= {
        }
        &'regcli;help;image;inspect'= {
        }
        &'regcli;help;image;load'= {
        }
        &'regcli;help;image;ls'= {
        }
        &'regcli;help;image;pull'= {
        }
        &'regcli;help;image;push'= {
        }
        &'regcli;help;image;rm'= {
        }
        &'regcli;help;image;save'= {
        }
        &'regcli;help;image;tag'= {
        }
        &'regcli;help;catalog'= {
        }
        &'regcli;help;tags'= {
        }
        &'regcli;help;manifest'= {
        }
        &'regcli;help;config'= {
        }
        &'regcli;help;digest'= {
        }
        &'regcli;help;copy'= {
        }
        &'regcli;help;import'= {
        }
        &'regcli;help;serve'= {
        }
        &'regcli;help;auth'= {
            cand status 'Show who you are at each registry, and where that is kept'
            cand token 'Print a token for a repository, for scripts'
        }
        &'regcli;help;auth;status'= {
        }
        &'regcli;help;auth;token'= {
        }
        &'regcli;help;mirror'= {
            cand list 'List the mirrors of each registry, in the order in which they are asked'
            cand test 'Try mirrors: whether they can be reached, and have an image'
        }
        &'regcli;help;mirror;list'= {
        }
        &'regcli;help;mirror;test'= {
        }
        &'regcli;help;reference'= {
        }
        &'regcli;help;completion'= {
        }
        &'regcli;help;man'= {
        }
        &'regcli;help;version'= {
        }
        &'regcli;help;help'= {
        }
    ]
    $completions[$command]
}
