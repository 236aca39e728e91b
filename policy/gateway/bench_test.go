package gateway_test

import (
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/policy/gateway"
)

func BenchmarkRender(b *testing.B) {
	for _, c := range []struct {
		name  string
		value gateway.Value
	}{
		{"timeout", gateway.Timeout{Request: 30 * time.Second}},
		{"rateLimit", gateway.RateLimit{PerSecond: 50, BurstMultiplier: 3}},
		{"retry", gateway.Retry{Attempts: 2, PerTry: 2 * time.Second, On: []string{"error", "timeout", "http_502"}}},
		{"headers", gateway.Headers{Set: map[string]string{"X-Server": "<id>", "X-Game": "<gss>", "X-Region": "eu west"}}},
		{"canary", gateway.Canary{HeaderName: "X-Version", HeaderValue: "v2.0"}},
		{"match", gateway.Match{Headers: []gateway.HeaderMatch{{Name: "X-Server", Exact: "<id>"}}}},
		{"access", gateway.Access{AllowCIDRs: []string{"10.0.0.0/8", "192.0.2.0/24"}}},
		{"cors", gateway.CORS{AllowOrigins: []string{"https://game.example.com"}, AllowMethods: []string{"GET", "POST"}}},
	} {
		b.Run(c.name, func(b *testing.B) {
			d := gateway.For(gateway.Higress)
			b.ReportAllocs()
			for b.Loop() {
				d.Render(c.value, seven)
			}
		})
	}
}

func BenchmarkSettingOf(b *testing.B) {
	d := gateway.For(gateway.Higress)
	for _, key := range []string{"higress.io/timeout", "nginx.ingress.kubernetes.io/canary", "higress.io/exact-match-header-x-server", "game.kruise.io/ingress-hash"} {
		b.Run(key, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				d.SettingOf(key)
			}
		})
	}
}

func BenchmarkAccepts(b *testing.B) {
	d := gateway.For(gateway.Higress)
	b.ReportAllocs()
	for b.Loop() {
		d.Accepts("higress.io/whitelist-source-range", "10.0.0.0/8, 192.0.2.0/24")
		d.Accepts("higress.io/request-header-control-update", "X-Server 7\nX-Game post")
	}
}

func BenchmarkUpgrade(b *testing.B) {
	d := gateway.For(gateway.Higress)
	annotations := map[string]string{"higress.io/timeout": "30", "higress.io/request-header-control-update": "X-Server 7", "game.kruise.io/ingress-hash": "abc"}
	b.ReportAllocs()
	for b.Loop() {
		d.Upgrade(annotations)
	}
}
