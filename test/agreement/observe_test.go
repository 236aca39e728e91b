package agreement_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/gatehouse-dev/gatehouse/policy/gameserver"
	"github.com/gatehouse-dev/gatehouse/test/env"
)

// outcome is what has become of one set.
type outcome struct {
	started   bool            // there is a StatefulSet
	pods      map[string]bool // by name
	ingresses map[string]*networkingv1.Ingress
	refusals  map[string]string // who refused something of it, and in what words
}

// The neighbours that can refuse something, in the order in which they come to it.
const (
	theSet         = "the API server at apply"
	theNetworkType = "OpenKruiseGame at apply"
	theStatefulSet = "Kruise's webhook, the StatefulSet"
	thePod         = "the API server, a pod"
	theParameters  = "OpenKruiseGame, the parameters"
	theObjects     = "the API server, a Service or Ingress"
)

// look reads all that there is, by the name of the set.
func (w *world) look(ctx context.Context) (map[string]*outcome, error) {
	found := map[string]*outcome{}
	of := func(set string) *outcome {
		if found[set] == nil {
			found[set] = &outcome{pods: map[string]bool{}, ingresses: map[string]*networkingv1.Ingress{}, refusals: map[string]string{}}
		}
		return found[set]
	}
	for name, err := range w.refused {
		who := theSet
		if strings.Contains(err.Error(), `admission webhook "vgameserverset.kb.io"`) {
			who = theNetworkType
		}
		of(name).refusals[who] = err.Error()
	}
	return found, errors.Join(w.objects(ctx, of), w.events(ctx, of), w.log(of))
}

func (w *world) objects(ctx context.Context, of func(string) *outcome) error {
	var (
		workloads = unstructured.UnstructuredList{Object: map[string]any{"apiVersion": "apps.kruise.io/v1beta1", "kind": "StatefulSetList"}}
		pods      corev1.PodList
		ingresses networkingv1.IngressList
	)
	for _, list := range []client.ObjectList{&workloads, &pods, &ingresses} {
		if err := w.admin.List(ctx, list, client.InNamespace(env.GamesNamespace)); err != nil {
			return err
		}
	}
	for _, workload := range workloads.Items {
		of(workload.GetName()).started = true
	}
	for _, pod := range pods.Items {
		of(pod.Labels["game.kruise.io/owner-gss"]).pods[pod.Name] = true
	}
	for _, ing := range ingresses.Items {
		server, ok := gameserver.Identify(&ing)
		if !ok {
			return fmt.Errorf("the Ingress %s is no game server's: %v", ing.Name, ing.OwnerReferences)
		}
		of(server.Set).ingresses[ing.Name] = &ing
	}
	return nil
}

// events: OpenKruiseGame says on the pod what went wrong in its webhook, Kruise on the StatefulSet that it got no pod.
func (w *world) events(ctx context.Context, of func(string) *outcome) error {
	var events corev1.EventList
	if err := w.admin.List(ctx, &events, client.InNamespace(env.GamesNamespace)); err != nil {
		return err
	}
	for _, event := range events.Items {
		if strings.Contains(event.Message, "already exists") {
			continue // OpenKruiseGame did not see its own write yet, and tries again
		}
		about := event.InvolvedObject.Name
		set := about[:max(0, strings.LastIndexByte(about, '-'))]
		switch event.Reason {
		case "parameterError":
			of(set).refusals[theParameters] = event.Message
		case "apiCallError":
			of(set).refusals[theObjects] = event.Message
		case "FailedCreate":
			of(about).refusals[thePod] = event.Message
		}
	}
	return nil
}

// notStarted is all that OpenKruiseGame says of a StatefulSet that is refused (gameserverset_controller.go).
var notStarted = regexp.MustCompile(`failed to create advanced statefulset (\S+) in ` + env.GamesNamespace + `,because of (.*)`)

func (w *world) log(of func(string) *outcome) error {
	text, err := os.ReadFile(w.Process("kruise-game-manager").LogFile())
	if err != nil {
		return err
	}
	for _, line := range notStarted.FindAllStringSubmatch(string(text), -1) {
		of(line[1]).refusals[theStatefulSet] = line[2]
	}
	return nil
}
