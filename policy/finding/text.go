package finding

import (
	"strconv"
	"strings"
)

// Quote is a value as it stands in a message: in quotes, on one line, bounded, and without percent signs, which
// OpenKruiseGame would read as a format when it reports a refusal (pkg/webhook/mutating_pod.go, Eventf).
func Quote(s string) string {
	const most = 80
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "..."
	}
	return NoPercent(strconv.Quote(s))
}

// NoPercent is a text without percent signs, for what is quoted from elsewhere.
func NoPercent(s string) string { return strings.ReplaceAll(s, "%", "(percent)") }

// Line is a finding on one line of at most so many bytes, for a terminal: the code always stands at its end, and what does
// not fit before it is cut, between two words where it can be.
func Line(f Finding, most int) string {
	whole := f.String()
	if len(whole) <= most {
		return whole
	}
	code := "... [" + string(f.Code) + "]"
	text := strings.ToValidUTF8(whole[:max(0, most-len(code))], "")
	if space := strings.LastIndexByte(text, ' '); space > len(text)/2 {
		text = text[:space]
	}
	return strings.TrimRight(text, " .;,:") + code
}

// Clip is a text of at most so many bytes, for a line without a code.
func Clip(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most-len("...")], "") + "..."
}

// Count is a number of things: "1 warning", "2 warnings".
func Count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}

// TypingErrors counts the bytes to insert, delete or replace between two texts (their Levenshtein distance), to find
// what somebody may have meant.
func TypingErrors(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
