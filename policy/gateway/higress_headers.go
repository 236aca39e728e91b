package gateway

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

// The keys of each direction: add, update, remove.
var (
	requestHeaderKeys = [3]string{
		higressPrefix + "request-header-control-add",
		higressPrefix + "request-header-control-update",
		higressPrefix + "request-header-control-remove",
	}
	responseHeaderKeys = [3]string{
		higressPrefix + "response-header-control-add",
		higressPrefix + "response-header-control-update",
		higressPrefix + "response-header-control-remove",
	}
)

// renderHeaders: one header per line, removals between commas (pkg/ingress/kube/annotations/header_control.go). What is
// left out is what the gateway would drop: pseudo headers and host in the pilot, empty values in Envoy, and one of two
// spellings of the same name by chance.
func renderHeaders(h Headers, vars Vars) (map[string]string, []finding.Finding) {
	field, keys := string(RequestHeaders), &requestHeaderKeys
	if h.Response {
		field, keys = string(ResponseHeaders), &responseHeaderKeys
	}
	var found []finding.Finding
	out := make(map[string]string, 3)
	if len(h.Add) > 0 {
		var lines string
		if lines, found = headerLinesFor(field+".add", h.Add, vars, found); lines != "" {
			out[keys[0]] = lines
		}
	}
	if len(h.Set) > 0 {
		var lines string
		if lines, found = headerLinesFor(field+".set", h.Set, vars, found); lines != "" {
			out[keys[1]] = lines
		}
	}
	if len(h.Remove) > 0 {
		var names string
		if names, found = removals(field+".remove", h.Remove, found); names != "" {
			out[keys[2]] = names
		}
	}
	return out, found
}

func headerLinesFor(field string, headers map[string]string, vars Vars, found []finding.Finding) (string, []finding.Finding) {
	names := make([]string, 0, 8)
	for name := range headers {
		names = append(names, name)
	}
	slices.Sort(names)
	var b strings.Builder
	b.Grow(64 * len(names))
	for i, name := range names {
		value := vars.Expand(headers[name])
		if problem := headerProblem(name, value, names[:i]); problem != "" {
			found = append(found, cannot(field+"["+showName(name)+"]", problem))
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		writeWord(&b, name)
		b.WriteByte(' ')
		writeWord(&b, strings.ReplaceAll(value, "%", "%%"))
	}
	return b.String(), found
}

// headerProblem says why a header cannot be set on Higress; "" if it can. earlier are the names before it.
func headerProblem(name, value string, earlier []string) string {
	switch {
	case nameProblem(name) != "":
		return nameProblem(name)
	case value == "":
		return "an empty value is dropped by the gateway; use remove to take a header away"
	case !isFieldText(value):
		return finding.Quote(value) + " cannot be the value of a header"
	case slices.ContainsFunc(earlier, func(n string) bool { return strings.EqualFold(n, name) }):
		return "is the same header as another one here, spelt differently"
	}
	return ""
}

// nameProblem says why a header is out of reach on Higress: its pilot leaves host and pseudo headers out.
func nameProblem(name string) string {
	switch {
	case strings.HasPrefix(name, ":"):
		return "Higress leaves pseudo headers alone"
	case strings.EqualFold(name, "host"):
		return "Higress leaves host alone; use the annotation higress.io/upstream-vhost for the host sent to the game"
	case !isToken(name):
		return "is not the name of a header"
	}
	return ""
}

func removals(field string, names []string, found []finding.Finding) (string, []finding.Finding) {
	kept := make([]string, 0, len(names))
	for i, name := range names {
		if problem := nameProblem(name); problem != "" {
			found = append(found, cannot(field+"["+strconv.Itoa(i)+"]", finding.Quote(name)+": "+problem))
			continue
		}
		kept = append(kept, name)
	}
	return strings.Join(kept, ","), found
}

// writeWord writes one side of a header line. Higress trims it and then takes one pair of quotes away, so quotes go
// around what would lose something.
//
// A percent sign in a value starts a variable in Envoy, and a lone one makes it refuse every route; two of them mean
// the sign itself. Values here are plain text, therefore the caller doubles them.
func writeWord(b *strings.Builder, s string) {
	first, _ := utf8.DecodeRuneInString(s)
	last, _ := utf8.DecodeLastRuneInString(s)
	if unicode.IsSpace(first) || unicode.IsSpace(last) || unquoteOnce(s) != s {
		b.WriteByte('"')
		b.WriteString(s)
		b.WriteByte('"')
		return
	}
	b.WriteString(s)
}

// showName is a header name as it stands in a field path.
func showName(name string) string {
	if isToken(name) && strings.IndexByte(name, '%') < 0 {
		return name
	}
	return finding.Quote(name)
}
