package rollout

import (
	"cmp"
	"context"
	"encoding/json"

	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/gatehouse-dev/gatehouse/policy"
)

// write brings one Ingress in line. It decides anew: the policies and the Ingress may be others by now.
func (r *Rollout) write(ctx context.Context, j job) {
	generation := r.Policies.Generation()
	ing, f := r.decide(j.name)
	if ing == nil || !f.Changed {
		r.done(j, func(i *item) { i.version = "" }) // the next pass looks at it
		return
	}
	stored, err := r.Writer.Patch(ctx, j.name, patchOf(ing, f.Annotations))
	if ctx.Err() != nil {
		return
	}
	now := r.Now()
	switch {
	case apierrors.IsConflict(err), apierrors.IsNotFound(err):
		r.done(j, func(i *item) { i.version, i.behind = "", "" })
	case apierrors.IsForbidden(err), apierrors.IsInvalid(err), apierrors.IsRequestEntityTooLargeError(err):
		r.failed(j, f.Causes, Denied, err.Error())
	case err != nil:
		r.failed(j, f.Causes, Failed, err.Error())
	case !carries(stored, f.Annotations):
		r.failed(j, f.Causes, Failed, "what was written is not what stands: another replica of Gatehouse or another webhook answered by something else")
	default:
		r.count(f.Causes, "written")
		r.done(j, func(i *item) {
			i.pending, i.causes = false, nil
			i.version, i.generation, i.behind = stored.ResourceVersion, generation, ing.ResourceVersion
			i.written, i.writtenAt, i.wanted = generation, now, r.fingerprint(f.Annotations[policy.AppliedAnnotation])
			if i.trouble.reason != Contested {
				i.trouble = trouble{}
			}
			if r.lane(j.lane).succeeded() {
				r.tell(j.lane, normal, "RolloutResumed", "Ingresses can be written again")
			}
		})
	}
}

// decide is the Ingress as it is in memory now, nil if it is gone, and what is to become of it.
func (r *Rollout) decide(name types.NamespacedName) (*networkingv1.Ingress, policy.Following) {
	ing := r.Ingresses.Get(name)
	if ing == nil {
		return nil, policy.Following{}
	}
	set, request, known := r.Policies.At(ing)
	if !known || !concerns(ing, request.Class) {
		return nil, policy.Following{}
	}
	request.Idle = !r.Servers.InUse(name)
	return ing, set.Follow(request)
}

// done takes an item off its way.
func (r *Rollout) done(j job, then func(*item)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if j.probe {
		r.lane(j.lane).probing = false
	}
	if i := r.items[j.name]; i != nil {
		i.queued = false
		then(i)
		r.Changed()
	}
}

func (r *Rollout) failed(j job, causes []string, reason Reason, message string) {
	r.count(causes, "failed")
	r.done(j, func(i *item) {
		i.fail(reason, message, r.Now())
		l := r.lane(j.lane)
		if reason == Denied && i.trouble.times > 1 && l.why == "" {
			return // that one Ingress is refused again says nothing about the others
		}
		if l.failed(message, j.probe, r.Now()) {
			r.tell(j.lane, warning, "RolloutPaused", "%d writes in a row failed, the last of Ingress %s: %s", pauseAfter, j.name, message)
		}
	})
	r.Log.Info("an Ingress does not follow", "namespace", j.name.Namespace, "name", j.name.Name, "reason", reason, "message", message)
}

func (r *Rollout) count(causes []string, result string) {
	for _, policy := range causes {
		r.metrics.writes.WithLabelValues(policy, result).Inc()
	}
}

// patchOf is a JSON merge patch that makes the annotations what is wanted, on the condition that nobody has written the
// Ingress since.
func patchOf(ing *networkingv1.Ingress, wanted map[string]string) []byte {
	annotations := map[string]*string{}
	for k, v := range wanted {
		if was, there := ing.Annotations[k]; !there || was != v {
			annotations[k] = &v
		}
	}
	for k := range ing.Annotations {
		if _, stays := wanted[k]; !stays {
			annotations[k] = nil
		}
	}
	patch, _ := json.Marshal(map[string]any{"metadata": map[string]any{ // strings always encode
		"resourceVersion": ing.ResourceVersion, "annotations": annotations,
	}})
	return patch
}

// carries tells whether an Ingress has what was wanted of it. A replica with older policies may have answered in between.
func carries(ing *networkingv1.Ingress, wanted map[string]string) bool {
	for k, v := range wanted {
		if ing.Annotations[k] != v {
			return false
		}
	}
	_, recorded := ing.Annotations[policy.AppliedAnnotation]
	_, wants := wanted[policy.AppliedAnnotation]
	return recorded == wants
}

func compareNames(a, b types.NamespacedName) int {
	return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(len(a.Name), len(b.Name)), cmp.Compare(a.Name, b.Name))
}
