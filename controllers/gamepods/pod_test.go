package gamepods

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

var created = time.Date(2026, time.July, 1, 12, 0, 0, 0, time.UTC)

// serverPod is the Pod of games/postio-7 as OpenKruiseGame leaves it.
func serverPod() *metav1.PartialObjectMetadata {
	return &metav1.PartialObjectMetadata{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "games", Name: "postio-7", UID: "1", ResourceVersion: "5", CreationTimestamp: metav1.NewTime(created),
			Labels: map[string]string{"game.kruise.io/owner-gss": "postio", "game.kruise.io/gs-opsState": "None", "game.kruise.io/gs-state": "Ready"},
			Annotations: map[string]string{
				"game.kruise.io/network-type":         "Kubernetes-Ingress",
				"game.kruise.io/network-conf":         `[{"name":"Host","value":"h\u003cid\u003e.example.com"}]`,
				"game.kruise.io/network-status":       `{"desiredNetworkState":"Ready","currentNetworkState":"Ready"}`,
				"game.kruise.io/network-trigger-time": "2026-07-01T12:00:05Z",
				"gatehouse.dev/retry":                 "2026-07-01T12:00:10Z",
				"kubectl.kubernetes.io/anything":      "long",
			},
			OwnerReferences: []metav1.OwnerReference{{Kind: "StatefulSet"}}, Finalizers: []string{"x"},
			ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "kruise"}},
		},
	}
}

func TestAPodIsReadAsOpenKruiseGameWritesIt(t *testing.T) {
	whole := Pod{
		Namespace: "games", Name: "postio-7", Set: "postio", ID: 7, Conf: `[{"name":"Host","value":"h\u003cid\u003e.example.com"}]`,
		Ready: true, Created: created, Triggered: created.Add(5 * time.Second), Retried: created.Add(10 * time.Second),
		OpsState: "None",
	}
	with := func(change func(*Pod)) *Pod { p := whole; change(&p); return &p }
	annotate := func(key, value string) func(*metav1.PartialObjectMetadata) {
		return func(p *metav1.PartialObjectMetadata) { p.Annotations["game.kruise.io/"+key] = value }
	}
	rename := func(name, set string) func(*metav1.PartialObjectMetadata) {
		return func(p *metav1.PartialObjectMetadata) { p.Name, p.Labels[ownerLabel] = name, set }
	}
	operate := func(state string) func(*metav1.PartialObjectMetadata) {
		return func(p *metav1.PartialObjectMetadata) { p.Labels[opsStateLabel] = state }
	}
	gone := metav1.NewTime(created)
	for name, test := range map[string]struct {
		change func(*metav1.PartialObjectMetadata)
		want   *Pod
	}{
		"whole":                     {func(*metav1.PartialObjectMetadata) {}, &whole},
		"not ready":                 {annotate("network-status", `{"desiredNetworkState":"Ready","currentNetworkState":"NotReady"}`), with(func(p *Pod) { p.Ready = false })},
		"without a status":          {annotate("network-status", ""), with(func(p *Pod) { p.Ready = false })},
		"a status that is none":     {annotate("network-status", "Ready"), with(func(p *Pod) { p.Ready = false })},
		"a time that is none":       {annotate("network-trigger-time", "soon"), with(func(p *Pod) { p.Triggered = time.Time{} })},
		"allocated":                 {operate("Allocated"), with(func(p *Pod) { p.OpsState = "Allocated" })},
		"of no state yet":           {func(p *metav1.PartialObjectMetadata) { delete(p.Labels, opsStateLabel) }, with(func(p *Pod) { p.OpsState = "" })},
		"being deleted":             {func(p *metav1.PartialObjectMetadata) { p.DeletionTimestamp = &gone }, with(func(p *Pod) { p.Deleting = true })},
		"a set with dashes":         {rename("a-b-7", "a-b"), with(func(p *Pod) { p.Name, p.Set = "a-b-7", "a-b" })},
		"of no set":                 {rename("postio-7", ""), nil},
		"of another set":            {rename("postio-7", "arena"), nil},
		"without an id":             {rename("postio-x", "postio"), nil},
		"an id spelt otherwise":     {rename("postio-07", "postio"), nil},
		"a negative id":             {rename("postio--7", "postio"), nil},
		"of another network plugin": {annotate("network-type", "Kubernetes-HostPort"), nil},
		"of no network plugin":      {func(p *metav1.PartialObjectMetadata) { p.Annotations = nil }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			pod := serverPod()
			test.change(pod)
			if diff := cmp.Diff(test.want, parse(pod), cmpopts.IgnoreUnexported(Pod{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			// What is dropped before it is kept in memory makes no difference.
			if _, err := trim(pod); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, parse(pod), cmpopts.IgnoreUnexported(Pod{})); diff != "" {
				t.Errorf("trimmed (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOfPodsLittleIsKeptInMemory(t *testing.T) {
	pod := serverPod()
	if _, err := trim(pod); err != nil {
		t.Fatal(err)
	}
	if len(pod.Annotations) != 5 || len(pod.Labels) != 2 || pod.ManagedFields != nil || pod.OwnerReferences != nil || pod.Finalizers != nil {
		t.Errorf("%+v", pod.ObjectMeta)
	}
	if pod.UID != "1" || pod.ResourceVersion != "5" {
		t.Errorf("the informer does not know it again: %+v", pod.ObjectMeta)
	}
}

func TestAServerIsInUseWhilePlayersOrOperatorsAreOnIt(t *testing.T) {
	// All states that OpenKruiseGame has, one that it has not, and none yet.
	for state, want := range map[string]bool{
		"Allocated": true, "Maintaining": true, "None": false, "WaitToBeDeleted": false, "Kill": false, "allocated": false, "": false,
	} {
		pod := serverPod()
		pod.Labels[opsStateLabel] = state
		if got := parse(pod).InUse(); got != want {
			t.Errorf("%q: in use %t", state, got)
		}
	}
}

// reader is an API server with these Pods, or an error.
type reader struct {
	client.Reader
	items []metav1.PartialObjectMetadata
	err   error
	asked client.ListOptions
}

func (r *reader) List(_ context.Context, list client.ObjectList, options ...client.ListOption) error {
	r.asked.ApplyOptions(options)
	list.(*metav1.PartialObjectMetadataList).Items = r.items
	return r.err
}

func TestThePodsOfASetAreFoundByItsLabel(t *testing.T) {
	other := serverPod()
	other.Name = "postio-x"
	server := &reader{items: []metav1.PartialObjectMetadata{*serverPod(), *other}}
	list, err := List(t.Context(), server, "games", "postio")
	if err != nil || len(list) != 1 || list[0].ID != 7 {
		t.Errorf("%v, %v", list, err)
	}
	if server.asked.Namespace != "games" || server.asked.LabelSelector.String() != "game.kruise.io/owner-gss=postio" {
		t.Errorf("asked for %+v", server.asked)
	}
	server.err = errors.New("etcd has no leader")
	if list, err = List(t.Context(), server, "games", "postio"); !errors.Is(err, server.err) || list != nil {
		t.Errorf("of what could not be read: %v, %v", list, err)
	}
}
