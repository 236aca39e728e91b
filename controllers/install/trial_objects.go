package install

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

const (
	// highest beats the policies of the cluster, whose rules for hosts would otherwise be the ones that answer.
	highest = 1000000
	// settled is how old a claim has to be to be refused for good: before that the answer is to try again in a second.
	settled = 10 * time.Second
)

// The ids of the trial's servers: the first has a host to itself, the host of the second is somebody else's.
const (
	first  = 0
	second = 1
)

func (t *trial) host(id int) string { return fmt.Sprintf("game%d.%s.invalid", id, t.name) }

// policy says everything about hosts that a policy can say, so that nothing of another policy's is left to hold: neither a
// template nor a quarantine.
func (t *trial) policy() *v1alpha1.GamePolicy {
	return &v1alpha1.GamePolicy{
		ObjectMeta: metav1.ObjectMeta{Name: t.name},
		Spec: v1alpha1.GamePolicySpec{
			Priority:  highest,
			Mode:      v1alpha1.ModeEnforce,
			Targets:   v1alpha1.Targets{GameServerSetNames: []v1alpha1.SetNamePattern{t.name}},
			Overrides: &v1alpha1.TrafficSettings{RequestTimeout: &metav1.Duration{Duration: trialTimeout}},
			Hosts: &v1alpha1.HostRules{
				Allowed:  []v1alpha1.HostPattern{"*." + t.name + ".invalid"},
				Template: "game<id>." + t.name + ".invalid", OnConflict: v1alpha1.OnConflictDeny,
			},
		},
	}
}

// claim gives the second server's host to a server of another set, which does not exist either: where nobody removes the
// claim, the leading manager does after a minute and a half.
func (t *trial) claim(kind string) *v1alpha1.HostClaim {
	holder := v1alpha1.Holder{Namespace: t.namespace, GameServerSet: t.name + "-holder", ID: ptr.To(first)}
	deed := host.Deed{Gateway: kind, Host: t.host(second)}
	return &v1alpha1.HostClaim{
		ObjectMeta: metav1.ObjectMeta{Name: deed.ClaimName()},
		Spec: v1alpha1.HostClaimSpec{
			Class: deed.Gateway, Host: deed.Host, Sharing: v1alpha1.SharingServer, Holder: host.NamedHolder(holder),
			RenewedAt: host.Stamp(time.Now().Add(-settled)),
		},
	}
}
