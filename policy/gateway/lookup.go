package gateway

import (
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
)

const (
	higressPrefix = "higress.io/"
	nginxPrefix   = "nginx.ingress.kubernetes.io/"
)

// bySuffix finds an entry of the catalog by its name without the prefix.
var bySuffix = func() map[string]*entry {
	index := make(map[string]*entry, len(catalog))
	for i := range catalog {
		index[catalog[i].suffix] = &catalog[i]
	}
	return index
}()

// matchEntries stand for the keys that hold a name, by subject. Higress takes their value as it is.
var matchEntries = [len(matchSubjects)]entry{
	{"match-header", higressOnly, onRoute, anything, HeaderMatching, "condition on a request header"},
	{"match-pseudo-header", higressOnly, onRoute, anything, "", "condition on a pseudo header"},
	{"match-query", higressOnly, onRoute, anything, "", "condition on a query parameter"},
}

// lookup finds what a full key is in the catalog; nil where Higress does not read it.
func lookup(key string) *entry {
	if suffix, ok := strings.CutPrefix(key, higressPrefix); ok {
		if e := bySuffix[suffix]; e != nil {
			return e
		}
		return lookupMatch(suffix)
	}
	if suffix, ok := strings.CutPrefix(key, nginxPrefix); ok {
		if e := bySuffix[suffix]; e != nil && e.prefixes == both {
			return e
		}
	}
	return nil
}

func lookupMatch(suffix string) *entry {
	for _, kind := range matchKinds {
		rest, ok := strings.CutPrefix(suffix, kind)
		if !ok {
			continue
		}
		for i, subject := range matchSubjects {
			if name, ok := strings.CutPrefix(rest, subject+"-"); ok && name != "" {
				return &matchEntries[i]
			}
		}
	}
	return nil
}

// SettingOf implements Dialect.
func (higress) SettingOf(key string) (Setting, bool) {
	e := lookup(key)
	if e == nil || e.setting == "" {
		return "", false
	}
	return e.setting, true
}

// Spoils implements Dialect. At a key that holds "match-header" in any form but the one it reads, Higress gives up, and a
// good condition beside it is lost by chance (pkg/ingress/kube/annotations/match.go). OpenKruiseGame's keys and our own are
// never taken away.
func (higress) Spoils(key string) (Setting, bool) {
	if !strings.Contains(key, "match-header") || lookup(key) != nil ||
		strings.HasPrefix(key, "game.kruise.io/") || strings.HasPrefix(key, "gatehouse.dev/") ||
		len(validation.IsQualifiedName(strings.ToLower(key))) > 0 { // no annotation can have such a key
		return "", false
	}
	return HeaderMatching, true
}

// Reads implements Dialect.
func (higress) Reads(key string) bool { return lookup(key) != nil }

// Accepts implements Dialect.
func (higress) Accepts(key, value string) bool {
	e := lookup(key)
	return e != nil && e.grammar.accepts(value)
}

// Twin implements Dialect.
func (higress) Twin(key string) (string, bool) {
	suffix, ok := strings.CutPrefix(key, higressPrefix)
	if !ok {
		return "", false
	}
	if e := bySuffix[suffix]; e == nil || e.prefixes != both {
		return "", false
	}
	return nginxPrefix + suffix, true
}

// Canonical implements Dialect.
func (higress) Canonical(key string) string {
	suffix, ok := strings.CutPrefix(key, nginxPrefix)
	if !ok {
		return key
	}
	if e := bySuffix[suffix]; e == nil || e.prefixes != both {
		return key
	}
	return higressPrefix + suffix
}
