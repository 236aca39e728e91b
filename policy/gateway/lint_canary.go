package gateway

import (
	"regexp"
	"regexp/syntax"
	"strconv"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

// canary looks at an Ingress that is one: of its conditions the first counts, and most of its route is its primary's
// (pkg/ingress/kube/annotations/canary.go, ingressv1/controller.go ApplyCanaryIngress).
func (l *linter) canary() {
	key, on, ok := l.counts("canary")
	if !ok || !isTrue(on) {
		return
	}
	l.canaryConditions(key)
	var ignored []string
	for i := range catalog {
		if e := &catalog[i]; e.scope == onRoute && !keptByCanary(e) {
			for _, key := range l.keysOf(e.suffix) {
				if v := l.annotations[key]; e.grammar.accepts(v) && (e.grammar != boolean || isTrue(v)) {
					ignored = append(ignored, key)
				}
			}
		}
	}
	l.together(ignored, finding.CanaryTrap, ": a canary has its primary's; set it there")
}

// keptByCanary tells whether a canary's own annotation counts: the headers it changes, its conditions, what makes its path
// the same as its primary's, and its backends.
func keptByCanary(e *entry) bool {
	return e.setting == CanaryRoute || e.setting == RequestHeaders || e.setting == ResponseHeaders || isOneOf(e.suffix, "match-method", "rewrite-target", "use-regex", "full-path-regex", "destination", "rpc-destination-name")
}

// canaryConditions: key is the one that makes it a canary.
func (l *linter) canaryConditions(key string) {
	headerKey, _, header := l.counts("canary-by-header")
	valueKey, value, hasValue := l.counts("canary-by-header-value")
	patternKey, _, hasPattern := l.counts("canary-by-header-pattern")
	cookieKey, cookie, hasCookie := l.counts("canary-by-cookie")
	weightKey, weight, hasWeight := l.counts("canary-weight")
	switch {
	case hasValue && !header, hasPattern && !header:
		if !hasValue {
			valueKey = patternKey
		}
		l.ofKey(valueKey, finding.CanaryTrap, " gets the canary nothing; add canary-by-header")
	case hasValue:
		l.literally(valueKey, value)
	case hasCookie && !header:
		l.literally(cookieKey, cookie)
	case !header && !hasWeight:
		l.ofKey(key, finding.CanaryTrap, ": nothing leads to this canary; add a header, cookie or weight")
	}
	first := headerKey
	switch {
	case hasValue:
		first = valueKey
	case hasPattern:
		first = patternKey
	case !header && hasCookie:
		first = cookieKey
	}
	if hasPattern && hasValue {
		l.ignoredBeside(patternKey, first)
	}
	if hasCookie && first != cookieKey {
		l.ignoredBeside(cookieKey, first)
	}
	switch {
	case hasWeight && first != "":
		l.ignoredBeside(weightKey, first)
	case hasWeight:
		l.share(weightKey, weight)
	}
}

func (l *linter) ignoredBeside(key, first string) {
	e := lookup(first)
	l.ofKey(key, finding.CanaryTrap, " is ignored beside "+e.suffix+"; keep one")
}

// literally: a value, and the name of a cookie, become parts of a regular expression.
func (l *linter) literally(key, value string) {
	value = normalize(value)
	if isLiteral(value) {
		return
	}
	rest := ` is a regular expression; put \ before what is to mean itself`
	if escaped := barely(regexp.QuoteMeta(value)); escaped != "" {
		rest = " is a regular expression; write " + escaped + " to mean itself"
	}
	l.ofKey(key, finding.CanaryTrap, rest)
}

// isLiteral tells whether a regular expression matches one text only.
func isLiteral(s string) bool {
	re, err := syntax.Parse(s, syntax.Perl)
	return err != nil || re.Op == syntax.OpEmptyMatch || re.Op == syntax.OpLiteral && re.Flags&syntax.FoldCase == 0
}

// share: whole percents, rounded down in single precision (pkg/ingress/config/ingress_config.go normalizeWeightedCluster).
func (l *linter) share(key, value string) {
	weight, err := strconv.Atoi(value)
	if err != nil {
		return
	}
	total := 100
	if totalKey, v, ok := l.counts("canary-weight-total"); ok {
		if n, err := strconv.Atoi(v); err == nil && n > 0 {
			total = n
		} else {
			l.ofValue(totalKey, finding.CanaryTrap, v, "means 100; write a number from 1 on")
		}
	}
	of := strconv.Itoa(weight) + " of " + strconv.Itoa(total)
	switch {
	case weight > total:
		l.ofKey(key, finding.CanaryTrap, ": "+of+" gives the canary everything; lower it")
	case weight > 0 && int32(float32(weight)/float32(total)*100) == 0:
		l.ofKey(key, finding.CanaryTrap, ": "+of+" rounds down to nothing; give 1 of 100 or more")
	}
}
