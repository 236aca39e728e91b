package gameserver

import (
	"fmt"
	"strings"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

// otherNetwork says what becomes of a set whose network is not the Ingress plugin.
func (p *parser) otherNetwork(networkType string) {
	const field = "spec.network.networkType"
	for _, t := range networkTypes {
		if t == networkType {
			p.found.info(finding.NetworkTypeOther, field, "%s makes no Ingress; only %s does", finding.Quote(networkType), NetworkType)
			return
		}
	}
	switch near, ok := nearest(networkType, networkTypes); {
	case networkType == "":
		p.found.error(finding.NetworkTypeOther, field, "is missing, OpenKruiseGame refuses the set; for Ingresses write %s", NetworkType)
	case ok:
		p.found.error(finding.NetworkTypeOther, field, "%s is not known to OpenKruiseGame, which refuses the set; did you mean %s?", finding.Quote(networkType), near)
	default:
		// A newer OpenKruiseGame may know it, so it is not ours to refuse.
		p.found.warn(finding.NetworkTypeOther, field, "%s is not known to OpenKruiseGame 1.0, which would refuse the set; only %s makes Ingresses", finding.Quote(networkType), NetworkType)
	}
}

// unknown: OpenKruiseGame reads names to the letter and ignores all others. What looks like one of its names is an Error,
// because its author believes that it counts; anything else a newer OpenKruiseGame may know, so it is not ours to refuse.
func (p *parser) unknown(i int, param Param) {
	severity, advice := finding.Warning, "the names are "+strings.Join(paramNames, ", ")
	if near, ok := nearest(param.Name, paramNames); ok {
		severity, advice = finding.Error, "did you mean "+near+"?"
		p.misspelt(near)
	}
	p.found.say(severity, finding.ParameterUnknown, fmt.Sprintf("%s[%d].name", confField, i), "parameter %s with value %s: OpenKruiseGame does not know the name and ignores it; %s", finding.Quote(param.Name), finding.Quote(param.Value), advice)
}

// misspelt notes a parameter that is there under a wrong name: nobody has to be told that it is missing too.
func (p *parser) misspelt(name string) {
	if p.meant == nil {
		p.meant = map[string]bool{}
	}
	p.meant[name] = true
}

// onlyLast notes a parameter of which OpenKruiseGame uses only the last.
func (p *parser) onlyLast(i int, param Param) {
	if p.last == nil {
		p.last = map[string]int{}
	}
	if before, repeated := p.last[param.Name]; repeated {
		p.found.warn(finding.ParameterRepeated, valueField(before), "parameter %s is given again in networkConf[%d]; only the last counts", param.Name, i)
	}
	p.last[param.Name] = i
}

// mandatory holds OpenKruiseGame to its own demand: one of each of these, or no Ingress.
func (p *parser) mandatory() {
	t := &p.template
	for _, m := range []struct {
		name, example string
		missing       bool
	}{
		{paramPath, "/", len(t.paths) == 0},
		{paramPathType, "Prefix", len(t.pathTypes) == 0},
		{paramPort, "8080", len(t.ports) == 0},
	} {
		if m.missing && !p.meant[m.name] {
			p.found.error(finding.ParameterMissing, confField, "parameter %s is missing; without it OpenKruiseGame makes no Ingress; add {name: %s, value: %q}", m.name, m.name, m.example)
		}
	}
	switch {
	case t.host.param < 0 && p.meant[paramHost]:
		t.hostMeant = true
	case t.host.param < 0:
		p.found.warn(finding.HostMissing, confField, "parameter %s is missing; the servers answer on every host that no other Ingress names; add one", paramHost)
	case t.host.String() == "" && !p.badHost:
		p.found.warn(finding.HostMissing, valueField(t.host.param), "parameter %s is empty; the servers answer on every host that no other Ingress names", paramHost)
	}
}

// surplus: path i goes with path type i and port i, and with the first of them where there is no i-th. Path types
// beyond the paths are lost; ports beyond them still stand on the Service.
func (p *parser) surplus() {
	t := &p.template
	if len(t.paths) == 0 {
		return
	}
	for i := len(t.paths); i < len(t.pathTypes); i++ {
		extra := t.pathTypes[i]
		p.found.warn(finding.ParameterIgnored, valueField(extra.param), "parameter %s: %s is number %d, of %s; it is not used", paramPathType, finding.Quote(string(extra.is)), i+1, finding.Count(len(t.paths), "path"))
	}
}

// samePort: OpenKruiseGame names the ports of the Service by their numbers, and the API server wants names to differ.
func (p *parser) samePort() {
	seen := map[int32]int{}
	for _, port := range p.template.ports {
		before, repeated := seen[port.is]
		if !repeated {
			seen[port.is] = port.param
			continue
		}
		if port.is > 0 && port.is <= 65535 { // else it has an Error of its own
			p.found.error(finding.ParameterRepeated, valueField(port.param), "parameter %s: %d is given in networkConf[%d] already, the API server refuses a Service with a port twice; give each port once, further paths use the first", paramPort, port.is, before)
		}
	}
}
