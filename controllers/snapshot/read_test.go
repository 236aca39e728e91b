package snapshot

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/policy"
	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
)

// lobby is a set whose servers share a host, as the API server has it.
func lobby() *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "game.kruise.io/v1alpha1", "kind": "GameServerSet",
		"metadata": map[string]any{
			"namespace": "games", "name": "postio", "uid": "1", "resourceVersion": "5", "labels": map[string]any{"tier": "live"},
			"annotations": map[string]any{"kubectl.kubernetes.io/last-applied-configuration": "{}"}, "finalizers": []any{"x"},
			"managedFields": []any{map[string]any{"manager": "kubectl"}},
		},
		"spec": map[string]any{
			"replicas": int64(2), "reserveGameServerIds": []any{int64(0), "3-5"},
			"gameServerTemplate": map[string]any{"spec": map[string]any{"containers": []any{}}},
			"network": map[string]any{"networkType": "Kubernetes-Ingress", "networkConf": []any{
				map[string]any{"name": "IngressClassName", "value": "higress"},
				map[string]any{"name": "Host", "value": "lobby.example.com"}, map[string]any{"name": "Path", "value": "/s<id>"},
				map[string]any{"name": "PathType", "value": "Prefix"}, map[string]any{"name": "Port", "value": "80"},
			}},
		},
		"status": map[string]any{"replicas": int64(2)},
	}}
}

// server answers every Get alike.
type server struct {
	client.Reader
	set   *unstructured.Unstructured
	err   error
	asked []types.NamespacedName
}

func (s *server) Get(_ context.Context, key types.NamespacedName, object client.Object, _ ...client.GetOption) error {
	s.asked = append(s.asked, key)
	if s.err == nil {
		s.set.DeepCopyInto(object.(*unstructured.Unstructured)) //nolint:forcetypeassert // what SetReader asks for
	}
	return s.err
}

func TestASetIsReadFromTheAPIServerItself(t *testing.T) {
	resource := schema.GroupResource{Group: gameserver.GroupVersion.Group, Resource: "gameserversets"}
	kind := gameserver.GroupVersion.WithKind("GameServerSet").GroupKind()
	for name, test := range map[string]struct {
		err         error
		found, fail bool
	}{
		"there":                             {nil, true, false},
		"not there":                         {apierrors.NewNotFound(resource, "postio"), false, false},
		"OpenKruiseGame is not installed":   {&meta.NoKindMatchError{GroupKind: kind}, false, false},
		"the API server cannot tell":        {apierrors.NewServiceUnavailable("etcd has no leader"), false, true},
		"what it is cannot be found out":    {errors.New("failed to get API group resources"), false, true},
		"nobody gave us the right to do so": {apierrors.NewForbidden(resource, "postio", nil), false, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := &server{set: lobby(), err: test.err}
			set, err := SetReader{s}.Set(t.Context(), "games", "postio")
			if (set != nil) != test.found || (err != nil) != test.fail {
				t.Errorf("%v, %v", set, err)
			}
			if !slices.Equal(s.asked, []types.NamespacedName{{Namespace: "games", Name: "postio"}}) {
				t.Errorf("asked for %v", s.asked)
			}
		})
	}
}

func TestARequestIsCompletedWithItsSetOnceAtMost(t *testing.T) {
	web := gameIngress()
	web.OwnerReferences = nil
	s := &server{set: lobby()}
	for name, request := range map[string]*policy.Request{
		"no game server's": {Ingress: web}, "a set that is known": {Ingress: gameIngress(), Template: &gameserver.Template{}},
	} {
		if err := (SetReader{s}).Complete(t.Context(), request); err != nil || len(s.asked) > 0 {
			t.Errorf("%s: asked for %v, %v", name, s.asked, err)
		}
	}
	request := &policy.Request{Ingress: gameIngress()}
	if err := (SetReader{s}).Complete(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	if request.Template.Host(1) != "lobby.example.com" || request.SetLabels["tier"] != "live" || !slices.Equal(request.SetIDs, []int{1, 2}) {
		t.Errorf("%+v", request)
	}
	s.err = apierrors.NewNotFound(schema.GroupResource{}, "postio")
	request = &policy.Request{Ingress: gameIngress()}
	if err := (SetReader{s}).Complete(t.Context(), request); err != nil || request.Template != nil || request.SetLabels != nil {
		t.Errorf("of a set that is not there: %+v, %v", request, err)
	}
	s.err = errors.New("etcd has no leader")
	if err := (SetReader{s}).Complete(t.Context(), request); err == nil || !strings.Contains(err.Error(), "games/postio: etcd has no leader") {
		t.Errorf("%v", err)
	}
}

func TestASetIsReadAsItIsWritten(t *testing.T) {
	resource := schema.GroupResource{Group: gameserver.GroupVersion.Group, Resource: "gameserversets"}
	set, err := SetReader{&server{set: lobby()}}.GameServerSet(t.Context(), "games", "postio")
	if err != nil || set.Name != "postio" || *set.Spec.Replicas != 2 || len(set.Spec.ReserveGameServerIDs) != 2 || len(set.Spec.Network.NetworkConf) != 5 {
		t.Errorf("%+v, %v", set, err)
	}
	if set, err := (SetReader{&server{err: apierrors.NewNotFound(resource, "postio")}}).GameServerSet(t.Context(), "games", "postio"); set != nil || err != nil {
		t.Errorf("%+v, %v", set, err)
	}
	odd := lobby()
	odd.Object["spec"].(map[string]any)["replicas"] = "many" //nolint:forcetypeassert // lobby has it
	if _, err := (SetReader{&server{set: odd}}).GameServerSet(t.Context(), "games", "postio"); err == nil {
		t.Error("a set that does not fit is read")
	}
}
