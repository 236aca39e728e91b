package gameserver

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	netutils "k8s.io/utils/net"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

// problem is one thing that the API server refuses in the Ingress of some of a set's servers.
type problem struct {
	what     string              // "the host"
	written  string              // the parameter it comes from, as written
	value    func(id int) string // what it is for one server
	reason   string
	setField string // where it comes from in the GameServerSet
	ownField string // where it stands in the Ingress
	ids      []int
}

const consequence = "; the API server refuses the Ingress"

// judge tells what the API server refuses because of the host or a path: what may differ between servers.
// With no ids yet, server 0 stands for those to come.
func (t Template) judge(ids []int) []*problem {
	if len(ids) == 0 {
		ids = []int{0}
	}
	var problems []*problem
	if t.host.param >= 0 {
		groups := byLength(ids)
		if t.host.hasID && isIP(t.host.of(0)) {
			groups = eachAlone(ids) // "1.2.3.<id>" is an IP address up to id 255 and a name from then on
		}
		problems = judgeGroups(groups, t.judgeHost)
	}
	for i, path := range t.paths {
		if len(problems) > maxFindings {
			break
		}
		groups := [][]int{ids}
		if path.hasID && strings.HasSuffix(path.before, "%") {
			groups = twoAlone(ids) // "%<id>f" is the forbidden "%2f" for server 2; no other rule for paths is about digits
		}
		problems = append(problems, judgeGroups(groups, func(id int) *problem { return t.judgePath(i, id) })...)
	}
	return problems
}

// byLength groups ids with equally many digits: most rules are about the length of a name.
func byLength(ids []int) [][]int {
	var groups [][]int
	for start, end := 0, 0; start < len(ids); start = end {
		for end = start + 1; end < len(ids) && len(strconv.Itoa(ids[end])) == len(strconv.Itoa(ids[start])); {
			end++
		}
		groups = append(groups, ids[start:end])
	}
	return groups
}

func eachAlone(ids []int) [][]int {
	groups := make([][]int, 0, len(ids))
	for i := range ids {
		groups = append(groups, ids[i:i+1])
	}
	return groups
}

func twoAlone(ids []int) [][]int {
	at, there := slices.BinarySearch(ids, 2)
	if !there {
		return [][]int{ids}
	}
	return slices.DeleteFunc([][]int{ids[:at], ids[at : at+1], ids[at+1:]}, func(g []int) bool { return len(g) == 0 })
}

// judgeGroups judges one id of each group, whose ids are alike, and joins groups with the same problem.
func judgeGroups(groups [][]int, judge func(id int) *problem) []*problem {
	var out []*problem
	byReason := map[string]*problem{}
	for _, group := range groups {
		p := judge(group[0])
		if p == nil {
			continue
		}
		if byReason[p.reason] == nil {
			byReason[p.reason] = p
			out = append(out, p)
		}
		byReason[p.reason].ids = append(byReason[p.reason].ids, group...)
	}
	return out
}

func (t Template) judgeHost(id int) *problem {
	reason := hostProblem(t.host.of(id), true)
	if reason == "" {
		return nil
	}
	return &problem{
		what: "the host", value: t.host.of, reason: reason,
		written:  "parameter " + paramHost + " " + finding.Quote(t.host.String()) + ": ",
		setField: valueField(t.host.param), ownField: "spec.rules[0].host",
	}
}

func (t Template) judgePath(i, id int) *problem {
	reason := pathProblem(t.paths[i].of(id), orFirst(t.pathTypes, i))
	if reason == "" {
		return nil
	}
	return &problem{
		what: "the path", value: t.paths[i].of, reason: reason,
		written:  "parameter " + paramPath + " " + finding.Quote(t.paths[i].String()) + ": ",
		setField: valueField(t.paths[i].param), ownField: fmt.Sprintf("spec.rules[0].http.paths[%d].path", i),
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
	message := fmt.Sprintf("%s%s %s%s %s%s", p.written, p.what, finding.Quote(p.value(p.ids[0])), whose, p.reason, consequence)
	return finding.Finding{Code: finding.IngressInvalid, Severity: finding.Error, Field: p.setField, Message: message}
}

// ofServer is the problem as said of one server's Ingress.
func (p *problem) ofServer(id int) finding.Finding {
	return finding.Finding{
		Code: finding.IngressInvalid, Severity: finding.Error, Field: p.ownField,
		Message: fmt.Sprintf("%s %s %s%s", p.what, finding.Quote(p.value(id)), p.reason, consequence),
	}
}

// isIP is the API server's test for an IP address in place of a host.
func isIP(host string) bool { return netutils.ParseIPSloppy(host) != nil }
