package gateway

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

// Harm is something about an Ingress that must never reach the gateway, whoever writes it: it would stop the gateway's
// controller, or Envoy would refuse the routes of the whole host.
type Harm struct {
	// Field is where it stands in the Ingress. It has no index: what stands must stay the same harm when a rule before it
	// goes.
	Field string
	// Why says what it does and what to do instead.
	Why string
}

// Harms implements Dialect. What Higress merely ignores is no harm.
func (h higress) Harms(ing *networkingv1.Ingress) []Harm {
	s := &harms{annotations: ing.Annotations, canary: h.IsCanary(ing.Annotations)}
	s.conditions()
	s.durations()
	s.rate()
	s.headers()
	if s.canary {
		s.canaryRoute()
	} else {
		s.paths(ing) // a canary has the paths of its primary
	}
	s.destinations(ing)
	s.defaultBackend(ing)
	slices.SortFunc(s.found, func(a, b Harm) int { return cmp.Or(cmp.Compare(a.Field, b.Field), cmp.Compare(a.Why, b.Why)) })
	return slices.Compact(s.found)
}

// harms collects what harms the gateway about one Ingress.
type harms struct {
	annotations map[string]string
	canary      bool
	found       []Harm
}

// key adds the harm that an annotation does.
func (s *harms) key(key, why string) { s.add("metadata."+rawField(key), why) }

func (s *harms) add(field, why string) {
	s.found = append(s.found, Harm{field, why})
}

// Where Envoy refuses something, it refuses everything that comes with it.
const refusesAll = "Envoy refuses all routes of the host; "

func notRE2(v string) string {
	return finding.Quote(v) + " is not an RE2 regular expression; " + refusesAll + "correct it"
}

// conditions looks at the keys that hold a condition, or seem to: createRuleKey slices them before anybody has looked
// whether they make sense (pkg/ingress/kube/ingressv1/controller.go).
func (s *harms) conditions() {
	for k, v := range s.annotations {
		switch {
		case crashes(k):
			s.key(k, "this key crashes Higress's controller, and again at each restart, for all Ingresses; remove it")
		case regexCondition(k) && !isRegex(v):
			s.key(k, notRE2(v))
		}
	}
}

// regexCondition tells whether Higress hands the value of a key to Envoy as a regular expression. It counts bytes: any
// prefix that is as long as its own will do, and anything may stand before the words that make a condition
// (pkg/ingress/kube/annotations/match.go doMatch).
func regexCondition(key string) bool {
	return strings.Index(key, "regex") == len(higressPrefix) && holdsMatchWord(key)
}

const (
	keyTimeout   = higressPrefix + "timeout"
	keyPerSecond = higressPrefix + "route-limit-rps"
	keyPerMinute = higressPrefix + "route-limit-rpm"
	keyBurst     = higressPrefix + "route-limit-burst-multiplier"
)

var (
	retryOn      = [2]string{nginxPrefix + "proxy-next-upstream", keyRetryOn}
	retryTries   = [2]string{nginxPrefix + "proxy-next-upstream-tries", keyRetryTries}
	retryTimeout = [2]string{nginxPrefix + "proxy-next-upstream-timeout", keyRetryTimeout}
)

// maxSeconds is the longest duration that Envoy takes: it has to fit 63 bits of nanoseconds
// (source/common/protobuf/utility.cc validateDurationAsMilliseconds).
const maxSeconds = 9_223_372_035

// durations: Higress passes any number on (pkg/ingress/kube/annotations/timeout.go, retry.go), but for a timeout of 0. No
// retry has no timeout.
func (s *harms) durations() {
	if v, given := s.annotations[keyTimeout]; given {
		s.duration(keyTimeout, v)
	}
	if key, v, ok := effective(s.annotations, retryTimeout, integer); ok && s.retries() {
		s.duration(key, v)
	}
}

func (s *harms) duration(key, v string) {
	if seconds, err := strconv.Atoi(v); err == nil && (seconds < 0 || seconds > maxSeconds) {
		s.key(key, finding.Quote(v)+" is no duration for Envoy; "+refusesAll+"give seconds from 1 on, or remove it")
	}
}

// retries tells whether there are any: unless they are off, or 0.
func (s *harms) retries() bool {
	_, on, _ := effective(s.annotations, retryOn, text)
	words := strings.Fields(on)
	if strings.IndexByte(on, ',') >= 0 {
		words = strings.Split(on, ",")
	}
	if slices.ContainsFunc(words, func(word string) bool { return strings.TrimSpace(word) == "off" }) {
		return false
	}
	_, tries, given := effective(s.annotations, retryTries, integer32)
	n, _ := strconv.Atoi(tries)
	return !given || n > 0
}

// rate: rates become uint32, and a bucket without tokens is none to Envoy (TokenBucket.max_tokens and tokens_per_fill are
// greater than 0). Of two rates the one per minute counts (pkg/ingress/kube/annotations/local_rate_limit.go).
func (s *harms) rate() {
	multiplier, err := strconv.Atoi(s.annotations[keyBurst])
	if err != nil {
		multiplier = defaultBurst
	}
	for _, key := range [...]string{keyPerMinute, keyPerSecond} {
		v := s.annotations[key]
		rate, err := strconv.Atoi(v)
		if err != nil {
			continue
		}
		if uint32(rate) == 0 || uint32(rate*multiplier) == 0 { //nolint:gosec // as Higress does it
			s.key(key, finding.Quote(v)+" with a burst multiplier of "+strconv.Itoa(multiplier)+" makes a bucket without tokens; "+
				refusesAll+"give a rate and a multiplier from 1 on")
		}
		return
	}
}
