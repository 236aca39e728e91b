package chart_test

import (
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Every Pod that any rendering of the chart brings about, those of hooks included, is sent to an API server that enforces the
// level. The case "loosened" shows that it is really enforced.
func TestPodsPassTheRestrictedLevel(t *testing.T) {
	c := installed(t)
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "restricted-", Labels: map[string]string{
		"pod-security.kubernetes.io/enforce": "restricted",
	}}}
	if err := c.Create(t.Context(), namespace); err != nil {
		t.Fatal(err)
	}
	for name, r := range renderings(t) {
		t.Run(name, func(t *testing.T) {
			for _, pod := range podsOf(t, r) {
				pod.Namespace = namespace.Name
				err := c.Create(t.Context(), pod, client.DryRunAll)
				switch {
				case name != "loosened" && err != nil:
					t.Errorf("%s: %v", pod.Name, err)
				case name == "loosened" && (!apierrors.IsForbidden(err) || !strings.Contains(err.Error(), `violates PodSecurity "restricted:latest"`)):
					t.Errorf("%s: %v, want it refused", pod.Name, err)
				}
			}
		})
	}
}

// podsOf are the Pods that a rendering's workloads would make.
func podsOf(t *testing.T, r rendering) []*corev1.Pod {
	t.Helper()
	out, err := template(t, r.Release, r.Namespace, r.Values)
	if err != nil {
		t.Fatal(err)
	}
	var pods []*corev1.Pod
	add := func(name string, template corev1.PodTemplateSpec) {
		pods = append(pods, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: template.Labels, Annotations: template.Annotations}, Spec: template.Spec})
	}
	for _, document := range documents(out) {
		switch kindOf(t, document).Kind {
		case "Deployment":
			deployment := decode(t, document).(*appsv1.Deployment)
			add(deployment.Name, deployment.Spec.Template)
		case "Job":
			job := decode(t, document).(*batchv1.Job)
			add(job.Name, job.Spec.Template)
		case "Pod":
			pod := decode(t, document).(*corev1.Pod)
			add(pod.Name, corev1.PodTemplateSpec{ObjectMeta: pod.ObjectMeta, Spec: pod.Spec})
		}
	}
	if len(pods) == 0 {
		t.Fatal("it has no Pods")
	}
	return pods
}
