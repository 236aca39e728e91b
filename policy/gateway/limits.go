package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/gatehouse-dev/gatehouse/policy/finding"
)

// Limits are what a gateway does to every route, whatever the annotations say. Zero: it does not.
type Limits struct {
	// IdleTimeout is when a stream without traffic is cut, a WebSocket too.
	IdleTimeout time.Duration
	// RouteTimeout replaces the request timeout of every route.
	RouteTimeout time.Duration
}

// higressIdleSeconds is defaultIdleTimeout of pkg/ingress/kube/configmap/global.go.
const higressIdleSeconds = 180

// DefaultHigressLimits are those that Higress starts with, and keeps where there is no ConfigMap or nothing in it.
func DefaultHigressLimits() Limits { return Limits{IdleTimeout: higressIdleSeconds * time.Second} }

// higressConfig is the part of Higress's configuration that says something of all routes, with the neighbours that its
// validation takes as a reason to ignore the whole.
type higressConfig struct {
	Downstream *higressDownstream `json:"downstream"`
}

type higressDownstream struct {
	IdleTimeout         uint32        `json:"idleTimeout"`
	RouteTimeout        uint32        `json:"routeTimeout"`
	MaxRequestHeadersKb uint32        `json:"maxRequestHeadersKb"`
	HTTP2               *higressHTTP2 `json:"http2"`
}

type higressHTTP2 struct {
	MaxConcurrentStreams        uint32 `json:"maxConcurrentStreams"`
	InitialStreamWindowSize     uint32 `json:"initialStreamWindowSize"`
	InitialConnectionWindowSize uint32 `json:"initialConnectionWindowSize"`
}

// ParseHigressLimits reads the limits from the text under the key higress of the ConfigMap higress-config, as Higress does
// (pkg/ingress/kube/configmap/controller.go AddOrUpdateHigressConfig): over its defaults, other fields left alone. It fails
// where Higress would ignore all of the text and go on with what it read before, which nobody else can know.
func ParseHigressLimits(text string) (Limits, error) {
	c := higressConfig{&higressDownstream{
		IdleTimeout: higressIdleSeconds,
		HTTP2:       &higressHTTP2{MaxConcurrentStreams: 100, InitialStreamWindowSize: 65535, InitialConnectionWindowSize: 1 << 20},
	}}
	if err := yaml.Unmarshal([]byte(text), &c); err != nil {
		return Limits{}, unreadable(err)
	}
	if c.Downstream == nil {
		return DefaultHigressLimits(), nil
	}
	if err := c.Downstream.validate(); err != nil {
		return Limits{}, err
	}
	return Limits{
		IdleTimeout:  time.Duration(c.Downstream.IdleTimeout) * time.Second,
		RouteTimeout: time.Duration(c.Downstream.RouteTimeout) * time.Second,
	}, nil
}

// validate is what validGlobal of pkg/ingress/kube/configmap/global.go refuses.
func (d *higressDownstream) validate() error {
	const most, window = 1<<31 - 1, 65535
	type bound struct {
		field       string
		is          uint32
		least, most uint32
	}
	bounds := []bound{{"maxRequestHeadersKb", d.MaxRequestHeadersKb, 0, 8192}}
	if h := d.HTTP2; h != nil {
		bounds = append(bounds, bound{"http2.maxConcurrentStreams", h.MaxConcurrentStreams, 1, most},
			bound{"http2.initialStreamWindowSize", h.InitialStreamWindowSize, window, most},
			bound{"http2.initialConnectionWindowSize", h.InitialConnectionWindowSize, window, most})
	}
	for _, b := range bounds {
		if b.is < b.least || b.is > b.most {
			return fmt.Errorf("downstream.%s is %d and not from %d to %d", b.field, b.is, b.least, b.most)
		}
	}
	return nil
}

// unreadable says in the terms of the ConfigMap what the decoder says in those of Go.
func unreadable(err error) error {
	var mismatch *json.UnmarshalTypeError
	if errors.As(err, &mismatch) && mismatch.Field != "" {
		return fmt.Errorf("%s takes no %s", mismatch.Field, mismatch.Value)
	}
	return fmt.Errorf("it is no YAML of its form: %s", finding.NoPercent(strings.Join(strings.Fields(err.Error()), " ")))
}

// Check says what becomes of a setting under the limits of Higress. Field is relative to the settings block.
func (l Limits) Check(v Value) []finding.Finding {
	switch v := v.(type) {
	case WebSocket:
		if l.IdleTimeout > 0 && v.IdleTimeout > l.IdleTimeout {
			return []finding.Finding{{
				Code: finding.IdleTimeoutCapped, Severity: finding.Warning, Field: "webSocket.idleTimeout",
				Message: short(v.IdleTimeout) + ", but Higress cuts at " + seconds(l.IdleTimeout) + " (downstream.idleTimeout); ping",
			}}
		}
	case Timeout:
		if l.RouteTimeout > 0 && v.Request != l.RouteTimeout {
			return []finding.Finding{{
				Code: finding.RouteTimeoutGlobal, Severity: finding.Warning, Field: string(RequestTimeout),
				Message: short(v.Request) + " gives way to " + seconds(l.RouteTimeout) + " of downstream.routeTimeout; set that to 0",
			}}
		}
	}
	return nil
}

// Bounds tells whether any limits could have a say in a setting.
func Bounds(v Value) bool {
	switch v := v.(type) {
	case WebSocket:
		return v.IdleTimeout > 0
	case Timeout:
		return true
	}
	return false
}

// seconds is a duration as it stands in Higress's ConfigMap.
func seconds(d time.Duration) string { return strconv.FormatInt(int64(d/time.Second), 10) + " s" }

// short is a duration as people write it: 10m, where Go says 10m0s.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
