package gateway

import (
	"strings"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

// CheckRaw implements Dialect.
func (h higress) CheckRaw(key, value string) []finding.Finding {
	field := rawField(key)
	if harm := harmOf(key, value); harm != "" {
		return []finding.Finding{{Code: finding.GatewayHarmed, Severity: finding.Error, Field: field, Message: harm}}
	}
	e := lookup(key)
	switch {
	case e == nil:
		return []finding.Finding{cannot(field, "Higress does not read this key; "+advice(key))}
	case !e.grammar.accepts(value):
		return []finding.Finding{cannot(field, "Higress drops the value "+finding.Quote(value)+" without a word; "+e.suffix+" is "+e.grammar.String())}
	}
	return nil
}

func rawField(key string) string {
	return "annotations[" + strings.ReplaceAll(key, "%", "(percent)") + "]"
}

// harmOf says what an annotation would do to Higress as a whole; "" if nothing. Its controller looks for conditions
// (match-header and the like) in every key, wherever the words stand: it slices the key from the eleventh byte and
// panics where that does not fit (pkg/ingress/kube/ingressv1/controller.go createRuleKey), and it stops at a key that it
// cannot make out, losing by chance some of the conditions that are right (pkg/ingress/kube/annotations/match.go).
func harmOf(key, value string) string {
	if !holdsMatchWord(key) {
		return ""
	}
	name, kind := conditionName(key)
	switch {
	case crashes(key):
		return "this key crashes Higress's controller, and again at each restart, for all games; remove it"
	case name == "" || holdsMatchWord(name):
		return "this key makes Higress lose conditions of the route; write higress.io/exact-match-header-NAME, or prefix or regex for exact, or query for header"
	case kind == "regex-" && !isRegex(value):
		return finding.Quote(value) + " is not an RE2 regular expression; Envoy would refuse all routes of the host"
	}
	return ""
}

// crashes tells whether createRuleKey panics on a key.
func crashes(key string) bool {
	for _, word := range matchSubjects {
		if i := strings.Index(key, word); i >= 0 {
			return i < len(higressPrefix) || i+len(word) == len(key)
		}
	}
	return false
}

// conditionName takes a well-formed condition key apart; the name is empty if it is none.
func conditionName(key string) (name, kind string) {
	suffix, ok := strings.CutPrefix(key, higressPrefix)
	if !ok {
		return "", ""
	}
	for _, kind := range matchKinds {
		rest, ok := strings.CutPrefix(suffix, kind)
		if !ok {
			continue
		}
		for _, subject := range matchSubjects {
			if name, ok := strings.CutPrefix(rest, subject+"-"); ok {
				return name, kind
			}
		}
	}
	return "", ""
}

// advice is what to do about a key that Higress does not read.
func advice(key string) string {
	name := key[strings.LastIndexByte(key, '/')+1:]
	if hint, ok := unread[name]; ok {
		return hint
	}
	if strings.Contains(name, "websocket") {
		return noWebSocketKey
	}
	if near := nearest(name); near != "" {
		return "did you mean " + higressPrefix + near
	}
	return "remove it"
}

// nearest is the known key that a name was probably meant to be; "" if none is close.
func nearest(name string) string {
	if len(name) > maxKeyName {
		return ""
	}
	best, distance := "", 1+(len(name)+1)/4
	for i := range catalog {
		if d := finding.TypingErrors(name, catalog[i].suffix); d < distance {
			best, distance = catalog[i].suffix, d
		}
	}
	return best
}
