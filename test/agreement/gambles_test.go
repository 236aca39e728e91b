package agreement_test

import (
	"strings"

	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
)

// gambles put values together from pieces that some rule is about. Whether one works is for the neighbours to say: they
// find what nobody thought of listing.
var gambles = []trait{
	{"a host of pieces", func(d *draft) {
		d.set("Host", d.pieces("a", "<id>", "-", ".", ".", "*", "_", "A", "1", "10.", "xn--", "%", " ", ":", "0x"))
	}},
	{"a path of pieces", func(d *draft) {
		d.set("Path", "/"+d.pieces("/", "a", "<id>", ".", "..", "%", "2", "f", "F", "?", " ", `\`, "*"))
		d.set("PathType", pick(d, "Exact", "Prefix", "ImplementationSpecific"))
	}},
	{"a port of pieces", func(d *draft) { d.set("Port", d.pieces("+", "-", "0", "8", "6", "_", "e", "x", " ")) }},
	{"a class of pieces", func(d *draft) { d.set("IngressClassName", d.pieces("a", "-", ".", "A", "1", "/", " ")) }},
	{"tls of pieces", func(d *draft) {
		d.add("TlsHosts", d.pieces("a", ",", ".", "*.", "-", "<id>", " ", "1"))
		d.add("TlsSecretName", d.pieces("a", "-", ".", "A", "1", "/"))
	}},
	{"an annotation of pieces", func(d *draft) {
		d.add("Annotation", d.pieces("k", "k", "/", ".", "_", "-", "A", "1", " ", ":")+pick(d, ": ", ": ", ": ", ":")+d.pieces("v", ":", " ", "<id>", "\n", "\x00"))
	}},
	{"a range of pieces", func(d *draft) { d.reserve(d.pieces("0", "1", "3", "-", "-", " ", "+", "a")) }},
	{"a name of pieces", func(d *draft) { d.name += d.pieces("a", "-", "-", "1", "0", ".", "A") }},
	{"a parameter of pieces", func(d *draft) { d.add(d.pieces("Host", "Path", "Type", "Port", "s", "Tls", "-", " "), "x") }},
	{"any order of any parameters", func(d *draft) {
		conf := []gameserver.Param{
			{Name: "Path", Value: "/a"}, {Name: "Path", Value: "/b<id>"}, {Name: "PathType", Value: "Exact"}, {Name: "Port", Value: "6000"},
			{Name: "Host", Value: d.host("t<id>")}, {Name: "TlsHosts", Value: "a.test"}, {Name: "Fixed", Value: "true"}, {Name: "Annotation", Value: "k: v"},
		}
		conf = append(conf, d.Network.NetworkConf...)
		d.Shuffle(len(conf), func(i, j int) { conf[i], conf[j] = conf[j], conf[i] })
		d.Network.NetworkConf = conf[:1+d.IntN(len(conf))]
	}},
}

func (d *draft) pieces(from ...string) string {
	var text strings.Builder
	for range 1 + d.IntN(5) {
		text.WriteString(pick(d, from...))
	}
	return text.String()
}
