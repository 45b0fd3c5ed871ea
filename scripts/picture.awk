# Converts the contents of a terminal, with colours (tmux capture-pane -e), into an SVG picture.
BEGIN {
    width = 90; line = 19; left = 16; top = 44
    colour[31] = "#ff7b72"; colour[32] = "#7ee787"; colour[33] = "#e3b341"; colour[34] = "#79c0ff"
    colour[35] = "#d2a8ff"; colour[36] = "#76e3ea"; colour[90] = "#8b949e"
}
{ text[NR] = $0 }
function escaped(s) {
    gsub(/&/, "\\&amp;", s); gsub(/</, "\\&lt;", s); gsub(/>/, "\\&gt;", s)
    return s
}
function span(s) {
    if (s == "") return ""
    style = ""
    if (fill != "") style = style " fill=\"" fill "\""
    if (bold) style = style " font-weight=\"bold\""
    if (dim) style = style " opacity=\"0.6\""
    return style == "" ? escaped(s) : "<tspan" style ">" escaped(s) "</tspan>"
}
function drawn(s,    out, codes, n, i) {
    out = ""
    while (match(s, /\033\[[0-9;]*m/)) {
        out = out span(substr(s, 1, RSTART - 1))
        n = split(substr(s, RSTART + 2, RLENGTH - 3), codes, ";")
        if (n == 0) { fill = ""; bold = 0; dim = 0 }
        for (i = 1; i <= n; i++) {
            if (codes[i] + 0 == 0) { fill = ""; bold = 0; dim = 0 }
            else if (codes[i] == 1) bold = 1
            else if (codes[i] == 2) dim = 1
            else if (codes[i] == 39) fill = ""
            else if (codes[i] in colour) fill = colour[codes[i]]
        }
        s = substr(s, RSTART + RLENGTH)
    }
    return out span(s)
}
END {
    w = left * 2 + width * 8.43; h = top + NR * line + 12
    printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" role=\"img\">\n", w, h, w, h
    print "<title>A pull that is interrupted and continues, and a copy that is looked at first</title>"
    printf "<rect width=\"%d\" height=\"%d\" rx=\"8\" fill=\"#0d1117\"/>\n", w, h
    print "<circle cx=\"20\" cy=\"18\" r=\"6\" fill=\"#ff5f57\"/><circle cx=\"40\" cy=\"18\" r=\"6\" fill=\"#febc2e\"/><circle cx=\"60\" cy=\"18\" r=\"6\" fill=\"#28c840\"/>"
    print "<g font-family=\"ui-monospace, SFMono-Regular, Menlo, Consolas, monospace\" font-size=\"14\" fill=\"#e6edf3\" xml:space=\"preserve\">"
    for (i = 1; i <= NR; i++) {
        shown = drawn(text[i])
        if (shown != "") printf "<text x=\"%d\" y=\"%d\">%s</text>\n", left, top + (i - 1) * line + 8, shown
    }
    print "</g>\n</svg>"
}
