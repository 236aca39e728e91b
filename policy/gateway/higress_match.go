package gateway

import (
	"strconv"
	"strings"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

// maxKeyName is how long the part of an annotation key after the prefix may be in Kubernetes.
const maxKeyName = 63

// renderMatch: the name of the header is a part of the annotation's key, the value is taken as it is
// (pkg/ingress/kube/annotations/match.go). So a name must fit into a key, and must not hold the words by which Higress
// finds such keys: it looks for them anywhere in a key.
//
// One condition that cannot be rendered takes all others with it: a route that matches more than was asked for takes
// requests that are meant for another game.
func renderMatch(m Match, vars Vars) (map[string]string, []finding.Finding) {
	var found []finding.Finding
	out := make(map[string]string, len(m.Headers))
	names := make(map[string]bool, len(m.Headers))
	for i, h := range m.Headers {
		field := "match.headers[" + strconv.Itoa(i) + "]"
		kind, value, problem := h.condition(vars)
		name := strings.ToLower(h.Name)
		suffix := kind + "match-header-" + h.Name
		switch {
		case problem != "":
			found = append(found, cannot(field, problem))
		case !isKeyName(suffix) || holdsMatchWord(h.Name):
			found = append(found, cannot(field+".name", finding.Quote(h.Name)+" cannot be matched on Higress, where the name is a part of an annotation key; "+
				"use letters, digits, dots, dashes and underscores, and at most "+strconv.Itoa(maxKeyName-len(suffix)+len(h.Name))+" of them"))
		case names[name]:
			// Two conditions on one header go into one map there: which of them stays is chance.
			found = append(found, cannot(field+".name", finding.Quote(h.Name)+" is there twice; Higress keeps one condition per header"))
		default:
			names[name] = true
			out[higressPrefix+suffix] = value
		}
	}
	if len(found) > 0 {
		return nil, found
	}
	return out, nil
}

// condition is the kind of key a condition needs and the value of it, or what is wrong.
func (h HeaderMatch) condition(vars Vars) (kind, value, problem string) {
	switch {
	case h.Exact != "" && h.Prefix == "" && h.Regex == "":
		kind, value = "exact-", vars.Expand(h.Exact)
	case h.Prefix != "" && h.Exact == "" && h.Regex == "":
		kind, value = "prefix-", vars.Expand(h.Prefix)
	case h.Regex != "" && h.Exact == "" && h.Prefix == "":
		kind, value = "regex-", vars.expandRegex(h.Regex)
		if !isRegex(value) {
			return kind, value, "regex " + finding.Quote(value) + " is not an RE2 regular expression"
		}
	default:
		return "exact-", "", "needs exactly one of exact, prefix and regex"
	}
	if !isFieldText(value) {
		return kind, value, finding.Quote(value) + " cannot be the value of a header"
	}
	return kind, value, ""
}

// holdsMatchWord tells whether a text holds one of the words by which Higress finds conditions in annotation keys.
func holdsMatchWord(s string) bool {
	for _, word := range matchSubjects {
		if strings.Contains(s, word) {
			return true
		}
	}
	return false
}

// isKeyName tells whether a text can be the name part of an annotation key in Kubernetes.
func isKeyName(s string) bool {
	if s == "" || len(s) > maxKeyName || !isAlphanumeric(s[0]) || !isAlphanumeric(s[len(s)-1]) {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !isAlphanumeric(c) && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return true
}

func isAlphanumeric(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}
