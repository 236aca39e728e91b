package offline

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Printable is a name, host or key of the input as it may stand in a cell: quoted where a terminal would act on it, or
// the table would break. It is never cut short, because two names may differ only at their ends.
func Printable(s string) string {
	if s == "" || Escape(s) != s {
		return strconv.Quote(s)
	}
	return s
}

// Short is a printable value that is not endless.
func Short(s string) string {
	const most = 60
	s = Printable(s)
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most]) + "..."
	}
	return s
}

// Escape is a sentence on one line without anything that a terminal would act on. Sentences quote values themselves,
// but they may name objects and fields as the input has them.
func Escape(s string) string {
	var b strings.Builder
	for s != "" {
		r, size := utf8.DecodeRuneInString(s)
		if unicode.IsPrint(r) && (r != utf8.RuneError || size > 1) {
			b.WriteString(s[:size])
		} else {
			quoted := strconv.Quote(s[:size])
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		s = s[size:]
	}
	return b.String()
}

// escapeJSON escapes in the strings of a JSON document what a terminal would act on and encoding/json leaves as it is:
// DEL, and controls and marks beyond ASCII. There are none past U+FFFF, where YAML does not take JSON's escapes.
func escapeJSON(document []byte) []byte {
	var b bytes.Buffer
	for _, r := range string(document) {
		if r < 0x7f || r > 0xffff || unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.Bytes()
}
