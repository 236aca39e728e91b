package chart_test

import (
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/yaml"
)

// workload is what a rendering runs, and what selects it.
type workload struct {
	managers *corev1.PodTemplateSpec
	others   []*corev1.Pod // the Pods of hooks
	services []*corev1.Service
	// selecting are the selectors that have to find the managers and nobody else, by who has them.
	selecting map[string]labels.Selector
	// hooks has to find the Pods of hooks and no managers; nil without a NetworkPolicy.
	hooks labels.Selector
	// ports are those of the managers that are named somewhere.
	ports   []string
	monitor labels.Selector
}

// What does not select what it is about fails without a word: a Service answers nobody, a budget protects nobody, and a fence
// stands around nobody.
func TestWhateverSelectsManagersFindsThemAndNobodyElse(t *testing.T) {
	for name, r := range renderings(t) {
		t.Run(name, func(t *testing.T) {
			w := workloadOf(t, r)
			for who, selector := range w.selecting {
				if !selector.Matches(labels.Set(w.managers.Labels)) {
					t.Errorf("%s does not select the managers", who)
				}
				for _, pod := range w.others {
					if selector.Matches(labels.Set(pod.Labels)) {
						t.Errorf("%s selects %s, which is no manager", who, pod.Name)
					}
				}
			}
			if w.hooks != nil {
				if w.hooks.Matches(labels.Set(w.managers.Labels)) {
					t.Error("the NetworkPolicy of hooks selects managers")
				}
				for _, pod := range w.others {
					if !w.hooks.Matches(labels.Set(pod.Labels)) {
						t.Errorf("the NetworkPolicy of hooks does not select %s", pod.Name)
					}
				}
			}
			for _, port := range w.ports {
				if !slices.ContainsFunc(w.managers.Spec.Containers[0].Ports, func(p corev1.ContainerPort) bool { return p.Name == port }) {
					t.Errorf("the managers have no port %s", port)
				}
			}
			if w.monitor != nil {
				monitored := slices.DeleteFunc(w.services, func(s *corev1.Service) bool { return !w.monitor.Matches(labels.Set(s.Labels)) })
				if len(monitored) != 1 || monitored[0].Spec.Ports[0].Name != "metrics" {
					t.Errorf("the ServiceMonitor finds %v, want one Service with the port metrics", monitored)
				}
			}
		})
	}
}

func workloadOf(t *testing.T, r rendering) workload {
	t.Helper()
	out, err := template(t, r.Release, r.Namespace, r.Values)
	if err != nil {
		t.Fatal(err)
	}
	w := workload{selecting: map[string]labels.Selector{}}
	for _, document := range documents(out) {
		if kindOf(t, document).Kind == "ServiceMonitor" {
			w.monitor = monitoring(t, document)
			continue
		}
		if kindOf(t, document).Group != "monitoring.coreos.com" {
			w.take(t, decode(t, document))
		}
	}
	for _, pod := range podsOf(t, r) {
		if !labels.Equals(pod.Labels, w.managers.Labels) {
			w.others = append(w.others, pod)
		}
	}
	if len(w.others) == 0 {
		t.Fatal("no hook has a Pod; helm test has one")
	}
	return w
}

func (w *workload) take(t *testing.T, object runtime.Object) {
	t.Helper()
	switch object := object.(type) {
	case *appsv1.Deployment:
		w.managers = &object.Spec.Template
		w.selecting["Deployment "+object.Name] = selector(t, object.Spec.Selector)
		for _, spread := range object.Spec.Template.Spec.TopologySpreadConstraints {
			w.selecting["spread over "+spread.TopologyKey] = selector(t, spread.LabelSelector)
		}
	case *corev1.Service:
		w.services = append(w.services, object)
		w.selecting["Service "+object.Name] = labels.SelectorFromSet(object.Spec.Selector)
		for _, port := range object.Spec.Ports {
			w.ports = append(w.ports, port.TargetPort.StrVal)
		}
	case *policyv1.PodDisruptionBudget:
		w.selecting["PodDisruptionBudget "+object.Name] = selector(t, object.Spec.Selector)
	case *networkingv1.NetworkPolicy:
		if strings.HasSuffix(object.Name, "-hooks") {
			w.hooks = selector(t, &object.Spec.PodSelector)
			return
		}
		w.selecting["NetworkPolicy "+object.Name] = selector(t, &object.Spec.PodSelector)
		for _, rule := range object.Spec.Ingress {
			for _, port := range rule.Ports {
				if port.Port.Type == intstr.String {
					w.ports = append(w.ports, port.Port.StrVal)
				}
			}
		}
	}
}

func selector(t *testing.T, from *metav1.LabelSelector) labels.Selector {
	t.Helper()
	s, err := metav1.LabelSelectorAsSelector(from)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// monitoring is what a ServiceMonitor selects.
func monitoring(t *testing.T, document string) labels.Selector {
	t.Helper()
	var object unstructured.Unstructured
	if err := yaml.Unmarshal([]byte(document), &object.Object); err != nil {
		t.Fatal(err)
	}
	set, found, err := unstructured.NestedStringMap(object.Object, "spec", "selector", "matchLabels")
	if err != nil || !found {
		t.Fatalf("it selects nothing: %v", err)
	}
	return labels.SelectorFromSet(set)
}
