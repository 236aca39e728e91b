package gateway

import (
	"testing"
)

func TestEveryKeyIsInTheCatalogOnceWithWhatItNeeds(t *testing.T) {
	seen := map[string]bool{}
	families := map[Setting]int{}
	for _, e := range catalog {
		if seen[e.suffix] || e.doc == "" || !isKeyName(e.suffix) {
			t.Errorf("%q is there twice, without a word about it, or no key", e.suffix)
		}
		seen[e.suffix] = true
		families[e.setting]++
		if e.grammar.String() == "unknown" {
			t.Errorf("%q has a grammar without a name", e.suffix)
		}
		if _, listed := unread[e.suffix]; listed {
			t.Errorf("%q is both read and unread", e.suffix)
		}
	}
	for _, e := range matchEntries {
		families[e.setting]++
	}
	for i, e := range matchEntries {
		if e.suffix != matchSubjects[i] {
			t.Errorf("entry %d is %q, want %q", i, e.suffix, matchSubjects[i])
		}
	}
	for _, s := range Settings() {
		if families[s] == 0 && s != WebSocketRoute {
			t.Errorf("setting %q has no key", s)
		}
		delete(families, s)
	}
	delete(families, "")
	if len(families) > 0 {
		t.Errorf("keys of settings that do not exist: %v", families)
	}
}

func TestKeysAreReadUnderTheirPrefixesOnly(t *testing.T) {
	d := For(Higress)
	for _, e := range catalog {
		own, nginx := higressPrefix+e.suffix, nginxPrefix+e.suffix
		if !d.Reads(own) || d.Reads(nginx) != (e.prefixes == both) {
			t.Errorf("%q: read as %v and %v", e.suffix, d.Reads(own), d.Reads(nginx))
		}
		if s, ok := d.SettingOf(own); s != e.setting || ok != (e.setting != "") {
			t.Errorf("%q is of setting %q", own, s)
		}
		if s, _ := d.SettingOf(nginx); e.prefixes == both && s != e.setting || e.prefixes != both && s != "" {
			t.Errorf("%q is of setting %q", nginx, s)
		}
		twin, ok := d.Twin(own)
		if ok != (e.prefixes == both) || ok && twin != nginx {
			t.Errorf("%q has twin %q", own, twin)
		}
		if _, ok := d.Twin(nginx); ok {
			t.Errorf("%q has a twin", nginx)
		}
		if want := nginx; e.prefixes == both {
			if d.Canonical(nginx) != own {
				t.Errorf("%q is really %q", nginx, d.Canonical(nginx))
			}
		} else if d.Canonical(nginx) != want {
			t.Errorf("%q became %q", nginx, d.Canonical(nginx))
		}
		if d.Canonical(own) != own {
			t.Errorf("%q became %q", own, d.Canonical(own))
		}
	}
	for _, key := range []string{
		"timeout", "higress.io/", "mse.ingress.kubernetes.io/timeout", "higress.ingress.kubernetes.io/timeout", "higress.io/Timeout",
		"nginx.ingress.kubernetes.io/exact-match-header-x", "higress.io/exact-match-header-", "higress.io/match-header-x", "higress.io/exact-match-cookie-x",
	} {
		if d.Reads(key) || d.Accepts(key, "1") || d.Canonical(key) != key {
			t.Errorf("%q is read", key)
		}
	}
	for key, want := range map[string]Setting{
		"higress.io/exact-match-header-x": HeaderMatching, "higress.io/regex-match-header-X-Y": HeaderMatching,
		"higress.io/prefix-match-query-q": "", "higress.io/exact-match-pseudo-header-path": "",
	} {
		if s, _ := d.SettingOf(key); !d.Reads(key) || s != want {
			t.Errorf("%q is of setting %q, want %q", key, s, want)
		}
	}
}

func TestAccepts(t *testing.T) {
	d := For(Higress)
	for key, values := range map[string]struct{ yes, no []string }{
		"timeout":                            {[]string{"30", "0", "-5", "+7", "00030"}, []string{"30s", " 30", "30 ", "", "1.5", "1e3", "99999999999999999999"}},
		"proxy-next-upstream-tries":          {[]string{"3", "-3", "2147483647"}, []string{"2147483648", "x", ""}},
		"canary":                             {[]string{"true", "TRUE", "t", "1", "false", "0", "F"}, []string{"yes", "on", "", " true", "tRue"}},
		"upstream-vhost":                     {[]string{"a", " a ", "\n\n"}, []string{"", "  ", "\t"}},
		"affinity":                           {[]string{"", "none", "cookie"}, nil},
		"request-header-control-add":         {[]string{"X a", "bad\nX\ta", "X \"a b\""}, []string{"", "X", "X ", "X\nY", "\n"}},
		"request-header-control-remove":      {[]string{"a", "a, b", ",a"}, []string{"", ",", " , "}},
		"proxy-next-upstream":                {[]string{"off", "error", "error timeout", "foo,http_502", "non_idempotent"}, []string{"", ",", "foo", "http_999", "5xx", "http_"}},
		"whitelist-source-range":             {[]string{"10.0.0.0/8", "bad, 10.0.0.1", "::1", "10.0.0.5/8"}, []string{"", "bad", "*", "10.0.0.0/8,*", "10.0.0.0/33", "1.2.3"}},
		"custom-http-errors":                 {[]string{"404,503", "x,404"}, []string{"", "x", "-1"}},
		"match-method":                       {[]string{"GET", "get POST", "FOO GET"}, []string{"", "FOO", "GET,POST", "GET\nPOST", "GET\tPOST"}},
		"temporal-redirect":                  {[]string{"http://a", "https://a/b"}, []string{"", "/a", "ftp://a", "a", "http://%zz"}},
		"permanent-redirect-code":            {[]string{"300", "308"}, []string{"299", "309", "x", ""}},
		"backend-protocol":                   {[]string{"HTTP", "grpc", " https "}, []string{"", "WS", "WSS", "AUTO_HTTP", "HTTP HTTPS"}},
		"proxy-ssl-verify":                   {[]string{"on", "off"}, []string{"", "true", "On"}},
		"load-balance":                       {[]string{"round_robin", "RANDOM", "mcp-sse"}, []string{"", "ewma", "unspecified"}},
		"upstream-hash-by":                   {[]string{"$host", "$http_x", "$arg_x", "$remote_addr", "$request_uri"}, []string{"", "host", "$http_", "$cookie_x"}},
		"tls-min-protocol-version":           {[]string{"TLSv1.2"}, []string{"", "TLSv1", "1.2"}},
		"mcp-server-match-rule-type":         {[]string{"exact", "regex"}, []string{"", "Exact"}},
		"mcp-server-upstream-type":           {[]string{"sse"}, []string{"", "grpc"}},
		"exact-match-header-x":               {[]string{"", "a", "a b"}, nil},
		"mcp-server-enable-path-rewrite":     {[]string{"true"}, []string{"yes"}},
		"session-cookie-max-age":             {[]string{"60"}, []string{"1h"}},
		"mirror-target-fqdn-port":            {[]string{"80"}, []string{"http"}},
		"nginx.ingress.kubernetes.io/canary": {[]string{"true"}, []string{"yes"}},
	} {
		if key[0] != 'n' || key == "nginx" {
			key = higressPrefix + key
		}
		for _, v := range values.yes {
			if !d.Accepts(key, v) {
				t.Errorf("%q: %q is dropped", key, v)
			}
		}
		for _, v := range values.no {
			if d.Accepts(key, v) {
				t.Errorf("%q: %q is taken", key, v)
			}
		}
	}
}
