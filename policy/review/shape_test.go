package review_test

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/review"
)

const badPort = `parameter Port: "abc" is no number; OpenKruiseGame takes it as 0, and the API server refuses that; give a port from 1 to 65535 [GH303]`

func TestWhatWasWrongBeforeIsNotRefusedWhereverItStandsNow(t *testing.T) {
	w := empty(t)
	broken := set("games/postio", "s<id>.example.com", 2, with("Port", "abc"))
	moved := set("games/postio", "s<id>.example.com", 5, with("Port", "abc"), first("Fixed", "true"))
	w.says(review.Request{Set: broken}, "refused: spec.network.networkConf[1].value: "+badPort)
	w.says(review.Request{Set: moved, Old: broken}, "stood: spec.network.networkConf[2].value: "+badPort)
	w.says(review.Request{Set: set("games/postio", "s<id>.example.com", 2, with("Port", "abd")), Old: broken},
		`refused: spec.network.networkConf[1].value: parameter Port: "abd" is no number; OpenKruiseGame takes it as 0, and the API server refuses that; give a port from 1 to 65535 [GH303]`)
	w.says(review.Request{Set: set("games/postio", "s<id>.example.com", 2, with("Port", "abc"), reserve("5")), Old: broken},
		`refused: spec.reserveGameServerIds[0]: "5" is a string; write the id 5 without quotes, or "5-5"; Kruise refuses the whole set [GH306]`,
		"stood: spec.network.networkConf[1].value: "+badPort)
	w.says(review.Request{Set: set("games/postio", "s<id>.example.com", 2), Old: broken})
}

func TestASetOfAnotherNetworkIsNeverRefused(t *testing.T) {
	w := empty(t)
	other := set("games/postio", "s<id>.example.com", 2, reserve("5"))
	other.Spec.Network.NetworkType = "Kubernetes-HostPort"
	w.says(review.Request{Set: other},
		`warning: spec.reserveGameServerIds[0]: "5" is a string; write the id 5 without quotes, or "5-5"; Kruise refuses the whole set [GH306]`)
	none := set("games/postio", "", 2)
	none.Spec.Network = nil
	w.says(review.Request{Set: none})
}

func TestWhatCrashesTheGatewayIsRefused(t *testing.T) {
	w := empty(t)
	crash := set("games/postio", "s<id>.example.com", 2, param("Annotation", "match-header-x: 1"))
	const said = "spec.network.networkConf[5].value: this key crashes Higress's controller, and again at each restart, for all Ingresses; remove it [GH505]"
	w.says(review.Request{Set: crash}, "refused: "+said)
	w.says(review.Request{Set: crash, Old: crash}, "stood: "+said)
}

func TestAnAccessListThatLeavesTheRouteOpenIsRefusedWhereAPolicyEnforces(t *testing.T) {
	open := set("games/postio", "s<id>.example.com", 2, param("Annotation", "higress.io/whitelist-source-range: office"))
	const said = `spec.network.networkConf[5].value: higress.io/whitelist-source-range: "office" lets everybody in; write addresses or CIDRs [GH410]`
	empty(t).says(review.Request{Set: open}, "warning: "+said)
	timeout := func(p *v1alpha1.GamePolicySpec) {
		p.Defaults = &v1alpha1.TrafficSettings{RequestTimeout: &metav1.Duration{Duration: time.Minute}}
	}
	empty(t).policy(game("audit", func(p *v1alpha1.GamePolicySpec) { timeout(p); p.Mode = v1alpha1.ModeAudit })).
		says(review.Request{Set: open}, "warning: "+said)
	enforced := empty(t).policy(game("enforced", timeout))
	enforced.says(review.Request{Set: open}, "refused: "+said)
	enforced.says(review.Request{Set: open, Old: open}, "stood: "+said)
	// A policy that closes the route itself makes good for it.
	empty(t).policy(game("closed", func(p *v1alpha1.GamePolicySpec) {
		p.Defaults = &v1alpha1.TrafficSettings{Access: &v1alpha1.Access{AllowCIDRs: []string{"10.0.0.0/8"}}}
	})).says(review.Request{Set: open}, "warning: "+said)
}

func TestWarningsNameTheParameter(t *testing.T) {
	w := empty(t)
	w.says(review.Request{Set: set("games/postio", "s<id>.example.com", 2,
		param("Annotation", "higress.io/timeout: 60s"), param("Annotation", "higress.io/websocket-enable: true"))},
		`warning: spec.network.networkConf[5].value: higress.io/timeout: "60s" is dropped; write 60 [GH401]`,
		"warning: spec.network.networkConf[6].value: higress.io/websocket-enable: WebSocket needs no annotation; the gateway limits idling [GH406]")
	w.says(review.Request{Set: set("games/postio", "s<id>.example.com", 2, param("Annotation", "higress.io/canary: true"))},
		"warning: spec.network.networkConf[5].value: every server is a canary and none has a primary: none is served; use canary of a GamePolicy [GH409]",
		"warning: spec.network.networkConf[5].value: higress.io/canary: nothing leads to this canary; add a header, cookie or weight [GH409]")
	// Nobody reads them on a class that is not managed.
	w.says(review.Request{Set: set("games/postio", "s<id>.example.com", 2, with("IngressClassName", "nginx"), param("Annotation", "higress.io/timeout: 60s"))})
}

func TestWhatBreaksAWebSocketIsToldWhereAPolicyAsksForOne(t *testing.T) {
	w := empty(t).policy(game("sockets", func(p *v1alpha1.GamePolicySpec) {
		p.Defaults = &v1alpha1.TrafficSettings{WebSocket: &v1alpha1.WebSocket{Enabled: true}}
	}))
	w.says(review.Request{Set: set("games/postio", "s<id>.example.com", 2, param("Annotation", "higress.io/ssl-redirect: true"))},
		"warning: spec.network.networkConf[5].value: redirects ws://, which WebSocket clients do not follow; let players use wss:// [GH402]")
}

func TestCanariesStandOnTheHostOfTheirPrimary(t *testing.T) {
	canary := game("canary", func(p *v1alpha1.GamePolicySpec) {
		p.Targets.GameServerSetNames = []string{"postio-next"}
		p.Overrides = &v1alpha1.TrafficSettings{Canary: &v1alpha1.Canary{Of: "postio", Weight: ptr.To[int32](10)}}
	})
	next, primary := set("games/postio-next", "s<id>.example.com", 2), set("games/postio", "s<id>.example.com", 3)
	empty(t).policy(canary).standing(primary).says(review.Request{Set: next})
	empty(t).policy(canary).standing(next).says(review.Request{Set: primary})
	held := empty(t).policy(canary).standing(primary)
	held.held("s0.example.com", server("games", "postio", 0)).held("s1.example.com", server("games", "postio", 1)).says(review.Request{Set: next})
	empty(t).policy(canary).says(review.Request{Set: next},
		`warning: spec.network.networkConf[4].value: not served: ids 0-1, canaries of GameServerSet postio, which lacks "s0.example.com" [GH207]`)
	empty(t).policy(canary).standing(set("other/postio", "s<id>.example.com", 3)).says(review.Request{Set: next},
		`refused: spec.network.networkConf[4].value: ids 0-1: "s0.example.com" and 1 more are to be those of GameServerSet other/postio; choose another Host [GH202]`,
		`warning: spec.network.networkConf[4].value: not served: ids 0-1, canaries of GameServerSet postio, which lacks "s0.example.com" [GH207]`)
}

func TestAnAutoscalerIsLookedAtToItsEnd(t *testing.T) {
	w := empty(t).standing(set("lobby/arena", "s3<id>.example.com", 5))
	scaled := &review.Autoscaler{Name: "autoscaler postio", Max: 50}
	w.says(review.Request{Set: set("games/postio", "s<id>.example.com", 3), Autoscaler: scaled},
		"warning: spec.replicas: GameServerSet lobby/arena has the hosts of ids 30-34, in reach of autoscaler postio (50) [GH315]")
	w.says(review.Request{Set: set("games/postio", "s<id>.example.com", 3)})
	w.says(review.Request{Set: set("games/postio", "s<id>.example.com", 3), Autoscaler: &review.Autoscaler{Name: "autoscaler postio", Max: 2}})
}

func TestPoliciesInModeWarnAreHeardAtApply(t *testing.T) {
	w := empty(t).policy(game("trial", func(p *v1alpha1.GamePolicySpec) {
		p.Mode = v1alpha1.ModeWarn
		p.Defaults = &v1alpha1.TrafficSettings{RequestTimeout: &metav1.Duration{Duration: time.Minute}}
	}))
	w.says(review.Request{Set: set("games/postio", "s<id>.example.com", 3)},
		`warning: GamePolicy trial (mode Warn) would set higress.io/timeout to "60" [GH103]`)
}
