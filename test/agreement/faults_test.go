package agreement_test

import "strings"

// faults are what somebody would refuse sooner or later. Those that would take OpenKruiseGame minutes or its memory, such
// as ranges of thousands of millions, are left out: it would be no test of ours any more.
var faults = []trait{
	{"a dot in the name", func(d *draft) { d.name += ".x" }},
	{"a name too long for the label of its pods", func(d *draft) { d.pad(53 + d.IntN(10)) }},
	{"a name too long for anything", func(d *draft) { d.pad(pick(d, 64, 254)) }},
	{"a name that is none", func(d *draft) { d.name = pick(d, "N", "_", "-") + d.name + pick(d, "", "-") }},
	{"a name that ends with a dash", func(d *draft) { d.name += "-" }},
	{"fewer than no servers", func(d *draft) { d.servers(-1) }},
	{"no replicas", func(d *draft) { d.Replicas = nil }},

	{"a reserved id as a string", func(d *draft) { d.reserve("5") }},
	{"spaces in a range", func(d *draft) { d.reserve(pick(d, " 1-3", "1 - 3", "1-3 ")) }},
	{"a range backwards", func(d *draft) { d.reserve("3-1") }},
	{"a range that is none", func(d *draft) { d.reserve(pick(d, "", "a-b", "1-", "-1", "1-2-3", "1,3")) }},
	{"a range without end", func(d *draft) { d.reserve("99999999999999999999-99999999999999999999") }},
	{"a negative reserved id", func(d *draft) { d.reserve(-1) }},

	{"two ids in the host", func(d *draft) { d.set("Host", d.host("a<id>-b<id>")) }},
	{"capitals in the host", func(d *draft) { d.set("Host", d.host("S<id>")) }},
	{"a dot after the host", func(d *draft) { d.set("Host", d.host("s<id>")+".") }},
	{"a host that is no name", func(d *draft) {
		d.set("Host", pick(d, "a..b", "a_b", "-a", " a", "http://a", "a:80", "a/b", "ä", "<ID>.a", "a\n"))
	}},
	{"a host of 254", func(d *draft) { d.set("Host", strings.Repeat("a.", 126)+"<id>"+"b") }},
	{"a host that is an address", func(d *draft) {
		d.set("Host", pick(d, "10.0.0.<id>", "<id>.1.1.1", "10.0.0.1", "010.0.0.<id>", "::<id>"))
	}},
	{"a wildcard in the wrong place", func(d *draft) { d.set("Host", pick(d, "*", "a.*.test", "*a.test", "*.*.test", "*<id>.test", "*.")) }},

	{"no path", func(d *draft) { d.remove("Path") }},
	{"two ids in a path", func(d *draft) { d.set("Path", "/", "/<id>/<id>") }},
	{"a path that is not absolute", func(d *draft) { d.set("Path", pick(d, "a", "<id>", " /", "*")) }},
	{"an empty path", func(d *draft) { d.set("Path", ""); d.set("PathType", pick(d, "Exact", "Prefix")) }},
	{"a path that is not absolute, of no type", func(d *draft) { d.set("Path", "a"); d.set("PathType", "ImplementationSpecific") }},
	{"what no path may hold", func(d *draft) {
		d.set("Path", pick(d, "/a//b", "//", "/a/./b", "/../a", "/%2f", "/a%2F", "/..", "/a/."))
		d.set("PathType", pick(d, "Exact", "Prefix"))
	}},
	{"what no path may hold, of one server", func(d *draft) {
		d.ReserveGameServerIDs = nil
		d.servers(3)
		d.set("Path", "/%<id>"+pick(d, "f", "F"))
		d.set("PathType", "Prefix")
	}},
	{"no path type", func(d *draft) { d.remove("PathType") }},
	{"a path type that is none", func(d *draft) {
		d.set("PathType", pick(d, "prefix", "Regex", "", "Exact ", "ImplementationSpecific,Prefix"))
	}},
	{"a second path type that is none", func(d *draft) { d.set("Path", "/a", "/b"); d.set("PathType", "Exact", "Exakt") }},

	{"no port", func(d *draft) { d.remove("Port") }},
	{"a port that is no number", func(d *draft) { d.set("Port", pick(d, "abc", "", " 80", "80,81", "0x50", "8e1", "80.0", "http")) }},
	{"a number that is no port", func(d *draft) { d.set("Port", pick(d, "0", "-1", "65536", "99999999999", "-99999999999")) }},
	{"a port twice", func(d *draft) { d.set("Path", "/a", "/b"); d.set("Port", "80", pick(d, "80", "080", "+80")) }},
	{"a surplus port that is none", func(d *draft) { d.set("Port", "80", pick(d, "0", "70000")) }},

	{"an empty class", func(d *draft) { d.set("IngressClassName", "") }},
	{"a class that is no name", func(d *draft) { d.set("IngressClassName", pick(d, "Higress", "a b", "c<id>", "a/b")) }},
	{"spaces in tls hosts", func(d *draft) { d.add("TlsHosts", "a.test, b.test") }},
	{"empty tls hosts", func(d *draft) { d.add("TlsHosts", pick(d, "", ",", "a.test,")) }},
	{"tls hosts that are none", func(d *draft) { d.add("TlsHosts", pick(d, "s<id>.test", "A.test", "a.*", "*", "a.test.")) }},
	{"a secret that is no name", func(d *draft) { d.add("TlsSecretName", pick(d, "Secret", "a_b", "s<id>", " ", "a/b")) }},

	{"an annotation without a space", func(d *draft) { d.add("Annotation", pick(d, "k:v", "k", "", "k :v")) }},
	{"an annotation with two", func(d *draft) { d.add("Annotation", pick(d, "k: X-Id: 7", `k: {"a": 1}`, "k: : ")) }},
	{"an annotation key that is none", func(d *draft) {
		d.add("Annotation", pick(d, ": v", "a/b/c: v", "a b: v", " k: v", "k : v", "-k: v", "ex_ample.com/k: v", "k<id>: v", strings.Repeat("k", 64)+": v"))
	}},
	{"another class as an annotation", func(d *draft) {
		d.set("IngressClassName", "higress")
		d.add("Annotation", "kubernetes.io/ingress.class: nginx")
	}},
	{"parameters that no pod can hold", func(d *draft) { d.add("Annotation", "k: "+strings.Repeat("<", 50_000)) }},

	{"a name in the wrong case", func(d *draft) { d.misspell(strings.ToLower) }},
	{"a plural", func(d *draft) { d.misspell(func(s string) string { return s + "s" }) }},
	{"a misspelt name beside the right one", func(d *draft) {
		d.add(pick(d, "host", "Hosts", "path", "PathTypes", "port", "Ingressclassname", "IngressClass-Name", "TLSHosts", "Annotations", "fixed"), "x")
	}},

	{"no network type", func(d *draft) { d.Network.NetworkType = "" }},
	{"a misspelt network type", func(d *draft) { d.Network.NetworkType = pick(d, "kubernetes-ingress", "Kubernetes-Ingres") }},
	{"an unknown network type", func(d *draft) { d.Network.NetworkType = "Acme-LoadBalancer" }},
}
