package ingress_test

import (
	"testing"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	admissionv1 "k8s.io/api/admission/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/webhooks/ingress"
)

// herald keeps what it is to tell.
type herald struct{ told []told }

type told struct {
	server  gameserver.Identity
	message string
}

func (h *herald) Refused(server gameserver.Identity, message string) {
	h.told = append(h.told, told{server, message})
}

// ofTheSet makes the Ingress one that outlives its server's Pod (parameter Fixed).
func ofTheSet(ing *networkingv1.Ingress) {
	ing.OwnerReferences = []metav1.OwnerReference{{
		APIVersion: gameserver.GroupVersion.String(), Kind: "GameServerSet", Name: "postio", UID: "1", Controller: ptr.To(true),
	}}
}

func TestWhatIsRefusedForGoodToAGameServerIsTold(t *testing.T) {
	server := gameserver.Identity{Namespace: "games", Set: "postio", ID: 7}
	fixed := server
	fixed.Fixed = true
	held := func() *deeds { return heldBy(rival, gameHost) }
	for name, c := range map[string]struct {
		deeds *deeds
		r     *admissionv1.AdmissionRequest
		want  *gameserver.Identity // nil: nothing is told
	}{
		"a host that is held":     {held(), create(t), &server},
		"by an update":            {held(), update(t, gameIngress(hosts("old.example.com")), gameIngress()), &server},
		"what harms the gateway":  {&deeds{}, create(t, annotate("match-header-x", "1")), &server},
		"a fixed Ingress":         {held(), create(t, ofTheSet), &fixed},
		"for the moment":          {held().onTheirWay(), create(t), nil},
		"while nothing is known":  {&deeds{unsynced: true}, create(t), nil},
		"in a dry run":            {held(), dry(create(t)), nil},
		"harm in a dry run":       {&deeds{}, dry(create(t, annotate("match-header-x", "1"))), nil},
		"to a web Ingress":        {held(), create(t, unowned), nil},
		"nothing: it is admitted": {&deeds{}, create(t), nil},
	} {
		t.Run(name, func(t *testing.T) {
			h := &herald{}
			response := ingress.NewValidator(with(t), noSets{}, c.deeds, true, prometheus.NewRegistry(), logr.Discard(), h).Validate(t.Context(), c.r)
			var want []told
			if c.want != nil {
				want = []told{{*c.want, response.Denied.Message}}
			}
			if diff := cmp.Diff(want, h.told, cmp.AllowUnexported(told{})); diff != "" {
				t.Errorf("told (-want +got):\n%s", diff)
			}
		})
	}
}
