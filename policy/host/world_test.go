package host_test

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/gatehouse-dev/gatehouse/policy/api/v1alpha1"
	"github.com/gatehouse-dev/gatehouse/policy/host"
)

// dice draws from few values, so that what is drawn often meets. The bytes are a fuzzer's, or random ones; when they
// run out every draw is the first value.
type dice struct{ bytes []byte }

func (d *dice) below(n int) int {
	if len(d.bytes) == 0 {
		return 0
	}
	v := int(d.bytes[0]) % n
	d.bytes = d.bytes[1:]
	return v
}

func (d *dice) yes() bool { return d.below(2) == 1 }

func oneOf[T any](d *dice, values ...T) T { return values[d.below(len(values))] }

// party draws anybody, also whom nothing makes: a game server that is a solver, or its own canary.
func (d *dice) party() host.Party {
	return host.Party{
		Namespace: oneOf(d, "games", "other"), Set: oneOf(d, "", "postio", "arena", "postio-1"), ID: d.below(3),
		SharedHost: oneOf(d, "", game, "lobby.example.com"), CanaryOf: oneOf(d, "", "", "", "postio", "arena"), Solver: d.below(6) == 5,
	}
}

func (d *dice) holder() v1alpha1.Holder {
	h := v1alpha1.Holder{Namespace: oneOf(d, "games", "other"), GameServerSet: oneOf(d, "postio", "", "arena", "postio-1")}
	if d.yes() {
		h.ID = id(d.below(3))
	}
	if d.yes() {
		h = host.NamedHolder(h)
	}
	return h
}

// claim draws any claim of the deed, one that makes no sense as likely as one that does.
func (d *dice) claim() *v1alpha1.HostClaim {
	if d.below(8) == 7 {
		return nil
	}
	claim := &v1alpha1.HostClaim{ObjectMeta: metav1.ObjectMeta{Name: deed.ClaimName()}}
	claim.CreationTimestamp.Time = now.Add(d.age())
	claim.Spec = v1alpha1.HostClaimSpec{
		Class: deed.Gateway, Host: deed.Host, Holder: d.holder(), Shared: d.below(4) == 3, RenewedAt: host.Stamp(now.Add(d.age())),
		Sharing: oneOf(d, v1alpha1.SharingServer, v1alpha1.SharingSet, v1alpha1.SharingNamespace, v1alpha1.SharingNamespace, ""),
	}
	if d.below(3) == 2 {
		h := d.holder()
		claim.Spec.Guest = &h
	}
	claim.Status.Phase = oneOf(d, v1alpha1.HostClaimBound, v1alpha1.HostClaimPending, "")
	if d.yes() {
		claim.Status.Ingress = &v1alpha1.IngressReference{
			Namespace: oneOf(d, "games", "other"), Name: oneOf(d, "postio-0", "postio-1", "postio-1-1", "arena-0", "front", "-", ""), UID: "1",
		}
	}
	return claim
}

func (d *dice) age() time.Duration {
	return oneOf(d, -time.Second, 0, time.Second, -host.RenewAfter, -host.RenewAfter+time.Microsecond, host.MaxSkew, host.MaxSkew-time.Microsecond,
		-time.Hour, time.Hour, -host.InFlight, -host.InFlight+time.Nanosecond)
}
