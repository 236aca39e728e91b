package gateway_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-dev/gatehouse/policy/gateway"
)

func TestHigressLimitsAreReadAsHigressReadsThem(t *testing.T) {
	for name, c := range map[string]struct {
		text        string
		idle, route int // seconds
		err         string
	}{
		"nothing":                                  {"", 180, 0, ""},
		"other fields":                             {"gzip: {enable: true}\naddXRealIpHeader: true\n", 180, 0, ""},
		"an omitted field keeps its default":       {"downstream: {routeTimeout: 60}", 180, 60, ""},
		"the other one too":                        {"downstream: {idleTimeout: 600}", 600, 0, ""},
		"0 turns the limit off":                    {"downstream: {idleTimeout: 0}", 0, 0, ""},
		"null is the default":                      {"downstream: null", 180, 0, ""},
		"an unknown field below":                   {"downstream: {idleTimeout: 600, idleTimeouts: 5}", 600, 0, ""},
		"the case of letters does not matter":      {"downstream: {idletimeout: 600}", 600, 0, ""},
		"what the chart of Higress ships":          {shipped, 180, 0, ""},
		"a unit makes it ignore all":               {"downstream: {idleTimeout: 180s, routeTimeout: 60}", 0, 0, "downstream.idleTimeout takes no string"},
		"quotes too":                               {`downstream: {routeTimeout: "60"}`, 0, 0, "downstream.routeTimeout takes no string"},
		"a negative number":                        {"downstream: {idleTimeout: -1}", 0, 0, "downstream.idleTimeout takes no number -1"},
		"a fraction":                               {"downstream: {idleTimeout: 1.5}", 0, 0, "downstream.idleTimeout takes no number 1.5"},
		"a number beyond 32 bits":                  {"downstream: {idleTimeout: 4294967296}", 0, 0, "downstream.idleTimeout takes no number 4294967296"},
		"a list":                                   {"downstream: [idleTimeout]", 0, 0, "downstream takes no array"},
		"no YAML":                                  {"downstream: {idleTimeout: 180", 0, 0, "it is no YAML of its form: "},
		"a percent sign":                           {"%", 0, 0, "it is no YAML of its form: "},
		"no object":                                {"180", 0, 0, "it is no YAML of its form: "},
		"an HTTP/2 window that it refuses":         {"downstream: {idleTimeout: 600, http2: {initialStreamWindowSize: 1}}", 0, 0, "downstream.http2.initialStreamWindowSize is 1 and not from 65535 to 2147483647"},
		"an HTTP/2 block keeps its other defaults": {"downstream: {idleTimeout: 600, http2: {maxConcurrentStreams: 1}}", 600, 0, ""},
		"headers that it refuses":                  {"downstream: {idleTimeout: 600, maxRequestHeadersKb: 8193}", 0, 0, "downstream.maxRequestHeadersKb is 8193 and not from 0 to 8192"},
		"no HTTP/2 options":                        {"downstream: {idleTimeout: 600, http2: null}", 600, 0, ""},
		"the last of two, as its library takes it": {"downstream: {idleTimeout: 600}\ndownstream: {routeTimeout: 5}", 180, 5, ""},
		"JSON": {`{"downstream": {"idleTimeout": 600}}`, 600, 0, ""},
		"a number in another notation is a number ": {"downstream: {idleTimeout: 0x10}", 16, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := gateway.ParseHigressLimits(c.text)
			if c.err != "" {
				if err == nil || !strings.HasPrefix(err.Error(), c.err) || strings.ContainsAny(err.Error(), "%\n") {
					t.Errorf("%v, %v; want the error %q", got, err, c.err)
				}
				return
			}
			want := gateway.Limits{IdleTimeout: time.Duration(c.idle) * time.Second, RouteTimeout: time.Duration(c.route) * time.Second}
			if err != nil || got != want {
				t.Errorf("%v, %v; want %v", got, err, want)
			}
		})
	}
}

// shipped is the default of helm/core/values.yaml.
const shipped = `addXRealIpHeader: false
disableXEnvoyHeaders: false
downstream:
  connectionBufferLimits: 32768
  http2: {initialConnectionWindowSize: 1048576, initialStreamWindowSize: 65535, maxConcurrentStreams: 100}
  idleTimeout: 180
  maxRequestHeadersKb: 60
  routeTimeout: 0
upstream: {connectionBufferLimits: 10485760, idleTimeout: 10}
`

func TestLimitsAreSaidWhereTheyTakeSomethingAway(t *testing.T) {
	limits := gateway.Limits{IdleTimeout: 180 * time.Second, RouteTimeout: 60 * time.Second}
	for name, c := range map[string]struct {
		limits gateway.Limits
		value  gateway.Value
		want   string
	}{
		"an idle time above": {limits, gateway.WebSocket{Enabled: true, IdleTimeout: 10 * time.Minute},
			"webSocket.idleTimeout: 10m, but Higress cuts at 180 s (downstream.idleTimeout); ping [GH506]"},
		"exactly the limit":             {limits, gateway.WebSocket{Enabled: true, IdleTimeout: 3 * time.Minute}, ""},
		"an idle time below":            {limits, gateway.WebSocket{Enabled: true, IdleTimeout: time.Minute}, ""},
		"no idle time asked for":        {limits, gateway.WebSocket{Enabled: true}, ""},
		"no idle limit":                 {gateway.Limits{}, gateway.WebSocket{Enabled: true, IdleTimeout: 24 * time.Hour}, ""},
		"a longer timeout":              {limits, gateway.Timeout{Request: 2 * time.Hour}, "requestTimeout: 2h gives way to 60 s of downstream.routeTimeout; set that to 0 [GH507]"},
		"a shorter timeout":             {limits, gateway.Timeout{Request: 30 * time.Second}, "requestTimeout: 30s gives way to 60 s of downstream.routeTimeout; set that to 0 [GH507]"},
		"the same timeout":              {limits, gateway.Timeout{Request: time.Minute}, ""},
		"no timeout of the gateway":     {gateway.DefaultHigressLimits(), gateway.Timeout{Request: time.Minute}, ""},
		"a setting that no limit bears": {limits, gateway.RateLimit{PerSecond: 5}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := ""
			for _, f := range c.limits.Check(c.value) {
				got += f.String()
			}
			if got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
			if got != "" && !gateway.Bounds(c.value) {
				t.Error("Bounds does not know that limits have a say in it")
			}
		})
	}
}
