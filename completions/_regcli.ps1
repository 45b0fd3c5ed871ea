# Completion of regcli for PowerShell. Written by: regcli completion powershell

Register-ArgumentCompleter -Native -CommandName 'regcli' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    # The words before the one that is being typed, as they stand there: nothing is evaluated.
    $words = @()
    foreach ($element in $commandAst.CommandElements) {
        if ($element.Extent.EndOffset -ge $cursorPosition) { break }
        $isText = $element -is [System.Management.Automation.Language.StringConstantExpressionAst]
        $words += if ($isText) { $element.Value } else { $element.Extent.Text }
    }

    & regcli __complete powershell "=$wordToComplete" @words 2>$null | ForEach-Object {
        $value, $description = $_ -split "`t", 2
        if (-not $description) { $description = $value }
        $isPlain = $value -match '^[A-Za-z0-9_./:=+~-]+$'
        $text = if ($isPlain) { $value } else { "'" + $value.Replace("'", "''") + "'" }
        [System.Management.Automation.CompletionResult]::new($text, $value, 'ParameterValue', $description)
    }
}
