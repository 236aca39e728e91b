package gateway_test

import (
	"net/http"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// reference reads annotations as Higress and the pilot behind it do. It was written from the observed behaviour, apart
// from the package under test, so that a round trip through it shows what a rendered value really means.
type reference map[string]string

const (
	hp = "higress.io/"
	np = "nginx.ingress.kubernetes.io/"
)

// own reads a key under higress.io/ alone.
func own[T any](r reference, name string, parse func(string) (T, bool)) (T, bool) {
	if v, ok := r[hp+name]; ok {
		return parse(v)
	}
	var none T
	return none, false
}

// either reads a key under nginx.ingress.kubernetes.io/, and under higress.io/ where that is missing or malformed.
func either[T any](r reference, name string, parse func(string) (T, bool)) (T, bool) {
	if v, ok := r[np+name]; ok {
		if out, ok := parse(v); ok {
			return out, true
		}
	}
	return own(r, name, parse)
}

func asInt(s string) (int, bool) { n, err := strconv.Atoi(s); return n, err == nil }

func asInt32(s string) (int, bool) { n, err := strconv.ParseInt(s, 10, 32); return int(n), err == nil }

func asBool(s string) (bool, bool) { b, err := strconv.ParseBool(s); return b, err == nil }

func asText(s string) (string, bool) {
	var lines []string
	for _, l := range strings.Split(s, "\n") {
		lines = append(lines, strings.TrimSpace(l))
	}
	s = strings.Join(lines, "\n")
	return s, s != ""
}

func (r reference) timeout() time.Duration {
	n, _ := own(r, "timeout", asInt)
	return time.Duration(n) * time.Second
}

type bucket struct {
	size, fill uint32
	every      time.Duration
}

func (r reference) limit() bucket {
	burst, ok := own(r, "route-limit-burst-multiplier", asInt)
	if !ok {
		burst = 5
	}
	if n, ok := own(r, "route-limit-rpm", asInt); ok {
		return bucket{uint32(n * burst), uint32(n), time.Minute}
	}
	if n, ok := own(r, "route-limit-rps", asInt); ok {
		return bucket{uint32(n * burst), uint32(n), time.Second}
	}
	return bucket{}
}

// retries are Envoy's: how often after the first attempt, and on what.
type retries struct {
	count         int
	perTry        time.Duration
	any5xx        bool
	codes         map[int]bool
	nonIdempotent bool
}

func (r retries) same(o retries) bool {
	if len(r.codes) != len(o.codes) {
		return false
	}
	for c := range r.codes {
		if !o.codes[c] {
			return false
		}
	}
	return r.count == o.count && r.perTry == o.perTry && r.any5xx == o.any5xx && r.nonIdempotent == o.nonIdempotent
}

func (r reference) retries() retries {
	out := retries{count: 3, any5xx: true, codes: map[int]bool{}}
	if n, ok := either(r, "proxy-next-upstream-tries", asInt32); ok {
		out.count = max(n, 0)
	}
	if n, ok := either(r, "proxy-next-upstream-timeout", asInt); ok {
		out.perTry = time.Duration(n) * time.Second
	}
	on, _ := either(r, "proxy-next-upstream", asText)
	var words []string
	if strings.Contains(on, ",") {
		words = trimmed(on, ",")
	} else {
		words = strings.Fields(on)
	}
	if len(words) == 0 {
		return out
	}
	out.any5xx = false
	for _, w := range words {
		switch w {
		case "off":
			return retries{codes: map[int]bool{}}
		case "error", "timeout", "invalid_header":
			out.any5xx = true
		case "non_idempotent":
			out.nonIdempotent = true
		}
		if code, ok := strings.CutPrefix(w, "http_"); ok {
			if n, err := strconv.Atoi(code); err == nil && http.StatusText(n) != "" {
				out.codes[n] = true
			}
		}
	}
	return out
}

func trimmed(s, separator string) []string {
	var out []string
	for _, item := range strings.Split(s, separator) {
		if item = strings.TrimSpace(item); item != "" {
			out = append(out, item)
		}
	}
	return out
}

// canary is what leads a request away from the primary.
type canary struct {
	header  string
	matches *regexp.Regexp
	percent int32
}

func (r reference) canary() (canary, bool) {
	if on, _ := either(r, "canary", asBool); !on {
		return canary{}, false
	}
	header, hasHeader := either(r, "canary-by-header", asText)
	value, hasValue := either(r, "canary-by-header-value", asText)
	pattern, hasPattern := either(r, "canary-by-header-pattern", asText)
	cookie, hasCookie := either(r, "canary-by-cookie", asText)
	full := func(s string) *regexp.Regexp { return regexp.MustCompile("^(?:" + s + ")$") }
	switch {
	case hasHeader && hasValue:
		return canary{header: header, matches: full("always|" + value)}, true
	case hasHeader && hasPattern:
		return canary{header: header, matches: full(".*" + pattern + ".*")}, true
	case hasHeader:
		return canary{header: header, matches: full("always")}, true
	case hasCookie && !hasValue && !hasPattern:
		return canary{header: "cookie", matches: full(`^(.*?;\s*)?(` + cookie + `=always)(;.*)?$`)}, true
	}
	weight, _ := either(r, "canary-weight", asInt)
	total, ok := either(r, "canary-weight-total", asInt)
	if !ok || total <= 0 {
		total = 100
	}
	return canary{percent: int32(float32(weight) / float32(max(weight, total)) * 100)}, true
}

var spaces = regexp.MustCompile(`\s+`)

// headerOps are the header changes that reach Envoy, by lower-case name; values as Envoy writes them.
type headerOps struct {
	add, set map[string]string
	remove   map[string]bool
}

func (r reference) headers(direction string) headerOps {
	lines := func(name string) map[string]string {
		out := map[string]string{}
		text, _ := own(r, direction+"-header-control-"+name, asText)
		for _, line := range trimmed(text, "\n") {
			parts := spaces.Split(line, 2)
			if len(parts) != 2 {
				continue
			}
			key := dequote(strings.TrimSpace(parts[0]))
			value, ok := envoyFormat(dequote(strings.TrimSpace(parts[1])))
			if strings.HasPrefix(key, ":") || strings.EqualFold(key, "host") || value == "" {
				continue
			}
			if _, twice := out[strings.ToLower(key)]; twice || !ok {
				value = "broken route configuration"
			}
			out[strings.ToLower(key)] = value
		}
		return out
	}
	out := headerOps{add: lines("add"), set: lines("update"), remove: map[string]bool{}}
	names, _ := own(r, direction+"-header-control-remove", asText)
	for _, name := range trimmed(names, ",") {
		if !strings.HasPrefix(name, ":") && !strings.EqualFold(name, "host") {
			out.remove[strings.ToLower(name)] = true
		}
	}
	return out
}

func dequote(s string) string {
	for _, q := range []string{`"`, `'`} {
		if len(s) >= 2 && strings.HasPrefix(s, q) && strings.HasSuffix(s, q) {
			return s[1 : len(s)-1]
		}
	}
	return s
}

// envoyFormat is what Envoy sends for a header value: two percent signs are one, a single one begins a variable.
func envoyFormat(s string) (string, bool) {
	plain := strings.ReplaceAll(s, "%%", "\x00")
	return strings.ReplaceAll(plain, "\x00", "%"), !strings.Contains(plain, "%")
}

// condition is one condition on a header of the route.
type condition struct{ kind, value string }

func (r reference) conditions() map[string]condition {
	out := map[string]condition{}
	for k, v := range r {
		i := strings.Index(k, "match-header")
		if i < 0 {
			continue
		}
		kind := strings.TrimSuffix(strings.TrimPrefix(k[:i], hp), "-")
		name := strings.ToLower(k[i+len("match-header")+1:])
		if _, twice := out[name]; twice {
			kind = "left to chance"
		}
		out[name] = condition{kind, v}
	}
	return out
}

// allow are the networks let in; none means everybody.
func (r reference) allow() []netip.Prefix {
	list, _ := either(r, "whitelist-source-range", asText)
	items := trimmed(list, ",")
	var out []netip.Prefix
	for _, item := range items {
		if item == "*" {
			return nil
		}
		if !strings.Contains(item, "/") {
			a, err := netip.ParseAddr(item)
			if err == nil {
				out = append(out, netip.PrefixFrom(a, a.BitLen()))
			}
			continue
		}
		if p, err := netip.ParsePrefix(item); err == nil {
			out = append(out, p.Masked())
		}
	}
	return out
}

type crossOrigin struct {
	origins                  []*regexp.Regexp
	methods, headers, expose []string
	credentials              bool
	maxAge                   time.Duration
}

func (r reference) cors() (crossOrigin, bool) {
	if on, _ := either(r, "enable-cors", asBool); !on {
		return crossOrigin{}, false
	}
	list := func(name, fallback string) []string {
		s, ok := either(r, name, asText)
		if !ok {
			s = fallback
		}
		items := trimmed(s, ",")
		for _, item := range items {
			if item == "*" {
				return []string{"*"}
			}
		}
		return items
	}
	out := crossOrigin{credentials: true, maxAge: 1728000 * time.Second}
	out.methods = list("cors-allow-methods", "GET, PUT, POST, DELETE, PATCH, OPTIONS")
	out.headers = list("cors-allow-headers", "DNT,X-CustomHeader,Keep-Alive,User-Agent,X-Requested-With,"+
		"If-Modified-Since,Cache-Control,Content-Type,Authorization")
	out.expose = list("cors-expose-headers", "")
	if b, ok := either(r, "cors-allow-credentials", asBool); ok {
		out.credentials = b
	}
	if n, ok := either(r, "cors-max-age", asInt); ok {
		out.maxAge = time.Duration(n) * time.Second
	}
	for _, origin := range list("cors-allow-origin", "*") {
		if _, host, ok := strings.Cut(origin, "://"); ok && strings.HasPrefix(host, "*") {
			out.origins = append(out.origins, regexp.MustCompile("^.*"+strings.ReplaceAll(host[1:], ".", `\.`)+"$"))
		} else if origin == "*" {
			out.origins = append(out.origins, regexp.MustCompile(".*"))
		} else if !strings.Contains(origin, "*") {
			out.origins = append(out.origins, regexp.MustCompile("^"+regexp.QuoteMeta(origin)+"$"))
		}
	}
	return out, true
}

func (c crossOrigin) allows(origin string) bool {
	for _, re := range c.origins {
		if re.MatchString(origin) {
			return true
		}
	}
	return false
}
