package gateway

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

// Remark is one annotation that does not do what its author will think it does.
type Remark struct {
	// Key is the annotation it is about; the first one where several have the same fault.
	Key  string
	Code finding.Code
	// Message names the key and says what to write instead. It is short enough for a line of a terminal, where kubectl
	// shows it after the field and before the code.
	Message string
}

// maxRemarks bounds what is said of one Ingress.
const maxRemarks = 50

// Lint implements Dialect. Of each key one thing is said, the first that is wrong: once that is put right, the next shows.
func (h higress) Lint(annotations map[string]string) []Remark {
	l := &linter{annotations: annotations, said: map[string]bool{}}
	l.leaveToHarms(h)
	for _, key := range slices.Sorted(maps.Keys(annotations)) {
		if e := lookup(key); e != nil {
			l.value(key, e)
		} else {
			l.unread(key)
		}
	}
	l.twins()
	l.canary()
	l.shadowed()
	slices.SortFunc(l.found, func(a, b Remark) int { return cmp.Or(cmp.Compare(a.Key, b.Key), cmp.Compare(a.Code, b.Code)) })
	return l.bounded()
}

// linter collects what there is to say of one Ingress's annotations.
type linter struct {
	annotations map[string]string
	said        map[string]bool // keys about which something is said, here or by Harms
	found       []Remark
	more        int // unread keys beyond the bound
}

// leaveToHarms takes the keys out that would harm the gateway: these are refused, in other words.
func (l *linter) leaveToHarms(h higress) {
	var ing networkingv1.Ingress
	ing.Annotations = l.annotations
	fields := map[string]bool{}
	for _, harm := range h.Harms(&ing) {
		fields[harm.Field] = true
	}
	if len(fields) == 0 {
		return
	}
	for key := range l.annotations {
		l.said[key] = fields["metadata."+rawField(key)]
	}
}

// bounded cuts the list off, and says so.
func (l *linter) bounded() []Remark {
	if rest := len(l.found) - maxRemarks + l.more; rest > 0 {
		l.found = l.found[:min(len(l.found), maxRemarks)]
		last := l.found[len(l.found)-1]
		l.found = append(l.found, Remark{last.Key, last.Code, "and " + strconv.Itoa(rest) + " more annotations that have no effect; run gatehouse lint again after this"})
	}
	return l.found
}

// ofKey says something about a key.
func (l *linter) ofKey(key string, code finding.Code, rest string) {
	l.say(key, code, shorten(key, maxMessage-len(rest))+rest)
}

// ofValue says something about a value.
func (l *linter) ofValue(key string, code finding.Code, value, rest string) {
	quoted := shortQuote(value, max(minQuote, maxMessage-len(key)-len(":  ")-len(rest)))
	rest = ": " + quoted + " " + rest
	l.say(key, code, shorten(key, maxMessage-len(rest))+rest)
}

func (l *linter) say(key string, code finding.Code, message string) {
	if !l.said[key] {
		l.said[key] = true
		l.found = append(l.found, Remark{key, code, message})
	}
}

// together says the same about several keys, once.
func (l *linter) together(keys []string, code finding.Code, rest string) {
	keys = slices.DeleteFunc(keys, func(key string) bool { return l.said[key] })
	if len(keys) == 0 {
		return
	}
	slices.Sort(keys)
	if n := len(keys) - 1; n > 0 {
		rest = " (and " + strconv.Itoa(n) + " more)" + rest
	}
	l.ofKey(keys[0], code, rest)
	for _, key := range keys[1:] {
		l.said[key] = true
	}
}

// keysOf are the keys of the Ingress that Higress reads for a name, in its order.
func (l *linter) keysOf(suffix string) []string {
	var keys []string
	for _, key := range bothKeys(suffix) {
		if _, given := l.annotations[key]; given && lookup(key) != nil {
			keys = append(keys, key)
		}
	}
	return keys
}

// counts is the annotation that counts for a name, if one does: the first that parses.
func (l *linter) counts(suffix string) (key, value string, ok bool) {
	g := bySuffix[suffix].grammar
	for _, key := range l.keysOf(suffix) {
		if value := l.annotations[key]; g.parses(value) {
			return key, value, true
		}
	}
	return "", "", false
}

func (l *linter) given(suffix string) bool { return len(l.keysOf(suffix)) > 0 }

func (l *linter) isCounted(suffix string) bool {
	_, _, ok := l.counts(suffix)
	return ok
}

func (l *linter) isOn(suffix string) bool {
	_, value, ok := l.counts(suffix)
	return ok && isTrue(value)
}

func bothKeys(suffix string) [2]string {
	return [2]string{nginxPrefix + suffix, higressPrefix + suffix}
}

// parses tells whether Higress's lookup takes the value of a key, so that the twin under the other prefix is not looked at.
// What it makes of it is another thing (pkg/ingress/kube/annotations/parser.go).
func (g grammar) parses(value string) bool {
	switch g {
	case integer, redirectCode:
		return integer.accepts(value)
	case integer32, boolean:
		return g.accepts(value)
	default:
		return text.accepts(value)
	}
}
