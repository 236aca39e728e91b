package gateway

import (
	"strconv"
	"strings"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

// value says what Higress does not take of a value that it looks at. An empty one asks for nothing, and gets nothing.
func (l *linter) value(key string, e *entry) {
	value := l.annotations[key]
	switch {
	case e.suffix == "whitelist-source-range":
		l.accessList(key, value)
	case e.suffix == "affinity":
		l.affinity(key, value)
	case strings.TrimSpace(value) == "", e.grammar == anything:
	case e.suffix == "canary" && !e.grammar.accepts(value):
		l.almostCanary(key, value)
	case e.grammar.accepts(value):
		l.parts(key, e, value)
	case e.grammar == boolean && booleanMeant(value) == "false" && e.suffix != "cors-allow-credentials" && len(l.keysOf(e.suffix)) == 1:
		// It is dropped, and off is what is left.
	default:
		l.ofValue(key, finding.AuthorValueDropped, value, remedy(e, value))
	}
}

// accessList: what is no address is dropped, and a list without any lets everybody in. A "*" stands for the whole list, and
// is no address (pkg/ingress/kube/annotations/ip_access_control.go, pilot's mseingress/rbac.go).
func (l *linter) accessList(key, value string) {
	switch bad := firstBad(value, ",", isAddress); {
	case strings.TrimSpace(value) == "":
		l.ofValue(key, finding.AccessOpen, value, "lets everybody in; list addresses, or remove it")
	case anyItem(value, func(s string) bool { return s == "*" }):
		l.ofKey(key, finding.AccessOpen, `: "*" in the list lets everybody in; take it out`)
	case !addresses.accepts(value):
		l.ofValue(key, finding.AccessOpen, value, "lets everybody in; write addresses or CIDRs")
	case bad != "":
		l.ofValue(key, finding.AuthorValueDropped, bad, "is dropped; write an address or CIDR")
	}
}

// affinity: not its value but its presence turns it on (pkg/ingress/kube/annotations/loadbalance.go).
func (l *linter) affinity(key, value string) {
	if v := strings.ToLower(strings.TrimSpace(value)); isOneOf(v, "none", "false", "off", "no", "disabled", "") {
		l.ofValue(key, finding.AuthorValueDropped, value, "still turns cookie affinity on; remove the key")
	}
}

// almostCanary: with a value that is no boolean the Ingress is a route like any other.
func (l *linter) almostCanary(key, value string) {
	if meant := booleanMeant(value); meant != "false" && !l.isCounted("canary") {
		l.ofValue(key, finding.CanaryTrap, value, "makes a route that competes with its primary; write true")
	}
}

// parts looks at the parts of a value that is taken: some of a list may be dropped, and numbers may mean nothing.
func (l *linter) parts(key string, e *entry, value string) {
	dropped := func(part, rest string) {
		if part != "" {
			l.ofValue(key, finding.AuthorValueDropped, part, rest)
		}
	}
	switch g := e.grammar; {
	case g == retryConditions:
		dropped(firstBad(value, retrySeparator(value), isRetryCondition), "is dropped; write error, timeout or http_502")
	case g == statusList:
		dropped(firstBad(value, ",", isStatus), "is dropped; "+listMeant(value, ",", isStatus))
	case g == methods:
		dropped(firstBad(value, " ", isAnyMethod), "is dropped; "+listMeant(value, " ", isAnyMethod))
	case g == commaList:
		dropped(firstBad(value, ",", isToken), "is no header; write names between commas")
	case g == headerLines:
		l.headerLines(key, value)
	case key == keyPerSecond, key == keyPerMinute:
		l.rate(key, value)
	case e.suffix == "ssl-cipher" && strings.ContainsAny(value, ", "):
		dropped(value, "is dropped; put colons between ciphers")
	}
}

func retrySeparator(value string) string {
	if strings.Contains(value, ",") {
		return ","
	}
	return " "
}

func isAnyMethod(s string) bool { return isMethod(strings.ToUpper(s)) }

func isStatus(s string) bool {
	_, err := strconv.ParseUint(s, 10, 32)
	return err == nil
}

// firstBad is the first item that is not as it should be. Empty ones are nothing.
func firstBad(list, separator string, ok func(string) bool) string {
	for item := range strings.SplitSeq(normalize(list), separator) {
		if item = strings.TrimSpace(item); item != "" && !ok(item) {
			return item
		}
	}
	return ""
}

// headerLines: the name ends at the first space, so that a colon becomes part of it. Of two lines with one name the last
// stays, and the pilot leaves host and pseudo headers out.
func (l *linter) headerLines(key, value string) {
	for line := range strings.SplitSeq(value, "\n") {
		if line = strings.TrimSpace(line); line != "" && !strings.ContainsAny(line, "\t\f\r ") {
			l.ofValue(key, finding.AuthorValueDropped, line, "has no value; write NAME VALUE on a line")
			return
		}
	}
	seen := map[string]bool{}
	for name := range headerLinesOf(value) {
		switch {
		case strings.HasPrefix(name, ":"), strings.EqualFold(name, "host"):
			l.ofValue(key, finding.AuthorValueDropped, name, "is left alone; use higress.io/upstream-vhost")
		case strings.HasSuffix(name, ":"):
			l.ofValue(key, finding.AuthorValueDropped, name, "keeps its colon; write NAME VALUE")
		case seen[name]:
			l.ofValue(key, finding.AuthorValueDropped, name, "stands twice; the last line counts")
		default:
			seen[name] = true
			continue
		}
		return
	}
}

// rate: Higress makes 32 bits of a rate and of its bucket without a look (pkg/ingress/kube/annotations/local_rate_limit.go).
func (l *linter) rate(key, value string) {
	rate, err := strconv.Atoi(value)
	if err != nil {
		return
	}
	burst, err := strconv.Atoi(l.annotations[keyBurst])
	if err != nil {
		burst = defaultBurst
	}
	switch bucket := rate * burst; {
	case rate < 0 || burst < 0:
		l.ofValue(key, finding.AuthorValueDropped, value, "with burst "+strconv.Itoa(burst)+" is no limit; write numbers from 1 on")
	case rate > 0 && bucket/rate != burst, bucket != int(uint32(bucket)): //nolint:gosec // as Higress does it
		l.ofValue(key, finding.AuthorValueDropped, value, "times the burst does not fit 32 bits; lower it")
	}
}
