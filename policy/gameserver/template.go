package gameserver

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

const (
	placeholder = "<id>"
	confField   = "spec.network.networkConf"
	// hashAnnotation is how OpenKruiseGame recognises that an Ingress is up to date. It writes it over anything else.
	hashAnnotation = "game.kruise.io/ingress-hash"
)

// Template is what the parameters of a set say about the Ingress of each of its servers. The zero value makes none.
type Template struct {
	makes       bool // whether an Ingress can be computed at all
	hostMeant   bool // Host is there under a misspelt name
	host        value
	paths       []value
	pathTypes   []positioned[networkingv1.PathType]
	ports       []positioned[int32]
	class       *positioned[string]
	tlsHosts    *positioned[[]string]
	tlsSecret   *positioned[string]
	fixed       bool
	annotations map[string]positioned[string]
}

// positioned is what a parameter says, and which of the parameters it is.
type positioned[T any] struct {
	is    T
	param int
}

// value is a text with at most one place for the id.
type value struct {
	before, after string
	hasID         bool
	param         int // -1: not given
}

func (v value) of(id int) string {
	if !v.hasID {
		return v.before
	}
	return v.before + strconv.Itoa(id) + v.after
}

// String is the text as it was written.
func (v value) String() string {
	if !v.hasID {
		return v.before
	}
	return v.before + placeholder + v.after
}

func parseValue(param int, s string) (value, error) {
	before, after, hasID := strings.Cut(s, placeholder)
	if strings.Contains(after, placeholder) {
		return value{param: param}, errors.New("more than one <id>")
	}
	return value{before, after, hasID, param}, nil
}

func valueField(param int) string { return fmt.Sprintf("%s[%d].value", confField, param) }

// HostField is the field of the parameter that decides the host, or of all parameters where none does.
func (t Template) HostField() string {
	if !t.makes || t.host.param < 0 {
		return confField
	}
	return valueField(t.host.param)
}

// ParseNetwork reads the parameters as OpenKruiseGame does (cloudprovider/kubernetes/ingress.go parseIngConfig) and
// says everything that is wrong with them at once. OpenKruiseGame itself stops at the first error, with the words
// "Network Config Params Error" in an event of the pod, long after the set was accepted.
func ParseNetwork(n *Network) (Template, []finding.Finding) {
	if n == nil {
		return Template{}, nil
	}
	p := parser{template: Template{host: value{param: -1}, annotations: map[string]positioned[string]{}}}
	p.size(n.NetworkConf)
	if n.NetworkType != NetworkType {
		p.otherNetwork(n.NetworkType)
		return Template{}, p.found.list()
	}
	for i, param := range n.NetworkConf {
		p.param(i, param)
	}
	p.mandatory()
	p.surplus()
	p.samePort()
	p.apiServer()
	t := p.template
	t.makes = len(t.paths) > 0 && len(t.pathTypes) > 0 && len(t.ports) > 0 && !p.badHost && !p.badPath
	list := p.found.list()
	return t, list
}

// parser fills a template from the parameters, in their order.
type parser struct {
	template Template
	found    findings
	badHost  bool // the Host that counts has more than one <id>
	badPath  bool
	meant    map[string]bool // parameters that are there under a misspelt name
	last     map[string]int  // parameters of which only the last counts: where the last one so far stands
}

func (p *parser) param(i int, param Param) {
	t := &p.template
	switch param.Name {
	case paramHost:
		p.onlyLast(i, param)
		v, ok := p.value(i, param)
		t.host = v
		p.badHost = !ok
	case paramPath:
		v, ok := p.value(i, param)
		t.paths = append(t.paths, v)
		p.badPath = p.badPath || !ok
	case paramPathType:
		t.pathTypes = append(t.pathTypes, positioned[networkingv1.PathType]{networkingv1.PathType(param.Value), i})
	case paramPort:
		t.ports = append(t.ports, positioned[int32]{p.port(i, param.Value), i})
	case paramIngressClassName:
		p.onlyLast(i, param)
		t.class = &positioned[string]{param.Value, i}
	case paramTLSHosts:
		p.onlyLast(i, param)
		t.tlsHosts = &positioned[[]string]{strings.Split(param.Value, ","), i}
	case paramTLSSecretName:
		p.onlyLast(i, param)
		t.tlsSecret = &positioned[string]{param.Value, i}
	case paramFixed:
		p.onlyLast(i, param)
		t.fixed = p.fixed(i, param.Value)
	case paramAnnotation:
		p.annotation(i, param.Value)
	case paramAllowNotReady:
	default:
		p.unknown(i, param)
	}
}

func (p *parser) value(i int, param Param) (value, bool) {
	v, err := parseValue(i, param.Value)
	if err != nil {
		p.found.error(finding.ParameterTemplate, valueField(i), `parameter %s: %s has more than one <id>; OpenKruiseGame allows one in a value and makes no Ingress`, param.Name, finding.Quote(param.Value))
	}
	return v, err == nil
}

// port is the number that OpenKruiseGame takes: it ignores that a value does not parse, so what is no number counts as
// 0 and what is too great for an int32 as the greatest.
func (p *parser) port(i int, s string) int32 {
	n, err := strconv.ParseInt(s, 10, 32)
	switch {
	case errors.Is(err, strconv.ErrSyntax):
		p.found.error(finding.ParameterPort, valueField(i), "parameter %s: %s is no number; OpenKruiseGame takes it as 0, and the API server refuses that; give a port from 1 to 65535", paramPort, finding.Quote(s))
	case n < 1 || n > 65535:
		p.found.error(finding.ParameterPort, valueField(i), "parameter %s: %s is no port, the API server refuses the Service; give a port from 1 to 65535", paramPort, finding.Quote(s))
	}
	return int32(n)
}

func (p *parser) fixed(i int, s string) bool {
	fixed, err := strconv.ParseBool(s)
	if err != nil {
		p.found.warn(finding.ParameterIgnored, valueField(i), `parameter %s: %s is neither "true" nor "false"; OpenKruiseGame takes it as false`, paramFixed, finding.Quote(s))
	}
	return fixed
}

func (p *parser) annotation(i int, s string) {
	parts := strings.Split(s, ": ")
	if len(parts) != 2 {
		problem := `has no ": "; write "key: value", with a space after the colon`
		if len(parts) > 2 {
			problem = fmt.Sprintf(`has ": " %d times, OpenKruiseGame allows it once; such a value can only be set by a GamePolicy or on the Ingress`, len(parts)-1)
		}
		p.found.error(finding.ParameterAnnotation, valueField(i), "parameter %s: %s %s", paramAnnotation, finding.Quote(s), problem)
		return
	}
	key, text := parts[0], parts[1]
	switch before, repeated := p.template.annotations[key]; {
	case key == hashAnnotation:
		p.found.warn(finding.ParameterIgnored, valueField(i), "%s is OpenKruiseGame's own; the value given is not used", finding.Quote(key))
		return
	case repeated:
		p.found.warn(finding.ParameterRepeated, valueField(before.param), "parameter %s: the annotation %s is given again in networkConf[%d]; only the last counts", paramAnnotation, finding.Quote(key), i)
	}
	if strings.Contains(s, placeholder) {
		p.found.warn(finding.ParameterIgnored, valueField(i), "%s keeps <id>, which is filled in Host and Path only; use a GamePolicy", finding.Quote(key))
	}
	p.template.annotations[key] = positioned[string]{text, i}
}
