package gamepods

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// podServer is as much of an API server as it takes to follow Pods.
type podServer struct {
	*httptest.Server
	fails   atomic.Int32 // how many requests fail before one is answered
	events  chan metav1.WatchEvent
	watches atomic.Int32
}

func newPodServer(t *testing.T) *podServer {
	s := &podServer{events: make(chan metav1.WatchEvent)}
	s.Server = httptest.NewServer(http.HandlerFunc(s.answer))
	t.Cleanup(s.Close)
	return s
}

func (s *podServer) answer(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	list := metav1.PartialObjectMetadataList{TypeMeta: metav1.TypeMeta{APIVersion: "meta.k8s.io/v1", Kind: "PartialObjectMetadataList"}}
	list.ResourceVersion = "5"
	switch {
	case s.fails.Add(-1) >= 0:
		http.Error(w, "etcd has no leader", http.StatusServiceUnavailable)
	case r.URL.Path == "/api":
		reply(w, metav1.APIVersions{Versions: []string{"v1"}})
	case r.URL.Path == "/apis":
		reply(w, metav1.APIGroupList{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "APIGroupList"}})
	case r.URL.Path == "/api/v1":
		reply(w, metav1.APIResourceList{GroupVersion: "v1", APIResources: []metav1.APIResource{
			{Name: "pods", SingularName: "pod", Namespaced: true, Kind: "Pod", Verbs: metav1.Verbs{"list", "watch"}},
		}})
	case r.URL.Path != "/api/v1/pods" || r.URL.Query().Get("labelSelector") != ownerLabel:
		http.Error(w, "nobody should ask for "+r.URL.String(), http.StatusNotFound)
	case r.URL.Query().Get("sendInitialEvents") == "true": // then it lists
		http.Error(w, "sendInitialEvents is not known here", http.StatusUnprocessableEntity)
	case r.URL.Query().Get("watch") == "true", r.URL.Query().Get("watch") == "1":
		s.watch(w, r)
	default:
		list.Items = []metav1.PartialObjectMetadata{*asMetadata(serverPod())}
		reply(w, list)
	}
}

func (s *podServer) watch(w http.ResponseWriter, r *http.Request) {
	s.watches.Add(1)
	defer s.watches.Add(-1)
	_ = http.NewResponseController(w).Flush()
	for {
		select {
		case <-r.Context().Done():
			return
		case event := <-s.events:
			reply(w, event)
			_ = http.NewResponseController(w).Flush()
		}
	}
}

func reply(w http.ResponseWriter, object any) {
	if err := json.NewEncoder(w).Encode(object); err != nil {
		panic(err)
	}
}

// asMetadata is a Pod as the API server gives it to those who ask for metadata alone.
func asMetadata(pod *metav1.PartialObjectMetadata) *metav1.PartialObjectMetadata {
	pod.TypeMeta = metav1.TypeMeta{APIVersion: "meta.k8s.io/v1", Kind: "PartialObjectMetadata"}
	return pod
}

func (s *podServer) tell(t *testing.T, kind string, pod *metav1.PartialObjectMetadata) {
	t.Helper()
	text, err := json.Marshal(asMetadata(pod))
	if err != nil {
		t.Fatal(err)
	}
	event := metav1.WatchEvent{Type: kind}
	event.Object.Raw = text
	select {
	case s.events <- event:
	case <-time.After(20 * time.Second):
		t.Fatal("nobody watches")
	}
}
