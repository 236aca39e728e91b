package chart

import (
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func TestReferencesAreExpandedAsKubernetesDoes(t *testing.T) {
	env := map[string]string{"POD_IP": "127.0.0.9", "EMPTY": ""}
	for in, want := range map[string]string{
		"--bind=$(POD_IP):9443": "--bind=127.0.0.9:9443",
		"$(POD_IP)$(POD_IP)":    "127.0.0.9127.0.0.9",
		"$$(POD_IP)":            "$(POD_IP)",
		"$$$(POD_IP)":           "$127.0.0.9",
		"$(UNKNOWN)":            "$(UNKNOWN)",
		"$(EMPTY)x":             "x",
		"$POD_IP $( ) 100$":     "$POD_IP $( ) 100$",
	} {
		if got := expand(in, env); got != want {
			t.Errorf("expand(%q) is %q, want %q", in, got, want)
		}
	}
}

func TestACommandLineIsTheContainersOwn(t *testing.T) {
	p := pod{name: "g-0", namespace: "ns", ip: "127.0.0.9", spec: corev1.PodSpec{Containers: []corev1.Container{{
		Args: []string{"manager", "--bind=$(ADDRESS)"},
		Env: []corev1.EnvVar{
			{Name: "POD_IP", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "status.podIP"}}},
			{Name: "ADDRESS", Value: "$(POD_IP):9443"},
		},
		Ports: []corev1.ContainerPort{{Name: "health", ContainerPort: 8081}},
	}}}}
	args, env, err := p.commandLine()
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"manager", "--bind=127.0.0.9:9443"}; !slices.Equal(args, want) {
		t.Errorf("arguments are %q, want %q", args, want)
	}
	if want := []string{"POD_IP=127.0.0.9", "ADDRESS=127.0.0.9:9443"}; !slices.Equal(env, want) {
		t.Errorf("environment is %q, want %q", env, want)
	}
	url, err := p.url(&corev1.HTTPGetAction{Path: "/readyz", Port: intstr.FromString("health")})
	if want := "http://127.0.0.9:8081/readyz"; err != nil || url != want {
		t.Errorf("probe goes to %q (%v), want %q", url, err, want)
	}
}

// What cannot be run as it is must not be run as something else.
func TestWhatAProcessCannotBeIsRefused(t *testing.T) {
	container := corev1.Container{Name: "manager"}
	secret := &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{Key: "k"}}
	for want, spec := range map[string]corev1.PodSpec{
		"only one container":         {Containers: []corev1.Container{container, container}},
		"1 init containers":          {Containers: []corev1.Container{container}, InitContainers: []corev1.Container{container}},
		"command and envFrom":        {Containers: []corev1.Container{{Command: []string{"sh"}}}},
		"env X: only fieldRef":       {Containers: []corev1.Container{{Env: []corev1.EnvVar{{Name: "X", ValueFrom: secret}}}}},
		"field metadata.uid is not ": {Containers: []corev1.Container{{Env: []corev1.EnvVar{{Name: "X", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.uid"}}}}}}},
	} {
		if _, _, err := (pod{spec: spec}).commandLine(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
}
