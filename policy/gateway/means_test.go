package gateway_test

import (
	"maps"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
	"github.com/gatehouse-dev/gatehouse/policy/gateway"
)

var keyShape = regexp.MustCompile(`^higress\.io/[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$`)

// checkRender renders a value and holds what must be true of any: keys are legal, known and of the value's family, every
// value is one that is accepted, nothing rendered is called harmful, messages hold no percent sign. Without a warning,
// what is rendered must mean the value to the reference.
func checkRender(t *testing.T, v gateway.Value, vars gateway.Vars) {
	t.Helper()
	d := gateway.For(gateway.Higress)
	out, found := d.Render(v, vars)
	for key, value := range out {
		if !keyShape.MatchString(key) || !d.Reads(key) {
			t.Errorf("%#v: key %q is illegal or not in the catalog", v, key)
		}
		if s, ok := d.SettingOf(key); !ok || s != v.Setting() {
			t.Errorf("%#v: %q belongs to %q, want %q", v, key, s, v.Setting())
		}
		if !d.Accepts(key, value) {
			t.Errorf("%#v: %q: %q is not accepted", v, key, value)
		}
		if raw := d.CheckRaw(key, value); len(raw) > 0 {
			t.Errorf("%#v: %q: %q: %v", v, key, value, raw)
		}
	}
	if harms := d.Harms(served(out)); len(harms) > 0 {
		t.Errorf("%#v: %v does harm: %v", v, out, harms)
	}
	exact := true
	for _, f := range found {
		exact = exact && f.Severity == finding.Info
		if strings.Contains(f.String(), "%") || f.Message == "" || f.Code == "" || f.Field == "" {
			t.Errorf("%#v: bad finding %#v", v, f)
		}
		if setting, _, _ := strings.Cut(string(v.Setting()), "."); !strings.HasPrefix(f.Field, setting) {
			t.Errorf("%#v: finding about %q", v, f.Field)
		}
	}
	again, foundAgain := d.Render(v, vars)
	if !maps.Equal(out, again) || !slices.Equal(found, foundAgain) {
		t.Errorf("%#v: rendered differently the second time", v)
	}
	if exact && !t.Failed() {
		checkMeaning(t, v, vars, out)
	}
}

func checkMeaning(t *testing.T, v gateway.Value, vars gateway.Vars, out map[string]string) {
	t.Helper()
	ref := reference(out)
	switch v := v.(type) {
	case gateway.Timeout:
		if got := ref.timeout(); got != v.Request {
			t.Errorf("timeout %v, want %v", got, v.Request)
		}
	case gateway.WebSocket:
		if len(out) > 0 {
			t.Errorf("WebSocket rendered %v", out)
		}
	case gateway.RateLimit:
		if got, want := ref.limit(), bucketOf(v); got != want {
			t.Errorf("%+v means %+v, want %+v", v, got, want)
		}
	case gateway.Retry:
		if got, want := ref.retries(), retriesOf(v); !got.same(want) {
			t.Errorf("%+v: %v means %+v, want %+v", v, out, got, want)
		}
	case gateway.Canary:
		checkCanary(t, v, vars, out)
	case gateway.Headers:
		checkHeaders(t, v, vars, out)
	case gateway.Match:
		checkMatch(t, v, vars, out)
	case gateway.Access:
		if got, want := ref.allow(), networks(v.AllowCIDRs); !slices.Equal(got, want) {
			t.Errorf("%q lets in %v, want %v", v.AllowCIDRs, got, want)
		}
	case gateway.CORS:
		checkCORS(t, v, out)
	}
}

func bucketOf(l gateway.RateLimit) bucket {
	burst := l.BurstMultiplier
	if burst == 0 {
		burst = 5
	}
	if l.PerMinute != 0 {
		return bucket{uint32(int64(l.PerMinute) * int64(burst)), uint32(l.PerMinute), time.Minute}
	}
	return bucket{uint32(int64(l.PerSecond) * int64(burst)), uint32(l.PerSecond), time.Second}
}

func retriesOf(r gateway.Retry) retries {
	out := retries{codes: map[int]bool{}}
	if r.Attempts == 0 {
		return out
	}
	out.count, out.perTry = int(r.Attempts), r.PerTry
	out.any5xx = true
	for _, c := range r.On {
		if strings.HasPrefix(c, "http_") {
			out.any5xx = false
		}
	}
	for _, c := range r.On {
		code := 0
		for _, digit := range strings.TrimPrefix(c, "http_") {
			code = code*10 + int(digit-'0')
		}
		switch {
		case c == "non_idempotent":
			out.nonIdempotent = true
		case strings.HasPrefix(c, "http_"):
			out.codes[code] = true
		default:
			out.any5xx = true
		}
	}
	return out
}

func checkCanary(t *testing.T, v gateway.Canary, vars gateway.Vars, out map[string]string) {
	t.Helper()
	got, ok := reference(out).canary()
	switch {
	case !ok:
		t.Errorf("%+v: %v is no canary", v, out)
	case v.HeaderValue != "":
		want := vars.Expand(v.HeaderValue)
		for _, probe := range append(variations(want), "always") {
			if should := probe == want || probe == "always"; got.header != v.HeaderName || got.matches.MatchString(probe) != should {
				t.Errorf("%+v: %v: value %q leads there: %v", v, out, probe, !should)
			}
		}
	case v.HeaderPattern != "":
		// Variables in patterns are left to a test of their own: what is wanted here is the pattern as it stands.
		if strings.Contains(v.HeaderPattern, "<") {
			return
		}
		want := regexp.MustCompile(v.HeaderPattern)
		for _, probe := range []string{"", "v1", "v2", "v2-beta", "x v2 y", "always", "a|b", v.HeaderPattern, "b", "aXb", " "} {
			if strings.Contains(probe, "\n") {
				continue
			}
			if should := want.MatchString(probe); got.header != v.HeaderName || got.matches.MatchString(probe) != should {
				t.Errorf("%+v: %v: value %q leads there: %v", v, out, probe, !should)
			}
		}
	case v.Cookie != "":
		for _, name := range variations(v.Cookie) {
			should := name == v.Cookie
			if strings.ContainsAny(name, "=; ") {
				continue
			}
			for _, probe := range []string{name + "=always", "a=b; " + name + "=always", name + "=always; c=d"} {
				if got.header != "cookie" || got.matches.MatchString(probe) != should {
					t.Errorf("%+v: %v: cookie %q leads there: %v", v, out, probe, !should)
				}
			}
		}
	case v.Weight != nil:
		total := int64(100)
		if v.WeightTotal != nil {
			total = int64(*v.WeightTotal)
		}
		if got.matches != nil || int64(got.percent)*total != int64(*v.Weight)*100 {
			t.Errorf("weight %d of %d became %d percent", *v.Weight, total, got.percent)
		}
	}
}

// variations are a text and its neighbours: a careless regular expression would take them for the same.
func variations(s string) []string {
	out := []string{s, s + "x", "x" + s, s + s, s + "0", "0" + s}
	for i := range s {
		out = append(out, s[:i]+"z"+s[i+1:], s[:i]+s[i+1:], s[:i]+s[i:i+1]+s[i:])
	}
	return slices.DeleteFunc(out, func(v string) bool { return v == "" || strings.ToValidUTF8(v, "") != v })
}

func checkHeaders(t *testing.T, v gateway.Headers, vars gateway.Vars, out map[string]string) {
	t.Helper()
	direction := "request"
	if v.Response {
		direction = "response"
	}
	got := reference(out).headers(direction)
	lower := func(in map[string]string) map[string]string {
		m := map[string]string{}
		for k, value := range in {
			m[strings.ToLower(k)] = vars.Expand(value)
		}
		return m
	}
	removed := map[string]bool{}
	for _, name := range v.Remove {
		removed[strings.ToLower(name)] = true
	}
	if !maps.Equal(got.add, lower(v.Add)) || !maps.Equal(got.set, lower(v.Set)) || !maps.Equal(got.remove, removed) {
		t.Errorf("%+v: %q means %+v", v, out, got)
	}
}

func checkMatch(t *testing.T, v gateway.Match, vars gateway.Vars, out map[string]string) {
	t.Helper()
	want := map[string]condition{}
	for _, h := range v.Headers {
		name := strings.ToLower(h.Name)
		switch {
		case h.Exact != "":
			want[name] = condition{"exact", vars.Expand(h.Exact)}
		case h.Prefix != "":
			want[name] = condition{"prefix", vars.Expand(h.Prefix)}
		default:
			want[name] = condition{"regex", h.Regex}
		}
	}
	got := reference(out).conditions()
	for name, w := range want {
		g := got[name]
		if w.kind == "regex" && strings.Contains(w.value, "<") {
			w.value = g.value // variables in regular expressions have a test of their own
		}
		if g != w {
			t.Errorf("header %q: %q, want %q", name, g, w)
		}
	}
	if len(got) != len(want) {
		t.Errorf("conditions %v, want %v", got, want)
	}
}

func networks(list []string) []netip.Prefix {
	out := make([]netip.Prefix, 0, len(list))
	for _, s := range list {
		if a, err := netip.ParseAddr(s); err == nil {
			out = append(out, netip.PrefixFrom(a, a.BitLen()))
		} else if p, err := netip.ParsePrefix(s); err == nil {
			out = append(out, p.Masked())
		}
	}
	return out
}

func checkCORS(t *testing.T, v gateway.CORS, out map[string]string) {
	t.Helper()
	got, on := reference(out).cors()
	if !on {
		t.Errorf("%v does not switch CORS on", out)
		return
	}
	everyone := slices.Contains(v.AllowOrigins, "*")
	for _, origin := range append(slices.Clone(v.AllowOrigins), "https://evil.example.net", "null", "https://game.example.com.evil.net") {
		if should := everyone || slices.Contains(v.AllowOrigins, origin); got.allows(origin) != should {
			t.Errorf("%+v: origin %q let in: %v", v, origin, !should)
		}
	}
	if want := v.AllowCredentials != nil && *v.AllowCredentials; got.credentials != want {
		t.Errorf("credentials %v, want %v", got.credentials, want)
	}
	if v.MaxAge != 0 && got.maxAge != v.MaxAge {
		t.Errorf("max age %v, want %v", got.maxAge, v.MaxAge)
	}
	for _, list := range [][2][]string{{got.methods, v.AllowMethods}, {got.headers, v.AllowHeaders}, {got.expose, v.ExposeHeaders}} {
		want := list[1]
		if slices.Contains(want, "*") {
			want = []string{"*"}
		}
		if len(want) > 0 && !slices.Equal(list[0], want) {
			t.Errorf("list %q, want %q", list[0], want)
		}
	}
}
