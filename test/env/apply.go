package env

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// SchemeBuilder adds types to a scheme, as the AddToScheme functions of API packages do.
type SchemeBuilder func(*runtime.Scheme) error

func newScheme(builders []SchemeBuilder) (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	for _, add := range append([]SchemeBuilder{clientscheme.AddToScheme, apiextensionsv1.AddToScheme}, builders...) {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	return scheme, nil
}

//go:embed manifests/users.yaml
var users []byte

func (e *Env) applyUsers(ctx context.Context) error {
	_, err := e.Apply(ctx, users)
	return err
}

// ApplyFiles applies all manifests of the files, server-side and as Admin.
func (e *Env) ApplyFiles(ctx context.Context, patterns ...string) ([]*unstructured.Unstructured, error) {
	var applied []*unstructured.Unstructured
	for _, pattern := range patterns {
		files, err := filepath.Glob(pattern)
		if err != nil {
			return nil, err
		}
		if len(files) == 0 {
			return nil, fmt.Errorf("no file matches %s", pattern)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				return nil, err
			}
			objects, err := e.Apply(ctx, content)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", file, err)
			}
			applied = append(applied, objects...)
		}
	}
	return applied, nil
}

// Apply applies all objects of a manifest, server-side and as Admin. CustomResourceDefinitions are waited for.
func (e *Env) Apply(ctx context.Context, manifest []byte) ([]*unstructured.Unstructured, error) {
	objects, err := Decode(manifest)
	if err != nil {
		return nil, err
	}
	c, err := e.Client(Admin)
	if err != nil {
		return nil, err
	}
	for _, object := range objects {
		// Apply overwrites its argument with the answer, and forcing keeps a repeated start from failing on fields that a
		// controller took over meanwhile.
		configuration := client.ApplyConfigurationFromUnstructured(object)
		if err := c.Apply(ctx, configuration, client.FieldOwner("gatehouse-env"), client.ForceOwnership); err != nil {
			return nil, fmt.Errorf("%s %s: %w", object.GetKind(), object.GetName(), err)
		}
	}
	return objects, e.waitEstablished(ctx, c, objects)
}

// Decode reads all objects of a manifest with one or several documents.
func Decode(manifest []byte) ([]*unstructured.Unstructured, error) {
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(manifest), 4096)
	var objects []*unstructured.Unstructured
	for {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(object)
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, err
		}
		if len(object.Object) > 0 {
			objects = append(objects, object)
		}
	}
}

// waitEstablished waits until the API server serves the CRDs among the objects.
func (e *Env) waitEstablished(ctx context.Context, c client.Client, objects []*unstructured.Unstructured) error {
	for _, object := range objects {
		if object.GetKind() != "CustomResourceDefinition" {
			continue
		}
		what := "CustomResourceDefinition " + object.GetName() + " to be established"
		err := e.Wait(ctx, what, func(ctx context.Context) (bool, error) {
			var crd apiextensionsv1.CustomResourceDefinition
			if err := c.Get(ctx, client.ObjectKeyFromObject(object), &crd); err != nil {
				return false, err
			}
			for _, condition := range crd.Status.Conditions {
				if condition.Type == apiextensionsv1.Established && condition.Status == apiextensionsv1.ConditionTrue {
					return true, nil
				}
			}
			return false, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// create creates an object as Admin; one that is there already is left as it is.
func (e *Env) create(ctx context.Context, objects ...client.Object) error {
	c, err := e.Client(Admin)
	if err != nil {
		return err
	}
	for _, object := range objects {
		if err := c.Create(ctx, object); client.IgnoreAlreadyExists(err) != nil {
			return err
		}
	}
	return nil
}

// HigressController is the spec.controller of IngressClasses that Higress serves.
const HigressController = "higress.io/higress-controller"

// IngressClass creates an IngressClass; Higress's own is IngressClass(ctx, "higress", HigressController).
func (e *Env) IngressClass(ctx context.Context, name, controller string) error {
	return e.create(ctx, &networkingv1.IngressClass{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       networkingv1.IngressClassSpec{Controller: controller},
	})
}

// Namespace creates a namespace.
func (e *Env) Namespace(ctx context.Context, name string, labels map[string]string) error {
	return e.create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}})
}

// readManifest decodes the first object of a kind in a file into a typed object.
func readManifest(file, kind string, into any) error {
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	objects, err := Decode(content)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	for _, object := range objects {
		if object.GetKind() == kind {
			return runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, into)
		}
	}
	return fmt.Errorf("%s holds no %s", file, kind)
}
