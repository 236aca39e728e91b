package gateway

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

// The keys that a canary is made of, in Higress's order.
var (
	canaryHeader  = [2]string{nginxPrefix + "canary-by-header", keyCanaryHeader}
	canaryValue   = [2]string{nginxPrefix + "canary-by-header-value", keyCanaryValue}
	canaryPattern = [2]string{nginxPrefix + "canary-by-header-pattern", keyCanaryPattern}
	canaryCookie  = [2]string{nginxPrefix + "canary-by-cookie", keyCanaryCookie}
	canaryWeight  = [2]string{nginxPrefix + "canary-weight", keyCanaryWeight}
	canaryTotal   = [2]string{nginxPrefix + "canary-weight-total", keyCanaryTotal}
)

// canaryRoute: of several conditions the first counts. A value becomes always|VALUE, a pattern .*PATTERN.*, both of the
// header if one is named; a cookie's name becomes a part of an expression, and a weight an int32 and later a uint32
// (pkg/ingress/kube/annotations/canary.go, pkg/ingress/config/ingress_config.go normalizeWeightedCluster).
func (s *harms) canaryRoute() {
	_, _, header := effective(s.annotations, canaryHeader, text)
	if key, v, ok := effective(s.annotations, canaryValue, text); ok {
		s.expression(key, v, "always|"+normalize(v), header)
		return
	}
	if key, v, ok := effective(s.annotations, canaryPattern, text); ok {
		s.expression(key, v, ".*"+normalize(v)+".*", header)
		return
	}
	key, v, cookie := effective(s.annotations, canaryCookie, text)
	switch {
	case header: // it leads there with the value "always"
		return
	case cookie:
		s.expression(key, v, "("+normalize(v)+"=always)", true)
		return
	}
	for _, keys := range [...][2]string{canaryWeight, canaryTotal} {
		if key, v, ok := effective(s.annotations, keys, integer); ok && !isShare(v, keys == canaryTotal) {
			s.key(key, finding.Quote(v)+" is no weight; "+refusesAll+"give one from 0 on")
		}
	}
}

// expression adds a value that is put into a regular expression, if that is used at all.
func (s *harms) expression(key, v, expression string, used bool) {
	if used && !isRegex(expression) {
		s.key(key, notRE2(v))
	}
}

// isShare tells whether a weight stays what it is in 32 bits. A total that is not positive is the default one.
func isShare(v string, total bool) bool {
	n, err := strconv.Atoi(v)
	return err == nil && n <= math.MaxInt32 && (n >= 0 || total)
}

var (
	rewriteTarget = [2]string{nginxPrefix + "rewrite-target", higressPrefix + "rewrite-target"}
	useRegex      = [2]string{nginxPrefix + "use-regex", higressPrefix + "use-regex"}
)

const (
	keyFullPath    = higressPrefix + "full-path-regex"
	keyRewritePath = higressPrefix + "rewrite-path"
)

// paths: with some annotations a path becomes a regular expression (pkg/ingress/kube/annotations NeedRegexMatch and
// rewrite.go, ingressv1/controller.go generateHttpMatches). What NGINX takes, a look-ahead for example, is none to Envoy.
func (s *harms) paths(ing *networkingv1.Ingress) {
	_, target, _ := effective(s.annotations, rewriteTarget, text)
	_, regex, _ := effective(s.annotations, useRegex, boolean)
	rewrite := normalize(s.annotations[keyRewritePath])
	full := isTrue(s.annotations[keyFullPath])
	all, end := isTrue(regex) || full || strings.ContainsAny(target, `$\`), ".*"
	if full {
		end = "$"
	}
	if !all && target == "" && rewrite == "" {
		return
	}
	for i := range ing.Spec.Rules {
		rule := &ing.Spec.Rules[i]
		if rule.HTTP == nil {
			continue
		}
		for _, p := range rule.HTTP.Paths {
			expression := ""
			switch {
			case all, target != "" && strings.ContainsAny(p.Path, `\.+*?()|[]{}^$`):
				expression = p.Path + end
			case rewrite != "" && !strings.HasSuffix(rewrite, "/") && !isExact(&p):
				expression = "^" + strings.TrimSuffix(p.Path, "/") + "(/.*)?"
			}
			if !isRegex(expression) {
				s.add("spec.rules", "path "+finding.Quote(p.Path)+" of host "+finding.Quote(rule.Host)+
					" becomes a regular expression by use-regex, full-path-regex, rewrite-target or rewrite-path, and is not one of RE2; "+refusesAll+"correct it")
			}
		}
	}
}

func isExact(p *networkingv1.HTTPIngressPath) bool {
	return p.PathType != nil && *p.PathType == networkingv1.PathTypeExact
}

// variable is what may begin with a percent sign in the value of a header: another one, or a variable of Envoy
// (source/common/formatter/substitution_formatter.cc).
var variable = regexp.MustCompile(`(?s)^%(?:%|[A-Z0-9_]+(?:\(.*?\))?(?::[0-9]+)?%)`)

// headers looks for values of headers that Envoy cannot read. Which variables there are only Envoy knows.
func (s *harms) headers() {
	for _, keys := range [...]*[3]string{&requestHeaderKeys, &responseHeaderKeys} {
		for _, key := range keys[:2] {
			v, given := s.annotations[key]
			if !given || strings.IndexByte(v, '%') < 0 {
				continue
			}
			for name, value := range headerLinesOf(v) {
				if !strings.HasPrefix(name, ":") && !strings.EqualFold(name, "host") && !readable(value) {
					s.key(key, "header "+finding.Quote(name)+": in "+finding.Quote(value)+" a percent sign begins no variable of Envoy; "+
						refusesAll+"write two percent signs for one")
				}
			}
		}
	}
}

func readable(value string) bool {
	for {
		at := strings.IndexByte(value, '%')
		if at < 0 {
			return true
		}
		found := variable.FindString(value[at:])
		if found == "" {
			return false
		}
		value = value[at+len(found):]
	}
}
