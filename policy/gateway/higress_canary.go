package gateway

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

const (
	keyCanary        = higressPrefix + "canary"
	keyCanaryHeader  = higressPrefix + "canary-by-header"
	keyCanaryValue   = higressPrefix + "canary-by-header-value"
	keyCanaryPattern = higressPrefix + "canary-by-header-pattern"
	keyCanaryCookie  = higressPrefix + "canary-by-cookie"
	keyCanaryWeight  = higressPrefix + "canary-weight"
	keyCanaryTotal   = higressPrefix + "canary-weight-total"
)

// renderCanary: Higress takes one condition per Ingress, a header before a cookie before a weight, and ignores the
// others (pkg/ingress/kube/annotations/canary.go).
func renderCanary(c Canary, vars Vars) (map[string]string, []finding.Finding) {
	switch {
	case c.conditions() != 1:
		return refuse(string(CanaryRoute), strconv.Itoa(c.conditions())+
			" conditions are set; Higress takes exactly one of header, cookie and weight")
	case c.Weight != nil:
		return renderCanaryWeight(c)
	case c.Cookie != "":
		if !isToken(c.Cookie) {
			return refuse("canary.cookie", finding.Quote(c.Cookie)+" is not the name of a cookie")
		}
		// Higress puts the name into a regular expression as it is.
		return map[string]string{keyCanary: "true", keyCanaryCookie: regexp.QuoteMeta(c.Cookie)}, nil
	}
	return renderCanaryHeader(c, vars)
}

func (c Canary) conditions() int {
	n := 0
	for _, given := range [...]bool{c.HeaderName+c.HeaderValue+c.HeaderPattern != "", c.Cookie != "", c.Weight != nil} {
		if given {
			n++
		}
	}
	return n
}

// renderCanaryHeader: Higress matches a value against the regular expression "always|VALUE" and a pattern against
// ".*PATTERN.*", after trimming what stands in the annotation. A value is escaped so that it means itself, and a group
// keeps spaces and alternatives in their place.
func renderCanaryHeader(c Canary, vars Vars) (map[string]string, []finding.Finding) {
	switch {
	case !isToken(c.HeaderName):
		return refuse("canary.header.name", finding.Quote(c.HeaderName)+" is not the name of a header")
	case (c.HeaderValue == "") == (c.HeaderPattern == ""):
		return refuse("canary.header", "needs exactly one of value and pattern")
	}
	out := map[string]string{keyCanary: "true", keyCanaryHeader: c.HeaderName}
	if c.HeaderPattern != "" {
		pattern := vars.expandRegex(c.HeaderPattern)
		grouped := group(pattern)
		if !isRegex(pattern) || !isRegex(grouped) || !isFieldText(pattern) {
			return refuse("canary.header.pattern", finding.Quote(pattern)+" is not an RE2 regular expression that can stand inside another one")
		}
		out[keyCanaryPattern] = grouped
		return out, nil
	}
	value := vars.Expand(c.HeaderValue)
	if !isFieldText(value) {
		return refuse("canary.header.value", finding.Quote(value)+" cannot be the value of a header")
	}
	out[keyCanaryValue] = regexp.QuoteMeta(value)
	if value != strings.TrimSpace(value) {
		out[keyCanaryValue] = "(?:" + regexp.QuoteMeta(value) + ")"
	}
	return out, []finding.Finding{{
		Code: finding.CanaryAlways, Severity: finding.Info, Field: "canary.header.value",
		Message: "Higress also sends requests whose header " + finding.Quote(c.HeaderName) + " is \"always\" to the canary",
	}}
}

// group keeps a regular expression together where it is put between others.
func group(pattern string) string {
	if strings.Contains(pattern, "|") || strings.Contains(pattern, `\Q`) || pattern != strings.TrimSpace(pattern) {
		return "(?:" + pattern + ")"
	}
	return pattern
}

// renderCanaryWeight: Higress turns shares into whole percents in single precision, rounding down
// (pkg/ingress/config/ingress_config.go normalizeWeightedCluster): 1 of 1000 is nothing, 53 of 100 is 52.
func renderCanaryWeight(c Canary) (map[string]string, []finding.Finding) {
	weight, total := *c.Weight, int32(100)
	if c.WeightTotal != nil {
		total = *c.WeightTotal
	}
	if total < 1 || weight < 0 || weight > total {
		return refuse("canary.weight", strconv.Itoa(int(weight))+" of "+strconv.Itoa(int(total))+" is not a share")
	}
	out := map[string]string{keyCanary: "true", keyCanaryWeight: strconv.Itoa(int(weight))}
	if c.WeightTotal != nil {
		out[keyCanaryTotal] = strconv.Itoa(int(total))
	}
	percent := int32(float32(weight) / float32(total) * 100)
	if int64(percent)*int64(total) != int64(weight)*100 {
		return out, []finding.Finding{cannot("canary.weight", strconv.Itoa(int(weight))+" of "+strconv.Itoa(int(total))+" becomes "+
			strconv.Itoa(int(percent))+" of 100; Higress takes whole percents and rounds down")}
	}
	return out, nil
}

// IsCanary implements Dialect: the first of both prefixes that parses decides (pkg/ingress/kube/annotations/parser.go).
func (higress) IsCanary(annotations map[string]string) bool {
	for _, prefix := range [...]string{nginxPrefix, higressPrefix} {
		if canary, err := strconv.ParseBool(annotations[prefix+"canary"]); err == nil {
			return canary
		}
	}
	return false
}
