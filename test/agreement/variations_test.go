package agreement_test

import (
	"fmt"
	"strings"

	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
)

// variations are what a set may say and still work, odd as some of it is.
var variations = []trait{
	{"name starts with a digit", func(d *draft) { d.name = fmt.Sprintf("%dn", d.n) }},
	{"dashes and digits in the name", func(d *draft) { d.name += pick(d, "-0-3", "-1", "--2", "-007") }},
	{"as long a name as may be", func(d *draft) { d.pad(52) }},

	{"no servers", func(d *draft) { d.servers(0) }},
	{"three servers", func(d *draft) { d.servers(3) }},
	{"reserved ids", func(d *draft) { d.reserve(0, 2) }},
	{"reserved ranges", func(d *draft) { d.reserve("1-3", 5, "3-4") }},
	{"reserved twice, with zeros, beyond", func(d *draft) { d.reserve("00-01", 1, 1, "1-1", "2147483646-2147483647") }},
	{"a wide range", func(d *draft) { d.reserve("1-50000") }},

	{"one host, a path per server", func(d *draft) { d.set("Host", d.host("all")); d.set("Path", "/s<id>") }},
	{"one host and path for all", func(d *draft) { d.set("Host", d.host("all")) }},
	{"no host", func(d *draft) { d.remove("Host") }},
	{"an empty host", func(d *draft) { d.set("Host", "") }},
	{"a wildcard host", func(d *draft) { d.set("Host", "*."+d.host("s<id>")) }},
	{"the id is a label", func(d *draft) { d.set("Host", d.host("<id>")) }},
	// The API server does not mind, though no name in the DNS has a label of more than 63.
	{"a label of 64", func(d *draft) { d.set("Host", d.host(strings.Repeat("a", 63)+"<id>")) }},
	{"a bad host before the one that counts", func(d *draft) { d.set("Host", "Bad.", d.host("s<id>")) }},
	{"almost an address", func(d *draft) { d.set("Host", fmt.Sprintf("10.%d.300.<id>", d.n)) }},

	{"several paths", func(d *draft) { d.set("Path", "/a", "/b<id>", "/c/") }},
	{"a path per port and type", func(d *draft) {
		d.set("Path", "/a", "/b")
		d.set("PathType", "Prefix", "Exact")
		d.set("Port", "5000", "5001")
	}},
	{"more paths than types and ports", func(d *draft) {
		d.set("Path", "/a", "/b", "/c")
		d.set("PathType", "Exact", "Prefix")
		d.set("Port", "5000", "5001")
	}},
	{"a regular expression", func(d *draft) {
		d.set("Path", "/s<id>(/|$)(.*)")
		d.set("PathType", "ImplementationSpecific")
	}},
	{"what only some types refuse", func(d *draft) {
		d.set("Path", pick(d, "", "/a//b", "/%2f", "/../x", "/."))
		d.set("PathType", "ImplementationSpecific")
	}},
	{"odd but absolute paths", func(d *draft) { d.set("Path", pick(d, "/ä ö", "/a?b=c#d", "/...", "/%2", "/.a", `/\`, "/a\tb")) }},
	{"an exact path", func(d *draft) { d.set("PathType", "Exact") }},
	{"surplus path types", func(d *draft) { d.set("PathType", "Prefix", "Exact", "Regex") }},
	{"surplus ports", func(d *draft) { d.set("Port", "5000", "6000", "7000") }},
	{"a port written oddly", func(d *draft) { d.set("Port", pick(d, "+80", "0080", "65535", "1")) }},

	{"no class", func(d *draft) { d.remove("IngressClassName") }},
	{"another class", func(d *draft) { d.set("IngressClassName", "nginx.v1") }},
	{"class twice, the first bad", func(d *draft) { d.set("IngressClassName", "Bad Class", "higress") }},
	{"tls", func(d *draft) { d.add("TlsHosts", "*.agreement.test,a.test"); d.add("TlsSecretName", "wild.card") }},
	{"tls hosts without a secret", func(d *draft) { d.add("TlsHosts", "10.0.0.1,a") }},
	{"a secret without tls hosts", func(d *draft) { d.add("TlsSecretName", "card") }},
	{"an empty secret", func(d *draft) { d.add("TlsSecretName", "") }},

	{"annotations", func(d *draft) {
		d.add("Annotation", "higress.io/timeout: 30")
		d.add("Annotation", "plain: 100% {a:b}")
	}},
	{"an annotation twice", func(d *draft) { d.add("Annotation", "k: a"); d.add("Annotation", "k: b") }},
	{"an annotation without value", func(d *draft) { d.add("Annotation", "k: ") }},
	{"an annotation key with capitals", func(d *draft) { d.add("Annotation", "Example.COM/My_Key.1: x") }},
	{"an id in an annotation", func(d *draft) { d.add("Annotation", "k: s<id>, <id>") }},
	{"OpenKruiseGame's own annotation", func(d *draft) { d.add("Annotation", "game.kruise.io/ingress-hash: 1") }},
	{"class as an annotation", func(d *draft) {
		d.remove("IngressClassName")
		d.add("Annotation", "kubernetes.io/ingress.class: Any Thing")
	}},
	{"class both ways", func(d *draft) {
		d.set("IngressClassName", "higress")
		d.add("Annotation", "kubernetes.io/ingress.class: higress")
	}},

	{"fixed", func(d *draft) { d.add("Fixed", pick(d, "true", "1", "T", "TRUE")) }},
	{"not fixed", func(d *draft) { d.add("Fixed", pick(d, "false", "yes", "", "tRUE")) }},
	{"containers that need not be ready", func(d *draft) { d.add("AllowNotReadyContainers", "sidecar") }},
	{"a name that nothing resembles", func(d *draft) { d.add(pick(d, "Colour", "", "HealthCheck"), "x") }},
	{"in another order", func(d *draft) {
		conf := d.Network.NetworkConf
		d.Shuffle(len(conf), func(i, j int) { conf[i], conf[j] = conf[j], conf[i] })
	}},

	{"ports of the node", func(d *draft) { d.other("Kubernetes-HostPort", "ContainerPorts", "game:7777/TCP") }},
	{"ports of all nodes", func(d *draft) { d.other("Kubernetes-NodePort", "PortProtocols", "7777/TCP") }},
	{"no network", func(d *draft) { d.bare = true }},
}

// other is a network without Ingresses.
func (d *draft) other(networkType, name, value string) {
	d.Network.NetworkType, d.Network.NetworkConf = networkType, []gameserver.Param{{Name: name, Value: value}}
}
