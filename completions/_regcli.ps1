
using namespace System.Management.Automation
using namespace System.Management.Automation.Language

Register-ArgumentCompleter -Native -CommandName 'regcli' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $commandElements = $commandAst.CommandElements
    $command = @(
        'regcli'
        for ($i = 1; $i -lt $commandElements.Count; $i++) {
            $element = $commandElements[$i]
            if ($element -isnot [StringConstantExpressionAst] -or
                $element.StringConstantType -ne [StringConstantType]::BareWord -or
                $element.Value.StartsWith('-') -or
                $element.Value -eq $wordToComplete) {
                break
        }
        $element.Value
    }) -join ';'

    $completions = @(switch ($command) {
        'regcli' {
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('--version', '--version', [CompletionResultType]::ParameterName, 'Print version')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('login', 'login', [CompletionResultType]::ParameterValue, 'Authenticate to a registry')
            [CompletionResult]::new('logout', 'logout', [CompletionResultType]::ParameterValue, 'Forget the credentials for a registry')
            [CompletionResult]::new('search', 'search', [CompletionResultType]::ParameterValue, 'Search Docker Hub, or any other registry, for images')
            [CompletionResult]::new('pull', 'pull', [CompletionResultType]::ParameterValue, 'Download an image from a registry')
            [CompletionResult]::new('push', 'push', [CompletionResultType]::ParameterValue, 'Upload an image to a registry')
            [CompletionResult]::new('tag', 'tag', [CompletionResultType]::ParameterValue, 'Give an image one more name')
            [CompletionResult]::new('images', 'images', [CompletionResultType]::ParameterValue, 'List images')
            [CompletionResult]::new('rmi', 'rmi', [CompletionResultType]::ParameterValue, 'Remove images from the store')
            [CompletionResult]::new('save', 'save', [CompletionResultType]::ParameterValue, 'Save images to a tar archive, by default to standard output')
            [CompletionResult]::new('load', 'load', [CompletionResultType]::ParameterValue, 'Load images from a tar archive, by default from standard input')
            [CompletionResult]::new('inspect', 'inspect', [CompletionResultType]::ParameterValue, 'Display detailed information on one or more images')
            [CompletionResult]::new('history', 'history', [CompletionResultType]::ParameterValue, 'Show the history of an image')
            [CompletionResult]::new('image', 'image', [CompletionResultType]::ParameterValue, 'Manage images')
            [CompletionResult]::new('catalog', 'catalog', [CompletionResultType]::ParameterValue, 'List the repositories of a registry')
            [CompletionResult]::new('tags', 'tags', [CompletionResultType]::ParameterValue, 'List the tags of a repository')
            [CompletionResult]::new('ls', 'ls', [CompletionResultType]::ParameterValue, 'List the tags of a repository')
            [CompletionResult]::new('manifest', 'manifest', [CompletionResultType]::ParameterValue, 'Show the manifest of an image, byte for byte')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'Show the config of an image, byte for byte')
            [CompletionResult]::new('digest', 'digest', [CompletionResultType]::ParameterValue, 'Show the digest that an image''s name means')
            [CompletionResult]::new('copy', 'copy', [CompletionResultType]::ParameterValue, 'Copy an image from place to place, with all its platforms')
            [CompletionResult]::new('cp', 'cp', [CompletionResultType]::ParameterValue, 'Copy an image from place to place, with all its platforms')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Make a one-layer image of a root file system, a folder or a file')
            [CompletionResult]::new('df', 'df', [CompletionResultType]::ParameterValue, 'Show what the store''s files are there for')
            [CompletionResult]::new('gc', 'gc', [CompletionResultType]::ParameterValue, 'Remove what no image in the store needs')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Hash what is in the store, and fetch again what is damaged or missing')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Run a registry in a folder')
            [CompletionResult]::new('auth', 'auth', [CompletionResultType]::ParameterValue, 'See who you are at registries, and get tokens for scripts')
            [CompletionResult]::new('mirror', 'mirror', [CompletionResultType]::ParameterValue, 'See and try the mirrors of registries')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Find out what a registry is, and why it does not work')
            [CompletionResult]::new('reference', 'reference', [CompletionResultType]::ParameterValue, 'Show references in their canonical form')
            [CompletionResult]::new('completion', 'completion', [CompletionResultType]::ParameterValue, 'Generate the completion script for a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Write the manual pages of all commands into a folder')
            [CompletionResult]::new('version', 'version', [CompletionResultType]::ParameterValue, 'Show the version')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'regcli;login' {
            [CompletionResult]::new('-p', '-p', [CompletionResultType]::ParameterName, 'Password or access token; - reads it from standard input')
            [CompletionResult]::new('--password', '--password', [CompletionResultType]::ParameterName, 'Password or access token; - reads it from standard input')
            [CompletionResult]::new('-u', '-u', [CompletionResultType]::ParameterName, 'User name; for Aliyun ACR the full account name')
            [CompletionResult]::new('--username', '--username', [CompletionResultType]::ParameterName, 'User name; for Aliyun ACR the full account name')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('--password-stdin', '--password-stdin', [CompletionResultType]::ParameterName, 'Read the password or access token from standard input')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;logout' {
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;search' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Show only results that pass: stars=N, is-official=BOOL')
            [CompletionResult]::new('--filter', '--filter', [CompletionResultType]::ParameterName, 'Show only results that pass: stars=N, is-official=BOOL')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'The same as --filter stars=N')
            [CompletionResult]::new('--stars', '--stars', [CompletionResultType]::ParameterName, 'The same as --filter stars=N')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'table, table TEMPLATE, json, or a Go template')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'Ask for at most this many, 1 to 100 [default: 25]')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('--automated', '--automated', [CompletionResultType]::ParameterName, 'Only automated builds, as old Docker had it')
            [CompletionResult]::new('--no-trunc', '--no-trunc', [CompletionResultType]::ParameterName, 'Show descriptions in full')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;pull' {
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'Platform to take, os/arch[/variant]; may be given several times; else $DOCKER_DEFAULT_PLATFORM, else this machine''s')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'With --dry-run: table, table TEMPLATE, json, or a Go template')
            [CompletionResult]::new('--disable-content-trust', '--disable-content-trust', [CompletionResultType]::ParameterName, 'disable-content-trust')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('-a', '-a', [CompletionResultType]::ParameterName, 'Take all tags of a repository')
            [CompletionResult]::new('--all-tags', '--all-tags', [CompletionResultType]::ParameterName, 'Take all tags of a repository')
            [CompletionResult]::new('--all-platforms', '--all-platforms', [CompletionResultType]::ParameterName, 'Take all platforms of an image')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress, only the result')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress, only the result')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Only show what would be moved; change nothing')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;push' {
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'Push only the image for this platform, os/arch[/variant]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'With --dry-run: table, table TEMPLATE, json, or a Go template')
            [CompletionResult]::new('--disable-content-trust', '--disable-content-trust', [CompletionResultType]::ParameterName, 'disable-content-trust')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('-a', '-a', [CompletionResultType]::ParameterName, 'Push all tags that the repository has in the store')
            [CompletionResult]::new('--all-tags', '--all-tags', [CompletionResultType]::ParameterName, 'Push all tags that the repository has in the store')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress, only the result')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress, only the result')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Only show what would be moved; change nothing')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;tag' {
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Tag at the registry, within a repository; nothing is pulled')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;images' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Show only images that pass; may be given several times')
            [CompletionResult]::new('--filter', '--filter', [CompletionResultType]::ParameterName, 'Show only images that pass; may be given several times')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'table, table TEMPLATE, json, or a Go template')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('-a', '-a', [CompletionResultType]::ParameterName, 'As in docker; there are no hidden images here')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'As in docker; there are no hidden images here')
            [CompletionResult]::new('--digests', '--digests', [CompletionResultType]::ParameterName, 'Show digests as well')
            [CompletionResult]::new('--no-trunc', '--no-trunc', [CompletionResultType]::ParameterName, 'Show IDs in full')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show IDs only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show IDs only')
            [CompletionResult]::new('--tree', '--tree', [CompletionResultType]::ParameterName, 'Show the platforms of each image, and what there is of them')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;rmi' {
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Remove an image under all its names; one that is not there is no failure')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Remove an image under all its names; one that is not there is no failure')
            [CompletionResult]::new('--no-prune', '--no-prune', [CompletionResultType]::ParameterName, 'As in docker; images have no parents here')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;save' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write to this file instead of standard output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write to this file instead of standard output')
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'Only the image for this platform, os/arch[/variant]; may be given several times')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;load' {
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Read from this file instead of standard input')
            [CompletionResult]::new('--input', '--input', [CompletionResultType]::ParameterName, 'Read from this file instead of standard input')
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'Only the image for this platform, os/arch[/variant]; may be given several times')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress, only the result')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress, only the result')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;inspect' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'json, or a Go template')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'json, or a Go template')
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'Of an image for several platforms, the one for this')
            [CompletionResult]::new('--type', '--type', [CompletionResultType]::ParameterName, 'As in docker; there are only images here')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Ask the registry, whatever is in the store')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'As in docker; images always show their size')
            [CompletionResult]::new('--size', '--size', [CompletionResultType]::ParameterName, 'As in docker; images always show their size')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;history' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'table, table TEMPLATE, json, or a Go template')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Show sizes and times for people; --human=false shows bytes and dates')
            [CompletionResult]::new('--human', '--human', [CompletionResultType]::ParameterName, 'Show sizes and times for people; --human=false shows bytes and dates')
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'Of an image for several platforms, the history of the one for this')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('--no-trunc', '--no-trunc', [CompletionResultType]::ParameterName, 'Show IDs and commands in full')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show IDs only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show IDs only')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Ask the registry, whatever is in the store')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;image' {
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('history', 'history', [CompletionResultType]::ParameterValue, 'Show the history of an image')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Make a one-layer image of a root file system, a folder or a file')
            [CompletionResult]::new('inspect', 'inspect', [CompletionResultType]::ParameterValue, 'Display detailed information on one or more images')
            [CompletionResult]::new('load', 'load', [CompletionResultType]::ParameterValue, 'Load images from a tar archive, by default from standard input')
            [CompletionResult]::new('ls', 'ls', [CompletionResultType]::ParameterValue, 'List images')
            [CompletionResult]::new('pull', 'pull', [CompletionResultType]::ParameterValue, 'Download an image from a registry')
            [CompletionResult]::new('push', 'push', [CompletionResultType]::ParameterValue, 'Upload an image to a registry')
            [CompletionResult]::new('rm', 'rm', [CompletionResultType]::ParameterValue, 'Remove images from the store')
            [CompletionResult]::new('save', 'save', [CompletionResultType]::ParameterValue, 'Save images to a tar archive, by default to standard output')
            [CompletionResult]::new('tag', 'tag', [CompletionResultType]::ParameterValue, 'Give an image one more name')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'regcli;image;history' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'table, table TEMPLATE, json, or a Go template')
            [CompletionResult]::new('-H', '-H ', [CompletionResultType]::ParameterName, 'Show sizes and times for people; --human=false shows bytes and dates')
            [CompletionResult]::new('--human', '--human', [CompletionResultType]::ParameterName, 'Show sizes and times for people; --human=false shows bytes and dates')
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'Of an image for several platforms, the history of the one for this')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('--no-trunc', '--no-trunc', [CompletionResultType]::ParameterName, 'Show IDs and commands in full')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show IDs only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show IDs only')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Ask the registry, whatever is in the store')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;image;import' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Dockerfile instruction for the image: CMD, ENTRYPOINT, ENV, EXPOSE, …; may be given several times')
            [CompletionResult]::new('--change', '--change', [CompletionResultType]::ParameterName, 'Dockerfile instruction for the image: CMD, ENTRYPOINT, ENV, EXPOSE, …; may be given several times')
            [CompletionResult]::new('-m', '-m', [CompletionResultType]::ParameterName, 'Remark for the image''s history')
            [CompletionResult]::new('--message', '--message', [CompletionResultType]::ParameterName, 'Remark for the image''s history')
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'Platform the image is for, os/arch[/variant]; this machine''s if none is given')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;image;inspect' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'json, or a Go template')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'json, or a Go template')
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'Of an image for several platforms, the one for this')
            [CompletionResult]::new('--type', '--type', [CompletionResultType]::ParameterName, 'As in docker; there are only images here')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Ask the registry, whatever is in the store')
            [CompletionResult]::new('-s', '-s', [CompletionResultType]::ParameterName, 'As in docker; images always show their size')
            [CompletionResult]::new('--size', '--size', [CompletionResultType]::ParameterName, 'As in docker; images always show their size')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;image;load' {
            [CompletionResult]::new('-i', '-i', [CompletionResultType]::ParameterName, 'Read from this file instead of standard input')
            [CompletionResult]::new('--input', '--input', [CompletionResultType]::ParameterName, 'Read from this file instead of standard input')
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'Only the image for this platform, os/arch[/variant]; may be given several times')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress, only the result')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress, only the result')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;image;ls' {
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Show only images that pass; may be given several times')
            [CompletionResult]::new('--filter', '--filter', [CompletionResultType]::ParameterName, 'Show only images that pass; may be given several times')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'table, table TEMPLATE, json, or a Go template')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('-a', '-a', [CompletionResultType]::ParameterName, 'As in docker; there are no hidden images here')
            [CompletionResult]::new('--all', '--all', [CompletionResultType]::ParameterName, 'As in docker; there are no hidden images here')
            [CompletionResult]::new('--digests', '--digests', [CompletionResultType]::ParameterName, 'Show digests as well')
            [CompletionResult]::new('--no-trunc', '--no-trunc', [CompletionResultType]::ParameterName, 'Show IDs in full')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show IDs only')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show IDs only')
            [CompletionResult]::new('--tree', '--tree', [CompletionResultType]::ParameterName, 'Show the platforms of each image, and what there is of them')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;image;pull' {
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'Platform to take, os/arch[/variant]; may be given several times; else $DOCKER_DEFAULT_PLATFORM, else this machine''s')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'With --dry-run: table, table TEMPLATE, json, or a Go template')
            [CompletionResult]::new('--disable-content-trust', '--disable-content-trust', [CompletionResultType]::ParameterName, 'disable-content-trust')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('-a', '-a', [CompletionResultType]::ParameterName, 'Take all tags of a repository')
            [CompletionResult]::new('--all-tags', '--all-tags', [CompletionResultType]::ParameterName, 'Take all tags of a repository')
            [CompletionResult]::new('--all-platforms', '--all-platforms', [CompletionResultType]::ParameterName, 'Take all platforms of an image')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress, only the result')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress, only the result')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Only show what would be moved; change nothing')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;image;push' {
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'Push only the image for this platform, os/arch[/variant]')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'With --dry-run: table, table TEMPLATE, json, or a Go template')
            [CompletionResult]::new('--disable-content-trust', '--disable-content-trust', [CompletionResultType]::ParameterName, 'disable-content-trust')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('-a', '-a', [CompletionResultType]::ParameterName, 'Push all tags that the repository has in the store')
            [CompletionResult]::new('--all-tags', '--all-tags', [CompletionResultType]::ParameterName, 'Push all tags that the repository has in the store')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress, only the result')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress, only the result')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Only show what would be moved; change nothing')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;image;rm' {
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('-f', '-f', [CompletionResultType]::ParameterName, 'Remove an image under all its names; one that is not there is no failure')
            [CompletionResult]::new('--force', '--force', [CompletionResultType]::ParameterName, 'Remove an image under all its names; one that is not there is no failure')
            [CompletionResult]::new('--no-prune', '--no-prune', [CompletionResultType]::ParameterName, 'As in docker; images have no parents here')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;image;save' {
            [CompletionResult]::new('-o', '-o', [CompletionResultType]::ParameterName, 'Write to this file instead of standard output')
            [CompletionResult]::new('--output', '--output', [CompletionResultType]::ParameterName, 'Write to this file instead of standard output')
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'Only the image for this platform, os/arch[/variant]; may be given several times')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;image;tag' {
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('--remote', '--remote', [CompletionResultType]::ParameterName, 'Tag at the registry, within a repository; nothing is pulled')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;image;help' {
            [CompletionResult]::new('history', 'history', [CompletionResultType]::ParameterValue, 'Show the history of an image')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Make a one-layer image of a root file system, a folder or a file')
            [CompletionResult]::new('inspect', 'inspect', [CompletionResultType]::ParameterValue, 'Display detailed information on one or more images')
            [CompletionResult]::new('load', 'load', [CompletionResultType]::ParameterValue, 'Load images from a tar archive, by default from standard input')
            [CompletionResult]::new('ls', 'ls', [CompletionResultType]::ParameterValue, 'List images')
            [CompletionResult]::new('pull', 'pull', [CompletionResultType]::ParameterValue, 'Download an image from a registry')
            [CompletionResult]::new('push', 'push', [CompletionResultType]::ParameterValue, 'Upload an image to a registry')
            [CompletionResult]::new('rm', 'rm', [CompletionResultType]::ParameterValue, 'Remove images from the store')
            [CompletionResult]::new('save', 'save', [CompletionResultType]::ParameterValue, 'Save images to a tar archive, by default to standard output')
            [CompletionResult]::new('tag', 'tag', [CompletionResultType]::ParameterValue, 'Give an image one more name')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'regcli;image;help;history' {
            break
        }
        'regcli;image;help;import' {
            break
        }
        'regcli;image;help;inspect' {
            break
        }
        'regcli;image;help;load' {
            break
        }
        'regcli;image;help;ls' {
            break
        }
        'regcli;image;help;pull' {
            break
        }
        'regcli;image;help;push' {
            break
        }
        'regcli;image;help;rm' {
            break
        }
        'regcli;image;help;save' {
            break
        }
        'regcli;image;help;tag' {
            break
        }
        'regcli;image;help;help' {
            break
        }
        'regcli;catalog' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'table, table TEMPLATE, json, or a Go template; without it, one name a line')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'Show at most this many')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;tags' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'table, table TEMPLATE, json, or a Go template; without it, one name a line')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'Show at most this many')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;ls' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'table, table TEMPLATE, json, or a Go template; without it, one name a line')
            [CompletionResult]::new('--limit', '--limit', [CompletionResultType]::ParameterName, 'Show at most this many')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;manifest' {
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'Of an index, the manifest for this platform')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;config' {
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'Of an index, the config of the image for this platform; this machine''s if none is given')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;digest' {
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'Of an index, the digest of the manifest for this platform')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;copy' {
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'Only the image for this platform, os/arch[/variant]; may be given several times')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'With --dry-run: table, table TEMPLATE, json, or a Go template')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress, only the result')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress, only the result')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Only show what would be moved; change nothing')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;cp' {
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'Only the image for this platform, os/arch[/variant]; may be given several times')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'With --dry-run: table, table TEMPLATE, json, or a Go template')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('-q', '-q', [CompletionResultType]::ParameterName, 'Show no progress, only the result')
            [CompletionResult]::new('--quiet', '--quiet', [CompletionResultType]::ParameterName, 'Show no progress, only the result')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Only show what would be moved; change nothing')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;import' {
            [CompletionResult]::new('-c', '-c', [CompletionResultType]::ParameterName, 'Dockerfile instruction for the image: CMD, ENTRYPOINT, ENV, EXPOSE, …; may be given several times')
            [CompletionResult]::new('--change', '--change', [CompletionResultType]::ParameterName, 'Dockerfile instruction for the image: CMD, ENTRYPOINT, ENV, EXPOSE, …; may be given several times')
            [CompletionResult]::new('-m', '-m', [CompletionResultType]::ParameterName, 'Remark for the image''s history')
            [CompletionResult]::new('--message', '--message', [CompletionResultType]::ParameterName, 'Remark for the image''s history')
            [CompletionResult]::new('--platform', '--platform', [CompletionResultType]::ParameterName, 'Platform the image is for, os/arch[/variant]; this machine''s if none is given')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;df' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'table, table TEMPLATE, json, or a Go template')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('-v', '-v', [CompletionResultType]::ParameterName, 'Show each image, and what of it others need as well')
            [CompletionResult]::new('--verbose', '--verbose', [CompletionResultType]::ParameterName, 'Show each image, and what of it others need as well')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;gc' {
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('--dry-run', '--dry-run', [CompletionResultType]::ParameterName, 'Show what would be removed, and remove nothing')
            [CompletionResult]::new('--partial', '--partial', [CompletionResultType]::ParameterName, 'Remove all partial blobs, with which interrupted pulls would go on')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;verify' {
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('--no-fetch', '--no-fetch', [CompletionResultType]::ParameterName, 'Only look: move nothing away, fetch nothing')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;serve' {
            [CompletionResult]::new('--addr', '--addr', [CompletionResultType]::ParameterName, 'Address to listen on; port 0 takes a free one, and the first line tells which')
            [CompletionResult]::new('--root', '--root', [CompletionResultType]::ParameterName, 'Folder of the registry, made if it is not there; beside the image store if none is given')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;auth' {
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show who you are at each registry, and where that is kept')
            [CompletionResult]::new('token', 'token', [CompletionResultType]::ParameterValue, 'Print a token for a repository, for scripts')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'regcli;auth;status' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'table, table TEMPLATE, json, or a Go template')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('--check', '--check', [CompletionResultType]::ParameterName, 'Ask each registry whether it takes what is stored for it')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;auth;token' {
            [CompletionResult]::new('--scope', '--scope', [CompletionResultType]::ParameterName, 'What the token is to allow: pull, push, delete, or several of them with commas between')
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'token, header (a whole Authorization header), or json')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;auth;help' {
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show who you are at each registry, and where that is kept')
            [CompletionResult]::new('token', 'token', [CompletionResultType]::ParameterValue, 'Print a token for a repository, for scripts')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'regcli;auth;help;status' {
            break
        }
        'regcli;auth;help;token' {
            break
        }
        'regcli;auth;help;help' {
            break
        }
        'regcli;mirror' {
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the mirrors of each registry, in the order in which they are asked')
            [CompletionResult]::new('ls', 'ls', [CompletionResultType]::ParameterValue, 'List the mirrors of each registry, in the order in which they are asked')
            [CompletionResult]::new('test', 'test', [CompletionResultType]::ParameterValue, 'Try mirrors: whether they can be reached, and have an image')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'regcli;mirror;list' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'table, table TEMPLATE, json, or a Go template')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;mirror;ls' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'table, table TEMPLATE, json, or a Go template')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;mirror;test' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'table, table TEMPLATE, json, or a Go template')
            [CompletionResult]::new('--image', '--image', [CompletionResultType]::ParameterName, 'Ask the mirrors of this image''s registry for this image')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;mirror;help' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the mirrors of each registry, in the order in which they are asked')
            [CompletionResult]::new('test', 'test', [CompletionResultType]::ParameterValue, 'Try mirrors: whether they can be reached, and have an image')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'regcli;mirror;help;list' {
            break
        }
        'regcli;mirror;help;test' {
            break
        }
        'regcli;mirror;help;help' {
            break
        }
        'regcli;doctor' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'table, table TEMPLATE, json, or a Go template; without it, a line for each check')
            [CompletionResult]::new('--write', '--write', [CompletionResultType]::ParameterName, 'Begin an upload in this repository of the registry, and give it up at once')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;reference' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to answer; json is one object a line')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;completion' {
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;man' {
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;version' {
            [CompletionResult]::new('--format', '--format', [CompletionResultType]::ParameterName, 'How to answer')
            [CompletionResult]::new('--store', '--store', [CompletionResultType]::ParameterName, 'Folder of the image store, if not $REGCLI_STORE')
            [CompletionResult]::new('--config', '--config', [CompletionResultType]::ParameterName, 'Folder of Docker''s config.json, if not $DOCKER_CONFIG or ~/.docker')
            [CompletionResult]::new('--progress', '--progress', [CompletionResultType]::ParameterName, 'How work is shown: auto (bars on a terminal, lines elsewhere), tty, plain, json, none')
            [CompletionResult]::new('--jobs', '--jobs', [CompletionResultType]::ParameterName, 'Connections at once [default: 4 to 32, as many as bring more]')
            [CompletionResult]::new('--limit-rate', '--limit-rate', [CompletionResultType]::ParameterName, 'Bytes a second to move at most, all connections together: 500k, 2M')
            [CompletionResult]::new('--retry', '--retry', [CompletionResultType]::ParameterName, 'Times to try again without getting any further [default: 5]')
            [CompletionResult]::new('--ca-file', '--ca-file', [CompletionResultType]::ParameterName, 'Certificates of authorities to trust besides the system''s, PEM')
            [CompletionResult]::new('--cert', '--cert', [CompletionResultType]::ParameterName, 'Client certificate, PEM')
            [CompletionResult]::new('--key', '--key', [CompletionResultType]::ParameterName, 'Key of the client certificate, PEM')
            [CompletionResult]::new('-D', '-D ', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--debug', '--debug', [CompletionResultType]::ParameterName, 'Tell on standard error what happens')
            [CompletionResult]::new('--plain-http', '--plain-http', [CompletionResultType]::ParameterName, 'Speak HTTP with the registry, not HTTPS; never with Docker Hub')
            [CompletionResult]::new('--insecure', '--insecure', [CompletionResultType]::ParameterName, 'Do not verify the registry''s certificate; Docker Hub''s is always verified')
            [CompletionResult]::new('-h', '-h', [CompletionResultType]::ParameterName, 'Print help')
            [CompletionResult]::new('--help', '--help', [CompletionResultType]::ParameterName, 'Print help')
            break
        }
        'regcli;help' {
            [CompletionResult]::new('login', 'login', [CompletionResultType]::ParameterValue, 'Authenticate to a registry')
            [CompletionResult]::new('logout', 'logout', [CompletionResultType]::ParameterValue, 'Forget the credentials for a registry')
            [CompletionResult]::new('search', 'search', [CompletionResultType]::ParameterValue, 'Search Docker Hub, or any other registry, for images')
            [CompletionResult]::new('pull', 'pull', [CompletionResultType]::ParameterValue, 'Download an image from a registry')
            [CompletionResult]::new('push', 'push', [CompletionResultType]::ParameterValue, 'Upload an image to a registry')
            [CompletionResult]::new('tag', 'tag', [CompletionResultType]::ParameterValue, 'Give an image one more name')
            [CompletionResult]::new('images', 'images', [CompletionResultType]::ParameterValue, 'List images')
            [CompletionResult]::new('rmi', 'rmi', [CompletionResultType]::ParameterValue, 'Remove images from the store')
            [CompletionResult]::new('save', 'save', [CompletionResultType]::ParameterValue, 'Save images to a tar archive, by default to standard output')
            [CompletionResult]::new('load', 'load', [CompletionResultType]::ParameterValue, 'Load images from a tar archive, by default from standard input')
            [CompletionResult]::new('inspect', 'inspect', [CompletionResultType]::ParameterValue, 'Display detailed information on one or more images')
            [CompletionResult]::new('history', 'history', [CompletionResultType]::ParameterValue, 'Show the history of an image')
            [CompletionResult]::new('image', 'image', [CompletionResultType]::ParameterValue, 'Manage images')
            [CompletionResult]::new('catalog', 'catalog', [CompletionResultType]::ParameterValue, 'List the repositories of a registry')
            [CompletionResult]::new('tags', 'tags', [CompletionResultType]::ParameterValue, 'List the tags of a repository')
            [CompletionResult]::new('manifest', 'manifest', [CompletionResultType]::ParameterValue, 'Show the manifest of an image, byte for byte')
            [CompletionResult]::new('config', 'config', [CompletionResultType]::ParameterValue, 'Show the config of an image, byte for byte')
            [CompletionResult]::new('digest', 'digest', [CompletionResultType]::ParameterValue, 'Show the digest that an image''s name means')
            [CompletionResult]::new('copy', 'copy', [CompletionResultType]::ParameterValue, 'Copy an image from place to place, with all its platforms')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Make a one-layer image of a root file system, a folder or a file')
            [CompletionResult]::new('df', 'df', [CompletionResultType]::ParameterValue, 'Show what the store''s files are there for')
            [CompletionResult]::new('gc', 'gc', [CompletionResultType]::ParameterValue, 'Remove what no image in the store needs')
            [CompletionResult]::new('verify', 'verify', [CompletionResultType]::ParameterValue, 'Hash what is in the store, and fetch again what is damaged or missing')
            [CompletionResult]::new('serve', 'serve', [CompletionResultType]::ParameterValue, 'Run a registry in a folder')
            [CompletionResult]::new('auth', 'auth', [CompletionResultType]::ParameterValue, 'See who you are at registries, and get tokens for scripts')
            [CompletionResult]::new('mirror', 'mirror', [CompletionResultType]::ParameterValue, 'See and try the mirrors of registries')
            [CompletionResult]::new('doctor', 'doctor', [CompletionResultType]::ParameterValue, 'Find out what a registry is, and why it does not work')
            [CompletionResult]::new('reference', 'reference', [CompletionResultType]::ParameterValue, 'Show references in their canonical form')
            [CompletionResult]::new('completion', 'completion', [CompletionResultType]::ParameterValue, 'Generate the completion script for a shell')
            [CompletionResult]::new('man', 'man', [CompletionResultType]::ParameterValue, 'Write the manual pages of all commands into a folder')
            [CompletionResult]::new('version', 'version', [CompletionResultType]::ParameterValue, 'Show the version')
            [CompletionResult]::new('help', 'help', [CompletionResultType]::ParameterValue, 'Print this message or the help of the given subcommand(s)')
            break
        }
        'regcli;help;login' {
            break
        }
        'regcli;help;logout' {
            break
        }
        'regcli;help;search' {
            break
        }
        'regcli;help;pull' {
            break
        }
        'regcli;help;push' {
            break
        }
        'regcli;help;tag' {
            break
        }
        'regcli;help;images' {
            break
        }
        'regcli;help;rmi' {
            break
        }
        'regcli;help;save' {
            break
        }
        'regcli;help;load' {
            break
        }
        'regcli;help;inspect' {
            break
        }
        'regcli;help;history' {
            break
        }
        'regcli;help;image' {
            [CompletionResult]::new('history', 'history', [CompletionResultType]::ParameterValue, 'Show the history of an image')
            [CompletionResult]::new('import', 'import', [CompletionResultType]::ParameterValue, 'Make a one-layer image of a root file system, a folder or a file')
            [CompletionResult]::new('inspect', 'inspect', [CompletionResultType]::ParameterValue, 'Display detailed information on one or more images')
            [CompletionResult]::new('load', 'load', [CompletionResultType]::ParameterValue, 'Load images from a tar archive, by default from standard input')
            [CompletionResult]::new('ls', 'ls', [CompletionResultType]::ParameterValue, 'List images')
            [CompletionResult]::new('pull', 'pull', [CompletionResultType]::ParameterValue, 'Download an image from a registry')
            [CompletionResult]::new('push', 'push', [CompletionResultType]::ParameterValue, 'Upload an image to a registry')
            [CompletionResult]::new('rm', 'rm', [CompletionResultType]::ParameterValue, 'Remove images from the store')
            [CompletionResult]::new('save', 'save', [CompletionResultType]::ParameterValue, 'Save images to a tar archive, by default to standard output')
            [CompletionResult]::new('tag', 'tag', [CompletionResultType]::ParameterValue, 'Give an image one more name')
            break
        }
        'regcli;help;image;history' {
            break
        }
        'regcli;help;image;import' {
            break
        }
        'regcli;help;image;inspect' {
            break
        }
        'regcli;help;image;load' {
            break
        }
        'regcli;help;image;ls' {
            break
        }
        'regcli;help;image;pull' {
            break
        }
        'regcli;help;image;push' {
            break
        }
        'regcli;help;image;rm' {
            break
        }
        'regcli;help;image;save' {
            break
        }
        'regcli;help;image;tag' {
            break
        }
        'regcli;help;catalog' {
            break
        }
        'regcli;help;tags' {
            break
        }
        'regcli;help;manifest' {
            break
        }
        'regcli;help;config' {
            break
        }
        'regcli;help;digest' {
            break
        }
        'regcli;help;copy' {
            break
        }
        'regcli;help;import' {
            break
        }
        'regcli;help;df' {
            break
        }
        'regcli;help;gc' {
            break
        }
        'regcli;help;verify' {
            break
        }
        'regcli;help;serve' {
            break
        }
        'regcli;help;auth' {
            [CompletionResult]::new('status', 'status', [CompletionResultType]::ParameterValue, 'Show who you are at each registry, and where that is kept')
            [CompletionResult]::new('token', 'token', [CompletionResultType]::ParameterValue, 'Print a token for a repository, for scripts')
            break
        }
        'regcli;help;auth;status' {
            break
        }
        'regcli;help;auth;token' {
            break
        }
        'regcli;help;mirror' {
            [CompletionResult]::new('list', 'list', [CompletionResultType]::ParameterValue, 'List the mirrors of each registry, in the order in which they are asked')
            [CompletionResult]::new('test', 'test', [CompletionResultType]::ParameterValue, 'Try mirrors: whether they can be reached, and have an image')
            break
        }
        'regcli;help;mirror;list' {
            break
        }
        'regcli;help;mirror;test' {
            break
        }
        'regcli;help;doctor' {
            break
        }
        'regcli;help;reference' {
            break
        }
        'regcli;help;completion' {
            break
        }
        'regcli;help;man' {
            break
        }
        'regcli;help;version' {
            break
        }
        'regcli;help;help' {
            break
        }
    })

    $completions.Where{ $_.CompletionText -like "$wordToComplete*" } |
        Sort-Object -Property ListItemText
}
