package gameserver

import (
	"fmt"
	"strconv"

	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	netutils "k8s.io/utils/net"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

// problem is one thing that the API server refuses (or, as a Warning, did refuse in older versions) in the Service or
// Ingress of some of a set's servers.
type problem struct {
	severity   finding.Severity
	what       string              // "the host"
	written    string              // the parameter it comes from, as written; empty for the name
	value      func(id int) string // what it is for one server
	reason     string
	setField   string // where it comes from in the GameServerSet
	ownField   string // where it stands in the Ingress
	ids        []int
	consequent string
}

// judge tells what the API server refuses because of the name, the host or a path: what may differ between servers.
// With no ids yet, server 0 stands for those to come.
func (t Template) judge(set string, ids []int) []*problem {
	if len(ids) == 0 {
		ids = []int{0}
	}
	problems := judgeEach(ids, sameLength, func(id int) *problem { return judgeName(set, id) })
	if t.host.param >= 0 && t.makes {
		group := sameLength
		if t.host.hasID && isIP(t.host.of(0)) {
			group = nil // "1.2.3.<id>" is an IP address up to id 255 and a name from then on
		}
		problems = append(problems, judgeEach(ids, group, t.judgeHost)...)
	}
	// An id is digits, and no rule for paths is about digits: one server stands for all.
	for i := range t.paths {
		if len(problems) > maxFindings {
			break
		}
		if p := t.judgePath(i, ids[0]); p != nil {
			p.ids = ids
			problems = append(problems, p)
		}
	}
	return problems
}

func sameLength(a, b int) bool { return len(strconv.Itoa(a)) == len(strconv.Itoa(b)) }

// judgeEach judges one id of each group of neighbours that are alike, and joins groups with the same problem.
// Most rules are about the length of a name, so that ids with equally many digits are alike.
func judgeEach(ids []int, alike func(a, b int) bool, judge func(id int) *problem) []*problem {
	var out []*problem
	byReason := map[string]*problem{}
	for start, end := 0, 0; start < len(ids); start = end {
		for end = start + 1; alike != nil && end < len(ids) && alike(ids[start], ids[end]); {
			end++
		}
		p := judge(ids[start])
		if p == nil {
			continue
		}
		if byReason[p.reason] == nil {
			byReason[p.reason] = p
			out = append(out, p)
		}
		byReason[p.reason].ids = append(byReason[p.reason].ids, ids[start:end]...)
	}
	return out
}

// judgeName judges the name that the pod, the Service and the Ingress of a server share. The Service is the strictest
// and is made before the Ingress.
func judgeName(set string, id int) *problem {
	p := &problem{
		severity: finding.Error, what: "the name", value: func(id int) string { return serverName(set, id) },
		setField: "metadata.name", ownField: "metadata.name", consequent: "; the API server refuses the Service, and OpenKruiseGame makes no Ingress without it",
	}
	name := serverName(set, id)
	switch {
	case len(name) > validation.DNS1123LabelMaxLength:
		p.reason = fmt.Sprintf("is longer than the %d characters that the name of a Service may have", validation.DNS1123LabelMaxLength)
	case len(apivalidation.NameIsDNSLabel(name, false)) > 0:
		p.reason = `cannot name a Service, which takes lower-case letters, digits and "-"`
	case len(apivalidation.NameIsDNS1035Label(name, false)) > 0:
		// kubernetes pkg/features RelaxedServiceNameValidation: on since 1.36.
		p.severity, p.reason, p.consequent = finding.Warning, "cannot name a Service before Kubernetes 1.36, where it had to start with a letter", ""
	default:
		return nil
	}
	return p
}

func (t Template) judgeHost(id int) *problem {
	reason := hostProblem(t.host.of(id), true)
	if reason == "" {
		return nil
	}
	return &problem{
		severity: finding.Error, what: "the host", value: t.host.of, reason: reason,
		written:  "parameter " + paramHost + " " + finding.Quote(t.host.String()) + ": ",
		setField: valueField(t.host.param), ownField: "spec.rules[0].host", consequent: "; the API server refuses the Ingress",
	}
}

func (t Template) judgePath(i, id int) *problem {
	reason := pathProblem(t.paths[i].of(id), orFirst(t.pathTypes, i))
	if reason == "" {
		return nil
	}
	return &problem{
		severity: finding.Error, what: "the path", value: t.paths[i].of, reason: reason,
		written:  "parameter " + paramPath + " " + finding.Quote(t.paths[i].String()) + ": ",
		setField: valueField(t.paths[i].param), ownField: fmt.Sprintf("spec.rules[0].http.paths[%d].path", i), consequent: "; the API server refuses the Ingress",
	}
}

// ofSet is the problem as said of the set, with an example and whom it concerns.
func (p *problem) ofSet(all int) finding.Finding {
	whose := ""
	if all > 1 {
		whose = " of every server"
		if len(p.ids) < all {
			whose = " of " + DescribeIDs(p.ids)
		}
	}
	message := fmt.Sprintf("%s%s %s%s %s%s", p.written, p.what, finding.Quote(p.value(p.ids[0])), whose, p.reason, p.consequent)
	return finding.Finding{Code: finding.IngressInvalid, Severity: p.severity, Field: p.setField, Message: message}
}

// ofServer is the problem as said of one server's Ingress.
func (p *problem) ofServer(id int) finding.Finding {
	return finding.Finding{
		Code: finding.IngressInvalid, Severity: p.severity, Field: p.ownField,
		Message: fmt.Sprintf("%s %s %s%s", p.what, finding.Quote(p.value(id)), p.reason, p.consequent),
	}
}

// isIP is the API server's test for an IP address in place of a host.
func isIP(host string) bool { return netutils.ParseIPSloppy(host) != nil }
