package preview

import (
	"fmt"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/offline"
)

// remarks are the findings with what they are about. What is said of a set is not said again of each of its servers.
func remarks(r Report, groups []servers) []string {
	var out []string
	said := map[string]bool{}
	add := func(about string, f finding.Finding) {
		line := fmt.Sprintf("%s: %s: %s", f.Severity, about, offline.Escape(f.String()))
		if !said[line] {
			said[line] = true
			out = append(out, line)
		}
	}
	ofPolicy := map[string]bool{} // the engine says of an Ingress again what its policy is told, with the policy's name
	for _, p := range r.Policies {
		for _, f := range p.Findings {
			ofPolicy[f.Field+": GamePolicy "+p.Name+": "+f.Message] = true
			add("GamePolicy "+offline.Printable(p.Name), f)
		}
	}
	ofSet := map[string]bool{}
	for _, s := range r.GameServerSets {
		for _, f := range s.Findings {
			ofSet[s.Namespace+"/"+s.Name+string(f.Code)] = true
			add("GameServerSet "+offline.Printable(s.Namespace+"/"+s.Name), f)
		}
	}
	for _, g := range groups {
		for _, f := range g.findings() {
			if ofPolicy[f.Field+": "+f.Message] {
				continue
			}
			about := f.servers
			if first := about[0]; first.ID != nil && ofSet[first.Namespace+"/"+first.GameServerSet+string(f.Code)] {
				continue
			}
			add("Ingress "+about.title(), f.Finding)
		}
	}
	return out
}

// common is a finding with the Ingresses of which it is made.
type common struct {
	finding.Finding
	servers
}

func (g servers) findings() []common {
	var out []common
	place := map[finding.Finding]int{}
	for _, i := range g {
		for _, f := range i.Findings {
			at, known := place[f]
			if !known {
				at = len(out)
				place[f] = at
				out = append(out, common{Finding: f})
			}
			out[at].servers = append(out[at].servers, i)
		}
	}
	return out
}
